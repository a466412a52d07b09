/*
 * Finds what is legal but surely not meant.
 *
 * In:  a world.  Out: findings with file, line, reason and remedy; as text, JSON or SARIF.
 */
#ifndef NP2NFT_ASK_LINT_LINT_H
#define NP2NFT_ASK_LINT_LINT_H

#include "ask/world/format.h"
#include "ask/lint/print.h"
#include "ask/world/world.h"

struct lint_request {
	enum format format;
	/* codes of findings that are not wanted, separated by commas or blanks; NULL: none */
	const char *ignore;
};

/* Returns NULL after a diagnostic: @request has a word that is not a code.  */
const char *lint(struct arena *arena, const struct world *world, const struct lint_request *request,
		 struct lint_counts *counts, struct diags *diags);

/* Writes the errors of an input that was refused as SARIF, for those who wait for a report.  */
const char *lint_refusal(struct arena *arena, const struct diags *diags);

#endif
