/*
 * Makes nodes from pairs of parties.
 *
 * Pods of one owner are one node if in each world they are all of one class.  Otherwise there is a
 * node for each pair of classes, which has the name of its first pod.
 */
#include "ask/graph/nodes.h"

#include "ask/graph/outside.h"
#include "base/arena.h"
#include "base/bits.h"
#include "base/table.h"
#include "base/text.h"

#include <stdlib.h>

/*
 * At most so many pods without an owner are drawn one by one, if they are alike and in one
 * namespace.
 */
#define ALIKE_DRAWN 24

/* What is known of the pods of one owner.  */
struct node_owner {
	uint32_t class[AGES]; /* TABLE_NONE: this world has none of them */
	bool split;           /* they are of several classes */
};

struct node_making {
	struct arena *arena;
	struct graph_nodes nodes;
	const struct party_pairs *pairs;
	uint32_t *owner_of;  /* index: pair */
	bool *counted[AGES]; /* index: party; it was counted in its node */
	struct table owner_names, keys, boxes;
	/* keys: namespace and classes of pods without an owner, which are alike */
	struct table crowds;
	size_t *crowd_sizes;
	struct table outside_keys;
	uint32_t *outside_nodes;
	size_t outside_count, outside_node_count;
	struct node_owner *owners;
	size_t owner_count;
};

/*
 * Nobody checks the names of owners, so they must not drive the terminal or browser that shows
 * them.
 */
static void make_plain(struct arena *arena, struct graph_node *node)
{
	node->name = text_plain(arena, node->name);
	node->text = text_plain(arena, node->text);
}

/*
 * Returns the number of the crowd in which a pod without an owner is; TABLE_NONE: it has an owner,
 * or it is no running pod.
 */
static uint32_t crowd_of(struct node_making *making, const struct party_pair *pair)
{
	const struct party *shown = pair_shown(pair);
	const char *key;

	if (shown->kind != PARTY_POD || shown->owner)
		return TABLE_NONE;
	key = arena_printf(making->arena, "%s %u %u", shown->namespace,
			   pair->in[OLD] ? pair->in[OLD]->class : TABLE_NONE,
			   pair->in[NEW] ? pair->in[NEW]->class : TABLE_NONE);
	return table_add(&making->crowds, key, strlen(key), NULL);
}

static void count_crowds(struct node_making *making)
{
	making->crowd_sizes =
		arena_array(making->arena, making->pairs->count, sizeof(*making->crowd_sizes));
	for (size_t i = 0; i < making->pairs->count; i++) {
		const uint32_t crowd = crowd_of(making, &making->pairs->items[i]);

		if (crowd != TABLE_NONE)
			making->crowd_sizes[crowd]++;
	}
}

/*
 * The name of what the pair is drawn as a part of: of its owner, or of a crowd that has too many
 * pods to draw each.
 */
static const char *group_of(struct node_making *making, const struct party_pair *pair)
{
	const uint32_t crowd = crowd_of(making, pair);

	if (crowd == TABLE_NONE || making->crowd_sizes[crowd] <= ALIKE_DRAWN)
		return party_owner_text(making->arena, pair_shown(pair));
	return arena_printf(making->arena, "crowd %u", crowd);
}

/* Writes "web-1 and pods alike"; their number is said beside the name.  */
static void name_crowd(struct node_making *making, const struct party_pair *pair,
		       struct graph_node *node)
{
	const uint32_t crowd = crowd_of(making, pair);

	if (crowd == TABLE_NONE || making->crowd_sizes[crowd] <= ALIKE_DRAWN)
		return;
	node->name = arena_printf(making->arena, "%s and pods alike", node->name);
	node->text = arena_printf(making->arena, "%s and pods alike", node->text);
}

/*
 * Finds the owner of each pair.  An owner is split if it has pods of more than one class in one
 * world.
 */
static void find_owners(struct node_making *making)
{
	making->owner_of =
		arena_array(making->arena, making->pairs->count, sizeof(*making->owner_of));
	for (size_t i = 0; i < making->pairs->count; i++) {
		const struct party_pair *pair = &making->pairs->items[i];
		const char *name = group_of(making, pair);
		bool added = false;
		uint32_t number = table_add(&making->owner_names, name, strlen(name), &added);
		struct node_owner *owner;

		if (added)
			arena_push(making->arena, making->owners, making->owner_count,
				   ((struct node_owner){{TABLE_NONE, TABLE_NONE}, false}));
		making->owner_of[i] = number;
		owner = &making->owners[number];
		for (enum age age = OLD; age < AGES; age++) {
			if (!pair->in[age])
				continue;
			if (owner->class[age] == TABLE_NONE)
				owner->class[age] = pair->in[age]->class;
			owner->split |= owner->class[age] != pair->in[age]->class;
		}
	}
}

static uint32_t box_of(struct node_making *making, const char *namespace)
{
	bool added = false;
	uint32_t number = table_add(&making->boxes, namespace, strlen(namespace), &added);

	if (added)
		arena_push(making->arena, making->nodes.boxes, making->nodes.box_count,
			   (struct graph_box){.name = namespace});
	return number;
}

static const char *behind_slash(const char *text)
{
	const char *slash = strchr(text, '/');

	return slash ? slash + 1 : text;
}

static struct graph_node new_node(struct node_making *making, const struct party *party, bool split)
{
	struct graph_node node = {.party = {NO_PARTY, NO_PARTY},
				  .second = {NO_PARTY, NO_PARTY},
				  .text = party_owner_text(making->arena, party),
				  .box = BOX_NONE};

	switch (party->kind) {
	case PARTY_POD:
		node.sort = NODE_PODS;
		node.name = party->owner && !split ? party->owner : behind_slash(party->text);
		node.text = split ? party->text : node.text;
		break;
	case PARTY_WORKLOAD:
		node.sort = NODE_COMING;
		node.name = party->owner;
		break;
	case PARTY_OTHER_POD:
		node.sort = NODE_REST;
		node.name = "any other pod";
		break;
	case PARTY_STRANGER:
		node.sort = NODE_REST;
		node.name = party->text;
		if (!*party->namespace)
			return node;
		break;
	case PARTY_ELSEWHERE:
		node.sort = NODE_REST;
		node.name = party->text;
		return node;
	case PARTY_OUTSIDE:
		return node;
	}
	node.box = box_of(making, party->namespace);
	return node;
}

/* Returns the node of a pair; if the pair is the first of its node, the node is made.  */
static struct graph_node *node_of(struct node_making *making, size_t i)
{
	const struct party_pair *pair = &making->pairs->items[i];
	const bool split = making->owners[making->owner_of[i]].split;
	uint32_t key[] = {making->owner_of[i], TABLE_NONE, TABLE_NONE};
	bool added = false;
	uint32_t number;

	for (enum age age = OLD; age < AGES && split; age++)
		key[1 + age] = pair->in[age] ? pair->in[age]->class : TABLE_NONE;
	number = table_add(&making->keys, key, sizeof(key), &added);
	if (added) {
		struct graph_node node = new_node(making, pair_shown(pair), split);

		node.number = (uint32_t)making->nodes.count;
		name_crowd(making, pair, &node);
		make_plain(making->arena, &node);
		arena_push(making->arena, making->nodes.items, making->nodes.count, node);
	}
	return &making->nodes.items[number];
}

/*
 * Notes whether the node is isolated.  A pod to which a cluster policy denies something is drawn
 * like an isolated one, by what it still grants: only if nothing is denied to a pod, everything
 * passes for certain.
 */
static void set_isolated(const struct graph_nodes *nodes, struct graph_node *node, enum age age)
{
	const struct world *world = nodes->worlds[age];
	uint32_t pod = world->parties[node->party[age]].pod;

	for (enum direction direction = INGRESS; direction < DIRECTIONS; direction++)
		node->isolated[age][direction] = bits_has(world->resolved->denied[direction], pod);
}

/*
 * Notes that the pair's party of a world belongs to the node.  Returns the party's index; NO_PARTY:
 * there is none.
 */
static size_t place_party(struct node_making *making, const struct party_pair *pair, enum age age,
			  const struct graph_node *node)
{
	size_t party;

	if (!pair->in[age])
		return NO_PARTY;
	party = (size_t)(pair->in[age] - making->nodes.worlds[age]->parties);
	making->nodes.node_of[age][party] = node->number;
	return party;
}

static void join(struct node_making *making, size_t i)
{
	const struct party_pair *pair = &making->pairs->items[i];
	struct graph_node *node = node_of(making, i);

	for (enum age age = OLD; age < AGES; age++) {
		const size_t party = place_party(making, pair, age, node);

		if (party == NO_PARTY)
			continue;
		if (making->counted[age][party])
			continue;
		making->counted[age][party] = true;
		if (node->party[age] == NO_PARTY) {
			node->party[age] = party;
			set_isolated(&making->nodes, node, age);
		} else if (node->second[age] == NO_PARTY) {
			node->second[age] = party;
		}
		node->pods[age]++;
	}
}

/* Returns the node of addresses that are answered alike in both worlds.  */
static struct graph_node *outside_node(struct node_making *making, const struct party_pair *pair)
{
	const struct party *shown = pair_shown(pair);
	const uint32_t key[] = {
		UINT32_MAX, shown->node != NULL, pair->in[OLD] ? pair->in[OLD]->class : TABLE_NONE,
		pair->in[NEW] ? pair->in[NEW]->class : TABLE_NONE, shown->has[V4] ? V4 : V6};
	/*
	 * If there are few, each is drawn by itself, so that it has the name that policies give it.
	 */
	bool added = making->outside_count <= ALIKE_DRAWN;
	const uint32_t number =
		added ? 0 : table_add(&making->outside_keys, key, sizeof(key), &added);

	if (!added)
		return &making->nodes.items[making->outside_nodes[number]];
	arena_push(making->arena, making->outside_nodes, making->outside_node_count,
		   (uint32_t)making->nodes.count);
	arena_push(making->arena, making->nodes.items, making->nodes.count,
		   ((struct graph_node){.sort = NODE_OUTSIDE,
					.party = {NO_PARTY, NO_PARTY},
					.second = {NO_PARTY, NO_PARTY},
					.number = (uint32_t)making->nodes.count,
					.family = shown->has[V4] ? V4 : V6,
					.box = box_of(making, "")}));
	return &making->nodes.items[making->nodes.count - 1];
}

static void add_outside(struct node_making *making, const struct party_pair *pair)
{
	struct graph_node *node = outside_node(making, pair);
	const struct party *shown = pair_shown(pair);
	struct range *ranges = (struct range *)node->ranges;
	const char **names = (const char **)node->cluster_nodes;

	for (size_t i = 0; i < shown->range_count && !shown->node; i++)
		arena_push(making->arena, ranges, node->range_count, shown->ranges[i]);
	node->ranges = ranges;
	if (shown->node)
		arena_push(making->arena, names, node->cluster_node_count, shown->text);
	node->cluster_nodes = names;
	for (enum age age = OLD; age < AGES; age++) {
		const size_t party = place_party(making, pair, age, node);

		if (party == NO_PARTY)
			continue;
		if (node->party[age] == NO_PARTY)
			node->party[age] = party;
	}
}

static void name_outside(struct node_making *making)
{
	for (size_t i = 0; i < making->nodes.count; i++) {
		struct graph_node *node = &making->nodes.items[i];

		if (node->sort == NODE_OUTSIDE)
			node->name = node->text = outside_text(making->arena, node, 1);
	}
}

static int compare_nodes(const void *a, const void *b)
{
	const struct graph_node *x = a, *y = b;
	int order = (x->sort > NODE_ANY_POD) - (y->sort > NODE_ANY_POD);

	if (order || x->sort <= NODE_ANY_POD)
		return order ? order : (int)x->sort - (int)y->sort;
	if (x->box != y->box)
		return x->box < y->box ? -1 : 1;
	order = (x->sort == NODE_REST) - (y->sort == NODE_REST);
	order = order ? order : strcmp(x->name, y->name);
	return order ? order : strcmp(x->text, y->text);
}

static int compare_boxes(const void *a, const void *b)
{
	const char *x = ((const struct graph_box *)a)->name,
		   *y = ((const struct graph_box *)b)->name;

	if (!*x || !*y)
		return !*x - !*y;
	return strcmp(x, y);
}

static void find_nodes_of_boxes(struct graph_nodes *nodes)
{
	for (size_t i = 0; i < nodes->count; i++) {
		struct graph_box *box;

		if (nodes->items[i].box == BOX_NONE)
			continue;
		box = &nodes->boxes[nodes->items[i].box];
		if (!box->end)
			box->first = i;
		box->end = i + 1;
	}
}

/* Sorts boxes by name, and nodes by box and name.  */
static void sort(struct node_making *making)
{
	struct graph_nodes *nodes = &making->nodes;
	struct table places = {.arena = making->arena};
	const char **names = arena_array(making->arena, nodes->box_count, sizeof(*names));

	for (size_t i = 0; i < nodes->box_count; i++)
		names[i] = nodes->boxes[i].name;
	if (nodes->box_count)
		qsort(nodes->boxes, nodes->box_count, sizeof(*nodes->boxes), compare_boxes);
	for (size_t i = 0; i < nodes->box_count; i++)
		table_add(&places, nodes->boxes[i].name, strlen(nodes->boxes[i].name), NULL);
	for (size_t i = 0; i < nodes->count; i++)
		if (nodes->items[i].box != BOX_NONE) {
			const char *name = names[nodes->items[i].box];

			nodes->items[i].box = table_find(&places, name, strlen(name));
		}
	qsort(nodes->items, nodes->count, sizeof(*nodes->items), compare_nodes);
	find_nodes_of_boxes(nodes);
}

/* Corrects node_of after nodes were sorted.  */
static void renumber(struct node_making *making)
{
	struct graph_nodes *nodes = &making->nodes;
	uint32_t *at = arena_array(making->arena, nodes->count, sizeof(*at));

	for (uint32_t i = 0; i < nodes->count; i++)
		at[nodes->items[i].number] = i;
	for (enum age age = nodes->worlds[OLD] ? OLD : NEW; age < AGES; age++)
		for (size_t i = 0; i < nodes->worlds[age]->party_count; i++)
			if (nodes->node_of[age][i] != UINT32_MAX)
				nodes->node_of[age][i] = at[nodes->node_of[age][i]];
}

struct graph_nodes graph_nodes_of(struct arena *arena, const struct party_pairs *pairs)
{
	static const char *const specials[] = {
		[NODE_ANYONE] = "anyone", [NODE_ANY_POD] = "any pod"};
	struct node_making making = {.arena = arena,
				     .nodes.worlds = {pairs->worlds[OLD], pairs->worlds[NEW]},
				     .pairs = pairs,
				     .owner_names.arena = arena,
				     .crowds.arena = arena,
				     .outside_keys.arena = arena,
				     .keys.arena = arena,
				     .boxes.arena = arena};

	for (enum age age = pairs->worlds[OLD] ? OLD : NEW; age < AGES; age++) {
		const size_t parties = pairs->worlds[age]->party_count;

		making.counted[age] = arena_array(arena, parties, sizeof(bool));
		making.nodes.node_of[age] = arena_array(arena, parties, sizeof(uint32_t));
		memset(making.nodes.node_of[age], 0xff, parties * sizeof(uint32_t));
	}
	count_crowds(&making);
	find_owners(&making);
	for (size_t i = 0; i < pairs->count; i++)
		if (pair_shown(&pairs->items[i])->kind != PARTY_OUTSIDE)
			join(&making, i);
	for (size_t i = 0; i < pairs->count; i++)
		making.outside_count += pair_shown(&pairs->items[i])->kind == PARTY_OUTSIDE;
	for (size_t i = 0; i < pairs->count; i++)
		if (pair_shown(&pairs->items[i])->kind == PARTY_OUTSIDE)
			add_outside(&making, &pairs->items[i]);
	name_outside(&making);
	for (enum sort_of_node sort_of = NODE_ANYONE; sort_of <= NODE_ANY_POD; sort_of++)
		arena_push(arena, making.nodes.items, making.nodes.count,
			   ((struct graph_node){.sort = sort_of,
						.number = (uint32_t)making.nodes.count,
						.text = specials[sort_of],
						.name = specials[sort_of],
						.party = {NO_PARTY, NO_PARTY},
						.second = {NO_PARTY, NO_PARTY},
						.box = BOX_NONE}));
	sort(&making);
	renumber(&making);
	making.nodes.first_joined = making.nodes.count;
	making.nodes.joined.arena = arena;
	return making.nodes;
}

bool graph_node_is_one_pod(const struct graph_nodes *nodes, const struct graph_node *node,
			   enum age age)
{
	const struct party *party = &nodes->worlds[age]->parties[node->party[age]];

	return party->kind != PARTY_OUTSIDE && party->twin_pod == party->pod &&
	       node->second[age] == NO_PARTY;
}

static const char *joined_text(struct arena *arena, const struct graph_nodes *nodes,
			       const uint32_t *parts, size_t count)
{
	struct graph_node *items = arena_array(arena, count, sizeof(*items));

	for (size_t i = 0; i < count; i++)
		items[i] = nodes->items[parts[i]];
	return outside_text(arena, items, count);
}

uint32_t graph_nodes_join(struct arena *arena, struct graph_nodes *nodes, const uint32_t *parts,
			  size_t count)
{
	bool added = false;
	uint32_t number = table_add(&nodes->joined, parts, count * sizeof(*parts), &added);
	uint32_t *copy = arena_array(arena, count, sizeof(*copy));
	struct graph_node node = nodes->items[parts[0]];

	if (!added)
		return (uint32_t)nodes->first_joined + number;
	memcpy(copy, parts, count * sizeof(*copy));
	node.parts = copy;
	node.part_count = count;
	node.text = node.name = joined_text(arena, nodes, parts, count);
	arena_push(arena, nodes->items, nodes->count, node);
	return (uint32_t)nodes->first_joined + number;
}

struct end_nodes graph_end_nodes(const struct graph_nodes *nodes, const struct graph_end *end)
{
	const struct graph_node *node = &nodes->items[end->box ? 0 : end->number];
	const struct graph_box *box = &nodes->boxes[end->box ? end->number : 0];

	if (end->box)
		return (struct end_nodes){NULL, box->first, box->end - box->first};
	if (node->part_count)
		return (struct end_nodes){node->parts, 0, node->part_count};
	return (struct end_nodes){NULL, end->number, 1};
}

size_t end_node(const struct end_nodes *of, size_t at)
{
	return of->parts ? of->parts[at] : of->first + at;
}
