/*
 * See ask/matrix/phrases.h.
 *
 * Rows are in the order of a tree: everyone; pods and addresses outside; namespaces; rows.  Of each node
 * either all is meant, or its parts are named, or itself with what is not meant: whichever takes fewer words.
 */
#include "ask/matrix/phrases.h"

#include "base/arena.h"

#include <stdint.h>

#define EXCEPT " except"

/* Rows that stand together in the tree. */
struct span {
	enum { EVERYONE, PODS, OUTSIDE, NAMESPACE, ROW } kind;
	size_t begin, end;
};

struct speaker {
	struct arena *arena;
	const struct phrase_tree *tree;
	struct phrases phrases;
};

static struct span first_part(const struct speaker *speaker, struct span whole, size_t begin)
{
	const struct row *rows = speaker->tree->rows;
	struct span part = {.kind = ROW, .begin = begin, .end = begin + 1};

	switch (whole.kind) {
	case EVERYONE:
		part.kind = rows[begin].kind == PARTY_OUTSIDE ? OUTSIDE : PODS;
		part.end = part.kind == OUTSIDE ? whole.end : speaker->tree->pod_count;
		break;
	case PODS:
		part.kind = *rows[begin].namespace ? NAMESPACE : ROW;
		if (part.kind == NAMESPACE)
			part.end = speaker->tree->namespace_end[begin];
		break;
	case OUTSIDE:
	case NAMESPACE:
	case ROW:
		break;
	}
	return part;
}

/* @excepted: behind an "except". */
static const char *name_of(const struct speaker *speaker, struct span span, bool excepted)
{
	const struct row *row = &speaker->tree->rows[span.begin];

	switch (span.kind) {
	case EVERYONE:
		return "everyone";
	case PODS:
		return excepted ? "the pods" : "every pod";
	case OUTSIDE:
		return excepted ? "addresses outside" : "every address outside";
	case NAMESPACE:
		return arena_printf(speaker->arena, excepted ? "those of %s" : "every pod of %s",
				    row->namespace);
	case ROW:
		break;
	}
	return row->label;
}

static bool has(const struct speaker *speaker, struct span span, enum mention mention)
{
	const uint32_t *before = speaker->tree->before[mention];

	return before[span.begin] < before[span.end];
}

static enum mention opposite(enum mention mention)
{
	return mention == MEANT ? NOT_MEANT : MEANT;
}

static size_t cost(const struct speaker *speaker, struct span span, enum mention mention,
		   bool except);

static size_t cost_of_parts(const struct speaker *speaker, struct span span, enum mention mention,
			    bool except)
{
	size_t sum = 0;

	for (size_t at = span.begin; at < span.end;) {
		struct span part = first_part(speaker, span, at);

		sum += cost(speaker, part, mention, except);
		at = part.end;
	}
	return sum;
}

/* "X except a, b". */
static size_t cost_of_but(const struct speaker *speaker, struct span span, enum mention mention)
{
	return 1 + cost_of_parts(speaker, span, opposite(mention), false);
}

/* How many names it takes to say which of the span are so; @except: "except" may be among them. */
static size_t cost(const struct speaker *speaker, struct span span, enum mention mention,
		   bool except)
{
	size_t parts, but;

	if (!has(speaker, span, mention))
		return 0;
	if (!has(speaker, span, opposite(mention)))
		return 1;
	parts = cost_of_parts(speaker, span, mention, except);
	but = except ? cost_of_but(speaker, span, mention) : parts;
	return but < parts ? but : parts;
}

static void say(struct speaker *speaker, const char *text)
{
	arena_push(speaker->arena, speaker->phrases.items, speaker->phrases.count, text);
}

static void name(struct speaker *speaker, struct span span, enum mention mention, bool except);

static void name_parts(struct speaker *speaker, struct span span, enum mention mention, bool except)
{
	for (size_t at = span.begin; at < span.end;) {
		struct span part = first_part(speaker, span, at);

		name(speaker, part, mention, except);
		at = part.end;
	}
}

/* "X except a, b". */
static void name_but(struct speaker *speaker, struct span span, enum mention mention)
{
	size_t first = speaker->phrases.count + 1;

	say(speaker, arena_printf(speaker->arena, "%s" EXCEPT, name_of(speaker, span, false)));
	name_parts(speaker, span, opposite(mention), false);
	for (size_t i = first; i + 1 < speaker->phrases.count; i++)
		speaker->phrases.items[i] =
			arena_printf(speaker->arena, "%s,", speaker->phrases.items[i]);
}

static bool ends_in(const char *text, const char *tail)
{
	const size_t len = strlen(text), tail_len = strlen(tail);

	return len >= tail_len && !strcmp(text + len - tail_len, tail);
}

static void name(struct speaker *speaker, struct span span, enum mention mention, bool except)
{
	if (!has(speaker, span, mention))
		return;
	if (!has(speaker, span, opposite(mention)))
		say(speaker, name_of(speaker, span, !except));
	else if (except && cost_of_but(speaker, span, mention) <
				   cost_of_parts(speaker, span, mention, except))
		name_but(speaker, span, mention);
	else
		name_parts(speaker, span, mention, except);
}

/* Commas between names; semicolons where names behind an "except" have the commas. */
static void punctuate(struct speaker *speaker)
{
	struct phrases *phrases = &speaker->phrases;
	const char *mark = ",";

	for (size_t i = 0; i < phrases->count; i++)
		if (ends_in(phrases->items[i], EXCEPT))
			mark = ";";
	for (size_t i = 0; i + 1 < phrases->count; i++)
		if (!ends_in(phrases->items[i], ",") && !ends_in(phrases->items[i], EXCEPT))
			phrases->items[i] =
				arena_printf(speaker->arena, "%s%s", phrases->items[i], mark);
}

struct phrase_tree phrase_tree_new(struct arena *arena, const struct row *rows, size_t count)
{
	uint32_t *end = arena_array(arena, count, sizeof(*end));
	struct phrase_tree tree = {.rows = rows, .count = count, .namespace_end = end};

	for (size_t i = count; i-- > 0;)
		end[i] = i + 1 < count && !strcmp(rows[i].namespace, rows[i + 1].namespace)
				 ? end[i + 1]
				 : (uint32_t)i + 1;
	while (tree.pod_count < count && rows[tree.pod_count].kind != PARTY_OUTSIDE)
		tree.pod_count++;
	for (size_t i = 0; i < EITHER; i++)
		tree.before[i] = arena_array(arena, count + 1, sizeof(*tree.before[i]));
	return tree;
}

struct phrases phrases_of(struct arena *arena, const struct phrase_tree *tree,
			  const unsigned char *mentions)
{
	struct speaker speaker = {.arena = arena, .tree = tree};

	for (size_t i = 0; i < EITHER; i++)
		for (size_t k = 0; k < tree->count; k++)
			tree->before[i][k + 1] = tree->before[i][k] + (mentions[k] == i);
	name(&speaker, (struct span){EVERYONE, 0, tree->count}, MEANT, true);
	punctuate(&speaker);
	return speaker.phrases;
}

/* Columns that it takes: bytes but for those within a character. */
static size_t columns(const char *text)
{
	size_t count = 0;

	for (; *text; text++)
		count += ((unsigned char)*text & 0xc0) != 0x80;
	return count;
}

void phrases_append(struct arena *arena, struct string *text, const struct phrases *phrases,
		    size_t indent, size_t width)
{
	size_t at = indent;

	for (size_t i = 0; i < phrases->count; i++) {
		size_t taken = columns(phrases->items[i]);

		if (i && width && at + 1 + taken > width) {
			arena_append(arena, text, "\n%*s", (int)indent, "");
			at = indent;
		} else if (i) {
			arena_append(arena, text, " ");
			at++;
		}
		arena_append(arena, text, "%s", phrases->items[i]);
		at += taken;
	}
}
