/*
 * Selectors to the pods and namespaces they match, through an index of labels.
 *
 * In:  objects, sorted.  Out: ascending numbers of pods and namespaces.
 *
 * The hard idea: for each label (and each label key) that a selector asks for, the index has the list of
 * the pods that carry it.  A selector is answered from the shortest list that one of its requirements
 * offers, or from its scope; a few pods are then checked against the rest one by one, many by laying the
 * lists of the rest over theirs.
 */
#ifndef NP2NFT_RESOLVE_MATCH_H
#define NP2NFT_RESOLVE_MATCH_H

#include "base/bits.h"
#include "model/selector.h"

struct match_index;

/*
 * The index over the pods and namespaces of @objects, which must be sorted and stay as they are.  It answers
 * for the selectors that their policies have, of namespaces and of pods.
 */
struct match_index *match_index_new(struct arena *arena, const struct objects *objects);

/* How many namespaces there are (objects, and those that only pods or policies mention). */
size_t match_namespace_count(const struct match_index *index);

/* The number of the namespace @name, in order of names; it must be one that is mentioned. */
size_t match_namespace(const struct match_index *index, const char *name);

const char *match_namespace_name(const struct match_index *index, size_t namespace);

/* The namespaces that @selector matches, ascending, into @namespaces, which has room for all; how many. */
size_t match_namespaces(const struct match_index *index, const struct selector *selector,
			uint32_t *namespaces);

/* The pods of one namespace that @selector matches, ascending, into @pods, which has room for all. */
size_t match_pods_in(const struct match_index *index, size_t namespace,
		     const struct selector *selector, uint32_t *pods);

/* The same over all of @namespaces (ascending). */
size_t match_pods(const struct match_index *index, const uint32_t *namespaces, size_t count,
		  const struct selector *selector, uint32_t *pods);

#endif
