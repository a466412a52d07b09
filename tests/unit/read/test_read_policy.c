/*
 * Tests what is read of a NetworkPolicy for those who cite it: where its rules stand, and which
 * checks of lint it ignores.
 */
#include "unit.h"

static const struct policy *policy_of(struct arena *arena, const char *yaml)
{
	const struct objects *objects = unit_objects(arena, yaml);

	ck_assert_uint_eq(objects->policy_count, 1);
	return &objects->policies[0];
}

static void check_mark(struct mark mark, uint32_t line, uint32_t col)
{
	ck_assert_uint_eq(mark.line, line);
	ck_assert_uint_eq(mark.col, col);
	ck_assert_ptr_nonnull(strstr(mark.file, "/fd/"));
}

START_TEST(rules_peers_and_ports_have_marks)
{
	struct arena *arena = arena_new();
	const struct policy *policy = policy_of(arena, "apiVersion: networking.k8s.io/v1\n"
						       "kind: NetworkPolicy\n"
						       "metadata: {name: a}\n"
						       "spec:\n"
						       "  ingress:\n"
						       "  - from:\n"
						       "    - podSelector: {}\n"
						       "      namespaceSelector: {}\n"
						       "    - ipBlock: {cidr: 10.0.0.0/8}\n"
						       "    ports: [{port: 80}, {port: http}]\n"
						       "  - {}\n"
						       "  egress:\n"
						       "    -   ports:\n"
						       "        - {port: 53, protocol: UDP}\n");
	const struct policy_rule *rules = policy->rules[INGRESS];

	check_mark(policy->mark, 3, 18);
	check_mark(rules[0].mark, 6, 5);
	check_mark(rules[0].peers[0].mark, 7, 7);
	check_mark(rules[0].peers[1].mark, 9, 7);
	check_mark(rules[0].ports[0].mark, 10, 13);
	check_mark(rules[0].ports[1].mark, 10, 25);
	check_mark(rules[1].mark, 11, 5);
	check_mark(policy->rules[EGRESS][0].mark, 13, 9);
	check_mark(policy->rules[EGRESS][0].ports[0].mark, 14, 11);
	arena_free(arena);
}
END_TEST

START_TEST(the_ignore_annotation_is_kept)
{
	static const struct {
		const char *metadata, *ignore;
	} rows[] = {
		{"{name: a}", NULL},
		{"{name: a, annotations: }", NULL},
		{"{name: a, annotations: {np2nft/ignored: x, np2nft.io/ignore: z}}", NULL},
		{"{name: a, annotations: {b: c, np2nft/ignore: 'one two, three'}}",
		 "one two, three"},
		{"{name: a, annotations: {np2nft/ignore: ''}}", ""},
		{"{name: a, annotations: {np2nft/ignore: }}", NULL},
	};

	for (size_t i = 0; i < COUNT(rows); i++) {
		struct arena *arena = arena_new();
		const struct policy *policy =
			policy_of(arena, arena_printf(arena,
						      "{apiVersion: networking.k8s.io/v1, kind: "
						      "NetworkPolicy, metadata: %s}",
						      rows[i].metadata));

		if (rows[i].ignore)
			ck_assert_str_eq(policy->ignore, rows[i].ignore);
		else
			ck_assert_ptr_null(policy->ignore);
		arena_free(arena);
	}
}
END_TEST

UNIT_MAIN("read_policy", rules_peers_and_ports_have_marks, the_ignore_annotation_is_kept)
