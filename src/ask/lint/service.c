/*
 * Finds rules that overlook what Services do to packets before policies see them.
 *
 * The port of a Service is translated to a port of its pods, so a policy must name that.  If the
 * node that receives a packet hides the client's address, policies see the node's address.
 */
#include "ask/lint/crowd.h"
#include "ask/lint/services.h"
#include "ask/lint/finding_words.h"
#include "base/arena.h"
#include "model/words.h"

/* If an entry means more pods than this, it was surely not written with one Service in mind.  */
#define PODS_ASKED 1000

static bool is_open_outside(const struct service *service)
{
	return (service->type == SERVICE_NODE_PORT || service->type == SERVICE_LOAD_BALANCER) &&
	       !service->external_traffic_local;
}

/*
 * Does the port of the rule mean the pod's port to which the Service leads? Each of the two may be
 * a number or a name.
 */
static bool port_meets(const struct port *port, const struct service_port *of,
		       const struct pod *pod)
{
	const char *target = of->target_name;
	const struct pod_port *one;

	if (port->protocol != of->protocol)
		return false;
	if (!port->name && !target)
		return port->first <= of->target_number && of->target_number <= port->last;
	if (port->name && target)
		return !strcmp(port->name, target);
	for (size_t at = 0;
	     (one = pod_port_named(pod, target ? target : port->name, of->protocol, &at));)
		if (target ? port->first <= one->number && one->number <= port->last
			   : one->number == of->target_number)
			return true;
	return false;
}

static bool rule_meets(const struct policy_rule *rule, const struct service *service,
		       const struct pod *pod)
{
	for (size_t i = 0; i < service->port_count; i++)
		for (size_t k = 0; k < rule->port_count; k++)
			if (port_meets(&rule->ports[k], &service->ports[i], pod))
				return true;
	return !rule->port_count && service->port_count;
}

/* The Service that hides the clients' addresses, and the pod to which clients come through it.  */
struct hiding {
	const struct policy_rule *rule;
	const struct service *service; /* NULL: none hides them */
	const struct pod *pod;
};

static bool hides(const struct lint *lint, const struct service *service, const struct pod *pod,
		  void *context)
{
	struct hiding *hiding = context;

	(void)lint;
	if (!is_open_outside(service) || !rule_meets(hiding->rule, service, pod))
		return true;
	hiding->service = service;
	hiding->pod = pod;
	return false;
}

static bool is_for_clients(const struct peer *peer)
{
	return peer->kind == PEER_BLOCK && (peer->cidr.prefix || peer->except_count);
}

static void tell_hidden(struct lint *lint, const struct check *check,
			const struct lint_place *place, const struct peer *peer,
			const struct hiding *hiding)
{
	const struct service *service = hiding->service;
	const uint32_t pod = (uint32_t)(hiding->pod - lint->objects->pods);
	char text[CIDR_TEXT];

	cidr_text(&peer->cidr, text);
	lint_add(lint, check, place->policy, peer->mark,
		 arena_printf(lint->arena,
			      "set externalTrafficPolicy: Local on the Service %s/%s, or "
			      "restrict clients before it (loadBalancerSourceRanges)",
			      service->namespace, service->name),
		 "%s is for clients, but through the Service %s/%s they come to %s with a "
		 "node's address",
		 text, service->namespace, service->name, lint_party(lint, pod)->text);
}

static void client_hidden(struct lint *lint, const struct check *check,
			  const struct lint_place *place)
{
	struct hiding hiding = {.rule = place->rule};
	struct crowd own;
	bool for_clients = false;

	for (size_t i = 0; i < place->rule->peer_count; i++)
		for_clients |= is_for_clients(&place->rule->peers[i]);
	if (place->direction != INGRESS || !for_clients || !lint->objects->service_count)
		return;
	own = lint_crowd(lint, place->policy, NULL);
	for (size_t i = 0; i < own.count && !hiding.service; i++)
		lint_each_service(lint, &lint->objects->pods[own.pods[i]], hides, &hiding);
	for (size_t i = 0; i < place->rule->peer_count && hiding.service; i++)
		if (is_for_clients(&place->rule->peers[i]))
			tell_hidden(lint, check, place, &place->rule->peers[i], &hiding);
}

void check_client_hidden(struct lint *lint, const struct check *check)
{
	lint_each_rule(lint, check, client_hidden);
}

/* One port of a rule, which is compared with the Services of the destinations.  */
struct confusion {
	const struct port *port;
	const struct service *service; /* that port is its own, and its pods have another one */
	uint16_t target;               /* the port of its pods */
	const struct pod *pod;
	bool is_theirs; /* the port is also one that the pods have */
};

/*
 * The number to which the Service's port is translated at the pod; 0: it is a name that the pod
 * does not have.
 */
static uint16_t target_at(const struct service_port *of, const struct pod *pod)
{
	const struct pod_port *one;

	if (!of->target_name)
		return of->target_number;
	one = pod_port_named(pod, of->target_name, of->protocol, &(size_t){0});
	return one ? one->number : 0;
}

static bool hold_against(const struct lint *lint, const struct service *service,
			 const struct pod *pod, void *context)
{
	struct confusion *confusion = context;
	const uint16_t number = confusion->port->first;

	(void)lint;
	for (size_t i = 0; i < service->port_count; i++) {
		const struct service_port *of = &service->ports[i];
		const uint16_t target = target_at(of, pod);

		if (of->protocol != confusion->port->protocol || !target)
			continue;
		confusion->is_theirs |= target == number;
		if (of->number == number && target != number && !confusion->service) {
			confusion->service = service;
			confusion->target = target;
			confusion->pod = pod;
		}
	}
	return !confusion->is_theirs;
}

/* Is the port one of the pod's own, with or without a name? */
static bool is_own_port(const struct pod *pod, const struct port *port)
{
	for (size_t i = 0; i < pod->port_count + pod->plain_count; i++)
		if (pod->ports[i].protocol == port->protocol && pod->ports[i].number == port->first)
			return true;
	return false;
}

/* Does the port mean this number, or the name that the pod has for this number? */
static bool port_is(const struct port *port, const struct pod *pod, uint16_t number)
{
	if (!port->name)
		return port->first <= number && number <= port->last;
	return pod_has_port(pod, &(struct pod_port){port->name, port->protocol, number});
}

/* Does a rule of the policy in this direction name the port of the pods, too? */
static bool names_target(const struct lint_place *place, const struct confusion *confusion)
{
	const struct policy *policy = place->policy;

	for (size_t i = 0; i < policy->rule_count[place->direction]; i++) {
		const struct policy_rule *rule = &policy->rules[place->direction][i];

		if (!rule->port_count)
			return true;
		for (size_t k = 0; k < rule->port_count; k++)
			if (rule->ports[k].protocol == confusion->port->protocol &&
			    port_is(&rule->ports[k], confusion->pod, confusion->target))
				return true;
	}
	return false;
}

/*
 * Finds the pods to which an egress rule leads; returns false if they may be others than pods, or
 * are too many.  *closed becomes false if there may be others that are not in the input.
 */
static bool find_peers(const struct lint *lint, const struct lint_place *place,
		       struct crowd *called, bool *closed)
{
	for (size_t i = 0; i < place->rule->peer_count; i++) {
		const struct peer *peer = &place->rule->peers[i];
		struct crowd some;

		if (peer->kind == PEER_BLOCK ||
		    lint_meant(lint, place->policy, peer)->count + called->count > PODS_ASKED)
			return false;
		*closed &= lint_is_closed(lint, place->policy, peer);
		some = lint_crowd(lint, place->policy, peer);
		for (size_t k = 0; k < some.count; k++)
			arena_push(lint->scratch, called->pods, called->count, some.pods[k]);
	}
	return true;
}

/* Finds the destinations on the rule's ports; *closed: there can be no others.  */
static bool find_called(const struct lint *lint, const struct lint_place *place,
			struct crowd *called, bool *closed)
{
	*called = (struct crowd){0};
	*closed = true;
	if (place->direction == EGRESS)
		return find_peers(lint, place, called, closed) && called->count;
	if (lint_meant(lint, place->policy, NULL)->count <= PODS_ASKED)
		*called = lint_crowd(lint, place->policy, NULL);
	return called->count > 0;
}

static void tell_confusion(struct lint *lint, const struct check *check,
			   const struct lint_place *place, const struct confusion *confusion,
			   bool closed)
{
	const char *protocol = protocol_text(confusion->port->protocol);
	const uint32_t pod = (uint32_t)(confusion->pod - lint->objects->pods);
	struct finding *finding;

	finding =
		lint_add(lint, check, place->policy, confusion->port->mark,
			 arena_printf(lint->arena, "name the pods' port, %u/%s", confusion->target,
				      protocol),
			 "%u/%s is the port of the Service %s/%s, which is translated to %u at %s "
			 "before any "
			 "policy sees it",
			 confusion->port->first, protocol, confusion->service->namespace,
			 confusion->service->name, confusion->target, lint_party(lint, pod)->text);
	if (!closed)
		finding->severity = DIAG_NOTE;
}

static void ask_port(struct lint *lint, const struct check *check, const struct lint_place *place,
		     const struct port *port, const struct crowd *called, bool closed)
{
	struct confusion confusion = {.port = port};

	for (size_t i = 0; i < called->count && !confusion.is_theirs; i++) {
		const struct pod *pod = &lint->objects->pods[called->pods[i]];

		confusion.is_theirs |= is_own_port(pod, port);
		if (!confusion.is_theirs)
			lint_each_service(lint, pod, hold_against, &confusion);
	}
	if (confusion.service && !confusion.is_theirs && !names_target(place, &confusion))
		tell_confusion(lint, check, place, &confusion, closed);
}

static void service_port(struct lint *lint, const struct check *check,
			 const struct lint_place *place)
{
	struct crowd called;
	bool closed;

	if (!place->rule->port_count || !lint->objects->service_count ||
	    !find_called(lint, place, &called, &closed))
		return;
	for (size_t i = 0; i < place->rule->port_count; i++) {
		const struct port *port = &place->rule->ports[i];

		if (!port->name && port->first == port->last)
			ask_port(lint, check, place, port, &called, closed);
	}
}

void check_service_port(struct lint *lint, const struct check *check)
{
	lint_each_rule(lint, check, service_port);
}
