/*
 * Tells who decides what passes between two ends, and what does not.
 *
 * In:  for each end and each outcome (ask/reach/reach.h), the ports on which its policies have that
 * outcome.  Out: what passes and what is denied between the two ends, in parts, each with those who
 * decide about it.
 *
 * A packet is asked about at both ends: its sender must be allowed to send it, and its receiver to
 * get it.  A denial is told of the end that denies it first.
 */
#ifndef NP2NFT_ASK_REACH_DECIDED_H
#define NP2NFT_ASK_REACH_DECIDED_H

#include "ask/reach/ports.h"

struct decided_part {
	bool allowed;
	enum decider by[DIRECTIONS]; /* if it is denied, both are the one who denies */
	const struct passage *passage;
};

struct decided {
	const struct passage *passage; /* everything that passes */
	const struct decided_part
		*parts; /* parts that pass come first, and of these Admin before the others */
	size_t count;
};

struct deciders;

/* Makes an empty collection in @arena, in which its answers live, too. */
struct deciders *deciders_new(struct arena *arena, struct ports *ports);

/* The number of what policies say; equal outcomes have the same number. */
#define DECIDED_BY_NOBODY 0U /* everything is allowed, and no policy has a say */
uint32_t deciders_number(struct deciders *deciders, const struct reach reaches[OUTCOMES]);

/*
 * The answer for two ends.  @numbers: what the policies of each end say in each family, or
 * UINT32_MAX in both directions of a family that the ends do not have in common.  @passage:
 * everything that passes.  Equal answers are the same pointer.
 */
const struct decided *decided_of(struct deciders *deciders, const struct passage *passage,
				 const uint32_t numbers[FAMILIES][DIRECTIONS]);

/* An answer without parts, for those who do not ask who decides. */
const struct decided *decided_by_anyone(struct deciders *deciders, const struct passage *passage);

/* How much of an answer is shown. */
struct decided_view {
	uint32_t ports; /* only what is on these ports: a number of the collection of ports */
	/*
	 * An end about which nobody decides is not mentioned, so it does not matter which of the
	 * two it is.
	 */
	bool is_brief;
	bool with_denied; /* show also what is denied */
};

const struct decided *decided_shown(struct deciders *deciders, const struct decided *decided,
				    const struct decided_view *view);

/* Returns "Admin", "NetworkPolicy", "Baseline" or "default". */
const char *decider_text(enum decider decider);

/*
 * Writes "8080/TCP [NetworkPolicy]; 9090/TCP [Admin]; denied 22/TCP [Admin]; denied the rest
 * [Baseline]", or "nothing".
 */
const char *decided_text(struct arena *arena, const struct decided *decided);

#endif
