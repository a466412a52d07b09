/*
 * What an answer depends on if nobody knows an address: the place of that address.
 *
 * In:  ranges of addresses, at the end from which a connection comes and at the end to which it
 * goes.  Out: conditions; equal ones are the same pointer.
 *
 * A pod that does not run yet has no address, and a pod in an input without IPv6 has none of that
 * family.  An ipBlock lets such a pod through if its address will lie in the block.  Every answer
 * distinguishes what passes on such a condition from what passes wherever the address lies.
 */
#ifndef NP2NFT_ASK_WORLD_UNKNOWN_ADDRESS_H
#define NP2NFT_ASK_WORLD_UNKNOWN_ADDRESS_H

#include "base/addr.h"

struct arena;
struct conditions;
struct json;

/* Ranges by family, sorted and disjoint, which do not touch. */
struct zone {
	const struct range *ranges[FAMILIES];
	size_t counts[FAMILIES];
};

/* A condition that always holds is written as NULL. */
struct condition {
	struct conditions *of;
	/* the ranges in which the addresses must lie; NULL: anywhere */
	const struct zone *from, *to;
};

/*
 * Makes an empty collection in @arena, in which its conditions live, too.  Addresses of a family
 * that is not @used do not exist: ranges that hold all addresses of the used families are no
 * condition.
 */
struct conditions *conditions_new(struct arena *arena, const bool used[FAMILIES]);

/*
 * The condition that the address of one end lies in these ranges, which are not all of the family.
 */
const struct condition *condition_of(struct conditions *conditions, bool of_from,
				     enum family family, const struct range *ranges, size_t count);

/* The condition that both hold; returns false if they never do. */
bool condition_both(const struct condition *a, const struct condition *b,
		    const struct condition **both);

/*
 * The condition that at least one of them holds.  If no condition says exactly that (because it is
 * about pairs of addresses), it is one that holds more often.
 */
const struct condition *condition_either(const struct condition *a, const struct condition *b);

/*
 * The condition that the first holds and the second does not; returns false if that never happens.
 * If no condition says exactly that, it is one that holds more often.
 */
bool condition_without(const struct condition *a, const struct condition *b,
		       const struct condition **left);

/*
 * What the condition says about addresses of the family alone; returns false if it holds for none
 * of them.
 */
bool condition_within(const struct condition *condition, enum family family,
		      const struct condition **within);

/*
 * Writes "if its address lies in 10.0.0.0/8"; for the other end, "if its address lies in 10.0.0.0/8
 * (the destination's)".
 */
const char *condition_text(struct arena *arena, const struct condition *condition);

/* Writes it as an object with the ranges "from_in" and "to_in"; writes nothing for NULL. */
void condition_put(struct json *json, const char *key, const struct condition *condition);

/* Writes the same as members of the object that is open. */
void condition_put_zones(struct json *json, const struct condition *condition);

/*
 * Finds an address of the family for each end that fulfils the condition; an end about which the
 * condition says nothing keeps its address.
 */
void condition_fulfil(const struct condition *condition, enum family family, uint8_t *from,
		      uint8_t *to);

#endif
