/*
 * Marks what differs, and whatever leads to something marked; then copies what is marked.  The base
 * chain is not copied: its rules lead to the copies for a while.
 */
#include "change/beside.h"

#include "base/arena.h"
#include "ruleset/chain_index.h"

/*
 * What leads to a chain or a set.  Each item is the index of a chain, or the number of chains plus
 * the index of a map.
 */
struct leaders {
	uint32_t *items;
	size_t count;
};

/* The state while copies are made. */
struct beside_making {
	struct arena *arena;
	const struct difference *difference;
	struct diff_marks marks; /* the chains and sets of the new ruleset that get a copy */
	struct chain_index chains;
	struct leaders *leaders; /* by chain, then by set */
	bool base_leads;         /* the base chain leads to some of them */
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

/* Marks whatever leads to a chain or set, directly or through others, up to the base chain. */
static void mark_leading(struct beside_making *making, size_t to)
{
	const size_t chain_count = making->difference->new->chain_count;
	const struct leaders *leaders = &making->leaders[to];

	for (size_t i = 0; i < leaders->count; i++) {
		const size_t from = leaders->items[i];
		bool *mark = from < chain_count ? &making->marks.chains[from]
						: &making->marks.sets[from - chain_count];

		if (from < chain_count && making->difference->new->chains[from].base) {
			making->base_leads |= from == 0;
			continue;
		}
		if (*mark)
			continue;
		*mark = true;
		mark_leading(making, from);
	}
}

static void add_leader(struct beside_making *making, size_t to, size_t from)
{
	struct leaders *leaders = &making->leaders[to];

	if (!leaders->count || leaders->items[leaders->count - 1] != from)
		arena_push(making->arena, leaders->items, leaders->count, (uint32_t)from);
}

static void add_leader_to_chain(struct beside_making *making, const struct verdict *verdict,
				size_t from)
{
	const uint32_t to = chain_index_find(&making->chains, verdict->chain);

	if (to != CHAIN_NONE)
		add_leader(making, to, from);
}

static void add_map_as_leader(struct beside_making *making, const struct set *map, size_t from)
{
	for (size_t i = 0; map->verdicts && i < map->count; i++)
		add_leader_to_chain(making, &map->verdicts[i], from);
}

static void add_chain_as_leader(struct beside_making *making, size_t from)
{
	const struct ruleset *new = making->difference->new;
	const struct chain *chain = &new->chains[from];

	for (size_t i = 0; i < chain->rule_count; i++) {
		const struct rule *rule = &chain->rules[i];

		add_leader_to_chain(making, &rule->verdict, from);
		if (rule->set && rule->set->name)
			add_leader(making, new->chain_count + (size_t)(rule->set - new->sets),
				   from);
		else if (rule->set)
			add_map_as_leader(making, rule->set, from);
	}
}

/*
 * Marks whatever leads to something that differs.  The last two loops may meet a mark that
 * mark_leading() has just set; doing its work again does no harm.
 */
static void mark_all_leading(struct beside_making *making)
{
	const struct ruleset *new = making->difference->new;

	for (size_t i = 0; i < new->chain_count; i++)
		add_chain_as_leader(making, i);
	for (size_t i = 0; i < new->set_count; i++)
		add_map_as_leader(making, &new->sets[i], new->chain_count + i);
	for (size_t i = 0; i < new->chain_count; i++)
		if (making->marks.chains[i])
			mark_leading(making, i);
	for (size_t i = 0; i < new->set_count; i++)
		if (making->marks.sets[i])
			mark_leading(making, new->chain_count + i);
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
	const uint32_t at = chain_index_find(&making->chains, verdict.chain);

	if (at != CHAIN_NONE && making->beside.chains[at])
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
	if (!set->verdicts)
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
		chains[i].original = chains[i].name;
		chains[i].name = name_beside(making, chains[i].name);
		making->beside.chains[i] = &chains[i];
	}
	for (size_t i = 0; i < new->set_count; i++) {
		if (!making->marks.sets[i])
			continue;
		sets[i] = new->sets[i];
		sets[i].original = sets[i].name;
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
	if (making->base_leads) {
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
		.chains = chain_index_of(arena, new),
		.leaders = arena_array(arena, new->chain_count + new->set_count,
				       sizeof(struct leaders)),
		.marks = {.chains = arena_array(arena, new->chain_count, sizeof(bool)),
			  .sets = arena_array(arena, new->set_count, sizeof(bool))},
		.beside = {.chains = arena_array(arena, new->chain_count, sizeof(void *)),
			   .sets = arena_array(arena, new->set_count, sizeof(void *))},
	};

	mark_differing(&making);
	mark_all_leading(&making);
	make(&making);
	return making.beside;
}
