/*
 * Which policies of a group let a peer in: the comment on the rule that does it.
 *
 * Pods under one policy need none, its name is the chain's.
 */
#ifndef NP2NFT_LOWER_ORIGIN_H
#define NP2NFT_LOWER_ORIGIN_H

#include "lower_cells.h"

#define EVERY_PACKET UINT32_MAX

/* Sorts the grants of a group by peer, then policy, as origin_comment() wants them. */
void origin_sort(struct grant *grants, size_t count);

/*
 * The names of the policies that let @peers (ascending) in where @plan looks them up: in the cells of
 * @target, or for every packet (EVERY_PACKET).
 */
const char *origin_comment(struct arena *arena, const struct objects *objects,
			   const struct grant *grants, size_t count, const struct plan *plan,
			   uint32_t target, const uint32_t *peers, size_t peer_count);

#endif
