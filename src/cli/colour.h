/*
 * Colours verdicts in answers for people.
 *
 * In:  text, line by line.  Out: the same text, in which words such as DENIED are coloured if it
 * goes to a terminal.  Each verdict is also a word of its own, so that nothing is told by colour
 * alone.
 */
#ifndef NP2NFT_CLI_COLOUR_H
#define NP2NFT_CLI_COLOUR_H

#include <stdbool.h>
#include <stddef.h>

/*
 * May output to @fd be coloured? It may, if that is a terminal, TERM names one that is not dumb,
 * and NO_COLOR is not set (no-color.org).
 */
bool may_paint(int fd);

/*
 * An np2nft_writer for answers in text; @context points to a file descriptor that may be coloured.
 */
int write_painted(void *context, const char *bytes, size_t len);

/*
 * The escape sequence that goes before a word of a diagnostic ("error", "warning", "note"), and the
 * one behind it.
 */
const char *paint_of(const char *word);
extern const char paint_end[];

#endif
