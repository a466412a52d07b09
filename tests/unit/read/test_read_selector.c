/* Tests the canonical order of selectors, which read/field.h and model/objects.h promise. */
#include "unit.h"

/* Reads policies a, b, c …, one for each of @selectors, which are in YAML's flow style. */
static struct objects *read_selectors(struct arena *arena, const char *const *selectors,
				      size_t count)
{
	const char *yaml = "";

	for (size_t i = 0; i < count; i++)
		yaml = arena_printf(arena,
				    "%s---\napiVersion: networking.k8s.io/v1\nkind: NetworkPolicy\n"
				    "metadata: {name: %c}\nspec: {podSelector: %s}\n",
				    yaml, 'a' + (int)i, selectors[i]);
	return unit_objects(arena, yaml);
}

static bool same_selector(const struct selector *a, const struct selector *b)
{
	if (a->count != b->count)
		return false;
	for (size_t i = 0; i < a->count; i++) {
		const struct requirement *x = &a->requirements[i], *y = &b->requirements[i];

		if (x->key != y->key || x->op != y->op || x->count != y->count ||
		    (x->count && memcmp(x->values, y->values, x->count * sizeof(*x->values)) != 0))
			return false;
	}
	return true;
}

START_TEST(what_says_the_same_is_equal)
{
	/* Each line has selectors with one meaning, which no other line has. */
	static const char *const lines[][6] = {
		{"{}", "null", "{matchLabels: {}}", "{matchExpressions: []}",
		 "{matchLabels: null, matchExpressions: }"},
		{"{matchLabels: {a: x}}",
		 "{matchExpressions: [{key: a, operator: In, values: [x]}]}",
		 "{matchExpressions: [{key: a, operator: In, values: [x, x]}]}",
		 "{matchLabels: {a: x}, matchExpressions: [{key: a, operator: In, values: [x]}]}"},
		{"{matchLabels: {a: ''}}", "{matchLabels: {a: }}",
		 "{matchExpressions: [{key: a, operator: In, values: [null]}]}"},
		{"{matchLabels: {a: x, b: w}}", "{matchLabels: {b: w, a: x}}",
		 "{matchLabels: {b: w}, matchExpressions: [{key: a, operator: In, values: [x]}]}",
		 "{matchExpressions: [{key: b, operator: In, values: [w]}, {key: a, operator: In, "
		 "values: [x]}]}"},
		{"{matchExpressions: [{key: a, operator: In, values: [x, w]}]}",
		 "{matchExpressions: [{key: a, operator: In, values: [w, x, w]}]}"},
		{"{matchExpressions: [{key: a, operator: NotIn, values: [x, w]}]}",
		 "{matchExpressions: [{key: a, operator: NotIn, values: [w, x]}]}"},
		{"{matchExpressions: [{key: a, operator: NotIn, values: [x]}]}"},
		{"{matchExpressions: [{key: a, operator: NotIn, values: [w]}, {key: a, operator: "
		 "NotIn, values: [x]}]}",
		 "{matchExpressions: [{key: a, operator: NotIn, values: [x]}, {key: a, operator: "
		 "NotIn, values: [w]}]}"},
		{"{matchLabels: {a: x}, matchExpressions: [{key: a, operator: In, values: [w]}]}"},
		{"{matchExpressions: [{key: a, operator: Exists}]}",
		 "{matchExpressions: [{key: a, operator: Exists, values: []}, {key: a, operator: "
		 "Exists}]}"},
		{"{matchExpressions: [{key: a, operator: DoesNotExist}]}"},
		{"{matchExpressions: [{key: a, operator: Exists}, {key: a, operator: "
		 "DoesNotExist}]}"},
		{"{matchExpressions: [{key: b, operator: Exists}]}"},
		{"{matchLabels: {b: x}}"},
		{"{matchLabels: {a: w}}"},
		{"{matchLabels: {a: 'x.w'}}"},
		{"{matchExpressions: [{key: a, operator: In, values: ['', x]}]}",
		 "{matchExpressions: [{key: a, operator: In, values: [x, null]}, {key: a, "
		 "operator: In, values: [x, '']}]}"},
	};
	const char *selectors[COUNT(lines) * 6];
	size_t line_of[COUNT(selectors)], count = 0;
	struct arena *arena = arena_new();

	for (size_t i = 0; i < COUNT(lines); i++)
		for (size_t k = 0; k < 6 && lines[i][k]; k++) {
			line_of[count] = i;
			selectors[count++] = lines[i][k];
		}
	for (size_t i = 0; i < count; i++) {
		for (size_t k = 0; k < count; k++) {
			const char *two[] = {selectors[i], selectors[k]};
			struct objects *objects = read_selectors(arena, two, 2);

			ck_assert_msg(same_selector(objects->policies[0].pods,
						    objects->policies[1].pods) ==
					      (line_of[i] == line_of[k]),
				      "%s\n%s", two[0], two[1]);
		}
		arena_reset(arena);
	}
	arena_free(arena);
}
END_TEST

START_TEST(values_are_sorted_and_stand_once)
{
	static const char *const selector =
		"{matchExpressions: [{key: b, operator: In, values: [z, a, m, a, '', B]}, "
		"{key: a, operator: Exists}]}";
	static const char *const sorted[] = {"", "B", "a", "m", "z"};
	struct arena *arena = arena_new();
	const struct objects *objects = read_selectors(arena, &selector, 1);
	const struct selector *pods = objects->policies[0].pods;
	const struct requirement *in = &pods->requirements[1];

	ck_assert_uint_eq(pods->count, 2);
	ck_assert_str_eq(objects->string_of[pods->requirements[0].key], "a");
	ck_assert_str_eq(objects->string_of[in->key], "b");
	ck_assert_uint_eq(in->count, COUNT(sorted));
	for (size_t i = 0; i < COUNT(sorted); i++)
		ck_assert_str_eq(objects->string_of[in->values[i]], sorted[i]);
	arena_free(arena);
}
END_TEST

START_TEST(labels_are_sorted_by_key)
{
	struct arena *arena = arena_new();
	const struct objects *objects = unit_objects(
		arena,
		"{apiVersion: v1, kind: Pod, metadata: {name: p, labels: {c: x, a: x, b: , d: a}}, "
		"status: {podIP: 10.0.0.1}}\n---\n"
		"{apiVersion: v1, kind: Namespace, metadata: {name: o, labels: {z: x, a: "
		"o}}}\n---\n"
		"{apiVersion: v1, kind: Namespace, metadata: {name: m, labels: "
		"{kubernetes.io/metadata.name: wrong}}}\n");
	const struct pod *pod = &objects->pods[0];
	const struct namespace *m = &objects->namespaces[0], *o = &objects->namespaces[1];

	ck_assert_uint_eq(pod->label_count, 4);
	for (size_t i = 1; i < pod->label_count; i++)
		ck_assert_uint_lt(pod->labels[i - 1].key, pod->labels[i].key);
	ck_assert_uint_eq(o->label_count, 3);
	for (size_t i = 1; i < o->label_count; i++)
		ck_assert_uint_lt(o->labels[i - 1].key, o->labels[i].key);
	/* Every namespace has its name as a label, whatever its object says. */
	ck_assert_uint_eq(m->label_count, 1);
	ck_assert_str_eq(objects->string_of[m->labels[0].key], NAMESPACE_NAME_LABEL);
	ck_assert_str_eq(objects->string_of[m->labels[0].value], "m");
	arena_free(arena);
}
END_TEST

UNIT_MAIN("read_selector", what_says_the_same_is_equal, values_are_sorted_and_stand_once,
	  labels_are_sorted_by_key)
