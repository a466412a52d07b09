/*
 * Finds the numbers that the ports of an expectation have at the destinations.
 *
 * Numbers are the same everywhere.  Names, and the ports of a Service, are looked up pod by pod, by
 * the same words as explain's.
 */
#include "ask/expect/judging.h"
#include "base/arena.h"
#include "model/words.h"
#include "read/expectation.h"

#include <stdlib.h>

/* Ranges of ports, in no order.  */
struct port_ranges {
	struct port_range *items;
	size_t count;
};

struct port_asking {
	struct arena *arena;
	const struct world *world;
	struct end_places *to;
	struct port_ranges everywhere;
	struct port_ranges *at; /* index: place; what is asked for there besides */
	struct asked_ports *asked;
	const char *fault;
};

static void add_range(struct arena *arena, struct port_ranges *ranges, enum protocol protocol,
		      uint16_t first, uint16_t last)
{
	arena_push(arena, ranges->items, ranges->count,
		   ((struct port_range){protocol, first, last, NULL}));
}

const char *expected_ports_text(struct arena *arena, const struct expectation *expectation)
{
	struct string text = {0};

	for (size_t i = 0; i < expectation->port_count; i++)
		arena_append(arena, &text, "%s%s", i ? ", " : "",
			     port_text(arena, &expectation->ports[i]));
	return text.text ? text.text : "";
}

/* Are the ports of the Service translated to ports of the pods behind it? */
static bool translates(const struct service *service)
{
	return service && service->type != SERVICE_HEADLESS;
}

/* Takes the numbers at the places that are left; the other places have no such port.  */
static void take_numbers(struct port_asking *asking, const struct port *port,
			 const struct place_list *left)
{
	size_t k = 0;

	for (size_t i = 0; i < asking->to->list.count; i++) {
		const struct place *place = &asking->to->list.items[i];

		if (k == left->count || left->items[k].text != place->text) {
			asking->asked[i].missing = arena_printf(
				asking->arena, "has no port %s%s%s", port_text(asking->arena, port),
				translates(left->service) ? " of the Service" : "",
				port->name ? port_name_hint(port->name) : "");
			continue;
		}
		for (size_t n = 0; n < left->items[k].number_count; n++)
			add_range(asking->arena, &asking->at[i], port->protocol,
				  left->items[k].numbers[n], left->items[k].numbers[n]);
		k++;
	}
}

/* Looks up one port at each place.  */
static void ask_port(struct port_asking *asking, const struct port *port)
{
	const struct place_list *list = &asking->to->list;
	struct place_list left = *list;
	struct notes ignored = {0}; /* the result says which place lacks a port */
	const char *fault;

	left.items = arena_array(asking->arena, list->count, sizeof(*left.items));
	memcpy(left.items, list->items, list->count * sizeof(*left.items));
	fault = places_port(asking->arena, asking->world, port, &left,
			    translates(list->service) ? &asking->to->notes : &ignored);
	if (fault)
		asking->fault = fault;
	else
		take_numbers(asking, port, &left);
}

/* Asks for those ports of the Service that are in the range; @port NULL: for all of them.  */
static void ask_service(struct port_asking *asking, const struct port *port)
{
	const struct service *service = asking->to->list.service;
	size_t found = 0;

	for (size_t i = 0; i < service->port_count; i++) {
		const struct service_port *one = &service->ports[i];
		const struct port number = {
			.protocol = one->protocol, .first = one->number, .last = one->number};

		if (port && (port->protocol != one->protocol || one->number < port->first ||
			     one->number > port->last))
			continue;
		ask_port(asking, &number);
		found++;
	}
	if (!found && port && port->first == port->last)
		ask_port(asking, port);
	else if (!found)
		asking->fault = arena_printf(asking->arena, "Service %s/%s has no such ports",
					     service->namespace, service->name);
}

static void ask(struct port_asking *asking, const struct port *port)
{
	if (port->name)
		ask_port(asking, port);
	else if (translates(asking->to->list.service) && port->protocol != ICMP)
		ask_service(asking, port);
	else
		add_range(asking->arena, &asking->everywhere, port->protocol, port->first,
			  port->last);
}

static void ask_all(struct port_asking *asking)
{
	static const enum protocol protocols[] = {TCP, UDP, SCTP, ICMP};

	if (translates(asking->to->list.service)) {
		ask_service(asking, NULL);
		return;
	}
	for (size_t i = 0; i < sizeof(protocols) / sizeof(*protocols); i++)
		add_range(asking->arena, &asking->everywhere, protocols[i], 0, UINT16_MAX);
}

/* The order of ranges in a struct reach.  */
static int compare(const void *a, const void *b)
{
	const struct port_range *x = a, *y = b;

	if (x->protocol != y->protocol)
		return x->protocol == ICMP ? 1
		       : y->protocol == ICMP
			       ? -1
			       : (x->protocol > y->protocol) - (x->protocol < y->protocol);
	return (x->first > y->first) - (x->first < y->first);
}

static struct reach merged(struct port_ranges ranges)
{
	size_t kept = 0;

	if (ranges.count)
		qsort(ranges.items, ranges.count, sizeof(*ranges.items), compare);
	for (size_t i = 0; i < ranges.count; i++) {
		const struct port_range *next = &ranges.items[i];
		struct port_range *last = kept ? &ranges.items[kept - 1] : NULL;

		if (!last || last->protocol != next->protocol || next->first > last->last + 1)
			ranges.items[kept++] = *next;
		else if (next->last > last->last)
			last->last = next->last;
	}
	return (struct reach){ranges.items, kept};
}

const char *expected_ports(struct arena *arena, const struct world *world,
			   const struct expectation *expectation, struct end_places *to,
			   struct asked_ports **asked)
{
	struct port_asking asking = {
		.arena = arena,
		.world = world,
		.to = to,
		.at = arena_array(arena, to->list.count, sizeof(*asking.at)),
		.asked = arena_array(arena, to->list.count, sizeof(*asking.asked)),
	};
	struct reach everywhere;

	for (size_t i = 0; i < expectation->port_count; i++)
		ask(&asking, &expectation->ports[i]);
	if (!expectation->port_count)
		ask_all(&asking);
	everywhere = merged(asking.everywhere);
	for (size_t i = 0; i < to->list.count; i++) {
		struct port_ranges *own = &asking.at[i];

		for (size_t k = 0; own->count && k < everywhere.count; k++)
			add_range(arena, own, everywhere.ranges[k].protocol,
				  everywhere.ranges[k].first, everywhere.ranges[k].last);
		asking.asked[i].reach = own->count ? merged(*own) : everywhere;
	}
	*asked = asking.asked;
	return asking.fault;
}
