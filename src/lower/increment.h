/*
 * One pod elsewhere in the cluster comes, goes or changes: what that changes, without compiling again.
 *
 * In:  what was compiled, once; then a pod, as it is now, again and again.
 * Out: elements to add and delete, in exactly the sets concerned, as transition() would order them.
 *
 * The hard idea: a set is made of definitions, and whether a definition means a pod depends on that pod
 * alone (and its namespace).  So an element stays as long as any definition of its set means the pod, and
 * nobody needs to know what else is in the set.  Definitions are found by the pod's namespace or one of its
 * labels; the cost is that of those, however many pods there are.
 *
 * The ruleset itself is not brought up to date: its names stay right, its elements are those of the moment
 * when it was compiled.  What is kept are the pods that changed since; compiling anew forgets them.
 *
 * This is internal: whoever watches a cluster inside one process can use it, tests and benchmarks do; files,
 * which is how pods come to np2nft.h, say what there is, not what changed.
 */
#ifndef NP2NFT_LOWER_INCREMENT_H
#define NP2NFT_LOWER_INCREMENT_H

#include "change/transition.h"
#include "resolve/resolve.h"
#include "ruleset/ruleset.h"

struct increment;

/*
 * For what was compiled of @resolved, for @node (NULL: all).  All of that must live as long as the result,
 * and so must pods given to it later; the objects' strings and namespaces are those of @resolved.
 */
struct increment *increment_new(struct arena *arena, const struct resolved *resolved,
				const struct ruleset *ruleset, const char *node);

/*
 * The pod is now as @pod says; without addresses (finished, deleted) it is gone.  Its labels are numbers in
 * the objects' strings (objects_intern()).  What changes is in *changes, in @arena, for apply_changes();
 * nothing may.
 * False, and then all is as it was, if that is not a matter of elements alone and the cluster must be
 * compiled again: the pod is or was enforced here, or has an address of another pod.
 */
bool increment_pod(struct increment *increment, struct arena *arena, const struct pod *pod,
		   struct changes *changes);

#endif
