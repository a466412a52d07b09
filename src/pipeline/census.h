/*
 * A census is a cluster as policies see it: its objects, the identities of its pods, and who has
 * which address.
 *
 * In:  objects, one by one.  Out: the same objects, with everything that making the ruleset must
 * look up about them.
 *
 * Everything lives in one arena.  What is replaced is not freed, so whoever keeps a census renews
 * it from time to time.
 */
#ifndef NP2NFT_PIPELINE_CENSUS_H
#define NP2NFT_PIPELINE_CENSUS_H

#include "pipeline/store.h"
#include "resolve/selectors.h"

/* Small numbers in any order. */
struct number_list {
	uint32_t *items;
	uint32_t count, size;
};

/* Where a pod stands in lists. */
struct pod_place {
	uint32_t identity;
	uint32_t at;       /* index in the list of pods with its identity */
	uint32_t local_at; /* index in census.local, if the pod is enforced */
};

struct census {
	struct arena *arena;
	const char *node; /* the node whose pods are enforced; NULL: those of every node are */
	struct store store;
	struct identities identities;
	bool must_identify;       /* policies ask for more than before; see census_identify() */
	struct selectors *own;    /* the selectors of policies */
	struct selectors *peers;  /* the selectors of peers that are, or were, in the ruleset */
	struct pod_place *places; /* index: pod */
	size_t place_count;
	struct number_list local;    /* the pods that are enforced */
	struct number_list *pods_of; /* index: identity */
	size_t pods_of_count;
	struct table addresses;     /* keys: struct addr; the numbers are indices to: */
	struct number_list *owners; /* the pods that have the address */
	size_t owner_count;
	size_t shared_count; /* how many addresses more than one pod has */
	uint32_t *own_of;    /* index: policy; the number of its selector in @own */
	size_t own_of_count;
	struct number_list *policies_of; /* index: selector of policies */
	size_t policies_of_count;
	uint32_t *cluster_own_of; /* the same for cluster policies, by policy and by selector */
	size_t cluster_own_of_count;
	struct number_list *cluster_policies_of;
	size_t cluster_policies_of_count;
	struct table node_addresses;     /* as @addresses; the numbers are indices to: */
	struct number_list *node_owners; /* the nodes that have the address */
	size_t node_owner_count;
	const char **node_names; /* index: node; the comments of its elements */
	size_t node_name_count;
};

/* Makes an empty census, which lives in @arena with everything that is put into it. */
struct census *census_new(struct arena *arena, const char *node);

/* Copies the census into another arena, without what is gone. */
struct census *census_renewed(const struct census *census, struct arena *arena);

const struct pod *census_pod(const struct census *census, uint32_t number);
const struct policy *census_policy(const struct census *census, uint32_t number);
const struct cluster_policy *census_cluster_policy(const struct census *census, uint32_t number);
const struct cluster_node *census_node(const struct census *census, uint32_t number);

/* The number of a namespace, with its labels of today; it need not have an object. */
uint32_t census_namespace(struct census *census, const char *name);

/* The number of an address, which need not have an owner. */
uint32_t census_address(struct census *census, const struct addr *addr);

/* The nodes that have an address. */
const struct number_list *census_nodes_at(const struct census *census, const struct addr *addr);

/* Puts the pod in, or replaces it; returns its number. */
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

/* Finds the labels of a namespace anew, which has got an object or lost it. */
void census_put_namespace(struct census *census, const struct objects *from,
			  const struct namespace *namespace);
void census_drop_namespace(struct census *census, uint32_t number);

/*
 * Must be called after policies have come.  They may ask for labels and ports that none asked for
 * before, and until this call identities do not tell pods apart by these.  Returns whether pods may
 * have other identities than before.
 */
bool census_identify(struct census *census);

/* Does a policy of any kind select the pods of the identity? */
bool census_has_policies(const struct census *census, uint32_t identity);

/*
 * Does the policy select a pod that is enforced? Its labels must be numbers of the census's own
 * strings.
 */
bool census_selects_local(const struct census *census, const struct policy *policy);

bool census_cluster_selects_local(const struct census *census, const struct cluster_policy *policy);

/* Is a pod of the namespace with this number enforced? */
bool census_has_local_in(const struct census *census, uint32_t namespace);

/*
 * The objects on which the structure of the ruleset depends: enforced pods, and the policies that
 * select them; all policies, if every node's pods are enforced.
 */
struct objects census_local_objects(struct census *census, struct arena *arena);

#endif
