/*
 * The pods and namespaces that an entry of a policy, or an end of an expectation, means by label.
 *
 * In:  objects, whose pods are sorted by namespace and name.  Out: their numbers.
 *
 * The hard idea: all entries of all policies and expectations are answered at once, as the compiler does it
 * (resolve/selector_pods.h), and kept.  Any other entry is held against every identity.
 */
#ifndef NP2NFT_ASK_WORLD_LABELLED_H
#define NP2NFT_ASK_WORLD_LABELLED_H

#include "model/objects.h"

struct labelled;

/* The objects must stay as they are for as long as the result. */
struct labelled *labelled_new(struct arena *arena, const struct objects *objects);

/*
 * Writes the pods that the entry of a policy of @namespace means to @pods, ascending, and returns how many they are.
 * @pods has room for all pods.  The labels that
 * it asks for must be among those that some policy or expectation asks for.
 */
size_t labelled_pods(struct labelled *labelled, const char *namespace, const struct peer *peer,
		     uint32_t *pods);

/*
 * How many namespaces the selector matches, of those that objects, pods or policies are in; *first is the name of
 * the first of them.
 */
size_t labelled_namespaces(const struct labelled *labelled, const struct selector *selector,
			   const char **first);

#endif
