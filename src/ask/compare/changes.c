/*
 * Works out what changed once for each pair of lists of ports.  Why it changed is found out by
 * ask/compare/causes.h.
 */
#include "ask/compare/changes.h"

#include "ask/compare/causes.h"
#include "base/arena.h"
#include "base/bits.h"
#include "base/table.h"

/* What passes in one world only, as lists; PORTS_NONE if a family is not used. */
struct delta {
	uint32_t only[AGES][FAMILIES];
	const struct passage *passages[AGES];
};

struct change_lists {
	struct arena *arena;
	const struct rows *rows;
	struct ports *ports; /* those of the rows */
	struct kinds kinds;
	struct cause_book *causes;
	struct table delta_keys;
	struct delta *deltas;
	size_t delta_count;
	struct table change_keys;
	const struct ends_change **items;
	size_t count;
	struct table effect_keys;
	const struct effect **effects;
	size_t effect_count;
	bool *uneven[DIRECTIONS], *apart[DIRECTIONS]; /* as in struct asked */
};

/* What passes in the family; PORTS_NONE if an end does not exist or does not have the family. */
static uint32_t list_of(const struct change_lists *changes, enum age age, enum family family,
			uint32_t from, uint32_t to)
{
	const uint32_t a = changes->kinds.ends[from].class[age],
		       b = changes->kinds.ends[to].class[age];

	return a == CLASS_NONE || b == CLASS_NONE
		       ? PORTS_NONE
		       : sides_list(changes->kinds.sides[age], family, a, b);
}

/*
 * What passes in the family only in the world of @age.  An end that gets or loses an address of a
 * family is compared with what it could do in the other family.
 */
static uint32_t only_in(struct change_lists *changes, uint32_t lists[AGES][FAMILIES], enum age age,
			enum family family)
{
	const uint32_t mine = lists[age][family];
	uint32_t other = lists[!age][family];
	struct reach within;

	if (mine == PORTS_NONE)
		return other == PORTS_NONE ? PORTS_NONE : PORTS_NOTHING;
	if (other == PORTS_NONE)
		other = lists[!age][!family];
	if (other == PORTS_NONE)
		return mine;
	/* The difference of conditions is about both families. */
	within = reach_within(changes->arena,
			      ports_list(changes->ports, ports_minus(changes->ports, mine, other)),
			      family);
	return ports_number(changes->ports, &within);
}

static struct delta delta_of(struct change_lists *changes, uint32_t from, uint32_t to)
{
	uint32_t lists[AGES][FAMILIES];
	bool added = false;
	uint32_t number;

	for (enum age age = OLD; age < AGES; age++)
		for (enum family family = V4; family < FAMILIES; family++)
			lists[age][family] = list_of(changes, age, family, from, to);
	number = table_add(&changes->delta_keys, lists, sizeof(lists), &added);
	if (added) {
		struct delta delta;

		for (enum age age = OLD; age < AGES; age++) {
			for (enum family family = V4; family < FAMILIES; family++)
				delta.only[age][family] = only_in(changes, lists, age, family);
			delta.passages[age] = passage_of(changes->ports, delta.only[age][V4],
							 delta.only[age][V6]);
		}
		arena_push(changes->arena, changes->deltas, changes->delta_count, delta);
	}
	return changes->deltas[number];
}

struct cause_list changes_causes(struct change_lists *changes, enum age age,
				 enum direction direction, uint32_t from, uint32_t to)
{
	const struct delta delta = delta_of(changes, from, to);

	return causes_of_side(changes->causes, &(struct ends_asked){age, from, to, delta.only[age]},
			      direction);
}

/* Returns the one copy of equal changes. */
static const struct ends_change *keep_change(struct change_lists *changes,
					     const struct passage *passage,
					     const struct cause_numbers *found)
{
	struct string key = {0};
	struct ends_change *change;
	bool added = false;
	uint32_t number;

	arena_append(changes->arena, &key, "%p", (const void *)passage);
	for (size_t i = 0; i < found->count; i++)
		arena_append(changes->arena, &key, " %u", found->items[i]);
	number = table_add(&changes->change_keys, key.text, key.len, &added);
	if (!added)
		return changes->items[number];
	change = arena_alloc(changes->arena, sizeof(*change));
	*change =
		(struct ends_change){passage, causes_listed(changes->causes, found), found->count};
	arena_push(changes->arena, changes->items, changes->count, change);
	return change;
}

static const struct effect *keep_effect(struct change_lists *changes, struct effect effect)
{
	const uintptr_t key[] = {(uintptr_t)effect.passage, effect.by[INGRESS], effect.by[EGRESS]};
	struct effect *copy;
	bool added = false;
	uint32_t number = table_add(&changes->effect_keys, key, sizeof(key), &added);

	if (!added)
		return changes->effects[number];
	copy = arena_alloc(changes->arena, sizeof(*copy));
	*copy = effect;
	arena_push(changes->arena, changes->effects, changes->effect_count, copy);
	return copy;
}

/* The world about which is asked, and the changes. */
struct asking {
	struct change_lists *changes;
	enum age age;
};

/* Between two addresses nothing changes. */
static struct delta asked_delta(const struct asking *asking, uint32_t from, uint32_t to)
{
	const struct kind *kinds = asking->changes->kinds.items;
	const struct passage *nothing;

	if (!kinds[from].outside || !kinds[to].outside)
		return delta_of(asking->changes, from, to);
	nothing = passage_of(asking->changes->ports, PORTS_NONE, PORTS_NONE);
	return (struct delta){{{PORTS_NONE, PORTS_NONE}, {PORTS_NONE, PORTS_NONE}},
			      {nothing, nothing}};
}

static const void *answer_passage(const void *context, uint32_t from, uint32_t to)
{
	const struct asking *asking = context;

	return asked_delta(asking, from, to).passages[asking->age];
}

static const void *answer_change(const void *context, uint32_t from, uint32_t to)
{
	const struct asking *asking = context;
	const struct delta delta = asked_delta(asking, from, to);
	const struct passage *passage = delta.passages[asking->age];
	struct cause_numbers found = {0};

	if (passage_is_open(passage))
		found = causes_of(
			asking->changes->causes,
			&(struct ends_asked){asking->age, from, to, delta.only[asking->age]});
	return keep_change(asking->changes, passage, &found);
}

static const void *answer_effect(const void *context, uint32_t from, uint32_t to)
{
	const struct asking *asking = context;
	const struct delta delta = asked_delta(asking, from, to);
	const struct ends_asked ends = {asking->age, from, to, delta.only[asking->age]};
	struct effect effect = {.passage = delta.passages[asking->age]};

	for (enum direction direction = INGRESS; direction < DIRECTIONS; direction++)
		effect.by[direction] = causes_deny(asking->changes->causes, &ends, direction);
	return keep_effect(asking->changes, effect);
}

static bool is_idle(const void *context, uint32_t from, uint32_t to)
{
	return kinds_are_idle(&((const struct asking *)context)->changes->kinds, from, to);
}

static bool is_open(const void *passage)
{
	return passage_is_open(passage);
}

static bool changes_something(const void *change)
{
	return is_open(((const struct ends_change *)change)->passage);
}

static bool has_effect(const void *effect)
{
	return is_open(((const struct effect *)effect)->passage);
}

const struct kinds *changes_kinds(const struct change_lists *changes)
{
	return &changes->kinds;
}

struct asked changes_asked(struct change_lists *changes, enum age age, enum depth depth)
{
	struct asking *asking = arena_alloc(changes->arena, sizeof(*asking));
	struct asked asked = {
		.kinds = &changes->kinds, .is_idle = is_idle, .by_party = true, .context = asking};

	*asking = (struct asking){changes, age};
	switch (depth) {
	case AS_CHANGES:
		asked.answer = answer_change;
		asked.is_worth_a_line = changes_something;
		memcpy(asked.uneven, changes->uneven, sizeof(asked.uneven));
		memcpy(asked.apart, changes->apart, sizeof(asked.apart));
		break;
	case AS_EFFECTS:
		asked.answer = answer_effect;
		asked.is_worth_a_line = has_effect;
		break;
	case AS_PASSAGES:
		asked.answer = answer_passage;
		asked.is_worth_a_line = is_open;
		break;
	}
	return asked;
}

static bool is_stable(const struct kind *kind)
{
	const struct party *old = kind->pairs[0].in[OLD], *new = kind->pairs[0].in[NEW];

	return old && new && !memcmp(old->has, new->has, sizeof(old->has)) &&
	       !memcmp(old->known, new->known, sizeof(old->known));
}

/* Do the policies of one end let the same through for the other in both worlds? */
static bool sees_the_same(const struct change_lists *changes, enum direction direction,
			  uint32_t own, uint32_t other)
{
	const struct kind *kinds = changes->kinds.items;
	const struct alike_end *a = &changes->kinds.ends[own], *b = &changes->kinds.ends[other];
	uint32_t lists[AGES];

	for (enum family family = V4; family < FAMILIES; family++) {
		if (!kinds[own].pairs[0].in[NEW]->has[family] ||
		    !kinds[other].pairs[0].in[NEW]->has[family])
			continue;
		for (enum age age = OLD; age < AGES; age++) {
			const uint32_t x = a->class[age], y = b->class[age];

			lists[age] =
				sides_one(changes->kinds.sides[age], direction, family,
					  direction == EGRESS ? x : y, direction == EGRESS ? y : x);
		}
		if (lists[OLD] != lists[NEW])
			return false;
	}
	return true;
}

/*
 * Do the policies of the kind say the same as before to those that do not stand out, and to each
 * that does?
 */
static bool is_same(const struct change_lists *changes, enum direction direction, uint32_t own,
		    const struct end_lists by[AGES])
{
	const struct alike_end *end = &changes->kinds.ends[own];
	struct sides *const *sides = changes->kinds.sides;

	if (!is_stable(&changes->kinds.items[own]) ||
	    !sides_have_same_usual(sides, direction, end->class))
		return false;
	for (enum age age = OLD; age < AGES; age++) {
		const struct class_list apart =
			sides_told_apart(sides[age], direction, end->class[age]);

		for (size_t i = 0; i < apart.count; i++) {
			const struct end_list others = end_list_at(&by[age], apart.items[i]);

			for (size_t k = 0; k < others.count; k++)
				if (is_stable(&changes->kinds.items[others.items[k]]) &&
				    !sees_the_same(changes, direction, own, others.items[k]))
					return false;
		}
	}
	return true;
}

static bool passes_over(const struct change_lists *changes, enum direction direction, uint32_t kind)
{
	for (enum age age = OLD; age < AGES; age++) {
		const uint32_t class = changes->kinds.ends[kind].class[age];

		if (class != CLASS_NONE &&
		    sides_pass_over(changes->kinds.sides[age], direction, class))
			return true;
	}
	return false;
}

/*
 * Finds the kinds whose policies changed, since these tell why something changed.  Most kinds say
 * the same as before, and so are alike.
 */
static void find_uneven(struct change_lists *changes)
{
	const size_t count = changes->kinds.count;
	struct end_lists by[AGES];

	for (enum age age = OLD; age < AGES; age++)
		by[age] = ends_by_class(changes->arena, changes->kinds.ends, count, age,
					sides_class_count(changes->kinds.sides[age]));
	for (enum direction direction = INGRESS; direction < DIRECTIONS; direction++) {
		changes->uneven[!direction] = arena_array(changes->arena, count, sizeof(bool));
		changes->apart[direction] = arena_array(changes->arena, count, sizeof(bool));
		for (uint32_t i = 0; i < count; i++) {
			const bool same = is_same(changes, direction, i, by);

			changes->uneven[!direction][i] = !same;
			changes->apart[direction][i] = !same && passes_over(changes, direction, i);
		}
	}
}

/* Notes who is isolated, since this decides at which end a change is told. */
static void note_isolation(struct change_lists *changes)
{
	for (size_t i = 0; i < changes->kinds.count; i++)
		for (enum age age = OLD; age < AGES; age++)
			for (enum direction direction = INGRESS; direction < DIRECTIONS;
			     direction++) {
				const struct party *party =
					changes->kinds.items[i].pairs[0].in[age];
				const struct world *world = changes->rows->pairs->worlds[age];

				changes->kinds.ends[i].note <<= 1;
				changes->kinds.ends[i].note |=
					party && party->pod != ANYTHING &&
					bits_has(world->resolved->denied[direction], party->pod);
			}
}

struct change_lists *changes_new(struct arena *arena, const struct rows *rows)
{
	struct change_lists *changes = arena_alloc(arena, sizeof(*changes));

	*changes = (struct change_lists){.arena = arena,
					 .rows = rows,
					 .ports = rows->ports,
					 .kinds = kinds_new(arena, rows, NULL, NULL),
					 .delta_keys.arena = arena,
					 .change_keys.arena = arena,
					 .effect_keys.arena = arena};
	changes->causes = causes_new(arena, rows, &changes->kinds);
	note_isolation(changes);
	find_uneven(changes);
	return changes;
}
