/*
 * Turns the words for a port into a number at each place: a name by the ports of the pod's
 * containers, the port of a Service by its target at the pod.
 */
#include "ask/reach/places.h"
#include "base/arena.h"
#include "base/text.h"
#include "model/words.h"
#include "read/expectation.h"

static void add_number(struct arena *arena, struct place *place, uint16_t number)
{
	uint16_t *numbers = (uint16_t *)place->numbers;

	for (size_t i = 0; i < place->number_count; i++)
		if (numbers[i] == number)
			return;
	arena_push(arena, numbers, place->number_count, number);
	place->numbers = numbers;
}

/* Adds the numbers that a pod's containers give to the name. */
static void add_named(struct arena *arena, const struct world *world, struct place *place,
		      const char *name, enum protocol protocol)
{
	const struct party *party = place->party;
	const struct pod *pod =
		party->kind == PARTY_OUTSIDE ? NULL : &world->objects->pods[party->pod];
	const struct pod_port *port;

	for (size_t at = 0; pod && (port = pod_port_named(pod, name, protocol, &at));)
		add_number(arena, place, port->number);
}

static bool is_asked_for(const struct service_port *one, const struct port *port)
{
	if (one->protocol != port->protocol)
		return false;
	return port->name ? one->name && !strcmp(one->name, port->name)
			  : one->number == port->first;
}

static const char *service_ports(struct arena *arena, const struct service *service)
{
	struct string text = {0};

	for (size_t i = 0; i < service->port_count; i++) {
		const struct service_port *one = &service->ports[i];

		arena_append(arena, &text, "%s%s", i ? ", " : "",
			     port_number_text(arena, one->protocol, one->number));
		if (one->name)
			arena_append(arena, &text, " (%s)", one->name);
	}
	return text.text ? text.text : "none";
}

/* Leaves out the places that have no number; returns how many. */
static size_t leave_out(struct place_list *places)
{
	size_t kept = 0, all = places->count;

	for (size_t i = 0; i < all; i++)
		if (places->items[i].number_count)
			places->items[kept++] = places->items[i];
	places->count = kept;
	return all - kept;
}

static const char *by_service(struct arena *arena, const struct world *world,
			      const struct port *port, const struct service_port *target,
			      struct place_list *places, struct notes *notes)
{
	const struct service *service = places->service;
	size_t without;
	const char *to = target->target_name
				 ? port_name_text(arena, port->protocol, target->target_name)
				 : port_number_text(arena, port->protocol, target->target_number);

	for (size_t i = 0; i < places->count; i++) {
		if (target->target_name)
			add_named(arena, world, &places->items[i], target->target_name,
				  port->protocol);
		else
			add_number(arena, &places->items[i], target->target_number);
	}
	without = leave_out(places);
	if (!places->count)
		return arena_printf(arena,
				    "Service %s/%s: none of the pods behind it has a port named %s",
				    service->namespace, service->name, to);
	arena_push(arena, notes->items, notes->count,
		   arena_printf(arena, "port %s of Service %s/%s is port %s of the pods behind it",
				port_text(arena, port), service->namespace, service->name, to));
	if (without)
		arena_push(arena, notes->items, notes->count,
			   arena_printf(arena, "%s behind it %s no port of that name",
					text_counted(arena, without, "other pod", "other pods"),
					without == 1 ? "has" : "have"));
	return NULL;
}

static const char *through_service(struct arena *arena, const struct world *world,
				   const struct port *port, struct place_list *places,
				   struct notes *notes)
{
	const struct service *service = places->service;

	for (size_t i = 0; i < service->port_count; i++)
		if (is_asked_for(&service->ports[i], port))
			return by_service(arena, world, port, &service->ports[i], places, notes);
	return arena_printf(arena, "Service %s/%s has no port %s; its ports are: %s%s",
			    service->namespace, service->name, port_text(arena, port),
			    service_ports(arena, service),
			    port->name ? port_name_hint(port->name) : "");
}

/* The name of a headless Service is only a name for its pods: nothing translates its ports. */
static bool translates(const struct service *service, const struct port *port)
{
	return service && port->protocol != ICMP &&
	       (service->type != SERVICE_HEADLESS || port->name);
}

static const char *named_ports(struct arena *arena, const struct world *world,
			       const struct place *place)
{
	const struct party *party = place->party;
	const struct pod *pod;
	struct string text = {0};

	if (party->kind == PARTY_OUTSIDE)
		return "names of ports mean nothing outside the cluster";
	pod = &world->objects->pods[party->pod];
	for (size_t i = 0; i < pod->port_count; i++)
		arena_append(arena, &text, "%s%s", i ? ", " : "its named ports are: ",
			     port_name_text(arena, pod->ports[i].protocol,
					    text_plain(arena, pod->ports[i].name)));
	return text.text ? text.text : "it has no named ports";
}

const char *places_port(struct arena *arena, const struct world *world, const struct port *port,
			struct place_list *places, struct notes *notes)
{
	const char *fault, *text = port_text(arena, port);
	size_t without;

	if (translates(places->service, port))
		return through_service(arena, world, port, places, notes);
	if (!port->name && port->protocol != ICMP && port->first != port->last)
		return "a range of ports: ask with one of them";
	if (places->service)
		arena_push(arena, notes->items, notes->count,
			   arena_printf(arena,
					port->protocol == ICMP ? "ICMP does not go through a "
								 "Service: the pods behind it are "
								 "asked about"
							       : "Service %s/%s is headless: its "
								 "name leads to the pods, and no "
								 "port is translated",
					places->service->namespace, places->service->name));
	fault = port->name && places->count
			? arena_printf(arena, "%s has no port %s: %s%s", places->items[0].text,
				       text, named_ports(arena, world, &places->items[0]),
				       port_name_hint(port->name))
			: NULL;
	for (size_t i = 0; i < places->count; i++) {
		if (port->name)
			add_named(arena, world, &places->items[i], port->name, port->protocol);
		else
			add_number(arena, &places->items[i],
				   port->protocol == ICMP ? 0 : port->first);
	}
	without = leave_out(places);
	if (!places->count)
		return fault;
	if (without)
		arena_push(arena, notes->items, notes->count,
			   arena_printf(arena, "%s of %s %s no port %s",
					text_counted(arena, without, "pod", "pods"), places->text,
					without == 1 ? "has" : "have", text));
	return NULL;
}
