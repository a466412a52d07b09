/*
 * The packet is judged once more, by the ruleset itself: so the line says which chain denies it.  What that ruleset lets
 * through was denied by the one before it, or by what no address and port tells.
 */
#include "agent/denied.h"

#include "base/arena.h"
#include "model/selector.h"
#include "model/words.h"

#include <netinet/in.h>
#include <string.h>

/* The pods that have the address; "": none is known. */
static const char *pods_at(struct arena *arena, const struct pipeline *pipeline,
			   const struct addr *addr)
{
	const struct pipeline_shared owners = pipeline_owners(pipeline, arena, addr);
	struct string text = {.text = arena_strndup(arena, "", 0)};

	for (size_t i = 0; i < owners.pod_count; i++)
		arena_append(arena, &text, "%s%s", i ? ", " : "", owners.pods[i]);
	return text.text;
}

static bool has_address(const struct pod *pod, const struct addr *addr)
{
	for (size_t i = 0; i < pod->addr_count; i++)
		if (!memcmp(&pod->addrs[i], addr, sizeof(*addr)))
			return true;
	return false;
}

/* Does it isolate a pod of the node that has the address? */
static bool isolates(const struct policy *policy, const struct objects *objects,
		     const struct addr *addr, enum direction direction)
{
	for (size_t i = 0; policy->isolates[direction] && i < objects->pod_count; i++)
		if (has_address(&objects->pods[i], addr) &&
		    policy_selects(policy, &objects->pods[i]))
			return true;
	return false;
}

static const char *policies_of(struct arena *arena, struct pipeline *pipeline,
			       const struct addr *addr, enum direction direction)
{
	const struct objects objects = pipeline_node_objects(pipeline, arena);
	struct string text = {.text = arena_strndup(arena, "", 0)};

	for (size_t i = 0; i < objects.policy_count; i++)
		if (isolates(&objects.policies[i], &objects, addr, direction))
			arena_append(arena, &text, "%s%s", text.len ? ", " : "",
				     policy_text(arena, &objects.policies[i]));
	return text.text;
}

static const char *port_of(struct arena *arena, const struct packet *packet)
{
	return packet->dport
		       ? port_number_text(arena, (enum protocol)packet->protocol, packet->dport)
		       : packet_protocol_text(arena, packet->protocol);
}

static const char *address_text(struct arena *arena, const struct addr *addr)
{
	char text[ADDR_TEXT];

	return arena_strndup(arena, text, addr_text(addr->family, addr->bytes, text));
}

static struct addr addr_of(const struct packet *packet, const uint8_t *bytes)
{
	struct addr addr;

	memset(&addr, 0, sizeof(addr));
	addr.family = packet->family;
	memcpy(addr.bytes, bytes, family_len(packet->family));
	return addr;
}

void denied_tell(struct log *log, struct pipeline *pipeline, const struct packet *packet)
{
	struct arena *arena = arena_new();
	const struct addr from = addr_of(packet, packet->saddr),
			  to = addr_of(packet, packet->daddr);
	const struct judgement judgement =
		evaluate(evaluator_new(arena, pipeline_ruleset(pipeline)), packet);
	const char *chain = judgement.chain ? judgement.chain : "";
	const bool is_egress = !strncmp(chain, "egress/", strlen("egress/"));
	const bool is_ingress = !strncmp(chain, "ingress/", strlen("ingress/"));
	const char *policies = is_egress    ? policies_of(arena, pipeline, &from, EGRESS)
			       : is_ingress ? policies_of(arena, pipeline, &to, INGRESS)
					    : "";

	log_tell(log, LOG_INFO, "denied", "from", address_text(arena, &from), "from_pod",
		 pods_at(arena, pipeline, &from), "to", address_text(arena, &to), "to_pod",
		 pods_at(arena, pipeline, &to), "port", port_of(arena, packet), "direction",
		 is_egress    ? "egress"
		 : is_ingress ? "ingress"
			      : "",
		 "policies", policies, "chain", chain, NULL);
	arena_free(arena);
}
