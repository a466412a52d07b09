/*
 * Writes a drawing in the DOT language.
 *
 * Lines begin at the right side of an item, where what goes out is, and end at the left side of
 * another: so none comes in from above, through the title of a box.
 */
#include "ask/graph/dot.h"

#include "base/arena.h"
#include "base/text.h"

#define COLUMN_MAX 5
#define STEPS      3

/* A line of a text, without anything that drives a terminal.  */
static const char *plain_line(struct arena *arena, const char *text, size_t len)
{
	return text_plain(arena, arena_strndup(arena, text, len));
}

/*
 * Writes the text in quotes.  Graphviz would take a backslash for an escape, and a quote for the
 * end.
 */
static const char *quoted(struct arena *arena, const char *text)
{
	struct string out = {0};
	size_t len;

	arena_append(arena, &out, "\"");
	for (; *text; text += len) {
		len = strcspn(text, "\n");
		for (const char *c = plain_line(arena, text, len); *c; c++)
			arena_append(arena, &out, *c == '"' || *c == '\\' ? "\\%c" : "%c", *c);
		if (text[len]) {
			arena_append(arena, &out, "\\n");
			len++;
		}
	}
	arena_append(arena, &out, "\"");
	return out.text;
}

static const char *shape(const struct drawing *drawing, size_t i)
{
	const struct graph_nodes *nodes = &drawing->picture->nodes;

	if (i >= nodes->count)
		return drawing->closed[i - nodes->count] ? "folder" : "cds";
	switch (nodes->items[i].sort) {
	case NODE_ANYONE:
	case NODE_ANY_POD:
		return "ellipse";
	case NODE_OUTSIDE:
		return "octagon";
	case NODE_COMING:
		return "note";
	case NODE_PODS:
	case NODE_REST:
		break;
	}
	return "box";
}

/* An open side is dashed, for people who see no colours; pods that nobody has named are round.  */
static const char *style(const struct drawing *drawing, size_t i)
{
	const struct graph_nodes *nodes = &drawing->picture->nodes;
	bool round = i < nodes->count && nodes->items[i].sort == NODE_REST;
	bool isolated[DIRECTIONS];

	if (!item_halves(drawing, i, isolated) || (isolated[INGRESS] && isolated[EGRESS]))
		return round ? "rounded" : "solid";
	return round ? "rounded,dashed" : "dashed";
}

struct dot_writing {
	struct arena *arena;
	const struct drawing *drawing;
	struct string out;
	size_t *lines_at; /* index: item; how many lines end there */
	size_t columns;   /* how many lines so far would make a column */
};

#define put(writing, ...) arena_append((writing)->arena, &(writing)->out, __VA_ARGS__)

static void put_item(struct dot_writing *writing, size_t i, const char *indent)
{
	const struct drawing *drawing = writing->drawing;
	const struct item *item = &drawing->items[i];

	put(writing,
	    "%sn%zu [label=%s, tooltip=%s, shape=%s, style=\"%s\", width=%.2f, "
	    "height=%.2f]\n",
	    indent, i,
	    quoted(writing->arena, arena_printf(writing->arena, "%s\n%s", item->name, item->state)),
	    quoted(writing->arena, item->title), shape(drawing, i), style(drawing, i),
	    item->width / 72, item->height / 72);
}

static void put_box(struct dot_writing *writing, uint32_t number)
{
	const struct drawn_box *box = &writing->drawing->boxes[number];
	const char *title =
		box_title(writing->arena, &writing->drawing->picture->nodes.boxes[number]);

	if (!box->item_count)
		return;
	put(writing, "\tsubgraph cluster_%u {\n\t\tlabel=%s\n\t\tmargin=14\n", number,
	    quoted(writing->arena, title));
	for (size_t i = 0; i < box->item_count; i++)
		put_item(writing, box->items[i], "\t\t");
	put(writing, "\t}\n");
}

/* Counts the lines at each item; a line from an item to itself counts once.  */
static void count_lines(struct dot_writing *writing)
{
	const struct drawing *drawing = writing->drawing;

	writing->lines_at =
		arena_array(writing->arena, drawing->item_count, sizeof(*writing->lines_at));
	for (size_t i = 0; i < drawing->line_count; i++) {
		writing->lines_at[drawing->lines[i].from]++;
		writing->lines_at[drawing->lines[i].to] +=
			drawing->lines[i].from != drawing->lines[i].to;
	}
}

/*
 * The length of a line. If many items have a single line, and all to the same item, they would make
 * a tall column.  Their lines are made longer in turn, as graphviz's unflatten(1) does it.
 */
static int length_of(struct dot_writing *writing, const struct line *line)
{
	bool stands_in_column =
		writing->lines_at[line->from] == 1 && writing->lines_at[line->to] > COLUMN_MAX;

	return stands_in_column ? 1 + (int)(writing->columns++ % STEPS) : 1;
}

static void put_line(struct dot_writing *writing, size_t i)
{
	static const char *const styles[CHANGES] = {
		[KEPT] = "color=\"#475569\"",
		[OPENED] = "color=\"#15803d\", style=bold, penwidth=2.5",
		[CLOSED] = "color=\"#b91c1c\", style=dashed",
		[DENIED] = "color=\"#b91c1c\", style=dotted, arrowhead=tee"};
	const struct line *line = &writing->drawing->lines[i];

	put(writing,
	    "\tn%zu -> n%zu [id=a%zu, label=%s, tooltip=%s, minlen=%d, tailport=e, "
	    "headport=w, %s]\n",
	    line->from, line->to, i, quoted(writing->arena, line->label),
	    quoted(writing->arena, line->title), length_of(writing, line), styles[line->change]);
}

const char *graph_dot(struct arena *arena, const struct drawing *drawing)
{
	struct dot_writing writing = {.arena = arena, .drawing = drawing};

	count_lines(&writing);
	put(&writing, "digraph policies {\n"
		      "\trankdir=LR\n\tranksep=0.9\n\tnodesep=0.22\n\tfontname=\"sans-serif\"\n"
		      "\tnode [fontname=\"sans-serif\", fontsize=10, fixedsize=true]\n"
		      "\tedge [fontname=\"sans-serif\", fontsize=10]\n");
	for (uint32_t box = 0; box < drawing->picture->nodes.box_count; box++)
		put_box(&writing, box);
	for (size_t i = 0; i < drawing->item_count; i++)
		if (drawing->items[i].shown && drawing_box(drawing, i) == BOX_NONE)
			put_item(&writing, i, "\t");
	for (size_t i = 0; i < drawing->line_count; i++)
		put_line(&writing, i);
	put(&writing, "}\n");
	return writing.out.text;
}
