/*
 * Finds the policies that a rule comes from.  Each definition leads to the lists that contain it,
 * and each list to its grants, so that only grants with the definition are looked at.
 */
#include "lower/rule_comments.h"

#include "base/arena.h"
#include "base/search.h"
#include "lower/names.h"
#include "ruleset/ruleset.h"

#include <stdlib.h>

static int compare_grants(const void *a, const void *b)
{
	const struct grant *x = a, *y = b;

	if (x->peers != y->peers)
		return x->peers < y->peers ? -1 : 1;
	return (x->policy > y->policy) - (x->policy < y->policy);
}

static int compare_members(const void *a, const void *b)
{
	const struct origin_member *x = a, *y = b;

	if (x->definition != y->definition)
		return x->definition < y->definition ? -1 : 1;
	return (x->grant > y->grant) - (x->grant < y->grant);
}

struct origins origins_of(struct arena *arena, const struct peer_list *lists, struct grant *grants,
			  size_t count)
{
	struct origins origins = {.grants = grants, .grant_count = count};

	if (count)
		qsort(grants, count, sizeof(*grants), compare_grants);
	/* Each list leads to its first grant; the others with the same list follow that one. */
	for (size_t i = 0; i < count; i++) {
		const struct peer_list any = {&(const uint32_t){ANYTHING}, 1};
		const struct peer_list *list =
			grants[i].peers == ANYTHING ? &any : &lists[grants[i].peers];

		if (i > 0 && grants[i].peers == grants[i - 1].peers)
			continue;
		for (size_t k = 0; k < list->count; k++)
			arena_push(arena, origins.members, origins.member_count,
				   ((struct origin_member){list->definitions[k], (uint32_t)i}));
	}
	if (origins.member_count)
		qsort(origins.members, origins.member_count, sizeof(*origins.members),
		      compare_members);
	return origins;
}

/* The first entry of a definition, or the count if it has none. */
static size_t first_of(const struct origins *origins, uint32_t definition)
{
	return FIRST_WHERE(i, origins->member_count, origins->members[i].definition >= definition);
}

/* The first cell that does not end before a port. */
static size_t first_cell(const struct plan *plan, enum protocol protocol, uint16_t port)
{
	const struct cell *cells = plan->cells;

	return FIRST_WHERE(i, plan->cell_count,
			   cells[i].protocol > protocol ||
				   (cells[i].protocol == protocol && cells[i].last >= port));
}

/* Does the grant cover a part of a cell that leads to the target? */
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
	     plan->cells[i].first <= grant->last;
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

/* A comment has no room for more names. */
#define NAMES_MAX 64

/* The policies found so far. */
struct found_policies {
	uint32_t policies[NAMES_MAX];
	size_t count;
};

/*
 * Adds the policies of all grants with the same peers as the grant @first, if they cover the
 * target.
 */
static void add_policies(struct found_policies *found, const struct origins *origins, size_t first,
			 const struct plan *plan, uint32_t target)
{
	const struct grant *grants = origins->grants;

	for (size_t i = first; i < origins->grant_count && grants[i].peers == grants[first].peers &&
			       found->count < NAMES_MAX;
	     i++) {
		bool there = false;

		for (size_t k = 0; k < found->count && !there; k++)
			there = found->policies[k] == grants[i].policy;
		if (!there && covers(&grants[i], plan, target))
			found->policies[found->count++] = grants[i].policy;
	}
}

const char *origin_comment(struct arena *arena, const struct objects *objects,
			   const struct origins *origins, const struct plan *plan, uint32_t target,
			   const uint32_t *peers, size_t peer_count)
{
	struct found_policies found = {.count = 0};
	struct string text = {0};

	for (size_t i = 0; i < peer_count && found.count < NAMES_MAX; i++)
		for (size_t k = first_of(origins, peers[i]);
		     k < origins->member_count && origins->members[k].definition == peers[i]; k++)
			add_policies(&found, origins, origins->members[k].grant, plan, target);
	qsort(found.policies, found.count, sizeof(*found.policies), compare_policies);
	for (size_t i = 0; i < found.count && text.len <= COMMENT_MAX_LEN; i++)
		arena_append(arena, &text, "%s%s", i ? ", " : "",
			     objects->policies[found.policies[i]].name);
	return text.text ? comment_fit(arena, text.text) : NULL;
}
