/* The rows of both worlds in one list, and the kinds into which rows that are answered alike fall. */
#include "ask/compare/ends.h"

#include "base/arena.h"
#include "base/table.h"

struct matcher {
	struct arena *arena;
	struct party_pairs pairs;
	struct party *parties; /* as they are shown, one for each pair */
	size_t party_count;
	struct table kinds;
};

/* As the new world has it, or else the old. */
static struct party shown_of(const struct party_pair *pair)
{
	return *(pair->in[NEW] ? pair->in[NEW] : pair->in[OLD]);
}

/* A kind's number is what the rows take for a class. */
static void show_pairs(struct matcher *matcher)
{
	for (size_t i = 0; i < matcher->pairs.count; i++) {
		const struct party_pair *pair = &matcher->pairs.items[i];
		struct party shown = shown_of(pair);
		const uint32_t key[] = {pair->in[OLD] ? pair->in[OLD]->class : TABLE_NONE,
					pair->in[NEW] ? pair->in[NEW]->class : TABLE_NONE,
					shown.kind == PARTY_OUTSIDE};

		shown.class = table_add(&matcher->kinds, key, sizeof(key), NULL);
		arena_push(matcher->arena, matcher->parties, matcher->party_count, shown);
	}
}

static bool has_twin(const struct party *party)
{
	return party && party->twin_pod != party->pod;
}

static void add_kinds(struct matcher *matcher, struct compare_ends *ends, struct end_kind *kinds)
{
	for (size_t i = 0; i < ends->row_count; i++) {
		const struct row *row = &ends->rows[i];
		struct end_kind *kind = &kinds[row->class];

		for (size_t k = 0; k < row->party_count; k++) {
			const struct party_pair *pair = &matcher->pairs.items[row->parties[k]];
			bool first = !kind->pairs[0].in[OLD] && !kind->pairs[0].in[NEW];

			if (first)
				kind->pairs[0] = *pair;
			if (first || !memcmp(&kind->pairs[1], &kind->pairs[0], sizeof(*pair)))
				kind->pairs[1] = *pair;
			kind->alone = first && row->kind != PARTY_OUTSIDE &&
				      !has_twin(pair->in[OLD]) && !has_twin(pair->in[NEW]);
		}
	}
}

struct compare_ends compare_ends_of(struct arena *arena, const struct party_pairs *pairs)
{
	struct matcher matcher = {.arena = arena, .pairs = *pairs, .kinds.arena = arena};
	struct end_kind *kinds;
	struct compare_ends ends = {0};
	struct row *rows;

	show_pairs(&matcher);
	rows = rows_of(arena, matcher.parties, matcher.party_count, false, &ends.row_count);
	ends.parties = matcher.parties;
	ends.rows = rows;
	ends.kind_count = matcher.kinds.count;
	ends.kinds = kinds = arena_array(arena, ends.kind_count, sizeof(*kinds));
	add_kinds(&matcher, &ends, kinds);
	for (size_t i = 0; i < ends.row_count; i++)
		if (!kinds[rows[i].class].pairs[0].in[OLD] ||
		    !kinds[rows[i].class].pairs[0].in[NEW])
			rows[i].label = arena_printf(
				arena, "%s (%s)", rows[i].label,
				kinds[rows[i].class].pairs[0].in[NEW] ? "new" : "gone");
	return ends;
}
