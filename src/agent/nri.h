/*
 * A plugin of the node's container runtime (NRI: containerd from 1.7 on, CRI-O), which is asked before a pod's first
 * container runs.
 *
 * In:  the runtime's socket.
 * Out: the sandboxes of the node's pods, each as soon as its network is up; answers, for which the runtime waits.
 *
 * The API server tells a pod's address some 0.3 to 0.5 seconds after the pod began to run.  The runtime knows it
 * before, and holds the container until this plugin answers, which it does when the kernel has the pod's policies.
 *
 * The hard idea is whose time it is: the runtime waits for two seconds at most, then starts the container and throws
 * the plugin out.  So whatever keeps the answer up, it is given before that.  A socket that is not there, or not yet, is
 * tried again, and nothing else of the agent depends on it.
 */
#ifndef NP2NFT_AGENT_NRI_H
#define NP2NFT_AGENT_NRI_H

#include "agent/ttrpc.h"
#include "read/tree.h"

#include <poll.h>
#include <time.h>

/* Files that nri_files() may give. */
#define NRI_FILES 1

/* As many calls are held at once.  The runtimes that there are make one at a time. */
#define NRI_HELD 64

/* What is told; trees live until the call returns.  A sandbox has the names of proto_sandbox_call's pod. */
struct nri_receiver {
	void *context;
	/* All sandboxes follow, and then whole(): who is not among them is gone. */
	void (*begin)(void *context);
	void (*whole)(void *context);
	/* A pod's sandbox has its network, and none of its containers runs before the answer. */
	void (*runs)(void *context, const struct node *sandbox);
	void (*stops)(void *context, const struct node *sandbox);
	/* Something happened to the connection; @error NULL: it is there. */
	void (*connection)(void *context, const char *error);
};

struct nri {
	const char *path; /* NULL: no plugin is wanted */
	struct nri_receiver receiver;
	struct ttrpc ttrpc;
	int fd;             /* -1: there is no connection */
	bool is_configured; /* the runtime knows us */
	bool in_list;       /* more sandboxes are to come */
	bool is_told;       /* that there is no connection */
	long long now;      /* of the step that is under way, or was last */
	long long due;      /* without a connection: when to try again */
	unsigned failures;  /* in a row */
	long pause_most;    /* milliseconds */
	long patience;      /* milliseconds for which a call may be held */
	struct nri_call {
		uint32_t number;
		long long since;
		struct timespec began; /* the same, more exactly */
	} held[NRI_HELD];
	size_t held_count;
	uint64_t answered,
		late; /* calls that were held; those of them that were not committed in time */
};

/* @path NULL: nothing will ever happen.  @most: milliseconds between two tries to reach the socket, at most. */
void nri_begin(struct nri *nri, const char *path, long most, const struct nri_receiver *receiver);
void nri_end(struct nri *nri);

/* The files to poll; returns how many. */
size_t nri_files(const struct nri *nri, struct pollfd *files);

/* Connects, takes what has come, answers what cannot wait any longer, and sends. */
void nri_step(struct nri *nri, long long now);

/* Takes bytes of the runtime.  Returns 0, or -1: the connection is lost. */
int nri_take(struct nri *nri, const uint8_t *bytes, size_t len);

/* The kernel has everything that was told: what is held is answered.  @each is told since when each was. */
void nri_release(struct nri *nri, void (*each)(void *context, const struct timespec *began));

/* Milliseconds until nri_step() has something to do. */
long nri_timeout(const struct nri *nri, long long now);

#endif
