/*
 * Judges the packet once more by the ruleset, to find out which chain denies it.  A packet that the
 * ruleset allows was denied by the ruleset before it, or because of something else than its
 * addresses and port.
 */
#include "agent/denied_log.h"

#include "base/arena.h"
#include "model/meaning.h"
#include "model/words.h"
#include "resolve/resolved.h"

#include <netinet/in.h>
#include <string.h>

/* Names the pods that have the address; "" if none is known. */
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

/* The chain in which a packet was denied or counted, and what that chain was made for. */
struct denied_end {
	const struct chain *chain; /* NULL: it is not known */
	const struct group *group; /* NULL: the chain is of no group */
	bool audits;
	enum tier tier; /* TIERS: NetworkPolicies decide */
};

static struct denied_end end_of(const struct chain *chain, bool audited)
{
	const enum decider decider = chain ? chain_decider(chain) : DECIDER_NOBODY;

	return (struct denied_end){
		.chain = chain,
		.group = chain ? chain->group : NULL,
		.audits = audited,
		.tier = decider == DECIDER_ADMIN      ? TIER_ADMIN
			: decider == DECIDER_BASELINE ? TIER_BASELINE
						      : TIERS,
	};
}

/* Is it one of the policies at this end that isolate a pod of the node with the address? */
static bool isolates(const struct denied_end *end, const struct policy *policy,
		     const struct objects *objects, const struct addr *addr)
{
	if (end->tier != TIERS || end->audits != policy->is_audited)
		return false;
	for (size_t i = 0; policy->isolates[end->group->direction] && i < objects->pod_count; i++)
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
	if (end->tier != policy->tier || !policy->rule_count[end->group->direction])
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

/*
 * Finds the chain in which the ruleset in force denies the packet or, if it is audited, counts it.
 */
static const struct chain *chain_of(struct arena *arena, const struct pipeline *pipeline,
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
	const bool leaves = end.group && end.group->direction == EGRESS;

	log_tell(log, LOG_INFO, audited ? "would be denied, but is audited" : "denied", "from",
		 address_text(arena, &from), "from_pod", pods_at(arena, pipeline, &from), "to",
		 address_text(arena, &to), "to_pod", pods_at(arena, pipeline, &to), "port",
		 port_of(arena, packet), "direction",
		 end.group ? direction_text(end.group->direction) : "", "policies",
		 end.group ? policies_of(arena, pipeline, &end, leaves ? &from : &to) : "", "chain",
		 end.chain ? end.chain->name : "", NULL);
	arena_free(arena);
}
