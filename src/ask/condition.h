/*
 * What an answer depends on where nobody knows an address: where it lies.
 *
 * In:  ranges of addresses, at the end that a connection comes from and at the one that it goes to.
 * Out: conditions; equal ones are the same pointer.
 *
 * A pod that does not run yet has no address, and a pod of an input without IPv6 has none of that family.  An
 * ipBlock of policies lets such a pod through if its address lies in the block; what it lets through on this
 * condition, and what it lets through wherever the address lies, is told apart by every answer.
 */
#ifndef NP2NFT_ASK_CONDITION_H
#define NP2NFT_ASK_CONDITION_H

#include "base/addr.h"

struct arena;
struct conditions;
struct json;

/* Ranges, sorted, disjoint and not touching, by family. */
struct zone {
	const struct range *ranges[FAMILIES];
	size_t counts[FAMILIES];
};

/* Instead of a condition that always holds there is NULL. */
struct condition {
	struct conditions *of;
	const struct zone *from, *to; /* that the addresses must lie in; NULL: wherever they lie */
};

/*
 * Lives in @arena, as its conditions do.  An address of a family that is not @used is none: ranges that hold all of
 * the used ones are no condition.
 */
struct conditions *conditions_new(struct arena *arena, const bool used[FAMILIES]);

/* That the address of the one end lies in these ranges, which are some of the family and not all. */
const struct condition *condition_of(struct conditions *conditions, bool of_from,
				     enum family family, const struct range *ranges, size_t count);

/* When both hold; false: never. */
bool condition_both(const struct condition *a, const struct condition *b,
		    const struct condition **both);

/*
 * When either holds.  Where no condition says just that (of pairs of addresses, neither end's being the same), it
 * is one that holds more often.
 */
const struct condition *condition_either(const struct condition *a, const struct condition *b);

/*
 * When the first holds and not the second; false: never.  Where no condition says just that, it is one that
 * holds more often.
 */
bool condition_without(const struct condition *a, const struct condition *b,
		       const struct condition **left);

/* What the condition says of addresses of the family alone; false: it holds for none. */
bool condition_within(const struct condition *condition, enum family family,
		      const struct condition **within);

/* "if its address lies in 10.0.0.0/8"; of the other end "if its address lies in 10.0.0.0/8 (the destination's)". */
const char *condition_text(struct arena *arena, const struct condition *condition);

/* Puts it as an object, "from_in" and "to_in" with ranges; nothing for NULL. */
void condition_put(struct json *json, const char *key, const struct condition *condition);

/* The same as members of an object that is open. */
void condition_put_zones(struct json *json, const struct condition *condition);

/* An address for each end that fulfils it, of the family; what it leaves open is left as it is. */
void condition_fulfil(const struct condition *condition, enum family family, uint8_t *from,
		      uint8_t *to);

#endif
