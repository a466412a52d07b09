/*
 * A cluster that moves, and the ruleset of one node that moves with it.
 *
 * In:  events: a pod, a namespace or a policy as it is now, or that it is gone; as many as come together.
 * Out: what changes since the last time that was asked, in an order in which each change can be carried out;
 *      and the ruleset that all of it has led to.
 *
 * The hard idea: a compile is all events at once, and an event costs what it changes.  Whatever the order of
 * events was, the ruleset is the one that compile makes of what there is now, byte for byte.
 *
 * One thread at a time may use a pipeline; several pipelines know nothing of each other.
 */
#ifndef NP2NFT_PIPELINE_PIPELINE_H
#define NP2NFT_PIPELINE_PIPELINE_H

#include "change/transition.h"
#include "lower/closed.h"
#include "lower/guard.h"
#include "lower/lower.h"
#include "model/objects.h"

struct pipeline;

struct pipeline_options {
	struct lower_options lower;
	const char *node; /* whose pods are enforced; NULL: those of every node */
	bool log_denied;  /* some of what is denied is handed to user space (lower/logged.h) */
	size_t waste; /* bytes of what is gone that may pile up; 0: as many as what is there takes */
};

/* An empty cluster.  The texts of @options must live as long as the pipeline. */
struct pipeline *pipeline_new(const struct pipeline_options *options);
void pipeline_free(struct pipeline *pipeline);

/*
 * The object is now as it is given, whether it was there or not.  It is copied, so that nothing of it need live
 * on; @from has the strings that its labels are numbers of.  Marks and owners are not kept.
 *
 * A pod without addresses is as good as gone: so is one that has finished, or is on its node's network.
 */
void pipeline_put_pod(struct pipeline *pipeline, const struct objects *from, const struct pod *pod);
void pipeline_put_namespace(struct pipeline *pipeline, const struct objects *from,
			    const struct namespace *namespace);
void pipeline_put_policy(struct pipeline *pipeline, const struct objects *from,
			 const struct policy *policy);
void pipeline_put_cluster_policy(struct pipeline *pipeline, const struct objects *from,
				 const struct cluster_policy *policy);
void pipeline_put_node(struct pipeline *pipeline, const struct objects *from,
		       const struct cluster_node *node);

/*
 * The policy still isolates, but (@closed) allows nothing, or allows again what it says; until it is put anew.  Nothing
 * happens if there is none of that name.
 */
void pipeline_close_policy(struct pipeline *pipeline, const char *namespace, const char *name,
			   bool closed);

/* The object is gone; nothing happens if it was never there. */
void pipeline_drop_pod(struct pipeline *pipeline, const char *namespace, const char *name);
void pipeline_drop_namespace(struct pipeline *pipeline, const char *name);
void pipeline_drop_policy(struct pipeline *pipeline, const char *namespace, const char *name);
void pipeline_drop_cluster_policy(struct pipeline *pipeline, const char *name);
void pipeline_drop_node(struct pipeline *pipeline, const char *name);

enum pipeline_kind {
	PIPELINE_PODS,
	PIPELINE_NAMESPACES,
	PIPELINE_POLICIES,
	PIPELINE_CLUSTER_POLICIES,
	PIPELINE_NODES,
	PIPELINE_KINDS
};

/*
 * A list of all objects of a kind begins, and has come to its end: what was there when it began and was not put
 * in between is gone.  A list that breaks off is begun again, or never ended; until then all of it is there.
 */
void pipeline_list_begins(struct pipeline *pipeline, enum pipeline_kind kind);
void pipeline_list_ends(struct pipeline *pipeline, enum pipeline_kind kind);

/* How many objects of a kind there are. */
size_t pipeline_count(const struct pipeline *pipeline, enum pipeline_kind kind);

/*
 * From now on every ruleset is guarded (lower/guard.h) with these links, which are copied.  The links are those of the
 * pods that are enforced; they may change when such a pod does.
 */
void pipeline_guard(struct pipeline *pipeline, const struct pod_links *pod_links);

/*
 * From now on every ruleset is closed (lower/closed.h) in these ranges, which are copied: for the addresses there of no
 * pod that is known, on whatever node.
 */
void pipeline_close(struct pipeline *pipeline, const struct closed_ranges *ranges);

/* Has something happened since the last taking to a pod that is enforced, or to a policy that selects one? */
bool pipeline_concerns_node(const struct pipeline *pipeline);

/* The pods that are enforced, as they are now, in @arena. */
struct objects pipeline_node_pods(const struct pipeline *pipeline, struct arena *arena);

/* The same as of the last taking, with the policies that select them. */
struct objects pipeline_node_objects(struct pipeline *pipeline, struct arena *arena);

/* The pods that have an address; of several, what all of them allow is allowed. */
struct pipeline_shared {
	struct addr addr;
	const char **pods; /* NAMESPACE/NAME, sorted */
	size_t pod_count;
};

/* The pods that have an address, in @arena; none: nobody has it. */
struct pipeline_shared pipeline_owners(const struct pipeline *pipeline, struct arena *arena,
				       const struct addr *addr);

/* All addresses that several have, in @arena: *count, sorted by address. */
struct pipeline_shared *pipeline_shared(const struct pipeline *pipeline, struct arena *arena,
					size_t *count);

/*
 * What leads from the ruleset of the last call to the one of now: what transition() says of the two; at the
 * first call, what makes the table.  The changes live in @arena, and refer to rulesets that live until the next
 * call of this function.
 *
 * Who could not carry them out reads the kernel's table and asks transition() for the way from there to
 * pipeline_ruleset(); the next call goes on from that.
 */
struct changes pipeline_take(struct pipeline *pipeline, struct arena *arena);

/*
 * The ruleset of the last pipeline_take(), whole; it lives until the next.  NULL: there was none yet.  What it
 * does not know is stats.peer_sum.
 */
const struct ruleset *pipeline_ruleset(const struct pipeline *pipeline);

/*
 * When what is gone takes more memory than it may, all is made anew of what is there.  Each time the ruleset must be
 * the same as before: how often it was not, which is a fault of this program.  The changes of that taking put it
 * right.
 */
size_t pipeline_faults(const struct pipeline *pipeline);

/* How often all was made anew. */
size_t pipeline_renewals(const struct pipeline *pipeline);

#endif
