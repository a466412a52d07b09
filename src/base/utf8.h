/* UTF-8 (RFC 3629), for what reads JSON and what writes it. */
#ifndef NP2NFT_BASE_UTF8_H
#define NP2NFT_BASE_UTF8_H

#include <stddef.h>

/* Bytes of the character at @c, 0 if it is none (overlong, a surrogate, beyond @end). */
size_t utf8_len(const unsigned char *c, const unsigned char *end);

#endif
