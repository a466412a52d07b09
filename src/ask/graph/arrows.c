/*
 * Makes arrows of cells (ask/graph/cells.h).  What all of a box have in common becomes one arrow of
 * the box, and addresses with the same ports become one node.
 */
#include "ask/graph/arrows.h"

#include "ask/graph/cells.h"
#include "base/arena.h"

#include <stdlib.h>

struct arrow_drawing {
	struct arena *arena;
	struct picture *picture;
	size_t count; /* how many nodes there are */
	struct cell_finding *cells;
	enum arrow_change change;
	/* index: node; the cells of what goes to it, and of what comes from it, that are not drawn yet */
	struct cells *to, *from;
};

static const struct graph_node *node_at(const struct arrow_drawing *drawing, size_t i)
{
	return &drawing->picture->nodes.items[i];
}

static struct ports *ports_of(const struct arrow_drawing *drawing)
{
	return drawing->picture->ports;
}

static void add_arrow(struct arrow_drawing *drawing, struct graph_end from, struct graph_end to,
		      uint32_t ports)
{
	struct picture *picture = drawing->picture;

	if (ports != PORTS_NOTHING)
		arena_push(drawing->arena, picture->arrows, picture->arrow_count,
			   ((struct graph_arrow){.from = from,
						 .to = to,
						 .change = drawing->change,
						 .ports = ports}));
}

static struct graph_end box_end(uint32_t box)
{
	return (struct graph_end){true, box};
}

static struct graph_end node_end(uint32_t node)
{
	return (struct graph_end){false, node};
}

/* The end of the cells from @begin on that are of nodes of one box.  */
static size_t same_box(const struct arrow_drawing *drawing, const struct cells *cells, size_t begin)
{
	const uint32_t box = node_at(drawing, cells->items[begin].node)->box;
	size_t end = begin + 1;

	while (end < cells->count && node_at(drawing, cells->items[end].node)->box == box)
		end++;
	return end;
}

/*
 * Takes out of cells of one box what all of its nodes have in common, and returns it.  @expected is how
 * many cells there are if all nodes of the box have one.  If they do not, or if there is only one, nothing
 * is taken.
 */
static uint32_t take_common(const struct arrow_drawing *drawing, struct arrow_cell *cells,
			    size_t count, size_t expected)
{
	uint32_t common = count == expected && count > 1 ? PORTS_EVERYTHING : PORTS_NOTHING;

	for (size_t i = 0; i < count; i++)
		common = ports_common(ports_of(drawing), common, cells[i].ports);
	for (size_t i = 0; i < count; i++)
		cells[i].ports = ports_minus(ports_of(drawing), cells[i].ports, common);
	return common;
}

/* How many nodes of the box can have a cell with the node: a single pod has none with itself.  */
static size_t expected_of(const struct arrow_drawing *drawing, uint32_t box, size_t node)
{
	const enum age age = drawing->change == CLOSED ? OLD : NEW;
	const struct graph_box *of = &drawing->picture->nodes.boxes[box];
	const bool inside = of->first <= node && node < of->end;

	return of->end - of->first - (inside && !cells_are_with_itself(drawing->cells, age, node));
}

/* Removes the cells of which nothing is left.  */
static void drop_empty(struct cells *cells)
{
	size_t kept = 0;

	for (size_t i = 0; i < cells->count; i++)
		if (cells->items[i].ports != PORTS_NOTHING)
			cells->items[kept++] = cells->items[i];
	cells->count = kept;
}

/* Takes what goes from all nodes of a box to one node out of the cells; the result is indexed by box. */
static struct cells *take_from_boxes(struct arrow_drawing *drawing)
{
	struct cells *taken =
		arena_array(drawing->arena, drawing->picture->nodes.box_count, sizeof(*taken));

	for (uint32_t to = 0; to < drawing->count; to++) {
		struct cells *cells = &drawing->to[to];

		for (size_t begin = 0, end; begin < cells->count; begin = end) {
			const uint32_t box = node_at(drawing, cells->items[begin].node)->box;
			uint32_t common;

			end = same_box(drawing, cells, begin);
			if (box == BOX_NONE)
				continue;
			common = take_common(drawing, &cells->items[begin], end - begin,
					     expected_of(drawing, box, to));
			if (common != PORTS_NOTHING)
				arena_push(drawing->arena, taken[box].items, taken[box].count,
					   ((struct arrow_cell){to, common}));
		}
		drop_empty(cells);
	}
	return taken;
}

/* Draws what goes from all nodes of a box: to all nodes of another one, or to single nodes.  */
static void draw_from_box(struct arrow_drawing *drawing, uint32_t box, struct cells *cells)
{
	const struct graph_box *boxes = drawing->picture->nodes.boxes;

	for (size_t begin = 0, end; begin < cells->count; begin = end) {
		const uint32_t other = node_at(drawing, cells->items[begin].node)->box;

		end = same_box(drawing, cells, begin);
		if (other != BOX_NONE)
			add_arrow(drawing, box_end(box), box_end(other),
				  take_common(drawing, &cells->items[begin], end - begin,
					      boxes[other].end - boxes[other].first));
		for (size_t i = begin; i < end; i++)
			add_arrow(drawing, box_end(box), node_end(cells->items[i].node),
				  cells->items[i].ports);
	}
}

/* Files the same cells under their other ends.  */
static struct cells *turn_cells(const struct arrow_drawing *drawing, const struct cells *cells)
{
	struct cells *turned = arena_array(drawing->arena, drawing->count, sizeof(*turned));

	for (uint32_t i = 0; i < drawing->count; i++)
		for (size_t k = 0; k < cells[i].count; k++) {
			struct cells *of = &turned[cells[i].items[k].node];

			arena_push(drawing->arena, of->items, of->count,
				   ((struct arrow_cell){i, cells[i].items[k].ports}));
		}
	return turned;
}

/* Draws what goes from one node to all nodes of a box.  */
static void draw_to_boxes(struct arrow_drawing *drawing, uint32_t from)
{
	struct cells *cells = &drawing->from[from];

	for (size_t begin = 0, end; begin < cells->count; begin = end) {
		const uint32_t box = node_at(drawing, cells->items[begin].node)->box;

		end = same_box(drawing, cells, begin);
		if (box != BOX_NONE)
			add_arrow(drawing, node_end(from), box_end(box),
				  take_common(drawing, &cells->items[begin], end - begin,
					      expected_of(drawing, box, from)));
	}
	drop_empty(cells);
}

static uint32_t join_cells(struct arrow_drawing *drawing, const struct cells *cells)
{
	uint32_t *parts = arena_array(drawing->arena, cells->count, sizeof(*parts));

	for (size_t i = 0; i < cells->count; i++)
		parts[i] = cells->items[i].node;
	return graph_nodes_join(drawing->arena, &drawing->picture->nodes, parts, cells->count);
}

/* Draws what goes from or to addresses; those with the same ports become one node, since together they are easier to name. */
static void join_outside(struct arrow_drawing *drawing, const struct cells *cells,
			 enum direction direction, uint32_t node)
{
	struct table numbers = {.arena = drawing->arena};
	struct cells *by_ports = NULL; /* nodes with the same ports */
	size_t count = 0;

	for (size_t i = 0; i < cells->count; i++) {
		bool added = false;
		uint32_t at;

		if (node_at(drawing, cells->items[i].node)->sort != NODE_OUTSIDE)
			continue;
		at = table_add(&numbers, &cells->items[i].ports, sizeof(uint32_t), &added);
		if (added)
			arena_push(drawing->arena, by_ports, count, (struct cells){0});
		arena_push(drawing->arena, by_ports[at].items, by_ports[at].count, cells->items[i]);
	}
	for (size_t i = 0; i < count; i++) {
		const uint32_t ports = by_ports[i].items->ports;
		uint32_t end = by_ports[i].items->node;

		if (by_ports[i].count > 1)
			end = join_cells(drawing, &by_ports[i]);
		add_arrow(drawing, node_end(direction == INGRESS ? end : node),
			  node_end(direction == INGRESS ? node : end), ports);
	}
}

/* Draws what is left between single nodes.  */
static void draw_rest(struct arrow_drawing *drawing, uint32_t from)
{
	const struct cells *cells = &drawing->from[from];

	for (size_t i = 0; i < cells->count; i++)
		if (node_at(drawing, from)->sort != NODE_OUTSIDE &&
		    node_at(drawing, cells->items[i].node)->sort != NODE_OUTSIDE)
			add_arrow(drawing, node_end(from), node_end(cells->items[i].node),
				  cells->items[i].ports);
}

static void draw(struct arrow_drawing *drawing, enum arrow_change change)
{
	const struct graph_nodes *nodes = &drawing->picture->nodes;
	struct cells *from_boxes;

	drawing->change = change;
	drawing->to = cells_to(drawing->cells, change);
	from_boxes = take_from_boxes(drawing);
	for (uint32_t box = 0; box < nodes->box_count; box++)
		draw_from_box(drawing, box, &from_boxes[box]);
	drawing->from = turn_cells(drawing, drawing->to);
	for (uint32_t from = 0; from < drawing->count; from++)
		draw_to_boxes(drawing, from);
	drawing->to = turn_cells(drawing, drawing->from);
	for (uint32_t node = 0; node < drawing->count; node++) {
		join_outside(drawing, &drawing->to[node], INGRESS, node);
		join_outside(drawing, &drawing->from[node], EGRESS, node);
	}
	for (uint32_t from = 0; from < drawing->count; from++)
		draw_rest(drawing, from);
}

static int compare_ends(const struct graph_end *a, const struct graph_end *b)
{
	if (a->box != b->box)
		return a->box ? -1 : 1;
	return (a->number > b->number) - (a->number < b->number);
}

static int compare_arrows(const void *a, const void *b)
{
	const struct graph_arrow *x = a, *y = b;
	int order = compare_ends(&x->from, &y->from);

	order = order ? order : compare_ends(&x->to, &y->to);
	return order ? order : (int)x->change - (int)y->change;
}

static void make_sides(struct arena *arena, struct picture *picture)
{
	const struct graph_nodes *nodes = &picture->nodes;

	for (enum age age = picture->two ? OLD : NEW; age < AGES; age++)
		if (nodes->worlds[age]->objects->cluster_policy_count && !picture->deciders)
			picture->deciders = deciders_new(arena, picture->ports);
	for (enum age age = picture->two ? OLD : NEW; age < AGES; age++)
		picture->sides[age] =
			sides_new(arena, nodes->worlds[age], picture->ports, picture->deciders);
}

void graph_arrows_find(struct arena *arena, struct picture *picture, bool denied)
{
	struct arrow_drawing drawing = {
		.arena = arena, .picture = picture, .count = picture->nodes.count};

	make_sides(arena, picture);
	denied &= picture->deciders != NULL;
	drawing.cells = cells_new(arena, picture, denied);
	for (enum arrow_change change = KEPT; change <= (picture->two ? CLOSED : KEPT); change++)
		draw(&drawing, change);
	if (denied)
		draw(&drawing, DENIED);
	if (picture->arrow_count)
		qsort(picture->arrows, picture->arrow_count, sizeof(*picture->arrows),
		      compare_arrows);
}
