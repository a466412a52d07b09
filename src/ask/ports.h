/*
 * Lists of ports by number, and what passes in both address families.
 *
 * In:  lists of ports (ask/reach.h), of one world or of two that have the same surroundings.
 * Out: numbers: equal lists have the same.  Passages: equal ones are the same pointer.
 *
 * The hard idea: between many ends pass few different lists.  Each is kept once, and what was once asked of two of
 * them is not worked out again, so that a pair of ends costs a look at a table.
 */
#ifndef NP2NFT_ASK_PORTS_H
#define NP2NFT_ASK_PORTS_H

#include "ask/reach.h"

#define PORTS_NOTHING    0U
#define PORTS_EVERYTHING 1U
#define PORTS_NONE       UINT32_MAX /* no list: the ends have no address of the family in common */

struct ports;

/* Lives in @arena, as what it gives does. */
struct ports *ports_new(struct arena *arena);

/* The ranges must stay as long as @ports. */
uint32_t ports_number(struct ports *ports, const struct reach *reach);
uint32_t ports_range(struct ports *ports, enum protocol protocol, uint16_t first, uint16_t last);

const struct reach *ports_list(const struct ports *ports, uint32_t number);

/* What is in @a and not in @b; in both; in either. */
uint32_t ports_minus(struct ports *ports, uint32_t a, uint32_t b);
uint32_t ports_common(struct ports *ports, uint32_t a, uint32_t b);
uint32_t ports_either(struct ports *ports, uint32_t a, uint32_t b);

/* What passes; where it does not depend on the address family, `only` is empty. */
struct passage {
	struct reach reach;             /* in every family that both ends have */
	struct reach only[FAMILIES];    /* besides, in this one alone */
	uint32_t numbers[1 + FAMILIES]; /* of these lists */
};

/* Of what passes in either family; PORTS_NONE: the ends do not have it in common. */
const struct passage *passage_of(struct ports *ports, uint32_t v4, uint32_t v6);

/* What of it passes on these ports too. */
const struct passage *passage_common(struct ports *ports, const struct passage *passage,
				     uint32_t number);

/* What is in either passage, of ends that have the same families in common. */
const struct passage *passage_either(struct ports *ports, const struct passage *a,
				     const struct passage *b);

/* In any family. */
uint32_t passage_ports(struct ports *ports, const struct passage *passage);

/* Does anything pass? */
bool passage_is_open(const struct passage *passage);

/* "80/TCP, ICMP"; "80/TCP, over IPv4 also 443/TCP"; "everything"; "nothing". */
const char *passage_text(struct arena *arena, const struct passage *passage);

#endif
