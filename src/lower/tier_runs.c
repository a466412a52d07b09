/* Asks a few definitions one by one, and many of one run in one set. */
#include "lower/tier_runs.h"

#include "base/arena.h"
#include "base/numbers.h"
#include "lower/names.h"
#include "ruleset/ruleset.h"

void origins_add(const struct ordering *ordering, struct origins_text *to,
		 const struct ordered_rule *rule)
{
	const enum direction direction = ordering->group->direction;
	const char *name = rule->policy->rules[direction][rule->rule].name;

	if (to->text.len > COMMENT_MAX_LEN)
		return;
	if (to->policy == rule->policy)
		arena_add(ordering->arena, &to->text, ", ");
	else
		arena_append(ordering->arena, &to->text, "%s%s: ", to->policy ? "; " : "",
			     rule->policy->name);
	if (*name)
		arena_add(ordering->arena, &to->text, name);
	else
		arena_append(ordering->arena, &to->text, "rule %u", rule->rule + 1);
	to->policy = rule->policy;
}

const char *origins_comment(const struct ordering *ordering, const struct origins_text *of)
{
	return of->text.text ? comment_fit(ordering->arena, of->text.text) : NULL;
}

static bool has_definition(const struct peer_list *list, uint32_t definition)
{
	for (size_t i = 0; i < list->count; i++)
		if (list->definitions[i] == definition)
			return true;
	return false;
}

void asks_add(struct ordering *ordering, struct asks *asks, struct ask ask)
{
	arena_push(ordering->arena, asks->items, asks->count, ask);
}

/* Asks for some definitions of a run, in one look-up. */
static void ask_union(struct ordering *ordering, struct asks *asks, const struct run_of_rules *run,
		      const uint32_t *definitions, size_t count)
{
	struct origins_text text = {0};

	for (size_t i = 0; i < run->count; i++) {
		const struct ordered_rule *rule = &ordering->rules[run->rules[i]];
		bool names = false;

		for (size_t k = 0; !names && k < count; k++)
			names = has_definition(rule->peers, definitions[k]);
		if (names)
			origins_add(ordering, &text, rule);
	}
	asks_add(ordering, asks,
		 (struct ask){.kind = ASK_UNION,
			      .action = run->action,
			      .number = unions_add(ordering->unions, definitions, count),
			      .comment = origins_comment(ordering, &text)});
}

/*
 * Asks for everything that a run names: a few definitions one by one, in sets that others share, or
 * all of them in one.
 */
static void ask_run(struct ordering *ordering, struct asks *asks, struct run_of_rules *run)
{
	run->definition_count = numbers_sort(run->definitions, run->definition_count);
	if (run->definition_count > LOOKUPS_APART)
		ask_union(ordering, asks, run, run->definitions, run->definition_count);
	for (size_t i = 0; run->definition_count <= LOOKUPS_APART && i < run->definition_count; i++)
		ask_union(ordering, asks, run, &run->definitions[i], 1);
}

void run_add_definitions(struct ordering *ordering, struct run_of_rules *run,
			 const uint32_t *definitions, size_t count)
{
	for (size_t i = 0; i < count; i++)
		arena_push(ordering->arena, run->definitions, run->definition_count,
			   definitions[i]);
}

void ask_runs(struct ordering *ordering, struct asks *asks, const struct ordered_place *place,
	      bool blocks_alone)
{
	const struct rule_list *own = &place->own;
	const enum action none = ordering->plan->is_closed ? ACTION_DENY : ACTION_PASS;

	for (size_t i = 0, next; i < own->count; i = next) {
		const enum action action = ordering->rules[own->rules[i]].action;
		struct run_of_rules run = {.action = action, .rules = &own->rules[i]};

		for (next = i;
		     next < own->count && ordering->rules[own->rules[next]].action == action;
		     next++) {
			const struct ordered_rule *rule = &ordering->rules[own->rules[next]];

			run_add_definitions(ordering, &run, rule->blocks, rule->block_count);
			if (!blocks_alone)
				run_add_definitions(ordering, &run, rule->lists, rule->list_count);
		}
		run.count = next - i;
		/*
		 * If a run decides what is decided anyway when nothing matches, it need not be
		 * asked.
		 */
		if (next == own->count && action == none &&
		    ordering_otherwise(ordering) != OTHERWISE_NOTHING &&
		    ordering_all_say(ordering, &place->above, action))
			return;
		ask_run(ordering, asks, &run);
	}
}
