/*
 * Finds the connections that contradict an expectation.
 *
 * The hard idea: a packet passes two chains that do not know of each other.  The chain of the end
 * that it goes to is asked once about each kind of place that it may come from, and kept for all
 * kinds under the same chain; the chains of the other end are asked once about each kind that it
 * goes to.  A pair of kinds then costs a look at two lists of ports, so that all pods to all pods
 * of a large cluster is no trouble.
 */
#include "ask/expect/judging.h"

#include "base/arena.h"
#include "base/table.h"

#include <stdlib.h>

/* What chains of one end let through; in order of their numbers, or of the other end's kinds. */
struct half {
	struct reach reach;
	bool all;
};

/* One family. */
struct half_pairs {
	const char **chains_out, **chains_in; /* of each kind; NULL: none, or not of the family */
	uint32_t *number_out;                 /* of the chain among those there are */
	const char **names_out;               /* of the chains, by number */
	size_t count_out;
	const char *chain_in; /* that in_from is about */
	struct half *in_from; /* of each kind that it comes from */
	struct half *out_to;  /* by number of the chain; of the kind that it goes to */
};

struct judged_pairing {
	struct arena *arena;
	struct arena *of_chain[FAMILIES]; /* emptied with half.chain_in */
	struct arena *of_kind;            /* emptied with each kind to go to */
	const struct world *world;
	bool allow, by_name;
	const struct judged_kinds *from, *to;
	struct half_pairs half[FAMILIES];
	struct wrong_pairs *found;
};

static const struct half no_chain = {.all = true};

bool is_one_pod(const struct party *from, const struct party *to)
{
	return from == to && to->kind != PARTY_OUTSIDE && to->twin_pod == to->pod;
}

struct judged_kinds kinds_of(struct arena *arena, const struct end_places *places,
			     const struct asked_ports *asked)
{
	struct table numbers = {.arena = arena};
	struct judged_kinds kinds = {0};

	for (size_t i = 0; i < places->list.count; i++) {
		const struct place *place = &places->list.items[i];
		const char *key = arena_printf(arena, "%u %d%d %s %s", places->classes[i],
					       place->has[V4], place->has[V6],
					       asked ? reach_text(arena, &asked[i].reach) : "",
					       asked && asked[i].missing ? "!" : "");
		bool added = false;
		uint32_t number = table_add(&numbers, key, strlen(key), &added);
		struct judged_kind *kind;

		if (added)
			arena_push(arena, kinds.items, kinds.count,
				   ((struct judged_kind){.first = place,
							 .asked = asked ? &asked[i] : NULL}));
		kind = &kinds.items[number];
		if (kind->count == 1)
			kind->second = place;
		arena_push(arena, kind->parties, kind->count, place->party);
	}
	return kinds;
}

/* How many pods are of both kinds. */
static size_t count_common(const struct judged_kind *from, const struct judged_kind *to)
{
	size_t common = 0;

	for (size_t i = 0, k = 0; i < from->count && k < to->count;) {
		common += is_one_pod(from->parties[i], to->parties[k]);
		if (from->parties[i] <= to->parties[k])
			i++;
		else
			k++;
	}
	return common;
}

static const char *chain_of(const struct world *world, const struct judged_kind *kind,
			    enum family family, bool source)
{
	return kind->first->has[family] ? evaluator_chain(world->evaluator, source, family,
							  kind->first->class_addr[family].bytes)
					: NULL;
}

static struct half_pairs half_pairs_new(const struct judged_pairing *pairing, enum family family)
{
	struct arena *arena = pairing->arena;
	const size_t from = pairing->from->count, to = pairing->to->count;
	struct half_pairs half = {
		.chains_out = arena_array(arena, from, sizeof(*half.chains_out)),
		.chains_in = arena_array(arena, to, sizeof(*half.chains_in)),
		.number_out = arena_array(arena, from, sizeof(*half.number_out)),
	};
	struct table numbers = {.arena = arena};

	for (size_t i = 0; i < from; i++) {
		const char *chain =
			chain_of(pairing->world, &pairing->from->items[i], family, true);
		bool added = false;

		half.chains_out[i] = chain;
		if (!chain)
			continue;
		half.number_out[i] = table_add(&numbers, chain, strlen(chain), &added);
		if (added)
			arena_push(arena, half.names_out, half.count_out, chain);
	}
	for (size_t k = 0; k < to; k++)
		half.chains_in[k] = chain_of(pairing->world, &pairing->to->items[k], family, false);
	return half;
}

/* What a chain lets through; where it must let through, only what it surely does. */
static struct half ask(struct arena *arena, const struct judged_pairing *pairing,
		       enum direction direction, const char *chain, const struct place *other,
		       enum family family)
{
	const struct spot spot = place_spot(other, family);
	struct half half = {.reach = reach_through(arena, pairing->world, direction, chain, &spot)};

	if (pairing->allow)
		half.reach = reach_certain(arena, &half.reach);
	half.all = reach_is_all(&half.reach);
	return half;
}

/* Asks a chain to go to about all kinds that it may come from, unless it is the one before. */
static void enter_chain(struct judged_pairing *pairing, enum family family, const char *chain)
{
	struct half_pairs *half = &pairing->half[family];

	if (half->chain_in && !strcmp(half->chain_in, chain))
		return;
	arena_reset(pairing->of_chain[family]);
	half->chain_in = chain;
	half->in_from =
		arena_array(pairing->of_chain[family], pairing->from->count, sizeof(struct half));
	for (size_t i = 0; i < pairing->from->count; i++) {
		const struct place *from = pairing->from->items[i].first;

		if (from->has[family])
			half->in_from[i] = ask(pairing->of_chain[family], pairing, INGRESS, chain,
					       from, family);
	}
}

/* Asks all chains to come from about a kind to go to. */
static void enter_kind(struct judged_pairing *pairing, enum family family,
		       const struct judged_kind *to)
{
	struct half_pairs *half = &pairing->half[family];

	half->out_to = arena_array(pairing->of_kind, half->count_out, sizeof(struct half));
	for (size_t i = 0; i < half->count_out; i++)
		half->out_to[i] = ask(pairing->of_kind, pairing, EGRESS, half->names_out[i],
				      to->first, family);
}

/* Does any of @asked contradict, where these two halves must agree? */
static bool contradicts(struct arena *arena, const struct reach *asked, const struct half *out,
			const struct half *in, bool allow)
{
	struct reach passes = *asked;

	if (!out->all)
		passes = reach_common(arena, &passes, &out->reach);
	if (!in->all && passes.count)
		passes = reach_common(arena, &passes, &in->reach);
	return allow ? !reach_equal(asked, &passes) : passes.count > 0;
}

/* Is it one address at both ends, of a pod or of several that share it?  Then no packet meets the ruleset. */
static bool is_one_address(const struct judged_kind *from, const struct judged_kind *to,
			   enum family family)
{
	const struct place *a = from->first, *b = to->first;

	return from->count == 1 && to->count == 1 && a->party->kind == PARTY_POD &&
	       b->party->kind == PARTY_POD && a->known[family] && b->known[family] &&
	       !memcmp(a->addr[family].bytes, b->addr[family].bytes, family_len(family));
}

static bool have_the_family(const struct judged_kind *from, const struct judged_kind *to,
			    enum family family)
{
	return from->first->has[family] && to->first->has[family];
}

static bool pair_contradicts(struct judged_pairing *pairing, size_t i, size_t k)
{
	const struct judged_kind *from = &pairing->from->items[i], *to = &pairing->to->items[k];

	for (enum family family = V4; family < FAMILIES; family++) {
		const struct half_pairs *half = &pairing->half[family];

		if (have_the_family(from, to, family) && !is_one_address(from, to, family) &&
		    contradicts(pairing->of_kind, &to->asked->reach,
				half->chains_out[i] ? &half->out_to[half->number_out[i]]
						    : &no_chain,
				half->chains_in[k] ? &half->in_from[i] : &no_chain, pairing->allow))
			return true;
	}
	return false;
}

static bool have_a_family(const struct judged_kind *from, const struct judged_kind *to)
{
	return have_the_family(from, to, V4) || have_the_family(from, to, V6);
}

/* Can the one reach the other only as a pod reaches itself? */
static bool is_itself(const struct judged_kind *from, const struct judged_kind *to)
{
	if (!have_a_family(from, to))
		return false;
	for (enum family family = V4; family < FAMILIES; family++)
		if (have_the_family(from, to, family) && !is_one_address(from, to, family))
			return from->count == 1 && to->count == 1 &&
			       is_one_pod(from->first->party, to->first->party);
	return true;
}

/* Keeps those that come first. */
static void keep(struct wrong_pairs *found, struct wrong_pair pair)
{
	size_t at = found->shown_count;

	while (at &&
	       (pair.from < found->shown[at - 1].from ||
		(pair.from == found->shown[at - 1].from && pair.to < found->shown[at - 1].to))) {
		if (at < WRONG_SHOWN)
			found->shown[at] = found->shown[at - 1];
		at--;
	}
	if (at == WRONG_SHOWN)
		return;
	found->shown[at] = pair;
	found->shown_count += found->shown_count < WRONG_SHOWN;
}

static bool is_wrong(struct judged_pairing *pairing, size_t i, size_t k, bool itself, bool family)
{
	const struct asked_ports *asked = pairing->to->items[k].asked;

	if (pairing->allow && (!family || asked->missing))
		return true;
	/* What no policy stops no chain is asked about. */
	if (itself)
		return !pairing->allow && asked->reach.count;
	return pair_contradicts(pairing, i, k);
}

static void judge_pair(struct judged_pairing *pairing, size_t i, size_t k)
{
	const struct judged_kind *from = &pairing->from->items[i], *to = &pairing->to->items[k];
	const bool family = have_a_family(from, to);
	const bool itself = is_itself(from, to);
	const size_t connections =
		from->count * to->count - (pairing->by_name ? 0 : count_common(from, to));
	struct wrong_pairs *found = pairing->found;

	if ((itself && !pairing->by_name) || !connections)
		return;
	found->met_no_family |= !family;
	found->asked += family && to->asked->reach.count;
	if (to->asked->missing)
		found->missing = to;
	if (!is_wrong(pairing, i, k, itself, family))
		return;
	found->connections += connections;
	keep(found, (struct wrong_pair){i, k});
}

static void judge_kind(struct judged_pairing *pairing, size_t k)
{
	const struct judged_kind *to = &pairing->to->items[k];

	for (enum family family = V4; family < FAMILIES; family++) {
		const char *chain = pairing->half[family].chains_in[k];

		if (chain)
			enter_chain(pairing, family, chain);
		if (to->first->has[family])
			enter_kind(pairing, family, to);
	}
	for (size_t i = 0; i < pairing->from->count; i++)
		judge_pair(pairing, i, k);
	arena_reset(pairing->of_kind);
}

/* A kind, and where it goes in. */
struct turn {
	const char *chains[FAMILIES];
	size_t kind;
};

static int compare_turns(const void *a, const void *b)
{
	const struct turn *x = a, *y = b;

	for (enum family family = V4; family < FAMILIES; family++) {
		const char *p = x->chains[family], *q = y->chains[family];
		int order = p && q ? strcmp(p, q) : (p != NULL) - (q != NULL);

		if (order)
			return order;
	}
	return (x->kind > y->kind) - (x->kind < y->kind);
}

/* Those under one chain after each other. */
static void judge_all(struct judged_pairing *pairing)
{
	const size_t count = pairing->to->count;
	struct turn *turns = arena_array(pairing->arena, count, sizeof(*turns));

	for (size_t k = 0; k < count; k++) {
		turns[k].kind = k;
		for (enum family family = V4; family < FAMILIES; family++)
			turns[k].chains[family] = pairing->half[family].chains_in[k];
	}
	if (count)
		qsort(turns, count, sizeof(*turns), compare_turns);
	for (size_t k = 0; k < count; k++)
		judge_kind(pairing, turns[k].kind);
}

struct wrong_pairs wrong_pairs_find(struct arena *arena, const struct world *world,
				    const struct judged_kinds *from, const struct judged_kinds *to,
				    bool allow, bool by_name)
{
	struct wrong_pairs found = {0};
	struct judged_pairing pairing = {
		.arena = arena,
		.of_chain = {arena_new(), arena_new()},
		.of_kind = arena_new(),
		.world = world,
		.allow = allow,
		.by_name = by_name,
		.from = from,
		.to = to,
		.found = &found,
	};

	for (enum family family = V4; family < FAMILIES; family++)
		pairing.half[family] = half_pairs_new(&pairing, family);
	judge_all(&pairing);
	for (enum family family = V4; family < FAMILIES; family++)
		arena_free(pairing.of_chain[family]);
	arena_free(pairing.of_kind);
	return found;
}
