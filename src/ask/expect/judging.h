/*
 * The steps of judging: an end to its places, ports to what they are at each place, verdicts to text.
 */
#ifndef NP2NFT_ASK_EXPECT_JUDGING_H
#define NP2NFT_ASK_EXPECT_JUDGING_H

#include "ask/explain/answer.h"
#include "ask/format.h"
#include "model/expectation.h"

/* All that an end stands for: pods and workloads by name, then addresses outside. */
struct end_places {
	struct place_list list;
	/* Of each place; those of one class, with addresses of the same families, are answered alike. */
	const uint32_t *classes;
	struct notes notes;
	const char *fault; /* in words, why there are none; NULL: there are some */
};

struct judged_ends;

/* Prepares to find the ends of many expectations.  Lives in @arena. */
struct judged_ends *ends_new(struct arena *arena, const struct world *world);

/* On the side of @direction. */
struct end_places ends_find(struct arena *arena, const struct judged_ends *ends,
			    const struct end *end, enum direction direction);

/* The end in words: "shop/web-1", "Deployment shop/web", "pods app=web in shop", an address. */
const char *end_text(struct arena *arena, const struct world *world, const struct end *end);

/* What is asked for at one place. */
struct asked_ports {
	struct reach reach;
	const char *
		missing; /* in words, a port that means nothing there; NULL: each means something */
};

/*
 * What the expectation's ports are at each place that it goes to, in *asked.  NULL; or what is wrong with
 * all of them, in words.
 */
const char *expected_ports(struct arena *arena, const struct world *world,
			   const struct expectation *expectation, struct end_places *to,
			   struct asked_ports **asked);

/* "5432/TCP, http/TCP"; "" if it names none. */
const char *expected_ports_text(struct arena *arena, const struct expectation *expectation);

/* Places of an end that are answered alike. */
struct judged_kind {
	const struct place *first, *second; /* NULL: there is no second */
	const struct asked_ports *asked;    /* of a kind to go to */
	const struct party **parties;       /* in their order */
	size_t count;
};

struct judged_kinds {
	struct judged_kind *items; /* in the order of their first places */
	size_t count;
};

/* @asked: of each place; NULL for places to come from. */
struct judged_kinds kinds_of(struct arena *arena, const struct end_places *places,
			     const struct asked_ports *asked);

/* One pod at both ends; not one of several to come. */
bool is_one_pod(const struct party *from, const struct party *to);

/* So many are kept, the others counted. */
#define WRONG_SHOWN 4

struct wrong_pair {
	size_t from, to; /* kinds */
};

/* What contradicts an expectation. */
struct wrong_pairs {
	struct wrong_pair shown[WRONG_SHOWN]; /* the first */
	size_t shown_count;
	size_t connections;                /* between places */
	size_t asked;                      /* pairs of kinds about which anything could be asked */
	bool met_no_family;                /* some have no address family in common */
	const struct judged_kind *missing; /* some that lacks a port; NULL: none */
};

/* @by_name: both ends are names, then also a pod to itself is meant. */
struct wrong_pairs wrong_pairs_find(struct arena *arena, const struct world *world,
				    const struct judged_kinds *from, const struct judged_kinds *to,
				    bool allow, bool by_name);

/* An expectation, judged. */
struct expect_result {
	const struct expectation *expectation;
	const char *title;   /* "shop/web-1 -> shop/db-0 5432/TCP: denied" */
	const char *failure; /* a line; NULL: it holds */
	const char *details; /* lines, each with its end; "" none */
	double seconds;      /* that it took to judge */
};

const char *expect_print(struct arena *arena, const struct expect_result *results, size_t count,
			 enum format format);

#endif
