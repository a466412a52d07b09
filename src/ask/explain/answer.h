/*
 * The steps of an explanation: from places (ask/reach/places.h) to connections, and from connections to
 * text.
 */
#ifndef NP2NFT_ASK_EXPLAIN_ANSWER_H
#define NP2NFT_ASK_EXPLAIN_ANSWER_H

#include "ask/reach/places.h"
#include "ask/reason/reason.h"

/* The answer about one connection, and about all those like it. */
struct answer {
	const struct place *from, *to;
	size_t from_alike, to_alike; /* how many places get the same answer, with these two */
	enum protocol protocol;
	uint16_t port;
	bool families[FAMILIES];
	enum course course;
	bool by_service;                 /* a Service leads to the destination */
	bool allowed;                    /* what the ruleset decides, on this condition: */
	const struct condition *only_if; /* NULL: always */
	/* the part of the condition that comes from one end's policies */
	const struct condition *sides[DIRECTIONS];
	struct reasons reasons[DIRECTIONS]; /* what the words of the policies say */
	bool contradicts_itself; /* ruleset and words differ, so no answer may be given */
};

struct explanation {
	const char *from, *to, *port; /* as they were asked for, in full */
	bool allowed;                 /* all of it is allowed, wherever addresses lie */
	bool depends; /* nothing of it is denied, but some is allowed only on a condition */
	bool differs; /* some answers allow and some deny */
	struct answer *answers;
	size_t count;
	struct notes notes;
};

const char *explanation_text(struct arena *arena, const struct world *world,
			     const struct explanation *explanation);
const char *explanation_json(struct arena *arena, const struct world *world,
			     const struct explanation *explanation);

/* The labels of the pod at the place; none if it is no pod. */
const struct label_text *place_labels(struct arena *arena, const struct world *world,
				      const struct place *place, size_t *count);

/* The node that is one end of the connection, while the other end runs on it; NULL: neither is. */
const char *answer_own_node(const struct world *world, const struct answer *answer);

/* The other pods that have an address of the pod at the place, by name. */
const char *const *place_sharers(struct arena *arena, const struct world *world,
				 const struct place *place, size_t *count);

/* Asks the ruleset about the connection of @answer, over one family, and the policies why. */
struct answer answer_ask(struct arena *arena, const struct world *world, struct answer answer,
			 enum family family);

/* The reasons in one direction, as lines of explain's text, some of them empty. */
const char *answer_why(struct arena *arena, const struct world *world, const struct answer *answer,
		       enum direction direction);

/* The message in the stead of an answer that contradicts itself. */
const char *answer_contradiction(struct arena *arena, const struct answer *answer);

/* Writes "8080/TCP" or "ICMP". */
const char *answer_port(struct arena *arena, const struct answer *answer);

#endif
