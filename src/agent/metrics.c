/*
 * The counters and gauges of the agent as Prometheus reads them, each with a line that says what it is.
 */
#include "agent/metrics.h"

#include <stdio.h>
#include <unistd.h>

static const double bounds[HISTOGRAM_BUCKETS] = {
	0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30};

void histogram_add(struct histogram *histogram, double seconds)
{
	size_t i = 0;

	while (i < HISTOGRAM_BUCKETS && seconds > bounds[i])
		i++;
	histogram->counts[i]++;
	histogram->count++;
	histogram->sum += seconds;
}

void metrics_begin(struct metrics *metrics, const char *name, const char *type, const char *help)
{
	arena_append(metrics->arena, &metrics->text, "# HELP %s %s\n# TYPE %s %s\n", name, help,
		     name, type);
}

void metrics_put(struct metrics *metrics, const char *name, const char *labels, double value)
{
	arena_append(metrics->arena, &metrics->text, labels ? "%s{%s} %.15g\n" : "%s%s %.15g\n",
		     name, labels ? labels : "", value);
}

void metrics_one(struct metrics *metrics, const char *name, const char *type, const char *help,
		 double value)
{
	metrics_begin(metrics, name, type, help);
	metrics_put(metrics, name, NULL, value);
}

void metrics_histogram(struct metrics *metrics, const char *name, const char *help,
		       const struct histogram *histogram)
{
	uint64_t sum = 0;

	metrics_begin(metrics, name, "histogram", help);
	for (size_t i = 0; i < HISTOGRAM_BUCKETS; i++) {
		sum += histogram->counts[i];
		arena_append(metrics->arena, &metrics->text, "%s_bucket{le=\"%g\"} %llu\n", name,
			     bounds[i], (unsigned long long)sum);
	}
	arena_append(metrics->arena, &metrics->text,
		     "%s_bucket{le=\"+Inf\"} %llu\n%s_sum %.9g\n%s_count %llu\n", name,
		     (unsigned long long)histogram->count, name, histogram->sum, name,
		     (unsigned long long)histogram->count);
}

const char *metrics_quoted(struct arena *arena, const char *text)
{
	struct string quoted = {0};

	arena_add(arena, &quoted, "\"");
	for (; *text; text++)
		if (*text == '\n')
			arena_add(arena, &quoted, "\\n");
		else
			arena_append(arena, &quoted, "%s%c",
				     *text == '"' || *text == '\\' ? "\\" : "", *text);
	arena_add(arena, &quoted, "\"");
	return quoted.text;
}

uint64_t metrics_resident(void)
{
	FILE *file = fopen("/proc/self/statm", "re");
	unsigned long long whole = 0, resident = 0;

	if (!file)
		return 0;
	if (fscanf(file, "%llu %llu", &whole, &resident) != 2)
		resident = 0;
	fclose(file);
	return resident * (uint64_t)sysconf(_SC_PAGESIZE);
}
