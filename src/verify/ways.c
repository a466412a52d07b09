/*
 * Follows each chain once, with all chains to which it leads, and collects the sets and ports that
 * it asks for.
 */
#include "verify/ways.h"

#include "base/arena.h"
#include "ruleset/chain_index.h"
#include "ruleset/evaluate.h"

#include <stdlib.h>

struct ways {
	struct arena *arena;
	const struct ruleset *ruleset;
	const struct stretches *stretches;
	enum family family;
	enum direction direction;
	struct chain_index chains;
	const struct chain *base; /* a chain without rules, if the hook has none */
	struct way **of_chain;    /* NULL: not followed yet */
	struct way
		*without_target; /* the base chain, where no map of the direction has the target */
	struct way **through;    /* the base chain and this one */
};

static struct way *new_way(struct ways *ways)
{
	struct way *way = arena_alloc(ways->arena, sizeof(*way));

	way->target_sets = bits_new(ways->arena, ways->stretches->set_count);
	way->peer_sets = bits_new(ways->arena, ways->stretches->set_count);
	return way;
}

static void add_way(struct ways *ways, struct way *way, const struct way *more)
{
	for (size_t i = 0; i < (ways->stretches->set_count + 63) / 64; i++) {
		way->target_sets.words[i] |= more->target_sets.words[i];
		way->peer_sets.words[i] |= more->peer_sets.words[i];
	}
	for (size_t i = 0; i < more->place_count; i++)
		arena_push(ways->arena, way->places, way->place_count, more->places[i]);
}

void way_add_ports(struct arena *arena, uint8_t protocol, uint32_t first, uint32_t last,
		   uint32_t **places, size_t *count)
{
	const uint32_t rank = protocol == TCP ? 0 : protocol == UDP ? 1 : 2;

	if (protocol != TCP && protocol != UDP && protocol != SCTP)
		return;
	arena_push(arena, *places, *count, rank << 16 | first);
	if (last < UINT16_MAX)
		arena_push(arena, *places, *count, rank << 16 | (last + 1));
}

/* The offset of a field in the keys of the set; -1 if there is none. */
static int field_offset(const struct set *set, enum field field)
{
	int offset = 0;

	for (size_t i = 0; i < set->field_count; i++) {
		if (set->fields[i] == field)
			return offset;
		offset += (int)((field_len(set->fields[i]) + 3) & ~(size_t)3);
	}
	return -1;
}

static uint32_t port_at(const uint8_t *key)
{
	return (uint32_t)key[0] << 8 | key[1];
}

void way_add_element(struct arena *arena, const struct set *set, size_t element, uint32_t **places,
		     size_t *count)
{
	const int protocol = field_offset(set, FIELD_L4PROTO),
		  port = field_offset(set, FIELD_TH_DPORT);
	const uint8_t *first = set->keys + element * set_key_len(set);
	const uint8_t *last = set->ends ? set->ends + element * set_key_len(set) : first;

	if (port < 0)
		return;
	if (protocol >= 0) {
		way_add_ports(arena, first[protocol], port_at(first + port), port_at(last + port),
			      places, count);
		return;
	}
	way_add_ports(arena, TCP, port_at(first + port), port_at(last + port), places, count);
	way_add_ports(arena, UDP, port_at(first + port), port_at(last + port), places, count);
	way_add_ports(arena, SCTP, port_at(first + port), port_at(last + port), places, count);
}

static bool is_source(enum field field)
{
	return field == FIELD_IP_SADDR || field == FIELD_IP6_SADDR;
}

/*
 * Is it the rule of the base chain that looks up the map of this direction, or (@other) of the
 * other one?
 */
static bool is_end_map(const struct ways *ways, const struct rule *rule, bool other)
{
	const enum field type = field_type(rule->fields[0]);

	if (rule->kind != RULE_LOOKUP || !rule->set->verdicts ||
	    (type != FIELD_IP_SADDR && type != FIELD_IP6_SADDR))
		return false;
	return is_source(rule->fields[0]) == ((ways->direction == EGRESS) != other);
}

/* Adds the set that the rule looks up, by the end whose address it looks up, and its ports. */
static void add_lookup(struct ways *ways, struct way *way, const struct rule *rule)
{
	const enum field type = ways->family == V4 ? FIELD_IP_SADDR : FIELD_IP6_SADDR;
	const uint32_t number = stretches_set(ways->stretches, rule->set);
	bool has_addr = false;

	for (size_t i = 0; i < rule->field_count; i++) {
		if (field_type(rule->fields[i]) != type)
			continue;
		has_addr = true;
		bits_set(is_source(rule->fields[i]) == (ways->direction == EGRESS)
				 ? &way->target_sets
				 : &way->peer_sets,
			 number);
	}
	for (size_t i = 0; !has_addr && i < rule->set->count; i++)
		way_add_element(ways->arena, rule->set, i, &way->places, &way->place_count);
}

static const struct way *follow(struct ways *ways, const char *name);

static void add_verdict(struct ways *ways, struct way *way, const struct verdict *verdict)
{
	if (verdict->chain)
		add_way(ways, way, follow(ways, verdict->chain));
}

static void add_rule(struct ways *ways, struct way *way, const struct rule *rule)
{
	if (rule->kind == RULE_LOOKUP)
		add_lookup(ways, way, rule);
	add_verdict(ways, way, &rule->verdict);
	for (size_t i = 0; rule->set && rule->set->verdicts && i < rule->set->count; i++)
		if (i == 0 || rule->set->verdicts[i].chain != rule->set->verdicts[i - 1].chain)
			add_verdict(ways, way, &rule->set->verdicts[i]);
}

static int compare_places(const void *a, const void *b)
{
	const uint32_t x = *(const uint32_t *)a, y = *(const uint32_t *)b;

	return (x > y) - (x < y);
}

size_t way_sort_places(uint32_t *places, size_t count)
{
	size_t kept = 0;

	if (count)
		qsort(places, count, sizeof(*places), compare_places);
	for (size_t i = 0; i < count; i++)
		if (!kept || places[kept - 1] != places[i])
			places[kept++] = places[i];
	return kept;
}

/* This ends, since the kernel takes no chains that lead back to themselves. */
static const struct way *follow(struct ways *ways, const char *name)
{
	const uint32_t number = chain_index_find(&ways->chains, name);
	const struct chain *chain = &ways->ruleset->chains[number];

	if (ways->of_chain[number])
		return ways->of_chain[number];
	ways->of_chain[number] = new_way(ways);
	for (size_t i = 0; i < chain->rule_count; i++)
		add_rule(ways, ways->of_chain[number], &chain->rules[i]);
	ways->of_chain[number]->place_count = way_sort_places(ways->of_chain[number]->places,
							      ways->of_chain[number]->place_count);
	return ways->of_chain[number];
}

static const struct chain *base_of(const struct ruleset *ruleset, enum hook hook)
{
	static const struct chain none = {.base = true};

	for (size_t i = 0; i < ruleset->chain_count; i++)
		if (chain_is_base(&ruleset->chains[i], hook))
			return &ruleset->chains[i];
	return &none;
}

struct ways *ways_new(struct arena *arena, const struct ruleset *ruleset,
		      const struct stretches *stretches, enum family family,
		      enum direction direction, enum hook hook)
{
	struct ways *ways = arena_alloc(arena, sizeof(*ways));
	const struct chain *base = base_of(ruleset, hook);

	*ways = (struct ways){
		.arena = arena,
		.ruleset = ruleset,
		.stretches = stretches,
		.family = family,
		.direction = direction,
		.base = base,
		.chains = chain_index_of(arena, ruleset),
		.of_chain = arena_array(arena, ruleset->chain_count, sizeof(*ways->of_chain)),
		.through = arena_array(arena, ruleset->chain_count, sizeof(*ways->through)),
	};
	ways->without_target = new_way(ways);
	for (size_t i = 0; i < base->rule_count; i++) {
		if (is_end_map(ways, &base->rules[i], true))
			continue;
		if (is_end_map(ways, &base->rules[i], false))
			add_lookup(ways, ways->without_target, &base->rules[i]);
		else
			add_rule(ways, ways->without_target, &base->rules[i]);
	}
	return ways;
}

/*
 * The chain to which the direction's own map sends the target's packets; NULL if the map does not
 * have the target.
 */
static const char *chain_of(const struct ways *ways, const struct addr *target)
{
	for (size_t i = 0; i < ways->base->rule_count; i++) {
		const struct rule *rule = &ways->base->rules[i];
		size_t at;

		if (!is_end_map(ways, rule, false) ||
		    set_addr_offset(rule->set, target->family) < 0)
			continue;
		at = set_find(rule->set, target->bytes);
		if (at < rule->set->count)
			return rule->set->verdicts[at].chain;
	}
	return NULL;
}

const struct way *way_of(struct ways *ways, const struct addr *target)
{
	const char *chain = chain_of(ways, target);
	uint32_t number;

	if (!chain)
		return ways->without_target;
	number = chain_index_find(&ways->chains, chain);
	if (!ways->through[number]) {
		ways->through[number] = new_way(ways);
		add_way(ways, ways->through[number], ways->without_target);
		add_way(ways, ways->through[number], follow(ways, chain));
	}
	return ways->through[number];
}

struct bits way_target_sets(struct ways *ways)
{
	const struct chain *base = ways->base;
	struct way *all = new_way(ways);

	add_way(ways, all, ways->without_target);
	for (size_t i = 0; i < base->rule_count; i++)
		if (is_end_map(ways, &base->rules[i], false))
			add_rule(ways, all, &base->rules[i]);
	return all->target_sets;
}
