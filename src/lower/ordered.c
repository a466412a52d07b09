/*
 * Plans a tier: places rules in trees of ports, decides for each node whether it is asked as
 * written or resolved, and lists what each leaf asks.  lower/ordered.h explains the two ways.
 */
#include "lower/ordered.h"

#include "base/arena.h"
#include "base/numbers.h"
#include "lower/names.h"
#include "ruleset/ruleset.h"

#include <stdlib.h>
#include <string.h>

/* A rule of the tier, on some ports or on all; its number is its place in the order. */
struct ordered_rule {
	const struct cluster_policy *policy;
	uint32_t rule; /* index to the policy's rules */
	enum action action;
	const struct peer_list *peers;
	uint32_t *lists; /* its peers: those that are lists of addresses, and the others */
	size_t list_count;
	uint32_t *blocks;
	size_t block_count;
};

/* A range of ports on which a rule holds. */
struct held {
	uint32_t rule;
	enum protocol protocol;
	uint16_t first, last;
};

/*
 * A rule about a named port of its peers, in egress: for each peer it holds on the peer's own port.
 */
struct named_rule {
	uint32_t rule;
	const struct peer_list *peers; /* of DEFINITION_NAMED */
};

/* The rules of one node, and those of the nodes above it. */
struct ordered_place {
	struct rule_list {
		uint32_t *rules; /* ascending */
		size_t count;
	} own, above;
	bool is_resolved; /* it is resolved, not asked as it is written */
	/*
	 * What is asked there, and what is asked of its blocks if they trail.  Both are found out
	 * for the first leaf that asks.
	 */
	bool is_found, blocks_are_found;
	struct asks asks, blocks;
};

/* The places of the tree of one protocol. */
struct protocol_tree {
	enum protocol protocol;
	uint32_t *edges; /* interval i is edges[i] to edges[i + 1] - 1 */
	size_t edge_count;
	uint32_t *leaf_of; /* index: interval; TABLE_NONE: no rule holds there */
	struct cell_tree *tree;
	struct ordered_place *places[LEVELS_MAX];
};

struct ordering {
	struct arena *arena;
	const struct resolved *resolved;
	struct unions *unions;
	const struct group *group;
	enum tier tier;
	struct tier_plan *plan;
	struct ordered_rule *rules;
	size_t rule_count;
	struct held *held;
	size_t held_count;
	struct named_rule *named;
	size_t named_count;
	struct ordered_place root;
	struct protocol_tree trees[3];
	size_t tree_count;
	bool trails; /* some node has blocks that trail */
	struct table targets, firsts;
	struct first_match **first_of; /* index: number in firsts */
	size_t first_count;
};

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

/* Merges two ascending lists. */
static struct rule_list join(struct arena *arena, const struct rule_list *a,
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
			const struct tree_node *node = &tree->levels[level][i];
			struct ordered_place *place = &of->places[level][i];
			const struct ordered_place *upper =
				level + 1 < tree->level_count
					? &of->places[level + 1][i / CELL_FANOUT]
					: &ordering->root;

			place->own = (struct rule_list){node->numbers, node->count};
			place->above = join(ordering->arena, &upper->own, &upper->above);
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

/* How many runs of rules with the same action the list has. */
static size_t count_runs(const struct ordering *ordering, const struct rule_list *list)
{
	size_t runs = 0;

	for (size_t i = 0; i < list->count; i++)
		runs += i == 0 || ordering->rules[list->rules[i]].action !=
					  ordering->rules[list->rules[i - 1]].action;
	return runs;
}

/* Do all rules of @first come before all of @then? */
static bool precede(const struct rule_list *first, const struct rule_list *then)
{
	return !first->count || !then->count || first->rules[first->count - 1] < then->rules[0];
}

static bool has_blocks(const struct ordering *ordering, const struct rule_list *list)
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
	place->is_resolved = below_trails || !precede(&place->own, &place->above) ||
			     count_runs(ordering, &place->own) > RUNS_MAX;
	return below_trails || (place->is_resolved && has_blocks(ordering, &place->own));
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

/* What is decided, as far as lists of addresses show, about an address that no rule matches. */
static enum otherwise otherwise(const struct ordering *ordering)
{
	if (ordering->trails)
		return OTHERWISE_NOTHING;
	return ordering->plan->is_closed ? OTHERWISE_DENY : OTHERWISE_PASS;
}

/* A text that names the rules behind a decision, for a comment. */
struct origins_text {
	struct string text;
	const struct cluster_policy *policy; /* the policy of the rule that was added last */
};

/* Adds "POLICY: RULE", or only the rule if the one before is of the same policy. */
static void add_origin(const struct ordering *ordering, struct origins_text *to,
		       const struct ordered_rule *rule)
{
	const enum direction direction = ordering->group->direction;
	const char *name = rule->policy->rules[direction][rule->rule].name;

	if (to->text.len > COMMENT_MAX_LEN)
		return;
	if (to->policy == rule->policy)
		arena_add(ordering->arena, &to->text, ", ");
	else
		arena_append(ordering->arena, &to->text, "%s%s: ", to->policy ? "; " : "",
			     rule->policy->name);
	if (*name)
		arena_add(ordering->arena, &to->text, name);
	else
		arena_append(ordering->arena, &to->text, "rule %u", rule->rule + 1);
	to->policy = rule->policy;
}

static const char *origins_comment(const struct ordering *ordering, const struct origins_text *of)
{
	return of->text.text ? comment_fit(ordering->arena, of->text.text) : NULL;
}

static bool has_definition(const struct peer_list *list, uint32_t definition)
{
	for (size_t i = 0; i < list->count; i++)
		if (list->definitions[i] == definition)
			return true;
	return false;
}

/* A run of neighbouring rules with the same action, or what they name. */
struct run_of_rules {
	enum action action;
	const uint32_t *rules;
	size_t count;
	uint32_t *definitions; /* of the kinds that are asked for */
	size_t definition_count;
};

static void add_ask(struct ordering *ordering, struct asks *asks, struct ask ask)
{
	arena_push(ordering->arena, asks->items, asks->count, ask);
}

/* Asks for some definitions of a run, in one look-up. */
static void ask_union(struct ordering *ordering, struct asks *asks, const struct run_of_rules *run,
		      const uint32_t *definitions, size_t count)
{
	struct origins_text text = {0};

	for (size_t i = 0; i < run->count; i++) {
		const struct ordered_rule *rule = &ordering->rules[run->rules[i]];
		bool names = false;

		for (size_t k = 0; !names && k < count; k++)
			names = has_definition(rule->peers, definitions[k]);
		if (names)
			add_origin(ordering, &text, rule);
	}
	add_ask(ordering, asks,
		(struct ask){.kind = ASK_UNION,
			     .action = run->action,
			     .number = unions_add(ordering->unions, definitions, count),
			     .comment = origins_comment(ordering, &text)});
}

/*
 * Asks for everything that a run names: a few definitions one by one, in sets that others share, or
 * all of them in one.
 */
static void ask_run(struct ordering *ordering, struct asks *asks, struct run_of_rules *run)
{
	run->definition_count = numbers_sort(run->definitions, run->definition_count);
	if (run->definition_count > LOOKUPS_APART)
		ask_union(ordering, asks, run, run->definitions, run->definition_count);
	for (size_t i = 0; run->definition_count <= LOOKUPS_APART && i < run->definition_count; i++)
		ask_union(ordering, asks, run, &run->definitions[i], 1);
}

static void add_definitions(struct ordering *ordering, struct run_of_rules *run,
			    const uint32_t *definitions, size_t count)
{
	for (size_t i = 0; i < count; i++)
		arena_push(ordering->arena, run->definitions, run->definition_count,
			   definitions[i]);
}

/* Do all rules of the list have the action? */
static bool all_say(const struct ordering *ordering, const struct rule_list *list,
		    enum action action)
{
	for (size_t i = 0; i < list->count; i++)
		if (ordering->rules[list->rules[i]].action != action)
			return false;
	return true;
}

/* Asks rules run by run; @blocks_alone: asks only for the blocks that they name. */
static void ask_runs(struct ordering *ordering, struct asks *asks,
		     const struct ordered_place *place, bool blocks_alone)
{
	const struct rule_list *own = &place->own;
	const enum action none = ordering->plan->is_closed ? ACTION_DENY : ACTION_PASS;

	for (size_t i = 0, next; i < own->count; i = next) {
		const enum action action = ordering->rules[own->rules[i]].action;
		struct run_of_rules run = {.action = action, .rules = &own->rules[i]};

		for (next = i;
		     next < own->count && ordering->rules[own->rules[next]].action == action;
		     next++) {
			const struct ordered_rule *rule = &ordering->rules[own->rules[next]];

			add_definitions(ordering, &run, rule->blocks, rule->block_count);
			if (!blocks_alone)
				add_definitions(ordering, &run, rule->lists, rule->list_count);
		}
		run.count = next - i;
		/*
		 * If a run decides what is decided anyway when nothing matches, it need not be
		 * asked.
		 */
		if (next == own->count && action == none &&
		    otherwise(ordering) != OTHERWISE_NOTHING &&
		    all_say(ordering, &place->above, action))
			return;
		ask_run(ordering, asks, &run);
	}
}

/* The entries of a set of first matches. */
struct entries {
	struct first_entry *items;
	size_t count;
};

static void add_entries(struct ordering *ordering, struct entries *to, const uint32_t *definitions,
			size_t count, struct first_entry entry)
{
	for (size_t i = 0; i < count; i++) {
		entry.definition = definitions[i];
		arena_push(ordering->arena, to->items, to->count, entry);
	}
}

static bool has_rule(const struct rule_list *list, uint32_t rule)
{
	for (size_t i = 0; i < list->count; i++)
		if (list->rules[i] == rule)
			return true;
	return false;
}

/* The rules of a place and of those above it, in order, as entries. */
static struct entries entries_of(struct ordering *ordering, const struct ordered_place *place)
{
	const struct rule_list all = join(ordering->arena, &place->own, &place->above);
	struct entries entries = {0};

	for (size_t i = 0; i < all.count; i++) {
		const struct ordered_rule *rule = &ordering->rules[all.rules[i]];
		struct first_entry entry = {
			.action = rule->action,
			.is_own = has_rule(&place->own, all.rules[i]),
			.answers = true,
		};

		add_entries(ordering, &entries, rule->lists, rule->list_count, entry);
		/* Later places ask for blocks among the lists only if no blocks trail. */
		entry.answers = !ordering->trails;
		add_entries(ordering, &entries, rule->blocks, rule->block_count, entry);
	}
	return entries;
}

/* Returns the one copy of a set of first matches, so that places with the same set share it. */
static const struct first_match *keep_first(struct ordering *ordering,
					    const struct first_match *match)
{
	struct first_match *kept;
	uint32_t number;
	size_t len;
	bool added;
	const void *key = first_key(ordering->arena, match, &len);

	number = table_add(&ordering->firsts, key, len, &added);
	if (!added)
		return ordering->first_of[number];
	kept = arena_alloc(ordering->arena, sizeof(*kept));
	*kept = *match;
	arena_push(ordering->arena, ordering->first_of, ordering->first_count, kept);
	return kept;
}

static const char *const action_words[] = {
	[ACTION_ACCEPT] = "Accept", [ACTION_DENY] = "Deny", [ACTION_PASS] = "Pass"};

/* Describes a set of first matches: which of its own rules decide so, and whom they name. */
static const char *words_of_first(const struct ordering *ordering, const struct rule_list *own,
				  enum action action)
{
	struct arena *arena = ordering->arena;
	struct string text = {0};

	arena_append(arena, &text, "first match is %s", action_words[action]);
	for (size_t i = 0; i < own->count && text.len <= COMMENT_MAX_LEN; i++) {
		const struct ordered_rule *rule = &ordering->rules[own->rules[i]];
		struct origins_text name = {0};

		if (rule->action != action)
			continue;
		add_origin(ordering, &name, rule);
		arena_append(arena, &text, "%s", strchr(text.text, ':') ? "; " : ": ");
		for (size_t k = 0; rule->peers && k < rule->peers->count; k++)
			arena_append(
				arena, &text, "%s%s", k ? ", " : "",
				ordering->resolved->definitions[rule->peers->definitions[k]].text);
		arena_append(arena, &text, " (%s)", name.text.text);
	}
	return comment_fit(arena, text.text);
}

/*
 * All that decides what is in a set of first matches, as text, so that sets that differ get
 * different names.
 */
static const char *text_of_entries(const struct ordering *ordering, const struct entries *entries,
				   enum action action)
{
	struct string text = {0};

	arena_append(ordering->arena, &text, "%d %d", action, otherwise(ordering));
	for (size_t i = 0; i < entries->count; i++) {
		const struct first_entry *entry = &entries->items[i];

		arena_append(ordering->arena, &text, "\n%d %d %d %d %u %u %s", entry->action,
			     entry->is_own, entry->answers, entry->protocol, entry->first,
			     entry->last, ordering->resolved->definitions[entry->definition].text);
	}
	return text.text;
}

/*
 * The name of a place's sets for an action: the policies whose rules stand there, and a hash of the
 * rest.
 */
static const char *first_name(const struct ordering *ordering, const struct rule_list *own,
			      enum action action, const char *what, const char *text)
{
	static const char *const words[] = {
		[ACTION_ACCEPT] = "accepted", [ACTION_DENY] = "denied", [ACTION_PASS] = "passed"};
	const char **policies = arena_array(ordering->arena, own->count, sizeof(*policies));
	size_t count = 0;

	for (size_t i = 0; i < own->count; i++) {
		const char *name = ordering->rules[own->rules[i]].policy->name;

		if (!count || strcmp(policies[count - 1], name) != 0)
			policies[count++] = name;
	}
	return name_first(ordering->arena, ordering->tier, ordering->group->direction, policies,
			  count, arena_join(ordering->arena, what, words[action], NULL), text);
}

/* Names the own entries that have the action. */
static const char *first_origins(const struct ordering *ordering, const struct rule_list *own,
				 enum action action)
{
	struct origins_text text = {0};

	for (size_t i = 0; i < own->count; i++)
		if (ordering->rules[own->rules[i]].action == action)
			add_origin(ordering, &text, &ordering->rules[own->rules[i]]);
	return origins_comment(ordering, &text);
}

/* Can the set have any address, judging by the rules alone? */
static bool may_have_any(const struct first_match *match)
{
	bool says = false, differs = (int)match->action != (int)match->otherwise, lists = false;

	for (size_t i = 0; i < match->count; i++) {
		const struct first_entry *entry = &match->entries[i];

		says |= entry->action == match->action && (entry->is_own || !entry->answers);
		differs |= entry->action != match->action && !entry->is_own;
		lists |= entry->answers;
	}
	return says && differs && lists;
}

/*
 * Asks for the denied, then for the accepted, then for the passed.  An address is in at most one of
 * these sets.
 */
static void ask_firsts(struct ordering *ordering, struct asks *asks,
		       const struct ordered_place *place)
{
	static const enum action order[] = {ACTION_DENY, ACTION_ACCEPT, ACTION_PASS};
	const struct entries entries = entries_of(ordering, place);
	bool has_own = false;

	for (size_t i = 0; i < place->own.count; i++)
		has_own |= ordering->trails || ordering->rules[place->own.rules[i]].list_count;
	for (size_t i = 0; has_own && i < sizeof(order) / sizeof(*order); i++) {
		const struct first_match match = {
			.entries = entries.items,
			.count = entries.count,
			.action = order[i],
			.otherwise = otherwise(ordering),
			.name = first_name(ordering, &place->own, order[i], "",
					   text_of_entries(ordering, &entries, order[i])),
			.comment = words_of_first(ordering, &place->own, order[i]),
		};

		if (may_have_any(&match))
			add_ask(ordering, asks,
				(struct ask){
					.kind = ASK_FIRST,
					.action = order[i],
					.first = keep_first(ordering, &match),
					.comment = first_origins(ordering, &place->own, order[i])});
	}
}

static struct rule_list with_blocks(const struct ordering *ordering, const struct rule_list *list)
{
	struct rule_list blocks = {arena_array(ordering->arena, list->count, sizeof(uint32_t)), 0};

	for (size_t i = 0; i < list->count; i++)
		if (ordering->rules[list->rules[i]].block_count)
			blocks.rules[blocks.count++] = list->rules[i];
	return blocks;
}

/* A list of ranges of one family that grows. */
struct ranges {
	struct range *items;
	size_t count;
};

/*
 * Adds a definition's ranges to those that are taken.  The parts that were not taken yet also go to
 * @fresh, unless it is NULL.
 */
static void take_ranges(struct ordering *ordering, const struct definition *block,
			enum family family, struct ranges *taken, struct ranges *fresh)
{
	for (size_t i = 0; i < block->count[family]; i++) {
		struct range *left = arena_array(ordering->arena, taken->count + 1, sizeof(*left));
		const size_t count = range_cut(block->ranges[family][i], taken->items, taken->count,
					       family, left);

		for (size_t k = 0; fresh && k < count; k++)
			arena_push(ordering->arena, fresh->items, fresh->count, left[k]);
	}
	for (size_t i = 0; i < block->count[family]; i++)
		arena_push(ordering->arena, taken->items, taken->count, block->ranges[family][i]);
	taken->count = ranges_merge(taken->items, taken->count, family);
}

/*
 * Cuts the blocks of a place at first matches among them and those above, and asks for the ranges
 * of each action.
 */
static void ask_cut_blocks(struct ordering *ordering, struct asks *asks,
			   const struct ordered_place *place)
{
	const struct rule_list all = join(ordering->arena, &place->own, &place->above);
	const struct entries entries = entries_of(ordering, place);
	struct ask by_action[3];

	for (enum action action = ACTION_ACCEPT; action <= ACTION_PASS; action++)
		by_action[action] = (struct ask){
			.kind = ASK_RANGES,
			.action = action,
			.name = first_name(ordering, &place->own, action, "blocks.",
					   text_of_entries(ordering, &entries, action)),
			.words = words_of_first(ordering, &place->own, action),
			.comment = first_origins(ordering, &place->own, action),
		};
	for (enum family family = V4; family < FAMILIES; family++) {
		struct ranges taken = {0}, fresh[3] = {{0}};

		for (size_t i = 0; i < all.count; i++) {
			const struct ordered_rule *rule = &ordering->rules[all.rules[i]];
			const bool is_own = has_rule(&place->own, all.rules[i]);

			for (size_t k = 0; k < rule->block_count; k++)
				take_ranges(ordering,
					    &ordering->resolved->definitions[rule->blocks[k]],
					    family, &taken, is_own ? &fresh[rule->action] : NULL);
		}
		for (size_t i = 0; i < 3; i++) {
			by_action[i].ranges[family] = fresh[i].items;
			by_action[i].range_count[family] =
				fresh[i].count
					? ranges_merge(fresh[i].items, fresh[i].count, family)
					: 0;
		}
	}
	for (size_t i = 0; i < 3; i++)
		if (by_action[i].range_count[V4] || by_action[i].range_count[V6])
			add_ask(ordering, asks, by_action[i]);
}

/* Finds what is asked of the blocks of a place that is resolved. */
static void find_blocks(struct ordering *ordering, struct ordered_place *place)
{
	const struct ordered_place blocks = {
		.own = with_blocks(ordering, &place->own),
		.above = with_blocks(ordering, &place->above),
	};

	if (precede(&blocks.own, &blocks.above) && count_runs(ordering, &blocks.own) <= RUNS_MAX)
		ask_runs(ordering, &place->blocks, &blocks, true);
	else
		ask_cut_blocks(ordering, &place->blocks, &blocks);
	place->blocks_are_found = true;
}

static void add_all_asks(struct ordering *ordering, struct asks *to, const struct asks *asks)
{
	for (size_t i = 0; i < asks->count; i++)
		add_ask(ordering, to, asks->items[i]);
}

/* The blocks of a place that is resolved, when all lists are through. */
static void ask_blocks(struct ordering *ordering, struct asks *asks, struct ordered_place *place)
{
	if (!place->blocks_are_found)
		find_blocks(ordering, place);
	add_all_asks(ordering, asks, &place->blocks);
}

static void ask_place(struct ordering *ordering, struct asks *asks, struct ordered_place *place)
{
	if (!place->is_found && place->is_resolved)
		ask_firsts(ordering, &place->asks, place);
	else if (!place->is_found)
		ask_runs(ordering, &place->asks, place, false);
	place->is_found = true;
	add_all_asks(ordering, asks, &place->asks);
}

static struct ordered_place *place_at(const struct protocol_tree *of, size_t level, size_t leaf)
{
	return &of->places[level][leaf / of->tree->width[level]];
}

/* Does a node from the leaf to the root of its protocol have blocks that trail? */
static bool path_trails(const struct ordering *ordering, const struct protocol_tree *of,
			size_t leaf)
{
	for (size_t level = 0; level < of->tree->level_count; level++) {
		const struct ordered_place *place = place_at(of, level, leaf);

		if (place->is_resolved && has_blocks(ordering, &place->own))
			return true;
	}
	return false;
}

/* Lists what is asked in a leaf. */
static struct tier_target ask_leaf(struct ordering *ordering, const struct protocol_tree *of,
				   size_t leaf)
{
	struct tier_target target = {.is_whole = path_trails(ordering, of, leaf)};

	for (size_t level = 0; level < of->tree->level_count; level++)
		ask_place(ordering, &target.asks, place_at(of, level, leaf));
	if (!target.is_whole)
		return target;
	ask_place(ordering, &target.asks, &ordering->root);
	for (size_t level = 0; level < of->tree->level_count; level++)
		if (place_at(of, level, leaf)->is_resolved)
			ask_blocks(ordering, &target.asks, place_at(of, level, leaf));
	if (ordering->root.is_resolved)
		ask_blocks(ordering, &target.asks, &ordering->root);
	return target;
}

/* Returns the number of a target; targets that ask the same are one. */
static uint32_t intern_target(struct ordering *ordering, struct tier_target target)
{
	struct string key = {0};
	uint32_t number;
	bool added;

	arena_append(ordering->arena, &key, "%d", target.is_whole);
	for (size_t i = 0; i < target.asks.count; i++) {
		const struct ask *ask = &target.asks.items[i];

		/*
		 * Pointers serve as identity here: ranges belong to one place only, and sets of
		 * first matches exist once.
		 */
		arena_append(ordering->arena, &key, " %d/%d/%u/%p/%p/%p", ask->kind, ask->action,
			     ask->number, (const void *)ask->first, (const void *)ask->ranges[V4],
			     (const void *)ask->ranges[V6]);
	}
	number = table_add(&ordering->targets, key.text, key.len, &added);
	if (added) {
		size_t count = ordering->plan->ports.target_count;

		arena_push(ordering->arena, ordering->plan->targets, count, target);
		ordering->plan->ports.target_count = count;
	}
	return number;
}

static void add_cells(struct ordering *ordering, const struct protocol_tree *of)
{
	struct plan *ports = &ordering->plan->ports;

	for (size_t i = 0; i < of->edge_count; i++) {
		struct cell cell = {.protocol = of->protocol};

		if (of->leaf_of[i] == TABLE_NONE)
			continue;
		cell.first = (uint16_t)of->edges[i];
		cell.last = (uint16_t)(of->edges[i + 1] - 1);
		cell.target = intern_target(ordering, ask_leaf(ordering, of, of->leaf_of[i]));
		arena_push(ordering->arena, ports->cells, ports->cell_count, cell);
	}
}

/* All rules as entries; the set's own are those for named ports. */
static struct entries named_entries(struct ordering *ordering)
{
	struct entries entries = {0};

	for (uint32_t i = 0; i < ordering->rule_count; i++) {
		const struct ordered_rule *rule = &ordering->rules[i];
		struct first_entry entry = {.action = rule->action, .answers = true};

		for (size_t k = 0; k < ordering->held_count; k++) {
			const struct held *held = &ordering->held[k];

			if (held->rule != i)
				continue;
			entry.protocol = held->protocol;
			entry.first = held->first;
			entry.last = held->last;
			add_entries(ordering, &entries, rule->peers->definitions,
				    rule->peers->count, entry);
		}
		entry = (struct first_entry){
			.action = rule->action, .is_own = true, .answers = true};
		for (size_t k = 0; k < ordering->named_count; k++)
			if (ordering->named[k].rule == i)
				add_entries(ordering, &entries,
					    ordering->named[k].peers->definitions,
					    ordering->named[k].peers->count, entry);
	}
	return entries;
}

/* A place with the rules for named ports, each once, and the rules for other ports. */
static struct ordered_place named_place(const struct ordering *ordering)
{
	struct ordered_place place = {0};

	for (size_t i = 0; i < ordering->named_count; i++)
		arena_push(ordering->arena, place.own.rules, place.own.count,
			   ordering->named[i].rule);
	place.own.count = numbers_sort(place.own.rules, place.own.count);
	for (size_t i = 0; i < ordering->held_count; i++)
		arena_push(ordering->arena, place.above.rules, place.above.count,
			   ordering->held[i].rule);
	place.above.count = numbers_sort(place.above.rules, place.above.count);
	return place;
}

/* Asks for named ports in the order in which the rules are written. */
static void ask_named_runs(struct ordering *ordering, const struct ordered_place *place)
{
	const enum action none = ordering->plan->is_closed ? ACTION_DENY : ACTION_PASS;

	for (size_t i = 0, next; i < place->own.count; i = next) {
		const enum action action = ordering->rules[place->own.rules[i]].action;
		struct run_of_rules run = {.action = action};
		struct origins_text text = {0};

		for (next = i; next < place->own.count &&
			       ordering->rules[place->own.rules[next]].action == action;
		     next++) {
			add_origin(ordering, &text, &ordering->rules[place->own.rules[next]]);
			for (size_t k = 0; k < ordering->named_count; k++)
				if (ordering->named[k].rule == place->own.rules[next])
					add_definitions(ordering, &run,
							ordering->named[k].peers->definitions,
							ordering->named[k].peers->count);
		}
		if (next == place->own.count && action == none &&
		    all_say(ordering, &place->above, action))
			return;
		run.definition_count = numbers_sort(run.definitions, run.definition_count);
		add_ask(ordering, &ordering->plan->named,
			(struct ask){.kind = ASK_UNION,
				     .action = action,
				     .number = unions_add(ordering->unions, run.definitions,
							  run.definition_count),
				     .comment = origins_comment(ordering, &text)});
	}
}

/* Asks for named ports by first match, among the rules for other ports. */
static void ask_named_firsts(struct ordering *ordering, const struct ordered_place *place)
{
	static const enum action order[] = {ACTION_DENY, ACTION_ACCEPT, ACTION_PASS};
	const struct entries entries = named_entries(ordering);

	for (size_t i = 0; i < sizeof(order) / sizeof(*order); i++) {
		const struct first_match match = {
			.entries = entries.items,
			.count = entries.count,
			.action = order[i],
			.is_named = true,
			.otherwise = ordering->plan->is_closed ? OTHERWISE_DENY : OTHERWISE_PASS,
			.name = first_name(ordering, &place->own, order[i], "ports.",
					   text_of_entries(ordering, &entries, order[i])),
			.comment = words_of_first(ordering, &place->own, order[i]),
		};

		if (may_have_any(&match))
			add_ask(ordering, &ordering->plan->named,
				(struct ask){
					.kind = ASK_FIRST,
					.action = order[i],
					.first = keep_first(ordering, &match),
					.comment = first_origins(ordering, &place->own, order[i])});
	}
}

static void ask_named(struct ordering *ordering)
{
	const struct ordered_place place = named_place(ordering);

	if (!place.own.count)
		return;
	if (precede(&place.own, &place.above) && count_runs(ordering, &place.own) <= RUNS_MAX)
		ask_named_runs(ordering, &place);
	else
		ask_named_firsts(ordering, &place);
}

struct tier_plan *plan_tier(struct arena *arena, const struct resolved *resolved,
			    const struct group *group, enum tier tier, struct unions *unions)
{
	struct ordering ordering = {
		.arena = arena,
		.resolved = resolved,
		.unions = unions,
		.group = group,
		.tier = tier,
		.plan = arena_alloc(arena, sizeof(struct tier_plan)),
		.targets = {.arena = arena},
		.firsts = {.arena = arena},
	};

	take_rules(&ordering);
	plant_all(&ordering);
	settle_all(&ordering);
	ask_named(&ordering);
	ask_place(&ordering, &ordering.plan->every, &ordering.root);
	if (ordering.root.is_resolved)
		ask_blocks(&ordering, &ordering.plan->every, &ordering.root);
	for (size_t i = 0; i < ordering.tree_count; i++)
		add_cells(&ordering, &ordering.trees[i]);
	plan_sort_cells(&ordering.plan->ports);
	return ordering.plan;
}
