/*
 * Finds out what the guard must know about the node, and policies do not say.
 *
 * In:  the pods of the input; links and routes of the calling process's network namespace.  Out:
 * the links that lead to pods, and the packets that the node's tunnels unwrap (lower/guard.h).
 *
 * The hard idea: reading all links and routes costs more than most changes of a table.  So what was
 * read is kept until it is forgotten, and meanwhile only the routes to new addresses are asked for.
 */
#ifndef NP2NFT_NODE_POD_LINKS_H
#define NP2NFT_NODE_POD_LINKS_H

#include "base/diag.h"
#include "lower/guard.h"
#include "model/objects.h"

struct arena;

struct link_finder; /* what was read about links and routes */

struct link_finder *link_finder_new(void);
void link_finder_free(struct link_finder *finder);

/*
 * Must be called when a link came, went or changed, or a route may have changed: everything will be
 * read again.
 */
void link_finder_forget(struct link_finder *finder);

/*
 * Looks for the links of the pods on @node (NULL: of all pods).  It changes nothing on the node.
 * Returns 0 with what was found, which lives in @arena; or -1 after a warning, with nothing in
 * *found.
 */
int link_finder_look(struct link_finder *finder, struct arena *arena, const struct objects *objects,
		     const char *node, struct pod_links *found, struct diags *diags);

#endif
