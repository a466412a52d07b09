/* Adds a jump to each chain whose name ends in `/deny`, in front of the rule that counts. */
#include "lower/logged.h"

#include "base/arena.h"
#include "ruleset/layout.h"

#include <stdlib.h>
#include <string.h>

static bool ends_denied(const struct chain *chain)
{
	const size_t len = strlen(chain->name), tail = strlen(CHAIN_DENY);

	return len > tail && !strcmp(chain->name + len - tail, CHAIN_DENY);
}

static struct chain with_jump(struct arena *arena, const struct chain *chain)
{
	const struct rule jump = {.kind = RULE_ALWAYS, .verdict = {VERDICT_JUMP, CHAIN_LOG}};
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

static int compare_chains(const void *a, const void *b)
{
	return chain_compare(a, b);
}

struct ruleset *log_denied(struct arena *arena, const struct ruleset *ruleset)
{
	struct ruleset *logged = arena_alloc(arena, sizeof(*logged));
	struct chain *chains = arena_array(arena, ruleset->chain_count + 1, sizeof(*chains));
	struct chain log = {.name = CHAIN_LOG, .comment = "some of what is denied, for a log"};

	*logged = *ruleset;
	for (size_t i = 0; i < ruleset->chain_count; i++)
		chains[i] = ends_denied(&ruleset->chains[i]) ? with_jump(arena, &ruleset->chains[i])
							     : ruleset->chains[i];
	arena_push(arena, log.rules, log.rule_count, ((struct rule){.kind = RULE_LOG}));
	chains[ruleset->chain_count] = log;
	logged->chains = chains;
	logged->chain_count = ruleset->chain_count + 1;
	qsort(chains, logged->chain_count, sizeof(*chains), compare_chains);
	return logged;
}
