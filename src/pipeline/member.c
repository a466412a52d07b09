/* Finds places by binary search; an array that is full is copied into one of twice its size. */
#include "pipeline/member.h"

#include "base/arena.h"
#include "base/search.h"
#include "ruleset/key_order.h"

#include <string.h>

size_t member_set_key_len(const struct member_set *set)
{
	return set_key_len(set->set);
}

int member_set_compare_keys(const struct member_set *set, const uint8_t *a, const uint8_t *b)
{
	return key_compare(a, b, member_set_key_len(set), set->set->field_count > 1);
}

size_t member_set_place(const struct member_set *set, const uint8_t *key)
{
	const size_t len = member_set_key_len(set);

	return FIRST_WHERE(i, set->count,
			   member_set_compare_keys(set, set->keys + i * len, key) >= 0);
}

/* Copies an array into a larger one; it may be NULL if it is empty. */
static void *enlarge(const struct member_set *set, const void *items, size_t size)
{
	void *larger = arena_array(set->arena, set->size, size);

	if (set->count)
		memcpy(larger, items, set->count * size);
	return larger;
}

static void make_room(struct member_set *set)
{
	if (set->count < set->size)
		return;
	set->size = set->size ? 2 * set->size : 8;
	set->keys = enlarge(set, set->keys, member_set_key_len(set));
	set->comments = enlarge(set, set->comments, sizeof(*set->comments));
	if (set->verdicts)
		set->verdicts = enlarge(set, set->verdicts, sizeof(*set->verdicts));
}

/* Moves the entries of an array from @at on to make room for one, or (@back) to close a gap. */
static void shift(const struct member_set *set, void *items, size_t at, size_t size, bool back)
{
	char *gap = (char *)items + at * size;

	memmove(back ? gap : gap + size, back ? gap + size : gap, (set->count - at) * size);
}

static void shift_all(struct member_set *set, size_t at, bool back)
{
	shift(set, set->keys, at, member_set_key_len(set), back);
	shift(set, set->comments, at, sizeof(*set->comments), back);
	if (set->verdicts)
		shift(set, set->verdicts, at, sizeof(*set->verdicts), back);
}

void member_set_put(struct member_set *set, size_t at, const struct member *member)
{
	make_room(set);
	shift_all(set, at, false);
	memcpy(set->keys + at * member_set_key_len(set), member->key, member_set_key_len(set));
	set->comments[at] = member->comment;
	if (set->verdicts)
		set->verdicts[at] = member->verdict;
	set->count++;
}

void member_set_take(struct member_set *set, size_t at)
{
	set->count--;
	shift_all(set, at, true);
}

void member_set_sort(struct arena *arena, struct arena *scratch, struct member_set *set)
{
	const size_t len = member_set_key_len(set), count = set->count;
	const uint32_t *order =
		key_order(scratch, set->keys, count, len, len, set->set->field_count > 1);
	const uint8_t *keys = set->keys;
	const char **comments = set->comments;

	set->keys = arena_array(arena, count, len);
	set->comments = arena_array(arena, count, sizeof(*comments));
	set->size = count;
	set->count = 0;
	for (size_t i = 0; i < count; i++) {
		const uint8_t *key = keys + order[i] * len;

		if (set->count && !memcmp(set->keys + (set->count - 1) * len, key, len))
			continue;
		memcpy(set->keys + set->count * len, key, len);
		set->comments[set->count++] = comments[order[i]];
	}
}

int member_compare(const void *a, const void *b)
{
	const struct member *x = a, *y = b;

	if (x->set != y->set)
		return x->set->number < y->set->number ? -1 : 1;
	return member_set_compare_keys(x->set, x->key, y->key);
}
