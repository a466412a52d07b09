/*
 * For each class, its chain is asked once for each way in which others can be in the sets that the chain
 * looks up. An answer for two classes is what both chains have in common, kept once for each pair of lists.
 */
#include "ask/matrix/passages.h"

#include "ask/parties.h"
#include "base/arena.h"
#include "base/table.h"

/* The base chain passes it by. */
#define NO_CHAIN TABLE_NONE

struct membership {
	size_t set;
	uint32_t meaning;
};

/* What the ruleset makes of a class in one family. */
struct class_end {
	const struct party *party;
	uint32_t chains[DIRECTIONS]; /* index to the ruleset's, or NO_CHAIN */
	struct membership *members;
	size_t count;
};

/* How two lists of ports differ, as numbers of lists. */
struct split {
	uint32_t common, only_a, only_b;
};

struct passages {
	struct arena *arena;
	const struct world *world;
	struct class_end *ends[FAMILIES]; /* by class */
	struct table chains;              /* names; numbers are indexes to the ruleset's chains */
	/* What a chain lets through, by the class of its other end: [family][direction][chain][class]. */
	uint32_t **through[FAMILIES][DIRECTIONS];
	/* Sets and chains on the way of the chain that is asked: those with this round's number. */
	uint32_t *set_round, *chain_round, round;
	struct table lists;      /* of what classes are in; see list_longer() */
	struct table reach_keys; /* of lists of ports, each once */
	struct reach *reaches;
	size_t reach_count;
	struct table split_keys;
	struct split *splits;
	size_t split_count;
	struct table passage_keys;
	const struct passage **items;
	size_t count;
};

uint32_t passages_keep(struct passages *passages, struct reach reach)
{
	struct string key = {0};
	bool added = false;
	uint32_t number;

	for (size_t i = 0; i < reach.count; i++)
		arena_append(passages->arena, &key, "%d %u-%u %p,", (int)reach.ranges[i].protocol,
			     reach.ranges[i].first, reach.ranges[i].last,
			     (const void *)reach.ranges[i].only_if);
	number = table_add(&passages->reach_keys, key.text, key.len, &added);
	if (added)
		arena_push(passages->arena, passages->reaches, passages->reach_count, reach);
	return number;
}

static struct split split(struct passages *passages, uint32_t a, uint32_t b)
{
	const uint32_t key[] = {a, b};
	bool added = false;
	uint32_t number = table_add(&passages->split_keys, key, sizeof(key), &added);

	if (added) {
		const struct reach x = passages->reaches[a], y = passages->reaches[b];
		const struct split made = {
			passages_keep(passages, reach_common(passages->arena, &x, &y)),
			passages_keep(passages, reach_minus(passages->arena, &x, &y)),
			passages_keep(passages, reach_minus(passages->arena, &y, &x))};

		arena_push(passages->arena, passages->splits, passages->split_count, made);
	}
	return passages->splits[number];
}

struct reach passages_ports(const struct passages *passages, uint32_t number)
{
	return passages->reaches[number];
}

uint32_t passages_minus(struct passages *passages, uint32_t a, uint32_t b)
{
	return a == b ? PASSAGES_NOTHING : split(passages, a, b).only_a;
}

static uint32_t common(struct passages *passages, uint32_t a, uint32_t b)
{
	return a == b || b == PASSAGES_EVERYTHING ? a
	       : a == PASSAGES_EVERYTHING         ? b
						  : split(passages, a, b).common;
}

/* Of lists of two families: what certainly passes in both, and the rest of each. */
static struct split split_families(struct passages *passages, uint32_t v4, uint32_t v6)
{
	const struct reach x = passages->reaches[v4], y = passages->reaches[v6];
	const struct reach a = reach_certain(passages->arena, &x);
	const struct reach b = reach_certain(passages->arena, &y);
	const struct reach both = reach_common(passages->arena, &a, &b);

	return (struct split){passages_keep(passages, both),
			      passages_keep(passages, reach_minus(passages->arena, &x, &both)),
			      passages_keep(passages, reach_minus(passages->arena, &y, &both))};
}

static const struct passage *passage_of(struct passages *passages, struct split parts)
{
	bool added = false;
	uint32_t number = table_add(&passages->passage_keys, &parts, sizeof(parts), &added);

	if (added) {
		struct passage *passage = arena_alloc(passages->arena, sizeof(*passage));

		passage->reach = passages->reaches[parts.common];
		passage->only[V4] = passages->reaches[parts.only_a];
		passage->only[V6] = passages->reaches[parts.only_b];
		memcpy(passage->numbers, &parts, sizeof(passage->numbers));
		arena_push(passages->arena, passages->items, passages->count, passage);
	}
	return passages->items[number];
}

static void add_member(void *context, size_t class, enum family family, size_t set,
		       uint32_t meaning)
{
	struct passages *passages = context;
	struct class_end *end = &passages->ends[family][class];

	arena_push(passages->arena, end->members, end->count, ((struct membership){set, meaning}));
}

static uint32_t chain_number(const struct passages *passages, const char *name)
{
	return name ? table_find(&passages->chains, name, strlen(name)) : NO_CHAIN;
}

static void find_ends(struct passages *passages, enum family family)
{
	const struct world *world = passages->world;

	passages->ends[family] =
		arena_array(passages->arena, world->class_count, sizeof(*passages->ends[family]));
	for (size_t i = 0; i < world->class_count; i++) {
		struct class_end *end = &passages->ends[family][i];

		end->party = &world->parties[world->classes[i]];
		for (enum direction direction = INGRESS; direction < DIRECTIONS; direction++)
			end->chains[direction] = chain_number(
				passages, evaluator_chain(world->evaluator, direction == EGRESS,
							  family, end->party->addr[family].bytes));
	}
	for (enum direction direction = INGRESS; direction < DIRECTIONS; direction++)
		passages->through[family][direction] =
			arena_array(passages->arena, world->ruleset->chain_count,
				    sizeof(*passages->through[family][direction]));
}

static void find_members(struct passages *passages)
{
	const struct world *world = passages->world;
	struct party *parties = arena_array(passages->arena, world->class_count, sizeof(*parties));

	for (size_t i = 0; i < world->class_count; i++)
		parties[i] = world->parties[world->classes[i]];
	world_memberships(passages->arena, world->ruleset, parties, world->class_count, add_member,
			  passages);
}

struct passages *passages_new(struct arena *arena, const struct world *world)
{
	static const struct port_range all[] = {{TCP, 0, UINT16_MAX, NULL},
						{UDP, 0, UINT16_MAX, NULL},
						{SCTP, 0, UINT16_MAX, NULL},
						{ICMP, 0, UINT16_MAX, NULL}};
	const struct ruleset *ruleset = world->ruleset;
	struct passages *passages = arena_alloc(arena, sizeof(*passages));

	passages->arena = arena;
	passages->world = world;
	passages->chains.arena = passages->reach_keys.arena = passages->lists.arena = arena;
	passages->split_keys.arena = passages->passage_keys.arena = arena;
	for (size_t i = 0; i < ruleset->chain_count; i++)
		table_add(&passages->chains, ruleset->chains[i].name,
			  strlen(ruleset->chains[i].name), NULL);
	passages->set_round = arena_array(arena, ruleset->set_count, sizeof(*passages->set_round));
	passages->chain_round =
		arena_array(arena, ruleset->chain_count, sizeof(*passages->chain_round));
	for (enum family family = V4; family < FAMILIES; family++)
		find_ends(passages, family);
	find_members(passages);
	passages_keep(passages, (struct reach){all, sizeof(all) / sizeof(*all)});
	passages_keep(passages, (struct reach){0});
	return passages;
}

static void mark_set(struct passages *passages, const struct set *set)
{
	const struct ruleset *ruleset = passages->world->ruleset;

	if (set && set >= ruleset->sets && set < ruleset->sets + ruleset->set_count)
		passages->set_round[set - ruleset->sets] = passages->round;
}

/* Notes the sets that are looked up from this chain on. */
static void mark_way(struct passages *passages, const char *name)
{
	const uint32_t number = chain_number(passages, name);
	const struct chain *chain;

	if (number == NO_CHAIN || passages->chain_round[number] == passages->round)
		return;
	passages->chain_round[number] = passages->round;
	chain = &passages->world->ruleset->chains[number];
	for (size_t i = 0; i < chain->rule_count; i++) {
		const struct set *set = chain->rules[i].set;

		mark_set(passages, set);
		mark_way(passages, chain->rules[i].verdict.chain);
		for (size_t k = 0; set && set->verdicts && k < set->count; k++)
			mark_way(passages, set->verdicts[k].chain);
	}
}

/* How the class is in the sets that are marked: the number of a list. */
static uint32_t list_of(struct passages *passages, const struct class_end *end)
{
	uint32_t list = 0;

	for (size_t i = 0; i < end->count; i++)
		if (passages->set_round[end->members[i].set] == passages->round)
			list = list_longer(&passages->lists, list, end->members[i].meaning);
	return list;
}

/* Asks for one class. */
static uint32_t ask(struct passages *passages, enum direction direction, uint32_t chain,
		    const struct party *other, enum family family)
{
	const char *name = passages->world->ruleset->chains[chain].name;
	const struct spot spot = spot_of(other, family, false);

	return passages_keep(
		passages, reach_through(passages->arena, passages->world, direction, name, &spot));
}

static const uint32_t *through(struct passages *passages, enum family family,
			       enum direction direction, uint32_t chain)
{
	uint32_t **answers = &passages->through[family][direction][chain], *different = NULL;
	struct table lists = {.arena = passages->arena};
	size_t count = 0;

	if (*answers)
		return *answers;
	*answers = arena_array(passages->arena, passages->world->class_count, sizeof(**answers));
	passages->round++;
	mark_way(passages, passages->world->ruleset->chains[chain].name);
	for (size_t i = 0; i < passages->world->class_count; i++) {
		const struct class_end *end = &passages->ends[family][i];
		const uint32_t key[] = {list_of(passages, end), end->party->known[family]};
		bool added = false;
		uint32_t number;

		if (!end->party->has[family])
			continue;
		number = table_add(&lists, key, sizeof(key), &added);
		if (added)
			arena_push(passages->arena, different, count,
				   ask(passages, direction, chain, end->party, family));
		(*answers)[i] = different[number];
	}
	return *answers;
}

uint32_t passages_side(struct passages *passages, enum direction direction, enum family family,
		       uint32_t from, uint32_t to)
{
	const struct class_end *ends = passages->ends[family];
	const uint32_t chain = ends[direction == EGRESS ? from : to].chains[direction];

	return chain == NO_CHAIN ? PASSAGES_EVERYTHING
				 : through(passages, family, direction,
					   chain)[direction == EGRESS ? to : from];
}

uint32_t passages_list(struct passages *passages, enum family family, uint32_t from, uint32_t to)
{
	const struct class_end *ends = passages->ends[family];

	if (!parties_meet(ends[from].party, ends[to].party, family))
		return PASSAGES_NONE;
	return common(passages, passages_side(passages, EGRESS, family, from, to),
		      passages_side(passages, INGRESS, family, from, to));
}

const struct passage *passages_join(struct passages *passages, uint32_t v4, uint32_t v6)
{
	uint32_t one = v4 != PASSAGES_NONE ? v4 : v6;

	if (v4 != PASSAGES_NONE && v6 != PASSAGES_NONE && v4 != v6)
		return passage_of(passages, split_families(passages, v4, v6));
	if (one == PASSAGES_NONE)
		one = PASSAGES_NOTHING;
	return passage_of(passages, (struct split){one, PASSAGES_NOTHING, PASSAGES_NOTHING});
}

const struct passage *passages_between(struct passages *passages, uint32_t from, uint32_t to)
{
	return passages_join(passages, passages_list(passages, V4, from, to),
			     passages_list(passages, V6, from, to));
}

const struct passage *passages_common(struct passages *passages, const struct passage *passage,
				      uint32_t ports)
{
	return passage_of(passages, (struct split){common(passages, passage->numbers[0], ports),
						   common(passages, passage->numbers[1], ports),
						   common(passages, passage->numbers[2], ports)});
}

bool passage_is_open(const struct passage *passage)
{
	return passage->reach.count || passage->only[V4].count || passage->only[V6].count;
}

const char *passage_text(struct arena *arena, const struct passage *passage)
{
	static const char *const families[] = {"IPv4", "IPv6"};
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
		/* Where the address lies tells the family. */
		if (!depends)
			text = arena_printf(arena, "%sover %s %s", text, families[family],
					    passage->reach.count ? "also " : "only ");
		text = arena_printf(arena, "%s%s", text, reach_text(arena, only));
		if (!reach_is_certain(only))
			between = "; ";
	}
	return text;
}
