/*
 * Keeps the objects of a cluster by name, as they come and go.
 *
 * In:  objects that somebody else owns.  Out: copies, each under a number that it keeps; or all of
 * them, sorted.
 *
 * Copies are never freed one by one; by its waste a store tells when to begin a new one.
 */
#ifndef NP2NFT_PIPELINE_STORE_H
#define NP2NFT_PIPELINE_STORE_H

#include "model/objects.h"

/* The objects of one kind. */
struct shelf {
	struct table keys; /* NAMESPACE/NAME, or NAME of an object without namespace */
	void **items;      /* index: number; NULL: it is gone */
	uint32_t *seen;    /* index: number; the last list that it was in */
	size_t count;      /* how many numbers there are */
	size_t present;
	uint32_t list; /* the number of the list that is under way, or was the last */
};

struct store {
	/* the strings and the arena of the copies; it has no objects itself */
	struct objects objects;
	struct shelf pods, namespaces, policies, cluster_policies, nodes;
	size_t waste; /* roughly how many bytes copies take that are gone */
};

void store_init(struct store *store, struct arena *arena);

/* They put in a copy, in the place of an older one, and return its number. */
uint32_t store_put_pod(struct store *store, const struct objects *from, const struct pod *pod);
uint32_t store_put_namespace(struct store *store, const struct objects *from,
			     const struct namespace *namespace);
uint32_t store_put_policy(struct store *store, const struct objects *from,
			  const struct policy *policy);
uint32_t store_put_cluster_policy(struct store *store, const struct objects *from,
				  const struct cluster_policy *policy);
uint32_t store_put_node(struct store *store, const struct objects *from,
			const struct cluster_node *node);

/* The number of an object that is there; TABLE_NONE if there is none. */
uint32_t store_find(const struct shelf *shelf, const char *namespace, const char *name);

/* Is the object there, exactly as it is given? */
bool store_has_pod(const struct store *store, const struct objects *from, const struct pod *pod);
bool store_has_namespace(const struct store *store, const struct objects *from,
			 const struct namespace *namespace);
bool store_has_node(const struct store *store, const struct objects *from,
		    const struct cluster_node *node);

/* Notes that the object with this number, which must be there, is in the list that is under way. */
void store_see(struct shelf *shelf, uint32_t number);

/* Removes the object with this number, which must be there. */
void store_drop(struct store *store, struct shelf *shelf, uint32_t number);

/* Roughly how many bytes the current copies take. */
size_t store_bytes(const struct store *store);

/* Gives the objects of a shelf the lists of the same objects on another shelf. */
void store_list_alike(struct shelf *shelf, const struct shelf *other);

/* All objects, sorted, in arrays in @arena; what these point to stays the store's. */
struct objects store_objects(const struct store *store, struct arena *arena);

/*
 * The policy as it counts: a closed one allows nothing.  Of a closed cluster policy all rules are closed; they live
 * in @arena.
 */
struct policy store_policy_now(const struct policy *policy);
struct cluster_policy store_cluster_policy_now(struct arena *arena,
					       const struct cluster_policy *policy);

/*
 * Sorts all kinds as reading leaves them: by name, and cluster policies in the order in which
 * packets meet them.
 */
void store_sort(struct objects *objects);

#endif
