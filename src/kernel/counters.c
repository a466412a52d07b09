/*
 * Dumps the rules, and reports each counter among their expressions with the name of the rule's
 * chain.
 */
#include "kernel/counters.h"

#include "kernel/attrs.h"
#include "kernel/socket.h"

#include <libmnl/libmnl.h>
#include <linux/netfilter.h>
#include <linux/netfilter/nf_tables.h>
#include <linux/netfilter/nfnetlink.h>
#include <string.h>

#define REQUEST_SIZE 512

struct counting {
	counter_told told;
	void *context;
};

static bool is_text(const struct nlattr *attr, const char *text)
{
	const size_t len = strlen(text) + 1;

	return attr && mnl_attr_get_payload_len(attr) == len &&
	       !memcmp(mnl_attr_get_payload(attr), text, len);
}

static void take_expression(const struct counting *counting, const char *chain,
			    const struct nlattr *expression)
{
	const struct nlattr *attrs[KERNEL_ATTRS], *data[KERNEL_ATTRS];

	kernel_nest_attrs(expression, attrs, KERNEL_ATTRS);
	if (!is_text(attrs[NFTA_EXPR_NAME], "counter") || !attrs[NFTA_EXPR_DATA])
		return;
	kernel_nest_attrs(attrs[NFTA_EXPR_DATA], data, KERNEL_ATTRS);
	counting->told(counting->context, chain, kernel_number64(data[NFTA_COUNTER_PACKETS]),
		       kernel_number64(data[NFTA_COUNTER_BYTES]));
}

static int take_rule(void *context, const struct nlmsghdr *message)
{
	const struct nlattr *attrs[KERNEL_ATTRS], *expression;
	const struct nlattr *name;
	const char *end;

	kernel_message_attrs(message, attrs);
	name = attrs[NFTA_RULE_CHAIN];
	if (!name || !attrs[NFTA_RULE_EXPRESSIONS] || !mnl_attr_get_payload_len(name) ||
	    mnl_attr_get_str(name)[mnl_attr_get_payload_len(name) - 1])
		return 0;
	end = (const char *)mnl_attr_get_payload(attrs[NFTA_RULE_EXPRESSIONS]) +
	      mnl_attr_get_payload_len(attrs[NFTA_RULE_EXPRESSIONS]);
	for (expression = mnl_attr_get_payload(attrs[NFTA_RULE_EXPRESSIONS]);
	     mnl_attr_ok(expression, (int)(end - (const char *)expression));
	     expression = mnl_attr_next(expression))
		take_expression(context, mnl_attr_get_str(name), expression);
	return 0;
}

int kernel_counters(struct kernel_socket *socket, const char *table, counter_told told,
		    void *context)
{
	char buffer[REQUEST_SIZE] __attribute__((aligned(NLMSG_ALIGNTO)));
	struct counting counting = {told, context};
	struct nlmsghdr *request = mnl_nlmsg_put_header(buffer);
	struct nfgenmsg *family;

	request->nlmsg_type = NFNL_SUBSYS_NFTABLES << 8 | NFT_MSG_GETRULE;
	request->nlmsg_flags = NLM_F_REQUEST | NLM_F_DUMP;
	family = mnl_nlmsg_put_extra_header(request, sizeof(*family));
	family->nfgen_family = NFPROTO_INET;
	family->version = NFNETLINK_V0;
	mnl_attr_put_strz(request, NFTA_RULE_TABLE, table);
	return kernel_ask(socket, request, take_rule, &counting);
}
