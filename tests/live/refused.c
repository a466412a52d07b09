/*
 * Applies policies in this process's network namespace, after it has spoilt the ruleset so that the
 * kernel refuses it.
 *
 *     refused none|full|lost PATH...
 *
 * With `full`, the map ingress.v4 has room for one element less than it has elements.  With `lost`,
 * the last chain ends with a jump to a chain that does not exist.  Prints what apply says; the exit
 * status is np2nft's.
 */
#include "base/arena.h"
#include "lower/lower.h"
#include "node/apply.h"
#include "node/session.h"
#include "read/document.h"
#include "resolve/resolve.h"

#include <stdio.h>

/* The kernel refuses no ruleset that np2nft compiles, so the ruleset is changed after compiling. */
static void spoil(struct ruleset *ruleset, const char *how)
{
	struct chain *last = &ruleset->chains[ruleset->chain_count - 1];

	for (size_t i = 0; !strcmp(how, "full") && i < ruleset->set_count; i++)
		if (!strcmp(ruleset->sets[i].name, "ingress.v4"))
			ruleset->sets[i].size = (uint32_t)ruleset->sets[i].count - 1;
	if (!strcmp(how, "lost"))
		last->rules[last->rule_count - 1].verdict =
			(struct verdict){VERDICT_JUMP, "nowhere"};
}

int main(int argc, char **argv)
{
	static const struct read_options reading = {.default_namespace = "default"};
	static const struct lower_options options = {.table = "np2nft"};
	struct arena *arena = arena_new();
	struct diags diags = {.arena = arena};
	struct objects objects = {.arena = arena};
	struct ruleset *ruleset;
	struct session *session;
	size_t count;
	int failed;

	if (argc < 3)
		return 3;
	read_paths((const char *const *)argv + 2, (size_t)argc - 2, &reading, &objects, &diags);
	ruleset = lower(arena, resolve(arena, &objects, NULL), &options);
	spoil(ruleset, argv[1]);
	session = session_open(options.table, &diags);
	failed = !session || apply_ruleset(session, ruleset, NULL, NULL, &count, &diags);
	session_close(session);
	for (size_t i = 0; i < diags.count; i++)
		puts(diags.items[i].text);
	arena_free(arena);
	return failed ? 2 : 0;
}
