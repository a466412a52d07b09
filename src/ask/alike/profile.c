/*
 * Asks once about each sort, and once about each kind that stands out, and finds the answer that
 * most of a sort get.
 */
#include "ask/alike/profile.h"

#include "base/arena.h"
#include "base/numbers.h"

#include <stdlib.h>

/* An end that may get another answer than its sort. */
struct candidate {
	uint32_t sort, kind;
	const void *answer;
};

struct profiles {
	struct arena *arena;
	const struct asked *asked;
	enum direction direction;
	struct alike *alike;
	bool *is_candidate; /* index: kind */
	struct candidate *candidates;
	size_t candidate_count;
	struct profile profile;
};

struct profiles *profiles_new(struct arena *arena, const struct asked *asked,
			      enum direction direction)
{
	const struct kinds *kinds = asked->kinds;
	struct alike_end *ends = arena_array(arena, kinds->count, sizeof(*ends));
	struct profiles *profiles = arena_alloc(arena, sizeof(*profiles));
	size_t sorts;

	for (size_t i = 0; i < kinds->count; i++) {
		ends[i] = kinds->ends[i];
		if (asked->uneven[direction])
			ends[i].note = ends[i].note << 1 | asked->uneven[direction][i];
	}
	*profiles = (struct profiles){
		.arena = arena,
		.asked = asked,
		.direction = direction,
		.alike = alike_new(arena, kinds->sides, ends, kinds->count, direction)};
	sorts = alike_sorts(profiles->alike);
	profiles->is_candidate = arena_array(arena, kinds->count, sizeof(bool));
	profiles->candidates = arena_array(arena, kinds->count, sizeof(struct candidate));
	profiles->profile.of_sort = arena_array(arena, sorts, sizeof(const void *));
	profiles->profile.exceptions = arena_array(arena, kinds->count, sizeof(struct exception));
	return profiles;
}

const struct alike *profiles_alike(const struct profiles *profiles)
{
	return profiles->alike;
}

const void *profiles_answer(const struct profiles *profiles, uint32_t kind, uint32_t other)
{
	const struct asked *asked = profiles->asked;

	return profiles->direction == INGRESS ? asked->answer(asked->context, other, kind)
					      : asked->answer(asked->context, kind, other);
}

static void add_candidate(struct profiles *profiles, uint32_t kind, uint32_t other)
{
	profiles->candidates[profiles->candidate_count++] = (struct candidate){
		alike_sort(profiles->alike, other), other, profiles_answer(profiles, kind, other)};
}

/* Asks about each of the sort that does not stand out. */
static void split_sort(struct profiles *profiles, uint32_t kind, uint32_t sort)
{
	const struct end_list members = alike_members(profiles->alike, sort);

	for (size_t i = 0; i < members.count; i++)
		if (!alike_stands_out(profiles->alike, members.items[i]))
			add_candidate(profiles, kind, members.items[i]);
}

static bool is_uneven(const struct profiles *profiles, uint32_t kind, uint32_t other,
		      const void *answer)
{
	const bool *uneven = profiles->asked->uneven[profiles->direction];
	const bool *apart = profiles->asked->apart[profiles->direction];

	return ((uneven && uneven[other]) || (apart && apart[kind])) &&
	       profiles->asked->is_worth_a_line(answer);
}

static void ask(struct profiles *profiles, uint32_t kind, const struct others *others)
{
	profiles->candidate_count = 0;
	for (size_t i = 0; i < others->standing_out.count; i++)
		add_candidate(profiles, kind, others->standing_out.items[i]);
	for (uint32_t i = 0; i < alike_sorts(profiles->alike); i++) {
		const uint32_t one = others->of_sort[i];
		const void *answer = one == NOBODY ? NULL : profiles_answer(profiles, kind, one);

		profiles->profile.of_sort[i] = answer;
		if (!answer || !is_uneven(profiles, kind, one, answer))
			continue;
		profiles->profile.of_sort[i] = NULL;
		split_sort(profiles, kind, i);
	}
}

static int compare_candidates(const void *a, const void *b)
{
	const struct candidate *x = a, *y = b;
	const uintptr_t p = (uintptr_t)x->answer, q = (uintptr_t)y->answer;

	if (x->sort != y->sort)
		return x->sort < y->sort ? -1 : 1;
	return p != q ? (p > q) - (p < q) : (x->kind > y->kind) - (x->kind < y->kind);
}

static void add_exception(struct profiles *profiles, uint32_t kind, const void *answer)
{
	struct profile *profile = &profiles->profile;

	profile->exceptions[profile->count++] = (struct exception){kind, answer};
}

/* An answer that some of a sort get, with the first of these. */
struct share {
	const void *answer;
	size_t count;
	uint32_t first;
};

static bool is_larger(const struct share *a, const struct share *b)
{
	return a->count > b->count || (a->count == b->count && a->first < b->first);
}

/* The answer that most of a sort get, among its candidates and the others. */
static struct share largest_share(const struct candidate *candidates, size_t count,
				  struct share usual)
{
	struct share largest = usual;

	for (size_t begin = 0, end; begin < count; begin = end) {
		struct share share = {candidates[begin].answer, 0, candidates[begin].kind};

		for (end = begin; end < count && candidates[end].answer == share.answer; end++)
			share.count++;
		if (share.answer == usual.answer) {
			share.count += usual.count;
			share.first = usual.first < share.first ? usual.first : share.first;
		}
		if (is_larger(&share, &largest))
			largest = share;
	}
	return largest;
}

/*
 * Adds those of the sort that are no candidates: they get the usual answer, which is not the one
 * that most get.
 */
static void add_usual(struct profiles *profiles, const struct candidate *candidates, size_t count,
		      const void *answer)
{
	const struct end_list members = alike_members(profiles->alike, candidates->sort);

	for (size_t i = 0; i < count; i++)
		profiles->is_candidate[candidates[i].kind] = true;
	for (size_t i = 0; i < members.count; i++)
		if (!profiles->is_candidate[members.items[i]])
			add_exception(profiles, members.items[i], answer);
	for (size_t i = 0; i < count; i++)
		profiles->is_candidate[candidates[i].kind] = false;
}

static void settle_sort(struct profiles *profiles, const struct candidate *candidates, size_t count,
			const struct others *others)
{
	const uint32_t sort = candidates->sort;
	const void **of_sort = &profiles->profile.of_sort[sort];
	const struct share usual = {
		*of_sort, *of_sort ? alike_members(profiles->alike, sort).count - count : 0,
		others->of_sort[sort]};
	const struct share largest = largest_share(candidates, count, usual);

	for (size_t i = 0; i < count; i++)
		if (candidates[i].answer != largest.answer)
			add_exception(profiles, candidates[i].kind, candidates[i].answer);
	if (usual.count && largest.answer != usual.answer)
		add_usual(profiles, candidates, count, usual.answer);
	*of_sort = largest.answer;
}

const struct profile *profile_of(struct profiles *profiles, uint32_t kind)
{
	const struct others others = alike_others(profiles->alike, kind);
	struct candidate *candidates = profiles->candidates;

	ask(profiles, kind, &others);
	profiles->profile.count = 0;
	qsort(candidates, profiles->candidate_count, sizeof(*candidates), compare_candidates);
	for (size_t begin = 0, end; begin < profiles->candidate_count; begin = end) {
		end = begin + 1;
		while (end < profiles->candidate_count &&
		       candidates[end].sort == candidates[begin].sort)
			end++;
		settle_sort(profiles, &candidates[begin], end - begin, &others);
	}
	qsort(profiles->profile.exceptions, profiles->profile.count, sizeof(struct exception),
	      number_compare);
	return &profiles->profile;
}

/* The rows about which there is an answer, with the answers. */
struct saying {
	uint32_t row;
	const void *answer;
};

struct sayings {
	struct saying *items; /* index: row; with room for all */
	size_t count;
};

static void say(const struct asked *asked, uint32_t from, uint32_t to, const void *answer,
		struct sayings *sayings)
{
	const struct kind *kind = &asked->kinds->items[to];

	if (!answer || !asked->is_worth_a_line(answer) || asked->is_idle(asked->context, from, to))
		return;
	for (size_t i = 0; i < kind->row_count; i++)
		sayings->items[sayings->count++] = (struct saying){kind->rows[i], answer};
}

/*
 * Finds the answers about everything that goes out from a kind: those of exceptions, and those of
 * the rest of each sort.
 */
static void find_sayings(struct profiles *profiles, uint32_t from, struct sayings *sayings)
{
	const struct asked *asked = profiles->asked;
	const struct profile *profile = profile_of(profiles, from);

	sayings->count = 0;
	for (size_t i = 0; i < profile->count; i++) {
		profiles->is_candidate[profile->exceptions[i].kind] = true;
		say(asked, from, profile->exceptions[i].kind, profile->exceptions[i].answer,
		    sayings);
	}
	for (uint32_t i = 0; i < alike_sorts(profiles->alike); i++) {
		const struct end_list members = alike_members(profiles->alike, i);
		const void *answer = profile->of_sort[i];

		for (size_t k = 0; answer && asked->is_worth_a_line(answer) && k < members.count;
		     k++)
			if (!profiles->is_candidate[members.items[k]])
				say(asked, from, members.items[k], answer, sayings);
	}
	for (size_t i = 0; i < profile->count; i++)
		profiles->is_candidate[profile->exceptions[i].kind] = false;
	if (sayings->count)
		qsort(sayings->items, sayings->count, sizeof(*sayings->items), number_compare);
}

void asked_each(struct arena *arena, const struct asked *asked,
		void (*found)(void *context, size_t from, size_t to, const void *answer),
		void *context)
{
	const struct kinds *kinds = asked->kinds;
	struct profiles *profiles = profiles_new(arena, asked, EGRESS);
	struct sayings sayings = {arena_array(arena, kinds->rows->count, sizeof(struct saying)), 0};
	uint32_t known = NOBODY;

	for (size_t from = 0; from < kinds->rows->count; from++) {
		if (kinds->of_row[from] != known)
			find_sayings(profiles, kinds->of_row[from], &sayings);
		known = kinds->of_row[from];
		for (size_t i = 0; i < sayings.count; i++)
			if (sayings.items[i].row != from || !row_is_one_pod(kinds->rows, from))
				found(context, from, sayings.items[i].row, sayings.items[i].answer);
	}
}
