/*
 * Every address that there is, of one family, in stretches; and which stretches nothing tells apart.
 *
 * In:  objects, the ruleset of a table.
 * Out: stretches: stretches of addresses between two neighbouring places where an ipBlock or a network, an address of
 *      a pod or a node, or an element of the table begins or is over; together they are the whole family.  Ends of
 *      one class have pods with the same namespace, labels, ports and node, and nodes with the same labels, lie in
 *      the same blocks, and are in the same elements of the table: neither the API's words nor the table can treat them differently, except as
 *      the one pod that they are (a pod may always reach itself).
 */
#ifndef NP2NFT_VERIFY_STRETCHES_H
#define NP2NFT_VERIFY_STRETCHES_H

#include "ruleset/ruleset.h"
#include "verify/words.h"

/* One element that has the address: which set, and everything of the key but the address. */
struct stretch_element {
	uint32_t set;     /* index to stretches.sets */
	uint32_t element; /* the element's index in the set */
	uint32_t meaning; /* two elements with one meaning differ in nothing but the address */
};

struct stretch {
	struct words_end words; /* its first address, and the pods there */
	const struct stretch_element
		*elements; /* of sets that are no intervals, by set, then by element */
	size_t element_count;
	uint32_t
		region; /* stretches with one number lie in the same ipBlocks and the same intervals */
	uint32_t identity; /* stretches with one number have pods that are alike, and nodes */
	uint32_t class;    /* index to stretches.classes */
};

struct stretches {
	const struct set **sets; /* all sets of the ruleset, those inside rules too */
	size_t set_count;
	struct table set_numbers; /* from a set's pointer to its index */
	struct stretch *items;    /* by address */
	size_t count;
	struct stretch_class {
		uint32_t first,
			second; /* two stretches of the class; the same one twice if there is no other */
	} * classes;
	size_t class_count;
};

struct stretches *stretches_new(struct arena *arena, const struct objects *objects,
				const struct ruleset *ruleset, enum family family);

/* The number of a set that a rule asks. */
uint32_t stretches_set(const struct stretches *stretches, const struct set *set);

/* The end that has the address. */
const struct stretch *stretches_find(const struct stretches *stretches, const struct addr *addr);

/* Which field of the set's key is an address of the family: its byte offset, or -1. */
int set_addr_offset(const struct set *set, enum family family);

#endif
