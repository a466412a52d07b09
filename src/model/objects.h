/*
 * Kubernetes' objects as the rest of the program sees them: validated, with defaults filled in, and
 * reduced to what matters here.
 *
 * In:  read/policy.c, read/cluster_policy.c and read/pod.c make them.  Out: resolve/resolve.h
 * takes them.
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

/*
 * IP protocol numbers, as in the packet.  ICMP stands for ICMP of both families; no policy names
 * it.
 */
enum protocol { PROTOCOL_ANY = 0, ICMP = 1, TCP = 6, UDP = 17, SCTP = 132 };

/*
 * A label.  The key and the value are numbers of texts in objects.strings, so that labels are
 * compared as numbers.
 */
struct label {
	uint32_t key, value;
};

enum operator{ OP_IN, OP_NOT_IN, OP_EXISTS, OP_DOES_NOT_EXIST };

/* One requirement of a selector.  An entry `key: value` of matchLabels is OP_IN with one value. */
struct requirement {
	uint32_t key;
	enum operator op;
	uint32_t *values; /* sorted by their text, each once */
	size_t count;
};

/*
 * Requirements that must all hold, in canonical order and without repetitions.  Without any,
 * everything matches.
 */
struct selector {
	struct requirement *requirements;
	size_t count;
};

enum peer_kind {
	PEER_PODS,  /* pods, by label */
	PEER_BLOCK, /* addresses */
	PEER_NODES, /* the addresses of nodes, by label; only cluster policies have them */
	/*
	 * the addresses of a DNS name; only cluster policies have them, and they are never enforced
	 */
	PEER_DOMAIN,
};

/* One entry of `from` or `to`. Each member belongs to the kind that stands above it. */
struct peer {
	struct mark mark;
	enum peer_kind kind;
	/* PEER_PODS */
	const struct selector *namespaces; /* NULL: the policy's own namespace */
	const struct selector *pods;       /* never NULL; a missing selector is an empty one */
	/* PEER_BLOCK */
	struct cidr cidr;
	struct cidr *excepts; /* sorted, without repetitions */
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
	const char *name; /* a named port; NULL: the numbers below count */
	/*
	 * With PROTOCOL_ANY, which only cluster policies have, the name stands for the ports of
	 * that name of any protocol.
	 */
	uint16_t first, last; /* host byte order; 0 to 65535 is every port */
};

struct policy_rule {
	struct mark mark;
	struct peer *peers;
	size_t peer_count; /* 0: any peer */
	struct port *ports;
	size_t port_count; /* 0: every port of every protocol */
};

struct policy {
	const char *namespace, *name;
	struct mark mark;
	const struct selector *pods;
	bool isolates[DIRECTIONS];
	/* no rules for a direction in which it does not isolate */
	struct policy_rule *rules[DIRECTIONS];
	size_t rule_count[DIRECTIONS];
	/* its rules count for nothing, since they cannot be read or the kernel refuses them */
	bool is_closed;
	/*
	 * if not 0, the policy selects the pods whose @shares is this number, and no others
	 * (model/shared_address.h)
	 */
	uint32_t joint;
	/*
	 * its annotation AUDIT_ANNOTATION is "true": it denies nothing, and what it would deny is
	 * counted
	 */
	bool is_audited;
	const char *ignore; /* the value of its annotation IGNORE_ANNOTATION; NULL: it has none */
};

/*
 * The tiers of cluster policies (ClusterNetworkPolicy, policy.networking.k8s.io/v1alpha2).  A
 * packet meets Admin first, then the NetworkPolicies, then Baseline.  Pods that a NetworkPolicy
 * isolates never reach Baseline.
 */
enum tier { TIER_ADMIN, TIER_BASELINE, TIERS };

/* What a rule of a cluster policy decides about the packets that it matches. */
enum action {
	ACTION_ACCEPT, /* the packet is allowed in this direction; no later tier is asked */
	ACTION_DENY,   /* the packet is dropped, and never rejected */
	ACTION_PASS,   /* the tier decides nothing; the next one is asked */
};

/* A rule of a cluster policy.  The first rule whose peers and ports match decides. */
struct tier_rule {
	struct mark mark;
	const char *name; /* "": none */
	enum action action;
	/*
	 * A part of the rule is unknown to this version.  The API server prunes unknown fields, so
	 * that a peer or a protocol may come as {}. As the API demands, the rule then fails closed:
	 * an Accept matches nothing, and a Deny or a Pass denies everything.  The rule then has
	 * neither peers nor ports.
	 */
	bool is_closed;
	/*
	 * some of its peers are domain names, which are not enforced; this is also set where the
	 * rule is closed
	 */
	bool names_domains;
	/* one of them must match; each network and each domain name is a peer of its own */
	struct peer *peers;
	size_t peer_count;  /* 0 only if the rule is closed */
	struct port *ports; /* one of them must match */
	size_t port_count;  /* 0: every port of every protocol, and ICMP */
};

/* A ClusterNetworkPolicy. */
struct cluster_policy {
	const char *name;
	struct mark mark;
	enum tier tier;
	/*
	 * 0 to 1000: the lower one is asked first; equal ones are asked in the order of their names
	 */
	uint16_t priority;
	const struct selector *namespaces; /* of its subject; never NULL */
	/* of its subject; never NULL; empty if the subject is "namespaces" */
	const struct selector *pods;
	const char *ignore; /* the value of its annotation IGNORE_ANNOTATION; NULL: it has none */
	/*
	 * of a live object whose subject cannot be read: it selects no pod, and a diagnostic says
	 * so
	 */
	bool selects_nothing;
	/* the kernel refuses it: each of its rules is closed */
	bool is_closed;
	struct tier_rule *rules[DIRECTIONS]; /* in the order of the document */
	size_t rule_count[DIRECTIONS];
};

/* A Node.  A peer of kind PEER_NODES means every address in its status. */
struct cluster_node {
	const char *name;
	struct mark mark;
	struct label *labels; /* sorted by key */
	size_t label_count;
	struct addr *addrs; /* sorted, without repetitions */
	size_t addr_count;
	struct cidr *pod_cidrs; /* spec.podCIDRs: where its pods get their addresses */
	size_t pod_cidr_count;
};

/* A container port with a name. */
struct pod_port {
	const char *name;
	enum protocol protocol;
	uint16_t number;
};

/*
 * A pod that is target and peer: it has an address, is not finished, and is not on its node's
 * network.
 */
struct pod {
	const char *namespace, *name;
	const char *node; /* "": it has no node */
	struct mark mark;
	const char *owner_kind, *owner; /* its controller; read only for details; NULL: none */
	struct label *labels;           /* sorted by key */
	size_t label_count;
	struct addr *addrs;
	size_t addr_count;
	struct pod_port *ports;
	size_t port_count;
	/* details: how many ports without a name follow behind these; their names are "" */
	size_t plain_count;
	/* pods that have an address in common have the same number here; 0: it shares none */
	uint32_t shares;
	bool is_joint;  /* among policies, only joint ones select it (model/shared_address.h) */
	bool is_closed; /* it is joint and under a cluster policy: nothing reaches it or leaves it */
	/* it is closed, and a cluster policy of it or of a sharer may deny it its own node */
	bool is_closed_to_node;
};

struct namespace
{
	const char *name;
	struct mark mark;
	struct label *labels; /* sorted by key; kubernetes.io/metadata.name is among them */
	size_t label_count;
};

/*
 * Pods to come, as their controller describes them: one row, without an address.  An object that
 * another such object controls has no row of its own.  The kinds are Deployment, StatefulSet,
 * DaemonSet, ReplicaSet, Job, CronJob, PodTemplate and ReplicationController, and Pod for one that
 * does not run yet.
 */
struct workload {
	const char *kind;
	/* a * at the end stands for what the API server will put there */
	const char *namespace, *name;
	struct mark mark;
	struct label *labels; /* labels of its pods, sorted by key */
	size_t label_count;
	struct pod_port *ports; /* as those of a pod */
	size_t port_count, plain_count;
	bool host_network;
};

enum service_type {
	SERVICE_CLUSTER_IP,
	SERVICE_NODE_PORT,
	SERVICE_LOAD_BALANCER,
	SERVICE_EXTERNAL_NAME,
	SERVICE_HEADLESS, /* a Service whose clusterIP is None */
};

struct service_port {
	struct mark mark;
	const char *name; /* NULL: it has none */
	enum protocol protocol;
	uint16_t number;
	uint16_t target_number;  /* port of the pods; 0: the name below counts */
	const char *target_name; /* NULL: the number above counts */
};

struct service {
	const char *namespace, *name;
	struct mark mark;
	enum service_type type;
	struct label *selector; /* sorted by key; empty if the Service has no selector */
	size_t selector_count;
	struct addr *cluster_ips; /* none until the API server has assigned one */
	size_t cluster_ip_count;
	/* externalIPs, and those addresses of its load balancer that nodes translate */
	struct addr *outer_ips;
	size_t outer_ip_count;
	bool external_traffic_local; /* its externalTrafficPolicy is Local */
	struct service_port *ports;
	size_t port_count;
};

/* A policy of a kind that np2nft does not read. */
struct other_policy {
	struct mark mark;
	const char *kind; /* with the apiVersion: "CiliumNetworkPolicy (cilium.io/v2)" */
	const char *name; /* NAMESPACE/NAME, or NAME if it has no namespace */
};

/*
 * All objects that were read.  Members marked "details" are filled only if details were asked for
 * (read/document.h).
 */
struct objects {
	struct arena *arena;
	struct table strings;   /* the keys and values of labels, each with a number */
	const char **string_of; /* the text of each number */
	size_t string_count;
	struct policy *policies; /* sorted by namespace and name */
	size_t policy_count;
	/* how many joint policies stand behind those of the input (model/shared_address.h) */
	size_t joint_count;
	uint32_t share_count; /* how many numbers pod.shares has */
	/* sorted by tier, priority and name, which is how packets meet them */
	struct cluster_policy *cluster_policies;
	size_t cluster_policy_count;
	struct cluster_node *nodes; /* sorted by name */
	size_t node_count;
	struct pod *pods;
	size_t pod_count;
	/* details: pods on their node's network, with its addresses and without ports */
	struct pod *host_pods;
	size_t host_pod_count;
	/* details: their names and the addresses that they had, unsorted */
	struct pod *finished_pods;
	size_t finished_pod_count;
	struct workload *workloads; /* details */
	size_t workload_count;
	struct service *services; /* details */
	size_t service_count;
	struct expectation *expectations; /* details */
	size_t expectation_count;
	struct namespace *namespaces; /* the Namespace objects that were read */
	size_t namespace_count;
	struct other_policy *others; /* sorted by kind and name */
	size_t other_count;
	/* the place of a list that is not complete; its file is NULL if there is none */
	struct mark partial;
	size_t pods_left_out; /* finished, on the node's network, or without an address */
	size_t skipped;       /* objects of kinds that are not used */
};

/*
 * The next of the pod's ports, from *@at on, that has this name and this protocol (PROTOCOL_ANY: any
 * protocol); *@at moves behind it.  NULL: there is none.
 */
const struct pod_port *pod_port_named(const struct pod *pod, const char *name,
				      enum protocol protocol, size_t *at);

/* Does the pod have a port with the same name, protocol and number? */
bool pod_has_port(const struct pod *pod, const struct pod_port *port);

/* Do all pods that share an address with this one have such a port? */
bool sharers_have_port(const struct objects *objects, const struct pod *pod,
		       const struct pod_port *port);

/* The order of pods, or of structs that begin with one: by namespace, then by name. */
int pod_compare(const void *a, const void *b);

/* How many NetworkPolicies there are to enforce: those of the input, and the joint ones. */
static inline size_t objects_enforced(const struct objects *objects)
{
	return objects->policy_count + objects->joint_count;
}

/* How many policies the input has, of all kinds that are read. */
static inline size_t objects_policies(const struct objects *objects)
{
	return objects->policy_count + objects->cluster_policy_count;
}

/*
 * Returns the number of a label's key or value.  If the text is new, it is copied and gets a number
 * first.
 */
uint32_t objects_intern(struct objects *objects, const char *text, size_t len);

/* Returns the number, or TABLE_NONE if no label or selector has this text. */
uint32_t objects_find(const struct objects *objects, const char *text);

/* The Namespace object of this name, or NULL.  The namespaces must be sorted. */
const struct namespace *objects_namespace(const struct objects *objects, const char *name);

/*
 * The labels of a namespace, sorted by key.  A namespace without an object has only the label that
 * every namespace has: it is put into @own, or left out if no selector asks for that label.  The
 * namespaces must be sorted.
 */
const struct label *objects_namespace_labels(const struct objects *objects, const char *name,
					     struct label *own, size_t *count);

#define NAMESPACE_NAME_LABEL "kubernetes.io/metadata.name"

/*
 * The annotation of a policy in which its author lists the codes of findings to ignore, separated
 * by commas or blanks.
 */
#define IGNORE_ANNOTATION "np2nft/ignore"

/* "true" on a NetworkPolicy: what it would deny is counted, and passes. */
#define AUDIT_ANNOTATION "np2nft/audit"

#endif
