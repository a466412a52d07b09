/* Comparison of rulesets.  See diff.h. */
#include "diff.h"

#include "arena.h"
#include "table.h"

#include <stdlib.h>

struct comparison {
	struct arena *arena;
	struct changes *changes;
	enum phase phase;     /* of the changes that are added now */
	struct table renewed; /* names of chains that are deleted and made again */
	struct table aside;   /* names of chains that have another beside them meanwhile: */
	const char **beside;
	size_t beside_count;
};

static void add(struct comparison *comparison, enum change_kind kind, const struct chain *chain,
		const struct set *set)
{
	arena_push(comparison->arena, comparison->changes->items, comparison->changes->count,
		   ((struct change){kind, comparison->phase, chain, set}));
}

static bool same_text(const char *a, const char *b)
{
	return a == b || (a && b && !strcmp(a, b));
}

static bool same_verdict(const struct verdict *a, const struct verdict *b)
{
	return a->kind == b->kind && same_text(a->chain, b->chain);
}

/* Fields of a key: whether it is a source or a destination does not show in a set. */
static bool same_type(const struct set *a, const struct set *b)
{
	if (a->field_count != b->field_count || a->interval != b->interval ||
	    !a->verdicts != !b->verdicts)
		return false;
	for (size_t i = 0; i < a->field_count; i++)
		if (field_type(a->fields[i]) != field_type(b->fields[i]))
			return false;
	return true;
}

static int compare_elements(const struct set *a, size_t i, const struct set *b, size_t k)
{
	size_t len = set_key_len(a);

	/* Intervals over ports stand in the order of protocol and port, not in nft's. */
	return key_compare(a->keys + i * len, b->keys + k * len, len,
			   a->field_count > 1 && !a->interval);
}

/* Everything but the key. */
static bool same_element(const struct set *a, size_t i, const struct set *b, size_t k)
{
	size_t len = set_key_len(a);

	return (!a->interval || !memcmp(a->ends + i * len, b->ends + k * len, len)) &&
	       (!a->verdicts || same_verdict(&a->verdicts[i], &b->verdicts[k])) &&
	       same_text(a->comments ? a->comments[i] : NULL, b->comments ? b->comments[k] : NULL);
}

static bool same_elements(const struct set *a, const struct set *b)
{
	if (a->count != b->count)
		return false;
	for (size_t i = 0; i < a->count; i++)
		if (compare_elements(a, i, b, i) || !same_element(a, i, b, i))
			return false;
	return true;
}

static bool same_rule(const struct rule *a, const struct rule *b)
{
	if (a->kind != b->kind || a->counter != b->counter ||
	    !same_verdict(&a->verdict, &b->verdict) || !same_text(a->comment, b->comment))
		return false;
	if (a->kind != RULE_LOOKUP)
		return true;
	if (a->field_count != b->field_count ||
	    memcmp(a->fields, b->fields, a->field_count * sizeof(*a->fields)) != 0 ||
	    !same_text(a->set->name, b->set->name))
		return false;
	return a->set->name || (!a->set->foreign && !b->set->foreign && same_type(a->set, b->set) &&
				same_elements(a->set, b->set));
}

static bool same_rules(const struct chain *a, const struct chain *b)
{
	if (a->foreign || a->rule_count != b->rule_count)
		return false;
	for (size_t i = 0; i < a->rule_count; i++)
		if (!same_rule(&a->rules[i], &b->rules[i]))
			return false;
	return true;
}

/* Elements picked out of a set, to be added or deleted. */
struct picked {
	const struct set *from;
	size_t *which;
	size_t count;
};

static void pick(struct comparison *comparison, struct picked *picked, size_t i)
{
	arena_push(comparison->arena, picked->which, picked->count, i);
}

/* The chain beside this one, for now; NULL: there is none. */
static const char *beside(const struct comparison *comparison, const char *chain)
{
	uint32_t number = chain ? table_find(&comparison->aside, chain, strlen(chain)) : TABLE_NONE;

	return number == TABLE_NONE ? NULL : comparison->beside[number];
}

static const struct set *picked_set(const struct comparison *comparison,
				    const struct picked *picked)
{
	struct arena *arena = comparison->arena;
	size_t len = set_key_len(picked->from);
	struct set *set = arena_alloc(arena, sizeof(*set));
	uint8_t *keys = arena_array(arena, picked->count, len);
	uint8_t *ends = arena_array(arena, picked->count, len);
	const char **comments = arena_array(arena, picked->count, sizeof(*comments));
	struct verdict *verdicts = arena_array(arena, picked->count, sizeof(*verdicts));

	*set = *picked->from;
	set->count = picked->count;
	for (size_t i = 0; i < picked->count; i++) {
		size_t at = picked->which[i];

		memcpy(keys + i * len, set->keys + at * len, len);
		if (set->ends)
			memcpy(ends + i * len, set->ends + at * len, len);
		if (set->comments)
			comments[i] = set->comments[at];
		if (!set->verdicts)
			continue;
		verdicts[i] = set->verdicts[at];
		if (comparison->phase == PHASE_SWITCH && beside(comparison, verdicts[i].chain))
			verdicts[i].chain = beside(comparison, verdicts[i].chain);
	}
	set->keys = keys;
	set->ends = set->ends ? ends : NULL;
	set->comments = set->comments ? comments : NULL;
	set->verdicts = set->verdicts ? verdicts : NULL;
	return set;
}

/* An element that leads to a chain that is made again must go before, and come back after. */
static bool is_renewed(const struct comparison *comparison, const struct set *set, size_t i)
{
	const char *chain = set->verdicts ? set->verdicts[i].chain : NULL;

	return chain && (beside(comparison, chain) ||
			 table_find(&comparison->renewed, chain, strlen(chain)) != TABLE_NONE);
}

/* Two sorted lists side by side: what is only in one, or not the same in both. */
static void compare_set(struct comparison *comparison, const struct set *old, const struct set *new,
			struct picked *gone, struct picked *come)
{
	size_t i = 0, k = 0;

	*gone = (struct picked){.from = old};
	*come = (struct picked){.from = new};
	while (i < old->count || k < new->count) {
		int order = i == old->count   ? 1
			    : k == new->count ? -1
					      : compare_elements(old, i, new, k);

		if (order == 0 && same_element(old, i, new, k) && !is_renewed(comparison, new, k)) {
			i++;
			k++;
			continue;
		}
		if (order <= 0)
			pick(comparison, gone, i++);
		if (order >= 0)
			pick(comparison, come, k++);
	}
}

/* What no sequence of small changes puts right: a flag, a hook, a set's type or comment. */
static bool must_replace(const struct ruleset *old, const struct ruleset *new)
{
	size_t i = 0, k = 0;

	if (old->foreign)
		return true;
	while (i < old->set_count && k < new->set_count) {
		int order = set_compare(&old->sets[i], &new->sets[k]);

		if (!order && (old->sets[i].foreign || !same_type(&old->sets[i], &new->sets[k]) ||
			       !same_text(old->sets[i].comment, new->sets[k].comment)))
			return true;
		i += order <= 0;
		k += order >= 0;
	}
	for (i = k = 0; i < old->chain_count && k < new->chain_count;) {
		int order = chain_compare(&old->chains[i], &new->chains[k]);

		/* Rules lead to the chains that every ruleset has: they cannot be made again alone. */
		if (!order && !strchr(new->chains[k].name, '/') &&
		    !same_text(old->chains[i].comment, new->chains[k].comment))
			return true;
		if (old->chains[i].base && (order || old->chains[i].foreign))
			return true;
		i += order <= 0;
		k += order >= 0;
	}
	/* No base chain of ours: something else stands first. */
	return old->chain_count && new->chain_count && !old->chains[0].base;
}

static int compare_sets(const void *a, const void *b)
{
	return set_compare(a, b);
}

static int compare_chains(const void *a, const void *b)
{
	return chain_compare(a, b);
}

static const struct set *find_set(const struct ruleset *ruleset, const struct set *like)
{
	if (!ruleset->set_count)
		return NULL;
	return bsearch(like, ruleset->sets, ruleset->set_count, sizeof(*like), compare_sets);
}

static const struct chain *find_chain(const struct ruleset *ruleset, const struct chain *like)
{
	if (!ruleset->chain_count)
		return NULL;
	return bsearch(like, ruleset->chains, ruleset->chain_count, sizeof(*like), compare_chains);
}

/* Elements of sets that stay, those that go or those that come. */
static void change_elements(struct comparison *comparison, const struct ruleset *old,
			    const struct ruleset *new, enum change_kind kind)
{
	for (size_t i = 0; i < new->set_count; i++) {
		const struct set *before = find_set(old, &new->sets[i]);
		struct picked gone, come;
		const struct picked *picked = kind == CHANGE_ADD_ELEMENTS ? &come : &gone;

		if (!before)
			continue;
		compare_set(comparison, before, &new->sets[i], &gone, &come);
		if (picked->count)
			add(comparison, kind, NULL, picked_set(comparison, picked));
	}
}

/* A chain keeps the comment that it was made with: one whose comment differs is made again. */
static void find_renewed(struct comparison *comparison, const struct ruleset *old,
			 const struct ruleset *new)
{
	comparison->renewed.arena = comparison->arena;
	for (size_t i = 0; i < new->chain_count; i++) {
		const struct chain *chain = &new->chains[i], *before = find_chain(old, chain);

		if (before && !same_text(before->comment, chain->comment))
			table_add(&comparison->renewed, chain->name, strlen(chain->name), NULL);
	}
}

static bool has_port_map(const struct chain *chain)
{
	for (size_t i = 0; i < chain->rule_count; i++)
		if (chain->rules[i].set && !chain->rules[i].set->name &&
		    chain->rules[i].set->verdicts)
			return true;
	return false;
}

/* A chain with the rules of @chain and a name that is not taken. */
static struct chain *chain_beside(struct comparison *comparison, const struct ruleset *old,
				  const struct chain *chain)
{
	struct chain *made = arena_alloc(comparison->arena, sizeof(*made));

	*made = *chain;
	made->name = arena_printf(comparison->arena, "%s/next", chain->name);
	/* One is there if an earlier run was killed before its second switch. */
	while (find_chain(old, made))
		made->name = arena_printf(comparison->arena, "%s_", made->name);
	return made;
}

/* Puts the new rules of chains with port maps beside them. */
static void prepare_beside(struct comparison *comparison, const struct ruleset *old,
			   const struct ruleset *new)
{
	comparison->aside.arena = comparison->arena;
	for (size_t i = 0; i < new->chain_count; i++) {
		const struct chain *chain = &new->chains[i], *before = find_chain(old, chain),
				   *made;

		if (!before || before->foreign || same_rules(before, chain) ||
		    !same_text(before->comment, chain->comment) || !has_port_map(before))
			continue;
		made = chain_beside(comparison, old, chain);
		table_add(&comparison->aside, chain->name, strlen(chain->name), NULL);
		arena_push(comparison->arena, comparison->beside, comparison->beside_count,
			   made->name);
		add(comparison, CHANGE_ADD_CHAIN, made, NULL);
		add(comparison, CHANGE_ADD_RULES, made, NULL);
	}
}

/* Makes those again.  They are chains of groups, which maps alone lead to: elements gone by now. */
static void renew_chains(struct comparison *comparison, const struct ruleset *old,
			 const struct ruleset *new)
{
	for (size_t i = 0; i < new->chain_count; i++) {
		const struct chain *chain = &new->chains[i], *before = find_chain(old, chain);

		if (!before || same_text(before->comment, chain->comment))
			continue;
		add(comparison, CHANGE_FLUSH_CHAIN, before, NULL);
		add(comparison, CHANGE_DELETE_CHAIN, before, NULL);
		add(comparison, CHANGE_ADD_CHAIN, chain, NULL);
		add(comparison, CHANGE_ADD_RULES, chain, NULL);
	}
}

static void change_rules(struct comparison *comparison, const struct ruleset *old,
			 const struct ruleset *new)
{
	for (size_t i = 0; i < new->chain_count; i++) {
		const struct chain *chain = &new->chains[i], *before = find_chain(old, chain);

		if (!before || same_rules(before, chain) ||
		    !same_text(before->comment, chain->comment) ||
		    (beside(comparison, chain->name) != NULL) !=
			    (comparison->phase == PHASE_REWRITE))
			continue;
		if (before->rule_count || before->foreign)
			add(comparison, CHANGE_FLUSH_CHAIN, chain, NULL);
		if (chain->rule_count)
			add(comparison, CHANGE_ADD_RULES, chain, NULL);
	}
}

/* Rewrites those chains, and leads back to them. */
static void return_from_beside(struct comparison *comparison, const struct ruleset *old,
			       const struct ruleset *new)
{
	comparison->phase = PHASE_REWRITE;
	change_rules(comparison, old, new);
	comparison->phase = PHASE_RETURN;
	for (size_t i = 0; i < new->set_count; i++) {
		const struct set *set = &new->sets[i];
		struct picked back = {.from = set};

		for (size_t k = 0; set->verdicts && k < set->count; k++)
			if (beside(comparison, set->verdicts[k].chain))
				pick(comparison, &back, k);
		if (!back.count)
			continue;
		add(comparison, CHANGE_DELETE_ELEMENTS, NULL, picked_set(comparison, &back));
		add(comparison, CHANGE_ADD_ELEMENTS, NULL, picked_set(comparison, &back));
	}
}

/* Chains and sets that are new, filled; all but the base chain, which packets meet at once. */
static void prepare(struct comparison *comparison, const struct ruleset *old,
		    const struct ruleset *new)
{
	for (size_t i = 0; i < new->chain_count; i++)
		if (!new->chains[i].base && !find_chain(old, &new->chains[i]))
			add(comparison, CHANGE_ADD_CHAIN, &new->chains[i], NULL);
	for (size_t i = 0; i < new->set_count; i++) {
		if (find_set(old, &new->sets[i]))
			continue;
		add(comparison, CHANGE_ADD_SET, NULL, &new->sets[i]);
		if (new->sets[i].count)
			add(comparison, CHANGE_ADD_ELEMENTS, NULL, &new->sets[i]);
	}
	for (size_t i = 0; i < new->chain_count; i++)
		if (!new->chains[i].base &&new->chains[i].rule_count &&
		    !find_chain(old, &new->chains[i]))
			add(comparison, CHANGE_ADD_RULES, &new->chains[i], NULL);
}

static void hook(struct comparison *comparison, const struct ruleset *old,
		 const struct ruleset *new)
{
	for (size_t i = 0; i < new->chain_count &&new->chains[i].base; i++) {
		if (find_chain(old, &new->chains[i]))
			continue;
		add(comparison, CHANGE_ADD_CHAIN, &new->chains[i], NULL);
		add(comparison, CHANGE_ADD_RULES, &new->chains[i], NULL);
	}
}

/* What nothing refers to any more: rules first, since they refer to chains and sets. */
static void sweep(struct comparison *comparison, const struct ruleset *old,
		  const struct ruleset *new)
{
	for (size_t i = 0; i < old->chain_count; i++)
		if (!find_chain(new, &old->chains[i]))
			add(comparison, CHANGE_FLUSH_CHAIN, &old->chains[i], NULL);
	for (size_t i = 0; i < old->set_count; i++)
		if (!find_set(new, &old->sets[i]))
			add(comparison, CHANGE_DELETE_SET, NULL, &old->sets[i]);
	for (size_t i = 0; i < old->chain_count; i++)
		if (!find_chain(new, &old->chains[i]))
			add(comparison, CHANGE_DELETE_CHAIN, &old->chains[i], NULL);
}

/* The chains beside others, which nothing leads to any more. */
static void sweep_beside(struct comparison *comparison)
{
	for (size_t i = 0; i < comparison->beside_count; i++) {
		struct chain *chain = arena_alloc(comparison->arena, sizeof(*chain));

		chain->name = comparison->beside[i];
		add(comparison, CHANGE_FLUSH_CHAIN, chain, NULL);
		add(comparison, CHANGE_DELETE_CHAIN, chain, NULL);
	}
}

struct changes diff_rulesets(struct arena *arena, const struct ruleset *old,
			     const struct ruleset *new)
{
	static const struct ruleset nothing;
	struct changes changes = {0};
	struct comparison comparison = {
		.arena = arena, .changes = &changes, .phase = PHASE_PREPARE};
	bool replace = old && must_replace(old, new);

	/* A table that is replaced is so in one transaction: between two nothing would be enforced. */
	if (replace) {
		comparison.phase = PHASE_SWITCH;
		add(&comparison, CHANGE_DELETE_TABLE, NULL, NULL);
	}
	if (replace || !old) {
		add(&comparison, CHANGE_ADD_TABLE, NULL, NULL);
		old = &nothing;
	}
	prepare(&comparison, old, new);
	prepare_beside(&comparison, old, new);
	comparison.phase = PHASE_SWITCH;
	hook(&comparison, old, new);
	find_renewed(&comparison, old, new);
	change_elements(&comparison, old, new, CHANGE_DELETE_ELEMENTS);
	renew_chains(&comparison, old, new);
	change_rules(&comparison, old, new);
	change_elements(&comparison, old, new, CHANGE_ADD_ELEMENTS);
	return_from_beside(&comparison, old, new);
	comparison.phase = PHASE_SWEEP;
	sweep(&comparison, old, new);
	sweep_beside(&comparison);
	return changes;
}
