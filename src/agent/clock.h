/* What time it is, for what waits and for what is counted. */
#ifndef NP2NFT_AGENT_CLOCK_H
#define NP2NFT_AGENT_CLOCK_H

#include <time.h>

/* The monotonic clock. */
long long clock_milliseconds(void);

/* Any clock, such as CLOCK_THREAD_CPUTIME_ID. */
double clock_seconds(clockid_t clock);

/* From a time of the monotonic clock until now. */
double seconds_since(const struct timespec *then);

#endif
