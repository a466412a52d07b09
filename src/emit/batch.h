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
#ifndef NP2NFT_EMIT_BATCH_H
#define NP2NFT_EMIT_BATCH_H

#include "base/call.h"
#include "change/changes.h"
#include "ruleset/ruleset.h"

/* What a message was about. */
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
	const char *name;      /* of the table, chain, set or extra */
	const struct set *set; /* SUBJECT_ELEMENTS: these of it: */
	size_t first, count;
	size_t at;                 /* the message in the batch, in bytes */
	const struct extra *extra; /* SUBJECT_EXTRA: it; else NULL */
};

struct batch {
	const char *table;
	uint8_t *bytes;
	size_t len, size;
	uint32_t first_seq; /* of the message about subjects[0] */
	struct batch_subject *subjects;
	size_t count, room;
	uint32_t set_ids;     /* how many set numbers this batch has used */
	size_t generation_at; /* the offset in @bytes at which the condition stands */
	struct undo undo;
};

/* Begins a batch for a table (family inet). */
void batch_begin(struct batch *batch, const char *table);

/* The batch is only good by this generation of nf_tables; 0: by any, which is so until it is said. */
void batch_condition(struct batch *batch, uint32_t generation);

/* Adds the message that ends it: without it the kernel checks everything, and changes nothing. */
void batch_end(struct batch *batch);
void batch_free(struct batch *batch);

/* How far the sending of changes has got: to a change, or inside of one that adds elements. */
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
