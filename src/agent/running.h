/*
 * The agent while it runs: what its loop (agent/agent.c) and its answers (agent/answers.c) share.
 */
#ifndef NP2NFT_AGENT_RUNNING_H
#define NP2NFT_AGENT_RUNNING_H

#include "agent/agent.h"
#include "agent/cluster.h"
#include "agent/metrics.h"
#include "agent/nri.h"
#include "agent/residents.h"
#include "agent/serve.h"
#include "agent/watch.h"

#include <time.h>

struct agent {
	const struct agent_options *options;
	struct log log;
	struct credentials credentials;
	struct api api;
	struct pipeline *pipeline;
	struct cluster cluster;
	struct commit commit;
	struct nri nri;
	struct residents residents;
	struct follower {
		struct agent *agent;
		enum pipeline_kind kind;
		struct watch watch;
	} followers[AGENT_KINDS];
	int signals;
	struct kernel_socket *denied; /* kernel/nflog.h; NULL: denied packets are not told of */
	long watchdog; /* milliseconds in which systemd wants a word; 0: it does not */
	long long promise_due;
	bool is_over;
	bool wants_commit; /* a change is not committed yet */
	bool is_synced;
	long long retry_at; /* not before this is a commit tried again */
	unsigned failures;
	struct faults_told told;
	unsigned told_changes; /* cluster.fault_changes as it was then */
	int keeper;            /* state_keep(); -1: it could not be had */
	long long record_due;  /* when the record beside the table may be written again */
	struct serve serve;
	struct arena *answers; /* of the answer at hand */
	struct counts {
		uint64_t events[AGENT_KINDS]; /* objects that came, changed or went */
		uint64_t commits, changes, ended, repairs, failures;
		size_t faults[FAULT_CAUSES]; /* that there are now */
		struct histogram event_to_commit, sandbox_to_commit, connections;
		bool waits;                  /* an event is not committed yet, */
		struct timespec first_event; /* which came at this time of the monotonic clock */
		time_t synced;               /* when the table was last known to be true */
		size_t elements, sets, chains, isolated[DIRECTIONS];
	} counts;
};

#endif
