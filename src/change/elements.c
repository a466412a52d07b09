/*
 * An element's phase follows from whether it comes or goes, from whether its set is a map, and from
 * what else changes for its address (change/address_effects.h). Elements of one phase are put
 * together, set by set.
 */
#include "change/elements.h"

#include "base/arena.h"
#include "change/address_effects.h"
#include "ruleset/layout.h"

/* The state while the elements are put into phases. */
struct sorting {
	struct arena *arena;
	const struct difference *difference;
	const struct addresses *addresses; /* NULL: only sets of pairs are put into phases */
};

static void pick(struct sorting *sorting, struct picked *into, const struct picked *from, size_t i)
{
	into->from = from->from;
	arena_push(sorting->arena, into->which, into->count, from->which[i]);
}

/*
 * The phase of an element that only goes or only comes.  In a map, coming and going have the
 * opposite effect of that in a set of peers, since an element of a map isolates a pod.
 */
static enum phase phase_of(const struct sorting *sorting, size_t set, const struct picked *picked,
			   size_t i, bool comes)
{
	const uint8_t *key = picked->from->keys + picked->which[i] * set_key_len(picked->from);

	if (set_is_of_pairs(picked->from))
		return comes ? PHASE_PREPARE : PHASE_SWEEP;
	/*
	 * An address is known only after everything else about it is in force, and stops being
	 * known before any of that goes.
	 */
	if (layout_is_known_set(picked->from))
		return comes ? PHASE_LEAVE : PHASE_ENTER;
	if (picked->from->verdicts)
		return comes ? PHASE_TIGHTEN : PHASE_LOOSEN;
	if (addresses_are_ordered(sorting->addresses, set))
		return addresses_tighten(sorting->addresses, set, comes) ? PHASE_TIGHTEN
									 : PHASE_LOOSEN;
	if (addresses_is_free(sorting->addresses, set, key))
		return comes || addresses_only_goes(sorting->addresses, set, key) ? PHASE_ENTER
										  : PHASE_LEAVE;
	if (addresses_moves(sorting->addresses, set, key))
		return comes ? PHASE_MOVE_IN : PHASE_MOVE_OUT;
	return comes ? PHASE_LOOSEN : PHASE_TIGHTEN;
}

/*
 * Puts the elements of one set into phases.  An element that only gets another comment goes and
 * comes in the same phase.
 */
static void sort_elements(struct sorting *sorting, size_t number, struct element_changes *changes)
{
	const struct set_difference *set = &sorting->difference->sets[number];
	size_t i = 0, k = 0;

	while (i < set->gone.count || k < set->come.count) {
		const int order = diff_order_at(set, i, k);
		enum phase phase = PHASE_TIGHTEN;

		if (order < 0)
			phase = phase_of(sorting, number, &set->gone, i, false);
		else if (order > 0)
			phase = phase_of(sorting, number, &set->come, k, true);
		if (order <= 0)
			pick(sorting, &changes->gone[phase][number], &set->gone, i++);
		if (order >= 0)
			pick(sorting, &changes->come[phase][number], &set->come, k++);
	}
}

static void sort_all(struct sorting *sorting, struct element_changes *changes)
{
	const struct difference *difference = sorting->difference;
	const size_t count = difference->set_count;

	for (enum phase phase = PHASE_PREPARE; phase <= PHASE_SWEEP; phase++) {
		changes->gone[phase] = arena_array(sorting->arena, count, sizeof(struct picked));
		changes->come[phase] = arena_array(sorting->arena, count, sizeof(struct picked));
	}
	for (size_t i = 0; i < count; i++)
		if (difference->sets[i].fate == FATE_CHANGES &&
		    (sorting->addresses || set_is_of_pairs(difference->sets[i].before)))
			sort_elements(sorting, i, changes);
}

/*
 * Could the set run full? Elements that come are added before others are deleted, and a run that
 * was killed may have left hardly any room for both.
 */
static bool is_full_meanwhile(const struct set_difference *set)
{
	return set->before->size && set->before->count + set->come.count > set->before->size;
}

bool elements_suffice(struct arena *arena, const struct difference *difference,
		      struct element_changes *changes)
{
	struct sorting sorting = {.arena = arena, .difference = difference};
	struct addresses *addresses;

	for (size_t i = 0; i < difference->set_count; i++) {
		const struct set_difference *set = &difference->sets[i];

		if (set->fate == FATE_IS_RENEWED)
			return false;
		if (set->fate == FATE_CHANGES && !set_is_of_pairs(set->before) &&
		    (set->before->interval || is_full_meanwhile(set)))
			return false;
	}
	addresses = addresses_of(arena, difference);
	if (!addresses_go_in_phases(addresses))
		return false;
	sorting.addresses = addresses;
	sort_all(&sorting, changes);
	return true;
}

void elements_of_pairs(struct arena *arena, const struct difference *difference,
		       struct element_changes *changes)
{
	sort_all(&(struct sorting){.arena = arena, .difference = difference}, changes);
}

const struct set *picked_set(struct arena *arena, const struct picked *picked)
{
	const struct set *from = picked->from;
	size_t len = set_key_len(from);
	struct set *set = arena_alloc(arena, sizeof(*set));
	uint8_t *keys = arena_array(arena, picked->count, len);
	uint8_t *ends = arena_array(arena, picked->count, len);
	const char **comments = arena_array(arena, picked->count, sizeof(*comments));
	struct verdict *verdicts = arena_array(arena, picked->count, sizeof(*verdicts));

	*set = *from;
	set->count = picked->count;
	for (size_t i = 0; i < picked->count; i++) {
		size_t at = picked->which[i];

		memcpy(keys + i * len, from->keys + at * len, len);
		if (from->ends)
			memcpy(ends + i * len, from->ends + at * len, len);
		if (from->comments)
			comments[i] = from->comments[at];
		if (from->verdicts)
			verdicts[i] = from->verdicts[at];
	}
	set->keys = keys;
	set->ends = from->ends ? ends : NULL;
	set->comments = from->comments ? comments : NULL;
	set->verdicts = from->verdicts ? verdicts : NULL;
	return set;
}
