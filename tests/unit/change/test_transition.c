/*
 * Tests of which changes a transition consists, and in which phases they are (change/transition.h).
 */
#include "unit.h"

#include "change/transition.h"
#include "emit/text.h"
#include "lower/lower.h"
#include "resolve/resolve.h"

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
#define TWO                                                                                        \
	"ingress: [{from: [{podSelector: {matchLabels: {app: b}}}], ports: [{port: 80}]}, {from: " \
	"[{podSelector: {matchLabels: {app: c}}}], ports: [{port: 80}]}]"
#define BLOCK   "ingress: [{from: [{ipBlock: {cidr: 192.0.2.0/24}}], ports: [{port: 80}]}]"
#define THE_POD "ingress/default/p"

static const struct ruleset *ruleset(struct arena *arena, const char *text)
{
	return lower(arena, resolve(arena, unit_objects(arena, text), NULL),
		     &(struct lower_options){.table = "t"});
}

static int compare_chains(const void *a, const void *b)
{
	return chain_compare(a, b);
}

/* Adds a set to the ruleset. */
static void add_set(struct arena *arena, struct ruleset *ruleset, const struct set *set)
{
	const struct set **sets = NULL;
	size_t count = 0;

	for (size_t i = 0; i < ruleset->set_count; i++)
		arena_push(arena, sets, count, &ruleset->sets[i]);
	arena_push(arena, sets, count, set);
	ruleset_take_sets(arena, arena, ruleset, sets, count);
}

static struct changes steps(struct arena *arena, const char *old, const char *new)
{
	return transition(arena, old ? ruleset(arena, old) : NULL, ruleset(arena, new));
}

static bool is_about(const struct change *change, const char *name)
{
	return change->chain && !strcmp(change->chain->name, name);
}

/*
 * Checks that phases follow each other, and that only the first three kinds of changes happen
 * before the switch.
 */
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
		ck_assert(!change->chain || !change->chain->base ||
			  change->kind == CHANGE_ADD_CHAIN);
	}
}

START_TEST(nothing_differs_from_itself)
{
	struct arena *arena = arena_new();

	ck_assert_uint_eq(steps(arena, PODS POLICY(WEB), PODS POLICY(WEB)).count, 0);
	arena_free(arena);
}
END_TEST

START_TEST(a_pod_changes_elements_alone)
{
	struct arena *arena = arena_new();
	struct changes changes =
		steps(arena, PODS POLICY(WEB), PODS POD("a2", "a", "10.0.0.3") POLICY(WEB));

	ck_assert_uint_gt(changes.count, 0);
	for (size_t i = 0; i < changes.count; i++)
		ck_assert(changes.items[i].kind == CHANGE_ADD_ELEMENTS &&
			  changes.items[i].set->count == 1);
	arena_free(arena);
}
END_TEST

/* Each waits for nothing, so the kernel gets one transaction. */
START_TEST(a_peer_comes_and_another_goes_at_once)
{
	struct arena *arena = arena_new();
	const struct changes changes = steps(arena, PODS POD("b2", "b", "10.0.0.3") POLICY(WEB),
					     PODS POD("b3", "b", "10.0.0.4") POLICY(WEB));

	ck_assert_uint_eq(changes.count, 2);
	for (size_t i = 0; i < changes.count; i++)
		ck_assert_int_eq((int)changes.items[i].phase, (int)PHASE_ENTER);
	arena_free(arena);
}
END_TEST

/* If the pod at an address becomes another one, that is allowed as before, nothing denies it meanwhile. */
START_TEST(an_address_comes_into_its_new_set_first)
{
	struct arena *arena = arena_new();
	const struct changes changes =
		steps(arena, PODS POD("b2", "b", "10.0.0.3") POD("c1", "c", "10.0.0.8") POLICY(TWO),
		      PODS POD("c2", "c", "10.0.0.3") POD("c1", "c", "10.0.0.8") POLICY(TWO));

	ck_assert_uint_eq(changes.count, 2);
	ck_assert_int_eq((int)changes.items[0].kind, (int)CHANGE_ADD_ELEMENTS);
	ck_assert_int_eq((int)changes.items[0].phase, (int)PHASE_ENTER);
	ck_assert_int_eq((int)changes.items[1].phase, (int)PHASE_LEAVE);
	arena_free(arena);
}
END_TEST

START_TEST(what_is_new_is_filled_before_the_base_chain)
{
	struct arena *arena = arena_new();
	struct changes changes = steps(arena, NULL, PODS POLICY(BLOCK));
	bool leads = false;

	check_phases(&changes);
	for (size_t i = 0; i < changes.count; i++) {
		const struct change *change = &changes.items[i];

		ck_assert(!leads);
		leads = change->kind == CHANGE_ADD_RULES && change->chain->base;
	}
	ck_assert(leads);
	arena_free(arena);
}
END_TEST

/*
 * Rules that packets meet are not replaced even within one commit: the base chain leads to a copy
 * meanwhile.
 */
START_TEST(rules_are_never_replaced_where_packets_are)
{
	struct arena *arena = arena_new();
	struct changes changes = steps(arena, PODS POLICY(WEB), PODS POLICY(WEB_TOO));
	size_t rewritten = 0, led = 0;

	check_phases(&changes);
	for (size_t i = 0; i < changes.count; i++) {
		const struct change *change = &changes.items[i];

		if (change->kind == CHANGE_FLUSH_CHAIN && is_about(change, THE_POD)) {
			ck_assert_int_eq((int)change->phase, (int)PHASE_REWRITE);
			rewritten++;
		}
		if (change->phase != PHASE_SWITCH && change->phase != PHASE_RETURN)
			continue;
		ck_assert(change->chain && change->chain->base);
		led++;
	}
	ck_assert_uint_eq(rewritten, 1);
	ck_assert_uint_eq(led, 4);
	ck_assert(changes.items[changes.count - 1].kind == CHANGE_DELETE_CHAIN);
	ck_assert(!strncmp(changes.items[changes.count - 1].chain->name, "next/", 5));
	arena_free(arena);
}
END_TEST

/* The table is made anew only if there is something foreign in it. */
START_TEST(an_edited_selector_costs_a_chain_not_the_table)
{
	struct arena *arena = arena_new();
	struct changes changes =
		steps(arena, PODS POLICY(WEB),
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

	old.readback.foreign = true;
	changes = transition(arena, &old, ruleset(arena, PODS POLICY(WEB)));
	ck_assert(changes.items[0].kind == CHANGE_DELETE_TABLE);
	for (size_t i = 0; i < changes.count; i++)
		ck_assert_int_eq((int)changes.items[i].phase, (int)PHASE_SWITCH);
	arena_free(arena);
}
END_TEST

static int append(void *context, const char *bytes, size_t len)
{
	strncat(context, bytes, len);
	return 0;
}

/*
 * A flowtable and a counter that somebody has added are deleted one by one, as nft could do it,
 * too.
 */
START_TEST(what_is_neither_chain_nor_set_goes_last)
{
	static struct extra extras[] = {{"flowtable", "f", 0}, {"ct helper", "ftp", 3}};
	struct arena *arena = arena_new();
	struct ruleset old = *ruleset(arena, PODS POLICY(WEB));
	const struct ruleset *new = ruleset(arena, PODS POLICY(WEB_TOO));
	struct changes changes;
	char text[64 << 10] = "";
	const char *last = "delete flowtable inet np2nft f\ndelete ct helper inet np2nft ftp\n";

	old.readback.extras = extras;
	old.readback.extra_count = 2;
	changes = transition(arena, &old, new);
	check_phases(&changes);
	for (size_t i = changes.count - 2; i < changes.count; i++) {
		ck_assert_int_eq((int)changes.items[i].kind, (int)CHANGE_DELETE_EXTRA);
		ck_assert_int_eq((int)changes.items[i].phase, (int)PHASE_SWEEP);
	}
	changes = transition_plain(arena, &old, new);
	ck_assert_int_eq(emit_changes(&changes, "np2nft", append, text), 0);
	ck_assert_str_eq(text + strlen(text) - strlen(last), last);
	changes = transition(arena, &old, ruleset(arena, PODS POLICY(WEB)));
	ck_assert_uint_eq(changes.count, 2);
	arena_free(arena);
}
END_TEST

/* Adds a map of this name that leads to the chain, as a killed run leaves one. */
static struct ruleset with_map(struct arena *arena, const struct ruleset *ruleset, const char *name,
			       const char *chain)
{
	static const uint8_t key[4] = {10, 0, 0, 9};
	struct verdict *verdict = arena_alloc(arena, sizeof(*verdict));
	struct ruleset with = *ruleset;
	struct set *map = arena_alloc(arena, sizeof(*map));

	*verdict = (struct verdict){VERDICT_GOTO, chain};
	*map = (struct set){.name = name,
			    .fields = {FIELD_IP_SADDR},
			    .field_count = 1,
			    .count = 1,
			    .keys = key,
			    .verdicts = verdict};
	add_set(arena, &with, map);
	return with;
}

static size_t first(const struct changes *changes, enum change_kind kind, const char *name)
{
	for (size_t i = 0; i < changes->count; i++) {
		const struct change *change = &changes->items[i];

		if (change->kind == kind &&
		    !strcmp(change->set ? change->set->name : change->chain->name, name))
			return i;
	}
	ck_abort_msg("no such change of %s", name);
}

/*
 * The kernel deletes no chain while a map leads to it, even if the map goes, too, and the chain is
 * only renewed.
 */
START_TEST(maps_go_before_chains_that_are_renewed)
{
	static const char other_selector[] =
		PODS "---\n{apiVersion: networking.k8s.io/v1, kind: NetworkPolicy, metadata: "
		     "{name: p}, spec: {podSelector: {}, " WEB "}}\n";
	struct arena *arena = arena_new();
	const struct ruleset old =
		with_map(arena, ruleset(arena, PODS POLICY(WEB)), "next/ingress.v4", THE_POD);
	const struct ruleset *new = ruleset(arena, other_selector);
	const struct changes ways[] = {transition(arena, &old, new),
				       transition_plain(arena, &old, new)};

	for (size_t i = 0; i < 2; i++)
		ck_assert_uint_lt(first(&ways[i], CHANGE_DELETE_SET, "next/ingress.v4"),
				  first(&ways[i], CHANGE_DELETE_CHAIN, THE_POD));
	arena_free(arena);
}
END_TEST

/*
 * What comes is added before anything is deleted.  A map without room for both is made anew beside
 * the old one.
 */
START_TEST(a_map_does_not_run_full)
{
	struct arena *arena = arena_new();

	for (uint32_t size = 1; size <= 2; size++) {
		const struct ruleset *old = ruleset(arena, POD("a1", "a", "10.0.0.1") POLICY(WEB));
		const struct ruleset *new = ruleset(arena, POD("a2", "a", "10.0.0.2") POLICY(WEB));
		struct changes changes;
		bool beside = false;

		for (size_t i = 0; i < old->set_count; i++)
			if (old->sets[i].verdicts)
				old->sets[i].size = new->sets[i].size = size;
		changes = transition(arena, old, new);
		for (size_t i = 0; i < changes.count; i++)
			beside |= changes.items[i].kind == CHANGE_ADD_SET;
		ck_assert_int_eq(beside, size == 1);
	}
	arena_free(arena);
}
END_TEST

/*
 * Adds what a killed run leaves: a copy, a map that leads to it, and parts to which nothing leads.
 */
static const struct ruleset *with_leftovers(struct arena *arena, const struct ruleset *of)
{
	static const uint8_t key[4] = {10, 0, 0, 9};
	static const struct verdict verdict = {VERDICT_GOTO, "next/chain"};
	struct ruleset *ruleset = arena_alloc(arena, sizeof(*ruleset));
	const struct set map = {.name = "next/map",
				.fields = {FIELD_IP_SADDR},
				.field_count = 1,
				.count = 1,
				.keys = key,
				.verdicts = &verdict};

	*ruleset = *of;
	ruleset->chains = arena_array(arena, of->chain_count + 1, sizeof(*ruleset->chains));
	memcpy(ruleset->chains, of->chains, of->chain_count * sizeof(*of->chains));
	ruleset->chains[ruleset->chain_count++] = (struct chain){.name = "next/chain"};
	qsort(ruleset->chains, ruleset->chain_count, sizeof(*ruleset->chains), compare_chains);
	add_set(arena, ruleset, &map);
	return ruleset;
}

/*
 * Leftovers are deleted first, so that runs that are killed never leave more than one copy of
 * anything.
 */
START_TEST(what_a_killed_run_left_goes_first)
{
	struct arena *arena = arena_new();
	const struct ruleset *old = with_leftovers(arena, ruleset(arena, PODS POLICY(WEB)));
	struct changes changes = transition(arena, old, ruleset(arena, PODS POLICY(WEB_TOO)));

	ck_assert_uint_gt(changes.count, 2);
	ck_assert(changes.items[0].kind == CHANGE_DELETE_SET &&
		  !strcmp(changes.items[0].set->name, "next/map"));
	ck_assert(changes.items[1].kind == CHANGE_DELETE_CHAIN &&
		  is_about(&changes.items[1], "next/chain"));
	for (size_t i = 2; i < changes.count; i++)
		ck_assert(!is_about(&changes.items[i], "next/chain"));
	arena_free(arena);
}
END_TEST

UNIT_MAIN("transition", nothing_differs_from_itself, what_a_killed_run_left_goes_first,
	  a_pod_changes_elements_alone, a_peer_comes_and_another_goes_at_once,
	  an_address_comes_into_its_new_set_first, what_is_new_is_filled_before_the_base_chain,
	  rules_are_never_replaced_where_packets_are,
	  an_edited_selector_costs_a_chain_not_the_table, a_foreign_table_is_replaced_at_once,
	  what_is_neither_chain_nor_set_goes_last, maps_go_before_chains_that_are_renewed,
	  a_map_does_not_run_full)
