/*
 * The steps of an explanation: words to ends, ends to connections, connections to text.
 */
#ifndef NP2NFT_EXPLAIN_PARTS_H
#define NP2NFT_EXPLAIN_PARTS_H

#include "explain.h"
#include "reason.h"

/* A pod, or an address of no pod, that stands at an end. */
struct place {
	const char *text;
	const struct party *party; /* PARTY_OUTSIDE: no pod, or one that policies do not see */
	struct addr addr[FAMILIES];
	struct addr class_addr[FAMILIES]; /* one of its class, which the ruleset is asked about */
	bool has[FAMILIES];
	const uint16_t *numbers; /* of a place to go to: the ports that are asked for there */
	size_t number_count;
};

/* What is said beside the answer. */
struct notes {
	const char **items;
	size_t count;
};

/* All that a name stands for. */
struct place_list {
	const char *text; /* the name in full: "shop/web-1", "Deployment shop/web" … */
	bool is_workload;
	const struct service *service; /* whose ports are asked for; NULL */
	struct place *items;
	size_t count;
};

/* Finds what @text names, on the side of @direction.  NULL; or what is wrong, in words. */
const char *places_find(struct arena *arena, const struct world *world, const char *text,
			const char *namespace, enum direction direction, struct place_list *places,
			struct notes *notes);

/*
 * What @port is at each of the places, which get their numbers; those that it means nothing to are left
 * out.  NULL; or what is wrong, in words.
 */
const char *places_port(struct arena *arena, const struct world *world, const struct port *port,
			struct place_list *places, struct notes *notes);

/* One connection and all like it, and why. */
struct answer {
	const struct place *from, *to;
	size_t from_alike, to_alike; /* places that are answered the same, with these */
	enum protocol protocol;
	uint16_t port;
	bool families[FAMILIES];
	bool allowed;
	struct reasons reasons[DIRECTIONS];
};

struct explanation {
	const char *from, *to, *port; /* as they were asked for, in full */
	bool allowed;                 /* all of it */
	bool differs;                 /* some answers allow, some deny */
	struct answer *answers;
	size_t count;
	struct notes notes;
};

const char *explanation_text(struct arena *arena, const struct world *world,
			     const struct explanation *explanation);
const char *explanation_json(struct arena *arena, const struct world *world,
			     const struct explanation *explanation);

/* Labels as words, sorted by key. */
struct label_text {
	const char *key, *value;
};

/* Those of the pod at the place; none of what is no pod. */
const struct label_text *place_labels(struct arena *arena, const struct world *world,
				      const struct place *place, size_t *count);

/* Asks the ruleset about the connection of @answer, over one family, and the policies why. */
struct answer answer_ask(struct arena *arena, const struct world *world, struct answer answer,
			 enum family family);

/* Why it is so in one direction, as explain's text says it; lines, with empty ones. */
const char *answer_why(struct arena *arena, const struct world *world, const struct answer *answer,
		       enum direction direction);

/* "8080/TCP", "ICMP". */
const char *answer_port(struct arena *arena, const struct answer *answer);

#endif
