/*
 * The state of the running agent, which its loop (agent/agent.c), its reports (agent/report.c) and
 * its answers (agent/probes.c) share.
 */
#ifndef NP2NFT_AGENT_RUNNING_H
#define NP2NFT_AGENT_RUNNING_H

#include "agent/cluster.h"
#include "agent/metrics.h"
#include "agent/nri.h"
#include "agent/options.h"
#include "agent/own_pods.h"
#include "agent/self_check.h"
#include "agent/http_server.h"
#include "agent/start_delay.h"
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
	struct kernel_socket
		*denied; /* kernel/nflog.h reads it; NULL: denied packets are not logged */
	long watchdog; /* within how many milliseconds systemd expects a message; 0: it does not */
	long long promise_due;
	bool is_over;
	bool wants_commit; /* a change is not committed yet */
	bool is_synced;
	long long retry_at; /* a commit is not tried again before this time */
	unsigned failures;
	long long
		refused_due; /* when refused policies are tried again; LLONG_MAX: there are none */
	/* how often refused policies were tried again since the last time when there were none */
	unsigned refused_tries;
	struct starts starts;
	struct faults_told told;
	unsigned told_changes; /* cluster.fault_changes when faults were last reported */
	int keeper;            /* the file of state_keep(); -1: it could not be made */
	long long record_due;  /* when the record beside the table may be written again */
	struct serve serve;
	struct self_check self_check;
	struct arena *answers; /* memory for the answer that is being made */
	struct counts {
		uint64_t events[AGENT_KINDS]; /* how many objects came, changed or went */
		uint64_t commits, changes, ended, repairs, failures;
		size_t faults[FAULT_CAUSES]; /* how many there are now */
		struct histogram event_to_commit, sandbox_to_commit, connections;
		bool waits;                  /* an event has come that is not committed yet */
		struct timespec first_event; /* when that event came, by the monotonic clock */
		time_t synced;               /* when the table was last known to be true */
		size_t elements, sets, chains, isolated[DIRECTIONS];
	} counts;
};

#endif
