/* The rules for named ports stand at a place of their own, below the rules for all other ports. */
#include "lower/tier_named_ports.h"

#include "base/arena.h"
#include "base/numbers.h"
#include "lower/tier_firsts.h"
#include "lower/tier_runs.h"

/* All rules as entries; the set's own are those for named ports. */
static struct entries named_entries(struct ordering *ordering)
{
	struct entries entries = {0};

	for (uint32_t i = 0; i < ordering->rule_count; i++) {
		const struct ordered_rule *rule = &ordering->rules[i];
		struct first_entry entry = {.action = rule->action, .answers = true};

		for (size_t k = 0; k < ordering->held_count; k++) {
			const struct held *held = &ordering->held[k];

			if (held->rule != i)
				continue;
			entry.protocol = held->protocol;
			entry.first = held->first;
			entry.last = held->last;
			entries_add(ordering, &entries, rule->peers->definitions,
				    rule->peers->count, entry);
		}
		entry = (struct first_entry){
			.action = rule->action, .is_own = true, .answers = true};
		for (size_t k = 0; k < ordering->named_count; k++)
			if (ordering->named[k].rule == i)
				entries_add(ordering, &entries,
					    ordering->named[k].peers->definitions,
					    ordering->named[k].peers->count, entry);
	}
	return entries;
}

/* A place with the rules for named ports, each once, and the rules for other ports. */
static struct ordered_place named_place(const struct ordering *ordering)
{
	struct ordered_place place = {0};

	for (size_t i = 0; i < ordering->named_count; i++)
		arena_push(ordering->arena, place.own.rules, place.own.count,
			   ordering->named[i].rule);
	place.own.count = numbers_sort(place.own.rules, place.own.count);
	for (size_t i = 0; i < ordering->held_count; i++)
		arena_push(ordering->arena, place.above.rules, place.above.count,
			   ordering->held[i].rule);
	place.above.count = numbers_sort(place.above.rules, place.above.count);
	return place;
}

/* Asks for named ports in the order in which the rules are written. */
static void ask_named_runs(struct ordering *ordering, const struct ordered_place *place)
{
	const enum action none = ordering->plan->is_closed ? ACTION_DENY : ACTION_PASS;

	for (size_t i = 0, next; i < place->own.count; i = next) {
		const enum action action = ordering->rules[place->own.rules[i]].action;
		struct run_of_rules run = {.action = action};
		struct origins_text text = {0};

		for (next = i; next < place->own.count &&
			       ordering->rules[place->own.rules[next]].action == action;
		     next++) {
			origins_add(ordering, &text, &ordering->rules[place->own.rules[next]]);
			for (size_t k = 0; k < ordering->named_count; k++)
				if (ordering->named[k].rule == place->own.rules[next])
					run_add_definitions(ordering, &run,
							    ordering->named[k].peers->definitions,
							    ordering->named[k].peers->count);
		}
		if (next == place->own.count && action == none &&
		    ordering_all_say(ordering, &place->above, action))
			return;
		run.definition_count = numbers_sort(run.definitions, run.definition_count);
		asks_add(ordering, &ordering->plan->named,
			 (struct ask){.kind = ASK_UNION,
				      .action = action,
				      .number = unions_add(ordering->unions, run.definitions,
							   run.definition_count),
				      .comment = origins_comment(ordering, &text)});
	}
}

/* Asks for named ports by first match, among the rules for other ports. */
static void ask_named_firsts(struct ordering *ordering, const struct ordered_place *place)
{
	const struct entries entries = named_entries(ordering);

	ask_by_first(ordering, &ordering->plan->named, &place->own, &entries,
		     ordering->plan->is_closed ? OTHERWISE_DENY : OTHERWISE_PASS, true);
}

void ask_named(struct ordering *ordering)
{
	const struct ordered_place place = named_place(ordering);

	if (!place.own.count)
		return;
	if (rule_list_precedes(&place.own, &place.above) &&
	    ordering_runs(ordering, &place.own) <= RUNS_MAX)
		ask_named_runs(ordering, &place);
	else
		ask_named_firsts(ordering, &place);
}
