/*
 * Leads from a question to its answers.
 *
 * A name may stand for many pods.  Those of one class (ask/world/world.h) are asked about once.
 */
#include "ask/explain/explain.h"

#include "ask/explain/answer.h"
#include "base/arena.h"
#include "base/diag.h"
#include "base/must.h"
#include "model/words.h"
#include "read/expectation.h"
#include "resolve/resolved.h"

#include <stdlib.h>

/* Places with the same answers. */
struct alike_places {
	const struct place *first, *second; /* NULL: there is no second */
	size_t count;
};

struct alikes {
	const struct place_list *of;
	struct alike_places *items;
	size_t count;
};

static struct alikes group_places(struct arena *arena, const struct world *world,
				  const struct place_list *places, const struct place_list *others)
{
	const uint32_t *by_node = places_by_node(arena, world, places, others);
	struct table classes = {.arena = arena};
	struct alikes groups = {.of = places};

	for (size_t i = 0; i < places->count; i++) {
		const struct place *place = &places->items[i];
		struct string key = {0};
		bool added = false;
		uint32_t number;

		arena_append(arena, &key, "%u %u", by_node[i], place->party->class);
		for (size_t k = 0; k < place->number_count; k++)
			arena_append(arena, &key, " %u", place->numbers[k]);
		number = table_add(&classes, key.text, key.len, &added);
		if (added)
			arena_push(arena, groups.items, groups.count,
				   ((struct alike_places){place, NULL, 0}));
		must(number < groups.count);
		if (++groups.items[number].count == 2)
			groups.items[number].second = place;
	}
	return groups;
}

/* Chooses a place of each; different pods, if there are any. */
static void choose(const struct alike_places *from, const struct alike_places *to,
		   struct answer *answer)
{
	answer->from = from->first;
	answer->to = to->first;
	answer->from_alike = from->count;
	answer->to_alike = to->count;
	if (from->first->party != to->first->party)
		return;
	if (to->second)
		answer->to = to->second;
	else if (from->second)
		answer->from = from->second;
}

/* The destination itself is not among the others: policies do not matter for a pod and itself. */
static void count_others(const struct alikes *sources, struct answer *answer)
{
	const struct place_list *of = sources->of;

	for (size_t i = 0; i < of->count && answer->from->party != answer->to->party; i++)
		answer->from_alike -= of->items[i].party == answer->to->party &&
				      answer->to->party->kind == PARTY_POD &&
				      answer->to->party->class == answer->from->party->class;
}

/* What one end's policies let through on the port in question; NULL: nothing. */
static const struct port_range *side_of(struct arena *arena, const struct world *world,
					enum direction direction, const struct spot *own,
					const struct spot *other, const struct answer *answer)
{
	static const struct port_range everything;
	const char *chain = reach_chain(world, answer->course, direction, &own->addr);
	struct reach reach;

	if (!chain)
		return &everything;
	reach = reach_through(arena, world, direction, chain, other);
	return reach_find(&reach, answer->protocol, answer->port);
}

/*
 * Finds the condition on which each side lets the connection through, if nobody knows where an end
 * lies.
 */
static void find_condition(struct arena *arena, const struct world *world, const struct spot *from,
			   const struct spot *to, struct answer *answer)
{
	const struct port_range *out = side_of(arena, world, EGRESS, from, to, answer);
	const struct port_range *in = side_of(arena, world, INGRESS, to, from, answer);

	answer->sides[EGRESS] = out ? out->only_if : NULL;
	answer->sides[INGRESS] = in ? in->only_if : NULL;
	answer->allowed = out && in && condition_both(out->only_if, in->only_if, &answer->only_if);
}

struct answer answer_ask(struct arena *arena, const struct world *world, struct answer answer,
			 enum family family)
{
	const struct party *from = answer.from->party;
	const struct party *to = answer.to->party;
	/* What stands for pods to come connects from one of them to another. */
	const bool another =
		from == to && from->kind != PARTY_OUTSIDE && from->twin_pod != from->pod;
	struct spot source = place_spot(answer.from, family);
	struct spot target = another ? spot_of(to, family, true) : place_spot(answer.to, family);
	const uint32_t to_pod = another ? to->twin_pod : to->pod;
	struct question question = {.from = answer.from->addr[family],
				    .to = another ? target.addr : answer.to->addr[family],
				    .from_pod = from->pod,
				    .to_pod = to_pod,
				    .protocol = answer.protocol,
				    .port = answer.port,
				    .course = places_course(world, answer.from, answer.to, family)};
	bool at_these_places;

	answer.families[family] = true;
	answer.course = question.course;
	if (source.anywhere)
		question.from = (struct addr){.family = family};
	if (target.anywhere)
		question.to = (struct addr){.family = family};
	if ((source.anywhere || target.anywhere) && (to_pod != from->pod || to_pod == ANYTHING)) {
		find_condition(arena, world, &source, &target, &answer);
		for (enum direction direction = INGRESS; direction < DIRECTIONS; direction++)
			condition_fulfil(answer.sides[direction], family, question.from.bytes,
					 question.to.bytes);
	}
	at_these_places = reach_one_at(world, answer.course, &source.addr,
				       source.anywhere ? question.from.bytes : NULL, &target.addr,
				       target.anywhere ? question.to.bytes : NULL,
				       question.protocol, question.port)
				  .accepted;
	if (!source.anywhere && !target.anywhere)
		answer.allowed = at_these_places;
	else if (to_pod == from->pod && to_pod != ANYTHING)
		answer.allowed = true;
	for (enum direction direction = INGRESS; direction < DIRECTIONS; direction++)
		answer.reasons[direction] = reasons_of(arena, world, direction, &question);
	answer.contradicts_itself = at_these_places != (answer.reasons[INGRESS].allowed &&
							answer.reasons[EGRESS].allowed) ||
				    answer.allowed != at_these_places;
	/*
	 * A pod reaches its own address without meeting the ruleset, whose answer is about what a
	 * Service leads back.
	 */
	answer.allowed |= answer.reasons[INGRESS].to_itself && !answer.by_service;
	return answer;
}

static bool same_verdicts(const struct answer *a, const struct answer *b)
{
	return a->course == b->course &&
	       a->reasons[INGRESS].allowed == b->reasons[INGRESS].allowed &&
	       a->reasons[EGRESS].allowed == b->reasons[EGRESS].allowed && !a->only_if &&
	       !b->only_if && a->allowed == b->allowed;
}

/*
 * May the place have an address of the family?  A pod whose addresses are known gets no other ones while it runs,
 * although the world gives it one of each used family, for questions about what may come.
 */
static bool may_have(const struct place *place, enum family family)
{
	return place->known[family] || place->party->kind != PARTY_POD ||
	       !(place->known[V4] || place->known[V6]);
}

/* Asks over each family that both ends have; gives one answer if they agree. */
static void ask_families(struct arena *arena, const struct world *world, struct answer answer,
			 struct explanation *explanation)
{
	struct answer last = {0};
	bool found = false;

	for (enum family family = V4; family < FAMILIES; family++) {
		struct answer one;

		if (!places_meet(answer.from, answer.to, family) ||
		    !may_have(answer.from, family) || !may_have(answer.to, family))
			continue;
		one = answer_ask(arena, world, answer, family);
		if (found && same_verdicts(&one, &last)) {
			explanation->answers[explanation->count - 1].families[family] = true;
			continue;
		}
		arena_push(arena, explanation->answers, explanation->count, one);
		last = one;
		found = true;
	}
}

static void ask_all(struct arena *arena, const struct world *world, const struct place_list *from,
		    const struct place_list *to, enum protocol protocol,
		    struct explanation *explanation)
{
	struct alikes sources = group_places(arena, world, from, to);
	struct alikes targets = group_places(arena, world, to, from);

	for (size_t i = 0; i < sources.count; i++) {
		for (size_t k = 0; k < targets.count; k++) {
			struct answer answer = {.protocol = protocol, .by_service = to->service};

			choose(&sources.items[i], &targets.items[k], &answer);
			count_others(&sources, &answer);
			for (size_t n = 0; n < answer.to->number_count; n++) {
				answer.port = answer.to->numbers[n];
				ask_families(arena, world, answer, explanation);
			}
		}
	}
}

/* Notes that a workload with one pod says nothing about a second. */
static void note_itself(struct arena *arena, const struct place_list *from,
			const struct place_list *to, struct explanation *explanation)
{
	if (from->is_workload && to->is_workload && explanation->count == 1 &&
	    explanation->answers[0].reasons[INGRESS].to_itself)
		arena_push(
			arena, explanation->notes.items, explanation->notes.count,
			"there is only this one pod: between two of them policies would be asked");
}

/* Notes that policies may see another address if the connection comes in through a node. */
static void note_outside(struct arena *arena, const struct place_list *from,
			 const struct place_list *to, struct explanation *explanation)
{
	const struct service *service = to->service;

	if (service && from->items[0].party->kind == PARTY_OUTSIDE &&
	    (service->type == SERVICE_NODE_PORT || service->type == SERVICE_LOAD_BALANCER) &&
	    !service->external_traffic_local)
		arena_push(
			arena, explanation->notes.items, explanation->notes.count,
			arena_printf(arena,
				     "externalTrafficPolicy is not Local: what comes in through a "
				     "node may have the node's address instead of %s",
				     from->items[0].text));
}

/* The node whose address is at the place; NULL: it is a pod, or no node has the address. */
static const char *node_at(const struct world *world, const struct place *place)
{
	const char *node = NULL;

	for (enum family family = V4; family < FAMILIES && !node; family++)
		if (place->party->kind == PARTY_OUTSIDE && place->has[family])
			node = own_nodes_at(world->own_nodes, &place->addr[family]);
	return node;
}

/* Notes that a pod of which nobody knows where it runs may run on the node that is the other end. */
static void note_node(struct arena *arena, const struct world *world, const struct place_list *pods,
		      const struct place_list *nodes, struct explanation *explanation)
{
	const char *node = node_at(world, &nodes->items[0]);

	for (size_t i = 0; node && i < pods->count; i++) {
		const struct party *party = pods->items[i].party;

		if (party->kind == PARTY_OUTSIDE || *world->objects->pods[party->pod].node)
			continue;
		arena_push(arena, explanation->notes.items, explanation->notes.count,
			   arena_printf(arena,
					"%s is asked about as if it ran elsewhere: between node %s "
					"and a pod on it NetworkPolicies do not bind",
					pods->items[i].text, node));
		return;
	}
}

static void conclude(struct explanation *explanation)
{
	size_t allowed = 0, depending = 0;

	for (size_t i = 0; i < explanation->count; i++) {
		allowed += explanation->answers[i].allowed && !explanation->answers[i].only_if;
		depending += explanation->answers[i].allowed && explanation->answers[i].only_if;
	}
	explanation->allowed = allowed == explanation->count;
	explanation->depends = depending && allowed + depending == explanation->count;
	explanation->differs = allowed + depending > 0 && explanation->count > 1 &&
			       !explanation->allowed && depending != explanation->count;
}

/* Returns NULL, or words that say what is wrong. */
static const char *find_answers(struct arena *arena, const struct world *world,
				const struct explain_question *question,
				struct explanation *explanation)
{
	struct place_list from = {0}, to = {0};
	struct notes *notes = &explanation->notes;
	struct port port = {0};
	const char *fault = port_parse(arena, question->port, &port);

	if (!fault)
		fault = places_find(arena, world, question->from, question->namespace, EGRESS,
				    &from, notes);
	if (!fault)
		fault = places_find(arena, world, question->to, question->namespace, INGRESS, &to,
				    notes);
	if (!fault)
		fault = places_port(arena, world, &port, &to, notes);
	if (fault)
		return fault;
	explanation->from = from.text;
	explanation->to = to.text;
	ask_all(arena, world, &from, &to, port.protocol, explanation);
	if (!explanation->count)
		return arena_printf(arena, "%s and %s have no address family in common", from.text,
				    to.text);
	for (size_t i = 0; i < explanation->count; i++)
		if (explanation->answers[i].contradicts_itself)
			return answer_contradiction(arena, &explanation->answers[i]);
	note_itself(arena, &from, &to, explanation);
	note_outside(arena, &from, &to, explanation);
	note_node(arena, world, &from, &to, explanation);
	note_node(arena, world, &to, &from, explanation);
	explanation->port = port_text(arena, &port);
	return NULL;
}

/* Notes the families and strangers that only the question names. */
static const char *want_end(struct arena *arena, const struct explain_question *question,
			    const char *text, struct surroundings_wanted *wanted)
{
	struct stranger stranger = {0}, *strangers = (struct stranger *)wanted->strangers;
	struct end end = {0};
	bool is = false;
	const char *fault = stranger_parse(arena, text, question->namespace, &is, &stranger);

	if (is && !fault) {
		arena_push(arena, strangers, wanted->stranger_count, stranger);
		wanted->strangers = strangers;
	}
	if (!is && !end_parse(arena, text, question->namespace, &end) && end.kind == END_ADDRESS)
		wanted->used[end.cidr.base.family] = true;
	return fault;
}

/* Notes the strangers of the question whose namespace the input does not mention. */
static void note_unknown_namespaces(struct arena *arena, const struct world *usual,
				    const struct surroundings_wanted *wanted, struct diags *diags)
{
	const struct surroundings *surroundings = usual->surroundings;
	/* Another NULL ends the list. */
	const char **known = arena_array(arena, surroundings->namespace_count + 1, sizeof(*known));

	for (size_t i = 0; i < surroundings->namespace_count; i++)
		known[i] = surroundings->namespaces[i];
	for (size_t i = 0; i < wanted->stranger_count; i++) {
		const struct stranger *one = &wanted->strangers[i];
		const char *const *at = known;

		while (*at && strcmp(*at, one->namespace) != 0)
			at++;
		if (one->namespace_is_named && !*at)
			diag_note(diags, (struct mark){0}, "no namespace \"%s\" in the input%s",
				  one->namespace, nearest_hint(arena, one->namespace, known));
	}
}

const struct world *explain_world(struct arena *arena, const struct objects *objects,
				  const struct world *usual,
				  const struct explain_question *question, struct diags *diags)
{
	struct surroundings_wanted wanted = {0};
	const char *fault = want_end(arena, question, question->from, &wanted);
	bool more = false;

	if (!fault && strcmp(question->from, question->to) != 0)
		fault = want_end(arena, question, question->to, &wanted);
	if (fault) {
		diag_error(diags, (struct mark){0}, "%s", fault);
		return NULL;
	}
	note_unknown_namespaces(arena, usual, &wanted, diags);
	for (enum family family = V4; family < FAMILIES; family++)
		more |= wanted.used[family] && !usual->surroundings->used[family];
	if (!more && !wanted.stranger_count)
		return usual;
	return world_new(arena, objects, surroundings_of(arena, &objects, 1, &wanted));
}

const struct explanation *explain_ask(struct arena *arena, const struct world *world,
				      const struct explain_question *question, struct diags *diags)
{
	struct explanation *explanation = arena_alloc(arena, sizeof(*explanation));
	const char *fault = find_answers(arena, world, question, explanation);

	if (fault) {
		diag_error(diags, (struct mark){0}, "%s", fault);
		return NULL;
	}
	conclude(explanation);
	return explanation;
}

const char *explain(struct arena *arena, const struct world *world,
		    const struct explain_question *question, enum format format, bool *allowed,
		    struct diags *diags)
{
	const struct explanation *explanation = explain_ask(arena, world, question, diags);

	if (!explanation)
		return NULL;
	*allowed = explanation->allowed;
	return format == FORMAT_JSON ? explanation_json(arena, world, explanation)
				     : explanation_text(arena, world, explanation);
}
