/*
 * Goes through two sorted rulesets side by side, chain by chain and set by set.  What only the old
 * one has is deleted; those parts of it that nothing leads to are kept apart, since they can be
 * deleted first.
 */
#include "change/diff.h"

#include "base/arena.h"
#include "base/search.h"
#include "ruleset/layout.h"
#include "ruleset/same.h"

#include <stdlib.h>

static bool same_rules(const struct chain *a, const struct chain *b)
{
	if (a->foreign || a->rule_count != b->rule_count)
		return false;
	for (size_t i = 0; i < a->rule_count; i++)
		if (!rule_is_same(&a->rules[i], &b->rules[i]))
			return false;
	return true;
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

/* Finds a set or map by name; sets and maps share their names. */
static const struct set *find_named(const struct ruleset *ruleset, const char *name)
{
	static const struct verdict any;
	const struct set *map = find_set(ruleset, &(struct set){.name = name, .verdicts = &any});

	return map ? map : find_set(ruleset, &(struct set){.name = name});
}

static const struct chain *find_chain(const struct ruleset *ruleset, const struct chain *like)
{
	if (!ruleset->chain_count)
		return NULL;
	return bsearch(like, ruleset->chains, ruleset->chain_count, sizeof(*like), compare_chains);
}

size_t diff_find_chain(const struct ruleset *ruleset, const char *name)
{
	const struct chain *found = find_chain(ruleset, &(struct chain){.name = name});

	return found ? (size_t)(found - ruleset->chains) : ruleset->chain_count;
}

size_t diff_find_set(const struct ruleset *ruleset, const char *name)
{
	const struct set *found = find_named(ruleset, name);

	return found ? (size_t)(found - ruleset->sets) : ruleset->set_count;
}

bool diff_has_name(const struct ruleset *ruleset, const char *name)
{
	return find_chain(ruleset, &(struct chain){.name = name}) || find_named(ruleset, name);
}

static bool is_marked(const struct ruleset *ruleset, const struct diff_marks *marks,
		      const struct verdict *verdict)
{
	const size_t at =
		verdict->chain ? diff_find_chain(ruleset, verdict->chain) : ruleset->chain_count;

	return at < ruleset->chain_count && marks->chains[at];
}

static bool map_leads(const struct ruleset *ruleset, const struct diff_marks *marks,
		      const struct set *map)
{
	for (size_t i = 0; map->verdicts && i < map->count; i++)
		if (is_marked(ruleset, marks, &map->verdicts[i]))
			return true;
	return false;
}

bool diff_chain_leads(const struct ruleset *ruleset, const struct diff_marks *marks,
		      const struct chain *chain)
{
	for (size_t i = 0; i < chain->rule_count; i++) {
		const struct rule *rule = &chain->rules[i];

		if (is_marked(ruleset, marks, &rule->verdict))
			return true;
		if (rule->set && (rule->set->name ? marks->sets[rule->set - ruleset->sets]
						  : map_leads(ruleset, marks, rule->set)))
			return true;
	}
	return false;
}

int diff_order_at(const struct set_difference *set, size_t i, size_t k)
{
	if (i == set->gone.count || k == set->come.count)
		return i == set->gone.count ? 1 : -1;
	return element_compare(set->gone.from, set->gone.which[i], set->come.from,
			       set->come.which[k]);
}

/*
 * Must the table be replaced? It must, if a hook or the flags differ, but not for other rules in a
 * base chain.
 */
static bool must_replace(const struct ruleset *old, const struct ruleset *new)
{
	size_t entries = 0;

	if (old->readback.foreign)
		return true;
	for (size_t i = 0; i < old->chain_count; i++) {
		const struct chain *chain = &old->chains[i], *now = find_chain(new, chain);
		const bool is_input = !strcmp(chain->name, CHAIN_INPUT);

		entries += chain_is_entry(chain);
		if (!chain->base && !is_input)
			continue;
		/* The base chain on the input hook may come and go; the others stay as they are. */
		if (!chain->base || chain->elsewhere || (!now && !is_input) ||
		    (now && now->hook != chain->hook) || (is_input && chain_is_entry(chain)) ||
		    (!is_input && !text_is_same(chain->comment, now->comment)))
			return true;
	}
	return old->chain_count && !entries;
}

/*
 * Finds the chain of the old ruleset that corresponds to one of the new ruleset; NULL if there is
 * none.  Both rulesets are gone through side by side: *at is how far this has come in the old one.
 */
static const struct chain *next_chain(const struct ruleset *old, size_t *at,
				      const struct chain *chain)
{
	int order = -1;

	while (*at < old->chain_count && (order = chain_compare(&old->chains[*at], chain)) < 0)
		++*at;
	return order ? NULL : &old->chains[*at];
}

/* Does the same for sets.  A set may have become a map, or a map a set. */
static const struct set *next_set(const struct ruleset *old, size_t *at, const struct set *set)
{
	int order = -1;

	while (*at < old->set_count && (order = set_compare(&old->sets[*at], set)) < 0)
		++*at;
	return order ? find_named(old, set->name) : &old->sets[*at];
}

static struct chain_difference compare_chain(const struct chain *before, const struct chain *chain)
{
	struct chain_difference difference = {.before = before};

	if (!difference.before)
		difference.fate = FATE_IS_NEW;
	else if (!text_is_same(difference.before->comment, chain->comment))
		difference.fate = FATE_IS_RENEWED;
	else if (!same_rules(difference.before, chain))
		difference.fate = FATE_CHANGES;
	return difference;
}

/* Goes through two sorted lists of elements and collects those that are only in one, or differ. */
static void compare_elements_of(struct arena *arena, const struct difference *difference,
				const struct set *new, struct set_difference *set)
{
	const struct set *old = set->before;
	size_t i = 0, k = 0;

	set->gone.from = old;
	set->come.from = new;
	while (i < old->count || k < new->count) {
		int order = i == old->count   ? 1
			    : k == new->count ? -1
					      : element_compare(old, i, new, k);

		if (order == 0 && element_is_same(old, i, new, k) &&
		    !(new->verdicts &&is_marked(difference->new, &difference->renewed,
						&new->verdicts[k]))) {
			i++;
			k++;
			continue;
		}
		if (order <= 0)
			arena_push(arena, set->gone.which, set->gone.count, i++);
		if (order >= 0)
			arena_push(arena, set->come.which, set->come.count, k++);
	}
	if (set->gone.count || set->come.count)
		set->fate = FATE_CHANGES;
}

static void take_known(const struct known_set *known, struct set_difference *set)
{
	set->gone = known->gone;
	set->come = known->come;
	if (set->gone.count || set->come.count)
		set->fate = FATE_CHANGES;
}

/*
 * Does the kernel keep the set as bitmaps (pipapo)? Such a set is never emptied and filled again,
 * since kernels before 6.18.24 with AVX2 may then mistake a deleted element for another one.
 */
static bool is_of_bitmaps(const struct set *set)
{
	return set->interval && set->field_count > 1;
}

/* Compares a set with the old one; @before and @known may be NULL. */
static struct set_difference compare_set(struct arena *arena, const struct difference *difference,
					 size_t number, const struct set *before,
					 const struct known_set *known)
{
	const struct set *new = &difference->new->sets[number];
	struct set_difference set = {.number = number, .before = before};

	if (!set.before)
		set.fate = FATE_IS_NEW;
	else if (set.before->foreign || !set_is_same_type(set.before, new) ||
		 !text_is_same(set.before->comment, new->comment))
		set.fate = FATE_IS_RENEWED;
	else if (known)
		take_known(known, &set);
	else
		compare_elements_of(arena, difference, new, &set);
	if (set.fate == FATE_CHANGES && is_of_bitmaps(new))
		set.fate = FATE_IS_RENEWED;
	return set;
}

static void reach_chain(const struct ruleset *ruleset, const char *name,
			struct diff_marks *reached);

static void reach_map(const struct ruleset *ruleset, const struct set *map,
		      struct diff_marks *reached)
{
	for (size_t i = 0; map->verdicts && i < map->count; i++)
		if (map->verdicts[i].chain)
			reach_chain(ruleset, map->verdicts[i].chain, reached);
}

static void reach_set(const struct ruleset *ruleset, size_t at, struct diff_marks *reached)
{
	if (at == ruleset->set_count || reached->sets[at])
		return;
	reached->sets[at] = true;
	reach_map(ruleset, &ruleset->sets[at], reached);
}

static void reach_rules(const struct ruleset *ruleset, const struct chain *chain,
			struct diff_marks *reached)
{
	for (size_t i = 0; i < chain->rule_count; i++) {
		const struct rule *rule = &chain->rules[i];

		if (rule->verdict.chain)
			reach_chain(ruleset, rule->verdict.chain, reached);
		if (rule->set && rule->set->name)
			reach_set(ruleset, (size_t)(rule->set - ruleset->sets), reached);
		else if (rule->set)
			reach_map(ruleset, rule->set, reached);
	}
}

/*
 * Marks a chain and everything that it leads to.  This ends, since the kernel lets no chain lead
 * back to itself.
 */
static void reach_chain(const struct ruleset *ruleset, const char *name, struct diff_marks *reached)
{
	const size_t at = diff_find_chain(ruleset, name);

	if (at == ruleset->chain_count || reached->chains[at])
		return;
	reached->chains[at] = true;
	reach_rules(ruleset, &ruleset->chains[at], reached);
}

/*
 * Marks what packets can reach in the old ruleset: hooks, what stays, and what these lead to.  If a
 * chain or set is foreign, it may lead anywhere, so that everything counts as reached.
 */
static struct diff_marks find_reached(struct arena *arena, const struct difference *difference,
				      const struct diff_marks *kept)
{
	const struct ruleset *old = difference->old;
	struct diff_marks reached = {.chains = arena_array(arena, old->chain_count, sizeof(bool)),
				     .sets = arena_array(arena, old->set_count, sizeof(bool))};
	bool foreign = false;

	for (size_t i = 0; i < old->chain_count; i++)
		foreign |= old->chains[i].foreign;
	for (size_t i = 0; i < old->set_count; i++)
		foreign |= old->sets[i].foreign;
	for (size_t i = 0; i < old->chain_count; i++) {
		reached.chains[i] |= foreign;
		if (old->chains[i].base)
			reach_rules(old, &old->chains[i], &reached);
		else if (kept->chains[i])
			reach_chain(old, old->chains[i].name, &reached);
	}
	for (size_t i = 0; i < old->set_count; i++) {
		reached.sets[i] |= foreign;
		if (kept->sets[i])
			reach_set(old, i, &reached);
	}
	return reached;
}

/*
 * Moves the chains and sets that no packet can reach from the list of what is gone to a list apart.
 */
static void split_idle(struct arena *arena, struct difference *difference,
		       const struct diff_marks *reached)
{
	const struct ruleset *old = difference->old;
	size_t kept = 0;

	for (size_t i = 0; i < difference->gone_chain_count; i++) {
		const struct chain *chain = difference->gone_chains[i];

		if (chain->base || reached->chains[chain - old->chains])
			difference->gone_chains[kept++] = chain;
		else
			arena_push(arena, difference->idle_chains, difference->idle_chain_count,
				   chain);
	}
	difference->gone_chain_count = kept;
	kept = 0;
	for (size_t i = 0; i < difference->gone_set_count; i++) {
		const struct set *set = difference->gone_sets[i];

		if (reached->sets[set - old->sets])
			difference->gone_sets[kept++] = set;
		else
			arena_push(arena, difference->idle_sets, difference->idle_set_count, set);
	}
	difference->gone_set_count = kept;
}

static void find_gone(struct arena *arena, struct difference *difference,
		      const struct diff_marks *kept)
{
	const struct ruleset *old = difference->old;
	struct diff_marks reached = {0};

	for (size_t i = 0; i < old->chain_count; i++)
		if (!kept->chains[i])
			arena_push(arena, difference->gone_chains, difference->gone_chain_count,
				   &old->chains[i]);
	for (size_t i = 0; i < old->set_count; i++)
		if (!kept->sets[i])
			arena_push(arena, difference->gone_sets, difference->gone_set_count,
				   &old->sets[i]);
	if (!difference->gone_chain_count && !difference->gone_set_count)
		return;
	reached = find_reached(arena, difference, kept);
	split_idle(arena, difference, &reached);
}

static void compare_all_chains(struct arena *arena, struct difference *difference,
			       const struct diff_marks *kept)
{
	const struct ruleset *old = difference->old, *new = difference->new;
	size_t at = 0;

	difference->chains = arena_array(arena, new->chain_count, sizeof(*difference->chains));
	difference->renewed.chains = arena_array(arena, new->chain_count, sizeof(bool));
	difference->renewed.sets = arena_array(arena, new->set_count, sizeof(bool));
	for (size_t i = 0; i < new->chain_count; i++) {
		const struct chain *before = next_chain(old, &at, &new->chains[i]);

		if (before)
			kept->chains[before - old->chains] = true;
		difference->chains[i] = compare_chain(before, &new->chains[i]);
		difference->renewed.chains[i] = difference->chains[i].fate == FATE_IS_RENEWED;
		difference->any_is_renewed |= difference->renewed.chains[i];
	}
}

static void compare_all_sets(struct arena *arena, const struct known_set *known, size_t count,
			     struct difference *difference, const struct diff_marks *kept)
{
	const struct ruleset *old = difference->old;
	size_t at = 0, old_at = 0;

	for (size_t i = 0; i < difference->new->set_count; i++) {
		const bool is_known = at < count && known[at].number == i;
		const struct set *before = next_set(old, &old_at, &difference->new->sets[i]);
		const struct set_difference set =
			compare_set(arena, difference, i, before, is_known ? &known[at] : NULL);

		if (before)
			kept->sets[before - old->sets] = true;
		at += is_known;
		if (set.fate == FATE_STAYS)
			continue;
		arena_push(arena, difference->sets, difference->set_count, set);
		difference->renewed.sets[i] = set.fate == FATE_IS_RENEWED;
		difference->any_is_renewed |= difference->renewed.sets[i];
	}
}

struct difference diff_with(struct arena *arena, const struct ruleset *old,
			    const struct ruleset *new, const struct known_set *known, size_t count)
{
	static const struct ruleset nothing;
	struct difference difference = {.old = old, .new = new};
	struct diff_marks kept; /* of the old ruleset: what is also in the new one */

	if (must_replace(old, new)) {
		difference.replaces_table = true;
		difference.old = &nothing;
	}
	kept.chains = arena_array(arena, difference.old->chain_count, sizeof(bool));
	kept.sets = arena_array(arena, difference.old->set_count, sizeof(bool));
	compare_all_chains(arena, &difference, &kept);
	compare_all_sets(arena, known, count, &difference, &kept);
	find_gone(arena, &difference, &kept);
	return difference;
}

struct difference diff_rulesets(struct arena *arena, const struct ruleset *old,
				const struct ruleset *new)
{
	return diff_with(arena, old, new, NULL, 0);
}

struct difference diff_of_elements(struct arena *arena, const struct ruleset *ruleset,
				   const struct known_set *known, size_t count)
{
	struct difference difference = {.old = ruleset, .new = ruleset};

	for (size_t i = 0; i < count; i++) {
		struct set_difference set = {.number = known[i].number,
					     .before = &ruleset->sets[known[i].number]};

		take_known(&known[i], &set);
		if (set.fate != FATE_STAYS)
			arena_push(arena, difference.sets, difference.set_count, set);
	}
	return difference;
}

enum fate diff_chain_fate(const struct difference *difference, size_t chain)
{
	return difference->chains ? difference->chains[chain].fate : FATE_STAYS;
}

const struct set_difference *diff_of_set(const struct difference *difference, size_t set)
{
	const struct set_difference *sets = difference->sets;
	const size_t at = FIRST_WHERE(i, difference->set_count, sets[i].number >= set);

	return at < difference->set_count && sets[at].number == set ? &sets[at] : NULL;
}
