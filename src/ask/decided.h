/*
 * Who decides what passes between two ends, and what does not.
 *
 * In:  for each of the ends and each outcome (ask/reach.h), the ports on which its policies say so.
 * Out: for the two of them what passes and what is denied, in parts, each with those who decide about it.
 *
 * A packet is asked about at both ends: who sends it must be allowed to, and then who gets it.  What is denied is told by
 * the end that denies it first.
 */
#ifndef NP2NFT_ASK_DECIDED_H
#define NP2NFT_ASK_DECIDED_H

#include "ask/ports.h"

struct decided_part {
	bool allowed;
	enum decider by[DIRECTIONS]; /* of what is denied both are the one who denies */
	const struct passage *passage;
};

struct decided {
	const struct passage *passage; /* all that passes */
	const struct decided_part
		*parts; /* what passes stands first, with Admin before the others */
	size_t count;
};

struct deciders;

/* Lives in @arena, as what it gives does. */
struct deciders *deciders_new(struct arena *arena, struct ports *ports);

/* What policies say, as a number; equal outcomes have the same. */
#define DECIDED_BY_NOBODY 0U /* everything is allowed, and no policy has a say */
uint32_t deciders_number(struct deciders *deciders, const struct reach reaches[OUTCOMES]);

/*
 * @numbers: what the policies of each end say in each family; UINT32_MAX in both directions of a family that the ends
 * do not have in common.  @passage: all that passes.  Equal answers are the same pointer.
 */
const struct decided *decided_of(struct deciders *deciders, const struct passage *passage,
				 const uint32_t numbers[FAMILIES][DIRECTIONS]);

/* An answer of which nobody asks who decides: without parts. */
const struct decided *decided_by_anyone(struct deciders *deciders, const struct passage *passage);

/* How much is shown of an answer. */
struct decided_view {
	uint32_t ports; /* what is on these alone: a number of the ports */
	/* An end about which nobody decides is not told of, so that it does not matter which of both it is. */
	bool is_brief;
	bool with_denied; /* also what is denied */
};

const struct decided *decided_shown(struct deciders *deciders, const struct decided *decided,
				    const struct decided_view *view);

/* "Admin", "NetworkPolicy", "Baseline", "default". */
const char *decider_text(enum decider decider);

/* "8080/TCP [NetworkPolicy]; 9090/TCP [Admin]; denied 22/TCP [Admin]; denied the rest [Baseline]"; "nothing". */
const char *decided_text(struct arena *arena, const struct decided *decided);

#endif
