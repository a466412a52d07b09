/*
 * What to do to one ruleset to make it another: form against form, nothing of the kernel in it.
 *
 * In:  the ruleset in force (or none) and the one that should be, both sorted (ruleset.h).
 * Out: changes, in an order in which each can be carried out, in phases.
 *
 * The hard idea: a chain or set is the same thing as long as its name is.  Elements come and go in a set
 * that stays; a chain whose rules differ keeps its place while they are replaced; and the base chain is
 * never unhooked.  Only what is foreign (made by nobody of ours) costs the table.  What is new is filled
 * before anything leads to it, since a packet that is under way when a transaction commits may find a new
 * set still empty; what is old goes when nothing leads to it any more.
 */
#ifndef NP2NFT_DIFF_H
#define NP2NFT_DIFF_H

#include "ruleset.h"

struct arena;

enum change_kind {
	CHANGE_DELETE_TABLE,
	CHANGE_ADD_TABLE,
	CHANGE_ADD_CHAIN,   /* without rules */
	CHANGE_ADD_SET,     /* without elements */
	CHANGE_FLUSH_CHAIN, /* all its rules go */
	CHANGE_DELETE_ELEMENTS,
	CHANGE_ADD_ELEMENTS,
	CHANGE_ADD_RULES,
	CHANGE_DELETE_CHAIN,
	CHANGE_DELETE_SET,
};

/*
 * Each phase is at least one transaction.  A group's chain whose port map changes cannot be rewritten
 * where it stands: its old map stops answering at once for packets that are still on the old rule.  So
 * the new rules are prepared in a chain beside it, the switch leads to that, then the chain itself is
 * rewritten while nothing leads to it, and a second switch leads back.
 */
enum phase {
	PHASE_PREPARE, /* what is new is filled; no packet notices */
	PHASE_SWITCH,  /* the new ruleset is in force from here on */
	PHASE_REWRITE, /* chains that nothing leads to meanwhile */
	PHASE_RETURN,  /* to those */
	PHASE_SWEEP,   /* what nothing leads to any more */
};

struct change {
	enum change_kind kind;
	enum phase phase;
	const struct chain *chain;
	const struct set *set; /* of elements: a set of those alone, with the name of theirs */
};

struct changes {
	struct change *items;
	size_t count;
};

/* @old NULL: there is no table. Elements and rules that stay are not named. */
struct changes diff_rulesets(struct arena *arena, const struct ruleset *old,
			     const struct ruleset *new);

#endif
