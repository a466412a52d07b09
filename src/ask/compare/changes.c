/*
 * Works out what changed once for each pair of lists of ports, and why once for each way in which
 * policies see the other end.
 */
#include "ask/compare/changes.h"

#include "ask/compare/tiers.h"
#include "base/arena.h"
#include "base/bits.h"
#include "base/table.h"
#include "model/words.h"

/* What passes in one world only, as lists; PORTS_NONE if a family is not used. */
struct delta {
	uint32_t only[AGES][FAMILIES];
	const struct passage *passages[AGES];
};

/* Causes that were found, as indices to changes->causes, without repetitions. */
struct found_change {
	uint32_t *items;
	size_t count;
};

struct change_lists {
	struct arena *arena;
	const struct rows *rows;
	struct ports *ports; /* those of the rows */
	struct kinds kinds;
	bool has_tiers; /* there are cluster policies */
	struct table delta_keys;
	struct delta *deltas;
	size_t delta_count;
	struct table change_keys;
	const struct ends_change **items;
	size_t count;
	struct table effect_keys;
	const struct effect **effects;
	size_t effect_count;
	struct table cause_keys;
	struct cause *causes;
	size_t cause_count;
	struct table found_keys; /* keys: questions about causes */
	struct found_change *found;
	size_t found_count;
	struct table policy_names; /* those of the new world */
	const struct policy **policies;
	size_t policy_count;
	bool *uneven[DIRECTIONS], *apart[DIRECTIONS]; /* as in struct asked */
	/* What isolates in one world those of a kind whom nothing does in the other: by that other one. */
	struct found_change *isolating[AGES][DIRECTIONS];
};

/* A question why one connection changed, and on which side. */
struct inquiry {
	struct change_lists *changes;
	enum age age; /* the world in which it passes */
	enum direction direction;
	uint32_t kinds[DIRECTIONS]; /* the ends: the destination, then the source */
	const struct party_pair *from, *to;
	bool to_another; /* to another pod like @from */
	enum family family;
	struct port_range port;
	struct found_change *found;
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

static struct reasons reasons_in(const struct inquiry *inquiry, enum age age)
{
	const struct party *from = inquiry->from->in[age], *to = inquiry->to->in[age];
	const struct question question = question_of(from, to, inquiry->to_another && from == to,
						     inquiry->family, &inquiry->port);

	return reasons_that_match(inquiry->changes->arena,
				  inquiry->changes->rows->pairs->worlds[age], inquiry->direction,
				  &question);
}

static void note_policies(struct change_lists *changes)
{
	const struct objects *objects = changes->rows->pairs->worlds[NEW]->objects;

	for (size_t i = 0; i < objects->policy_count; i++) {
		const char *name = policy_text(changes->arena, &objects->policies[i]);
		bool added = false;

		table_add(&changes->policy_names, name, strlen(name), &added);
		if (added)
			arena_push(changes->arena, changes->policies, changes->policy_count,
				   &objects->policies[i]);
	}
}

/* The policy of the same name in the new world; NULL: it is gone. */
static const struct policy *find_policy(const struct change_lists *changes,
					const struct policy *like)
{
	const char *name = policy_text(changes->arena, like);
	const uint32_t number = table_find(&changes->policy_names, name, strlen(name));

	return number == TABLE_NONE ? NULL : changes->policies[number];
}

static void add_number(struct arena *arena, struct found_change *found, uint32_t number)
{
	for (size_t i = 0; i < found->count; i++)
		if (found->items[i] == number)
			return;
	arena_push(arena, found->items, found->count, number);
}

static void keep_cause(struct change_lists *changes, struct found_change *found, struct cause cause)
{
	bool added = false;
	uint32_t number = table_add(&changes->cause_keys, cause.text, strlen(cause.text), &added);

	if (added)
		arena_push(changes->arena, changes->causes, changes->cause_count, cause);
	add_number(changes->arena, found, number);
}

static void add_cause(const struct inquiry *inquiry, struct found_change *found, enum age age,
		      const struct policy *policy, struct mark mark, const char *does)
{
	struct change_lists *changes = inquiry->changes;
	const char *text =
		arena_printf(changes->arena, "policy %s/%s %s (%s:%u)", policy->namespace,
			     policy->name, does, mark.file, mark.line);

	keep_cause(changes, found,
		   (struct cause){.direction = inquiry->direction,
				  .policy = policy,
				  .age = age,
				  .mark = mark,
				  .text = text});
}

/* Adds the rules of one world that let the connection pass. */
static void add_rules(const struct inquiry *inquiry, const struct reasons *reasons)
{
	const char *where = inquiry->direction == INGRESS ? "in" : "out";
	struct arena *arena = inquiry->changes->arena;

	for (size_t i = 0; i < reasons->rule_count; i++) {
		const struct rule_reason *rule = &reasons->rules[i];
		const struct policy *now = find_policy(inquiry->changes, rule->policy);

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
			   struct found_change *found)
{
	const char *which = inquiry->direction == INGRESS ? "destination" : "source";
	struct arena *arena = inquiry->changes->arena;

	for (size_t i = 0; i < reasons->policy_count; i++) {
		const struct policy *policy = reasons->policies[i];
		const struct policy *now = find_policy(inquiry->changes, policy);

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

/* Do the policies of this end's pod deny anything in the world in which the connection passes? */
static bool is_isolated(const struct inquiry *inquiry)
{
	const struct party_pair *own = inquiry->direction == INGRESS ? inquiry->to : inquiry->from;
	const struct resolved *resolved =
		inquiry->changes->rows->pairs->worlds[inquiry->age]->resolved;
	const uint32_t pod = own->in[inquiry->age]->pod;

	return pod != ANYTHING && bits_has(resolved->denied[inquiry->direction], pod);
}

static bool is_there(const struct inquiry *inquiry, enum age age)
{
	const struct party *from = inquiry->from->in[age], *to = inquiry->to->in[age];

	return from && to && parties_meet(from, to, inquiry->family);
}

/*
 * Adds what NetworkPolicies have to do with it beside cluster policies: they allow it here and did
 * not there, or they isolate there and not here.
 */
static void add_policies(const struct inquiry *inquiry, const struct reasons *here,
			 const struct reasons *there)
{
	bool did = false;

	for (size_t i = 0; there && i < there->rule_count; i++)
		did |= there->rules[i].miss == MISS_NOTHING;
	if (reasons_decider(here) == DECIDER_POLICIES && !did)
		add_rules(inquiry, here);
	if (there && reasons_decider(there) == DECIDER_POLICIES && !here->policy_count)
		find_isolating(inquiry, there, inquiry->found);
}

/* Returns false if no cluster policy is about the pod in either world. */
static bool add_tier_causes(const struct inquiry *inquiry)
{
	const struct party_pairs *pairs = inquiry->changes->rows->pairs;
	const enum age other = !inquiry->age;
	const bool is_in_other = is_there(inquiry, other);
	const struct reasons here = reasons_in(inquiry, inquiry->age);
	const struct reasons there = is_in_other ? reasons_in(inquiry, other) : (struct reasons){0};
	struct tiers_change change = {
		.arena = inquiry->changes->arena,
		.direction = inquiry->direction,
		.age = inquiry->age,
		.objects = {pairs->worlds[OLD]->objects, pairs->worlds[NEW]->objects},
	};
	struct cause_list causes;

	if (!reasons_have_tiers(&here) && !reasons_have_tiers(&there))
		return false;
	change.reasons[inquiry->age] = &here;
	change.reasons[other] = is_in_other ? &there : NULL;
	causes = tier_causes(&change);
	for (size_t i = 0; i < causes.count; i++)
		keep_cause(inquiry->changes, inquiry->found, causes.items[i]);
	add_policies(inquiry, &here, change.reasons[other]);
	return true;
}

/*
 * Adds the rules of the world in which it passes; or if nothing isolates there, what isolates in
 * the other.
 */
static void add_causes(const struct inquiry *inquiry)
{
	struct change_lists *changes = inquiry->changes;
	struct found_change *isolating = &changes->isolating[inquiry->age][inquiry->direction]
							    [inquiry->kinds[inquiry->direction]];

	if (changes->has_tiers && add_tier_causes(inquiry))
		return;
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
 * The part of a list that passes in one world and that this side denies in the other.  If an end is
 * not in the other world: for a new end, what the side had to allow; for one that is gone, nothing.
 */
static uint32_t stopped(const struct inquiry *inquiry, uint32_t list)
{
	const struct change_lists *changes = inquiry->changes;
	const enum age other = !inquiry->age;
	const struct party *from = inquiry->from->in[other], *to = inquiry->to->in[other];

	if (!is_there(inquiry, other))
		return inquiry->age == NEW && is_isolated(inquiry) ? list : PORTS_NOTHING;
	return ports_minus(changes->ports, list,
			   sides_one(changes->kinds.sides[other], inquiry->direction,
				     inquiry->family, from->class, to->class));
}

/* Finds the causes for all ports of the list. */
static struct found_change find_causes(const struct inquiry *inquiry, uint32_t list)
{
	const struct reach *ports = ports_list(inquiry->changes->ports, list);
	struct found_change found = {0};
	struct inquiry one = *inquiry;

	one.found = &found;
	for (size_t i = 0; i < ports->count; i++) {
		one.port = ports->ranges[i];
		add_causes(&one);
	}
	return found;
}

/*
 * How the side sees the other end in the world in which it does not pass, if rules of cluster
 * policies deny.
 */
static uint32_t view_in_other(const struct inquiry *inquiry)
{
	const enum age other = !inquiry->age;

	if (!inquiry->changes->has_tiers || !is_there(inquiry, other))
		return TABLE_NONE;
	return sides_view(inquiry->changes->kinds.sides[other], inquiry->direction, inquiry->family,
			  inquiry->from->in[other]->class, inquiry->to->in[other]->class);
}

/* Asks once for all others that the side sees in the same way. */
static struct found_change causes_once(struct inquiry *inquiry, uint32_t list)
{
	struct change_lists *changes = inquiry->changes;
	const enum age age = inquiry->age;
	const uint32_t key[] = {age,
				inquiry->direction,
				inquiry->family,
				inquiry->kinds[inquiry->direction],
				sides_view(changes->kinds.sides[age], inquiry->direction,
					   inquiry->family, inquiry->from->in[age]->class,
					   inquiry->to->in[age]->class),
				view_in_other(inquiry),
				list};
	bool added = false;
	uint32_t number = table_add(&changes->found_keys, key, sizeof(key), &added);

	if (added)
		arena_push(changes->arena, changes->found, changes->found_count,
			   find_causes(inquiry, list));
	return changes->found[number];
}

static struct inquiry inquiry_of(struct change_lists *changes, enum age age, uint32_t from,
				 uint32_t to)
{
	return (struct inquiry){.changes = changes,
				.age = age,
				.kinds = {[INGRESS] = to, [EGRESS] = from},
				.from = &changes->kinds.items[from].pairs[0],
				.to = &changes->kinds.items[to].pairs[from == to],
				.to_another = from == to};
}

/* What the side denies in the other world, of what passes only in this one, in a family. */
static uint32_t stopped_of(struct inquiry *inquiry, const struct delta *delta)
{
	const uint32_t list = delta->only[inquiry->age][inquiry->family];

	return list == PORTS_NONE || list == PORTS_NOTHING ? PORTS_NOTHING : stopped(inquiry, list);
}

/* Adds the causes on one side, in one family. */
static void add_side(struct inquiry *inquiry, const struct delta *delta, struct found_change *found)
{
	const uint32_t list = stopped_of(inquiry, delta);
	struct found_change more;

	if (list == PORTS_NOTHING)
		return;
	more = causes_once(inquiry, list);
	for (size_t i = 0; i < more.count; i++)
		add_number(inquiry->changes->arena, found, more.items[i]);
}

/* All causes for the pair of kinds, in all families. */
static struct found_change causes_of(struct change_lists *changes, enum age age, uint32_t from,
				     uint32_t to, const struct delta *delta)
{
	static const enum direction sides[] = {EGRESS, INGRESS};
	struct inquiry inquiry = inquiry_of(changes, age, from, to);
	struct found_change found = {0};

	for (inquiry.family = V4; inquiry.family < FAMILIES; inquiry.family++)
		for (size_t i = 0; i < DIRECTIONS; i++) {
			inquiry.direction = sides[i];
			add_side(&inquiry, delta, &found);
		}
	return found;
}

static const struct cause *causes_in(struct change_lists *changes, const struct found_change *found)
{
	struct cause *causes = arena_array(changes->arena, found->count, sizeof(*causes));

	for (size_t i = 0; i < found->count; i++)
		causes[i] = changes->causes[found->items[i]];
	return causes;
}

struct cause_list changes_causes(struct change_lists *changes, enum age age,
				 enum direction direction, uint32_t from, uint32_t to)
{
	const struct delta delta = delta_of(changes, from, to);
	struct inquiry inquiry = inquiry_of(changes, age, from, to);
	struct found_change found = {0};

	inquiry.direction = direction;
	for (inquiry.family = V4; inquiry.family < FAMILIES; inquiry.family++)
		add_side(&inquiry, &delta, &found);
	return (struct cause_list){causes_in(changes, &found), found.count};
}

/* Returns the one copy of equal changes. */
static const struct ends_change *keep_change(struct change_lists *changes,
					     const struct passage *passage,
					     const struct found_change *found)
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
	*change = (struct ends_change){passage, causes_in(changes, found), found->count};
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
	struct found_change found = {0};

	if (passage_is_open(passage))
		found = causes_of(asking->changes, asking->age, from, to, &delta);
	return keep_change(asking->changes, passage, &found);
}

static const void *answer_effect(const void *context, uint32_t from, uint32_t to)
{
	const struct asking *asking = context;
	const struct delta delta = asked_delta(asking, from, to);
	struct inquiry inquiry = inquiry_of(asking->changes, asking->age, from, to);
	struct effect effect = {.passage = delta.passages[asking->age]};

	for (enum direction direction = INGRESS; direction < DIRECTIONS; direction++)
		for (enum family family = V4; family < FAMILIES; family++) {
			inquiry.direction = direction;
			inquiry.family = family;
			effect.by[direction] |= stopped_of(&inquiry, &delta) != PORTS_NOTHING;
		}
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

/* For each class of a world, the kinds that have it. */
struct kinds_by_class {
	uint32_t **items;
	size_t *counts;
};

static struct kinds_by_class kinds_by_class(const struct change_lists *changes, enum age age)
{
	struct arena *arena = changes->arena;
	const size_t classes = sides_class_count(changes->kinds.sides[age]);
	struct kinds_by_class by = {arena_array(arena, classes, sizeof(uint32_t *)),
				    arena_array(arena, classes, sizeof(size_t))};

	for (uint32_t i = 0; i < changes->kinds.count; i++) {
		const uint32_t class = changes->kinds.ends[i].class[age];

		if (class != CLASS_NONE)
			arena_push(arena, by.items[class], by.counts[class], i);
	}
	return by;
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
		    const struct kinds_by_class by[AGES])
{
	const struct alike_end *end = &changes->kinds.ends[own];
	struct sides *const *sides = changes->kinds.sides;

	if (!is_stable(&changes->kinds.items[own]) ||
	    !sides_have_same_usual(sides, direction, end->class))
		return false;
	for (enum age age = OLD; age < AGES; age++) {
		const struct class_list apart =
			sides_told_apart(sides[age], direction, end->class[age]);

		for (size_t i = 0; i < apart.count; i++)
			for (size_t k = 0; k < by[age].counts[apart.items[i]]; k++) {
				const uint32_t other = by[age].items[apart.items[i]][k];

				if (is_stable(&changes->kinds.items[other]) &&
				    !sees_the_same(changes, direction, own, other))
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
	const struct kinds_by_class by[] = {
		[OLD] = kinds_by_class(changes, OLD), [NEW] = kinds_by_class(changes, NEW)};

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
					 .effect_keys.arena = arena,
					 .cause_keys.arena = arena,
					 .found_keys.arena = arena,
					 .policy_names.arena = arena};
	for (enum age age = OLD; age < AGES; age++)
		for (enum direction direction = INGRESS; direction < DIRECTIONS; direction++)
			changes->isolating[age][direction] =
				arena_array(arena, changes->kinds.count,
					    sizeof(*changes->isolating[age][direction]));
	for (enum age age = OLD; age < AGES; age++)
		changes->has_tiers |= rows->pairs->worlds[age]->objects->cluster_policy_count > 0;
	note_policies(changes);
	note_isolation(changes);
	find_uneven(changes);
	return changes;
}
