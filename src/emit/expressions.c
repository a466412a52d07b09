/*
 * Makes the same expressions of a rule as nft does, so that nft lists the rule as it stands in the
 * text.
 */
#include "emit/expressions.h"

#include "base/addr.h"
#include "base/guarded_call.h"
#include "ruleset/layout.h"

#include <netinet/in.h>
#include <stdio.h>

#include <libnftnl/expr.h>
#include <libnftnl/rule.h>
#include <linux/if.h>
#include <linux/if_packet.h>
#include <linux/netfilter.h>
#include <linux/netfilter/nf_conntrack_common.h>
#include <linux/netfilter/nf_tables.h>

/* nft gives unnamed sets these names; the kernel replaces %d with a number. */
#define ANONYMOUS_SET "__set%d"
#define ANONYMOUS_MAP "__map%d"

void check_setter(int status)
{
	if (status < 0)
		call_fail(FAILURE_MEMORY, NULL);
}

const char *set_name_in_batch(const struct set *set)
{
	return set->name ? set->name : set->verdicts ? ANONYMOUS_MAP : ANONYMOUS_SET;
}

uint32_t verdict_code(enum verdict_kind kind)
{
	static const int codes[] = {
		[VERDICT_ACCEPT] = NF_ACCEPT,  [VERDICT_DROP] = NF_DROP,
		[VERDICT_RETURN] = NFT_RETURN, [VERDICT_JUMP] = NFT_JUMP,
		[VERDICT_GOTO] = NFT_GOTO,
	};

	return (uint32_t)codes[kind];
}

static struct nftnl_expr *add_expr(struct nftnl_rule *rule, const char *name)
{
	struct nftnl_expr *expr = call_checked(nftnl_expr_alloc(name));

	nftnl_rule_add_expr(rule, expr);
	return expr;
}

static void add_meta(struct nftnl_rule *rule, enum nft_meta_keys key, uint32_t reg)
{
	struct nftnl_expr *expr = add_expr(rule, "meta");

	nftnl_expr_set_u32(expr, NFTNL_EXPR_META_KEY, key);
	nftnl_expr_set_u32(expr, NFTNL_EXPR_META_DREG, reg);
}

static void add_cmp(struct nftnl_rule *rule, enum nft_cmp_ops op, const void *data, uint32_t len)
{
	struct nftnl_expr *expr = add_expr(rule, "cmp");

	nftnl_expr_set_u32(expr, NFTNL_EXPR_CMP_SREG, NFT_REG_1);
	nftnl_expr_set_u32(expr, NFTNL_EXPR_CMP_OP, op);
	check_setter(nftnl_expr_set(expr, NFTNL_EXPR_CMP_DATA, data, len));
}

static void add_cmp_u8(struct nftnl_rule *rule, enum nft_cmp_ops op, uint8_t value)
{
	add_cmp(rule, op, &value, sizeof(value));
}

static void add_payload(struct nftnl_rule *rule, enum nft_payload_bases base, uint32_t offset,
			uint32_t len, uint32_t reg)
{
	struct nftnl_expr *expr = add_expr(rule, "payload");

	nftnl_expr_set_u32(expr, NFTNL_EXPR_PAYLOAD_BASE, base);
	nftnl_expr_set_u32(expr, NFTNL_EXPR_PAYLOAD_OFFSET, offset);
	nftnl_expr_set_u32(expr, NFTNL_EXPR_PAYLOAD_LEN, len);
	nftnl_expr_set_u32(expr, NFTNL_EXPR_PAYLOAD_DREG, reg);
}

static void add_bitwise(struct nftnl_rule *rule, const void *mask, uint32_t len)
{
	struct nftnl_expr *expr = add_expr(rule, "bitwise");
	static const uint8_t none[16];

	nftnl_expr_set_u32(expr, NFTNL_EXPR_BITWISE_SREG, NFT_REG_1);
	nftnl_expr_set_u32(expr, NFTNL_EXPR_BITWISE_DREG, NFT_REG_1);
	nftnl_expr_set_u32(expr, NFTNL_EXPR_BITWISE_OP, NFT_BITWISE_BOOL);
	nftnl_expr_set_u32(expr, NFTNL_EXPR_BITWISE_LEN, len);
	check_setter(nftnl_expr_set(expr, NFTNL_EXPR_BITWISE_MASK, mask, len));
	check_setter(nftnl_expr_set(expr, NFTNL_EXPR_BITWISE_XOR, none, len));
}

static void add_verdict(struct nftnl_rule *rule, const struct verdict *verdict)
{
	struct nftnl_expr *expr;

	if (verdict->kind == VERDICT_REJECT || verdict->kind == VERDICT_RESET) {
		const bool resets = verdict->kind == VERDICT_RESET;

		expr = add_expr(rule, "reject");
		nftnl_expr_set_u32(expr, NFTNL_EXPR_REJECT_TYPE,
				   resets ? NFT_REJECT_TCP_RST : NFT_REJECT_ICMPX_UNREACH);
		nftnl_expr_set_u8(expr, NFTNL_EXPR_REJECT_CODE,
				  resets ? 0 : NFT_REJECT_ICMPX_ADMIN_PROHIBITED);
		return;
	}
	expr = add_expr(rule, "immediate");
	nftnl_expr_set_u32(expr, NFTNL_EXPR_IMM_DREG, NFT_REG_VERDICT);
	nftnl_expr_set_u32(expr, NFTNL_EXPR_IMM_VERDICT, verdict_code(verdict->kind));
	if (verdict->chain)
		check_setter(nftnl_expr_set_str(expr, NFTNL_EXPR_IMM_CHAIN, verdict->chain));
}

/* Where a field stands in the packet, and which family and protocol the packet must have. */
static const struct {
	enum nft_payload_bases base;
	uint32_t offset;
	uint8_t nfproto, l4proto; /* 0: any */
} places[] = {
	[FIELD_IP_SADDR] = {NFT_PAYLOAD_NETWORK_HEADER, 12, NFPROTO_IPV4, 0},
	[FIELD_IP_DADDR] = {NFT_PAYLOAD_NETWORK_HEADER, 16, NFPROTO_IPV4, 0},
	[FIELD_IP6_SADDR] = {NFT_PAYLOAD_NETWORK_HEADER, 8, NFPROTO_IPV6, 0},
	[FIELD_IP6_DADDR] = {NFT_PAYLOAD_NETWORK_HEADER, 24, NFPROTO_IPV6, 0},
	[FIELD_TH_SPORT] = {NFT_PAYLOAD_TRANSPORT_HEADER, 0, 0, 0},
	[FIELD_TH_DPORT] = {NFT_PAYLOAD_TRANSPORT_HEADER, 2, 0, 0},
	/* these two do not stand in the packet (add_key()) */
	[FIELD_IIFNAME] = {NFT_PAYLOAD_NETWORK_HEADER, 0, 0, 0},
	[FIELD_NFPROTO] = {NFT_PAYLOAD_NETWORK_HEADER, 0, 0, 0},
	[FIELD_ICMPV6_TYPE] = {NFT_PAYLOAD_TRANSPORT_HEADER, 0, NFPROTO_IPV6, IPPROTO_ICMPV6},
};

/*
 * Returns the kernel's number of the register in which a key continues after @words words of 32
 * bits. A register of 128 bits has a number of its own, which stands for its first word, too.
 */
static uint32_t register_at(size_t words)
{
	return words % 4 ? NFT_REG32_00 + (uint32_t)words : NFT_REG_1 + (uint32_t)words / 4;
}

static void add_key(struct nftnl_rule *rule, const struct rule *of)
{
	size_t words = 0;

	for (size_t i = 0; i < of->field_count; i++) {
		enum field field = of->fields[i];
		uint32_t reg = register_at(words);

		if (field == FIELD_L4PROTO)
			add_meta(rule, NFT_META_L4PROTO, reg);
		else if (field == FIELD_NFPROTO)
			add_meta(rule, NFT_META_NFPROTO, reg);
		else if (field == FIELD_IIFNAME)
			add_meta(rule, NFT_META_IIFNAME, reg);
		else
			add_payload(rule, places[field].base, places[field].offset,
				    (uint32_t)field_len(field), reg);
		/* This has no effect; nft adds it to a field of one byte in a set of ranges. */
		if ((field == FIELD_L4PROTO || field == FIELD_NFPROTO) && of->set->interval) {
			struct nftnl_expr *expr = add_expr(rule, "byteorder");

			nftnl_expr_set_u32(expr, NFTNL_EXPR_BYTEORDER_SREG, reg);
			nftnl_expr_set_u32(expr, NFTNL_EXPR_BYTEORDER_DREG, reg);
			nftnl_expr_set_u32(expr, NFTNL_EXPR_BYTEORDER_OP, NFT_BYTEORDER_HTON);
			nftnl_expr_set_u32(expr, NFTNL_EXPR_BYTEORDER_LEN, 1);
			nftnl_expr_set_u32(expr, NFTNL_EXPR_BYTEORDER_SIZE, 2);
		}
		words += (field_len(field) + 3) / 4;
	}
}

/* Adds comparisons for what must hold before the fields may be read: a family, a protocol. */
static void add_dependencies(struct nftnl_rule *rule, const struct rule *of)
{
	uint8_t nfproto = 0, l4proto = 0;

	for (size_t i = 0; i < of->field_count; i++) {
		nfproto |= places[of->fields[i]].nfproto;
		l4proto |= places[of->fields[i]].l4proto;
	}
	if (nfproto) {
		add_meta(rule, NFT_META_NFPROTO, NFT_REG_1);
		add_cmp_u8(rule, NFT_CMP_EQ, nfproto);
	}
	if (of->hoplimit) {
		add_payload(rule, NFT_PAYLOAD_NETWORK_HEADER, 7, 1, NFT_REG_1);
		add_cmp_u8(rule, NFT_CMP_EQ, of->hoplimit);
	}
	if (l4proto) {
		add_meta(rule, NFT_META_L4PROTO, NFT_REG_1);
		add_cmp_u8(rule, NFT_CMP_EQ, l4proto);
	}
}

/*
 * Compares an address with a prefix as nft does.  If the prefix ends with a whole byte, only the
 * bytes of the prefix are compared; otherwise the whole address is compared under a mask.
 */
static void add_prefix(struct nftnl_rule *rule, enum field field, enum nft_cmp_ops op,
		       const struct range *block)
{
	size_t len = field_len(field), whole = 0;
	uint8_t mask[KEY_MAX];

	for (size_t i = 0; i < len; i++)
		mask[i] = (uint8_t) ~(block->first[i] ^ block->last[i]);
	while (whole < len && mask[whole] == 0xff)
		whole++;
	if (whole && (whole == len || !mask[whole]))
		len = whole;
	add_payload(rule, places[field].base, places[field].offset, (uint32_t)len, NFT_REG_1);
	if (len != whole)
		add_bitwise(rule, mask, (uint32_t)len);
	add_cmp(rule, op, block->first, (uint32_t)len);
}

static void add_blocks(struct nftnl_rule *rule, const struct rule *of)
{
	add_dependencies(rule, of);
	for (size_t i = 0; i < of->set->block_count; i++)
		add_prefix(rule, of->fields[0], i ? NFT_CMP_NEQ : NFT_CMP_EQ, &of->set->blocks[i]);
}

static void add_lookup(struct nftnl_rule *rule, const struct rule *of, uint32_t set_id)
{
	struct nftnl_expr *expr;

	add_dependencies(rule, of);
	add_key(rule, of);
	expr = add_expr(rule, "lookup");
	nftnl_expr_set_u32(expr, NFTNL_EXPR_LOOKUP_SREG, NFT_REG_1);
	check_setter(nftnl_expr_set_str(expr, NFTNL_EXPR_LOOKUP_SET, set_name_in_batch(of->set)));
	if (set_id)
		nftnl_expr_set_u32(expr, NFTNL_EXPR_LOOKUP_SET_ID, set_id);
	if (of->set->verdicts)
		nftnl_expr_set_u32(expr, NFTNL_EXPR_LOOKUP_DREG, NFT_REG_VERDICT);
}

/* Compares the protocol and the port as nft does: a range of ports takes two comparisons. */
static void add_comparison(struct nftnl_rule *rule, const struct set *set)
{
	add_meta(rule, NFT_META_L4PROTO, NFT_REG_1);
	add_cmp_u8(rule, NFT_CMP_EQ, *set->keys);
	if (set->field_count > 1) {
		add_payload(rule, NFT_PAYLOAD_TRANSPORT_HEADER, 2, 2, NFT_REG_1);
		add_cmp(rule, set->interval ? NFT_CMP_GTE : NFT_CMP_EQ, set->keys + 4, 2);
	}
	if (set->interval)
		add_cmp(rule, NFT_CMP_LTE, set->ends + 4, 2);
	add_verdict(rule, set->verdicts);
}

static void add_condition(struct nftnl_rule *rule, const struct rule *of, uint32_t set_id)
{
	const uint32_t states = NF_CT_STATE_BIT(IP_CT_ESTABLISHED) | NF_CT_STATE_BIT(IP_CT_RELATED);
	const uint32_t none = 0, translated = IPS_DST_NAT;
	const char bridge[IFNAMSIZ] = "bridge";
	const uint8_t opening = 0x17; /* FIN, SYN, RST, ACK */
	struct nftnl_expr *expr;

	switch (of->kind) {
	case RULE_ALWAYS:
		break;
	case RULE_ESTABLISHED:
		expr = add_expr(rule, "ct");
		nftnl_expr_set_u32(expr, NFTNL_EXPR_CT_KEY, NFT_CT_STATE);
		nftnl_expr_set_u32(expr, NFTNL_EXPR_CT_DREG, NFT_REG_1);
		add_bitwise(rule, &states, sizeof(states));
		add_cmp(rule, NFT_CMP_NEQ, &none, sizeof(none));
		break;
	case RULE_NOT_SYN:
		add_meta(rule, NFT_META_L4PROTO, NFT_REG_1);
		add_cmp_u8(rule, NFT_CMP_EQ, IPPROTO_TCP);
		add_payload(rule, NFT_PAYLOAD_TRANSPORT_HEADER, 13, 1, NFT_REG_1);
		add_bitwise(rule, &opening, sizeof(opening));
		add_cmp_u8(rule, NFT_CMP_NEQ, 0x02);
		break;
	case RULE_NOT_ROUTED_BACK:
		expr = add_expr(rule, "fib");
		nftnl_expr_set_u32(expr, NFTNL_EXPR_FIB_DREG, NFT_REG_1);
		nftnl_expr_set_u32(expr, NFTNL_EXPR_FIB_RESULT, NFT_FIB_RESULT_OIF);
		nftnl_expr_set_u32(expr, NFTNL_EXPR_FIB_FLAGS,
				   NFTA_FIB_F_SADDR | NFTA_FIB_F_IIF | NFTA_FIB_F_PRESENT);
		add_cmp(rule, NFT_CMP_EQ, &none, sizeof(none));
		break;
	case RULE_BRIDGED_TO_SERVICE:
		expr = add_expr(rule, "ct");
		nftnl_expr_set_u32(expr, NFTNL_EXPR_CT_KEY, NFT_CT_STATUS);
		nftnl_expr_set_u32(expr, NFTNL_EXPR_CT_DREG, NFT_REG_1);
		add_bitwise(rule, &translated, sizeof(translated));
		add_cmp(rule, NFT_CMP_NEQ, &none, sizeof(none));
		add_meta(rule, NFT_META_IIFKIND, NFT_REG_1);
		add_cmp(rule, NFT_CMP_EQ, bridge, sizeof(bridge));
		break;
	case RULE_LOG:
	case RULE_LOG_AUDIT:
		expr = add_expr(rule, "limit");
		nftnl_expr_set_u64(expr, NFTNL_EXPR_LIMIT_RATE, LAYOUT_LOG_RATE);
		nftnl_expr_set_u64(expr, NFTNL_EXPR_LIMIT_UNIT, 1);
		nftnl_expr_set_u32(expr, NFTNL_EXPR_LIMIT_BURST, LAYOUT_LOG_BURST);
		nftnl_expr_set_u32(expr, NFTNL_EXPR_LIMIT_TYPE, NFT_LIMIT_PKTS);
		nftnl_expr_set_u32(expr, NFTNL_EXPR_LIMIT_FLAGS, 0);
		expr = add_expr(rule, "log");
		nftnl_expr_set_u16(expr, NFTNL_EXPR_LOG_GROUP, LAYOUT_LOG_GROUP);
		if (of->kind == RULE_LOG_AUDIT)
			check_setter(
				nftnl_expr_set_str(expr, NFTNL_EXPR_LOG_PREFIX, LAYOUT_LOG_AUDIT));
		break;
	case RULE_NOT_UNICAST:
		add_meta(rule, NFT_META_PKTTYPE, NFT_REG_1);
		add_cmp_u8(rule, NFT_CMP_NEQ, PACKET_HOST);
		break;
	case RULE_LOOKUP:
		if (set_is_comparison(of->set))
			add_comparison(rule, of->set);
		else if (set_is_block(of->set))
			add_blocks(rule, of);
		else
			add_lookup(rule, of, set_id);
		break;
	}
}

void add_expressions(struct nftnl_rule *rule, const struct rule *of, uint32_t set_id)
{
	add_condition(rule, of, set_id);
	if (of->counter)
		add_expr(rule, "counter");
	if (of->verdict.kind != VERDICT_NONE)
		add_verdict(rule, &of->verdict);
}
