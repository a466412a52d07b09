/*
 * From the ruleset in force to the one that should be, in steps that no packet notices.
 *
 * In:  two rulesets.
 * Out: changes, in an order in which each can be carried out, in phases; a phase is at least one
 *      transaction.
 *
 * The hard idea: a transaction is not atomic for packets.  A packet follows the rules of the moment at
 * which it entered the base chain, but each look-up in a set is answered as of its own moment, and the
 * egress look-up comes before the ingress one.  So what changes decides the way:
 *
 * Elements alone, in sets that stay.  Verdicts are unions (policies only allow), so what only tightens may
 * be done at any moment, then what only loosens: in between, a packet passes only if the old policies
 * allow it, and at the end only if the new ones do.  An address that leaves one set for another would be
 * lost between the two, so it is added first and then deleted, while both answer.  Where only one end's
 * policies count, all that comes into sets of peers may come first and all that leaves them leave last.
 * change/addresses.h says when elements do not suffice.
 *
 * Anything else: rules, verdicts of a map, ranges, pods that come together and ask for each other in both
 * directions.  All that differs is made a second time beside the old, filled, and left alone; then the rules
 * of the base chain lead to it, in one transaction.  A packet that is under way stays on the old, which is
 * whole.  After that the old, which nothing leads to, is brought up to date, the base chain led back, the
 * second copy swept.
 *
 * Between two phases the sender waits until packets that were under way are through.
 */
#ifndef NP2NFT_CHANGE_TRANSITION_H
#define NP2NFT_CHANGE_TRANSITION_H

#include "ruleset/ruleset.h"

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
	CHANGE_DELETE_EXTRA, /* when nothing refers to it any more */
};

enum phase {
	PHASE_PREPARE, /* what is new is filled; nothing leads to it */
	PHASE_ENTER, /* addresses come into sets of allowed peers, whose other end alone has a say */
	PHASE_TIGHTEN,  /* addresses leave sets of allowed peers, or come under policies */
	PHASE_MOVE_IN,  /* the address that moves: added, */
	PHASE_MOVE_OUT, /* then deleted where it was */
	PHASE_LOOSEN,   /* addresses come into sets of allowed peers, or leave policies */
	PHASE_LEAVE,    /* addresses leave sets of allowed peers, whose other end alone has a say */
	PHASE_SWITCH,   /* the base chain leads to what is new */
	PHASE_REWRITE,  /* what nothing leads to meanwhile */
	PHASE_RETURN,   /* the base chain leads there */
	PHASE_SWEEP,    /* what nothing leads to any more */
};

struct change {
	enum change_kind kind;
	enum phase phase;
	const struct chain *chain;
	const struct set *set; /* of elements: a set of those alone, with the name of theirs */
	const struct extra *extra;
};

struct changes {
	struct change *items;
	size_t count;
};

/* May the changes of a phase be sent in more than one transaction? */
bool phase_may_be_split(enum phase phase);

/* Do packets meet what a phase changes, so that those under way must be waited for? */
bool phase_is_met(enum phase phase);

/* @old NULL: there is no table. What stays is not named. Lives in @arena, refers to both rulesets. */
struct changes transition(struct arena *arena, const struct ruleset *old,
			  const struct ruleset *new);

/* The same of a difference that is known: what transition() finds out first.  It must outlive the changes. */
struct difference;
struct changes transition_of(struct arena *arena, const struct difference *difference);

/*
 * The same without precautions, every change at the place where it stands: for people to read, and right
 * for nft to load.  All of one phase.
 */
struct changes transition_plain(struct arena *arena, const struct ruleset *old,
				const struct ruleset *new);

#endif
