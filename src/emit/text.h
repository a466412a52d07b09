/*
 * The ruleset as text that `nft -f` takes.
 *
 * In:  ruleset/ruleset.h's plain data (or change/diff.h's changes).  Out: bytes, to a function.
 *
 * The table is written as nft 1.0.6 lists it, byte for byte, so that what was reviewed can be compared
 * with what is in force.  Before it stand an `add` and a `delete`, so that loading it replaces the
 * table in one transaction, whether there is one or not; and before those, as nft's comments, what did
 * not fit into the table's own.
 */
#ifndef NP2NFT_EMIT_TEXT_H
#define NP2NFT_EMIT_TEXT_H

#include "base/text.h"
#include "change/transition.h"
#include "ruleset/ruleset.h"

/* Returns 0, or what the writer returned when it stopped. */
int emit_text(const struct ruleset *ruleset, text_writer write, void *context);

/* Changes to a table as the commands that `nft -f` would make them with, a line each. */
int emit_changes(const struct changes *changes, const char *table, text_writer write,
		 void *context);

#endif
