/*
 * Writes a ruleset as text that `nft -f` takes.
 *
 * In:  the plain data of ruleset/ruleset.h, or changes of change/transition.h.  Out: bytes, to a
 * function.
 *
 * The table is written as nft 1.0.6 lists it, byte for byte, so that what was reviewed can be
 * compared with what is in force.  An `add` and a `delete` before it make sure that loading it
 * replaces the table in one transaction, whether there is one or not.  Before those stand, as
 * comments of nft, the texts that did not fit into the table's own comments.
 */
#ifndef NP2NFT_EMIT_TEXT_H
#define NP2NFT_EMIT_TEXT_H

#include "base/text.h"
#include "change/plan.h"
#include "ruleset/ruleset.h"

/* Writes the ruleset.  Returns 0, or what the writer returned when it stopped. */
int emit_text(const struct ruleset *ruleset, text_writer write, void *context);

/* Writes the changes to a table as commands for `nft -f`, one on each line. */
int emit_changes(const struct changes *changes, const char *table, text_writer write,
		 void *context);

#endif
