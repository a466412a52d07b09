/*
 * Expectations: which connections the policies shall allow, and which not.
 *
 * In:  read/expectation.c makes them from documents, and from the words of a command line, which
 * names ends and ports in the same way.  Out: the questions of ask/ judge them.
 */
#ifndef NP2NFT_MODEL_EXPECTATION_H
#define NP2NFT_MODEL_EXPECTATION_H

#include "model/objects.h"

enum end_kind {
	END_WORKLOAD, /* a pod, or a controller that stands for pods to come; by its name */
	END_SERVICE,  /* a Service, by its name */
	END_ADDRESS,
	END_BLOCK, /* every address of a CIDR */
	END_PODS,  /* every pod that labels select, as in a policy's peer */
	END_NODE,  /* every address of a Node, by its name */
};

/* One end of a connection. */
struct end {
	struct mark mark;
	const char *text; /* the end as it is written; NULL for END_PODS */
	enum end_kind kind;
	/* of END_WORKLOAD: the kind, as in struct workload; "Pod" also for a pod that runs */
	const char *workload;
	/*
	 * the namespace of the name; of END_PODS: the namespace of the pods, if @namespaces is NULL
	 */
	const char *namespace;
	const char *name;
	struct cidr cidr;                         /* an address is a CIDR with all its bits */
	const struct selector *namespaces, *pods; /* of END_PODS: as in struct peer */
};

/*
 * Says that everything of @from reaches everything of @to on all of the ports; or, if it is not
 * allowed, that nothing of @from reaches anything of @to on any of them.
 */
struct expectation {
	struct mark mark;
	const char *namespace, *name; /* of the Expectations object */
	struct end from, to;
	struct port *ports; /* they may be of protocol ICMP, which then has no numbers */
	size_t port_count;  /* 0: every port of every protocol */
	bool allow;
};

#endif
