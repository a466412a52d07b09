/* Cells, bundles and the tree.  See lower_cells.h. */
#include "lower_cells.h"

#include "arena.h"

#include <stdlib.h>

/* A sorted list of small numbers, each once. */
struct list {
	uint32_t *items;
	size_t count;
};

/* Peers that cover the same cells. */
struct bundle {
	struct list peers;
	const uint32_t *cells; /* ascending */
	size_t cell_count;
};

/* A node of the tree over the cells: the bundles that cover all its leaves. */
struct tree_node {
	uint32_t *bundles;
	size_t count;
};

struct planner {
	struct arena *arena;
	struct unions *unions;
	struct plan *plan;
	struct table targets; /* the bytes of a target, to its number */
	struct list every;    /* peers on all ports of all protocols */
};

static int compare_u32(const void *a, const void *b)
{
	uint32_t x = *(const uint32_t *)a, y = *(const uint32_t *)b;

	return (x > y) - (x < y);
}

static void sort_list(struct list *list)
{
	size_t kept = 0;

	if (list->count > 1)
		qsort(list->items, list->count, sizeof(*list->items), compare_u32);
	for (size_t i = 0; i < list->count; i++)
		if (kept == 0 || list->items[i] != list->items[kept - 1])
			list->items[kept++] = list->items[i];
	list->count = kept;
}

static bool list_has(const struct list *list, uint32_t number)
{
	return list->count &&
	       bsearch(&number, list->items, list->count, sizeof(number), compare_u32);
}

/* Removes the members of @from that are in @other. */
static void list_subtract(struct list *from, const struct list *other)
{
	size_t kept = 0;

	for (size_t i = 0; i < from->count; i++)
		if (!list_has(other, from->items[i]))
			from->items[kept++] = from->items[i];
	from->count = kept;
}

static uint32_t intern_union(struct unions *unions, const uint32_t *definitions, size_t count)
{
	bool added;
	uint32_t number =
		table_add(&unions->keys, definitions, count * sizeof(*definitions), &added);

	if (added) {
		uint32_t *copy = arena_array(unions->arena, count, sizeof(*copy));

		memcpy(copy, definitions, count * sizeof(*copy));
		arena_push(unions->arena, unions->items, unions->count,
			   ((struct peer_union){copy, count}));
	}
	return number;
}

/* Adds a union to a list of look-ups, unless it is there. */
static void look_up(struct planner *planner, struct list *lookups, const uint32_t *definitions,
		    size_t count)
{
	uint32_t number = intern_union(planner->unions, definitions, count);

	for (size_t i = 0; i < lookups->count; i++)
		if (lookups->items[i] == number)
			return;
	arena_push(planner->arena, lookups->items, lookups->count, number);
}

/* The look-ups for some bundles: a peer each, or a bundle each, or all in one. */
static void look_up_bundles(struct planner *planner, struct list *lookups,
			    const struct bundle *bundles, const uint32_t *which, size_t count)
{
	struct list all = {0};

	for (size_t i = 0; i < count; i++)
		for (size_t k = 0; k < bundles[which[i]].peers.count; k++)
			arena_push(planner->arena, all.items, all.count,
				   bundles[which[i]].peers.items[k]);
	sort_list(&all);
	if (all.count <= LOOKUPS_APART) {
		for (size_t i = 0; i < all.count; i++)
			look_up(planner, lookups, &all.items[i], 1);
	} else if (count <= LOOKUPS_APART) {
		for (size_t i = 0; i < count; i++)
			look_up(planner, lookups, bundles[which[i]].peers.items,
				bundles[which[i]].peers.count);
	} else {
		look_up(planner, lookups, all.items, all.count);
	}
}

static void look_up_list(struct planner *planner, struct list *lookups, const struct list *peers)
{
	struct bundle one = {.peers = *peers};
	uint32_t first = 0;

	if (peers->count)
		look_up_bundles(planner, lookups, &one, &first, 1);
}

static uint32_t intern_target(struct planner *planner, const struct list *lookups, bool anything)
{
	struct plan *plan = planner->plan;
	bool added;
	/* No look-ups is the key of the target that needs none. */
	uint32_t number =
		table_add(&planner->targets, lookups->items,
			  anything ? 0 : lookups->count * sizeof(*lookups->items), &added);

	if (added)
		arena_push(planner->arena, plan->targets, plan->target_count,
			   ((struct target){anything, lookups->items, lookups->count}));
	return number;
}

static int compare_grants(const void *a, const void *b)
{
	const struct grant *x = a, *y = b;
	int order = (int)x->protocol - (int)y->protocol;

	if (!order)
		order = (int)x->first - (int)y->first;
	if (!order)
		order = (int)x->last - (int)y->last;
	return order ? order : (x->peer > y->peer) - (x->peer < y->peer);
}

/* A cell under construction, and the peers of all rules that cover it. */
struct covered {
	uint16_t first, last;
	struct list peers;
};

/* Cuts the ranges of one protocol's grants (sorted by first port) at all their edges. */
static size_t cut(struct planner *planner, const struct grant *grants, size_t count,
		  struct covered **cells)
{
	struct list edges = {0};
	const struct grant **active =
		arena_array(planner->arena, count, sizeof(const struct grant *));
	size_t active_count = 0, next = 0, made = 0;

	for (size_t i = 0; i < count; i++) {
		arena_push(planner->arena, edges.items, edges.count, grants[i].first);
		arena_push(planner->arena, edges.items, edges.count, (uint32_t)grants[i].last + 1);
	}
	sort_list(&edges);
	*cells = arena_array(planner->arena, edges.count, sizeof(**cells));
	for (size_t i = 0; i + 1 < edges.count; i++) {
		struct covered *cell = &(*cells)[made];
		size_t kept = 0;

		for (size_t k = 0; k < active_count; k++)
			if (active[k]->last >= edges.items[i])
				active[kept++] = active[k];
		active_count = kept;
		while (next < count && grants[next].first == edges.items[i])
			active[active_count++] = &grants[next++];
		if (!active_count)
			continue;
		*cell = (struct covered){
			(uint16_t)edges.items[i], (uint16_t)(edges.items[i + 1] - 1), {0}};
		cell->peers.items = arena_array(planner->arena, active_count, sizeof(uint32_t));
		for (size_t k = 0; k < active_count; k++)
			cell->peers.items[cell->peers.count++] = active[k]->peer;
		sort_list(&cell->peers);
		made++;
	}
	return made;
}

static int compare_bundles(const void *a, const void *b)
{
	const struct bundle *x = a, *y = b;
	size_t least = x->cell_count < y->cell_count ? x->cell_count : y->cell_count;

	for (size_t i = 0; i < least; i++)
		if (x->cells[i] != y->cells[i])
			return x->cells[i] < y->cells[i] ? -1 : 1;
	if (x->cell_count != y->cell_count)
		return x->cell_count < y->cell_count ? -1 : 1;
	return compare_u32(x->peers.items, y->peers.items);
}

/* The cells of each peer, turned round from the peers of each cell; equal ones are one bundle. */
static size_t make_bundles(struct planner *planner, const struct covered *cells, size_t count,
			   struct bundle **bundles)
{
	struct arena *arena = planner->arena;
	struct list peers = {0};
	struct bundle *all;
	size_t made = 0;

	for (size_t i = 0; i < count; i++)
		for (size_t k = 0; k < cells[i].peers.count; k++)
			arena_push(arena, peers.items, peers.count, cells[i].peers.items[k]);
	sort_list(&peers);
	all = arena_array(arena, peers.count, sizeof(*all));
	for (size_t i = 0; i < peers.count; i++)
		all[i].peers = (struct list){&peers.items[i], 1};
	for (size_t i = 0; i < count; i++) {
		for (size_t k = 0; k < cells[i].peers.count; k++) {
			const uint32_t *at = bsearch(&cells[i].peers.items[k], peers.items,
						     peers.count, sizeof(uint32_t), compare_u32);
			struct bundle *bundle = &all[at - peers.items];
			uint32_t *list = (uint32_t *)(uintptr_t)bundle->cells;

			arena_push(arena, list, bundle->cell_count, (uint32_t)i);
			bundle->cells = list;
		}
	}
	if (peers.count)
		qsort(all, peers.count, sizeof(*all), compare_bundles);
	for (size_t i = 0; i < peers.count; i++) {
		struct bundle *last = made ? &all[made - 1] : NULL;

		if (!last || last->cell_count != all[i].cell_count ||
		    memcmp(last->cells, all[i].cells, last->cell_count * sizeof(uint32_t))) {
			uint32_t *own = NULL;
			size_t none = 0;

			arena_push(arena, own, none, all[i].peers.items[0]);
			all[made] = all[i];
			all[made++].peers.items = own;
		} else {
			arena_push(arena, last->peers.items, last->peers.count,
				   all[i].peers.items[0]);
		}
	}
	*bundles = all;
	return made;
}

#define LEVELS_MAX 7 /* CELL_FANOUT to this power is more than there are ports */

struct cell_tree {
	struct tree_node *levels[LEVELS_MAX]; /* [0]: the leaves, a cell each */
	size_t width[LEVELS_MAX];             /* leaves below a node */
	size_t level_count, leaf_count;
};

/* Gives the run of leaves from @first to @last to the highest nodes that lie within it. */
static void place(struct arena *arena, struct cell_tree *tree, size_t level, size_t node,
		  size_t first, size_t last, uint32_t bundle)
{
	size_t begin = node * tree->width[level], end = begin + tree->width[level] - 1;

	if (end > tree->leaf_count - 1)
		end = tree->leaf_count - 1;
	if (last < begin || end < first)
		return;
	if (first <= begin && end <= last) {
		struct tree_node *at = &tree->levels[level][node];

		arena_push(arena, at->bundles, at->count, bundle);
		return;
	}
	for (size_t i = 0; i < CELL_FANOUT; i++)
		if ((node * CELL_FANOUT + i) * tree->width[level - 1] < tree->leaf_count)
			place(arena, tree, level - 1, node * CELL_FANOUT + i, first, last, bundle);
}

static struct cell_tree *build_tree(struct arena *arena, const struct bundle *bundles,
				    size_t bundle_count, size_t leaf_count)
{
	struct cell_tree *tree = arena_alloc(arena, sizeof(*tree));

	tree->leaf_count = leaf_count;
	for (size_t width = 1;; width *= CELL_FANOUT) {
		size_t nodes = (leaf_count + width - 1) / width;

		tree->width[tree->level_count] = width;
		tree->levels[tree->level_count++] =
			arena_array(arena, nodes, sizeof(struct tree_node));
		if (nodes == 1)
			break;
	}
	for (size_t i = 0; i < bundle_count; i++) {
		const struct bundle *bundle = &bundles[i];

		for (size_t first = 0, last; first < bundle->cell_count; first = last + 1) {
			for (last = first; last + 1 < bundle->cell_count &&
					   bundle->cells[last + 1] == bundle->cells[last] + 1;)
				last++;
			place(arena, tree, tree->level_count - 1, 0, bundle->cells[first],
			      bundle->cells[last], (uint32_t)i);
		}
	}
	return tree;
}

/* Everything about the cells of one protocol. @whole: the peers on all its ports. */
static void plan_protocol(struct planner *planner, enum protocol protocol, struct covered *cells,
			  size_t count, const struct list *whole)
{
	struct plan *plan = planner->plan;
	bool anything_whole = list_has(whole, ANYTHING);
	struct list open = {0};
	struct bundle *bundles;
	struct cell_tree *tree;
	size_t leaves = 0, bundle_count;
	struct covered *leaf = arena_array(planner->arena, count, sizeof(*leaf));

	/* Cells that anything may use need no look-up; the others are the leaves of the tree. */
	for (size_t i = 0; i < count; i++) {
		struct cell cell = {protocol, cells[i].first, cells[i].last, 0};
		bool anything = anything_whole || list_has(&cells[i].peers, ANYTHING);

		if (anything) {
			cell.target = intern_target(planner, &open, true);
			arena_push(planner->arena, plan->cells, plan->cell_count, cell);
			continue;
		}
		list_subtract(&cells[i].peers, &planner->every);
		list_subtract(&cells[i].peers, whole);
		if (cells[i].peers.count || whole->count)
			leaf[leaves++] = cells[i];
	}
	bundle_count = make_bundles(planner, leaf, leaves, &bundles);
	tree = leaves ? build_tree(planner->arena, bundles, bundle_count, leaves) : NULL;
	for (size_t i = 0; i < leaves; i++) {
		struct cell cell = {protocol, leaf[i].first, leaf[i].last, 0};
		struct list lookups = {0};

		for (size_t level = 0; level < tree->level_count; level++) {
			const struct tree_node *node = &tree->levels[level][i / tree->width[level]];

			look_up_bundles(planner, &lookups, bundles, node->bundles, node->count);
		}
		look_up_list(planner, &lookups, whole);
		cell.target = intern_target(planner, &lookups, false);
		arena_push(planner->arena, plan->cells, plan->cell_count, cell);
	}
	if (whole->count) {
		struct cell rest = {protocol, 0, 65535, 0};
		struct list lookups = {0};

		if (!anything_whole)
			look_up_list(planner, &lookups, whole);
		rest.target = intern_target(planner, &lookups, anything_whole);
		arena_push(planner->arena, plan->protocols, plan->protocol_count, rest);
	}
}

static int compare_cells(const void *a, const void *b)
{
	const struct cell *x = a, *y = b;
	int order = (int)x->protocol - (int)y->protocol;

	return order ? order : (int)x->first - (int)y->first;
}

/* Splits off the peers on all ports of all protocols, and of those that have one, of each. */
struct plan *plan_cells(struct arena *arena, const struct grant *grants, size_t count,
			struct unions *unions)
{
	struct planner planner = {
		.arena = arena,
		.unions = unions,
		.targets = {.arena = arena},
		.plan = arena_alloc(arena, sizeof(struct plan)),
	};
	struct grant *sorted = arena_array(arena, count, sizeof(*sorted));
	struct list every = {0};
	size_t at = 0;

	if (count) {
		memcpy(sorted, grants, count * sizeof(*sorted));
		qsort(sorted, count, sizeof(*sorted), compare_grants);
	}
	for (; at < count && sorted[at].protocol == PROTOCOL_ANY; at++)
		arena_push(arena, planner.every.items, planner.every.count, sorted[at].peer);
	sort_list(&planner.every);
	planner.plan->open = list_has(&planner.every, ANYTHING);
	if (planner.plan->open)
		return planner.plan;
	look_up_list(&planner, &every, &planner.every);
	planner.plan->every = (struct target){false, every.items, every.count};
	while (at < count) {
		enum protocol protocol = sorted[at].protocol;
		struct list whole = {0};
		struct covered *cells;
		size_t first, ranges;

		/* No rule names port 0: what begins there is every port. */
		for (; at < count && sorted[at].protocol == protocol && sorted[at].first == 0; at++)
			arena_push(arena, whole.items, whole.count, sorted[at].peer);
		sort_list(&whole);
		list_subtract(&whole, &planner.every);
		first = at;
		while (at < count && sorted[at].protocol == protocol)
			at++;
		ranges = cut(&planner, &sorted[first], at - first, &cells);
		plan_protocol(&planner, protocol, cells, ranges, &whole);
	}
	if (planner.plan->cell_count)
		qsort(planner.plan->cells, planner.plan->cell_count, sizeof(struct cell),
		      compare_cells);
	return planner.plan;
}
