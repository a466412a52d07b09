/*
 * Tests which bytes a carrier sends to netfilter for a process that may have been taken over
 * (kernel/carrier_permit.h).
 */
#include "unit.h"

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
#include <string.h>

/* The kernel's headers may not know these messages yet. */
#define GETRULE_RESET 25
#define DESTROYTABLE  26

/* The bytes that a test sends. */
static struct {
	char bytes[8192] __attribute__((aligned(8)));
	size_t len;
} sent;

static struct nlmsghdr *begin(uint16_t type, uint8_t family, uint16_t resource)
{
	struct nlmsghdr *message = mnl_nlmsg_put_header(sent.bytes + sent.len);
	struct nfgenmsg *head = mnl_nlmsg_put_extra_header(message, sizeof(*head));

	message->nlmsg_type = type;
	message->nlmsg_flags = NLM_F_REQUEST;
	head->nfgen_family = family;
	head->res_id = htons(resource);
	return message;
}

static void end(const struct nlmsghdr *message)
{
	sent.len += message->nlmsg_len;
}

static struct nlmsghdr *begin_change(uint16_t type)
{
	return begin((uint16_t)(NFNL_SUBSYS_NFTABLES << 8 | type), NFPROTO_INET, 0);
}

static void begin_batch(void)
{
	sent.len = 0;
	end(begin(NFNL_MSG_BATCH_BEGIN, AF_UNSPEC, NFNL_SUBSYS_NFTABLES));
}

static bool is_permitted(void)
{
	return permit_bytes(sent.bytes, sent.len, "np2nft");
}

static bool end_batch(void)
{
	end(begin(NFNL_MSG_BATCH_END, AF_UNSPEC, NFNL_SUBSYS_NFTABLES));
	return is_permitted();
}

/*
 * Asks about a batch with one message whose attribute 1 is @text and, if @other is not NULL, then
 * @other.
 */
static bool takes_change(uint16_t type, const char *text, const char *other)
{
	struct nlmsghdr *message;

	begin_batch();
	message = begin_change(type);
	if (text)
		mnl_attr_put_strz(message, 1, text);
	if (other)
		mnl_attr_put_strz(message, 1, other);
	end(message);
	return end_batch();
}

START_TEST(own_table_is_changed)
{
	static const uint16_t types[] = {
		NFT_MSG_NEWTABLE, NFT_MSG_DELTABLE,   NFT_MSG_NEWCHAIN,   NFT_MSG_DELCHAIN,
		NFT_MSG_NEWRULE,  NFT_MSG_DELRULE,    NFT_MSG_NEWSET,     NFT_MSG_DELSET,
		NFT_MSG_DELOBJ,   NFT_MSG_DELSETELEM, NFT_MSG_NEWSETELEM, NFT_MSG_DELFLOWTABLE};

	for (size_t i = 0; i < COUNT(types); i++) {
		ck_assert(takes_change(types[i], "np2nft", NULL));
		ck_assert(!takes_change(types[i], "filter", NULL));
		ck_assert(!takes_change(types[i], "np2nf", NULL));
		ck_assert(!takes_change(types[i], "np2nft2", NULL));
		ck_assert(!takes_change(types[i], NULL, NULL));
		/* The kernel would take the last of two attributes with the same type. */
		ck_assert(!takes_change(types[i], "np2nft", "filter"));
		ck_assert(!takes_change(types[i], "np2nft", "np2nft"));
	}
	begin_batch();
	ck_assert(end_batch());
}
END_TEST

START_TEST(other_changes_are_refused)
{
	static const uint16_t types[] = {NFT_MSG_NEWOBJ,       NFT_MSG_NEWFLOWTABLE,
					 NFT_MSG_GETOBJ_RESET, NFT_MSG_GETRULE,
					 DESTROYTABLE,         NFT_MSG_NEWGEN};
	struct nlmsghdr *message;

	for (size_t i = 0; i < COUNT(types); i++)
		ck_assert(!takes_change(types[i], "np2nft", NULL));
	begin_batch();
	message = begin(NFNL_SUBSYS_NFTABLES << 8 | NFT_MSG_DELTABLE, NFPROTO_IPV4, 0);
	mnl_attr_put_strz(message, NFTA_TABLE_NAME, "np2nft");
	end(message);
	ck_assert(!end_batch());
	begin_batch();
	message = begin_change(NFT_MSG_DELTABLE);
	mnl_attr_put_strz(message, NFTA_TABLE_NAME, "np2nft");
	mnl_attr_put_u64(message, NFTA_TABLE_HANDLE, 1);
	end(message);
	ck_assert(!end_batch());
	begin_batch();
	message = begin(NFNL_SUBSYS_IPSET << 8 | 3, NFPROTO_INET, 0);
	mnl_attr_put_strz(message, 1, "np2nft");
	end(message);
	ck_assert(!end_batch());
}
END_TEST

START_TEST(chain_filters)
{
	static const struct {
		const char *type;
		bool is_permitted;
	} chains[] = {{"filter", true}, {"nat", false}, {"route", false}};

	for (size_t i = 0; i < COUNT(chains); i++) {
		struct nlmsghdr *message;

		begin_batch();
		message = begin_change(NFT_MSG_NEWCHAIN);
		mnl_attr_put_strz(message, NFTA_CHAIN_TABLE, "np2nft");
		mnl_attr_put_strz(message, NFTA_CHAIN_TYPE, chains[i].type);
		end(message);
		ck_assert_int_eq(end_batch(), chains[i].is_permitted);
	}
}
END_TEST

START_TEST(chains_are_on_two_hooks)
{
	static const struct {
		uint32_t number;
		const char *device;
		bool is_permitted;
	} hooks[] = {{NF_INET_FORWARD, NULL, true},       {NF_INET_LOCAL_IN, NULL, true},
		     {NF_INET_PRE_ROUTING, NULL, false},  {NF_INET_LOCAL_OUT, NULL, false},
		     {NF_INET_POST_ROUTING, NULL, false}, {NF_INET_INGRESS, "eth0", false},
		     {NF_INET_FORWARD, "eth0", false}};

	for (size_t i = 0; i < COUNT(hooks); i++) {
		struct nlmsghdr *message;
		struct nlattr *hook;

		begin_batch();
		message = begin_change(NFT_MSG_NEWCHAIN);
		mnl_attr_put_strz(message, NFTA_CHAIN_TABLE, "np2nft");
		hook = mnl_attr_nest_start(message, NFTA_CHAIN_HOOK);
		mnl_attr_put_u32(message, NFTA_HOOK_HOOKNUM, htonl(hooks[i].number));
		mnl_attr_put_u32(message, NFTA_HOOK_PRIORITY, 0);
		if (hooks[i].device)
			mnl_attr_put_strz(message, NFTA_HOOK_DEV, hooks[i].device);
		mnl_attr_nest_end(message, hook);
		end(message);
		ck_assert_int_eq(end_batch(), hooks[i].is_permitted);
	}
}
END_TEST

/*
 * np2nft does not use these types of attributes in a change, so nobody needs to know what the
 * kernel makes of them.
 */
START_TEST(other_attributes_are_refused)
{
	static const struct {
		uint16_t message, attribute;
	} others[] = {
		{NFT_MSG_NEWTABLE, NFTA_TABLE_FLAGS},    {NFT_MSG_NEWTABLE, NFTA_TABLE_HANDLE},
		{NFT_MSG_NEWCHAIN, NFTA_CHAIN_FLAGS},    {NFT_MSG_NEWCHAIN, NFTA_CHAIN_ID},
		{NFT_MSG_NEWRULE, NFTA_RULE_CHAIN_ID},   {NFT_MSG_NEWRULE, NFTA_RULE_COMPAT},
		{NFT_MSG_NEWSET, NFTA_SET_EXPR},         {NFT_MSG_NEWSET, NFTA_SET_OBJ_TYPE},
		{NFT_MSG_NEWSET, NFTA_SET_TIMEOUT},      {NFT_MSG_DELSET, NFTA_SET_HANDLE},
		{NFT_MSG_DELRULE, NFTA_RULE_HANDLE},     {NFT_MSG_NEWSET, 63},
		{NFT_MSG_NEWSET, 64 + NFTA_SET_USERDATA}};
	struct nlmsghdr *message;

	for (size_t i = 0; i < COUNT(others); i++) {
		begin_batch();
		message = begin_change(others[i].message);
		mnl_attr_put_strz(message, 1, "np2nft");
		mnl_attr_put_u32(message, others[i].attribute, 1);
		end(message);
		ck_assert(!end_batch());
	}
}
END_TEST

static void put_verdict(struct nlmsghdr *message, uint16_t attribute, uint32_t code)
{
	struct nlattr *data = mnl_attr_nest_start(message, attribute);
	struct nlattr *verdict = mnl_attr_nest_start(message, NFTA_DATA_VERDICT);

	mnl_attr_put_u32(message, NFTA_VERDICT_CODE, htonl(code));
	mnl_attr_nest_end(message, verdict);
	mnl_attr_nest_end(message, data);
}

/* Asks about a batch with a rule that gives the verdict. */
static bool takes_verdict(uint32_t code)
{
	struct nlattr *list, *element, *data;
	struct nlmsghdr *message;

	begin_batch();
	message = begin_change(NFT_MSG_NEWRULE);
	mnl_attr_put_strz(message, NFTA_RULE_TABLE, "np2nft");
	list = mnl_attr_nest_start(message, NFTA_RULE_EXPRESSIONS);
	element = mnl_attr_nest_start(message, NFTA_LIST_ELEM);
	mnl_attr_put_strz(message, NFTA_EXPR_NAME, "immediate");
	data = mnl_attr_nest_start(message, NFTA_EXPR_DATA);
	put_verdict(message, NFTA_IMMEDIATE_DATA, code);
	mnl_attr_nest_end(message, data);
	mnl_attr_nest_end(message, element);
	mnl_attr_nest_end(message, list);
	end(message);
	return end_batch();
}

/*
 * Asks about a batch with an element of a map that gives the verdict and, if @other is not 0, has
 * another attribute.
 */
static bool takes_element(uint32_t code, uint16_t other)
{
	struct nlattr *list, *element;
	struct nlmsghdr *message;

	begin_batch();
	message = begin_change(NFT_MSG_NEWSETELEM);
	mnl_attr_put_strz(message, NFTA_SET_ELEM_LIST_TABLE, "np2nft");
	list = mnl_attr_nest_start(message, NFTA_SET_ELEM_LIST_ELEMENTS);
	element = mnl_attr_nest_start(message, NFTA_LIST_ELEM);
	put_verdict(message, NFTA_SET_ELEM_DATA, code);
	if (other)
		mnl_attr_put_u32(message, other, 0);
	mnl_attr_nest_end(message, element);
	mnl_attr_nest_end(message, list);
	end(message);
	return end_batch();
}

/*
 * Neither a rule nor an element may hand a packet to another program, or have a number that old
 * kernels took for something else.
 */
START_TEST(verdicts_pass_or_deny)
{
	static const int verdicts[] = {NF_ACCEPT, NF_DROP, NFT_RETURN, NFT_JUMP, NFT_GOTO};
	static const uint32_t others[] = {NF_STOLEN,      NF_QUEUE,   NF_REPEAT,  NF_STOP,
					  NF_QUEUE_NR(3), 0xffff0000, 0x00010000, 0x80000000};

	for (size_t i = 0; i < COUNT(verdicts); i++) {
		ck_assert(takes_verdict((uint32_t)verdicts[i]));
		ck_assert(takes_element((uint32_t)verdicts[i], 0));
	}
	for (size_t i = 0; i < COUNT(others); i++) {
		ck_assert(!takes_verdict(others[i]));
		ck_assert(!takes_element(others[i], 0));
	}
	ck_assert(takes_element(NF_ACCEPT, NFTA_SET_ELEM_USERDATA));
	ck_assert(!takes_element(NF_ACCEPT, NFTA_SET_ELEM_EXPR));
	ck_assert(!takes_element(NF_ACCEPT, NFTA_SET_ELEM_OBJREF));
	ck_assert(!takes_element(NF_ACCEPT, NFTA_SET_ELEM_TIMEOUT));
	ck_assert(!takes_element(NF_ACCEPT, NFTA_SET_ELEM_DATA));
}
END_TEST

/*
 * Asks about a batch with a rule that has one expression, with an attribute of that type if @type
 * is not 0.
 */
static bool takes_rule(const char *expression, uint16_t type)
{
	struct nlattr *list, *element, *data;
	struct nlmsghdr *message;

	begin_batch();
	message = begin_change(NFT_MSG_NEWRULE);
	mnl_attr_put_strz(message, NFTA_RULE_TABLE, "np2nft");
	list = mnl_attr_nest_start(message, NFTA_RULE_EXPRESSIONS);
	element = mnl_attr_nest_start(message, NFTA_LIST_ELEM);
	mnl_attr_put_strz(message, NFTA_EXPR_NAME, expression);
	data = mnl_attr_nest_start(message, NFTA_EXPR_DATA);
	if (type)
		mnl_attr_put_u32(message, type, 1);
	mnl_attr_nest_end(message, data);
	mnl_attr_nest_end(message, element);
	mnl_attr_nest_end(message, list);
	end(message);
	return end_batch();
}

START_TEST(rules_pass_or_deny)
{
	static const char *const others[] = {"nat",      "masq",         "redir",  "queue",
					     "dup",      "fwd",          "tproxy", "notrack",
					     "dynset",   "objref",       "match",  "target",
					     "synproxy", "flow_offload", "",       "counte"};

	ck_assert(takes_rule("counter", 0));
	ck_assert(takes_rule("reject", 0));
	ck_assert(takes_rule("meta", NFTA_META_DREG));
	for (size_t i = 0; i < COUNT(others); i++)
		ck_assert(!takes_rule(others[i], 0));
	ck_assert(!takes_rule("meta", NFTA_META_SREG));
	ck_assert(!takes_rule("ct", NFTA_CT_SREG));
	ck_assert(!takes_rule("payload", NFTA_PAYLOAD_SREG));
	/*
	 * Without a group, the packet would go to the kernel's own log; group 1 is another
	 * program's.
	 */
	ck_assert(!takes_rule("log", 0));
	ck_assert(!takes_rule("log", NFTA_LOG_LEVEL));
	ck_assert(!takes_rule("log", NFTA_LOG_GROUP));
	ck_assert(!takes_rule("immediate", 0));
}
END_TEST

/* Asks about a message that needs no batch, with an attribute if @len is not 0. */
static bool takes_message(uint16_t subsystem, uint16_t type, uint16_t resource, uint16_t attribute,
			  const void *value, size_t len)
{
	struct nlmsghdr *message;

	sent.len = 0;
	message = begin((uint16_t)(subsystem << 8 | type), AF_INET, resource);
	if (len)
		mnl_attr_put(message, attribute, len, value);
	end(message);
	return is_permitted();
}

START_TEST(questions_are_asked)
{
	static const uint16_t questions[] = {NFT_MSG_GETTABLE, NFT_MSG_GETCHAIN,    NFT_MSG_GETRULE,
					     NFT_MSG_GETSET,   NFT_MSG_GETSETELEM,  NFT_MSG_GETGEN,
					     NFT_MSG_GETOBJ,   NFT_MSG_GETFLOWTABLE};
	/* Some of these set counters to zero. */
	static const uint16_t others[] = {
		NFT_MSG_DELTABLE, NFT_MSG_TRACE, NFT_MSG_GETOBJ_RESET, GETRULE_RESET, 64, 255};

	for (size_t i = 0; i < COUNT(questions); i++)
		ck_assert(takes_message(NFNL_SUBSYS_NFTABLES, questions[i], 0, 1, "filter", 7));
	for (size_t i = 0; i < COUNT(others); i++)
		ck_assert(!takes_message(NFNL_SUBSYS_NFTABLES, others[i], 0, 1, "np2nft", 7));
	for (uint16_t other = 0; other < 32; other++)
		if (other != NFNL_SUBSYS_NFTABLES && other != NFNL_SUBSYS_CTNETLINK)
			ck_assert(!takes_message(other, IPCTNL_MSG_CT_GET, 0, 0, NULL, 0));
	/* There is a second message behind the first. */
	ck_assert(takes_message(NFNL_SUBSYS_NFTABLES, NFT_MSG_GETGEN, 0, 0, NULL, 0));
	end(begin_change(NFT_MSG_GETGEN));
	ck_assert(!is_permitted());
}
END_TEST

/*
 * Asks about a deletion of the connection with a tuple and, if @other is not 0, with another
 * attribute.
 */
static bool deletes_connection(uint16_t other)
{
	struct nlmsghdr *message;

	sent.len = 0;
	message = begin(NFNL_SUBSYS_CTNETLINK << 8 | IPCTNL_MSG_CT_DELETE, AF_INET, 0);
	mnl_attr_put(message, CTA_TUPLE_ORIG | NLA_F_NESTED, 4, "\4\0\1\0");
	mnl_attr_put_u32(message, other, 1);
	end(message);
	return is_permitted();
}

START_TEST(connections_end_one_by_one)
{
	ck_assert(takes_message(NFNL_SUBSYS_CTNETLINK, IPCTNL_MSG_CT_GET, 0, 0, NULL, 0));
	ck_assert(takes_message(NFNL_SUBSYS_CTNETLINK, IPCTNL_MSG_CT_DELETE, 0,
				CTA_TUPLE_ORIG | NLA_F_NESTED, "\4\0\1\0", 4));
	/* These would delete all connections, or all to which a filter applies. */
	ck_assert(!takes_message(NFNL_SUBSYS_CTNETLINK, IPCTNL_MSG_CT_DELETE, 0, 0, NULL, 0));
	ck_assert(
		!takes_message(NFNL_SUBSYS_CTNETLINK, IPCTNL_MSG_CT_DELETE, 0, CTA_ID, "1234", 4));
	ck_assert(!deletes_connection(CTA_FILTER));
	ck_assert(!deletes_connection(CTA_TUPLE_REPLY));
	ck_assert(!deletes_connection(CTA_MARK));
	ck_assert(!deletes_connection(CTA_TUPLE_ORIG));
	ck_assert(deletes_connection(CTA_ID));
	ck_assert(deletes_connection(CTA_ZONE));
	ck_assert(!takes_message(NFNL_SUBSYS_CTNETLINK, IPCTNL_MSG_CT_NEW, 0,
				 CTA_TUPLE_ORIG | NLA_F_NESTED, "\4\0\1\0", 4));
	ck_assert(!takes_message(NFNL_SUBSYS_CTNETLINK, IPCTNL_MSG_CT_GET_CTRZERO, 0, 0, NULL, 0));
}
END_TEST

/* Asks about a request to hear what is logged for a group, and so many bytes of each packet. */
static bool takes_log(uint16_t group, uint8_t command, uint32_t copied, bool has_mode)
{
	const struct nfulnl_msg_config_mode mode = {.copy_range = htonl(copied),
						    .copy_mode = NFULNL_COPY_PACKET};
	struct nlmsghdr *message;

	sent.len = 0;
	message = begin(NFNL_SUBSYS_ULOG << 8 | NFULNL_MSG_CONFIG, AF_UNSPEC, group);
	mnl_attr_put(message, NFULA_CFG_CMD, 1, &command);
	if (has_mode)
		mnl_attr_put(message, NFULA_CFG_MODE, sizeof(mode), &mode);
	end(message);
	return is_permitted();
}

START_TEST(own_log_is_heard)
{
	static const uint8_t bind = NFULNL_CFG_CMD_BIND;
	const uint16_t own = LAYOUT_LOG_GROUP;

	ck_assert(takes_log(own, bind, NFLOG_COPY_BYTES, true));
	ck_assert(takes_log(own, bind, 1, true));
	ck_assert(!takes_log(own, NFULNL_CFG_CMD_PF_BIND, 1, true));
	ck_assert(!takes_log(own ^ 1, bind, 1, true));
	/*
	 * With these, whole packets would be heard: 0 means all bytes, and so does a missing mode.
	 */
	ck_assert(!takes_log(own, bind, NFLOG_COPY_BYTES + 1, true));
	ck_assert(!takes_log(own, bind, 0, true));
	ck_assert(!takes_log(own, bind, 0, false));
	ck_assert(!takes_message(NFNL_SUBSYS_ULOG, NFULNL_MSG_CONFIG, own, NFULA_CFG_MODE, "123456",
				 6));
	ck_assert(
		!takes_message(NFNL_SUBSYS_ULOG, NFULNL_MSG_PACKET, own, NFULA_CFG_CMD, &bind, 1));
}
END_TEST

/*
 * Nothing may be cut off or added, so that there is no byte that the kernel could read as something
 * else.
 */
START_TEST(bytes_are_whole)
{
	struct nlmsghdr *message = (struct nlmsghdr *)sent.bytes;

	ck_assert(takes_change(NFT_MSG_DELTABLE, "np2nft", NULL));
	for (size_t len = sent.len; len--;)
		ck_assert(!permit_bytes(sent.bytes, len, "np2nft"));
	memset(sent.bytes + sent.len, 0, 64);
	for (size_t more = 1; more < 64; more++)
		ck_assert(!permit_bytes(sent.bytes, sent.len + more, "np2nft"));
	for (uint32_t len = 0; len < 100; len++)
		if (len != message->nlmsg_len) {
			const uint32_t right = message->nlmsg_len;

			message->nlmsg_len = len;
			ck_assert(!is_permitted());
			message->nlmsg_len = right;
		}
	ck_assert(is_permitted());
}
END_TEST

UNIT_MAIN("carrier_permit", own_table_is_changed, other_changes_are_refused, chain_filters,
	  chains_are_on_two_hooks, other_attributes_are_refused, verdicts_pass_or_deny,
	  rules_pass_or_deny, questions_are_asked, connections_end_one_by_one, own_log_is_heard,
	  bytes_are_whole)
