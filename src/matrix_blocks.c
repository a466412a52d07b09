/* See matrix_blocks.h. */
#include "matrix_blocks.h"

#include "arena.h"
#include "matrix_kinds.h"
#include "table.h"

/* Kinds that get the same answers, of a block. */
struct alike {
	uint32_t *kinds;
	size_t count;
};

struct sorter {
	struct arena *arena;
	const struct shown *shown;
	bool outgoing;
	struct kinds kinds;
	const struct passage *open; /* everything */
	unsigned char *mentions;    /* by row, for the words at hand */
};

/* NULL: nothing to ask. */
static const struct passage *between(const struct sorter *sorter, uint32_t subject, uint32_t other)
{
	return sorter->outgoing ? kinds_passage(&sorter->kinds, subject, other)
				: kinds_passage(&sorter->kinds, other, subject);
}

/* Who is not asked fits in with who gets everything: a pod always reaches itself. */
static const struct passage *filled(const struct sorter *sorter, uint32_t subject, uint32_t other)
{
	const struct passage *passage = between(sorter, subject, other);
	const struct shown *shown = sorter->shown;

	if (passage || !shown->ports)
		return passage ? passage : sorter->open;
	return passages_common(
		shown->rows->passages, sorter->open,
		shown->ports[sorter->kinds.items[sorter->outgoing ? other : subject].rows[0]]);
}

/* All answers to a kind as one number. */
static uint64_t sum_up(const struct sorter *sorter, uint32_t subject)
{
	uint64_t hash = HASH_START;

	for (uint32_t i = 0; i < sorter->kinds.count; i++) {
		const struct passage *passage = filled(sorter, subject, i);

		hash = hash_bytes(hash, &passage, sizeof(passage));
	}
	return hash;
}

/* Is any of them asked about the other? */
static bool is_asked(const struct sorter *sorter, const struct alike *alike, uint32_t other)
{
	for (size_t i = 0; i < alike->count; i++)
		if (between(sorter, alike->kinds[i], other))
			return true;
	return false;
}

static struct phrases say(const struct sorter *sorter)
{
	const struct rows *rows = sorter->shown->rows;

	return phrases_of(sorter->arena, rows->items, rows->count, sorter->mentions);
}

static struct phrases names_of(const struct sorter *sorter, const struct alike *alike)
{
	bool *is = arena_array(sorter->arena, sorter->kinds.count, sizeof(*is));

	for (size_t i = 0; i < alike->count; i++)
		is[alike->kinds[i]] = true;
	for (size_t i = 0; i < sorter->shown->rows->count; i++)
		sorter->mentions[i] = is[sorter->kinds.of_row[i]] ? MEANT : NOT_MEANT;
	return say(sorter);
}

static bool is_new(const struct block *block, const struct passage *passage)
{
	for (size_t i = 0; i < block->line_count; i++)
		if (block->lines[i].passage == passage)
			return false;
	return true;
}

static void add_line(const struct sorter *sorter, struct block *block,
		     const struct passage *passage, const struct passage *const *answers)
{
	for (size_t i = 0; i < sorter->shown->rows->count; i++) {
		const struct passage *answer = answers[sorter->kinds.of_row[i]];

		sorter->mentions[i] = !answer ? EITHER : answer == passage ? MEANT : NOT_MEANT;
	}
	arena_push(sorter->arena, block->lines, block->line_count,
		   ((struct block_line){passage, say(sorter)}));
}

static struct block block_of(const struct sorter *sorter, const struct alike *alike)
{
	const struct passage **answers =
		arena_array(sorter->arena, sorter->kinds.count, sizeof(const struct passage *));
	struct block block = {.names = names_of(sorter, alike)};

	for (uint32_t i = 0; i < sorter->kinds.count; i++)
		if (is_asked(sorter, alike, i))
			answers[i] = filled(sorter, alike->kinds[0], i);
	for (size_t i = 0; i < sorter->shown->rows->count; i++) {
		const struct passage *answer = answers[sorter->kinds.of_row[i]];

		if (answer && passage_is_open(answer) && is_new(&block, answer))
			add_line(sorter, &block, answer, answers);
	}
	return block;
}

struct blocks blocks_new(struct arena *arena, const struct shown *shown, bool outgoing)
{
	struct sorter sorter = {.arena = arena,
				.shown = shown,
				.outgoing = outgoing,
				.kinds = kinds_new(arena, shown)};
	struct table sums = {.arena = arena};
	struct alike *groups = NULL;
	struct blocks blocks = {0};
	size_t count = 0;

	sorter.mentions = arena_array(arena, shown->rows->count, sizeof(*sorter.mentions));
	sorter.open = passages_everything(shown->rows->passages);
	for (uint32_t i = 0; i < sorter.kinds.count; i++) {
		uint64_t sum;
		uint32_t number;
		bool added = false;

		if (!sorter.kinds.items[i].shown)
			continue;
		sum = sum_up(&sorter, i);
		number = table_add(&sums, &sum, sizeof(sum), &added);
		if (added)
			arena_push(arena, groups, count, (struct alike){0});
		arena_push(arena, groups[number].kinds, groups[number].count, i);
	}
	for (size_t i = 0; i < count; i++)
		arena_push(arena, blocks.items, blocks.count, block_of(&sorter, &groups[i]));
	return blocks;
}
