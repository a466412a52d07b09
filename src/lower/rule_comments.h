/*
 * Finds the policies of a group that let a peer in, for the comment of the rule that does it.
 *
 * In:  the group's grants, and a look-up of its plan.  Out: a comment.
 *
 * Groups under one policy need no such comment, since the name of the chain names the policy.
 */
#ifndef NP2NFT_LOWER_RULE_COMMENTS_H
#define NP2NFT_LOWER_RULE_COMMENTS_H

#include "lower/cells.h"

#define EVERY_PACKET UINT32_MAX

/* A group's grants, and for each definition the lists that contain it. */
struct origins {
	const struct grant *grants; /* sorted by peers, then policy */
	size_t grant_count;
	struct origin_member {
		uint32_t definition; /* a definition, or ANYTHING */
		uint32_t grant;      /* the first grant with the list */
	} * members;                 /* sorted by definition */
	size_t member_count;
};

/* Sorts the grants, and finds for each definition the lists that contain it. */
struct origins origins_of(struct arena *arena, const struct peer_list *lists, struct grant *grants,
			  size_t count);

/*
 * Names the policies that let @peers (definitions, or ANYTHING) in where @plan looks them up: in
 * the cells of @target, or for every packet (EVERY_PACKET).
 */
const char *origin_comment(struct arena *arena, const struct objects *objects,
			   const struct origins *origins, const struct plan *plan, uint32_t target,
			   const uint32_t *peers, size_t peer_count);

#endif
