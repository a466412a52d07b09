/*
 * Asks why once for each way in which policies see the other end: the rules of the world in which
 * it passes are the causes, or else what isolates in the other world.
 */
#include "ask/compare/causes.h"

#include "ask/compare/tiers.h"
#include "base/arena.h"
#include "base/bits.h"
#include "base/table.h"
#include "model/words.h"

struct cause_book {
	struct arena *arena;
	const struct rows *rows;
	struct ports *ports; /* those of the rows */
	const struct kinds *kinds;
	bool has_tiers; /* there are cluster policies */
	struct table cause_keys;
	struct cause *causes;
	size_t cause_count;
	struct table found_keys; /* keys: questions about causes */
	struct cause_numbers *found;
	size_t found_count;
	struct table policy_names; /* those of the new world */
	const struct policy **policies;
	size_t policy_count;
	/*
	 * Index: kind.  What isolates in one world those of a kind whom nothing isolates in the
	 * other one, by that other one.
	 */
	struct cause_numbers *isolating[AGES][DIRECTIONS];
};

/* A question why one connection changed, and on which side. */
struct inquiry {
	struct cause_book *book;
	enum age age; /* the world in which it passes */
	enum direction direction;
	uint32_t kinds[DIRECTIONS]; /* the ends: the destination, then the source */
	const struct party_pair *from, *to;
	bool to_another; /* to another pod like @from */
	enum family family;
	struct port_range port;
	struct cause_numbers *found;
};

static struct reasons reasons_in(const struct inquiry *inquiry, enum age age)
{
	const struct party *from = inquiry->from->in[age], *to = inquiry->to->in[age];
	const struct question question = question_of(from, to, inquiry->to_another && from == to,
						     inquiry->family, &inquiry->port);

	return reasons_that_match(inquiry->book->arena, inquiry->book->rows->pairs->worlds[age],
				  inquiry->direction, &question);
}

static void note_policies(struct cause_book *book)
{
	const struct objects *objects = book->rows->pairs->worlds[NEW]->objects;

	for (size_t i = 0; i < objects->policy_count; i++) {
		const char *name = policy_text(book->arena, &objects->policies[i]);
		bool added = false;

		table_add(&book->policy_names, name, strlen(name), &added);
		if (added)
			arena_push(book->arena, book->policies, book->policy_count,
				   &objects->policies[i]);
	}
}

/* The policy of the same name in the new world; NULL: it is gone. */
static const struct policy *find_policy(const struct cause_book *book, const struct policy *like)
{
	const char *name = policy_text(book->arena, like);
	const uint32_t number = table_find(&book->policy_names, name, strlen(name));

	return number == TABLE_NONE ? NULL : book->policies[number];
}

static void add_number(struct arena *arena, struct cause_numbers *found, uint32_t number)
{
	for (size_t i = 0; i < found->count; i++)
		if (found->items[i] == number)
			return;
	arena_push(arena, found->items, found->count, number);
}

static void keep_cause(struct cause_book *book, struct cause_numbers *found, struct cause cause)
{
	bool added = false;
	uint32_t number = table_add(&book->cause_keys, cause.text, strlen(cause.text), &added);

	if (added)
		arena_push(book->arena, book->causes, book->cause_count, cause);
	add_number(book->arena, found, number);
}

static void add_cause(const struct inquiry *inquiry, struct cause_numbers *found, enum age age,
		      const struct policy *policy, struct mark mark, const char *does)
{
	struct cause_book *book = inquiry->book;
	const char *text = arena_printf(book->arena, "policy %s/%s %s (%s:%u)", policy->namespace,
					policy->name, does, mark.file, mark.line);

	keep_cause(book, found,
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
	struct arena *arena = inquiry->book->arena;

	for (size_t i = 0; i < reasons->rule_count; i++) {
		const struct rule_reason *rule = &reasons->rules[i];
		const struct policy *now = find_policy(inquiry->book, rule->policy);

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
			   struct cause_numbers *found)
{
	const char *which = inquiry->direction == INGRESS ? "destination" : "source";
	struct arena *arena = inquiry->book->arena;

	for (size_t i = 0; i < reasons->policy_count; i++) {
		const struct policy *policy = reasons->policies[i];
		const struct policy *now = find_policy(inquiry->book, policy);

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
		inquiry->book->rows->pairs->worlds[inquiry->age]->resolved;
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
	const struct party_pairs *pairs = inquiry->book->rows->pairs;
	const enum age other = !inquiry->age;
	const bool is_in_other = is_there(inquiry, other);
	const struct reasons here = reasons_in(inquiry, inquiry->age);
	const struct reasons there = is_in_other ? reasons_in(inquiry, other) : (struct reasons){0};
	struct tiers_change change = {
		.arena = inquiry->book->arena,
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
		keep_cause(inquiry->book, inquiry->found, causes.items[i]);
	add_policies(inquiry, &here, change.reasons[other]);
	return true;
}

/*
 * Adds the rules of the world in which it passes; or if nothing isolates there, what isolates in
 * the other.
 */
static void add_causes(const struct inquiry *inquiry)
{
	struct cause_book *book = inquiry->book;
	struct cause_numbers *isolating = &book->isolating[inquiry->age][inquiry->direction]
							  [inquiry->kinds[inquiry->direction]];

	if (book->has_tiers && add_tier_causes(inquiry))
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
		add_number(book->arena, inquiry->found, isolating->items[i]);
}

/*
 * The part of a list that passes in one world and that this side denies in the other.  If an end is
 * not in the other world: for a new end, what the side had to allow; for one that is gone, nothing.
 */
static uint32_t stopped(const struct inquiry *inquiry, uint32_t list)
{
	const struct cause_book *book = inquiry->book;
	const enum age other = !inquiry->age;
	const struct party *from = inquiry->from->in[other], *to = inquiry->to->in[other];

	if (!is_there(inquiry, other))
		return inquiry->age == NEW && is_isolated(inquiry) ? list : PORTS_NOTHING;
	return ports_minus(book->ports, list,
			   sides_one(book->kinds->sides[other], inquiry->direction, inquiry->family,
				     from->class, to->class));
}

/* Finds the causes for all ports of the list. */
static struct cause_numbers find_causes(const struct inquiry *inquiry, uint32_t list)
{
	const struct reach *ports = ports_list(inquiry->book->ports, list);
	struct cause_numbers found = {0};
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

	if (!inquiry->book->has_tiers || !is_there(inquiry, other))
		return TABLE_NONE;
	return sides_view(inquiry->book->kinds->sides[other], inquiry->direction, inquiry->family,
			  inquiry->from->in[other]->class, inquiry->to->in[other]->class);
}

/* Asks once for all others that the side sees in the same way. */
static struct cause_numbers causes_once(struct inquiry *inquiry, uint32_t list)
{
	struct cause_book *book = inquiry->book;
	const enum age age = inquiry->age;
	const uint32_t key[] = {age,
				inquiry->direction,
				inquiry->family,
				inquiry->kinds[inquiry->direction],
				sides_view(book->kinds->sides[age], inquiry->direction,
					   inquiry->family, inquiry->from->in[age]->class,
					   inquiry->to->in[age]->class),
				view_in_other(inquiry),
				list};
	bool added = false;
	uint32_t number = table_add(&book->found_keys, key, sizeof(key), &added);

	if (added)
		arena_push(book->arena, book->found, book->found_count, find_causes(inquiry, list));
	return book->found[number];
}

static struct inquiry inquiry_of(struct cause_book *book, const struct ends_asked *ends,
				 enum direction direction)
{
	return (struct inquiry){.book = book,
				.age = ends->age,
				.direction = direction,
				.kinds = {[INGRESS] = ends->to, [EGRESS] = ends->from},
				.from = &book->kinds->items[ends->from].pairs[0],
				.to = &book->kinds->items[ends->to].pairs[ends->from == ends->to],
				.to_another = ends->from == ends->to};
}

/* What the side denies in the other world, of what passes only in this one, in a family. */
static uint32_t stopped_of(const struct inquiry *inquiry, const struct ends_asked *ends)
{
	const uint32_t list = ends->only[inquiry->family];

	return list == PORTS_NONE || list == PORTS_NOTHING ? PORTS_NOTHING : stopped(inquiry, list);
}

bool causes_deny(struct cause_book *book, const struct ends_asked *ends, enum direction direction)
{
	struct inquiry inquiry = inquiry_of(book, ends, direction);

	for (; inquiry.family < FAMILIES; inquiry.family++)
		if (stopped_of(&inquiry, ends) != PORTS_NOTHING)
			return true;
	return false;
}

/* Adds the causes on one side, in one family. */
static void add_side(struct inquiry *inquiry, const struct ends_asked *ends,
		     struct cause_numbers *found)
{
	const uint32_t list = stopped_of(inquiry, ends);
	struct cause_numbers more;

	if (list == PORTS_NOTHING)
		return;
	more = causes_once(inquiry, list);
	for (size_t i = 0; i < more.count; i++)
		add_number(inquiry->book->arena, found, more.items[i]);
}

struct cause_numbers causes_of(struct cause_book *book, const struct ends_asked *ends)
{
	struct inquiry inquiry = inquiry_of(book, ends, EGRESS);
	struct cause_numbers found = {0};

	for (; inquiry.family < FAMILIES; inquiry.family++) {
		inquiry.direction = EGRESS;
		add_side(&inquiry, ends, &found);
		inquiry.direction = INGRESS;
		add_side(&inquiry, ends, &found);
	}
	return found;
}

const struct cause *causes_listed(const struct cause_book *book, const struct cause_numbers *found)
{
	struct cause *causes = arena_array(book->arena, found->count, sizeof(*causes));

	for (size_t i = 0; i < found->count; i++)
		causes[i] = book->causes[found->items[i]];
	return causes;
}

struct cause_list causes_of_side(struct cause_book *book, const struct ends_asked *ends,
				 enum direction direction)
{
	struct inquiry inquiry = inquiry_of(book, ends, direction);
	struct cause_numbers found = {0};

	for (; inquiry.family < FAMILIES; inquiry.family++)
		add_side(&inquiry, ends, &found);
	return (struct cause_list){causes_listed(book, &found), found.count};
}

struct cause_book *causes_new(struct arena *arena, const struct rows *rows,
			      const struct kinds *kinds)
{
	struct cause_book *book = arena_alloc(arena, sizeof(*book));

	*book = (struct cause_book){.arena = arena,
				    .rows = rows,
				    .ports = rows->ports,
				    .kinds = kinds,
				    .cause_keys.arena = arena,
				    .found_keys.arena = arena,
				    .policy_names.arena = arena};
	for (enum age age = OLD; age < AGES; age++) {
		for (enum direction direction = INGRESS; direction < DIRECTIONS; direction++)
			book->isolating[age][direction] = arena_array(
				arena, kinds->count, sizeof(*book->isolating[age][direction]));
		book->has_tiers |= rows->pairs->worlds[age]->objects->cluster_policy_count > 0;
	}
	note_policies(book);
	return book;
}
