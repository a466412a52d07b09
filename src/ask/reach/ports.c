/* Keeps each list, each passage and each result in a table, under what it was made from. */
#include "ask/reach/ports.h"

#include "base/arena.h"
#include "base/table.h"

static const struct port_range all[] = {{TCP, 0, UINT16_MAX, NULL},
					{UDP, 0, UINT16_MAX, NULL},
					{SCTP, 0, UINT16_MAX, NULL},
					{ICMP, 0, UINT16_MAX, NULL}};

struct ports {
	struct arena *arena;
	struct reach *items; /* index: number */
	size_t count;
	struct table numbers;
	struct table asked; /* operations that were done before */
	uint32_t *answers;
	size_t answer_count;
	struct table passage_keys;
	const struct passage **passages;
	size_t passage_count;
};

struct ports *ports_new(struct arena *arena)
{
	const struct reach nothing = {0}, everything = {all, sizeof(all) / sizeof(*all)};
	struct ports *ports = arena_alloc(arena, sizeof(*ports));

	*ports = (struct ports){.arena = arena,
				.numbers.arena = arena,
				.asked.arena = arena,
				.passage_keys.arena = arena};
	ports_number(ports, &nothing);
	ports_number(ports, &everything);
	return ports;
}

uint32_t ports_number(struct ports *ports, const struct reach *reach)
{
	_Static_assert(sizeof(struct port_range) ==
			       sizeof(enum protocol) + 2 * sizeof(uint16_t) + sizeof(void *),
		       "equal ranges have equal bytes");
	bool added = false;
	uint32_t number = table_keep(&ports->numbers, reach->ranges,
				     reach->count * sizeof(*reach->ranges), &added);

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

const struct reach *ports_list(const struct ports *ports, uint32_t number)
{
	return &ports->items[number];
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

static const struct passage *passage_with(struct ports *ports, const uint32_t numbers[1 + FAMILIES])
{
	struct passage *passage;
	bool added = false;
	uint32_t at = table_add(&ports->passage_keys, numbers, sizeof(passage->numbers), &added);

	if (!added)
		return ports->passages[at];
	passage = arena_alloc(ports->arena, sizeof(*passage));
	passage->reach = ports->items[numbers[0]];
	for (enum family family = V4; family < FAMILIES; family++)
		passage->only[family] = ports->items[numbers[1 + family]];
	memcpy(passage->numbers, numbers, sizeof(passage->numbers));
	arena_push(ports->arena, ports->passages, ports->passage_count, passage);
	return passage;
}

/* What certainly passes in both families, and the rest of each. */
static const struct passage *passage_of_both(struct ports *ports, uint32_t v4, uint32_t v6)
{
	const struct reach a = reach_certain(ports->arena, &ports->items[v4]);
	const struct reach b = reach_certain(ports->arena, &ports->items[v6]);
	const uint32_t both = ports_common(ports, ports_number(ports, &a), ports_number(ports, &b));
	const uint32_t numbers[] = {both, ports_minus(ports, v4, both),
				    ports_minus(ports, v6, both)};

	return passage_with(ports, numbers);
}

const struct passage *passage_of(struct ports *ports, uint32_t v4, uint32_t v6)
{
	uint32_t one = v4 != PORTS_NONE ? v4 : v6;

	if (v4 != PORTS_NONE && v6 != PORTS_NONE && v4 != v6)
		return passage_of_both(ports, v4, v6);
	if (one == PORTS_NONE)
		one = PORTS_NOTHING;
	return passage_with(ports, (uint32_t[]){one, PORTS_NOTHING, PORTS_NOTHING});
}

const struct passage *passage_common(struct ports *ports, const struct passage *passage,
				     uint32_t number)
{
	return passage_with(ports, (uint32_t[]){ports_common(ports, passage->numbers[0], number),
						ports_common(ports, passage->numbers[1], number),
						ports_common(ports, passage->numbers[2], number)});
}

/* What passes in the family. */
static uint32_t passage_within(struct ports *ports, const struct passage *passage,
			       enum family family)
{
	return ports_either(ports, passage->numbers[0], passage->numbers[1 + family]);
}

const struct passage *passage_either(struct ports *ports, const struct passage *a,
				     const struct passage *b)
{
	uint32_t numbers[FAMILIES];

	for (enum family family = V4; family < FAMILIES; family++)
		numbers[family] = ports_either(ports, passage_within(ports, a, family),
					       passage_within(ports, b, family));
	return passage_of(ports, numbers[V4], numbers[V6]);
}

uint32_t passage_ports(struct ports *ports, const struct passage *passage)
{
	uint32_t number = passage->numbers[0];

	for (enum family family = V4; family < FAMILIES; family++)
		number = ports_either(ports, number, passage->numbers[1 + family]);
	return number;
}

bool passage_is_open(const struct passage *passage)
{
	return passage->reach.count || passage->only[V4].count || passage->only[V6].count;
}

const char *passage_text(struct arena *arena, const struct passage *passage)
{
	const char *text = passage->reach.count || !passage_is_open(passage)
				   ? reach_text(arena, &passage->reach)
				   : "";
	const char *between = reach_is_certain(&passage->reach) ? ", " : "; ";

	for (enum family family = V4; family < FAMILIES; family++) {
		const struct reach *only = &passage->only[family];
		const bool depends = only->count && !reach_certain(arena, only).count;

		if (!only->count)
			continue;
		if (depends && *text)
			between = "; ";
		text = arena_printf(arena, "%s%s", text, *text ? between : "");
		/* If it depends on the place of an address, that tells the family already. */
		if (!depends)
			text = arena_printf(arena, "%sover %s %s", text, family_text(family),
					    passage->reach.count ? "also " : "only ");
		text = arena_printf(arena, "%s%s", text, reach_text(arena, only));
		if (!reach_is_certain(only))
			between = "; ";
	}
	return text;
}
