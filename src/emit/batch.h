/*
 * The ruleset's objects as nf_tables netlink messages, in one batch.
 *
 * In:  ruleset/ruleset.h's plain data, an object at a time, in the order that the caller wants.
 * Out: the bytes of a batch (struct nlmsghdr after struct nlmsghdr), host byte order where netlink
 *      wants it, keys as they are; and for each message what it was about, so that the kernel's answer
 *      to a sequence number can be told in words.
 *
 * The expressions are those that nft 1.0.6 makes of the printed text, so that the table lists the same
 * whichever way it came.
 */
#ifndef NP2NFT_EMIT_BATCH_H
#define NP2NFT_EMIT_BATCH_H

#include "ruleset/ruleset.h"

/* What a message was about. */
struct nl_subject {
	enum nl_kind { NL_TABLE, NL_CHAIN, NL_RULE, NL_SET, NL_ELEMENTS, NL_EXTRA } kind;
	bool deletes;
	const char *name;      /* of the table, chain, set or extra */
	const struct set *set; /* NL_ELEMENTS: these of it: */
	size_t first, count;
	size_t at;                 /* the message in the batch, in bytes */
	const struct extra *extra; /* NL_EXTRA: it; else NULL */
};

struct nl_batch {
	const char *table;
	uint8_t *bytes;
	size_t len, size;
	uint32_t first_seq; /* of the message about subjects[0] */
	struct nl_subject *subjects;
	size_t count, room;
	uint32_t set_ids; /* given out so far in this batch */
};

/* Begins a batch for a table (family inet), conditional on the generation @genid (0: any). */
void nl_begin(struct nl_batch *batch, const char *table, uint32_t genid);

/* Adds the message that ends it: without it the kernel checks everything, and changes nothing. */
void nl_end(struct nl_batch *batch);
void nl_free(struct nl_batch *batch);

void nl_table(struct nl_batch *batch, bool deletes);

/* The chain without its rules. */
void nl_chain(struct nl_batch *batch, const struct chain *chain, bool deletes);

/* The rules of a chain, behind those that it has; with @deletes all that it has are removed. */
void nl_rules(struct nl_batch *batch, const struct chain *chain, bool deletes);

/* The set without its elements. */
void nl_set(struct nl_batch *batch, const struct set *set, bool deletes);

/* Elements @first to @first + @count - 1 of a named set. */
void nl_elements(struct nl_batch *batch, const struct set *set, size_t first, size_t count,
		 bool deletes);

/*
 * Of a message about elements, the one (its index in the set) that stands @offset bytes behind its begin;
 * SIZE_MAX if that is none.
 */
size_t nl_element_at(const struct nl_batch *batch, const struct nl_subject *subject, size_t offset);

/* Removes what somebody else put into the table. */
void nl_extra_deleted(struct nl_batch *batch, const struct extra *extra);

#endif
