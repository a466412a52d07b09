/*
 * Who may reach whom, by group: policies and cluster brought together.
 *
 * In:  objects (model/objects.h), and the node whose pods are enforced.
 * Out: the peers that rules name, each definition once, with the addresses it stands for today; and
 *      the groups of pods that are under the same policies.
 *
 * The hard idea: identity is by definition.  A peer is its canonical text (`pods tier=web in
 * production`), never the pods that it happens to hold: two peers written alike are one, two that
 * hold the same pods today are not, for tomorrow's pod would split them.
 */
#ifndef NP2NFT_RESOLVE_RESOLVE_H
#define NP2NFT_RESOLVE_RESOLVE_H

#include "model/selector.h"

/* An address of a pod; kept sorted by address, so that a pod's address is a small number. */
struct pod_addr {
	uint8_t bytes[16]; /* network byte order */
	uint32_t pod;      /* index to objects.pods; of one that several have, the first enforced */
};

enum definition_kind {
	DEFINITION_PODS,  /* addresses of pods */
	DEFINITION_BLOCK, /* ranges of addresses */
	DEFINITION_NAMED, /* a named port: addresses of pods, each with the number it has there */
};

/* A pod's address with the number that a port's name means there. */
struct named_addr {
	uint32_t addr; /* index to resolved.addrs of the family */
	uint16_t number;
};

struct definition {
	enum definition_kind kind;
	const char *text;      /* canonical: two definitions are one if their texts are equal */
	const char *namespace; /* of the policy, where the peer has no namespaceSelector */
	const struct peer *peer;
	const char *port_name; /* DEFINITION_NAMED */
	enum protocol protocol;
	/* What it stands for today, by family, sorted. */
	const uint32_t *addrs[FAMILIES]; /* DEFINITION_PODS: indices to resolved.addrs */
	const struct named_addr *named[FAMILIES];
	const struct range *ranges[FAMILIES]; /* disjoint */
	size_t count[FAMILIES];
};

/* Does the definition say anything about addresses of the family? (Whether or not it has any now.) */
bool definition_has(const struct definition *definition, enum family family);

/*
 * The one namespace that its pods are in: the policy's own, or the one that a namespaceSelector asks
 * for by kubernetes.io/metadata.name, which says the same; NULL: any number of them.
 */
const char *definition_namespace(const struct objects *objects,
				 const struct definition *definition);

#define ANYTHING UINT32_MAX

/* The peers of a rule, kept together: a rule of many peers and many ports is not multiplied out. */
struct peer_list {
	const uint32_t *definitions; /* indices to resolved.definitions, ascending, each once */
	size_t count;
};

/* The peers of a rule on one of its ranges of ports. */
struct grant {
	const char *port_name; /* ingress only: means the numbers in the group's `numbers` */
	uint32_t peers;        /* index to resolved.peer_lists; ANYTHING: any address */
	uint32_t policy;       /* index to objects.policies */
	uint16_t first, last;
	enum protocol protocol; /* PROTOCOL_ANY: every port of every protocol */
};

struct policy_grants {
	struct grant *grants;
	size_t count;
};

/* Pods that are under the same policies in one direction, named ports meaning the same numbers. */
struct group {
	enum direction direction;
	const uint32_t *policies; /* indices to objects.policies, ascending */
	size_t policy_count;
	const struct pod_port
		*numbers; /* of the ports that these policies name, sorted, each once */
	size_t number_count;
	uint32_t *pods; /* indices to objects.pods, ascending; none: nobody is selected (yet) */
	size_t pod_count;
};

struct resolved {
	const struct objects *objects;
	struct pod_addr *addrs[FAMILIES]; /* all */
	size_t addr_count[FAMILIES];
	size_t own_count[FAMILIES]; /* the same, an address of several pods counted for each */
	const uint32_t *first_addr[FAMILIES]; /* by pod, and one more: where its own begin in: */
	const uint32_t *own_addrs[FAMILIES];  /* indices to addrs, of each pod ascending */
	struct definition *definitions;       /* sorted by text */
	size_t definition_count;
	struct peer_list *peer_lists; /* each different */
	size_t peer_list_count;
	struct policy_grants *grants[DIRECTIONS]; /* by policy */
	struct group *groups; /* sorted by direction, then policies, then numbers */
	size_t group_count;
	struct bits *isolated[DIRECTIONS]; /* pods that are enforced and isolated */
	size_t peer_sum; /* of the addresses and ranges that all rules of all groups name */
};

/* @node NULL: every node's pods are enforced. */
struct resolved *resolve(struct arena *arena, const struct objects *objects, const char *node);

#endif
