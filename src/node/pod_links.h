/*
 * What the node knows of itself that policies' rules alone do not need, and the guard does.
 *
 * In:  the pods of the input; links and routes of the calling process's network namespace.
 * Out: the links that lead to pods, and the packets that tunnels of the node unwrap (lower/guard.h).
 */
#ifndef NP2NFT_NODE_POD_LINKS_H
#define NP2NFT_NODE_POD_LINKS_H

#include "base/diag.h"
#include "lower/guard.h"
#include "model/objects.h"

struct arena;

/*
 * @node: the name of this one, whose pods are looked for; NULL: those of every node are.  Changes nothing.  What
 * cannot be read is told as a warning, and left out.
 */
struct pod_links pod_links_of(struct arena *arena, const struct objects *objects, const char *node,
			      struct diags *diags);

#endif
