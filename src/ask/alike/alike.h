/*
 * Finds ends that are answered alike, in one world or in two.
 *
 * In:  ends, each with its class in each world; what the policies of each end let through
 * (ask/alike/sides.h).  Out: sorts of ends; and for each end, the ends about which it must be asked.
 *
 * The hard idea: the answer about an end and another one is the same for all others of a sort,
 * except for those that stand out for it.  So it is enough to ask once for each sort, and once for
 * each end that stands out.  There are few of both, however many ends there are.
 */
#ifndef NP2NFT_ASK_ALIKE_ALIKE_H
#define NP2NFT_ASK_ALIKE_ALIKE_H

#include "ask/alike/pairs.h"
#include "ask/alike/sides.h"

#define CLASS_NONE UINT32_MAX
#define NOBODY     UINT32_MAX

struct alike_end {
	uint32_t class[AGES]; /* CLASS_NONE: the end is not in this world */
	uint32_t note;        /* ends with different notes are of different sorts */
};

struct alike;

/*
 * Finds the sorts.  @direction is that in which an end is asked about the others; INGRESS: about
 * what comes to it from them.  The result lives in @arena.  A world that does not exist has no
 * @sides, and ends have no class in it.
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

/* The ends about which an end must be asked. */
struct others {
	struct end_list standing_out; /* each of them, with the end itself */
	/* index: sort; one end of it that does not stand out; NOBODY: all of them stand out */
	const uint32_t *of_sort;
};

/* The others of an end; the result is valid until the next call. */
struct others alike_others(struct alike *alike, uint32_t end);

/* Does the other end stand out for the end that was asked about last? */
bool alike_stands_out(const struct alike *alike, uint32_t other);

/* Calls @ask about the end and each of the others about which it must be asked. */
void alike_ask(struct alike *alike, uint32_t end,
	       void (*ask)(void *context, uint32_t end, uint32_t other), void *context);

/* Lists of ends in one array; list i goes from starts[i] to before starts[i + 1]. */
struct end_lists {
	size_t *starts;
	uint32_t *items;
};

/* The ends of each class of a world, in which there are so many classes. */
struct end_lists ends_by_class(struct arena *arena, const struct alike_end *ends, size_t count,
			       enum age age, size_t classes);

struct end_list end_list_at(const struct end_lists *lists, uint32_t number);

#endif
