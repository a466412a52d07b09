/*
 * Leads from the ruleset in force to the one that should be, in steps such that each packet meets
 * either the old or the new policies.
 *
 * In:  two rulesets.  Out: changes, in an order in which each can be carried out, in phases; a
 * phase is at least one transaction.
 *
 * The hard idea: a transaction is not atomic for packets.  A packet follows the rules that were in
 * force when it entered the base chain, but each look-up in a set is answered by what the set holds
 * at that moment, and the look-up for egress comes before the one for ingress.  So there are two
 * ways, depending on what changes:
 *
 * If only elements of sets change.  Policies only allow, so every verdict is a union.  Everything
 * that tightens comes first, at any moment, and after that everything that loosens: in between, a
 * packet passes only if the old policies allow it, and at the end only if the new ones do.  An
 * address that leaves one set for another would be in neither for a moment, so it is first added to
 * the one and then deleted from the other.  Where the policies of one end alone count, all
 * addresses that come into sets of peers may come first, and all that leave may leave last.
 * change/address_effects.h says when this way does not suffice.
 *
 * If anything else changes: rules, verdicts of a map, ranges, or pods that come together and need
 * each other in both directions.  Everything that differs is made a second time beside the old
 * parts and filled, while nothing leads to it; then one transaction makes the rules of the base
 * chain lead to it.  Packets that are under way stay on the old parts, which are complete.  After
 * that the old parts, to which nothing leads, are brought up to date, the base chain leads back to
 * them, and the copies are deleted.
 *
 * Between two phases the sender waits until all packets that were under way have passed.
 */
#ifndef NP2NFT_CHANGE_TRANSITION_H
#define NP2NFT_CHANGE_TRANSITION_H

#include "change/plan.h"

struct arena;

/*
 * Orders the changes from @old (NULL: there is no table) to @new.  What stays is not mentioned.
 * The result lives in @arena and refers to both rulesets.
 */
struct changes transition(struct arena *arena, const struct ruleset *old,
			  const struct ruleset *new);

/*
 * Does the same for a difference that the caller has computed already.  The difference must outlive
 * the changes.
 */
struct difference;
struct changes transition_of(struct arena *arena, const struct difference *difference);

/*
 * Lists the changes without any precautions, each once and in one phase, for people to read and for
 * nft to load.
 */
struct changes transition_plain(struct arena *arena, const struct ruleset *old,
				const struct ruleset *new);

#endif
