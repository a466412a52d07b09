/*
 * Finds the arrows; ask/graph/picture.h says which ones there are.
 *
 * A cell is what passes from one node to another, by number, as far as it is to be drawn: what an
 * isolated end grants to everyone, and to every pod, is taken out and drawn by itself.  Most cells
 * are empty.  Nodes of a sort have the same cell with a node, but for those that stand out for it
 * (ask/alike.h), so that the others are not looked at.
 */
#include "ask/graph/arrows.h"

#include "ask/alike.h"
#include "base/arena.h"

#include <stdlib.h>

/* Nothing to ask: addresses outside among themselves, ends without a family in common, a pod and itself. */
#define NO_PAIR UINT32_MAX

/* What a node grants in one direction, whoever it is; everything where it is not isolated. */
struct grants {
	uint32_t anyone, any_pod;
};

/* What is to be drawn between a node and another one. */
struct arrow_cell {
	uint32_t node, ports;
};

/* Of one node, with whom; by node. */
struct cells {
	struct arrow_cell *items;
	size_t count;
};

struct arrow_finding {
	struct arena *arena;
	struct picture *picture;
	size_t count; /* of nodes */
	struct grants *grants[AGES][DIRECTIONS];
	/* by node: what cluster policies deny, whatever pod the other end is; NULL: not found yet */
	uint32_t *denied[DIRECTIONS];
	enum arrow_change change;
	struct cells *to, *from; /* by node: cells of what goes to it, and of what comes from it */
};

static const struct graph_node *node_at(const struct arrow_finding *finding, size_t i)
{
	return &finding->picture->nodes.items[i];
}

static struct ports *ports_of(const struct arrow_finding *finding)
{
	return finding->picture->ports;
}

static bool have_family(const struct party *a, const struct party *b)
{
	return parties_meet(a, b, V4) || parties_meet(a, b, V6);
}

/* What passes from one node to another in a world, in any family. */
static uint32_t passes(const struct arrow_finding *finding, enum age age, size_t from, size_t to)
{
	const struct graph_node *a = node_at(finding, from), *b = node_at(finding, to);
	const struct party *parties;
	const struct passage *passage;

	if (a->party[age] == NO_PARTY || b->party[age] == NO_PARTY ||
	    (a->sort == NODE_OUTSIDE && b->sort == NODE_OUTSIDE) ||
	    (from == to && graph_node_is_one_pod(&finding->picture->nodes, a, age)))
		return NO_PAIR;
	parties = finding->picture->nodes.worlds[age]->parties;
	if (!have_family(&parties[a->party[age]], &parties[b->party[age]]))
		return NO_PAIR;
	if (!a->isolated[age][EGRESS] && !b->isolated[age][INGRESS])
		return PORTS_EVERYTHING;
	passage = sides_passage(finding->picture->sides[age], parties[a->party[age]].class,
				parties[b->party[age]].class);
	return passage_ports(ports_of(finding), passage);
}

static uint32_t passes_in(const struct arrow_finding *finding, enum age age,
			  enum direction direction, size_t node, size_t peer)
{
	return direction == INGRESS ? passes(finding, age, peer, node)
				    : passes(finding, age, node, peer);
}

/*
 * Nodes with the same number are told apart by nothing but their policies: what changed() takes off a cell for the sake
 * of the node itself is the same for all of them.
 */
static uint32_t note_of(const struct arrow_finding *finding, struct table *notes, size_t i,
			enum direction direction)
{
	const struct graph_node *node = node_at(finding, i);
	const uint32_t *denied = finding->denied[direction];
	uint32_t key[2 + AGES * (DIRECTIONS + 2)] = {node->sort == NODE_OUTSIDE,
						     denied ? denied[i] : 0};
	size_t at = 2;

	for (enum age age = OLD; age < AGES; age++) {
		const struct grants *grants = finding->grants[age][direction];

		key[at++] = node->isolated[age][INGRESS];
		key[at++] = node->isolated[age][EGRESS];
		key[at++] = grants ? grants[i].anyone : 0;
		key[at++] = grants ? grants[i].any_pod : 0;
	}
	return table_add(notes, key, sizeof(key), NULL);
}

/* Who is like whom as a peer of a node, in the worlds from @first to @last. */
static struct alike *peers_of(const struct arrow_finding *finding, enum direction direction,
			      enum age first, enum age last)
{
	struct alike_end *ends = arena_array(finding->arena, finding->count, sizeof(*ends));
	struct table notes = {.arena = finding->arena};

	for (size_t i = 0; i < finding->count; i++) {
		ends[i] = (struct alike_end){{CLASS_NONE, CLASS_NONE},
					     note_of(finding, &notes, i, !direction)};
		for (enum age age = first; age <= last; age++)
			if (node_at(finding, i)->party[age] != NO_PARTY)
				ends[i].class[age] =
					finding->picture->nodes.worlds[age]
						->parties[node_at(finding, i)->party[age]]
						.class;
	}
	return alike_new(finding->arena, finding->picture->sides, ends, finding->count, direction);
}

/* What every peer has that no policy of its own holds back. */
static void narrow_grants(struct arrow_finding *finding, enum age age, enum direction direction,
			  size_t node, size_t peer, struct grants *grants)
{
	const uint32_t number = passes_in(finding, age, direction, node, peer);

	if (number == NO_PAIR || node_at(finding, peer)->isolated[age][!direction])
		return;
	grants->anyone = ports_common(ports_of(finding), grants->anyone, number);
	if (node_at(finding, peer)->sort != NODE_OUTSIDE)
		grants->any_pod = ports_common(ports_of(finding), grants->any_pod, number);
}

static struct grants grants_of(struct arrow_finding *finding, enum age age,
			       enum direction direction, struct alike *alike, uint32_t node)
{
	struct grants grants = {PORTS_EVERYTHING, PORTS_EVERYTHING};
	struct others others;

	if (!node_at(finding, node)->isolated[age][direction])
		return grants;
	others = alike_others(alike, node);
	for (size_t i = 0; i < others.standing_out.count; i++)
		narrow_grants(finding, age, direction, node, others.standing_out.items[i], &grants);
	for (size_t i = 0; i < alike_sorts(alike); i++)
		if (others.of_sort[i] != NOBODY)
			narrow_grants(finding, age, direction, node, others.of_sort[i], &grants);
	return grants;
}

/* What both ends grant to whoever the other is. */
static uint32_t granted(const struct arrow_finding *finding, enum age age, size_t from, size_t to)
{
	const struct grants *out = &finding->grants[age][EGRESS][from];
	const struct grants *in = &finding->grants[age][INGRESS][to];

	return ports_common(ports_of(finding),
			    node_at(finding, to)->sort == NODE_OUTSIDE ? out->anyone : out->any_pod,
			    node_at(finding, from)->sort == NODE_OUTSIDE ? in->anyone
									 : in->any_pod);
}

/*
 * A peer that is isolated itself told nothing of what it is granted; where it is an exception ("all pods but
 * these"), there is no grant to everyone.
 */
static void check_grant(struct arrow_finding *finding, enum age age, size_t from, size_t to)
{
	struct grants *in = &finding->grants[age][INGRESS][to];
	struct ports *ports = ports_of(finding);
	uint32_t number, missing;

	if (!node_at(finding, from)->isolated[age][EGRESS])
		return;
	number = passes(finding, age, from, to);
	if (number == NO_PAIR)
		return;
	missing = ports_minus(ports, granted(finding, age, from, to), number);
	in->any_pod = ports_minus(ports, in->any_pod, missing);
	in->anyone = ports_minus(ports, in->anyone, missing);
}

static void check_grants(struct arrow_finding *finding, enum age age)
{
	struct alike *alike = peers_of(finding, INGRESS, age, age);

	for (uint32_t to = 0; to < finding->count; to++) {
		struct others others;

		if (!node_at(finding, to)->isolated[age][INGRESS])
			continue;
		others = alike_others(alike, to);
		for (size_t i = 0; i < others.standing_out.count; i++)
			check_grant(finding, age, others.standing_out.items[i], to);
		for (size_t i = 0; i < alike_sorts(alike); i++)
			if (others.of_sort[i] != NOBODY)
				check_grant(finding, age, others.of_sort[i], to);
	}
}

static void find_grants(struct arrow_finding *finding, enum age age)
{
	struct grants *found[DIRECTIONS];

	for (enum direction direction = INGRESS; direction < DIRECTIONS; direction++) {
		struct alike *alike = peers_of(finding, direction, age, age);

		found[direction] =
			arena_array(finding->arena, finding->count, sizeof(struct grants));
		for (uint32_t i = 0; i < finding->count; i++)
			found[direction][i] = grants_of(finding, age, direction, alike, i);
	}
	memcpy(finding->grants[age], found, sizeof(found));
	check_grants(finding, age);
}

/* Of a node that is not in this world nothing passes. */
static uint32_t passes_or_nothing(const struct arrow_finding *finding, enum age age, size_t from,
				  size_t to)
{
	uint32_t number = finding->picture->nodes.worlds[age] ? passes(finding, age, from, to)
							      : PORTS_NOTHING;

	return number == NO_PAIR ? PORTS_NOTHING : number;
}

static uint32_t drawn(const struct arrow_finding *finding, enum age age, size_t from, size_t to)
{
	return ports_minus(ports_of(finding), passes_or_nothing(finding, age, from, to),
			   granted(finding, age, from, to));
}

/* What rules of cluster policies deny in the new world between two nodes. */
static uint32_t denied_between(const struct arrow_finding *finding, size_t from, size_t to)
{
	const struct graph_node *a = node_at(finding, from), *b = node_at(finding, to);
	const struct party *parties = finding->picture->nodes.worlds[NEW]->parties;
	const struct decided *decided;
	uint32_t number = PORTS_NOTHING;

	if (passes(finding, NEW, from, to) == NO_PAIR ||
	    (!a->isolated[NEW][EGRESS] && !b->isolated[NEW][INGRESS]))
		return PORTS_NOTHING;
	decided = sides_decided(finding->picture->sides[NEW], parties[a->party[NEW]].class,
				parties[b->party[NEW]].class);
	for (size_t i = 0; i < decided->count; i++) {
		const struct decided_part *part = &decided->parts[i];

		if (!part->allowed &&
		    (part->by[INGRESS] == DECIDER_ADMIN || part->by[INGRESS] == DECIDER_BASELINE))
			number = ports_either(ports_of(finding), number,
					      passage_ports(ports_of(finding), part->passage));
	}
	return number;
}

/* What of it is not told of every pod. */
static uint32_t denied_drawn(const struct arrow_finding *finding, size_t from, size_t to)
{
	struct ports *ports = ports_of(finding);
	uint32_t number = denied_between(finding, from, to);

	if (node_at(finding, from)->sort != NODE_OUTSIDE)
		number = ports_minus(ports, number, finding->denied[INGRESS][to]);
	if (node_at(finding, to)->sort != NODE_OUTSIDE)
		number = ports_minus(ports, number, finding->denied[EGRESS][from]);
	return number;
}

/* Of what one world draws, and what passes in the other. */
static uint32_t changed(const struct arrow_finding *finding, size_t from, size_t to)
{
	struct ports *ports = ports_of(finding);

	if (finding->change == DENIED)
		return denied_drawn(finding, from, to);
	if (!finding->picture->two)
		return drawn(finding, NEW, from, to);
	switch (finding->change) {
	case KEPT:
		return ports_common(ports, drawn(finding, NEW, from, to),
				    passes_or_nothing(finding, OLD, from, to));
	case OPENED:
		return ports_minus(ports, drawn(finding, NEW, from, to),
				   passes_or_nothing(finding, OLD, from, to));
	case CLOSED:
		return ports_minus(ports, drawn(finding, OLD, from, to),
				   passes_or_nothing(finding, NEW, from, to));
	case DENIED:
	case CHANGES:
		break;
	}
	return PORTS_NOTHING;
}

/*
 * What a node grants to anyone (else to any pod), for an arrow: where it is isolated, or was, or will be.
 */
static uint32_t grant_drawn(const struct arrow_finding *finding, enum age age,
			    enum direction direction, size_t i, bool anyone)
{
	const struct graph_node *node = node_at(finding, i);
	const struct grants *grants = &finding->grants[age][direction][i];

	if (node->party[age] == NO_PARTY ||
	    !(node->isolated[OLD][direction] || node->isolated[NEW][direction]))
		return PORTS_NOTHING;
	return anyone ? grants->anyone : grants->any_pod;
}

static uint32_t grant_changed(const struct arrow_finding *finding, enum direction direction,
			      size_t i, bool anyone)
{
	struct ports *ports = ports_of(finding);
	uint32_t now[AGES] = {0}, all[AGES] = {0};

	for (enum age age = finding->picture->two ? OLD : NEW; age < AGES; age++) {
		uint32_t wide = grant_drawn(finding, age, direction, i, true);

		all[age] = anyone ? wide : grant_drawn(finding, age, direction, i, false);
		now[age] = anyone ? wide : ports_minus(ports, all[age], wide);
	}
	if (!finding->picture->two)
		return now[NEW];
	return finding->change == KEPT     ? ports_common(ports, now[NEW], all[OLD])
	       : finding->change == OPENED ? ports_minus(ports, now[NEW], all[OLD])
					   : ports_minus(ports, now[OLD], all[NEW]);
}

static void put_cell(struct arrow_finding *finding, size_t from, uint32_t to, uint32_t ports)
{
	struct cells *cells = &finding->to[to];

	if (ports != PORTS_NOTHING)
		arena_push(finding->arena, cells->items, cells->count,
			   ((struct arrow_cell){(uint32_t)from, ports}));
}

/* What goes to a node: from those who stand out, and where a sort has something, from the others of it. */
static void fill_cells_to(struct arrow_finding *finding, struct alike *alike, uint32_t to)
{
	const struct others others = alike_others(alike, to);

	for (size_t i = 0; i < others.standing_out.count; i++)
		if (others.standing_out.items[i] > ANY_POD)
			put_cell(finding, others.standing_out.items[i], to,
				 changed(finding, others.standing_out.items[i], to));
	for (uint32_t i = 0; i < alike_sorts(alike); i++) {
		const struct end_list members = alike_members(alike, i);
		const uint32_t one = others.of_sort[i];
		const uint32_t ports =
			one == NOBODY || one <= ANY_POD ? PORTS_NOTHING : changed(finding, one, to);

		for (size_t k = 0, m = 0; ports != PORTS_NOTHING && k < members.count; k++) {
			while (m < others.standing_out.count &&
			       others.standing_out.items[m] < members.items[k])
				m++;
			if (m == others.standing_out.count ||
			    others.standing_out.items[m] != members.items[k])
				put_cell(finding, members.items[k], to, ports);
		}
	}
}

/* Takes off what is not denied where the peer is a pod. */
static void narrow_denied(struct arrow_finding *finding, enum direction direction, size_t node,
			  size_t peer, uint32_t *number)
{
	const size_t from = direction == INGRESS ? peer : node,
		     to = direction == INGRESS ? node : peer;

	if (node_at(finding, peer)->sort == NODE_OUTSIDE ||
	    passes(finding, NEW, from, to) == NO_PAIR)
		return;
	*number = ports_common(ports_of(finding), *number, denied_between(finding, from, to));
}

/* What is denied to a node whatever pod it comes from, or from a node whatever pod it goes to. */
static void find_denied(struct arrow_finding *finding, enum direction direction)
{
	struct alike *alike = peers_of(finding, direction, NEW, NEW);

	finding->denied[direction] =
		arena_array(finding->arena, finding->count, sizeof(**finding->denied));
	for (uint32_t i = ANY_POD + 1; i < finding->count; i++) {
		const struct others others = alike_others(alike, i);
		uint32_t number = PORTS_EVERYTHING;

		if (!node_at(finding, i)->isolated[NEW][direction])
			continue;
		for (size_t k = 0; k < others.standing_out.count; k++)
			narrow_denied(finding, direction, i, others.standing_out.items[k], &number);
		for (size_t k = 0; k < alike_sorts(alike); k++)
			if (others.of_sort[k] != NOBODY)
				narrow_denied(finding, direction, i, others.of_sort[k], &number);
		finding->denied[direction][i] = number;
	}
}

static int compare_cells(const void *a, const void *b)
{
	const uint32_t x = ((const struct arrow_cell *)a)->node,
		       y = ((const struct arrow_cell *)b)->node;

	return (x > y) - (x < y);
}

static void fill_cells(struct arrow_finding *finding)
{
	struct alike *alike = peers_of(finding, INGRESS, finding->picture->two ? OLD : NEW, NEW);

	finding->to = arena_array(finding->arena, finding->count, sizeof(*finding->to));
	for (uint32_t i = ANY_POD + 1; i < finding->count; i++) {
		fill_cells_to(finding, alike, i);
		if (finding->change == DENIED) {
			put_cell(finding, ANY_POD, i, finding->denied[INGRESS][i]);
			put_cell(finding, i, ANY_POD, finding->denied[EGRESS][i]);
			continue;
		}
		put_cell(finding, ANYONE, i, grant_changed(finding, INGRESS, i, true));
		put_cell(finding, ANY_POD, i, grant_changed(finding, INGRESS, i, false));
		put_cell(finding, i, ANYONE, grant_changed(finding, EGRESS, i, true));
		put_cell(finding, i, ANY_POD, grant_changed(finding, EGRESS, i, false));
	}
	for (size_t i = 0; i < finding->count; i++)
		if (finding->to[i].count)
			qsort(finding->to[i].items, finding->to[i].count, sizeof(struct arrow_cell),
			      compare_cells);
}

static void add_arrow(struct arrow_finding *finding, struct graph_end from, struct graph_end to,
		      uint32_t ports)
{
	struct picture *picture = finding->picture;

	if (ports != PORTS_NOTHING)
		arena_push(finding->arena, picture->arrows, picture->arrow_count,
			   ((struct graph_arrow){.from = from,
						 .to = to,
						 .change = finding->change,
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

/* The cells from @begin on that are of nodes of one box: where they end. */
static size_t same_box(const struct arrow_finding *finding, const struct cells *cells, size_t begin)
{
	const uint32_t box = node_at(finding, cells->items[begin].node)->box;
	size_t end = begin + 1;

	while (end < cells->count && node_at(finding, cells->items[end].node)->box == box)
		end++;
	return end;
}

/*
 * What all of a box, at least two, have in common is taken out of their cells and returned.  These are of nodes of
 * one box; @expected is how many that should be.
 */
static uint32_t take_common(const struct arrow_finding *finding, struct arrow_cell *cells,
			    size_t count, size_t expected)
{
	uint32_t common = count == expected && count > 1 ? PORTS_EVERYTHING : PORTS_NOTHING;

	for (size_t i = 0; i < count; i++)
		common = ports_common(ports_of(finding), common, cells[i].ports);
	for (size_t i = 0; i < count; i++)
		cells[i].ports = ports_minus(ports_of(finding), cells[i].ports, common);
	return common;
}

/* How many of the box have a cell with the node, if all have; a pod has none with itself. */
static size_t expected_of(const struct arrow_finding *finding, uint32_t box, size_t node)
{
	const enum age age = finding->change == CLOSED ? OLD : NEW;
	const struct graph_box *of = &finding->picture->nodes.boxes[box];
	const bool inside = of->first <= node && node < of->end;

	return of->end - of->first - (inside && passes(finding, age, node, node) == NO_PAIR);
}

/* What is left of cells that were taken from. */
static void drop_empty(struct cells *cells)
{
	size_t kept = 0;

	for (size_t i = 0; i < cells->count; i++)
		if (cells->items[i].ports != PORTS_NOTHING)
			cells->items[kept++] = cells->items[i];
	cells->count = kept;
}

/* From all of a box to single nodes, by box. */
static struct cells *take_from_boxes(struct arrow_finding *finding)
{
	struct cells *taken =
		arena_array(finding->arena, finding->picture->nodes.box_count, sizeof(*taken));

	for (uint32_t to = 0; to < finding->count; to++) {
		struct cells *cells = &finding->to[to];

		for (size_t begin = 0, end; begin < cells->count; begin = end) {
			const uint32_t box = node_at(finding, cells->items[begin].node)->box;
			uint32_t common;

			end = same_box(finding, cells, begin);
			if (box == BOX_NONE)
				continue;
			common = take_common(finding, &cells->items[begin], end - begin,
					     expected_of(finding, box, to));
			if (common != PORTS_NOTHING)
				arena_push(finding->arena, taken[box].items, taken[box].count,
					   ((struct arrow_cell){to, common}));
		}
		drop_empty(cells);
	}
	return taken;
}

/* From all of a box: to all of another one, or to single nodes. */
static void draw_from_box(struct arrow_finding *finding, uint32_t box, struct cells *cells)
{
	const struct graph_box *boxes = finding->picture->nodes.boxes;

	for (size_t begin = 0, end; begin < cells->count; begin = end) {
		const uint32_t other = node_at(finding, cells->items[begin].node)->box;

		end = same_box(finding, cells, begin);
		if (other != BOX_NONE)
			add_arrow(finding, box_end(box), box_end(other),
				  take_common(finding, &cells->items[begin], end - begin,
					      boxes[other].end - boxes[other].first));
		for (size_t i = begin; i < end; i++)
			add_arrow(finding, box_end(box), node_end(cells->items[i].node),
				  cells->items[i].ports);
	}
}

/* The same cells by the other end. */
static struct cells *turn_cells(const struct arrow_finding *finding, const struct cells *cells)
{
	struct cells *turned = arena_array(finding->arena, finding->count, sizeof(*turned));

	for (uint32_t i = 0; i < finding->count; i++)
		for (size_t k = 0; k < cells[i].count; k++) {
			struct cells *of = &turned[cells[i].items[k].node];

			arena_push(finding->arena, of->items, of->count,
				   ((struct arrow_cell){i, cells[i].items[k].ports}));
		}
	return turned;
}

static void draw_to_boxes(struct arrow_finding *finding, uint32_t from)
{
	struct cells *cells = &finding->from[from];

	for (size_t begin = 0, end; begin < cells->count; begin = end) {
		const uint32_t box = node_at(finding, cells->items[begin].node)->box;

		end = same_box(finding, cells, begin);
		if (box != BOX_NONE)
			add_arrow(finding, node_end(from), box_end(box),
				  take_common(finding, &cells->items[begin], end - begin,
					      expected_of(finding, box, from)));
	}
	drop_empty(cells);
}

static uint32_t join_cells(struct arrow_finding *finding, const struct cells *cells)
{
	uint32_t *parts = arena_array(finding->arena, cells->count, sizeof(*parts));

	for (size_t i = 0; i < cells->count; i++)
		parts[i] = cells->items[i].node;
	return graph_nodes_join(finding->arena, &finding->picture->nodes, parts, cells->count);
}

/* Addresses with the same ports are one node: together they are easier to name. */
static void join_outside(struct arrow_finding *finding, const struct cells *cells,
			 enum direction direction, uint32_t node)
{
	struct table numbers = {.arena = finding->arena};
	struct cells *by_ports = NULL; /* nodes with the same ports */
	size_t count = 0;

	for (size_t i = 0; i < cells->count; i++) {
		bool added = false;
		uint32_t at;

		if (node_at(finding, cells->items[i].node)->sort != NODE_OUTSIDE)
			continue;
		at = table_add(&numbers, &cells->items[i].ports, sizeof(uint32_t), &added);
		if (added)
			arena_push(finding->arena, by_ports, count, (struct cells){0});
		arena_push(finding->arena, by_ports[at].items, by_ports[at].count, cells->items[i]);
	}
	for (size_t i = 0; i < count; i++) {
		const uint32_t ports = by_ports[i].items->ports;
		uint32_t end = by_ports[i].items->node;

		if (by_ports[i].count > 1)
			end = join_cells(finding, &by_ports[i]);
		add_arrow(finding, node_end(direction == INGRESS ? end : node),
			  node_end(direction == INGRESS ? node : end), ports);
	}
}

/* The others, one by one. */
static void draw_rest(struct arrow_finding *finding, uint32_t from)
{
	const struct cells *cells = &finding->from[from];

	for (size_t i = 0; i < cells->count; i++)
		if (node_at(finding, from)->sort != NODE_OUTSIDE &&
		    node_at(finding, cells->items[i].node)->sort != NODE_OUTSIDE)
			add_arrow(finding, node_end(from), node_end(cells->items[i].node),
				  cells->items[i].ports);
}

static void draw(struct arrow_finding *finding)
{
	const struct graph_nodes *nodes = &finding->picture->nodes;
	struct cells *from_boxes;

	fill_cells(finding);
	from_boxes = take_from_boxes(finding);
	for (uint32_t box = 0; box < nodes->box_count; box++)
		draw_from_box(finding, box, &from_boxes[box]);
	finding->from = turn_cells(finding, finding->to);
	for (uint32_t from = 0; from < finding->count; from++)
		draw_to_boxes(finding, from);
	finding->to = turn_cells(finding, finding->from);
	for (uint32_t node = 0; node < finding->count; node++) {
		join_outside(finding, &finding->to[node], INGRESS, node);
		join_outside(finding, &finding->from[node], EGRESS, node);
	}
	for (uint32_t from = 0; from < finding->count; from++)
		draw_rest(finding, from);
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

static void draw_change(struct arrow_finding *finding, enum arrow_change change)
{
	finding->change = change;
	draw(finding);
}

void graph_arrows_find(struct arena *arena, struct picture *picture, bool denied)
{
	struct arrow_finding finding = {
		.arena = arena, .picture = picture, .count = picture->nodes.count};

	make_sides(arena, picture);
	for (enum age age = picture->two ? OLD : NEW; age < AGES; age++)
		find_grants(&finding, age);
	for (enum arrow_change change = KEPT; change <= (picture->two ? CLOSED : KEPT); change++)
		draw_change(&finding, change);
	if (denied && picture->deciders) {
		for (enum direction direction = INGRESS; direction < DIRECTIONS; direction++)
			find_denied(&finding, direction);
		draw_change(&finding, DENIED);
	}
	if (picture->arrow_count)
		qsort(picture->arrows, picture->arrow_count, sizeof(*picture->arrows),
		      compare_arrows);
}
