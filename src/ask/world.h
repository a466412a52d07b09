/*
 * Who can stand at the ends of a connection, and the ruleset that decides: what every question is asked of.
 *
 * In:  objects, read with details; their surroundings (ask/surroundings.h).
 * Out: parties, and the compiled ruleset in which each has an address.
 *
 * The hard idea: there is no second engine.  What has no address yet, or does not exist yet, is given one that
 * nobody uses (of 240.0.0.0/4, RFC 1112, or 100::/64, RFC 6666) and compiled like any pod; then every answer is a
 * packet's way through the very form that `compile` prints.  These addresses never leave this stage, and they
 * say nothing of where the pod will be: sets of pods' addresses are asked about them, sets of ranges are asked
 * about every place where the address may lie (ask/reach.h).
 */
#ifndef NP2NFT_ASK_WORLD_H
#define NP2NFT_ASK_WORLD_H

#include "ask/surroundings.h"
#include "resolve/resolve.h"
#include "ruleset/evaluate.h"
#include "ruleset/ruleset.h"

enum party_kind {
	PARTY_POD,      /* that runs */
	PARTY_WORKLOAD, /* pods to come: a Deployment, a Pod's manifest … */
	PARTY_STRANGER, /* a pod that no object is, but that a policy's selector or a question means */
	PARTY_OTHER_POD, /* of a namespace: a pod with no label that any policy asks for */
	PARTY_ELSEWHERE, /* any pod of a namespace that has no object, and no label but its name */
	PARTY_OUTSIDE,   /* addresses of no pod, in the ranges into which the policies cut them */
};

struct party {
	enum party_kind kind;
	const char
		*text; /* "shop/web-1", "Deployment shop/web", "any other pod of shop", a range … */
	/* "" for PARTY_ELSEWHERE, PARTY_OUTSIDE, and a stranger whose namespace has no name. */
	const char *namespace;
	const char *kind_of_owner;  /* NULL: stands alone */
	const char *owner;          /* its name; of PARTY_WORKLOAD the workload itself */
	uint32_t pod;               /* index to objects.pods; of PARTY_OUTSIDE: ANYTHING */
	struct addr addr[FAMILIES]; /* the first it has of the family; of a range one of it */
	bool has[FAMILIES];
	bool known[FAMILIES]; /* it is its own; else nobody knows where it will lie */
	/* Of one more such pod; of a pod there is only one of, its own; of a range unset. */
	struct addr twin[FAMILIES];
	uint32_t twin_pod; /* its index to objects.pods */
	/* PARTY_OUTSIDE: the ranges, of one family, sorted */
	const struct range *ranges;
	size_t range_count;
	size_t piece; /* which of surroundings.outside */
	bool rest;    /* PARTY_OUTSIDE: addresses that no ipBlock has */
	const char *
		node; /* PARTY_OUTSIDE: it is this node's address, where policies name nodes; else NULL */
	/* Parties of one class are answered alike, whatever is asked: index to world.classes. */
	uint32_t class;
};

struct party_index;

struct world {
	const struct objects *objects; /* with stand-ins among the pods */
	const struct surroundings *surroundings;
	struct conditions *conditions; /* of the surroundings */
	const struct resolved *resolved;
	const struct ruleset *ruleset;
	const struct evaluator *evaluator;
	const struct party *parties; /* pods and workloads by namespace and name, then the others */
	size_t party_count;
	const uint32_t *party_of; /* by pod; of a twin its party's */
	const uint32_t *classes;  /* of each class one party, as an index */
	size_t class_count;
	struct ports_cut *cuts; /* see ask/reach.h */
	struct party_index *index;
};

/*
 * @objects is an input's, which stays as it is; the world refers to it, and to the surroundings.  Every pod is
 * enforced, whatever its node.  Lives in @arena.
 */
struct world *world_new(struct arena *arena, const struct objects *objects,
			const struct surroundings *surroundings);

/* Indices of parties, ascending. */
struct named_parties {
	uint32_t *items;
	size_t count;
};

/* Pods that run and are called NAMESPACE/NAME, pods of an owner called so, and strangers with this text. */
struct named_parties world_named(const struct world *world, const char *text);

/* "Deployment shop/web", of which the party is a pod; of one without an owner its own text. */
const char *party_owner_text(struct arena *arena, const struct party *party);

/* The party that has this address as its own, or in one of its ranges; party_count if there is none. */
size_t world_addr(const struct world *world, const struct addr *addr);

#endif
