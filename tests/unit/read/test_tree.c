/*
 * Tests what read/tree.h promises about trees of YAML, with a sink that writes down what it is
 * given.
 */
#include "trees.h"

#include "read/yaml.h"

/*
 * Reads the YAML.  The result is a line for each tree, then LINE:COLUMN and the text of each
 * diagnostic.
 */
static char *read_trees(const char *yaml, bool marks)
{
	struct log log = {.marks = marks};
	struct tree_sink sink = {&log, NULL, shape, object, list_end};
	struct arena *arena = arena_new();
	struct diags diags = {.arena = arena};
	struct tree_builder *builder = tree_new("file", &sink, &diags);

	log.file = open_memstream(&log.text, &log.len);
	yaml_read(&(struct yaml_input){.file = "file",
				       .begun = (const unsigned char *)yaml,
				       .len = strlen(yaml),
				       .fd = -1},
		  builder, &diags);
	tree_free(builder);
	log_end(&log, &diags);
	arena_free(arena);
	return log.text;
}

struct row {
	const char *yaml, *trees;
};

static void check_rows(const struct row *rows, size_t count, bool marks)
{
	for (size_t i = 0; i < count; i++) {
		char *trees = read_trees(rows[i].yaml, marks);

		ck_assert_msg(!strcmp(trees, rows[i].trees), "%s\ngave\n%s\nnot\n%s", rows[i].yaml,
			      trees, rows[i].trees);
		free(trees);
	}
}

START_TEST(each_node_has_its_mark)
{
	static const struct row rows[] = {
		{"a: 1\nb:\n- c\n-\n  d: \"e\"\n",
		 "1:1{1:1a: 1:4(1), 2:1b: 3:1[3:3c, 5:3{5:3d: 5:6e}]}\n"},
		{"# one\n--- [x, {v: z}]\n--- |\n a\n", "2:5[2:6x, 2:9{2:10v: 2:13z}]\n3:5a\n\n"},
		{"\xc3\xa4: \xe2\x82\xac\n\"\xf0\x9f\x90\xb3\": [b, c]",
		 "1:1{1:1\xc3\xa4: 1:4\xe2\x82\xac, "
		 "2:1\xf0\x9f\x90\xb3: 2:6[2:7b, 2:10c]}\n"},
		/*
		 * An alias has its own place, and what is in it has the place of the anchor's
		 * contents.
		 */
		{"a: &x [b]\nc: *x\n", "1:1{1:1a: 1:4[1:8b], 2:1c: 2:4[1:8b]}\n"},
		{"a: &x {b: c}\nd: {<<: *x}\n",
		 "1:1{1:1a: 1:4{1:8b: 1:11c}, 2:1d: 2:4{1:8b: 1:11c}}\n"},
	};

	check_rows(rows, COUNT(rows), true);
}
END_TEST

START_TEST(types_are_of_plain_scalars_only)
{
	static const struct row rows[] = {
		{"[1, yes, 1.5, ~, x, '1', \"yes\", '']",
		 "[(1), (yes), (1.5), (~), x, 1, yes, ]\n"},
		{"[!!str 1, !!int \"1\", !!bool 'yes', !!null '', !!float 1.5]",
		 "[1, (1), (yes), (), (1.5)]\n"},
		{"{1: a, yes: b, 1.50: c, '1x': d}", "{1: a, true: b, 1.5: c, 1x: d}\n"},
	};

	check_rows(rows, COUNT(rows), false);
}
END_TEST

START_TEST(keys_are_strings_and_stand_once)
{
	static const struct row rows[] = {
		{"{~: a}", "1:2 a key must not be null\n"},
		{"{[a]: b}", "1:2 a key must be a string\n"},
		{"? {a: b}\n: c", "1:3 a key must be a string\n"},
		{"{a: 1, b: 2, a: 3}",
		 "{a: (1), b: (2), a: (3)}\n1:14 duplicate key \"a\" (first on line 1)\n"},
		{"1: a\n'1': b\n0x1: c",
		 "{1: a, 1: b, 1: c}\n2:1 duplicate key \"1\" (first on line 1)\n"
		 "3:1 duplicate key \"1\" (first on line 1)\n"},
		{"a: {b: 1, b: 1}",
		 "{a: {b: (1), b: (1)}}\n1:11 duplicate key \"b\" (first on line 1)\n"},
		{"{aa: 1, a: 2, ab: 3, '': 4}", "{aa: (1), a: (2), ab: (3), : (4)}\n"},
	};

	check_rows(rows, COUNT(rows), false);
}
END_TEST

START_TEST(duplicates_are_found_among_many)
{
	static char yaml[40000];
	char *trees, expected[100];
	size_t len = 0;

	for (int i = 0; i < 1000; i++)
		len += (size_t)snprintf(yaml + len, sizeof(yaml) - len, "key-%d: ''\n",
					i * 7919 % 1000);
	snprintf(yaml + len, sizeof(yaml) - len, "key-%d: ''\n", 3 * 7919 % 1000);
	snprintf(expected, sizeof(expected),
		 "\n1001:1 duplicate key \"key-%d\" (first on line 4)\n", 3 * 7919 % 1000);
	trees = read_trees(yaml, false);
	ck_assert_str_eq(strchr(trees, '\n'), expected);
	free(trees);
}
END_TEST

START_TEST(aliases_stand_for_what_they_name)
{
	static const struct row rows[] = {
		{"a: &x b\nc: *x\n", "{a: b, c: b}\n"},
		{"&k a: 1\n*k : 2\n",
		 "{a: (1), a: (2)}\n2:1 duplicate key \"a\" (first on line 1)\n"},
		{"[&x {a: &y [b]}, *x, *y]", "[{a: [b]}, {a: [b]}, [b]]\n"},
		{"[&x a, &x b, *x]", "[a, b, b]\n"}, /* the newest anchor of the name counts */
		{"&x a\n--- *x\n", "a\n2:5 there is no anchor of this name before the alias\n"},
		{"[*x, &x a]", "1:2 there is no anchor of this name before the alias\n"},
		{"&x [a, *x]",
		 "1:8 this alias stands inside what it is an alias of, which has no end\n"},
		{"a: &x {b: {c: *x}}",
		 "1:15 this alias stands inside what it is an alias of, which has no end\n"},
		{"&x a: *x", "{a: a}\n"},
		{"{? &x [a] : b}", "1:4 a key must be a string\n"},
		{"[&x [a], {*x : b}]", "1:11 a key must be a string\n"},
	};

	check_rows(rows, COUNT(rows), false);
}
END_TEST

START_TEST(merge_keys_count_in_the_order_of_the_text)
{
	static const struct row rows[] = {
		{"{<<: {a: 1}}", "{a: (1)}\n"},
		{"{a: 1, <<: {a: 2, b: 3}}", "{a: (2), b: (3)}\n"},
		{"{<<: {a: 2, b: 3}, a: 1}", "{a: (1), b: (3)}\n"},
		{"{<<: [{a: 1}, {a: 2, b: 3}, {}]}", "{a: (1), b: (3)}\n"},
		{"{<<: {a: 1}, <<: {a: 2, c: 4}}", "{a: (2), c: (4)}\n"},
		{"{<<: []}", "{}\n"},
		{"{<<: {<<: {a: 1}, b: 2}}", "{a: (1), b: (2)}\n"},
		{"{a: &x {b: 1}, c: {<<: *x, d: 2}, e: {<<: [*x, *x]}}",
		 "{a: {b: (1)}, c: {b: (1), d: (2)}, e: {b: (1)}}\n"},
		{"{'<<': {a: 1}}", "{<<: {a: (1)}}\n"},
		{"[<<, {a: <<}]", "[(<<), {a: (<<)}]\n"},
		{"{<<: a}", "1:6 a merge key needs a mapping, or a list of them\n"},
		{"{<<: }", "1:6 a merge key needs a mapping, or a list of them\n"},
		{"{<<: [{}, a]}", "1:11 a merge key needs a mapping, or a list of them\n"},
		{"{<<: [[{}]]}", "1:7 a merge key needs a mapping, or a list of them\n"},
	};

	check_rows(rows, COUNT(rows), false);
}
END_TEST

START_TEST(no_merge_key_is_forgotten)
{
	char yaml[10000] = "", expected[10000] = "{", *trees;

	for (int i = 0; i < 300; i++) {
		snprintf(yaml + strlen(yaml), sizeof(yaml) - strlen(yaml), "<<: {k%d: v}\n", i);
		snprintf(expected + strlen(expected), sizeof(expected) - strlen(expected),
			 "%sk%d: v", i ? ", " : "", i);
	}
	strcat(expected, "}\n");
	trees = read_trees(yaml, false);
	ck_assert_str_eq(trees, expected);
	free(trees);
}
END_TEST

START_TEST(expansion_and_depth_are_bounded)
{
	char *trees, yaml[4001] = "a0: &a0 [x, x, x, x, x, x, x, x, x, x]\n";

	for (int i = 1; i < 40; i++)
		snprintf(yaml + strlen(yaml), sizeof(yaml) - strlen(yaml),
			 "a%d: &a%d [*a%d, *a%d]\n", i, i, i - 1, i - 1);
	trees = read_trees(yaml, false);
	ck_assert_ptr_nonnull(
		strstr(trees, "the aliases of this document stand for more than 100,000 nodes"));
	free(trees);
	for (size_t depth = 100; depth <= 2000; depth += 100) {
		memset(yaml, '[', depth);
		memset(yaml + depth, ']', depth);
		yaml[2 * depth] = '\0';
		trees = read_trees(yaml, false);
		ck_assert_msg((strstr(trees, "nested too deep") != NULL) == (depth > 100), "%zu",
			      depth);
		free(trees);
	}
}
END_TEST

START_TEST(a_shape_says_what_is_kept)
{
	static const struct row rows[] = {
		{"{kind: Small, keep: {a: b}, drop: c}", "{kind: Small, keep: {a: b}}\n"},
		{"{kind: Small, part: {keep: a, drop: [b]}}", "{kind: Small, part: {keep: a}}\n"},
		{"{kind: Small, part: [{keep: a, drop: b}, c]}",
		 "{kind: Small, part: [{keep: a}, c]}\n"},
		{"{kind: Small, drop: {keep: a, part: [b, {c: d}]}, keep: e}",
		 "{kind: Small, keep: e}\n"},
		{"{kind: Small, apiVersion: v1, x: y}", "{kind: Small, apiVersion: v1}\n"},
		/* Everything is kept as long as the kind is not known. */
		{"{early: a, kind: Small, late: b}", "{early: a, kind: Small}\n"},
		{"{kind: Other, drop: a}", "{kind: Other, drop: a}\n"},
		{"{kind: [Small], drop: a}", "{kind: [Small], drop: a}\n"},
		/* What an anchor names is kept, wherever it stands. */
		{"{kind: Small, drop: &x a, keep: *x}", "{kind: Small, keep: a}\n"},
		{"{kind: Small, drop: {a: [&x {drop: [b]}]}, keep: *x}",
		 "{kind: Small, keep: {drop: [b]}}\n"},
		{"{kind: Small, &x drop: a, keep: *x}", "{kind: Small, keep: drop}\n"},
		{"{kind: Small, drop: [&x [&y a, *y], c], keep: [*x, *y]}",
		 "{kind: Small, keep: [[a, a], a]}\n"},
		{"{kind: Small, <<: {keep: a}}", "{kind: Small, keep: a}\n"},
	};

	check_rows(rows, COUNT(rows), false);
}
END_TEST

START_TEST(items_come_one_by_one)
{
	static const struct row rows[] = {
		{"{kind: AList, items: [a, {b: c}, [d]], more: e}",
		 "item of AList a\nitem of AList {b: c}\nitem of AList [d]\nlist {kind: AList, "
		 "items: [], more: "
		 "e}\n"},
		{"{kind: AList, items: []}", "list {kind: AList, items: []}\n"},
		{"{kind: AList, items: }", "{kind: AList, items: ()}\n"},
		{"{kind: AList, items: {a: b}}", "{kind: AList, items: {a: b}}\n"},
		{"{kind: AList, a: {items: [b]}}", "{kind: AList, a: {items: [b]}}\n"},
		{"[{items: [a]}]", "[{items: [a]}]\n"},
		/*
		 * Items are given as soon as they are complete, before an error behind them is
		 * found.
		 */
		{"kind: AList\nitems:\n- a: b\n- c: *x\n",
		 "item of AList {a: b}\n4:6 there is no anchor of this name before the alias\n"},
		/*
		 * If the list's kind comes last, items without a kind wait for it, and the others
		 * do not.
		 */
		{"{items: [{a: b}, {kind: K, c: d}], kind: AList}",
		 "item of ? {kind: K, c: d}\nitem of AList {a: b}\nlist {items: [], kind: "
		 "AList}\n"},
		{"{items: [{a: b}]}", "item of ? {a: b}\nlist {items: []}\n"},
		/* An item has the shape of its own kind, or that of the list's kind. */
		{"{kind: SmallList, items: [{keep: a, drop: b}]}",
		 "item of SmallList {keep: a}\nlist {kind: SmallList, items: []}\n"},
		{"{kind: AList, items: [{kind: Small, keep: a, drop: b}, {drop: c}]}",
		 "item of AList {kind: Small, keep: a}\nitem of AList {drop: c}\nlist {kind: "
		 "AList, items: "
		 "[]}\n"},
		/* Items behind an anchor may use it. */
		{"{kind: AList, items: [&x {a: &y b}, {c: *x}, *y]}",
		 "item of AList {a: b}\nitem of AList {c: {a: b}}\nitem of AList b\nlist {kind: "
		 "AList, items: "
		 "[]}\n"},
	};

	check_rows(rows, COUNT(rows), false);
}
END_TEST

START_TEST(documents_are_apart)
{
	static const struct row rows[] = {
		{"", ""},
		{"# nothing\n", ""},
		{"---\n---\na\n...\n# b\n---\n- c\n", "()\na\n[c]\n"},
		{"{items: [a]}\n--- \n{kind: L, b: c}\n",
		 "item of ? a\nlist {items: []}\n{kind: L, b: c}\n"},
		{"a: b\n--- [\n",
		 "{a: b}\n3:1 did not find expected node content (while parsing a flow node "
		 "that begins on line 3)\n"},
	};

	check_rows(rows, COUNT(rows), false);
}
END_TEST

UNIT_MAIN("tree", each_node_has_its_mark, types_are_of_plain_scalars_only,
	  keys_are_strings_and_stand_once, duplicates_are_found_among_many,
	  aliases_stand_for_what_they_name, merge_keys_count_in_the_order_of_the_text,
	  no_merge_key_is_forgotten, expansion_and_depth_are_bounded, a_shape_says_what_is_kept,
	  items_come_one_by_one, documents_are_apart)
