/*
 * Writes findings as text, JSON and SARIF 2.1.0.
 *
 * In:  findings, sorted.  Out: text in their arena.
 */
#ifndef NP2NFT_ASK_LINT_PRINT_H
#define NP2NFT_ASK_LINT_PRINT_H

#include "ask/lint/check.h"

/* How many findings are reported.  */
struct lint_counts {
	size_t warnings, notes;
};

/* Returns "error", "warning" or "note", which are also the words for levels in SARIF. */
const char *severity_text(enum severity severity);

/* Writes two lines for each finding, as compilers print them, and a last line that counts them.  */
const char *lint_text(const struct lint *lint, const struct lint_counts *counts);

/* Writes one JSON object.  */
const char *lint_json(const struct lint *lint, const struct lint_counts *counts);

/*
 * Writes one run of SARIF, whose rules are the checks.  Sites for code review annotate lines with
 * it.
 */
const char *lint_sarif(const struct lint *lint, const struct check *checks, size_t count);

#endif
