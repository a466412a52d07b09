/*
 * Decodes the kernel's expressions into a rule of ours, which is the reverse of emit/expressions.c.
 */
#ifndef NP2NFT_KERNEL_READ_RULE_H
#define NP2NFT_KERNEL_READ_RULE_H

#include "ruleset/ruleset.h"

struct arena;
struct nlattr;

/*
 * Decodes the list @expressions (NFTA_RULE_EXPRESSIONS) into @rule.  If the rule looks up a set,
 * *set_name gets its name; a comparison gets the set that stands for it.  Returns false if np2nft
 * would not write such a rule.
 */
bool kernel_rule_decode(struct arena *arena, const struct nlattr *expressions, struct rule *rule,
			const char **set_name);

/*
 * Decodes NFTA_DATA_VERDICT of an element or an immediate; VERDICT_NONE if np2nft does not use such
 * a verdict.
 */
struct verdict kernel_verdict_decode(struct arena *arena, const struct nlattr *data);

#endif
