/*
 * What the matrix and a comparison have in common for programs.
 *
 * In:  rows, answers.  Out: JSON.
 */
#ifndef NP2NFT_ASK_MATRIX_JSON_H
#define NP2NFT_ASK_MATRIX_JSON_H

#include "ask/rows.h"

struct json;

/* Puts `"rows": [...]`: of each what it stands for. @parties: what the rows count in. */
void json_put_rows(struct json *json, const struct row *rows, size_t count,
		   const struct party *parties);

/*
 * Puts `"ports": ["80/TCP", "ICMP"]`, and where families differ, what passes in one alone; and `"if"`, what passes
 * only if an address that nobody knows lies somewhere.
 */
void json_put_passage(struct json *json, const struct passage *passage);

#endif
