/*
 * Adds a jump to each chain that counts denied or audited packets, in front of the rule that counts.
 */
#include "lower/log_denied.h"

#include "base/arena.h"
#include "ruleset/layout.h"

#include <stdlib.h>
#include <string.h>

static struct chain with_jump(struct arena *arena, const struct chain *chain, const char *to)
{
	const struct rule jump = {.kind = RULE_ALWAYS, .verdict = {VERDICT_JUMP, to}};
	struct chain with = *chain;
	bool done = false;

	with.rules = NULL;
	with.rule_count = 0;
	for (size_t i = 0; i < chain->rule_count; i++) {
		if (chain->rules[i].counter && !done) {
			arena_push(arena, with.rules, with.rule_count, jump);
			done = true;
		}
		arena_push(arena, with.rules, with.rule_count, chain->rules[i]);
	}
	return with;
}

static struct chain log_chain(struct arena *arena, const char *name, enum rule_kind kind,
			      const char *comment)
{
	struct chain chain = {.name = name, .comment = comment};

	arena_push(arena, chain.rules, chain.rule_count, ((struct rule){.kind = kind}));
	return chain;
}

static int compare_chains(const void *a, const void *b)
{
	return chain_compare(a, b);
}

struct ruleset *log_denied(struct arena *arena, const struct ruleset *ruleset)
{
	struct ruleset *logged = arena_alloc(arena, sizeof(*logged));
	struct chain *chains = arena_array(arena, ruleset->chain_count + 2, sizeof(*chains));
	bool any_audited = false;

	*logged = *ruleset;
	for (size_t i = 0; i < ruleset->chain_count; i++) {
		const struct chain *chain = &ruleset->chains[i];
		const bool audited = chain->tally == TALLY_AUDITED;

		chains[i] =
			chain->tally == TALLY_NOTHING
				? *chain
				: with_jump(arena, chain, audited ? CHAIN_LOG_AUDIT : CHAIN_LOG);
		any_audited |= audited;
	}
	chains[logged->chain_count++] =
		log_chain(arena, CHAIN_LOG, RULE_LOG, "some of what is denied, for a log");
	if (any_audited)
		chains[logged->chain_count++] =
			log_chain(arena, CHAIN_LOG_AUDIT, RULE_LOG_AUDIT,
				  "some of what audited policies would deny, for a log");
	logged->chains = chains;
	qsort(chains, logged->chain_count, sizeof(*chains), compare_chains);
	return logged;
}
