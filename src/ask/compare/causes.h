/*
 * Finds the policies that are the causes of a change.
 *
 * In:  kinds of rows of two worlds; what passes between two of them in one world only.  Out: on
 * which side it is denied in the other world, and the policies that are the reason.
 */
#ifndef NP2NFT_ASK_COMPARE_CAUSES_H
#define NP2NFT_ASK_COMPARE_CAUSES_H

#include "ask/compare/cause.h"
#include "ask/alike/rows.h"

/* Two kinds, and what passes from one to the other only in the world of @age. */
struct ends_asked {
	enum age age;
	uint32_t from, to;
	const uint32_t *only; /* index: family; numbers of rows.ports, or PORTS_NONE */
};

/* Causes as numbers, without repetitions; equal causes have the same number. */
struct cause_numbers {
	uint32_t *items;
	size_t count;
};

struct cause_book;

/* Makes an empty book in @arena; @rows and @kinds must live as long. */
struct cause_book *causes_new(struct arena *arena, const struct rows *rows,
			      const struct kinds *kinds);

/* Do the policies of one end deny any of it in the other world? */
bool causes_deny(struct cause_book *book, const struct ends_asked *ends, enum direction direction);

/* The causes at both ends, or at one of them. */
struct cause_numbers causes_of(struct cause_book *book, const struct ends_asked *ends);
struct cause_list causes_of_side(struct cause_book *book, const struct ends_asked *ends,
				 enum direction direction);

/* The causes that have these numbers. */
const struct cause *causes_listed(const struct cause_book *book, const struct cause_numbers *found);

#endif
