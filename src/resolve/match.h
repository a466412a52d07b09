/*
 * Finds the pods and namespaces that selectors match, through an index of labels.
 *
 * In:  objects, sorted.  Out: numbers of pods and namespaces, ascending.
 *
 * The hard idea: for each label, and each key alone, that a selector asks for, the index has a list
 * of the pods that carry it.  A search starts from the shortest list that one of the selector's
 * requirements offers, or from the namespaces in question.  If few pods are left, each is checked
 * against the other requirements; if many are, the lists of the other requirements are intersected
 * with theirs.
 */
#ifndef NP2NFT_RESOLVE_MATCH_H
#define NP2NFT_RESOLVE_MATCH_H

#include "base/bits.h"
#include "model/selector.h"

struct match_index;

/*
 * Makes the index over the pods and namespaces of @objects, which must be sorted and must not
 * change.  It answers for the selectors of their policies and expectations only.
 */
struct match_index *match_index_new(struct arena *arena, const struct objects *objects);

/* How many namespaces there are, including those that only pods or policies mention. */
size_t match_namespace_count(const struct match_index *index);

/*
 * The number of the namespace @name, in the order of names.  If nothing mentions the namespace, it is the number of
 * one with another name, or the count.
 */
size_t match_namespace(const struct match_index *index, const char *name);

const char *match_namespace_name(const struct match_index *index, size_t namespace);

/*
 * Writes the namespaces that @selector matches to @namespaces, ascending, and returns how many
 * there are.  @namespaces has room for all namespaces.
 */
size_t match_namespaces(const struct match_index *index, const struct selector *selector,
			uint32_t *namespaces);

/*
 * Writes the pods of one namespace that @selector matches to @pods, ascending, and returns how many
 * there are.  @pods has room for all pods.
 */
size_t match_pods_in(const struct match_index *index, size_t namespace,
		     const struct selector *selector, uint32_t *pods);

/* Does the same for all of @namespaces, which are ascending. */
size_t match_pods(const struct match_index *index, const uint32_t *namespaces, size_t count,
		  const struct selector *selector, uint32_t *pods);

#endif
