/* Pairs the ends of two worlds, counts what changed, and hands it to the format that was asked for. */
#include "ask/compare/compare.h"

#include "ask/compare/print.h"
#include "base/arena.h"
#include "base/table.h"

struct counting {
	struct arena *arena;
	const struct compare_ends *ends;
	size_t pairs;
	struct table workloads; /* by what owns them, or by name */
};

/* Pods that run or are to come; others are no news by themselves. */
static void count_workload(struct counting *counting, size_t row)
{
	const struct row *of = &counting->ends->rows[row];
	const struct party *party = &counting->ends->parties[of->parties[0]];
	const char *name = party->owner
				   ? arena_printf(counting->arena, "%s %s/%s", party->kind_of_owner,
						  party->namespace, party->owner)
				   : party->text;

	if (of->kind <= PARTY_WORKLOAD)
		table_add(&counting->workloads, name, strlen(name), NULL);
}

static bool is_new_or_gone(const struct counting *counting, size_t row)
{
	const struct party_pair *pair =
		&counting->ends->kinds[counting->ends->rows[row].class].pairs[0];

	return !pair->in[OLD] || !pair->in[NEW];
}

/* Of a connection the end is counted whose policies let it pass or not. */
static void count_one(void *context, size_t from, size_t to, const struct change *change)
{
	struct counting *counting = context;

	counting->pairs++;
	for (size_t i = 0; i < change->cause_count; i++)
		count_workload(counting, change->causes[i].direction == INGRESS ? to : from);
	if (is_new_or_gone(counting, from))
		count_workload(counting, from);
	if (is_new_or_gone(counting, to))
		count_workload(counting, to);
}

const char *compare(struct arena *arena, const struct objects *old, const struct objects *new,
		    enum format format, size_t *opened, size_t *closed)
{
	const struct party_pairs pairs = party_pairs_of(arena, old, new);
	const struct compare_ends ends = compare_ends_of(arena, &pairs);
	struct comparison comparison = {
		.arena = arena,
		.ends = &ends,
		.changes = changes_new(arena, pairs.worlds[OLD], pairs.worlds[NEW], &ends)};

	for (enum age age = OLD; age < AGES; age++)
		comparison.same[age] = arena_array(arena, ends.kind_count, sizeof(bool));
	for (enum age age = OLD; age < AGES; age++) {
		struct counting counting = {
			.arena = arena, .ends = &ends, .workloads.arena = arena};

		comparison_each(&comparison, age, count_one, &counting);
		comparison.counts[age] = counting.pairs;
		comparison.workloads[age] = counting.workloads.count;
	}
	*opened = comparison.counts[NEW];
	*closed = comparison.counts[OLD];
	if (format == FORMAT_JSON)
		return comparison_json(arena, &comparison);
	if (format == FORMAT_MD)
		return comparison_md(arena, &comparison);
	return comparison_text(arena, &comparison);
}
