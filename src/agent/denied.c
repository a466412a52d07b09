/*
 * Judges the packet once more by the ruleset, to find out which chain denies it.  A packet that the
 * ruleset allows was denied by the ruleset before it, or because of something else than its
 * addresses and port.
 */
#include "agent/denied.h"

#include "base/arena.h"
#include "model/selector.h"
#include "model/words.h"
#include "ruleset/layout.h"

#include <netinet/in.h>
#include <string.h>

/* The pods that have the address; "" if none is known. */
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

/* What the name of the chain tells in which a packet ended or was counted. */
struct denied_end {
	const char *chain; /* "": no chain is known */
	enum direction direction;
	bool has_direction, audits;
	enum tier tier; /* TIERS: the chain belongs to NetworkPolicies */
};

static bool begins_with(const char *text, const char *with)
{
	return !strncmp(text, with, strlen(with));
}

static struct denied_end end_of(const char *chain, bool audited)
{
	struct denied_end end = {.chain = chain ? chain : "", .tier = TIERS, .audits = audited};

	if (begins_with(end.chain, "ingress/"))
		end.direction = INGRESS;
	else if (begins_with(end.chain, "egress/") || begins_with(end.chain, "node/"))
		end.direction = EGRESS;
	else
		return end;
	end.has_direction = true;
	end.tier = layout_denying_tier(end.chain);
	return end;
}

/* Is it one of the policies at this end that isolate a pod of the node with the address? */
static bool isolates(const struct denied_end *end, const struct policy *policy,
		     const struct objects *objects, const struct addr *addr)
{
	if (end->tier != TIERS || end->audits != policy->is_audited)
		return false;
	for (size_t i = 0; policy->isolates[end->direction] && i < objects->pod_count; i++)
		if (has_address(&objects->pods[i], addr) &&
		    policy_selects(policy, &objects->pods[i]))
			return true;
	return false;
}

/*
 * Is it one of the cluster policies of this end's tier that are about a pod of the node with the
 * address?
 */
static bool is_asked(const struct denied_end *end, const struct cluster_policy *policy,
		     const struct objects *objects, const struct addr *addr)
{
	if (end->tier != policy->tier || !policy->rule_count[end->direction])
		return false;
	for (size_t i = 0; i < objects->pod_count; i++)
		if (has_address(&objects->pods[i], addr) &&
		    cluster_policy_selects(objects, policy, &objects->pods[i]))
			return true;
	return false;
}

/*
 * Names the policies (NAMESPACE/NAME) or cluster policies (NAME), those of a tier in the order in
 * which they are asked.
 */
static const char *policies_of(struct arena *arena, struct pipeline *pipeline,
			       const struct denied_end *end, const struct addr *addr)
{
	const struct objects objects = pipeline_node_objects(pipeline, arena);
	struct string text = {.text = arena_strndup(arena, "", 0)};

	for (size_t i = 0; i < objects.policy_count; i++)
		if (isolates(end, &objects.policies[i], &objects, addr))
			arena_append(arena, &text, "%s%s", text.len ? ", " : "",
				     policy_text(arena, &objects.policies[i]));
	for (size_t i = 0; i < objects.cluster_policy_count; i++)
		if (is_asked(end, &objects.cluster_policies[i], &objects, addr))
			arena_append(arena, &text, "%s%s", text.len ? ", " : "",
				     objects.cluster_policies[i].name);
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

/* The chain in which the ruleset in force denies the packet, or counts it. */
static const char *chain_of(struct arena *arena, const struct pipeline *pipeline,
			    const struct packet *packet, bool audited)
{
	const struct evaluator *evaluator = evaluator_new(arena, pipeline_ruleset(pipeline));
	const struct judgement forwarded = evaluate(evaluator, packet);

	if (audited)
		return forwarded.audited;
	return forwarded.accepted ? evaluate_input(evaluator, packet).chain : forwarded.chain;
}

void denied_tell(struct log *log, struct pipeline *pipeline, const struct packet *packet,
		 bool audited)
{
	struct arena *arena = arena_new();
	const struct addr from = addr_of(packet, packet->saddr),
			  to = addr_of(packet, packet->daddr);
	const struct denied_end end = end_of(chain_of(arena, pipeline, packet, audited), audited);
	const struct addr *isolated = end.direction == EGRESS ? &from : &to;

	log_tell(log, LOG_INFO, audited ? "would be denied, but is audited" : "denied", "from",
		 address_text(arena, &from), "from_pod", pods_at(arena, pipeline, &from), "to",
		 address_text(arena, &to), "to_pod", pods_at(arena, pipeline, &to), "port",
		 port_of(arena, packet), "direction",
		 !end.has_direction        ? ""
		 : end.direction == EGRESS ? "egress"
					   : "ingress",
		 "policies", end.has_direction ? policies_of(arena, pipeline, &end, isolated) : "",
		 "chain", end.chain, NULL);
	arena_free(arena);
}
