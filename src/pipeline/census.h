/*
 * A census: a cluster as policies see it, with its objects, the identities of its pods, who has which address.
 *
 * In:  objects, one by one.  Out: the same, found by whatever the ruleset is made from.
 *
 * Everything lives in one arena.  What is replaced is not freed; who keeps a census renews it at times.
 */
#ifndef NP2NFT_PIPELINE_CENSUS_H
#define NP2NFT_PIPELINE_CENSUS_H

#include "pipeline/store.h"
#include "resolve/selectors.h"

/* Small numbers, in any order. */
struct number_list {
	uint32_t *items;
	size_t count, size;
};

/* Where a pod stands in lists. */
struct pod_place {
	uint32_t identity;
	uint32_t at;       /* in the list of that identity's pods */
	uint32_t local_at; /* in census.local, if it is enforced */
};

struct census {
	struct arena *arena;
	const char *node; /* whose pods are enforced; NULL: those of every node */
	struct store store;
	struct identities identities;
	bool must_identify;       /* policies ask for more than before: see census_identify() */
	struct selectors *own;    /* those of policies */
	struct selectors *peers;  /* those of peers that are in the ruleset, or were */
	struct pod_place *places; /* by pod */
	size_t place_count;
	struct number_list local;    /* pods that are enforced */
	struct number_list *pods_of; /* by identity */
	size_t pods_of_count;
	struct table addresses;     /* struct addr, to: */
	struct number_list *owners; /* pods */
	size_t owner_count;
	size_t shared_count; /* addresses that more than one pod has */
	uint32_t *own_of;    /* by policy: the number of its selector in @own */
	size_t own_of_count;
	struct number_list *policies_of; /* by selector of policies */
	size_t policies_of_count;
	uint32_t *cluster_own_of; /* the same of cluster policies: by number, and by selector */
	size_t cluster_own_of_count;
	struct number_list *cluster_policies_of;
	size_t cluster_policies_of_count;
	struct number_list *node_owners; /* by address: nodes that have it */
	size_t node_owner_count;
	const char **node_names; /* by node, as comments of elements */
	size_t node_name_count;
};

/* An empty one, which lives in @arena like all that is put into it. */
struct census *census_new(struct arena *arena, const char *node);

/* The same in another arena, without what was gone. */
struct census *census_renewed(const struct census *census, struct arena *arena);

const struct pod *census_pod(const struct census *census, uint32_t number);
const struct policy *census_policy(const struct census *census, uint32_t number);
const struct cluster_policy *census_cluster_policy(const struct census *census, uint32_t number);
const struct cluster_node *census_node(const struct census *census, uint32_t number);

/* The number of a namespace, with its labels of today; it need have no object. */
uint32_t census_namespace(struct census *census, const char *name);

/* The number of an address; it need have no owner. */
uint32_t census_address(struct census *census, const struct addr *addr);

/* The pod is now as it is given: its number. */
uint32_t census_put_pod(struct census *census, const struct objects *from, const struct pod *pod);
void census_drop_pod(struct census *census, uint32_t number);

void census_put_policy(struct census *census, const struct objects *from,
		       const struct policy *policy);
void census_drop_policy(struct census *census, uint32_t number);

void census_put_cluster_policy(struct census *census, const struct objects *from,
			       const struct cluster_policy *policy);
void census_drop_cluster_policy(struct census *census, uint32_t number);

void census_put_node(struct census *census, const struct objects *from,
		     const struct cluster_node *node);
void census_drop_node(struct census *census, uint32_t number);

/* The labels of a namespace, which has an object or has none any more, are found anew. */
void census_put_namespace(struct census *census, const struct objects *from,
			  const struct namespace *namespace);
void census_drop_namespace(struct census *census, uint32_t number);

/*
 * Policies may ask for labels and ports that none asked for before.  Until this is called, identities tell pods
 * apart by what was asked for until then.
 */
void census_identify(struct census *census);

/* Would the policy select a pod that is enforced?  Its labels are numbers of the census's own strings. */
bool census_selects_local(const struct census *census, const struct policy *policy);

bool census_cluster_selects_local(const struct census *census, const struct cluster_policy *policy);

/* Is a pod of the namespace with the number enforced? */
bool census_has_local_in(const struct census *census, uint32_t namespace);

/*
 * What the structure of the ruleset comes of: enforced pods, and the policies that select them; all policies, if
 * every node's pods are enforced.
 */
struct objects census_local_objects(struct census *census, struct arena *arena);

#endif
