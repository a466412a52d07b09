/*
 * Makes each answer from numbers of lists of ports, and keeps it under these numbers, so that it is
 * made only once.
 */
#include "ask/reach/decided.h"

#include "base/arena.h"
#include "base/table.h"

/* The order in which they are told. */
static const enum decider order[DECIDERS] = {DECIDER_ADMIN, DECIDER_POLICIES, DECIDER_BASELINE,
					     DECIDER_SHARING, DECIDER_NOBODY};

/* Index: outcome(); numbers of lists of ports. */
struct outcomes {
	uint32_t ports[OUTCOMES];
};

/* What made an answer. */
enum how { DECIDE, BY_ANYONE, SHOW };

struct deciders {
	struct arena *arena;
	struct ports *ports;
	struct table numbers; /* keys: outcomes */
	struct outcomes *items;
	size_t count;
	struct table asked; /* earlier questions, for find_answer() */
	const struct decided **answers;
	size_t answer_count;
	struct table keys; /* keys: the different answers */
	const struct decided **different;
	size_t different_count;
};

struct deciders *deciders_new(struct arena *arena, struct ports *ports)
{
	struct deciders *deciders = arena_alloc(arena, sizeof(*deciders));
	struct reach nobody[OUTCOMES] = {{0}};

	*deciders = (struct deciders){.arena = arena,
				      .ports = ports,
				      .numbers.arena = arena,
				      .asked.arena = arena,
				      .keys.arena = arena};
	nobody[outcome(true, DECIDER_NOBODY)] = *ports_list(ports, PORTS_EVERYTHING);
	deciders_number(deciders, nobody);
	return deciders;
}

uint32_t deciders_number(struct deciders *deciders, const struct reach reaches[OUTCOMES])
{
	struct outcomes outcomes;
	bool added = false;
	uint32_t number;

	for (size_t i = 0; i < OUTCOMES; i++)
		outcomes.ports[i] = ports_number(deciders->ports, &reaches[i]);
	number = table_add(&deciders->numbers, &outcomes, sizeof(outcomes), &added);
	if (added)
		arena_push(deciders->arena, deciders->items, deciders->count, outcomes);
	return number;
}

/* An answer that is being made. */
struct making {
	struct deciders *deciders;
	const struct passage *passage;
	struct decided_part *parts;
	size_t count;
};

static bool is_decided_alike(const struct decided_part *a, const struct decided_part *b)
{
	return a->allowed == b->allowed && !memcmp(a->by, b->by, sizeof(a->by));
}

/* Adds a part; if an earlier part was decided by the same, it is joined with that. */
static void add_part(struct making *making, struct decided_part part)
{
	struct ports *ports = making->deciders->ports;

	if (!passage_is_open(part.passage))
		return;
	for (size_t i = 0; i < making->count; i++)
		if (is_decided_alike(&making->parts[i], &part)) {
			making->parts[i].passage =
				passage_either(ports, making->parts[i].passage, part.passage);
			return;
		}
	arena_push(making->deciders->arena, making->parts, making->count, part);
}

/* Returns the one copy of equal answers. */
static const struct decided *keep(const struct making *making)
{
	struct deciders *deciders = making->deciders;
	struct arena *arena = deciders->arena;
	struct string key = {0};
	struct decided *kept;
	bool added = false;
	uint32_t number;

	arena_append(arena, &key, "%p", (const void *)making->passage);
	for (size_t i = 0; i < making->count; i++)
		arena_append(arena, &key, " %d %d %d %p", making->parts[i].allowed,
			     making->parts[i].by[INGRESS], making->parts[i].by[EGRESS],
			     (const void *)making->parts[i].passage);
	number = table_add(&deciders->keys, key.text, key.len, &added);
	if (!added)
		return deciders->different[number];
	kept = arena_alloc(arena, sizeof(*kept));
	*kept = (struct decided){making->passage, making->parts, making->count};
	arena_push(arena, deciders->different, deciders->different_count, kept);
	return kept;
}

/* What both ends say in each family; NULL: they do not have it in common. */
struct said {
	const struct outcomes *by[FAMILIES][DIRECTIONS];
};

static uint32_t allowed_in(struct ports *ports, const struct said *said, enum family family,
			   enum decider egress, enum decider ingress)
{
	const struct outcomes *const *by = said->by[family];

	return by[EGRESS] ? ports_common(ports, by[EGRESS]->ports[outcome(true, egress)],
					 by[INGRESS]->ports[outcome(true, ingress)])
			  : PORTS_NONE;
}

/* What is denied by the sender's policies, or else by the receiver's. */
static uint32_t denied_in(struct ports *ports, const struct said *said, enum family family,
			  enum decider decider)
{
	const struct outcomes *const *by = said->by[family];
	const size_t denied = outcome(false, decider);
	uint32_t number;

	if (!by[EGRESS])
		return PORTS_NONE;
	number = by[EGRESS]->ports[denied];
	for (enum decider i = DECIDER_NOBODY; i < DECIDERS; i++)
		number = ports_either(ports, number,
				      ports_common(ports, by[EGRESS]->ports[outcome(true, i)],
						   by[INGRESS]->ports[denied]));
	return number;
}

static void add_allowed(struct making *making, const struct said *said)
{
	struct ports *ports = making->deciders->ports;

	for (size_t i = 0; i < (size_t)DECIDERS * DECIDERS; i++) {
		const enum decider egress = order[i / DECIDERS], ingress = order[i % DECIDERS];

		add_part(making,
			 (struct decided_part){
				 .allowed = true,
				 .by = {[EGRESS] = egress, [INGRESS] = ingress},
				 .passage = passage_of(
					 ports, allowed_in(ports, said, V4, egress, ingress),
					 allowed_in(ports, said, V6, egress, ingress))});
	}
}

static void add_denied(struct making *making, const struct said *said)
{
	struct ports *ports = making->deciders->ports;

	for (size_t i = 0; i < DECIDERS; i++)
		add_part(making,
			 (struct decided_part){
				 .by = {order[i], order[i]},
				 .passage = passage_of(ports, denied_in(ports, said, V4, order[i]),
						       denied_in(ports, said, V6, order[i]))});
}

static const struct decided *decide(struct deciders *deciders, const struct passage *passage,
				    const uint32_t numbers[FAMILIES][DIRECTIONS])
{
	struct making making = {.deciders = deciders, .passage = passage};
	struct said said = {0};

	for (enum family family = V4; family < FAMILIES; family++)
		for (size_t i = 0; i < DIRECTIONS && numbers[family][i] != UINT32_MAX; i++)
			said.by[family][i] = &deciders->items[numbers[family][i]];
	add_allowed(&making, &said);
	add_denied(&making, &said);
	return keep(&making);
}

/*
 * The index of the question among the answers.  *is_new: it was not asked before, and the caller
 * adds its answer next.
 */
static size_t find_answer(struct deciders *deciders, const void *of,
			  const uint32_t numbers[FAMILIES][DIRECTIONS], enum how how, bool *is_new)
{
	struct {
		const void *of;
		uint32_t numbers[FAMILIES][DIRECTIONS];
		uint64_t how;
	} key = {.of = of, .how = how};

	memcpy(key.numbers, numbers, sizeof(key.numbers));
	return table_add(&deciders->asked, &key, sizeof(key), is_new);
}

static void push_answer(struct deciders *deciders, const struct decided *answer)
{
	arena_push(deciders->arena, deciders->answers, deciders->answer_count, answer);
}

const struct decided *decided_of(struct deciders *deciders, const struct passage *passage,
				 const uint32_t numbers[FAMILIES][DIRECTIONS])
{
	bool is_new = false;
	const size_t at = find_answer(deciders, passage, numbers, DECIDE, &is_new);

	if (is_new)
		push_answer(deciders, decide(deciders, passage, numbers));
	return deciders->answers[at];
}

const struct decided *decided_by_anyone(struct deciders *deciders, const struct passage *passage)
{
	static const uint32_t nothing[FAMILIES][DIRECTIONS];
	bool is_new = false;
	const size_t at = find_answer(deciders, passage, nothing, BY_ANYONE, &is_new);

	if (is_new)
		push_answer(deciders,
			    keep(&(struct making){.deciders = deciders, .passage = passage}));
	return deciders->answers[at];
}

/* The part as far as it is shown. */
static struct decided_part part_shown(struct deciders *deciders, const struct decided_part *part,
				      const struct decided_view *view)
{
	struct decided_part shown = *part;

	shown.passage = passage_common(deciders->ports, part->passage, view->ports);
	for (enum direction direction = INGRESS; direction < DIRECTIONS && view->is_brief;
	     direction++)
		if (part->by[direction] == DECIDER_NOBODY)
			shown.by[direction] = part->by[!direction];
	return shown;
}

static const struct decided *show(struct deciders *deciders, const struct decided *decided,
				  const struct decided_view *view)
{
	struct making making = {
		.deciders = deciders,
		.passage = passage_common(deciders->ports, decided->passage, view->ports),
	};

	for (size_t i = 0; i < decided->count; i++)
		if (decided->parts[i].allowed || view->with_denied)
			add_part(&making, part_shown(deciders, &decided->parts[i], view));
	return keep(&making);
}

const struct decided *decided_shown(struct deciders *deciders, const struct decided *decided,
				    const struct decided_view *view)
{
	const uint32_t numbers[FAMILIES][DIRECTIONS] = {{view->ports, view->is_brief},
							{view->with_denied, 0}};
	bool is_new = false;
	const size_t at = find_answer(deciders, decided, numbers, SHOW, &is_new);

	if (is_new)
		push_answer(deciders, show(deciders, decided, view));
	return deciders->answers[at];
}

const char *decider_text(enum decider decider)
{
	static const char *const texts[] = {
		[DECIDER_NOBODY] = "default",
		[DECIDER_POLICIES] = "NetworkPolicy",
		[DECIDER_ADMIN] = "Admin",
		[DECIDER_BASELINE] = "Baseline",
		[DECIDER_SHARING] = "shared address",
	};

	return texts[decider];
}

static const char *by_text(struct arena *arena, const struct decided_part *part)
{
	if (part->by[EGRESS] == part->by[INGRESS])
		return decider_text(part->by[EGRESS]);
	return arena_printf(arena, "%s out, %s in", decider_text(part->by[EGRESS]),
			    decider_text(part->by[INGRESS]));
}

/*
 * If other parts come before it, the last part is told as "the rest": together they are everything.
 */
const char *decided_text(struct arena *arena, const struct decided *decided)
{
	struct string text = {0};

	for (size_t i = 0; i < decided->count; i++) {
		const struct decided_part *part = &decided->parts[i];
		const bool is_rest = i > 0 && i + 1 == decided->count && !part->allowed;

		arena_append(arena, &text, "%s%s%s [%s]", i ? "; " : "",
			     part->allowed ? "" : "denied ",
			     is_rest ? "the rest" : passage_text(arena, part->passage),
			     by_text(arena, part));
	}
	return text.len ? text.text : passage_text(arena, decided->passage);
}
