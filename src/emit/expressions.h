/*
 * Turns a rule into nf_tables expressions, in libnftnl's form.
 *
 * In:  a rule of ruleset/ruleset.h.  Out: expressions; and a few helpers for the messages around
 * them.
 */
#ifndef NP2NFT_EMIT_EXPRESSIONS_H
#define NP2NFT_EMIT_EXPRESSIONS_H

#include "ruleset/ruleset.h"

struct nftnl_rule;

/* Adds what a rule asks and does; @set_id: the number in this batch of the set that is part of it, or 0. */
void add_expressions(struct nftnl_rule *rule, const struct rule *of, uint32_t set_id);

/* The kernel's number. */
uint32_t verdict_code(enum verdict_kind kind);

/* By which a set is known in a batch: an anonymous one has no name yet. */
const char *set_name_in_batch(const struct set *set);

/* What a setter of libnftnl returned: the only thing that can go wrong in it is that memory runs out. */
void check_setter(int status);

#endif
