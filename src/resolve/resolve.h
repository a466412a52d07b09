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

/*
 * An address of a node that no pod has.  It has a number, too: behind those of the pods' addresses, so that lists
 * of numbers may have both.
 */
struct node_addr {
	uint8_t bytes[16];
	uint32_t node; /* index to objects.nodes; of one that several have, the first */
};

enum definition_kind {
	DEFINITION_PODS,  /* addresses of pods */
	DEFINITION_BLOCK, /* ranges of addresses */
	DEFINITION_NAMED, /* a named port: addresses of pods, each with the number it has there */
	DEFINITION_NODES, /* addresses of nodes */
};

/* A pod's address with the number that a port's name means there. */
struct named_addr {
	uint32_t addr; /* index to resolved.addrs of the family */
	uint16_t number;
	uint8_t protocol;
};

struct definition {
	enum definition_kind kind;
	const char *text;      /* canonical: two definitions are one if their texts are equal */
	const char *namespace; /* of the policy, where the peer has no namespaceSelector */
	const struct peer *peer;
	const char *port_name;  /* DEFINITION_NAMED */
	enum protocol protocol; /* PROTOCOL_ANY: of whatever protocol the port is */
	/* What it stands for today, by family, sorted. */
	/* DEFINITION_PODS: indices to resolved.addrs; DEFINITION_NODES: and those of node_addrs, behind them */
	const uint32_t *addrs[FAMILIES];
	const struct named_addr *named[FAMILIES];
	const struct range *ranges[FAMILIES]; /* disjoint */
	size_t count[FAMILIES];
	bool is_in_tiers; /* a cluster policy's rule names it */
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

/* The peers of a cluster policy's rule on one of its ranges of ports. */
struct tier_grant {
	const char *
		port_name; /* ingress only, as above; of egress the definitions are DEFINITION_NAMED */
	uint32_t peers; /* index to resolved.peer_lists; ANYTHING: any address, of a closed rule */
	uint32_t rule;  /* index to the policy's rules */
	enum action action;
	uint16_t first, last;
	enum protocol
		protocol; /* PROTOCOL_ANY: every port of every protocol, or one of this name */
};

struct tier_grants {
	struct tier_grant *grants; /* in the order of the rules */
	size_t count;
};

/*
 * Pods that are under the same policies in one direction, named ports meaning the same numbers.  Policies of any
 * kind may be none, but not all of them.
 */
struct group {
	enum direction direction;
	const uint32_t *policies; /* indices to objects.policies, ascending */
	size_t policy_count;
	/*
	 * Cluster policies that have rules in this direction: indices to objects.cluster_policies, ascending, which
	 * is how packets ask them.  None of Baseline where a policy isolates: they would never be asked.
	 */
	const uint32_t *tiers[TIERS];
	size_t tier_count[TIERS];
	bool denies; /* does any of the cluster policies deny anything? */
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
	/*
	 * Addresses that several pods have which cluster policies tell apart, ascending: what is said of them is no list
	 * of rules, and pods under cluster policies deny them.
	 */
	const uint32_t *mixed[FAMILIES];
	size_t mixed_count[FAMILIES];
	size_t own_count[FAMILIES]; /* the same, an address of several pods counted for each */
	const uint32_t *first_addr[FAMILIES]; /* by pod, and one more: where its own begin in: */
	const uint32_t *own_addrs[FAMILIES];  /* indices to addrs, of each pod ascending */
	struct node_addr
		*node_addrs[FAMILIES]; /* sorted by address; none unless a peer asks for nodes */
	size_t node_addr_count[FAMILIES];
	struct definition *definitions; /* sorted by text */
	size_t definition_count;
	struct peer_list *peer_lists; /* each different */
	size_t peer_list_count;
	struct policy_grants *grants[DIRECTIONS];    /* by policy */
	struct tier_grants *tier_grants[DIRECTIONS]; /* by cluster policy */
	bool has_tiers[DIRECTIONS]; /* some cluster policy of concern has rules there */
	struct group
		*groups; /* sorted by direction, then policies, cluster policies, and numbers */
	size_t group_count;
	struct bits *isolated[DIRECTIONS]; /* pods that are enforced and isolated */
	struct bits *denied
		[DIRECTIONS]; /* the same, and pods that some cluster policy denies something */
	size_t peer_sum;      /* of the addresses and ranges that all rules of all groups name */
};

/* @node NULL: every node's pods are enforced. */
struct resolved *resolve(struct arena *arena, const struct objects *objects, const char *node);

#endif
