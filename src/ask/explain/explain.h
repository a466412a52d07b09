/*
 * Why one connection is allowed or denied.
 *
 * In:  a world, a question in the command line's words.
 * Out: the answer as text or JSON.
 */
#ifndef NP2NFT_ASK_EXPLAIN_EXPLAIN_H
#define NP2NFT_ASK_EXPLAIN_EXPLAIN_H

#include "ask/format.h"
#include "ask/world.h"

struct diags;

struct explain_question {
	const char *from, *to, *port;
	const char *namespace; /* of ends that name none */
};

/*
 * The world that the question is asked of: @usual, or where the question names pods that only it knows of, or
 * addresses of a family that nothing else is about, one more.  NULL after a diagnostic.
 */
const struct world *explain_world(struct arena *arena, const struct objects *objects,
				  const struct world *usual,
				  const struct explain_question *question, struct diags *diags);

/*
 * The answer as data (ask/explain/answer.h says what is in it); NULL after a diagnostic: an end or port
 * that cannot be read, or that is not in the input.
 */
struct explanation;
const struct explanation *explain_ask(struct arena *arena, const struct world *world,
				      const struct explain_question *question, struct diags *diags);

/* The same as text. */
const char *explain(struct arena *arena, const struct world *world,
		    const struct explain_question *question, enum format format, bool *allowed,
		    struct diags *diags);

#endif
