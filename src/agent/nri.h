/*
 * A plugin of the node's container runtime (NRI: containerd from 1.7 on, CRI-O), which is asked
 * before a pod's first container runs.
 *
 * In:  the runtime's socket.  Out: the sandboxes of the node's pods, each as soon as its network is
 * up; answers, for which the runtime waits.
 *
 * The API server tells a pod's address some 0.3 to 0.5 seconds after the pod began to run.  The
 * runtime knows it before, and holds the container until this plugin answers, which it does when
 * the kernel has the pod's policies.
 *
 * The hard idea is the deadline: the runtime waits for two seconds at most, then starts the
 * container and drops the plugin.  So the answer is given before that, whatever delays it.  If the
 * socket does not exist, or not yet, the plugin tries again, and nothing else in the agent depends
 * on it.
 */
#ifndef NP2NFT_AGENT_NRI_H
#define NP2NFT_AGENT_NRI_H

#include "agent/ttrpc.h"
#include "read/tree.h"

#include <poll.h>
#include <time.h>

/* The most files that nri_files() returns. */
#define NRI_FILES 1

/* The most calls that are held at the same time.  Existing runtimes make one at a time. */
#define NRI_HELD 64

/*
 * The functions that receive events; trees live until the call returns.  A sandbox has the names of
 * proto_sandbox_call's pod.
 */
struct nri_receiver {
	void *context;
	/* All sandboxes follow, and then whole(); a sandbox that was not among them is gone. */
	void (*begin)(void *context);
	void (*whole)(void *context);
	/* The network of a pod's sandbox is up; none of its containers runs before the answer. */
	void (*runs)(void *context, const struct tree_node *sandbox);
	void (*stops)(void *context, const struct tree_node *sandbox);
	/* The connection came or went; @error is NULL if it is there. */
	void (*connection)(void *context, const char *error);
};

struct nri {
	const char *path; /* NULL: no plugin is wanted */
	struct nri_receiver receiver;
	struct ttrpc ttrpc;
	int fd;             /* -1: there is no connection */
	bool is_configured; /* the runtime has configured this plugin */
	bool in_list;       /* the runtime will list more sandboxes */
	bool is_told;       /* it has been reported that there is no connection */
	long long now;      /* the time of the step that is under way, or was the last */
	long long due;      /* without a connection: when to try again */
	unsigned failures;  /* how many tries to connect failed in a row */
	long pause_most;    /* the longest pause between two tries, in milliseconds */
	long patience;      /* how many milliseconds a call may be held */
	struct nri_call {
		uint32_t number;
		long long since;
		struct timespec began; /* when the call came, for statistics */
	} held[NRI_HELD];
	size_t held_count;
	uint64_t answered,
		/* how many calls were held, and how many of these were not committed in time */
		late;
};

/*
 * If @path is NULL, nothing ever happens.  @most is the longest pause between two tries to reach
 * the socket, in milliseconds.
 */
void nri_begin(struct nri *nri, const char *path, long most, const struct nri_receiver *receiver);
void nri_end(struct nri *nri);

/* Writes the files to poll, and returns how many there are. */
size_t nri_files(const struct nri *nri, struct pollfd *files);

/* Connects, handles what has arrived, answers calls that cannot wait any longer, and sends. */
void nri_step(struct nri *nri, long long now);

/* Takes bytes from the runtime.  Returns 0, or -1 if the connection is lost. */
int nri_take(struct nri *nri, const uint8_t *bytes, size_t len);

/*
 * Answers all held calls, since the kernel has everything that was reported.  @each gets the time
 * at which each began.
 */
void nri_release(struct nri *nri, void (*each)(void *context, const struct timespec *began));

/* How many milliseconds until nri_step() has something to do. */
long nri_timeout(const struct nri *nri, long long now);

#endif
