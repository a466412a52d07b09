/*
 * Rules beside rules: what one adds nothing to, what it undoes, what is two entries and looks like one.
 *
 * Compared are definitions, not the pods that they hold today: a rule that is only now as wide as another
 * has its point.
 */
#include "ask/lint/parts.h"

#include "base/arena.h"

static bool port_within(const struct port *a, const struct port *b)
{
	if (a->protocol != b->protocol)
		return false;
	if (b->name)
		return a->name && !strcmp(a->name, b->name);
	if (a->name)
		return b->first <= 1 && b->last == UINT16_MAX;
	return b->first <= a->first && a->last <= b->last;
}

static bool ports_within(const struct policy_rule *a, const struct policy_rule *b)
{
	if (!b->port_count)
		return true;
	for (size_t i = 0; i < a->port_count; i++) {
		bool within = false;

		for (size_t k = 0; k < b->port_count && !within; k++)
			within = port_within(&a->ports[i], &b->ports[k]);
		if (!within)
			return false;
	}
	return a->port_count > 0;
}

static bool ranges_within(const struct range *a, size_t count, const struct range *b,
			  size_t count_b)
{
	for (size_t i = 0; i < count; i++) {
		bool within = false;

		for (size_t k = 0; k < count_b && !within; k++)
			within = memcmp(b[k].first, a[i].first, 16) <= 0 &&
				 memcmp(a[i].last, b[k].last, 16) <= 0;
		if (!within)
			return false;
	}
	return true;
}

static bool block_within(const struct lint *lint, const struct peer *a, const struct peer *b)
{
	struct range *ranges, *ranges_b;
	size_t count, count_b;

	if (a->cidr.base.family != b->cidr.base.family || a->cidr.prefix < b->cidr.prefix)
		return false;
	count = lint_block_ranges(lint, a, &ranges);
	count_b = lint_block_ranges(lint, b, &ranges_b);
	return ranges_within(ranges, count, ranges_b, count_b);
}

static const char *namespace_of(const struct lint *lint, const struct place *place)
{
	return definition_namespace(
		lint->objects,
		&(struct definition){.peer = place->peer, .namespace = place->policy->namespace});
}

static bool pods_within(const struct lint *lint, const struct place *a, const struct place *b)
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

/* Everything that @a lets in, on all of its ports, @b does too. */
static bool within(const struct lint *lint, const struct place *a, const struct place *b)
{
	if (!ports_within(a->rule, b->rule))
		return false;
	if (!a->peer || !b->peer)
		return !b->peer;
	if (a->peer->kind != b->peer->kind)
		return false;
	return a->peer->kind == PEER_BLOCK ? block_within(lint, a->peer, b->peer)
					   : pods_within(lint, a, b);
}

/* In the order of the input; of two that say the same, the first has its point. */
static bool is_before(const struct place *a, const struct place *b)
{
	if (a->policy != b->policy)
		return a->policy < b->policy;
	return a->rule != b->rule ? a->rule < b->rule : a->peer < b->peer;
}

/* Does @b make @a pointless?  @back: what @b's policy selects, @a's does too. */
static bool covers(const struct lint *lint, const struct place *b, const struct place *a, bool back)
{
	return within(lint, a, b) && !(back && !is_before(b, a) && within(lint, b, a));
}

/* A rule's entries; without any, one that is the rule itself. */
static size_t entries(const struct policy_rule *rule)
{
	return rule->peer_count ? rule->peer_count : 1;
}

static struct place entry(const struct place *place, size_t i)
{
	struct place entry = *place;

	entry.peer = place->rule->peer_count ? &place->rule->peers[i] : NULL;
	return entry;
}

static bool find_in_rule(const struct lint *lint, const struct place *a, const struct place *rule,
			 bool back, struct place *found)
{
	for (size_t i = 0; i < entries(rule->rule); i++) {
		*found = entry(rule, i);
		if (found->rule == a->rule && found->peer == a->peer)
			continue;
		if (covers(lint, found, a, back))
			return true;
	}
	return false;
}

/* An entry that makes this one pointless; @others: of other rules only. */
static bool find_cover(const struct lint *lint, const struct place *a, bool others,
		       struct place *found)
{
	for (size_t i = 0; i < lint->objects->policy_count; i++) {
		const struct policy *policy = &lint->objects->policies[i];
		bool back;

		if (strcmp(policy->namespace, a->policy->namespace) != 0 ||
		    !selector_within(a->policy->pods, policy->pods))
			continue;
		back = selector_within(policy->pods, a->policy->pods);
		for (size_t k = 0; k < policy->rule_count[a->direction]; k++) {
			const struct place rule = {policy, a->direction,
						   &policy->rules[a->direction][k], NULL};

			if (!(others && rule.rule == a->rule) &&
			    find_in_rule(lint, a, &rule, back, found))
				return true;
		}
	}
	return false;
}

static const char *where(const struct lint *lint, const struct place *at, const struct place *from)
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

static const char *way(const struct place *place)
{
	return place->direction == INGRESS ? "in" : "out";
}

/* Each of its entries, by entries of other rules. */
static bool rule_is_covered(const struct lint *lint, const struct place *rule, struct place *found)
{
	for (size_t i = 0; i < entries(rule->rule); i++) {
		const struct place one = entry(rule, i);

		if ((one.peer && !lint_can_match(lint, one.peer)) ||
		    !find_cover(lint, &one, true, found))
			return false;
	}
	return true;
}

static void pointless_rule(struct lint *lint, const struct check *check, const struct place *place)
{
	struct place found;

	if (rule_is_covered(lint, place, &found))
		lint_add(lint, check, place->policy, place->rule->mark,
			 "remove this rule, or narrow the other",
			 "this rule adds nothing: %s lets all of it %s already",
			 where(lint, &found, place), way(place));
}

void check_pointless_rule(struct lint *lint, const struct check *check)
{
	lint_each_rule(lint, check, pointless_rule);
}

static void pointless_entry(struct lint *lint, const struct check *check, const struct place *place)
{
	const struct place rule = {place->policy, place->direction, place->rule, NULL};
	struct place found;

	if (place->rule->peer_count < 2 || !lint_can_match(lint, place->peer) ||
	    !find_cover(lint, place, false, &found))
		return;
	if (!rule_is_covered(lint, &rule, &found) && find_cover(lint, place, false, &found))
		lint_add(lint, check, place->policy, place->peer->mark,
			 "remove this entry, or narrow the other",
			 "this entry adds nothing: %s lets all of it %s already",
			 where(lint, &found, place), way(place));
}

void check_pointless_entry(struct lint *lint, const struct check *check)
{
	lint_each_peer(lint, check, pointless_entry);
}

/* A block that lets in what this except of another takes out; not one that lets in all of that other. */
static bool find_undoing(const struct lint *lint, const struct place *a, const struct cidr *except,
			 struct place *found)
{
	const struct range hole = cidr_range(except);

	for (size_t k = 0; k < a->policy->rule_count[a->direction]; k++) {
		const struct policy_rule *rule = &a->policy->rules[a->direction][k];

		if (!ports_within(a->rule, rule))
			continue;
		for (size_t i = 0; i < rule->peer_count; i++) {
			const struct peer *peer = &rule->peers[i];
			struct range *ranges;
			size_t count;

			if (peer == a->peer || peer->kind != PEER_BLOCK ||
			    peer->cidr.base.family != except->base.family ||
			    block_within(lint, a->peer, peer))
				continue;
			count = lint_block_ranges(lint, peer, &ranges);
			if (!ranges_within(&hole, 1, ranges, count))
				continue;
			*found = (struct place){a->policy, a->direction, rule, peer};
			return true;
		}
	}
	return false;
}

static void except_undone(struct lint *lint, const struct check *check, const struct place *place)
{
	for (size_t i = 0; place->peer->kind == PEER_BLOCK && i < place->peer->except_count; i++) {
		char text[CIDR_TEXT];
		struct place found;

		if (!find_undoing(lint, place, &place->peer->excepts[i], &found))
			continue;
		cidr_text(&place->peer->excepts[i], text);
		lint_add(lint, check, place->policy, place->peer->mark,
			 "an except only cuts the cidr of its own entry; to deny it, cut it from "
			 "the "
			 "other too, or else remove it here",
			 "the except %s changes nothing: %s lets it %s again", text,
			 where(lint, &found, place), way(place));
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
 * What the two together would hold nobody, and the pods alone somebody: then either is what was meant.
 */
static bool is_surely_either(struct lint *lint, const struct policy *policy,
			     const struct peer *pods, const struct peer *namespaces)
{
	const struct peer both = {
		.kind = PEER_PODS, .namespaces = namespaces->namespaces, .pods = pods->pods};

	lint_peer_pods(lint, policy, pods, &lint->pods);
	lint_peer_pods(lint, policy, &both, &lint->others);
	return !bits_are_none(&lint->pods) && bits_are_none(&lint->others);
}

static void or_not_and(struct lint *lint, const struct check *check, const struct place *place)
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
			 way(place),
			 pods_in_words(lint->arena, lint->objects, a, place->policy->namespace),
			 pods_in_words(lint->arena, lint->objects, b, place->policy->namespace));
	}
}

void check_or_not_and(struct lint *lint, const struct check *check)
{
	lint_each_rule(lint, check, or_not_and);
}
