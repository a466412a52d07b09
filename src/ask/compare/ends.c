/* See ask/compare/ends.h. */
#include "ask/compare/ends.h"

#include "ask/world_parts.h"
#include "base/arena.h"
#include "base/table.h"

#include <stdlib.h>

struct matcher {
	struct arena *arena;
	const struct world *worlds[AGES];
	struct table names[AGES], owners[AGES];
	uint32_t *named[AGES], *owned[AGES]; /* the first party of the name, or of the owner */
	size_t named_count[AGES], owned_count[AGES];
	struct end_pair *pairs;
	struct party *parties; /* as they are shown */
	size_t pair_count, party_count;
	struct table kinds;
};

/* A pod by its name, whether it runs or is to come. */
static const char *name_of(struct arena *arena, const struct party *party)
{
	return party->kind == PARTY_WORKLOAD && !strcmp(party->kind_of_owner, "Pod")
		       ? arena_printf(arena, "%s/%s", party->namespace, party->owner)
		       : party->text;
}

static const char *owner_of(struct arena *arena, const struct party *party)
{
	return arena_printf(arena, "%s %s/%s", party->kind_of_owner, party->namespace,
			    party->owner);
}

static void note(struct arena *arena, struct table *table, const char *key, uint32_t party,
		 uint32_t **first, size_t *count)
{
	bool added = false;

	table_add(table, key, strlen(key), &added);
	if (added)
		arena_push(arena, *first, *count, party);
}

static void note_all(struct matcher *matcher, enum age age)
{
	const struct world *world = matcher->worlds[age];

	matcher->names[age].arena = matcher->owners[age].arena = matcher->arena;
	for (uint32_t i = 0; i < world->party_count; i++) {
		const struct party *party = &world->parties[i];

		if (party->kind == PARTY_OUTSIDE)
			continue;
		note(matcher->arena, &matcher->names[age], name_of(matcher->arena, party), i,
		     &matcher->named[age], &matcher->named_count[age]);
		if (party->owner)
			note(matcher->arena, &matcher->owners[age], owner_of(matcher->arena, party),
			     i, &matcher->owned[age], &matcher->owned_count[age]);
	}
}

static const struct party *find(const struct matcher *matcher, enum age age,
				const struct table *table, const uint32_t *numbers, const char *key)
{
	const uint32_t number = table_find(table, key, strlen(key));

	return number == TABLE_NONE ? NULL : &matcher->worlds[age]->parties[numbers[number]];
}

static const struct party *find_name(const struct matcher *matcher, enum age age,
				     const struct party *party)
{
	return find(matcher, age, &matcher->names[age], matcher->named[age],
		    name_of(matcher->arena, party));
}

static const struct party *find_owner(const struct matcher *matcher, enum age age,
				      const struct party *party)
{
	return party->owner ? find(matcher, age, &matcher->owners[age], matcher->owned[age],
				   owner_of(matcher->arena, party))
			    : NULL;
}

/* A kind's number is what the rows take for a class. */
static void add_pair(struct matcher *matcher, struct end_pair pair, struct party shown)
{
	const uint32_t key[] = {pair.in[OLD] ? pair.in[OLD]->class : TABLE_NONE,
				pair.in[NEW] ? pair.in[NEW]->class : TABLE_NONE,
				shown.kind == PARTY_OUTSIDE};

	shown.class = table_add(&matcher->kinds, key, sizeof(key), NULL);
	arena_push(matcher->arena, matcher->pairs, matcher->pair_count, pair);
	arena_push(matcher->arena, matcher->parties, matcher->party_count, shown);
}

/* A pod that is there no more is left out where its owner has others now. */
static void match_pods(struct matcher *matcher)
{
	for (size_t i = 0; i < matcher->worlds[NEW]->party_count; i++) {
		const struct party *party = &matcher->worlds[NEW]->parties[i];
		const struct party *old;

		if (party->kind == PARTY_OUTSIDE)
			continue;
		old = find_name(matcher, OLD, party);
		if (!old)
			old = find_owner(matcher, OLD, party);
		add_pair(matcher, (struct end_pair){{old, party}}, *party);
	}
	for (size_t i = 0; i < matcher->worlds[OLD]->party_count; i++) {
		const struct party *party = &matcher->worlds[OLD]->parties[i];

		if (party->kind != PARTY_OUTSIDE && !find_name(matcher, NEW, party) &&
		    !find_owner(matcher, NEW, party))
			add_pair(matcher, (struct end_pair){{party, NULL}}, *party);
	}
}

/* A range of addresses outside, and whose it is. */
struct piece {
	struct range range;
	const struct party *party;
};

struct pieces {
	struct piece *items;
	size_t count;
};

static int compare_pieces(const void *a, const void *b)
{
	return range_compare(&((const struct piece *)a)->range, &((const struct piece *)b)->range);
}

static struct pieces pieces_of(struct arena *arena, const struct world *world, enum family family)
{
	struct pieces pieces = {0};

	for (size_t i = 0; i < world->party_count; i++) {
		const struct party *party = &world->parties[i];

		for (size_t k = 0; party->has[family] && k < party->range_count; k++)
			arena_push(arena, pieces.items, pieces.count,
				   ((struct piece){party->ranges[k], party}));
	}
	if (pieces.count)
		qsort(pieces.items, pieces.count, sizeof(*pieces.items), compare_pieces);
	return pieces;
}

/* Pieces in common, by whose they are in both worlds. */
struct overlaps {
	struct table keys;
	struct end_pair *pairs;
	struct range **ranges;
	size_t *counts;
	size_t pair_count, range_count, count_count;
};

static void add_overlap(struct arena *arena, struct overlaps *overlaps, struct end_pair pair,
			const struct range *range)
{
	bool added = false;
	uint32_t number = table_add(&overlaps->keys, &pair, sizeof(pair), &added);

	if (added) {
		arena_push(arena, overlaps->pairs, overlaps->pair_count, pair);
		arena_push(arena, overlaps->ranges, overlaps->range_count, (struct range *)NULL);
		arena_push(arena, overlaps->counts, overlaps->count_count, (size_t)0);
	}
	arena_push(arena, overlaps->ranges[number], overlaps->counts[number], *range);
}

/* Along the line of addresses, each piece of one with each of the other that it meets. */
static struct overlaps overlaps_of(struct arena *arena, const struct pieces *old,
				   const struct pieces *new)
{
	struct overlaps overlaps = {.keys.arena = arena};

	for (size_t i = 0, k = 0; i < old->count && k < new->count;) {
		const struct piece *a = &old->items[i], *b = &new->items[k];
		const uint8_t *first = memcmp(a->range.first, b->range.first, 16) > 0
					       ? a->range.first
					       : b->range.first;
		const int order = memcmp(a->range.last, b->range.last, 16);
		const uint8_t *last = order < 0 ? a->range.last : b->range.last;
		struct range common;

		memcpy(common.first, first, sizeof(common.first));
		memcpy(common.last, last, sizeof(common.last));
		if (memcmp(first, last, 16) <= 0)
			add_overlap(arena, &overlaps, (struct end_pair){{a->party, b->party}},
				    &common);
		i += order <= 0;
		k += order >= 0;
	}
	return overlaps;
}

/* What only one of the worlds knows: a family that the other does not use. */
static void add_only(struct matcher *matcher, enum age age, enum family family)
{
	const struct world *world = matcher->worlds[age];

	for (size_t i = 0; i < world->party_count; i++) {
		struct end_pair pair = {{NULL, NULL}};

		if (world->parties[i].kind != PARTY_OUTSIDE || !world->parties[i].has[family])
			continue;
		pair.in[age] = &world->parties[i];
		add_pair(matcher, pair, world->parties[i]);
	}
}

static void match_outside(struct matcher *matcher, enum family family)
{
	const struct pieces old = pieces_of(matcher->arena, matcher->worlds[OLD], family);
	const struct pieces new = pieces_of(matcher->arena, matcher->worlds[NEW], family);
	const struct overlaps overlaps = overlaps_of(matcher->arena, &old, &new);

	for (size_t i = 0; i < overlaps.pair_count; i++) {
		struct party shown = *overlaps.pairs[i].in[NEW];

		shown.rest = shown.rest && overlaps.pairs[i].in[OLD]->rest;
		shown.ranges = overlaps.ranges[i];
		shown.range_count = overlaps.counts[i];
		if (!shown.rest)
			shown.text = world_ranges_text(matcher->arena, family, shown.ranges,
						       shown.range_count);
		add_pair(matcher, overlaps.pairs[i], shown);
	}
	if (!old.count)
		add_only(matcher, NEW, family);
	if (!new.count)
		add_only(matcher, OLD, family);
}

static bool has_twin(const struct party *party)
{
	return party && party->twin_pod != party->pod;
}

static void add_kinds(struct matcher *matcher, struct compare_ends *ends, struct end_kind *kinds)
{
	for (size_t i = 0; i < ends->row_count; i++) {
		const struct row *row = &ends->rows[i];
		struct end_kind *kind = &kinds[row->class];

		for (size_t k = 0; k < row->party_count; k++) {
			const struct end_pair *pair = &matcher->pairs[row->parties[k]];
			bool first = !kind->pairs[0].in[OLD] && !kind->pairs[0].in[NEW];

			if (first)
				kind->pairs[0] = *pair;
			if (first || !memcmp(&kind->pairs[1], &kind->pairs[0], sizeof(*pair)))
				kind->pairs[1] = *pair;
			kind->alone = first && row->kind != PARTY_OUTSIDE &&
				      !has_twin(pair->in[OLD]) && !has_twin(pair->in[NEW]);
		}
	}
}

struct compare_ends compare_ends_of(struct arena *arena, const struct world *old,
				    const struct world *new)
{
	struct matcher matcher = {
		.arena = arena, .worlds = {[OLD] = old, [NEW] = new}, .kinds.arena = arena};
	struct end_kind *kinds;
	struct compare_ends ends = {0};
	struct row *rows;

	note_all(&matcher, OLD);
	note_all(&matcher, NEW);
	match_pods(&matcher);
	for (enum family family = V4; family < FAMILIES; family++)
		match_outside(&matcher, family);
	rows = rows_of(arena, matcher.parties, matcher.party_count, false, &ends.row_count);
	ends.parties = matcher.parties;
	ends.rows = rows;
	ends.kind_count = matcher.kinds.count;
	ends.kinds = kinds = arena_array(arena, ends.kind_count, sizeof(*kinds));
	add_kinds(&matcher, &ends, kinds);
	for (size_t i = 0; i < ends.row_count; i++)
		if (!kinds[rows[i].class].pairs[0].in[OLD] ||
		    !kinds[rows[i].class].pairs[0].in[NEW])
			rows[i].label = arena_printf(
				arena, "%s (%s)", rows[i].label,
				kinds[rows[i].class].pairs[0].in[NEW] ? "new" : "gone");
	return ends;
}
