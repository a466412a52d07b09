/*
 * Which policies of a group let a peer in: the comment on the rule that does it.
 *
 * Pods under one policy need none, its name is the chain's.
 */
#ifndef NP2NFT_LOWER_ORIGIN_H
#define NP2NFT_LOWER_ORIGIN_H

#include "lower/cells.h"

#define EVERY_PACKET UINT32_MAX

/* A group's grants, and for each definition the lists that it is a member of. */
struct origins {
	const struct grant *grants; /* by peers, then policy */
	size_t grant_count;
	struct origin_member {
		uint32_t definition; /* or ANYTHING */
		uint32_t grant;      /* the first with its list */
	} * members;                 /* by definition */
	size_t member_count;
};

/* Puts the grants in order, and finds the members of their lists. */
struct origins origins_of(struct arena *arena, const struct peer_list *lists, struct grant *grants,
			  size_t count);

/*
 * The names of the policies that let @peers (definitions, or ANYTHING) in where @plan looks them up: in
 * the cells of @target, or for every packet (EVERY_PACKET).
 */
const char *origin_comment(struct arena *arena, const struct objects *objects,
			   const struct origins *origins, const struct plan *plan, uint32_t target,
			   const uint32_t *peers, size_t peer_count);

#endif
