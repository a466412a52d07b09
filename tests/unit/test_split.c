/* Two threads on one file, split wherever that may be: what comes out is what one thread makes of it. */
#include "trees.h"

#include "read/split.h"

struct file {
	int fd;
	size_t len;
	unsigned char begun[256];
};

static struct file file_of(const char *text, size_t len)
{
	struct file file = {.fd = memfd_create("text", MFD_CLOEXEC), .len = len};

	often_assert(file.fd >= 0 && write(file.fd, text, len) == (ssize_t)len, "write");
	memcpy(file.begun, text, len < sizeof(file.begun) ? len : sizeof(file.begun));
	return file;
}

/*
 * The trees and what is wrong, with places; of two threads if @split is not NULL, and then *@taken tells
 * whether the second one's work was of use.  The first @len bytes are at hand.
 */
static char *read_file(const struct file *file, size_t len, const struct split *split, bool *taken)
{
	struct log log = {.marks = true};
	const struct tree_sink sink = {&log, shape, object, list_end};
	struct arena *arena = arena_new();
	struct diags diags = {.arena = arena};
	struct tree_builder *builder = tree_new("file", &sink, &diags);
	const struct yaml_input input = {
		.file = "file", .begun = file->begun, .len = len, .fd = file->fd, .offset = -1};

	log.file = open_memstream(&log.text, &log.len);
	lseek(file->fd, (off_t)len, SEEK_SET);
	if (split)
		*taken = split_read(&input, split, builder, &sink, &diags);
	else
		yaml_read(&input, builder, &diags);
	often_assert(diags.count || lseek(file->fd, 0, SEEK_CUR) == (off_t)file->len, "rest");
	tree_free(builder);
	log_end(&log, &diags);
	arena_free(arena);
	return log.text;
}

/* All splits of a text; how many of them were of use. */
static unsigned check_text(const char *text, size_t text_len)
{
	struct file file = file_of(text, text_len);
	unsigned useful = 0;

	for (size_t len = 8; len <= sizeof(file.begun) && len < text_len; len *= 2) {
		const struct yaml_input input = {.begun = file.begun, .len = len, .fd = file.fd};
		char *expected = read_file(&file, len, NULL, NULL);
		struct split split;

		for (size_t middle = 0; split_find(&input, middle, &split) || middle < len;
		     middle = split.at ? split.at : middle + 1) {
			bool taken = false;
			char *got;

			if (split.at <= len)
				continue;
			got = read_file(&file, len, &split, &taken);
			often_assert(!strcmp(got, expected), "%s\nsplit at %zu gave\n%s\nnot\n%s",
				     text, split.at, got, expected);
			useful += taken;
			free(got);
		}
		free(expected);
	}
	close(file.fd);
	return useful;
}

START_TEST(what_can_be_split_is)
{
	static const struct {
		const char *text;
		bool useful;
	} rows[] = {
		{"apiVersion: v1\nitems:\n- a: 1\n  kind: Small\n  keep: x\n- kind: b\n- {kind: "
		 "c}\n"
		 "- kind: d\nkind: List\nmetadata: {}\n",
		 true},
		{"kind: AList\nitems:\n- a: \xc3\xa4\n- b: |\n    \xe2\x82\xac\n\n- c\n- - d\n- e: "
		 "[\n"
		 "  f]\n",
		 true},
		{"a: b\n---\nc: d\n--- |\n e\n...\n---\n- f\n- g\n---\n", true},
		{"kind: AList\r\nitems:\r\n- a: b\r\n- c\r\n---\r\nd: e\r\n---\r\nf\r\n", true},
		/* Two lists, of which the second is another's. */
		{"kind: AList\nitems:\n- a\n- b\n---\nkind: BList\nitems:\n- c\n- d\n- e\n", true},
		{"kind: AList\nitems:\n- a\n- b\nitems:\n- c\n- d\n- e\n", false},
		/* Anchors and directives reach too far. */
		{"kind: AList\nitems:\n- &x a\n- b\n- *x\n- c\n- d\n", false},
		{"kind: &x AList\nitems:\n- a\n- b\n- c\n- d\n- e\n", false},
		{"%TAG ! !a\n---\nb\n...\n%TAG ! !c\n---\n! d\n", false},
		{"kind: AList\nitems:\n- a\n- b\n- c\n- d\n- e\n- &x [f, {g: h}]\n- *x\n- i\n",
		 false},
		/* Items that wait for the kind of the list. */
		{"a: b\nitems:\n- {c: d}\n- {e: f}\n- {g: h}\nkind: AList\n", false},
		/* What only looks like an item. */
		{"kind: AList\nitems:\n- \"a\n- b\n- c\n- d\"\n", false},
		{"kind: AList\nitems:\n- a\nother:\n- b\n- c\n- d\n", false},
		{"kind: AList\nitems:\n- a\n-\n b\n-  c\n- # d\n e\n", false},
		{"kind: AList\nitems:\n- a\n- b\n- [\n", false},
		{"kind: AList\nitems:\n- a\n- b\n- {c: d, c: e}\n", false},
		{"kind: AList\nitems:\n- a\r- b\xc2\x85- c\n- d\n- e\n", true},
	};

	for (size_t i = 0; i < COUNT(rows); i++)
		ck_assert_msg((check_text(rows[i].text, strlen(rows[i].text)) > 0) ==
				      rows[i].useful,
			      "%zu", i);
}
END_TEST

START_TEST(whatever_is_split_comes_out_the_same)
{
	static const char *const lines[] = {
		"- a\n",
		"- b: c\n",
		"- kind: Small\n",
		"  keep: e\n",
		"  drop: f\n",
		"- d\n",
		"- g\n",
		"- {h: i}\n",
		"  k: \xc3\xa4\n",
		"---\n",
		"kind: AList\n",
		"kind: SmallList\n",
		"items:\n",
		"# - l\n",
		"- \"m\n",
		"\"\n",
		"- |\n",
		"  n\n",
		"\n",
		"- &x o\n",
		"- *x\n",
		"- [p,\n",
		" q]\n",
		"...\n",
		"- r: 's\n",
		"  '\n",
		"- <<: {t: u}\n",
		"-\n",
		"- v\r\n",
		"%YAML 1.1\n",
		"--- !!map\n",
		"\r",
	};
	unsigned useful = 0;

	for (int i = 0; i < 500; i++) {
		char text[1000];
		/* Mostly a list, and more often the lines that are without fault. */
		size_t len = (size_t)snprintf(text, sizeof(text), "%s",
					      dice(4) ? "kind: AList\nitems:\n" : "");

		for (unsigned k = 2 + dice(16); k > 0; k--)
			len += (size_t)snprintf(text + len, sizeof(text) - len, "%s",
						lines[dice(dice(4) ? 9 : COUNT(lines))]);
		useful += check_text(text, len);
	}
	ck_assert_uint_gt(useful, 50);
}
END_TEST

START_TEST(a_large_file_is_read_to_its_end)
{
	char *text;
	size_t len;
	FILE *out = open_memstream(&text, &len);

	fputs("kind: AList\nitems:\n", out);
	for (int i = 0; i < 10000; i++)
		fprintf(out, "- a: \xc3\xa4%d\n", i);
	fclose(out);
	{
		struct file file = file_of(text, len);
		const struct yaml_input input = {.begun = file.begun, .len = 64, .fd = file.fd};
		char *expected = read_file(&file, 64, NULL, NULL), *got;
		struct split split;
		bool taken;

		ck_assert(split_find(&input, len / 3, &split));
		got = read_file(&file, 64, &split, &taken);
		ck_assert(taken);
		ck_assert_str_eq(got, expected);
		free(got);
		free(expected);
		close(file.fd);
	}
	free(text);
}
END_TEST

UNIT_MAIN("split", a_large_file_is_read_to_its_end, what_can_be_split_is,
	  whatever_is_split_comes_out_the_same)
