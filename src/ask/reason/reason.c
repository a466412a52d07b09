/*
 * Compares each rule of each policy that isolates the pod with the connection.  If the verdict
 * allows, the rules that match are its reasons; if it denies, those that miss it least are.
 */
#include "ask/reason/reason.h"

#include "ask/reason/rule.h"
#include "base/arena.h"
#include "base/search.h"
#include "model/meaning.h"

/* Nearly everyone matches such a peer, so it says little about what was meant. */
#define BROAD_FAR 10

static const struct pod *pod_of(const struct world *world, uint32_t pod)
{
	return pod == ANYTHING ? NULL : &world->objects->pods[pod];
}

/*
 * Does the policy of the pod's namespace isolate it by its own words? Of pods that share an address
 * policy_isolates() knows only the joint policy; a reason names those that it was made of.
 */
static bool isolates(const struct policy *policy, enum direction direction, const struct pod *pod)
{
	return policy->isolates[direction] &&
	       selector_matches(policy->pods, pod->labels, pod->label_count);
}

/* The first policy of a namespace, if it has any; policies are sorted by namespace. */
static size_t first_policy(const struct objects *objects, const char *namespace)
{
	return FIRST_WHERE(i, objects->policy_count,
			   strcmp(objects->policies[i].namespace, namespace) >= 0);
}

/* The peer matches, but the port does not. */
static struct distance miss_port(const struct asked_connection *asked,
				 const struct policy_rule *rule)
{
	struct distance ports = ports_miss(asked, rule);
	const bool icmp = asked->question->protocol == ICMP;
	bool broad;
	const char *who = peer_that_matches(asked, rule, &broad);

	ports.why = arena_printf(asked->arena, "%s allowed, but only on %s%s", who, ports.why,
				 icmp ? "; a rule with ports never allows ICMP" : "");
	ports.far += broad ? BROAD_FAR : 0;
	return ports;
}

static struct distance miss_peer(const struct asked_connection *asked,
				 const struct policy_rule *rule)
{
	struct distance peers = peers_miss(asked, rule);

	peers.why = arena_printf(asked->arena, "%s%s is allowed, but %s",
				 asked->question->protocol == ICMP ? "" : "port ",
				 port_asked(asked), peers.why);
	return peers;
}

static struct distance miss_both(const struct asked_connection *asked,
				 const struct policy_rule *rule)
{
	struct distance ports = ports_miss(asked, rule), peers = peers_miss(asked, rule);

	return (struct distance){ports.far + peers.far,
				 arena_printf(asked->arena, "allowed is only %s; besides, %s",
					      ports.why, peers.why)};
}

static void measure(const struct asked_connection *asked, struct rule_reason *reason)
{
	static struct distance (*const how[])(const struct asked_connection *,
					      const struct policy_rule *) = {
		[MISS_PORT] = miss_port, [MISS_PEER] = miss_peer, [MISS_BOTH] = miss_both};
	const bool port = ports_match(asked, reason->rule), peer = peers_match(asked, reason->rule);
	struct distance distance;

	if (port && peer)
		return;
	reason->miss = port ? MISS_PEER : peer ? MISS_PORT : MISS_BOTH;
	if (asked->only_matches)
		return;
	distance = how[reason->miss](asked, reason->rule);
	reason->far = distance.far;
	reason->why = distance.why;
}

/* Adds all rules of the policy that allow the connection, or else the nearest. */
static void add_policy(struct asked_connection *asked, const struct policy *policy,
		       enum direction direction, struct reasons *reasons)
{
	struct rule_reason nearest = {0};
	bool found = false;

	asked->namespace = policy->namespace;
	for (size_t i = 0; i < policy->rule_count[direction]; i++) {
		struct rule_reason reason = {.policy = policy,
					     .rule = &policy->rules[direction][i],
					     .direction = direction};

		measure(asked, &reason);
		if (reason.miss == MISS_NOTHING) {
			arena_push(asked->arena, reasons->rules, reasons->rule_count, reason);
			found = true;
		} else if (!nearest.rule || reason.far < nearest.far ||
			   (reason.far == nearest.far && reason.miss < nearest.miss)) {
			nearest = reason;
		}
	}
	if (!found && nearest.rule)
		arena_push(asked->arena, reasons->rules, reasons->rule_count, nearest);
	reasons->allowed |= found;
}

/* Finds out which tiers are asked, and what they decide. */
static void ask_tiers(struct asked_connection *asked, enum direction direction,
		      const struct pod *pod, struct reasons *reasons)
{
	struct tier_reasons *admin = &reasons->tiers[TIER_ADMIN],
			    *baseline = &reasons->tiers[TIER_BASELINE];

	asked->namespace = "";
	*admin = tier_reasons_of(asked, direction, TIER_ADMIN, pod);
	*baseline = tier_reasons_of(asked, direction, TIER_BASELINE, pod);
	admin->is_asked = true;
	baseline->is_asked = admin->action == ACTION_PASS && !reasons->policy_count;
	if (admin->action != ACTION_PASS)
		reasons->allowed = admin->action == ACTION_ACCEPT;
	else if (baseline->is_asked)
		reasons->allowed = baseline->action != ACTION_DENY;
}

static bool is_mixed(const struct resolved *resolved, const struct addr *addr)
{
	const enum family family = addr->family;

	for (size_t i = 0; i < resolved->mixed_count[family]; i++)
		if (!memcmp(resolved->addrs[family][resolved->mixed[family][i]].bytes, addr->bytes,
			    family_len(family)))
			return true;
	return false;
}

/*
 * Finds the policies of one sort (audited or not) that isolate the pod, and what their rules say.
 */
static void ask_policies(struct asked_connection *asked, const struct pod *pod,
			 enum direction direction, bool audited, struct reasons *reasons)
{
	const struct objects *objects = asked->world->objects;

	for (size_t i = pod ? first_policy(objects, pod->namespace) : objects->policy_count;
	     i < objects->policy_count && !strcmp(objects->policies[i].namespace, pod->namespace);
	     i++) {
		const struct policy *policy = &objects->policies[i];

		if (policy->is_audited != audited || !isolates(policy, direction, pod))
			continue;
		arena_push(asked->arena, reasons->policies, reasons->policy_count, policy);
		add_policy(asked, policy, direction, reasons);
	}
}

static void add_reason(struct asked_connection *asked, const struct reasons *more, size_t policy,
		       struct reasons *reasons)
{
	for (size_t i = 0; i < reasons->policy_count; i++)
		if (reasons->policies[i] == more->policies[policy])
			return;
	arena_push(asked->arena, reasons->policies, reasons->policy_count, more->policies[policy]);
	for (size_t i = 0; i < more->rule_count; i++)
		if (more->rules[i].policy == more->policies[policy])
			arena_push(asked->arena, reasons->rules, reasons->rule_count,
				   more->rules[i]);
}

/* Does the joint policy of the pod allow it?  See model/shared_address.h. */
static bool joint_allows(struct asked_connection *asked, const struct pod *pod,
			 enum direction direction)
{
	const struct objects *objects = asked->world->objects;
	const struct policy *policy = objects->policies + objects->policy_count;

	while (policy->joint != pod->shares)
		policy++;
	asked->namespace = policy->namespace;
	for (size_t i = 0; i < policy->rule_count[direction]; i++)
		if (ports_match(asked, &policy->rules[direction][i]) &&
		    peers_match(asked, &policy->rules[direction][i]))
			return true;
	return !policy->isolates[direction];
}

/* Of pods that share an address and are under different policies each has to be allowed it. */
static void ask_sharers(struct asked_connection *asked, const struct pod *pod,
			enum direction direction, struct reasons *reasons)
{
	const struct objects *objects = asked->world->objects;

	reasons->allowed = true;
	for (size_t i = 0; i < objects->pod_count; i++) {
		const struct pod *one = &objects->pods[i];
		struct reasons own = {0};

		if (one->shares != pod->shares)
			continue;
		asked->target = direction == INGRESS ? one : asked->target;
		ask_policies(asked, one, direction, false, &own);
		reasons->allowed &= own.allowed || !own.policy_count;
		for (size_t k = 0; k < own.policy_count; k++)
			add_reason(asked, &own, k, reasons);
	}
	reasons->is_narrowed = reasons->allowed && !joint_allows(asked, pod, direction);
	reasons->allowed &= !reasons->is_narrowed;
}

static bool is_one_address(const struct question *question)
{
	return !memcmp(question->from.bytes, question->to.bytes, family_len(question->from.family));
}

/* What NetworkPolicies say. */
static void ask_all_policies(struct asked_connection *asked, const struct pod *pod,
			     enum direction direction, struct reasons *reasons)
{
	const struct question *question = asked->question;

	if (pod && pod->is_joint)
		ask_sharers(asked, pod, direction, reasons);
	else
		ask_policies(asked, pod, direction, false, reasons);
	reasons->to_itself = pod && (question->from_pod == question->to_pod ||
				     (pod->shares && is_one_address(question)));
	reasons->allowed |= reasons->to_itself || !reasons->policy_count;
	reasons->is_narrowed &= !reasons->to_itself;
}

/* What audited policies would say; NULL: nothing, or they would not be asked. */
static const struct reasons *ask_audited(struct asked_connection *asked, const struct pod *pod,
					 enum direction direction, const struct reasons *reasons)
{
	struct reasons *audit = arena_alloc(asked->arena, sizeof(*audit));

	/*
	 * Audited policies are not asked about pods that share an address and are under different
	 * policies.
	 */
	if (!pod || pod->is_joint || reasons->policy_count || reasons->to_itself ||
	    reasons->tiers[TIER_ADMIN].action != ACTION_PASS)
		return NULL;
	ask_policies(asked, pod, direction, true, audit);
	return audit->policy_count ? audit : NULL;
}

/*
 * Finds out what binds between a pod and its own node: the cluster policies of a pod that sends.  A pod
 * that shares its address with pods under other policies is closed there only if these may deny it
 * anything, and if not, none of them is asked.
 */
static void ask_about_node(struct asked_connection *asked, enum direction direction,
			   const struct pod *pod, struct reasons *reasons)
{
	reasons->course = asked->question->course;
	reasons->allowed = true;
	reasons->is_narrowed = false;
	if (!pod || direction == INGRESS)
		return;
	reasons->is_closed = pod->is_closed_to_node;
	if (reasons->is_closed)
		reasons->allowed = false;
	else if (!pod->is_closed)
		ask_tiers(asked, direction, pod, reasons);
}

static struct reasons find_reasons(struct arena *arena, const struct world *world,
				   enum direction direction, const struct question *question,
				   bool only_matches)
{
	const bool out = direction == EGRESS;
	const struct pod *pod = pod_of(world, out ? question->from_pod : question->to_pod);
	const uint32_t peer = out ? question->to_pod : question->from_pod;
	struct asked_connection asked = {.arena = arena,
					 .world = world,
					 .question = question,
					 .direction = direction,
					 .peer = pod_of(world, peer),
					 .addr = out ? &question->to : &question->from,
					 .peer_pod = peer,
					 .only_matches = only_matches,
					 .target = pod_of(world, question->to_pod)};
	struct reasons reasons = {0};

	ask_all_policies(&asked, pod, direction, &reasons);
	if (question->course != COURSE_FORWARDED) {
		ask_about_node(&asked, direction, pod, &reasons);
		return reasons;
	}
	reasons.is_closed = pod && pod->is_closed;
	if (reasons.is_closed)
		reasons.allowed = false;
	else if (pod)
		ask_tiers(&asked, direction, pod, &reasons);
	reasons.is_peer_mixed =
		reasons_have_tiers(&reasons) && is_mixed(world->resolved, asked.addr);
	reasons.allowed &= !reasons.is_peer_mixed;
	reasons.audit = ask_audited(&asked, pod, direction, &reasons);
	return reasons;
}

struct reasons reasons_of(struct arena *arena, const struct world *world, enum direction direction,
			  const struct question *question)
{
	return find_reasons(arena, world, direction, question, false);
}

struct reasons reasons_that_match(struct arena *arena, const struct world *world,
				  enum direction direction, const struct question *question)
{
	return find_reasons(arena, world, direction, question, true);
}

/* Where the party lies; if nobody knows, the first place that there is. */
static struct addr place_of(const struct party *party, enum family family, bool another)
{
	const struct addr somewhere = {.family = family};

	return !party->known[family] ? somewhere
	       : another             ? party->twin[family]
				     : party->addr[family];
}

struct question question_of(const struct party *from, const struct party *to, bool another,
			    enum family family, const struct port_range *port)
{
	struct question question = {
		.from = place_of(from, family, false),
		.to = place_of(to, family, another),
		.from_pod = from->pod,
		.to_pod = another ? to->twin_pod : to->pod,
		.protocol = port->protocol,
		.port = port->first,
	};

	condition_fulfil(port->only_if, family, question.from.bytes, question.to.bytes);
	return question;
}
