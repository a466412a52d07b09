/*
 * What the library says to the kernel: how long each message takes, and the same again without the
 * library.
 *
 * wire.c has a send() of its own, which stands before libc's.  A transaction is worked off within it, so
 * that its time is the kernel's, and (within microseconds) that for which nf_tables is locked.
 */
#ifndef NP2NFT_BENCH_WIRE_H
#define NP2NFT_BENCH_WIRE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct wire_message {
	uint8_t *bytes; /* NULL if they were not kept */
	size_t len;
	double time; /* of its send(), in microseconds, */
	double end;  /* which came back at this moment of the stopwatch */
	bool batch;  /* a transaction; otherwise a question */
};

struct wire_log {
	struct wire_message *items;
	size_t count;
};

/* From here on messages are logged, with their bytes or without. */
void wire_start(bool keeps);

/* No longer; what was logged is the caller's, who frees it. */
struct wire_log wire_stop(void);
void wire_free(struct wire_log *log);

/* Of the transactions in it: how many, and their times, together and the longest. */
struct wire_sum {
	size_t count, bytes;
	double time, longest;
} wire_sum(const struct wire_log *log);

/*
 * Sends the transactions of a log again, which must have kept them, for whatever generation there is now.
 * Returns the microseconds that it took; ends the process if the kernel refuses one.
 */
double wire_commit(const struct wire_log *log);

/* Asks a log's questions again, and takes the answers without a look at them; the microseconds. */
double wire_ask(const struct wire_log *log);

/* Ends the process with errno's words. */
void fail(const char *what) __attribute__((noreturn));

#endif
