/*
 * Kubernetes' objects as the rest of the program sees them: validated, defaulted, nothing kept that
 * does not matter.
 *
 * read/policy.c and read/cluster.c make them, resolve/resolve.c takes them.
 */
#ifndef NP2NFT_MODEL_OBJECTS_H
#define NP2NFT_MODEL_OBJECTS_H

#include "base/addr.h"
#include "base/diag.h"
#include "base/table.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum direction { INGRESS, EGRESS, DIRECTIONS };

/* IP protocol numbers, as in the packet; ICMP is that of either family, and no policy names it. */
enum protocol { PROTOCOL_ANY = 0, ICMP = 1, TCP = 6, UDP = 17, SCTP = 132 };

/* A label; both halves are numbers in objects.strings, so that equality is one comparison. */
struct label {
	uint32_t key, value;
};

enum operator{ OP_IN, OP_NOT_IN, OP_EXISTS, OP_DOES_NOT_EXIST };

/* One line of a selector; `key: value` of matchLabels is OP_IN with one value. */
struct requirement {
	uint32_t key;
	enum operator op;
	uint32_t *values; /* sorted by their text, each once */
	size_t count;
};

/* Requirements, all of which must hold; in canonical order, each once.  None: everything matches. */
struct selector {
	struct requirement *requirements;
	size_t count;
};

enum peer_kind {
	PEER_PODS,  /* pods by label */
	PEER_BLOCK, /* addresses */
	PEER_NODES, /* the addresses of nodes, by label; of cluster policies only */
	PEER_DOMAIN, /* the addresses of a name in DNS; of cluster policies only, and never enforced */
};

/* One entry of `from` or `to`. */
struct peer {
	struct mark mark;
	enum peer_kind kind;
	/* PEER_PODS */
	const struct selector *namespaces; /* NULL: the policy's own */
	const struct selector *pods;       /* never NULL; an absent one is empty */
	/* PEER_BLOCK */
	struct cidr cidr;
	struct cidr *excepts; /* sorted, each once */
	size_t except_count;
	/* PEER_NODES */
	const struct selector *nodes;
	/* PEER_DOMAIN */
	const char *domain; /* as it is written: "*.example.com" */
};

/* One entry of `ports`. */
struct port {
	struct mark mark;
	enum protocol protocol;
	const char *name; /* a named port; NULL: the numbers below */
	/* with PROTOCOL_ANY (cluster policies only): of each protocol that has this name */
	uint16_t first, last; /* host byte order; 0 to 65535 is every port */
};

struct policy_rule {
	struct mark mark;
	struct peer *peers;
	size_t peer_count; /* 0: anything */
	struct port *ports;
	size_t port_count; /* 0: every port of every protocol */
};

struct policy {
	const char *namespace, *name;
	struct mark mark;
	const struct selector *pods;
	bool isolates[DIRECTIONS];
	struct policy_rule *rules[DIRECTIONS]; /* none where it does not isolate */
	size_t rule_count[DIRECTIONS];
	bool is_closed;     /* kept for a node: its rules are to count for nothing */
	uint32_t joint;     /* not 0: it selects the pods that share this number, and no others */
	const char *ignore; /* its annotation IGNORE_ANNOTATION as it stands; NULL: none */
};

/*
 * The tiers of cluster policies (ClusterNetworkPolicy, policy.networking.k8s.io/v1alpha2).  A packet asks
 * Admin first, then the NetworkPolicies, then Baseline, which pods that a NetworkPolicy isolates never reach.
 */
enum tier { TIER_ADMIN, TIER_BASELINE, TIERS };

/* What a cluster policy's rule says of the packets that it matches. */
enum action {
	ACTION_ACCEPT, /* allowed in this direction; no later tier is asked */
	ACTION_DENY,   /* dropped, and never rejected */
	ACTION_PASS,   /* the tier has no answer; the next one is asked */
};

/* A rule of a cluster policy.  The first one whose peers and ports match decides. */
struct tier_rule {
	struct mark mark;
	const char *name; /* "": none */
	enum action action;
	/*
	 * A part of the rule is not known to this version: the API server prunes unknown fields, so a peer or a
	 * protocol may come as {}.  The rule then fails closed, as the API asks for: an Accept matches nothing,
	 * a Deny or a Pass denies everything.  Peers and ports are none then.
	 */
	bool is_closed;
	bool names_domains; /* it has peers by domain name, which are not enforced; also where it is closed */
	struct peer
		*peers;    /* any of them; each network and each domain name is a peer of its own */
	size_t peer_count; /* never 0, unless it is closed */
	struct port *ports; /* any of them */
	size_t port_count;  /* 0: every port of every protocol, ICMP too */
};

/* A ClusterNetworkPolicy. */
struct cluster_policy {
	const char *name;
	struct mark mark;
	enum tier tier;
	uint16_t priority; /* 0 to 1000; the lower one is asked first, of equal ones by name */
	const struct selector *namespaces; /* of its subject; never NULL */
	const struct selector *pods; /* of its subject; never NULL; for "namespaces" an empty one */
	const char *ignore;          /* its annotation IGNORE_ANNOTATION as it stands; NULL: none */
	bool selects_nothing; /* its subject cannot be read (live objects): it selects no pod, and this is said */
	struct tier_rule *rules[DIRECTIONS]; /* in the order of the document */
	size_t rule_count[DIRECTIONS];
};

/* A Node: what a peer "nodes" selects, with every address of its status. */
struct cluster_node {
	const char *name;
	struct mark mark;
	struct label *labels; /* sorted by key */
	size_t label_count;
	struct addr *addrs; /* sorted, each once */
	size_t addr_count;
};

/* A container port with a name. */
struct pod_port {
	const char *name;
	enum protocol protocol;
	uint16_t number;
};

/* A pod that is target and peer: with an address, not finished, not on its node's network. */
struct pod {
	const char *namespace, *name;
	const char *node; /* "" if it has none */
	struct mark mark;
	const char *owner_kind, *owner; /* details: what controls it; NULL: nothing */
	struct label *labels;           /* sorted by key */
	size_t label_count;
	struct addr *addrs;
	size_t addr_count;
	struct pod_port *ports;
	size_t port_count;
	uint32_t shares; /* of all pods that have an address in common the same number; 0: none */
	bool is_joint;   /* of policies only those that are joint select it (model/share.h) */
};

struct namespace
{
	const char *name;
	struct mark mark;
	struct label *labels; /* sorted by key; kubernetes.io/metadata.name among them */
	size_t label_count;
};

/*
 * Pods to come, as their controller has them: one row, no address.  What is controlled by another such
 * object is none of its own.  The kinds are Deployment, StatefulSet, DaemonSet, ReplicaSet, Job, CronJob,
 * PodTemplate and ReplicationController; and Pod, for one that does not run yet.
 */
struct workload {
	const char *kind;
	const char *namespace, *name; /* a * at the end: what the API server will put there */
	struct mark mark;
	struct label *labels; /* of its pods, sorted by key */
	size_t label_count;
	struct pod_port *ports;
	size_t port_count;
	bool host_network;
};

enum service_type {
	SERVICE_CLUSTER_IP,
	SERVICE_NODE_PORT,
	SERVICE_LOAD_BALANCER,
	SERVICE_EXTERNAL_NAME,
	SERVICE_HEADLESS, /* of a ClusterIP that is None */
};

struct service_port {
	struct mark mark;
	const char *name; /* NULL: none */
	enum protocol protocol;
	uint16_t number;
	uint16_t target_number;  /* of its pods; 0: that of the name below */
	const char *target_name; /* NULL: the number above */
};

struct service {
	const char *namespace, *name;
	struct mark mark;
	enum service_type type;
	struct label *selector; /* sorted by key; of a Service without one, none */
	size_t selector_count;
	struct addr *cluster_ips; /* none before the API server gave it one */
	size_t cluster_ip_count;
	struct addr
		*outer_ips; /* externalIPs, and those of its load balancer that nodes translate */
	size_t outer_ip_count;
	bool external_traffic_local; /* externalTrafficPolicy: Local */
	struct service_port *ports;
	size_t port_count;
};

/* A policy of a kind that is not read. */
struct other_policy {
	struct mark mark;
	const char *kind; /* and its apiVersion: "CiliumNetworkPolicy (cilium.io/v2)" */
	const char *name; /* NAMESPACE/NAME, or NAME of one without a namespace */
};

/* All that was read; "details" only if they were asked for (read/document.h). */
struct objects {
	struct arena *arena;
	struct table strings;   /* label keys and values */
	const char **string_of; /* by number */
	size_t string_count;
	struct policy *policies;
	size_t policy_count;
	size_t joint_count; /* of further policies, behind those of the input: see model/share.h */
	uint32_t share_count; /* numbers of pods that share addresses */
	struct cluster_policy
		*cluster_policies; /* sorted by tier, priority and name: as packets ask them */
	size_t cluster_policy_count;
	struct cluster_node *nodes; /* sorted by name */
	size_t node_count;
	struct pod *pods;
	size_t pod_count;
	struct pod *host_pods; /* details: on their node's network, with its addresses; no ports */
	size_t host_pod_count;
	struct pod *finished_pods; /* details: names and the addresses that they had, unsorted */
	size_t finished_pod_count;
	struct workload *workloads; /* details */
	size_t workload_count;
	struct service *services; /* details */
	size_t service_count;
	struct expectation *expectations; /* details; see model/expectation.h */
	size_t expectation_count;
	struct namespace *namespaces; /* those with an object of their own */
	size_t namespace_count;
	struct other_policy *others; /* sorted by kind and name */
	size_t other_count;
	struct mark partial;  /* of a list that is not whole, where its file is not NULL */
	size_t pods_left_out; /* finished, on the node's network, or without an address */
	size_t skipped;       /* objects of other kinds */
};

/* How many policies there are to enforce: those of the input, and joint ones. */
static inline size_t objects_enforced(const struct objects *objects)
{
	return objects->policy_count + objects->joint_count;
}

/* How many policies the input has, of every kind that is read. */
static inline size_t objects_policies(const struct objects *objects)
{
	return objects->policy_count + objects->cluster_policy_count;
}

/* The number of a label's key or value, which is kept if it is new. */
uint32_t objects_intern(struct objects *objects, const char *text, size_t len);

/* The number, or TABLE_NONE if no label or selector has this text. */
uint32_t objects_find(const struct objects *objects, const char *text);

/* The namespace's object; NULL if it has none.  The namespaces must be sorted. */
const struct namespace *objects_namespace(const struct objects *objects, const char *name);

/*
 * The labels of a namespace, sorted by key.  One without an object has the one label that all have, which is put
 * into @own; or none, where no selector asks for that label.  The namespaces must be sorted.
 */
const struct label *objects_namespace_labels(const struct objects *objects, const char *name,
					     struct label *own, size_t *count);

#define NAMESPACE_NAME_LABEL "kubernetes.io/metadata.name"

/* Findings of lint that a policy's author knows of: their codes, with commas or blanks between. */
#define IGNORE_ANNOTATION "np2nft/ignore"

#endif
