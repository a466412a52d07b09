/*
 * What is expected of the policies: which connections they shall allow, and which not.
 *
 * read/expectation.c makes them.  Ends and ports are also what a command line names in the same words.
 */
#ifndef NP2NFT_MODEL_EXPECTATION_H
#define NP2NFT_MODEL_EXPECTATION_H

#include "model/objects.h"

enum end_kind {
	END_WORKLOAD, /* a pod, or what stands for pods to come; by its name */
	END_SERVICE,  /* by its name */
	END_ADDRESS,
	END_BLOCK, /* every address of a CIDR */
	END_PODS,  /* by label, each of them; as a policy's peer */
	END_NODE,  /* each address of a Node, by its name */
};

/* One end of a connection. */
struct end {
	struct mark mark;
	const char *text; /* as it is written; NULL for END_PODS */
	enum end_kind kind;
	const char *workload;  /* END_WORKLOAD: its kind, as in struct workload; "Pod" also for one
				  that runs */
	const char *namespace; /* of the name; END_PODS: where, if namespaces is NULL */
	const char *name;
	struct cidr cidr;                         /* of an address the one that has all its bits */
	const struct selector *namespaces, *pods; /* END_PODS, as in struct peer */
};

/* That everything of @from gets to everything of @to on all of the ports; or nothing, on none. */
struct expectation {
	struct mark mark;
	const char *namespace, *name; /* of the object that it stands in */
	struct end from, to;
	struct port *ports; /* protocol ICMP too, then without numbers */
	size_t port_count;  /* 0: every port of every protocol */
	bool allow;
};

#endif
