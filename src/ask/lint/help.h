/*
 * Finds what docs/lint.md says about a finding.
 *
 * In:  a code.  Out: its section of that document, which the build puts into the program.
 */
#ifndef NP2NFT_ASK_LINT_HELP_H
#define NP2NFT_ASK_LINT_HELP_H

struct arena;

/* The text of the document, which CMake has compiled into the program.  */
extern const char asset_lint_md[];

/* Returns the section in Markdown, without its heading; "" if there is none.  */
const char *help_markdown(struct arena *arena, const char *code);

/* Returns the first paragraph of the section in plain words, on one line.  */
const char *help_description(struct arena *arena, const char *code);

/*
 * Returns the URI of the document's place once the program is installed, with the section behind a
 * #.
 */
const char *help_uri(struct arena *arena, const char *code);

#endif
