/*
 * What changes for an address whose elements come or go, over all sets and maps.
 *
 * In:  a difference of elements alone.
 * Out: which of them may come first of all and go last of all, which addresses move from set to set, and
 *      whether elements in phases (change/transition.h) serve every packet.
 *
 * The hard idea: a packet needs two answers.  Egress: the source is in no map, or the destination is in a
 * set that the source's chain asks.  Ingress the other way round.  Where the one is always yes, since no
 * policy isolates that end in that direction, the other alone is the verdict, and its elements may be added
 * before everything else and deleted after it.  Where both count, each answer must only get narrower, then
 * only wider; it does not if the pod that asks comes under policies while another address comes into what
 * they ask (or both go): with the map first all is lost in between, with the set first what the other end
 * denies may pass.
 */
#ifndef NP2NFT_CHANGE_ADDRESSES_H
#define NP2NFT_CHANGE_ADDRESSES_H

#include "change/diff.h"

struct addresses;

/*
 * Of a difference in which no set is renewed and no element of an interval set differs.  Lives in @arena,
 * refers to @difference.
 */
struct addresses *addresses_of(struct arena *arena, const struct difference *difference);

/*
 * Does every packet meet the old or the new, if elements go in phases?  Not if an address comes under
 * policies which ask a set into which another comes, if both leave, or if two move, one as the source of
 * packets and one as their destination.  Not either if of the elements that change an answer of sets which are asked in
 * an order some tighten it and some loosen it.
 */
bool addresses_go_in_phases(struct addresses *addresses);

/* May the element @key (its address first) of a set, by its place among those that differ, come first and go last? */
bool addresses_is_free(const struct addresses *addresses, size_t set, const uint8_t *key);

/*
 * Is the set, by its place among those that differ, asked in an order (tiers), so that who comes into it may be denied?
 * If all goes in phases, an element of one that comes or goes only tightens or only loosens.
 */
bool addresses_are_ordered(const struct addresses *addresses, size_t set);
bool addresses_tighten(const struct addresses *addresses, size_t set, bool comes);

/* Does the address of the element come into one set and leave another, neither of them freely? */
bool addresses_moves(const struct addresses *addresses, size_t set, const uint8_t *key);

#endif
