/*
 * Which pods each policy selects.
 *
 * In:  policies, and the identities of pods (resolve/identity.h).  Out: the classes of policies that
 * select an identity.
 *
 * The hard idea: pairs of a policy and a pod are never written down, since there may be a hundred
 * million of them.  All policies that have the same selector in the same namespace form one class,
 * and so do all cluster policies with the same subject.  All pods of an identity are in the same
 * classes, so classes are looked up for identities, not for pods.
 */
#ifndef NP2NFT_RESOLVE_POLICY_CLASSES_H
#define NP2NFT_RESOLVE_POLICY_CLASSES_H

#include "base/bits.h"
#include "resolve/resolved.h"
#include "resolve/selectors.h"

/* The policies of one namespace with one selector, or the cluster policies with one subject. */
struct class
{
	uint32_t *policies; /* ascending */
	size_t policy_count;
	uint32_t *cluster_policies; /* ascending */
	size_t cluster_policy_count;
	/* one of its policies isolates, or has rules, in this direction */
	bool concerns[DIRECTIONS];
	bool selects; /* it selects some enforced pod */
};

struct selection {
	struct identities *identities;
	const uint32_t *identity_of; /* index: pod */
	struct bits enforced;        /* a set of pods */
	struct selectors *selectors;
	struct class *classes; /* index: the number of the selector */
	size_t class_count;
	uint32_t *class_of;         /* index: policy */
	uint32_t *cluster_class_of; /* index: cluster policy; TABLE_NONE: it selects nothing */
};

/*
 * Returns the number of the namespace in which policies of the namespace @name are looked up.  For
 * a joint policy (@joint is not 0), which selects the pods that share that number, this is a
 * made-up namespace.
 */
uint32_t target_namespace(struct identities *identities, const char *name, uint32_t joint);

/* Finds out which policies select the identities of the pods on @node (NULL: of all pods). */
struct selection *select_pods(struct arena *arena, struct identities *identities,
			      const uint32_t *identity_of, const struct objects *objects,
			      const char *node);

/* Does the policy with this index select any pod? */
bool selects_pods(const struct selection *selection, size_t policy);
bool cluster_selects_pods(const struct selection *selection, size_t cluster_policy);

/*
 * Returns the classes that select an identity, in @arena.  An identity in a made-up namespace is
 * selected by joint policies only, not by cluster policies: joint policies already deny whatever
 * cluster policies would have to decide (model/shared_address.h).
 */
const uint32_t *classes_of(const struct selection *selection, uint32_t identity,
			   struct arena *arena, size_t *count);

#endif
