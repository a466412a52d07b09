/*
 * What the matrix and a comparison have in common for programs.
 *
 * In:  rows, answers.  Out: JSON.
 */
#ifndef NP2NFT_ASK_MATRIX_JSON_H
#define NP2NFT_ASK_MATRIX_JSON_H

#include "ask/alike/rows.h"

struct json;

/*
 * Writes `"rows": [...]` with what each row stands for.  @parties are those to which the rows
 * refer.
 */
void json_put_rows(struct json *json, const struct row *rows, size_t count,
		   const struct party *parties);

/*
 * Writes `"ports": ["80/TCP", "ICMP"]`; if families differ, also what passes only in one; and
 * `"if"` with what passes only on a condition.
 */
void json_put_passage(struct json *json, const struct passage *passage);

#endif
