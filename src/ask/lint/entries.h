/*
 * Finds entries of `from` and `to` by what they ask for.
 *
 * In:  policies.  Out: for one entry, the entries that may let in everything that it lets in.
 * Nobody looks at all the others.
 *
 * The hard idea: an entry is filed under three signs: one for its policy's selector, one for its
 * peers, and one for its ports.  A sign is something that must be found again in whatever lies
 * within: it is the first requirement of a selector, or the CIDR of a block.  So from the words of
 * an entry, the few signs of entries in which it could lie can be listed.  What is found by signs
 * still has to be compared.
 */
#ifndef NP2NFT_ASK_LINT_ENTRIES_H
#define NP2NFT_ASK_LINT_ENTRIES_H

#include "ask/lint/check.h"

void lint_prepare_entries(struct lint *lint);

/* Decides whether @candidate suits what is asked; @context is that of lint_find_entry().  */
typedef bool (*entry_suits)(const struct lint *lint, const struct lint_place *candidate,
			    void *context);

/*
 * Looks among the entries of the namespace and direction of @place that may contain all of it.
 * *found becomes the first of them, in the order of the input, that suits; returns false if none
 * does.  A rule without peers is an entry without a peer.
 */
bool lint_find_entry(const struct lint *lint, const struct lint_place *place, entry_suits suits,
		     void *context, struct lint_place *found);

/* Gets a policy, as an index to objects.policies.  */
typedef void (*policy_found)(const struct lint *lint, uint32_t policy, void *context);

/*
 * Calls @found for each policy of the namespace that selects everything that @policy selects, in no
 * particular order.
 */
void lint_policies_around(const struct lint *lint, const struct policy *policy, policy_found found,
			  void *context);

#endif
