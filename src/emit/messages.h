/*
 * Writes changes as nf_tables netlink messages in one batch; emit_changes() of emit/text.h writes
 * the same changes as text.
 *
 * In:  changes (change/transition.h), one at a time.  Out: the bytes of a batch (one struct
 * nlmsghdr after the other); and for each message what it is about, so that the kernel's answer to
 * a sequence number can be reported in words.
 *
 * The expressions are those that nft 1.0.6 makes from the printed text, so that the table lists the
 * same whichever way it was loaded.
 */
#ifndef NP2NFT_EMIT_MESSAGES_H
#define NP2NFT_EMIT_MESSAGES_H

#include "base/guarded_call.h"
#include "change/plan.h"
#include "ruleset/ruleset.h"

/* What a message in a batch is about. */
struct batch_subject {
	enum subject_kind {
		SUBJECT_TABLE,
		SUBJECT_CHAIN,
		SUBJECT_RULE,
		SUBJECT_SET,
		SUBJECT_ELEMENTS,
		SUBJECT_EXTRA
	} kind;
	bool deletes;
	const char *name; /* of the table, chain, set or extra; of the chain of a rule */
	/* only for SUBJECT_ELEMENTS: the set, and which of its elements the message is about */
	const struct set *set;
	size_t first, count;
	size_t at;                 /* where the message begins in the batch, in bytes */
	const struct extra *extra; /* only for SUBJECT_EXTRA, otherwise NULL */
};

struct batch {
	const char *table;
	uint8_t *bytes;
	size_t len, size;
	uint32_t first_seq; /* the sequence number of the message about subjects[0] */
	struct batch_subject *subjects;
	size_t count, room;
	uint32_t set_ids;     /* how many set numbers this batch has used */
	size_t generation_at; /* the offset in @bytes at which batch_condition() writes */
	struct undo undo;
};

/* Begins a batch for a table (family inet). */
void batch_begin(struct batch *batch, const char *table);

/*
 * Makes the kernel refuse the batch if nf_tables is not at this generation; 0: at any, as for a
 * batch that has just begun.
 */
void batch_condition(struct batch *batch, uint32_t generation);

/*
 * Adds the message that ends the batch.  The kernel checks a batch without this message, but
 * changes nothing.
 */
void batch_end(struct batch *batch);
void batch_free(struct batch *batch);

/* The change that is sent next; if it adds elements, also the element that is sent next. */
struct batch_position {
	size_t change, element;
};

/*
 * Adds the change at @at, or some of the elements that it adds, so that a transaction may end in
 * between.  Returns where to go on.
 */
struct batch_position batch_change(struct batch *batch, const struct changes *changes,
				   struct batch_position at);

/*
 * For a message about elements: the index in its set of the element that stands @offset bytes
 * behind the beginning of the message; SIZE_MAX if there is none.
 */
size_t batch_element_at(const struct batch *batch, const struct batch_subject *subject,
			size_t offset);

#endif
