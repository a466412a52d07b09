/*
 * Cuts the ports of each protocol at all edges of the grants' ranges, makes bundles of the peers
 * that may use the same cells, and places each bundle in a tree over the cells.  The look-ups of a
 * cell are those on the way from its leaf to the root.
 */
#include "lower/cells.h"

#include "base/arena.h"

#include <stdlib.h>

/* Small numbers, sorted and without repetitions. */
struct list {
	uint32_t *items;
	size_t count;
};

/* A run of neighbouring cells, both ends included. */
struct run {
	uint32_t first, last;
};

/* Peer lists that cover the same cells. */
struct bundle {
	struct list peers; /* numbers of peer lists */
	struct run *runs;  /* ascending; they do not touch */
	size_t run_count;
};

struct planner {
	struct arena *arena;
	struct unions *unions;
	struct plan *plan;
	struct table targets; /* keys: the bytes of targets; the numbers are those of the targets */
	const struct peer_list *lists;
	struct list every; /* single peers that may use all ports of all protocols */
	/* single peers that may use all ports of the protocol that is being planned */
	struct list whole;
	/* keys: peer lists of this protocol that were seen; the numbers are indices to: */
	struct table own;
	bool *has_own; /* does the list have peers that are in neither @every nor @whole? */
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

/* Adds a union to the look-ups, unless it is among them. */
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

/* Returns the single peers of some lists, except those that may use all ports anyway. */
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

/* Adds the look-ups for some peers: one for each, or one for all together. */
static void look_up_list(struct planner *planner, struct list *lookups, const struct list *peers)
{
	if (peers->count > LOOKUPS_APART)
		look_up(planner, lookups, peers->items, peers->count);
	for (size_t i = 0; peers->count <= LOOKUPS_APART && i < peers->count; i++)
		look_up(planner, lookups, &peers->items[i], 1);
}

/*
 * Adds the look-ups for some bundles: one for each peer, one for each bundle, or one for all
 * together.
 */
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

/* Does the list have peers that may use only some ports? */
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
	/* The target that needs no look-up has a key without bytes. */
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

/*
 * The ranges of one protocol's grants, cut at all their edges.  All arrays are indexed by interval.
 */
struct cuts {
	struct list edges;  /* interval i is edges[i] to edges[i + 1] - 1 */
	uint32_t *covered;  /* how many grants cover it */
	uint32_t *anything; /* how many of these are for any peer */
	uint32_t *owned;    /* how many of these have peers that may use only some ports */
	uint32_t *rank;     /* how many leaves of the tree stand before it */
};

static uint32_t interval_at(const struct cuts *cuts, uint32_t port)
{
	const uint32_t *edge =
		bsearch(&port, cuts->edges.items, cuts->edges.count, sizeof(port), compare_u32);

	return (uint32_t)(edge - cuts->edges.items);
}

/*
 * Counts one grant where it begins and where it ends; after the last grant, sum_up() turns this
 * into counts for each interval.
 */
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

/*
 * Adds leaves to a bundle.  A later call never adds leaves that begin before those of an earlier
 * one.
 */
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

/*
 * Finds the leaves of each peer list that may use only some ports, and makes one bundle of the
 * lists with the same leaves.
 */
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

/* A tree with bundles at its nodes, and the look-ups of each node. */
struct lookup_tree {
	struct cell_tree *nodes;
	struct list *lookups[LEVELS_MAX]; /* index: node */
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
			const struct cell_node *node = &tree.nodes->levels[level][i];

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

/*
 * Numbers the intervals that are leaves of the tree; an interval that any peer may use needs no
 * look-up and is none.
 */
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

/*
 * The target of a leaf: the look-ups of the nodes from there to the root, then those for all ports.
 */
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

/* Plans all ports of one protocol.  @anything: any peer may use all of them. */
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
 * Can two cells be one? They can, if overlapping rules cut them apart, but they have the same
 * target.  Single ports stay apart, since a map without ranges is faster.
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
 * Takes the grants from @at on that are for all ports of the protocol, and returns their peers.
 * *anything becomes true if one of them is for any peer.
 */
static struct list take_whole(const struct planner *planner, const struct grant *grants,
			      size_t count, enum protocol protocol, size_t *at, bool *anything)
{
	struct list lists = {0};

	*anything = false;
	/* No rule names port 0, so a range that begins there is every port. */
	for (; *at < count && grants[*at].protocol == protocol && grants[*at].first == 0; (*at)++) {
		if (grants[*at].peers == ANYTHING)
			*anything = true;
		else
			arena_push(planner->arena, lists.items, lists.count, grants[*at].peers);
	}
	return expand(planner, &lists);
}

/* Plans the peers that may use all ports of all protocols first, then each protocol. */
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
