/* Phases of elements.  See transition_elements.h. */
#include "transition_elements.h"

#include "addr.h"
#include "arena.h"
#include "table.h"

/* What happens to an address, over all sets. */
struct address_change {
	enum family family;
	bool leaves, comes;         /* sets of peers */
	bool is_enforced_otherwise; /* it comes into a map, or leaves one */
	bool was_known, is_known; /* it is in any set or map, of the old ruleset, of the new one */
};

struct sorting {
	struct arena *arena;
	struct table addresses; /* network byte order; numbers are indexes to: */
	struct address_change *changes;
	size_t change_count;
	bool impossible;
};

static size_t address_len(const struct set *set)
{
	return field_len(set->fields[0]);
}

static const uint8_t *key_at(const struct picked *picked, size_t i)
{
	return picked->from->keys + picked->which[i] * set_key_len(picked->from);
}

static struct address_change *change_of(struct sorting *sorting, const struct picked *picked,
					size_t i)
{
	bool added = false;
	uint32_t number = table_add(&sorting->addresses, key_at(picked, i),
				    address_len(picked->from), &added);

	if (added)
		arena_push(sorting->arena, sorting->changes, sorting->change_count,
			   ((struct address_change){
				   .family = address_len(picked->from) == 4 ? V4 : V6}));
	return &sorting->changes[number];
}

/* Where the two lists stand: -1 an element that only goes, 1 one that only comes, 0 one that stays. */
static int compare_at(const struct set_difference *set, size_t i, size_t k)
{
	if (i == set->gone.count || k == set->come.count)
		return i == set->gone.count ? 1 : -1;
	return key_compare(key_at(&set->gone, i), key_at(&set->come, k), set_key_len(set->before),
			   set->before->field_count > 1);
}

static bool verdict_changes(const struct set_difference *set, size_t i, size_t k)
{
	const struct verdict *old, *new;

	if (!set->before->verdicts)
		return false;
	old = &set->before->verdicts[set->gone.which[i]];
	new = &set->come.from->verdicts[set->come.which[k]];
	return old->kind != new->kind || !old->chain != !new->chain ||
	       (old->chain && strcmp(old->chain, new->chain) != 0);
}

/* What the set's changes mean for each address. */
static void note_addresses(struct sorting *sorting, const struct set_difference *set)
{
	const bool map = set->before->verdicts != NULL;
	struct address_change *change;
	size_t i = 0, k = 0;

	while (i < set->gone.count || k < set->come.count) {
		int order = compare_at(set, i, k);

		if (order == 0) {
			sorting->impossible |= verdict_changes(set, i++, k++);
			continue;
		}
		change = order < 0 ? change_of(sorting, &set->gone, i++)
				   : change_of(sorting, &set->come, k++);
		change->leaves |= !map && order < 0;
		change->comes |= !map && order > 0;
		change->is_enforced_otherwise |= map;
	}
}

static bool moves(const struct address_change *change)
{
	return change->leaves && change->comes;
}

/* One address at most of each family (no packet has two), and not one that comes under other policies. */
static bool moves_are_possible(const struct sorting *sorting)
{
	size_t moving[FAMILIES] = {0};

	for (size_t i = 0; i < sorting->change_count; i++) {
		if (!moves(&sorting->changes[i]))
			continue;
		if (moving[sorting->changes[i].family]++ ||
		    sorting->changes[i].is_enforced_otherwise)
			return false;
	}
	return true;
}

/* All elements of a set of the old ruleset, or of the new one. */
static void note_known(struct sorting *sorting, const struct set *set, bool old)
{
	const size_t len = set_key_len(set);

	/* What is read back and foreign has no elements that were read, and nothing looks it up. */
	if (set->interval || set_is_of_pairs(set) || !set->count)
		return;
	for (size_t i = 0; i < set->count; i++) {
		uint32_t number =
			table_find(&sorting->addresses, set->keys + i * len, address_len(set));

		if (number == TABLE_NONE)
			continue;
		sorting->changes[number].was_known |= old;
		sorting->changes[number].is_known |= !old;
	}
}

/*
 * Where an address comes under policies or leaves them and others change too, all of them must come or go
 * as a whole, known before or after, not both: pods that do.  (A packet between two of those can be lost
 * meanwhile.)
 */
static bool enforcement_is_possible(struct sorting *sorting, const struct difference *difference)
{
	size_t changed[FAMILIES] = {0}, enforced[FAMILIES] = {0};

	for (size_t i = 0; i < sorting->change_count; i++) {
		changed[sorting->changes[i].family]++;
		enforced[sorting->changes[i].family] += sorting->changes[i].is_enforced_otherwise;
	}
	if (!(enforced[V4] && changed[V4] > 1) && !(enforced[V6] && changed[V6] > 1))
		return true;
	for (size_t i = 0; i < difference->old->set_count; i++)
		note_known(sorting, &difference->old->sets[i], true);
	for (size_t i = 0; i < difference->new->set_count; i++)
		note_known(sorting, &difference->new->sets[i], false);
	for (size_t i = 0; i < sorting->change_count; i++) {
		const struct address_change *change = &sorting->changes[i];

		if (enforced[change->family] && changed[change->family] > 1 && change->was_known &&
		    change->is_known)
			return false;
	}
	return true;
}

static void pick(struct sorting *sorting, struct picked *into, const struct picked *from, size_t i)
{
	into->from = from->from;
	arena_push(sorting->arena, into->which, into->count, from->which[i]);
}

/*
 * The phase of an element that only goes or only comes.  In a map it is the other way round: there an
 * element is what isolates a pod.
 */
static enum phase phase_of(struct sorting *sorting, const struct picked *picked, size_t i,
			   bool comes)
{
	const bool map = picked->from->verdicts != NULL;

	if (set_is_of_pairs(picked->from))
		return comes ? PHASE_PREPARE : PHASE_SWEEP;
	if (!map && moves(change_of(sorting, picked, i)))
		return comes ? PHASE_MOVE_IN : PHASE_MOVE_OUT;
	return comes == map ? PHASE_TIGHTEN : PHASE_LOOSEN;
}

/* One that only gets another comment goes and comes at once. */
static void sort_elements(struct sorting *sorting, const struct set_difference *set, size_t number,
			  struct element_changes *changes)
{
	size_t i = 0, k = 0;

	while (i < set->gone.count || k < set->come.count) {
		int order = compare_at(set, i, k);
		enum phase phase = PHASE_TIGHTEN;

		if (order < 0)
			phase = phase_of(sorting, &set->gone, i, false);
		else if (order > 0)
			phase = phase_of(sorting, &set->come, k, true);
		if (order <= 0)
			pick(sorting, &changes->gone[phase][number], &set->gone, i++);
		if (order >= 0)
			pick(sorting, &changes->come[phase][number], &set->come, k++);
	}
}

static void sort_all(struct sorting *sorting, const struct difference *difference, bool pairs_only,
		     struct element_changes *changes)
{
	const size_t count = difference->new->set_count;

	for (enum phase phase = PHASE_PREPARE; phase <= PHASE_SWEEP; phase++) {
		changes->gone[phase] = arena_array(sorting->arena, count, sizeof(struct picked));
		changes->come[phase] = arena_array(sorting->arena, count, sizeof(struct picked));
	}
	for (size_t i = 0; i < count; i++)
		if (difference->sets[i].fate == FATE_CHANGES &&
		    (!pairs_only || set_is_of_pairs(&difference->new->sets[i])))
			sort_elements(sorting, &difference->sets[i], i, changes);
}

/* What comes is added before what goes is deleted: a killed run may have left hardly any room for both. */
static bool is_full_meanwhile(const struct set_difference *set)
{
	return set->before->size && set->before->count + set->come.count > set->before->size;
}

bool elements_suffice(struct arena *arena, const struct difference *difference,
		      struct element_changes *changes)
{
	struct sorting sorting = {.arena = arena, .addresses.arena = arena};

	for (size_t i = 0; i < difference->new->set_count; i++) {
		const struct set *set = &difference->new->sets[i];

		if (difference->sets[i].fate == FATE_IS_RENEWED)
			return false;
		if (difference->sets[i].fate != FATE_CHANGES || set_is_of_pairs(set))
			continue;
		if (set->interval || is_full_meanwhile(&difference->sets[i]))
			return false;
		note_addresses(&sorting, &difference->sets[i]);
	}
	if (sorting.impossible || !moves_are_possible(&sorting) ||
	    !enforcement_is_possible(&sorting, difference))
		return false;
	sort_all(&sorting, difference, false, changes);
	return true;
}

void elements_of_pairs(struct arena *arena, const struct difference *difference,
		       struct element_changes *changes)
{
	struct sorting sorting = {.arena = arena, .addresses.arena = arena};

	sort_all(&sorting, difference, true, changes);
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
