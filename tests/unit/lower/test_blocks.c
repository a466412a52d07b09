/* Tests which blocks a ruleset puts into a set, and which ones a rule compares (lower/blocks.h). */
#include "unit.h"

#include "lower/blocks.h"
#include "lower/lower.h"
#include "resolve/resolve.h"
#include "ruleset/evaluate.h"

/*
 * Makes the ruleset of a pod that takes everything from the blocks 10.0.0.0/29, 10.0.0.16/29 and so
 * on.
 */
static const struct ruleset *ruleset_of(struct arena *arena, unsigned blocks, const char *excepts)
{
	struct string text = {0};

	arena_add(
		arena, &text,
		"{apiVersion: v1, kind: Pod, metadata: {name: p, namespace: here}, status: {podIP: "
		"192.0.2.1}}\n---\n{apiVersion: networking.k8s.io/v1, kind: NetworkPolicy, "
		"metadata: "
		"{name: q, namespace: here}, spec: {podSelector: {}, ingress: [{from: [");
	for (unsigned i = 0; i < blocks; i++)
		arena_append(arena, &text, "%s{ipBlock: {cidr: 10.%u.%u.%u/29%s}}", i ? ", " : "",
			     i >> 12, i >> 4 & 255, (i & 15) << 4, excepts);
	arena_add(arena, &text, "]}]}}\n");
	return lower(arena, resolve(arena, unit_objects(arena, text.text), NULL),
		     &(struct lower_options){.table = "t"});
}

/* Finds the set of blocks; NULL if rules compare the blocks. */
static const struct set *set_of(const struct ruleset *ruleset)
{
	for (size_t i = 0; i < ruleset->set_count; i++)
		if (!strncmp(ruleset->sets[i].name, "cidr/", 5))
			return &ruleset->sets[i];
	return NULL;
}

static size_t comparisons_in(const struct ruleset *ruleset)
{
	size_t count = 0;

	for (size_t i = 0; i < ruleset->chain_count; i++)
		for (size_t k = 0; k < ruleset->chains[i].rule_count; k++)
			count += !strcmp(ruleset->chains[i].name, "ingress/here/q") &&
				 ruleset->chains[i].rules[k].set &&
				 set_is_block(ruleset->chains[i].rules[k].set);
	return count;
}

START_TEST(few_are_compared)
{
	struct arena *arena = arena_new();

	for (unsigned i = 1; i <= BLOCKS_COMPARED_MAX; i++) {
		const struct ruleset *ruleset = ruleset_of(arena, i, "");

		ck_assert_ptr_null(set_of(ruleset));
		ck_assert_uint_eq(comparisons_in(ruleset), i);
	}
	ck_assert_ptr_nonnull(set_of(ruleset_of(arena, BLOCKS_COMPARED_MAX + 1, "")));
	arena_free(arena);
}
END_TEST

START_TEST(what_is_left_out_counts)
{
	struct arena *arena = arena_new();
	const struct set *set;

	ck_assert_ptr_null(set_of(ruleset_of(arena, 1, ", except: [10.0.0.1/32, 10.0.0.3/32]")));
	set = set_of(ruleset_of(arena, 1,
				", except: [10.0.0.0/32, 10.0.0.1/32, 10.0.0.2/32, 10.0.0.3/32, "
				"10.0.0.4/32, 10.0.0.5/32, 10.0.0.6/32, 10.0.0.7/32]"));
	ck_assert_ptr_nonnull(set);
	ck_assert_uint_eq(set->count, 0);
	arena_free(arena);
}
END_TEST

START_TEST(more_are_bitmaps_and_very_many_a_tree)
{
	struct arena *arena = arena_new();
	const struct set *set = set_of(ruleset_of(arena, BITMAP_PREFIXES_MAX, ""));

	ck_assert(set->interval && set->field_count == 2);
	ck_assert_uint_eq(set->fields[1], FIELD_NFPROTO);
	set = set_of(ruleset_of(arena, BITMAP_PREFIXES_MAX + 1, ""));
	ck_assert(set->interval && set->field_count == 1);
	arena_free(arena);
}
END_TEST

START_TEST(each_form_says_the_same)
{
	static const unsigned numbers[] = {3, 40, BITMAP_PREFIXES_MAX + 1};
	struct arena *arena = arena_new();

	for (size_t n = 0; n < COUNT(numbers); n++) {
		const struct evaluator *evaluator =
			evaluator_new(arena, ruleset_of(arena, numbers[n], ""));

		for (unsigned last = 0; last < 128; last++) {
			const struct packet packet = {.family = V4,
						      .saddr = {10, 0, 0, (uint8_t)last},
						      .daddr = {192, 0, 2, 1},
						      .protocol = TCP,
						      .dport = 80};

			often_assert(evaluate(evaluator, &packet).accepted ==
					     (last % 16 < 8 && last / 16 < numbers[n]),
				     "10.0.0.%u of %u blocks", last, numbers[n]);
		}
	}
	arena_free(arena);
}
END_TEST

UNIT_MAIN("blocks", few_are_compared, what_is_left_out_counts,
	  more_are_bitmaps_and_very_many_a_tree, each_form_says_the_same)
