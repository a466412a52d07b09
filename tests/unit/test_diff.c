/* What changes are made of, and in which phase: see diff.h. */
#include "unit.h"

#include "diff.h"
#include "lower.h"

#define POLICY(spec)                                                                               \
	"---\n{apiVersion: networking.k8s.io/v1, kind: NetworkPolicy, metadata: {name: p}, spec: " \
	"{podSelector: {matchLabels: {app: a}}, " spec "}}\n"
#define POD(name, app, ip)                                                                         \
	"---\n{apiVersion: v1, kind: Pod, metadata: {name: " name ", labels: {app: " app           \
	"}}, status: {podIP: " ip "}}\n"
#define PODS POD("a1", "a", "10.0.0.1") POD("b1", "b", "10.0.0.2")
#define WEB  "ingress: [{from: [{podSelector: {matchLabels: {app: b}}}], ports: [{port: 80}]}]"
#define WEB_TOO                                                                                    \
	"ingress: [{from: [{podSelector: {matchLabels: {app: b}}}], ports: [{port: 80}, {port: "   \
	"81}]}]"
#define BLOCK   "ingress: [{from: [{ipBlock: {cidr: 192.0.2.0/24}}], ports: [{port: 80}]}]"
#define THE_POD "ingress/default/p"

static const struct ruleset *ruleset(struct arena *arena, const char *text)
{
	return lower(arena, resolve(arena, unit_objects(arena, text), NULL),
		     &(struct lower_options){.table = "t"});
}

static struct changes diff(struct arena *arena, const char *old, const char *new)
{
	return diff_rulesets(arena, old ? ruleset(arena, old) : NULL, ruleset(arena, new));
}

static bool is_about(const struct change *change, const char *name)
{
	return change->chain && !strcmp(change->chain->name, name);
}

/* Phases follow each other, and only the first three kinds of thing happen before the switch. */
static void check_phases(const struct changes *changes)
{
	for (size_t i = 0; i < changes->count; i++) {
		const struct change *change = &changes->items[i];

		ck_assert(i == 0 || changes->items[i - 1].phase <= change->phase);
		if (change->phase != PHASE_PREPARE)
			continue;
		ck_assert(change->kind == CHANGE_ADD_TABLE || change->kind == CHANGE_ADD_CHAIN ||
			  change->kind == CHANGE_ADD_SET || change->kind == CHANGE_ADD_ELEMENTS ||
			  change->kind == CHANGE_ADD_RULES);
		ck_assert(!change->chain || !change->chain->base);
	}
}

START_TEST(nothing_differs_from_itself)
{
	struct arena *arena = arena_new();

	ck_assert_uint_eq(diff(arena, PODS POLICY(WEB), PODS POLICY(WEB)).count, 0);
	arena_free(arena);
}
END_TEST

START_TEST(a_pod_changes_elements_alone)
{
	struct arena *arena = arena_new();
	struct changes changes =
		diff(arena, PODS POLICY(WEB), PODS POD("a2", "a", "10.0.0.3") POLICY(WEB));

	ck_assert_uint_gt(changes.count, 0);
	for (size_t i = 0; i < changes.count; i++)
		ck_assert(changes.items[i].kind == CHANGE_ADD_ELEMENTS &&
			  changes.items[i].set->count == 1);
	arena_free(arena);
}
END_TEST

START_TEST(what_is_new_is_filled_before_the_hook)
{
	struct arena *arena = arena_new();
	struct changes changes = diff(arena, NULL, PODS POLICY(BLOCK));
	bool hooked = false;

	check_phases(&changes);
	for (size_t i = 0; i < changes.count; i++) {
		const struct change *change = &changes.items[i];

		ck_assert(!hooked || (change->chain && change->chain->base));
		hooked |= change->chain && change->chain->base;
	}
	ck_assert(hooked);
	arena_free(arena);
}
END_TEST

/* Its old map would stop answering for packets that are still on the old rule. */
START_TEST(a_port_map_is_never_replaced_where_packets_are)
{
	struct arena *arena = arena_new();
	struct changes changes = diff(arena, PODS POLICY(WEB), PODS POLICY(WEB_TOO));
	size_t flushed = 0, led_beside = 0, led_back = 0;

	check_phases(&changes);
	for (size_t i = 0; i < changes.count; i++) {
		const struct change *change = &changes.items[i];

		if (change->kind == CHANGE_FLUSH_CHAIN && is_about(change, THE_POD)) {
			ck_assert_int_eq((int)change->phase, (int)PHASE_REWRITE);
			flushed++;
		}
		if (change->kind != CHANGE_ADD_ELEMENTS || !change->set->verdicts)
			continue;
		led_beside += change->phase == PHASE_SWITCH &&
			      !strcmp(change->set->verdicts[0].chain, THE_POD "/next");
		led_back += change->phase == PHASE_RETURN &&
			    !strcmp(change->set->verdicts[0].chain, THE_POD);
	}
	ck_assert_uint_eq(flushed, 1);
	ck_assert_uint_eq(led_beside, 1);
	ck_assert_uint_eq(led_back, 1);
	ck_assert(is_about(&changes.items[changes.count - 1], THE_POD "/next"));
	ck_assert(changes.items[changes.count - 1].kind == CHANGE_DELETE_CHAIN);
	arena_free(arena);
}
END_TEST

/* Only what is foreign costs the table. */
START_TEST(an_edited_selector_costs_a_chain_not_the_table)
{
	struct arena *arena = arena_new();
	struct changes changes =
		diff(arena, PODS POLICY(WEB),
		     PODS "---\n{apiVersion: networking.k8s.io/v1, kind: NetworkPolicy, metadata: "
			  "{name: p}, spec: {podSelector: {}, " WEB "}}\n");

	ck_assert_uint_gt(changes.count, 0);
	for (size_t i = 0; i < changes.count; i++)
		ck_assert(changes.items[i].kind != CHANGE_DELETE_TABLE);
	arena_free(arena);
}
END_TEST

START_TEST(a_foreign_table_is_replaced_at_once)
{
	struct arena *arena = arena_new();
	struct ruleset old = *ruleset(arena, PODS POLICY(WEB));
	struct changes changes;

	old.foreign = true;
	changes = diff_rulesets(arena, &old, ruleset(arena, PODS POLICY(WEB)));
	ck_assert(changes.items[0].kind == CHANGE_DELETE_TABLE);
	for (size_t i = 0; i < changes.count; i++)
		ck_assert_int_eq((int)changes.items[i].phase, (int)PHASE_SWITCH);
	arena_free(arena);
}
END_TEST

UNIT_MAIN("diff", nothing_differs_from_itself, a_pod_changes_elements_alone,
	  what_is_new_is_filled_before_the_hook, a_port_map_is_never_replaced_where_packets_are,
	  an_edited_selector_costs_a_chain_not_the_table, a_foreign_table_is_replaced_at_once)
