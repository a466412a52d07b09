/*
 * Finds places for items, boxes and lines.
 *
 * Without graphviz, each box is put at the end of the column that is the shortest so far, with its
 * items one below the other.
 */
#include "ask/graph/place.h"

#include "ask/graph/dot.h"
#include "base/arena.h"
#include "base/diag.h"

#include <math.h>

#define MARGIN     20
#define TITLE      26
#define GAP        14
#define COLUMN_GAP 120
/* The width of a letter of a box's title, in bold, in points.  */
#define TITLE_LETTER 8
#define ROW          (36 + GAP)

int place_by_graphviz(struct arena *arena, const struct drawing *drawing, struct layout *layout,
		      struct diags *diags)
{
	const char *problem;

	*layout = (struct layout){.node_count = drawing->item_count,
				  .box_count = drawing->picture->nodes.box_count,
				  .arrow_count = drawing->line_count};
	problem = layout_ask(arena, graph_dot(arena, drawing), layout);
	if (problem)
		diag_note(diags, ((struct mark){0}), "%s: a plain layout is drawn instead",
			  problem);
	return problem ? -1 : 0;
}

/* A box, or an item that is in no box; its items are placed together.  */
struct column_block {
	uint32_t box; /* BOX_NONE: it is an item that is in no box */
	const size_t *items;
	size_t count;
	double width;
};

struct placing {
	struct arena *arena;
	const struct drawing *drawing;
	struct layout *layout;
	struct column_block *blocks;
	size_t block_count;
	double *heights; /* index: column */
	size_t column_count;
	double column_width;
};

static void add_block(struct placing *placing, struct column_block block)
{
	if (!block.count)
		return;
	for (size_t i = 0; i < block.count; i++)
		block.width = fmax(block.width, placing->drawing->items[block.items[i]].width);
	if (block.box != BOX_NONE)
		block.width =
			fmax(block.width,
			     TITLE_LETTER *
				     (double)strlen(box_title(
					     placing->arena,
					     &placing->drawing->picture->nodes.boxes[block.box])));
	placing->column_width = fmax(placing->column_width, block.width + 2 * MARGIN);
	arena_push(placing->arena, placing->blocks, placing->block_count, block);
}

static void place_block(struct placing *placing, const struct column_block *block)
{
	struct layout *layout = placing->layout;
	double height = TITLE + (double)block->count * ROW + MARGIN - GAP, y, x;
	size_t column = 0;

	for (size_t i = 1; i < placing->column_count; i++)
		if (placing->heights[i] < placing->heights[column])
			column = i;
	x = MARGIN + (double)column * (placing->column_width + COLUMN_GAP) +
	    placing->column_width / 2;
	y = placing->heights[column];
	if (block->box != BOX_NONE)
		layout->boxes[block->box] =
			(struct place_box){{x, y + height / 2}, block->width + 2 * MARGIN, height};
	placing->heights[column] += height + GAP;
	layout->size.y = fmax(layout->size.y, placing->heights[column]);
	y += TITLE;
	for (size_t i = 0; i < block->count; i++) {
		const struct item *item = &placing->drawing->items[block->items[i]];

		layout->nodes[block->items[i]] =
			(struct place_box){{x, y + item->height / 2}, item->width, item->height};
		y += ROW;
	}
}

/*
 * Draws a line from the side of one item to that of the other.  Within a column it goes out to the
 * right and back, the wider the farther apart the two are.
 */
static void place_line(struct placing *placing, size_t number)
{
	const struct line *line = &placing->drawing->lines[number];
	const struct place_box *a = &placing->layout->nodes[line->from];
	const struct place_box *b = &placing->layout->nodes[line->to];
	bool beside = a->middle.x == b->middle.x;
	double side = a->middle.x > b->middle.x ? -1 : 1, back = beside ? 1 : -side;
	double reach = beside ? 20 + fabs(a->middle.y - b->middle.y) / 2 : COLUMN_GAP / 2.0;
	struct drawn_place start = {a->middle.x + side * a->width / 2, a->middle.y - 6};
	struct drawn_place head = {b->middle.x + back * b->width / 2, b->middle.y + 6};
	struct drawn_place end = {head.x + back * 8, head.y};
	struct drawn_place *points = arena_array(placing->arena, 4, sizeof(*points));

	reach = fmin(reach, COLUMN_GAP);
	points[0] = start;
	points[1] = (struct drawn_place){start.x + side * reach, start.y};
	points[2] = (struct drawn_place){end.x + back * reach, end.y};
	points[3] = end;
	placing->layout->arrows[number] = (struct place_line){
		.points = points,
		.count = 4,
		.head = head,
		.label = {(start.x + 3 * points[1].x + 3 * points[2].x + end.x) / 8,
			  (start.y + end.y) / 2 - 4},
		.has_label = true};
}

static void add_blocks(struct placing *placing)
{
	const struct drawing *drawing = placing->drawing;

	for (uint32_t box = 0; box < placing->layout->box_count; box++)
		add_block(placing, (struct column_block){.box = box,
							 .items = drawing->boxes[box].items,
							 .count = drawing->boxes[box].item_count});
	for (size_t i = 0; i < drawing->item_count; i++) {
		size_t *item;

		if (drawing_box(drawing, i) != BOX_NONE || !drawing->items[i].shown)
			continue;
		item = arena_alloc(placing->arena, sizeof(*item));
		*item = i;
		add_block(placing,
			  (struct column_block){.box = BOX_NONE, .items = item, .count = 1});
	}
}

void place_in_columns(struct arena *arena, const struct drawing *drawing, struct layout *layout)
{
	struct placing placing = {.arena = arena, .drawing = drawing, .layout = layout};

	*layout = (struct layout){.node_count = drawing->item_count,
				  .box_count = drawing->picture->nodes.box_count,
				  .arrow_count = drawing->line_count};
	layout->nodes = arena_array(arena, layout->node_count, sizeof(*layout->nodes));
	layout->boxes = arena_array(arena, layout->box_count, sizeof(*layout->boxes));
	layout->arrows = arena_array(arena, layout->arrow_count, sizeof(*layout->arrows));
	add_blocks(&placing);
	placing.column_count = (size_t)ceil(sqrt((double)placing.block_count));
	placing.heights = arena_array(arena, placing.column_count, sizeof(*placing.heights));
	for (size_t i = 0; i < placing.column_count; i++)
		placing.heights[i] = MARGIN;
	for (size_t i = 0; i < placing.block_count; i++)
		place_block(&placing, &placing.blocks[i]);
	for (size_t i = 0; i < drawing->line_count; i++)
		place_line(&placing, i);
	layout->size.x =
		2 * MARGIN + (double)placing.column_count * (placing.column_width + COLUMN_GAP);
}
