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
 * What pods send to their own node is compared likewise: every class without a pod stands for addresses that the
 * node may have.  There cluster policies decide alone, in the chain on the input hook.  What a node sends to its
 * pods is free, and no chain of a table that can be proved is on its hook.
 *
 * With closed ranges, the words deny besides whatever is from or for an address there that no pod has.
 *
 * What is proved is about the first packet of a connection, unicast, as these hooks see it.  Replies,
 * neighbour discovery and what a bridge floods are not packets of policies; tests/live proves those.
 */
#ifndef NP2NFT_VERIFY_VERIFY_H
#define NP2NFT_VERIFY_VERIFY_H

#include "lower/closed_ranges.h"
#include "ruleset/evaluate.h"
#include "verify/api_words.h"

struct verify_difference {
	enum direction direction;
	bool to_node; /* it is on its way from a pod to the pod's own node */
	struct packet packet;
	struct words_end from, to;
	bool allowed;               /* by the words */
	const char *reason;         /* why, in words */
	struct judgement judgement; /* the table's */
};

struct verify_result {
	/* rules and sets that np2nft did not make, of which nothing can be proved */
	const char **faults;
	size_t fault_count;
	struct verify_difference *differences; /* the first VERIFY_SHOWN of them */
	size_t shown, difference_count;
	size_t groups, classes;
	uint64_t comparisons;
	bool is_compiled; /* for the words: it was about the ruleset just compiled, not about a table */
};

#define VERIFY_SHOWN 20

/*
 * Called now and then with how much is done; returns whether to go on.  @total is a bound that holds from the
 * first call on.
 */
typedef bool (*verify_progress)(void *context, uint64_t done, uint64_t total);

/*
 * Compares everything; @closed may have no ranges.  Returns false if @progress (which may be NULL) said to stop; the result is
 * then about what was compared until then.
 */
bool verify(struct arena *arena, const struct objects *objects, const char *node,
	    const struct closed_ranges *closed, const struct ruleset *ruleset,
	    verify_progress progress, void *context, struct verify_result *result);

const char *verify_text(struct arena *arena, const struct objects *objects,
			const struct verify_result *result);
const char *verify_json(struct arena *arena, const struct objects *objects,
			const struct verify_result *result);

#endif
