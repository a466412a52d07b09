/*
 * Judges expectations.
 *
 * Everything of one end is tried with everything of the other, but asked only once for places of
 * one class (ask/world/world.h), so that a selector of ten thousand pods costs only as much as its few
 * kinds of pods.
 */
#include "ask/expect/expect.h"

#include "ask/expect/judging.h"
#include "base/arena.h"
#include "base/diag.h"
#include "base/text.h"

#include <stdlib.h>
#include <time.h>

struct judging {
	struct arena *arena;   /* the results live in it */
	struct arena *scratch; /* it is emptied after each expectation */
	const struct world *world;
	const struct judged_ends *ends;
	struct pair_answers *answers;
	const struct expectation *expectation;
	struct end_places from, to;
	const char *failure;       /* NULL: it holds */
	const char *contradiction; /* NULL: reasons and verdicts agree, as they must */
	struct string details;
};

/* A connection between places, in one family.  */
struct place_pair {
	const struct place *from, *to;
	struct reach wrong[FAMILIES]; /* the ports that contradict the expectation */
	bool has[FAMILIES];
};

static void find_wrong(const struct judging *judging, const struct reach *asked,
		       struct place_pair *pair)
{
	const struct party *party = pair->to->party;
	const bool to_twin = pair->from->party == party && party->kind == PARTY_WORKLOAD &&
			     party->twin_pod != party->pod;

	for (enum family family = V4; family < FAMILIES; family++) {
		enum course course;
		struct spot from, to;
		struct reach passes;

		pair->has[family] = pair->from->has[family] && pair->to->has[family];
		if (!pair->has[family])
			continue;
		from = place_spot(pair->from, family);
		to = to_twin ? spot_of(party, family, true) : place_spot(pair->to, family);
		course = places_course(judging->world, pair->from, pair->to, family);
		passes = reach_of(judging->scratch, judging->world, course, &from, &to);
		/*
		 * If it depends on an address that nobody knows, it neither passes for certain nor
		 * is denied for certain.
		 */
		if (judging->expectation->allow)
			passes = reach_certain(judging->scratch, &passes);
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

/* Asks about the connection that is told in full, and why it is allowed or denied.  */
static struct answer ask_why(struct judging *judging, const struct place_pair *pair,
			     enum family family, const struct port_range *range)
{
	const struct answer question = {
		.from = pair->from,
		.to = pair->to,
		.protocol = range->protocol,
		/* Nothing listens on port 0.  */
		.port = range->first || !range->last ? range->first : 1,
	};
	const struct answer answer = answer_ask(judging->scratch, judging->world, question, family);

	if (answer.contradicts_itself)
		judging->contradiction = answer_contradiction(judging->arena, &answer);
	return answer;
}

/*
 * Writes the reasons in explain's words; if the connection is denied, only those of the end that
 * denies it.
 */
static void put_reasons(struct judging *judging, const struct answer *answer)
{
	for (enum direction direction = DIRECTIONS; direction-- > INGRESS;)
		if (answer->allowed || !answer->reasons[direction].allowed)
			put_indented(judging, answer_why(judging->scratch, judging->world, answer,
							 direction));
}

/* Writes "denied", "allowed" or "allowed only if its address lies in 10.0.0.0/8".  */
static const char *verdict_of(struct judging *judging, const struct answer *answer)
{
	if (answer->allowed && answer->only_if)
		return arena_printf(judging->scratch, "allowed only %s",
				    condition_text(judging->scratch, answer->only_if));
	return judging->expectation->allow ? "denied" : "allowed";
}

static const char *over_family(const struct place_pair *pair, enum family family)
{
	if (!pair->has[!family] || reach_equal(&pair->wrong[V4], &pair->wrong[V6]))
		return "";
	return family == V4 ? " over IPv4" : " over IPv6";
}

/* Explains the first stretch of ports that contradicts.  */
static void put_wrong(struct judging *judging, const struct place_pair *pair)
{
	const enum family family = pair->wrong[V4].count ? V4 : V6;
	const struct reach *wrong = &pair->wrong[family];
	const struct reach rest = {wrong->ranges + 1, wrong->count - 1};
	struct port_range one = *wrong->ranges;
	const struct reach first = {&one, 1};
	const bool allow = judging->expectation->allow, all = reach_is_all(wrong);
	const struct answer answer = ask_why(judging, pair, family, &one);

	one.only_if = NULL;

	judging->failure =
		arena_printf(judging->arena, "%s -> %s %s is %s%s, expected %s", pair->from->text,
			     pair->to->text, reach_text(judging->scratch, all ? wrong : &first),
			     verdict_of(judging, &answer), over_family(pair, family),
			     allow ? "allowed" : "denied");
	if (rest.count && !all)
		arena_append(judging->arena, &judging->details, "as well: %s\n",
			     reach_text(judging->scratch, &rest));
	put_reasons(judging, &answer);
}

/* Chooses two different pods of the kinds, if there are any.  */
static struct place_pair choose(const struct judged_kind *from, const struct judged_kind *to)
{
	struct place_pair pair = {.from = from->first, .to = to->first};

	if (!is_one_pod(pair.from->party, pair.to->party))
		return pair;
	if (to->second && to->second->party != pair.from->party)
		pair.to = to->second;
	else if (from->second && from->second->party != pair.to->party)
		pair.from = from->second;
	return pair;
}

static void put_first(struct judging *judging, struct place_pair *pair,
		      const struct asked_ports *asked)
{
	find_wrong(judging, &asked->reach, pair);
	if (pair->wrong[V4].count || pair->wrong[V6].count)
		put_wrong(judging, pair);
	else
		judging->failure = arena_printf(
			judging->arena,
			asked->missing ? "%s -> %s, which %s: expected allowed"
				       : "%s -> %s: no address family in common, expected allowed",
			pair->from->text, pair->to->text, asked->missing);
}

/* Tells the first pair in full, names some more, and counts the others.  */
static void put_pairs(struct judging *judging, const struct wrong_pairs *found,
		      const struct judged_kinds *from, const struct judged_kinds *to)
{
	const char *between = ", such as ";

	for (size_t i = 0; i < found->shown_count; i++) {
		const struct judged_kind *target = &to->items[found->shown[i].to];
		struct place_pair pair = choose(&from->items[found->shown[i].from], target);

		if (i == 0) {
			put_first(judging, &pair, target->asked);
			if (found->connections > 1)
				arena_append(judging->arena, &judging->details, "and %s",
					     text_counted(judging->scratch, found->connections - 1,
							  "connection more", "connections more"));
			continue;
		}
		arena_append(judging->arena, &judging->details, "%s%s -> %s", between,
			     pair.from->text, pair.to->text);
		between = ", ";
	}
	if (found->connections > 1)
		arena_append(judging->arena, &judging->details, "\n");
}

/* Says why nothing could be asked; such an expectation does not hold.  */
static const char *why_not_asked(struct judging *judging, const struct wrong_pairs *found)
{
	if (found->met_no_family)
		return "the two ends have no address family in common";
	if (found->missing)
		return arena_printf(judging->scratch, "%s %s", found->missing->first->text,
				    found->missing->asked->missing);
	return "the two ends are one pod, which always reaches itself";
}

static bool is_name(const struct end *end)
{
	return end->kind == END_WORKLOAD || end->kind == END_ADDRESS;
}

static void judge_places(struct judging *judging)
{
	const struct expectation *one = judging->expectation;
	struct asked_ports *asked;
	struct wrong_pairs found;
	struct judged_kinds from, to;

	judging->failure =
		expected_ports(judging->scratch, judging->world, one, &judging->to, &asked);
	if (judging->failure)
		return;
	from = kinds_of(judging->scratch, judging->world, &judging->from, &judging->to, NULL);
	to = kinds_of(judging->scratch, judging->world, &judging->to, &judging->from, asked);
	found = wrong_pairs_find(judging->scratch, judging->answers, &from, &to, one->allow,
				 is_name(&one->from) && is_name(&one->to));
	put_pairs(judging, &found, &from, &to);
	if (!found.asked && !judging->failure)
		judging->failure = why_not_asked(judging, &found);
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

static struct expect_result judge(struct judging *judging)
{
	const struct expectation *one = judging->expectation;

	judging->from = ends_find(judging->scratch, judging->ends, &one->from, EGRESS);
	judging->to = ends_find(judging->scratch, judging->ends, &one->to, INGRESS);
	if (judging->from.fault || judging->to.fault)
		judging->failure = judging->from.fault ? judging->from.fault : judging->to.fault;
	else
		judge_places(judging);
	if (judging->failure) {
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

static double seconds_now(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (double)now.tv_sec + (double)now.tv_nsec / 1e9;
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

const char *expect(struct arena *arena, const struct world *world, enum format format,
		   size_t *failed, struct diags *diags)
{
	const size_t count = world->objects->expectation_count;
	struct expect_result *results = arena_array(arena, count, sizeof(*results));
	const struct judged_ends *ends = ends_new(arena, world);
	struct pair_answers *answers = pair_answers_new(arena, world);
	struct arena *scratch = arena_new();

	*failed = 0;
	for (size_t i = 0; i < count; i++) {
		const double began = seconds_now();
		struct judging judging = {.arena = arena,
					  .scratch = scratch,
					  .world = world,
					  .ends = ends,
					  .answers = answers,
					  .expectation = &world->objects->expectations[i]};

		results[i] = judge(&judging);
		results[i].seconds = seconds_now() - began;
		if (judging.contradiction)
			diag_error(diags, judging.expectation->mark, "%s", judging.contradiction);
		*failed += results[i].failure != NULL;
		arena_reset(scratch);
	}
	arena_free(scratch);
	if (!count) {
		diag_error(diags, (struct mark){0},
			   "no Expectations (np2nft/v1) in the input: there is nothing to judge");
		return NULL;
	}
	if (diags->errors)
		return NULL;
	qsort(results, count, sizeof(*results), compare_results);
	return expect_print(arena, results, count, format);
}
