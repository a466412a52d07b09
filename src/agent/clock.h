/* Reads clocks, for waits and for statistics. */
#ifndef NP2NFT_AGENT_CLOCK_H
#define NP2NFT_AGENT_CLOCK_H

#include <time.h>

/* Returns the time of the monotonic clock in milliseconds. */
long long clock_milliseconds(void);

/* Returns the time of any clock, such as CLOCK_THREAD_CPUTIME_ID, in seconds. */
double clock_seconds(clockid_t clock);

/* Returns how many seconds have passed since @then, a time of the monotonic clock. */
double seconds_since(const struct timespec *then);

#endif
