/*
 * Counts edits by the usual table, of which three rows are kept at a time.  The library counts them, too
 * (base/text.h), but the program uses nothing of it but the public interface.
 */
#include "cli/nearest.h"

#include <stdbool.h>
#include <string.h>

/* A slip has at most so many edits, and at most one in so many characters. */
#define EDITS      2
#define EDIT_EVERY 3

#define LEN_MAX 40

static size_t least(size_t a, size_t b)
{
	return a < b ? a : b;
}

/*
 * The least number of insertions, deletions, replacements and swaps of neighbours that turn one word
 * into the other; both have at most LEN_MAX bytes.
 */
static size_t count_edits(const char *a, size_t a_len, const char *b, size_t b_len)
{
	size_t rows[3][LEN_MAX + 1];

	for (size_t k = 0; k <= b_len; k++)
		rows[0][k] = k;
	for (size_t i = 1; i <= a_len; i++) {
		size_t *now = rows[i % 3], *before = rows[(i + 2) % 3];

		now[0] = i;
		for (size_t k = 1; k <= b_len; k++) {
			const bool swapped =
				i > 1 && k > 1 && a[i - 1] == b[k - 2] && a[i - 2] == b[k - 1];

			now[k] = least(before[k - 1] + (a[i - 1] != b[k - 1]),
				       least(before[k], now[k - 1]) + 1);
			if (swapped)
				now[k] = least(now[k], rows[(i + 1) % 3][k - 2] + 1);
		}
	}
	return rows[a_len % 3][b_len];
}

void nearest_look_at(struct nearest *nearest, const char *known)
{
	const size_t len = strlen(known);
	size_t edits;

	if (len > LEN_MAX || nearest->len > LEN_MAX)
		return;
	edits = count_edits(nearest->wanted, nearest->len, known, len);
	if (edits > EDITS || EDIT_EVERY * edits > nearest->len ||
	    (nearest->found && edits >= nearest->edits))
		return;
	nearest->found = known;
	nearest->edits = edits;
}
