/*
 * Closes the policies that took part in the refused chain or set one by one, and each time asks the
 * kernel whether it still refuses.  Those whose closing helps stay closed.
 */
#include "agent/refused_policies.h"

#include "base/arena.h"
#include "model/meaning.h"
#include "ruleset/chain_index.h"
#include "ruleset/evaluate.h"

/* If there are more suspects than this, none of them is tried by itself. */
#define ONE_BY_ONE 64

/* The policies that may have caused the refusal at one place. */
struct suspects {
	struct arena *arena;
	struct session_refused place;
	const struct ruleset *ruleset;
	bool *has_part; /* index: chain of the ruleset; it takes part in what was refused */
	struct refused_policy *items;
	size_t count;
};

/*
 * Is it the refused chain, or a chain that looks up the refused set, and was it made for policies?
 */
static bool is_at_place(const struct session_refused *place, const struct chain *chain)
{
	return chain->group && (*place->chain ? !strcmp(chain->name, place->chain)
					      : chain_looks_up(chain, place->set));
}

/* Does a rule of the chain lead to a chain that has a part? */
static bool leads_there(const struct suspects *suspects, const struct chain_index *chains,
			const struct chain *chain)
{
	for (size_t i = 0; i < chain->rule_count; i++) {
		const struct rule *rule = &chain->rules[i];
		const size_t count = rule->set && rule->set->verdicts ? rule->set->count : 0;
		uint32_t to = chain_index_find(chains, rule->verdict.chain);

		for (size_t k = 0; k <= count; k++) {
			if (to != CHAIN_NONE && suspects->has_part[to])
				return true;
			if (k < count)
				to = chain_index_find(chains, rule->set->verdicts[k].chain);
		}
	}
	return false;
}

/*
 * Finds the chains that take part in what was refused.  These are the refused chain, or the chains
 * that look up the refused set; the other chains of the same groups, since no rule may lead to some
 * of them; and all chains that lead to one of these.
 */
static void find_parts(struct suspects *suspects, const struct chain_index *chains)
{
	const struct ruleset *ruleset = suspects->ruleset;
	bool more = true;

	suspects->has_part = arena_array(suspects->arena, ruleset->chain_count, sizeof(bool));
	for (size_t i = 0; i < ruleset->chain_count; i++)
		if (is_at_place(&suspects->place, &ruleset->chains[i]))
			for (size_t k = 0; k < ruleset->chain_count; k++)
				suspects->has_part[k] |=
					ruleset->chains[k].group == ruleset->chains[i].group;
	while (more) {
		more = false;
		for (size_t i = 0; i < ruleset->chain_count; i++)
			if (!suspects->has_part[i] &&
			    leads_there(suspects, chains, &ruleset->chains[i]))
				more = suspects->has_part[i] = true;
	}
}

static bool is_suspect(const struct suspects *suspects, const char *namespace, const char *name)
{
	for (size_t i = 0; i < suspects->count; i++) {
		const struct refused_policy *one = &suspects->items[i];

		if (!strcmp(one->name, name) &&
		    (namespace ? one->namespace && !strcmp(one->namespace, namespace)
			       : !one->namespace))
			return true;
	}
	return false;
}

/* The names are copied, since the pipeline may make its objects anew at each try. */
static void suspect(struct suspects *suspects, const char *namespace, const char *name,
		    const char *text)
{
	struct arena *arena = suspects->arena;

	if (is_suspect(suspects, namespace, name))
		return;
	arena_push(arena, suspects->items, suspects->count,
		   ((struct refused_policy){
			   namespace ? arena_strndup(arena, namespace, strlen(namespace)) : NULL,
			   arena_strndup(arena, name, strlen(name)), text}));
}

static void suspect_all_of(struct suspects *suspects, const struct objects *objects,
			   const struct pod *pod, enum direction direction, const char *text)
{
	for (size_t i = 0; i < objects->policy_count; i++) {
		const struct policy *policy = &objects->policies[i];

		if (policy->isolates[direction] && !policy->is_closed &&
		    policy_selects(policy, pod))
			suspect(suspects, policy->namespace, policy->name, text);
	}
	for (size_t i = 0; i < objects->cluster_policy_count; i++) {
		const struct cluster_policy *policy = &objects->cluster_policies[i];

		if (policy->rule_count[direction] && !policy->is_closed &&
		    cluster_policy_selects(objects, policy, pod))
			suspect(suspects, NULL, policy->name, text);
	}
}

/* Finds the policies of all pods whose groups take part in it. */
static struct suspects find_suspects(struct arena *arena, const struct refusals *refusals)
{
	struct suspects suspects = {.arena = arena,
				    .place = *refusals->place,
				    .ruleset = pipeline_ruleset(refusals->pipeline)};
	struct objects *objects = arena_alloc(arena, sizeof(*objects));
	const struct evaluator *evaluator = evaluator_new(arena, suspects.ruleset);
	const struct chain_index chains = chain_index_of(arena, suspects.ruleset);

	find_parts(&suspects, &chains);
	*objects = pipeline_node_objects(refusals->pipeline, arena);
	for (size_t i = 0; i < objects->pod_count; i++)
		for (size_t k = 0; k < objects->pods[i].addr_count; k++)
			for (enum direction direction = INGRESS; direction < DIRECTIONS;
			     direction++) {
				const struct addr *addr = &objects->pods[i].addrs[k];
				const uint32_t chain = chain_index_find(
					&chains, evaluator_chain(evaluator, direction == EGRESS,
								 addr->family, addr->bytes));

				if (chain != CHAIN_NONE && suspects.has_part[chain])
					suspect_all_of(&suspects, objects, &objects->pods[i],
						       direction, refusals->text);
			}
	return suspects;
}

static void set_closed(struct refusals *refusals, const struct refused_policy *policies,
		       size_t count, bool closed)
{
	for (size_t i = 0; i < count; i++)
		if (policies[i].namespace)
			pipeline_close_policy(refusals->pipeline, policies[i].namespace,
					      policies[i].name, closed);
		else
			pipeline_close_cluster_policy(refusals->pipeline, policies[i].name, closed);
}

static bool is_same_place(const struct session_refused *a, const struct session_refused *b)
{
	return !strcmp(a->chain, b->chain) && !strcmp(a->set, b->set);
}

/*
 * Closes these policies, and tries whether that helps.  It helps if the kernel then refuses
 * nothing, or something else; the policies are then noted.  Otherwise they are opened again.
 */
static bool helps(struct refusals *refusals, const struct suspects *suspects, size_t first,
		  size_t count)
{
	const struct refused_policy *policies = suspects->items + first;

	set_closed(refusals, policies, count, true);
	if (refusals->try(refusals) &&
	    (!refusals->place->is_told || is_same_place(refusals->place, &suspects->place))) {
		set_closed(refusals, policies, count, false);
		return false;
	}
	for (size_t i = 0; i < count; i++)
		arena_push(suspects->arena, refusals->closed, refusals->closed_count, policies[i]);
	return true;
}

/* Closes the policies that caused the last refusal. */
static bool close_at_place(struct arena *arena, struct refusals *refusals)
{
	const struct suspects suspects = find_suspects(arena, refusals);
	const size_t singles = suspects.count <= ONE_BY_ONE ? suspects.count : 0;

	/*
	 * A try that fails for another reason, for example because somebody holds the lock, does
	 * not say whether the policy is to blame.
	 */
	for (size_t i = 0; i < singles && refusals->place->is_told; i++)
		if (helps(refusals, &suspects, i, 1))
			return true;
	return suspects.count > 1 && refusals->place->is_told &&
	       helps(refusals, &suspects, 0, suspects.count);
}

int refusals_close(struct arena *arena, struct refusals *refusals)
{
	/* This ends, since each round closes one more policy. */
	while (refusals->place->is_told)
		if (!close_at_place(arena, refusals))
			return -1;
	return 0;
}
