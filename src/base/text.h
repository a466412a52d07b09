/*
 * What answers are written with, for people and for programs.
 *
 * In:  names and counts.  Out: text in an arena.
 */
#ifndef NP2NFT_BASE_TEXT_H
#define NP2NFT_BASE_TEXT_H

#include <stddef.h>
#include <stdint.h>

struct arena;

/*
 * Takes @len bytes of text; returns 0, or anything else to stop.  It is the np2nft_writer of include/np2nft.h, which no
 * room but face/ includes.
 */
typedef int (*text_writer)(void *context, const char *bytes, size_t len);

/*
 * A copy that neither drives a terminal nor turns the direction of what stands behind it (base/utf8.h): names
 * that others chose may hold anything.
 */
const char *text_plain(struct arena *arena, const char *text);

/* "1 pod", "2 pods". */
const char *text_counted(struct arena *arena, uint64_t count, const char *one, const char *many);

/* A JSON string, in its quotes; bytes that are no UTF-8 become U+FFFD. */
const char *text_json(struct arena *arena, const char *text);

/* Text within Markdown, a table's cell for one, that means no more than its characters. */
const char *text_md(struct arena *arena, const char *text);

/* A copy in @size bytes, cut there, with A to Z made small. */
void text_lower(const char *text, char *out, size_t size);

/* Edits that turn one word into the other (insert, delete, replace, swap neighbours); SIZE_MAX of long ones. */
size_t text_distance(const char *a, const char *b);

#endif
