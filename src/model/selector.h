/*
 * What selectors, peers and policies mean.
 *
 * In:  objects, whose namespaces are sorted.  Out: whether a selector, a peer or a policy means a
 * pod, which addresses a block has, and the words that people write for it.
 *
 * All code that decides such a thing asks here, so that compiling, explaining and checking cannot
 * differ.
 */
#ifndef NP2NFT_MODEL_SELECTOR_H
#define NP2NFT_MODEL_SELECTOR_H

#include "model/objects.h"

/* By the API's rules, NotIn and DoesNotExist hold also where the key is missing. */
bool requirement_holds(const struct requirement *requirement, const struct label *labels,
		       size_t count);

/* Do all of its requirements hold? */
bool selector_matches(const struct selector *selector, const struct label *labels, size_t count);

/*
 * Does the peer (of kind PEER_PODS) accept pods of the namespace @name, whatever their labels?
 * @namespace is the namespace of the policy that names the peer.
 */
bool peer_means_namespace(const struct objects *objects, const struct peer *peer,
			  const char *namespace, const char *name);

/*
 * Does the peer (of kind PEER_PODS) mean the pod, and also all pods that share an address with it?
 */
bool peer_means(const struct objects *objects, const struct peer *peer, const char *namespace,
		const struct pod *pod);

/* The except of the peer (of kind PEER_BLOCK) that the address lies in, or NULL. */
const struct cidr *block_except(const struct peer *block, const struct addr *addr);

/*
 * Does the peer (of kind PEER_BLOCK) mean the address: is it in the CIDR and in none of the
 * excepts?
 */
bool block_has(const struct peer *block, const struct addr *addr);

/*
 * Puts all addresses that block_has() into @arena as ranges, sorted and disjoint.  Returns how many
 * there are.
 */
size_t block_ranges(struct arena *arena, const struct peer *block, struct range **ranges);

/* Does the policy select the pod, whatever the direction? */
bool policy_selects(const struct policy *policy, const struct pod *pod);

/* Does the subject of the cluster policy mean the pod? */
bool cluster_policy_selects(const struct objects *objects, const struct cluster_policy *policy,
			    const struct pod *pod);

/*
 * Does the policy isolate the pod in the direction? Of an isolated pod's connections, only those
 * that a policy allows get through.
 */
bool policy_isolates(const struct policy *policy, enum direction direction, const struct pod *pod);

/* Are the pod's policies enforced on @node? NULL stands for all nodes. */
bool pod_is_enforced(const struct pod *pod, const char *node);

/*
 * The only namespace that the peer (of kind PEER_PODS) can mean: the policy's own, or the one that
 * its namespaceSelector demands by kubernetes.io/metadata.name.  NULL: it can mean several.
 */
const char *peer_namespace(const struct objects *objects, const struct peer *peer,
			   const char *namespace);

/* Writes a selector in kubectl's notation: app=web,tier in (a,b),!old; an empty one as "". */
const char *selector_in_words(struct arena *arena, const struct objects *objects,
			      const struct selector *selector);

/*
 * Writes the pods that a peer means in canonical words: "pods tier=web in production" (kubectl's
 * notation).
 */
const char *pods_in_words(struct arena *arena, const struct objects *objects,
			  const struct peer *peer, const char *namespace);

#endif
