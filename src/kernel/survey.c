/* Tables and chains of others. */
#include "kernel/survey.h"

#include <netinet/in.h>

#include "base/arena.h"
#include "kernel/attrs.h"
#include "kernel/socket.h"
#include "kernel/watch.h"
#include "ruleset/layout.h"

#include <errno.h>
#include <libmnl/libmnl.h>
#include <libnftnl/common.h>
#include <linux/netfilter.h>
#include <linux/netfilter/nf_tables.h>
#include <linux/netfilter/nfnetlink.h>

#define REQUEST_SIZE 256

/* Somebody who makes and removes tables and chains without pause must not keep us asking for ever. */
#define TRIES 1000

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
	struct kernel_watch *watch;
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

static bool is_ours(const struct asking *asking, size_t family, const struct nlattr *table)
{
	return families[family].number == NFPROTO_INET &&
	       !strcmp(mnl_attr_get_str(table), kernel_watch_table(asking->watch));
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
	const struct nlattr *attrs[KERNEL_ATTRS];
	size_t family = family_of(message);

	kernel_message_attrs(message, attrs);
	if (family == FAMILY_COUNT || !attrs[NFTA_TABLE_NAME])
		return 0;
	if (!is_ours(asking, family, attrs[NFTA_TABLE_NAME]))
		asking->others[family] = true;
	else if (attrs[NFTA_TABLE_USERDATA])
		asking->survey.layout = layout_of(attrs[NFTA_TABLE_USERDATA]);
	return 0;
}

static bool is_forward_drop(const struct nlattr **attrs)
{
	const struct nlattr *hook[KERNEL_ATTRS];

	if (!attrs[NFTA_CHAIN_HOOK] || !attrs[NFTA_CHAIN_POLICY] ||
	    kernel_number(attrs[NFTA_CHAIN_POLICY]) != NF_DROP)
		return false;
	kernel_nest_attrs(attrs[NFTA_CHAIN_HOOK], hook, KERNEL_ATTRS);
	return hook[NFTA_HOOK_HOOKNUM] && kernel_number(hook[NFTA_HOOK_HOOKNUM]) == NF_INET_FORWARD;
}

static int take_chain(void *context, const struct nlmsghdr *message)
{
	struct asking *asking = context;
	struct arena *arena = asking->arena;
	const struct nlattr *attrs[KERNEL_ATTRS], *table, *name;
	size_t family = family_of(message);
	struct dropping_chain chain;

	kernel_message_attrs(message, attrs);
	table = attrs[NFTA_CHAIN_TABLE];
	name = attrs[NFTA_CHAIN_NAME];
	if (family == FAMILY_COUNT || !table || !name || is_ours(asking, family, table) ||
	    !is_forward_drop(attrs))
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

/* That the kernel calls a dump interrupted says only that somebody committed something. */
static int dump(struct asking *asking, uint16_t type, uint8_t family, kernel_message take)
{
	char buffer[REQUEST_SIZE];
	struct nlmsghdr *request = nftnl_nlmsg_build_hdr(buffer, type, family, NLM_F_DUMP, 0);

	return kernel_ask(kernel_watch_socket(asking->watch), request, take, asking) &&
			       errno != EINTR
		       ? -1
		       : 0;
}

/* Where all tables are ours there are no chains to go through, however many we have. */
static int ask_once(struct asking *asking)
{
	memset(asking->others, 0, sizeof(asking->others));
	asking->survey = (struct kernel_survey){0};
	if (dump(asking, NFT_MSG_GETTABLE, NFPROTO_UNSPEC, take_table))
		return -1;
	for (size_t i = 0; i < FAMILY_COUNT; i++)
		if (asking->others[i] &&
		    dump(asking, NFT_MSG_GETCHAIN, families[i].number, take_chain))
			return -1;
	return 0;
}

/* Until nobody moved a table or a chain meanwhile, which would make a dump miss one or tell it twice. */
static int ask_all(struct asking *asking)
{
	struct kernel_events events = {false, false};
	uint32_t generation;

	if (kernel_watch_sync(asking->watch, &events, &generation))
		return -1;
	for (int tries = 0; tries < TRIES; tries++) {
		events = (struct kernel_events){false, false};
		if (ask_once(asking) || kernel_watch_sync(asking->watch, &events, &generation))
			return -1;
		if (!events.lists)
			return 0;
	}
	errno = EINTR;
	return -1;
}

int kernel_survey(struct arena *arena, const char *table, struct kernel_survey *into)
{
	struct asking asking = {.arena = arena, .watch = kernel_watch_open(table)};
	int failed = -1, error = errno;

	if (asking.watch) {
		failed = ask_all(&asking);
		error = errno;
		kernel_watch_close(asking.watch);
	}
	*into = asking.survey;
	/* nfnetlink's word for a subsystem that is not there, and the socket's for no nfnetlink. */
	errno = error == EINVAL || error == EPROTONOSUPPORT ? ENOENT : error;
	return failed;
}
