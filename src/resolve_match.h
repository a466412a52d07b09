/*
 * Selectors to the pods and namespaces they match, through an index of labels.
 *
 * In:  objects, sorted.  Out: bit sets over pods and namespaces.
 *
 * The hard idea: for each label (and each label key) the index has the list of the pods that carry
 * it.  A selector is answered from the shortest list that one of its requirements, or its scope,
 * offers; only the pods on it are checked against the rest.
 */
#ifndef NP2NFT_RESOLVE_MATCH_H
#define NP2NFT_RESOLVE_MATCH_H

#include "model.h"

/* A set of small numbers. */
struct bits {
	uint64_t *words;
	size_t size; /* numbers 0 to size - 1 */
};

struct bits bits_new(struct arena *arena, size_t size);
void bits_clear(struct bits *bits);

static inline void bits_set(struct bits *bits, size_t i)
{
	bits->words[i / 64] |= UINT64_C(1) << i % 64;
}

static inline bool bits_has(const struct bits *bits, size_t i)
{
	return bits->words[i / 64] >> i % 64 & 1;
}

/* The smallest member from @i on; bits->size if there is none. */
size_t bits_next(const struct bits *bits, size_t i);

struct match_index;

/* The index over the pods and namespaces of @objects, which must be sorted and stay as they are. */
struct match_index *match_index_new(struct arena *arena, const struct objects *objects);

/* How many namespaces there are (objects, and those that only pods or policies mention). */
size_t match_namespace_count(const struct match_index *index);

/* The number of the namespace @name, in order of names; it must be one that is mentioned. */
size_t match_namespace(const struct match_index *index, const char *name);

/* Sets in @namespaces the bits of those that @selector matches. */
void match_namespaces(const struct match_index *index, const struct selector *selector,
		      struct bits *namespaces);

/* Sets in @pods the bits of those of one namespace that @selector matches. */
void match_pods_in(const struct match_index *index, size_t namespace,
		   const struct selector *selector, struct bits *pods);

/* The same over all namespaces in the set @namespaces. */
void match_pods(const struct match_index *index, const struct bits *namespaces,
		const struct selector *selector, struct bits *pods);

#endif
