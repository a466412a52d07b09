/*
 * Sets of the addresses about which rules of a tier, asked in order, decide the same.
 *
 * In:  the rules of one tier that a packet can meet at one place, together with those of the places
 * after it, in their order.  Out: the addresses about which this place must decide: accept, deny,
 * or pass on.
 *
 * The hard idea: places are asked one after the other, the narrow ones first (lower/tier_order.h), and
 * the first place that knows an address decides about it.  So a place must know the first match
 * among its own rules and those of all later places.  It leaves out addresses about which the later
 * places decide the same without it.
 */
#ifndef NP2NFT_LOWER_FIRST_MATCH_H
#define NP2NFT_LOWER_FIRST_MATCH_H

#include "resolve/resolved.h"

/* A definition that a rule names. */
struct first_entry {
	uint32_t definition; /* index to resolved.definitions */
	enum action action;
	bool is_own; /* the rule stands at the place itself, not at a later one */
	/*
	 * The place of the rule decides here about the addresses of the definition; if false, it
	 * does so later on.
	 */
	bool answers;
	/* Where the rule holds; this is for entries that name no port in a set of named ports. */
	enum protocol protocol;
	uint16_t first, last;
};

/* What is decided about an address that no rule matches. */
enum otherwise { OTHERWISE_ACCEPT, OTHERWISE_DENY, OTHERWISE_PASS, OTHERWISE_NOTHING };

struct first_match {
	struct first_entry *entries; /* in the order of the rules */
	size_t count;
	enum action action; /* the set has the addresses about which this is decided */
	/* the set has addresses with a protocol and a port; its own entries are DEFINITION_NAMED */
	bool is_named;
	enum otherwise otherwise;
	const char *name;    /* of the sets, without the family */
	const char *comment; /* words for what is in it */
};

/* Makes a key that is the same only for sets with the same elements and the same name. */
const void *first_key(struct arena *arena, const struct first_match *match, size_t *len);

/* Does the entry mean an address, in a set of named ports at a port? */
typedef bool first_means(const void *context, const struct first_entry *entry);

/* Is an address in the set? @means answers which entries mean the address. */
bool first_has(const struct first_match *match, first_means *means, const void *context);

/* The numbers of all addresses of the family that are in the set, ascending. */
const uint32_t *first_addrs(struct arena *scratch, const struct resolved *resolved,
			    const struct first_match *match, enum family family, size_t *count);

/* The same for a set of named ports. */
const struct named_addr *first_named(struct arena *scratch, const struct resolved *resolved,
				     const struct first_match *match, enum family family,
				     size_t *count);

#endif
