/* What the agent counts, in the text format of Prometheus. */
#ifndef NP2NFT_AGENT_METRICS_H
#define NP2NFT_AGENT_METRICS_H

#include "base/arena.h"

#include <stdint.h>

/*
 * A histogram of durations: the buckets have the upper bounds that stand in metrics.c, and one more
 * is for longer times.
 */
#define HISTOGRAM_BUCKETS 15

struct histogram {
	uint64_t counts[HISTOGRAM_BUCKETS + 1];
	uint64_t count;
	double sum; /* seconds */
};

void histogram_add(struct histogram *histogram, double seconds);

/* A text to which metrics are added one after the other. */
struct metrics {
	struct arena *arena;
	struct string text;
};

/* Begins a metric: its name, its type ("counter", "gauge" or "histogram") and what it means. */
void metrics_begin(struct metrics *metrics, const char *name, const char *type, const char *help);

/* Adds one value of the metric; @labels are `a="b",c="d"`, or NULL. */
void metrics_put(struct metrics *metrics, const char *name, const char *labels, double value);

/* Adds a metric that has a single value. */
void metrics_one(struct metrics *metrics, const char *name, const char *type, const char *help,
		 double value);

void metrics_histogram(struct metrics *metrics, const char *name, const char *help,
		       const struct histogram *histogram);

/* The value of a label, with its quotes. */
const char *metrics_quoted(struct arena *arena, const char *text);

/* How many bytes of this process are in memory; 0: it is not known. */
uint64_t metrics_resident(void);

#endif
