/* Dumps of one table.  See kernel/read.h. */
#include "kernel/read.h"

#include <netinet/in.h>

#include "base/arena.h"
#include "base/table.h"
#include "kernel/attrs.h"
#include "kernel/elements.h"
#include "kernel/rule.h"
#include "kernel/socket.h"

#include <errno.h>
#include <libmnl/libmnl.h>
#include <libnftnl/common.h>
#include <libnftnl/udata.h>
#include <linux/netfilter.h>
#include <linux/netfilter/nf_tables.h>
#include <linux/netfilter/nfnetlink.h>
#include <stdlib.h>

#define REQUEST_SIZE 1024

/* Somebody who changes nf_tables without pause must not keep us reading for ever. */
#define TRIES 20

/* A set as it is read: its elements come later, in messages of their own. */
struct raw_set {
	struct set set;
	uint32_t flags;
};

struct reading {
	struct arena *arena;
	struct kernel_socket *socket;
	const char *table;
	bool exists, foreign;
	uint32_t owner; /* a netlink port; 0: none */
	struct table set_names;
	struct raw_set *sets; /* anonymous ones too */
	size_t set_count;
	struct table chain_names;
	struct chain *chains;
	size_t chain_count;
	struct extra *extras;
	size_t extra_count;
	uint32_t generation;
};

static bool is_ours(const struct reading *reading, const struct nlattr *table)
{
	return table && !strcmp(mnl_attr_get_str(table), reading->table);
}

static int take_generation(void *context, const struct nlmsghdr *message)
{
	struct reading *reading = context;
	const struct nlattr *attrs[KERNEL_ATTRS];

	kernel_message_attrs(message, attrs);
	reading->generation = kernel_number(attrs[NFTA_GEN_ID]);
	return 0;
}

static int take_table(void *context, const struct nlmsghdr *message)
{
	struct reading *reading = context;
	const struct nlattr *attrs[KERNEL_ATTRS];

	kernel_message_attrs(message, attrs);
	if (!is_ours(reading, attrs[NFTA_TABLE_NAME]))
		return 0;
	reading->exists = true;
	reading->owner = kernel_number(attrs[NFTA_TABLE_OWNER]);
	reading->foreign = kernel_number(attrs[NFTA_TABLE_FLAGS]) ||
			   kernel_user_entry(attrs[NFTA_TABLE_USERDATA], NFTNL_UDATA_TABLE_COMMENT);
	return 0;
}

static bool is_forward_hook(const struct nlattr **attrs)
{
	const struct nlattr *hook[KERNEL_ATTRS];

	kernel_nest_attrs(attrs[NFTA_CHAIN_HOOK], hook, KERNEL_ATTRS);
	return kernel_number(hook[NFTA_HOOK_HOOKNUM]) == NF_INET_FORWARD &&
	       kernel_number(hook[NFTA_HOOK_PRIORITY]) == 0 &&
	       kernel_number(attrs[NFTA_CHAIN_POLICY]) == NF_ACCEPT && attrs[NFTA_CHAIN_TYPE] &&
	       !strcmp(mnl_attr_get_str(attrs[NFTA_CHAIN_TYPE]), "filter");
}

static int take_chain(void *context, const struct nlmsghdr *message)
{
	struct reading *reading = context;
	const struct nlattr *attrs[KERNEL_ATTRS];
	struct chain chain = {0};

	kernel_message_attrs(message, attrs);
	if (!is_ours(reading, attrs[NFTA_CHAIN_TABLE]))
		return 0;
	/* Part of a rule, `jump { ... }`, which goes with it. */
	if (kernel_number(attrs[NFTA_CHAIN_FLAGS]) & NFT_CHAIN_BINDING)
		return 0;
	chain.name = kernel_text(reading->arena, attrs[NFTA_CHAIN_NAME]);
	chain.base = attrs[NFTA_CHAIN_HOOK] != NULL;
	chain.elsewhere = chain.base && !is_forward_hook(attrs);
	chain.comment = kernel_user_text(reading->arena, attrs[NFTA_CHAIN_USERDATA],
					 NFTNL_UDATA_CHAIN_COMMENT);
	table_add(&reading->chain_names, chain.name, strlen(chain.name), NULL);
	arena_push(reading->arena, reading->chains, reading->chain_count, chain);
	return 0;
}

/* The fields of nft's types in a key; none if one of them is not ours. */
static size_t decode_key_type(uint32_t type, enum field *fields)
{
	static const struct {
		uint32_t type;
		enum field field;
	} types[] = {{7, FIELD_IP_SADDR},
		     {8, FIELD_IP6_SADDR},
		     {12, FIELD_L4PROTO},
		     {13, FIELD_TH_DPORT},
		     {29, FIELD_ICMPV6_TYPE}};
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
 * What nft keeps of a named set's declaration in other words than ours: `typeof`, `auto-merge`.  Of
 * `typeof` it keeps the kind of expression (6 bytes), and the expression; of `type`, at most the kind and
 * nothing (2), or of several fields (1.1.3) as much as of `typeof`.
 */
static bool is_declared_otherwise(const struct nlattr *data, size_t field_count)
{
	static const uint8_t no[sizeof(uint32_t)];
	const uint8_t *typeof_key = kernel_user_entry(data, NFTNL_UDATA_SET_KEY_TYPEOF);
	const uint8_t *merge = kernel_user_entry(data, NFTNL_UDATA_SET_MERGE_ELEMENTS);

	return (typeof_key && typeof_key[1] > 6 + 2 && field_count == 1) ||
	       (merge && merge[1] == sizeof(no) && memcmp(merge + 2, no, sizeof(no)) != 0);
}

/* What changes how a set works or is listed, and ours do not have. */
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

/* Of a named set; of the others it is the number of their elements. */
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
	struct reading *reading = context;
	const struct nlattr *attrs[KERNEL_ATTRS];
	struct raw_set raw = {0};

	kernel_message_attrs(message, attrs);
	if (!is_ours(reading, attrs[NFTA_SET_TABLE]))
		return 0;
	raw.set.name = kernel_text(reading->arena, attrs[NFTA_SET_NAME]);
	raw.flags = kernel_number(attrs[NFTA_SET_FLAGS]);
	raw.set.field_count =
		decode_key_type(kernel_number(attrs[NFTA_SET_KEY_TYPE]), raw.set.fields);
	raw.set.interval = raw.flags & NFT_SET_INTERVAL;
	raw.set.size = set_size(attrs, raw.flags);
	raw.set.foreign = !raw.set.field_count ||
			  is_otherwise(attrs, raw.flags, raw.set.field_count) ||
			  raw.flags & ~known ||
			  kernel_number(attrs[NFTA_SET_KEY_LEN]) != set_key_len(&raw.set);
	raw.set.comment =
		kernel_user_text(reading->arena, attrs[NFTA_SET_USERDATA], NFTNL_UDATA_SET_COMMENT);
	table_add(&reading->set_names, raw.set.name, strlen(raw.set.name), NULL);
	arena_push(reading->arena, reading->sets, reading->set_count, raw);
	return 0;
}

static int take_rule(void *context, const struct nlmsghdr *message)
{
	struct reading *reading = context;
	const struct nlattr *attrs[KERNEL_ATTRS];
	struct rule rule = {0};
	const char *set_name;
	struct chain *chain;
	uint32_t number_of;

	kernel_message_attrs(message, attrs);
	if (!is_ours(reading, attrs[NFTA_RULE_TABLE]) || !attrs[NFTA_RULE_CHAIN])
		return 0;
	set_name = mnl_attr_get_str(attrs[NFTA_RULE_CHAIN]);
	number_of = table_find(&reading->chain_names, set_name, strlen(set_name));
	if (number_of == TABLE_NONE)
		return 0;
	chain = &reading->chains[number_of];
	if (!attrs[NFTA_RULE_EXPRESSIONS] ||
	    !kernel_rule_decode(reading->arena, attrs[NFTA_RULE_EXPRESSIONS], &rule, &set_name))
		chain->foreign = true;
	else if (set_name) {
		number_of = table_find(&reading->set_names, set_name, strlen(set_name));
		/* Only for its name: the set itself has no elements yet, and may still move. */
		rule.set_number = number_of;
		chain->foreign |= number_of == TABLE_NONE;
	}
	rule.comment = kernel_user_text(reading->arena, attrs[NFTA_RULE_USERDATA],
					NFTNL_UDATA_RULE_COMMENT);
	arena_push(reading->arena, chain->rules, chain->rule_count, rule);
	return 0;
}

static int take_object(void *context, const struct nlmsghdr *message)
{
	/* nft's words. */
	static const char *const kinds[] = {
		[NFT_OBJECT_COUNTER] = "counter",     [NFT_OBJECT_QUOTA] = "quota",
		[NFT_OBJECT_CT_HELPER] = "ct helper", [NFT_OBJECT_LIMIT] = "limit",
		[NFT_OBJECT_TUNNEL] = "tunnel",       [NFT_OBJECT_CT_TIMEOUT] = "ct timeout",
		[NFT_OBJECT_SECMARK] = "secmark",     [NFT_OBJECT_CT_EXPECT] = "ct expectation",
		[NFT_OBJECT_SYNPROXY] = "synproxy",
	};
	struct reading *reading = context;
	const struct nlattr *attrs[KERNEL_ATTRS];
	struct extra extra;

	kernel_message_attrs(message, attrs);
	if (!is_ours(reading, attrs[NFTA_OBJ_TABLE]))
		return 0;
	extra.type = kernel_number(attrs[NFTA_OBJ_TYPE]);
	extra.name = kernel_text(reading->arena, attrs[NFTA_OBJ_NAME]);
	extra.kind = extra.type < sizeof(kinds) / sizeof(*kinds) ? kinds[extra.type] : NULL;
	/* One that nft could not delete goes with the table. */
	reading->foreign |= !extra.kind;
	arena_push(reading->arena, reading->extras, reading->extra_count, extra);
	return 0;
}

static int take_flowtable(void *context, const struct nlmsghdr *message)
{
	struct reading *reading = context;
	const struct nlattr *attrs[KERNEL_ATTRS];
	struct extra extra = {.kind = "flowtable"};

	kernel_message_attrs(message, attrs);
	if (!is_ours(reading, attrs[NFTA_FLOWTABLE_TABLE]))
		return 0;
	extra.name = kernel_text(reading->arena, attrs[NFTA_FLOWTABLE_NAME]);
	arena_push(reading->arena, reading->extras, reading->extra_count, extra);
	return 0;
}

static int ask(struct reading *reading, uint16_t type, bool dump, uint16_t table_attribute,
	       kernel_message take)
{
	char buffer[REQUEST_SIZE];
	struct nlmsghdr *request =
		nftnl_nlmsg_build_hdr(buffer, type, NFPROTO_INET, dump ? NLM_F_DUMP : 0, 0);

	if (table_attribute)
		mnl_attr_put_strz(request, table_attribute, reading->table);
	return kernel_ask(reading->socket, request, take, reading);
}

/* Of what is foreign they do not matter. */
static int read_elements(struct reading *reading)
{
	const struct element_reader reader = {.arena = reading->arena,
					      .scratch = arena_new(),
					      .socket = reading->socket,
					      .table = reading->table};
	int failed = 0, error;

	for (size_t i = 0; i < reading->set_count && !failed; i++) {
		struct raw_set *raw = &reading->sets[i];

		if (!raw->set.foreign)
			failed = kernel_elements(&reader, raw->flags, &raw->set);
	}
	error = errno;
	arena_free(reader.scratch);
	errno = error;
	return failed;
}

static int compare_sets(const void *a, const void *b)
{
	return set_compare(a, b);
}

static int compare_chains(const void *a, const void *b)
{
	return chain_compare(a, b);
}

/* Named sets sorted, rules linked to the sets they look up. */
static void finish(struct reading *reading, struct ruleset *ruleset)
{
	struct set *sets = arena_array(reading->arena, reading->set_count, sizeof(*sets));

	for (size_t i = 0; i < reading->chain_count; i++)
		for (size_t k = 0; k < reading->chains[i].rule_count; k++) {
			struct rule *rule = &reading->chains[i].rules[k];

			if (rule->kind == RULE_LOOKUP && rule->set_number != TABLE_NONE)
				rule->set = &reading->sets[rule->set_number].set;
		}
	for (size_t i = 0; i < reading->set_count; i++) {
		if (reading->sets[i].flags & NFT_SET_ANONYMOUS)
			reading->sets[i].set.name = NULL;
		else
			sets[ruleset->set_count++] = reading->sets[i].set;
	}
	if (ruleset->set_count)
		qsort(sets, ruleset->set_count, sizeof(*sets), compare_sets);
	if (reading->chain_count)
		qsort(reading->chains, reading->chain_count, sizeof(struct chain), compare_chains);
	ruleset->table = reading->table;
	ruleset->foreign = reading->foreign;
	ruleset->sets = sets;
	ruleset->chains = reading->chains;
	ruleset->chain_count = reading->chain_count;
	ruleset->extras = reading->extras;
	ruleset->extra_count = reading->extra_count;
}

static int read_once(struct reading *reading)
{
	uint32_t before;

	if (ask(reading, NFT_MSG_GETGEN, false, 0, take_generation))
		return -1;
	before = reading->generation;
	if (ask(reading, NFT_MSG_GETTABLE, true, 0, take_table))
		return -1;
	if (!reading->exists)
		return 0;
	if (ask(reading, NFT_MSG_GETCHAIN, true, 0, take_chain) ||
	    ask(reading, NFT_MSG_GETSET, true, NFTA_SET_TABLE, take_set) ||
	    ask(reading, NFT_MSG_GETRULE, true, NFTA_RULE_TABLE, take_rule) ||
	    ask(reading, NFT_MSG_GETOBJ, true, NFTA_OBJ_TABLE, take_object) ||
	    ask(reading, NFT_MSG_GETFLOWTABLE, true, NFTA_FLOWTABLE_TABLE, take_flowtable) ||
	    read_elements(reading) || ask(reading, NFT_MSG_GETGEN, false, 0, take_generation))
		return -1;
	errno = EINTR;
	return before == reading->generation ? 0 : -1;
}

int kernel_read(struct arena *arena, struct kernel_socket *socket, const char *table,
		struct kernel_table *into, struct diags *diags)
{
	int failed, error = 0;

	*into = (struct kernel_table){0};
	for (int tries = 0; tries < TRIES; tries++) {
		struct reading reading = {
			.arena = arena,
			.socket = socket,
			.table = table,
			.set_names = {.arena = arena},
			.chain_names = {.arena = arena},
		};

		failed = read_once(&reading);
		error = errno;
		if (!failed) {
			into->exists = reading.exists;
			into->generation = reading.generation;
			finish(&reading, &into->ruleset);
			return 0;
		}
		/* Gone between two questions: the table, or something in it. */
		if (error != EINTR && error != ENOENT)
			break;
	}
	diag_error(diags, (struct mark){0}, "the kernel's nf_tables cannot be read: %s",
		   error == EINTR ? "somebody changes them without pause" : strerror(error));
	return -1;
}

uint32_t kernel_owner(struct kernel_socket *socket, const char *table)
{
	struct reading reading = {.socket = socket, .table = table};

	return ask(&reading, NFT_MSG_GETTABLE, true, 0, take_table) ? 0 : reading.owner;
}

uint32_t kernel_generation(struct kernel_socket *socket)
{
	struct reading reading = {.socket = socket};

	return ask(&reading, NFT_MSG_GETGEN, false, 0, take_generation) ? 0 : reading.generation;
}

int kernel_look(struct arena *arena, const char *table, struct kernel_table *into,
		struct diags *diags)
{
	struct kernel_socket *socket = kernel_open();
	int status;

	if (!socket) {
		diag_error(diags, (struct mark){0}, "no netlink socket: %s", strerror(errno));
		return -1;
	}
	status = kernel_read(arena, socket, table, into, diags);
	kernel_close(socket);
	return status;
}
