/*
 * Who may reach whom, by group: policies and cluster brought together.
 *
 * In:  objects (model/objects.h), and the node whose pods are enforced.  Out: the peers that rules
 * name, each definition once, with the addresses that it stands for today; and the groups of pods
 * that are under the same policies.
 *
 * The hard idea: a peer is identified by its definition, which is its canonical text (`pods
 * tier=web in production`), never by the pods that it happens to mean.  Two peers with the same
 * text are one; two peers that mean the same pods today are not, since a pod that comes tomorrow
 * may be meant by only one of them.
 */
#ifndef NP2NFT_RESOLVE_RESOLVED_H
#define NP2NFT_RESOLVE_RESOLVED_H

#include "model/meaning.h"

/*
 * An address of a pod.  The addresses are sorted, so that each is known by its index, a small
 * number.
 */
struct pod_addr {
	uint8_t bytes[16]; /* network byte order */
	/* index to objects.pods; if several pods have the address, the first enforced one */
	uint32_t pod;
};

/*
 * An address of a node that no pod has.  These are numbered behind the addresses of pods, so that a
 * list of numbers may contain both kinds.
 */
struct node_addr {
	uint8_t bytes[16];
	/* index to objects.nodes; if several nodes have the address, the first one */
	uint32_t node;
};

enum definition_kind {
	DEFINITION_PODS,  /* addresses of pods */
	DEFINITION_BLOCK, /* ranges of addresses */
	/* a named port: addresses of pods, each with the number that the name has there */
	DEFINITION_NAMED,
	DEFINITION_NODES, /* addresses of nodes */
};

/* A pod's address, with the number that the name of a port has there. */
struct named_addr {
	uint32_t addr; /* index to resolved.addrs of the family */
	uint16_t number;
	uint8_t protocol;
};

struct definition {
	enum definition_kind kind;
	const char *text;      /* its canonical words: definitions with equal texts are one */
	const char *namespace; /* the policy's namespace, if the peer has no namespaceSelector */
	const struct peer *peer;
	const char *port_name; /* only of DEFINITION_NAMED */
	/* only of DEFINITION_NAMED; PROTOCOL_ANY: the name counts for every protocol */
	enum protocol protocol;
	/*
	 * What the definition stands for today, by family, sorted.  Each member belongs to the
	 * kinds that stand above it.
	 */
	/*
	 * DEFINITION_PODS: indices to resolved.addrs.  DEFINITION_NODES: these may also be numbers
	 * of node_addrs, which follow.
	 */
	const uint32_t *addrs[FAMILIES];
	const struct named_addr *named[FAMILIES];
	const struct range *ranges[FAMILIES]; /* DEFINITION_BLOCK: disjoint ranges */
	size_t count[FAMILIES];
	bool is_in_tiers; /* a cluster policy's rule names it */
};

/* Can the definition stand for addresses of the family, whether it has any today or not? */
bool definition_has(const struct definition *definition, enum family family);

/*
 * The only namespace whose pods it can mean: the policy's own, or the one that its
 * namespaceSelector demands by kubernetes.io/metadata.name.  NULL: it can mean pods of several.
 */
const char *definition_namespace(const struct objects *objects,
				 const struct definition *definition);

#define ANYTHING UINT32_MAX

/*
 * The peers of a rule.  They are kept as a list, so that many peers and many ports are not
 * multiplied out.
 */
struct peer_list {
	/* indices to resolved.definitions, ascending, without repetitions */
	const uint32_t *definitions;
	size_t count;
};

/* What one rule gives: a list of peers, on one range of ports. */
struct grant {
	/* only of ingress: the name stands for the numbers in the group's `numbers` */
	const char *port_name;
	uint32_t peers;  /* index to resolved.peer_lists; ANYTHING: every address */
	uint32_t policy; /* index to objects.policies */
	uint16_t first, last;
	enum protocol protocol; /* PROTOCOL_ANY: every port of every protocol */
};

struct policy_grants {
	struct grant *grants;
	size_t count;
};

/* What a cluster policy's rule decides about a list of peers on one range of ports. */
struct tier_grant {
	/* only of ingress, as in struct grant; in egress the definitions are DEFINITION_NAMED */
	const char *port_name;
	/* index to resolved.peer_lists; ANYTHING: every address, only of a closed rule */
	uint32_t peers;
	uint32_t rule; /* index to the policy's rules */
	enum action action;
	uint16_t first, last;
	/* PROTOCOL_ANY: every port of every protocol, or the ports of one name of every protocol */
	enum protocol protocol;
};

struct tier_grants {
	struct tier_grant *grants; /* in the order of the rules */
	size_t count;
};

/*
 * The pods that are under the same policies in one direction, and whose named ports have the same
 * numbers.  A group may have NetworkPolicies, cluster policies or both.
 */
struct group {
	enum direction direction;
	const uint32_t *policies; /* indices to objects.policies, ascending */
	size_t policy_count;
	/*
	 * The policies are audited, and no other policy isolates the pods.  Where another one does, audited
	 * policies do not matter: policies only allow, so with more of them nothing more is denied.
	 */
	bool is_audited;
	/*
	 * Cluster policies that have rules in this direction, as indices to
	 * objects.cluster_policies, ascending, which is the order in which packets meet them.
	 * Where a NetworkPolicy that is not audited isolates the pods, there are none of Baseline, since packets would
	 * never reach them.
	 */
	const uint32_t *tiers[TIERS];
	size_t tier_count[TIERS];
	bool denies; /* one of the cluster policies denies something */
	/* the numbers of the ports that the policies name, sorted, without repetitions */
	const struct pod_port *numbers;
	size_t number_count;
	/* indices to objects.pods, ascending; none: the policies select nobody yet */
	uint32_t *pods;
	size_t pod_count;
};

struct resolved {
	const struct objects *objects;
	struct pod_addr *addrs[FAMILIES]; /* the addresses of all pods */
	size_t addr_count[FAMILIES];
	/*
	 * Addresses of several pods that cluster policies tell apart, ascending.  What the policies
	 * say about all of these pods at once cannot be written as one list of rules, so the
	 * address is denied to and from pods under cluster policies.
	 */
	const uint32_t *mixed[FAMILIES];
	size_t mixed_count[FAMILIES];
	/* the number of addresses, where one that several pods have counts for each of them */
	size_t own_count[FAMILIES];
	/* index: pod, and one more at the end; where its addresses begin in: */
	const uint32_t *first_addr[FAMILIES];
	const uint32_t *own_addrs[FAMILIES]; /* indices to addrs, ascending for each pod */
	/* sorted by address; there are none unless a peer asks for nodes */
	struct node_addr *node_addrs[FAMILIES];
	size_t node_addr_count[FAMILIES];
	struct definition *definitions; /* sorted by text */
	size_t definition_count;
	struct peer_list *peer_lists; /* without repetitions */
	size_t peer_list_count;
	struct policy_grants *grants[DIRECTIONS];    /* index: policy */
	struct tier_grants *tier_grants[DIRECTIONS]; /* index: cluster policy */
	/* a cluster policy that counts here has rules in this direction */
	bool has_tiers[DIRECTIONS];
	struct group
		*groups; /* sorted by direction, then policies, cluster policies, and numbers */
	size_t group_count;
	struct bits *isolated[DIRECTIONS]; /* the pods that are enforced and isolated */
	struct bits *
		denied[DIRECTIONS]; /* these, and the pods that a cluster policy denies something */
	/*
	 * how many addresses and ranges the rules of all groups name, counted for each rule by
	 * itself
	 */
	size_t peer_sum;
};

#endif
