/* Tables and chains of others.  See kernel/survey.h. */
#include "kernel/survey.h"

#include <netinet/in.h>

#include "base/arena.h"
#include "kernel/attrs.h"
#include "kernel/socket.h"
#include "ruleset/layout.h"

#include <errno.h>
#include <libmnl/libmnl.h>
#include <libnftnl/common.h>
#include <linux/netfilter.h>
#include <linux/netfilter/nf_tables.h>
#include <linux/netfilter/nfnetlink.h>

#define REQUEST_SIZE 256

/* Somebody who changes nf_tables without pause must not keep us asking for ever. */
#define TRIES 20

/* The families whose forward hook meets the packets of pods. */
static const struct {
	uint8_t number;
	const char *name;
	bool sees[FAMILIES];
} families[] = {
	{NFPROTO_IPV4, "ip", {true, false}},
	{NFPROTO_IPV6, "ip6", {false, true}},
	{NFPROTO_INET, "inet", {true, true}},
};
#define FAMILY_COUNT (sizeof(families) / sizeof(*families))

struct asking {
	struct arena *arena;
	struct kernel_socket *socket;
	const char *table;
	bool others[FAMILY_COUNT]; /* has tables of others */
	struct kernel_survey survey;
};

/* FAMILY_COUNT if it is none of them. */
static size_t family_of(const struct nlmsghdr *message)
{
	const struct nfgenmsg *header = mnl_nlmsg_get_payload(message);
	size_t i = 0;

	while (i < FAMILY_COUNT && families[i].number != header->nfgen_family)
		i++;
	return i;
}

struct wanted {
	uint16_t type;
	const struct nlattr *attr;
};

static int take_attribute(const struct nlattr *attr, void *context)
{
	struct wanted *wanted = context;

	if (mnl_attr_get_type(attr) == wanted->type)
		wanted->attr = attr;
	return MNL_CB_OK;
}

static const struct nlattr *attribute(const struct nlmsghdr *message, uint16_t type)
{
	struct wanted wanted = {.type = type};

	mnl_attr_parse(message, sizeof(struct nfgenmsg), take_attribute, &wanted);
	return wanted.attr;
}

static bool is_ours(const struct asking *asking, size_t family, const struct nlattr *table)
{
	return families[family].number == NFPROTO_INET &&
	       !strcmp(mnl_attr_get_str(table), asking->table);
}

static uint32_t layout_of(const struct nlattr *data)
{
	const uint8_t *entry = kernel_user_entry(data, UDATA_TABLE_LAYOUT);
	uint32_t layout = 0;

	if (entry && entry[1] == sizeof(layout))
		memcpy(&layout, entry + 2, sizeof(layout));
	return layout;
}

static int take_table(void *context, const struct nlmsghdr *message)
{
	struct asking *asking = context;
	const struct nlattr *name = attribute(message, NFTA_TABLE_NAME);
	const struct nlattr *data = attribute(message, NFTA_TABLE_USERDATA);
	size_t family = family_of(message);

	if (family == FAMILY_COUNT || !name)
		return 0;
	if (!is_ours(asking, family, name))
		asking->others[family] = true;
	else if (data)
		asking->survey.layout = layout_of(data);
	return 0;
}

static bool is_forward_drop(const struct nlmsghdr *message)
{
	const struct nlattr *hook = attribute(message, NFTA_CHAIN_HOOK);
	const struct nlattr *policy = attribute(message, NFTA_CHAIN_POLICY);
	struct wanted number = {.type = NFTA_HOOK_HOOKNUM};

	if (!hook || !policy || ntohl(mnl_attr_get_u32(policy)) != NF_DROP)
		return false;
	mnl_attr_parse_nested(hook, take_attribute, &number);
	return number.attr && ntohl(mnl_attr_get_u32(number.attr)) == NF_INET_FORWARD;
}

static int take_chain(void *context, const struct nlmsghdr *message)
{
	struct asking *asking = context;
	struct arena *arena = asking->arena;
	const struct nlattr *table = attribute(message, NFTA_CHAIN_TABLE);
	const struct nlattr *name = attribute(message, NFTA_CHAIN_NAME);
	size_t family = family_of(message);
	struct dropping_chain chain;

	if (family == FAMILY_COUNT || !table || !name || is_ours(asking, family, table) ||
	    !is_forward_drop(message))
		return 0;
	chain = (struct dropping_chain){
		.family = families[family].name,
		.table = arena_printf(arena, "%s", mnl_attr_get_str(table)),
		.name = arena_printf(arena, "%s", mnl_attr_get_str(name)),
	};
	memcpy(chain.sees, families[family].sees, sizeof(chain.sees));
	arena_push(arena, asking->survey.chains, asking->survey.chain_count, chain);
	return 0;
}

static int ask(struct asking *asking, uint16_t type, uint8_t family, kernel_message take)
{
	char buffer[REQUEST_SIZE];

	return kernel_ask(asking->socket,
			  nftnl_nlmsg_build_hdr(buffer, type, family, NLM_F_DUMP, 0), take, asking);
}

/* Where all tables are ours there are no chains to go through, however many we have. */
static int ask_once(struct asking *asking)
{
	memset(asking->others, 0, sizeof(asking->others));
	asking->survey = (struct kernel_survey){0};
	if (ask(asking, NFT_MSG_GETTABLE, NFPROTO_UNSPEC, take_table))
		return -1;
	for (size_t i = 0; i < FAMILY_COUNT; i++)
		if (asking->others[i] &&
		    ask(asking, NFT_MSG_GETCHAIN, families[i].number, take_chain))
			return -1;
	return 0;
}

int kernel_survey(struct arena *arena, const char *table, struct kernel_survey *into)
{
	struct asking asking = {.arena = arena, .socket = kernel_open(), .table = table};
	int failed = -1, error = errno;

	if (asking.socket) {
		for (int tries = 0; failed && tries < TRIES; tries++) {
			failed = ask_once(&asking);
			error = errno;
			if (failed && error != EINTR)
				break;
		}
		kernel_close(asking.socket);
	}
	*into = asking.survey;
	/* nfnetlink's word for a subsystem that is not there, and the socket's for no nfnetlink. */
	errno = error == EINVAL || error == EPROTONOSUPPORT ? ENOENT : error;
	return failed;
}
