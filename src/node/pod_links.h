/*
 * What the node knows of itself that policies' rules alone do not need, and the guard does.
 *
 * In:  the pods of the input; links and routes of the calling process's network namespace.
 * Out: the links that lead to pods, and the packets that tunnels of the node unwrap (lower/guard.h).
 *
 * The hard idea: reading all links and routes costs more than most changes of a table do.  So what was read is kept, and
 * until it is forgotten only the way to addresses that are new is asked for.
 */
#ifndef NP2NFT_NODE_POD_LINKS_H
#define NP2NFT_NODE_POD_LINKS_H

#include "base/diag.h"
#include "lower/guard.h"
#include "model/objects.h"

struct arena;

struct link_finder; /* what was read of links and routes */

struct link_finder *link_finder_new(void);
void link_finder_free(struct link_finder *finder);

/* A link came, went or changed, or a route may have: all is to be read again. */
void link_finder_forget(struct link_finder *finder);

/*
 * @node: the name of this one, whose pods are looked for; NULL: those of every node are.  Changes nothing.  Returns 0
 * with what was found, which lives in @arena; or -1 after a warning, with none in *found.
 */
int link_finder_look(struct link_finder *finder, struct arena *arena, const struct objects *objects,
		     const char *node, struct pod_links *found, struct diags *diags);

#endif
