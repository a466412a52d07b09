/*
 * Reads the expressions of a rule in their order, and only in the forms that emit/expressions.c and
 * nft write.  Any other expression makes the rule foreign.
 */
#include "kernel/rule.h"

#include <netinet/in.h>

#include "base/arena.h"
#include "base/table.h"
#include "kernel/attrs.h"
#include "ruleset/block.h"
#include "ruleset/layout.h"

#include <libmnl/libmnl.h>
#include <linux/if_packet.h>
#include <linux/netfilter.h>
#include <linux/netfilter/nf_tables.h>

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

static uint32_t number(const struct expression *expression, int attribute)
{
	const struct nlattr *attr = expression->attrs[attribute];

	if (!attr || mnl_attr_get_payload_len(attr) < 1)
		return UINT32_MAX;
	if (mnl_attr_get_payload_len(attr) == 1)
		return mnl_attr_get_u8(attr);
	return mnl_attr_get_payload_len(attr) >= 4 ? ntohl(mnl_attr_get_u32(attr)) : UINT32_MAX;
}

/* Does the nest of data in the attribute have exactly these bytes? */
static bool has_value(const struct expression *expression, int attribute, const void *bytes,
		      size_t len)
{
	const struct nlattr *data[DATA_ATTRS];

	if (!expression->attrs[attribute])
		return false;
	kernel_nest_attrs(expression->attrs[attribute], data, DATA_ATTRS);
	return data[NFTA_DATA_VALUE] && mnl_attr_get_payload_len(data[NFTA_DATA_VALUE]) == len &&
	       !memcmp(mnl_attr_get_payload(data[NFTA_DATA_VALUE]), bytes, len);
}

/* If the next expression is of this kind, returns it and moves on; otherwise returns NULL. */
static const struct expression *next(struct decoder *decoder, const char *name)
{
	const struct expression *expression = &decoder->list[decoder->at];

	if (decoder->at == decoder->count || strcmp(expression->name, name) != 0)
		return NULL;
	decoder->at++;
	return expression;
}

static bool next_cmp(struct decoder *decoder, enum nft_cmp_ops op, const void *bytes, size_t len)
{
	const struct expression *cmp = next(decoder, "cmp");

	return cmp && number(cmp, NFTA_CMP_OP) == op && has_value(cmp, NFTA_CMP_DATA, bytes, len);
}

/*
 * If the next expression compares one byte for equality, returns the byte and moves on; otherwise
 * returns 0.
 */
static uint8_t next_equal(struct decoder *decoder)
{
	const struct nlattr *data[DATA_ATTRS];
	const struct expression *cmp = next(decoder, "cmp");

	if (!cmp)
		return 0;
	if (cmp->attrs[NFTA_CMP_DATA] && number(cmp, NFTA_CMP_OP) == NFT_CMP_EQ) {
		kernel_nest_attrs(cmp->attrs[NFTA_CMP_DATA], data, DATA_ATTRS);
		if (data[NFTA_DATA_VALUE] && mnl_attr_get_payload_len(data[NFTA_DATA_VALUE]) == 1)
			return mnl_attr_get_u8(data[NFTA_DATA_VALUE]);
	}
	decoder->at--;
	return 0;
}

/* The bytes in a nest of data; NULL if their number is not @len. */
static const uint8_t *bytes_in(const struct nlattr *nest, size_t len)
{
	const struct nlattr *data[DATA_ATTRS];

	if (!nest)
		return NULL;
	kernel_nest_attrs(nest, data, DATA_ATTRS);
	return data[NFTA_DATA_VALUE] && mnl_attr_get_payload_len(data[NFTA_DATA_VALUE]) == len
		       ? mnl_attr_get_payload(data[NFTA_DATA_VALUE])
		       : NULL;
}

/*
 * If the next expression compares a port in this way, returns the port and moves on; otherwise
 * returns NULL.
 */
static const uint8_t *next_port(struct decoder *decoder, enum nft_cmp_ops op)
{
	const struct expression *cmp = next(decoder, "cmp");

	return cmp && number(cmp, NFTA_CMP_OP) == op ? bytes_in(cmp->attrs[NFTA_CMP_DATA], 2)
						     : NULL;
}

static bool next_mask(struct decoder *decoder, const void *mask, size_t len)
{
	static const uint8_t none[16];
	const struct expression *bitwise = next(decoder, "bitwise");

	return bitwise && has_value(bitwise, NFTA_BITWISE_MASK, mask, len) &&
	       has_value(bitwise, NFTA_BITWISE_XOR, none, len);
}

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
	uint32_t base = number(load, NFTA_PAYLOAD_BASE);
	uint32_t offset = number(load, NFTA_PAYLOAD_OFFSET), len = number(load, NFTA_PAYLOAD_LEN);
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

static bool add_field(struct decoder *decoder, enum field field)
{
	if (decoder->rule->field_count == FIELDS_MAX)
		return false;
	decoder->rule->fields[decoder->rule->field_count++] = field;
	return true;
}

/*
 * Sets the kind of the rule.  A rule has only one condition, since a second one would make it hold
 * less often.
 */
static bool set_kind(struct decoder *decoder, enum rule_kind kind)
{
	if (decoder->rule->kind != RULE_ALWAYS)
		return false;
	decoder->rule->kind = kind;
	return true;
}

/* Decodes `meta l4proto`, or the family or protocol on which the next expression depends. */
static bool decode_meta(struct decoder *decoder, const struct expression *meta)
{
	const uint8_t host = PACKET_HOST;
	uint32_t key = number(meta, NFTA_META_KEY);
	uint8_t value;

	if (key == NFT_META_IIFNAME)
		return add_field(decoder, FIELD_IIFNAME);
	if (key == NFT_META_PKTTYPE)
		return set_kind(decoder, RULE_NOT_UNICAST) &&
		       next_cmp(decoder, NFT_CMP_NEQ, &host, 1);
	if (key != NFT_META_NFPROTO && key != NFT_META_L4PROTO)
		return false;
	value = next_equal(decoder);
	if (value) {
		uint8_t *asked = key == NFT_META_NFPROTO ? &decoder->nfproto : &decoder->l4proto;

		if (*asked)
			return false;
		*asked = value;
		return key != NFT_META_NFPROTO || value == NFPROTO_IPV4 || value == NFPROTO_IPV6;
	}
	/* nft does this with a range of one byte. */
	next(decoder, "byteorder");
	return add_field(decoder, key == NFT_META_NFPROTO ? FIELD_NFPROTO : FIELD_L4PROTO);
}

static bool follows(const struct decoder *decoder, const char *name)
{
	return decoder->at < decoder->count && !strcmp(decoder->list[decoder->at].name, name);
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

/* Finds the address field of which a load reads the first bytes; returns false if there is none. */
static bool load_address(const struct decoder *decoder, const struct expression *load,
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
		if (number(load, NFTA_PAYLOAD_BASE) == NFT_PAYLOAD_NETWORK_HEADER &&
		    number(load, NFTA_PAYLOAD_OFFSET) == fields[i].offset &&
		    number(load, NFTA_PAYLOAD_LEN) <= field_len(*field) &&
		    decoder->nfproto == fields[i].nfproto)
			return true;
	}
	return false;
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
	return op == NFT_CMP_EQ && !rule->field_count && add_field(decoder, field) &&
	       set_kind(decoder, RULE_LOOKUP);
}

/*
 * Decodes the comparison of an address with a prefix: of the whole address, of its first bytes, or
 * under a mask.
 */
static bool decode_prefix(struct decoder *decoder, enum field field, size_t len)
{
	static const uint8_t none[16];
	const struct expression *bitwise = next(decoder, "bitwise"), *cmp = next(decoder, "cmp");
	struct range block = {0};
	const uint8_t *mask = NULL, *value;

	if (bitwise)
		mask = bytes_in(bitwise->attrs[NFTA_BITWISE_MASK], len);
	if (bitwise && (!mask || !is_prefix_mask(mask, len) ||
			!has_value(bitwise, NFTA_BITWISE_XOR, none, len)))
		return false;
	if (!cmp || !may_be_compared(decoder, field, number(cmp, NFTA_CMP_OP)))
		return false;
	value = bytes_in(cmp->attrs[NFTA_CMP_DATA], len);
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

/*
 * Makes the set that stands for such comparisons (set_is_block()); returns false if the rule also
 * reads something else.
 */
static bool make_block(struct decoder *decoder)
{
	struct set *set = arena_alloc(decoder->arena, sizeof(*set));

	*set = block_set(decoder->arena, decoder->rule->fields[0], decoder->blocks,
			 decoder->block_count);
	decoder->rule->set = set;
	return decoder->rule->field_count == 1;
}

/*
 * Decodes a comparison with one port, or with a range: two comparisons, or (nft 1.1.2 and newer)
 * one expression.
 */
static bool decode_ports(struct decoder *decoder)
{
	const struct expression *range = next(decoder, "range");
	const size_t at = decoder->at;
	const uint8_t *first, *last;

	if (range) {
		if (number(range, NFTA_RANGE_OP) != NFT_RANGE_EQ)
			return false;
		first = bytes_in(range->attrs[NFTA_RANGE_FROM_DATA], 2);
		last = bytes_in(range->attrs[NFTA_RANGE_TO_DATA], 2);
	} else if (!(first = last = next_port(decoder, NFT_CMP_EQ))) {
		decoder->at = at;
		first = next_port(decoder, NFT_CMP_GTE);
		last = next_port(decoder, NFT_CMP_LTE);
	}
	if (!first || !last || decoder->compares_ports)
		return false;
	memcpy(decoder->first, first, 2);
	memcpy(decoder->last, last, 2);
	decoder->compares_ports = true;
	return true;
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
	    number(payload, NFTA_PAYLOAD_BASE) == NFT_PAYLOAD_TRANSPORT_HEADER &&
	    number(payload, NFTA_PAYLOAD_OFFSET) == 13 && number(payload, NFTA_PAYLOAD_LEN) == 1) {
		return set_kind(decoder, RULE_NOT_SYN) && next_mask(decoder, &mask, 1) &&
		       next_cmp(decoder, NFT_CMP_NEQ, &syn, 1);
	}
	if (decoder->l4proto && !decoder->rule->field_count &&
	    number(payload, NFTA_PAYLOAD_BASE) == NFT_PAYLOAD_TRANSPORT_HEADER &&
	    number(payload, NFTA_PAYLOAD_OFFSET) == 2 && number(payload, NFTA_PAYLOAD_LEN) == 2)
		return decode_ports(decoder);
	if (decoder->nfproto == NFPROTO_IPV6 && !decoder->rule->hoplimit &&
	    number(payload, NFTA_PAYLOAD_BASE) == NFT_PAYLOAD_NETWORK_HEADER &&
	    number(payload, NFTA_PAYLOAD_OFFSET) == 7 && number(payload, NFTA_PAYLOAD_LEN) == 1)
		return (decoder->rule->hoplimit = next_equal(decoder)) != 0;
	if ((follows(decoder, "bitwise") || follows(decoder, "cmp")) &&
	    load_address(decoder, payload, &field))
		return decode_prefix(decoder, field, number(payload, NFTA_PAYLOAD_LEN));
	return load_field(decoder, payload, &field) && add_field(decoder, field);
}

/* The other half of this condition is a `meta` expression, which np2nft never writes alone. */
static bool decode_translated(struct decoder *decoder)
{
	const uint32_t translated = 0x20, none = 0;
	const char bridge[16] = "bridge";
	const struct expression *meta;

	if (!next_mask(decoder, &translated, sizeof(translated)) ||
	    !next_cmp(decoder, NFT_CMP_NEQ, &none, sizeof(none)))
		return false;
	meta = next(decoder, "meta");
	return meta && number(meta, NFTA_META_KEY) == NFT_META_IIFKIND &&
	       next_cmp(decoder, NFT_CMP_EQ, bridge, sizeof(bridge)) &&
	       set_kind(decoder, RULE_BRIDGED_TO_SERVICE);
}

static bool decode_state(struct decoder *decoder, const struct expression *ct)
{
	const uint32_t states = 0x6, none = 0; /* established, related */

	if (number(ct, NFTA_CT_KEY) == NFT_CT_STATUS)
		return decode_translated(decoder);
	return set_kind(decoder, RULE_ESTABLISHED) && number(ct, NFTA_CT_KEY) == NFT_CT_STATE &&
	       next_mask(decoder, &states, sizeof(states)) &&
	       next_cmp(decoder, NFT_CMP_NEQ, &none, sizeof(none));
}

static bool decode_fib(struct decoder *decoder, const struct expression *fib)
{
	const uint32_t missing = 0;

	return set_kind(decoder, RULE_NOT_ROUTED_BACK) &&
	       number(fib, NFTA_FIB_RESULT) == NFT_FIB_RESULT_OIF &&
	       number(fib, NFTA_FIB_FLAGS) ==
		       (NFTA_FIB_F_SADDR | NFTA_FIB_F_IIF | NFTA_FIB_F_PRESENT) &&
	       next_cmp(decoder, NFT_CMP_EQ, &missing, sizeof(missing));
}

static bool decode_lookup(struct decoder *decoder, const struct expression *lookup)
{
	const struct nlattr *set = lookup->attrs[NFTA_LOOKUP_SET];
	uint32_t flags = lookup->attrs[NFTA_LOOKUP_FLAGS] ? number(lookup, NFTA_LOOKUP_FLAGS) : 0;

	if (!set || !decoder->rule->field_count || flags)
		return false;
	decoder->set_name = mnl_attr_get_str(set);
	return set_kind(decoder, RULE_LOOKUP);
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
	if (number(reject, NFTA_REJECT_TYPE) == NFT_REJECT_TCP_RST) {
		decoder->rule->verdict.kind = VERDICT_RESET;
		return true;
	}
	decoder->rule->verdict.kind = VERDICT_REJECT;
	return number(reject, NFTA_REJECT_TYPE) == NFT_REJECT_ICMPX_UNREACH &&
	       number(reject, NFTA_REJECT_ICMP_CODE) == NFT_REJECT_ICMPX_ADMIN_PROHIBITED;
}

/* Decodes a limit, which only a rule that logs has. */
static bool decode_limit(struct decoder *decoder, const struct expression *limit)
{
	const struct expression *log = next(decoder, "log");
	const struct nlattr *group = log ? log->attrs[NFTA_LOG_GROUP] : NULL;
	const struct nlattr *prefix = log ? log->attrs[NFTA_LOG_PREFIX] : NULL;

	return set_kind(decoder, prefix ? RULE_LOG_AUDIT : RULE_LOG) && group &&
	       mnl_attr_get_payload_len(group) == 2 &&
	       ntohs(mnl_attr_get_u16(group)) == LAYOUT_LOG_GROUP &&
	       (!prefix || !strcmp(mnl_attr_get_str(prefix), LAYOUT_LOG_AUDIT)) &&
	       limit->attrs[NFTA_LIMIT_RATE] && limit->attrs[NFTA_LIMIT_UNIT] &&
	       kernel_number64(limit->attrs[NFTA_LIMIT_RATE]) == LAYOUT_LOG_RATE &&
	       kernel_number64(limit->attrs[NFTA_LIMIT_UNIT]) == 1 &&
	       number(limit, NFTA_LIMIT_BURST) == LAYOUT_LOG_BURST &&
	       number(limit, NFTA_LIMIT_TYPE) == NFT_LIMIT_PKTS &&
	       (!limit->attrs[NFTA_LIMIT_FLAGS] || !number(limit, NFTA_LIMIT_FLAGS));
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

/* Does the rule ask only for a protocol, and perhaps ports? */
static bool is_comparison(const struct decoder *decoder)
{
	return decoder->rule->kind == RULE_ALWAYS && decoder->l4proto && !decoder->nfproto &&
	       !decoder->rule->field_count;
}

/* Makes the map that stands for such a rule (set_is_comparison()). */
static void make_comparison(struct decoder *decoder)
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
	if (decoder.block_count && !make_block(&decoder))
		return false;
	if (is_comparison(&decoder)) {
		make_comparison(&decoder);
		return true;
	}
	return !decoder.compares_ports && is_consistent(&decoder);
}
