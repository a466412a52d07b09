/*
 * What the API server holds, as far as the watches have told it.
 *
 * In:  lists and changes of pods, namespaces and policies, as trees (agent/watch.h).
 * Out: events for a pipeline (pipeline/pipeline.h); and what is wrong with some of the objects (agent/faults.h).
 *
 * What one object does wrong stays with it.  A pod or a namespace that cannot be read is left out.  A policy that
 * cannot be read closes the pods that it selects in the directions that it isolates, as far as that much can be
 * read; if not even that, the pods of its namespace in both.
 *
 * The hard idea: nothing is forgotten before something better is known.  What a list does not have is gone only
 * when the list is whole; and one that is empty where there was a cluster is not believed at once.
 */
#ifndef NP2NFT_AGENT_CLUSTER_H
#define NP2NFT_AGENT_CLUSTER_H

#include "agent/faults.h"
#include "pipeline/pipeline.h"
#include "read/tree.h"

struct cluster {
	struct pipeline *pipeline;
	const char
		*own_node; /* the pipeline is closed in the ranges that it has; NULL: it is not */
	struct arena *scratch;
	long long
		doubt; /* milliseconds for which an empty list is not believed where there was something */
	bool changed; /* something happened since the pipeline was asked */
	struct cluster_list {
		bool is_whole;   /* there was a whole one */
		bool was_there;  /* what there was before this process is still in the kernel */
		uint32_t number; /* of the list that is under way, or was */
		size_t seen;     /* objects in it so far */
		unsigned empty;  /* answers in a row */
		long long since; /* when the first of these came */
	} lists[AGENT_KINDS];
	struct arena *fault_arena; /* of texts, those of faults that are gone among them */
	struct fault *faults;
	uint32_t *fault_list; /* by fault: the number of the list that told it last */
	size_t fault_count;
	unsigned fault_changes; /* how often a fault came or went */
};

/* @doubt: see struct cluster.  The pipeline is the caller's. */
void cluster_begin(struct cluster *cluster, struct pipeline *pipeline, long long doubt);
void cluster_end(struct cluster *cluster);

/* There was a cluster before this process began: empty lists are doubted from the beginning. */
void cluster_expect(struct cluster *cluster);

/* As struct watch_receiver of agent/watch.h has them. */
void cluster_list_begins(struct cluster *cluster, enum pipeline_kind kind);
void cluster_put(struct cluster *cluster, enum pipeline_kind kind, const struct node *object,
		 bool gone);
int cluster_list_ends(struct cluster *cluster, enum pipeline_kind kind, long long now);

/* A pod as it is known from elsewhere than a list or a watch; it does not make an empty list credible. */
void cluster_learn(struct cluster *cluster, const struct node *pod, bool gone);

/* The kernel refuses a policy, with these words: so it is until the policy changes or is gone. */
void cluster_refuse(struct cluster *cluster, const char *namespace, const char *name,
		    const char *text);

/* Was there a whole list of each kind? */
bool cluster_is_whole(const struct cluster *cluster);

#endif
