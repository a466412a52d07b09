/*
 * Writes the page: its fixed parts, and between them the data.
 *
 * What differs from page to page is one JSON value, which src/ask/graph/page.js draws. There, an end of
 * an arrow is a number, too: that of a node, or if it is larger, that of a box behind all nodes.
 */
#include "ask/graph/page.h"

#include "ask/graph/assets.h"
#include "base/arena.h"
#include "base/json.h"
#include "model/words.h"

struct page_writing {
	struct arena *arena;
	const struct drawing *drawing;
	const struct picture *picture;
	struct json json; /* the data */
	struct string out;
	struct table policies; /* keys: the names of policies */
};

#define put(writing, ...) arena_append((writing)->arena, &(writing)->out, __VA_ARGS__)

static void put_numbers(struct page_writing *writing, const char *key, const uint32_t *numbers,
			size_t count)
{
	json_open_array(&writing->json, key);
	for (size_t i = 0; i < count; i++)
		json_put_number(&writing->json, NULL, numbers[i]);
	json_close(&writing->json);
}

static uint32_t policy_number(struct page_writing *writing, const char *name)
{
	return table_add(&writing->policies, name, strlen(name), NULL);
}

static void put_isolated(struct page_writing *writing, const char *key,
			 const struct graph_node *node, enum age age)
{
	if (node->party[age] == NO_PARTY) {
		json_put_null(&writing->json, key);
		return;
	}
	json_open_array(&writing->json, key);
	json_put_number(&writing->json, NULL, node->isolated[age][INGRESS]);
	json_put_number(&writing->json, NULL, node->isolated[age][EGRESS]);
	json_close(&writing->json);
}

static void put_node(struct page_writing *writing, size_t i)
{
	static const char *const sorts[] = {"anyone", "anypod", "pods",
					    "coming", "rest",   "outside"};
	const struct graph_node *node = &writing->picture->nodes.items[i];
	const struct graph_policies *policies = &writing->picture->policies[i];
	const struct item *item = &writing->drawing->items[i];
	struct json *json = &writing->json;

	json_open_object(json, NULL);
	json_put_text(json, "sort", sorts[node->sort]);
	json_put_real(json, "box", node->box == BOX_NONE ? -1 : (double)node->box, 0);
	json_put_number(json, "shown", writing->picture->shown[i]);
	json_put_real(json, "width", item->width, 0);
	json_put_text(json, "text", node->text);
	json_put_text(json, "name", is_joined(writing->drawing, i) ? node->name : item->name);
	json_put_text(json, "state", item->state);
	put_isolated(writing, "was", node, OLD);
	put_isolated(writing, "now", node, NEW);
	json_open_array(json, "policies");
	for (size_t k = 0; k < policies->count; k++)
		json_put_number(json, NULL, policy_number(writing, policies->names[k]));
	json_close(json);
	json_close(json);
}

static void put_rule(struct page_writing *writing, size_t i)
{
	const struct graph_rule *rule = &writing->picture->rules[i];
	struct json *json = &writing->json;

	json_open_object(json, NULL);
	json_put_number(json, "policy", policy_number(writing, rule->policy));
	json_put_text(json, "direction", direction_text(rule->direction));
	json_put_text(json, "place", rule->place);
	json_put_text(json, "yaml", rule->yaml);
	if (rule->text != rule->policy)
		json_put_text(json, "text", rule->text);
	json_close(json);
}

static size_t end_number(const struct page_writing *writing, const struct graph_end *end)
{
	return end->number + (end->box ? writing->picture->nodes.count : 0);
}

static void put_ranges(struct json *json, const struct reach *reach)
{
	json_open_array(json, "ranges");
	for (size_t i = 0; i < reach->count; i++) {
		json_open_array(json, NULL);
		json_put_text(json, NULL, protocol_text(reach->ranges[i].protocol));
		json_put_number(json, NULL, reach->ranges[i].first);
		json_put_number(json, NULL, reach->ranges[i].last);
		json_close(json);
	}
	json_close(json);
}

static void put_arrow(struct page_writing *writing, size_t i)
{
	const struct graph_arrow *arrow = &writing->picture->arrows[i];
	const struct reach *reach = ports_list(writing->picture->ports, arrow->ports);
	struct json *json = &writing->json;

	json_open_object(json, NULL);
	json_put_number(json, "from", end_number(writing, &arrow->from));
	json_put_number(json, "to", end_number(writing, &arrow->to));
	json_put_number(json, "change", arrow->change);
	json_put_text(json, "ports", reach_text(writing->arena, reach));
	put_ranges(json, reach);
	put_numbers(writing, "rules", arrow->rules, arrow->rule_count);
	if (arrow->by)
		json_put_text(json, "by", arrow->by);
	if (arrow->note)
		json_put_text(json, "note", arrow->note);
	json_close(json);
}

static void put_lengths(struct json *json, const char *key, const double *lengths, size_t count)
{
	json_open_array(json, key);
	for (size_t i = 0; i < count; i++)
		json_put_real(json, NULL, lengths[i], 1);
	json_close(json);
}

static void put_point(struct json *json, const char *key, double x, double y)
{
	put_lengths(json, key, (double[]){x, y}, 2);
}

static void put_line(struct page_writing *writing, size_t i, const struct place_line *at)
{
	const struct line *line = &writing->drawing->lines[i];
	struct json *json = &writing->json;

	json_open_object(json, NULL);
	json_put_number(json, "from", line->from);
	json_put_number(json, "to", line->to);
	json_put_number(json, "change", line->change);
	json_put_text(json, "label", line->label);
	put_numbers(writing, "arrows", line->arrows, line->arrow_count);
	json_open_array(json, "points");
	for (size_t k = 0; k < at->count; k++) {
		json_put_real(json, NULL, at->points[k].x, 1);
		json_put_real(json, NULL, at->points[k].y, 1);
	}
	json_close(json);
	put_point(json, "head", at->head.x, at->head.y);
	if (at->has_label)
		put_point(json, "at", at->label.x, at->label.y);
	json_close(json);
}

/* Writes the rectangles that have a place, by number: left, top, width and height.  */
static void put_place_boxes(struct json *json, const char *key, const struct place_box *boxes,
			    size_t count)
{
	json_open_object(json, key);
	for (size_t i = 0; i < count; i++) {
		const struct place_box *at = &boxes[i];

		if (at->width <= 0)
			continue;
		put_lengths(json, arena_printf(json->arena, "%zu", i),
			    (double[]){at->middle.x - at->width / 2, at->middle.y - at->height / 2,
				       at->width, at->height},
			    4);
	}
	json_close(json);
}

static void put_sheet(struct page_writing *writing, const struct layout *layout)
{
	struct json *json = &writing->json;

	json_open_object(json, "sheet");
	json_put_real(json, "width", layout->size.x, 0);
	json_put_real(json, "height", layout->size.y, 0);
	put_place_boxes(json, "items", layout->nodes, layout->node_count);
	put_place_boxes(json, "boxes", layout->boxes, layout->box_count);
	json_open_array(json, "lines");
	for (size_t i = 0; i < writing->drawing->line_count; i++) {
		json_break(json, 0);
		put_line(writing, i, &layout->arrows[i]);
	}
	if (!writing->drawing->line_count)
		json_break(json, 0);
	json_close(json);
	json_close(json);
}

static void put_policies(struct page_writing *writing)
{
	const struct table *policies = &writing->policies;

	json_open_array(&writing->json, "policies");
	for (size_t i = 0; i < policies->count; i++)
		json_put_text(&writing->json, NULL,
			      arena_strndup(writing->arena, policies->keys[i].bytes,
					    policies->keys[i].len));
	json_close(&writing->json);
}

/* Writes an array, each of whose items is on a line of its own.  */
static void put_lines(struct page_writing *writing, const char *key, size_t count,
		      void (*put_item)(struct page_writing *writing, size_t i))
{
	json_break(&writing->json, 0);
	json_open_array(&writing->json, key);
	for (size_t i = 0; i < count; i++) {
		json_break(&writing->json, 0);
		put_item(writing, i);
	}
	json_close(&writing->json);
}

static void put_boxes(struct page_writing *writing)
{
	const struct graph_nodes *nodes = &writing->picture->nodes;
	struct json *json = &writing->json;

	json_break(json, 0);
	json_open_array(json, "closed");
	for (size_t i = 0; i < nodes->box_count; i++)
		if (writing->drawing->closed[i])
			json_put_number(json, NULL, i);
	json_close(json);
	json_break(json, 0);
	put_numbers(writing, "joined", writing->drawing->joined.first, nodes->count);
	json_break(json, 0);
	json_open_array(json, "boxes");
	for (size_t i = 0; i < nodes->box_count; i++)
		json_put_text(json, NULL, nodes->boxes[i].name);
	json_close(json);
}

/*
 * Writes text into a script element. No < is written as it is, so that no text can end the element.
 */
static void put_script(struct page_writing *writing, const char *text)
{
	for (size_t len; *text; text += len) {
		len = strcspn(text, "<");
		put(writing, "%.*s", (int)len, text);
		if (text[len]) {
			put(writing, "\\u003c");
			len++;
		}
	}
}

static void put_data(struct page_writing *writing, const struct layout *layout)
{
	const struct picture *picture = writing->picture;
	struct json *json = &writing->json;

	json_open_object(json, NULL);
	json_put_number(json, "two", picture->two);
	put_boxes(writing);
	put_lines(writing, "nodes", picture->nodes.count, put_node);
	put_lines(writing, "rules", picture->rule_count, put_rule);
	put_lines(writing, "arrows", picture->arrow_count, put_arrow);
	json_break(json, 0);
	put_policies(writing);
	json_break(json, 0);
	if (layout)
		put_sheet(writing, layout);
	else
		json_put_null(json, "sheet");
	json_close(json);
	put_script(writing, json->text.text);
}

/* Writes the text before @mark, and returns the text behind it.  */
static const char *put_until(struct page_writing *writing, const char *text, const char *mark)
{
	const char *end = strstr(text, mark);

	put(writing, "%.*s", (int)(end - text), text);
	return end + strlen(mark);
}

const char *graph_page(struct arena *arena, const struct drawing *drawing,
		       const struct layout *layout)
{
	struct page_writing writing = {.arena = arena,
				       .drawing = drawing,
				       .picture = drawing->picture,
				       .json = {.arena = arena, .packed = true},
				       .policies.arena = arena};
	const char *rest = put_until(&writing, asset_page_html, "@style@");

	put(&writing, "%s%s", asset_picture_css, asset_page_css);
	rest = put_until(&writing, rest, "@data@");
	put_data(&writing, layout);
	rest = put_until(&writing, rest, "@script@");
	put(&writing, "%s%s", asset_page_js, rest);
	return writing.out.text;
}
