/*
 * Turns a rule into nf_tables expressions, in libnftnl's form.
 *
 * In:  a rule of ruleset/ruleset.h.  Out: expressions.  A few functions that emit/messages.c needs
 * for sets and elements, too, stand here as well.
 */
#ifndef NP2NFT_EMIT_EXPRESSIONS_H
#define NP2NFT_EMIT_EXPRESSIONS_H

#include "ruleset/ruleset.h"

struct nftnl_rule;

/*
 * Adds the expressions for what a rule asks and does.  @set_id is the number that this batch gives
 * to the unnamed set that is part of the rule; 0 if there is no such set.
 */
void add_expressions(struct nftnl_rule *rule, const struct rule *of, uint32_t set_id);

/* Returns the kernel's number of a verdict. */
uint32_t verdict_code(enum verdict_kind kind);

/*
 * Returns the name of the set in a batch.  For an unnamed set this is a pattern, from which the
 * kernel makes a name.
 */
const char *set_name_in_batch(const struct set *set);

/*
 * Takes what a setter of libnftnl returned.  If that is an error, memory has run out, because
 * nothing else can go wrong in a setter; check_setter() then ends the call that runs
 * (base/guarded_call.h).
 */
void check_setter(int status);

#endif
