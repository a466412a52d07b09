/*
 * ipBlocks that hold what they are not for.
 *
 * A block matches whatever address is in the packet: of a pod the one that it has today, of a Service none
 * (it is translated to a pod's before any policy sees it), of a client the node's if the node hides it.
 */
#include "ask/lint/crowd.h"
#include "ask/lint/services.h"
#include "ask/lint/within.h"
#include "ask/lint/words.h"
#include "base/arena.h"

/* The API server takes Service ranges of at most so many host bits. */
#define SERVICE_BITS 20

static void leaves_nothing(struct lint *lint, const struct check *check, const struct place *place)
{
	char text[CIDR_TEXT];

	if (place->peer->kind != PEER_BLOCK || lint_remainder(lint, place->peer)->count)
		return;
	cidr_text(&place->peer->cidr, text);
	lint_add(lint, check, place->policy, place->peer->mark,
		 "remove the entry, or the except that is too much",
		 "the excepts take all of %s: this entry lets nothing %s", text,
		 lint_way_text(place->direction));
}

void check_except_leaves_nothing(struct lint *lint, const struct check *check)
{
	lint_each_peer(lint, check, leaves_nothing);
}

/* The pods whose addresses a block holds: how many. Of all addresses nobody means pods. */
static size_t pods_held(const struct lint *lint, const struct peer *peer, uint32_t *lowest)
{
	if (peer->kind != PEER_BLOCK || !peer->cidr.prefix)
		return 0;
	return lint_count_in_block(lint, peer, lowest);
}

static void covers_pods(struct lint *lint, const struct check *check, const struct place *place)
{
	uint32_t lowest = 0;
	size_t count = pods_held(lint, place->peer, &lowest);
	char text[CIDR_TEXT];

	if (!count)
		return;
	cidr_text(&place->peer->cidr, text);
	lint_add(lint, check, place->policy, place->peer->mark,
		 "to let pods in, select them by label; to keep them out, cut their addresses with "
		 "an except",
		 "%s holds addresses of pods (now %s), which change whenever a pod is replaced",
		 text, lint_pods_text(lint, lowest, count));
}

void check_block_covers_pods(struct lint *lint, const struct check *check)
{
	lint_each_peer(lint, check, covers_pods);
}

static void except_covers(struct lint *lint, const struct check *check, const struct place *place)
{
	uint32_t lowest = 0;

	if (place->peer->kind != PEER_BLOCK || pods_held(lint, place->peer, &lowest))
		return;
	for (size_t i = 0; i < place->peer->except_count; i++) {
		const struct cidr *except = &place->peer->excepts[i];
		size_t count = lint_count_in_cidr(lint, except, &lowest);
		char text[CIDR_TEXT];

		/* An except that holds all pods says that only what is outside the cluster is meant. */
		if (!count || !lint_has_outside(lint, except))
			continue;
		cidr_text(except, text);
		lint_add(lint, check, place->policy, place->peer->mark,
			 "no policy can deny single pods: let in by label those that shall pass, "
			 "and cut out the addresses of all pods",
			 "the except %s holds addresses of some pods (now %s), which change "
			 "whenever a pod is replaced",
			 text, lint_pods_text(lint, lowest, count));
	}
}

void check_except_covers_pods(struct lint *lint, const struct check *check)
{
	lint_each_peer(lint, check, except_covers);
}

/* One that could be meant for Services, and for no pod. */
static bool is_of_services(const struct lint *lint, const struct cidr *cidr, const char **what,
			   const char **remedy)
{
	const struct service_addr *found;
	char text[ADDR_TEXT];
	uint32_t lowest;

	if (cidr->prefix + SERVICE_BITS < 8 * family_len(cidr->base.family))
		return false;
	found = lint_service_within(lint, cidr);
	if ((!found && !lint_is_between_services(lint, cidr)) ||
	    lint_count_in_cidr(lint, cidr, &lowest))
		return false;
	*remedy = found && !found->service->selector_count
			  ? "use the addresses of the Service's endpoints, and their ports"
			  : "select the pods behind the Service by label, with their ports";
	*what = "lies among the addresses of Services";
	if (found) {
		addr_text(cidr->base.family, found->bytes, text);
		*what = arena_printf(lint->arena, "holds %s of the Service %s/%s", text,
				     found->service->namespace, found->service->name);
	}
	return true;
}

static void of_services(struct lint *lint, const struct check *check, const struct place *place)
{
	const char *what, *remedy;
	char text[CIDR_TEXT];

	if (place->peer->kind != PEER_BLOCK)
		return;
	if (is_of_services(lint, &place->peer->cidr, &what, &remedy)) {
		cidr_text(&place->peer->cidr, text);
		lint_add(lint, check, place->policy, place->peer->mark, remedy,
			 "%s %s: such addresses are translated before any policy sees them", text,
			 what);
		return;
	}
	for (size_t i = 0; i < place->peer->except_count; i++) {
		if (!is_of_services(lint, &place->peer->excepts[i], &what, &remedy))
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

/* What hides the clients' address, and the pod that they come to by it. */
struct hiding {
	const struct policy_rule *rule;
	const struct service *service; /* NULL: nothing does */
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

static void tell_hidden(struct lint *lint, const struct check *check, const struct place *place,
			const struct peer *peer, const struct hiding *hiding)
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

static void client_hidden(struct lint *lint, const struct check *check, const struct place *place)
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
