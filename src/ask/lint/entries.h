/*
 * Entries of `from` and `to` by what they ask for.
 *
 * In:  policies.
 * Out: for one entry, those that may let in all that it lets in, without a look at all the others.
 *
 * The hard idea: an entry is filed under one sign for each of three things: its policy's selector, its
 * peers, and its ports.  A sign is something that must be found again in whatever lies within: of a selector
 * its first requirement, of a block its cidr.  So the few signs that an entry could lie within can be listed
 * from its own words.  What is found by sign still has to be compared.
 */
#ifndef NP2NFT_ASK_LINT_ENTRIES_H
#define NP2NFT_ASK_LINT_ENTRIES_H

#include "ask/lint/check.h"

void lint_prepare_entries(struct lint *lint);

/* Whether @candidate will do for what is asked in @context. */
typedef bool (*entry_suits)(const struct lint *lint, const struct lint_place *candidate,
			    void *context);

/*
 * Among the entries of the namespace and direction of @place that may hold all of it, the first in the order
 * of the input that suits; false if none does.  A rule without peers is an entry without a peer.
 */
bool lint_find_entry(const struct lint *lint, const struct lint_place *place, entry_suits suits,
		     void *context, struct lint_place *found);

/* Whether @candidate, a policy, will do. */
typedef void (*policy_found)(const struct lint *lint, uint32_t policy, void *context);

/* Calls @found for each policy of the namespace that selects all that @policy does, in no order. */
void lint_policies_around(const struct lint *lint, const struct policy *policy, policy_found found,
			  void *context);

#endif
