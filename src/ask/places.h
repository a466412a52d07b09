/*
 * Finds what the words for an end stand for.  explain, matrix and test use the same words.
 *
 * In:  a world; POD, NAMESPACE/POD, KIND/NAMESPACE/NAME or an address; or the words of a stranger
 * with which the world was made (ask/strangers.h); a port.  Out: the pods and addresses that may be
 * meant, with the ports that are asked for at each.
 */
#ifndef NP2NFT_ASK_PLACES_H
#define NP2NFT_ASK_PLACES_H

#include "ask/reach.h"

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
};

/* The place as the ruleset is asked about it, in a family that it has. */
struct spot place_spot(const struct place *place, enum family family);

/* Can a connection between the two be asked about in the family? See parties_meet(). */
bool places_meet(const struct place *from, const struct place *to, enum family family);

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
