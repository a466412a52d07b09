/* Dumps the sets, chains, rules and elements of one table, and puts them together as a ruleset. */
#include "kernel/read_table.h"

#include <netinet/in.h>

#include "base/arena.h"
#include "base/table.h"
#include "kernel/attrs.h"
#include "kernel/read_elements.h"
#include "kernel/read_rule.h"
#include "kernel/socket.h"
#include "ruleset/layout.h"
#include "kernel/commit_watch.h"

#include <errno.h>
#include <libmnl/libmnl.h>
#include <libnftnl/common.h>
#include <libnftnl/udata.h>
#include <linux/netfilter.h>
#include <linux/netfilter/nf_tables.h>
#include <linux/netfilter/nfnetlink.h>
#include <stdlib.h>

#define REQUEST_SIZE 1024

/* Limits the reading if somebody changes the table without pause. */
#define TRIES 20

/*
 * Limits the reading if somebody makes and removes other tables or chains without pause; these
 * lists are quick to read.
 */
#define LIST_TRIES 1000

/* A set while it is being read; its elements come later, in messages of their own. */
struct raw_set {
	struct set set;
	uint32_t flags;
};

struct table_reading {
	struct arena *arena;
	struct kernel_watch *watch;
	const char *table;
	struct kernel_table_head head;
	struct table set_names;
	struct raw_set **sets; /* including unnamed ones */
	size_t set_count;
	struct table chain_names;
	struct chain *chains;
	size_t chain_count;
	struct readback readback;
	uint32_t generation;
};

static bool is_ours(const struct table_reading *reading, const struct nlattr *table)
{
	return table && !strcmp(mnl_attr_get_str(table), reading->table);
}

/* Was the table made by an older or newer np2nft? A table that nft made has no layout number. */
static bool has_other_layout(const struct nlattr *data)
{
	const uint8_t *entry = kernel_user_entry(data, UDATA_TABLE_LAYOUT);
	const uint32_t ours = TABLE_LAYOUT;

	return entry && (entry[1] != sizeof(ours) || memcmp(entry + 2, &ours, sizeof(ours)) != 0);
}

static int take_table(void *context, const struct nlmsghdr *message)
{
	struct kernel_table_head *head = context;
	const struct nlattr *attrs[KERNEL_ATTRS];

	kernel_message_attrs(message, attrs);
	head->exists = true;
	head->owner = kernel_number(attrs[NFTA_TABLE_OWNER]);
	head->handle = kernel_number64(attrs[NFTA_TABLE_HANDLE]);
	head->foreign = kernel_number(attrs[NFTA_TABLE_FLAGS]) ||
			kernel_user_entry(attrs[NFTA_TABLE_USERDATA], NFTNL_UDATA_TABLE_COMMENT) ||
			has_other_layout(attrs[NFTA_TABLE_USERDATA]);
	return 0;
}

int kernel_table_head(struct kernel_watch *watch, struct kernel_table_head *head)
{
	char buffer[REQUEST_SIZE];
	struct nlmsghdr *request =
		nftnl_nlmsg_build_hdr(buffer, NFT_MSG_GETTABLE, NFPROTO_INET, 0, 0);

	*head = (struct kernel_table_head){0};
	mnl_attr_put_strz(request, NFTA_TABLE_NAME, kernel_watch_table(watch));
	return kernel_ask(kernel_watch_socket(watch), request, take_table, head) && errno != ENOENT
		       ? -1
		       : 0;
}

static bool is_our_hook(const struct nlattr **attrs, enum hook *at)
{
	const struct nlattr *hook[KERNEL_ATTRS];
	uint32_t number;

	kernel_nest_attrs(attrs[NFTA_CHAIN_HOOK], hook, KERNEL_ATTRS);
	number = kernel_number(hook[NFTA_HOOK_HOOKNUM]);
	*at = number == NF_INET_LOCAL_IN ? HOOK_INPUT : HOOK_FORWARD;
	return (number == NF_INET_FORWARD || number == NF_INET_LOCAL_IN) &&
	       kernel_number(hook[NFTA_HOOK_PRIORITY]) == 0 &&
	       kernel_number(attrs[NFTA_CHAIN_POLICY]) == NF_ACCEPT && attrs[NFTA_CHAIN_TYPE] &&
	       !strcmp(mnl_attr_get_str(attrs[NFTA_CHAIN_TYPE]), "filter");
}

static int take_chain(void *context, const struct nlmsghdr *message)
{
	struct table_reading *reading = context;
	const struct nlattr *attrs[KERNEL_ATTRS];
	struct chain chain = {0};

	kernel_message_attrs(message, attrs);
	if (!is_ours(reading, attrs[NFTA_CHAIN_TABLE]))
		return 0;
	/* Such a chain is part of a rule, `jump { ... }`, and goes when the rule goes. */
	if (kernel_number(attrs[NFTA_CHAIN_FLAGS]) & NFT_CHAIN_BINDING)
		return 0;
	chain.name = kernel_text(reading->arena, attrs[NFTA_CHAIN_NAME]);
	chain.base = attrs[NFTA_CHAIN_HOOK] != NULL;
	chain.elsewhere = chain.base && !is_our_hook(attrs, &chain.hook);
	chain.comment = kernel_user_text(reading->arena, attrs[NFTA_CHAIN_USERDATA],
					 NFTNL_UDATA_CHAIN_COMMENT);
	table_add(&reading->chain_names, chain.name, strlen(chain.name), NULL);
	arena_push(reading->arena, reading->chains, reading->chain_count, chain);
	return 0;
}

/* Decodes nft's types of the fields in a key; returns 0 if one of them is not used by np2nft. */
static size_t decode_key_type(uint32_t type, enum field *fields)
{
	static const struct {
		uint32_t type;
		enum field field;
	} types[] = {{2, FIELD_NFPROTO},  {7, FIELD_IP_SADDR},  {8, FIELD_IP6_SADDR},
		     {12, FIELD_L4PROTO}, {13, FIELD_TH_DPORT}, {29, FIELD_ICMPV6_TYPE},
		     {41, FIELD_IIFNAME}};
	size_t count = 0;

	for (int shift = 24; shift >= 0; shift -= 6) {
		uint32_t part = type >> shift & 0x3f;
		size_t i = 0;

		if (!part && !count)
			continue;
		while (i < sizeof(types) / sizeof(*types) && types[i].type != part)
			i++;
		if (i == sizeof(types) / sizeof(*types) || count == FIELDS_MAX)
			return 0;
		fields[count++] = types[i].field;
	}
	return count;
}

/*
 * Was the set declared with words of nft that np2nft does not use: `typeof` or `auto-merge`? For
 * `typeof`, nft keeps the kind of expression (6 bytes) and the expression.  For `type`, it keeps at
 * most the kind and nothing else (2 bytes), or for several fields (1.1.3) as much as for `typeof`.
 */
static bool is_declared_otherwise(const struct nlattr *data, size_t field_count)
{
	static const uint8_t no[sizeof(uint32_t)];
	const uint8_t *typeof_key = kernel_user_entry(data, NFTNL_UDATA_SET_KEY_TYPEOF);
	const uint8_t *merge = kernel_user_entry(data, NFTNL_UDATA_SET_MERGE_ELEMENTS);

	return (typeof_key && typeof_key[1] > 6 + 2 && field_count == 1) ||
	       (merge && merge[1] == sizeof(no) && memcmp(merge + 2, no, sizeof(no)) != 0);
}

/* Does the set have something that changes how it works or is listed, and that ours do not have? */
static bool is_otherwise(const struct nlattr **attrs, uint32_t flags, size_t field_count)
{
	return (!(flags & NFT_SET_ANONYMOUS) &&
		is_declared_otherwise(attrs[NFTA_SET_USERDATA], field_count)) ||
	       attrs[NFTA_SET_EXPR] || attrs[NFTA_SET_EXPRESSIONS] || attrs[NFTA_SET_TIMEOUT] ||
	       kernel_number(attrs[NFTA_SET_POLICY]) != 0 ||
	       (!(flags & NFT_SET_ANONYMOUS) && flags & NFT_SET_CONSTANT) ||
	       (flags & NFT_SET_MAP &&
		kernel_number(attrs[NFTA_SET_DATA_TYPE]) != NFT_DATA_VERDICT);
}

/*
 * The size of a named set.  For an unnamed one the kernel reports the number of its elements
 * instead.
 */
static uint32_t set_size(const struct nlattr **attrs, uint32_t flags)
{
	const struct nlattr *desc[KERNEL_ATTRS] = {0};

	if (!attrs[NFTA_SET_DESC] || flags & NFT_SET_ANONYMOUS)
		return 0;
	kernel_nest_attrs(attrs[NFTA_SET_DESC], desc, KERNEL_ATTRS);
	return kernel_number(desc[NFTA_SET_DESC_SIZE]);
}

static int take_set(void *context, const struct nlmsghdr *message)
{
	static const uint32_t known = NFT_SET_ANONYMOUS | NFT_SET_CONSTANT | NFT_SET_MAP |
				      NFT_SET_INTERVAL | NFT_SET_CONCAT;
	struct table_reading *reading = context;
	const struct nlattr *attrs[KERNEL_ATTRS];
	struct raw_set *raw;

	kernel_message_attrs(message, attrs);
	if (!is_ours(reading, attrs[NFTA_SET_TABLE]))
		return 0;
	raw = arena_alloc(reading->arena, sizeof(*raw));
	raw->set.name = kernel_text(reading->arena, attrs[NFTA_SET_NAME]);
	raw->flags = kernel_number(attrs[NFTA_SET_FLAGS]);
	raw->set.field_count =
		decode_key_type(kernel_number(attrs[NFTA_SET_KEY_TYPE]), raw->set.fields);
	raw->set.interval = raw->flags & NFT_SET_INTERVAL;
	raw->set.size = set_size(attrs, raw->flags);
	raw->set.foreign = !raw->set.field_count ||
			   is_otherwise(attrs, raw->flags, raw->set.field_count) ||
			   raw->flags & ~known ||
			   kernel_number(attrs[NFTA_SET_KEY_LEN]) != set_key_len(&raw->set);
	raw->set.comment =
		kernel_user_text(reading->arena, attrs[NFTA_SET_USERDATA], NFTNL_UDATA_SET_COMMENT);
	table_add(&reading->set_names, raw->set.name, strlen(raw->set.name), NULL);
	arena_push(reading->arena, reading->sets, reading->set_count, raw);
	return 0;
}

static int take_rule(void *context, const struct nlmsghdr *message)
{
	struct table_reading *reading = context;
	const struct nlattr *attrs[KERNEL_ATTRS];
	struct rule rule = {0};
	const char *chain_name, *set_name;
	struct chain *chain;
	uint32_t number;

	kernel_message_attrs(message, attrs);
	if (!is_ours(reading, attrs[NFTA_RULE_TABLE]) || !attrs[NFTA_RULE_CHAIN])
		return 0;
	chain_name = mnl_attr_get_str(attrs[NFTA_RULE_CHAIN]);
	number = table_find(&reading->chain_names, chain_name, strlen(chain_name));
	if (number == TABLE_NONE)
		return 0;
	chain = &reading->chains[number];
	if (!attrs[NFTA_RULE_EXPRESSIONS] ||
	    !kernel_rule_decode(reading->arena, attrs[NFTA_RULE_EXPRESSIONS], &rule, &set_name))
		chain->foreign = true;
	else if (set_name) {
		number = table_find(&reading->set_names, set_name, strlen(set_name));
		rule.set = number == TABLE_NONE ? NULL : &reading->sets[number]->set;
		chain->foreign |= !rule.set;
	}
	rule.comment = kernel_user_text(reading->arena, attrs[NFTA_RULE_USERDATA],
					NFTNL_UDATA_RULE_COMMENT);
	arena_push(reading->arena, chain->rules, chain->rule_count, rule);
	return 0;
}

static int take_object(void *context, const struct nlmsghdr *message)
{
	/* These are nft's words. */
	static const char *const kinds[] = {
		[NFT_OBJECT_COUNTER] = "counter",     [NFT_OBJECT_QUOTA] = "quota",
		[NFT_OBJECT_CT_HELPER] = "ct helper", [NFT_OBJECT_LIMIT] = "limit",
		[NFT_OBJECT_TUNNEL] = "tunnel",       [NFT_OBJECT_CT_TIMEOUT] = "ct timeout",
		[NFT_OBJECT_SECMARK] = "secmark",     [NFT_OBJECT_CT_EXPECT] = "ct expectation",
		[NFT_OBJECT_SYNPROXY] = "synproxy",
	};
	struct table_reading *reading = context;
	const struct nlattr *attrs[KERNEL_ATTRS];
	struct extra extra;

	kernel_message_attrs(message, attrs);
	if (!is_ours(reading, attrs[NFTA_OBJ_TABLE]))
		return 0;
	extra.type = kernel_number(attrs[NFTA_OBJ_TYPE]);
	extra.name = kernel_text(reading->arena, attrs[NFTA_OBJ_NAME]);
	extra.kind = extra.type < sizeof(kinds) / sizeof(*kinds) ? kinds[extra.type] : NULL;
	/* If nft has no command to delete it, the table must be replaced. */
	reading->readback.foreign |= !extra.kind;
	arena_push(reading->arena, reading->readback.extras, reading->readback.extra_count, extra);
	return 0;
}

static int take_flowtable(void *context, const struct nlmsghdr *message)
{
	struct table_reading *reading = context;
	const struct nlattr *attrs[KERNEL_ATTRS];
	struct extra extra = {.kind = "flowtable"};

	kernel_message_attrs(message, attrs);
	if (!is_ours(reading, attrs[NFTA_FLOWTABLE_TABLE]))
		return 0;
	extra.name = kernel_text(reading->arena, attrs[NFTA_FLOWTABLE_NAME]);
	arena_push(reading->arena, reading->readback.extras, reading->readback.extra_count, extra);
	return 0;
}

/*
 * Dumps the table's objects of one kind.  If the kernel calls the dump interrupted, that only means
 * that somebody committed something; the watch tells what it was about.
 */
static int dump(struct table_reading *reading, uint16_t type, uint16_t table_attribute,
		kernel_message take)
{
	char buffer[REQUEST_SIZE];
	struct nlmsghdr *request = nftnl_nlmsg_build_hdr(buffer, type, NFPROTO_INET, NLM_F_DUMP, 0);

	if (table_attribute)
		mnl_attr_put_strz(request, table_attribute, reading->table);
	return kernel_ask(kernel_watch_socket(reading->watch), request, take, reading) &&
			       errno != EINTR
		       ? -1
		       : 0;
}

/* The elements of a foreign set are not read: it equals none of ours anyway. */
static int read_elements(struct table_reading *reading)
{
	struct table chain_names = {.arena = reading->arena};
	const struct element_reader reader = {.arena = reading->arena,
					      .scratch = arena_new(),
					      .socket = kernel_watch_socket(reading->watch),
					      .table = reading->table,
					      .chain_names = &chain_names};
	int failed = 0, error;

	for (size_t i = 0; i < reading->set_count && !failed; i++) {
		struct raw_set *raw = reading->sets[i];

		if (!raw->set.foreign)
			failed = kernel_elements(&reader, raw->flags, &raw->set);
	}
	error = errno;
	arena_free(reader.scratch);
	errno = error;
	return failed;
}

static int compare_chains(const void *a, const void *b)
{
	return chain_compare(a, b);
}

/* Sorts named sets and chains, and makes rules point to the sets that they look up. */
static void finish(struct table_reading *reading, struct ruleset *ruleset)
{
	const struct set **named = NULL;
	size_t count = 0;

	for (size_t i = 0; i < reading->set_count; i++) {
		if (reading->sets[i]->flags & NFT_SET_ANONYMOUS)
			reading->sets[i]->set.name = NULL;
		else
			arena_push(reading->arena, named, count, &reading->sets[i]->set);
	}
	if (reading->chain_count)
		qsort(reading->chains, reading->chain_count, sizeof(struct chain), compare_chains);
	ruleset->table = reading->table;
	ruleset->chains = reading->chains;
	ruleset->chain_count = reading->chain_count;
	ruleset->readback = reading->readback;
	ruleset_take_sets(reading->arena, reading->arena, ruleset, named, count);
}

/*
 * Returns -1 with EINTR if somebody else changed the table.  *lists becomes true if others changed
 * the lists in which our objects stand.
 */
static int look_round(struct table_reading *reading, uint32_t *generation, bool *lists)
{
	struct kernel_events events = {false, false};

	if (kernel_watch_sync(reading->watch, &events, generation))
		return -1;
	*lists = events.lists;
	errno = EINTR;
	return events.table ? -1 : 0;
}

/* Reads what the kernel dumps for all tables.  It continues such a dump by counting. */
static int read_lists(struct table_reading *reading)
{
	bool moved = true;
	uint32_t generation;

	for (int tries = 0; moved && tries < LIST_TRIES; tries++) {
		reading->chain_names = (struct table){.arena = reading->arena};
		reading->chain_count = 0;
		reading->readback = (struct readback){.foreign = reading->head.foreign};
		if (dump(reading, NFT_MSG_GETCHAIN, 0, take_chain) ||
		    dump(reading, NFT_MSG_GETOBJ, NFTA_OBJ_TABLE, take_object) ||
		    dump(reading, NFT_MSG_GETFLOWTABLE, NFTA_FLOWTABLE_TABLE, take_flowtable) ||
		    look_round(reading, &generation, &moved))
			return -1;
	}
	errno = EINTR;
	return moved ? -1 : 0;
}

static int read_once(struct table_reading *reading, struct kernel_table *into)
{
	struct kernel_events before = {false, false};
	bool moved;

	if (kernel_watch_sync(reading->watch, &before, &into->generation) ||
	    kernel_table_head(reading->watch, &reading->head))
		return -1;
	if (reading->head.exists &&
	    (read_lists(reading) || dump(reading, NFT_MSG_GETSET, NFTA_SET_TABLE, take_set) ||
	     dump(reading, NFT_MSG_GETRULE, NFTA_RULE_TABLE, take_rule) || read_elements(reading)))
		return -1;
	if (look_round(reading, &into->generation, &moved))
		return -1;
	into->exists = reading->head.exists;
	into->handle = reading->head.handle;
	finish(reading, &into->ruleset);
	return 0;
}

int kernel_read(struct arena *arena, struct kernel_watch *watch, struct kernel_table *into,
		struct diags *diags)
{
	int failed = -1, error = 0;

	for (int tries = 0; failed && tries < TRIES; tries++) {
		struct table_reading reading = {
			.arena = arena,
			.watch = watch,
			.table = kernel_watch_table(watch),
			.set_names = {.arena = arena},
		};

		arena_reset(arena);
		*into = (struct kernel_table){0};
		failed = read_once(&reading, into);
		error = errno;
		/*
		 * ENOENT means that the table, or something in it, was deleted between two
		 * requests.
		 */
		if (failed && error != EINTR && error != ENOENT)
			break;
	}
	if (!failed)
		return 0;
	if (error == EINTR || error == ENOENT)
		diag_error(diags, (struct mark){0},
			   "the kernel's nf_tables cannot be read: somebody changes them without "
			   "pause");
	else
		kernel_complain(diags, "the kernel's nf_tables cannot be read", error);
	return -1;
}

int kernel_look(struct arena *arena, const char *table, struct kernel_table *into,
		struct diags *diags)
{
	struct kernel_watch *watch = kernel_watch_open(table);
	int status;

	if (!watch) {
		kernel_complain(diags, "the kernel's nf_tables cannot be read", errno);
		return -1;
	}
	status = kernel_read(arena, watch, into, diags);
	kernel_watch_close(watch);
	return status;
}
