/*
 * Describes each node by a text of everything that must be the same; nodes with equal texts are
 * joined.
 */
#include "ask/graph/joined.h"

#include "base/arena.h"
#include "base/must.h"

/* What is known of each node.  */
struct likeness {
	struct string *texts; /* index: node */
	bool *alone; /* index: node; it is the rest of a namespace of which nothing else is drawn */
};

/* How many nodes of each box are drawn.  */
static size_t *count_boxes(struct arena *arena, const struct picture *picture)
{
	const struct graph_nodes *nodes = &picture->nodes;
	size_t *counts = arena_array(arena, nodes->box_count, sizeof(*counts));

	for (size_t i = 0; i < nodes->count; i++)
		if (nodes->items[i].box != BOX_NONE && picture->shown[i])
			counts[nodes->items[i].box]++;
	return counts;
}

static void find_alone(struct arena *arena, const struct picture *picture, const char *open,
		       struct likeness *likeness)
{
	const struct graph_nodes *nodes = &picture->nodes;
	const size_t *counts = count_boxes(arena, picture);

	for (size_t i = 0; i < nodes->count; i++) {
		const struct graph_node *node = &nodes->items[i];

		likeness->alone[i] = node->sort == NODE_REST && node->box != BOX_NONE &&
				     picture->shown[i] && counts[node->box] == 1 &&
				     !(open && !strcmp(nodes->boxes[node->box].name, open));
	}
}

static void describe_node(struct arena *arena, const struct graph_node *node, struct string *text)
{
	for (enum age age = OLD; age <= NEW; age++)
		arena_append(arena, text, "%d%d%d ", node->party[age] != NO_PARTY,
			     node->isolated[age][INGRESS], node->isolated[age][EGRESS]);
}

/*
 * Adds an arrow to the description of one of its ends: who is at the other end, and on which ports.
 */
static void describe_end(struct arena *arena, struct likeness *likeness, bool out,
			 const struct graph_end *own, const struct graph_end *other,
			 const struct graph_arrow *arrow)
{
	if (!own->box && likeness->alone[own->number])
		arena_append(arena, &likeness->texts[own->number], "%d %d:%u %u %d;", out,
			     other->box, other->number, arrow->ports, (int)arrow->change);
}

/*
 * Keeps the nodes of a box apart if an arrow is about the whole box, since such an arrow names it.
 */
static void keep_apart(const struct picture *picture, struct likeness *likeness,
		       const struct graph_end *end)
{
	const struct end_nodes nodes = graph_end_nodes(&picture->nodes, end);

	for (size_t i = 0; end->box && i < nodes.count; i++)
		likeness->alone[end_node(&nodes, i)] = false;
}

static void describe(struct arena *arena, const struct picture *picture, struct likeness *likeness)
{
	for (size_t i = 0; i < picture->nodes.count; i++)
		if (likeness->alone[i])
			describe_node(arena, &picture->nodes.items[i], &likeness->texts[i]);
	for (size_t i = 0; i < picture->arrow_count; i++) {
		const struct graph_arrow *arrow = &picture->arrows[i];

		describe_end(arena, likeness, true, &arrow->from, &arrow->to, arrow);
		describe_end(arena, likeness, false, &arrow->to, &arrow->from, arrow);
	}
}

/*
 * Puts the node behind those that are joined already.  @lasts has the last of them, indexed by the
 * first.
 */
static void join(struct joined *joined, uint32_t *lasts, uint32_t first, uint32_t node)
{
	if (first != node)
		joined->next[lasts[first]] = node;
	lasts[first] = node;
	joined->first[node] = first;
	joined->next[node] = JOINED_LAST;
	joined->count[first]++;
}

static struct joined join_alike(struct arena *arena, const struct likeness *likeness, size_t count)
{
	struct joined joined = {arena_array(arena, count, sizeof(*joined.first)),
				arena_array(arena, count, sizeof(*joined.next)),
				arena_array(arena, count, sizeof(*joined.count))};
	uint32_t *lasts = arena_array(arena, count, sizeof(*lasts)), *firsts = NULL;
	struct table texts = {.arena = arena};
	size_t first_count = 0;

	for (uint32_t i = 0; i < count; i++) {
		const struct string *text = &likeness->texts[i];
		bool added = false;
		uint32_t number;

		if (!likeness->alone[i]) {
			join(&joined, lasts, i, i);
			continue;
		}
		number = table_keep(&texts, text->text, text->len, &added);
		if (added)
			arena_push(arena, firsts, first_count, i);
		must(number < first_count);
		join(&joined, lasts, firsts[number], i);
	}
	return joined;
}

struct joined join_namespaces(struct arena *arena, const struct picture *picture, const char *open)
{
	const size_t count = picture->nodes.count;
	struct likeness likeness = {arena_array(arena, count, sizeof(*likeness.texts)),
				    arena_array(arena, count, sizeof(*likeness.alone))};

	find_alone(arena, picture, open, &likeness);
	for (size_t i = 0; i < picture->arrow_count; i++) {
		keep_apart(picture, &likeness, &picture->arrows[i].from);
		keep_apart(picture, &likeness, &picture->arrows[i].to);
	}
	describe(arena, picture, &likeness);
	return join_alike(arena, &likeness, count);
}
