/* Lists of ports, each kept once and known by its number. */
#include "ask/graph/ports.h"

#include "base/arena.h"

static const struct port_range all[] = {{TCP, 0, UINT16_MAX, NULL},
					{UDP, 0, UINT16_MAX, NULL},
					{SCTP, 0, UINT16_MAX, NULL},
					{ICMP, 0, UINT16_MAX, NULL}};

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
	struct string key = {0};
	uint32_t number;

	for (size_t i = 0; i < reach->count; i++)
		arena_append(ports->arena, &key, "%d %u-%u %p,", (int)reach->ranges[i].protocol,
			     reach->ranges[i].first, reach->ranges[i].last,
			     (const void *)reach->ranges[i].only_if);
	number = table_add(&ports->numbers, key.text, key.len, &added);
	if (added)
		arena_push(ports->arena, ports->items, ports->count, *reach);
	return number;
}

uint32_t ports_range(struct ports *ports, enum protocol protocol, uint16_t first, uint16_t last)
{
	struct port_range *range = arena_alloc(ports->arena, sizeof(*range));

	*range = (struct port_range){protocol, first, last, NULL};
	return ports_number(ports, &(struct reach){range, 1});
}

enum operation { MINUS, COMMON, EITHER };

static uint32_t operate(struct ports *ports, enum operation operation, uint32_t a, uint32_t b)
{
	static struct reach (*const how[])(struct arena *, const struct reach *,
					   const struct reach *) = {
		[MINUS] = reach_minus, [COMMON] = reach_common, [EITHER] = reach_either};
	const uint32_t key[] = {operation, a, b};
	struct reach reach;
	bool added = false;
	uint32_t at = table_add(&ports->asked, key, sizeof(key), &added);

	if (!added)
		return ports->answers[at];
	reach = how[operation](ports->arena, &ports->items[a], &ports->items[b]);
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

uint32_t ports_either(struct ports *ports, uint32_t a, uint32_t b)
{
	if (a == b || b == PORTS_NOTHING)
		return a;
	return a == PORTS_NOTHING ? b : operate(ports, EITHER, a, b);
}
