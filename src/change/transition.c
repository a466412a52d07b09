/*
 * Has one function for each phase, which adds its changes in an order that the kernel takes:
 * everything is made before something refers to it, and deleted after nothing refers to it any
 * more.
 */
#include "change/transition.h"

#include "base/arena.h"
#include "change/beside.h"
#include "change/elements.h"

struct transition {
	struct arena *arena;
	struct changes changes;
	enum phase phase; /* the phase of the changes that are being added */
	const struct difference *difference;
	struct beside beside;
};

bool phase_may_be_split(enum phase phase)
{
	return phase == PHASE_PREPARE || phase == PHASE_ENTER || phase == PHASE_LOOSEN ||
	       phase == PHASE_LEAVE || phase == PHASE_REWRITE || phase == PHASE_SWEEP;
}

bool phase_is_met(enum phase phase)
{
	return phase != PHASE_PREPARE && phase != PHASE_REWRITE;
}

static void add_change(struct transition *transition, struct change change)
{
	change.phase = transition->phase;
	arena_push(transition->arena, transition->changes.items, transition->changes.count, change);
}

static void add(struct transition *transition, enum change_kind kind, const struct chain *chain,
		const struct set *set)
{
	add_change(transition, (struct change){.kind = kind, .chain = chain, .set = set});
}

static void add_chain(struct transition *transition, const struct chain *chain)
{
	add(transition, CHANGE_ADD_CHAIN, chain, NULL);
}

static void add_rules(struct transition *transition, const struct chain *chain)
{
	if (chain->rule_count)
		add(transition, CHANGE_ADD_RULES, chain, NULL);
}

static void add_set(struct transition *transition, const struct set *set)
{
	add(transition, CHANGE_ADD_SET, NULL, set);
	if (set->count)
		add(transition, CHANGE_ADD_ELEMENTS, NULL, set);
}

static void flush_chain(struct transition *transition, const struct chain *chain)
{
	if (chain->rule_count)
		add(transition, CHANGE_FLUSH_CHAIN, chain, NULL);
}

static void change_elements(struct transition *transition, enum change_kind kind,
			    const struct picked *picked)
{
	if (picked->count)
		add(transition, kind, NULL, picked_set(transition->arena, picked));
}

static const struct chain *chain_beside(const struct transition *transition, size_t i)
{
	return transition->beside.chains ? transition->beside.chains[i] : NULL;
}

static const struct set *set_beside(const struct transition *transition, size_t i)
{
	return transition->beside.sets ? transition->beside.sets[i] : NULL;
}

/* Is it a new chain or set that can be made under its own name before the switch? */
static bool chain_is_prepared(const struct transition *transition, size_t i)
{
	return diff_chain_fate(transition->difference, i) == FATE_IS_NEW &&
	       !chain_is_entry(&transition->difference->new->chains[i]) &&
	       !chain_beside(transition, i);
}

static bool set_is_prepared(const struct transition *transition, const struct set_difference *set)
{
	return set->fate == FATE_IS_NEW && !set_beside(transition, set->number);
}

/* How many chains must be looked at: none, if all stay and none has a copy. */
static size_t chain_count(const struct transition *transition)
{
	const struct difference *difference = transition->difference;

	return difference->chains || transition->beside.chains ? difference->new->chain_count : 0;
}

/*
 * Deletes what a killed run left.  This comes first, so that leftovers do not pile up if this run
 * is killed, too.
 */
static void sweep_idle(struct transition *transition)
{
	const struct difference *difference = transition->difference;

	for (size_t i = 0; i < difference->idle_chain_count; i++)
		flush_chain(transition, difference->idle_chains[i]);
	for (size_t i = 0; i < difference->idle_set_count; i++)
		add(transition, CHANGE_DELETE_SET, NULL, difference->idle_sets[i]);
	for (size_t i = 0; i < difference->idle_chain_count; i++)
		add(transition, CHANGE_DELETE_CHAIN, difference->idle_chains[i], NULL);
}

/* Adds the new sets and the copies. */
static void prepare_sets(struct transition *transition)
{
	const struct difference *difference = transition->difference;
	const struct ruleset *new = difference->new;
	size_t at = 0;

	for (size_t i = 0; !transition->beside.sets && i < difference->set_count; i++)
		if (set_is_prepared(transition, &difference->sets[i]))
			add_set(transition, &new->sets[difference->sets[i].number]);
	for (size_t i = 0; transition->beside.sets && i < new->set_count; i++) {
		const bool differs = at < difference->set_count && difference->sets[at].number == i;

		if (differs && set_is_prepared(transition, &difference->sets[at]))
			add_set(transition, &new->sets[i]);
		if (set_beside(transition, i))
			add_set(transition, set_beside(transition, i));
		at += differs;
	}
}

/*
 * Adds what is new, in the order that references demand: chains, then the maps that lead to them,
 * then rules.
 */
static void prepare(struct transition *transition)
{
	const struct ruleset *new = transition->difference->new;

	for (size_t i = 0; i < chain_count(transition); i++) {
		if (chain_is_prepared(transition, i))
			add_chain(transition, &new->chains[i]);
		if (chain_beside(transition, i) && !chain_is_entry(&new->chains[i]))
			add_chain(transition, chain_beside(transition, i));
	}
	prepare_sets(transition);
	for (size_t i = 0; i < chain_count(transition); i++) {
		if (chain_is_prepared(transition, i))
			add_rules(transition, &new->chains[i]);
		if (chain_beside(transition, i) && !chain_is_entry(&new->chains[i]))
			add_rules(transition, chain_beside(transition, i));
	}
}

static void change_in_phase(struct transition *transition, enum phase phase,
			    const struct element_changes *elements)
{
	for (size_t i = 0; i < transition->difference->set_count; i++) {
		change_elements(transition, CHANGE_DELETE_ELEMENTS, &elements->gone[phase][i]);
		change_elements(transition, CHANGE_ADD_ELEMENTS, &elements->come[phase][i]);
	}
}

static void flush_gone(struct transition *transition)
{
	for (size_t i = 0; i < transition->difference->gone_chain_count; i++)
		flush_chain(transition, transition->difference->gone_chains[i]);
}

/*
 * Deletes what is gone or renewed.  All sets go first, because maps may lead to any of the chains.
 */
static void delete_gone_and_renewed(struct transition *transition)
{
	const struct difference *difference = transition->difference;

	for (size_t i = 0; i < difference->gone_set_count; i++)
		add(transition, CHANGE_DELETE_SET, NULL, difference->gone_sets[i]);
	for (size_t i = 0; i < difference->set_count; i++)
		if (difference->sets[i].fate == FATE_IS_RENEWED)
			add(transition, CHANGE_DELETE_SET, NULL, difference->sets[i].before);
	for (size_t i = 0; i < difference->gone_chain_count; i++)
		add(transition, CHANGE_DELETE_CHAIN, difference->gone_chains[i], NULL);
	for (size_t i = 0; difference->chains && i < difference->new->chain_count; i++)
		if (difference->chains[i].fate == FATE_IS_RENEWED)
			add(transition, CHANGE_DELETE_CHAIN, difference->chains[i].before, NULL);
}

/*
 * Deletes extras, which our rulesets never have.  The rules, elements and maps that referred to
 * them are gone by now.
 */
static void delete_extras(struct transition *transition)
{
	const struct ruleset *old = transition->difference->old;

	for (size_t i = 0; i < old->readback.extra_count; i++)
		add_change(transition, (struct change){.kind = CHANGE_DELETE_EXTRA,
						       .extra = &old->readback.extras[i]});
}

static bool refers_to_renewed(const struct difference *difference, const struct chain *chain)
{
	return difference->any_is_renewed &&
	       diff_chain_leads(difference->new, &difference->renewed, chain);
}

/* Marks the chains, other than the base chain, whose rules must be put in again. */
static bool *rewritten_chains(const struct transition *transition)
{
	const struct difference *difference = transition->difference;
	const struct ruleset *new = difference->new;
	bool *rewritten = arena_array(transition->arena, new->chain_count, sizeof(*rewritten));

	for (size_t i = 0; i < chain_count(transition); i++) {
		enum fate fate = diff_chain_fate(difference, i);

		rewritten[i] =
			!chain_is_entry(&new->chains[i]) && fate != FATE_IS_NEW &&
			(fate != FATE_STAYS || refers_to_renewed(difference, &new->chains[i]));
	}
	return rewritten;
}

/*
 * Makes what is renewed, and what is new and could not be prepared; puts in rules where they are
 * missing.
 */
static void make_again(struct transition *transition, const bool *rewritten)
{
	const struct difference *difference = transition->difference;
	const struct ruleset *new = difference->new;

	for (size_t i = 0; i < chain_count(transition); i++) {
		enum fate fate = diff_chain_fate(difference, i);

		if (!chain_is_entry(&new->chains[i]) &&
		    (fate == FATE_IS_RENEWED ||
		     (fate == FATE_IS_NEW && !chain_is_prepared(transition, i))))
			add_chain(transition, &new->chains[i]);
	}
	for (size_t i = 0; i < difference->set_count; i++) {
		const struct set_difference *set = &difference->sets[i];

		if (set->fate == FATE_IS_RENEWED ||
		    (set->fate == FATE_IS_NEW && !set_is_prepared(transition, set)))
			add_set(transition, &new->sets[set->number]);
	}
	for (size_t i = 0; i < chain_count(transition); i++)
		if (rewritten[i] ||
		    (diff_chain_fate(difference, i) == FATE_IS_NEW &&
		     !chain_is_entry(&new->chains[i]) && !chain_is_prepared(transition, i)))
			add_rules(transition, &new->chains[i]);
}

/* Are the elements of the set changed in the set itself? */
static bool is_rewritten(const struct difference *difference, const struct set_difference *set,
			 bool with_pairs)
{
	return with_pairs || !set_is_of_pairs(&difference->new->sets[set->number]);
}

/*
 * Changes everything that differs and was not prepared, under its own name.  A reference goes
 * before the thing that it refers to.
 */
static void rewrite(struct transition *transition, bool with_pairs)
{
	const struct difference *difference = transition->difference;
	const bool *rewritten = rewritten_chains(transition);

	for (size_t i = 0; i < difference->set_count; i++)
		if (is_rewritten(difference, &difference->sets[i], with_pairs))
			change_elements(transition, CHANGE_DELETE_ELEMENTS,
					&difference->sets[i].gone);
	flush_gone(transition);
	for (size_t i = 0; i < chain_count(transition); i++)
		if (rewritten[i])
			flush_chain(transition, difference->chains[i].before);
	delete_gone_and_renewed(transition);
	make_again(transition, rewritten);
	for (size_t i = 0; i < difference->set_count; i++)
		if (is_rewritten(difference, &difference->sets[i], with_pairs))
			change_elements(transition, CHANGE_ADD_ELEMENTS, &difference->sets[i].come);
}

static void sweep_beside(struct transition *transition)
{
	const struct ruleset *new = transition->difference->new;
	const struct beside *beside = &transition->beside;

	for (size_t i = 0; i < new->chain_count; i++)
		if (beside->chains[i] && !chain_is_entry(&new->chains[i]))
			flush_chain(transition, beside->chains[i]);
	for (size_t i = 0; i < new->set_count; i++)
		if (beside->sets[i])
			add(transition, CHANGE_DELETE_SET, NULL, beside->sets[i]);
	for (size_t i = 0; i < new->chain_count; i++)
		if (beside->chains[i] && !chain_is_entry(&new->chains[i]))
			add(transition, CHANGE_DELETE_CHAIN, beside->chains[i], NULL);
}

/* Gives the base chain these rules.  If it is new, it is added first, and so gets its hook. */
static void lead(struct transition *transition, const struct chain *rules)
{
	if (diff_chain_fate(transition->difference, 0) == FATE_IS_NEW &&
	    transition->phase != PHASE_RETURN)
		add_chain(transition, rules);
	else
		add(transition, CHANGE_FLUSH_CHAIN, rules, NULL);
	add_rules(transition, rules);
}

static void go_beside(struct transition *transition)
{
	const struct chain *base = &transition->difference->new->chains[0];
	const struct chain *beside;
	struct element_changes pairs;

	elements_of_pairs(transition->arena, transition->difference, &pairs);
	transition->beside = beside_of(transition->arena, transition->difference);
	beside = transition->beside.chains[0];
	transition->phase = PHASE_PREPARE;
	sweep_idle(transition);
	prepare(transition);
	change_in_phase(transition, PHASE_PREPARE, &pairs);
	transition->phase = PHASE_SWITCH;
	change_in_phase(transition, PHASE_TIGHTEN, &pairs);
	if (beside || diff_chain_fate(transition->difference, 0) != FATE_STAYS)
		lead(transition, beside ? beside : base);
	transition->phase = PHASE_REWRITE;
	rewrite(transition, false);
	transition->phase = PHASE_RETURN;
	if (beside)
		lead(transition, base);
	transition->phase = PHASE_SWEEP;
	sweep_beside(transition);
	delete_extras(transition);
	change_in_phase(transition, PHASE_SWEEP, &pairs);
}

static void go_by_elements(struct transition *transition, const struct element_changes *elements)
{
	transition->phase = PHASE_PREPARE;
	sweep_idle(transition);
	prepare(transition);
	change_in_phase(transition, PHASE_PREPARE, elements);
	for (enum phase phase = PHASE_ENTER; phase <= PHASE_LEAVE; phase++) {
		transition->phase = phase;
		change_in_phase(transition, phase, elements);
	}
	transition->phase = PHASE_SWEEP;
	flush_gone(transition);
	delete_gone_and_renewed(transition);
	delete_extras(transition);
	change_in_phase(transition, PHASE_SWEEP, elements);
}

static bool chains_stay(const struct difference *difference)
{
	for (size_t i = 0; difference->chains && i < difference->new->chain_count; i++) {
		enum fate fate = difference->chains[i].fate;

		if (fate == FATE_CHANGES || fate == FATE_IS_RENEWED ||
		    (fate == FATE_IS_NEW && chain_is_entry(&difference->new->chains[i])))
			return false;
	}
	return true;
}

/* Lists all changes of a table, without copies.  @exists says whether there is such a table. */
static void go_plainly(struct transition *transition, bool exists)
{
	const struct difference *difference = transition->difference;
	const struct chain *base = &difference->new->chains[0];
	const struct chain *before = difference->chains[0].before;
	const bool leads =
		difference->chains[0].fate != FATE_STAYS || refers_to_renewed(difference, base);

	transition->phase = PHASE_SWITCH;
	if (difference->replaces_table)
		add(transition, CHANGE_DELETE_TABLE, NULL, NULL);
	if (difference->replaces_table || !exists)
		add(transition, CHANGE_ADD_TABLE, NULL, NULL);
	sweep_idle(transition);
	prepare(transition);
	if (leads && before)
		flush_chain(transition, before);
	rewrite(transition, true);
	if (!before)
		add_chain(transition, base);
	if (leads)
		add_rules(transition, base);
	delete_extras(transition);
}

static void go_in_steps(struct transition *transition, bool exists)
{
	const struct difference *difference = transition->difference;
	struct element_changes elements = {0};

	if (!exists) {
		add(transition, CHANGE_ADD_TABLE, NULL, NULL);
		/*
		 * This comes first, so that nft lists the chains in the order in which compile
		 * prints them.  Without rules the base chain denies nothing.
		 */
		add_chain(transition, &difference->new->chains[0]);
		prepare(transition);
		transition->phase = PHASE_SWITCH;
		add_rules(transition, &difference->new->chains[0]);
	} else if (difference->replaces_table) {
		/*
		 * These changes are one transaction, since between two of them nothing would be
		 * enforced.
		 */
		go_plainly(transition, true);
	} else if (chains_stay(difference) &&
		   elements_suffice(transition->arena, difference, &elements)) {
		go_by_elements(transition, &elements);
	} else {
		go_beside(transition);
	}
}

static struct changes go(struct arena *arena, const struct difference *difference, bool exists,
			 void (*way)(struct transition *transition, bool exists))
{
	struct transition transition = {.arena = arena, .difference = difference};

	way(&transition, exists);
	return transition.changes;
}

static const struct ruleset nothing;

struct changes transition(struct arena *arena, const struct ruleset *old, const struct ruleset *new)
{
	const struct difference difference = diff_rulesets(arena, old ? old : &nothing, new);

	return go(arena, &difference, old != NULL, go_in_steps);
}

struct changes transition_of(struct arena *arena, const struct difference *difference)
{
	return go(arena, difference, true, go_in_steps);
}

struct changes transition_plain(struct arena *arena, const struct ruleset *old,
				const struct ruleset *new)
{
	const struct difference difference = diff_rulesets(arena, old ? old : &nothing, new);

	return go(arena, &difference, old != NULL, go_plainly);
}
