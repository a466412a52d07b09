/*
 * Writes a drawing as SVG.
 *
 * The left half of a node's rim tells what may come in, and the right half what may go out: a thick
 * line means that a policy isolates it, a thin dashed line that it is open.
 */
#include "ask/graph/svg.h"

#include "ask/graph/assets.h"
#include "ask/graph/labels.h"
#include "base/arena.h"
#include "base/utf8.h"

#define MARGIN 16
#define LEGEND 44

struct svg_writing {
	struct arena *arena;
	const struct drawing *drawing;
	const struct layout *layout;
	struct string out;
};

#define put(writing, ...) arena_append((writing)->arena, &(writing)->out, __VA_ARGS__)

/*
 * Writes a text as XML 1.0.  Characters that XML cannot hold, or that would not show as they are,
 * become U+FFFD.
 */
static const char *xml(const struct svg_writing *writing, const char *text)
{
	const unsigned char *c = (const unsigned char *)text, *end = c + strlen(text);
	struct string out = {0};

	arena_append(writing->arena, &out, "%s", "");
	while (c < end) {
		size_t len = utf8_len(c, end);

		if (!len || (*c != '\n' && utf8_is_unseen(utf8_code(c, len))))
			arena_append(writing->arena, &out, "\xef\xbf\xbd");
		else if (strchr("<>&\"'", *c))
			arena_append(writing->arena, &out, "&#%u;", *c);
		else
			arena_append(writing->arena, &out, "%.*s", (int)len, (const char *)c);
		c += len ? len : 1;
	}
	return out.text;
}

/* Writes the box, or (on top of what is drawn in it) its title.  */
static void put_box(struct svg_writing *writing, uint32_t number, bool title)
{
	const struct place_box *box = &writing->layout->boxes[number];
	const char *text =
		box_title(writing->arena, &writing->drawing->picture->nodes.boxes[number]);
	double x = box->middle.x - box->width / 2, y = box->middle.y - box->height / 2;

	if (box->width <= 0)
		return;
	if (title)
		put(writing, "<g class=\"box\"><text x=\"%.1f\" y=\"%.1f\">%s</text></g>\n", x + 12,
		    y + 18, xml(writing, text));
	else
		put(writing,
		    "<g class=\"box\"><rect x=\"%.1f\" y=\"%.1f\" width=\"%.1f\" "
		    "height=\"%.1f\" rx=\"6\"/></g>\n",
		    x, y, box->width, box->height);
}

/*
 * Writes one half of the rim: from the middle of the upper side to the left (@side -1) or right
 * (1), and back to the middle of the lower side.
 */
static void put_half(struct svg_writing *writing, const struct place_box *at, int side,
		     bool isolated)
{
	double top = at->middle.y - at->height / 2;

	put(writing, "<path class=\"rim %s\" d=\"M%.1f,%.1fh%.1fv%.1fh%.1f\"/>",
	    isolated ? "isolated" : "open", at->middle.x, top, side * at->width / 2, at->height,
	    -side * at->width / 2);
}

static void put_outline(struct svg_writing *writing, size_t i, const char *class)
{
	const struct graph_nodes *nodes = &writing->drawing->picture->nodes;
	const struct place_box *at = &writing->layout->nodes[i];
	bool round = i < nodes->count && nodes->items[i].sort <= NODE_ANY_POD;
	bool cut = i < nodes->count && nodes->items[i].sort == NODE_OUTSIDE;

	put(writing,
	    "<rect class=\"%s\" x=\"%.1f\" y=\"%.1f\" width=\"%.1f\" height=\"%.1f\" rx=\"%d\"/>",
	    class, at->middle.x - at->width / 2, at->middle.y - at->height / 2, at->width,
	    at->height,
	    round ? 18
	    : cut ? 9
		  : 2);
}

static void put_item(struct svg_writing *writing, size_t i)
{
	const struct item *item = &writing->drawing->items[i];
	const struct place_box *at = &writing->layout->nodes[i];
	const struct graph_nodes *nodes = &writing->drawing->picture->nodes;
	bool isolated[DIRECTIONS];

	put(writing, "<g class=\"item%s\"><title>%s</title>",
	    i < nodes->count && nodes->items[i].sort == NODE_REST ? " rest" : "",
	    xml(writing, item->title));
	put_outline(writing, i, "shape");
	if (item_halves(writing->drawing, i, isolated)) {
		put_half(writing, at, -1, isolated[INGRESS]);
		put_half(writing, at, 1, isolated[EGRESS]);
	} else {
		put_outline(writing, i, "rim");
	}
	put(writing,
	    "<text class=\"name\" x=\"%.1f\" y=\"%.1f\">%s</text>"
	    "<text class=\"state\" x=\"%.1f\" y=\"%.1f\">%s</text></g>\n",
	    at->middle.x, at->middle.y - 2, xml(writing, item->name), at->middle.x,
	    at->middle.y + 12, xml(writing, item->state));
}

/* Writes a triangle from the line's end to the arrow's head.  */
static void put_head(struct svg_writing *writing, const struct place_line *line)
{
	struct drawn_place end = line->points[line->count - 1], head = line->head;
	double x = (head.x - end.x) * 0.4, y = (head.y - end.y) * 0.4;

	put(writing, "<path class=\"head\" d=\"M%.1f,%.1fL%.1f,%.1fL%.1f,%.1fz\"/>", head.x, head.y,
	    end.x - y, end.y + x, end.x + y, end.y - x);
}

static const char *const line_classes[CHANGES] = {[KEPT] = "line",
						  [OPENED] = "line opened",
						  [CLOSED] = "line closed",
						  [DENIED] = "line denied"};

static void put_line(struct svg_writing *writing, size_t i)
{
	const struct line *line = &writing->drawing->lines[i];
	const struct place_line *at = &writing->layout->arrows[i];

	if (!at->count)
		return;
	put(writing, "<g class=\"%s\"><title>%s</title><path d=\"M%.1f,%.1fC",
	    line_classes[line->change], xml(writing, line->title), at->points[0].x,
	    at->points[0].y);
	for (size_t k = 1; k < at->count; k++)
		put(writing, " %.1f,%.1f", at->points[k].x, at->points[k].y);
	put(writing, "\"/>");
	put_head(writing, at);
	put(writing, "</g>\n");
}

/*
 * Writes a label on top of all lines, with a background of its own, so that no line runs through
 * the words.
 */
static void put_label(struct svg_writing *writing, size_t i)
{
	const struct line *line = &writing->drawing->lines[i];
	static const char *const classes[CHANGES] = {[KEPT] = "tag",
						     [OPENED] = "tag opened",
						     [CLOSED] = "tag closed",
						     [DENIED] = "tag denied"};
	const struct place_line *at = &writing->layout->arrows[i];
	const double width = label_width(line->label);

	if (!at->count || !at->has_label)
		return;
	put(writing,
	    "<g class=\"%s\"><rect class=\"under\" x=\"%.1f\" y=\"%.1f\" width=\"%.1f\" "
	    "height=\"%d\" rx=\"3\"/><text x=\"%.1f\" y=\"%.1f\">%s</text></g>\n",
	    classes[line->change], at->label.x - width / 2, at->label.y - LABEL_HEIGHT / 2.0, width,
	    LABEL_HEIGHT, at->label.x, at->label.y + 4, xml(writing, line->label));
}

static void put_legend(struct svg_writing *writing)
{
	double y = writing->layout->size.y + MARGIN;

	put(writing,
	    "<g class=\"item\"><text class=\"state\" style=\"text-anchor:start\" x=\"0\" "
	    "y=\"%.1f\">"
	    "Left side: in; right side: out. Thick: a policy isolates it; thin and dashed: open to "
	    "everyone."
	    "</text><text class=\"state\" style=\"text-anchor:start\" x=\"0\" y=\"%.1f\">"
	    "Arrows: what policies let through; of “anyone”, as far as its own policies "
	    "allow.%s%s</text></g>\n",
	    y, y + 14, writing->drawing->picture->two ? " + bold: opened; − dashed: closed." : "",
	    writing->drawing->picture->deciders ? " [Admin], [Baseline]: that tier decides." : "");
}

const char *graph_svg(struct arena *arena, const struct drawing *drawing,
		      const struct layout *layout)
{
	struct svg_writing writing = {.arena = arena, .drawing = drawing, .layout = layout};
	double width = layout->size.x + 2 * MARGIN, height = layout->size.y + 2 * MARGIN + LEGEND;

	width = width < 560 ? 560 : width;
	put(&writing,
	    "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"%d %d %.0f %.0f\" width=\"%.0f\" "
	    "height=\"%.0f\" role=\"img\">\n<title>Who reaches whom</title>\n<style>\n%s</style>\n"
	    "<rect x=\"%d\" y=\"%d\" width=\"100%%\" height=\"100%%\" fill=\"var(--ground)\"/>\n",
	    -MARGIN, -MARGIN, width, height, width, height, asset_picture_css, -MARGIN, -MARGIN);
	for (uint32_t i = 0; i < layout->box_count; i++)
		put_box(&writing, i, false);
	for (size_t i = 0; i < drawing->line_count; i++)
		put_line(&writing, i);
	for (uint32_t i = 0; i < layout->box_count; i++)
		put_box(&writing, i, true);
	for (size_t i = 0; i < drawing->line_count; i++)
		put_label(&writing, i);
	for (size_t i = 0; i < drawing->item_count; i++)
		if (drawing->items[i].shown)
			put_item(&writing, i);
	put_legend(&writing);
	put(&writing, "</svg>\n");
	return writing.out.text;
}
