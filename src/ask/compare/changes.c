/* What changed is asked once for each two kinds, and kept. */
#include "ask/compare/changes.h"

#include "ask/reason.h"
#include "base/arena.h"
#include "base/table.h"
#include "resolve/match.h"

/* The number of the change that is none. */
#define NOTHING 0

/* Lists of what passes in one world alone; PASSAGES_NONE where a family is not used. */
struct delta {
	uint32_t only[AGES][FAMILIES];
	const struct passage *passages[AGES];
};

/* Causes that were found, as indexes to changes->causes, each once. */
struct found {
	uint32_t *items;
	size_t count;
};

struct changes {
	struct arena *arena;
	const struct world *worlds[AGES];
	const struct compare_ends *ends;
	struct passages *passages[AGES];
	uint32_t *
		translated; /* lists of the old world's: 1 + number among the new one's; 0: not yet */
	size_t translated_count;
	struct table delta_keys;
	struct delta *deltas;
	size_t delta_count;
	uint32_t **numbers[AGES]; /* by kinds, [from][to]: 1 + index to items; 0: not asked yet */
	struct table change_keys;
	const struct change **items;
	size_t count;
	struct table cause_keys;
	struct cause *causes;
	size_t cause_count;
	bool *stable; /* by kind: both worlds have it, with the same families */
	bool *same
		[DIRECTIONS]; /* by kind: its policies let the same through for every stable other */
	/* What isolates in one world those of a kind whom nothing does in the other: by that other one. */
	struct found *isolating[AGES][DIRECTIONS];
};

/* One connection that is asked why, and on which side. */
struct inquiry {
	struct changes *changes;
	enum age age; /* in which it passes */
	enum direction direction;
	uint32_t kinds[DIRECTIONS]; /* of the ends: that it goes to, that it comes from */
	const struct party_pair *from, *to;
	bool to_another; /* like @from */
	enum family family;
	struct port_range port;
	struct found *found;
};

/* A list of the old world as one of the new. */
static uint32_t translate(struct changes *changes, uint32_t number)
{
	if (number == PASSAGES_NONE)
		return number;
	while (changes->translated_count <= number)
		arena_push(changes->arena, changes->translated, changes->translated_count, 0U);
	if (!changes->translated[number])
		changes->translated[number] =
			1 + passages_keep(changes->passages[NEW],
					  passages_ports(changes->passages[OLD], number));
	return changes->translated[number] - 1;
}

/* What passes in the family; PASSAGES_NONE where either end is not there or has not the family. */
static uint32_t list_of(struct changes *changes, enum age age, enum family family, uint32_t from,
			uint32_t to)
{
	const struct party *a = changes->ends->kinds[from].pairs[0].in[age];
	const struct party *b = changes->ends->kinds[to].pairs[0].in[age];
	uint32_t list;

	if (!a || !b)
		return PASSAGES_NONE;
	list = passages_list(changes->passages[age], family, a->class, b->class);
	return age == OLD ? translate(changes, list) : list;
}

/*
 * What of the family passes in the world of @age alone.  Who gets or loses an address of a family is compared
 * with what he did in the other.
 */
static uint32_t only_in(struct changes *changes, uint32_t lists[AGES][FAMILIES], enum age age,
			enum family family)
{
	const uint32_t mine = lists[age][family];
	uint32_t other = lists[!age][family];
	struct reach ports;

	if (mine == PASSAGES_NONE)
		return other == PASSAGES_NONE ? PASSAGES_NONE : PASSAGES_NOTHING;
	if (other == PASSAGES_NONE)
		other = lists[!age][!family];
	if (other == PASSAGES_NONE)
		return mine;
	/* The difference of conditions is about both families. */
	ports = passages_ports(changes->passages[NEW],
			       passages_minus(changes->passages[NEW], mine, other));
	return passages_keep(changes->passages[NEW], reach_within(changes->arena, &ports, family));
}

static struct delta delta_of(struct changes *changes, uint32_t from, uint32_t to)
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
			delta.passages[age] = passages_join(
				changes->passages[NEW], delta.only[age][V4], delta.only[age][V6]);
		}
		arena_push(changes->arena, changes->deltas, changes->delta_count, delta);
	}
	return changes->deltas[number];
}

static struct reasons reasons_in(const struct inquiry *inquiry, enum age age)
{
	const struct party *from = inquiry->from->in[age], *to = inquiry->to->in[age];
	const struct question question = question_of(from, to, inquiry->to_another && from == to,
						     inquiry->family, &inquiry->port);

	return reasons_of(inquiry->changes->arena, inquiry->changes->worlds[age],
			  inquiry->direction, &question);
}

static const struct policy *find_policy(const struct world *world, const struct policy *like)
{
	for (size_t i = 0; i < world->objects->policy_count; i++) {
		const struct policy *policy = &world->objects->policies[i];

		if (!strcmp(policy->name, like->name) &&
		    !strcmp(policy->namespace, like->namespace))
			return policy;
	}
	return NULL;
}

static void add_number(struct arena *arena, struct found *found, uint32_t number)
{
	for (size_t i = 0; i < found->count; i++)
		if (found->items[i] == number)
			return;
	arena_push(arena, found->items, found->count, number);
}

static void add_cause(const struct inquiry *inquiry, struct found *found, enum age age,
		      const struct policy *policy, struct mark mark, const char *does)
{
	struct changes *changes = inquiry->changes;
	const char *text =
		arena_printf(changes->arena, "policy %s/%s %s (%s:%u)", policy->namespace,
			     policy->name, does, mark.file, mark.line);
	const struct cause cause = {inquiry->direction, policy, age, mark, text};
	bool added = false;
	uint32_t number = table_add(&changes->cause_keys, text, strlen(text), &added);

	if (added)
		arena_push(changes->arena, changes->causes, changes->cause_count, cause);
	add_number(changes->arena, found, number);
}

/* The rules of one world that let it pass: once they did, or now they do. */
static void add_rules(const struct inquiry *inquiry, const struct reasons *reasons)
{
	const char *where = inquiry->direction == INGRESS ? "in" : "out";
	struct arena *arena = inquiry->changes->arena;

	for (size_t i = 0; i < reasons->rule_count; i++) {
		const struct rule_reason *rule = &reasons->rules[i];
		const struct policy *now = find_policy(inquiry->changes->worlds[NEW], rule->policy);

		if (rule->miss != MISS_NOTHING)
			continue;
		if (inquiry->age == NEW)
			add_cause(inquiry, inquiry->found, NEW, rule->policy, rule->rule->mark,
				  arena_printf(arena, "lets it %s", where));
		else if (now)
			add_cause(inquiry, inquiry->found, NEW, now, now->mark,
				  arena_printf(arena, "lets it %s no more", where));
		else
			add_cause(inquiry, inquiry->found, OLD, rule->policy, rule->rule->mark,
				  arena_printf(arena, "let it %s, and is gone", where));
	}
}

static void find_isolating(const struct inquiry *inquiry, const struct reasons *reasons,
			   struct found *found)
{
	const char *which = inquiry->direction == INGRESS ? "destination" : "source";
	struct arena *arena = inquiry->changes->arena;

	for (size_t i = 0; i < reasons->policy_count; i++) {
		const struct policy *policy = reasons->policies[i];
		const struct policy *now = find_policy(inquiry->changes->worlds[NEW], policy);

		if (inquiry->age == OLD)
			add_cause(inquiry, found, NEW, policy, policy->mark,
				  arena_printf(arena, "isolates the %s", which));
		else if (now)
			add_cause(inquiry, found, NEW, now, now->mark,
				  arena_printf(arena, "isolates the %s no more", which));
		else
			add_cause(inquiry, found, OLD, policy, policy->mark,
				  arena_printf(arena, "isolated the %s, and is gone", which));
	}
}

static bool is_isolated(const struct inquiry *inquiry)
{
	const struct party_pair *own = inquiry->direction == INGRESS ? inquiry->to : inquiry->from;
	const struct resolved *resolved = inquiry->changes->worlds[inquiry->age]->resolved;
	const uint32_t pod = own->in[inquiry->age]->pod;

	return pod != ANYTHING && bits_has(resolved->isolated[inquiry->direction], pod);
}

/* Rules of the world in which it passes; where nothing isolates there, what does in the other. */
static void add_causes(const struct inquiry *inquiry)
{
	struct changes *changes = inquiry->changes;
	struct found *isolating = &changes->isolating[inquiry->age][inquiry->direction]
						     [inquiry->kinds[inquiry->direction]];

	if (is_isolated(inquiry)) {
		const struct reasons reasons = reasons_in(inquiry, inquiry->age);

		add_rules(inquiry, &reasons);
		return;
	}
	if (!isolating->count) {
		const struct reasons reasons = reasons_in(inquiry, !inquiry->age);

		find_isolating(inquiry, &reasons, isolating);
	}
	for (size_t i = 0; i < isolating->count; i++)
		add_number(changes->arena, inquiry->found, isolating->items[i]);
}

/*
 * What of a list that passes in one world the side stops in the other.  Where an end is not in the other: of who
 * is new, what the side had to allow; of who is gone, nothing.
 */
static uint32_t stopped(const struct inquiry *inquiry, uint32_t list)
{
	struct changes *changes = inquiry->changes;
	const enum age other = !inquiry->age;
	const struct party *from = inquiry->from->in[other], *to = inquiry->to->in[other];
	uint32_t side;

	if (!from || !to || !parties_meet(from, to, inquiry->family))
		return inquiry->age == NEW && is_isolated(inquiry) ? list : PASSAGES_NOTHING;
	side = passages_side(changes->passages[other], inquiry->direction, inquiry->family,
			     from->class, to->class);
	return passages_minus(changes->passages[NEW], list,
			      other == OLD ? translate(changes, side) : side);
}

static void find_causes(struct inquiry *inquiry, uint32_t list)
{
	static const enum direction sides[] = {EGRESS, INGRESS};

	for (size_t i = 0; i < DIRECTIONS; i++) {
		struct reach ports;

		inquiry->direction = sides[i];
		ports = passages_ports(inquiry->changes->passages[NEW], stopped(inquiry, list));
		for (size_t k = 0; k < ports.count; k++) {
			inquiry->port = ports.ranges[k];
			add_causes(inquiry);
		}
	}
}

/* All causes, in all families, for the pair of kinds. */
static struct found causes_of(struct changes *changes, enum age age, uint32_t from, uint32_t to,
			      const struct delta *delta)
{
	struct found found = {0};
	struct inquiry inquiry = {.changes = changes,
				  .age = age,
				  .kinds = {[INGRESS] = to, [EGRESS] = from},
				  .from = &changes->ends->kinds[from].pairs[0],
				  .to = &changes->ends->kinds[to].pairs[from == to],
				  .to_another = from == to,
				  .found = &found};

	for (enum family family = V4; family < FAMILIES; family++) {
		inquiry.family = family;
		if (delta->only[age][family] != PASSAGES_NONE)
			find_causes(&inquiry, delta->only[age][family]);
	}
	return found;
}

/* The one like it. */
static uint32_t keep(struct changes *changes, const struct passage *passage,
		     const struct found *found)
{
	struct table *const keys = &changes->change_keys;
	struct string key = {0};
	struct change *change;
	bool added = false;
	struct cause *causes;
	uint32_t number;

	arena_append(changes->arena, &key, "%p", (const void *)passage);
	for (size_t i = 0; i < found->count; i++)
		arena_append(changes->arena, &key, " %u", found->items[i]);
	number = table_add(keys, key.text, key.len, &added);
	if (!added)
		return number;
	change = arena_alloc(changes->arena, sizeof(*change));
	causes = arena_array(changes->arena, found->count, sizeof(*causes));
	for (size_t i = 0; i < found->count; i++)
		causes[i] = changes->causes[found->items[i]];
	*change = (struct change){passage, causes, found->count};
	arena_push(changes->arena, changes->items, changes->count, change);
	return number;
}

static bool is_stable(const struct end_kind *kind)
{
	const struct party *old = kind->pairs[0].in[OLD], *new = kind->pairs[0].in[NEW];

	return old && new && !memcmp(old->has, new->has, sizeof(old->has)) &&
	       !memcmp(old->known, new->known, sizeof(old->known));
}

/* The list of what the policies of @own let through for @other in the world of @age, as one of the new world's. */
static uint32_t side_of(struct changes *changes, enum age age, enum direction direction,
			enum family family, size_t own, size_t other)
{
	const struct end_kind *kinds = changes->ends->kinds;
	const uint32_t a = kinds[own].pairs[0].in[age]->class,
		       b = kinds[other].pairs[0].in[age]->class;
	const uint32_t side =
		passages_side(changes->passages[age], direction, family,
			      direction == EGRESS ? a : b, direction == EGRESS ? b : a);

	return age == OLD ? translate(changes, side) : side;
}

static bool lets_the_same(struct changes *changes, enum direction direction, size_t own)
{
	const struct party *party = changes->ends->kinds[own].pairs[0].in[NEW];

	for (size_t i = 0; i < changes->ends->kind_count; i++) {
		const struct party *other = changes->ends->kinds[i].pairs[0].in[NEW];

		for (enum family family = V4; family < FAMILIES && changes->stable[i]; family++)
			if (party->has[family] && other->has[family] &&
			    side_of(changes, OLD, direction, family, own, i) !=
				    side_of(changes, NEW, direction, family, own, i))
				return false;
	}
	return true;
}

/* Most kinds of most changes are as they were: pairs of these need no further look. */
static void find_same(struct changes *changes)
{
	const size_t count = changes->ends->kind_count;

	changes->stable = arena_array(changes->arena, count, sizeof(bool));
	for (size_t i = 0; i < count; i++)
		changes->stable[i] = is_stable(&changes->ends->kinds[i]);
	for (enum direction direction = INGRESS; direction < DIRECTIONS; direction++) {
		changes->same[direction] = arena_array(changes->arena, count, sizeof(bool));
		for (size_t i = 0; i < count; i++)
			changes->same[direction][i] =
				changes->stable[i] && lets_the_same(changes, direction, i);
	}
}

struct changes *changes_new(struct arena *arena, const struct world *old, const struct world *new,
			    const struct compare_ends *ends)
{
	struct changes *changes = arena_alloc(arena, sizeof(*changes));
	const struct found none = {0};

	*changes = (struct changes){
		.arena = arena,
		.worlds = {[OLD] = old, [NEW] = new},
		.ends = ends,
		.passages = {[OLD] = passages_new(arena, old), [NEW] = passages_new(arena, new)},
		.delta_keys.arena = arena,
		.change_keys.arena = arena,
		.cause_keys.arena = arena,
	};
	for (enum age age = OLD; age < AGES; age++) {
		changes->numbers[age] =
			arena_array(arena, ends->kind_count, sizeof(*changes->numbers[age]));
		for (enum direction direction = INGRESS; direction < DIRECTIONS; direction++)
			changes->isolating[age][direction] =
				arena_array(arena, ends->kind_count,
					    sizeof(*changes->isolating[age][direction]));
	}
	keep(changes, passages_join(changes->passages[NEW], PASSAGES_NONE, PASSAGES_NONE), &none);
	find_same(changes);
	return changes;
}

static bool is_outside(const struct end_kind *kind)
{
	const struct party_pair *pair = &kind->pairs[0];

	return (pair->in[NEW] ? pair->in[NEW] : pair->in[OLD])->kind == PARTY_OUTSIDE;
}

static uint32_t find_change(struct changes *changes, enum age age, uint32_t from, uint32_t to)
{
	const struct delta delta = delta_of(changes, from, to);
	struct found found;

	if (!passage_is_open(delta.passages[age]))
		return NOTHING;
	found = causes_of(changes, age, from, to, &delta);
	return keep(changes, delta.passages[age], &found);
}

const struct change *changes_between(struct changes *changes, enum age age, uint32_t from,
				     uint32_t to, bool *asked)
{
	const struct end_kind *kinds = changes->ends->kinds;
	uint32_t **line = &changes->numbers[age][from];

	*asked = from != to || !kinds[from].alone;
	if (changes->same[EGRESS][from] && changes->same[INGRESS][to]) {
		*asked &= !is_outside(&kinds[from]) || !is_outside(&kinds[to]);
		return changes->items[NOTHING];
	}
	if (is_outside(&kinds[from]) && is_outside(&kinds[to])) {
		*asked = false;
		return changes->items[NOTHING];
	}
	if (!*line)
		*line = arena_array(changes->arena, changes->ends->kind_count, sizeof(**line));
	if (!(*line)[to])
		(*line)[to] = 1 + find_change(changes, age, from, to);
	return changes->items[(*line)[to] - 1];
}
