/*
 * What selectors, peers and policies mean, in code and in words.
 *
 * In:  objects, whose namespaces are sorted.
 * Out: whether a selector, a peer or a policy means a pod; which addresses a block has; and how people write it.
 *
 * Everything that decides such a thing asks here, so that compiling, explaining and checking cannot differ.
 */
#ifndef NP2NFT_MODEL_SELECTOR_H
#define NP2NFT_MODEL_SELECTOR_H

#include "model/objects.h"

/* In the API's words: NotIn and DoesNotExist hold also where the key is missing. */
bool requirement_holds(const struct requirement *requirement, const struct label *labels,
		       size_t count);

/* Do all of its requirements hold? */
bool selector_matches(const struct selector *selector, const struct label *labels, size_t count);

/*
 * Does a peer of kind PEER_PODS mean pods of the namespace @name, as far as that is concerned?  @namespace is
 * that of the policy which names the peer.
 */
bool peer_means_namespace(const struct objects *objects, const struct peer *peer,
			  const char *namespace, const char *name);

/* Does a peer of kind PEER_PODS mean the pod, and all pods that share an address with it? */
bool peer_means(const struct objects *objects, const struct peer *peer, const char *namespace,
		const struct pod *pod);

/* The except of a peer of kind PEER_BLOCK that an address of its CIDR lies in; NULL: none. */
const struct cidr *block_except(const struct peer *block, const struct addr *addr);

/* Has a peer of kind PEER_BLOCK the address: is it in the CIDR, and in none of the excepts? */
bool block_has(const struct peer *block, const struct addr *addr);

/* All addresses that block_has(), as ranges: sorted, disjoint, and in @arena; returns how many. */
size_t block_ranges(struct arena *arena, const struct peer *block, struct range **ranges);

/* Does the policy select the pod, in whatever direction? */
bool policy_selects(const struct policy *policy, const struct pod *pod);

/* Does the subject of the cluster policy mean the pod? */
bool cluster_policy_selects(const struct objects *objects, const struct cluster_policy *policy,
			    const struct pod *pod);

/* Does the policy isolate the pod in the direction?  Then only what some policy allows gets through. */
bool policy_isolates(const struct policy *policy, enum direction direction, const struct pod *pod);

/* Are policies of the pod enforced here, on @node (NULL: on every node)? */
bool pod_is_enforced(const struct pod *pod, const char *node);

/*
 * The one namespace that a peer of kind PEER_PODS asks for: the policy's own, or the one that its
 * namespaceSelector asks for by kubernetes.io/metadata.name, which says the same; NULL: any number of them.
 */
const char *peer_namespace(const struct objects *objects, const struct peer *peer,
			   const char *namespace);

/* A selector in kubectl's notation: app=web,tier in (a,b),!old; "" if it is empty. */
const char *selector_in_words(struct arena *arena, const struct objects *objects,
			      const struct selector *selector);

/* Pods by label, in words and canonical: "pods tier=web in production" (kubectl's notation). */
const char *pods_in_words(struct arena *arena, const struct objects *objects,
			  const struct peer *peer, const char *namespace);

#endif
