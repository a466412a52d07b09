/* Decodes characters from their bytes, and refuses those that UTF-8 forbids. */
#include "base/utf8.h"

#include <string.h>

size_t utf8_len(const unsigned char *c, const unsigned char *end)
{
	size_t len = *c < 0x80   ? 1
		     : *c < 0xc2 ? 0
		     : *c < 0xe0 ? 2
		     : *c < 0xf0 ? 3
		     : *c < 0xf5 ? 4
				 : 0;

	if (!len || (size_t)(end - c) < len)
		return 0;
	for (size_t i = 1; i < len; i++)
		if ((c[i] & 0xc0) != 0x80)
			return 0;
	if ((*c == 0xe0 && c[1] < 0xa0) || (*c == 0xed && c[1] > 0x9f) ||
	    (*c == 0xf0 && c[1] < 0x90) || (*c == 0xf4 && c[1] > 0x8f))
		return 0;
	return len;
}

uint32_t utf8_code(const unsigned char *c, size_t len)
{
	uint32_t code = len == 1 ? *c : *c & (0x7fU >> len);

	for (size_t i = 1; i < len; i++)
		code = code << 6 | (c[i] & 0x3f);
	return code;
}

bool utf8_is_unseen(uint32_t code)
{
	return code < ' ' || (code >= 0x7f && code < 0xa0) || code == 0x061c || code == 0x200e ||
	       code == 0x200f || (code >= 0x2028 && code <= 0x202e) ||
	       (code >= 0x2066 && code <= 0x2069);
}

size_t utf8_characters(const char *text)
{
	size_t count = 0;

	for (; *text; text++)
		count += ((unsigned char)*text & 0xc0) != 0x80;
	return count;
}

void utf8_make_plain(char *text)
{
	const unsigned char *at = (const unsigned char *)text, *end = at + strlen(text);
	char *to = text;

	while (at < end) {
		const size_t len = utf8_len(at, end);

		if (!len || utf8_is_unseen(utf8_code(at, len)))
			*to++ = '?';
		else
			to = (char *)memmove(to, at, len) + len;
		at += len ? len : 1;
	}
	*to = '\0';
}
