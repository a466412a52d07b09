/* UTF-8 (RFC 3629), for what reads texts of others and what shows them. */
#ifndef NP2NFT_BASE_UTF8_H
#define NP2NFT_BASE_UTF8_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Bytes of the character at @c, 0 if it is none (overlong, a surrogate, beyond @end). */
size_t utf8_len(const unsigned char *c, const unsigned char *end);

/* The code point of the character of @len bytes at @c. */
uint32_t utf8_code(const unsigned char *c, size_t len);

/*
 * Would this character move the cursor, break the line, or turn the direction of writing?  Control characters
 * (C0, DEL, C1), line separators, and what Unicode has for bidirectional text.
 */
bool utf8_is_unseen(uint32_t code);

/* Puts ? in place of each such character and of each byte that is no UTF-8; the text does not grow. */
void utf8_make_plain(char *text);

#endif
