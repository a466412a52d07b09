/*
 * Takes the rules of a tier up to the first that denies everything, cuts the ports where their
 * ranges begin and end, and places each rule at the highest nodes whose cells it covers.
 */
#include "lower/tier_places.h"

#include "base/arena.h"
#include "base/numbers.h"

#include <stdlib.h>
#include <string.h>

/* Sorts a rule's peers by kind. */
static void sort_peers(struct ordering *ordering, struct ordered_rule *rule)
{
	const struct peer_list *peers = rule->peers;

	for (size_t i = 0; i < peers->count; i++) {
		const uint32_t number = peers->definitions[i];

		if (ordering->resolved->definitions[number].kind == DEFINITION_BLOCK)
			arena_push(ordering->arena, rule->blocks, rule->block_count, number);
		else
			arena_push(ordering->arena, rule->lists, rule->list_count, number);
	}
}

/*
 * Returns the number of a policy's rule, which is added if it is new; the grants of a rule follow
 * each other.
 */
static uint32_t add_rule(struct ordering *ordering, const struct cluster_policy *policy,
			 const struct tier_grant *grant)
{
	struct ordered_rule *last =
		ordering->rule_count ? &ordering->rules[ordering->rule_count - 1] : NULL;
	struct ordered_rule rule = {
		.policy = policy,
		.rule = grant->rule,
		.action = grant->action,
	};

	if (!last || last->policy != policy || last->rule != grant->rule)
		arena_push(ordering->arena, ordering->rules, ordering->rule_count, rule);
	return (uint32_t)ordering->rule_count - 1;
}

static void hold(struct ordering *ordering, uint32_t rule, const struct tier_grant *grant)
{
	const struct group *group = ordering->group;
	struct held held = {rule, grant->protocol, grant->first, grant->last};
	struct ordered_rule *of = &ordering->rules[rule];

	if (!of->peers) {
		of->peers = &ordering->resolved->peer_lists[grant->peers];
		sort_peers(ordering, of);
	}
	if (!grant->port_name)
		arena_push(ordering->arena, ordering->held, ordering->held_count, held);
	for (size_t i = 0; grant->port_name && i < group->number_count; i++) {
		const struct pod_port *port = &group->numbers[i];

		if (strcmp(port->name, grant->port_name) != 0 ||
		    (grant->protocol != PROTOCOL_ANY && grant->protocol != port->protocol))
			continue;
		held.protocol = port->protocol;
		held.first = held.last = port->number;
		arena_push(ordering->arena, ordering->held, ordering->held_count, held);
	}
}

static bool is_named(const struct ordering *ordering, const struct tier_grant *grant)
{
	const struct peer_list *list = &ordering->resolved->peer_lists[grant->peers];

	return ordering->resolved->definitions[*list->definitions].kind == DEFINITION_NAMED;
}

/* Takes all rules up to the first that denies everything; the rules behind that are never asked. */
static void take_rules(struct ordering *ordering)
{
	const struct group *group = ordering->group;
	const struct resolved *resolved = ordering->resolved;

	for (size_t i = 0; i < group->tier_count[ordering->tier]; i++) {
		const uint32_t number = group->tiers[ordering->tier][i];
		const struct tier_grants *of = &resolved->tier_grants[group->direction][number];

		for (size_t k = 0; k < of->count; k++) {
			const struct tier_grant *grant = &of->grants[k];
			uint32_t rule;

			if (grant->peers == ANYTHING) {
				ordering->plan->is_closed = true;
				return;
			}
			rule = add_rule(ordering, &resolved->objects->cluster_policies[number],
					grant);
			if (is_named(ordering, grant))
				arena_push(ordering->arena, ordering->named, ordering->named_count,
					   ((struct named_rule){
						   rule, &resolved->peer_lists[grant->peers]}));
			else
				hold(ordering, rule, grant);
		}
	}
}

static int compare_held(const void *a, const void *b)
{
	const struct held *x = a, *y = b;
	int order = (int)x->protocol - (int)y->protocol;

	if (!order)
		order = (x->rule > y->rule) - (x->rule < y->rule);
	return order ? order : (int)x->first - (int)y->first;
}

static uint32_t interval_at(const struct protocol_tree *of, uint32_t port)
{
	size_t low = 0, high = of->edge_count;

	while (high - low > 1) {
		const size_t middle = low + (high - low) / 2;

		if (of->edges[middle] <= port)
			low = middle;
		else
			high = middle;
	}
	return (uint32_t)low;
}

/* Cuts the ports where ranges begin and end, and numbers those pieces on which some rule holds. */
static size_t cut_ports(struct ordering *ordering, struct protocol_tree *of,
			const struct held *held, size_t count)
{
	struct arena *arena = ordering->arena;
	int *covered;
	int now = 0;
	uint32_t leaves = 0;

	for (size_t i = 0; i < count; i++) {
		arena_push(arena, of->edges, of->edge_count, held[i].first);
		arena_push(arena, of->edges, of->edge_count, (uint32_t)held[i].last + 1);
	}
	of->edge_count = numbers_sort(of->edges, of->edge_count);
	of->leaf_of = arena_array(arena, of->edge_count, sizeof(uint32_t));
	covered = arena_array(arena, of->edge_count, sizeof(*covered));
	for (size_t i = 0; i < count; i++) {
		covered[interval_at(of, held[i].first)]++;
		covered[interval_at(of, (uint32_t)held[i].last + 1)]--;
	}
	for (size_t i = 0; i < of->edge_count; i++) {
		now += covered[i];
		of->leaf_of[i] = now ? leaves++ : TABLE_NONE;
	}
	return leaves;
}

/*
 * Places a rule at the nodes whose cells its ranges cover.  The ranges come sorted by first port.
 */
static void place_rule(struct ordering *ordering, struct protocol_tree *of, const struct held *held,
		       size_t count)
{
	uint32_t first = TABLE_NONE, last = 0;

	for (size_t i = 0; i < count; i++) {
		const uint32_t begin = of->leaf_of[interval_at(of, held[i].first)];
		const uint32_t end = of->leaf_of[interval_at(of, held[i].last)];

		if (first != TABLE_NONE && begin <= last + 1) {
			last = end > last ? end : last;
			continue;
		}
		if (first != TABLE_NONE)
			cell_tree_place(ordering->arena, of->tree, first, last, held->rule);
		first = begin;
		last = end;
	}
	cell_tree_place(ordering->arena, of->tree, first, last, held->rule);
}

struct rule_list rule_list_join(struct arena *arena, const struct rule_list *a,
				const struct rule_list *b)
{
	struct rule_list all = {arena_array(arena, a->count + b->count, sizeof(uint32_t)), 0};

	for (size_t i = 0; i < a->count; i++)
		all.rules[all.count++] = a->rules[i];
	for (size_t i = 0; i < b->count; i++)
		all.rules[all.count++] = b->rules[i];
	all.count = numbers_sort(all.rules, all.count);
	return all;
}

/* Lists the rules of each node of a protocol, and those of the nodes above. */
static void make_places(struct ordering *ordering, struct protocol_tree *of)
{
	const struct cell_tree *tree = of->tree;

	for (size_t level = tree->level_count; level-- > 0;) {
		const size_t nodes = cell_tree_nodes(tree, level);

		of->places[level] =
			arena_array(ordering->arena, nodes, sizeof(struct ordered_place));
		for (size_t i = 0; i < nodes; i++) {
			const struct cell_node *node = &tree->levels[level][i];
			struct ordered_place *place = &of->places[level][i];
			const struct ordered_place *upper =
				level + 1 < tree->level_count
					? &of->places[level + 1][i / CELL_FANOUT]
					: &ordering->root;

			place->own = (struct rule_list){node->numbers, node->count};
			place->above = rule_list_join(ordering->arena, &upper->own, &upper->above);
		}
	}
}

/* Makes the tree of one protocol. */
static void plant(struct ordering *ordering, const struct held *held, size_t count)
{
	struct protocol_tree *of = &ordering->trees[ordering->tree_count++];
	const size_t leaves = cut_ports(ordering, of, held, count);

	of->protocol = held->protocol;
	of->tree = cell_tree_new(ordering->arena, leaves);
	for (size_t i = 0, next; i < count; i = next) {
		for (next = i + 1; next < count && held[next].rule == held[i].rule;)
			next++;
		place_rule(ordering, of, &held[i], next - i);
	}
	make_places(ordering, of);
}

/*
 * Puts the rules for every port of every protocol at the root, and the others into the trees of
 * their protocols.
 */
static void plant_all(struct ordering *ordering)
{
	const struct held *held = ordering->held;
	size_t i = 0, next;

	if (ordering->held_count)
		qsort(ordering->held, ordering->held_count, sizeof(*held), compare_held);
	for (; i < ordering->held_count && held[i].protocol == PROTOCOL_ANY; i++)
		if (!ordering->root.own.count ||
		    ordering->root.own.rules[ordering->root.own.count - 1] != held[i].rule)
			arena_push(ordering->arena, ordering->root.own.rules,
				   ordering->root.own.count, held[i].rule);
	for (; i < ordering->held_count; i = next) {
		for (next = i + 1;
		     next < ordering->held_count && held[next].protocol == held[i].protocol;)
			next++;
		plant(ordering, &held[i], next - i);
	}
}

size_t ordering_runs(const struct ordering *ordering, const struct rule_list *list)
{
	size_t runs = 0;

	for (size_t i = 0; i < list->count; i++)
		runs += i == 0 || ordering->rules[list->rules[i]].action !=
					  ordering->rules[list->rules[i - 1]].action;
	return runs;
}

bool rule_list_precedes(const struct rule_list *first, const struct rule_list *then)
{
	return !first->count || !then->count || first->rules[first->count - 1] < then->rules[0];
}

bool ordering_has_blocks(const struct ordering *ordering, const struct rule_list *list)
{
	for (size_t i = 0; i < list->count; i++)
		if (ordering->rules[list->rules[i]].block_count)
			return true;
	return false;
}

/*
 * Decides whether a place is resolved; returns true if its blocks trail, or those of a place below.
 */
static bool settle(struct ordering *ordering, struct ordered_place *place, bool below_trails)
{
	place->is_resolved = below_trails || !rule_list_precedes(&place->own, &place->above) ||
			     ordering_runs(ordering, &place->own) > RUNS_MAX;
	return below_trails || (place->is_resolved && ordering_has_blocks(ordering, &place->own));
}

static bool settle_tree(struct ordering *ordering, struct protocol_tree *of)
{
	const size_t levels = of->tree->level_count;
	bool *trails = arena_array(ordering->arena, of->tree->leaf_count, sizeof(*trails));

	/*
	 * When a level is reached, the entry of each of its nodes tells whether something below it
	 * trails.
	 */
	for (size_t level = 0; level < levels; level++) {
		const size_t nodes = cell_tree_nodes(of->tree, level);
		bool *upper = arena_array(ordering->arena, nodes / CELL_FANOUT + 1, sizeof(*upper));

		for (size_t i = 0; i < nodes; i++)
			upper[i / CELL_FANOUT] |=
				settle(ordering, &of->places[level][i], trails[i]);
		trails = upper;
	}
	return trails[0];
}

static void settle_all(struct ordering *ordering)
{
	for (size_t i = 0; i < ordering->tree_count; i++)
		ordering->trails |= settle_tree(ordering, &ordering->trees[i]);
	ordering->trails |= settle(ordering, &ordering->root, ordering->trails);
}

enum otherwise ordering_otherwise(const struct ordering *ordering)
{
	if (ordering->trails)
		return OTHERWISE_NOTHING;
	return ordering->plan->is_closed ? OTHERWISE_DENY : OTHERWISE_PASS;
}

bool ordering_all_say(const struct ordering *ordering, const struct rule_list *list,
		      enum action action)
{
	for (size_t i = 0; i < list->count; i++)
		if (ordering->rules[list->rules[i]].action != action)
			return false;
	return true;
}

void ordering_place_rules(struct ordering *ordering)
{
	take_rules(ordering);
	plant_all(ordering);
	settle_all(ordering);
}
