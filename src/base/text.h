/* Helpers that write answers for people and programs. */
#ifndef NP2NFT_BASE_TEXT_H
#define NP2NFT_BASE_TEXT_H

#include <stddef.h>
#include <stdint.h>

struct arena;

/*
 * Takes @len bytes of text.  It returns 0 to go on, and anything else to stop.  This is the
 * np2nft_writer of include/np2nft.h, which no room but face/ includes.
 */
typedef int (*text_writer)(void *context, const char *bytes, size_t len);

/*
 * Copies a text and makes the copy harmless: it neither drives a terminal nor turns the direction
 * of writing (base/utf8.h).  Names that others chose may hold anything.
 */
const char *text_plain(struct arena *arena, const char *text);

/* Writes a count with its noun: "1 pod", "2 pods". */
const char *text_counted(struct arena *arena, uint64_t count, const char *one, const char *many);

/* Writes a JSON string with its quotes; bytes that are not UTF-8 become U+FFFD. */
const char *text_json(struct arena *arena, const char *text);

/*
 * Escapes a text for Markdown, so that it stands there, also in the cell of a table, for its
 * characters only.
 */
const char *text_md(struct arena *arena, const char *text);

/* Copies a text into @size bytes, where it is cut, with A to Z made lower case. */
void text_lower(const char *text, char *out, size_t size);

#endif
