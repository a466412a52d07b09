/* Looks up among the rows what a view names. */
#include "ask/matrix/view.h"

#include "ask/reach/places.h"
#include "base/arena.h"
#include "base/table.h"
#include "model/words.h"
#include "read/expectation.h"

static const struct mark nowhere;

/* Words that name the namespace that was probably meant. */
static const char *near_namespace(struct arena *arena, const struct rows *rows, const char *name)
{
	const char **known = NULL;
	size_t count = 0;

	for (size_t i = 0; i < rows->count; i++)
		if (*rows->items[i].namespace)
			arena_push(arena, known, count, rows->items[i].namespace);
	arena_push(arena, known, count, NULL);
	return nearest_hint(arena, name, known);
}

static int show_namespace(struct arena *arena, struct shown *shown, const char *namespace,
			  struct diags *diags)
{
	const struct rows *rows = shown->rows;
	bool *in = arena_array(arena, rows->count, sizeof(*in)), found = false;

	for (size_t i = 0; i < rows->count; i++) {
		in[i] = !strcmp(rows->items[i].namespace, namespace);
		found |= in[i];
	}
	shown->in_namespace = in;
	if (!found)
		diag_error(diags, nowhere, "--namespace: no namespace \"%s\" in the input%s",
			   namespace, near_namespace(arena, rows, namespace));
	return found ? 0 : -1;
}

static bool is_row_of(const struct rows *rows, const struct row *row, const struct cidr *block)
{
	const struct range whole = cidr_range(block);
	const struct party *party = &rows->parties[row->parties[0]];

	if (row->kind != PARTY_OUTSIDE || !party->has[block->base.family])
		return false;
	for (size_t i = 0; i < party->range_count; i++)
		if (memcmp(party->ranges[i].first, whole.last, sizeof(whole.last)) <= 0 &&
		    memcmp(whole.first, party->ranges[i].last, sizeof(whole.first)) <= 0)
			return true;
	return false;
}

/* Finds all ranges that have an address of the block. */
static const char *find_block(const struct rows *rows, const struct cidr *block, bool *is)
{
	bool found = false;

	for (size_t i = 0; i < rows->count; i++) {
		is[i] = is_row_of(rows, &rows->items[i], block);
		found |= is[i];
	}
	return found ? NULL : "no pod has an address of that family";
}

static const char *find_places(struct arena *arena, const struct rows *rows, const char *text,
			       const char *namespace, bool *is)
{
	const struct world *world = rows->pairs->worlds[NEW];
	struct place_list places = {0};
	struct notes notes = {0};
	const char *fault = places_find(arena, world, text, namespace, INGRESS, &places, &notes);

	if (fault)
		return fault;
	for (size_t i = 0; i < places.count; i++) {
		const struct party *party = places.items[i].party;

		if (party < world->parties || party >= world->parties + world->party_count)
			return "no pod has an address of that family";
		is[rows->of_party[NEW][party - world->parties]] = true;
	}
	return NULL;
}

static int show_pod(struct arena *arena, struct shown *shown, const char *text,
		    const char *namespace, struct diags *diags)
{
	bool *is = arena_array(arena, shown->rows->count, sizeof(*is));
	struct end end = {0};
	const char *fault = end_parse(arena, text, namespace, &end);

	if (!fault && end.kind == END_BLOCK)
		fault = find_block(shown->rows, &end.cidr, is);
	else if (!fault)
		fault = find_places(arena, shown->rows, text, namespace, is);
	shown->is_pod = is;
	if (fault)
		diag_error(diags, nowhere, "--pod: %s", fault);
	return fault ? -1 : 0;
}

/* The numbers that the name has at the pods of a row; nothing if they have no such port. */
static struct reach named_ports(struct arena *arena, const struct rows *rows, const struct row *row,
				const struct port *port)
{
	const struct objects *objects = rows->pairs->worlds[NEW]->objects;
	struct reach named = {0};

	for (size_t i = 0; i < row->party_count && row->kind <= PARTY_WORKLOAD; i++) {
		const struct pod *pod = &objects->pods[rows->parties[row->parties[i]].pod];
		const struct pod_port *one;

		for (size_t at = 0; (one = pod_port_named(pod, port->name, port->protocol, &at));) {
			const struct port_range range = {one->protocol, one->number, one->number,
							 NULL};

			named = reach_either(arena, &named, &(struct reach){&range, 1});
		}
	}
	return named;
}

static int show_port(struct arena *arena, struct shown *shown, const char *text,
		     struct diags *diags)
{
	uint32_t *ports = arena_array(arena, shown->rows->count, sizeof(*ports));
	struct port_range *numbers = arena_alloc(arena, sizeof(*numbers));
	struct port port = {0};
	const char *fault = port_parse(arena, text, &port);
	bool found = !port.name;

	*numbers = (struct port_range){port.protocol, port.first, port.last, NULL};
	for (size_t i = 0; i < shown->rows->count && !fault; i++) {
		struct reach reach =
			port.name ? named_ports(arena, shown->rows, &shown->rows->items[i], &port)
				  : (struct reach){numbers, 1};

		ports[i] = ports_number(shown->rows->ports, &reach);
		found |= reach.count > 0;
	}
	if (!fault && !found)
		fault = arena_printf(arena, "no pod of the input has a port \"%s\" of %s%s",
				     port.name, protocol_text(port.protocol),
				     port_name_hint(port.name));
	shown->ports = ports;
	if (fault)
		diag_error(diags, nowhere, "--port: %s", fault);
	return fault ? -1 : 0;
}

bool shown_row(const struct shown *shown, size_t row)
{
	return shown->is_pod ? shown->is_pod[row]
			     : !shown->in_namespace || shown->in_namespace[row];
}

/* Rows that are shown in the same way get the same note. */
static const uint32_t *notes_of(struct arena *arena, const struct shown *shown)
{
	uint32_t *notes = arena_array(arena, shown->rows->count, sizeof(*notes));
	struct table keys = {.arena = arena};

	for (size_t i = 0; i < shown->rows->count; i++) {
		const uint32_t key[] = {shown->in_namespace && shown->in_namespace[i],
					shown->is_pod && shown->is_pod[i],
					shown->ports ? shown->ports[i] : 0};

		notes[i] = table_add(&keys, key, sizeof(key), NULL);
	}
	return notes;
}

/* Do both ends that were asked for take part? */
static bool is_shown(const struct shown *shown, uint32_t from, uint32_t to)
{
	const uint32_t a = shown->kinds.items[from].rows[0], b = shown->kinds.items[to].rows[0];

	return (!shown->is_pod || shown->is_pod[a] || shown->is_pod[b]) &&
	       (!shown->in_namespace || shown->in_namespace[a] || shown->in_namespace[b]);
}

static bool is_idle(const void *context, uint32_t from, uint32_t to)
{
	const struct shown *shown = context;

	return is_shown(shown, from, to) && kinds_are_idle(&shown->kinds, from, to);
}

/* What passes from one kind to another, and who decides, if that is told. */
static const struct decided *decided_between(const struct shown *shown, uint32_t from, uint32_t to)
{
	const struct sides *sides = shown->kinds.sides[NEW];
	const uint32_t a = shown->kinds.ends[from].class[NEW], b = shown->kinds.ends[to].class[NEW];

	return shown->by_decider ? sides_decided(sides, a, b)
				 : decided_by_anyone(shown->deciders, sides_passage(sides, a, b));
}

/*
 * Nothing, if the pair is not shown.  Addresses get the answer of two addresses of one family, so
 * that they do not stand out.
 */
static const void *answer_between(const void *context, uint32_t from, uint32_t to)
{
	const struct shown *shown = context;
	const struct kind *kinds = shown->kinds.items;
	const uint32_t as = kinds[from].outside && kinds[to].outside ? to : from;
	struct decided_view view = shown->of_decided;

	if (!is_shown(shown, from, to))
		return decided_by_anyone(shown->deciders,
					 passage_of(shown->rows->ports, PORTS_NONE, PORTS_NONE));
	if (shown->ports)
		view.ports = shown->ports[kinds[to].rows[0]];
	return decided_shown(shown->deciders, decided_between(shown, as, to), &view);
}

static bool is_told(const void *answer)
{
	const struct decided *decided = answer;

	return decided->count || passage_is_open(decided->passage);
}

int shown_rows(struct arena *arena, const struct rows *rows, const struct view *view,
	       struct shown *shown, struct diags *diags)
{
	int failed = 0;

	*shown = (struct shown){.rows = rows};
	if (view->namespace)
		failed |= show_namespace(arena, shown, view->namespace, diags);
	if (view->pod)
		failed |= show_pod(arena, shown, view->pod,
				   view->namespace ? view->namespace : "default", diags);
	if (view->port)
		failed |= show_port(arena, shown, view->port, diags);
	return failed ? -1 : 0;
}

int shown_new(struct arena *arena, const struct rows *rows, const struct view *view,
	      struct shown *shown, struct diags *diags)
{
	if (shown_rows(arena, rows, view, shown, diags))
		return -1;
	shown->deciders = deciders_new(arena, rows->ports);
	shown->by_decider =
		view->denied || rows->pairs->worlds[NEW]->objects->cluster_policy_count > 0;
	shown->of_decided = (struct decided_view){.ports = PORTS_EVERYTHING,
						  .is_brief = view->format != FORMAT_JSON,
						  .with_denied = view->denied};
	shown->kinds = kinds_new(arena, rows, notes_of(arena, shown),
				 shown->by_decider ? shown->deciders : NULL);
	shown->asked = (struct asked){.kinds = &shown->kinds,
				      .answer = answer_between,
				      .is_idle = is_idle,
				      .is_worth_a_line = is_told,
				      .context = shown};
	return 0;
}
