/*
 * Faults of single objects of the cluster: each is reported when it begins and when it is over.
 *
 * In: all current faults.  Out: log lines for those that came and went since the last time; a
 * sentence for each.
 */
#ifndef NP2NFT_AGENT_OBJECT_FAULTS_H
#define NP2NFT_AGENT_OBJECT_FAULTS_H

#include "agent/log.h"
#include "base/arena.h"
#include "pipeline/pipeline.h"

/* How many kinds of objects are watched. */
#define AGENT_KINDS PIPELINE_KINDS

enum fault_cause {
	FAULT_UNREADABLE, /* the object cannot be read */
	FAULT_REFUSED,    /* of a policy: the kernel refuses it */
	FAULT_AUDIT,      /* of a policy: it asks for audit in an unknown way */
	FAULT_SHARED,     /* of an address: several pods have it */
	FAULT_CAUSES
};

struct fault {
	enum fault_cause cause;
	enum pipeline_kind kind;
	const char *name; /* NAMESPACE/NAME; for a namespace NAME; for FAULT_SHARED the address */
	const char *text; /* the first thing that is wrong with it; for FAULT_SHARED the pods */
};

/* At most so many faults are reported one by one; if there are more, only their number is. */
#define FAULTS_TOLD 100

/* The faults that were reported last. */
struct faults_told {
	struct arena *arena; /* NULL: none were reported yet */
	struct fault *items;
	size_t count;
};

/* The name of each cause as the value of a label. */
extern const char *const fault_cause_names[FAULT_CAUSES];

/* Reports which faults came and went, and remembers all. */
void faults_tell(struct faults_told *told, struct log *log, const struct fault *faults,
		 size_t count);
void faults_forget(struct faults_told *told);

/* Describes a fault in a sentence. */
const char *fault_sentence(struct arena *arena, const struct fault *fault);

/* The faults of pods that share addresses, in @arena. */
struct fault *faults_of_shared(struct arena *arena, const struct pipeline *pipeline, size_t *count);

#endif
