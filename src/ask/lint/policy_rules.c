/*
 * Compares rules with rules: one adds nothing to another, or undoes an except of it, or two entries
 * look like one.
 *
 * Definitions are compared, not the pods that they mean today, because a rule that only happens to
 * be as wide as another one now has its point.
 */
#include "ask/lint/crowd.h"
#include "ask/lint/entries.h"
#include "ask/lint/within.h"
#include "ask/lint/finding_words.h"
#include "base/arena.h"
#include "model/meaning.h"

static const char *namespace_of(const struct lint *lint, const struct lint_place *place)
{
	return peer_namespace(lint->objects, place->peer, place->policy->namespace);
}

static bool pods_within(const struct lint *lint, const struct lint_place *a,
			const struct lint_place *b)
{
	const struct selector *in_a = a->peer->namespaces, *in_b = b->peer->namespaces;
	const char *only_a, *only_b;

	if (!selector_within(a->peer->pods, b->peer->pods))
		return false;
	if (in_b && !in_b->count)
		return true;
	only_a = namespace_of(lint, a);
	only_b = namespace_of(lint, b);
	if (only_a && only_b)
		return !strcmp(only_a, only_b);
	return in_a && in_b && selector_within(in_a, in_b);
}

/* Does @b let in everything that @a lets in, on all ports of @a? */
static bool within(const struct lint *lint, const struct lint_place *a, const struct lint_place *b)
{
	if (!ports_within(a->rule, b->rule))
		return false;
	if (!a->peer || !b->peer)
		return !b->peer;
	if (a->peer->kind != b->peer->kind)
		return false;
	return a->peer->kind == PEER_BLOCK ? lint_block_within(lint, a->peer, b->peer)
					   : pods_within(lint, a, b);
}

/*
 * Is it before the other in the order of the input? If two entries say the same, the first one has
 * its point.
 */
static bool is_before(const struct lint_place *a, const struct lint_place *b)
{
	if (a->policy != b->policy)
		return a->policy < b->policy;
	return a->rule != b->rule ? a->rule < b->rule : a->peer < b->peer;
}

/* Does @b make @a pointless? @back: @a's policy selects everything that @b's policy selects.  */
static bool covers(const struct lint *lint, const struct lint_place *b, const struct lint_place *a,
		   bool back)
{
	return within(lint, a, b) && !(back && !is_before(b, a) && within(lint, b, a));
}

/* How many entries the rule has.  A rule without entries counts as one entry.  */
static size_t entries(const struct policy_rule *rule)
{
	return rule->peer_count ? rule->peer_count : 1;
}

static struct lint_place entry(const struct lint_place *place, size_t i)
{
	struct lint_place entry = *place;

	entry.peer = place->rule->peer_count ? &place->rule->peers[i] : NULL;
	return entry;
}

/* The entry that may be pointless, and whether only entries of other rules may cover it.  */
struct covering {
	const struct lint_place *entry;
	bool others;
};

static bool suits_as_cover(const struct lint *lint, const struct lint_place *candidate,
			   void *context)
{
	const struct covering *covering = context;
	const struct lint_place *a = covering->entry;

	if (candidate->rule == a->rule && (covering->others || candidate->peer == a->peer))
		return false;
	/*
	 * An audited policy allows nothing that others deny; and what the others allow does not
	 * count as allowed by it.
	 */
	return candidate->policy->is_audited == a->policy->is_audited &&
	       selector_within(a->policy->pods, candidate->policy->pods) &&
	       covers(lint, candidate, a,
		      selector_within(candidate->policy->pods, a->policy->pods));
}

/* Finds an entry that makes this one pointless; @others: only among the entries of other rules.  */
static bool find_cover(const struct lint *lint, const struct lint_place *a, bool others,
		       struct lint_place *found)
{
	struct covering covering = {a, others};

	return lint_find_entry(lint, a, suits_as_cover, &covering, found);
}

static const char *where(const struct lint *lint, const struct lint_place *at,
			 const struct lint_place *from)
{
	const struct mark mark = at->peer ? at->peer->mark : at->rule->mark;
	const char *what = at->peer ? "the entry" : "the rule";

	if (at->policy == from->policy)
		return arena_printf(lint->arena, "%s at line %u", what, mark.line);
	if (!strcmp(mark.file, from->policy->mark.file))
		return arena_printf(lint->arena, "%s at line %u (policy %s)", what, mark.line,
				    at->policy->name);
	return arena_printf(lint->arena, "%s at %s:%u (policy %s)", what, mark.file, mark.line,
			    at->policy->name);
}

/* Is each entry of the rule covered by an entry of another rule? */
static bool rule_is_covered(const struct lint *lint, const struct lint_place *rule,
			    struct lint_place *found)
{
	for (size_t i = 0; i < entries(rule->rule); i++) {
		const struct lint_place one = entry(rule, i);

		if ((one.peer && !lint_can_match(lint, one.peer)) ||
		    !find_cover(lint, &one, true, found))
			return false;
	}
	return true;
}

static void pointless_rule(struct lint *lint, const struct check *check,
			   const struct lint_place *place)
{
	struct lint_place found;

	if (rule_is_covered(lint, place, &found))
		lint_add(lint, check, place->policy, place->rule->mark,
			 "remove this rule, or narrow the other",
			 "this rule adds nothing: %s lets all of it %s already",
			 where(lint, &found, place), lint_way_text(place->direction));
}

void check_pointless_rule(struct lint *lint, const struct check *check)
{
	lint_each_rule(lint, check, pointless_rule);
}

static void pointless_entry(struct lint *lint, const struct check *check,
			    const struct lint_place *place)
{
	const struct lint_place rule = {place->policy, place->direction, place->rule, NULL};
	struct lint_place found;

	if (place->rule->peer_count < 2 || !lint_can_match(lint, place->peer) ||
	    !find_cover(lint, place, false, &found))
		return;
	if (!rule_is_covered(lint, &rule, &found) && find_cover(lint, place, false, &found))
		lint_add(lint, check, place->policy, place->peer->mark,
			 "remove this entry, or narrow the other",
			 "this entry adds nothing: %s lets all of it %s already",
			 where(lint, &found, place), lint_way_text(place->direction));
}

void check_pointless_entry(struct lint *lint, const struct check *check)
{
	lint_each_peer(lint, check, pointless_entry);
}

/* An entry with an except, and the addresses of the except.  */
struct undoing {
	const struct lint_place *entry;
	struct range hole;
};

/*
 * Does the candidate let in what the except takes out? A block that lets in everything of the entry
 * does not count.
 */
static bool suits_as_undoing(const struct lint *lint, const struct lint_place *candidate,
			     void *context)
{
	const struct undoing *undoing = context;
	const struct lint_place *a = undoing->entry;

	return candidate->policy == a->policy && candidate->peer && candidate->peer != a->peer &&
	       candidate->peer->kind == PEER_BLOCK && ports_within(a->rule, candidate->rule) &&
	       remainder_holds(lint_remainder(lint, candidate->peer), &undoing->hole) &&
	       !lint_block_within(lint, a->peer, candidate->peer);
}

static bool find_undoing(const struct lint *lint, const struct lint_place *a,
			 const struct cidr *except, struct lint_place *found)
{
	const struct peer hole = {.kind = PEER_BLOCK, .cidr = *except};
	const struct lint_place place = {a->policy, a->direction, a->rule, &hole};
	struct undoing undoing = {a, cidr_range(except)};

	return lint_find_entry(lint, &place, suits_as_undoing, &undoing, found);
}

static void except_undone(struct lint *lint, const struct check *check,
			  const struct lint_place *place)
{
	for (size_t i = 0; place->peer->kind == PEER_BLOCK && i < place->peer->except_count; i++) {
		char text[CIDR_TEXT];
		struct lint_place found;

		if (!find_undoing(lint, place, &place->peer->excepts[i], &found))
			continue;
		cidr_text(&place->peer->excepts[i], text);
		lint_add(lint, check, place->policy, place->peer->mark,
			 "an except only cuts the cidr of its own entry; to deny it, cut it from "
			 "the "
			 "other too, or else remove it here",
			 "the except %s changes nothing: %s lets it %s again", text,
			 where(lint, &found, place), lint_way_text(place->direction));
	}
}

void check_except_undone(struct lint *lint, const struct check *check)
{
	lint_each_peer(lint, check, except_undone);
}

static bool only_pods(const struct peer *peer)
{
	return peer->kind == PEER_PODS && !peer->namespaces && peer->pods->count;
}

static bool only_namespaces(const struct peer *peer)
{
	return peer->kind == PEER_PODS && peer->namespaces && peer->namespaces->count &&
	       !peer->pods->count;
}

/*
 * Would the two together mean nobody, while the pods alone mean somebody? Then either of them is
 * what was meant.
 */
static bool is_surely_either(struct lint *lint, const struct policy *policy,
			     const struct peer *pods, const struct peer *namespaces)
{
	const struct peer both = {
		.kind = PEER_PODS, .namespaces = namespaces->namespaces, .pods = pods->pods};

	return lint_meant(lint, policy, pods)->count && !lint_meant(lint, policy, &both)->count;
}

static void or_not_and(struct lint *lint, const struct check *check, const struct lint_place *place)
{
	for (size_t i = 1; i < place->rule->peer_count; i++) {
		const struct peer *a = &place->rule->peers[i - 1], *b = &place->rule->peers[i];
		const struct peer *pods = only_pods(a) ? a : b;
		const struct peer *namespaces = pods == a ? b : a;

		if (!only_pods(pods) || !only_namespaces(namespaces) || !lint_can_match(lint, a) ||
		    !lint_can_match(lint, b) ||
		    is_surely_either(lint, place->policy, pods, namespaces))
			continue;
		lint_add(lint, check, place->policy, a->mark,
			 "for pods that are both, write one entry: remove the - before the second "
			 "selector; otherwise put the two into rules of their own",
			 "these two entries let %s %s, and besides %s: either, not both together",
			 lint_way_text(place->direction), lint_peer_text(lint, place->policy, a),
			 lint_peer_text(lint, place->policy, b));
	}
}

void check_or_not_and(struct lint *lint, const struct check *check)
{
	lint_each_rule(lint, check, or_not_and);
}

/*
 * Does the peer mean everybody in the cluster or in the namespace? Then two rules may be what was
 * meant: everybody there on all ports, and all others on some.
 */
static bool is_everybody(const struct peer *peer)
{
	return peer->kind == PEER_PODS && !peer->pods->count &&
	       (!peer->namespaces || !peer->namespaces->count);
}

static bool names_somebody(const struct policy_rule *rule)
{
	for (size_t i = 0; i < rule->peer_count; i++)
		if (is_everybody(&rule->peers[i]))
			return false;
	return true;
}

/* Are the rule's ports those of DNS alone? Often everybody may be asked for names.  */
static bool is_only_dns(const struct policy_rule *rule)
{
	for (size_t i = 0; i < rule->port_count; i++)
		if (rule->ports[i].name || rule->ports[i].first != 53 || rule->ports[i].last != 53)
			return false;
	return true;
}

static bool has_only_peers(const struct policy_rule *rule)
{
	return rule->peer_count && !rule->port_count;
}

static bool has_only_ports(const struct policy_rule *rule)
{
	return rule->port_count && !rule->peer_count;
}

static void tell_apart(struct lint *lint, const struct check *check, const struct lint_place *place,
		       const struct policy_rule *peers, const struct policy_rule *ports)
{
	const char *side = place->direction == INGRESS ? "from" : "to";
	const char *way = lint_way_text(place->direction);
	struct finding *finding;

	if (place->direction == EGRESS && is_only_dns(ports))
		return;
	finding = lint_add(
		lint, check, place->policy, place->rule->mark,
		arena_printf(lint->arena,
			     "for these peers on these ports, write one rule: remove the - before "
			     "the second of %s and ports",
			     side),
		"this rule and the next are two: the peers in %s pass %s on every port, and "
		"everybody "
		"passes %s on %s",
		side, way, way, lint_ports_text(lint, ports));
	if (!names_somebody(peers))
		finding->severity = DIAG_NOTE;
}

static void peers_and_ports_apart(struct lint *lint, const struct check *check,
				  const struct lint_place *place)
{
	const struct policy *policy = place->policy;
	const struct policy_rule *rule = place->rule, *next = rule + 1;

	if (next == policy->rules[place->direction] + policy->rule_count[place->direction])
		return;
	if (has_only_peers(rule) && has_only_ports(next))
		tell_apart(lint, check, place, rule, next);
	else if (has_only_ports(rule) && has_only_peers(next))
		tell_apart(lint, check, place, next, rule);
}

void check_peers_and_ports_apart(struct lint *lint, const struct check *check)
{
	lint_each_rule(lint, check, peers_and_ports_apart);
}
