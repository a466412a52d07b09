/*
 * Makes a picture of worlds, and keeps the part of it that is asked for.
 *
 * A view removes arrows, but never nodes from a box, since arrows of the whole box are found
 * before.
 */
#include "ask/graph/make_picture.h"

#include "ask/graph/arrows.h"
#include "ask/graph/isolating.h"
#include "ask/graph/why.h"
#include "ask/matrix/view.h"
#include "base/arena.h"
#include "base/diag.h"
#include "model/words.h"
#include "read/expectation.h"

/* Is the end, or one of its box, among these?  NULL: everything is. */
static bool is_among(const struct graph_end *end, const struct graph_nodes *nodes,
		     const bool *wanted)
{
	const struct end_nodes of = graph_end_nodes(nodes, end);

	for (size_t i = 0; wanted && i < of.count; i++)
		if (wanted[end_node(&of, i)])
			return true;
	return !wanted;
}

/* Which nodes are of the rows that the view names in this world. */
static void mark(const struct graph_nodes *nodes, enum age age, const struct shown *shown,
		 const bool *rows, bool *wanted)
{
	const struct world *world = nodes->worlds[age];

	for (size_t i = 0; rows && i < world->party_count; i++)
		if (nodes->node_of[age][i] != UINT32_MAX)
			wanted[nodes->node_of[age][i]] |= rows[shown->rows->of_party[NEW][i]];
}

/* What is named needs to be in one of the worlds only.  Returns 0; or -1 after a diagnostic. */
static int find_wanted(struct arena *arena, const struct picture *picture, const struct view *view,
		       bool *in_namespace, bool *is_pod, struct diags *diags)
{
	const struct view ends = {.namespace = view->namespace, .pod = view->pod};
	struct diags missing = {.arena = arena};
	bool found = false;

	for (enum age age = picture->two ? OLD : NEW; age < AGES; age++) {
		const struct party_pairs alone =
			party_pairs_alone(arena, picture->nodes.worlds[age]);
		const struct rows rows = rows_new(arena, &alone, false);
		struct shown shown;

		if (shown_rows(arena, &rows, &ends, &shown, found || age < NEW ? &missing : diags))
			continue;
		found = true;
		mark(&picture->nodes, age, &shown, shown.in_namespace, in_namespace);
		mark(&picture->nodes, age, &shown, shown.is_pod, is_pod);
	}
	return found ? 0 : -1;
}

/* The numbers that pods of either world have by the name. */
static uint32_t ports_named(struct picture *picture, const struct port *port)
{
	struct ports *ports = picture->ports;
	uint32_t number = PORTS_NOTHING;

	for (enum age age = picture->two ? OLD : NEW; age < AGES; age++) {
		const struct objects *objects = picture->nodes.worlds[age]->objects;

		for (size_t i = 0; i < objects->pod_count; i++) {
			const struct pod *pod = &objects->pods[i];
			const struct pod_port *one;

			for (size_t at = 0;
			     (one = pod_port_named(pod, port->name, port->protocol, &at));)
				number = ports_either(ports, number,
						      ports_range(ports, one->protocol, one->number,
								  one->number));
		}
	}
	return number;
}

static int find_port(struct arena *arena, struct picture *picture, const char *text,
		     uint32_t *number, struct diags *diags)
{
	struct port port = {0};
	const char *fault = port_parse(arena, text, &port);

	if (!fault) {
		*number = port.name ? ports_named(picture, &port)
				    : ports_range(picture->ports, port.protocol, port.first,
						  port.last);
		if (*number == PORTS_NOTHING)
			fault = arena_printf(arena, "no pod of the input has a port \"%s\" of %s%s",
					     port.name, protocol_text(port.protocol),
					     port_name_hint(port.name));
	}
	if (fault)
		diag_error(diags, ((struct mark){0}), "--port: %s", fault);
	return fault ? -1 : 0;
}

static void keep_arrows(struct picture *picture, const bool *in_namespace, const bool *is_pod,
			uint32_t ports)
{
	const struct graph_nodes *nodes = &picture->nodes;
	size_t kept = 0;

	for (size_t i = 0; i < picture->arrow_count; i++) {
		struct graph_arrow arrow = picture->arrows[i];

		arrow.ports = ports_common(picture->ports, arrow.ports, ports);
		if (arrow.ports != PORTS_NOTHING &&
		    (is_among(&arrow.from, nodes, in_namespace) ||
		     is_among(&arrow.to, nodes, in_namespace)) &&
		    (is_among(&arrow.from, nodes, is_pod) || is_among(&arrow.to, nodes, is_pod)))
			picture->arrows[kept++] = arrow;
	}
	picture->arrow_count = kept;
}

/* Workloads that are asked for; others if an arrow is about them. */
static void find_shown(struct arena *arena, struct picture *picture, const bool *in_namespace,
		       const bool *is_pod, bool every_node)
{
	const struct graph_nodes *nodes = &picture->nodes;

	picture->shown = arena_array(arena, nodes->count, sizeof(*picture->shown));
	for (size_t i = 0; i < nodes->count && every_node; i++)
		picture->shown[i] = (nodes->items[i].sort == NODE_PODS ||
				     nodes->items[i].sort == NODE_COMING) &&
				    (!in_namespace || in_namespace[i]) && (!is_pod || is_pod[i]);
	for (size_t i = 0; i < picture->arrow_count; i++) {
		const struct graph_arrow *arrow = &picture->arrows[i];

		if (!arrow->from.box)
			picture->shown[arrow->from.number] = true;
		if (!arrow->to.box)
			picture->shown[arrow->to.number] = true;
	}
}

static int narrow(struct arena *arena, struct picture *picture, const struct view *view,
		  struct diags *diags)
{
	size_t count = picture->nodes.count;
	bool *in_namespace =
		view->namespace ? arena_array(arena, count, sizeof(*in_namespace)) : NULL;
	bool *is_pod = view->pod ? arena_array(arena, count, sizeof(*is_pod)) : NULL;
	uint32_t ports = PORTS_EVERYTHING;

	if ((in_namespace || is_pod) &&
	    find_wanted(arena, picture, view, in_namespace, is_pod, diags))
		return -1;
	if (view->port && find_port(arena, picture, view->port, &ports, diags))
		return -1;
	keep_arrows(picture, in_namespace, is_pod, ports);
	find_shown(arena, picture, in_namespace, is_pod, !view->port);
	return 0;
}

struct picture *picture_of(struct arena *arena, const struct objects *old,
			   const struct objects *new, const struct view *view, struct diags *diags)
{
	struct picture *picture = arena_alloc(arena, sizeof(*picture));
	struct party_pairs pairs;

	picture->ports = ports_new(arena);
	picture->two = old;
	pairs = party_pairs_of(arena, old, new);
	picture->nodes = graph_nodes_of(arena, &pairs);
	graph_arrows_find(arena, picture, view->denied);
	if (narrow(arena, picture, view, diags))
		return NULL;
	graph_why(arena, picture);
	graph_isolating_find(arena, picture);
	return picture;
}
