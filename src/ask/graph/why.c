/*
 * Rules of arrows.  See ask/graph/why.h.
 *
 * Where an arrow passes is the ruleset's word; here one connection is asked about (ask/reason.h) for each of its
 * ranges of ports and for each port in it that a policy names, for another rule may begin there.  Ends of the
 * same classes have the same rules: they are asked once.
 */
#include "ask/graph/why.h"

#include "ask/reason.h"
#include "base/arena.h"
#include "model/words.h"

#include <stdlib.h>

/* So many ports of one range are asked about. */
#define PORTS_ASKED 32

/* Numbers, each once: of rules, or of ports. */
struct why_numbers {
	uint32_t *items;
	size_t count;
	struct table known;
};

/* Parties, by index. */
struct parties {
	size_t *items;
	size_t count;
};

struct rule_asking {
	struct arena *arena;
	struct picture *picture;
	struct table rules;   /* by where the rule is kept */
	struct table answers; /* by world, direction, classes and ports */
	struct why_numbers *found;
	size_t found_count;
	struct table *policies; /* by node: the names of those that isolate it */
	/* Somebody of no namespace that is known; and with an address of each family. */
	struct parties pods[AGES], anyone[AGES];
};

/* A pair of parties. */
struct arrow_pair {
	enum age age;
	size_t from, to;
};

static const struct party *party_at(const struct rule_asking *asking, enum age age, size_t i)
{
	return &asking->picture->nodes.worlds[age]->parties[i];
}

static void add_number(struct arena *arena, struct why_numbers *numbers, uint32_t number)
{
	bool added = false;

	numbers->known.arena = arena;
	table_add(&numbers->known, &number, sizeof(number), &added);
	if (added)
		arena_push(arena, numbers->items, numbers->count, number);
}

static int compare_numbers(const void *a, const void *b)
{
	const uint32_t x = *(const uint32_t *)a, y = *(const uint32_t *)b;

	return (x > y) - (x < y);
}

static uint32_t rule_number(struct rule_asking *asking, const struct world *world,
			    const struct rule_reason *reason)
{
	struct picture *picture = asking->picture;
	const struct mark *mark = &reason->rule->mark;
	bool added = false;
	uint32_t number = table_add(&asking->rules, &reason->rule, sizeof(reason->rule), &added);

	if (added)
		arena_push(
			asking->arena, picture->rules, picture->rule_count,
			((struct graph_rule){.policy = policy_text(asking->arena, reason->policy),
					     .direction = reason->direction,
					     .place = arena_printf(asking->arena, "%s:%u:%u",
								   mark->file ? mark->file : "",
								   mark->line, mark->col),
					     .yaml = rule_yaml(asking->arena, world, reason, "")}));
	return number;
}

/* A family that the parties have in common, one in which the port passes on its condition; FAMILIES: none. */
static enum family family_of(const struct party *from, const struct party *to,
			     const struct condition *only_if)
{
	for (enum family family = V4; family < FAMILIES; family++)
		if (parties_meet(from, to, family) &&
		    (!only_if || !only_if->from || only_if->from->counts[family]) &&
		    (!only_if || !only_if->to || only_if->to->counts[family]))
			return family;
	return FAMILIES;
}

static struct reasons ask(struct rule_asking *asking, const struct arrow_pair *pair,
			  enum direction direction, struct port_range port)
{
	const struct world *world = asking->picture->nodes.worlds[pair->age];
	const struct party *from = party_at(asking, pair->age, pair->from);
	const struct party *to = party_at(asking, pair->age, pair->to);
	const enum family family = family_of(from, to, port.only_if);
	struct question question;

	if (family == FAMILIES)
		return (struct reasons){0};
	question = question_of(from, to, pair->from == pair->to, family, &port);
	return reasons_of(asking->arena, world, direction, &question);
}

static void add_rules(struct rule_asking *asking, const struct arrow_pair *pair,
		      const struct reasons *reasons, struct why_numbers *numbers)
{
	const struct world *world = asking->picture->nodes.worlds[pair->age];

	for (size_t i = 0; i < reasons->rule_count; i++)
		if (reasons->rules[i].miss == MISS_NOTHING)
			add_number(asking->arena, numbers,
				   rule_number(asking, world, &reasons->rules[i]));
}

/* Ports inside the range at which a rule of these policies begins. */
static struct why_numbers ports_named(struct arena *arena, const struct reasons *reasons,
				      enum direction direction, const struct port_range *range)
{
	struct why_numbers numbers = {0};

	for (size_t i = 0; i < reasons->policy_count; i++) {
		const struct policy *policy = reasons->policies[i];

		for (size_t k = 0; k < policy->rule_count[direction]; k++) {
			const struct policy_rule *rule = &policy->rules[direction][k];

			for (size_t m = 0; m < rule->port_count; m++)
				if (rule->ports[m].protocol == range->protocol &&
				    rule->ports[m].first > range->first &&
				    rule->ports[m].first <= range->last &&
				    numbers.count < PORTS_ASKED)
					add_number(arena, &numbers, rule->ports[m].first);
		}
	}
	return numbers;
}

static struct why_numbers rules_of(struct rule_asking *asking, const struct arrow_pair *pair,
				   enum direction direction, const struct reach *reach)
{
	struct why_numbers numbers = {0};

	for (size_t i = 0; i < reach->count; i++) {
		const struct port_range *range = &reach->ranges[i];
		struct reasons reasons = ask(asking, pair, direction, *range);
		struct why_numbers more = ports_named(asking->arena, &reasons, direction, range);

		add_rules(asking, pair, &reasons, &numbers);
		for (size_t k = 0; range->protocol != ICMP && k < more.count; k++) {
			reasons = ask(asking, pair, direction,
				      (struct port_range){range->protocol, (uint16_t)more.items[k],
							  range->last, range->only_if});
			add_rules(asking, pair, &reasons, &numbers);
		}
	}
	return numbers;
}

/* The same for all of the classes. */
static struct why_numbers rules_once(struct rule_asking *asking, const struct arrow_pair *pair,
				     enum direction direction, uint32_t ports)
{
	const uint32_t key[] = {pair->age, direction,
				party_at(asking, pair->age, pair->from)->class,
				party_at(asking, pair->age, pair->to)->class, ports};
	bool added = false;
	uint32_t at = table_add(&asking->answers, key, sizeof(key), &added);

	if (added)
		arena_push(asking->arena, asking->found, asking->found_count,
			   rules_of(asking, pair, direction,
				    ports_list(asking->picture->ports, ports)));
	return asking->found[at];
}

static void find_strangers(struct rule_asking *asking, enum age age)
{
	const struct world *world = asking->picture->nodes.worlds[age];
	struct parties *pods = &asking->pods[age], *anyone = &asking->anyone[age];
	bool taken[FAMILIES] = {false};

	for (size_t i = 0; i < world->party_count; i++) {
		const struct party *party = &world->parties[i];
		enum family family = party->has[V4] ? V4 : V6;

		if (party->kind == PARTY_ELSEWHERE)
			arena_push(asking->arena, pods->items, pods->count, i);
		if (party->kind == PARTY_ELSEWHERE ||
		    (party->kind == PARTY_OUTSIDE && !taken[family]))
			arena_push(asking->arena, anyone->items, anyone->count, i);
		taken[family] |= party->kind == PARTY_OUTSIDE;
	}
}

static struct parties parties_of(struct rule_asking *asking, enum age age,
				 const struct graph_end *end)
{
	const struct graph_nodes *nodes = &asking->picture->nodes;
	const struct end_nodes of = graph_end_nodes(nodes, end);
	struct parties parties = {0};

	if (!end->box && end->number <= ANY_POD)
		return end->number == ANYONE ? asking->anyone[age] : asking->pods[age];
	for (size_t i = 0; i < of.count; i++) {
		const size_t party = nodes->items[end_node(&of, i)].party[age];

		if (party != NO_PARTY)
			arena_push(asking->arena, parties.items, parties.count, party);
	}
	return parties;
}

/* Two of each class: all others of it have the same rules as one of them has. */
static struct parties some_of(struct rule_asking *asking, enum age age, struct parties all)
{
	struct table classes = {.arena = asking->arena};
	struct parties some = {0};
	size_t *counts = arena_array(asking->arena, all.count, sizeof(*counts));

	for (size_t i = 0; i < all.count; i++) {
		const uint32_t class = party_at(asking, age, all.items[i])->class;

		if (counts[table_add(&classes, &class, sizeof(class), NULL)]++ < 2)
			arena_push(asking->arena, some.items, some.count, all.items[i]);
	}
	return some;
}

/* One of a node and another one of it. */
static size_t other_than(const struct rule_asking *asking, const struct arrow_pair *pair)
{
	const struct graph_nodes *nodes = &asking->picture->nodes;
	const uint32_t node = nodes->node_of[pair->age][pair->to];
	const size_t second = node == UINT32_MAX ? NO_PARTY : nodes->items[node].second[pair->age];

	return pair->from == pair->to && second != NO_PARTY ? second : pair->to;
}

static void explain_pair(struct rule_asking *asking, struct arrow_pair pair,
			 const struct graph_arrow *arrow, struct why_numbers *numbers)
{
	pair.to = other_than(asking, &pair);
	for (enum direction direction = INGRESS; direction < DIRECTIONS; direction++) {
		const struct graph_end *end = direction == INGRESS ? &arrow->to : &arrow->from;
		struct why_numbers more;

		if (!end->box && end->number <= ANY_POD)
			continue;
		more = rules_once(asking, &pair, direction, arrow->ports);
		for (size_t i = 0; i < more.count; i++)
			add_number(asking->arena, numbers, more.items[i]);
	}
}

static void explain_arrow(struct rule_asking *asking, struct graph_arrow *arrow)
{
	enum age age = arrow->change == CLOSED ? OLD : NEW;
	struct parties from = some_of(asking, age, parties_of(asking, age, &arrow->from));
	struct parties to = some_of(asking, age, parties_of(asking, age, &arrow->to));
	struct why_numbers numbers = {0};

	for (size_t i = 0; i < from.count; i++)
		for (size_t k = 0; k < to.count; k++)
			if (from.items[i] != to.items[k] || (from.count == 1 && to.count == 1))
				explain_pair(asking,
					     (struct arrow_pair){age, from.items[i], to.items[k]},
					     arrow, &numbers);
	if (numbers.count)
		qsort(numbers.items, numbers.count, sizeof(*numbers.items), compare_numbers);
	arrow->rules = numbers.items;
	arrow->rule_count = numbers.count;
}

/* The policies that deny it in the other world, of one pair of the arrow. */
static const char *deniers(struct rule_asking *asking, const struct arrow_pair *pair,
			   const struct port_range *range)
{
	const char *text = "";

	for (enum direction direction = INGRESS; direction < DIRECTIONS; direction++) {
		struct reasons reasons = ask(asking, pair, direction, *range);

		for (size_t i = 0; !reasons.allowed && i < reasons.policy_count; i++)
			text = arena_printf(asking->arena, "%s%s%s", text, *text ? ", " : "",
					    policy_text(asking->arena, reasons.policies[i]));
	}
	return text;
}

static void note_change(struct rule_asking *asking, struct graph_arrow *arrow)
{
	enum age other = arrow->change == CLOSED ? NEW : OLD;
	struct parties from = parties_of(asking, other, &arrow->from);
	struct parties to = parties_of(asking, other, &arrow->to);
	const struct port_range *range =
		&ports_list(asking->picture->ports, arrow->ports)->ranges[0];
	const char *by;

	if (!from.count || !to.count) {
		arrow->note = arrow->change == CLOSED ? "one end is gone" : "one end is new";
		return;
	}
	by = deniers(asking, &(struct arrow_pair){other, from.items[0], to.items[to.count - 1]},
		     range);
	if (*by)
		arrow->note = arena_printf(asking->arena,
					   arrow->change == CLOSED
						   ? "now no rule of %s lets it through"
						   : "before, no rule of %s let it through",
					   by);
}

/* The groups of each pod: [pod * DIRECTIONS + direction]. */
static const struct group **groups_of_pods(struct arena *arena, const struct resolved *resolved)
{
	const struct group **groups =
		arena_array(arena, resolved->objects->pod_count * DIRECTIONS, sizeof(*groups));

	for (size_t i = 0; i < resolved->group_count; i++)
		for (size_t k = 0; k < resolved->groups[i].pod_count; k++)
			groups[resolved->groups[i].pods[k] * DIRECTIONS +
			       resolved->groups[i].direction] = &resolved->groups[i];
	return groups;
}

/* The names of the group's policies, each once. */
static void add_policies(struct rule_asking *asking, const struct resolved *resolved,
			 const struct group *group, size_t node)
{
	struct graph_policies *policies = &asking->picture->policies[node];

	asking->policies[node].arena = asking->arena;
	for (size_t i = 0; group && i < group->policy_count; i++) {
		const char *name = policy_text(asking->arena,
					       &resolved->objects->policies[group->policies[i]]);
		bool added = false;

		table_keep(&asking->policies[node], name, strlen(name), &added);
		if (added)
			arena_push(asking->arena, policies->names, policies->count, name);
	}
}

static void find_policies(struct rule_asking *asking, enum age age)
{
	const struct graph_nodes *nodes = &asking->picture->nodes;
	const struct resolved *resolved = nodes->worlds[age]->resolved;
	const struct group **groups = groups_of_pods(asking->arena, resolved);

	for (size_t i = 0; i < nodes->count; i++) {
		size_t party = nodes->items[i].party[age];

		if (party == NO_PARTY || nodes->items[i].sort == NODE_OUTSIDE)
			continue;
		for (enum direction direction = INGRESS; direction < DIRECTIONS; direction++)
			add_policies(
				asking, resolved,
				groups[party_at(asking, age, party)->pod * DIRECTIONS + direction],
				i);
	}
}

void graph_why(struct arena *arena, struct picture *picture)
{
	struct rule_asking asking = {
		.arena = arena, .picture = picture, .rules.arena = arena, .answers.arena = arena};

	picture->policies = arena_array(arena, picture->nodes.count, sizeof(*picture->policies));
	asking.policies = arena_array(arena, picture->nodes.count, sizeof(*asking.policies));
	for (enum age age = picture->two ? OLD : NEW; age < AGES; age++) {
		find_strangers(&asking, age);
		find_policies(&asking, age);
	}
	for (size_t i = 0; i < picture->arrow_count; i++) {
		explain_arrow(&asking, &picture->arrows[i]);
		if (picture->arrows[i].change != KEPT)
			note_change(&asking, &picture->arrows[i]);
	}
}
