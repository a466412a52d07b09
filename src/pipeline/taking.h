/*
 * What a pipeline holds: the cluster as it is now, the ruleset of the last taking, and what was
 * touched since.
 */
#ifndef NP2NFT_PIPELINE_TAKING_H
#define NP2NFT_PIPELINE_TAKING_H

#include "pipeline/members.h"
#include "pipeline/pipeline.h"

/* An address that may have changed, with the elements that it had at the last taking. */
struct touched_address {
	uint32_t address;
	struct member_list before;
};

/* A ruleset and what it is made from. */
struct structure {
	struct arena *arena;
	struct ruleset *ruleset;
	struct members *members; /* NULL: it was compiled as a whole */
};

struct pipeline {
	struct arena *arena; /* this struct lives in it */
	struct pipeline_options options;
	struct arena *links_arena;
	struct pod_links links; /* for the guard */
	struct closed_ranges closed_ranges;
	bool closed_ranges_are_wide; /* pods of other nodes have, or had, addresses in the closed ranges */
	struct census *census;
	struct structure taken;   /* as of the last taking */
	struct arena *retired[4]; /* what the last changes may refer to; freed at the next taking */
	size_t retired_count;
	size_t faults, renewals;
	bool must_restructure;
	bool local_is_touched; /* an address of an enforced pod is among those touched */
	struct arena *notes;   /* the members below live in it */
	/* keys: numbers of addresses; the numbers are indices to: */
	struct table touched_addresses;
	struct touched_address *touched;
	size_t touched_count;
};

/* Forgets which addresses were touched. */
void taking_forget_touched(struct pipeline *pipeline);

/* Frees what the last changes may refer to. */
void taking_free_retired(struct pipeline *pipeline);

#endif
