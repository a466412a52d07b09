/*
 * Logs what the library sends to the kernel and how long the kernel takes for each message, and
 * sends the same messages again without the library.
 *
 * wire.c has a send() of its own, which replaces that of libc.  The kernel carries out a
 * transaction within send(), so the time of the call is the kernel's, and (within microseconds) the
 * time for which nf_tables is locked.
 */
#ifndef NP2NFT_BENCH_WIRE_H
#define NP2NFT_BENCH_WIRE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct wire_message {
	uint8_t *bytes; /* NULL: they were not kept */
	size_t len;
	double time; /* how long its send() took, in microseconds */
	double end;  /* when its send() returned, by the stopwatch */
	bool batch;  /* it is a transaction; otherwise it is a question */
};

struct wire_log {
	struct wire_message *items;
	size_t count;
};

/* From here on messages are logged; @keeps says whether their bytes are kept. */
void wire_start(bool keeps);

/* Ends the logging.  The caller owns the log, and frees it. */
struct wire_log wire_stop(void);
void wire_free(struct wire_log *log);

/* The number of transactions in a log, the sum of their times, and the longest. */
struct wire_sum {
	size_t count, bytes;
	double time, longest;
} wire_sum(const struct wire_log *log);

/*
 * Sends the transactions of a log again, whose bytes must have been kept, whatever the generation
 * is now. Returns the microseconds that it took; ends the process if the kernel refuses one.
 */
double wire_commit(const struct wire_log *log);

/*
 * Asks the questions of a log again, and receives the answers without looking at them.  Returns the
 * microseconds that it took.
 */
double wire_ask(const struct wire_log *log);

/*
 * The microseconds that transactions took, and for which membarrier(2) waited for packets under way, in this process
 * and in those that are forked from it after wire_share().
 */
struct wire_times {
	double transactions, waits;
};

const struct wire_times *wire_share(void);

/* Ends the process with errno's words. */
void fail(const char *what) __attribute__((noreturn));

#endif
