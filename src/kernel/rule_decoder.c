/* Compares attributes of expressions, and moves on to the next expression if they are as wanted. */
#include "kernel/rule_decoder.h"

#include "kernel/attrs.h"

#include <arpa/inet.h>
#include <libmnl/libmnl.h>
#include <string.h>

uint32_t expression_number(const struct expression *expression, int attribute)
{
	const struct nlattr *attr = expression->attrs[attribute];

	if (!attr || mnl_attr_get_payload_len(attr) < 1)
		return UINT32_MAX;
	if (mnl_attr_get_payload_len(attr) == 1)
		return mnl_attr_get_u8(attr);
	return mnl_attr_get_payload_len(attr) >= 4 ? ntohl(mnl_attr_get_u32(attr)) : UINT32_MAX;
}

bool expression_has(const struct expression *expression, int attribute, const void *bytes,
		    size_t len)
{
	const struct nlattr *data[DATA_ATTRS];

	if (!expression->attrs[attribute])
		return false;
	kernel_nest_attrs(expression->attrs[attribute], data, DATA_ATTRS);
	return data[NFTA_DATA_VALUE] && mnl_attr_get_payload_len(data[NFTA_DATA_VALUE]) == len &&
	       !memcmp(mnl_attr_get_payload(data[NFTA_DATA_VALUE]), bytes, len);
}

const struct expression *decoder_next(struct decoder *decoder, const char *name)
{
	const struct expression *expression = &decoder->list[decoder->at];

	if (decoder->at == decoder->count || strcmp(expression->name, name) != 0)
		return NULL;
	decoder->at++;
	return expression;
}

bool decoder_next_cmp(struct decoder *decoder, enum nft_cmp_ops op, const void *bytes, size_t len)
{
	const struct expression *cmp = decoder_next(decoder, "cmp");

	return cmp && expression_number(cmp, NFTA_CMP_OP) == op &&
	       expression_has(cmp, NFTA_CMP_DATA, bytes, len);
}

uint8_t decoder_next_equal(struct decoder *decoder)
{
	const struct nlattr *data[DATA_ATTRS];
	const struct expression *cmp = decoder_next(decoder, "cmp");

	if (!cmp)
		return 0;
	if (cmp->attrs[NFTA_CMP_DATA] && expression_number(cmp, NFTA_CMP_OP) == NFT_CMP_EQ) {
		kernel_nest_attrs(cmp->attrs[NFTA_CMP_DATA], data, DATA_ATTRS);
		if (data[NFTA_DATA_VALUE] && mnl_attr_get_payload_len(data[NFTA_DATA_VALUE]) == 1)
			return mnl_attr_get_u8(data[NFTA_DATA_VALUE]);
	}
	decoder->at--;
	return 0;
}

const uint8_t *kernel_data_bytes(const struct nlattr *nest, size_t len)
{
	const struct nlattr *data[DATA_ATTRS];

	if (!nest)
		return NULL;
	kernel_nest_attrs(nest, data, DATA_ATTRS);
	return data[NFTA_DATA_VALUE] && mnl_attr_get_payload_len(data[NFTA_DATA_VALUE]) == len
		       ? mnl_attr_get_payload(data[NFTA_DATA_VALUE])
		       : NULL;
}

bool decoder_next_mask(struct decoder *decoder, const void *mask, size_t len)
{
	static const uint8_t none[16];
	const struct expression *bitwise = decoder_next(decoder, "bitwise");

	return bitwise && expression_has(bitwise, NFTA_BITWISE_MASK, mask, len) &&
	       expression_has(bitwise, NFTA_BITWISE_XOR, none, len);
}

bool decoder_add_field(struct decoder *decoder, enum field field)
{
	if (decoder->rule->field_count == FIELDS_MAX)
		return false;
	decoder->rule->fields[decoder->rule->field_count++] = field;
	return true;
}

bool decoder_set_kind(struct decoder *decoder, enum rule_kind kind)
{
	if (decoder->rule->kind != RULE_ALWAYS)
		return false;
	decoder->rule->kind = kind;
	return true;
}

bool decoder_follows(const struct decoder *decoder, const char *name)
{
	return decoder->at < decoder->count && !strcmp(decoder->list[decoder->at].name, name);
}
