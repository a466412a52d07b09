/*
 * Describes the ports of a rule, and finds out how far the port in question is from each: it has
 * another number, another protocol, or a name that means something else at this pod.
 */
#include "ask/reason/reason.h"
#include "ask/reason/rule.h"
#include "base/arena.h"
#include "base/nearest.h"
#include "base/text.h"
#include "model/words.h"

#include <stdio.h>
#include <stdlib.h>

/* At most so many of a rule's ports are named; the others are counted. */
#define PORTS_NAMED 3

enum {
	FAR_SLIP = 4,  /* a neighbouring key, or the other protocol */
	FAR_OTHER = 8, /* an entirely different port */
};

const char *port_asked(const struct asked_connection *asked)
{
	return port_number_text(asked->arena, asked->question->protocol, asked->question->port);
}

/* The number that the name has at the pod it goes to, from the @at-th of its ports on; 0: none. */
static uint16_t named_number(const struct asked_connection *asked, const struct port *port,
			     size_t *at)
{
	const struct objects *objects = asked->world->objects;
	/* In a cluster policy a name stands for ports of every protocol. */
	const enum protocol protocol =
		port->protocol == PROTOCOL_ANY ? asked->question->protocol : port->protocol;
	const struct pod_port *one;

	/* To whoever goes there, pods that share an address have only the ports that all of them have. */
	while (asked->target && (one = pod_port_named(asked->target, port->name, protocol, at)))
		if (asked->direction == INGRESS || sharers_have_port(objects, asked->target, one))
			return one->number;
	return 0;
}

static bool port_matches(const struct asked_connection *asked, const struct port *port)
{
	const struct question *question = asked->question;
	uint16_t number;

	if (question->protocol != port->protocol && port->protocol != PROTOCOL_ANY)
		return false;
	if (!port->name)
		return port->first <= question->port && question->port <= port->last;
	for (size_t at = 0; (number = named_number(asked, port, &at));)
		if (number == question->port)
			return true;
	return false;
}

bool ports_match(const struct asked_connection *asked, const struct policy_rule *rule)
{
	for (size_t i = 0; i < rule->port_count; i++)
		if (port_matches(asked, &rule->ports[i]))
			return true;
	return !rule->port_count;
}

/* Writes "http/TCP (8080 at shop/web-1)": what the name means there. */
static const char *named_text(const struct asked_connection *asked, const struct port *port)
{
	struct string text = {0};
	uint16_t number;

	arena_add(asked->arena, &text, port_text(asked->arena, port));
	if (!asked->target) {
		arena_append(asked->arena, &text, " (a name, which only pods have)");
		return text.text;
	}
	for (size_t at = 0; (number = named_number(asked, port, &at));)
		arena_append(asked->arena, &text, "%s%u", strchr(text.text, '(') ? ", " : " (",
			     number);
	arena_append(asked->arena, &text, "%s",
		     strchr(text.text, '(') ? " there)"
		     : asked->direction == EGRESS && asked->target->shares
			     ? " (not all pods of its address have a port of that name)"
			     : " (the pod has no port of that name)");
	return text.text;
}

static const char *meant_text(const struct asked_connection *asked, const struct port *port)
{
	return port->name ? named_text(asked, port) : port_text(asked->arena, port);
}

/*
 * How far the port is from the one in question, in finer steps than those of the enum, for sorting.
 */
static unsigned port_far(const struct asked_connection *asked, const struct port *port)
{
	const uint16_t wanted = asked->question->port;
	unsigned far = port->name             ? UINT16_MAX
		       : wanted < port->first ? (unsigned)(port->first - wanted)
		       : wanted > port->last  ? (unsigned)(wanted - port->last)
					      : 0;

	return far << 1 | (port->protocol != asked->question->protocol);
}

/* Is it a neighbouring key, two swapped digits, or the other protocol? */
static bool is_near_port(const struct asked_connection *asked, const struct port *port)
{
	char a[8], b[8];

	if (port->name || asked->question->protocol == ICMP)
		return false;
	if (port->protocol != asked->question->protocol)
		return port->first <= asked->question->port && asked->question->port <= port->last;
	snprintf(a, sizeof(a), "%u", asked->question->port);
	snprintf(b, sizeof(b), "%u", port->first);
	return port->first == port->last && edits_between(a, b) <= 1;
}

struct near_port {
	const struct port *port;
	unsigned far;
};

static int compare_far(const void *a, const void *b)
{
	const struct near_port *x = a, *y = b;

	if (x->far != y->far)
		return x->far < y->far ? -1 : 1;
	return (x->port > y->port) - (x->port < y->port);
}

struct distance ports_miss(const struct asked_connection *asked, const struct policy_rule *rule)
{
	struct near_port *near = arena_array(asked->arena, rule->port_count, sizeof(*near));
	struct distance distance = {.far = FAR_OTHER};
	struct string text = {0};

	for (size_t i = 0; i < rule->port_count; i++) {
		near[i] = (struct near_port){&rule->ports[i], port_far(asked, &rule->ports[i])};
		if (is_near_port(asked, &rule->ports[i]))
			distance.far = FAR_SLIP;
	}
	qsort(near, rule->port_count, sizeof(*near), compare_far);
	for (size_t i = 0; i < rule->port_count && i < PORTS_NAMED; i++)
		arena_append(asked->arena, &text, "%s%s", i ? ", " : "",
			     meant_text(asked, near[i].port));
	if (rule->port_count > PORTS_NAMED)
		arena_append(asked->arena, &text, " and %s",
			     text_counted(asked->arena, rule->port_count - PORTS_NAMED,
					  "other port", "other ports"));
	distance.why = text.text;
	return distance;
}
