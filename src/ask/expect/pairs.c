/*
 * Finds the connections that contradict an expectation.
 *
 * The hard idea: there may be thousands of kinds at both ends, and nearly all pairs of them get the answer
 * that most get.  So a kind to which connections go is asked about once with each sort of kinds that it
 * does not tell from each other, and once with each kind that stands out (ask/alike/alike.h).
 */
#include "ask/expect/judging.h"

#include "ask/alike/alike.h"
#include "base/arena.h"
#include "base/must.h"
#include "base/table.h"

/* As many pairs are asked about one by one before it pays to ask what the policies of each end say. */
#define PAIRS_ASKED_SINGLY 1000

struct pair_answers {
	struct arena *arena;
	const struct world *world;
	size_t asked; /* how many pairs, in all expectations so far */
	struct ports *ports;
	struct sides *sides[AGES]; /* there is only a NEW world; NULL: not yet made */
};

struct judged_pairing {
	struct arena *scratch; /* it is emptied before the next destination */
	struct pair_answers *answers;
	bool allow, by_name;
	const struct judged_kinds *from, *to;
	struct alike *
		alike; /* of the kinds of @from, then those of @to; NULL: every pair is asked about */
	const uint32_t *single; /* the kinds of @from that have no class */
	size_t single_count;
	uint32_t *
		round_of; /* index: kind of @from; 1 + the last kind of @to for which it was judged by itself */
	size_t *left; /* index: sort; how many places of it have not been judged by themselves */
	uint32_t asked_number; /* the ports that are asked for */
	struct wrong_pairs *found;
};

struct pair_answers *pair_answers_new(struct arena *arena, const struct world *world)
{
	struct pair_answers *answers = arena_alloc(arena, sizeof(*answers));

	*answers = (struct pair_answers){.arena = arena, .world = world, .ports = ports_new(arena)};
	return answers;
}

bool is_one_pod(const struct party *from, const struct party *to)
{
	return from == to && to->kind != PARTY_OUTSIDE && to->twin_pod == to->pod;
}

struct judged_kinds kinds_of(struct arena *arena, const struct world *world,
			     const struct end_places *places, const struct end_places *others,
			     const struct asked_ports *asked)
{
	const uint32_t *by_node = places_by_node(arena, world, &places->list, &others->list);
	struct table numbers = {.arena = arena};
	struct judged_kinds kinds = {0};

	for (size_t i = 0; i < places->list.count; i++) {
		const struct place *place = &places->list.items[i];
		const bool has_class = places->classes[i] < world->class_count && !by_node[i];
		const char *key = arena_printf(arena, "%u %u %d%d %s %s", places->classes[i],
					       by_node[i], place->has[V4], place->has[V6],
					       asked ? reach_text(arena, &asked[i].reach) : "",
					       asked && asked[i].missing ? "!" : "");
		bool added = false;
		uint32_t number = table_add(&numbers, key, strlen(key), &added);
		struct judged_kind *kind;

		if (added)
			arena_push(arena, kinds.items, kinds.count,
				   ((struct judged_kind){.first = place,
							 .class = has_class ? places->classes[i]
									    : CLASS_NONE,
							 .asked = asked ? &asked[i] : NULL}));
		must(number < kinds.count);
		kind = &kinds.items[number];
		if (kind->count == 1)
			kind->second = place;
		arena_push(arena, kind->parties, kind->count, place->party);
	}
	return kinds;
}

/* How many running pods are of both kinds.  */
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

/*
 * Is it one address at both ends, of one pod or of several that share it? Then no packet meets the
 * ruleset.
 */
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

/* Which of the asked ports pass in the family, as the policies of the kinds' classes say it. */
static bool classes_contradict(const struct judged_pairing *pairing, const struct judged_kind *from,
			       const struct judged_kind *to, enum family family)
{
	struct ports *ports = pairing->answers->ports;
	const struct sides *sides = pairing->answers->sides[NEW];
	const uint32_t asked = pairing->asked_number;
	uint32_t passes = asked;

	for (enum direction direction = INGRESS; direction < DIRECTIONS; direction++)
		passes = ports_common(ports, passes,
				      sides_one(sides, direction, family, from->class, to->class));
	return pairing->allow ? passes != asked : passes != PORTS_NOTHING;
}

/*
 * The same, as the chains of the first places say it.  Each chain is asked by itself, since the two may be
 * one place that stands for several pods.
 */
static bool places_contradict(const struct judged_pairing *pairing, const struct judged_kind *from,
			      const struct judged_kind *to, enum family family)
{
	const struct world *world = pairing->answers->world;
	const struct spot spots[] = {[EGRESS] = place_spot(from->first, family),
				     [INGRESS] = place_spot(to->first, family)};
	const enum course course = places_course(world, from->first, to->first, family);
	struct reach passes = to->asked->reach;

	for (enum direction direction = INGRESS; direction < DIRECTIONS; direction++) {
		const char *chain = reach_chain(world, course, direction, &spots[direction].addr);
		struct reach side;

		if (!chain)
			continue;
		side = reach_through(pairing->scratch, world, direction, chain, &spots[!direction]);
		passes = reach_common(pairing->scratch, &passes, &side);
	}
	return pairing->allow ? !reach_equal(&to->asked->reach, &passes) : passes.count > 0;
}

static bool pair_contradicts(const struct judged_pairing *pairing, const struct judged_kind *from,
			     const struct judged_kind *to)
{
	const bool have_classes = pairing->answers->sides[NEW] && from->class != CLASS_NONE &&
				  to->class != CLASS_NONE;

	for (enum family family = V4; family < FAMILIES; family++)
		if (have_the_family(from, to, family) && !is_one_address(from, to, family) &&
		    (have_classes ? classes_contradict : places_contradict)(pairing, from, to,
									    family))
			return true;
	return false;
}

static bool have_a_family(const struct judged_kind *from, const struct judged_kind *to)
{
	return have_the_family(from, to, V4) || have_the_family(from, to, V6);
}

/* Can one reach the other only in the way in which a pod reaches itself? */
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

/* Keeps the pair, if it is among the first ones.  */
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

static bool is_wrong(const struct judged_pairing *pairing, const struct judged_kind *from,
		     const struct judged_kind *to, bool itself, bool family)
{
	if (pairing->allow && (!family || to->asked->missing))
		return true;
	/* No policy can stop this, so no chain is asked about it.  */
	if (itself)
		return !pairing->allow && to->asked->reach.count;
	return pair_contradicts(pairing, from, to);
}

/* Judges a pair that stands for so many connections; returns whether they contradict. */
static bool judge_connections(struct judged_pairing *pairing, size_t i, size_t k,
			      size_t connections)
{
	const struct judged_kind *from = &pairing->from->items[i], *to = &pairing->to->items[k];
	const bool family = have_a_family(from, to);
	const bool itself = is_itself(from, to);
	struct wrong_pairs *found = pairing->found;

	if ((itself && !pairing->by_name) || !connections)
		return false;
	found->met_no_family |= !family;
	found->asked |= family && to->asked->reach.count;
	if (to->asked->missing)
		found->missing = to;
	if (!is_wrong(pairing, from, to, itself, family))
		return false;
	found->connections += connections;
	return true;
}

static void judge_pair(struct judged_pairing *pairing, size_t i, size_t k)
{
	const struct judged_kind *from = &pairing->from->items[i], *to = &pairing->to->items[k];
	const size_t common = pairing->by_name ? 0 : count_common(from, to);

	if (judge_connections(pairing, i, k, from->count * to->count - common))
		keep(pairing->found, (struct wrong_pair){i, k});
}

/* Judges the pair by itself, unless that was done. */
static void judge_once(struct judged_pairing *pairing, uint32_t i, uint32_t k)
{
	if (i >= pairing->from->count || pairing->round_of[i] == k + 1)
		return;
	pairing->round_of[i] = k + 1;
	pairing->left[alike_sort(pairing->alike, i)] -= pairing->from->items[i].count;
	judge_pair(pairing, i, k);
}

/* Judges those of a sort that were not judged by themselves, which are answered like each other. */
static void judge_sort(struct judged_pairing *pairing, uint32_t sort, uint32_t k)
{
	const struct end_list members = alike_members(pairing->alike, sort);
	const size_t connections = pairing->left[sort] * pairing->to->items[k].count;
	size_t kept = 0;

	for (size_t i = 0; connections && i < members.count && kept < WRONG_SHOWN; i++) {
		const uint32_t from = members.items[i];

		if (pairing->round_of[from] == k + 1)
			continue;
		if (!kept && !judge_connections(pairing, from, k, connections))
			return;
		kept++;
		keep(pairing->found, (struct wrong_pair){from, k});
	}
}

static void count_left(struct judged_pairing *pairing)
{
	memset(pairing->left, 0, alike_sorts(pairing->alike) * sizeof(*pairing->left));
	for (uint32_t i = 0; i < pairing->from->count; i++)
		pairing->left[alike_sort(pairing->alike, i)] += pairing->from->items[i].count;
}

/* The number of a list of ports, which stays valid for other expectations. */
static uint32_t lasting_number(struct pair_answers *answers, const struct reach *reach)
{
	struct port_range *ranges = arena_array(answers->arena, reach->count, sizeof(*ranges));

	if (reach->count)
		memcpy(ranges, reach->ranges, reach->count * sizeof(*ranges));
	return ports_number(answers->ports, &(struct reach){ranges, reach->count});
}

static void judge_kind(struct judged_pairing *pairing, uint32_t k, const struct end_lists *of_class)
{
	const struct judged_kind *to = &pairing->to->items[k];
	const bool grouped = pairing->alike && to->class != CLASS_NONE;
	struct end_list others, same;

	if (pairing->answers->sides[NEW])
		pairing->asked_number = lasting_number(pairing->answers, &to->asked->reach);
	for (uint32_t i = 0; !grouped && i < pairing->from->count; i++)
		judge_pair(pairing, i, k);
	if (!grouped)
		return;
	count_left(pairing);
	others = alike_others(pairing->alike, (uint32_t)pairing->from->count + k).standing_out;
	same = end_list_at(of_class, to->class);
	for (size_t i = 0; i < others.count; i++)
		judge_once(pairing, others.items[i], k);
	for (size_t i = 0; i < same.count; i++)
		judge_once(pairing, same.items[i], k);
	for (size_t i = 0; i < pairing->single_count; i++)
		judge_once(pairing, pairing->single[i], k);
	for (uint32_t sort = 0; sort < alike_sorts(pairing->alike); sort++)
		judge_sort(pairing, sort, k);
}

/* The ends of alike_new().  Kinds whose places have other families, or are at the other end, are of other sorts. */
static void put_ends(const struct judged_kinds *kinds, bool is_target, struct alike_end *ends)
{
	for (size_t i = 0; i < kinds->count; i++) {
		const struct place *first = kinds->items[i].first;

		ends[i] = (struct alike_end){
			.class = {CLASS_NONE, kinds->items[i].class},
			.note = (uint32_t)first->has[V4] | (uint32_t)first->has[V6] << 1 |
				(uint32_t)is_target << 2,
		};
	}
}

/* Finds out what need not be asked about, if there are so many pairs that it pays. */
static void group_kinds(struct arena *arena, struct judged_pairing *pairing,
			struct end_lists *of_class)
{
	struct pair_answers *answers = pairing->answers;
	const size_t count = pairing->from->count + pairing->to->count;
	struct alike_end *ends = arena_array(arena, count, sizeof(*ends));
	uint32_t *single = arena_array(arena, count, sizeof(*single));

	answers->asked += pairing->from->count * pairing->to->count;
	if (answers->asked <= PAIRS_ASKED_SINGLY)
		return;
	if (!answers->sides[NEW])
		answers->sides[NEW] =
			sides_new(answers->arena, answers->world, answers->ports, NULL);
	put_ends(pairing->from, false, ends);
	put_ends(pairing->to, true, ends + pairing->from->count);
	for (uint32_t i = 0; i < pairing->from->count; i++)
		if (ends[i].class[NEW] == CLASS_NONE)
			single[pairing->single_count++] = i;
	pairing->single = single;
	pairing->alike = alike_new(arena, answers->sides, ends, count, INGRESS);
	pairing->left = arena_array(arena, alike_sorts(pairing->alike), sizeof(*pairing->left));
	pairing->round_of = arena_array(arena, pairing->from->count, sizeof(*pairing->round_of));
	*of_class = ends_by_class(arena, ends, count, NEW, answers->world->class_count);
}

struct wrong_pairs wrong_pairs_find(struct arena *arena, struct pair_answers *answers,
				    const struct judged_kinds *from, const struct judged_kinds *to,
				    bool allow, bool by_name)
{
	struct wrong_pairs found = {0};
	struct end_lists of_class = {0};
	struct judged_pairing pairing = {
		.scratch = arena_new(),
		.answers = answers,
		.allow = allow,
		.by_name = by_name,
		.from = from,
		.to = to,
		.found = &found,
	};

	group_kinds(arena, &pairing, &of_class);
	for (uint32_t k = 0; k < to->count; k++) {
		judge_kind(&pairing, k, &of_class);
		arena_reset(pairing.scratch);
	}
	arena_free(pairing.scratch);
	return found;
}
