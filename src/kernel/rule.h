/*
 * The kernel's expressions back to a rule of ours: emit/batch.c turned round.
 */
#ifndef NP2NFT_KERNEL_RULE_H
#define NP2NFT_KERNEL_RULE_H

#include "ruleset/ruleset.h"

struct arena;
struct nlattr;

/*
 * Reads the list of expressions @expressions (NFTA_RULE_EXPRESSIONS) into @rule.  A set that is looked
 * up is told by its name in *set_name, and a comparison has the set that it is to us.  False if it is no
 * rule that we would write.
 */
bool kernel_rule_decode(struct arena *arena, const struct nlattr *expressions, struct rule *rule,
			const char **set_name);

/* NFTA_DATA_VERDICT of an element or an immediate; VERDICT_NONE if it is none of ours. */
struct verdict kernel_verdict_decode(struct arena *arena, const struct nlattr *data);

#endif
