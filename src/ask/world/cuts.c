/*
 * Goes through all maps and sets that can be reached from the base chain, and notes the ports at
 * which one of their elements begins or ends.
 */
#include "ask/world/cuts.h"

#include "base/arena.h"
#include "base/numbers.h"
#include "base/table.h"
#include "model/objects.h"
#include "ruleset/chain_index.h"

struct ports_cut {
	struct arena *arena;
	const struct ruleset *ruleset;
	struct chain_index chains;
	struct cut_list *of_chain; /* index: chain; including the chains to which it leads */
	bool *known;               /* index: chain; its list has been made */
	struct table addrs;        /* addresses that have elements with ports */
	struct cut_list *of_addr;
	size_t addr_count;
	/* For each list of sets that cut all addresses: the pieces that it makes. */
	struct table set_lists;
	struct pieces *pieces;
	size_t piece_count;
	uint32_t *round_of, round; /* index: chain; the round in which it was entered last */
};

/* A list that grows. */
struct places {
	uint32_t *items;
	size_t count;
};

static struct cut_list finish(struct places *places)
{
	return (struct cut_list){places->items, numbers_sort(places->items, places->count)};
}

static uint32_t place_of(uint8_t protocol, const uint8_t *port)
{
	uint32_t rank = protocol == TCP ? 0 : protocol == UDP ? 1 : 2;

	return rank << 16 | (uint32_t)port[0] << 8 | port[1];
}

/* Adds the places of an element's first and last port, which stand at this offset in its keys. */
static void add_element(struct arena *arena, struct places *places, const struct set *set, size_t i,
			size_t offset)
{
	const uint8_t *key = set->keys + i * set_key_len(set) + offset;
	const uint8_t *end = set->ends ? set->ends + i * set_key_len(set) + offset : key;

	if (*key != TCP && *key != UDP && *key != SCTP)
		return;
	arena_push(arena, places->items, places->count, place_of(*key, key + 4));
	arena_push(arena, places->items, places->count, place_of(*key, end + 4) + 1);
}

/*
 * Adds maps and sets of protocol . port; those of address . protocol . port are listed by address.
 */
static void add_rule(struct ports_cut *cuts, struct places *places, const struct rule *rule)
{
	if (rule->kind != RULE_LOOKUP || rule->field_count != 2 ||
	    rule->fields[0] != FIELD_L4PROTO || rule->fields[1] != FIELD_TH_DPORT)
		return;
	for (size_t i = 0; i < rule->set->count; i++)
		add_element(cuts->arena, places, rule->set, i, 0);
}

static struct cut_list list_of(struct ports_cut *cuts, const char *name);

static void add_chain(struct ports_cut *cuts, struct places *places, const char *name)
{
	struct cut_list list = list_of(cuts, name);

	for (size_t i = 0; i < list.count; i++)
		arena_push(cuts->arena, places->items, places->count, list.places[i]);
}

/* This ends, since the kernel takes no chains that form a loop. */
static struct cut_list list_of(struct ports_cut *cuts, const char *name)
{
	uint32_t number = chain_index_find(&cuts->chains, name);
	const struct chain *chain = &cuts->ruleset->chains[number];
	struct places places = {0};

	if (cuts->known[number])
		return cuts->of_chain[number];
	for (size_t i = 0; i < chain->rule_count; i++) {
		const struct rule *rule = &chain->rules[i];

		add_rule(cuts, &places, rule);
		if (rule->verdict.chain)
			add_chain(cuts, &places, rule->verdict.chain);
		for (size_t k = 0; rule->set && rule->set->verdicts && k < rule->set->count; k++)
			if (rule->set->verdicts[k].chain)
				add_chain(cuts, &places, rule->set->verdicts[k].chain);
	}
	cuts->of_chain[number] = finish(&places);
	cuts->known[number] = true;
	return cuts->of_chain[number];
}

static void add_named(struct ports_cut *cuts, struct places **by_addr, const struct set *set)
{
	const size_t addr_len = field_len(set->fields[0]);

	for (size_t i = 0; i < set->count; i++) {
		bool added = false;
		uint32_t number =
			table_add(&cuts->addrs, set->keys + i * set_key_len(set), addr_len, &added);

		if (added)
			arena_push(cuts->arena, *by_addr, cuts->addr_count, (struct places){0});
		add_element(cuts->arena, &(*by_addr)[number], set, i, addr_len);
	}
}

struct ports_cut *ports_cut_new(struct arena *arena, const struct ruleset *ruleset)
{
	struct ports_cut *cuts = arena_alloc(arena, sizeof(*cuts));
	struct places *by_addr = NULL;

	*cuts = (struct ports_cut){
		.arena = arena,
		.ruleset = ruleset,
		.chains = chain_index_of(arena, ruleset),
		.of_chain = arena_array(arena, ruleset->chain_count, sizeof(*cuts->of_chain)),
		.known = arena_array(arena, ruleset->chain_count, sizeof(*cuts->known)),
		.addrs.arena = arena,
		.set_lists.arena = arena,
		.round_of = arena_array(arena, ruleset->chain_count, sizeof(*cuts->round_of)),
	};
	/* The chains to which the base chain's maps lead are listed one by one, not together. */
	for (size_t i = 0; i < ruleset->chain_count; i++)
		if (!ruleset->chains[i].base)
			list_of(cuts, ruleset->chains[i].name);
	for (size_t i = 0; i < ruleset->set_count; i++)
		if (ruleset->sets[i].field_count == 3)
			add_named(cuts, &by_addr, &ruleset->sets[i]);
	cuts->of_addr = arena_array(arena, cuts->addr_count, sizeof(*cuts->of_addr));
	for (size_t i = 0; i < cuts->addr_count; i++)
		cuts->of_addr[i] = finish(&by_addr[i]);
	return cuts;
}

static struct cut_list known_list(const struct ports_cut *cuts, const char *name)
{
	uint32_t number = chain_index_find(&cuts->chains, name);

	return number == CHAIN_NONE ? (struct cut_list){0} : cuts->of_chain[number];
}

struct cuts_walk cuts_on_the_way(const struct ports_cut *cuts, const char *out, const char *in,
				 const struct addr *to)
{
	uint32_t number = table_find(&cuts->addrs, to->bytes, family_len(to->family));

	return (struct cuts_walk){
		.lists = {known_list(cuts, out), known_list(cuts, in),
			  number == TABLE_NONE ? (struct cut_list){0} : cuts->of_addr[number]}};
}

uint32_t cuts_next(struct cuts_walk *walk, uint32_t place)
{
	uint32_t next = UINT32_MAX;

	for (size_t i = 0; i < 3; i++) {
		const struct cut_list *list = &walk->lists[i];

		while (walk->at[i] < list->count && list->places[walk->at[i]] <= place)
			walk->at[i]++;
		if (walk->at[i] < list->count && list->places[walk->at[i]] < next)
			next = list->places[walk->at[i]];
	}
	return next;
}

/* Sets of ranges of a family, without repetitions. */
struct range_sets {
	struct arena *arena;
	enum family family;
	const struct set **items;
	size_t count;
};

static void add_set(void *context, const struct set *set)
{
	struct range_sets *sets = context;

	if (!set_is_of_ranges(set) || field_len(set->fields[0]) != family_len(sets->family))
		return;
	for (size_t i = 0; i < sets->count; i++)
		if (sets->items[i] == set)
			return;
	arena_push(sets->arena, sets->items, sets->count, set);
}

/* Walks through the chains that were not entered in this round. */
static void walk_sets(struct ports_cut *cuts, const char *name,
		      void (*found)(void *context, const struct set *set), void *context)
{
	const uint32_t number = chain_index_find(&cuts->chains, name);
	const struct chain *chain;

	if (number == CHAIN_NONE || cuts->round_of[number] == cuts->round)
		return;
	chain = &cuts->ruleset->chains[number];
	cuts->round_of[number] = cuts->round;
	for (size_t i = 0; i < chain->rule_count; i++) {
		const struct rule *rule = &chain->rules[i];

		if (rule->set)
			found(context, rule->set);
		walk_sets(cuts, rule->verdict.chain, found, context);
		for (size_t k = 0; rule->set && rule->set->verdicts && k < rule->set->count; k++)
			walk_sets(cuts, rule->set->verdicts[k].chain, found, context);
	}
}

void cuts_each_set(struct ports_cut *cuts, const char *chain,
		   void (*found)(void *context, const struct set *set), void *context)
{
	cuts->round++;
	walk_sets(cuts, chain, found, context);
}

static struct pieces cut_by_sets(struct ports_cut *cuts, const struct range_sets *sets)
{
	const size_t len = family_len(sets->family);
	struct arena *scratch = arena_new();
	struct line_range *ranges = NULL;
	struct pieces pieces;
	size_t count = 0;

	for (uint32_t i = 0; i < sets->count; i++) {
		const struct set *set = sets->items[i];
		const size_t key_len = set_key_len(set);

		for (size_t k = 0; k < set->count; k++) {
			struct line_range range = {.number = i};

			memcpy(range.range.first, set->keys + k * key_len, len);
			memcpy(range.range.last, set->ends + k * key_len, len);
			arena_push(scratch, ranges, count, range);
		}
	}
	pieces = line_cut(cuts->arena, sets->family, ranges, count, sets->count);
	arena_free(scratch);
	return pieces;
}

struct pieces cuts_pieces(struct ports_cut *cuts, const char *chain, enum family family)
{
	struct range_sets sets = {.arena = cuts->arena, .family = family};
	bool added = false;
	const struct set **key;
	uint32_t number;

	cuts_each_set(cuts, chain, add_set, &sets);
	key = arena_array(cuts->arena, sets.count + 1, sizeof(*key));
	for (size_t i = 0; i < sets.count; i++)
		key[i] = sets.items[i];
	/*
	 * For a chain that looks up none, the key is one that depends on the family and is the
	 * address of no set.
	 */
	key[sets.count] = family == V4 ? NULL : cuts->ruleset->sets + cuts->ruleset->set_count;
	number = table_keep(&cuts->set_lists, key, (sets.count + 1) * sizeof(*key), &added);
	if (added)
		arena_push(cuts->arena, cuts->pieces, cuts->piece_count, cut_by_sets(cuts, &sets));
	return cuts->pieces[number];
}
