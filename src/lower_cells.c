/* Cells, bundles and the tree.  See lower_cells.h. */
#include "lower_cells.h"

#include "arena.h"

#include <stdlib.h>

/* A sorted list of small numbers, each once. */
struct list {
	uint32_t *items;
	size_t count;
};

/* Neighbouring cells, both ends included. */
struct run {
	uint32_t first, last;
};

/* Peers that cover the same cells. */
struct bundle {
	struct list peers;
	struct run *runs; /* ascending, not touching */
	size_t run_count;
};

/* A node of the tree over the cells: the bundles that cover all its leaves, and their look-ups. */
struct tree_node {
	uint32_t *bundles;
	size_t count;
	struct list lookups;
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
static void add_lookup(struct planner *planner, struct list *lookups, uint32_t number)
{
	for (size_t i = 0; i < lookups->count; i++)
		if (lookups->items[i] == number)
			return;
	arena_push(planner->arena, lookups->items, lookups->count, number);
}

static void look_up(struct planner *planner, struct list *lookups, const uint32_t *definitions,
		    size_t count)
{
	add_lookup(planner, lookups, intern_union(planner->unions, definitions, count));
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

/* The ranges of one protocol's grants, cut at all their edges. */
struct cuts {
	struct list edges;  /* interval i is edges[i] to edges[i + 1] - 1 */
	uint32_t *covered;  /* by how many grants */
	uint32_t *anything; /* of them, to anything */
	uint32_t *owned;    /* of them, to peers that only some ports may use */
	uint32_t *rank;     /* how many leaves of the tree stand before interval i */
};

static uint32_t interval_at(const struct cuts *cuts, uint32_t port)
{
	const uint32_t *edge =
		bsearch(&port, cuts->edges.items, cuts->edges.count, sizeof(port), compare_u32);

	return (uint32_t)(edge - cuts->edges.items);
}

/* Counts one grant in; once all are, sum_up() makes counts of what begins and ends. */
static void count_in(uint32_t *counts, uint32_t first, uint32_t end)
{
	counts[first]++;
	counts[end]--;
}

static void sum_up(uint32_t *counts, size_t count)
{
	for (size_t i = 1; i < count; i++)
		counts[i] += counts[i - 1];
}

static struct cuts cut(struct planner *planner, const struct grant *grants, size_t count,
		       const struct list *whole)
{
	struct arena *arena = planner->arena;
	struct cuts cuts = {0};

	for (size_t i = 0; i < count; i++) {
		arena_push(arena, cuts.edges.items, cuts.edges.count, grants[i].first);
		arena_push(arena, cuts.edges.items, cuts.edges.count, (uint32_t)grants[i].last + 1);
	}
	sort_list(&cuts.edges);
	cuts.covered = arena_array(arena, cuts.edges.count, sizeof(uint32_t));
	cuts.anything = arena_array(arena, cuts.edges.count, sizeof(uint32_t));
	cuts.owned = arena_array(arena, cuts.edges.count, sizeof(uint32_t));
	cuts.rank = arena_array(arena, cuts.edges.count + 1, sizeof(uint32_t));
	for (size_t i = 0; i < count; i++) {
		uint32_t first = interval_at(&cuts, grants[i].first);
		uint32_t end = interval_at(&cuts, (uint32_t)grants[i].last + 1);

		count_in(cuts.covered, first, end);
		if (grants[i].peer == ANYTHING)
			count_in(cuts.anything, first, end);
		else if (!list_has(whole, grants[i].peer) &&
			 !list_has(&planner->every, grants[i].peer))
			count_in(cuts.owned, first, end);
	}
	sum_up(cuts.covered, cuts.edges.count);
	sum_up(cuts.anything, cuts.edges.count);
	sum_up(cuts.owned, cuts.edges.count);
	return cuts;
}

static int compare_peers(const void *a, const void *b)
{
	const struct grant *x = a, *y = b;

	if (x->peer != y->peer)
		return x->peer < y->peer ? -1 : 1;
	return (x->first > y->first) - (x->first < y->first);
}

static int compare_bundles(const void *a, const void *b)
{
	const struct bundle *x = a, *y = b;
	size_t least = x->run_count < y->run_count ? x->run_count : y->run_count;
	int order = 0;

	for (size_t i = 0; !order && i < least; i++) {
		order = (x->runs[i].first > y->runs[i].first) -
			(x->runs[i].first < y->runs[i].first);
		if (!order)
			order = (x->runs[i].last > y->runs[i].last) -
				(x->runs[i].last < y->runs[i].last);
	}
	if (!order)
		order = (x->run_count > y->run_count) - (x->run_count < y->run_count);
	return order ? order : compare_u32(x->peers.items, y->peers.items);
}

static bool same_runs(const struct bundle *a, const struct bundle *b)
{
	return a->run_count == b->run_count &&
	       !memcmp(a->runs, b->runs, a->run_count * sizeof(*a->runs));
}

/* Adds leaves to a bundle; those of later calls begin no earlier. */
static void add_run(struct arena *arena, struct bundle *bundle, uint32_t first, uint32_t last)
{
	struct run *before = bundle->run_count ? &bundle->runs[bundle->run_count - 1] : NULL;

	if (before && first <= before->last + 1) {
		if (last > before->last)
			before->last = last;
		return;
	}
	arena_push(arena, bundle->runs, bundle->run_count, ((struct run){first, last}));
}

/* The leaves of each peer that only some ports may use; peers with the same ones are one bundle. */
static size_t make_bundles(struct planner *planner, const struct cuts *cuts, struct grant *grants,
			   size_t count, const struct list *whole, struct bundle **bundles)
{
	struct bundle *all = NULL;
	size_t made = 0, kept = 0;

	if (count)
		qsort(grants, count, sizeof(*grants), compare_peers);
	for (size_t i = 0; i < count; i++) {
		uint32_t peer = grants[i].peer;
		uint32_t first = cuts->rank[interval_at(cuts, grants[i].first)];
		uint32_t end = cuts->rank[interval_at(cuts, (uint32_t)grants[i].last + 1)];

		if (peer == ANYTHING || first == end || list_has(whole, peer) ||
		    list_has(&planner->every, peer))
			continue;
		if (!made || *all[made - 1].peers.items != peer) {
			struct bundle bundle = {0};

			arena_push(planner->arena, bundle.peers.items, bundle.peers.count, peer);
			arena_push(planner->arena, all, made, bundle);
		}
		add_run(planner->arena, &all[made - 1], first, end - 1);
	}
	if (made)
		qsort(all, made, sizeof(*all), compare_bundles);
	for (size_t i = 0; i < made; i++) {
		struct bundle *last = kept ? &all[kept - 1] : NULL;

		if (last && same_runs(last, &all[i]))
			arena_push(planner->arena, last->peers.items, last->peers.count,
				   *all[i].peers.items);
		else
			all[kept++] = all[i];
	}
	*bundles = all;
	return kept;
}

#define LEVELS_MAX 7 /* CELL_FANOUT to the power of 6 is more than there are ports */

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

static struct cell_tree *build_tree(struct planner *planner, const struct bundle *bundles,
				    size_t bundle_count, size_t leaf_count)
{
	struct arena *arena = planner->arena;
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
	for (size_t i = 0; i < bundle_count; i++)
		for (size_t k = 0; k < bundles[i].run_count; k++)
			place(arena, tree, tree->level_count - 1, 0, bundles[i].runs[k].first,
			      bundles[i].runs[k].last, (uint32_t)i);
	for (size_t level = 0; level < tree->level_count; level++) {
		size_t nodes = (leaf_count + tree->width[level] - 1) / tree->width[level];

		for (size_t i = 0; i < nodes; i++) {
			struct tree_node *node = &tree->levels[level][i];

			look_up_bundles(planner, &node->lookups, bundles, node->bundles,
					node->count);
		}
	}
	return tree;
}

static void add_cell(struct planner *planner, const struct cuts *cuts, enum protocol protocol,
		     size_t interval, uint32_t target)
{
	struct cell cell = {
		.protocol = protocol,
		.first = (uint16_t)cuts->edges.items[interval],
		.last = (uint16_t)(cuts->edges.items[interval + 1] - 1),
		.target = target,
	};

	arena_push(planner->arena, planner->plan->cells, planner->plan->cell_count, cell);
}

/* Cells that anything may use need no look-up; the others are the leaves: counted, and ranked. */
static size_t rank_leaves(struct planner *planner, struct cuts *cuts, enum protocol protocol,
			  const struct list *whole)
{
	const struct list none = {0};
	uint32_t leaves = 0;

	for (size_t i = 0; i < cuts->edges.count; i++) {
		cuts->rank[i] = leaves;
		if (!cuts->covered[i])
			continue;
		if (cuts->anything[i] || list_has(whole, ANYTHING)) {
			add_cell(planner, cuts, protocol, i, intern_target(planner, &none, true));
			cuts->anything[i] = 1;
		} else if (cuts->owned[i] || whole->count) {
			leaves++;
		}
	}
	cuts->rank[cuts->edges.count] = leaves;
	return leaves;
}

/* What is looked up in a leaf: the nodes from there to the root, then what is on all ports. */
static uint32_t leaf_target(struct planner *planner, const struct cell_tree *tree, size_t leaf,
			    const struct list *whole)
{
	struct list lookups = {0};

	for (size_t level = 0; level < tree->level_count; level++) {
		const struct tree_node *node = &tree->levels[level][leaf / tree->width[level]];

		for (size_t i = 0; i < node->lookups.count; i++)
			add_lookup(planner, &lookups, node->lookups.items[i]);
	}
	look_up_list(planner, &lookups, whole);
	return intern_target(planner, &lookups, false);
}

/* Everything about the ports of one protocol.  @whole: the peers on all of them. */
static void plan_protocol(struct planner *planner, enum protocol protocol, struct grant *grants,
			  size_t count, const struct list *whole)
{
	struct cuts cuts = cut(planner, grants, count, whole);
	size_t leaves = rank_leaves(planner, &cuts, protocol, whole);
	struct bundle *bundles;
	size_t bundle_count = make_bundles(planner, &cuts, grants, count, whole, &bundles);
	const struct cell_tree *tree =
		leaves ? build_tree(planner, bundles, bundle_count, leaves) : NULL;

	for (size_t i = 0; i < cuts.edges.count; i++)
		if (cuts.rank[i + 1] > cuts.rank[i])
			add_cell(planner, &cuts, protocol, i,
				 leaf_target(planner, tree, cuts.rank[i], whole));
	if (whole->count) {
		bool anything = list_has(whole, ANYTHING);
		struct cell rest = {protocol, 0, 65535, 0};
		struct list lookups = {0};

		if (!anything)
			look_up_list(planner, &lookups, whole);
		rest.target = intern_target(planner, &lookups, anything);
		arena_push(planner->arena, planner->plan->protocols, planner->plan->protocol_count,
			   rest);
	}
}

static int compare_cells(const void *a, const void *b)
{
	const struct cell *x = a, *y = b;
	int order = (int)x->protocol - (int)y->protocol;

	return order ? order : (int)x->first - (int)y->first;
}

/* Splits off the peers on all ports of all protocols, and of those that have one, of each. */
struct plan *plan_cells(struct arena *arena, struct grant *grants, size_t count,
			struct unions *unions)
{
	struct planner planner = {
		.arena = arena,
		.unions = unions,
		.targets = {.arena = arena},
		.plan = arena_alloc(arena, sizeof(struct plan)),
	};
	struct list every = {0};
	size_t at = 0;

	if (count)
		qsort(grants, count, sizeof(*grants), compare_grants);
	for (; at < count && grants[at].protocol == PROTOCOL_ANY; at++)
		arena_push(arena, planner.every.items, planner.every.count, grants[at].peer);
	sort_list(&planner.every);
	planner.plan->open = list_has(&planner.every, ANYTHING);
	if (planner.plan->open)
		return planner.plan;
	look_up_list(&planner, &every, &planner.every);
	planner.plan->every = (struct target){false, every.items, every.count};
	while (at < count) {
		enum protocol protocol = grants[at].protocol;
		struct list whole = {0};
		size_t first;

		/* No rule names port 0: what begins there is every port. */
		for (; at < count && grants[at].protocol == protocol && grants[at].first == 0; at++)
			arena_push(arena, whole.items, whole.count, grants[at].peer);
		sort_list(&whole);
		list_subtract(&whole, &planner.every);
		first = at;
		while (at < count && grants[at].protocol == protocol)
			at++;
		plan_protocol(&planner, protocol, &grants[first], at - first, &whole);
	}
	if (planner.plan->cell_count)
		qsort(planner.plan->cells, planner.plan->cell_count, sizeof(struct cell),
		      compare_cells);
	return planner.plan;
}
