/* Counts the members of each set, and if most are in it, lists those that are not. */
#include "ask/alike/deviations.h"

#include "base/arena.h"

struct deviating {
	struct arena *arena;
	const struct world *world;
	struct deviation_lists lists;
	uint32_t *round_of, round; /* index of the first: class */
};

static const struct party *making_party(const struct deviating *making, uint32_t class)
{
	return &making->world->parties[making->world->classes[class]];
}

static enum universe universe_of(const struct party *party, enum family family)
{
	return !party->has[family]            ? NOWHERE
	       : party->kind == PARTY_OUTSIDE ? OUTSIDE
	       : party->known[family]         ? KNOWN_PODS
					      : UNKNOWN_PODS;
}

static void find_universes(struct deviating *making, enum family family)
{
	const size_t count = making->world->class_count;

	making->lists.universe[family] = arena_array(making->arena, count, 1);
	for (uint32_t i = 0; i < count; i++) {
		const enum universe universe = universe_of(making_party(making, i), family);
		struct numbers *all;

		making->lists.universe[family][i] = (unsigned char)universe;
		if (universe == NOWHERE)
			continue;
		all = &making->lists.inhabitants[family][universe];
		arena_push(making->arena, all->items, all->count, i);
	}
}

static void add_member(void *context, size_t class, enum family family, size_t set,
		       uint32_t meaning)
{
	struct deviating *making = context;
	struct deviations *deviations = &making->lists.deviations[family][set];

	arena_push(making->arena, deviations->items, deviations->count,
		   ((struct deviation){(uint32_t) class, meaning << 1}));
}

/*
 * Does the set have most of a universe, and only one definition? Then everybody in it is there for
 * the same reason, and those that are not in it stand out.
 */
static bool is_wide(const struct deviating *making, enum family family, size_t set,
		    enum universe universe, size_t members)
{
	const struct set *of = making->lists.asked.items[set];

	return of->from_count == 1 && of->field_count == 1 && !of->verdicts &&
	       members > making->lists.inhabitants[family][universe].count / 2;
}

static void count_members(const struct deviating *making, enum family family,
			  const struct deviations *members, size_t counts[UNIVERSES])
{
	for (size_t i = 0; i < members->count; i++)
		if (making->lists.universe[family][members->items[i].class] != NOWHERE)
			counts[making->lists.universe[family][members->items[i].class]]++;
}

/* Replaces those of the universe that are in the set with those that are not. */
static void turn_round(struct deviating *making, enum family family, size_t set,
		       enum universe universe)
{
	const struct numbers *all = &making->lists.inhabitants[family][universe];
	struct deviations *deviations = &making->lists.deviations[family][set], left = {0};

	making->round++;
	for (size_t i = 0; i < deviations->count; i++)
		if (making->lists.universe[family][deviations->items[i].class] == universe)
			making->round_of[deviations->items[i].class] = making->round;
		else
			arena_push(making->arena, left.items, left.count, deviations->items[i]);
	for (size_t i = 0; i < all->count; i++)
		if (making->round_of[all->items[i]] != making->round)
			arena_push(making->arena, left.items, left.count,
				   ((struct deviation){all->items[i], (uint32_t)set << 1 | 1}));
	*deviations = left;
}

static void find_deviations(struct deviating *making)
{
	const struct world *world = making->world;
	struct party *parties = arena_array(making->arena, world->class_count, sizeof(*parties));

	for (uint32_t i = 0; i < world->class_count; i++)
		parties[i] = *making_party(making, i);
	for (enum family family = V4; family < FAMILIES; family++)
		making->lists.deviations[family] = arena_array(
			making->arena, making->lists.asked.count, sizeof(struct deviations));
	world_memberships(making->arena, &making->lists.asked, parties, world->class_count,
			  add_member, making);
	for (enum family family = V4; family < FAMILIES; family++)
		for (size_t set = 0; set < making->lists.asked.count; set++) {
			size_t counts[UNIVERSES] = {0};

			count_members(making, family, &making->lists.deviations[family][set],
				      counts);
			for (enum universe i = 0; i < UNIVERSES; i++)
				if (is_wide(making, family, set, i, counts[i]))
					turn_round(making, family, set, i);
		}
}

struct deviation_lists deviations_of(struct arena *arena, const struct world *world)
{
	struct deviating making = {
		.arena = arena,
		.world = world,
		.lists.asked = asked_sets(arena, world->ruleset),
		.round_of = arena_array(arena, world->class_count, sizeof(uint32_t))};

	for (enum family family = V4; family < FAMILIES; family++)
		find_universes(&making, family);
	find_deviations(&making);
	return making.lists;
}
