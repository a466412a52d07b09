/*
 * Expectations to results.  See expect.h.
 *
 * Everything of one end to everything of the other: asked once for places that are answered alike (world.h),
 * so that a selector of ten thousand pods costs what its few kinds of pods cost.
 */
#include "expect.h"

#include "arena.h"
#include "diag.h"
#include "expect_parts.h"
#include "text.h"

#include <stdlib.h>

/* So many more connections are named before the rest is counted. */
#define MORE_NAMED 3

/* Places of an end that are answered alike. */
struct kind {
	const struct place *first, *second; /* NULL: there is no second */
	const struct asked_ports *asked;    /* of a kind to go to */
	const struct party **parties;       /* in their order */
	size_t count;
};

struct kinds {
	struct kind *items;
	size_t count;
};

struct judging {
	struct arena *arena;   /* of the results */
	struct arena *scratch; /* emptied after each expectation */
	const struct world *world;
	const struct ends *ends;
	const struct expectation *expectation;
	bool by_name; /* both ends are names: then also a pod to itself is meant */
	struct end_places from, to;
	size_t asked;        /* pairs of kinds */
	bool met_no_family;  /* some were not asked about, as they have none in common */
	const char *missing; /* "shop/web-2 has no port http/TCP", the last such; NULL */
	size_t found;        /* pairs of places that contradict */
	const char *failure; /* the first of them */
	struct string details, more;
	size_t named; /* in more */
};

static struct kinds kinds_of(struct arena *arena, const struct end_places *places,
			     const struct asked_ports *asked)
{
	struct table numbers = {.arena = arena};
	struct kinds kinds = {0};

	for (size_t i = 0; i < places->list.count; i++) {
		const struct place *place = &places->list.items[i];
		const char *key = arena_printf(arena, "%u %d%d %s %s", places->classes[i],
					       place->has[V4], place->has[V6],
					       asked ? reach_text(arena, &asked[i].reach) : "",
					       asked && asked[i].missing ? "!" : "");
		bool added = false;
		uint32_t number = table_add(&numbers, key, strlen(key), &added);
		struct kind *kind;

		if (added)
			arena_push(
				arena, kinds.items, kinds.count,
				((struct kind){.first = place, .asked = asked ? &asked[i] : NULL}));
		kind = &kinds.items[number];
		if (kind->count == 1)
			kind->second = place;
		arena_push(arena, kind->parties, kind->count, place->party);
	}
	return kinds;
}

/* One pod at both ends; not one of several to come. */
static bool is_one_pod(const struct party *from, const struct party *to)
{
	return from == to && to->kind != PARTY_OUTSIDE && to->twin_pod == to->pod;
}

/* How many pods are of both kinds. */
static size_t count_common(const struct kind *from, const struct kind *to)
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

/* A connection between places, in one family. */
struct pair {
	const struct place *from, *to;
	struct reach wrong[FAMILIES]; /* ports that contradict */
	bool has[FAMILIES];
};

static void find_wrong(const struct judging *judging, const struct reach *asked, struct pair *pair)
{
	const struct party *party = pair->to->party;
	const bool to_twin = pair->from->party == party && party->kind == PARTY_WORKLOAD &&
			     party->twin_pod != party->pod;

	for (enum family family = V4; family < FAMILIES; family++) {
		struct reach passes;

		pair->has[family] = pair->from->has[family] && pair->to->has[family];
		if (!pair->has[family])
			continue;
		passes = reach_between(
			judging->scratch, judging->world, &pair->from->class_addr[family],
			to_twin ? &party->twin[family] : &pair->to->class_addr[family]);
		pair->wrong[family] = judging->expectation->allow
					      ? reach_minus(judging->scratch, asked, &passes)
					      : reach_common(judging->scratch, asked, &passes);
	}
}

static void put_indented(struct judging *judging, const char *text)
{
	for (const char *end; *text; text = end + 1) {
		end = strchr(text, '\n');
		if (end != text)
			arena_append(judging->arena, &judging->details, "%.*s\n", (int)(end - text),
				     text);
	}
}

/* In explain's words; of what is denied only who denies it. */
static void put_reasons(struct judging *judging, const struct pair *pair, enum family family,
			const struct port_range *range)
{
	struct answer answer = {
		.from = pair->from,
		.to = pair->to,
		.protocol = range->protocol,
		/* Nothing listens on port 0. */
		.port = range->first || !range->last ? range->first : 1,
	};

	answer = answer_ask(judging->scratch, judging->world, answer, family);
	for (enum direction direction = DIRECTIONS; direction-- > INGRESS;)
		if (answer.allowed || !answer.reasons[direction].allowed)
			put_indented(judging, answer_why(judging->scratch, judging->world, &answer,
							 direction));
}

static const char *over_family(const struct pair *pair, enum family family)
{
	if (!pair->has[!family] || reach_equal(&pair->wrong[V4], &pair->wrong[V6]))
		return "";
	return family == V4 ? " over IPv4" : " over IPv6";
}

/* The first stretch of ports is what is explained. */
static void put_wrong(struct judging *judging, const struct pair *pair)
{
	const enum family family = pair->wrong[V4].count ? V4 : V6;
	const struct reach *wrong = &pair->wrong[family];
	const struct reach rest = {wrong->ranges + 1, wrong->count - 1};
	const struct reach first = {wrong->ranges, 1};
	const bool allow = judging->expectation->allow, all = reach_is_all(wrong);

	judging->failure =
		arena_printf(judging->arena, "%s -> %s %s is %s%s, expected %s", pair->from->text,
			     pair->to->text, reach_text(judging->scratch, all ? wrong : &first),
			     allow ? "denied" : "allowed", over_family(pair, family),
			     allow ? "allowed" : "denied");
	if (rest.count && !all)
		arena_append(judging->arena, &judging->details, "as well: %s\n",
			     reach_text(judging->scratch, &rest));
	put_reasons(judging, pair, family, wrong->ranges);
}

static const char *no_family_text(struct judging *judging, const struct pair *pair)
{
	return arena_printf(judging->arena,
			    "%s -> %s: no address family in common, expected allowed",
			    pair->from->text, pair->to->text);
}

/* The first is told in full, some more are named. */
static void take_wrong(struct judging *judging, const struct pair *pair, const char *missing)
{
	if (judging->failure) {
		if (judging->named++ < MORE_NAMED)
			arena_append(judging->arena, &judging->more, "%s%s -> %s",
				     judging->more.len ? ", " : "", pair->from->text,
				     pair->to->text);
		return;
	}
	if (pair->wrong[V4].count || pair->wrong[V6].count)
		put_wrong(judging, pair);
	else if (missing)
		judging->failure =
			arena_printf(judging->arena, "%s -> %s, which %s: expected allowed",
				     pair->from->text, pair->to->text, missing);
	else
		judging->failure = no_family_text(judging, pair);
}

/* Two different pods of the kinds, if there are any. */
static struct pair choose(const struct kind *from, const struct kind *to)
{
	struct pair pair = {.from = from->first, .to = to->first};

	if (!is_one_pod(pair.from->party, pair.to->party))
		return pair;
	if (to->second && to->second->party != pair.from->party)
		pair.to = to->second;
	else if (from->second && from->second->party != pair.to->party)
		pair.from = from->second;
	return pair;
}

static void judge_kinds(struct judging *judging, const struct kind *from, const struct kind *to)
{
	struct pair pair = choose(from, to);
	const bool allow = judging->expectation->allow;
	const char *missing = to->asked->missing;
	bool wrong;

	if (!judging->by_name && is_one_pod(pair.from->party, pair.to->party))
		return;
	find_wrong(judging, &to->asked->reach, &pair);
	if (!pair.has[V4] && !pair.has[V6])
		judging->met_no_family = true;
	else if (to->asked->reach.count)
		judging->asked++;
	if (missing)
		judging->missing = arena_printf(judging->scratch, "%s %s", pair.to->text, missing);
	wrong = pair.wrong[V4].count || pair.wrong[V6].count ||
		(allow && (missing || (!pair.has[V4] && !pair.has[V6])));
	if (!wrong)
		return;
	judging->found += from->count * to->count - (judging->by_name ? 0 : count_common(from, to));
	take_wrong(judging, &pair, missing);
}

/* An expectation of which nothing could be asked does not hold. */
static void check_asked(struct judging *judging)
{
	if (judging->asked || judging->failure)
		return;
	judging->failure = judging->met_no_family ? "the two ends have no address family in common"
			   : judging->missing
				   ? judging->missing
				   : "the two ends are one pod, which always reaches itself";
}

static void judge_places(struct judging *judging)
{
	struct asked_ports *asked;
	struct kinds from, to;

	judging->failure = expected_ports(judging->scratch, judging->world, judging->expectation,
					  &judging->to, &asked);
	if (judging->failure)
		return;
	from = kinds_of(judging->scratch, &judging->from, NULL);
	to = kinds_of(judging->scratch, &judging->to, asked);
	for (size_t i = 0; i < from.count; i++)
		for (size_t k = 0; k < to.count; k++)
			judge_kinds(judging, &from.items[i], &to.items[k]);
	check_asked(judging);
}

static void put_rest(struct judging *judging)
{
	const size_t rest = judging->found - 1;

	if (judging->found < 2)
		return;
	arena_append(judging->arena, &judging->details, "and %s more",
		     text_counted(judging->scratch, rest, "connection", "connections"));
	if (judging->named)
		arena_append(judging->arena, &judging->details, ", such as %s", judging->more.text);
	arena_append(judging->arena, &judging->details, "\n");
}

static void put_notes(struct judging *judging, const struct notes *notes)
{
	for (size_t i = 0; i < notes->count; i++)
		arena_append(judging->arena, &judging->details, "note: %s\n", notes->items[i]);
}

static const char *title(struct judging *judging)
{
	const struct expectation *one = judging->expectation;
	const char *ports = expected_ports_text(judging->scratch, one);

	return arena_printf(judging->arena, "%s -> %s%s%s: %s",
			    end_text(judging->scratch, judging->world, &one->from),
			    end_text(judging->scratch, judging->world, &one->to), *ports ? " " : "",
			    ports, one->allow ? "allowed" : "denied");
}

static bool is_name(const struct end *end)
{
	return end->kind == END_WORKLOAD || end->kind == END_ADDRESS;
}

static struct expect_result judge(struct judging *judging)
{
	const struct expectation *one = judging->expectation;

	judging->by_name = is_name(&one->from) && is_name(&one->to);
	judging->from = ends_find(judging->scratch, judging->ends, &one->from, EGRESS);
	judging->to = ends_find(judging->scratch, judging->ends, &one->to, INGRESS);
	if (judging->from.fault || judging->to.fault)
		judging->failure = judging->from.fault ? judging->from.fault : judging->to.fault;
	else
		judge_places(judging);
	if (judging->failure) {
		put_rest(judging);
		put_notes(judging, &judging->from.notes);
		put_notes(judging, &judging->to.notes);
	}
	return (struct expect_result){
		.expectation = one,
		.title = title(judging),
		.failure = judging->failure ? arena_strndup(judging->arena, judging->failure,
							    strlen(judging->failure))
					    : NULL,
		.details = judging->details.text ? judging->details.text : "",
	};
}

static int compare_results(const void *a, const void *b)
{
	const struct mark *x = &((const struct expect_result *)a)->expectation->mark;
	const struct mark *y = &((const struct expect_result *)b)->expectation->mark;
	int order = strcmp(x->file, y->file);

	if (!order)
		order = (x->line > y->line) - (x->line < y->line);
	return order ? order : (x->col > y->col) - (x->col < y->col);
}

const char *expect(struct arena *arena, const struct world *world, enum np2nft_format format,
		   size_t *failed, struct diags *diags)
{
	const size_t count = world->objects->expectation_count;
	struct expect_result *results = arena_array(arena, count, sizeof(*results));
	const struct ends *ends = ends_new(arena, world);
	struct arena *scratch = arena_new();

	*failed = 0;
	for (size_t i = 0; i < count; i++) {
		struct judging judging = {.arena = arena,
					  .scratch = scratch,
					  .world = world,
					  .ends = ends,
					  .expectation = &world->objects->expectations[i]};

		results[i] = judge(&judging);
		*failed += results[i].failure != NULL;
		arena_reset(scratch);
	}
	arena_free(scratch);
	if (!count) {
		diag_error(diags, (struct mark){0},
			   "no Expectations (np2nft/v1) in the input: there is nothing to judge");
		return NULL;
	}
	qsort(results, count, sizeof(*results), compare_results);
	return expect_print(arena, results, count, format);
}
