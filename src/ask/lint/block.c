/*
 * ipBlocks that hold what they are not for.
 *
 * A block matches whatever address is in the packet: of a pod the one that it has today, of a Service none
 * (it is translated to a pod's before any policy sees it), of a client the node's if the node hides it.
 */
#include "ask/lint/parts.h"

#include "base/arena.h"

#include <stdlib.h>

/* The API server takes Service ranges of at most so many host bits. */
#define SERVICE_BITS 20

static void leaves_nothing(struct lint *lint, const struct check *check, const struct place *place)
{
	struct range *ranges;
	char text[CIDR_TEXT];

	if (place->peer->kind != PEER_BLOCK || lint_block_ranges(lint, place->peer, &ranges))
		return;
	cidr_text(&place->peer->cidr, text);
	lint_add(lint, check, place->policy, place->peer->mark,
		 "remove the entry, or the except that is too much",
		 "the excepts take all of %s: this entry lets nothing %s", text,
		 place->direction == INGRESS ? "in" : "out");
}

void check_except_leaves_nothing(struct lint *lint, const struct check *check)
{
	lint_each_peer(lint, check, leaves_nothing);
}

/* Of all addresses nobody means pods. */
static bool holds_pods(struct lint *lint, const struct place *place)
{
	if (place->peer->kind != PEER_BLOCK || !place->peer->cidr.prefix)
		return false;
	lint_peer_pods(lint, place->policy, place->peer, &lint->pods);
	return !bits_are_none(&lint->pods);
}

static void covers_pods(struct lint *lint, const struct check *check, const struct place *place)
{
	char text[CIDR_TEXT];

	if (!holds_pods(lint, place))
		return;
	cidr_text(&place->peer->cidr, text);
	lint_add(lint, check, place->policy, place->peer->mark,
		 "to let pods in, select them by label; to keep them out, cut their addresses with "
		 "an except",
		 "%s holds addresses of pods (now %s), which change whenever a pod is replaced",
		 text, lint_pods_text(lint, &lint->pods));
}

void check_block_covers_pods(struct lint *lint, const struct check *check)
{
	lint_each_peer(lint, check, covers_pods);
}

/* Has a known pod an address of the family outside the block? */
static bool others_are_outside(const struct lint *lint, const struct cidr *block)
{
	const struct resolved *resolved = lint->world->resolved;
	const enum family family = block->base.family;
	const struct range range = cidr_range(block);

	for (size_t i = 0; i < resolved->addr_count[family]; i++) {
		const struct pod_addr *of = &resolved->addrs[family][i];

		if (lint->world->parties[lint->party[of->pod]].kind == PARTY_POD &&
		    (memcmp(of->bytes, range.first, 16) < 0 ||
		     memcmp(of->bytes, range.last, 16) > 0))
			return true;
	}
	return false;
}

static void except_covers(struct lint *lint, const struct check *check, const struct place *place)
{
	if (place->peer->kind != PEER_BLOCK || holds_pods(lint, place))
		return;
	for (size_t i = 0; i < place->peer->except_count; i++) {
		const struct peer except = {.kind = PEER_BLOCK, .cidr = place->peer->excepts[i]};
		char text[CIDR_TEXT];

		lint_peer_pods(lint, place->policy, &except, &lint->pods);
		/* That of all pods says: only what is outside the cluster. */
		if (bits_are_none(&lint->pods) || !others_are_outside(lint, &except.cidr))
			continue;
		cidr_text(&except.cidr, text);
		lint_add(lint, check, place->policy, place->peer->mark,
			 "no policy can deny single pods: let in by label those that shall pass, "
			 "and "
			 "cut out the addresses of all pods",
			 "the except %s holds addresses of some pods (now %s), which change "
			 "whenever a pod is replaced",
			 text, lint_pods_text(lint, &lint->pods));
	}
}

void check_except_covers_pods(struct lint *lint, const struct check *check)
{
	lint_each_peer(lint, check, except_covers);
}

/* The first Service that has an address in the range. */
static const struct service *service_within(const struct lint *lint, enum family family,
					    const struct range *range, const struct addr **found)
{
	for (size_t i = 0; i < lint->objects->service_count; i++) {
		const struct service *service = &lint->objects->services[i];

		for (size_t k = 0; k < service->cluster_ip_count; k++) {
			*found = &service->cluster_ips[k];
			if ((*found)->family == family && range_has(range, *found))
				return service;
		}
	}
	return NULL;
}

/* Widens the range by an address. */
static void stretch(struct range *range, const struct addr *addr)
{
	if (memcmp(addr->bytes, range->first, 16) < 0)
		memcpy(range->first, addr->bytes, 16);
	if (memcmp(addr->bytes, range->last, 16) > 0)
		memcpy(range->last, addr->bytes, 16);
}

/* Does it lie between the lowest and the highest address of the input's Services? */
static bool is_between_services(const struct lint *lint, const struct cidr *cidr)
{
	const enum family family = cidr->base.family;
	const struct range range = cidr_range(cidr);
	struct range all;
	bool found = false;

	memset(all.first, 0xff, sizeof(all.first));
	memset(all.last, 0, sizeof(all.last));
	for (size_t i = 0; i < lint->objects->service_count; i++) {
		const struct service *service = &lint->objects->services[i];

		for (size_t k = 0; k < service->cluster_ip_count; k++)
			if (service->cluster_ips[k].family == family) {
				stretch(&all, &service->cluster_ips[k]);
				found = true;
			}
	}
	return found && memcmp(all.first, range.first, 16) <= 0 &&
	       memcmp(range.last, all.last, 16) <= 0;
}

/* One that could be meant for Services, and for no pod. */
static bool is_of_services(struct lint *lint, const struct policy *policy, const struct cidr *cidr,
			   const char **what, const char **remedy)
{
	const struct peer block = {.kind = PEER_BLOCK, .cidr = *cidr};
	const struct range range = cidr_range(cidr);
	const struct service *service;
	const struct addr *addr;
	char text[ADDR_TEXT];

	if (cidr->prefix + SERVICE_BITS < 8 * family_len(cidr->base.family))
		return false;
	service = service_within(lint, cidr->base.family, &range, &addr);
	if (!service && !is_between_services(lint, cidr))
		return false;
	lint_peer_pods(lint, policy, &block, &lint->pods);
	if (!bits_are_none(&lint->pods))
		return false;
	if (service)
		addr_text(addr->family, addr->bytes, text);
	*remedy = service && !service->selector_count
			  ? "use the addresses of the Service's endpoints, and their ports"
			  : "select the pods behind the Service by label, with their ports";
	*what = service ? arena_printf(lint->arena, "holds %s of the Service %s/%s", text,
				       service->namespace, service->name)
			: "lies among the addresses of Services";
	return true;
}

static void of_services(struct lint *lint, const struct check *check, const struct place *place)
{
	const char *what, *remedy;
	char text[CIDR_TEXT];

	if (place->peer->kind != PEER_BLOCK)
		return;
	if (is_of_services(lint, place->policy, &place->peer->cidr, &what, &remedy)) {
		cidr_text(&place->peer->cidr, text);
		lint_add(lint, check, place->policy, place->peer->mark, remedy,
			 "%s %s: such addresses are translated before any policy sees them", text,
			 what);
		return;
	}
	for (size_t i = 0; i < place->peer->except_count; i++) {
		if (!is_of_services(lint, place->policy, &place->peer->excepts[i], &what, &remedy))
			continue;
		cidr_text(&place->peer->excepts[i], text);
		lint_add(lint, check, place->policy, place->peer->mark,
			 "remove it; who shall not reach a Service must not reach its pods",
			 "the except %s %s: such addresses are translated before any policy sees "
			 "them",
			 text, what);
	}
}

void check_service_range(struct lint *lint, const struct check *check)
{
	lint_each_peer(lint, check, of_services);
}

static bool is_open_outside(const struct service *service)
{
	return (service->type == SERVICE_NODE_PORT || service->type == SERVICE_LOAD_BALANCER) &&
	       !service->external_traffic_local;
}

/* A number or a name of the pod's, and what the rule's entry means there. */
static bool port_meets(const struct port *port, const struct service_port *of,
		       const struct pod *pod)
{
	const char *target = of->target_name;

	if (port->protocol != of->protocol)
		return false;
	if (!port->name && !target)
		return port->first <= of->target_number && of->target_number <= port->last;
	if (port->name && target)
		return !strcmp(port->name, target);
	for (size_t i = 0; i < pod->port_count; i++) {
		const struct pod_port *one = &pod->ports[i];

		if (one->protocol != of->protocol ||
		    strcmp(one->name, target ? target : port->name))
			continue;
		if (target ? port->first <= one->number && one->number <= port->last
			   : one->number == of->target_number)
			return true;
	}
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

/* The pod of the set that the Service leads to, on a port of the rule; the set's size if there is none. */
static size_t led_to(const struct lint *lint, const struct service *service,
		     const struct policy_rule *rule, const struct bits *pods)
{
	size_t i = 0;

	while ((i = bits_next(pods, i)) < pods->size) {
		const struct pod *pod = &lint->objects->pods[i];

		if (lint_service_selects(service, pod) && rule_meets(rule, service, pod))
			return i;
		i++;
	}
	return i;
}

static void client_hidden(struct lint *lint, const struct check *check, const struct place *place)
{
	const struct peer *peer = place->peer;
	char text[CIDR_TEXT];

	if (peer->kind != PEER_BLOCK || place->direction != INGRESS ||
	    (!peer->cidr.prefix && !peer->except_count))
		return;
	lint_selected(lint, place->policy, &lint->pods);
	for (size_t i = 0; i < lint->objects->service_count; i++) {
		const struct service *service = &lint->objects->services[i];
		size_t pod = is_open_outside(service)
				     ? led_to(lint, service, place->rule, &lint->pods)
				     : lint->pods.size;

		if (pod == lint->pods.size)
			continue;
		cidr_text(&peer->cidr, text);
		lint_add(lint, check, place->policy, peer->mark,
			 arena_printf(lint->arena,
				      "set externalTrafficPolicy: Local on the Service %s/%s, or "
				      "restrict clients before it (loadBalancerSourceRanges)",
				      service->namespace, service->name),
			 "%s is for clients, but through the Service %s/%s they come to %s with a "
			 "node's address",
			 text, service->namespace, service->name,
			 lint->world->parties[lint->party[pod]].text);
		return;
	}
}

void check_client_hidden(struct lint *lint, const struct check *check)
{
	lint_each_peer(lint, check, client_hidden);
}
