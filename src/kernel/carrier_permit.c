/*
 * Goes through the messages, and through the attributes of each, as libmnl's loops do, whose bounds
 * are those of the kernel.
 */
#include "kernel/carrier_permit.h"

#include "kernel/nflog.h"
#include "ruleset/layout.h"

#include <arpa/inet.h>
#include <libmnl/libmnl.h>
#include <linux/netfilter.h>
#include <linux/netfilter/nf_tables.h>
#include <linux/netfilter/nfnetlink.h>
#include <linux/netfilter/nfnetlink_conntrack.h>
#include <linux/netfilter/nfnetlink_log.h>
#include <netinet/in.h>
#include <stdint.h>
#include <string.h>

/* In each kind of message that changes a table, this attribute names the table. */
#define TABLE_ATTRIBUTE 1

#define BIT(number) (UINT64_C(1) << (number))

/* Attributes, one after the other. */
struct attributes {
	const struct nlattr *first;
	size_t len;
};

static struct attributes attributes_of(const struct nlmsghdr *message)
{
	const size_t head = sizeof(struct nfgenmsg);

	return (struct attributes){mnl_nlmsg_get_payload_offset(message, head),
				   mnl_nlmsg_get_payload_len(message) - head};
}

static struct attributes attributes_in(const struct nlattr *nest)
{
	return (struct attributes){mnl_attr_get_payload(nest), mnl_attr_get_payload_len(nest)};
}

/* The attribute behind @at, or the first one if @at is NULL; NULL at the end. */
static const struct nlattr *next_of(struct attributes all, const struct nlattr *at)
{
	const char *end = (const char *)all.first + all.len;
	const struct nlattr *next = at ? mnl_attr_next(at) : all.first;

	return mnl_attr_ok(next, (int)(end - (const char *)next)) ? next : NULL;
}

/* Does each byte belong to an attribute that is the only one of its type, and is the type in @types (as bits)? */
static bool has_only(struct attributes all, uint64_t types)
{
	const char *end = (const char *)all.first;
	const struct nlattr *at = NULL;

	while ((at = next_of(all, at))) {
		const uint16_t type = mnl_attr_get_type(at);

		if (type >= 64 || !(types & BIT(type)))
			return false;
		types &= ~BIT(type);
		end = (const char *)mnl_attr_next(at);
	}
	return end >= (const char *)all.first + all.len;
}

/* The attribute of a type among those of which has_only() was true; NULL if there is none. */
static const struct nlattr *find(struct attributes all, uint16_t type)
{
	for (const struct nlattr *at = NULL; (at = next_of(all, at));)
		if (mnl_attr_get_type(at) == type)
			return at;
	return NULL;
}

/* Is each byte of the list part of an element, and is each element fine? */
static bool is_list(const struct nlattr *list, bool (*is_fine)(struct attributes element))
{
	const struct attributes all = attributes_in(list);
	const char *end = (const char *)all.first;

	for (const struct nlattr *at = NULL; (at = next_of(all, at));) {
		if (mnl_attr_get_type(at) != NFTA_LIST_ELEM || !is_fine(attributes_in(at)))
			return false;
		end = (const char *)mnl_attr_next(at);
	}
	return end >= (const char *)all.first + all.len;
}

/* Is it this text, with a NUL at its end? */
static bool is_text(const struct nlattr *attr, const char *text)
{
	return attr && mnl_attr_get_payload_len(attr) == strlen(text) + 1 &&
	       !memcmp(mnl_attr_get_payload(attr), text, strlen(text) + 1);
}

/* Is it a number in network order, and which one? */
static bool get_number(const struct nlattr *attr, uint32_t *number)
{
	if (!attr || mnl_attr_get_payload_len(attr) != sizeof(*number))
		return false;
	memcpy(number, mnl_attr_get_payload(attr), sizeof(*number));
	*number = ntohl(*number);
	return true;
}

/*
 * Is it a verdict that np2nft gives?  The kernel knows another one, NF_QUEUE, by which another program gets the packet
 * and may alter it; and old kernels take numbers in the upper half of a verdict.
 */
static bool is_verdict(const struct nlattr *data)
{
	static const int verdicts[] = {NF_ACCEPT, NF_DROP, NFT_RETURN, NFT_JUMP, NFT_GOTO};
	const struct nlattr *verdict;
	uint32_t code;

	if (!data || !has_only(attributes_in(data), BIT(NFTA_DATA_VERDICT)))
		return false;
	verdict = find(attributes_in(data), NFTA_DATA_VERDICT);
	if (!verdict ||
	    !has_only(attributes_in(verdict), BIT(NFTA_VERDICT_CODE) | BIT(NFTA_VERDICT_CHAIN)) ||
	    !get_number(find(attributes_in(verdict), NFTA_VERDICT_CODE), &code))
		return false;
	for (size_t i = 0; i < sizeof(verdicts) / sizeof(*verdicts); i++)
		if (code == (uint32_t)verdicts[i])
			return true;
	return false;
}

static bool is_immediate(struct attributes data)
{
	return is_verdict(find(data, NFTA_IMMEDIATE_DATA));
}

/* Is it for the group to which only np2nft listens? */
static bool is_own_log(struct attributes data)
{
	const struct nlattr *group = find(data, NFTA_LOG_GROUP);

	return group && mnl_attr_get_payload_len(group) == sizeof(uint16_t) &&
	       ntohs(mnl_attr_get_u16(group)) == LAYOUT_LOG_GROUP;
}

/*
 * What a rule may do: look at a packet, count it, tell of it, and pass or deny it.  The attributes are those that
 * np2nft uses; with others, some of these expressions would alter the packet.
 */
static const struct {
	const char *name;
	uint64_t attributes;
	bool (*is_fine)(struct attributes data); /* NULL: it is, whatever the attributes hold */
} expressions[] = {
	{"meta", BIT(NFTA_META_KEY) | BIT(NFTA_META_DREG), NULL},
	{"ct", BIT(NFTA_CT_KEY) | BIT(NFTA_CT_DREG), NULL},
	{"payload",
	 BIT(NFTA_PAYLOAD_BASE) | BIT(NFTA_PAYLOAD_OFFSET) | BIT(NFTA_PAYLOAD_LEN) |
		 BIT(NFTA_PAYLOAD_DREG),
	 NULL},
	{"cmp", BIT(NFTA_CMP_SREG) | BIT(NFTA_CMP_OP) | BIT(NFTA_CMP_DATA), NULL},
	{"bitwise",
	 BIT(NFTA_BITWISE_SREG) | BIT(NFTA_BITWISE_DREG) | BIT(NFTA_BITWISE_OP) |
		 BIT(NFTA_BITWISE_LEN) | BIT(NFTA_BITWISE_MASK) | BIT(NFTA_BITWISE_XOR),
	 NULL},
	{"byteorder",
	 BIT(NFTA_BYTEORDER_SREG) | BIT(NFTA_BYTEORDER_DREG) | BIT(NFTA_BYTEORDER_OP) |
		 BIT(NFTA_BYTEORDER_LEN) | BIT(NFTA_BYTEORDER_SIZE),
	 NULL},
	{"lookup",
	 BIT(NFTA_LOOKUP_SET) | BIT(NFTA_LOOKUP_SET_ID) | BIT(NFTA_LOOKUP_SREG) |
		 BIT(NFTA_LOOKUP_DREG) | BIT(NFTA_LOOKUP_FLAGS),
	 NULL},
	{"fib", BIT(NFTA_FIB_DREG) | BIT(NFTA_FIB_RESULT) | BIT(NFTA_FIB_FLAGS), NULL},
	{"limit",
	 BIT(NFTA_LIMIT_RATE) | BIT(NFTA_LIMIT_UNIT) | BIT(NFTA_LIMIT_BURST) |
		 BIT(NFTA_LIMIT_TYPE) | BIT(NFTA_LIMIT_FLAGS),
	 NULL},
	{"log", BIT(NFTA_LOG_GROUP) | BIT(NFTA_LOG_PREFIX), is_own_log},
	{"counter", BIT(NFTA_COUNTER_BYTES) | BIT(NFTA_COUNTER_PACKETS), NULL},
	{"immediate", BIT(NFTA_IMMEDIATE_DREG) | BIT(NFTA_IMMEDIATE_DATA), is_immediate},
	{"reject", BIT(NFTA_REJECT_TYPE) | BIT(NFTA_REJECT_ICMP_CODE), NULL},
};

static bool is_expression(struct attributes expression)
{
	const struct nlattr *name, *data;

	if (!has_only(expression, BIT(NFTA_EXPR_NAME) | BIT(NFTA_EXPR_DATA)))
		return false;
	name = find(expression, NFTA_EXPR_NAME);
	data = find(expression, NFTA_EXPR_DATA);
	for (size_t i = 0; i < sizeof(expressions) / sizeof(*expressions); i++)
		if (is_text(name, expressions[i].name)) {
			const struct attributes all =
				data ? attributes_in(data)
				     : (struct attributes){expression.first, 0};

			return has_only(all, expressions[i].attributes) &&
			       (!expressions[i].is_fine || expressions[i].is_fine(all));
		}
	return false;
}

/* Has the rule only expressions that a rule may have? */
static bool is_rule(struct attributes rule)
{
	const struct nlattr *list = find(rule, NFTA_RULE_EXPRESSIONS);

	return !list || is_list(list, is_expression);
}

/* An element of a set has nothing but its key, and in a map a verdict. */
static bool is_element(struct attributes element)
{
	const struct nlattr *data;

	if (!has_only(element, BIT(NFTA_SET_ELEM_KEY) | BIT(NFTA_SET_ELEM_KEY_END) |
				       BIT(NFTA_SET_ELEM_DATA) | BIT(NFTA_SET_ELEM_FLAGS) |
				       BIT(NFTA_SET_ELEM_USERDATA)))
		return false;
	data = find(element, NFTA_SET_ELEM_DATA);
	return !data || is_verdict(data);
}

static bool are_elements(struct attributes all)
{
	const struct nlattr *list = find(all, NFTA_SET_ELEM_LIST_ELEMENTS);

	return !list || is_list(list, is_element);
}

/* Is a chain on no hook, or on one of the two that np2nft's tables have, to filter there? */
static bool is_chain(struct attributes chain)
{
	const struct nlattr *hook = find(chain, NFTA_CHAIN_HOOK);
	const struct nlattr *type = find(chain, NFTA_CHAIN_TYPE);
	uint32_t number;

	if (type && !is_text(type, "filter"))
		return false;
	if (!hook)
		return true;
	return has_only(attributes_in(hook), BIT(NFTA_HOOK_HOOKNUM) | BIT(NFTA_HOOK_PRIORITY)) &&
	       get_number(find(attributes_in(hook), NFTA_HOOK_HOOKNUM), &number) &&
	       (number == NF_INET_FORWARD || number == NF_INET_LOCAL_IN);
}

/*
 * The messages that change something of a table, and their attributes; a message with none is not permitted.  None of
 * them is the handle of a table: the kernel would look for a table by its handle first.
 */
static const struct {
	uint64_t attributes;
	bool (*is_fine)(struct attributes all); /* NULL: it is, whatever the attributes hold */
} changes[NFT_MSG_MAX] = {
	[NFT_MSG_NEWTABLE] = {BIT(NFTA_TABLE_NAME) | BIT(NFTA_TABLE_USERDATA), NULL},
	[NFT_MSG_DELTABLE] = {BIT(NFTA_TABLE_NAME), NULL},
	[NFT_MSG_NEWCHAIN] = {BIT(NFTA_CHAIN_TABLE) | BIT(NFTA_CHAIN_NAME) | BIT(NFTA_CHAIN_HOOK) |
				      BIT(NFTA_CHAIN_POLICY) | BIT(NFTA_CHAIN_TYPE) |
				      BIT(NFTA_CHAIN_USERDATA),
			      is_chain},
	[NFT_MSG_DELCHAIN] = {BIT(NFTA_CHAIN_TABLE) | BIT(NFTA_CHAIN_NAME), NULL},
	[NFT_MSG_NEWRULE] = {BIT(NFTA_RULE_TABLE) | BIT(NFTA_RULE_CHAIN) |
				     BIT(NFTA_RULE_EXPRESSIONS) | BIT(NFTA_RULE_USERDATA),
			     is_rule},
	[NFT_MSG_DELRULE] = {BIT(NFTA_RULE_TABLE) | BIT(NFTA_RULE_CHAIN), NULL},
	[NFT_MSG_NEWSET] = {BIT(NFTA_SET_TABLE) | BIT(NFTA_SET_NAME) | BIT(NFTA_SET_FLAGS) |
				    BIT(NFTA_SET_KEY_TYPE) | BIT(NFTA_SET_KEY_LEN) |
				    BIT(NFTA_SET_DATA_TYPE) | BIT(NFTA_SET_DATA_LEN) |
				    BIT(NFTA_SET_DESC) | BIT(NFTA_SET_ID) | BIT(NFTA_SET_USERDATA),
			    NULL},
	[NFT_MSG_DELSET] = {BIT(NFTA_SET_TABLE) | BIT(NFTA_SET_NAME), NULL},
	[NFT_MSG_NEWSETELEM] = {BIT(NFTA_SET_ELEM_LIST_TABLE) | BIT(NFTA_SET_ELEM_LIST_SET) |
					BIT(NFTA_SET_ELEM_LIST_SET_ID) |
					BIT(NFTA_SET_ELEM_LIST_ELEMENTS),
				are_elements},
	[NFT_MSG_DELSETELEM] = {BIT(NFTA_SET_ELEM_LIST_TABLE) | BIT(NFTA_SET_ELEM_LIST_SET) |
					BIT(NFTA_SET_ELEM_LIST_ELEMENTS),
				are_elements},
	[NFT_MSG_DELOBJ] = {BIT(NFTA_OBJ_TABLE) | BIT(NFTA_OBJ_NAME) | BIT(NFTA_OBJ_TYPE), NULL},
	[NFT_MSG_DELFLOWTABLE] = {BIT(NFTA_FLOWTABLE_TABLE) | BIT(NFTA_FLOWTABLE_NAME), NULL},
};

/* Messages that ask, and change nothing, not even counters. */
#define QUESTIONS                                                                                  \
	(BIT(NFT_MSG_GETTABLE) | BIT(NFT_MSG_GETCHAIN) | BIT(NFT_MSG_GETRULE) |                    \
	 BIT(NFT_MSG_GETSET) | BIT(NFT_MSG_GETSETELEM) | BIT(NFT_MSG_GETGEN) |                     \
	 BIT(NFT_MSG_GETOBJ) | BIT(NFT_MSG_GETFLOWTABLE))

/* Is it a message that changes nothing but the table? */
static bool is_change(const struct nlmsghdr *message, const char *table)
{
	const struct nfgenmsg *head = mnl_nlmsg_get_payload(message);
	const struct attributes all = attributes_of(message);
	const unsigned type = NFNL_MSG_TYPE(message->nlmsg_type);

	if (NFNL_SUBSYS_ID(message->nlmsg_type) != NFNL_SUBSYS_NFTABLES || type >= NFT_MSG_MAX ||
	    head->nfgen_family != NFPROTO_INET)
		return false;
	return has_only(all, changes[type].attributes) &&
	       is_text(find(all, TABLE_ATTRIBUTE), table) &&
	       (!changes[type].is_fine || changes[type].is_fine(all));
}

/*
 * Connections may be listed, looked up, and deleted one by one: without a tuple all would be, and with a filter all
 * that it is true of.
 */
static bool is_about_connections(const struct nlmsghdr *message)
{
	const unsigned type = NFNL_MSG_TYPE(message->nlmsg_type);

	return type == IPCTNL_MSG_CT_GET ||
	       (type == IPCTNL_MSG_CT_DELETE &&
		has_only(attributes_of(message),
			 BIT(CTA_TUPLE_ORIG) | BIT(CTA_ZONE) | BIT(CTA_ID)) &&
		find(attributes_of(message), CTA_TUPLE_ORIG));
}

/* Does it ask for no more of each packet than its headers?  0 means all. */
static bool is_short_copy(const struct nlattr *attr)
{
	struct nfulnl_msg_config_mode mode;

	if (!attr || mnl_attr_get_payload_len(attr) != sizeof(mode))
		return false;
	memcpy(&mode, mnl_attr_get_payload(attr), sizeof(mode));
	return mode.copy_range && ntohl(mode.copy_range) <= NFLOG_COPY_BYTES;
}

/*
 * The headers of denied packets may be listened to, but not what other programs have logged.  Whoever listens gets
 * whole packets until he says how much he wants, so both must be said at once.
 */
static bool is_about_log(const struct nlmsghdr *message)
{
	const struct nfgenmsg *head = mnl_nlmsg_get_payload(message);
	const struct attributes all = attributes_of(message);
	const struct nlattr *command = find(all, NFULA_CFG_CMD);

	return NFNL_MSG_TYPE(message->nlmsg_type) == NFULNL_MSG_CONFIG &&
	       head->res_id == htons(LAYOUT_LOG_GROUP) &&
	       has_only(all, BIT(NFULA_CFG_CMD) | BIT(NFULA_CFG_MODE)) && command &&
	       mnl_attr_get_payload_len(command) == 1 &&
	       mnl_attr_get_u8(command) == NFULNL_CFG_CMD_BIND &&
	       is_short_copy(find(all, NFULA_CFG_MODE));
}

static bool is_question(const struct nlmsghdr *message)
{
	const unsigned type = NFNL_MSG_TYPE(message->nlmsg_type);

	switch (NFNL_SUBSYS_ID(message->nlmsg_type)) {
	case NFNL_SUBSYS_NFTABLES:
		return type < NFT_MSG_MAX && QUESTIONS & BIT(type);
	case NFNL_SUBSYS_CTNETLINK:
		return is_about_connections(message);
	case NFNL_SUBSYS_ULOG:
		return is_about_log(message);
	default:
		return false;
	}
}

/* Is it a whole message with the head of netfilter's? */
static bool is_message(const struct nlmsghdr *message, size_t len)
{
	return len >= sizeof(*message) && message->nlmsg_len <= len &&
	       message->nlmsg_len >= sizeof(*message) + sizeof(struct nfgenmsg);
}

static size_t step_of(const struct nlmsghdr *message, size_t len)
{
	const size_t step =
		((size_t)message->nlmsg_len + MNL_ALIGNTO - 1) & ~(size_t)(MNL_ALIGNTO - 1);

	return step < len ? step : len;
}

/* Is it the first or last message of a batch of nf_tables, with nothing in it but a generation? */
static bool is_bracket(const struct nlmsghdr *message, uint16_t type)
{
	const struct nfgenmsg *head = mnl_nlmsg_get_payload(message);
	const size_t empty = sizeof(*message) + sizeof(*head);
	const size_t generation = sizeof(struct nlattr) + sizeof(uint32_t);

	return message->nlmsg_type == type && head->res_id == htons(NFNL_SUBSYS_NFTABLES) &&
	       (message->nlmsg_len == empty || message->nlmsg_len == empty + generation);
}

static bool is_batch(const char *at, size_t len, const char *table)
{
	const struct nlmsghdr *message = (const void *)at;
	size_t step = step_of(message, len);

	if (!is_bracket(message, NFNL_MSG_BATCH_BEGIN))
		return false;
	for (at += step, len -= step; len; at += step, len -= step) {
		message = (const void *)at;
		if (!is_message(message, len))
			return false;
		step = step_of(message, len);
		if (message->nlmsg_type == NFNL_MSG_BATCH_END)
			return len == step && is_bracket(message, NFNL_MSG_BATCH_END);
		if (!is_change(message, table))
			return false;
	}
	return false;
}

bool permit_bytes(const void *bytes, size_t len, const char *table)
{
	const struct nlmsghdr *message = bytes;

	if (!is_message(message, len))
		return false;
	if (message->nlmsg_type == NFNL_MSG_BATCH_BEGIN)
		return is_batch(bytes, len, table);
	return step_of(message, len) == len && is_question(message);
}
