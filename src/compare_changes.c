/* See compare_changes.h. */
#include "compare_changes.h"

#include "arena.h"
#include "reason.h"
#include "table.h"

/* Lists of what passes in one world alone; PASSAGES_NONE where a family is not used. */
struct delta {
	uint32_t only[AGES][FAMILIES];
	const struct passage *passages[AGES];
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
	struct table pair_keys; /* of pairs that something changes between */
	const struct change **pairs;
	size_t pair_count;
	struct table change_keys;
	const struct change **items;
	size_t count;
	const struct change *nothing;
};

/* One connection that is asked why, and on which side. */
struct inquiry {
	struct changes *changes;
	enum age age; /* in which it passes */
	enum direction direction;
	const struct end_pair *from, *to;
	bool to_another; /* like @from */
	enum family family;
	struct port_range port;
	struct cause **causes;
	size_t *cause_count;
};

struct changes *changes_new(struct arena *arena, const struct world *old, const struct world *new,
			    const struct compare_ends *ends)
{
	struct changes *changes = arena_alloc(arena, sizeof(*changes));
	struct change *nothing = arena_alloc(arena, sizeof(*nothing));

	*changes = (struct changes){
		.arena = arena,
		.worlds = {[OLD] = old, [NEW] = new},
		.ends = ends,
		.passages = {[OLD] = passages_new(arena, old), [NEW] = passages_new(arena, new)},
		.delta_keys.arena = arena,
		.pair_keys.arena = arena,
		.change_keys.arena = arena,
		.nothing = nothing,
	};
	nothing->passage = passages_join(changes->passages[NEW], PASSAGES_NONE, PASSAGES_NONE);
	return changes;
}

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

static uint32_t minus(struct changes *changes, uint32_t a, uint32_t b)
{
	if (a == PASSAGES_NONE)
		return b == PASSAGES_NONE ? PASSAGES_NONE : PASSAGES_NOTHING;
	return b == PASSAGES_NONE ? a : passages_minus(changes->passages[NEW], a, b);
}

static const struct delta *delta_of(struct changes *changes, uint32_t from, uint32_t to)
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
				delta.only[age][family] =
					minus(changes, lists[age][family], lists[!age][family]);
			delta.passages[age] = passages_join(
				changes->passages[NEW], delta.only[age][V4], delta.only[age][V6]);
		}
		arena_push(changes->arena, changes->deltas, changes->delta_count, delta);
	}
	return &changes->deltas[number];
}

static struct reasons reasons_in(const struct inquiry *inquiry, enum age age)
{
	const struct party *from = inquiry->from->in[age], *to = inquiry->to->in[age];
	const bool twin = inquiry->to_another && from == to;
	const struct question question = {
		.from = from->addr[inquiry->family],
		.to = twin ? to->twin[inquiry->family] : to->addr[inquiry->family],
		.from_pod = from->pod,
		.to_pod = twin ? to->twin_pod : to->pod,
		.protocol = inquiry->port.protocol,
		.port = inquiry->port.first,
	};

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

static void add_cause(const struct inquiry *inquiry, enum age age, const struct policy *policy,
		      struct mark mark, const char *does)
{
	struct arena *arena = inquiry->changes->arena;
	struct cause cause = {inquiry->direction, policy, age, mark, NULL};

	for (size_t i = 0; i < *inquiry->cause_count; i++)
		if ((*inquiry->causes)[i].policy == policy &&
		    (*inquiry->causes)[i].direction == cause.direction)
			return;
	cause.text = arena_printf(arena, "policy %s/%s %s (%s:%u)", policy->namespace, policy->name,
				  does, mark.file, mark.line);
	arena_push(arena, *inquiry->causes, *inquiry->cause_count, cause);
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
			add_cause(inquiry, NEW, rule->policy, rule->rule->mark,
				  arena_printf(arena, "lets it %s", where));
		else if (now)
			add_cause(inquiry, NEW, now, now->mark,
				  arena_printf(arena, "lets it %s no more", where));
		else
			add_cause(inquiry, OLD, rule->policy, rule->rule->mark,
				  arena_printf(arena, "let it %s, and is gone", where));
	}
}

static void add_isolating(const struct inquiry *inquiry, const struct reasons *reasons)
{
	const char *which = inquiry->direction == INGRESS ? "destination" : "source";
	struct arena *arena = inquiry->changes->arena;

	for (size_t i = 0; i < reasons->policy_count; i++) {
		const struct policy *policy = reasons->policies[i];
		const struct policy *now = find_policy(inquiry->changes->worlds[NEW], policy);

		if (inquiry->age == OLD)
			add_cause(inquiry, NEW, policy, policy->mark,
				  arena_printf(arena, "isolates the %s", which));
		else if (now)
			add_cause(inquiry, NEW, now, now->mark,
				  arena_printf(arena, "isolates the %s no more", which));
		else
			add_cause(inquiry, OLD, policy, policy->mark,
				  arena_printf(arena, "isolated the %s, and is gone", which));
	}
}

/* Rules of the world in which it passes; where nothing isolates there, what does in the other. */
static void add_causes(const struct inquiry *inquiry)
{
	const struct reasons reasons = reasons_in(inquiry, inquiry->age);

	if (reasons.policy_count) {
		add_rules(inquiry, &reasons);
	} else {
		const struct reasons others = reasons_in(inquiry, !inquiry->age);

		add_isolating(inquiry, &others);
	}
}

/* Of what passes in one world alone (@list), asks on the sides that stop it in the other. */
static void find_causes(struct inquiry *inquiry, uint32_t list)
{
	struct changes *changes = inquiry->changes;
	const enum age other = !inquiry->age;

	for (enum direction direction = EGRESS;; direction = INGRESS) {
		uint32_t side = passages_side(changes->passages[other], direction, inquiry->family,
					      inquiry->from->in[other]->class,
					      inquiry->to->in[other]->class);
		uint32_t stopped = passages_minus(changes->passages[NEW], list,
						  other == OLD ? translate(changes, side) : side);
		const struct reach ports = passages_ports(changes->passages[NEW], stopped);

		inquiry->direction = direction;
		for (size_t i = 0; i < ports.count; i++) {
			inquiry->port = ports.ranges[i];
			add_causes(inquiry);
		}
		if (direction == INGRESS)
			break;
	}
}

/* All causes, in all families, for the pairs of kinds. */
static struct change explain(struct changes *changes, enum age age, uint32_t from, uint32_t to,
			     const struct delta *delta)
{
	struct cause *causes = NULL;
	size_t count = 0;
	struct inquiry inquiry = {.changes = changes,
				  .age = age,
				  .from = &changes->ends->kinds[from].pairs[0],
				  .to = &changes->ends->kinds[to].pairs[from == to],
				  .to_another = from == to,
				  .causes = &causes,
				  .cause_count = &count};
	const bool both = inquiry.from->in[!age] && inquiry.to->in[!age];

	for (enum family family = V4; both && family < FAMILIES; family++) {
		inquiry.family = family;
		if (delta->only[age][family] != PASSAGES_NONE &&
		    inquiry.from->in[!age]->has[family] && inquiry.to->in[!age]->has[family])
			find_causes(&inquiry, delta->only[age][family]);
	}
	return (struct change){delta->passages[age], causes, count};
}

/* The one like it. */
static const struct change *keep(struct changes *changes, const struct change *change)
{
	struct string key = {0};
	bool added = false;
	uint32_t number;

	arena_append(changes->arena, &key, "%p", (const void *)change->passage);
	for (size_t i = 0; i < change->cause_count; i++)
		arena_append(changes->arena, &key, "\n%s", change->causes[i].text);
	number = table_add(&changes->change_keys, key.text, key.len, &added);
	if (added) {
		struct change *copy = arena_alloc(changes->arena, sizeof(*copy));

		*copy = *change;
		arena_push(changes->arena, changes->items, changes->count, copy);
	}
	return changes->items[number];
}

static bool is_outside(const struct end_kind *kind)
{
	const struct end_pair *pair = &kind->pairs[0];

	return (pair->in[NEW] ? pair->in[NEW] : pair->in[OLD])->kind == PARTY_OUTSIDE;
}

const struct change *changes_between(struct changes *changes, enum age age, uint32_t from,
				     uint32_t to, bool *asked)
{
	const struct end_kind *kinds = changes->ends->kinds;
	const uint32_t key[] = {age, from, to};
	const struct delta *delta;
	bool added = false;
	uint32_t number;

	if (is_outside(&kinds[from]) && is_outside(&kinds[to])) {
		*asked = false;
		return changes->nothing;
	}
	*asked = from != to || !kinds[from].alone;
	delta = delta_of(changes, from, to);
	if (!passage_is_open(delta->passages[age]))
		return changes->nothing;
	number = table_add(&changes->pair_keys, key, sizeof(key), &added);
	if (added) {
		const struct change change = explain(changes, age, from, to, delta);

		arena_push(changes->arena, changes->pairs, changes->pair_count,
			   keep(changes, &change));
	}
	return changes->pairs[number];
}
