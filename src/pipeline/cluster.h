/*
 * A cluster as policies see it: its objects, the identities of its pods, who has which address.
 *
 * In:  objects, one by one.  Out: the same, found by whatever the ruleset is made from.
 *
 * Everything lives in one arena.  What is replaced is not freed; who keeps a cluster renews it at times.
 */
#ifndef NP2NFT_PIPELINE_CLUSTER_H
#define NP2NFT_PIPELINE_CLUSTER_H

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
	uint32_t local_at; /* in cluster.local, if it is enforced */
};

struct cluster {
	struct arena *arena;
	const char *node; /* whose pods are enforced; NULL: those of every node */
	struct store store;
	struct identities identities;
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
	uint32_t *own_of; /* by policy: the number of its selector in @own */
	size_t own_of_count;
	struct number_list *policies_of; /* by selector of policies */
	size_t policies_of_count;
};

void cluster_init(struct cluster *cluster, struct arena *arena, const char *node);

const struct pod *cluster_pod(const struct cluster *cluster, uint32_t number);
const struct policy *cluster_policy(const struct cluster *cluster, uint32_t number);

/* The number of a namespace, with its labels of today; it need have no object. */
uint32_t cluster_namespace(struct cluster *cluster, const char *name);

/* The number of an address; it need have no owner. */
uint32_t cluster_address(struct cluster *cluster, const struct addr *addr);

/* The pod is now as it is given: its number. */
uint32_t cluster_put_pod(struct cluster *cluster, const struct objects *from,
			 const struct pod *pod);
void cluster_drop_pod(struct cluster *cluster, uint32_t number);

void cluster_put_policy(struct cluster *cluster, const struct objects *from,
			const struct policy *policy);
void cluster_drop_policy(struct cluster *cluster, uint32_t number);

/* The labels of a namespace, which has an object or has none any more, are found anew. */
void cluster_put_namespace(struct cluster *cluster, const struct objects *from,
			   const struct namespace *namespace);
void cluster_drop_namespace(struct cluster *cluster, uint32_t number);

/* Would the policy select a pod that is enforced?  Its labels are numbers of the cluster's own strings. */
bool cluster_selects_local(const struct cluster *cluster, const struct policy *policy);

/*
 * What the structure of the ruleset comes of: enforced pods, and the policies that select them; all policies, if
 * every node's pods are enforced.
 */
struct objects cluster_local_objects(struct cluster *cluster, struct arena *arena);

#endif
