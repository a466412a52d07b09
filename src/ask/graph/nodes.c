/*
 * Nodes.  See ask/graph/nodes.h.
 *
 * Pods of one owner are one node if in either world they are all of one class; otherwise one for each pair
 * of classes, named after its pods.
 */
#include "ask/graph/nodes.h"

#include "ask/graph/outside.h"
#include "base/arena.h"
#include "base/table.h"
#include "resolve/match.h"

#include <stdlib.h>

/* A party of both worlds, by its text. */
struct member {
	const char *text;
	uint32_t owner;
	size_t party[WORLDS];
};

/* The pods of an owner. */
struct owner {
	uint32_t class[WORLDS]; /* TABLE_NONE: none */
	bool split;             /* they are of several */
};

struct making {
	struct arena *arena;
	struct graph_nodes nodes;
	struct table texts, owner_names, keys, boxes;
	struct member *members;
	size_t member_count;
	struct owner *owners;
	size_t owner_count;
};

static const char *owner_text(struct arena *arena, const struct party *party)
{
	if (!party->owner)
		return party->text;
	return arena_printf(arena, "%s %s/%s", party->kind_of_owner, party->namespace,
			    party->owner);
}

static uint32_t owner_of(struct making *making, const struct party *party, enum which which)
{
	const char *name = owner_text(making->arena, party);
	bool added = false;
	uint32_t number = table_add(&making->owner_names, name, strlen(name), &added);
	struct owner *owner;

	if (added)
		arena_push(making->arena, making->owners, making->owner_count,
			   ((struct owner){{TABLE_NONE, TABLE_NONE}, false}));
	owner = &making->owners[number];
	if (owner->class[which] == TABLE_NONE)
		owner->class[which] = party->class;
	owner->split |= owner->class[which] != party->class;
	return number;
}

static void add_members(struct making *making, enum which which)
{
	const struct world *world = making->nodes.worlds[which];

	for (size_t i = 0; world && i < world->party_count; i++) {
		const struct party *party = &world->parties[i];
		bool added = false;
		uint32_t number;

		if (party->kind == PARTY_OUTSIDE)
			continue;
		number = table_add(&making->texts, party->text, strlen(party->text), &added);
		if (added)
			arena_push(making->arena, making->members, making->member_count,
				   ((struct member){party->text,
						    owner_of(making, party, which),
						    {NOBODY, NOBODY}}));
		else
			owner_of(making, party, which);
		making->members[number].party[which] = i;
	}
}

static uint32_t box_of(struct making *making, const char *namespace)
{
	bool added = false;
	uint32_t number = table_add(&making->boxes, namespace, strlen(namespace), &added);

	if (added)
		arena_push(making->arena, making->nodes.boxes, making->nodes.box_count,
			   (struct graph_box){namespace});
	return number;
}

static const struct party *party_of(const struct making *making, const struct member *member,
				    enum which which)
{
	return member->party[which] == NOBODY
		       ? NULL
		       : &making->nodes.worlds[which]->parties[member->party[which]];
}

static const char *behind_slash(const char *text)
{
	const char *slash = strchr(text, '/');

	return slash ? slash + 1 : text;
}

static struct graph_node new_node(struct making *making, const struct party *party, bool split)
{
	struct graph_node node = {.party = {NOBODY, NOBODY},
				  .second = {NOBODY, NOBODY},
				  .text = owner_text(making->arena, party),
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

/* The node of a member, which is made if it is its first. */
static struct graph_node *node_of(struct making *making, const struct member *member)
{
	const struct party *old = party_of(making, member, OLD),
			   *new = party_of(making, member, NEW);
	const struct owner *owner = &making->owners[member->owner];
	const uint32_t key[] = {member->owner, owner->split && old ? old->class : TABLE_NONE,
				owner->split && new ? new->class : TABLE_NONE};
	bool added = false;
	uint32_t number = table_add(&making->keys, key, sizeof(key), &added);

	if (added)
		arena_push(making->arena, making->nodes.items, making->nodes.count,
			   new_node(making, new ? new : old, owner->split));
	return &making->nodes.items[number];
}

static void set_isolated(const struct graph_nodes *nodes, struct graph_node *node, enum which which)
{
	const struct world *world = nodes->worlds[which];
	uint32_t pod = world->parties[node->party[which]].pod;

	for (enum direction direction = INGRESS; direction < DIRECTIONS; direction++)
		node->isolated[which][direction] =
			bits_has(world->resolved->isolated[direction], pod);
}

static void join(struct making *making, const struct member *member)
{
	struct graph_node *node = node_of(making, member);

	for (enum which which = OLD; which < WORLDS; which++) {
		if (member->party[which] == NOBODY)
			continue;
		if (node->party[which] == NOBODY) {
			node->party[which] = member->party[which];
			set_isolated(&making->nodes, node, which);
		} else if (node->second[which] == NOBODY) {
			node->second[which] = member->party[which];
		}
		node->pods[which]++;
	}
}

/* Is every range of @inner within one of @outer?  Both are sorted, and ranges that touch are one. */
static bool is_within(const struct party *inner, const struct party *outer)
{
	for (size_t i = 0; i < inner->range_count; i++) {
		size_t k = 0;

		while (k < outer->range_count &&
		       memcmp(outer->ranges[k].last, inner->ranges[i].last, 16) < 0)
			k++;
		if (k == outer->range_count ||
		    memcmp(outer->ranges[k].first, inner->ranges[i].first, 16) > 0)
			return false;
	}
	return true;
}

static bool meet(const struct party *a, const struct party *b)
{
	for (size_t i = 0; i < a->range_count; i++)
		for (size_t k = 0; k < b->range_count; k++)
			if (memcmp(a->ranges[i].first, b->ranges[k].last, 16) <= 0 &&
			    memcmp(b->ranges[k].first, a->ranges[i].last, 16) <= 0)
				return true;
	return false;
}

static void add_outside(struct making *making, size_t old, size_t new)
{
	const struct graph_nodes *nodes = &making->nodes;
	const struct party *a = &nodes->worlds[NEW]->parties[new];
	const struct party *b = old == NOBODY ? a : &nodes->worlds[OLD]->parties[old];
	struct graph_node node = {.sort = NODE_OUTSIDE,
				  .party = {old, new},
				  .second = {NOBODY, NOBODY},
				  .box = box_of(making, "")};

	node.text = is_within(a, b)   ? outside_text(making->arena, &a, 1)
		    : is_within(b, a) ? outside_text(making->arena, &b, 1)
				      : arena_printf(making->arena, "%s, within %s",
						     outside_text(making->arena, &a, 1),
						     outside_text(making->arena, &b, 1));
	node.name = node.text;
	arena_push(making->arena, making->nodes.items, making->nodes.count, node);
}

/* Of two worlds each pair of parts that have an address in common. */
static void add_all_outside(struct making *making)
{
	const struct world *old = making->nodes.worlds[OLD], *new = making->nodes.worlds[NEW];

	for (size_t i = 0; i < new->party_count; i++) {
		const struct party *party = &new->parties[i];

		if (party->kind != PARTY_OUTSIDE)
			continue;
		if (!old)
			add_outside(making, NOBODY, i);
		for (size_t k = 0; old && k < old->party_count; k++)
			if (old->parties[k].kind == PARTY_OUTSIDE &&
			    party->has[V4] == old->parties[k].has[V4] &&
			    meet(party, &old->parties[k]))
				add_outside(making, k, i);
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

/* Boxes by name, nodes by box and name. */
static void sort(struct making *making)
{
	struct graph_nodes *nodes = &making->nodes;
	struct table places = {.arena = making->arena};
	const char **names = arena_array(making->arena, nodes->box_count, sizeof(*names));

	for (size_t i = 0; i < nodes->box_count; i++)
		names[i] = nodes->boxes[i].name;
	qsort(nodes->boxes, nodes->box_count, sizeof(*nodes->boxes), compare_boxes);
	for (size_t i = 0; i < nodes->box_count; i++)
		table_add(&places, nodes->boxes[i].name, strlen(nodes->boxes[i].name), NULL);
	for (size_t i = 0; i < nodes->count; i++)
		if (nodes->items[i].box != BOX_NONE) {
			const char *name = names[nodes->items[i].box];

			nodes->items[i].box = table_find(&places, name, strlen(name));
		}
	qsort(nodes->items, nodes->count, sizeof(*nodes->items), compare_nodes);
}

struct graph_nodes graph_nodes_of(struct arena *arena, const struct world *old,
				  const struct world *new)
{
	static const char *const specials[] = {
		[NODE_ANYONE] = "anyone", [NODE_ANY_POD] = "any pod"};
	struct making making = {.arena = arena,
				.nodes.worlds = {old, new},
				.texts.arena = arena,
				.owner_names.arena = arena,
				.keys.arena = arena,
				.boxes.arena = arena};

	add_members(&making, OLD);
	add_members(&making, NEW);
	for (size_t i = 0; i < making.member_count; i++)
		join(&making, &making.members[i]);
	add_all_outside(&making);
	for (enum sort_of_node sort_of = NODE_ANYONE; sort_of <= NODE_ANY_POD; sort_of++)
		arena_push(arena, making.nodes.items, making.nodes.count,
			   ((struct graph_node){.sort = sort_of,
						.text = specials[sort_of],
						.name = specials[sort_of],
						.party = {NOBODY, NOBODY},
						.second = {NOBODY, NOBODY},
						.box = BOX_NONE}));
	sort(&making);
	making.nodes.first_joined = making.nodes.count;
	making.nodes.joined.arena = arena;
	return making.nodes;
}

static const char *joined_text(struct arena *arena, const struct graph_nodes *nodes,
			       const uint32_t *parts, size_t count)
{
	const struct party **parties = arena_array(arena, count, sizeof(*parties));
	enum which which = nodes->items[parts[0]].party[NEW] == NOBODY ? OLD : NEW;

	for (size_t i = 0; i < count; i++)
		parties[i] = &nodes->worlds[which]->parties[nodes->items[parts[i]].party[which]];
	return outside_text(arena, parties, count);
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
