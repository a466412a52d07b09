/*
 * A cluster that changes, and the ruleset of one node, which follows it.
 *
 * In:  events: a pod, a namespace or a policy as it is now, or that it is gone; several at a time.
 * Out: what has changed since the last time that somebody asked, in an order in which each change
 * can be carried out; and the whole ruleset.
 *
 * The hard idea: compiling is the same as all events at once, and an event costs only what it
 * changes.  Whatever the order of events was, the ruleset is byte for byte the one that `compile`
 * makes of the current objects.
 *
 * A pipeline may be used by one thread at a time; several pipelines are independent of each other.
 */
#ifndef NP2NFT_PIPELINE_PIPELINE_H
#define NP2NFT_PIPELINE_PIPELINE_H

#include "change/transition.h"
#include "lower/closed_ranges.h"
#include "lower/guard.h"
#include "lower/lower.h"
#include "model/objects.h"

struct pipeline;

struct pipeline_options {
	struct lower_options lower;
	const char *node; /* the node whose pods are enforced; NULL: those of every node are */
	bool log_denied;  /* hand some of the denied packets to user space (lower/log_denied.h) */
	/* how many bytes of garbage may pile up; 0: as many as the current objects take */
	size_t waste;
};

/* Makes an empty cluster.  The texts of @options must live as long as the pipeline. */
struct pipeline *pipeline_new(const struct pipeline_options *options);
void pipeline_free(struct pipeline *pipeline);

/*
 * Puts an object in, or replaces it.  It is copied, so that nothing of it need live on; @from has
 * the strings of which its labels are numbers.  Places in the input and owners are not kept.
 *
 * A pod without addresses counts as gone, and so does one that has finished or is on its node's
 * network.
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
 * Closes the policy, so that it still isolates but allows nothing; or (@closed is false) opens it
 * again.  This holds until the policy is put in again.  Nothing happens if there is no policy of
 * that name.
 */
void pipeline_close_policy(struct pipeline *pipeline, const char *namespace, const char *name,
			   bool closed);

/* Does the same to all rules of a cluster policy: a closed one accepts nothing, or denies everything. */
void pipeline_close_cluster_policy(struct pipeline *pipeline, const char *name, bool closed);

/* Removes the object.  Nothing happens if it was never there. */
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
 * Begins and ends a list of all objects of a kind.  At its end, those that were there when it began
 * and were not put in meanwhile are removed.  A list that breaks off is begun again, or never
 * ended; until then nothing is removed.
 */
void pipeline_list_begins(struct pipeline *pipeline, enum pipeline_kind kind);
void pipeline_list_ends(struct pipeline *pipeline, enum pipeline_kind kind);

/* Is the pod there, with an address? */
bool pipeline_has_pod(const struct pipeline *pipeline, const char *namespace, const char *name);

/* How many objects of a kind there are. */
size_t pipeline_count(const struct pipeline *pipeline, enum pipeline_kind kind);

/*
 * From now on, every ruleset is guarded (lower/guard.h) with these links, which are copied.  They
 * are the links of enforced pods, and may change when such a pod does.
 */
void pipeline_guard(struct pipeline *pipeline, const struct pod_links *pod_links);

/*
 * From now on, every ruleset has these closed ranges (lower/closed_ranges.h), which are copied: the
 * addresses in them that belong to no known pod of any node get nothing.
 */
void pipeline_close_ranges(struct pipeline *pipeline, const struct closed_ranges *ranges);

/* The ranges that are closed now; there may be none. */
const struct closed_ranges *pipeline_closed_ranges(const struct pipeline *pipeline);

/* Are any ranges closed? */
bool pipeline_has_closed_ranges(const struct pipeline *pipeline);

/*
 * Has anything happened since the last pipeline_take() to an enforced pod, or to a policy that
 * selects one?
 */
bool pipeline_concerns_node(const struct pipeline *pipeline);

/* All objects as they are now, in @arena; what they point to lives until the next event. */
struct objects pipeline_objects(const struct pipeline *pipeline, struct arena *arena);

/* The enforced pods as they are now, in @arena. */
struct objects pipeline_node_pods(const struct pipeline *pipeline, struct arena *arena);

/* The enforced pods as of the last pipeline_take(), with the policies that select them. */
struct objects pipeline_node_objects(struct pipeline *pipeline, struct arena *arena);

/*
 * An address, and the pods that have it; if there are several, it is allowed what each of them is.
 */
struct pipeline_shared {
	struct addr addr;
	const char **pods; /* NAMESPACE/NAME, sorted */
	size_t pod_count;
};

/* The pods that have an address, in @arena; none, if nobody has it. */
struct pipeline_shared pipeline_owners(const struct pipeline *pipeline, struct arena *arena,
				       const struct addr *addr);

/* All addresses that several pods have, in @arena, sorted by address; *count is their number. */
struct pipeline_shared *pipeline_shared(const struct pipeline *pipeline, struct arena *arena,
					size_t *count);

/*
 * The changes that lead from the ruleset of the last call to the current one, as transition() would
 * order them; at the first call, the changes that make the table.  They live in @arena, and refer
 * to rulesets that live until the next call.
 *
 * A caller that could not carry them out reads the kernel's table and asks transition() for the way
 * from there to pipeline_ruleset(); the next call continues from that.
 */
struct changes pipeline_take(struct pipeline *pipeline, struct arena *arena);

/*
 * The whole ruleset of the last pipeline_take(), which lives until the next; NULL before the first.
 * Its stats.peer_sum is not set.
 */
const struct ruleset *pipeline_ruleset(const struct pipeline *pipeline);

/*
 * How many faults were found.  When too much garbage has piled up, everything is made anew from the
 * current objects, and must give the same ruleset; if it does not, that is a fault of this program,
 * and the changes of that pipeline_take() put it right.
 */
size_t pipeline_faults(const struct pipeline *pipeline);

/* How many times everything was made anew. */
size_t pipeline_renewals(const struct pipeline *pipeline);

#endif
