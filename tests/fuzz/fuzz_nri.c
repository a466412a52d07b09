/*
 * Feeds the plugin interface with bytes as those of a container runtime, through frames, messages
 * and calls to pods (agent/nri.h, agent/own_pods.h).  The first byte says in which pieces the
 * others come.
 *
 * scripts/fuzz 60 nri runs it with libFuzzer.
 */
#include "agent/nri.h"
#include "agent/own_pods.h"
#include "base/arena.h"
#include "read/tree_node.h"

#include <stdio.h>
#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t len);

#define must(condition)                                                                            \
	do {                                                                                       \
		if (!(condition)) {                                                                \
			fprintf(stderr, "broken promise: %s\n", #condition);                       \
			abort();                                                                   \
		}                                                                                  \
	} while (0)

static void begin(void *context)
{
	residents_round_begins(context);
}

static void stops(void *context, const struct tree_node *sandbox)
{
	bool gone;
	const struct tree_node *left = residents_drop_sandbox(context, sandbox, &gone);

	must(!left || left->kind == TREE_MAPPING);
}

static void whole(void *context)
{
	const struct tree_node *missed;

	while ((missed = residents_missed(context)))
		stops(context, missed);
}

/* The API server knows every second sandbox, too. */
static void runs(void *context, const struct tree_node *sandbox)
{
	struct residents *residents = context;
	struct arena *arena = arena_new();
	const struct tree_node *ips = tree_get(sandbox, "ips"), *pod;

	pod = residents_put_sandbox(residents, sandbox, ips ? ips : tree_list(arena));
	must(!pod || pod->kind == TREE_MAPPING);
	if (residents->count % 2 && pod)
		must(residents_put_pod(residents, tree_copy(arena, pod), false));
	arena_free(arena);
}

static void connection(void *context, const char *error)
{
	(void)context;
	must(!error || *error);
}

static void released(void *context, const struct timespec *began)
{
	(void)context;
	must(began->tv_nsec >= 0);
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t len)
{
	const size_t piece = len ? bytes[0] % 32 + 1U : 1;
	struct residents residents;
	struct nri nri;
	int failed = 0;

	residents_begin(&residents, "node");
	nri_begin(&nri, "/nowhere", 1000,
		  &(struct nri_receiver){&residents, begin, whole, runs, stops, connection});
	for (size_t at = 1; !failed && at < len; at += piece)
		failed = nri_take(&nri, bytes + at, len - at < piece ? len - at : piece);
	must(nri.held_count <= NRI_HELD);
	nri_release(&nri, released);
	must(nri.held_count == 0);
	nri_end(&nri);
	residents_end(&residents);
	return 0;
}
