/* Pairs the ends of two worlds, counts what changed, and hands it to the format that was asked for. */
#include "ask/compare/compare.h"

#include "ask/compare/print.h"
#include "base/arena.h"
#include "base/table.h"

struct change_counting {
	struct arena *arena;
	const struct kinds *kinds;
	struct profiles *profiles;
	const struct alike *alike;
	enum direction direction;
	size_t *sort_rows; /* by sort: of all its kinds */
	size_t pairs;      /* of rows, told by the end that they go to */
	bool *concerned;   /* by kind: its policies did it, or it is new or gone */
};

static bool is_new_or_gone(const struct kind *kind)
{
	return !kind->pairs[0].in[OLD] || !kind->pairs[0].in[NEW];
}

static bool is_open(const struct effect *effect)
{
	return effect && passage_is_open(effect->passage);
}

/* What is said of the kind and so many rows. */
static void count_effect(struct change_counting *counting, uint32_t kind,
			 const struct effect *effect, size_t rows)
{
	const struct kind *of = &counting->kinds->items[kind];

	if (!rows || !is_open(effect))
		return;
	counting->concerned[kind] |= effect->by[counting->direction] || is_new_or_gone(of);
	counting->pairs += counting->direction == INGRESS ? rows * of->row_count : 0;
}

/* A pod and itself are no pair. */
static void leave_out_itself(struct change_counting *counting, uint32_t kind)
{
	const struct kind *of = &counting->kinds->items[kind];

	if (counting->direction == EGRESS ||
	    !is_open(profiles_answer(counting->profiles, kind, kind)))
		return;
	for (size_t i = 0; i < of->row_count; i++)
		counting->pairs -= row_is_one_pod(counting->kinds->rows, of->rows[i]);
}

static void count_kind(struct change_counting *counting, uint32_t kind)
{
	const struct profile *profile = profile_of(counting->profiles, kind);
	const struct kinds *kinds = counting->kinds;
	const size_t sorts = alike_sorts(counting->alike);
	size_t *rows = arena_array(counting->arena, sorts, sizeof(*rows));

	if (sorts)
		memcpy(rows, counting->sort_rows, sorts * sizeof(*rows));
	if (kinds->items[kind].alone)
		rows[alike_sort(counting->alike, kind)]--;
	for (size_t i = 0; i < profile->count; i++) {
		const struct exception *one = &profile->exceptions[i];
		const bool itself = one->kind == kind && kinds->items[kind].alone;

		count_effect(counting, kind, one->answer,
			     kinds->items[one->kind].row_count - itself);
		rows[alike_sort(counting->alike, one->kind)] -=
			kinds->items[one->kind].row_count - itself;
	}
	for (uint32_t i = 0; i < sorts; i++)
		count_effect(counting, kind, profile->of_sort[i], rows[i]);
	if (!kinds->items[kind].alone)
		leave_out_itself(counting, kind);
}

/* Once from the ends that connections go to, and once from those that they come from. */
static void count_all(struct change_counting *counting, struct change_lists *changes, enum age age,
		      enum direction direction)
{
	const struct asked asked = changes_asked(changes, age, AS_EFFECTS);
	const struct kinds *kinds = counting->kinds;

	counting->direction = direction;
	counting->profiles = profiles_new(counting->arena, &asked, direction);
	counting->alike = profiles_alike(counting->profiles);
	counting->sort_rows = arena_array(counting->arena, alike_sorts(counting->alike),
					  sizeof(*counting->sort_rows));
	for (uint32_t i = 0; i < kinds->count; i++)
		counting->sort_rows[alike_sort(counting->alike, i)] += kinds->items[i].row_count;
	for (uint32_t i = 0; i < kinds->count; i++)
		count_kind(counting, i);
}

/* Pods that run or are to come, by what owns them, or by name; others are no news by themselves. */
static size_t count_workloads(struct arena *arena, const struct kinds *kinds, const bool *concerned,
			      const struct own_changes *own)
{
	struct table names = {.arena = arena};
	size_t next = 0;

	for (size_t i = 0; i < kinds->rows->count; i++) {
		const struct row *row = &kinds->rows->items[i];
		const struct party *party = &kinds->rows->parties[row->parties[0]];
		const char *name = party_owner_text(arena, party);

		const bool has_own = next < own->count && own->items[next].row == i;

		next += has_own;
		if (has_own || (concerned[kinds->of_row[i]] && row->kind <= PARTY_WORKLOAD))
			table_add(&names, name, strlen(name), NULL);
	}
	return names.count;
}

static void count_changes(struct comparison *comparison, enum age age)
{
	const struct kinds *kinds = changes_kinds(comparison->changes);
	struct change_counting counting = {
		.arena = comparison->arena,
		.kinds = kinds,
		.concerned = arena_array(comparison->arena, kinds->count, sizeof(bool))};

	for (enum direction direction = INGRESS; direction < DIRECTIONS; direction++)
		count_all(&counting, comparison->changes, age, direction);
	comparison->counts[age] = counting.pairs;
	comparison->own[age] = own_changes_of(comparison->arena, comparison->rows, age);
	comparison->workloads[age] = count_workloads(comparison->arena, kinds, counting.concerned,
						     &comparison->own[age]);
}

const char *compare(struct arena *arena, const struct objects *old, const struct objects *new,
		    enum format format, size_t *opened, size_t *closed)
{
	const struct party_pairs pairs = party_pairs_of(arena, old, new);
	const struct rows rows = rows_new(arena, &pairs, false);
	struct comparison comparison = {
		.arena = arena, .rows = &rows, .changes = changes_new(arena, &rows)};

	for (enum age age = OLD; age < AGES; age++)
		count_changes(&comparison, age);
	*opened = comparison.counts[NEW] + comparison.own[NEW].count;
	*closed = comparison.counts[OLD] + comparison.own[OLD].count;
	if (format == FORMAT_JSON)
		return comparison_json(arena, &comparison);
	if (format == FORMAT_MD)
		return comparison_md(arena, &comparison);
	return comparison_text(arena, &comparison);
}
