/*
 * The steps of an explanation: places (ask/places.h) to connections, connections to text.
 */
#ifndef NP2NFT_ASK_EXPLAIN_ANSWER_H
#define NP2NFT_ASK_EXPLAIN_ANSWER_H

#include "ask/explain/explain.h"
#include "ask/places.h"
#include "ask/reason.h"

/* One connection and all like it, and why. */
struct answer {
	const struct place *from, *to;
	size_t from_alike, to_alike; /* places that are answered the same, with these */
	enum protocol protocol;
	uint16_t port;
	bool families[FAMILIES];
	bool by_service;                 /* a Service leads to the place that it goes to */
	bool allowed;                    /* as the ruleset has it; on this condition: */
	const struct condition *only_if; /* NULL: always */
	const struct condition *sides[DIRECTIONS]; /* the part that one end's policies have in it */
	struct reasons reasons[DIRECTIONS];        /* as the policies' words have it */
	bool contradicts_itself;                   /* the two differ: no answer may be given */
};

struct explanation {
	const char *from, *to, *port; /* as they were asked for, in full */
	bool allowed;                 /* all of it, wherever addresses lie */
	bool depends;                 /* nothing of it is denied, but some allowed on a condition */
	bool differs;                 /* some answers allow, some deny */
	struct answer *answers;
	size_t count;
	struct notes notes;
};

const char *explanation_text(struct arena *arena, const struct world *world,
			     const struct explanation *explanation);
const char *explanation_json(struct arena *arena, const struct world *world,
			     const struct explanation *explanation);

/* Those of the pod at the place; none of what is no pod. */
const struct label_text *place_labels(struct arena *arena, const struct world *world,
				      const struct place *place, size_t *count);

/* The other pods that have an address of the pod at the place, by name. */
const char *const *place_sharers(struct arena *arena, const struct world *world,
				 const struct place *place, size_t *count);

/* Asks the ruleset about the connection of @answer, over one family, and the policies why. */
struct answer answer_ask(struct arena *arena, const struct world *world, struct answer answer,
			 enum family family);

/* Why it is so in one direction, as explain's text says it; lines, with empty ones. */
const char *answer_why(struct arena *arena, const struct world *world, const struct answer *answer,
		       enum direction direction);

/* What is said instead of an answer that contradicts itself. */
const char *answer_contradiction(struct arena *arena, const struct answer *answer);

/* "8080/TCP", "ICMP". */
const char *answer_port(struct arena *arena, const struct answer *answer);

#endif
