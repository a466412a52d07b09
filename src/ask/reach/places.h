/*
 * Finds what the words for an end stand for.  explain, matrix and test use the same words.
 *
 * In:  a world; POD, NAMESPACE/POD, KIND/NAMESPACE/NAME or an address; or the words of a stranger
 * with which the world was made (ask/world/strangers.h); a port.  Out: the pods and addresses that may be
 * meant, with the ports that are asked for at each.
 */
#ifndef NP2NFT_ASK_REACH_PLACES_H
#define NP2NFT_ASK_REACH_PLACES_H

#include "ask/reach/reach.h"

/* A pod, or an address that belongs to no pod, at an end of a connection. */
struct place {
	const char *text;
	/* PARTY_OUTSIDE: it is no pod, or one that policies do not see */
	const struct party *party;
	struct addr addr[FAMILIES];
	/* an address of its class, about which the ruleset is asked */
	struct addr class_addr[FAMILIES];
	bool has[FAMILIES];
	bool known[FAMILIES];    /* it is known where the address lies; see struct party */
	const uint16_t *numbers; /* of a destination: the ports that are asked for there */
	size_t number_count;
	/*
	 * It stands for many addresses outside, of which each pod's own node is left out, although its
	 * address may be the one that is asked about.
	 */
	bool of_block;
};

/* The place that stands for a party, with all of its addresses. */
struct place place_of(const struct party *party);

/* The place that is one address of the party. */
struct place place_at(const struct party *party, const struct addr *addr, const char *text);

/* The place as the ruleset is asked about it, in a family that it has. */
struct spot place_spot(const struct place *place, enum family family);

/* Can a connection between the two be asked about in the family? See parties_meet(). */
bool places_meet(const struct place *from, const struct place *to, enum family family);

/* Which way packets between the two take in the family. */
enum course places_course(const struct world *world, const struct place *from,
			  const struct place *to, enum family family);

/* What is said beside the answer. */
struct notes {
	const char **items;
	size_t count;
};

/* Everything that a name stands for. */
struct place_list {
	const char *text; /* the name in full: "shop/web-1", "Deployment shop/web" … */
	bool is_workload;
	const struct service *service; /* the Service whose ports are asked for; NULL: none */
	struct place *items;
	size_t count;
};

/*
 * Numbers for places, so that all of those with one number take the same way to or from each of the
 * others; 0: every packet between this place and the others is forwarded.
 */
const uint32_t *places_by_node(struct arena *arena, const struct world *world,
			       const struct place_list *places, const struct place_list *others);

/*
 * Finds what @text names, at the end for @direction.  Returns NULL, or words that say what is
 * wrong.
 */
const char *places_find(struct arena *arena, const struct world *world, const char *text,
			const char *namespace, enum direction direction, struct place_list *places,
			struct notes *notes);

/*
 * Finds the numbers of @port at each of the places; a place at which it means nothing is left out.
 * Returns NULL, or words that say what is wrong.
 */
const char *places_port(struct arena *arena, const struct world *world, const struct port *port,
			struct place_list *places, struct notes *notes);

#endif
