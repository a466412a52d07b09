/*
 * Makes items and lines: what is joined or closed becomes one item, and all arrows between the same
 * two items become one line.
 */
#include "ask/graph/drawing.h"

#include "base/arena.h"
#include "base/must.h"
#include "base/text.h"
#include "base/utf8.h"
#include "model/words.h"

#include <math.h>

/*
 * The widths of letters in points, at the two sizes of text that are drawn (12 and 10).  They are
 * large enough for any sans serif.
 */
#define NAME_LETTER  7.2
#define STATE_LETTER 6.1
#define ITEM_HEIGHT  36
/* At most so many rules and arrows are named in the title of a line.  */
#define TOLD_MAX 12
/* At most so many letters of addresses are shown, which are ASCII. */
#define NAME_MAX_SHOWN 44
/* A label that would be longer than this is a count instead.  */
#define LABEL_MAX 28

static const char *direction_states(struct arena *arena, const bool *isolated)
{
	static const char *const words[] = {"open", "isolated"};

	if (isolated[INGRESS] == isolated[EGRESS])
		return arena_printf(arena, "%s in and out", words[isolated[INGRESS]]);
	return arena_printf(arena, "%s in, %s out", words[isolated[INGRESS]],
			    words[isolated[EGRESS]]);
}

/*
 * For each direction, whether the node is isolated in the new world, or if it is gone, in the old
 * one.
 */
static const bool *node_isolated(const struct picture *picture, size_t i)
{
	const struct graph_node *node = &picture->nodes.items[i];

	return node->isolated[node->party[NEW] == NO_PARTY ? OLD : NEW];
}

/*
 * Writes "isolated in and out", "open in, isolated out" …; of two inputs, also how it was before.
 */
static const char *node_state(struct arena *arena, const struct picture *picture, size_t i)
{
	const struct graph_node *node = &picture->nodes.items[i];
	bool in_old = node->party[OLD] != NO_PARTY, in_new = node->party[NEW] != NO_PARTY;
	const char *now = direction_states(arena, node_isolated(picture, i)), *was;

	switch (node->sort) {
	case NODE_ANYONE:
		return "pods and addresses";
	case NODE_ANY_POD:
		return "of any namespace";
	case NODE_OUTSIDE:
		return "outside";
	case NODE_PODS:
	case NODE_COMING:
	case NODE_REST:
		break;
	}
	if (picture->two && !in_old)
		return arena_printf(arena, "+ new: %s", now);
	if (picture->two && !in_new)
		return arena_printf(arena, "− gone: %s", now);
	was = picture->two ? direction_states(arena, node->isolated[OLD]) : now;
	return strcmp(was, now) ? arena_printf(arena, "now %s, was %s", now, was) : now;
}

static void count_inside(struct drawing *drawing)
{
	const struct picture *picture = drawing->picture;

	for (size_t i = 0; i < picture->nodes.count; i++) {
		const uint32_t number = picture->nodes.items[i].box;
		struct drawn_box *box;

		if (number == BOX_NONE || !picture->shown[i])
			continue;
		box = &drawing->boxes[number];
		box->shown++;
		for (enum direction direction = INGRESS; direction < DIRECTIONS; direction++)
			box->open[direction] += !node_isolated(picture, i)[direction];
	}
}

bool item_halves(const struct drawing *drawing, size_t i, bool *isolated)
{
	const struct picture *picture = drawing->picture;
	size_t count = picture->nodes.count;

	if (i < count && (picture->nodes.items[i].sort < NODE_PODS ||
			  picture->nodes.items[i].sort == NODE_OUTSIDE))
		return false;
	if (i >= count && (!drawing->closed[i - count] || !*picture->nodes.boxes[i - count].name))
		return false;
	for (enum direction direction = INGRESS; direction < DIRECTIONS; direction++)
		isolated[direction] = i < count ? node_isolated(picture, i)[direction]
						: !drawing->boxes[i - count].open[direction];
	return true;
}

/* Writes "+ 80/TCP", "− 80/TCP", "denied: 80/TCP" or "80/TCP".  */
static const char *change_label(struct arena *arena, enum arrow_change change, const char *ports)
{
	return change == OPENED   ? arena_printf(arena, "+ %s", ports)
	       : change == CLOSED ? arena_printf(arena, "− %s", ports)
	       : change == DENIED ? arena_printf(arena, "denied: %s", ports)
				  : ports;
}

/* Writes "80/TCP [Admin]", with the tiers that decide.  */
static const char *with_tiers(struct arena *arena, const char *ports, const char *by)
{
	return by ? arena_printf(arena, "%s [%s]", ports, by) : ports;
}

const char *box_title(struct arena *arena, const struct graph_box *box)
{
	return *box->name ? arena_printf(arena, "namespace %s", box->name) : "outside the cluster";
}

bool is_joined(const struct drawing *drawing, size_t item)
{
	return item < drawing->picture->nodes.count && drawing->joined.count[item] > 1;
}

uint32_t drawing_box(const struct drawing *drawing, size_t item)
{
	const struct graph_nodes *nodes = &drawing->picture->nodes;

	if (is_joined(drawing, item))
		return BOX_NONE;
	if (item < nodes->count)
		return nodes->items[item].box;
	return drawing->closed[item - nodes->count] ? BOX_NONE : (uint32_t)(item - nodes->count);
}

static bool is_closed(const struct drawing *drawing, uint32_t box)
{
	return box != BOX_NONE && drawing->closed[box];
}

/* The item at which an arrow's end is drawn.  */
static size_t item_of(const struct drawing *drawing, const struct graph_end *end)
{
	const struct graph_nodes *nodes = &drawing->picture->nodes;

	if (end->box)
		return nodes->count + end->number;
	if (is_joined(drawing, drawing->joined.first[end->number]))
		return drawing->joined.first[end->number];
	if (is_closed(drawing, nodes->items[end->number].box))
		return nodes->count + nodes->items[end->number].box;
	return end->number;
}

static size_t count_items(const struct drawing *drawing)
{
	const struct picture *picture = drawing->picture;
	size_t count = 0;

	for (size_t i = 0; i < picture->nodes.count; i++)
		count += picture->shown[i] && drawing->joined.first[i] == i;
	return count;
}

/* How many lines there are if all namespaces are open.  */
static size_t count_lines(const struct drawing *drawing)
{
	const struct picture *picture = drawing->picture;
	size_t count = 0;

	for (size_t i = 0; i < picture->arrow_count; i++) {
		const struct graph_end *from = &picture->arrows[i].from,
				       *to = &picture->arrows[i].to;

		count += (from->box || drawing->joined.first[from->number] == from->number) &&
			 (to->box || drawing->joined.first[to->number] == to->number);
	}
	return count;
}

static const char *end_text(struct arena *arena, const struct picture *picture,
			    const struct graph_end *end)
{
	if (!end->box)
		return picture->nodes.items[end->number].text;
	return arena_printf(arena, "all of %s",
			    box_title(arena, &picture->nodes.boxes[end->number]));
}

static const char *ports_words(const struct picture *picture, struct arena *arena, uint32_t ports)
{
	return reach_text(arena, ports_list(picture->ports, ports));
}

/* Describes one arrow: its ends, its ports, and the rules behind it.  */
static void tell_arrow(struct arena *arena, const struct picture *picture,
		       const struct graph_arrow *arrow, struct string *text)
{
	arena_append(arena, text, "%s → %s: %s", end_text(arena, picture, &arrow->from),
		     end_text(arena, picture, &arrow->to),
		     change_label(arena, arrow->change,
				  with_tiers(arena, ports_words(picture, arena, arrow->ports),
					     arrow->by)));
	for (size_t i = 0; i < arrow->rule_count && i < TOLD_MAX; i++) {
		const struct graph_rule *rule = &picture->rules[arrow->rules[i]];

		arena_append(arena, text, "\n  %s of %s, %s", direction_text(rule->direction),
			     rule->text, rule->place);
	}
	if (arrow->note)
		arena_append(arena, text, "\n  %s", arrow->note);
}

static const char *line_title(struct arena *arena, const struct picture *picture,
			      const struct line *line)
{
	struct string text = {0};

	for (size_t i = 0; i < line->arrow_count && i < TOLD_MAX; i++) {
		arena_append(arena, &text, "%s", i ? "\n" : "");
		tell_arrow(arena, picture, &picture->arrows[line->arrows[i]], &text);
	}
	if (line->arrow_count > TOLD_MAX)
		arena_append(arena, &text, "\nand %zu more", line->arrow_count - TOLD_MAX);
	return text.text;
}

/*
 * Writes "5432/TCP if …" if it depends on addresses; the condition is said in full where there is
 * room.
 */
static const char *ports_short(const struct picture *picture, struct arena *arena, uint32_t ports)
{
	const struct reach *reach = ports_list(picture->ports, ports);
	struct port_range *ranges = arena_array(arena, reach->count, sizeof(*ranges));
	const struct reach bare = {ranges, reach->count};

	if (reach_is_certain(reach))
		return ports_words(picture, arena, ports);
	for (size_t i = 0; i < reach->count; i++) {
		ranges[i] = reach->ranges[i];
		ranges[i].only_if = NULL;
	}
	return arena_printf(arena, "%s if …", reach_text(arena, &bare));
}

/*
 * The tiers that decide about all arrows of a line; "partly by tiers": they decide about some of
 * them; NULL: no tier does.
 */
static const char *line_tiers(const struct picture *picture, const struct line *line)
{
	const char *by = picture->arrows[line->arrows[0]].by;

	for (size_t i = 1; i < line->arrow_count; i++) {
		const char *other = picture->arrows[line->arrows[i]].by;

		if (by && other ? strcmp(by, other) != 0 : by != other)
			return "partly by tiers";
	}
	return by;
}

/*
 * Writes the ports, if they are the same for all arrows and short; otherwise, how many arrows there
 * are.
 */
static const char *line_label(struct arena *arena, const struct picture *picture,
			      const struct line *line)
{
	uint32_t ports = picture->arrows[line->arrows[0]].ports;
	const char *words = ports_short(picture, arena, ports);

	for (size_t i = 1; i < line->arrow_count; i++)
		if (picture->arrows[line->arrows[i]].ports != ports)
			words = NULL;
	if (!words || (strlen(words) > LABEL_MAX && line->arrow_count > 1))
		words = text_counted(arena, line->arrow_count, "arrow", "arrows");
	else if (strlen(words) > LABEL_MAX)
		words = text_counted(arena, ports_list(picture->ports, ports)->count,
				     "range of ports", "ranges of ports");
	return change_label(arena, line->change,
			    with_tiers(arena, words, line_tiers(picture, line)));
}

static void add_lines(struct arena *arena, struct drawing *drawing)
{
	const struct picture *picture = drawing->picture;
	struct table numbers = {.arena = arena};

	for (uint32_t i = 0; i < picture->arrow_count; i++) {
		const struct graph_arrow *arrow = &picture->arrows[i];
		const size_t key[] = {item_of(drawing, &arrow->from), item_of(drawing, &arrow->to),
				      arrow->change};
		bool added = false;
		uint32_t number = table_add(&numbers, key, sizeof(key), &added);
		struct line *line;

		if (added)
			arena_push(arena, drawing->lines, drawing->line_count,
				   ((struct line){
					   .from = key[0], .to = key[1], .change = arrow->change}));
		must(number < drawing->line_count);
		line = &drawing->lines[number];
		arena_push(arena, *(uint32_t **)&line->arrows, line->arrow_count, i);
	}
	for (size_t i = 0; i < drawing->line_count; i++) {
		struct line *line = &drawing->lines[i];

		line->label = line_label(arena, picture, line);
		line->title = line_title(arena, picture, line);
	}
}

/* Writes "any pod of 9 namespaces"; the namespaces are named in its title.  */
static void name_joined(struct arena *arena, const struct drawing *drawing, size_t i)
{
	const struct picture *picture = drawing->picture;
	const struct graph_nodes *nodes = &picture->nodes;
	struct item *item = &drawing->items[i];
	struct string title = {0};
	size_t told = 0;

	item->shown = true;
	item->name = arena_printf(arena, "any pod of %zu namespaces", drawing->joined.count[i]);
	item->state = node_state(arena, picture, i);
	arena_append(arena, &title, "any pod of namespaces that have none in the input: %s\n",
		     item->state);
	for (uint32_t k = (uint32_t)i; k != JOINED_LAST; k = drawing->joined.next[k])
		if (told++ < TOLD_MAX)
			arena_append(arena, &title, "%s%s", told > 1 ? ", " : "",
				     nodes->boxes[nodes->items[k].box].name);
	if (told > TOLD_MAX)
		arena_append(arena, &title, " and %zu more", told - TOLD_MAX);
	item->title = title.text;
}

static void name_node(struct arena *arena, const struct drawing *drawing, size_t i)
{
	const struct picture *picture = drawing->picture;
	const struct graph_node *node = &picture->nodes.items[i];
	struct item *item = &drawing->items[i];
	size_t pods = node->party[NEW] == NO_PARTY ? node->pods[OLD] : node->pods[NEW];
	struct string title = {0};

	if (is_joined(drawing, i)) {
		name_joined(arena, drawing, i);
		return;
	}
	item->shown = picture->shown[i] && drawing->joined.first[i] == i &&
		      !is_closed(drawing, node->box);
	item->name = strlen(node->name) > NAME_MAX_SHOWN && node->sort == NODE_OUTSIDE
			     ? arena_printf(arena, "%.*s…", NAME_MAX_SHOWN - 1, node->name)
		     : pods > 1 ? arena_printf(arena, "%s ×%zu", node->name, pods)
				: node->name;
	item->state = node_state(arena, picture, i);
	arena_append(arena, &title, "%s%s: %s", node->text,
		     node->sort == NODE_COMING ? " (pods to come)" : "", item->state);
	for (size_t k = 0; k < picture->policies[i].count; k++)
		arena_append(arena, &title, "%s%s", k ? ", " : "\nisolated by ",
			     picture->policies[i].names[k]);
	item->title = title.text;
}

/* Writes "7 workloads; open: 2 in, 7 out".  */
static const char *closed_state(struct arena *arena, const struct drawing *drawing, uint32_t box)
{
	static const char *const words[] = {[INGRESS] = "in", [EGRESS] = "out"};
	size_t inside = drawing->boxes[box].shown;
	const char *text;

	if (!*drawing->picture->nodes.boxes[box].name)
		return text_counted(arena, inside, "range", "ranges");
	text = text_counted(arena, inside, "workload", "workloads");
	for (enum direction direction = INGRESS; direction < DIRECTIONS; direction++) {
		size_t open = drawing->boxes[box].open[direction];

		if (open)
			text = arena_printf(arena, "%s%s %zu %s", text,
					    strchr(text, ';') ? "," : "; open:", open,
					    words[direction]);
	}
	return strchr(text, ';') ? text : arena_printf(arena, "%s, isolated", text);
}

/* Shows each closed box of which something is shown, and each box at which a line ends.  */
static void show_boxes(struct drawing *drawing)
{
	const struct picture *picture = drawing->picture;
	const size_t count = picture->nodes.count;

	for (size_t i = 0; i < count; i++) {
		const uint32_t box = picture->nodes.items[i].box;

		if (is_closed(drawing, box) && picture->shown[i] &&
		    !is_joined(drawing, drawing->joined.first[i]))
			drawing->items[count + box].shown = true;
	}
	for (size_t i = 0; i < drawing->line_count; i++) {
		const struct line *line = &drawing->lines[i];

		if (line->from >= count)
			drawing->items[line->from].shown = true;
		if (line->to >= count)
			drawing->items[line->to].shown = true;
	}
}

static void name_box(struct arena *arena, const struct drawing *drawing, uint32_t box)
{
	const struct graph_nodes *nodes = &drawing->picture->nodes;
	struct item *item = &drawing->items[nodes->count + box];
	const char *name = nodes->boxes[box].name;

	item->title = box_title(arena, &nodes->boxes[box]);
	if (drawing->closed[box]) {
		item->name = *name ? name : item->title;
		item->state = closed_state(arena, drawing, box);
	} else {
		item->name = "all of them";
		item->state = *name ? "every pod of it" : "every address";
	}
}

/* Lists for each box the items that are drawn in it.  */
static void fill_boxes(struct arena *arena, struct drawing *drawing)
{
	for (size_t i = 0; i < drawing->item_count; i++) {
		const uint32_t number = drawing_box(drawing, i);
		struct drawn_box *box;

		if (number == BOX_NONE || !drawing->items[i].shown)
			continue;
		box = &drawing->boxes[number];
		arena_push(arena, box->items, box->item_count, i);
	}
}

static void measure(struct item *item)
{
	item->width = fmax(96, 24 + fmax(NAME_LETTER * (double)utf8_characters(item->name),
					 STATE_LETTER * (double)utf8_characters(item->state)));
	item->height = ITEM_HEIGHT;
}

/* Is the line inside a closed box, and therefore not drawn? */
static bool is_inside(const struct drawing *drawing, const struct line *line)
{
	const struct graph_nodes *nodes = &drawing->picture->nodes;

	return line->from == line->to && line->from >= nodes->count &&
	       drawing->closed[line->from - nodes->count];
}

static void drop_inside(struct drawing *drawing)
{
	size_t kept = 0;

	for (size_t i = 0; i < drawing->line_count; i++)
		if (!is_inside(drawing, &drawing->lines[i]))
			drawing->lines[kept++] = drawing->lines[i];
	drawing->line_count = kept;
}

struct drawing drawing_of(struct arena *arena, const struct picture *picture, const char *open)
{
	const struct graph_nodes *nodes = &picture->nodes;
	struct drawing drawing = {.picture = picture,
				  .item_count = nodes->count + nodes->box_count};
	bool many;

	drawing.joined = join_namespaces(arena, picture, open);
	many = count_items(&drawing) > ITEMS_MAX || count_lines(&drawing) > LINES_MAX;
	drawing.closed = arena_array(arena, nodes->box_count, sizeof(*drawing.closed));
	for (size_t box = 0; box < nodes->box_count; box++)
		drawing.closed[box] = many && (!open || strcmp(nodes->boxes[box].name, open) != 0);
	drawing.items = arena_array(arena, drawing.item_count, sizeof(*drawing.items));
	drawing.boxes = arena_array(arena, nodes->box_count, sizeof(*drawing.boxes));
	count_inside(&drawing);
	add_lines(arena, &drawing);
	drop_inside(&drawing);
	for (size_t i = 0; i < nodes->count; i++)
		name_node(arena, &drawing, i);
	show_boxes(&drawing);
	for (uint32_t box = 0; box < nodes->box_count; box++)
		name_box(arena, &drawing, box);
	for (size_t i = 0; i < drawing.item_count; i++)
		measure(&drawing.items[i]);
	fill_boxes(arena, &drawing);
	return drawing;
}
