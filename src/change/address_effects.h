/*
 * What a change of elements means for each address, over all sets and maps.
 *
 * In:  a difference in which only elements differ.  Out: which elements may come before everything
 * else and go after it, which addresses move from set to set, and whether every packet gets a right
 * answer if elements change in phases (change/transition.h).
 *
 * The hard idea: a packet needs two answers.  Egress says yes if the source is in no pod map, or if
 * the destination is in a set that the source's chain looks up.  Ingress says yes in the same way
 * with the ends swapped.
 *
 * If one of the answers is always yes, because no policy isolates that end in that direction, the
 * other answer alone is the verdict.  Its elements may be added before everything else and deleted
 * after it.
 *
 * If both answers count, each must first only get narrower, and then only wider.  That is
 * impossible if a pod comes under policies in the same change in which another address comes into a
 * set that these policies look up (or if both go).  If the map changed first, the pod would lose
 * all its connections in between; if the set changed first, packets that the other end denies might
 * pass.
 */
#ifndef NP2NFT_CHANGE_ADDRESS_EFFECTS_H
#define NP2NFT_CHANGE_ADDRESS_EFFECTS_H

#include "change/diff.h"

struct addresses;

/*
 * Analyses a difference in which no set is renewed and no element of an interval set differs.  The
 * result lives in @arena and refers to @difference.
 */
struct addresses *addresses_of(struct arena *arena, const struct difference *difference);

/*
 * Does every packet meet either the old or the new verdict if elements change in phases? It does
 * not in these cases: an address comes under policies that look up a set into which another address
 * comes, or both leave; two addresses move, one as the source of packets and one as their
 * destination; or, for an address in sets that are asked in an order, some elements tighten an
 * answer and others loosen it.
 */
bool addresses_go_in_phases(struct addresses *addresses);

/*
 * May an element come before everything else and go after it? @set is the index of its set among
 * those that differ; @key is the element's key, which begins with its address.
 */
bool addresses_is_free(const struct addresses *addresses, size_t set, const uint8_t *key);

/*
 * Need an element that goes freely not wait for anything? It waits for those of its address that
 * come, so that sets which allow the address before and after the change do not deny it in between;
 * and for pods that leave policies which look the set up.
 */
bool addresses_only_goes(const struct addresses *addresses, size_t set, const uint8_t *key);

/*
 * Is the set looked up in an order, as the sets of tiers are, so that an address that comes into it
 * may thereby be denied? @set is its index among those that differ.
 */
bool addresses_are_ordered(const struct addresses *addresses, size_t set);

/*
 * Does an element that comes into such a set (@comes), or leaves it, make an answer tighter? If
 * addresses_go_in_phases(), it makes the answer looser otherwise.
 */
bool addresses_tighten(const struct addresses *addresses, size_t set, bool comes);

/*
 * Does the element's address come into one set and leave another, and may neither change come early
 * or late?
 */
bool addresses_moves(const struct addresses *addresses, size_t set, const uint8_t *key);

#endif
