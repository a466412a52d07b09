/*
 * Lists the tables and chains of others, and looks for notrack in the rules of those chains that
 * meet packets before tracking.
 */
#include "kernel/other_chains.h"

#include <netinet/in.h>

#include "base/arena.h"
#include "kernel/attrs.h"
#include "kernel/socket.h"
#include "kernel/commit_watch.h"
#include "ruleset/layout.h"

#include <errno.h>
#include <libmnl/libmnl.h>
#include <libnftnl/common.h>
#include <linux/netfilter.h>
#include <linux/netfilter/xt_CT.h>
#include <linux/netfilter_ipv4.h>
#include <linux/netfilter/nf_tables.h>
#include <linux/netfilter/nf_tables_compat.h>
#include <linux/netfilter/nfnetlink.h>

#define REQUEST_SIZE 256

/* Limits the asking if somebody makes and removes tables and chains without pause. */
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

struct survey_asking {
	struct arena *arena;
	struct kernel_watch *watch;
	bool others[FAMILY_COUNT]; /* there are tables of others in the family */
	struct other_chain *early; /* chains before tracking */
	size_t early_count;
	bool untracks; /* a rule of the chain that is being read says notrack */
	struct kernel_survey survey;
};

/* Returns FAMILY_COUNT if it is none of these families. */
static size_t family_of(const struct nlmsghdr *message)
{
	const struct nfgenmsg *header = mnl_nlmsg_get_payload(message);
	size_t i = 0;

	while (i < FAMILY_COUNT && families[i].number != header->nfgen_family)
		i++;
	return i;
}

static bool is_ours(const struct survey_asking *asking, size_t family, const struct nlattr *table)
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
	struct survey_asking *asking = context;
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

/* Is it a chain on the forward hook with policy drop? */
static bool is_forward_drop(const struct nlattr **attrs, const struct nlattr **hook)
{
	return attrs[NFTA_CHAIN_POLICY] && kernel_number(attrs[NFTA_CHAIN_POLICY]) == NF_DROP &&
	       kernel_number(hook[NFTA_HOOK_HOOKNUM]) == NF_INET_FORWARD;
}

/* Do incoming packets meet it before connection tracking? */
static bool is_before_tracking(const struct nlattr **hook)
{
	return kernel_number(hook[NFTA_HOOK_HOOKNUM]) == NF_INET_PRE_ROUTING &&
	       hook[NFTA_HOOK_PRIORITY] &&
	       (int32_t)kernel_number(hook[NFTA_HOOK_PRIORITY]) < NF_IP_PRI_CONNTRACK;
}

static int take_chain(void *context, const struct nlmsghdr *message)
{
	struct survey_asking *asking = context;
	struct arena *arena = asking->arena;
	const struct nlattr *attrs[KERNEL_ATTRS], *hook[KERNEL_ATTRS], *table, *name;
	size_t family = family_of(message);
	struct other_chain chain;

	kernel_message_attrs(message, attrs);
	table = attrs[NFTA_CHAIN_TABLE];
	name = attrs[NFTA_CHAIN_NAME];
	if (family == FAMILY_COUNT || !table || !name || is_ours(asking, family, table) ||
	    !attrs[NFTA_CHAIN_HOOK])
		return 0;
	kernel_nest_attrs(attrs[NFTA_CHAIN_HOOK], hook, KERNEL_ATTRS);
	if (!hook[NFTA_HOOK_HOOKNUM])
		return 0;
	chain = (struct other_chain){
		.family = families[family].name,
		.table = arena_printf(arena, "%s", mnl_attr_get_str(table)),
		.name = arena_printf(arena, "%s", mnl_attr_get_str(name)),
	};
	memcpy(chain.sees, families[family].sees, sizeof(chain.sees));
	if (is_forward_drop(attrs, hook))
		arena_push(arena, asking->survey.dropping, asking->survey.dropping_count, chain);
	if (is_before_tracking(hook))
		arena_push(arena, asking->early, asking->early_count, chain);
	return 0;
}

/*
 * Is it nft's notrack, or that of iptables over nf_tables, which is the target CT with its first
 * flag?
 */
static bool is_notrack(const struct nlattr *element)
{
	const struct nlattr *attrs[KERNEL_ATTRS], *target[KERNEL_ATTRS];
	const char *name;
	uint16_t flags;

	kernel_nest_attrs(element, attrs, KERNEL_ATTRS);
	if (!attrs[NFTA_EXPR_NAME])
		return false;
	name = mnl_attr_get_str(attrs[NFTA_EXPR_NAME]);
	if (strcmp(name, "target") != 0 || !attrs[NFTA_EXPR_DATA])
		return !strcmp(name, "notrack");
	kernel_nest_attrs(attrs[NFTA_EXPR_DATA], target, KERNEL_ATTRS);
	if (!target[NFTA_TARGET_NAME] || !target[NFTA_TARGET_INFO] ||
	    mnl_attr_get_payload_len(target[NFTA_TARGET_INFO]) < sizeof(flags))
		return false;
	name = mnl_attr_get_str(target[NFTA_TARGET_NAME]);
	memcpy(&flags, mnl_attr_get_payload(target[NFTA_TARGET_INFO]), sizeof(flags));
	return !strcmp(name, "NOTRACK") || (!strcmp(name, "CT") && flags & XT_CT_NOTRACK);
}

static int take_rule(void *context, const struct nlmsghdr *message)
{
	struct survey_asking *asking = context;
	const struct nlattr *attrs[KERNEL_ATTRS], *element;
	const char *end;

	kernel_message_attrs(message, attrs);
	if (!attrs[NFTA_RULE_EXPRESSIONS])
		return 0;
	element = mnl_attr_get_payload(attrs[NFTA_RULE_EXPRESSIONS]);
	end = (const char *)element + mnl_attr_get_payload_len(attrs[NFTA_RULE_EXPRESSIONS]);
	for (; mnl_attr_ok(element, (int)(end - (const char *)element));
	     element = mnl_attr_next(element))
		asking->untracks |= is_notrack(element);
	return 0;
}

/* If the kernel calls a dump interrupted, that only means that somebody committed something. */
static int dump(struct survey_asking *asking, uint16_t type, uint8_t family, kernel_message take)
{
	char buffer[REQUEST_SIZE];
	struct nlmsghdr *request = nftnl_nlmsg_build_hdr(buffer, type, family, NLM_F_DUMP, 0);

	return kernel_ask(kernel_watch_socket(asking->watch), request, take, asking) &&
			       errno != EINTR
		       ? -1
		       : 0;
}

static uint8_t family_number(const char *name)
{
	for (size_t i = 0; i < FAMILY_COUNT; i++)
		if (!strcmp(families[i].name, name))
			return families[i].number;
	return NFPROTO_UNSPEC;
}

/* Reads the rules of this chain only. */
static int look_into(struct survey_asking *asking, const struct other_chain *chain)
{
	char buffer[REQUEST_SIZE + 2 * NFT_NAME_MAXLEN];
	struct nlmsghdr *request = nftnl_nlmsg_build_hdr(
		buffer, NFT_MSG_GETRULE, family_number(chain->family), NLM_F_DUMP, 0);

	mnl_attr_put_strz(request, NFTA_RULE_TABLE, chain->table);
	mnl_attr_put_strz(request, NFTA_RULE_CHAIN, chain->name);
	asking->untracks = false;
	if (kernel_ask(kernel_watch_socket(asking->watch), request, take_rule, asking) &&
	    errno != EINTR && errno != ENOENT)
		return -1;
	if (asking->untracks)
		arena_push(asking->arena, asking->survey.untracking,
			   asking->survey.untracking_count, *chain);
	return 0;
}

/* If all tables are ours, no chains need to be listed, however many we have. */
static int ask_once(struct survey_asking *asking)
{
	memset(asking->others, 0, sizeof(asking->others));
	asking->survey = (struct kernel_survey){0};
	asking->early_count = 0;
	asking->early = NULL;
	if (dump(asking, NFT_MSG_GETTABLE, NFPROTO_UNSPEC, take_table))
		return -1;
	for (size_t i = 0; i < FAMILY_COUNT; i++)
		if (asking->others[i] &&
		    dump(asking, NFT_MSG_GETCHAIN, families[i].number, take_chain))
			return -1;
	for (size_t i = 0; i < asking->early_count; i++)
		if (look_into(asking, &asking->early[i]))
			return -1;
	return 0;
}

/*
 * Asks again if somebody moved a table or a chain meanwhile, since that makes a dump miss one or
 * tell it twice.
 */
static int ask_all(struct survey_asking *asking)
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
	struct survey_asking asking = {.arena = arena, .watch = kernel_watch_open(table)};
	int failed = -1, error = errno;

	if (asking.watch) {
		failed = ask_all(&asking);
		error = errno;
		kernel_watch_close(asking.watch);
	}
	*into = asking.survey;
	/*
	 * The first is nfnetlink's error for a missing subsystem, the second the socket's for a
	 * missing nfnetlink.
	 */
	errno = error == EINVAL || error == EPROTONOSUPPORT ? ENOENT : error;
	return failed;
}
