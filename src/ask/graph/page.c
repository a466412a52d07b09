/*
 * The page: its parts as they are, and between them the data.
 *
 * What differs from page to page is one JSON value, which src/graph/page.js draws.  An end of an arrow is a
 * number there as it is here: a node, or behind all nodes a box.
 */
#include "ask/graph/page.h"

#include "ask/graph/assets.h"
#include "base/arena.h"
#include "base/text.h"
#include "model/words.h"

struct page_writing {
	struct arena *arena;
	const struct drawing *drawing;
	const struct picture *picture;
	struct string out;
	struct table policies; /* by name */
};

#define put(writing, ...) arena_append((writing)->arena, &(writing)->out, __VA_ARGS__)

/* Inside a script element: no < stands as it is, so that no text can end it. */
static void put_text(struct page_writing *writing, const char *text)
{
	for (const char *c = text_json(writing->arena, text); *c; c++)
		put(writing, *c == '<' ? "\\u003c" : "%c", *c);
}

static void put_numbers(struct page_writing *writing, const uint32_t *numbers, size_t count)
{
	put(writing, "[");
	for (size_t i = 0; i < count; i++)
		put(writing, "%s%u", i ? "," : "", numbers[i]);
	put(writing, "]");
}

static uint32_t policy_number(struct page_writing *writing, const char *name)
{
	return table_add(&writing->policies, name, strlen(name), NULL);
}

static void put_isolated(struct page_writing *writing, const struct graph_node *node, enum age age)
{
	if (node->party[age] == NO_PARTY)
		put(writing, "null");
	else
		put(writing, "[%d,%d]", node->isolated[age][INGRESS], node->isolated[age][EGRESS]);
}

static void put_node(struct page_writing *writing, size_t i)
{
	static const char *const sorts[] = {"anyone", "anypod", "pods",
					    "coming", "rest",   "outside"};
	const struct graph_node *node = &writing->picture->nodes.items[i];
	const struct graph_policies *policies = &writing->picture->policies[i];
	const struct item *item = &writing->drawing->items[i];

	put(writing,
	    "{\"sort\":\"%s\",\"box\":%d,\"shown\":%d,\"width\":%.0f,\"text\":", sorts[node->sort],
	    node->box == BOX_NONE ? -1 : (int)node->box, writing->picture->shown[i], item->width);
	put_text(writing, node->text);
	put(writing, ",\"name\":");
	put_text(writing, is_joined(writing->drawing, i) ? node->name : item->name);
	put(writing, ",\"state\":");
	put_text(writing, item->state);
	put(writing, ",\"was\":");
	put_isolated(writing, node, OLD);
	put(writing, ",\"now\":");
	put_isolated(writing, node, NEW);
	put(writing, ",\"policies\":[");
	for (size_t k = 0; k < policies->count; k++)
		put(writing, "%s%u", k ? "," : "", policy_number(writing, policies->names[k]));
	put(writing, "]}");
}

static void put_rule(struct page_writing *writing, const struct graph_rule *rule)
{
	put(writing,
	    "{\"policy\":%u,\"direction\":\"%s\",\"place\":", policy_number(writing, rule->policy),
	    rule->direction == INGRESS ? "ingress" : "egress");
	put_text(writing, rule->place);
	put(writing, ",\"yaml\":");
	put_text(writing, rule->yaml);
	put(writing, "}");
}

static size_t end_number(const struct page_writing *writing, const struct graph_end *end)
{
	return end->number + (end->box ? writing->picture->nodes.count : 0);
}

static void put_arrow(struct page_writing *writing, const struct graph_arrow *arrow)
{
	const struct reach *reach = ports_list(writing->picture->ports, arrow->ports);

	put(writing,
	    "{\"from\":%zu,\"to\":%zu,\"change\":%d,\"ports\":", end_number(writing, &arrow->from),
	    end_number(writing, &arrow->to), (int)arrow->change);
	put_text(writing, reach_text(writing->arena, reach));
	put(writing, ",\"ranges\":[");
	for (size_t i = 0; i < reach->count; i++)
		put(writing, "%s[\"%s\",%u,%u]", i ? "," : "",
		    protocol_text(reach->ranges[i].protocol), reach->ranges[i].first,
		    reach->ranges[i].last);
	put(writing, "],\"rules\":");
	put_numbers(writing, arrow->rules, arrow->rule_count);
	if (arrow->note) {
		put(writing, ",\"note\":");
		put_text(writing, arrow->note);
	}
	put(writing, "}");
}

static void put_place_box(struct page_writing *writing, const struct place_box *at)
{
	put(writing, "[%.1f,%.1f,%.1f,%.1f]", at->middle.x - at->width / 2,
	    at->middle.y - at->height / 2, at->width, at->height);
}

static void put_line(struct page_writing *writing, size_t i, const struct place_line *at)
{
	const struct line *line = &writing->drawing->lines[i];

	put(writing, "{\"from\":%zu,\"to\":%zu,\"change\":%d,\"label\":", line->from, line->to,
	    (int)line->change);
	put_text(writing, line->label);
	put(writing, ",\"arrows\":");
	put_numbers(writing, line->arrows, line->arrow_count);
	put(writing, ",\"points\":[");
	for (size_t k = 0; k < at->count; k++)
		put(writing, "%s%.1f,%.1f", k ? "," : "", at->points[k].x, at->points[k].y);
	put(writing, "],\"head\":[%.1f,%.1f]", at->head.x, at->head.y);
	if (at->has_label)
		put(writing, ",\"at\":[%.1f,%.1f]", at->label.x, at->label.y);
	put(writing, "}");
}

static void put_sheet(struct page_writing *writing, const struct layout *layout)
{
	const char *between = "";

	put(writing, "{\"width\":%.0f,\"height\":%.0f,\"items\":{", layout->size.x, layout->size.y);
	for (size_t i = 0; i < layout->node_count; i++) {
		if (layout->nodes[i].width <= 0)
			continue;
		put(writing, "%s\"%zu\":", between, i);
		put_place_box(writing, &layout->nodes[i]);
		between = ",";
	}
	put(writing, "},\"boxes\":{");
	between = "";
	for (size_t i = 0; i < layout->box_count; i++) {
		if (layout->boxes[i].width <= 0)
			continue;
		put(writing, "%s\"%zu\":", between, i);
		put_place_box(writing, &layout->boxes[i]);
		between = ",";
	}
	put(writing, "},\"lines\":[\n");
	for (size_t i = 0; i < writing->drawing->line_count; i++) {
		put(writing, "%s", i ? ",\n" : "");
		put_line(writing, i, &layout->arrows[i]);
	}
	put(writing, "]}");
}

static void put_policies(struct page_writing *writing)
{
	for (size_t i = 0; i < writing->policies.count; i++) {
		put(writing, "%s", i ? "," : "");
		put_text(writing, arena_strndup(writing->arena, writing->policies.keys[i].bytes,
						writing->policies.keys[i].len));
	}
}

static void put_data(struct page_writing *writing, const struct layout *layout)
{
	const struct picture *picture = writing->picture;

	put(writing, "{\"two\":%d,\n\"closed\":[", picture->two);
	for (size_t i = 0, said = 0; i < picture->nodes.box_count; i++)
		if (writing->drawing->closed[i])
			put(writing, "%s%zu", said++ ? "," : "", i);
	put(writing, "],\n\"joined\":");
	put_numbers(writing, writing->drawing->joined.first, picture->nodes.count);
	put(writing, ",\n\"boxes\":[");
	for (size_t i = 0; i < picture->nodes.box_count; i++) {
		put(writing, "%s", i ? "," : "");
		put_text(writing, picture->nodes.boxes[i].name);
	}
	put(writing, "],\n\"nodes\":[");
	for (size_t i = 0; i < picture->nodes.count; i++) {
		put(writing, "%s", i ? ",\n" : "\n");
		put_node(writing, i);
	}
	put(writing, "],\n\"rules\":[");
	for (size_t i = 0; i < picture->rule_count; i++) {
		put(writing, "%s", i ? ",\n" : "\n");
		put_rule(writing, &picture->rules[i]);
	}
	put(writing, "],\n\"arrows\":[");
	for (size_t i = 0; i < picture->arrow_count; i++) {
		put(writing, "%s", i ? ",\n" : "\n");
		put_arrow(writing, &picture->arrows[i]);
	}
	put(writing, "],\n\"policies\":[");
	put_policies(writing);
	put(writing, "],\n\"sheet\":");
	if (layout)
		put_sheet(writing, layout);
	else
		put(writing, "null");
	put(writing, "}");
}

/* Up to @mark, which stays behind; returns what follows it. */
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
				       .policies.arena = arena};
	const char *rest = put_until(&writing, asset_page_html, "@style@");

	put(&writing, "%s%s", asset_picture_css, asset_page_css);
	rest = put_until(&writing, rest, "@data@");
	put_data(&writing, layout);
	rest = put_until(&writing, rest, "@script@");
	put(&writing, "%s%s", asset_page_js, rest);
	return writing.out.text;
}
