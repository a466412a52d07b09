/*
 * Takes what an isolated node grants to everyone, and to every pod, out of its cells, since it is
 * drawn by itself.
 *
 * Nodes of a sort have the same cell with a node, except for those that stand out for it
 * (ask/alike/alike.h), so the others are not looked at.
 */
#include "ask/graph/cells.h"

#include "ask/alike/alike.h"
#include "base/arena.h"
#include "base/numbers.h"

#include <stdlib.h>

/*
 * There is nothing to ask about two nodes: both are addresses outside, or they have no family in
 * common, or they are one pod.
 */
#define NO_PAIR UINT32_MAX

/*
 * What a node grants in one direction to everyone, and to every pod.  A node that is not isolated
 * grants everything.
 */
struct grants {
	uint32_t anyone, any_pod;
};

struct cell_finding {
	struct arena *arena;
	struct picture *picture;
	size_t count; /* how many nodes there are */
	struct grants *grants[AGES][DIRECTIONS];
	/*
	 * Index: node.  What cluster policies deny, whatever pod the other end is; NULL: it has not
	 * been found yet.
	 */
	uint32_t *denied[DIRECTIONS];
	enum arrow_change change;
	struct cells *to; /* index: node; what goes to it */
};

static const struct graph_node *node_at(const struct cell_finding *finding, size_t i)
{
	return &finding->picture->nodes.items[i];
}

static struct ports *ports_of(const struct cell_finding *finding)
{
	return finding->picture->ports;
}

static bool have_family(const struct party *a, const struct party *b)
{
	return parties_meet(a, b, V4) || parties_meet(a, b, V6);
}

/* What passes from one node to another in a world, in any family.  */
static uint32_t passes(const struct cell_finding *finding, enum age age, size_t from, size_t to)
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

static uint32_t passes_in(const struct cell_finding *finding, enum age age,
			  enum direction direction, size_t node, size_t peer)
{
	return direction == INGRESS ? passes(finding, age, peer, node)
				    : passes(finding, age, node, peer);
}

/*
 * Returns a number that is the same for nodes for which changed() takes the same off a cell because of
 * the node itself.  Apart from that, only their policies distinguish such nodes.
 */
static uint32_t note_of(const struct cell_finding *finding, struct table *notes, size_t i,
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

/* Finds which nodes are alike as peers of another node, in the worlds from @first to @last.  */
static struct alike *peers_of(const struct cell_finding *finding, enum direction direction,
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

/* What is asked of a node and each of its peers.  */
struct peer_asking {
	struct cell_finding *finding;
	enum age age;
	enum direction direction;
	struct grants found;
};

/* Narrows what the node grants to what the peer has, unless a policy of the peer itself holds it back. */
static void narrow_grants(void *context, uint32_t node, uint32_t peer)
{
	struct peer_asking *asking = context;
	const struct cell_finding *finding = asking->finding;
	const uint32_t number = passes_in(finding, asking->age, asking->direction, node, peer);
	struct grants *grants = &asking->found;

	if (number == NO_PAIR || node_at(finding, peer)->isolated[asking->age][!asking->direction])
		return;
	grants->anyone = ports_common(ports_of(finding), grants->anyone, number);
	if (node_at(finding, peer)->sort != NODE_OUTSIDE)
		grants->any_pod = ports_common(ports_of(finding), grants->any_pod, number);
}

static void find_grants_of(struct cell_finding *finding, enum age age, enum direction direction,
			   struct grants *found)
{
	struct alike *alike = peers_of(finding, direction, age, age);

	for (uint32_t i = 0; i < finding->count; i++) {
		struct peer_asking asking = {
			finding, age, direction, {PORTS_EVERYTHING, PORTS_EVERYTHING}};

		if (node_at(finding, i)->isolated[age][direction])
			alike_ask(alike, i, narrow_grants, &asking);
		found[i] = asking.found;
	}
}

/* What both ends grant to whoever the other is.  */
static uint32_t granted(const struct cell_finding *finding, enum age age, size_t from, size_t to)
{
	const struct grants *out = &finding->grants[age][EGRESS][from];
	const struct grants *in = &finding->grants[age][INGRESS][to];

	return ports_common(ports_of(finding),
			    node_at(finding, to)->sort == NODE_OUTSIDE ? out->anyone : out->any_pod,
			    node_at(finding, from)->sort == NODE_OUTSIDE ? in->anyone
									 : in->any_pod);
}

/*
 * Looks at a peer that is isolated itself, which narrow_grants() has passed over.  If the peer gets less
 * than everyone is granted ("all pods but these"), the rest is no grant to everyone.
 */
static void check_grant(void *context, uint32_t to, uint32_t from)
{
	const struct peer_asking *asking = context;
	const struct cell_finding *finding = asking->finding;
	struct grants *in = &finding->grants[asking->age][INGRESS][to];
	struct ports *ports = ports_of(finding);
	uint32_t number, missing;

	if (!node_at(finding, from)->isolated[asking->age][EGRESS])
		return;
	number = passes(finding, asking->age, from, to);
	if (number == NO_PAIR)
		return;
	missing = ports_minus(ports, granted(finding, asking->age, from, to), number);
	in->any_pod = ports_minus(ports, in->any_pod, missing);
	in->anyone = ports_minus(ports, in->anyone, missing);
}

static void find_grants(struct cell_finding *finding, enum age age)
{
	struct peer_asking asking = {.finding = finding, .age = age};
	struct grants *found[DIRECTIONS];
	struct alike *alike;

	for (enum direction direction = INGRESS; direction < DIRECTIONS; direction++) {
		found[direction] =
			arena_array(finding->arena, finding->count, sizeof(struct grants));
		find_grants_of(finding, age, direction, found[direction]);
	}
	memcpy(finding->grants[age], found, sizeof(found));
	alike = peers_of(finding, INGRESS, age, age);
	for (uint32_t to = 0; to < finding->count; to++)
		if (node_at(finding, to)->isolated[age][INGRESS])
			alike_ask(alike, to, check_grant, &asking);
}

/* The same, but nothing passes if a node is not in this world, or if there is nothing to ask.  */
static uint32_t passes_or_nothing(const struct cell_finding *finding, enum age age, size_t from,
				  size_t to)
{
	uint32_t number = finding->picture->nodes.worlds[age] ? passes(finding, age, from, to)
							      : PORTS_NOTHING;

	return number == NO_PAIR ? PORTS_NOTHING : number;
}

static uint32_t drawn(const struct cell_finding *finding, enum age age, size_t from, size_t to)
{
	return ports_minus(ports_of(finding), passes_or_nothing(finding, age, from, to),
			   granted(finding, age, from, to));
}

/* What rules of cluster policies deny in the new world between two nodes.  */
static uint32_t denied_between(const struct cell_finding *finding, size_t from, size_t to)
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

/* The part of this that the arrows from or to every pod do not tell.  */
static uint32_t denied_drawn(const struct cell_finding *finding, size_t from, size_t to)
{
	struct ports *ports = ports_of(finding);
	uint32_t number = denied_between(finding, from, to);

	if (node_at(finding, from)->sort != NODE_OUTSIDE)
		number = ports_minus(ports, number, finding->denied[INGRESS][to]);
	if (node_at(finding, to)->sort != NODE_OUTSIDE)
		number = ports_minus(ports, number, finding->denied[EGRESS][from]);
	return number;
}

/* What of a pair of nodes is drawn for the change in question, in one world or by comparing two. */
static uint32_t changed(const struct cell_finding *finding, size_t from, size_t to)
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
 * What a node grants to anyone (or if @anyone is false, to any pod), as far as it is drawn: there is no
 * arrow if the node is isolated in neither world.
 */
static uint32_t grant_drawn(const struct cell_finding *finding, enum age age,
			    enum direction direction, size_t i, bool anyone)
{
	const struct graph_node *node = node_at(finding, i);
	const struct grants *grants = &finding->grants[age][direction][i];

	if (node->party[age] == NO_PARTY ||
	    !(node->isolated[OLD][direction] || node->isolated[NEW][direction]))
		return PORTS_NOTHING;
	return anyone ? grants->anyone : grants->any_pod;
}

static uint32_t grant_changed(const struct cell_finding *finding, enum direction direction,
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

static void put_cell(struct cell_finding *finding, size_t from, uint32_t to, uint32_t ports)
{
	struct cells *cells = &finding->to[to];

	if (ports != PORTS_NOTHING)
		arena_push(finding->arena, cells->items, cells->count,
			   ((struct arrow_cell){(uint32_t)from, ports}));
}

/*
 * Fills in the cells of what goes to a node: from those who stand out; and if one of a sort has a
 * cell, from all others of the sort.
 */
static void fill_cells_to(struct cell_finding *finding, struct alike *alike, uint32_t to)
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

		for (size_t k = 0; ports != PORTS_NOTHING && k < members.count; k++)
			if (!alike_stands_out(alike, members.items[k]))
				put_cell(finding, members.items[k], to, ports);
	}
}

/* Takes off what is not denied between the node and this peer, if the peer is a pod.  */
static void narrow_denied(void *context, uint32_t node, uint32_t peer)
{
	struct peer_asking *asking = context;
	const struct cell_finding *finding = asking->finding;
	const uint32_t from = asking->direction == INGRESS ? peer : node,
		       to = asking->direction == INGRESS ? node : peer;

	if (node_at(finding, peer)->sort == NODE_OUTSIDE ||
	    passes(finding, NEW, from, to) == NO_PAIR)
		return;
	asking->found.any_pod = ports_common(ports_of(finding), asking->found.any_pod,
					     denied_between(finding, from, to));
}

/*
 * Finds what cluster policies deny to each node whatever pod it comes from; or (EGRESS) what they deny
 * from it whatever pod it goes to.
 */
static void find_denied(struct cell_finding *finding, enum direction direction)
{
	struct alike *alike = peers_of(finding, direction, NEW, NEW);

	finding->denied[direction] =
		arena_array(finding->arena, finding->count, sizeof(**finding->denied));
	for (uint32_t i = ANY_POD + 1; i < finding->count; i++) {
		struct peer_asking asking = {
			finding, NEW, direction, {.any_pod = PORTS_EVERYTHING}};

		if (!node_at(finding, i)->isolated[NEW][direction])
			continue;
		alike_ask(alike, i, narrow_denied, &asking);
		finding->denied[direction][i] = asking.found.any_pod;
	}
}

struct cells *cells_to(struct cell_finding *finding, enum arrow_change change)
{
	struct alike *alike = peers_of(finding, INGRESS, finding->picture->two ? OLD : NEW, NEW);

	finding->change = change;
	finding->to = arena_array(finding->arena, finding->count, sizeof(*finding->to));
	for (uint32_t i = ANY_POD + 1; i < finding->count; i++) {
		fill_cells_to(finding, alike, i);
		if (change == DENIED) {
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
			      number_compare);
	return finding->to;
}

bool cells_are_with_itself(const struct cell_finding *finding, enum age age, size_t node)
{
	return passes(finding, age, node, node) != NO_PAIR;
}

struct cell_finding *cells_new(struct arena *arena, struct picture *picture, bool denied)
{
	struct cell_finding *finding = arena_alloc(arena, sizeof(*finding));

	*finding = (struct cell_finding){
		.arena = arena, .picture = picture, .count = picture->nodes.count};
	for (enum age age = picture->two ? OLD : NEW; age < AGES; age++)
		find_grants(finding, age);
	for (enum direction direction = INGRESS; denied && direction < DIRECTIONS; direction++)
		find_denied(finding, direction);
	return finding;
}
