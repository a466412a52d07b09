/*
 * Reads the expressions of a rule in their order, and only in the forms that emit/expressions.c and
 * nft write.  Any other expression makes the rule foreign.
 */
#include "kernel/read_rule.h"

#include <netinet/in.h>

#include "base/arena.h"
#include "base/table.h"
#include "kernel/attrs.h"
#include "kernel/rule_comparison.h"
#include "kernel/rule_decoder.h"
#include "ruleset/layout.h"

#include <libmnl/libmnl.h>
#include <linux/if_packet.h>
#include <linux/netfilter.h>
#include <linux/netfilter/nf_tables.h>

struct verdict kernel_verdict_decode(struct arena *arena, const struct nlattr *data)
{
	const struct nlattr *outer[DATA_ATTRS], *attrs[DATA_ATTRS];
	struct verdict verdict = {VERDICT_NONE, NULL};

	kernel_nest_attrs(data, outer, DATA_ATTRS);
	if (!outer[NFTA_DATA_VERDICT])
		return verdict;
	kernel_nest_attrs(outer[NFTA_DATA_VERDICT], attrs, DATA_ATTRS);
	if (!attrs[NFTA_VERDICT_CODE])
		return verdict;
	switch ((int)ntohl(mnl_attr_get_u32(attrs[NFTA_VERDICT_CODE]))) {
	case NF_ACCEPT:
		verdict.kind = VERDICT_ACCEPT;
		break;
	case NF_DROP:
		verdict.kind = VERDICT_DROP;
		break;
	case NFT_RETURN:
		verdict.kind = VERDICT_RETURN;
		break;
	case NFT_JUMP:
		verdict.kind = VERDICT_JUMP;
		break;
	case NFT_GOTO:
		verdict.kind = VERDICT_GOTO;
		break;
	default:
		break;
	}
	if (attrs[NFTA_VERDICT_CHAIN]) {
		const char *chain = mnl_attr_get_str(attrs[NFTA_VERDICT_CHAIN]);

		verdict.chain = arena_strndup(arena, chain, strlen(chain));
	}
	return verdict;
}

/* Finds the field of the packet that a load reads. */
static bool load_field(const struct decoder *decoder, const struct expression *load,
		       enum field *field)
{
	uint32_t base = expression_number(load, NFTA_PAYLOAD_BASE);
	uint32_t offset = expression_number(load, NFTA_PAYLOAD_OFFSET),
		 len = expression_number(load, NFTA_PAYLOAD_LEN);
	static const struct {
		enum field field;
		uint32_t base, offset, len;
		uint8_t nfproto, l4proto;
	} fields[] = {
		{FIELD_IP_SADDR, NFT_PAYLOAD_NETWORK_HEADER, 12, 4, NFPROTO_IPV4, 0},
		{FIELD_IP_DADDR, NFT_PAYLOAD_NETWORK_HEADER, 16, 4, NFPROTO_IPV4, 0},
		{FIELD_IP6_SADDR, NFT_PAYLOAD_NETWORK_HEADER, 8, 16, NFPROTO_IPV6, 0},
		{FIELD_IP6_DADDR, NFT_PAYLOAD_NETWORK_HEADER, 24, 16, NFPROTO_IPV6, 0},
		{FIELD_TH_SPORT, NFT_PAYLOAD_TRANSPORT_HEADER, 0, 2, UINT8_MAX, 0},
		{FIELD_TH_DPORT, NFT_PAYLOAD_TRANSPORT_HEADER, 2, 2, UINT8_MAX, 0},
		{FIELD_ICMPV6_TYPE, NFT_PAYLOAD_TRANSPORT_HEADER, 0, 1, NFPROTO_IPV6,
		 IPPROTO_ICMPV6},
	};

	for (size_t i = 0; i < sizeof(fields) / sizeof(*fields); i++) {
		if (fields[i].base != base || fields[i].offset != offset || fields[i].len != len)
			continue;
		*field = fields[i].field;
		return (fields[i].nfproto == UINT8_MAX || fields[i].nfproto == decoder->nfproto) &&
		       fields[i].l4proto == decoder->l4proto;
	}
	return false;
}

/* Decodes `meta l4proto`, or the family or protocol on which the next expression depends. */
static bool decode_meta(struct decoder *decoder, const struct expression *meta)
{
	const uint8_t host = PACKET_HOST;
	uint32_t key = expression_number(meta, NFTA_META_KEY);
	uint8_t value;

	if (key == NFT_META_IIFNAME)
		return decoder_add_field(decoder, FIELD_IIFNAME);
	if (key == NFT_META_PKTTYPE)
		return decoder_set_kind(decoder, RULE_NOT_UNICAST) &&
		       decoder_next_cmp(decoder, NFT_CMP_NEQ, &host, 1);
	if (key != NFT_META_NFPROTO && key != NFT_META_L4PROTO)
		return false;
	value = decoder_next_equal(decoder);
	if (value) {
		uint8_t *asked = key == NFT_META_NFPROTO ? &decoder->nfproto : &decoder->l4proto;

		if (*asked)
			return false;
		*asked = value;
		return key != NFT_META_NFPROTO || value == NFPROTO_IPV4 || value == NFPROTO_IPV6;
	}
	/* nft does this with a range of one byte. */
	decoder_next(decoder, "byteorder");
	return decoder_add_field(decoder, key == NFT_META_NFPROTO ? FIELD_NFPROTO : FIELD_L4PROTO);
}

/* Decodes a load from the packet: a field of a key, the flags of a TCP segment, or ports. */
static bool decode_payload(struct decoder *decoder, const struct expression *payload)
{
	const uint8_t mask = 0x17, syn = 0x02;
	enum field field;

	/* With a source register, the expression writes to the packet. */
	if (payload->attrs[NFTA_PAYLOAD_SREG])
		return false;
	if (decoder->l4proto == IPPROTO_TCP && !decoder->rule->field_count &&
	    expression_number(payload, NFTA_PAYLOAD_BASE) == NFT_PAYLOAD_TRANSPORT_HEADER &&
	    expression_number(payload, NFTA_PAYLOAD_OFFSET) == 13 &&
	    expression_number(payload, NFTA_PAYLOAD_LEN) == 1) {
		return decoder_set_kind(decoder, RULE_NOT_SYN) &&
		       decoder_next_mask(decoder, &mask, 1) &&
		       decoder_next_cmp(decoder, NFT_CMP_NEQ, &syn, 1);
	}
	if (decoder->l4proto && !decoder->rule->field_count &&
	    expression_number(payload, NFTA_PAYLOAD_BASE) == NFT_PAYLOAD_TRANSPORT_HEADER &&
	    expression_number(payload, NFTA_PAYLOAD_OFFSET) == 2 &&
	    expression_number(payload, NFTA_PAYLOAD_LEN) == 2)
		return comparison_ports(decoder);
	if (decoder->nfproto == NFPROTO_IPV6 && !decoder->rule->hoplimit &&
	    expression_number(payload, NFTA_PAYLOAD_BASE) == NFT_PAYLOAD_NETWORK_HEADER &&
	    expression_number(payload, NFTA_PAYLOAD_OFFSET) == 7 &&
	    expression_number(payload, NFTA_PAYLOAD_LEN) == 1)
		return (decoder->rule->hoplimit = decoder_next_equal(decoder)) != 0;
	if ((decoder_follows(decoder, "bitwise") || decoder_follows(decoder, "cmp")) &&
	    comparison_address(decoder, payload, &field))
		return comparison_prefix(decoder, field,
					 expression_number(payload, NFTA_PAYLOAD_LEN));
	return load_field(decoder, payload, &field) && decoder_add_field(decoder, field);
}

/* The other half of this condition is a `meta` expression, which np2nft never writes alone. */
static bool decode_translated(struct decoder *decoder)
{
	const uint32_t translated = 0x20, none = 0;
	const char bridge[16] = "bridge";
	const struct expression *meta;

	if (!decoder_next_mask(decoder, &translated, sizeof(translated)) ||
	    !decoder_next_cmp(decoder, NFT_CMP_NEQ, &none, sizeof(none)))
		return false;
	meta = decoder_next(decoder, "meta");
	return meta && expression_number(meta, NFTA_META_KEY) == NFT_META_IIFKIND &&
	       decoder_next_cmp(decoder, NFT_CMP_EQ, bridge, sizeof(bridge)) &&
	       decoder_set_kind(decoder, RULE_BRIDGED_TO_SERVICE);
}

static bool decode_state(struct decoder *decoder, const struct expression *ct)
{
	const uint32_t states = 0x6, none = 0; /* established, related */

	if (expression_number(ct, NFTA_CT_KEY) == NFT_CT_STATUS)
		return decode_translated(decoder);
	return decoder_set_kind(decoder, RULE_ESTABLISHED) &&
	       expression_number(ct, NFTA_CT_KEY) == NFT_CT_STATE &&
	       decoder_next_mask(decoder, &states, sizeof(states)) &&
	       decoder_next_cmp(decoder, NFT_CMP_NEQ, &none, sizeof(none));
}

static bool decode_fib(struct decoder *decoder, const struct expression *fib)
{
	const uint32_t missing = 0;

	return decoder_set_kind(decoder, RULE_NOT_ROUTED_BACK) &&
	       expression_number(fib, NFTA_FIB_RESULT) == NFT_FIB_RESULT_OIF &&
	       expression_number(fib, NFTA_FIB_FLAGS) ==
		       (NFTA_FIB_F_SADDR | NFTA_FIB_F_IIF | NFTA_FIB_F_PRESENT) &&
	       decoder_next_cmp(decoder, NFT_CMP_EQ, &missing, sizeof(missing));
}

static bool decode_lookup(struct decoder *decoder, const struct expression *lookup)
{
	const struct nlattr *set = lookup->attrs[NFTA_LOOKUP_SET];
	uint32_t flags =
		lookup->attrs[NFTA_LOOKUP_FLAGS] ? expression_number(lookup, NFTA_LOOKUP_FLAGS) : 0;

	if (!set || !decoder->rule->field_count || flags)
		return false;
	decoder->set_name = mnl_attr_get_str(set);
	return decoder_set_kind(decoder, RULE_LOOKUP);
}

static bool decode_verdict(struct decoder *decoder, const struct expression *immediate)
{
	if (!immediate->attrs[NFTA_IMMEDIATE_DATA])
		return false;
	decoder->rule->verdict =
		kernel_verdict_decode(decoder->arena, immediate->attrs[NFTA_IMMEDIATE_DATA]);
	return decoder->rule->verdict.kind != VERDICT_NONE;
}

static bool decode_reject(struct decoder *decoder, const struct expression *reject)
{
	if (expression_number(reject, NFTA_REJECT_TYPE) == NFT_REJECT_TCP_RST) {
		decoder->rule->verdict.kind = VERDICT_RESET;
		return true;
	}
	decoder->rule->verdict.kind = VERDICT_REJECT;
	return expression_number(reject, NFTA_REJECT_TYPE) == NFT_REJECT_ICMPX_UNREACH &&
	       expression_number(reject, NFTA_REJECT_ICMP_CODE) ==
		       NFT_REJECT_ICMPX_ADMIN_PROHIBITED;
}

/* Decodes a limit, which only a rule that logs has. */
static bool decode_limit(struct decoder *decoder, const struct expression *limit)
{
	const struct expression *log = decoder_next(decoder, "log");
	const struct nlattr *group = log ? log->attrs[NFTA_LOG_GROUP] : NULL;
	const struct nlattr *prefix = log ? log->attrs[NFTA_LOG_PREFIX] : NULL;

	return decoder_set_kind(decoder, prefix ? RULE_LOG_AUDIT : RULE_LOG) && group &&
	       mnl_attr_get_payload_len(group) == 2 &&
	       ntohs(mnl_attr_get_u16(group)) == LAYOUT_LOG_GROUP &&
	       (!prefix || !strcmp(mnl_attr_get_str(prefix), LAYOUT_LOG_AUDIT)) &&
	       limit->attrs[NFTA_LIMIT_RATE] && limit->attrs[NFTA_LIMIT_UNIT] &&
	       kernel_number64(limit->attrs[NFTA_LIMIT_RATE]) == LAYOUT_LOG_RATE &&
	       kernel_number64(limit->attrs[NFTA_LIMIT_UNIT]) == 1 &&
	       expression_number(limit, NFTA_LIMIT_BURST) == LAYOUT_LOG_BURST &&
	       expression_number(limit, NFTA_LIMIT_TYPE) == NFT_LIMIT_PKTS &&
	       (!limit->attrs[NFTA_LIMIT_FLAGS] || !expression_number(limit, NFTA_LIMIT_FLAGS));
}

static bool decode_counter(struct decoder *decoder, const struct expression *counter)
{
	if (decoder->rule->counter)
		return false;
	decoder->rule->counter = true;
	decoder->rule->packets = kernel_number64(counter->attrs[NFTA_COUNTER_PACKETS]);
	decoder->rule->bytes = kernel_number64(counter->attrs[NFTA_COUNTER_BYTES]);
	return true;
}

static const struct {
	const char *name;
	bool (*decode)(struct decoder *decoder, const struct expression *expression);
} kinds[] = {
	{"meta", decode_meta},       {"payload", decode_payload},   {"ct", decode_state},
	{"lookup", decode_lookup},   {"immediate", decode_verdict}, {"reject", decode_reject},
	{"counter", decode_counter}, {"fib", decode_fib},           {"limit", decode_limit},
};

static bool decode_next(struct decoder *decoder)
{
	const struct expression *expression = &decoder->list[decoder->at++];

	for (size_t i = 0; i < sizeof(kinds) / sizeof(*kinds); i++)
		if (!strcmp(expression->name, kinds[i].name))
			return kinds[i].decode(decoder, expression);
	return false;
}

/* Does the rule ask for exactly the family and protocol that it needs, and read nothing else? */
static bool is_consistent(const struct decoder *decoder)
{
	const struct rule *rule = decoder->rule;
	uint8_t nfproto = 0, l4proto = 0;

	if (rule->kind != RULE_LOOKUP) {
		l4proto = rule->kind == RULE_NOT_SYN ? IPPROTO_TCP : 0;
		return !rule->hoplimit && !rule->field_count && !decoder->nfproto &&
		       decoder->l4proto == l4proto;
	}
	for (size_t i = 0; i < rule->field_count; i++) {
		enum field type = field_type(rule->fields[i]);

		if (type == FIELD_IP_SADDR)
			nfproto = NFPROTO_IPV4;
		if (type == FIELD_IP6_SADDR || type == FIELD_ICMPV6_TYPE)
			nfproto = NFPROTO_IPV6;
		if (type == FIELD_ICMPV6_TYPE)
			l4proto = IPPROTO_ICMPV6;
	}
	return decoder->nfproto == nfproto && decoder->l4proto == l4proto &&
	       (!rule->hoplimit || nfproto == NFPROTO_IPV6);
}

bool kernel_rule_decode(struct arena *arena, const struct nlattr *expressions, struct rule *rule,
			const char **set_name)
{
	struct decoder decoder;
	const struct nlattr *element = mnl_attr_get_payload(expressions);
	const char *end = (const char *)element + mnl_attr_get_payload_len(expressions);

	decoder.arena = arena;
	decoder.rule = rule;
	decoder.set_name = NULL;
	decoder.count = decoder.at = 0;
	decoder.nfproto = decoder.l4proto = 0;
	decoder.compares_ports = false;
	decoder.blocks = NULL;
	decoder.block_count = 0;
	memset(decoder.first, 0, sizeof(decoder.first));
	memset(decoder.last, 0, sizeof(decoder.last));
	*set_name = NULL;
	for (; mnl_attr_ok(element, (int)(end - (const char *)element));
	     element = mnl_attr_next(element)) {
		struct expression *expression = &decoder.list[decoder.count];
		const struct nlattr *attrs[DATA_ATTRS];

		kernel_nest_attrs(element, attrs, DATA_ATTRS);
		if (!attrs[NFTA_EXPR_NAME] || !attrs[NFTA_EXPR_DATA] ||
		    decoder.count++ == EXPRESSIONS_MAX)
			return false;
		expression->name = mnl_attr_get_str(attrs[NFTA_EXPR_NAME]);
		kernel_nest_attrs(attrs[NFTA_EXPR_DATA], expression->attrs, EXPRESSION_ATTRS);
	}
	while (decoder.at < decoder.count)
		if (!decode_next(&decoder))
			return false;
	*set_name = decoder.set_name;
	if (decoder.block_count && !comparison_make_block(&decoder))
		return false;
	if (comparison_is_all(&decoder)) {
		comparison_make(&decoder);
		return true;
	}
	return !decoder.compares_ports && is_consistent(&decoder);
}
