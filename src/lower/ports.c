/*
 * Makes one map for single ports and ranges and one for whole protocols, or comparisons where these
 * are few.
 */
#include "lower/ports.h"

#include "base/arena.h"

#include <arpa/inet.h>
#include <stdlib.h>

/* An element of an unnamed map, for sorting. */
struct map_element {
	uint8_t key[8];
	uint8_t end[8];
	struct verdict verdict;
};

static int compare_map_elements(const void *a, const void *b)
{
	return key_compare(((const struct map_element *)a)->key,
			   ((const struct map_element *)b)->key, 8, true);
}

static void put_port(uint8_t *key, enum protocol protocol, uint16_t port)
{
	uint16_t net = htons(port);

	key[0] = (uint8_t)protocol;
	memcpy(key + 4, &net, sizeof(net));
}

/* Writes `meta l4proto . th dport vmap { … }`, or for one cell `tcp dport …`. */
static void add_port_map(struct lowering *lowering, struct chain *chain,
			 const struct verdict *verdict_of, const struct cell *cells, size_t count)
{
	struct map_element *elements = arena_array(lowering->scratch, count, sizeof(*elements));
	struct arena *arena = lowering->arena;
	struct set *set = arena_alloc(arena, sizeof(*set));
	struct verdict *verdicts = arena_array(arena, count, sizeof(*verdicts));
	uint8_t *keys = arena_array(arena, count, 8);
	uint8_t *ends = arena_array(arena, count, 8);

	*set = (struct set){
		.fields = {FIELD_L4PROTO, FIELD_TH_DPORT},
		.field_count = 2,
		.count = count,
		.keys = keys,
		.verdicts = verdicts,
	};
	for (size_t i = 0; i < count; i++) {
		const struct cell *cell = &cells[i];

		put_port(elements[i].key, cell->protocol, cell->first);
		put_port(elements[i].end, cell->protocol, cell->last);
		elements[i].verdict = verdict_of[cell->target];
		set->interval |= cell->first != cell->last;
	}
	/* In a map with ranges, nft lists the elements in the order in which they came. */
	if (!set->interval)
		qsort(elements, count, sizeof(*elements), compare_map_elements);
	for (size_t i = 0; i < count; i++) {
		memcpy(keys + 8 * i, elements[i].key, 8);
		memcpy(ends + 8 * i, elements[i].end, 8);
		verdicts[i] = elements[i].verdict;
	}
	if (set->interval)
		set->ends = ends;
	build_rule(lowering, chain,
		   (struct rule){.kind = RULE_LOOKUP,
				 .set = set,
				 .field_count = 2,
				 .fields = {FIELD_L4PROTO, FIELD_TH_DPORT}});
}

/* A map takes as long as three or four comparisons. */
#define COMPARISONS_MAX 2

/* Adds the rules for cells. */
static void add_ports(struct lowering *lowering, struct chain *chain, const struct plan *plan,
		      const struct verdict *verdict_of)
{
	if (plan->cell_count > COMPARISONS_MAX) {
		add_port_map(lowering, chain, verdict_of, plan->cells, plan->cell_count);
		return;
	}
	for (size_t i = 0; i < plan->cell_count; i++)
		add_port_map(lowering, chain, verdict_of, &plan->cells[i], 1);
}

/*
 * Writes `meta l4proto vmap { … }`, or for one protocol `meta l4proto tcp …`, for what holds on all
 * ports of a protocol.
 */
static void add_protocol_map(struct lowering *lowering, struct chain *chain,
			     const struct plan *plan, const struct verdict *verdict_of)
{
	struct arena *arena = lowering->arena;
	struct set *set = arena_alloc(arena, sizeof(*set));
	struct verdict *verdicts = arena_array(arena, plan->protocol_count, sizeof(*verdicts));
	uint8_t *keys = arena_array(arena, plan->protocol_count, 1);

	*set = (struct set){
		.fields = {FIELD_L4PROTO},
		.field_count = 1,
		.count = plan->protocol_count,
		.keys = keys,
		.verdicts = verdicts,
	};
	/* They are sorted by number, which is how nft lists them. */
	for (size_t i = 0; i < plan->protocol_count; i++) {
		keys[i] = (uint8_t)plan->protocols[i].protocol;
		verdicts[i] = verdict_of[plan->protocols[i].target];
	}
	build_rule(lowering, chain,
		   (struct rule){.kind = RULE_LOOKUP,
				 .set = set,
				 .field_count = 1,
				 .fields = {FIELD_L4PROTO}});
}

size_t lower_ports(struct lowering *lowering, struct chain *chain, const struct plan *plan,
		   const struct verdict *verdict_of)
{
	add_ports(lowering, chain, plan, verdict_of);
	if (plan->protocol_count)
		add_protocol_map(lowering, chain, plan, verdict_of);
	return (size_t)(plan->cell_count > COMPARISONS_MAX) + (plan->protocol_count > 1);
}
