/*
 * The list of changes that change/transition.c makes, and that emit/ writes: what is changed, in
 * which order, and in which phase.  It is plain data and has no functions but two about phases.
 */
#ifndef NP2NFT_CHANGE_PLAN_H
#define NP2NFT_CHANGE_PLAN_H

#include "ruleset/ruleset.h"

enum change_kind {
	CHANGE_DELETE_TABLE,
	CHANGE_ADD_TABLE,
	CHANGE_ADD_CHAIN,   /* it has no rules yet */
	CHANGE_ADD_SET,     /* it has no elements yet */
	CHANGE_FLUSH_CHAIN, /* all its rules are deleted */
	CHANGE_DELETE_ELEMENTS,
	CHANGE_ADD_ELEMENTS,
	CHANGE_ADD_RULES,
	CHANGE_DELETE_CHAIN,
	CHANGE_DELETE_SET,
	CHANGE_DELETE_EXTRA, /* when nothing refers to it any more */
};

enum phase {
	PHASE_PREPARE, /* new parts are made and filled; nothing leads to them */
	/*
	 * addresses come into sets of allowed peers where only the other end's policies count, and
	 * leave such sets if they have nothing to wait for
	 */
	PHASE_ENTER,
	PHASE_TIGHTEN,  /* addresses leave sets of allowed peers, or come under policies */
	PHASE_MOVE_IN,  /* an address that moves is added to its new set, */
	PHASE_MOVE_OUT, /* and deleted from its old one */
	PHASE_LOOSEN,   /* addresses come into sets of allowed peers, or leave policies */
	/* addresses leave sets of allowed peers, where only the other end's policies count */
	PHASE_LEAVE,
	PHASE_SWITCH,  /* the base chain leads to the copies */
	PHASE_REWRITE, /* the original parts, to which nothing leads meanwhile, are changed */
	PHASE_RETURN,  /* the base chain leads to them again */
	PHASE_SWEEP,   /* parts to which nothing leads any more are deleted */
};

struct change {
	enum change_kind kind;
	enum phase phase;
	const struct chain *chain;
	/* for elements, this set has only those that come or go, and the name of their set */
	const struct set *set;
	const struct extra *extra;
};

struct changes {
	struct change *items;
	size_t count;
};

/* May the changes of the phase be sent in more than one transaction? */
bool phase_may_be_split(enum phase phase);

/*
 * Do packets meet what the phase changes? If so, the sender must wait until the packets that are
 * under way have passed.
 */
bool phase_is_met(enum phase phase);

#endif
