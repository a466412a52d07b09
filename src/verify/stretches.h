/*
 * Cuts all addresses of a family into stretches, and finds out which stretches cannot be told
 * apart.
 *
 * In:  objects, and the ruleset of a table.  Out: stretches and their classes.
 *
 * A stretch reaches from one place to the next at which an ipBlock or network, an address of a pod
 * or node, or an element of the table begins or ends; all stretches together are the whole family.
 * Two stretches are of one class if their pods have the same namespace, labels, ports and node, and
 * their nodes the same labels, if they lie in the same blocks, and if they are in the same elements
 * of the table.  Then neither the API's words nor the table can treat them differently, except as
 * the one pod that they are, since a pod may always reach itself.
 */
#ifndef NP2NFT_VERIFY_STRETCHES_H
#define NP2NFT_VERIFY_STRETCHES_H

#include "ruleset/ruleset.h"
#include "verify/api_words.h"

/* An element that has the address: its set, and everything of its key but the address. */
struct stretch_element {
	uint32_t set;     /* index to stretches.sets */
	uint32_t element; /* the element's index in the set */
	uint32_t meaning; /* two elements with the same meaning differ in nothing but the address */
};

struct stretch {
	struct words_end words; /* its first address, and the pods there */
	const struct stretch_element
		*elements; /* those of sets without intervals, sorted by set, then by element */
	size_t element_count;
	/* stretches with the same number lie in the same ipBlocks and the same intervals */
	uint32_t region;
	uint32_t identity; /* stretches with the same number have pods and nodes that are alike */
	uint32_t class;    /* index to stretches.classes */
};

struct stretches {
	const struct set **sets; /* all sets of the ruleset, with those that are part of rules */
	size_t set_count;
	struct table set_numbers; /* keys: pointers to sets; the numbers are their indices */
	struct stretch *items;    /* sorted by address */
	size_t count;
	struct stretch_class {
		uint32_t first,
			/* two stretches of the class; if there is only one, both are the same */
			second;
	} * classes;
	size_t class_count;
};

struct closed_ranges;

/* Cuts also where closed ranges begin and end. */
struct stretches *stretches_new(struct arena *arena, const struct objects *objects,
				const struct closed_ranges *closed, const struct ruleset *ruleset,
				enum family family);

/* The index of a set that a rule looks up. */
uint32_t stretches_set(const struct stretches *stretches, const struct set *set);

/* The stretch that has the address. */
const struct stretch *stretches_find(const struct stretches *stretches, const struct addr *addr);

/*
 * The offset in bytes of the field of the set's keys that is an address of the family; -1 if there
 * is none.
 */
int set_addr_offset(const struct set *set, enum family family);

#endif
