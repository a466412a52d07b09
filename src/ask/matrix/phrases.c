/*
 * Rows are in the order of a tree: everyone; pods, nodes and addresses outside; namespaces; rows.
 * For each node of the tree, either all of it is named, or its parts, or all of it except those
 * that are not meant; whichever takes fewer words.
 */
#include "ask/matrix/phrases.h"

#include "base/arena.h"
#include "base/text.h"
#include "base/utf8.h"

#include <stdint.h>

#define EXCEPT " except"

/* Rows that stand side by side in the tree. */
struct row_span {
	enum { EVERYONE, PODS, NODES, OUTSIDE, NAMESPACE, ROW } kind;
	size_t begin, end;
};

struct phrase_tree {
	const struct row *rows;
	size_t count, pod_count;
	size_t node_end; /* nodes stand between pods and other addresses */
	uint32_t *begins,
		/*
		 * index: row of a pod; the end of its namespace, or if that has no name, of the row
		 * itself
		 */
		*ends;
};

/* The rows that are mentioned in one way (NOT_MEANT or MEANT), and where they are. */
struct tally {
	uint32_t *before; /* index: row, and one more; how many of them come before it */
	uint32_t *rows;   /* these rows, ascending */
	uint32_t *parts;  /* the beginnings of those parts of the pods that have some */
	size_t part_count;
	/* what all parts of the pods cost: without "except" in them, and with it */
	size_t costs[2];
};

struct phrase_base {
	const struct phrase_tree *tree;
	const unsigned char *mentions;
	struct tally tallies[EITHER];
};

struct speaker {
	struct arena *arena;
	const struct phrase_tree *tree;
	const struct phrase_base *base;
	const struct mentioned *changed;
	size_t count;
	/* index: changed row, and one more; how many more than in the base there are before it */
	int32_t *more[EITHER];
	struct row_span *touched; /* parts of the pods that have a changed row */
	size_t touched_count;
	struct phrases phrases;
};

/* The part of the pods that has the row. */
static struct row_span pod_part(const struct phrase_tree *tree, size_t row)
{
	return (struct row_span){*tree->rows[row].namespace ? NAMESPACE : ROW, tree->begins[row],
				 tree->ends[row]};
}

/* @excepted: the name stands behind an "except". */
static const char *name_of(const struct speaker *speaker, struct row_span span, bool excepted)
{
	const struct row *row = &speaker->tree->rows[span.begin];

	switch (span.kind) {
	case EVERYONE:
		return "everyone";
	case PODS:
		return excepted ? "the pods" : "every pod";
	case NODES:
		return excepted ? "the nodes" : "every node";
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

/* The first changed row that is at @row or behind it. */
static size_t changed_from(const struct speaker *speaker, size_t row)
{
	size_t low = 0, high = speaker->count;

	while (low < high) {
		size_t middle = low + (high - low) / 2;

		if (speaker->changed[middle].row < row)
			low = middle + 1;
		else
			high = middle;
	}
	return low;
}

static size_t count_in_base(const struct phrase_base *base, struct row_span span,
			    enum mention mention)
{
	const uint32_t *before = base->tallies[mention].before;

	return before[span.end] - before[span.begin];
}

static size_t count_in(const struct speaker *speaker, struct row_span span, enum mention mention)
{
	const int32_t *more = speaker->more[mention];
	const int32_t change =
		more[changed_from(speaker, span.end)] - more[changed_from(speaker, span.begin)];

	return (size_t)((ptrdiff_t)count_in_base(speaker->base, span, mention) + change);
}

static bool has(const struct speaker *speaker, struct row_span span, enum mention mention)
{
	return count_in(speaker, span, mention) > 0;
}

static enum mention opposite(enum mention mention)
{
	return mention == MEANT ? NOT_MEANT : MEANT;
}

/*
 * How many names it takes to tell which rows of a part are meant, if @count are and @rest are not;
 * @except: "except" may be used.
 */
static size_t cost_of_rows(size_t count, size_t rest, bool except)
{
	if (!count || !rest)
		return count > 0;
	return except && 1 + rest < count ? 1 + rest : count;
}

static size_t cost_of_part(const struct speaker *speaker, struct row_span part,
			   enum mention mention, bool except)
{
	return cost_of_rows(count_in(speaker, part, mention),
			    count_in(speaker, part, opposite(mention)), except);
}

static size_t cost_in_base(const struct phrase_base *base, struct row_span part,
			   enum mention mention, bool except)
{
	return cost_of_rows(count_in_base(base, part, mention),
			    count_in_base(base, part, opposite(mention)), except);
}

static size_t cost(const struct speaker *speaker, struct row_span span, enum mention mention,
		   bool except);

/* What the base costs, corrected for the parts that differ from it. */
static size_t cost_of_pods(const struct speaker *speaker, enum mention mention, bool except)
{
	size_t sum = speaker->base->tallies[mention].costs[except];

	for (size_t i = 0; i < speaker->touched_count; i++) {
		sum += cost_of_part(speaker, speaker->touched[i], mention, except);
		sum -= cost_in_base(speaker->base, speaker->touched[i], mention, except);
	}
	return sum;
}

static struct row_span pods_of(const struct phrase_tree *tree)
{
	return (struct row_span){PODS, 0, tree->pod_count};
}

static struct row_span nodes_of(const struct phrase_tree *tree)
{
	return (struct row_span){NODES, tree->pod_count, tree->node_end};
}

static struct row_span outside_of(const struct phrase_tree *tree)
{
	return (struct row_span){OUTSIDE, tree->node_end, tree->count};
}

static size_t cost_of_parts(const struct speaker *speaker, struct row_span span,
			    enum mention mention, bool except)
{
	switch (span.kind) {
	case EVERYONE:
		return cost(speaker, pods_of(speaker->tree), mention, except) +
		       cost(speaker, nodes_of(speaker->tree), mention, except) +
		       cost(speaker, outside_of(speaker->tree), mention, except);
	case PODS:
		return cost_of_pods(speaker, mention, except);
	case NODES:
	case OUTSIDE:
	case NAMESPACE:
	case ROW:
		break;
	}
	return count_in(speaker, span, mention);
}

/* The cost of "X except a, b". */
static size_t cost_of_but(const struct speaker *speaker, struct row_span span, enum mention mention)
{
	return 1 + cost_of_parts(speaker, span, opposite(mention), false);
}

/*
 * How many names it takes to tell which rows of the span are meant; @except: "except" may be used.
 */
static size_t cost(const struct speaker *speaker, struct row_span span, enum mention mention,
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

static void name(struct speaker *speaker, struct row_span span, enum mention mention, bool except);

/* Names the rows of the base that did not change, and those that did. */
static void name_rows(struct speaker *speaker, struct row_span span, enum mention mention)
{
	const struct tally *tally = &speaker->base->tallies[mention];
	size_t i = tally->before[span.begin], k = changed_from(speaker, span.begin);
	const size_t end = tally->before[span.end], changed_end = changed_from(speaker, span.end);

	while (i < end || k < changed_end) {
		const uint32_t row = i < end ? tally->rows[i] : UINT32_MAX;
		const uint32_t changed = k < changed_end ? speaker->changed[k].row : UINT32_MAX;

		if (row < changed || speaker->changed[k].mention == mention)
			say(speaker, speaker->tree->rows[row < changed ? row : changed].label);
		i += row <= changed;
		k += changed <= row;
	}
}

/* Names the parts that have some in the base, and those that changed. */
static void name_pods(struct speaker *speaker, enum mention mention, bool except)
{
	const struct tally *tally = &speaker->base->tallies[mention];

	for (size_t i = 0, k = 0; i < tally->part_count || k < speaker->touched_count;) {
		const size_t part = i < tally->part_count ? tally->parts[i] : SIZE_MAX;
		const size_t touched =
			k < speaker->touched_count ? speaker->touched[k].begin : SIZE_MAX;

		name(speaker, pod_part(speaker->tree, part < touched ? part : touched), mention,
		     except);
		i += part <= touched;
		k += touched <= part;
	}
}

static void name_parts(struct speaker *speaker, struct row_span span, enum mention mention,
		       bool except)
{
	switch (span.kind) {
	case EVERYONE:
		name(speaker, pods_of(speaker->tree), mention, except);
		name(speaker, nodes_of(speaker->tree), mention, except);
		name(speaker, outside_of(speaker->tree), mention, except);
		break;
	case PODS:
		name_pods(speaker, mention, except);
		break;
	case NODES:
	case OUTSIDE:
	case NAMESPACE:
	case ROW:
		name_rows(speaker, span, mention);
		break;
	}
}

/* Names "X except a, b". */
static void name_but(struct speaker *speaker, struct row_span span, enum mention mention)
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

static void name(struct speaker *speaker, struct row_span span, enum mention mention, bool except)
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

/* Puts commas between names, or semicolons if names behind an "except" have commas. */
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

const struct phrase_tree *phrase_tree_new(struct arena *arena, const struct row *rows, size_t count)
{
	struct phrase_tree *tree = arena_alloc(arena, sizeof(*tree));

	*tree = (struct phrase_tree){.rows = rows,
				     .count = count,
				     .begins = arena_array(arena, count, sizeof(uint32_t)),
				     .ends = arena_array(arena, count, sizeof(uint32_t))};
	while (tree->pod_count < count && rows[tree->pod_count].kind != PARTY_OUTSIDE)
		tree->pod_count++;
	tree->node_end = tree->pod_count;
	while (tree->node_end < count && rows[tree->node_end].node)
		tree->node_end++;
	for (uint32_t i = 0; i < tree->pod_count; i++)
		tree->begins[i] =
			i && *rows[i].namespace && !strcmp(rows[i].namespace, rows[i - 1].namespace)
				? tree->begins[i - 1]
				: i;
	for (size_t i = tree->pod_count; i-- > 0;)
		tree->ends[i] = i + 1 < tree->pod_count && tree->begins[i + 1] == tree->begins[i]
					? tree->ends[i + 1]
					: (uint32_t)i + 1;
	return tree;
}

static struct tally tally_of(struct arena *arena, const struct phrase_tree *tree,
			     const unsigned char *mentions, enum mention mention)
{
	struct tally tally = {.before = arena_array(arena, tree->count + 1, sizeof(uint32_t)),
			      .rows = arena_array(arena, tree->count, sizeof(uint32_t))};
	uint32_t count = 0;

	for (uint32_t i = 0; i < tree->count; i++) {
		if (mentions[i] == mention)
			tally.rows[count++] = i;
		tally.before[i + 1] = count;
	}
	return tally;
}

static void count_parts(struct arena *arena, struct phrase_base *base, enum mention mention)
{
	const struct phrase_tree *tree = base->tree;
	struct tally *tally = &base->tallies[mention];

	for (uint32_t i = 0; i < tree->pod_count; i = tree->ends[i]) {
		const struct row_span part = pod_part(tree, i);

		if (count_in_base(base, part, mention))
			arena_push(arena, tally->parts, tally->part_count, i);
		for (int except = false; except <= true; except++)
			tally->costs[except] += cost_in_base(base, part, mention, except);
	}
}

const struct phrase_base *phrase_base_new(struct arena *arena, const struct phrase_tree *tree,
					  const unsigned char *mentions)
{
	struct phrase_base *base = arena_alloc(arena, sizeof(*base));
	unsigned char *copy = arena_array(arena, tree->count, 1);

	if (tree->count)
		memcpy(copy, mentions, tree->count);
	*base = (struct phrase_base){.tree = tree, .mentions = copy};
	for (enum mention i = NOT_MEANT; i < EITHER; i++)
		base->tallies[i] = tally_of(arena, tree, copy, i);
	for (enum mention i = NOT_MEANT; i < EITHER; i++)
		count_parts(arena, base, i);
	return base;
}

/* Counts how many more there are before each changed row, and notes the parts that have one. */
static void note_changed(struct speaker *speaker)
{
	const struct phrase_tree *tree = speaker->tree;

	for (enum mention i = NOT_MEANT; i < EITHER; i++)
		speaker->more[i] = arena_array(speaker->arena, speaker->count + 1, sizeof(int32_t));
	for (size_t k = 0; k < speaker->count; k++) {
		const struct mentioned *one = &speaker->changed[k];

		for (enum mention i = NOT_MEANT; i < EITHER; i++)
			speaker->more[i][k + 1] = speaker->more[i][k] + (one->mention == i) -
						  (speaker->base->mentions[one->row] == i);
		if (one->row < tree->pod_count &&
		    (!k || tree->begins[speaker->changed[k - 1].row] != tree->begins[one->row]))
			arena_push(speaker->arena, speaker->touched, speaker->touched_count,
				   pod_part(tree, one->row));
	}
}

struct phrases phrases_of(struct arena *arena, const struct phrase_base *base,
			  const struct mentioned *changed, size_t count)
{
	struct speaker speaker = {.arena = arena,
				  .tree = base->tree,
				  .base = base,
				  .changed = changed,
				  .count = count};

	note_changed(&speaker);
	name(&speaker, (struct row_span){EVERYONE, 0, base->tree->count}, MEANT, true);
	punctuate(&speaker);
	return speaker.phrases;
}

void phrases_append(struct arena *arena, struct string *text, const struct phrases *phrases,
		    size_t indent, size_t width)
{
	size_t at = indent;

	for (size_t i = 0; i < phrases->count; i++) {
		size_t taken = utf8_characters(phrases->items[i]);

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

void phrases_append_line(struct arena *arena, struct string *text, size_t indent, const char *ports,
			 const char *word, const struct phrases *phrases)
{
	const size_t others = indent + PORTS_WIDTH;

	arena_append(arena, text, "%*s%-*s", (int)indent, "", PORTS_WIDTH, ports);
	if (strlen(ports) >= PORTS_WIDTH)
		arena_append(arena, text, "\n%*s", (int)others, "");
	phrases_append_head(arena, text, word, others, phrases);
}

void phrases_append_head(struct arena *arena, struct string *text, const char *word, size_t indent,
			 const struct phrases *phrases)
{
	arena_append(arena, text, "%s ", word);
	phrases_append(arena, text, phrases, indent + strlen(word) + 1, TERMINAL_WIDTH);
	arena_append(arena, text, "\n");
}

const char *phrases_md(struct arena *arena, const struct phrases *phrases)
{
	struct string text = {0};

	phrases_append(arena, &text, phrases, 0, 0);
	return text_md(arena, text.text);
}
