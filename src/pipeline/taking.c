/*
 * Brings the ruleset up to date: updates the elements of the addresses that were touched, or makes
 * the whole ruleset anew if policies or groups changed; and finds what differs from the last taking.
 */
#include "pipeline/taking.h"

#include "base/arena.h"
#include "change/diff.h"
#include "lower/log_denied.h"
#include "model/shared_address.h"
#include "resolve/resolve.h"

/* Less garbage than this is never a reason to make everything anew. */
#define WASTE_MIN ((size_t)1 << 20)

void taking_forget_touched(struct pipeline *pipeline)
{
	arena_reset(pipeline->notes);
	pipeline->touched_addresses = (struct table){.arena = pipeline->notes};
	pipeline->touched = NULL;
	pipeline->touched_count = 0;
}

static void retire(struct pipeline *pipeline, struct arena *arena)
{
	pipeline->retired[pipeline->retired_count++] = arena;
}

void taking_free_retired(struct pipeline *pipeline)
{
	while (pipeline->retired_count)
		arena_free(pipeline->retired[--pipeline->retired_count]);
}

/*
 * Adds the guard, the closed ranges and the logging to a ruleset.  @known has all pods, or those
 * with addresses in the closed ranges.
 */
static struct ruleset *with_additions(const struct pipeline *pipeline, struct arena *arena,
				      const struct ruleset *ruleset, const struct objects *known)
{
	struct ruleset *with = closed_ranges_add(arena, ruleset, &pipeline->closed_ranges, known);

	if (pipeline->options.log_denied)
		with = log_denied(arena, with);
	return guard(arena, with, &pipeline->links);
}

static struct ruleset *compile(const struct pipeline *pipeline, struct arena *arena)
{
	struct objects *objects = arena_alloc(arena, sizeof(*objects));

	*objects = store_objects(&pipeline->census->store, arena);
	objects_share(objects);
	return with_additions(pipeline, arena,
			      lower(arena, resolve(arena, objects, pipeline->options.node),
				    &pipeline->options.lower),
			      objects);
}

/*
 * Makes the current ruleset with everything that its structure depends on; sets of peers are kept
 * if they mean the same.
 */
static struct structure restructure(struct pipeline *pipeline, const struct members *before)
{
	struct structure structure = {.arena = arena_new()};
	struct objects *local = arena_alloc(structure.arena, sizeof(*local)), known;
	const struct resolved *resolved;
	struct pod_verdicts verdicts;

	*local = census_local_objects(pipeline->census, structure.arena);
	known = *local;
	resolved = resolve(structure.arena, local, pipeline->options.node);
	if (pipeline->closed_ranges_are_wide)
		known = store_objects(&pipeline->census->store, structure.arena);
	structure.ruleset = with_additions(
		pipeline, structure.arena,
		lower_structure(structure.arena, resolved, &pipeline->options.lower, &verdicts),
		&known);
	structure.members =
		members_new(structure.arena, pipeline->census, structure.ruleset, resolved, before);
	members_take_enforced(structure.members, pipeline->census, &verdicts,
			      &pipeline->closed_ranges);
	return structure;
}

/* Updates the elements of the addresses that were touched. */
static void change_members(struct pipeline *pipeline, const struct members *members)
{
	for (size_t i = 0; i < pipeline->touched_count; i++) {
		const struct touched_address *touched = &pipeline->touched[i];
		const struct member_list now =
			members_of(members, pipeline->census, pipeline->notes, touched->address);

		members_change(members, pipeline->notes, &touched->before, &now);
	}
}

/*
 * Compiles everything anew.  This is for pods that share an address, whose elements depend on each
 * other's policies.
 */
static struct structure compile_whole(struct pipeline *pipeline)
{
	struct structure structure = {.arena = arena_new()};

	structure.ruleset = compile(pipeline, structure.arena);
	return structure;
}

/* Does more change than elements of sets? */
static bool must_restructure(const struct pipeline *pipeline)
{
	const struct structure *taken = &pipeline->taken;

	return pipeline->must_restructure || !taken->members ||
	       (pipeline->local_is_touched &&
		!enforced_stay(&taken->members->enforced, pipeline->census, taken->ruleset));
}

/* Returns the current ruleset, which may be the last one, updated. */
static struct structure bring_up_to_date(struct pipeline *pipeline)
{
	struct structure now = pipeline->taken;

	if (census_identify(pipeline->census) && now.members)
		now.members->enforced.are_stale = true;
	if (pipeline->census->shared_count)
		return compile_whole(pipeline);
	if (must_restructure(pipeline))
		now = restructure(pipeline, now.members);
	change_members(pipeline, now.members);
	members_publish(now.members);
	return now;
}

static struct changes find_changes(struct arena *arena, const struct structure *before,
				   const struct structure *now)
{
	const struct known_set *known = NULL;
	struct difference difference;
	size_t count = 0;

	if (!before->ruleset)
		return transition(arena, NULL, now->ruleset);
	if (before->members && now->members)
		known = members_known(now->members, arena, &count);
	difference = before->ruleset == now->ruleset
			     ? diff_of_elements(arena, now->ruleset, known, count)
			     : diff_with(arena, before->ruleset, now->ruleset, known, count);
	return transition_of(arena, &difference);
}

/* Clears all notes. */
static void settle(struct pipeline *pipeline)
{
	if (pipeline->taken.members)
		members_forget(pipeline->taken.members);
	pipeline->must_restructure = pipeline->local_is_touched = false;
	taking_forget_touched(pipeline);
}

/* Is there too much garbage? */
static bool is_wasteful(const struct pipeline *pipeline)
{
	const struct store *store = &pipeline->census->store;
	const size_t most =
		pipeline->options.waste ? pipeline->options.waste : store_bytes(store) + WASTE_MIN;

	return store->waste > most;
}

/*
 * Makes everything anew from the current objects, and adds to @changes what differs, which should
 * be nothing.
 */
static void renew(struct pipeline *pipeline, struct arena *arena, struct changes *changes)
{
	const struct structure before = pipeline->taken;
	struct changes faults;

	retire(pipeline, pipeline->census->arena);
	retire(pipeline, before.arena);
	pipeline->census = census_renewed(pipeline->census, arena_new());
	pipeline->taken = (struct structure){0};
	pipeline->taken = bring_up_to_date(pipeline);
	settle(pipeline);
	faults = transition(arena, before.ruleset, pipeline->taken.ruleset);
	pipeline->renewals++;
	pipeline->faults += faults.count > 0;
	for (size_t i = 0; i < faults.count; i++)
		arena_push(arena, changes->items, changes->count, faults.items[i]);
}

/* Is everything from which the ruleset is made unchanged? */
static bool is_unchanged(const struct pipeline *pipeline)
{
	return pipeline->taken.members && !pipeline->must_restructure && !pipeline->touched_count &&
	       !pipeline->census->shared_count;
}

static struct changes take(struct pipeline *pipeline, struct arena *arena)
{
	const struct structure before = pipeline->taken;
	struct changes changes;

	if (is_unchanged(pipeline))
		return (struct changes){0};
	pipeline->taken = bring_up_to_date(pipeline);
	if (before.arena && pipeline->taken.arena != before.arena)
		retire(pipeline, before.arena);
	changes = find_changes(arena, &before, &pipeline->taken);
	settle(pipeline);
	return changes;
}

struct changes pipeline_take(struct pipeline *pipeline, struct arena *arena)
{
	struct changes changes;

	taking_free_retired(pipeline);
	changes = take(pipeline, arena);
	if (is_wasteful(pipeline))
		renew(pipeline, arena, &changes);
	pipeline->taken.ruleset->stats.policies = pipeline->census->store.policies.present;
	return changes;
}

size_t pipeline_faults(const struct pipeline *pipeline)
{
	return pipeline->faults;
}

size_t pipeline_renewals(const struct pipeline *pipeline)
{
	return pipeline->renewals;
}

const struct ruleset *pipeline_ruleset(const struct pipeline *pipeline)
{
	return pipeline->taken.ruleset;
}
