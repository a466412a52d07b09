/* Origins of rules.  See lower_origin.h. */
#include "lower_origin.h"

#include "arena.h"
#include "lower_names.h"
#include "ruleset.h"

#include <stdlib.h>

static int compare_grants(const void *a, const void *b)
{
	const struct grant *x = a, *y = b;

	if (x->peer != y->peer)
		return x->peer < y->peer ? -1 : 1;
	return (x->policy > y->policy) - (x->policy < y->policy);
}

void origin_sort(struct grant *grants, size_t count)
{
	if (count)
		qsort(grants, count, sizeof(*grants), compare_grants);
}

/* The first grant to @peer, @count if there is none. */
static size_t first_of(const struct grant *grants, size_t count, uint32_t peer)
{
	size_t low = 0, high = count;

	while (low < high) {
		size_t middle = low + (high - low) / 2;

		if (grants[middle].peer < peer)
			low = middle + 1;
		else
			high = middle;
	}
	return low < count && grants[low].peer == peer ? low : count;
}

/* The first cell at or behind a port. */
static size_t first_cell(const struct plan *plan, enum protocol protocol, uint16_t port)
{
	size_t low = 0, high = plan->cell_count;

	while (low < high) {
		size_t middle = low + (high - low) / 2;
		const struct cell *cell = &plan->cells[middle];

		if (cell->protocol < protocol || (cell->protocol == protocol && cell->first < port))
			low = middle + 1;
		else
			high = middle;
	}
	return low;
}

/* Does the grant cover a cell that leads to the target? */
static bool covers(const struct grant *grant, const struct plan *plan, uint32_t target)
{
	if (target == EVERY_PACKET || grant->protocol == PROTOCOL_ANY)
		return target == EVERY_PACKET && grant->protocol == PROTOCOL_ANY;
	for (size_t i = 0; grant->first == 0 && i < plan->protocol_count; i++)
		if (plan->protocols[i].protocol == grant->protocol &&
		    plan->protocols[i].target == target)
			return true;
	for (size_t i = first_cell(plan, grant->protocol, grant->first);
	     i < plan->cell_count && plan->cells[i].protocol == grant->protocol &&
	     plan->cells[i].last <= grant->last;
	     i++)
		if (plan->cells[i].target == target)
			return true;
	return false;
}

static int compare_policies(const void *a, const void *b)
{
	uint32_t x = *(const uint32_t *)a, y = *(const uint32_t *)b;

	return (x > y) - (x < y);
}

/* More names do not fit into a comment. */
#define NAMES_MAX 64

const char *origin_comment(struct arena *arena, const struct objects *objects,
			   const struct grant *grants, size_t count, const struct plan *plan,
			   uint32_t target, const uint32_t *peers, size_t peer_count)
{
	uint32_t found[NAMES_MAX];
	struct string text = {0};
	size_t names = 0;

	for (size_t i = 0; i < peer_count && names < NAMES_MAX; i++) {
		for (size_t k = first_of(grants, count, peers[i]);
		     k < count && grants[k].peer == peers[i] && names < NAMES_MAX; k++) {
			bool there = false;

			for (size_t n = 0; n < names && !there; n++)
				there = found[n] == grants[k].policy;
			if (!there && covers(&grants[k], plan, target))
				found[names++] = grants[k].policy;
		}
	}
	qsort(found, names, sizeof(*found), compare_policies);
	for (size_t i = 0; i < names && text.len <= COMMENT_MAX_LEN; i++)
		arena_append(arena, &text, "%s%s", i ? ", " : "", objects->policies[found[i]].name);
	return text.text ? comment_fit(arena, text.text) : NULL;
}
