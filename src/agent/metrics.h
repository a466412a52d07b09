/*
 * What is counted while the agent runs, and how it is told (the text format of Prometheus).
 */
#ifndef NP2NFT_AGENT_METRICS_H
#define NP2NFT_AGENT_METRICS_H

#include "base/arena.h"

#include <stdint.h>

/* How often something took up to so long: buckets by the upper bounds in metrics.c, and one for all beyond. */
#define HISTOGRAM_BUCKETS 12

struct histogram {
	uint64_t counts[HISTOGRAM_BUCKETS + 1];
	uint64_t count;
	double sum; /* seconds */
};

void histogram_add(struct histogram *histogram, double seconds);

/* A text that is being written: metrics one after the other. */
struct metrics {
	struct arena *arena;
	struct string text;
};

/* Begins a metric: what it is, and whether it is a "counter", a "gauge" or a "histogram". */
void metrics_begin(struct metrics *metrics, const char *name, const char *type, const char *help);

/* One value of it; @labels as `a="b",c="d"`, or NULL. */
void metrics_put(struct metrics *metrics, const char *name, const char *labels, double value);

/* A metric that is a single value, whole. */
void metrics_one(struct metrics *metrics, const char *name, const char *type, const char *help,
		 double value);

void metrics_histogram(struct metrics *metrics, const char *name, const char *help,
		       const struct histogram *histogram);

/* A label's value, in its quotes. */
const char *metrics_quoted(struct arena *arena, const char *text);

/* Bytes of this process in memory; 0: not known. */
uint64_t metrics_resident(void);

#endif
