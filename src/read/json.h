/*
 * JSON bytes (RFC 8259; one value, or several after each other) to events for read/tree.h.
 *
 * libyaml would read most JSON, but not its surrogate pairs, raw DEL, or keys over 1,024 bytes.
 */
#ifndef NP2NFT_READ_JSON_H
#define NP2NFT_READ_JSON_H

#include <stdbool.h>
#include <stddef.h>

struct tree_builder;

/* Is all of it JSON, in UTF-8, nested no deeper than a tree may be? */
bool json_is_valid(const unsigned char *bytes, size_t len);

/* Sends the events of valid JSON; stops where the builder does. */
void json_read(const unsigned char *bytes, size_t len, struct tree_builder *builder);

#endif
