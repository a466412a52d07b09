/* See ask/graph/ports.h. */
#include "ask/graph/ports.h"

#include "base/arena.h"

static const struct port_range all[] = {
	{TCP, 0, UINT16_MAX}, {UDP, 0, UINT16_MAX}, {SCTP, 0, UINT16_MAX}, {ICMP, 0, UINT16_MAX}};

void ports_init(struct ports *ports, struct arena *arena)
{
	const struct reach nothing = {0}, everything = {all, sizeof(all) / sizeof(*all)};

	*ports = (struct ports){.arena = arena, .numbers.arena = arena, .asked.arena = arena};
	ports_number(ports, &nothing);
	ports_number(ports, &everything);
}

uint32_t ports_number(struct ports *ports, const struct reach *reach)
{
	bool added = false;
	uint32_t number =
		table_add(&ports->numbers, reach->count ? (const void *)reach->ranges : "",
			  reach->count * sizeof(*reach->ranges), &added);

	if (added)
		arena_push(ports->arena, ports->items, ports->count, *reach);
	return number;
}

uint32_t ports_range(struct ports *ports, enum protocol protocol, uint16_t first, uint16_t last)
{
	struct port_range *range = arena_alloc(ports->arena, sizeof(*range));

	*range = (struct port_range){protocol, first, last};
	return ports_number(ports, &(struct reach){range, 1});
}

enum operation { MINUS, COMMON };

static uint32_t operate(struct ports *ports, enum operation operation, uint32_t a, uint32_t b)
{
	const uint32_t key[] = {operation, a, b};
	struct reach reach;
	bool added = false;
	uint32_t at = table_add(&ports->asked, key, sizeof(key), &added);

	if (!added)
		return ports->answers[at];
	reach = (operation == MINUS ? reach_minus : reach_common)(ports->arena, &ports->items[a],
								  &ports->items[b]);
	arena_push(ports->arena, ports->answers, ports->answer_count, ports_number(ports, &reach));
	return ports->answers[at];
}

uint32_t ports_minus(struct ports *ports, uint32_t a, uint32_t b)
{
	if (a == PORTS_NOTHING || b == PORTS_NOTHING)
		return a;
	return a == b ? PORTS_NOTHING : operate(ports, MINUS, a, b);
}

uint32_t ports_common(struct ports *ports, uint32_t a, uint32_t b)
{
	if (a == b || b == PORTS_EVERYTHING || a == PORTS_NOTHING)
		return a;
	return a == PORTS_EVERYTHING || b == PORTS_NOTHING ? b : operate(ports, COMMON, a, b);
}

/* By De Morgan, for there is no union of ranges. */
uint32_t ports_either(struct ports *ports, uint32_t a, uint32_t b)
{
	uint32_t in_neither = ports_minus(ports, ports_minus(ports, PORTS_EVERYTHING, a), b);

	return ports_minus(ports, PORTS_EVERYTHING, in_neither);
}
