/*
 * Time that has passed, for the benchmark's programs.
 */
#ifndef NP2NFT_BENCH_STOPWATCH_H
#define NP2NFT_BENCH_STOPWATCH_H

#include <time.h>

/* Microseconds since some moment. */
static inline double stopwatch(void)
{
	struct timespec time;

	clock_gettime(CLOCK_MONOTONIC, &time);
	return (double)time.tv_sec * 1e6 + (double)time.tv_nsec / 1e3;
}

#endif
