/*
 * What the matrix and a comparison have in common for programs.
 *
 * In:  rows, answers.  Out: JSON.
 */
#ifndef NP2NFT_ASK_MATRIX_JSON_H
#define NP2NFT_ASK_MATRIX_JSON_H

#include "ask/matrix/rows.h"

struct string;

/* Appends `"rows": [...]`: of each what it stands for. @parties: what the rows count in. */
void json_rows(struct arena *arena, struct string *text, const struct row *rows, size_t count,
	       const struct party *parties);

/* `"ports": ["80/TCP", "ICMP"]`, and where families differ, what passes in one alone. */
const char *json_passage(struct arena *arena, const struct passage *passage);

#endif
