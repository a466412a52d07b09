/*
 * How two rulesets differ: form against form, nothing of the kernel in it.
 *
 * In:  the ruleset in force and the one that should be, both sorted (ruleset/ruleset.h).
 * Out: what differs: of chains and sets of the new one, what it takes to make them of the old one;
 *      change/transition.c puts that into an order.
 *
 * The hard idea: a chain or set is the same thing as long as its name is.  Elements come and go in a set
 * that stays, rules in a chain that stays; only what cannot be changed (a set's type, a comment) is made
 * again, and only what is foreign at the hook costs the table.
 */
#ifndef NP2NFT_CHANGE_DIFF_H
#define NP2NFT_CHANGE_DIFF_H

#include "ruleset/ruleset.h"

struct arena;

enum fate {
	FATE_STAYS,
	FATE_IS_NEW,
	FATE_CHANGES,    /* other rules, other elements */
	FATE_IS_RENEWED, /* deleted, and made again under its name */
};

/* Some elements of a set. */
struct picked {
	const struct set *from;
	size_t *which; /* ascending */
	size_t count;
};

struct chain_difference {
	const struct chain *before; /* NULL: FATE_IS_NEW */
	enum fate fate;
};

struct set_difference {
	size_t number;            /* of the set in the new ruleset */
	const struct set *before; /* NULL: FATE_IS_NEW */
	enum fate fate;
	/* Of FATE_CHANGES.  An element that leads to a chain that is renewed goes and comes back. */
	struct picked gone, come;
};

/* Some chains and sets of a ruleset. */
struct diff_marks {
	bool *chains, *sets; /* by index */
};

struct difference {
	const struct ruleset *old, *new;
	/* A hook, or flags of the table: what no sequence of small changes puts right. */
	bool replaces_table;
	struct chain_difference *chains; /* by chain of the new ruleset; NULL: all stay */
	struct set_difference *sets;     /* those that do not stay, ascending by number */
	size_t set_count;
	bool any_is_renewed;
	struct diff_marks renewed; /* of the new ruleset; none if nothing is renewed */
	const struct chain **gone_chains;
	size_t gone_chain_count;
	const struct set **gone_sets;
	size_t gone_set_count; /* beside these, all extras of the old ruleset are gone */
	/* Gone as well, and nothing leads there even now: what a run left that was killed. */
	const struct chain **idle_chains;
	size_t idle_chain_count;
	const struct set **idle_sets;
	size_t idle_set_count;
};

/* Both rulesets must outlive the difference, which lives in @arena. */
struct difference diff_rulesets(struct arena *arena, const struct ruleset *old,
				const struct ruleset *new);

/* Which elements differ of a set, if that is known without a look at them. */
struct known_set {
	size_t number;            /* of the set in the new ruleset */
	struct picked gone, come; /* of sets that have those elements alone; or none */
};

/*
 * The same where of @count sets, ascending by number, it is known what differs.  The old ruleset's elements of
 * these are not looked at.
 */
struct difference diff_with(struct arena *arena, const struct ruleset *old,
			    const struct ruleset *new, const struct known_set *known, size_t count);

/* The same of a ruleset in which nothing else differs: what was known of it is no more needed. */
struct difference diff_of_elements(struct arena *arena, const struct ruleset *ruleset,
				   const struct known_set *known, size_t count);

/* What becomes of a chain of the new ruleset. */
enum fate diff_chain_fate(const struct difference *difference, size_t chain);

/* What differs of a set of the new ruleset; NULL: it stays. */
const struct set_difference *diff_of_set(const struct difference *difference, size_t set);

/* The index of the chain or set of that name, their count if there is none; not of the base chain. */
size_t diff_find_chain(const struct ruleset *ruleset, const char *name);
size_t diff_find_set(const struct ruleset *ruleset, const char *name);

/* Has a chain or set of the ruleset, the base chain apart, this name? */
bool diff_has_name(const struct ruleset *ruleset, const char *name);

/*
 * Where the @i'th element that goes and the @k'th that comes stand, side by side: -1 the first only goes, 1
 * the second only comes, 0 they have the same key.  One of them may be beyond the end.
 */
int diff_order_at(const struct set_difference *set, size_t i, size_t k);

/* Does an element of a map lead to a chain that is marked? */
bool diff_map_leads(const struct ruleset *ruleset, const struct diff_marks *marks,
		    const struct set *map);

/* Does a rule of a chain lead to a chain that is marked, or look something up in such a set? */
bool diff_chain_leads(const struct ruleset *ruleset, const struct diff_marks *marks,
		      const struct chain *chain);

#endif
