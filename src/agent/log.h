/*
 * The agent's log: a line of JSON for each event.
 *
 * In:  a level, a sentence, and pairs of keys and texts.  Out:
 * {"time":"2026-01-31T12:00:00.123Z","level":"info","message":"…","key":"value"} and the end of the
 * line.
 */
#ifndef NP2NFT_AGENT_LOG_H
#define NP2NFT_AGENT_LOG_H

#include "base/text.h"

#include <stdbool.h>
#include <stddef.h>

struct arena;

struct log {
	struct arena *arena; /* it is emptied after each line */
	text_writer write;   /* receives each line; its result does not matter */
	void *context;
	bool debug; /* log also the events that occur all the time */
};

enum log_level { LOG_ERROR, LOG_WARNING, LOG_INFO, LOG_DEBUG };

/* Logs a message.  The pairs end with a NULL; a pair whose text is NULL is left out. */
void log_tell(struct log *log, enum log_level level, const char *message, ...)
	__attribute__((sentinel));

/* A number as text, for log_tell(). */
const char *log_number(struct log *log, unsigned long long number);

#endif
