/*
 * Finds rules of cluster policies that never decide.
 *
 * In:  cluster policies in the order in which packets ask them.  Out: findings about rules whose
 * peers and ports are all matched by earlier rules: of the same policy, or of one that is asked
 * before it and is about the same pods.
 *
 * Only words are compared, so that a finding is true whatever pods there are.
 */
#include "ask/lint/tiers.h"
#include "ask/reason/reason.h"
#include "base/arena.h"
#include "model/meaning.h"

static bool same_selector(const struct lint *lint, const struct selector *a,
			  const struct selector *b)
{
	if (a->count != b->count)
		return false;
	return !a->count || !strcmp(selector_in_words(lint->scratch, lint->objects, a),
				    selector_in_words(lint->scratch, lint->objects, b));
}

static bool block_covers(const struct cidr *outer, const struct cidr *inner)
{
	const struct range range = cidr_range(outer);

	return outer->base.family == inner->base.family && outer->prefix <= inner->prefix &&
	       range_has(&range, &inner->base);
}

/* By its words, does the first peer mean everything that the second one means? */
static bool peer_covers(const struct lint *lint, const struct peer *a, const struct peer *b)
{
	if (a->kind != b->kind)
		return false;
	switch (a->kind) {
	case PEER_PODS:
		return lint_is_everybody(a) || (same_selector(lint, a->namespaces, b->namespaces) &&
						same_selector(lint, a->pods, b->pods));
	case PEER_BLOCK:
		return block_covers(&a->cidr, &b->cidr);
	case PEER_NODES:
		return !a->nodes->count || same_selector(lint, a->nodes, b->nodes);
	case PEER_DOMAIN:
		break;
	}
	return false;
}

static bool port_covers(const struct port *a, const struct port *b)
{
	if (a->name || b->name)
		return a->name && b->name && !strcmp(a->name, b->name);
	return a->protocol == b->protocol && a->first <= b->first && b->last <= a->last;
}

/* A rule that is asked before another one.  */
struct earlier_rule {
	const struct cluster_policy *policy;
	const struct tier_rule *rule;
};

/*
 * The rules that are asked before a rule and may match what it matches.  They are in lint->scratch.
 */
struct earlier_rules {
	struct earlier_rule *items;
	size_t count;
};

/* By its words, is the first policy about all pods that the second one is about? */
static bool subject_covers(const struct lint *lint, const struct cluster_policy *a,
			   const struct cluster_policy *b)
{
	if (a->selects_nothing || b->selects_nothing)
		return false;
	return (!a->namespaces->count || same_selector(lint, a->namespaces, b->namespaces)) &&
	       (!a->pods->count || same_selector(lint, a->pods, b->pods));
}

/*
 * Is the first policy always asked before the second one? If two have one priority, the API does
 * not say which is asked first.
 */
static bool is_before(const struct cluster_policy *a, const struct cluster_policy *b)
{
	return a->tier == b->tier && a->priority < b->priority;
}

static struct earlier_rules rules_before(const struct lint *lint,
					 const struct cluster_policy *policy,
					 enum direction direction, const struct tier_rule *rule)
{
	struct earlier_rules before = {0};

	for (const struct cluster_policy *one = lint->objects->cluster_policies; one <= policy;
	     one++) {
		if (one != policy &&
		    (!is_before(one, policy) || !subject_covers(lint, one, policy)))
			continue;
		for (size_t i = 0; i < one->rule_count[direction]; i++) {
			if (&one->rules[direction][i] == rule)
				break;
			if (!one->rules[direction][i].is_closed)
				arena_push(lint->scratch, before.items, before.count,
					   ((struct earlier_rule){one, &one->rules[direction][i]}));
		}
	}
	return before;
}

/*
 * Does the rule match everything that comes from or goes to the peer on the port (NULL: on all
 * ports)?
 */
static bool rule_covers(const struct lint *lint, const struct tier_rule *rule,
			const struct peer *peer, const struct port *port)
{
	bool covers = !rule->port_count;

	for (size_t i = 0; port && i < rule->port_count; i++)
		covers |= port_covers(&rule->ports[i], port);
	for (size_t i = 0; covers && i < rule->peer_count; i++)
		if (peer_covers(lint, &rule->peers[i], peer))
			return true;
	return false;
}

/* The first earlier rule that does; NULL: none does.  */
static const struct earlier_rule *find_cover(const struct lint *lint,
					     const struct earlier_rules *before,
					     const struct peer *peer, const struct port *port)
{
	for (size_t i = 0; i < before->count; i++)
		if (rule_covers(lint, before->items[i].rule, peer, port))
			return &before->items[i];
	return NULL;
}

/* The earlier rules that match everything that a rule matches.  */
struct takers {
	const struct earlier_rule *first;
	bool are_several, say_the_same;
};

/* Finds them; returns false if some of what the rule matches is matched by none before it.  */
static bool find_takers(const struct lint *lint, const struct earlier_rules *before,
			const struct tier_rule *rule, struct takers *takers)
{
	const size_t ports = rule->port_count ? rule->port_count : 1;

	*takers = (struct takers){.say_the_same = true};
	for (size_t i = 0; i < rule->peer_count * ports; i++) {
		const struct port *port = rule->port_count ? &rule->ports[i % ports] : NULL;
		const struct earlier_rule *one =
			find_cover(lint, before, &rule->peers[i / ports], port);

		if (!one)
			return false;
		takers->are_several |= takers->first && takers->first != one;
		takers->first = takers->first ? takers->first : one;
		takers->say_the_same &= one->rule->action == rule->action;
	}
	return rule->peer_count > 0;
}

/*
 * Writes "rule 1 (Deny, line 12)", "rule 1 of lockdown (Deny, priority 10, policies.yaml:12)" or
 * "rules before it, among them rule 1 …".
 */
static const char *takers_text(const struct lint *lint, const struct cluster_policy *policy,
			       enum direction direction, const struct takers *takers)
{
	const struct earlier_rule *first = takers->first;
	const size_t number = (size_t)(first->rule - first->policy->rules[direction]) + 1;
	const char *action = action_text(first->rule->action), *text;

	text = first->policy == policy
		       ? arena_printf(lint->scratch, "rule %zu (%s, line %u)", number, action,
				      first->rule->mark.line)
		       : arena_printf(lint->scratch, "rule %zu of %s (%s, priority %u, %s:%u)",
				      number, first->policy->name, action, first->policy->priority,
				      first->rule->mark.file, first->rule->mark.line);
	return takers->are_several
		       ? arena_printf(lint->scratch, "rules before it, among them %s,", text)
		       : text;
}

static void shadowed(struct lint *lint, const struct check *check,
		     const struct cluster_policy *policy, enum direction direction,
		     const struct tier_rule *rule)
{
	const struct earlier_rules before = rules_before(lint, policy, direction, rule);
	struct finding *finding;
	struct takers takers;

	if (rule->is_closed || !find_takers(lint, &before, rule, &takers))
		return;
	finding = lint_add(lint, check, lint_stand_in(lint, policy), rule->mark,
			   "remove it, or let it be asked before what takes all of it",
			   "rule %zu never decides: %s %s all that it matches, and %s asked before",
			   (size_t)(rule - policy->rules[direction]) + 1,
			   takers_text(lint, policy, direction, &takers),
			   takers.are_several ? "match" : "matches",
			   takers.are_several ? "are" : "is");
	/* Another policy may say the same for reasons of its own.  */
	if (takers.first->policy != policy && takers.say_the_same)
		finding->severity = DIAG_NOTE;
}

void check_shadowed_rule(struct lint *lint, const struct check *check)
{
	lint_each_tier_rule(lint, check, shadowed);
}
