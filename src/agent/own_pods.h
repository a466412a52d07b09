/*
 * The pods of this node, as two sides know them: the API server knows their labels and ports, and
 * their addresses late; the container runtime knows their addresses as soon as they have any
 * (agent/nri.h).
 *
 * In:  pods of the API server and sandboxes of the runtime, as trees.  Out: for each, the pod as it
 * is best known: with everything that the API server says, and with the address that the runtime
 * knows as long as the API server does not know it yet.
 *
 * The hard idea is when to believe which side.  A pod and a sandbox belong together if they have
 * the same uid.  The runtime is believed about the address until the API server names it, too.  A
 * sandbox that the API server has not reported yet is a pod with the labels that the runtime knows,
 * and without named ports.
 */
#ifndef NP2NFT_AGENT_OWN_PODS_H
#define NP2NFT_AGENT_OWN_PODS_H

#include "base/arena.h"
#include "read/tree.h"

struct resident {
	struct arena *pod_arena, *sandbox_arena; /* NULL: that side does not know the pod */
	const struct tree_node *pod;             /* the pod as the API server has it */
	const struct tree_node *sandbox; /* the sandbox as the runtime has it, with its addresses */
	uint32_t list, round; /* the last list, and the last round, in which it was reported */
};

struct residents {
	const char *node;      /* the node whose pods are of interest */
	struct arena *scratch; /* for what was returned last */
	struct resident *items;
	size_t count, size;
	uint32_t list, round;
	bool in_round; /* the runtime tells of all sandboxes right now */
};

void residents_begin(struct residents *residents, const char *node);
void residents_end(struct residents *residents);

/*
 * The API server reports a pod, or (@gone) that it is gone.  Returns the pod as it is best known,
 * until the next call; that is @pod itself if the runtime has nothing to add.
 */
const struct tree_node *residents_put_pod(struct residents *residents, const struct tree_node *pod,
					  bool gone);

/*
 * A list of all pods begins, and is complete: the API server does not have the pods that are not in
 * it.
 */
void residents_list_begins(struct residents *residents);
void residents_list_ends(struct residents *residents);

/*
 * The runtime reports a sandbox with these addresses.  Returns the pod as it is best known, until
 * the next call; NULL if that has not changed.
 */
const struct tree_node *residents_put_sandbox(struct residents *residents,
					      const struct tree_node *sandbox,
					      const struct tree_node *ips);

/* From now on, all sandboxes are reported again; in_round is cleared by whoever ends the round. */
void residents_round_begins(struct residents *residents);

/*
 * The sandbox is gone.  Returns the pod as the API server has it, until the next call; *gone
 * becomes true if the API server does not have it.  Returns NULL if the sandbox was not known.
 */
const struct tree_node *residents_drop_sandbox(struct residents *residents,
					       const struct tree_node *sandbox, bool *gone);

/* Some sandbox that has not been reported since the round began; NULL if there is none. */
const struct tree_node *residents_missed(const struct residents *residents);

#endif
