/*
 * What the API's words say of one packet: a second opinion that shares nothing with resolve/ and lower/.
 *
 * In:  objects (model/objects.h), and the node whose pods are enforced.
 * Out: of a packet, whether the policies at one end allow it, rule by rule, and why not.
 *
 * It is slow and plain on purpose.  Each question goes through the policies of a namespace, through their
 * rules, peers and ports, and reads each as the API references of networking.k8s.io/v1 NetworkPolicy and of
 * policy.networking.k8s.io/v1alpha2 ClusterNetworkPolicy say it.
 */
#ifndef NP2NFT_VERIFY_API_WORDS_H
#define NP2NFT_VERIFY_API_WORDS_H

#include "model/objects.h"

struct arena;
struct words;

/*
 * One end of a packet: an address, and the pods that have it, with all pods that share an address
 * with one of these.  Without pods, the end is outside the cluster.
 */
struct words_end {
	struct addr addr;
	const uint32_t *pods; /* indices to objects.pods, ascending */
	size_t pod_count;
	const uint32_t *nodes; /* indices to objects.nodes: the nodes that have the address */
	size_t node_count;
};

/*
 * Prepares the questions.  @objects must live as long as the result.  @node NULL means the pods of
 * all nodes.
 */
struct words *words_new(struct arena *arena, const struct objects *objects, const char *node);

/*
 * Returns the policies that isolate a pod of @end in a direction, as indices to objects.policies,
 * ascending.  Audited policies, which deny nothing, are not among them.  There are none if no pod
 * of the node has the address.
 */
const uint32_t *words_policies(struct arena *arena, const struct words *words,
			       const struct words_end *end, uint32_t pod, enum direction direction,
			       size_t *count);

/*
 * The cluster policies whose subject has the pod of @end and that have rules in a direction, as
 * indices to objects.cluster_policies, in the order in which packets meet them: those of Admin
 * before those of Baseline.
 */
const uint32_t *words_cluster_policies(struct arena *arena, const struct words *words,
				       const struct words_end *end, uint32_t pod,
				       enum direction direction, size_t *count);

/*
 * Do pods under different policies share an address, and is one of them the subject of a cluster
 * policy? Nobody can say what the first match of two lists of rules at once would be, so such pods
 * are closed in both directions.
 */
bool words_is_closed(const struct words *words, const struct words_end *end);

/*
 * Do pods under different policies share an address, and may a cluster policy of one of them deny
 * it its own node?  Then they are closed there, too.
 */
bool words_is_closed_to_node(const struct words *words, const struct words_end *end);

/*
 * Does this peer of a policy (NULL: of a cluster policy) mean this end? It must mean every pod at
 * the address, so that an address of two pods is let in only where both are.
 */
bool words_means(const struct words *words, const struct policy *policy, const struct peer *peer,
		 const struct words_end *end);

/*
 * Does this peer of a cluster policy mean some of the pods at the address, and not all?  What comes from there, or goes
 * there, the policy's subjects deny.
 */
bool words_means_some(const struct words *words, const struct peer *peer,
		      const struct words_end *end);

/*
 * Are there pods at the address that some cluster policy tells apart as peers, or whose named ports
 * it looks up?  The subjects of every cluster policy may deny such an address.
 */
bool words_are_told_apart(const struct words *words, const struct words_end *end);

/*
 * Does a rule's list of ports have this port?  Names are looked up at @destination.  An empty list
 * has every port.
 */
bool words_has_port(const struct words *words, const struct port *ports, size_t count,
		    const struct words_end *destination, uint8_t protocol, uint16_t port);

#endif
