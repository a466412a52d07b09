/*
 * Explains why one connection is allowed or denied.
 *
 * In:  a world, a question in the words of the command line.  Out: the answer as text or JSON.
 */
#ifndef NP2NFT_ASK_EXPLAIN_EXPLAIN_H
#define NP2NFT_ASK_EXPLAIN_EXPLAIN_H

#include "ask/world/format.h"
#include "ask/world/world.h"

struct diags;

struct explain_question {
	const char *from, *to, *port;
	const char *namespace; /* the namespace of ends that name none */
};

/*
 * Returns the world of which the question is asked: @usual; or a new one, if the question names
 * pods that only it knows, or addresses of a family that nothing else names.  Returns NULL after a
 * diagnostic.
 */
const struct world *explain_world(struct arena *arena, const struct objects *objects,
				  const struct world *usual,
				  const struct explain_question *question, struct diags *diags);

/*
 * The answer as data (ask/explain/answer.h); NULL after a diagnostic: an end or port cannot be
 * read, or is not in the input.
 */
struct explanation;
const struct explanation *explain_ask(struct arena *arena, const struct world *world,
				      const struct explain_question *question, struct diags *diags);

/* The answer as text. */
const char *explain(struct arena *arena, const struct world *world,
		    const struct explain_question *question, enum format format, bool *allowed,
		    struct diags *diags);

#endif
