/*
 * Reads JSON (RFC 8259; one value or several after each other) and sends events to read/tree.h.
 *
 * libyaml would read most JSON, but not surrogate pairs, raw DEL, or keys of more than 1,024 bytes.
 */
#ifndef NP2NFT_READ_JSON_H
#define NP2NFT_READ_JSON_H

#include <stdbool.h>
#include <stddef.h>

struct tree_builder;

/* Are all the bytes valid JSON, in UTF-8, and nested no deeper than a tree may be? */
bool json_is_valid(const unsigned char *bytes, size_t len);

/* Sends the events of valid JSON.  It stops when the builder does. */
void json_read(const unsigned char *bytes, size_t len, struct tree_builder *builder);

#endif
