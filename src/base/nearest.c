/* Counts edits by the usual table, of which three rows are kept at a time. */
#include "base/nearest.h"

#include <stdbool.h>
#include <stdint.h>
#include <string.h>

#define EDITS_MOST 3
#define EDIT_EVERY 3
#define LEN_MOST   63

static size_t least(size_t a, size_t b)
{
	return a < b ? a : b;
}

static char lower(char c)
{
	return c >= 'A' && c <= 'Z' ? (char)(c | 0x20) : c;
}

static bool is_same(char a, char b)
{
	return lower(a) == lower(b);
}

size_t edits_between(const char *a, const char *b)
{
	const size_t a_len = strlen(a), b_len = strlen(b);
	size_t rows[3][LEN_MOST + 1];

	if (a_len > LEN_MOST || b_len > LEN_MOST)
		return SIZE_MAX;
	for (size_t k = 0; k <= b_len; k++)
		rows[0][k] = k;
	for (size_t i = 1; i <= a_len; i++) {
		size_t *now = rows[i % 3], *before = rows[(i + 2) % 3];

		now[0] = i;
		for (size_t k = 1; k <= b_len; k++) {
			now[k] = least(before[k - 1] + !is_same(a[i - 1], b[k - 1]),
				       least(before[k], now[k - 1]) + 1);
			if (i > 1 && k > 1 && is_same(a[i - 1], b[k - 2]) &&
			    is_same(a[i - 2], b[k - 1]))
				now[k] = least(now[k], rows[(i + 1) % 3][k - 2] + 1);
		}
	}
	return rows[a_len % 3][b_len];
}

/*
 * A slip has one edit in three characters of the longer word, and at most three: with more edits, short words would all be
 * slips of each other.
 */
static bool is_slip(const char *word, const char *known, size_t edits)
{
	const size_t longer = strlen(word) > strlen(known) ? strlen(word) : strlen(known);

	return edits <= EDITS_MOST && EDIT_EVERY * edits <= longer;
}

void nearest_look_at(struct nearest *nearest, const char *known)
{
	const size_t edits = edits_between(nearest->wanted, known);

	if (!is_slip(nearest->wanted, known, edits) || (nearest->found && edits >= nearest->edits))
		return;
	nearest->found = known;
	nearest->edits = edits;
}
