/* Reads clocks, for waits and for statistics. */
#ifndef NP2NFT_AGENT_CLOCK_H
#define NP2NFT_AGENT_CLOCK_H

#include <time.h>

/* Milliseconds of the monotonic clock. */
long long clock_milliseconds(void);

/* Seconds of any clock, such as CLOCK_THREAD_CPUTIME_ID. */
double clock_seconds(clockid_t clock);

/* Seconds from a time of the monotonic clock until now. */
double seconds_since(const struct timespec *then);

#endif
