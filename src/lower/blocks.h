/*
 * How blocks (ipBlock) are asked for: one by one in rules, or as a set.
 *
 * In:  definitions that are blocks.
 * Out: which form is the cheapest for a packet, and what is made of the blocks in that form.
 *
 * Measured (docs/benchmarks.md), for each packet that asks: a block as a comparison takes some 10 ns, each that
 * is left out of it 5 ns more.  A set of ranges takes 90 ns with 25 of them, and 130 ns with 2,500, if its key
 * has a second field: then the kernel keeps it as bitmaps (pipapo), which it otherwise keeps as a tree, for
 * 80 and 200 ns.  But bitmaps grow slow to fill, and without AVX2 to ask, when there are many thousands.
 */
#ifndef NP2NFT_LOWER_BLOCKS_H
#define NP2NFT_LOWER_BLOCKS_H

#include "lower/cells.h"
#include "resolve/resolve.h"
#include "ruleset/ruleset.h"

enum block_form {
	BLOCKS_COMPARED, /* a rule each: `ip saddr 10.0.0.0/8 ip saddr != 10.1.0.0/16` */
	BLOCKS_AS_BITMAPS, /* a set of ranges, the family as its second field: `ip saddr . meta nfproto` */
	BLOCKS_AS_TREE, /* a set of ranges: `ip saddr` */
};

/* Blocks that are compared at most; and with those that are left out of them. */
#define BLOCKS_COMPARED_MAX  4
#define BLOCKS_AND_HOLES_MAX 8

/* Prefixes that a set as bitmaps has at most: the kernel makes of each range as many as it takes. */
#define BITMAP_PREFIXES_MAX 4096

/* The form for all of the definitions, which are blocks of the family, at one place. */
enum block_form block_form(const struct resolved *resolved, const struct peer_union *of,
			   enum family family);

/* The comparison with one of them: its fields are the source's, until a rule says otherwise. */
struct set block_comparison(struct arena *arena, const struct definition *definition);

/*
 * Makes @set, which has its name and one field, the set of all the definitions, which are not compared; or of ranges
 * that are sorted and disjoint.
 */
void blocks_fill(struct arena *arena, const struct resolved *resolved, const struct peer_union *of,
		 enum family family, struct set *set);
void blocks_fill_ranges(struct arena *arena, const struct range *ranges, size_t count,
			enum family family, struct set *set);

#endif
