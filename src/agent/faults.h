/*
 * What is wrong with some of the cluster's objects, told when it comes and when it is gone.
 *
 * In:  all faults that there are now.
 * Out: lines of the log for those that came and went since the last time; each one as a sentence.
 */
#ifndef NP2NFT_AGENT_FAULTS_H
#define NP2NFT_AGENT_FAULTS_H

#include "agent/log.h"
#include "base/arena.h"
#include "pipeline/pipeline.h"

/* The kinds that are watched. */
#define AGENT_KINDS PIPELINE_KINDS

enum fault_cause {
	FAULT_UNREADABLE, /* the object cannot be read */
	FAULT_REFUSED,    /* a policy; the kernel refuses it */
	FAULT_AUDIT,      /* a policy; how it asks for audit is not known */
	FAULT_SHARED,     /* several pods have one address */
	FAULT_CAUSES
};

struct fault {
	enum fault_cause cause;
	enum pipeline_kind kind;
	const char *name; /* NAMESPACE/NAME; of a namespace NAME; of FAULT_SHARED the address */
	const char *text; /* the first thing that is wrong with it; of FAULT_SHARED the pods */
};

/* So many faults are told one by one; of the rest only the number is. */
#define FAULTS_TOLD 100

/* What was told last. */
struct faults_told {
	struct arena *arena; /* NULL: nothing yet */
	struct fault *items;
	size_t count;
};

/* What the cause is called where it is a label. */
extern const char *const fault_cause_names[FAULT_CAUSES];

/* Tells what came and went, and remembers all of it. */
void faults_tell(struct faults_told *told, struct log *log, const struct fault *faults,
		 size_t count);
void faults_forget(struct faults_told *told);

/* A fault in a sentence. */
const char *fault_sentence(struct arena *arena, const struct fault *fault);

/* The faults of pods that share addresses, in @arena. */
struct fault *faults_of_shared(struct arena *arena, const struct pipeline *pipeline, size_t *count);

#endif
