/*
 * Sets of addresses by what the first rule says that matches them.
 *
 * In:  the rules of one tier that a packet may meet in one place and those after it, in their order.
 * Out: the addresses for which the place has to say this: accepted, denied, or passed on.
 *
 * The hard idea: places are asked one after the other, the narrow ones first (lower/ordered.h), and the first that
 * knows an address answers.  So a place must know what the first match among its own rules and all those of later
 * places is.  It leaves out an address about which the later places say the same by themselves.
 */
#ifndef NP2NFT_LOWER_FIRST_H
#define NP2NFT_LOWER_FIRST_H

#include "lower/sets.h"

/* A definition that a rule names. */
struct first_entry {
	uint32_t definition; /* index to resolved.definitions */
	enum action action;
	bool is_own; /* of the place itself, not of a later one */
	/* The place where the rule stands answers here about what the definition means; else it does so later on. */
	bool answers;
	/* In a set of named ports, for what is no named port: where the rule holds. */
	enum protocol protocol;
	uint16_t first, last;
};

/* What is said of an address that no rule matches. */
enum otherwise { OTHERWISE_ACCEPT, OTHERWISE_DENY, OTHERWISE_PASS, OTHERWISE_NOTHING };

struct first_match {
	struct first_entry *entries; /* in the order of the rules */
	size_t count;
	enum action action; /* those that are in the set */
	bool is_named; /* of addresses with a protocol and a port; own entries are DEFINITION_NAMED */
	enum otherwise otherwise;
	const char *name;    /* of the sets, without the family */
	const char *comment; /* in words what is in it */
};

/* Bytes that are the same only for sets that are the same, also in name. */
const void *first_key(struct arena *arena, const struct first_match *match, size_t *len);

/* Which of the entries mean an address (at a port, of a set of named ports)? */
typedef bool first_means(const void *context, const struct first_entry *entry);

/* Is an address in the set, of which this is asked? */
bool first_has(const struct first_match *match, first_means *means, const void *context);

/* All addresses of the family that are in the set: their numbers, ascending. */
const uint32_t *first_addrs(struct arena *scratch, const struct resolved *resolved,
			    const struct first_match *match, enum family family, size_t *count);

/* The same of a set of named ports. */
const struct named_addr *first_named(struct arena *scratch, const struct resolved *resolved,
				     const struct first_match *match, enum family family,
				     size_t *count);

#endif
