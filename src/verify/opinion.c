/*
 * The words' opinion of a packet: each pod at the target must allow it by the rules of its policies that mean the peer.
 */
#include "verify/side.h"

#include "lower/closed_ranges.h"
#include "model/words.h"

bool verify_share_pod(const struct verify_side *side, const struct stretch *a,
		      const struct stretch *b)
{
	for (size_t i = 0; i < a->words.pod_count; i++) {
		const struct pod *pod = &side->objects->pods[a->words.pods[i]];

		if (verify_has_addr(pod, &a->words.addr) && verify_has_addr(pod, &b->words.addr))
			return true;
	}
	return false;
}

bool verify_is_closed(const struct verify_side *side, const struct stretch *end)
{
	return !side->to_node && !end->words.pod_count &&
	       closed_ranges_have(side->closed, &end->words.addr);
}

static bool means(const struct verify_side *side, const struct policy *policy,
		  const struct peer *peers, size_t count, const struct words_end *end)
{
	for (size_t i = 0; i < count; i++)
		if (words_means(side->words, policy, &peers[i], end))
			return true;
	return !count;
}

/*
 * Finds which rules of the policies that isolate a pod mean the peer, and appends a character for
 * each rule to the key.
 */
static void find_meant_policies(const struct verify_side *side, struct verify_pairing *pairing,
				size_t i, struct string *key)
{
	const struct isolation *isolation = &pairing->group->isolations[i];

	for (size_t k = 0; k < isolation->count; k++) {
		const struct policy *policy = verify_policy(side, isolation, k);

		for (size_t r = 0; r < policy->rule_count[side->direction]; r++) {
			const struct policy_rule *rule = &policy->rules[side->direction][r];
			const bool is_meant = means(side, policy, rule->peers, rule->peer_count,
						    &pairing->peer->words);

			arena_add(side->scratch, key, is_meant ? "1" : "0");
			if (is_meant)
				arena_push(
					side->scratch, pairing->meant, pairing->meant_count,
					((struct verify_meant){rule, i, isolation->policies[k]}));
		}
	}
}

/* What a rule decides; one that is closed denies everything, or accepts nothing. */
static bool tier_means(const struct verify_side *side, const struct tier_rule *rule,
		       const struct words_end *end)
{
	if (rule->is_closed)
		return rule->action != ACTION_ACCEPT;
	return means(side, NULL, rule->peers, rule->peer_count, end);
}

static bool tier_means_some(const struct verify_side *side, const struct tier_rule *rule,
			    const struct words_end *end)
{
	for (size_t i = 0; i < rule->peer_count; i++)
		if (words_means_some(side->words, &rule->peers[i], end))
			return true;
	return false;
}

static void find_meant_tiers(const struct verify_side *side, struct verify_pairing *pairing,
			     size_t i, struct string *key)
{
	const struct isolation *isolation = &pairing->group->isolations[i];

	for (size_t k = 0; k < isolation->tier_count; k++) {
		const struct cluster_policy *policy = verify_tier_policy(side, isolation, k);

		for (size_t r = 0; r < policy->rule_count[side->direction]; r++) {
			const struct tier_rule *rule = &policy->rules[side->direction][r];
			const bool is_meant = tier_means(side, rule, &pairing->peer->words);

			pairing->is_mixed |= tier_means_some(side, rule, &pairing->peer->words);
			arena_add(side->scratch, key, is_meant ? "1" : "0");
			if (is_meant)
				arena_push(side->scratch, pairing->meant_tiers,
					   pairing->meant_tier_count,
					   ((struct meant_tier){rule, i, isolation->tiers[k]}));
		}
	}
}

void verify_find_meant(const struct verify_side *side, struct verify_pairing *pairing,
		       struct string *key)
{
	bool in_tier = false;

	for (size_t i = 0; i < pairing->group->isolation_count; i++) {
		find_meant_policies(side, pairing, i, key);
		find_meant_tiers(side, pairing, i, key);
		in_tier |= pairing->group->isolations[i].tier_count;
	}
	pairing->may_be_mixed = in_tier && words_are_told_apart(side->words, &pairing->peer->words);
	arena_add(side->scratch, key, pairing->is_mixed ? "m" : pairing->may_be_mixed ? "a" : "");
}

/*
 * Returns where names of ports are looked up.  To the policies of the target a name means what it
 * means for the pod itself, so @own is made an end that has only that pod.
 */
static const struct words_end *destination_of(const struct verify_side *side,
					      const struct verify_pairing *pairing,
					      size_t isolation, struct words_end *own)
{
	*own = pairing->target->words;
	own->pods = &pairing->target->words.pods[isolation];
	own->pod_count = 1;
	return side->direction == EGRESS ? &pairing->peer->words : own;
}

/* The rule that lets the packet past the policies of one pod, or NULL. */
static const struct verify_meant *rule_for(const struct verify_side *side,
					   const struct verify_pairing *pairing, size_t isolation,
					   uint8_t protocol, uint16_t port)
{
	struct words_end own;
	const struct words_end *destination = destination_of(side, pairing, isolation, &own);

	for (size_t i = 0; i < pairing->meant_count; i++)
		if (pairing->meant[i].isolation == isolation &&
		    words_has_port(side->words, pairing->meant[i].rule->ports,
				   pairing->meant[i].rule->port_count, destination, protocol, port))
			return &pairing->meant[i];
	return NULL;
}

/* The rule of a tier that decides about the packet for one pod; NULL: none matches. */
static const struct meant_tier *tier_rule_for(const struct verify_side *side,
					      const struct verify_pairing *pairing,
					      size_t isolation, enum tier tier, uint8_t protocol,
					      uint16_t port)
{
	struct words_end own;
	const struct words_end *destination = destination_of(side, pairing, isolation, &own);

	for (size_t i = 0; i < pairing->meant_tier_count; i++) {
		const struct meant_tier *meant = &pairing->meant_tiers[i];

		if (meant->isolation == isolation &&
		    side->objects->cluster_policies[meant->policy].tier == tier &&
		    words_has_port(side->words, meant->rule->ports, meant->rule->port_count,
				   destination, protocol, port))
			return meant;
	}
	return NULL;
}

static enum action action_of(const struct meant_tier *meant)
{
	if (!meant)
		return ACTION_PASS;
	return meant->rule->is_closed ? ACTION_DENY : meant->rule->action;
}

/* Do the policies of one pod allow the packet?  @itself: a Service led it back to the pod. */
static bool pod_allows(const struct verify_side *side, const struct verify_pairing *pairing,
		       size_t i, bool itself, uint8_t protocol, uint16_t port)
{
	const enum action admin =
		action_of(tier_rule_for(side, pairing, i, TIER_ADMIN, protocol, port));

	if (admin != ACTION_PASS)
		return admin == ACTION_ACCEPT;
	if (pairing->group->isolations[i].count)
		return itself || rule_for(side, pairing, i, protocol, port);
	return action_of(tier_rule_for(side, pairing, i, TIER_BASELINE, protocol, port)) !=
	       ACTION_DENY;
}

bool verify_words_allow(const struct verify_side *side, const struct verify_pairing *pairing,
			uint8_t protocol, uint16_t port)
{
	const bool itself = verify_share_pod(side, pairing->target, pairing->peer);

	if (pairing->group->is_closed || pairing->is_mixed ||
	    verify_is_closed(side, pairing->target) || verify_is_closed(side, pairing->peer))
		return false;
	for (size_t i = 0; i < pairing->group->isolation_count; i++)
		if (!pod_allows(side, pairing, i, itself, protocol, port))
			return false;
	return true;
}

/* Where a rule stands in the input, in brackets behind a blank; "" if that is not known. */
static const char *place_text(const struct verify_side *side, const struct mark *mark)
{
	if (!mark->file)
		return "";
	return arena_printf(side->arena, " (%s:%zu)", mark->file, (size_t)mark->line);
}

static const char *tier_reason(const struct verify_side *side, const struct meant_tier *meant)
{
	static const char *const say[] = {
		[ACTION_ACCEPT] = "accepts", [ACTION_DENY] = "denies", [ACTION_PASS] = "passes"};
	const struct cluster_policy *policy = &side->objects->cluster_policies[meant->policy];

	return arena_printf(side->arena, "a rule of %s (%s) %s it%s", policy->name,
			    policy->tier == TIER_ADMIN ? "Admin" : "Baseline",
			    say[action_of(meant)], place_text(side, &meant->rule->mark));
}

/* Says why policies that isolate the pod allow the packet, or do not. */
static const char *isolation_reason(const struct verify_side *side,
				    const struct verify_pairing *pairing, size_t i,
				    uint8_t protocol, uint16_t port)
{
	const struct isolation *isolation = &pairing->group->isolations[i];
	const struct verify_meant *meant = rule_for(side, pairing, i, protocol, port);
	const struct pod *pod = &side->objects->pods[pairing->target->words.pods[i]];
	struct string text = {0};

	if (verify_share_pod(side, pairing->target, pairing->peer))
		return "a pod may always reach itself";
	if (meant) {
		const struct policy *policy = &side->objects->policies[meant->policy];

		return arena_printf(side->arena, "a rule of %s/%s allows it%s", policy->namespace,
				    policy->name, place_text(side, &meant->rule->mark));
	}
	arena_append(side->arena, &text,
		     "%s/%s is isolated for %s and no rule allows it:", pod->namespace, pod->name,
		     direction_text(side->direction));
	for (size_t k = 0; k < isolation->count; k++)
		arena_append(side->arena, &text, "%s %s/%s", k ? "," : "",
			     verify_policy(side, isolation, k)->namespace,
			     verify_policy(side, isolation, k)->name);
	return text.text;
}

/* Says what decides about the packet for one pod. */
static const char *pod_reason(const struct verify_side *side, const struct verify_pairing *pairing,
			      size_t i, uint8_t protocol, uint16_t port)
{
	const struct meant_tier *admin =
		tier_rule_for(side, pairing, i, TIER_ADMIN, protocol, port);
	const struct meant_tier *baseline =
		tier_rule_for(side, pairing, i, TIER_BASELINE, protocol, port);
	const struct pod *pod = &side->objects->pods[pairing->target->words.pods[i]];

	if (action_of(admin) != ACTION_PASS)
		return tier_reason(side, admin);
	if (pairing->group->isolations[i].count)
		return isolation_reason(side, pairing, i, protocol, port);
	if (baseline)
		return tier_reason(side, baseline);
	if (verify_share_pod(side, pairing->target, pairing->peer))
		return "a pod may always reach itself";
	if (side->to_node)
		return "no cluster policy denies what the pod sends to its own node";
	return arena_printf(side->arena, "no policy isolates %s/%s for %s", pod->namespace,
			    pod->name, direction_text(side->direction));
}

const char *verify_reason(const struct verify_side *side, const struct verify_pairing *pairing,
			  uint8_t protocol, uint16_t port)
{
	struct string text = {0};

	if (pairing->group->is_closed)
		return "pods under different policies, cluster policies among them, share the "
		       "address";
	if (pairing->is_mixed)
		return "a cluster policy tells apart pods that share the other address";
	if (verify_is_closed(side, pairing->target) || verify_is_closed(side, pairing->peer))
		return "--closed: no pod of the input has the address";
	for (size_t i = 0; i < pairing->group->isolation_count; i++) {
		const char *reason = pod_reason(side, pairing, i, protocol, port);

		if (!i || !verify_share_pod(side, pairing->target, pairing->peer))
			arena_append(side->arena, &text, "%s%s", i ? "; " : "", reason);
	}
	return text.len ? text.text : "no pod of the node is at this end";
}

bool verify_peer_denies(const struct verify_side *side, const struct verify_pairing *pairing,
			uint8_t protocol, uint16_t port)
{
	const struct words_end *end = &pairing->peer->words;
	struct verify_side other = *side;
	struct isolation *isolations =
		arena_array(side->scratch, end->pod_count, sizeof(*isolations));
	const struct target_group group = {.isolations = isolations,
					   .isolation_count = end->pod_count};
	struct verify_pairing back = {
		.group = &group, .target = pairing->peer, .peer = pairing->target};
	struct string key = {0};
	bool denies = false;

	other.direction = side->direction == EGRESS ? INGRESS : EGRESS;
	for (size_t i = 0; i < end->pod_count; i++) {
		isolations[i].tiers =
			words_cluster_policies(side->scratch, side->words, end, end->pods[i],
					       other.direction, &isolations[i].tier_count);
		isolations[i].policies =
			words_policies(side->scratch, side->words, end, end->pods[i],
				       other.direction, &isolations[i].count);
	}
	if (words_is_closed(side->words, end))
		return false;
	verify_find_meant(&other, &back, &key);
	for (size_t i = 0; i < end->pod_count; i++)
		denies |= !pod_allows(&other, &back, i, true, protocol, port);
	return denies;
}
