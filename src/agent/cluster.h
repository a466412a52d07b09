/*
 * What the API server holds, as far as the watches have reported it.
 *
 * In:  lists and changes of pods, namespaces and policies, as trees (agent/watch.h).  Out: events
 * for a pipeline (pipeline/pipeline.h), and what is wrong with single objects
 * (agent/object_faults.h).
 *
 * A fault of one object affects only that object.  A pod or a namespace that cannot be read is left
 * out.  A policy that cannot be read closes the pods that it selects, in the directions in which it
 * isolates, if that much can be read; otherwise it closes the pods of its namespace in both
 * directions.
 *
 * The hard idea: nothing is forgotten before something better is known.  An object that is missing
 * from a list is gone only when the list is complete; and a list that is empty where there was a
 * cluster is not believed at once.
 */
#ifndef NP2NFT_AGENT_CLUSTER_H
#define NP2NFT_AGENT_CLUSTER_H

#include "agent/object_faults.h"
#include "pipeline/pipeline.h"
#include "read/tree.h"

struct cluster {
	struct pipeline *pipeline;
	const char
		*own_node; /* the pipeline is closed in the ranges that it has; NULL: it is not */
	struct arena *scratch;
	/*
	 * if there were objects of a kind, an empty list is not believed for so many milliseconds
	 */
	long long doubt;
	bool changed;     /* something has happened since the pipeline was last asked */
	bool names_nodes; /* a cluster policy names nodes, or did so while this process has run */
	/*
	 * There has been a complete list of each kind that matters.  It stays so if nodes come to
	 * matter later: only the policies that name them wait for their list.
	 */
	bool is_whole;
	/* cluster policies that name nodes, as they were told, while the nodes are not listed yet */
	struct arena *waiting_arena;
	const struct tree_node **waiting;
	size_t waiting_count;
	struct cluster_list {
		bool is_whole; /* there has been a complete list */
		/* objects from before this process are still in the kernel's table */
		bool was_there;
		uint32_t number; /* the number of the list that is under way, or was the last */
		size_t seen;     /* how many objects the list has had so far */
		unsigned empty;  /* how many empty answers came in a row */
		long long since; /* when the first of these answers came */
	} lists[AGENT_KINDS];
	struct arena *fault_arena; /* for texts, including those of faults that are gone */
	struct fault *faults;
	uint32_t *fault_list; /* index: fault; the number of the last list that had it */
	size_t fault_count;
	unsigned fault_changes; /* how many times a fault came or went */
};

/* Begins without objects.  @doubt is as in struct cluster; the pipeline stays the caller's. */
void cluster_begin(struct cluster *cluster, struct pipeline *pipeline, long long doubt);
void cluster_end(struct cluster *cluster);

/*
 * Says that there was a cluster before this process began, so that empty lists are doubted from the
 * beginning.
 */
void cluster_expect(struct cluster *cluster);

/* These are the functions of struct watch_receiver in agent/watch.h. */
void cluster_list_begins(struct cluster *cluster, enum pipeline_kind kind);
void cluster_put(struct cluster *cluster, enum pipeline_kind kind, const struct tree_node *object,
		 bool gone);
int cluster_list_ends(struct cluster *cluster, enum pipeline_kind kind, long long now);

/*
 * Takes a pod that is known from another source than a list or a watch.  It does not make an empty
 * list credible.
 */
void cluster_learn(struct cluster *cluster, const struct tree_node *pod, bool gone);

/*
 * Notes that the kernel refuses a policy, with these words.  That lasts until the policy changes or
 * is gone, or until cluster_try_again().  @namespace is NULL for a cluster policy.
 */
void cluster_refuse(struct cluster *cluster, const char *namespace, const char *name,
		    const char *text);

/* Does the kernel refuse any policy? */
bool cluster_is_refused(const struct cluster *cluster);

/* Opens all refused policies again, so that the next commit tries them. */
void cluster_try_again(struct cluster *cluster);

/*
 * Does a kind matter? Nodes do only if the pipeline is closed in the ranges of its own node, or if a
 * cluster policy names nodes.  Their objects are large, and change every few minutes.
 */
bool cluster_wants(const struct cluster *cluster, enum pipeline_kind kind);

#endif
