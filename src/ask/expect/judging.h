/*
 * The steps of judging: from an end to its places, from ports to their numbers at each place, and
 * from verdicts to text.
 */
#ifndef NP2NFT_ASK_EXPECT_JUDGING_H
#define NP2NFT_ASK_EXPECT_JUDGING_H

#include "ask/explain/answer.h"
#include "ask/world/format.h"
#include "model/expectation.h"

/* Everything that an end stands for: pods and workloads by name, then addresses outside.  */
struct end_places {
	struct place_list list;
	/*
	 * Index: place.  Places of one class whose addresses are of the same families get the same
	 * answers.
	 */
	const uint32_t *classes;
	struct notes notes;
	const char *fault; /* words that say why there are no places; NULL: there are some */
};

struct judged_ends;

/* Prepares to find the ends of many expectations.  The result lives in @arena.  */
struct judged_ends *ends_new(struct arena *arena, const struct world *world);

/* Finds the places of an end.  @direction INGRESS: it is the destination.  */
struct end_places ends_find(struct arena *arena, const struct judged_ends *ends,
			    const struct end *end, enum direction direction);

/*
 * Writes the end in words: "shop/web-1", "Deployment shop/web", "pods app=web in shop", or an
 * address.
 */
const char *end_text(struct arena *arena, const struct world *world, const struct end *end);

/* The ports that are asked for at one place.  */
struct asked_ports {
	struct reach reach;
	const char *
		/* words about a port that means nothing there; NULL: every port means something */
		missing;
};

/*
 * Finds what the ports of the expectation are at each destination, and puts that into *asked.
 * Returns NULL, or words that say what is wrong with all of them.
 */
const char *expected_ports(struct arena *arena, const struct world *world,
			   const struct expectation *expectation, struct end_places *to,
			   struct asked_ports **asked);

/* Writes "5432/TCP, http/TCP"; "" if the expectation names no ports.  */
const char *expected_ports_text(struct arena *arena, const struct expectation *expectation);

/* Places of one end that get the same answers.  */
struct judged_kind {
	const struct place *first, *second; /* NULL: there is no second */
	/* that of the places; CLASS_NONE (ask/alike/alike.h): they must be asked about by themselves */
	uint32_t class;
	const struct asked_ports *asked;    /* NULL: it is a kind from which connections come */
	const struct party **parties;       /* in the order of the places */
	size_t count;
};

struct judged_kinds {
	struct judged_kind *items; /* sorted by their first places */
	size_t count;
};

/*
 * Puts places into kinds.  @others are the places of the other end.  @asked: index: place; NULL:
 * connections come from these places.
 */
struct judged_kinds kinds_of(struct arena *arena, const struct world *world,
			     const struct end_places *places, const struct end_places *others,
			     const struct asked_ports *asked);

/* Is it one running pod at both ends? Of pods to come there may be two.  */
bool is_one_pod(const struct party *from, const struct party *to);

/* At most so many pairs are kept; the others are counted.  */
#define WRONG_SHOWN 4

struct wrong_pair {
	size_t from, to; /* indices of kinds */
};

/* What contradicts an expectation.  */
struct wrong_pairs {
	struct wrong_pair shown[WRONG_SHOWN]; /* the first ones */
	size_t shown_count;
	size_t connections; /* how many connections between places contradict it */
	bool asked;             /* there were pairs of kinds about which anything could be asked */
	bool met_no_family;                /* some pairs have no address family in common */
	const struct judged_kind *missing; /* a kind that lacks a port; NULL: there is none */
};

struct pair_answers;

/* What is learnt about pairs in one expectation, and used for the next ones. */
struct pair_answers *pair_answers_new(struct arena *arena, const struct world *world);

/* Finds them.  @by_name: both ends are names, so that a pod and itself are meant, too.  */
struct wrong_pairs wrong_pairs_find(struct arena *arena, struct pair_answers *answers,
				    const struct judged_kinds *from, const struct judged_kinds *to,
				    bool allow, bool by_name);

/* The result for one expectation.  */
struct expect_result {
	const struct expectation *expectation;
	const char *title;   /* "shop/web-1 -> shop/db-0 5432/TCP: denied" */
	const char *failure; /* one line; NULL: it holds */
	const char *details; /* lines, each of which ends in a newline; "": there are none */
	double seconds;      /* how long it took to judge */
};

const char *expect_print(struct arena *arena, const struct expect_result *results, size_t count,
			 enum format format);

#endif
