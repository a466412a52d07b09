/* Measures time for the programs of the benchmark. */
#ifndef NP2NFT_BENCH_STOPWATCH_H
#define NP2NFT_BENCH_STOPWATCH_H

#include <time.h>

/* Returns the microseconds since some moment that does not change. */
static inline double stopwatch(void)
{
	struct timespec time;

	clock_gettime(CLOCK_MONOTONIC, &time);
	return (double)time.tv_sec * 1e6 + (double)time.tv_nsec / 1e3;
}

#endif
