/*
 * How packets are compared with blocks (ipBlock): with each block in a rule of its own, or with a
 * set.
 *
 * In:  definitions that are blocks.  Out: the form that costs packets the least, and the
 * comparisons or sets in that form.
 *
 * The measured cost of one packet (docs/benchmarks.md): a comparison with a block takes some 10 ns,
 * and 5 ns more for each block that is left out of it.  A look-up in a set of ranges takes 90 ns
 * with 25 ranges and 130 ns with 2,500, if the key has a second field, for then the kernel keeps
 * the set as bitmaps (pipapo).  Otherwise it keeps the set as a tree, which takes 80 and 200 ns.
 * With many thousands of ranges, bitmaps are slow to fill and, without AVX2, slow to search.
 */
#ifndef NP2NFT_LOWER_BLOCKS_H
#define NP2NFT_LOWER_BLOCKS_H

#include "lower/cells.h"
#include "resolve/resolved.h"
#include "ruleset/ruleset.h"

enum block_form {
	BLOCKS_COMPARED, /* a rule for each: `ip saddr 10.0.0.0/8 ip saddr != 10.1.0.0/16` */
	/* a set of ranges with the family as second field: `ip saddr . meta nfproto` */
	BLOCKS_AS_BITMAPS,
	BLOCKS_AS_TREE, /* a set of ranges: `ip saddr` */
};

/*
 * At most so many blocks are compared, and so many together with those that are left out of them.
 */
#define BLOCKS_COMPARED_MAX  4
#define BLOCKS_AND_HOLES_MAX 8

/*
 * A set is kept as bitmaps if its ranges come to no more prefixes than this; the kernel splits each
 * range into prefixes.
 */
#define BITMAP_PREFIXES_MAX 4096

/* The form for these definitions at one place.  All of them are blocks of the family. */
enum block_form block_form(const struct resolved *resolved, const struct peer_union *of,
			   enum family family);

/* The comparison with one block.  Its field is the source address until a rule says otherwise. */
struct set block_comparison(struct arena *arena, const struct definition *definition);

/*
 * Turns @set, which has a name and one field, into the set of all the definitions that are not
 * compared, or of ranges that are sorted and disjoint.
 */
void blocks_fill(struct arena *arena, const struct resolved *resolved, const struct peer_union *of,
		 enum family family, struct set *set);
void blocks_fill_ranges(struct arena *arena, const struct range *ranges, size_t count,
			enum family family, struct set *set);

#endif
