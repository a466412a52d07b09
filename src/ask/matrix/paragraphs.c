/* Puts rows with the same answers into one block, which has one line for each answer. */
#include "ask/matrix/paragraphs.h"

#include "base/arena.h"
#include "base/numbers.h"
#include "base/table.h"

#include <stdlib.h>

/* Kinds that get the same answers, and so are one block. */
struct like {
	uint32_t *kinds;
	size_t count;
	uint32_t first; /* blocks are sorted by this */
	uint32_t outer; /* the first that is not an address; NOBODY: all are addresses */
	struct profile profile;
};

struct sorter {
	struct arena *arena;
	const struct asked *asked;
	bool outgoing;
	struct profiles *profiles;
	const struct alike *alike;
	const struct phrase_tree *tree;
	struct table bases; /* keys: how each sort is mentioned */
	const struct phrase_base **base_items;
	size_t base_count;
	/* For the block or phrase that is being made. */
	const void **of_sort; /* the answer of each sort for the block; NULL: there is none */
	struct exception *exceptions; /* by kind; an answer NULL: there is none */
	size_t exception_count;
	unsigned char *sort_mentions, *row_mentions;
	struct mentioned *changed;
};

static bool is_idle(const struct sorter *sorter, uint32_t subject, uint32_t other)
{
	const struct asked *of = sorter->asked;

	return sorter->outgoing ? of->is_idle(of->context, subject, other)
				: of->is_idle(of->context, other, subject);
}

/*
 * Do any of the block ask about the other? A kind does not ask about itself if it is alone, and
 * addresses do not ask about addresses.
 */
static bool do_they_ask(const struct sorter *sorter, const struct like *like, uint32_t other)
{
	return !is_idle(sorter, like->kinds[0], other) ||
	       (like->count > 1 && !is_idle(sorter, like->kinds[1], other)) ||
	       (like->outer != NOBODY && !is_idle(sorter, like->outer, other));
}

/*
 * Finds the answer of each sort and each exception; those about whom nobody asks are exceptions,
 * too.
 */
static void find_answers(struct sorter *sorter, const struct like *like)
{
	const struct profile *profile = &like->profile;
	const uint32_t own = like->count == 1 ? like->kinds[0] : NOBODY;
	size_t k = 0;

	for (uint32_t i = 0; i < alike_sorts(sorter->alike); i++) {
		const struct end_list members = alike_members(sorter->alike, i);
		const uint32_t one = members.items[members.count > 1 && members.items[0] == own];

		sorter->of_sort[i] = do_they_ask(sorter, like, one) ? profile->of_sort[i] : NULL;
	}
	sorter->exception_count = 0;
	for (size_t i = 0; i <= profile->count; i++) {
		const uint32_t kind = i < profile->count ? profile->exceptions[i].kind : NOBODY;

		if (own != NOBODY && k == 0 && own <= kind) {
			k = 1;
			sorter->exceptions[sorter->exception_count++] = (struct exception){
				own, do_they_ask(sorter, like, own)
					     ? profiles_answer(sorter->profiles, own, own)
					     : NULL};
			if (own == kind)
				continue;
		}
		if (i < profile->count)
			sorter->exceptions[sorter->exception_count++] =
				(struct exception){kind, do_they_ask(sorter, like, kind)
								 ? profile->exceptions[i].answer
								 : NULL};
	}
}

static const struct phrase_base *base_of(struct sorter *sorter)
{
	const struct kinds *kinds = sorter->asked->kinds;
	const size_t sorts = alike_sorts(sorter->alike);
	bool added = false;
	uint32_t number = table_add(&sorter->bases, sorter->sort_mentions, sorts, &added);

	if (!added)
		return sorter->base_items[number];
	for (size_t i = 0; i < kinds->rows->count; i++)
		sorter->row_mentions[i] =
			sorter->sort_mentions[alike_sort(sorter->alike, kinds->of_row[i])];
	arena_push(sorter->arena, sorter->base_items, sorter->base_count,
		   phrase_base_new(sorter->arena, sorter->tree, sorter->row_mentions));
	return sorter->base_items[number];
}

static size_t mention_rows(struct sorter *sorter, size_t count, uint32_t kind, enum mention mention)
{
	const struct kind *of = &sorter->asked->kinds->items[kind];

	for (size_t i = 0; i < of->row_count; i++)
		sorter->changed[count++] = (struct mentioned){of->rows[i], mention};
	return count;
}

static struct phrases say(struct sorter *sorter, size_t count)
{
	if (count)
		qsort(sorter->changed, count, sizeof(*sorter->changed), number_compare);
	return phrases_of(sorter->arena, base_of(sorter), sorter->changed, count);
}

static struct phrases names_of(struct sorter *sorter, const struct like *like)
{
	size_t count = 0;

	memset(sorter->sort_mentions, NOT_MEANT, alike_sorts(sorter->alike));
	for (size_t i = 0; i < like->count; i++)
		count = mention_rows(sorter, count, like->kinds[i], MEANT);
	return say(sorter, count);
}

static enum mention mention_of(const void *answer, const void *one)
{
	return !answer ? EITHER : answer == one ? MEANT : NOT_MEANT;
}

static struct phrases who_gets(struct sorter *sorter, const void *one)
{
	size_t count = 0;

	for (uint32_t i = 0; i < alike_sorts(sorter->alike); i++)
		sorter->sort_mentions[i] = (unsigned char)mention_of(sorter->of_sort[i], one);
	for (size_t i = 0; i < sorter->exception_count; i++) {
		const struct exception *of = &sorter->exceptions[i];
		const enum mention mention = mention_of(of->answer, one);

		if (mention != sorter->sort_mentions[alike_sort(sorter->alike, of->kind)])
			count = mention_rows(sorter, count, of->kind, mention);
	}
	return say(sorter, count);
}

static bool is_exception(const struct sorter *sorter, uint32_t kind)
{
	size_t low = 0, high = sorter->exception_count;

	while (low < high) {
		const size_t middle = low + (high - low) / 2;

		if (sorter->exceptions[middle].kind == kind)
			return true;
		if (sorter->exceptions[middle].kind < kind)
			low = middle + 1;
		else
			high = middle;
	}
	return false;
}

/* An answer, and the first row that gets it. */
struct first {
	uint32_t row;
	const void *answer;
};

static void note_first(const struct sorter *sorter, struct first *firsts, size_t *count,
		       const void *answer, uint32_t kind)
{
	if (answer && sorter->asked->is_worth_a_line(answer))
		firsts[(*count)++] =
			(struct first){sorter->asked->kinds->items[kind].rows[0], answer};
}

static int compare_firsts(const void *a, const void *b)
{
	const struct first *x = a, *y = b;
	const uintptr_t p = (uintptr_t)x->answer, q = (uintptr_t)y->answer;

	return p != q ? (p > q) - (p < q) : (x->row > y->row) - (x->row < y->row);
}

/* Kinds are sorted by their first rows, and so are the members of sorts. */
static struct first *find_firsts(struct sorter *sorter, size_t *count)
{
	const size_t sorts = alike_sorts(sorter->alike);
	struct first *firsts =
		arena_array(sorter->arena, sorts + sorter->exception_count, sizeof(*firsts));
	size_t found = 0, kept = 0;

	for (uint32_t i = 0; i < sorts; i++) {
		const struct end_list members = alike_members(sorter->alike, i);
		size_t k = 0;

		while (k < members.count && is_exception(sorter, members.items[k]))
			k++;
		if (k < members.count)
			note_first(sorter, firsts, &found, sorter->of_sort[i], members.items[k]);
	}
	for (size_t i = 0; i < sorter->exception_count; i++)
		note_first(sorter, firsts, &found, sorter->exceptions[i].answer,
			   sorter->exceptions[i].kind);
	qsort(firsts, found, sizeof(*firsts), compare_firsts);
	for (size_t i = 0; i < found; i++)
		if (!kept || firsts[kept - 1].answer != firsts[i].answer)
			firsts[kept++] = firsts[i];
	qsort(firsts, kept, sizeof(*firsts), number_compare);
	*count = kept;
	return firsts;
}

static struct block block_of(struct sorter *sorter, const struct like *like)
{
	struct block block = {.names = names_of(sorter, like)};
	const struct first *firsts;
	size_t count;

	find_answers(sorter, like);
	firsts = find_firsts(sorter, &count);
	for (size_t i = 0; i < count; i++)
		arena_push(sorter->arena, block.lines, block.line_count,
			   ((struct block_line){firsts[i].answer,
						who_gets(sorter, firsts[i].answer)}));
	return block;
}

/* A key that is the same for equal profiles: the answers by sort, then by kind. */
static const void *key_of(struct arena *arena, const struct profile *profile, size_t sorts,
			  size_t *len)
{
	const void **key = arena_array(arena, sorts + 2 * profile->count, sizeof(*key));

	if (sorts)
		memcpy(key, profile->of_sort, sorts * sizeof(*key));
	for (size_t i = 0; i < profile->count; i++) {
		key[sorts + 2 * i] = (const void *)(uintptr_t)profile->exceptions[i].kind;
		key[sorts + 2 * i + 1] = profile->exceptions[i].answer;
	}
	*len = (sorts + 2 * profile->count) * sizeof(*key);
	return key;
}

static struct profile copy_profile(struct arena *arena, const struct profile *profile, size_t sorts)
{
	struct profile copy = {arena_array(arena, sorts, sizeof(*copy.of_sort)),
			       arena_array(arena, profile->count, sizeof(*copy.exceptions)),
			       profile->count};

	if (sorts)
		memcpy(copy.of_sort, profile->of_sort, sorts * sizeof(*copy.of_sort));
	if (copy.count)
		memcpy(copy.exceptions, profile->exceptions, copy.count * sizeof(*copy.exceptions));
	return copy;
}

struct likes {
	struct table keys;
	struct like *items;
	size_t count;
};

static struct like *add_kind(const struct sorter *sorter, struct likes *likes, uint32_t kind)
{
	const struct profile *profile = profile_of(sorter->profiles, kind);
	const size_t sorts = alike_sorts(sorter->alike);
	size_t len;
	const void *key = key_of(sorter->arena, profile, sorts, &len);
	bool added = false;
	uint32_t number = table_keep(&likes->keys, key, len, &added);
	struct like *like;

	if (added)
		arena_push(sorter->arena, likes->items, likes->count,
			   ((struct like){.first = kind,
					  .outer = NOBODY,
					  .profile = copy_profile(sorter->arena, profile, sorts)}));
	like = &likes->items[number];
	if (like->outer == NOBODY && !sorter->asked->kinds->items[kind].outside)
		like->outer = kind;
	arena_push(sorter->arena, like->kinds, like->count, kind);
	return like;
}

static struct sorter sorter_new(struct arena *arena, const struct asked *asked, bool outgoing)
{
	const struct rows *rows = asked->kinds->rows;
	const size_t kinds = asked->kinds->count;
	struct sorter sorter = {
		.arena = arena,
		.asked = asked,
		.outgoing = outgoing,
		.profiles = profiles_new(arena, asked, outgoing ? EGRESS : INGRESS),
		.tree = phrase_tree_new(arena, rows->items, rows->count),
		.bases.arena = arena,
		.exceptions = arena_array(arena, kinds + 1, sizeof(*sorter.exceptions)),
		.row_mentions = arena_array(arena, rows->count, 1),
		.changed = arena_array(arena, rows->count, sizeof(*sorter.changed))};

	sorter.alike = profiles_alike(sorter.profiles);
	sorter.of_sort = arena_array(arena, alike_sorts(sorter.alike), sizeof(*sorter.of_sort));
	sorter.sort_mentions = arena_array(arena, alike_sorts(sorter.alike), 1);
	return sorter;
}

/* The index among the parties of the first of the kinds: classes are numbered in that order. */
static uint32_t first_party(const struct sorter *sorter, const struct like *like)
{
	const struct kinds *kinds = sorter->asked->kinds;
	uint32_t first = UINT32_MAX;

	for (size_t i = 0; i < like->count; i++) {
		const uint32_t class =
			kinds->rows->items[kinds->items[like->kinds[i]].rows[0]].class;

		first = class < first ? class : first;
	}
	return first;
}

static int compare_likes(const void *a, const void *b)
{
	const uint32_t x = ((const struct like *)a)->first, y = ((const struct like *)b)->first;

	return (x > y) - (x < y);
}

static struct blocks finish(struct sorter *sorter, struct likes *likes)
{
	struct blocks blocks = {0};

	for (size_t i = 0; i < likes->count && sorter->asked->by_party; i++)
		likes->items[i].first = first_party(sorter, &likes->items[i]);
	if (likes->count)
		qsort(likes->items, likes->count, sizeof(*likes->items), compare_likes);
	for (size_t i = 0; i < likes->count; i++)
		arena_push(sorter->arena, blocks.items, blocks.count,
			   block_of(sorter, &likes->items[i]));
	return blocks;
}

struct blocks blocks_new(struct arena *arena, const struct asked *asked, const bool *subjects,
			 bool outgoing)
{
	struct sorter sorter = sorter_new(arena, asked, outgoing);
	struct likes likes = {.keys.arena = arena};

	for (uint32_t i = 0; i < asked->kinds->count; i++)
		if (!subjects || subjects[i])
			add_kind(&sorter, &likes, i);
	return finish(&sorter, &likes);
}

bool blocks_within(struct arena *arena, const struct asked *asked, bool outgoing, size_t lines_max,
		   struct blocks *blocks)
{
	struct sorter sorter = sorter_new(arena, asked, outgoing);
	struct likes likes = {.keys.arena = arena};
	size_t lines = 0;

	/* Whoever is added to a block may add lines to it, but never removes any. */
	for (uint32_t i = 0; i < asked->kinds->count && lines <= lines_max; i++) {
		const struct like *like = add_kind(&sorter, &likes, i);
		size_t own;

		if (like->count > 1)
			continue;
		find_answers(&sorter, like);
		find_firsts(&sorter, &own);
		lines += own;
	}
	if (lines > lines_max)
		return false;
	*blocks = finish(&sorter, &likes);
	lines = 0;
	for (size_t i = 0; i < blocks->count; i++)
		lines += blocks->items[i].line_count;
	return lines <= lines_max;
}
