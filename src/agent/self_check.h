/*
 * The agent proves now and then that the table in the kernel does what the policies' words say.
 *
 * In:  the pipeline, with nothing left to commit, and the kernel's table, which is read back.  Out: how many packets
 * were compared (verify/verify.h), and how many the table judges in another way.
 *
 * The hard idea: the comparison needs the pipeline as it was when the table was read, and takes longer than the
 * agent may be away.  So a child process does it, which has a copy of the agent's memory from that moment on.  The
 * child works for some milliseconds and then rests for nineteen times as long.  It can reach nothing: its only open
 * file is the pipe into which it writes its report.
 */
#ifndef NP2NFT_AGENT_SELF_CHECK_H
#define NP2NFT_AGENT_SELF_CHECK_H

#include <stdint.h>
#include <sys/types.h>
#include <time.h>

struct self_check {
	long pause; /* seconds from the end of a check to the next one; 0: none is made */
	long long
		due; /* when the next begins, by clock_milliseconds(); LLONG_MAX: that is not known yet */
	int fd; /* from which the report of the child comes; -1: no check is under way */
	pid_t child;
	/* of all checks: how many came to their end, and how many did not */
	uint64_t ended, failed;
	uint64_t packets, differences; /* of all checks */
	time_t time;                   /* when the last one ended; 0: none has */
	uint64_t last_packets, last_differences;
};

struct agent;

/* @pause: as in the structure. */
void self_check_begin(struct self_check *check, long pause);

/* Ends what is under way, if anything is. */
void self_check_end(struct self_check *check);

/* How many milliseconds to wait at most before self_check_step() is called again. */
long self_check_timeout(const struct agent *agent, long long now);

/* Begins a check if it is time, and if nothing is left to commit. */
void self_check_step(struct agent *agent, long long now);

/* Takes the report when self_check.fd is readable, and logs it. */
void self_check_take(struct agent *agent);

#endif
