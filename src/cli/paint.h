/*
 * Colours for people: words that judge stand out.
 *
 * In:  text, line by line.
 * Out: the same text; on a terminal, words such as DENIED are coloured.  Each verdict is a word of its own,
 *      so that nothing is told by colour alone.
 */
#ifndef NP2NFT_CLI_PAINT_H
#define NP2NFT_CLI_PAINT_H

#include <stdbool.h>
#include <stddef.h>

/*
 * Whether what is written to @fd may be coloured: it is a terminal, TERM names one that is not dumb, and
 * NO_COLOR is not set (no-color.org).
 */
bool may_paint(int fd);

/* An np2nft_writer for answers in text; @context is a pointer to a file descriptor that may be painted. */
int write_painted(void *context, const char *bytes, size_t len);

/* What goes before a word of a diagnostic ("error", "warning", "note"), and behind it. */
const char *paint_of(const char *word);
extern const char paint_end[];

#endif
