/* Asks each chain about the classes that stand out, and about one of the others. */
#include "ask/alike/sides.h"

#include "ask/alike/deviations.h"
#include "ask/world/cuts.h"
#include "base/arena.h"
#include "base/numbers.h"
#include "base/table.h"
#include "ruleset/chain_index.h"

#include <stdlib.h>

/*
 * What a chain says about somebody: the ports that it lets through, and who decides
 * (ask/reach/decided.h).
 */
struct sentence {
	uint32_t ports, decided;
};

/* A class that a chain treats in a special way, the way, and what the chain says about it. */
struct stander {
	uint32_t class, way;
	struct sentence says;
};

struct chain_view {
	bool known;
	bool passes_over; /* see sides_pass_over() */
	/* ports PORTS_NONE: there is nobody who does not stand out */
	struct sentence usual[UNIVERSES];
	struct stander *standers; /* sorted by class */
	size_t count;
};

struct sides {
	struct arena *arena;
	const struct world *world;
	struct ports *ports;
	struct deciders *deciders; /* NULL: nobody asks who decides */
	struct chain_index chains;
	struct deviation_lists all;
	/* index: class; index to the ruleset's chains, or CHAIN_NONE */
	uint32_t *chain_of[FAMILIES][DIRECTIONS];
	struct chain_view *views[FAMILIES][DIRECTIONS]; /* index: chain */
	struct numbers *users[FAMILIES][DIRECTIONS];    /* index: chain; the classes under it */
	/* index: class; the chains that treat it in a special way */
	struct numbers *telling[FAMILIES][DIRECTIONS];
	uint32_t *usual[DIRECTIONS]; /* index: class; see sides_usual() */
	struct numbers found;        /* what was returned last; it has room for all classes */
	/* For the chain that is being asked. */
	uint32_t *set_round, *class_round, *definition_round, round;
	struct numbers sets;    /* the sets on its way; it has room for all */
	struct numbers touched; /* classes that stand out; it has room for all */
	uint32_t *list_of;      /* index: class; its deviations, as the number of a list */
	bool *is_plural;        /* index: class; it is in a set that has several definitions */
	struct table lists;     /* see list_longer() */
};

static const struct party *party_of(const struct sides *sides, uint32_t class)
{
	return &sides->world->parties[sides->world->classes[class]];
}

static void mark_set(void *context, const struct set *set)
{
	struct sides *sides = context;
	const uint32_t number = table_find(&sides->all.asked.numbers, &set, sizeof(set));

	if (number == TABLE_NONE || sides->set_round[number] == sides->round)
		return;
	sides->set_round[number] = sides->round;
	sides->sets.items[sides->sets.count++] = number;
}

/* Finds the classes that stand out on the chain's way, and by what. */
static void find_touched(struct sides *sides, enum family family, uint32_t chain)
{
	sides->round++;
	sides->sets.count = sides->touched.count = 0;
	cuts_each_set(sides->world->cuts, sides->world->ruleset->chains[chain].name, mark_set,
		      sides);
	numbers_sort(sides->sets.items, sides->sets.count);
	for (size_t i = 0; i < sides->sets.count; i++) {
		const uint32_t set = sides->sets.items[i];
		const struct deviations *of = &sides->all.deviations[family][set];
		const bool plural = sides->all.asked.items[set]->from_count > 1;

		for (size_t k = 0; k < of->count; k++) {
			const uint32_t class = of->items[k].class;

			if (sides->class_round[class] != sides->round) {
				sides->class_round[class] = sides->round;
				sides->list_of[class] = 0;
				sides->is_plural[class] = false;
				sides->touched.items[sides->touched.count++] = class;
			}
			sides->list_of[class] = list_longer(&sides->lists, sides->list_of[class],
							    of->items[k].item);
			sides->is_plural[class] |= plural;
		}
	}
	numbers_sort(sides->touched.items, sides->touched.count);
}

/* Marks the definitions of the sets on the current way. */
static void mark_definitions(struct sides *sides)
{
	for (size_t i = 0; i < sides->sets.count; i++) {
		const struct set *set = sides->all.asked.items[sides->sets.items[i]];

		for (size_t k = 0; k < set->from_count; k++)
			sides->definition_round[set->from[k]] = sides->round;
	}
}

/* Is one of the peers (index to resolved.peer_lists, or ANYTHING) in no set on the current way? */
static bool are_passed_over(const struct sides *sides, uint32_t peers, enum family family)
{
	const struct resolved *resolved = sides->world->resolved;
	const struct peer_list *list = peers == ANYTHING ? NULL : &resolved->peer_lists[peers];

	for (size_t i = 0; list && i < list->count; i++)
		if (definition_has(&resolved->definitions[list->definitions[i]], family) &&
		    sides->definition_round[list->definitions[i]] != sides->round)
			return true;
	return false;
}

static bool tiers_pass_over(const struct sides *sides, const struct group *group, enum tier tier,
			    enum family family)
{
	const struct tier_grants *all = sides->world->resolved->tier_grants[group->direction];

	for (size_t i = 0; i < group->tier_count[tier]; i++) {
		const struct tier_grants *grants = &all[group->tiers[tier][i]];

		for (size_t k = 0; k < grants->count; k++)
			if (are_passed_over(sides, grants->grants[k].peers, family))
				return true;
	}
	return false;
}

/* Does the group have peers that are in no set on the current way? */
static bool passes_over(struct sides *sides, const struct group *group, enum family family)
{
	const struct resolved *resolved = sides->world->resolved;

	mark_definitions(sides);
	for (size_t i = 0; group && i < group->policy_count; i++) {
		const struct policy_grants *grants =
			&resolved->grants[group->direction][group->policies[i]];

		for (size_t k = 0; k < grants->count; k++)
			if (are_passed_over(sides, grants->grants[k].peers, family))
				return true;
	}
	return group && (tiers_pass_over(sides, group, TIER_ADMIN, family) ||
			 tiers_pass_over(sides, group, TIER_BASELINE, family));
}

/* What the chain says of a class. */
static struct sentence ask(struct sides *sides, enum direction direction, uint32_t chain,
			   uint32_t class, enum family family)
{
	const char *name = sides->world->ruleset->chains[chain].name;
	const struct spot spot = spot_of(party_of(sides, class), family, false);
	const struct reach reach =
		reach_through(sides->arena, sides->world, direction, name, &spot);
	struct sentence says = {ports_number(sides->ports, &reach), DECIDED_BY_NOBODY};
	struct reach reaches[OUTCOMES];

	if (!sides->deciders)
		return says;
	reach_decided(sides->arena, sides->world, direction, name, &spot, reaches);
	says.decided = deciders_number(sides->deciders, reaches);
	return says;
}

/* Asks about the first of each universe that does not stand out. */
static void ask_usual(struct sides *sides, enum direction direction, enum family family,
		      uint32_t chain, struct chain_view *view)
{
	for (enum universe i = 0; i < UNIVERSES; i++) {
		const struct numbers *all = &sides->all.inhabitants[family][i];
		size_t k = 0;

		while (k < all->count && sides->class_round[all->items[k]] == sides->round)
			k++;
		view->usual[i] = k < all->count
					 ? ask(sides, direction, chain, all->items[k], family)
					 : (struct sentence){PORTS_NONE, 0};
	}
}

static void add_stander(struct sides *sides, enum direction direction, enum family family,
			uint32_t chain, struct stander stander)
{
	struct chain_view *view = &sides->views[family][direction][chain];
	struct numbers *telling = &sides->telling[family][direction][stander.class];

	arena_push(sides->arena, view->standers, view->count, stander);
	arena_push(sides->arena, telling->items, telling->count, chain);
}

/*
 * A number for the way; a class in a set of several definitions may be there because of any of
 * them.
 */
static uint32_t way_of(const struct sides *sides, const struct chain_view *view, uint32_t class,
		       uint32_t number)
{
	return sides->is_plural[class] || view->passes_over
		       ? UNIVERSES + class
		       : (uint32_t)(UNIVERSES + sides->world->class_count) + number;
}

/* Makes the view of a chain; classes with the same deviations are asked about once. */
static void make_view(struct sides *sides, enum direction direction, enum family family,
		      uint32_t chain, const struct group *group)
{
	struct chain_view *view = &sides->views[family][direction][chain];
	struct table lists = {.arena = sides->arena};
	struct sentence *different = NULL;
	size_t count = 0;

	view->known = true;
	find_touched(sides, family, chain);
	view->passes_over = passes_over(sides, group, family);
	ask_usual(sides, direction, family, chain, view);
	for (size_t i = 0; i < sides->touched.count; i++) {
		const uint32_t class = sides->touched.items[i];
		const uint32_t key[] = {sides->list_of[class], sides->all.universe[family][class]};
		bool added = false;
		uint32_t number;

		if (sides->all.universe[family][class] == NOWHERE)
			continue;
		number = table_add(&lists, key, sizeof(key), &added);
		if (added)
			arena_push(sides->arena, different, count,
				   ask(sides, direction, chain, class, family));
		add_stander(sides, direction, family, chain,
			    (struct stander){class, way_of(sides, view, class, number),
					     different[number]});
	}
}

static void make_views(struct sides *sides, enum direction direction, enum family family)
{
	const struct world *world = sides->world;
	const size_t chains = world->ruleset->chain_count, classes = world->class_count;

	sides->chain_of[family][direction] = arena_array(sides->arena, classes, sizeof(uint32_t));
	sides->views[family][direction] =
		arena_array(sides->arena, chains, sizeof(struct chain_view));
	sides->users[family][direction] = arena_array(sides->arena, chains, sizeof(struct numbers));
	sides->telling[family][direction] =
		arena_array(sides->arena, classes, sizeof(struct numbers));
	for (uint32_t i = 0; i < classes; i++) {
		const uint32_t chain = chain_index_find(
			&sides->chains,
			evaluator_chain(world->evaluator, direction == EGRESS, family,
					party_of(sides, i)->addr[family].bytes));
		struct numbers *users;

		sides->chain_of[family][direction][i] = chain;
		if (chain == CHAIN_NONE)
			continue;
		users = &sides->users[family][direction][chain];
		arena_push(sides->arena, users->items, users->count, i);
		if (!sides->views[family][direction][chain].known)
			make_view(sides, direction, family, chain,
				  world->group_of[direction][party_of(sides, i)->pod]);
	}
}

/* The answer if there is no chain. */
static const struct sentence everything_by_nobody = {PORTS_EVERYTHING, DECIDED_BY_NOBODY};

/*
 * What a class says in a family to those that do not stand out, by universe; and what its own
 * universe is.
 */
struct usual {
	uint32_t universe;
	struct sentence says[UNIVERSES];
};

static struct usual usual_of(const struct sides *sides, enum direction direction,
			     enum family family, uint32_t class)
{
	const uint32_t chain = sides->chain_of[family][direction][class];
	struct usual usual = {.universe = sides->all.universe[family][class]};

	for (enum universe i = 0; i < UNIVERSES; i++)
		usual.says[i] = chain == CHAIN_NONE
					? everything_by_nobody
					: sides->views[family][direction][chain].usual[i];
	return usual;
}

static void find_usual(struct sides *sides, enum direction direction)
{
	const size_t count = sides->world->class_count;
	struct table keys = {.arena = sides->arena};

	sides->usual[direction] = arena_array(sides->arena, count, sizeof(uint32_t));
	for (uint32_t i = 0; i < count; i++) {
		struct usual key[FAMILIES];

		for (enum family family = V4; family < FAMILIES; family++)
			key[family] = usual_of(sides, direction, family, i);
		sides->usual[direction][i] = table_add(&keys, key, sizeof(key), NULL);
	}
}

bool sides_have_same_usual(struct sides *const sides[AGES], enum direction direction,
			   const uint32_t classes[AGES])
{
	for (enum family family = V4; family < FAMILIES; family++) {
		const struct usual old = usual_of(sides[OLD], direction, family, classes[OLD]);
		const struct usual new = usual_of(sides[NEW], direction, family, classes[NEW]);

		for (enum universe i = 0; i < UNIVERSES; i++)
			if (old.says[i].ports != new.says[i].ports &&
			    old.says[i].ports != PORTS_NONE &&new.says[i].ports != PORTS_NONE)
				return false;
	}
	return true;
}

struct sides *sides_new(struct arena *arena, const struct world *world, struct ports *ports,
			struct deciders *deciders)
{
	const struct ruleset *ruleset = world->ruleset;
	struct sides *sides = arena_alloc(arena, sizeof(*sides));

	sides->arena = arena;
	sides->world = world;
	sides->ports = ports;
	sides->deciders = deciders;
	sides->lists.arena = arena;
	sides->chains = chain_index_of(arena, ruleset);
	sides->all = deviations_of(arena, world);
	sides->set_round = arena_array(arena, sides->all.asked.count, sizeof(uint32_t));
	sides->definition_round =
		arena_array(arena, world->resolved->definition_count, sizeof(uint32_t));
	sides->sets.items = arena_array(arena, sides->all.asked.count, sizeof(uint32_t));
	sides->touched.items = arena_array(arena, world->class_count, sizeof(uint32_t));
	sides->found.items = arena_array(arena, world->class_count, sizeof(uint32_t));
	sides->class_round = arena_array(arena, world->class_count, sizeof(uint32_t));
	sides->list_of = arena_array(arena, world->class_count, sizeof(uint32_t));
	sides->is_plural = arena_array(arena, world->class_count, sizeof(bool));
	for (enum direction direction = INGRESS; direction < DIRECTIONS; direction++) {
		for (enum family family = V4; family < FAMILIES; family++)
			make_views(sides, direction, family);
		find_usual(sides, direction);
	}
	return sides;
}

size_t sides_class_count(const struct sides *sides)
{
	return sides->world->class_count;
}

/* How a chain treats the class; if the class does not stand out, the way is its universe. */
static struct stander find_stander(const struct sides *sides, enum direction direction,
				   enum family family, uint32_t chain, uint32_t class)
{
	const struct chain_view *view = &sides->views[family][direction][chain];
	const enum universe universe = sides->all.universe[family][class];
	const struct stander *found = view->count ? bsearch(&class, view->standers, view->count,
							    sizeof(*found), number_compare)
						  : NULL;

	return found ? *found
		     : (struct stander){class, view->passes_over ? UNIVERSES + class : universe,
					view->usual[universe]};
}

static struct sentence find_sentence(const struct sides *sides, enum direction direction,
				     enum family family, uint32_t from, uint32_t to)
{
	const uint32_t chain = sides->chain_of[family][direction][direction == EGRESS ? from : to];

	return chain == CHAIN_NONE ? everything_by_nobody
				   : find_stander(sides, direction, family, chain,
						  direction == EGRESS ? to : from)
					     .says;
}

uint32_t sides_one(const struct sides *sides, enum direction direction, enum family family,
		   uint32_t from, uint32_t to)
{
	return find_sentence(sides, direction, family, from, to).ports;
}

uint32_t sides_view(const struct sides *sides, enum direction direction, enum family family,
		    uint32_t from, uint32_t to)
{
	const uint32_t chain = sides->chain_of[family][direction][direction == EGRESS ? from : to];

	return chain == CHAIN_NONE ? 0
				   : find_stander(sides, direction, family, chain,
						  direction == EGRESS ? to : from)
					     .way;
}

bool sides_pass_over(const struct sides *sides, enum direction direction, uint32_t class)
{
	for (enum family family = V4; family < FAMILIES; family++) {
		const uint32_t chain = sides->chain_of[family][direction][class];

		if (chain != CHAIN_NONE && sides->views[family][direction][chain].passes_over)
			return true;
	}
	return false;
}

uint32_t sides_list(const struct sides *sides, enum family family, uint32_t from, uint32_t to)
{
	if (!parties_meet(party_of(sides, from), party_of(sides, to), family))
		return PORTS_NONE;
	return ports_common(sides->ports, sides_one(sides, EGRESS, family, from, to),
			    sides_one(sides, INGRESS, family, from, to));
}

const struct passage *sides_passage(const struct sides *sides, uint32_t from, uint32_t to)
{
	return passage_of(sides->ports, sides_list(sides, V4, from, to),
			  sides_list(sides, V6, from, to));
}

const struct decided *sides_decided(const struct sides *sides, uint32_t from, uint32_t to)
{
	uint32_t numbers[FAMILIES][DIRECTIONS];

	for (enum family family = V4; family < FAMILIES; family++)
		for (enum direction direction = INGRESS; direction < DIRECTIONS; direction++)
			numbers[family][direction] =
				parties_meet(party_of(sides, from), party_of(sides, to), family)
					? find_sentence(sides, direction, family, from, to).decided
					: UINT32_MAX;
	return decided_of(sides->deciders, sides_passage(sides, from, to), numbers);
}

uint32_t sides_usual(const struct sides *sides, enum direction direction, uint32_t class)
{
	return sides->usual[direction][class];
}

static void find_class(struct sides *sides, uint32_t class)
{
	if (sides->class_round[class] == sides->round)
		return;
	sides->class_round[class] = sides->round;
	sides->found.items[sides->found.count++] = class;
}

struct class_list sides_told_apart(struct sides *sides, enum direction direction, uint32_t class)
{
	sides->round++;
	sides->found.count = 0;
	for (enum family family = V4; family < FAMILIES; family++) {
		const uint32_t chain = sides->chain_of[family][direction][class];
		const struct chain_view *view =
			chain == CHAIN_NONE ? NULL : &sides->views[family][direction][chain];

		for (size_t i = 0; view && i < view->count; i++)
			find_class(sides, view->standers[i].class);
	}
	return (struct class_list){sides->found.items, sides->found.count};
}

struct class_list sides_standing_out(struct sides *sides, enum direction direction, uint32_t class)
{
	sides_told_apart(sides, direction, class);
	for (enum family family = V4; family < FAMILIES; family++) {
		const struct numbers *chains = &sides->telling[family][!direction][class];

		for (size_t i = 0; i < chains->count; i++) {
			const struct numbers *users =
				&sides->users[family][!direction][chains->items[i]];

			for (size_t k = 0; k < users->count; k++)
				find_class(sides, users->items[k]);
		}
	}
	return (struct class_list){sides->found.items, sides->found.count};
}
