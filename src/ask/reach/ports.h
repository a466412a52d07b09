/*
 * Lists of ports as numbers, and what passes in both address families.
 *
 * In:  lists of ports (ask/reach/reach.h), of one world or of two with the same surroundings.  Out:
 * numbers, which are the same for equal lists; and passages, which are the same pointer if they are
 * equal.
 *
 * The hard idea: there are few different lists, however many ends there are.  Each is kept once,
 * and the result of an operation on two of them is remembered, so that a pair of ends costs a look
 * at a table.
 */
#ifndef NP2NFT_ASK_REACH_PORTS_H
#define NP2NFT_ASK_REACH_PORTS_H

#include "ask/reach/reach.h"

#define PORTS_NOTHING    0U
#define PORTS_EVERYTHING 1U
/* no list, since the ends have no address of the family in common */
#define PORTS_NONE UINT32_MAX

struct ports;

/* Makes an empty collection in @arena, in which its results live, too. */
struct ports *ports_new(struct arena *arena);

/* The number of a list, whose ranges must live as long as @ports. */
uint32_t ports_number(struct ports *ports, const struct reach *reach);
uint32_t ports_range(struct ports *ports, enum protocol protocol, uint16_t first, uint16_t last);

const struct reach *ports_list(const struct ports *ports, uint32_t number);

/* What is in @a and not in @b; what is in both; what is in either. */
uint32_t ports_minus(struct ports *ports, uint32_t a, uint32_t b);
uint32_t ports_common(struct ports *ports, uint32_t a, uint32_t b);
uint32_t ports_either(struct ports *ports, uint32_t a, uint32_t b);

/* What passes.  If it does not depend on the address family, `only` is empty. */
struct passage {
	struct reach reach;             /* what passes in every family that both ends have */
	struct reach only[FAMILIES];    /* what passes besides in one family only */
	uint32_t numbers[1 + FAMILIES]; /* the numbers of these lists */
};

/*
 * Makes a passage from what passes in each family; PORTS_NONE: the ends do not have the family in
 * common.
 */
const struct passage *passage_of(struct ports *ports, uint32_t v4, uint32_t v6);

/* The part of the passage that is on these ports. */
const struct passage *passage_common(struct ports *ports, const struct passage *passage,
				     uint32_t number);

/* What is in either passage; their ends must have the same families in common. */
const struct passage *passage_either(struct ports *ports, const struct passage *a,
				     const struct passage *b);

/* The ports that pass in any family. */
uint32_t passage_ports(struct ports *ports, const struct passage *passage);

/* Does anything pass? */
bool passage_is_open(const struct passage *passage);

/* Writes "80/TCP, ICMP"; "80/TCP, over IPv4 also 443/TCP"; "everything"; "nothing". */
const char *passage_text(struct arena *arena, const struct passage *passage);

#endif
