/*
 * What the agent has to say while it runs: lines of JSON, one for each thing that happened.
 *
 * In:  a level, a sentence, and what belongs to it as pairs of a key and a text.
 * Out: {"time":"2026-01-31T12:00:00.123Z","level":"info","message":"…","key":"value"} and a line's end.
 */
#ifndef NP2NFT_AGENT_LOG_H
#define NP2NFT_AGENT_LOG_H

#include "base/text.h"

#include <stdbool.h>
#include <stddef.h>

struct arena;

struct log {
	struct arena *arena; /* emptied after each line */
	text_writer write;   /* takes each line; what it returns does not matter */
	void *context;
	bool debug; /* also what happens all the time */
};

enum log_level { LOG_ERROR, LOG_WARNING, LOG_INFO, LOG_DEBUG };

/* The pairs end with a NULL; a pair whose text is NULL is left out. */
void log_tell(struct log *log, enum log_level level, const char *message, ...)
	__attribute__((sentinel));

/* A number as text, for log_tell(). */
const char *log_number(struct log *log, unsigned long long number);

#endif
