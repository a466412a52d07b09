/*
 * What the words for an end stand for: explain, matrix and test take the same ones.
 *
 * In:  a world; POD, NAMESPACE/POD, KIND/NAMESPACE/NAME, an address; a stranger's words, if the world was made with
 *      it (ask/strangers.h); a port.
 * Out: the pods and addresses that may stand there, with the ports that are asked for at each.
 */
#ifndef NP2NFT_ASK_PLACES_H
#define NP2NFT_ASK_PLACES_H

#include "ask/reach.h"

/* A pod, or an address of no pod, that stands at an end. */
struct place {
	const char *text;
	const struct party *party; /* PARTY_OUTSIDE: no pod, or one that policies do not see */
	struct addr addr[FAMILIES];
	struct addr class_addr[FAMILIES]; /* one of its class, which the ruleset is asked about */
	bool has[FAMILIES];
	bool known[FAMILIES];    /* where it lies; see struct party */
	const uint16_t *numbers; /* of a place to go to: the ports that are asked for there */
	size_t number_count;
};

/* As the ruleset is asked about it, in a family that it has. */
struct spot place_spot(const struct place *place, enum family family);

/* Is there anything to ask between the two in the family?  See parties_meet(). */
bool places_meet(const struct place *from, const struct place *to, enum family family);

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

#endif
