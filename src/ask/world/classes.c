/*
 * Finds classes: parties to which every question gives the same answer.
 *
 * What the ruleset does to a packet depends on its addresses only through the sets and maps that
 * they are in; so two parties whose addresses are in the same ones, with the same verdicts and
 * ports, are of one class, if both are pods or neither is, and if the rules of cluster policies
 * name both or neither: which of them decides may be told although the ruleset need not ask.  The
 * list of all that a party is in has a number, and equal lists have the same: a list is the number
 * of the list without its last item, together with that item, looked up in a table.
 */
#include "ask/world/parties.h"
#include "ask/world/world.h"
#include "base/arena.h"
#include "base/table.h"

#include <assert.h>
#include <stdlib.h>

struct search {
	struct table addrs;
	uint32_t *party_of; /* index: address */
	size_t count;
	struct table meanings;
	member_found found;
	void *context;
};

/*
 * What it means to be this element of this set: a number for the set, the port, and the chain to
 * which it leads.
 */
static uint32_t meaning(struct search *search, const struct set *set, size_t i, size_t number)
{
	const size_t addr_len = field_len(set->fields[0]), len = set_key_len(set);
	const char *chain = set->verdicts ? set->verdicts[i].chain : NULL;
	const size_t chain_len = chain ? strlen(chain) : 0;
	uint8_t key[sizeof(number) + KEY_MAX + NAME_MAX_LEN + 1];
	size_t at = 0;

	assert(chain_len <= NAME_MAX_LEN);
	memcpy(key, &number, at = sizeof(number));
	memcpy(key + at, set->keys + i * len + addr_len, len - addr_len);
	at += len - addr_len;
	memcpy(key + at, chain ? chain : "", chain_len);
	return table_add(&search->meanings, key, at + chain_len, NULL);
}

static void find_elements(struct search *search, const struct set *set, size_t number)
{
	const size_t addr_len = field_len(set->fields[0]);

	for (size_t i = 0; i < set->count; i++) {
		uint32_t addr =
			table_find(&search->addrs, set->keys + i * set_key_len(set), addr_len);

		if (addr != TABLE_NONE)
			search->found(search->context, search->party_of[addr],
				      addr_len == 4 ? V4 : V6, number,
				      meaning(search, set, i, number));
	}
}

static void find_ranges(struct search *search, const struct party *parties, size_t count,
			const struct set *set, size_t number)
{
	const enum family family = field_len(set->fields[0]) == family_len(V4) ? V4 : V6;
	const uint32_t what = table_add(&search->meanings, &number, sizeof(number), NULL);

	for (size_t i = 0; i < count; i++)
		if (parties[i].known[family] &&
		    set_find_range(set, parties[i].addr[family].bytes) < set->count)
			search->found(search->context, i, family, number, what);
}

static void add_party(struct arena *arena, struct search *search, const struct party *party,
		      uint32_t number)
{
	for (enum family family = V4; family < FAMILIES; family++) {
		bool added = false;

		if (!party->has[family])
			continue;
		table_add(&search->addrs, party->addr[family].bytes, family_len(family), &added);
		if (added)
			arena_push(arena, search->party_of, search->count, number);
	}
}

static void add_asked(struct arena *arena, struct asked_sets *sets, const struct set *set)
{
	bool added;

	table_add(&sets->numbers, &set, sizeof(set), &added);
	if (added)
		arena_push(arena, sets->items, sets->count, set);
}

struct asked_sets asked_sets(struct arena *arena, const struct ruleset *ruleset)
{
	struct asked_sets sets = {.numbers.arena = arena};

	for (size_t i = 0; i < ruleset->set_count; i++)
		add_asked(arena, &sets, &ruleset->sets[i]);
	for (size_t i = 0; i < ruleset->chain_count; i++) {
		const struct chain *chain = &ruleset->chains[i];

		for (size_t k = 0; k < chain->rule_count && !chain->base; k++)
			if (chain->rules[k].set && set_is_block(chain->rules[k].set))
				add_asked(arena, &sets, chain->rules[k].set);
	}
	return sets;
}

void world_memberships(struct arena *arena, const struct asked_sets *sets,
		       const struct party *parties, size_t count, member_found found, void *context)
{
	struct search search = {
		.addrs.arena = arena, .meanings.arena = arena, .found = found, .context = context};

	for (size_t i = 0; i < count; i++)
		add_party(arena, &search, &parties[i], (uint32_t)i);
	for (size_t i = 0; i < sets->count; i++) {
		const struct set *set = sets->items[i];

		if (set_is_of_pairs(set))
			continue;
		if (set->interval)
			find_ranges(&search, parties, count, set, i);
		else
			find_elements(&search, set, i);
	}
}

/* Where the parties are: for each party and each family the number of a list. */
struct class_listing {
	struct table lists;
	uint32_t (*of)[FAMILIES];
};

static void add_to_list(void *context, size_t party, enum family family, size_t set,
			uint32_t meaning_of)
{
	struct class_listing *listing = context;

	(void)set;
	listing->of[party][family] =
		list_longer(&listing->lists, listing->of[party][family], meaning_of);
}

/* What it means to be among the peers that a rule of a cluster policy names. */
static uint32_t peer_meaning(struct search *search, uint32_t definition, uint32_t port)
{
	const uint32_t key[] = {UINT32_MAX, definition, port};

	return table_add(&search->meanings, key, sizeof(key), NULL);
}

static void find_addr(struct search *search, const struct addr *addr, uint32_t meaning_of)
{
	const uint32_t found = table_find(&search->addrs, addr->bytes, family_len(addr->family));

	if (found != TABLE_NONE)
		search->found(search->context, search->party_of[found], addr->family, 0,
			      meaning_of);
}

/*
 * Finds the pods and nodes that a definition means.  Blocks need not be looked at, since they have
 * cut the addresses outside into parties already.
 */
static void find_peers(struct search *search, const struct world *world, uint32_t number,
		       enum family family)
{
	const struct resolved *resolved = world->resolved;
	const struct definition *of = &resolved->definitions[number];

	for (size_t i = 0; of->kind != DEFINITION_BLOCK && i < of->count[family]; i++) {
		const bool is_named = of->kind == DEFINITION_NAMED;
		const uint32_t at = is_named ? of->named[family][i].addr : of->addrs[family][i];
		const uint32_t port = is_named ? (uint32_t)of->named[family][i].protocol << 16 |
							 of->named[family][i].number
					       : 0;
		const size_t pods = resolved->addr_count[family];
		struct addr addr = {.family = family};

		memcpy(addr.bytes,
		       at < pods ? resolved->addrs[family][at].bytes
				 : resolved->node_addrs[family][at - pods].bytes,
		       family_len(family));
		find_addr(search, &addr, peer_meaning(search, number, port));
	}
}

/* Finds the peers of cluster policies' rules among the parties. */
static void list_peers(struct arena *arena, const struct world *world, const struct party *parties,
		       struct class_listing *listing)
{
	struct search search = {.addrs.arena = arena,
				.meanings.arena = arena,
				.found = add_to_list,
				.context = listing};

	for (size_t i = 0; i < world->party_count; i++)
		add_party(arena, &search, &parties[i], (uint32_t)i);
	for (uint32_t i = 0; i < world->resolved->definition_count; i++)
		for (enum family family = V4; family < FAMILIES; family++)
			if (world->resolved->definitions[i].is_in_tiers)
				find_peers(&search, world, i, family);
}

void world_classes(struct arena *arena, struct world *world, struct party *parties)
{
	struct class_listing listing = {
		.lists.arena = arena,
		.of = arena_array(arena, world->party_count, sizeof(*listing.of)),
	};
	const struct asked_sets sets = asked_sets(arena, world->ruleset);
	struct table classes = {.arena = arena};
	uint32_t *firsts = NULL;

	world_memberships(arena, &sets, parties, world->party_count, add_to_list, &listing);
	if (world->objects->cluster_policy_count)
		list_peers(arena, world, parties, &listing);
	for (size_t i = 0; i < world->party_count; i++) {
		uint32_t key[FAMILIES + 1] = {0};
		bool added = false;

		for (enum family family = V4; family < FAMILIES; family++) {
			key[family] = parties[i].has[family] ? listing.of[i][family] : TABLE_NONE;
			key[FAMILIES] |= (uint32_t)parties[i].known[family] << family;
		}
		key[FAMILIES] |= (uint32_t)(parties[i].kind == PARTY_OUTSIDE) << FAMILIES;
		parties[i].class = table_add(&classes, key, sizeof(key), &added);
		if (added)
			arena_push(arena, firsts, world->class_count, (uint32_t)i);
	}
	world->classes = firsts;
}
