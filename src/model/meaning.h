/*
 * What selectors, peers and policies mean.
 *
 * In:  objects, whose namespaces are sorted.  Out: whether a selector, a peer or a policy means a
 * pod, which addresses a block has, and the words that people write for it.
 *
 * Whoever asks about single pods asks here.  Only resolve/ and pipeline/ ask about identities, that
 * is, about all pods with the same labels at once, by selector_matches(); and verify/ does not ask
 * here, since it is a second opinion.
 */
#ifndef NP2NFT_MODEL_MEANING_H
#define NP2NFT_MODEL_MEANING_H

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

/*
 * May the policy deny to its pods what they send to their own node?  It may, if an egress rule
 * names nodes or networks, or is closed.
 */
bool cluster_policy_reaches_nodes(const struct cluster_policy *policy);

/*
 * Does the subject of the cluster policy mean the pod, in a namespace with these labels, by its
 * words alone?
 */
bool cluster_policy_means_in(const struct cluster_policy *policy, const struct pod *pod,
			     const struct label *namespace_labels, size_t count);

/* Asks the same for a pod whose namespace is one of @objects. */
bool cluster_policy_means(const struct objects *objects, const struct cluster_policy *policy,
			  const struct pod *pod);

/*
 * Is the pod under the cluster policy, as it is enforced?  A joint pod is not: it is under its
 * joint policy instead (model/shared_address.h).
 */
bool cluster_policy_selects(const struct objects *objects, const struct cluster_policy *policy,
			    const struct pod *pod);

/*
 * Does the policy isolate the pod in the direction? Of an isolated pod's connections, only those
 * that a policy allows get through.
 */
bool policy_isolates(const struct policy *policy, enum direction direction, const struct pod *pod);

/* Does the pod have all labels of the Service's selector? Its namespace is not looked at. */
bool service_selects(const struct service *service, const struct pod *pod);

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
