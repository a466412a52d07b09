/*
 * The ports of each protocol are cut at all edges of the grants' ranges; peers that may use the same cells
 * are a bundle. A tree over the cells holds each bundle at the highest nodes that it covers, and what is
 * looked up in a cell is what stands on the way from its leaf to the root.
 */
#include "lower/cells.h"

#include "base/arena.h"

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

/* Peer lists that cover the same cells. */
struct bundle {
	struct list peers; /* numbers of lists */
	struct run *runs;  /* ascending, not touching */
	size_t run_count;
};

struct planner {
	struct arena *arena;
	struct unions *unions;
	struct plan *plan;
	struct table targets; /* the bytes of a target, to its number */
	const struct peer_list *lists;
	struct list every; /* peers on all ports of all protocols, one by one */
	struct list whole; /* on all ports of the protocol that is planned now */
	struct table own;  /* peer lists seen with this protocol, to: */
	bool *has_own;     /* have they peers that are in neither? */
	size_t has_own_count;
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

uint32_t unions_add(struct unions *unions, const uint32_t *definitions, size_t count)
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
	add_lookup(planner, lookups, unions_add(planner->unions, definitions, count));
}

/* The peers of some lists, one by one; but not those that may use all ports anyway. */
static struct list expand(const struct planner *planner, const struct list *lists)
{
	struct list peers = {0};

	for (size_t i = 0; i < lists->count; i++) {
		const struct peer_list *of = &planner->lists[lists->items[i]];

		for (size_t k = 0; k < of->count; k++)
			if (!list_has(&planner->every, of->definitions[k]) &&
			    !list_has(&planner->whole, of->definitions[k]))
				arena_push(planner->arena, peers.items, peers.count,
					   of->definitions[k]);
	}
	sort_list(&peers);
	return peers;
}

/* The look-ups for some peers: one each, or all in one. */
static void look_up_list(struct planner *planner, struct list *lookups, const struct list *peers)
{
	if (peers->count > LOOKUPS_APART)
		look_up(planner, lookups, peers->items, peers->count);
	for (size_t i = 0; peers->count <= LOOKUPS_APART && i < peers->count; i++)
		look_up(planner, lookups, &peers->items[i], 1);
}

/* The look-ups for some bundles: a peer each, or a bundle each, or all in one. */
static void look_up_bundles(struct planner *planner, struct list *lookups,
			    const struct bundle *bundles, const uint32_t *which, size_t count)
{
	struct list lists = {0}, all;

	for (size_t i = 0; i < count; i++)
		for (size_t k = 0; k < bundles[which[i]].peers.count; k++)
			arena_push(planner->arena, lists.items, lists.count,
				   bundles[which[i]].peers.items[k]);
	all = expand(planner, &lists);
	if (all.count <= LOOKUPS_APART || count > LOOKUPS_APART) {
		look_up_list(planner, lookups, &all);
		return;
	}
	for (size_t i = 0; i < count; i++) {
		const struct list peers = expand(planner, &bundles[which[i]].peers);

		if (peers.count)
			look_up(planner, lookups, peers.items, peers.count);
	}
}

/* Has the list peers that only some ports may use? */
static bool has_own(struct planner *planner, uint32_t list)
{
	bool added;
	uint32_t number = table_add(&planner->own, &list, sizeof(list), &added);

	if (added)
		arena_push(planner->arena, planner->has_own, planner->has_own_count,
			   expand(planner, &(struct list){&list, 1}).count > 0);
	return planner->has_own[number];
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
	return order ? order : (x->peers > y->peers) - (x->peers < y->peers);
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

static struct cuts cut(struct planner *planner, const struct grant *grants, size_t count)
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
		if (grants[i].peers == ANYTHING)
			count_in(cuts.anything, first, end);
		else if (has_own(planner, grants[i].peers))
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

	if (x->peers != y->peers)
		return x->peers < y->peers ? -1 : 1;
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

/* The leaves of each peer list that some ports alone may use; those with the same are one bundle. */
static size_t make_bundles(struct planner *planner, const struct cuts *cuts, struct grant *grants,
			   size_t count, struct bundle **bundles)
{
	struct bundle *all = NULL;
	size_t made = 0, kept = 0;

	if (count)
		qsort(grants, count, sizeof(*grants), compare_peers);
	for (size_t i = 0; i < count; i++) {
		uint32_t peers = grants[i].peers;
		uint32_t first = cuts->rank[interval_at(cuts, grants[i].first)];
		uint32_t end = cuts->rank[interval_at(cuts, (uint32_t)grants[i].last + 1)];

		if (peers == ANYTHING || first == end || !has_own(planner, peers))
			continue;
		if (!made || *all[made - 1].peers.items != peers) {
			struct bundle bundle = {0};

			arena_push(planner->arena, bundle.peers.items, bundle.peers.count, peers);
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

/* The tree with the bundles at its nodes, and each node's look-ups. */
struct lookup_tree {
	struct cell_tree *nodes;
	struct list *lookups[LEVELS_MAX]; /* by node */
};

static struct lookup_tree build_tree(struct planner *planner, const struct bundle *bundles,
				     size_t bundle_count, size_t leaf_count)
{
	struct arena *arena = planner->arena;
	struct lookup_tree tree = {.nodes = cell_tree_new(arena, leaf_count)};

	for (size_t i = 0; i < bundle_count; i++)
		for (size_t k = 0; k < bundles[i].run_count; k++)
			cell_tree_place(arena, tree.nodes, bundles[i].runs[k].first,
					bundles[i].runs[k].last, (uint32_t)i);
	for (size_t level = 0; level < tree.nodes->level_count; level++) {
		const size_t nodes = cell_tree_nodes(tree.nodes, level);

		tree.lookups[level] = arena_array(arena, nodes, sizeof(struct list));
		for (size_t i = 0; i < nodes; i++) {
			const struct tree_node *node = &tree.nodes->levels[level][i];

			look_up_bundles(planner, &tree.lookups[level][i], bundles, node->numbers,
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
			  bool anything)
{
	const struct list none = {0};
	uint32_t leaves = 0;

	for (size_t i = 0; i < cuts->edges.count; i++) {
		cuts->rank[i] = leaves;
		if (!cuts->covered[i])
			continue;
		if (cuts->anything[i] || anything)
			add_cell(planner, cuts, protocol, i, intern_target(planner, &none, true));
		else if (cuts->owned[i] || planner->whole.count)
			leaves++;
	}
	cuts->rank[cuts->edges.count] = leaves;
	return leaves;
}

/* What is looked up in a leaf: the nodes from there to the root, then what is on all ports. */
static uint32_t leaf_target(struct planner *planner, const struct lookup_tree *tree, size_t leaf)
{
	struct list lookups = {0};

	for (size_t level = 0; level < tree->nodes->level_count; level++) {
		const struct list *of = &tree->lookups[level][leaf / tree->nodes->width[level]];

		for (size_t i = 0; i < of->count; i++)
			add_lookup(planner, &lookups, of->items[i]);
	}
	look_up_list(planner, &lookups, &planner->whole);
	return intern_target(planner, &lookups, false);
}

/* Everything about the ports of one protocol.  @anything: may anything use all of them? */
static void plan_protocol(struct planner *planner, enum protocol protocol, struct grant *grants,
			  size_t count, bool anything)
{
	struct cuts cuts = cut(planner, grants, count);
	size_t leaves = rank_leaves(planner, &cuts, protocol, anything);
	struct bundle *bundles;
	size_t bundle_count = make_bundles(planner, &cuts, grants, count, &bundles);
	struct lookup_tree tree = {0};

	if (leaves)
		tree = build_tree(planner, bundles, bundle_count, leaves);

	for (size_t i = 0; i < cuts.edges.count; i++)
		if (cuts.rank[i + 1] > cuts.rank[i])
			add_cell(planner, &cuts, protocol, i,
				 leaf_target(planner, &tree, cuts.rank[i]));
	if (anything || planner->whole.count) {
		struct cell rest = {protocol, 0, 65535, 0};
		struct list lookups = {0};

		if (!anything)
			look_up_list(planner, &lookups, &planner->whole);
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

/*
 * Ranges that overlapping rules cut, and that the same may use after all.  Single ports stay apart: a map
 * without ranges is the quicker one.
 */
static bool are_one(const struct cell *cell, const struct cell *next)
{
	return cell->protocol == next->protocol && cell->last + 1 == next->first &&
	       cell->target == next->target &&
	       (cell->first != cell->last || next->first != next->last);
}

void plan_sort_cells(struct plan *plan)
{
	size_t kept = 0;

	if (plan->cell_count)
		qsort(plan->cells, plan->cell_count, sizeof(struct cell), compare_cells);
	for (size_t i = 0; i < plan->cell_count; i++) {
		if (kept && are_one(&plan->cells[kept - 1], &plan->cells[i]))
			plan->cells[kept - 1].last = plan->cells[i].last;
		else
			plan->cells[kept++] = plan->cells[i];
	}
	plan->cell_count = kept;
}

/*
 * The peers of the grants from @at on as long as they are of the protocol and on all its ports; sets
 * *anything if anything is among them.
 */
static struct list take_whole(const struct planner *planner, const struct grant *grants,
			      size_t count, enum protocol protocol, size_t *at, bool *anything)
{
	struct list lists = {0};

	*anything = false;
	/* No rule names port 0: what begins there is every port. */
	for (; *at < count && grants[*at].protocol == protocol && grants[*at].first == 0; (*at)++) {
		if (grants[*at].peers == ANYTHING)
			*anything = true;
		else
			arena_push(planner->arena, lists.items, lists.count, grants[*at].peers);
	}
	return expand(planner, &lists);
}

/* Splits off the peers on all ports of all protocols, and of those that have one, of each. */
struct plan *plan_cells(struct arena *arena, const struct peer_list *lists, struct grant *grants,
			size_t count, struct unions *unions)
{
	struct planner planner = {
		.arena = arena,
		.unions = unions,
		.lists = lists,
		.targets = {.arena = arena},
		.plan = arena_alloc(arena, sizeof(struct plan)),
	};
	struct list every = {0};
	size_t at = 0;
	bool anything;

	if (count)
		qsort(grants, count, sizeof(*grants), compare_grants);
	planner.every = take_whole(&planner, grants, count, PROTOCOL_ANY, &at, &planner.plan->open);
	if (planner.plan->open)
		return planner.plan;
	look_up_list(&planner, &every, &planner.every);
	planner.plan->every = (struct target){false, every.items, every.count};
	while (at < count) {
		enum protocol protocol = grants[at].protocol;
		size_t first;

		planner.whole = (struct list){0};
		planner.whole = take_whole(&planner, grants, count, protocol, &at, &anything);
		planner.own = (struct table){.arena = arena};
		planner.has_own = NULL;
		planner.has_own_count = 0;
		first = at;
		while (at < count && grants[at].protocol == protocol)
			at++;
		plan_protocol(&planner, protocol, &grants[first], at - first, anything);
	}
	plan_sort_cells(planner.plan);
	return planner.plan;
}
