/*
 * Arrows.  See ask/graph/arrows.h, and ask/graph/picture.h for which there are.
 *
 * A cell is what passes from one node to another, by number.  `passes` has all of it; `grants` has what an
 * isolated end grants to everyone, and to every pod; what is left of a cell after both ends' grants is drawn.
 */
#include "ask/graph/arrows.h"

#include "ask/matrix/rows.h"
#include "base/arena.h"

#include <stdlib.h>

/* Nothing to ask: addresses outside among themselves, ends without a family in common, a pod and itself. */
#define NO_PAIR UINT32_MAX

/* What a node grants in one direction, whoever it is; everything where it is not isolated. */
struct grants {
	uint32_t anyone, any_pod;
};

struct finding {
	struct arena *arena;
	struct picture *picture;
	size_t count; /* of nodes */
	struct rows rows[AGES];
	struct table passages; /* by address, for their ports */
	uint32_t *passage_ports;
	size_t passage_count;
	uint32_t *passes[AGES]; /* [from * count + to] */
	struct grants *grants[AGES][DIRECTIONS];
	uint32_t *cells; /* to be drawn, of one change */
	enum change change;
};

static const struct graph_node *node_at(const struct finding *finding, size_t i)
{
	return &finding->picture->nodes.items[i];
}

static struct ports *ports_of(const struct finding *finding)
{
	return &finding->picture->ports;
}

/* In any family. */
static uint32_t passage_ports(struct finding *finding, const struct passage *passage)
{
	struct ports *ports = ports_of(finding);
	bool added = false;
	uint32_t at = table_add(&finding->passages, &passage, sizeof(passage), &added), number;

	if (!added)
		return finding->passage_ports[at];
	number = ports_number(ports, &passage->reach);
	for (enum family family = V4; family < FAMILIES; family++)
		number = ports_either(ports, number, ports_number(ports, &passage->only[family]));
	arena_push(finding->arena, finding->passage_ports, finding->passage_count, number);
	return number;
}

static bool have_family(const struct party *a, const struct party *b)
{
	return parties_meet(a, b, V4) || parties_meet(a, b, V6);
}

static uint32_t ask(struct finding *finding, enum age age, size_t from, size_t to)
{
	const struct graph_node *a = node_at(finding, from), *b = node_at(finding, to);
	const struct rows *rows = &finding->rows[age];
	const struct passage *passage;

	if (a->party[age] == NOBODY || b->party[age] == NOBODY ||
	    (a->sort == NODE_OUTSIDE && b->sort == NODE_OUTSIDE) ||
	    !have_family(&rows->world->parties[a->party[age]],
			 &rows->world->parties[b->party[age]]) ||
	    (from == to && a->sort == NODE_PODS && a->second[age] == NOBODY))
		return NO_PAIR;
	if (!a->isolated[age][EGRESS] && !b->isolated[age][INGRESS])
		return PORTS_EVERYTHING;
	passage = rows_passage(rows, rows->of_party[a->party[age]], rows->of_party[b->party[age]]);
	return passage ? passage_ports(finding, passage) : NO_PAIR;
}

static void ask_all(struct finding *finding, enum age age)
{
	finding->passes[age] = arena_array(finding->arena, finding->count * finding->count,
					   sizeof(*finding->passes[age]));
	for (size_t from = 0; from < finding->count; from++)
		for (size_t to = 0; to < finding->count; to++)
			finding->passes[age][from * finding->count + to] =
				ask(finding, age, from, to);
}

static uint32_t passes(const struct finding *finding, enum age age, enum direction direction,
		       size_t node, size_t peer)
{
	return finding->passes[age][direction == INGRESS ? peer * finding->count + node
							 : node * finding->count + peer];
}

/* What every peer has that no policy of its own holds back. */
static struct grants grants_of(struct finding *finding, enum age age, enum direction direction,
			       size_t node)
{
	struct grants grants = {PORTS_EVERYTHING, PORTS_EVERYTHING};

	if (!node_at(finding, node)->isolated[age][direction])
		return grants;
	for (size_t peer = 0; peer < finding->count; peer++) {
		uint32_t number = passes(finding, age, direction, node, peer);

		if (number == NO_PAIR || node_at(finding, peer)->isolated[age][!direction])
			continue;
		grants.anyone = ports_common(ports_of(finding), grants.anyone, number);
		if (node_at(finding, peer)->sort != NODE_OUTSIDE)
			grants.any_pod = ports_common(ports_of(finding), grants.any_pod, number);
	}
	return grants;
}

/* What both ends grant to whoever the other is. */
static uint32_t granted(const struct finding *finding, enum age age, size_t from, size_t to)
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
static void check_grants(struct finding *finding, enum age age)
{
	struct ports *ports = ports_of(finding);

	for (size_t from = 0; from < finding->count; from++)
		for (size_t to = 0; to < finding->count; to++) {
			uint32_t number = passes(finding, age, EGRESS, from, to), missing;
			struct grants *in = &finding->grants[age][INGRESS][to];

			if (number == NO_PAIR || !node_at(finding, from)->isolated[age][EGRESS] ||
			    !node_at(finding, to)->isolated[age][INGRESS])
				continue;
			missing = ports_minus(ports, granted(finding, age, from, to), number);
			in->any_pod = ports_minus(ports, in->any_pod, missing);
			in->anyone = ports_minus(ports, in->anyone, missing);
		}
}

static void find_grants(struct finding *finding, enum age age)
{
	for (enum direction direction = INGRESS; direction < DIRECTIONS; direction++) {
		struct grants *grants =
			arena_array(finding->arena, finding->count, sizeof(*grants));

		for (size_t i = 0; i < finding->count; i++)
			grants[i] = grants_of(finding, age, direction, i);
		finding->grants[age][direction] = grants;
	}
	check_grants(finding, age);
}

/* Of a node that is not in this world nothing passes. */
static uint32_t passes_or_nothing(const struct finding *finding, enum age age, size_t from,
				  size_t to)
{
	uint32_t number = finding->picture->nodes.worlds[age]
				  ? passes(finding, age, EGRESS, from, to)
				  : PORTS_NOTHING;

	return number == NO_PAIR ? PORTS_NOTHING : number;
}

static uint32_t drawn(const struct finding *finding, enum age age, size_t from, size_t to)
{
	return ports_minus(ports_of(finding), passes_or_nothing(finding, age, from, to),
			   granted(finding, age, from, to));
}

/* Of what one world draws, and what passes in the other. */
static uint32_t changed(const struct finding *finding, size_t from, size_t to)
{
	struct ports *ports = ports_of(finding);

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
	case CHANGES:
		break;
	}
	return PORTS_NOTHING;
}

/*
 * What a node grants to anyone (else to any pod), for an arrow: where it is isolated, or was, or will be.
 */
static uint32_t grant_drawn(const struct finding *finding, enum age age, enum direction direction,
			    size_t i, bool anyone)
{
	const struct graph_node *node = node_at(finding, i);
	const struct grants *grants = &finding->grants[age][direction][i];

	if (node->party[age] == NOBODY ||
	    !(node->isolated[OLD][direction] || node->isolated[NEW][direction]))
		return PORTS_NOTHING;
	return anyone ? grants->anyone : grants->any_pod;
}

static uint32_t grant_changed(const struct finding *finding, enum direction direction, size_t i,
			      bool anyone)
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

static void fill_cells(struct finding *finding)
{
	size_t count = finding->count;

	for (size_t from = ANY_POD + 1; from < count; from++)
		for (size_t to = ANY_POD + 1; to < count; to++)
			finding->cells[from * count + to] = changed(finding, from, to);
	for (size_t i = ANY_POD + 1; i < count; i++) {
		finding->cells[ANYONE * count + i] = grant_changed(finding, INGRESS, i, true);
		finding->cells[ANY_POD * count + i] = grant_changed(finding, INGRESS, i, false);
		finding->cells[i * count + ANYONE] = grant_changed(finding, EGRESS, i, true);
		finding->cells[i * count + ANY_POD] = grant_changed(finding, EGRESS, i, false);
	}
}

static void add_arrow(struct finding *finding, struct graph_end from, struct graph_end to,
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

/* The nodes of a box stand together. */
struct span {
	size_t first, end;
};

static struct span span_of(const struct finding *finding, uint32_t box)
{
	struct span span = {0, 0};

	while (span.first < finding->count && node_at(finding, span.first)->box != box)
		span.first++;
	for (span.end = span.first;
	     span.end < finding->count && node_at(finding, span.end)->box == box;)
		span.end++;
	return span;
}

static uint32_t *cell(const struct finding *finding, enum direction direction, size_t peer,
		      size_t node)
{
	return &finding->cells[direction == INGRESS ? peer * finding->count + node
						    : node * finding->count + peer];
}

/*
 * What all of a box, at least two, have in common with the node as their other end (INGRESS: it is the one
 * that is reached) is taken out of their cells and returned.
 */
static uint32_t take_common(struct finding *finding, enum direction direction, struct span box,
			    size_t node)
{
	struct ports *ports = ports_of(finding);
	enum age age = finding->change == CLOSED ? OLD : NEW;
	uint32_t common = PORTS_EVERYTHING;
	size_t asked = 0;

	for (size_t i = box.first; i < box.end && common != PORTS_NOTHING; i++) {
		if (i == node && passes(finding, age, EGRESS, i, i) == NO_PAIR)
			continue;
		common = ports_common(ports, common, *cell(finding, direction, i, node));
		asked++;
	}
	if (asked < 2)
		return PORTS_NOTHING;
	for (size_t i = box.first; i < box.end && common != PORTS_NOTHING; i++) {
		uint32_t *one = cell(finding, direction, i, node);

		*one = ports_minus(ports, *one, common);
	}
	return common;
}

static uint32_t common_of(struct finding *finding, const uint32_t *numbers, struct span box)
{
	uint32_t common = box.end - box.first < 2 ? PORTS_NOTHING : PORTS_EVERYTHING;

	for (size_t i = box.first; i < box.end; i++)
		common = ports_common(ports_of(finding), common, numbers[i]);
	return common;
}

/* From all of a box: to all of another one, or to single nodes. */
static void from_box(struct finding *finding, uint32_t box)
{
	const struct graph_nodes *nodes = &finding->picture->nodes;
	struct span span = span_of(finding, box);
	uint32_t *numbers = arena_array(finding->arena, finding->count, sizeof(*numbers));

	for (size_t to = 0; to < finding->count; to++)
		numbers[to] = take_common(finding, INGRESS, span, to);
	for (uint32_t other = 0; other < nodes->box_count; other++) {
		struct span others = span_of(finding, other);
		uint32_t common = common_of(finding, numbers, others);
		add_arrow(finding, (struct graph_end){true, box}, (struct graph_end){true, other},
			  common);
		for (size_t to = others.first; to < others.end; to++)
			numbers[to] = ports_minus(ports_of(finding), numbers[to], common);
	}
	for (uint32_t to = 0; to < finding->count; to++)
		add_arrow(finding, (struct graph_end){true, box}, (struct graph_end){false, to},
			  numbers[to]);
}

static void to_box(struct finding *finding, uint32_t box)
{
	struct span span = span_of(finding, box);

	for (uint32_t from = 0; from < finding->count; from++)
		add_arrow(finding, (struct graph_end){false, from}, (struct graph_end){true, box},
			  take_common(finding, EGRESS, span, from));
}

/* Addresses with the same ports are one node: together they are easier to name. */
static void join_outside(struct finding *finding, struct span outside, enum direction direction,
			 uint32_t node)
{
	uint32_t *parts = arena_array(finding->arena, outside.end - outside.first, sizeof(*parts));

	for (size_t i = outside.first; i < outside.end; i++) {
		uint32_t ports = *cell(finding, direction, i, node);
		struct graph_end end = {false, 0}, other = {false, node};
		size_t count = 0;

		for (size_t k = i; k < outside.end && ports != PORTS_NOTHING; k++)
			if (*cell(finding, direction, k, node) == ports)
				parts[count++] = (uint32_t)k;
		if (count < 2)
			continue;
		end.number =
			graph_nodes_join(finding->arena, &finding->picture->nodes, parts, count);
		add_arrow(finding, direction == INGRESS ? end : other,
			  direction == INGRESS ? other : end, ports);
		for (size_t k = 0; k < count; k++)
			*cell(finding, direction, parts[k], node) = PORTS_NOTHING;
	}
}

static void draw(struct finding *finding)
{
	const struct graph_nodes *nodes = &finding->picture->nodes;
	const struct span outside = span_of(finding, (uint32_t)nodes->box_count - 1);

	fill_cells(finding);
	for (uint32_t box = 0; box < nodes->box_count; box++)
		from_box(finding, box);
	for (uint32_t box = 0; box < nodes->box_count; box++)
		to_box(finding, box);
	for (uint32_t node = 0; node < finding->count; node++)
		for (enum direction direction = INGRESS; direction < DIRECTIONS; direction++)
			join_outside(finding, outside, direction, node);
	for (uint32_t from = 0; from < finding->count; from++)
		for (uint32_t to = 0; to < finding->count; to++)
			add_arrow(finding, (struct graph_end){false, from},
				  (struct graph_end){false, to},
				  finding->cells[from * finding->count + to]);
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

void graph_arrows_find(struct arena *arena, struct picture *picture)
{
	struct finding finding = {.arena = arena,
				  .picture = picture,
				  .count = picture->nodes.count,
				  .passages.arena = arena};

	for (enum age age = picture->two ? OLD : NEW; age < AGES; age++) {
		finding.rows[age] = rows_new(arena, picture->nodes.worlds[age], false);
		ask_all(&finding, age);
		find_grants(&finding, age);
	}
	finding.cells = arena_array(arena, finding.count * finding.count, sizeof(*finding.cells));
	for (enum change change = KEPT; change < (picture->two ? CHANGES : OPENED); change++) {
		finding.change = change;
		draw(&finding);
	}
	if (picture->arrow_count)
		qsort(picture->arrows, picture->arrow_count, sizeof(*picture->arrows),
		      compare_arrows);
}
