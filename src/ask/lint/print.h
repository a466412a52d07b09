/*
 * Findings as text, JSON and SARIF 2.1.0.
 *
 * In:  findings, sorted.  Out: text in their arena.
 */
#ifndef NP2NFT_ASK_LINT_PRINT_H
#define NP2NFT_ASK_LINT_PRINT_H

#include "ask/lint/check.h"

/* How many findings are reported. */
struct lint_counts {
	size_t warnings, notes;
};

/* "error", "warning", "note": SARIF's levels have the same words. */
const char *severity_text(enum severity severity);

/* Two lines each, and a last one that counts them; as compilers print them. */
const char *lint_text(const struct lint *lint, const struct lint_counts *counts);

/* One object. */
const char *lint_json(const struct lint *lint, const struct lint_counts *counts);

/* One run, with the checks as its rules: what code review sites annotate lines from. */
const char *lint_sarif(const struct lint *lint, const struct check *checks, size_t count);

#endif
