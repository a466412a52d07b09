/*
 * The expressions of one rule, as they are read one after the other.
 *
 * In:  the expressions, with their attributes by number.  Out: what the next one says, if it is of the
 * form that is asked for.
 */
#ifndef NP2NFT_KERNEL_RULE_DECODER_H
#define NP2NFT_KERNEL_RULE_DECODER_H

#include "ruleset/ruleset.h"

#include <linux/netfilter/nf_tables.h>

struct arena;
struct nlattr;
struct range;

/*
 * Limits that our rules do not reach: expressions in a rule, attributes in an expression,
 * attributes in a nest of data.
 */
#define EXPRESSIONS_MAX  64
#define EXPRESSION_ATTRS 16
#define DATA_ATTRS       4

/* One expression, with its attributes by number. */
struct expression {
	const char *name;
	const struct nlattr *attrs[EXPRESSION_ATTRS];
};

/* What has been read so far. */
struct decoder {
	struct arena *arena;
	struct rule *rule;
	const char *set_name;
	struct expression list[EXPRESSIONS_MAX];
	size_t count, at;
	uint8_t nfproto, l4proto; /* the family and protocol that the rule has asked for */
	bool compares_ports;
	uint8_t first[2], last[2]; /* a range of ports, in network byte order */
	/* what an address is compared with: the block, then those that are left out */
	struct range *blocks;
	size_t block_count;
};

/* The number in an attribute, in host byte order; UINT32_MAX if there is none. */
uint32_t expression_number(const struct expression *expression, int attribute);

/* Does the nest of data in the attribute have exactly these bytes? */
bool expression_has(const struct expression *expression, int attribute, const void *bytes,
		    size_t len);

/* If the next expression is of this kind, returns it and moves on; otherwise returns NULL. */
const struct expression *decoder_next(struct decoder *decoder, const char *name);

bool decoder_next_cmp(struct decoder *decoder, enum nft_cmp_ops op, const void *bytes, size_t len);

/*
 * If the next expression compares one byte for equality, returns the byte and moves on; otherwise
 * returns 0.
 */
uint8_t decoder_next_equal(struct decoder *decoder);

/* The bytes in a nest of data; NULL if their number is not @len. */
const uint8_t *kernel_data_bytes(const struct nlattr *nest, size_t len);

bool decoder_next_mask(struct decoder *decoder, const void *mask, size_t len);

bool decoder_add_field(struct decoder *decoder, enum field field);

/*
 * Sets the kind of the rule.  A rule has only one condition, since a second one would make it hold
 * less often.
 */
bool decoder_set_kind(struct decoder *decoder, enum rule_kind kind);

bool decoder_follows(const struct decoder *decoder, const char *name);

#endif
