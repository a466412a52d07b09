/*
 * What a table may ask of a packet on its way: which sets, with which end's address, and at which
 * ports.
 *
 * In:  a ruleset, the stretches of a family (verify/stretches.h), a hook, a direction.  Out: for each
 * chain, with all chains it leads to: the sets in which it looks the target's address up, those
 *      in which it looks the peer's up, and the places along the ports where an answer may change.
 *
 * The target is the source of a packet in direction EGRESS and its destination in direction
 * INGRESS; the peer is the other end.  A place is rank << 16 | port, where the rank of TCP is 0, of
 * UDP 1 and of SCTP 2.
 */
#ifndef NP2NFT_VERIFY_WAYS_H
#define NP2NFT_VERIFY_WAYS_H

#include "base/bits.h"
#include "verify/stretches.h"

struct way {
	struct bits target_sets, peer_sets; /* sets, by index in stretches.sets */
	uint32_t *places;                   /* in no order, and perhaps repeated */
	size_t place_count;
};

struct ways;

struct ways *ways_new(struct arena *arena, const struct ruleset *ruleset,
		      const struct stretches *stretches, enum family family,
		      enum direction direction, enum hook hook);

/* The way of a target's packets, from the hook's base chain on. */
const struct way *way_of(struct ways *ways, const struct addr *target);

/* The sets in which the address of any target is looked up. */
struct bits way_target_sets(struct ways *ways);

/* Sorts places and removes repetitions; returns how many are left. */
size_t way_sort_places(uint32_t *places, size_t count);

/* Adds the places at which the ports of one element begin and end, if its set has ports. */
void way_add_element(struct arena *arena, const struct set *set, size_t element, uint32_t **places,
		     size_t *count);

/* Adds a range of ports as places, if the protocol has ports. */
void way_add_ports(struct arena *arena, uint8_t protocol, uint32_t first, uint32_t last,
		   uint32_t **places, size_t *count);

#endif
