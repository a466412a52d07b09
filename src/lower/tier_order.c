/*
 * Plans a tier: lists what the leaves of the trees of ports ask, each on its way up to the root, and
 * makes one target of all that ask the same.
 */
#include "lower/tier_order.h"

#include "base/arena.h"
#include "lower/tier_firsts.h"
#include "lower/tier_named_ports.h"
#include "lower/tier_runs.h"
#include "lower/tier_places.h"

static void add_all_asks(struct ordering *ordering, struct asks *to, const struct asks *asks)
{
	for (size_t i = 0; i < asks->count; i++)
		asks_add(ordering, to, asks->items[i]);
}

/* Asks for the blocks of a place that is resolved, after the lists of all places. */
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

		if (place->is_resolved && ordering_has_blocks(ordering, &place->own))
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

	ordering_place_rules(&ordering);
	ask_named(&ordering);
	ask_place(&ordering, &ordering.plan->every, &ordering.root);
	if (ordering.root.is_resolved)
		ask_blocks(&ordering, &ordering.plan->every, &ordering.root);
	for (size_t i = 0; i < ordering.tree_count; i++)
		add_cells(&ordering, &ordering.trees[i]);
	plan_sort_cells(&ordering.plan->ports);
	return ordering.plan;
}
