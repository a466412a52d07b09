/*
 * Marks what differs, then whatever leads to something marked, until nothing new is found; then
 * copies what is marked.  The base chain is not copied: its rules lead to the copies for a while.
 */
#include "change/beside.h"

#include "base/arena.h"

/* The state while copies are made. */
struct beside_making {
	struct arena *arena;
	const struct difference *difference;
	struct diff_marks marks; /* the chains and sets of the new ruleset that get a copy */
	size_t numbered;         /* how many copies have names that are numbers */
	struct beside beside;
};

/*
 * Marks what itself differs.  A set of pairs (a pod and itself) is not marked, since its elements
 * concern no other packet: see change/elements.h.
 */
static void mark_differing(struct beside_making *making)
{
	const struct ruleset *new = making->difference->new;

	for (size_t i = 0; i < new->chain_count; i++) {
		enum fate fate = diff_chain_fate(making->difference, i);

		making->marks.chains[i] =
			!new->chains[i].base && (fate == FATE_CHANGES || fate == FATE_IS_RENEWED);
	}
	for (size_t i = 0; i < making->difference->set_count; i++) {
		const struct set_difference *set = &making->difference->sets[i];

		making->marks.sets[set->number] =
			set->fate == FATE_IS_RENEWED ||
			(set->fate == FATE_CHANGES && !set_is_of_pairs(set->before));
	}
}

/* Marks what leads to something marked; returns true if that was anything new. */
static bool mark_leading(struct beside_making *making)
{
	const struct ruleset *new = making->difference->new;
	bool more = false;

	for (size_t i = 0; i < new->chain_count; i++) {
		if (making->marks.chains[i] || new->chains[i].base ||
		    !diff_chain_leads(new, &making->marks, &new->chains[i]))
			continue;
		making->marks.chains[i] = more = true;
	}
	for (size_t i = 0; i < new->set_count; i++) {
		if (making->marks.sets[i] || !diff_map_leads(new, &making->marks, &new->sets[i]))
			continue;
		making->marks.sets[i] = more = true;
	}
	return more;
}

/*
 * Makes a name that nothing else has, not even something that an earlier run left when it was
 * killed.
 */
static const char *name_beside(struct beside_making *making, const char *name)
{
	const char *made = arena_printf(making->arena, BESIDE "%s", name);

	while (strlen(made) > NAME_MAX_LEN || diff_has_name(making->difference->old, made))
		made = arena_printf(making->arena, BESIDE "%zu", ++making->numbered);
	return made;
}

static struct verdict verdict_beside(const struct beside_making *making, struct verdict verdict)
{
	const struct ruleset *new = making->difference->new;
	const size_t at = verdict.chain ? diff_find_chain(new, verdict.chain) : new->chain_count;

	if (at < new->chain_count && making->beside.chains[at])
		verdict.chain = making->beside.chains[at]->name;
	return verdict;
}

/* The verdicts of a map, with chains that have a copy replaced with it. */
static const struct verdict *verdicts_beside(const struct beside_making *making,
					     const struct set *set)
{
	struct verdict *verdicts = arena_array(making->arena, set->count, sizeof(*verdicts));

	for (size_t i = 0; i < set->count; i++)
		verdicts[i] = verdict_beside(making, set->verdicts[i]);
	return verdicts;
}

static const struct set *set_beside(const struct beside_making *making, const struct set *set)
{
	const struct ruleset *new = making->difference->new;
	const struct set *beside;
	struct set *made;

	if (set->name) {
		beside = making->beside.sets[set - new->sets];
		return beside ? beside : set;
	}
	if (!diff_map_leads(new, &making->marks, set))
		return set;
	made = arena_alloc(making->arena, sizeof(*made));
	*made = *set;
	made->verdicts = verdicts_beside(making, set);
	return made;
}

static struct rule *rules_beside(const struct beside_making *making, const struct chain *chain)
{
	struct rule *rules = arena_array(making->arena, chain->rule_count, sizeof(*rules));

	for (size_t i = 0; i < chain->rule_count; i++) {
		rules[i] = chain->rules[i];
		rules[i].verdict = verdict_beside(making, rules[i].verdict);
		if (rules[i].set)
			rules[i].set = set_beside(making, rules[i].set);
	}
	return rules;
}

/*
 * Copies everything that is marked.  The names are made first, because the copies refer to each
 * other.
 */
static void make(struct beside_making *making)
{
	const struct ruleset *new = making->difference->new;
	struct chain *chains = arena_array(making->arena, new->chain_count, sizeof(*chains));
	struct set *sets = arena_array(making->arena, new->set_count, sizeof(*sets));

	for (size_t i = 0; i < new->chain_count; i++) {
		if (!making->marks.chains[i])
			continue;
		chains[i] = new->chains[i];
		chains[i].name = name_beside(making, chains[i].name);
		making->beside.chains[i] = &chains[i];
	}
	for (size_t i = 0; i < new->set_count; i++) {
		if (!making->marks.sets[i])
			continue;
		sets[i] = new->sets[i];
		sets[i].name = name_beside(making, sets[i].name);
		making->beside.sets[i] = &sets[i];
	}
	for (size_t i = 0; i < new->set_count; i++)
		if (making->marks.sets[i] && sets[i].verdicts)
			sets[i].verdicts = verdicts_beside(making, &new->sets[i]);
	for (size_t i = 0; i < new->chain_count; i++)
		if (making->marks.chains[i])
			chains[i].rules = rules_beside(making, &new->chains[i]);
	/* The base chain is not copied, but its rules lead to the copies for a while. */
	if (diff_chain_leads(new, &making->marks, &new->chains[0])) {
		chains[0] = new->chains[0];
		chains[0].rules = rules_beside(making, &new->chains[0]);
		making->beside.chains[0] = &chains[0];
	}
}

struct beside beside_of(struct arena *arena, const struct difference *difference)
{
	const struct ruleset *new = difference->new;
	struct beside_making making = {
		.arena = arena,
		.difference = difference,
		.marks = {.chains = arena_array(arena, new->chain_count, sizeof(bool)),
			  .sets = arena_array(arena, new->set_count, sizeof(bool))},
		.beside = {.chains = arena_array(arena, new->chain_count, sizeof(void *)),
			   .sets = arena_array(arena, new->set_count, sizeof(void *))},
	};

	mark_differing(&making);
	while (mark_leading(&making))
		;
	make(&making);
	return making.beside;
}
