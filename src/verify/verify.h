/*
 * A proof that a table gives every packet the verdict that the API's words give it.
 *
 * In:  objects, the node whose pods are enforced, and a ruleset: the one that the kernel holds, read back, or
 *      the one just compiled.
 * Out: the packets on which the two disagree, with both reasons; none: the table is right for all.
 *
 * The hard idea: nothing is sampled.  Addresses fall into classes that neither the words nor the table can tell
 * apart (verify/stretches.h), ports into cells between the places where an answer can change (verify/ways.h).
 * Targets that are under the same policies and cluster policies and that the table sends the same way are a group; for each group
 * and direction, one packet stands for each class of peers that matters to it and each cell, and all of these
 * are asked.  A packet must pass both directions, each by itself, so that both being right makes the whole
 * right; where a table accepts a packet without asking the other direction, that alone is a difference.
 *
 * What is proved is about the first packet of a connection, unicast, as the forward hook sees it.  Replies,
 * neighbour discovery and what a bridge floods are not packets of policies; tests/live proves those.
 */
#ifndef NP2NFT_VERIFY_VERIFY_H
#define NP2NFT_VERIFY_VERIFY_H

#include "ruleset/evaluate.h"
#include "verify/words.h"

struct verify_difference {
	enum direction direction;
	struct packet packet;
	struct words_end from, to;
	bool allowed;               /* by the words */
	const char *reason;         /* why, in words */
	struct judgement judgement; /* the table's */
};

struct verify_result {
	const char **faults; /* what nothing can be proved of: rules and sets that are not ours */
	size_t fault_count;
	struct verify_difference *differences; /* the first VERIFY_SHOWN of them */
	size_t shown, difference_count;
	size_t groups, classes;
	uint64_t comparisons;
};

#define VERIFY_SHOWN 20

/*
 * Called now and then with how much is done; returns whether to go on.  @total is a bound that holds from the
 * first call on.
 */
typedef bool (*verify_progress)(void *context, uint64_t done, uint64_t total);

/* False if @progress (NULL: never) said to stop; then the result is of what was compared until then. */
bool verify(struct arena *arena, const struct objects *objects, const char *node,
	    const struct ruleset *ruleset, verify_progress progress, void *context,
	    struct verify_result *result);

const char *verify_text(struct arena *arena, const struct objects *objects,
			const struct verify_result *result);
const char *verify_json(struct arena *arena, const struct objects *objects,
			const struct verify_result *result);

#endif
