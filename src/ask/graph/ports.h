/*
 * Ports by number: what passes between two ends is one of few combinations, each kept once.
 */
#ifndef NP2NFT_ASK_GRAPH_PORTS_H
#define NP2NFT_ASK_GRAPH_PORTS_H

#include "ask/reach.h"
#include "base/table.h"

#define PORTS_NOTHING    0U
#define PORTS_EVERYTHING 1U

struct ports {
	struct arena *arena;
	struct reach *items; /* by number */
	size_t count;
	struct table numbers;
	struct table asked; /* operations that were done before */
	uint32_t *answers;
	size_t answer_count;
};

void ports_init(struct ports *ports, struct arena *arena);

uint32_t ports_number(struct ports *ports, const struct reach *reach);

uint32_t ports_range(struct ports *ports, enum protocol protocol, uint16_t first, uint16_t last);

/* What is in @a and not in @b; in both; in either. */
uint32_t ports_minus(struct ports *ports, uint32_t a, uint32_t b);
uint32_t ports_common(struct ports *ports, uint32_t a, uint32_t b);
uint32_t ports_either(struct ports *ports, uint32_t a, uint32_t b);

#endif
