/* Rows with the same answers are put into one block, each block with one line for each answer. */
#include "ask/matrix/blocks.h"

#include "base/arena.h"
#include "base/table.h"

/* Kinds that get the same answers, of one block. */
struct alike {
	uint32_t *kinds;
	size_t count;
};

struct sorter {
	struct arena *arena;
	const struct asked *asked;
	bool outgoing;
	struct phrase_tree tree;
	/* For the block at hand. */
	unsigned char *mentions; /* by row */
	const void **answers;    /* by kind */
	bool *is;                /* by kind */
};

static const void *answer(const struct sorter *sorter, uint32_t subject, uint32_t other,
			  bool *asked)
{
	const struct asked *of = sorter->asked;

	*asked = true;
	return sorter->outgoing ? of->answer(of->context, subject, other, asked)
				: of->answer(of->context, other, subject, asked);
}

/* A number that kinds with the same answers have in common; others may have it too. */
static uint64_t hash_of(const struct sorter *sorter, uint32_t subject)
{
	uint64_t hash = HASH_START;
	bool asked;

	for (uint32_t i = 0; i < sorter->asked->kind_count; i++) {
		const void *one = answer(sorter, subject, i, &asked);

		hash = hash_bytes(hash, &one, sizeof(one));
	}
	return hash;
}

static bool have_same_answers(const struct sorter *sorter, uint32_t a, uint32_t b)
{
	bool asked;

	for (uint32_t i = 0; i < sorter->asked->kind_count; i++)
		if (answer(sorter, a, i, &asked) != answer(sorter, b, i, &asked))
			return false;
	return true;
}

/* What they are told of the other; NULL: none of them asks. */
static const void *common_answer(const struct sorter *sorter, const struct alike *alike,
				 uint32_t other)
{
	for (size_t i = 0; i < alike->count; i++) {
		bool asked;
		const void *one = answer(sorter, alike->kinds[i], other, &asked);

		if (asked)
			return one;
	}
	return NULL;
}

static struct phrases say(const struct sorter *sorter)
{
	return phrases_of(sorter->arena, &sorter->tree, sorter->mentions);
}

static struct phrases names_of(const struct sorter *sorter, const struct alike *alike)
{
	for (size_t i = 0; i < alike->count; i++)
		sorter->is[alike->kinds[i]] = true;
	for (size_t i = 0; i < sorter->asked->row_count; i++)
		sorter->mentions[i] = sorter->is[sorter->asked->kind_of[i]] ? MEANT : NOT_MEANT;
	for (size_t i = 0; i < alike->count; i++)
		sorter->is[alike->kinds[i]] = false;
	return say(sorter);
}

static bool is_new(const struct block *block, const void *one)
{
	for (size_t i = 0; i < block->line_count; i++)
		if (block->lines[i].answer == one)
			return false;
	return true;
}

static struct phrases who_gets(const struct sorter *sorter, const void *one)
{
	for (size_t i = 0; i < sorter->asked->row_count; i++) {
		const void *of_row = sorter->answers[sorter->asked->kind_of[i]];

		sorter->mentions[i] = !of_row ? EITHER : of_row == one ? MEANT : NOT_MEANT;
	}
	return say(sorter);
}

static struct block block_of(const struct sorter *sorter, const struct alike *alike)
{
	const struct asked *asked = sorter->asked;
	struct block block = {.names = names_of(sorter, alike)};

	for (uint32_t i = 0; i < asked->kind_count; i++)
		sorter->answers[i] = common_answer(sorter, alike, i);
	for (size_t i = 0; i < asked->row_count; i++) {
		const void *one = sorter->answers[asked->kind_of[i]];

		if (one && asked->is_worth_a_line(one) && is_new(&block, one))
			arena_push(sorter->arena, block.lines, block.line_count,
				   ((struct block_line){one, who_gets(sorter, one)}));
	}
	return block;
}

/* To those that get the same answers, each of them by itself: the same hash alone proves nothing. */
static void add_to_group(const struct sorter *sorter, struct table *hashes, struct alike **groups,
			 size_t *count, uint32_t kind)
{
	uint64_t key[] = {hash_of(sorter, kind), 0};
	bool added = false;
	uint32_t number = table_add(hashes, key, sizeof(key), &added);

	while (!added && !have_same_answers(sorter, (*groups)[number].kinds[0], kind)) {
		key[1]++;
		number = table_add(hashes, key, sizeof(key), &added);
	}
	if (added)
		arena_push(sorter->arena, *groups, *count, (struct alike){0});
	arena_push(sorter->arena, (*groups)[number].kinds, (*groups)[number].count, kind);
}

struct blocks blocks_new(struct arena *arena, const struct asked *asked, bool outgoing)
{
	const struct sorter sorter = {
		.arena = arena,
		.asked = asked,
		.outgoing = outgoing,
		.tree = phrase_tree_new(arena, asked->rows, asked->row_count),
		.mentions = arena_array(arena, asked->row_count, sizeof(*sorter.mentions)),
		.answers = arena_array(arena, asked->kind_count, sizeof(*sorter.answers)),
		.is = arena_array(arena, asked->kind_count, sizeof(*sorter.is))};
	struct table hashes = {.arena = arena};
	struct alike *groups = NULL;
	struct blocks blocks = {0};
	size_t count = 0;

	for (uint32_t i = 0; i < asked->kind_count; i++)
		if (asked->subjects[i])
			add_to_group(&sorter, &hashes, &groups, &count, i);
	for (size_t i = 0; i < count; i++)
		arena_push(arena, blocks.items, blocks.count, block_of(&sorter, &groups[i]));
	return blocks;
}
