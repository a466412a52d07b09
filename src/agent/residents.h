/*
 * The pods of this node, as two sides tell of them: the API server their labels and ports, and late their addresses;
 * the container runtime the addresses as soon as there are any (agent/nri.h).
 *
 * In:  pods of the API server, sandboxes of the runtime, as trees.
 * Out: for each, the pod as it is best known: what the API server says of it, with the address that the runtime knows
 *      as long as the API server has not caught up.
 *
 * The hard idea is when to believe whom.  A pod and a sandbox are of one if they have the same uid.  The runtime is
 * believed about the address until the API server names it, too; a sandbox that the API server has not told of yet is
 * a pod with the labels that the runtime knows, and no named ports.
 */
#ifndef NP2NFT_AGENT_RESIDENTS_H
#define NP2NFT_AGENT_RESIDENTS_H

#include "base/arena.h"
#include "read/tree.h"

struct resident {
	struct arena *pod_arena, *sandbox_arena; /* NULL: that side does not know it */
	const struct node *pod;                  /* as the API server has it */
	const struct node *sandbox;              /* as the runtime has it, with its addresses */
	uint32_t list, round; /* in which it was told last, by the one and by the other */
};

struct residents {
	const char *node;      /* whose pods are of interest */
	struct arena *scratch; /* of what was returned last */
	struct resident *items;
	size_t count, size;
	uint32_t list, round;
};

void residents_begin(struct residents *residents, const char *node);
void residents_end(struct residents *residents);

/*
 * The API server tells of a pod, or (@gone) that it is no more.  Returns it as it is best known, until the next call:
 * @pod itself if the runtime has nothing to add.
 */
const struct node *residents_put_pod(struct residents *residents, const struct node *pod,
				     bool gone);

/* A list of all pods begins; and it is whole: who is not in it is none of the API server's. */
void residents_list_begins(struct residents *residents);
void residents_list_ends(struct residents *residents);

/*
 * The runtime tells of a sandbox with these addresses.  Returns the pod as it is best known, until the next call; NULL:
 * that has not changed.
 */
const struct node *residents_put_sandbox(struct residents *residents, const struct node *sandbox,
					 const struct node *ips);

/* All sandboxes are told anew from now on. */
void residents_round_begins(struct residents *residents);

/*
 * The sandbox is no more.  Returns the pod as the API server has it, until the next call; *gone: it does not have it;
 * NULL: that sandbox was not known.
 */
const struct node *residents_drop_sandbox(struct residents *residents, const struct node *sandbox,
					  bool *gone);

/* Any sandbox that has not been told since the round began; NULL: there is none. */
const struct node *residents_missed(const struct residents *residents);

#endif
