/*
 * Tells UTF-8 (RFC 3629) from other bytes, for code that reads the texts of others and code that
 * shows them.
 */
#ifndef NP2NFT_BASE_UTF8_H
#define NP2NFT_BASE_UTF8_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/*
 * How many bytes the character at @c has; 0 if there is no valid one (it is overlong, is a
 * surrogate, or goes beyond @end).
 */
size_t utf8_len(const unsigned char *c, const unsigned char *end);

/* The code point of the character that has @len bytes at @c. */
uint32_t utf8_code(const unsigned char *c, size_t len);

/*
 * Does this character move the cursor, break the line, or turn the direction of writing? That is
 * true of control characters (C0, DEL, C1), line separators, and Unicode's characters for
 * bidirectional text.
 */
bool utf8_is_unseen(uint32_t code);

/* How many characters the text has: all bytes but those that continue a character. */
size_t utf8_characters(const char *text);

/* Replaces each such character, and each byte that is not UTF-8, with ?. The text does not grow. */
void utf8_make_plain(char *text);

#endif
