/*
 * A prefix is compared as a whole address, as the first bytes of one, or under a mask; a range of ports
 * as two comparisons, or as one expression.
 */
#include "kernel/rule_comparison.h"

#include <netinet/in.h>

#include "base/arena.h"
#include "ruleset/block.h"

#include <linux/netfilter.h>
#include <string.h>

bool comparison_address(const struct decoder *decoder, const struct expression *load,
			enum field *field)
{
	static const struct {
		enum field field;
		uint32_t offset;
		uint8_t nfproto;
	} fields[] = {
		{FIELD_IP_SADDR, 12, NFPROTO_IPV4},
		{FIELD_IP_DADDR, 16, NFPROTO_IPV4},
		{FIELD_IP6_SADDR, 8, NFPROTO_IPV6},
		{FIELD_IP6_DADDR, 24, NFPROTO_IPV6},
	};

	for (size_t i = 0; i < sizeof(fields) / sizeof(*fields); i++) {
		*field = fields[i].field;
		if (expression_number(load, NFTA_PAYLOAD_BASE) == NFT_PAYLOAD_NETWORK_HEADER &&
		    expression_number(load, NFTA_PAYLOAD_OFFSET) == fields[i].offset &&
		    expression_number(load, NFTA_PAYLOAD_LEN) <= field_len(*field) &&
		    decoder->nfproto == fields[i].nfproto)
			return true;
	}
	return false;
}

/* Does the mask consist of ones followed by zeros? */
static bool is_prefix_mask(const uint8_t *mask, size_t len)
{
	size_t i = 0;

	while (i < len && mask[i] == 0xff)
		i++;
	if (i < len && (uint8_t)~mask[i] & ((uint8_t)~mask[i] + 1))
		return false;
	for (i += i < len; i < len; i++)
		if (mask[i])
			return false;
	return true;
}

/*
 * May the rule compare this address? It may, if this is the first comparison of an address in the
 * rule, or if it excludes a block of the same address.
 */
static bool may_be_compared(struct decoder *decoder, enum field field, enum nft_cmp_ops op)
{
	struct rule *rule = decoder->rule;

	if (decoder->block_count)
		return op == NFT_CMP_NEQ && rule->fields[0] == field;
	return op == NFT_CMP_EQ && !rule->field_count && decoder_add_field(decoder, field) &&
	       decoder_set_kind(decoder, RULE_LOOKUP);
}

bool comparison_prefix(struct decoder *decoder, enum field field, size_t len)
{
	static const uint8_t none[16];
	const struct expression *bitwise = decoder_next(decoder, "bitwise"),
				*cmp = decoder_next(decoder, "cmp");
	struct range block = {0};
	const uint8_t *mask = NULL, *value;

	if (bitwise)
		mask = kernel_data_bytes(bitwise->attrs[NFTA_BITWISE_MASK], len);
	if (bitwise && (!mask || !is_prefix_mask(mask, len) ||
			!expression_has(bitwise, NFTA_BITWISE_XOR, none, len)))
		return false;
	if (!cmp || !may_be_compared(decoder, field, expression_number(cmp, NFTA_CMP_OP)))
		return false;
	value = kernel_data_bytes(cmp->attrs[NFTA_CMP_DATA], len);
	for (size_t i = 0; value && i < field_len(field); i++) {
		/* Such a comparison never holds, and np2nft does not write it. */
		if (mask && i < len && value[i] & (uint8_t)~mask[i])
			return false;
		block.first[i] = i < len ? value[i] : 0;
		block.last[i] = i < len ? value[i] | (mask ? (uint8_t)~mask[i] : 0) : 0xff;
	}
	arena_push(decoder->arena, decoder->blocks, decoder->block_count, block);
	return value != NULL;
}

bool comparison_make_block(struct decoder *decoder)
{
	struct set *set = arena_alloc(decoder->arena, sizeof(*set));

	*set = block_set(decoder->arena, decoder->rule->fields[0], decoder->blocks,
			 decoder->block_count);
	decoder->rule->set = set;
	return decoder->rule->field_count == 1;
}

/*
 * If the next expression compares a port in this way, returns the port and moves on; otherwise
 * returns NULL.
 */
static const uint8_t *decoder_next_port(struct decoder *decoder, enum nft_cmp_ops op)
{
	const struct expression *cmp = decoder_next(decoder, "cmp");

	return cmp && expression_number(cmp, NFTA_CMP_OP) == op
		       ? kernel_data_bytes(cmp->attrs[NFTA_CMP_DATA], 2)
		       : NULL;
}

bool comparison_ports(struct decoder *decoder)
{
	const struct expression *range = decoder_next(decoder, "range");
	const size_t at = decoder->at;
	const uint8_t *first, *last;

	if (range) {
		if (expression_number(range, NFTA_RANGE_OP) != NFT_RANGE_EQ)
			return false;
		first = kernel_data_bytes(range->attrs[NFTA_RANGE_FROM_DATA], 2);
		last = kernel_data_bytes(range->attrs[NFTA_RANGE_TO_DATA], 2);
	} else if (!(first = last = decoder_next_port(decoder, NFT_CMP_EQ))) {
		decoder->at = at;
		first = decoder_next_port(decoder, NFT_CMP_GTE);
		last = decoder_next_port(decoder, NFT_CMP_LTE);
	}
	if (!first || !last || decoder->compares_ports)
		return false;
	memcpy(decoder->first, first, 2);
	memcpy(decoder->last, last, 2);
	decoder->compares_ports = true;
	return true;
}

bool comparison_is_all(const struct decoder *decoder)
{
	return decoder->rule->kind == RULE_ALWAYS && decoder->l4proto && !decoder->nfproto &&
	       !decoder->rule->field_count;
}

void comparison_make(struct decoder *decoder)
{
	struct set *set = arena_alloc(decoder->arena, sizeof(*set));
	struct verdict *verdict = arena_alloc(decoder->arena, sizeof(*verdict));
	uint8_t *key = arena_array(decoder->arena, 2, 8), *end = key + 8;
	struct rule *rule = decoder->rule;

	*verdict = rule->verdict;
	key[0] = end[0] = decoder->l4proto;
	memcpy(key + 4, decoder->first, 2);
	memcpy(end + 4, decoder->last, 2);
	*set = (struct set){
		.fields = {FIELD_L4PROTO, FIELD_TH_DPORT},
		.field_count = decoder->compares_ports ? 2 : 1,
		.interval = memcmp(key, end, 8) != 0,
		.count = 1,
		.keys = key,
		.ends = memcmp(key, end, 8) != 0 ? end : NULL,
		.verdicts = verdict,
	};
	rule->kind = RULE_LOOKUP;
	rule->verdict = (struct verdict){VERDICT_NONE, NULL};
	rule->set = set;
	rule->field_count = set->field_count;
	memcpy(rule->fields, set->fields, sizeof(set->fields));
}
