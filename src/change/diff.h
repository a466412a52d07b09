/*
 * How two rulesets differ.
 *
 * In:  the ruleset in force and the one that should be, both sorted (ruleset/ruleset.h).  Out: for
 * each chain and set of the new one, what must be done to make it from the old one; and which
 * chains and sets of the old one are gone.  change/transition.c orders these changes.
 *
 * The hard idea: a chain or set is identified by its name.  A set that stays may get other
 * elements, and a chain that stays may get other rules.  If something else about them differs (a
 * set's type, a comment), they are deleted and made again.  The whole table is replaced only if
 * there is something foreign at a hook.
 */
#ifndef NP2NFT_CHANGE_DIFF_H
#define NP2NFT_CHANGE_DIFF_H

#include "ruleset/ruleset.h"

struct arena;

enum fate {
	FATE_STAYS,
	FATE_IS_NEW,
	FATE_CHANGES,    /* it gets other rules or other elements */
	FATE_IS_RENEWED, /* it is deleted and made again under its name */
};

/* Some of the elements of a set, by index. */
struct picked {
	const struct set *from;
	size_t *which; /* ascending */
	size_t count;
};

struct chain_difference {
	const struct chain *before; /* what it is in the old ruleset; NULL: FATE_IS_NEW */
	enum fate fate;
};

struct set_difference {
	size_t number;            /* index in the new ruleset */
	const struct set *before; /* what it is in the old ruleset; NULL: FATE_IS_NEW */
	enum fate fate;
	/*
	 * For FATE_CHANGES, these are the elements that go and those that come.  An element that
	 * leads to a renewed chain is in both.
	 */
	struct picked gone, come;
};

/* Some chains and sets of a ruleset are marked. */
struct diff_marks {
	bool *chains, *sets; /* index: chain, or set */
};

struct difference {
	const struct ruleset *old, *new;
	/*
	 * A hook or the flags of the table differ, which can only be put right by replacing the
	 * table.
	 */
	bool replaces_table;
	struct chain_difference *chains; /* index: chain of the new ruleset; NULL: all stay */
	struct set_difference *sets;     /* the sets that do not stay, by ascending number */
	size_t set_count;
	bool any_is_renewed;
	/* of the new ruleset: the chains and sets that are renewed */
	struct diff_marks renewed;
	const struct chain **gone_chains;
	size_t gone_chain_count;
	const struct set **gone_sets;
	size_t gone_set_count; /* besides, all extras of the old ruleset are gone */
	/*
	 * These are gone, too, and nothing leads to them even in the old ruleset: a run that was
	 * killed left them.
	 */
	const struct chain **idle_chains;
	size_t idle_chain_count;
	const struct set **idle_sets;
	size_t idle_set_count;
};

/* Compares two rulesets.  They must outlive the result, which lives in @arena. */
struct difference diff_rulesets(struct arena *arena, const struct ruleset *old,
				const struct ruleset *new);

/* A set whose differing elements are known without looking at them. */
struct known_set {
	size_t number;            /* index of the set in the new ruleset */
	struct picked gone, come; /* @from is a set of only these elements; or there are none */
};

/*
 * Compares two rulesets, where the differing elements of @count sets, by ascending number, are
 * known.  The old ruleset's elements of these sets are not looked at.
 */
struct difference diff_with(struct arena *arena, const struct ruleset *old,
			    const struct ruleset *new, const struct known_set *known, size_t count);

/* The difference of a ruleset in which only the known elements of sets differ. */
struct difference diff_of_elements(struct arena *arena, const struct ruleset *ruleset,
				   const struct known_set *known, size_t count);

/* What happens to a chain of the new ruleset. */
enum fate diff_chain_fate(const struct difference *difference, size_t chain);

/* How a set of the new ruleset differs; NULL: it stays. */
const struct set_difference *diff_of_set(const struct difference *difference, size_t set);

/*
 * The index of the chain or set with this name, or their count if there is none.  The base chain is
 * not found.
 */
size_t diff_find_chain(const struct ruleset *ruleset, const char *name);
size_t diff_find_set(const struct ruleset *ruleset, const char *name);

/* Does a chain (other than the base chain) or set of the ruleset have this name? */
bool diff_has_name(const struct ruleset *ruleset, const char *name);

/*
 * Compares the @i'th element that goes with the @k'th that comes: -1 if the first only goes, 1 if
 * the second only comes, 0 if they have the same key.  One of the two may be beyond the end.
 */
int diff_order_at(const struct set_difference *set, size_t i, size_t k);

/* Does a rule of the chain lead to a marked chain, or look up a marked set? */
bool diff_chain_leads(const struct ruleset *ruleset, const struct diff_marks *marks,
		      const struct chain *chain);

#endif
