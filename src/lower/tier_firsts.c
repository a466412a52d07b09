/*
 * Lists the rules of a place and of those above it as entries of sets of first matches, and gives
 * these sets their names and words.
 */
#include "lower/tier_firsts.h"

#include "base/arena.h"
#include "lower/names.h"
#include "lower/tier_runs.h"
#include "ruleset/ruleset.h"

#include <string.h>

void entries_add(struct ordering *ordering, struct entries *to, const uint32_t *definitions,
		 size_t count, struct first_entry entry)
{
	for (size_t i = 0; i < count; i++) {
		entry.definition = definitions[i];
		arena_push(ordering->arena, to->items, to->count, entry);
	}
}

static bool has_rule(const struct rule_list *list, uint32_t rule)
{
	for (size_t i = 0; i < list->count; i++)
		if (list->rules[i] == rule)
			return true;
	return false;
}

/* The rules of a place and of those above it, in order, as entries. */
static struct entries entries_of(struct ordering *ordering, const struct ordered_place *place)
{
	const struct rule_list all = rule_list_join(ordering->arena, &place->own, &place->above);
	struct entries entries = {0};

	for (size_t i = 0; i < all.count; i++) {
		const struct ordered_rule *rule = &ordering->rules[all.rules[i]];
		struct first_entry entry = {
			.action = rule->action,
			.is_own = has_rule(&place->own, all.rules[i]),
			.answers = true,
		};

		entries_add(ordering, &entries, rule->lists, rule->list_count, entry);
		/* Later places ask for blocks among the lists only if no blocks trail. */
		entry.answers = !ordering->trails;
		entries_add(ordering, &entries, rule->blocks, rule->block_count, entry);
	}
	return entries;
}

/* Returns the one copy of a set of first matches, so that places with the same set share it. */
static const struct first_match *keep_first(struct ordering *ordering,
					    const struct first_match *match)
{
	struct first_match *kept;
	uint32_t number;
	size_t len;
	bool added;
	const void *key = first_key(ordering->arena, match, &len);

	number = table_add(&ordering->firsts, key, len, &added);
	if (!added)
		return ordering->first_of[number];
	kept = arena_alloc(ordering->arena, sizeof(*kept));
	*kept = *match;
	arena_push(ordering->arena, ordering->first_of, ordering->first_count, kept);
	return kept;
}

static const char *const action_words[] = {
	[ACTION_ACCEPT] = "Accept", [ACTION_DENY] = "Deny", [ACTION_PASS] = "Pass"};

/* Describes a set of first matches: which of its own rules decide so, and whom they name. */
static const char *words_of_first(const struct ordering *ordering, const struct rule_list *own,
				  enum action action)
{
	struct arena *arena = ordering->arena;
	struct string text = {0};

	arena_append(arena, &text, "first match is %s", action_words[action]);
	for (size_t i = 0; i < own->count && text.len <= COMMENT_MAX_LEN; i++) {
		const struct ordered_rule *rule = &ordering->rules[own->rules[i]];
		struct origins_text name = {0};

		if (rule->action != action)
			continue;
		origins_add(ordering, &name, rule);
		arena_append(arena, &text, "%s", strchr(text.text, ':') ? "; " : ": ");
		for (size_t k = 0; rule->peers && k < rule->peers->count; k++)
			arena_append(
				arena, &text, "%s%s", k ? ", " : "",
				ordering->resolved->definitions[rule->peers->definitions[k]].text);
		arena_append(arena, &text, " (%s)", name.text.text);
	}
	return comment_fit(arena, text.text);
}

/*
 * All that decides what is in a set of first matches, as text, so that sets that differ get
 * different names.
 */
static const char *text_of_entries(const struct ordering *ordering, const struct entries *entries,
				   enum action action)
{
	struct string text = {0};

	arena_append(ordering->arena, &text, "%d %d", action, ordering_otherwise(ordering));
	for (size_t i = 0; i < entries->count; i++) {
		const struct first_entry *entry = &entries->items[i];

		arena_append(ordering->arena, &text, "\n%d %d %d %d %u %u %s", entry->action,
			     entry->is_own, entry->answers, entry->protocol, entry->first,
			     entry->last, ordering->resolved->definitions[entry->definition].text);
	}
	return text.text;
}

/*
 * The name of a place's sets for an action: the policies whose rules stand there, and a hash of the
 * rest.
 */
static const char *first_name(const struct ordering *ordering, const struct rule_list *own,
			      enum action action, const char *what, const char *text)
{
	static const char *const words[] = {
		[ACTION_ACCEPT] = "accepted", [ACTION_DENY] = "denied", [ACTION_PASS] = "passed"};
	const char **policies = arena_array(ordering->arena, own->count, sizeof(*policies));
	size_t count = 0;

	for (size_t i = 0; i < own->count; i++) {
		const char *name = ordering->rules[own->rules[i]].policy->name;

		if (!count || strcmp(policies[count - 1], name) != 0)
			policies[count++] = name;
	}
	return name_first(ordering->arena, ordering->tier, ordering->group->direction, policies,
			  count, arena_join(ordering->arena, what, words[action], NULL), text);
}

/* Names the own entries that have the action. */
static const char *first_origins(const struct ordering *ordering, const struct rule_list *own,
				 enum action action)
{
	struct origins_text text = {0};

	for (size_t i = 0; i < own->count; i++)
		if (ordering->rules[own->rules[i]].action == action)
			origins_add(ordering, &text, &ordering->rules[own->rules[i]]);
	return origins_comment(ordering, &text);
}

/* Can the set have any address, judging by the rules alone? */
static bool may_have_any(const struct first_match *match)
{
	bool says = false, differs = (int)match->action != (int)match->otherwise, lists = false;

	for (size_t i = 0; i < match->count; i++) {
		const struct first_entry *entry = &match->entries[i];

		says |= entry->action == match->action && (entry->is_own || !entry->answers);
		differs |= entry->action != match->action && !entry->is_own;
		lists |= entry->answers;
	}
	return says && differs && lists;
}

void ask_by_first(struct ordering *ordering, struct asks *asks, const struct rule_list *own,
		  const struct entries *entries, enum otherwise otherwise, bool is_named)
{
	static const enum action order[] = {ACTION_DENY, ACTION_ACCEPT, ACTION_PASS};

	for (size_t i = 0; i < sizeof(order) / sizeof(*order); i++) {
		const struct first_match match = {
			.entries = entries->items,
			.count = entries->count,
			.action = order[i],
			.is_named = is_named,
			.otherwise = otherwise,
			.name = first_name(ordering, own, order[i], is_named ? "ports." : "",
					   text_of_entries(ordering, entries, order[i])),
			.comment = words_of_first(ordering, own, order[i]),
		};

		if (may_have_any(&match))
			asks_add(ordering, asks,
				 (struct ask){.kind = ASK_FIRST,
					      .action = order[i],
					      .first = keep_first(ordering, &match),
					      .comment = first_origins(ordering, own, order[i])});
	}
}

void ask_firsts(struct ordering *ordering, struct asks *asks, const struct ordered_place *place)
{
	const struct entries entries = entries_of(ordering, place);
	bool has_own = false;

	for (size_t i = 0; i < place->own.count; i++)
		has_own |= ordering->trails || ordering->rules[place->own.rules[i]].list_count;
	if (has_own)
		ask_by_first(ordering, asks, &place->own, &entries, ordering_otherwise(ordering),
			     false);
}

static struct rule_list with_blocks(const struct ordering *ordering, const struct rule_list *list)
{
	struct rule_list blocks = {arena_array(ordering->arena, list->count, sizeof(uint32_t)), 0};

	for (size_t i = 0; i < list->count; i++)
		if (ordering->rules[list->rules[i]].block_count)
			blocks.rules[blocks.count++] = list->rules[i];
	return blocks;
}

/* A list of ranges of one family that grows. */
struct ranges {
	struct range *items;
	size_t count;
};

/*
 * Adds a definition's ranges to those that are taken.  The parts that were not taken yet also go to
 * @fresh, unless it is NULL.
 */
static void take_ranges(struct ordering *ordering, const struct definition *block,
			enum family family, struct ranges *taken, struct ranges *fresh)
{
	for (size_t i = 0; i < block->count[family]; i++) {
		struct range *left = arena_array(ordering->arena, taken->count + 1, sizeof(*left));
		const size_t count = range_cut(block->ranges[family][i], taken->items, taken->count,
					       family, left);

		for (size_t k = 0; fresh && k < count; k++)
			arena_push(ordering->arena, fresh->items, fresh->count, left[k]);
	}
	for (size_t i = 0; i < block->count[family]; i++)
		arena_push(ordering->arena, taken->items, taken->count, block->ranges[family][i]);
	taken->count = ranges_merge(taken->items, taken->count, family);
}

/*
 * Cuts the blocks of a place at first matches among them and those above, and asks for the ranges
 * of each action.
 */
static void ask_cut_blocks(struct ordering *ordering, struct asks *asks,
			   const struct ordered_place *place)
{
	const struct rule_list all = rule_list_join(ordering->arena, &place->own, &place->above);
	const struct entries entries = entries_of(ordering, place);
	struct ask by_action[3];

	for (enum action action = ACTION_ACCEPT; action <= ACTION_PASS; action++)
		by_action[action] = (struct ask){
			.kind = ASK_RANGES,
			.action = action,
			.name = first_name(ordering, &place->own, action, "blocks.",
					   text_of_entries(ordering, &entries, action)),
			.words = words_of_first(ordering, &place->own, action),
			.comment = first_origins(ordering, &place->own, action),
		};
	for (enum family family = V4; family < FAMILIES; family++) {
		struct ranges taken = {0}, fresh[3] = {{0}};

		for (size_t i = 0; i < all.count; i++) {
			const struct ordered_rule *rule = &ordering->rules[all.rules[i]];
			const bool is_own = has_rule(&place->own, all.rules[i]);

			for (size_t k = 0; k < rule->block_count; k++)
				take_ranges(ordering,
					    &ordering->resolved->definitions[rule->blocks[k]],
					    family, &taken, is_own ? &fresh[rule->action] : NULL);
		}
		for (size_t i = 0; i < 3; i++) {
			by_action[i].ranges[family] = fresh[i].items;
			by_action[i].range_count[family] =
				fresh[i].count
					? ranges_merge(fresh[i].items, fresh[i].count, family)
					: 0;
		}
	}
	for (size_t i = 0; i < 3; i++)
		if (by_action[i].range_count[V4] || by_action[i].range_count[V6])
			asks_add(ordering, asks, by_action[i]);
}

void find_blocks(struct ordering *ordering, struct ordered_place *place)
{
	const struct ordered_place blocks = {
		.own = with_blocks(ordering, &place->own),
		.above = with_blocks(ordering, &place->above),
	};

	if (rule_list_precedes(&blocks.own, &blocks.above) &&
	    ordering_runs(ordering, &blocks.own) <= RUNS_MAX)
		ask_runs(ordering, &place->blocks, &blocks, true);
	else
		ask_cut_blocks(ordering, &place->blocks, &blocks);
	place->blocks_are_found = true;
}
