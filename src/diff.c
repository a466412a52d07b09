/* Comparison of rulesets.  See diff.h. */
#include "diff.h"

#include "arena.h"
#include "table.h"

#include <stdlib.h>

/* What becomes of a chain of the new ruleset. */
struct chain_change {
	const struct chain *before; /* NULL: it is new */
	enum fate {
		CHAIN_STAYS,
		CHAIN_IS_NEW,
		CHAIN_CHANGES,        /* where it stands */
		CHAIN_CHANGES_BESIDE, /* in a chain beside it first */
		CHAIN_IS_RENEWED,     /* deleted, and made again */
	} how;
	const char *beside; /* the name of the chain beside it */
};

/* Elements picked out of a set, to be added or deleted. */
struct picked {
	const struct set *from;
	size_t *which;
	size_t count;
};

/* What becomes of a set of the new ruleset. */
struct set_change {
	const struct set *before; /* NULL: it is new */
	struct picked gone, come;
};

struct comparison {
	struct arena *arena;
	struct changes *changes;
	enum phase phase; /* of the changes that are added now */
	const struct ruleset *old, *new;
	struct chain_change *chains; /* by chain of the new ruleset */
	struct set_change *sets;     /* by set of the new ruleset */
	struct table moved;          /* names of chains that are not where they were, meanwhile: */
	const struct chain_change **moved_chains;
	size_t moved_count;
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

static void pick(struct comparison *comparison, struct picked *picked, size_t i)
{
	arena_push(comparison->arena, picked->which, picked->count, i);
}

/* What becomes of the chain that a verdict leads to; NULL: it is where it was. */
static const struct chain_change *moved_chain(const struct comparison *comparison,
					      const struct verdict *verdict)
{
	uint32_t number = TABLE_NONE;

	if (verdict->chain && comparison->moved_count)
		number = table_find(&comparison->moved, verdict->chain, strlen(verdict->chain));
	return number == TABLE_NONE ? NULL : comparison->moved_chains[number];
}

/* The chain beside the one that a verdict leads to, NULL if there is none. */
static const char *beside(const struct comparison *comparison, const struct verdict *verdict)
{
	const struct chain_change *change = moved_chain(comparison, verdict);

	return change ? change->beside : NULL;
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
		if (comparison->phase == PHASE_SWITCH && beside(comparison, &verdicts[i]))
			verdicts[i].chain = beside(comparison, &verdicts[i]);
	}
	set->keys = keys;
	set->ends = set->ends ? ends : NULL;
	set->comments = set->comments ? comments : NULL;
	set->verdicts = set->verdicts ? verdicts : NULL;
	return set;
}

/*
 * Two sorted lists side by side: what is only in one, or not the same in both.  An element that leads to
 * a chain that moves goes and comes back.
 */
static void compare_set(struct comparison *comparison, const struct set *new,
			struct set_change *change)
{
	const struct set *old = change->before;
	size_t i = 0, k = 0;

	change->gone.from = old;
	change->come.from = new;
	while (i < old->count || k < new->count) {
		int order = i == old->count   ? 1
			    : k == new->count ? -1
					      : compare_elements(old, i, new, k);

		if (order == 0 && same_element(old, i, new, k) &&
		    !(new->verdicts &&moved_chain(comparison, &new->verdicts[k]))) {
			i++;
			k++;
			continue;
		}
		if (order <= 0)
			pick(comparison, &change->gone, i++);
		if (order >= 0)
			pick(comparison, &change->come, k++);
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

static bool has_port_map(const struct chain *chain)
{
	for (size_t i = 0; i < chain->rule_count; i++)
		if (chain->rules[i].set && !chain->rules[i].set->name &&
		    chain->rules[i].set->verdicts)
			return true;
	return false;
}

/* A name for a chain beside this one. */
static const char *name_beside(const struct comparison *comparison, const struct chain *chain)
{
	struct chain made = {.name = arena_printf(comparison->arena, "%s/next", chain->name)};

	/* One is there if an earlier run was killed before its second switch. */
	while (find_chain(comparison->old, &made))
		made.name = arena_printf(comparison->arena, "%s_", made.name);
	return made.name;
}

static struct chain_change compare_chain(const struct comparison *comparison,
					 const struct chain *chain)
{
	struct chain_change change = {.before = find_chain(comparison->old, chain)};

	if (!change.before) {
		change.how = CHAIN_IS_NEW;
	} else if (!same_text(change.before->comment, chain->comment)) {
		/* It keeps the comment that it was made with. */
		change.how = CHAIN_IS_RENEWED;
	} else if (!same_rules(change.before, chain)) {
		change.how = CHAIN_CHANGES;
		if (!change.before->foreign && has_port_map(change.before)) {
			change.how = CHAIN_CHANGES_BESIDE;
			change.beside = name_beside(comparison, chain);
		}
	}
	return change;
}

/* Finds out everything that differs, each thing once. */
static void compare(struct comparison *comparison)
{
	const struct ruleset *new = comparison->new;

	comparison->moved.arena = comparison->arena;
	comparison->chains =
		arena_array(comparison->arena, new->chain_count, sizeof(*comparison->chains));
	for (size_t i = 0; i < new->chain_count; i++) {
		const struct chain *chain = &new->chains[i];
		struct chain_change *change = &comparison->chains[i];

		*change = compare_chain(comparison, chain);
		if (change->how != CHAIN_CHANGES_BESIDE && change->how != CHAIN_IS_RENEWED)
			continue;
		table_add(&comparison->moved, chain->name, strlen(chain->name), NULL);
		arena_push(comparison->arena, comparison->moved_chains, comparison->moved_count,
			   change);
	}
	comparison->sets =
		arena_array(comparison->arena, new->set_count, sizeof(*comparison->sets));
	for (size_t i = 0; i < new->set_count; i++) {
		comparison->sets[i].before = find_set(comparison->old, &new->sets[i]);
		if (comparison->sets[i].before)
			compare_set(comparison, &new->sets[i], &comparison->sets[i]);
	}
}

/* A chain with the rules of the new ruleset's chain, beside it. */
static const struct chain *chain_beside(const struct comparison *comparison, size_t i)
{
	struct chain *made = arena_alloc(comparison->arena, sizeof(*made));

	*made = comparison->new->chains[i];
	made->name = comparison->chains[i].beside;
	return made;
}

/* What is new, filled; all but the base chain, which packets meet at once. */
static void prepare(struct comparison *comparison)
{
	const struct ruleset *new = comparison->new;

	for (size_t i = 0; i < new->chain_count; i++)
		if (comparison->chains[i].how == CHAIN_IS_NEW && !new->chains[i].base)
			add(comparison, CHANGE_ADD_CHAIN, &new->chains[i], NULL);
	for (size_t i = 0; i < new->set_count; i++) {
		if (comparison->sets[i].before)
			continue;
		add(comparison, CHANGE_ADD_SET, NULL, &new->sets[i]);
		if (new->sets[i].count)
			add(comparison, CHANGE_ADD_ELEMENTS, NULL, &new->sets[i]);
	}
	for (size_t i = 0; i < new->chain_count; i++)
		if (comparison->chains[i].how == CHAIN_IS_NEW &&
		    !new->chains[i].base && new->chains[i].rule_count)
			add(comparison, CHANGE_ADD_RULES, &new->chains[i], NULL);
	for (size_t i = 0; i < new->chain_count; i++) {
		if (comparison->chains[i].how != CHAIN_CHANGES_BESIDE)
			continue;
		add(comparison, CHANGE_ADD_CHAIN, chain_beside(comparison, i), NULL);
		add(comparison, CHANGE_ADD_RULES, chain_beside(comparison, i), NULL);
	}
}

static void hook(struct comparison *comparison)
{
	const struct ruleset *new = comparison->new;

	for (size_t i = 0; i < new->chain_count; i++) {
		if (comparison->chains[i].how != CHAIN_IS_NEW || !new->chains[i].base)
			continue;
		add(comparison, CHANGE_ADD_CHAIN, &new->chains[i], NULL);
		add(comparison, CHANGE_ADD_RULES, &new->chains[i], NULL);
	}
}

/* Elements of sets that stay. */
static void delete_elements(struct comparison *comparison)
{
	for (size_t i = 0; i < comparison->new->set_count; i++)
		if (comparison->sets[i].gone.count)
			add(comparison, CHANGE_DELETE_ELEMENTS, NULL,
			    picked_set(comparison, &comparison->sets[i].gone));
}

static void add_elements(struct comparison *comparison)
{
	for (size_t i = 0; i < comparison->new->set_count; i++)
		if (comparison->sets[i].come.count)
			add(comparison, CHANGE_ADD_ELEMENTS, NULL,
			    picked_set(comparison, &comparison->sets[i].come));
}

/* Chains of groups, which maps alone lead to: those elements are gone by now. */
static void renew_chains(struct comparison *comparison)
{
	for (size_t i = 0; i < comparison->new->chain_count; i++) {
		const struct chain *chain = &comparison->new->chains[i];
		const struct chain_change *change = &comparison->chains[i];

		if (change->how != CHAIN_IS_RENEWED)
			continue;
		add(comparison, CHANGE_FLUSH_CHAIN, change->before, NULL);
		add(comparison, CHANGE_DELETE_CHAIN, change->before, NULL);
		add(comparison, CHANGE_ADD_CHAIN, chain, NULL);
		add(comparison, CHANGE_ADD_RULES, chain, NULL);
	}
}

/* New rules for the chains that change in this way. */
static void change_rules(struct comparison *comparison, enum fate how)
{
	for (size_t i = 0; i < comparison->new->chain_count; i++) {
		const struct chain *chain = &comparison->new->chains[i];
		const struct chain_change *change = &comparison->chains[i];

		if (change->how != how)
			continue;
		if (change->before->rule_count || change->before->foreign)
			add(comparison, CHANGE_FLUSH_CHAIN, chain, NULL);
		if (chain->rule_count)
			add(comparison, CHANGE_ADD_RULES, chain, NULL);
	}
}

/* Elements that lead beside a chain lead to it again. */
static void lead_back(struct comparison *comparison)
{
	for (size_t i = 0; i < comparison->new->set_count; i++) {
		const struct set *set = &comparison->new->sets[i];
		struct picked back = {.from = set};

		for (size_t k = 0; set->verdicts && k < set->count; k++)
			if (beside(comparison, &set->verdicts[k]))
				pick(comparison, &back, k);
		if (!back.count)
			continue;
		add(comparison, CHANGE_DELETE_ELEMENTS, NULL, picked_set(comparison, &back));
		add(comparison, CHANGE_ADD_ELEMENTS, NULL, picked_set(comparison, &back));
	}
}

/* What nothing refers to any more: rules first, since they refer to chains and sets. */
static void sweep(struct comparison *comparison)
{
	const struct ruleset *old = comparison->old, *new = comparison->new;

	for (size_t i = 0; i < old->chain_count; i++)
		if (!find_chain(new, &old->chains[i]))
			add(comparison, CHANGE_FLUSH_CHAIN, &old->chains[i], NULL);
	for (size_t i = 0; i < old->set_count; i++)
		if (!find_set(new, &old->sets[i]))
			add(comparison, CHANGE_DELETE_SET, NULL, &old->sets[i]);
	for (size_t i = 0; i < old->chain_count; i++)
		if (!find_chain(new, &old->chains[i]))
			add(comparison, CHANGE_DELETE_CHAIN, &old->chains[i], NULL);
	for (size_t i = 0; i < new->chain_count; i++) {
		if (comparison->chains[i].how != CHAIN_CHANGES_BESIDE)
			continue;
		add(comparison, CHANGE_FLUSH_CHAIN, chain_beside(comparison, i), NULL);
		add(comparison, CHANGE_DELETE_CHAIN, chain_beside(comparison, i), NULL);
	}
}

struct changes diff_rulesets(struct arena *arena, const struct ruleset *old,
			     const struct ruleset *new)
{
	static const struct ruleset nothing;
	struct changes changes = {0};
	bool replace = old && must_replace(old, new);
	struct comparison comparison = {
		.arena = arena,
		.changes = &changes,
		/* A table is replaced in one transaction: between two nothing would be enforced. */
		.phase = replace ? PHASE_SWITCH : PHASE_PREPARE,
		.old = old && !replace ? old : &nothing,
		.new = new,
	};

	compare(&comparison);
	if (replace)
		add(&comparison, CHANGE_DELETE_TABLE, NULL, NULL);
	if (replace || !old)
		add(&comparison, CHANGE_ADD_TABLE, NULL, NULL);
	prepare(&comparison);
	comparison.phase = PHASE_SWITCH;
	hook(&comparison);
	delete_elements(&comparison);
	renew_chains(&comparison);
	change_rules(&comparison, CHAIN_CHANGES);
	add_elements(&comparison);
	comparison.phase = PHASE_REWRITE;
	change_rules(&comparison, CHAIN_CHANGES_BESIDE);
	comparison.phase = PHASE_RETURN;
	lead_back(&comparison);
	comparison.phase = PHASE_SWEEP;
	sweep(&comparison);
	return changes;
}
