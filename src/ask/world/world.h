/*
 * A world: those who can stand at the ends of a connection, and the ruleset that decides.  Every
 * question is asked of a world.
 *
 * In:  objects, read with details; their surroundings (ask/world/surroundings.h).  Out: parties, and the
 * compiled ruleset in which each has an address.
 *
 * The hard idea: there is no second engine.  A pod that has no address yet, or does not exist yet,
 * gets an address that nobody uses (of 240.0.0.0/4, RFC 1112, or 100::/64, RFC 6666), and is
 * compiled like any other pod.  Then every answer is a packet's way through the ruleset that
 * `compile` prints.  These addresses never leave this stage, and do not say where the pod will be:
 * sets of pods' addresses are asked about them, but sets of ranges are asked about every place
 * where the address may lie (ask/reach/reach.h).
 */
#ifndef NP2NFT_ASK_WORLD_WORLD_H
#define NP2NFT_ASK_WORLD_WORLD_H

#include "ask/world/own_node.h"
#include "ask/world/surroundings.h"
#include "resolve/resolved.h"
#include "ruleset/evaluate.h"
#include "ruleset/ruleset.h"

enum party_kind {
	PARTY_POD,      /* a pod that runs */
	PARTY_WORKLOAD, /* pods to come: a Deployment, a Pod's manifest … */
	/* a pod that is no object, but that a policy's selector or a question means */
	PARTY_STRANGER,
	PARTY_OTHER_POD, /* a pod of a namespace, with no label that any policy asks for */
	/* any pod of a namespace that has no object, and whose only label is its name */
	PARTY_ELSEWHERE,
	/* addresses that belong to no pod, in the ranges into which policies cut them */
	PARTY_OUTSIDE,
};

struct party {
	enum party_kind kind;
	const char
		*text; /* "shop/web-1", "Deployment shop/web", "any other pod of shop", a range … */
	/* "" for PARTY_ELSEWHERE, PARTY_OUTSIDE, and a stranger whose namespace has no name. */
	const char *namespace;
	const char *kind_of_owner; /* NULL: it has no owner */
	const char *owner;         /* its name; of PARTY_WORKLOAD, that of the workload itself */
	uint32_t pod;              /* index to objects.pods; of PARTY_OUTSIDE: ANYTHING */
	/* its first address of the family; of a range, one of its addresses */
	struct addr addr[FAMILIES];
	bool has[FAMILIES];
	bool known[FAMILIES]; /* the address is its own; if false, nobody knows where it will lie */
	/*
	 * The address of another pod like it; for a pod that exists only once, its own; for a range
	 * it is not set.
	 */
	struct addr twin[FAMILIES];
	uint32_t twin_pod; /* index of that other pod to objects.pods */
	/* PARTY_OUTSIDE: the ranges, of one family, sorted. */
	const struct range *ranges;
	size_t range_count;
	size_t piece; /* index to surroundings.outside */
	bool rest;    /* PARTY_OUTSIDE: they are the addresses that no ipBlock has */
	/* PARTY_OUTSIDE: the node whose address it is, if policies name nodes; otherwise NULL */
	const char *node;
	/* Index to world.classes.  Every question gives the same answer to parties of one class. */
	uint32_t class;
};

struct party_index;

struct world {
	const struct objects *objects; /* the input's objects, with stand-ins among the pods */
	const struct surroundings *surroundings;
	struct conditions *conditions; /* those of the surroundings */
	const struct resolved *resolved;
	const struct ruleset *ruleset;
	const struct evaluator *evaluator;
	const struct party *parties; /* pods and workloads by namespace and name, then the others */
	size_t party_count;
	/* index: pod; the group whose policies it is under; NULL: nothing isolates it */
	const struct group **group_of[DIRECTIONS];
	const uint32_t *party_of; /* index: pod; the party of a second pod is that of the first */
	const uint32_t *classes;  /* index: class; the index of one party of it */
	size_t class_count;
	struct ports_cut *cuts; /* see ask/reach/reach.h */
	struct own_nodes *own_nodes;
	struct party_index *index;
};

/*
 * Makes a world in @arena.  It refers to @objects, which is an input's and is not changed, and to
 * the surroundings.  Every pod is enforced, whatever its node.
 */
struct world *world_new(struct arena *arena, const struct objects *objects,
			const struct surroundings *surroundings);

/* Indices of parties, ascending. */
struct named_parties {
	uint32_t *items;
	size_t count;
};

/*
 * The running pods with the name NAMESPACE/NAME, the pods of an owner with this name, and the
 * strangers with this text.
 */
struct named_parties world_named(const struct world *world, const char *text);

/* The owner of the party, "Deployment shop/web"; if it has none, its own text. */
const char *party_owner_text(struct arena *arena, const struct party *party);

/*
 * The index of the party that has this address, or has it in one of its ranges; party_count if
 * there is none.
 */
size_t world_addr(const struct world *world, const struct addr *addr);

/* An address of a running pod, or a part of the addresses outside. */
struct party_range {
	struct range range;
	uint32_t party;
};

struct party_ranges {
	struct party_range *items;
	size_t count;
};

/* The parts of a block that belong to parties, sorted by party and then by address. */
struct party_ranges world_parts(struct arena *arena, const struct world *world, enum family family,
				const struct range *block);

#endif
