/*
 * What docs/lint.md says of a finding.
 *
 * In:  a code.  Out: its section of that document, which the build puts into the program.
 */
#ifndef NP2NFT_ASK_LINT_HELP_H
#define NP2NFT_ASK_LINT_HELP_H

struct arena;

/* The document, as CMake has put it in. */
extern const char asset_lint_md[];

/* The section in Markdown, without its heading; "" if there is none. */
const char *help_markdown(struct arena *arena, const char *code);

/* The first paragraph of it, in plain words and one line. */
const char *help_description(struct arena *arena, const char *code);

/* Where the document stands when the program is installed, and in it the section. */
const char *help_uri(struct arena *arena, const char *code);

#endif
