/*
 * The objects of a cluster by their names, as they come and go.
 *
 * In:  objects of someone else's.  Out: copies, each under a number that stays its own; or all of them, sorted.
 *
 * Copies are never freed one by one: who keeps a store sees from its waste when to begin a new one.
 */
#ifndef NP2NFT_PIPELINE_STORE_H
#define NP2NFT_PIPELINE_STORE_H

#include "model/objects.h"

/* Objects of one kind. */
struct shelf {
	struct table keys; /* NAMESPACE/NAME; of what is in no namespace, NAME */
	void **items;      /* by number; NULL: it is gone */
	uint32_t *seen;    /* by number: in which list last */
	size_t count;      /* of numbers */
	size_t present;
	uint32_t list; /* the number of the list that is under way, or was */
};

struct store {
	struct objects objects; /* the strings and the arena of the copies; no objects */
	struct shelf pods, namespaces, policies, cluster_policies, nodes;
	size_t waste; /* bytes of copies that are gone, about */
};

void store_init(struct store *store, struct arena *arena);

/* Each puts a copy in place of what was there before, and returns its number. */
uint32_t store_put_pod(struct store *store, const struct objects *from, const struct pod *pod);
uint32_t store_put_namespace(struct store *store, const struct objects *from,
			     const struct namespace *namespace);
uint32_t store_put_policy(struct store *store, const struct objects *from,
			  const struct policy *policy);
uint32_t store_put_cluster_policy(struct store *store, const struct objects *from,
				  const struct cluster_policy *policy);
uint32_t store_put_node(struct store *store, const struct objects *from,
			const struct cluster_node *node);

/* The number of an object that is there; TABLE_NONE: there is none. */
uint32_t store_find(const struct shelf *shelf, const char *namespace, const char *name);

/* Is the pod there just as it is given? */
bool store_has_pod(const struct store *store, const struct objects *from, const struct pod *pod);

/* The object with the number, which must be there, is also in the list that is under way. */
void store_see(struct shelf *shelf, uint32_t number);

/* The object with the number, which must be there, is gone. */
void store_drop(struct store *store, struct shelf *shelf, uint32_t number);

/* How many bytes the copies take that are there, about. */
size_t store_bytes(const struct store *store);

/* The objects of a shelf, each of which is on another one as well, are in the lists that they are in there. */
void store_list_alike(struct shelf *shelf, const struct shelf *other);

/* All objects, sorted, in arrays in @arena; what they point to stays the store's. */
struct objects store_objects(const struct store *store, struct arena *arena);

/* The policy as it counts: one that is closed allows nothing. */
struct policy store_policy_now(const struct policy *policy);

/* Sorts all kinds as whoever reads objects leaves them: by name, cluster policies as packets ask them. */
void store_sort(struct objects *objects);

#endif
