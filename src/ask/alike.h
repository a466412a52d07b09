/*
 * Ends that are answered alike, in one world or in two.
 *
 * In:  ends, each with its class in each world; what each end's policies let through (ask/sides.h).
 * Out: sorts of ends; and for one end whom it has to be asked about.
 *
 * The hard idea: what is said of an end and any other one is the same for all others of a sort, but for those who
 * stand out for it.  So one question for each sort and one for each who stands out is enough, and there are few of
 * both, however many ends there are.
 */
#ifndef NP2NFT_ASK_ALIKE_H
#define NP2NFT_ASK_ALIKE_H

#include "ask/pairs.h"
#include "ask/sides.h"

#define CLASS_NONE UINT32_MAX
#define NOBODY     UINT32_MAX

struct alike_end {
	uint32_t class[AGES]; /* CLASS_NONE: this world has not the end */
	uint32_t note;        /* ends with different notes are of different sorts */
};

struct alike;

/*
 * @direction: in which the one end is asked about the others: INGRESS: what comes to it from them.  Lives in @arena.
 * A world that is not there has no @sides, and ends have no class in it.
 */
struct alike *alike_new(struct arena *arena, struct sides *const sides[AGES],
			const struct alike_end *ends, size_t count, enum direction direction);

size_t alike_sorts(const struct alike *alike);
uint32_t alike_sort(const struct alike *alike, uint32_t end);

/* Numbers of ends, ascending. */
struct end_list {
	const uint32_t *items;
	size_t count;
};

struct end_list alike_members(const struct alike *alike, uint32_t sort);

/* Whom an end has to be asked about. */
struct others {
	struct end_list standing_out; /* each of them; with the end itself */
	const uint32_t *of_sort;      /* by sort: one who does not stand out; NOBODY: all do */
};

/* Valid until the next call. */
struct others alike_others(struct alike *alike, uint32_t end);

#endif
