/* Dumps of one table.  See kernel_read.h. */
#include "kernel_read.h"

#include <netinet/in.h>

#include "arena.h"
#include "key_order.h"
#include "kernel_rule.h"
#include "kernel_socket.h"
#include "table.h"

#include <errno.h>
#include <libmnl/libmnl.h>
#include <libnftnl/common.h>
#include <libnftnl/udata.h>
#include <linux/netfilter.h>
#include <linux/netfilter/nf_tables.h>
#include <linux/netfilter/nfnetlink.h>
#include <stdlib.h>

#define REQUEST_SIZE 1024
#define ATTRIBUTES   32

/* Somebody who changes nf_tables without pause must not keep us reading for ever. */
#define TRIES 20

/* A set as it is read: its elements come later, in messages of their own. */
struct raw_set {
	struct set set;
	uint32_t flags, key_type;
};

/*
 * Elements as they come, in no order.  Behind each key stands a byte for the order of intervals: what ends
 * at a value (END, its first value that is not in) ends before what begins there (BEGIN).
 */
struct raw_elements {
	size_t count, len; /* of a key */
	uint8_t *keys;     /* len + 1 bytes each */
	uint8_t *ends;     /* of a concatenation of intervals: len bytes each */
	const char **comments;
	struct verdict *verdicts; /* of a map */
};

enum { END, BEGIN };

struct reading {
	struct arena *arena, *scratch; /* emptied after each set */
	struct kernel_socket *socket;
	const char *table;
	bool exists, foreign;
	struct table set_names;
	struct raw_set *sets; /* anonymous ones too */
	size_t set_count;
	struct table chain_names;
	struct chain *chains;
	size_t chain_count;
	struct raw_set *filling; /* whose elements are being read, to: */
	struct raw_elements elements;
	uint32_t generation;
};

static void sort_attrs(const struct nlattr *attr, const char *end, const struct nlattr **attrs)
{
	memset(attrs, 0, ATTRIBUTES * sizeof(*attrs));
	for (; mnl_attr_ok(attr, (int)(end - (const char *)attr)); attr = mnl_attr_next(attr))
		if (mnl_attr_get_type(attr) < ATTRIBUTES)
			attrs[mnl_attr_get_type(attr)] = attr;
}

static void message_attrs(const struct nlmsghdr *message, const struct nlattr **attrs)
{
	sort_attrs(mnl_nlmsg_get_payload_offset(message, sizeof(struct nfgenmsg)),
		   mnl_nlmsg_get_payload_tail(message), attrs);
}

static void nest_attrs(const struct nlattr *nest, const struct nlattr **attrs)
{
	const char *begin = mnl_attr_get_payload(nest);

	sort_attrs((const struct nlattr *)(const void *)begin,
		   begin + mnl_attr_get_payload_len(nest), attrs);
}

static const char *text(struct arena *arena, const struct nlattr *attr)
{
	const char *string = attr ? mnl_attr_get_str(attr) : "";

	return arena_strndup(arena, string, strlen(string));
}

static uint32_t number(const struct nlattr *attr)
{
	return attr ? ntohl(mnl_attr_get_u32(attr)) : 0;
}

static bool is_ours(const struct reading *reading, const struct nlattr *table)
{
	return table && !strcmp(mnl_attr_get_str(table), reading->table);
}

/* The text of one entry of nft's user data; NULL if there is none. */
static const char *user_text(struct arena *arena, const struct nlattr *attr, uint8_t type)
{
	const uint8_t *at = attr ? mnl_attr_get_payload(attr) : NULL;
	const uint8_t *end = attr ? at + mnl_attr_get_payload_len(attr) : NULL;

	for (; at && end - at >= 2 && end - at >= 2 + at[1]; at += 2 + at[1])
		if (at[0] == type && at[1] > 0 && !at[1 + at[1]])
			return arena_strndup(arena, (const char *)at + 2, (size_t)at[1] - 1);
	return NULL;
}

static int take_generation(void *context, const struct nlmsghdr *message)
{
	struct reading *reading = context;
	const struct nlattr *attrs[ATTRIBUTES];

	message_attrs(message, attrs);
	reading->generation = number(attrs[NFTA_GEN_ID]);
	return 0;
}

static int take_table(void *context, const struct nlmsghdr *message)
{
	struct reading *reading = context;
	const struct nlattr *attrs[ATTRIBUTES];

	message_attrs(message, attrs);
	if (!is_ours(reading, attrs[NFTA_TABLE_NAME]))
		return 0;
	reading->exists = true;
	reading->foreign = number(attrs[NFTA_TABLE_FLAGS]) != 0;
	return 0;
}

static bool is_forward_hook(const struct nlattr **attrs)
{
	const struct nlattr *hook[ATTRIBUTES];

	nest_attrs(attrs[NFTA_CHAIN_HOOK], hook);
	return number(hook[NFTA_HOOK_HOOKNUM]) == NF_INET_FORWARD &&
	       number(hook[NFTA_HOOK_PRIORITY]) == 0 &&
	       number(attrs[NFTA_CHAIN_POLICY]) == NF_ACCEPT && attrs[NFTA_CHAIN_TYPE] &&
	       !strcmp(mnl_attr_get_str(attrs[NFTA_CHAIN_TYPE]), "filter");
}

static int take_chain(void *context, const struct nlmsghdr *message)
{
	struct reading *reading = context;
	const struct nlattr *attrs[ATTRIBUTES];
	struct chain chain = {0};

	message_attrs(message, attrs);
	if (!is_ours(reading, attrs[NFTA_CHAIN_TABLE]))
		return 0;
	/* Part of a rule, `jump { ... }`, which goes with it. */
	if (number(attrs[NFTA_CHAIN_FLAGS]) & NFT_CHAIN_BINDING)
		return 0;
	chain.name = text(reading->arena, attrs[NFTA_CHAIN_NAME]);
	chain.base = attrs[NFTA_CHAIN_HOOK] != NULL;
	chain.elsewhere = chain.base && !is_forward_hook(attrs);
	chain.comment =
		user_text(reading->arena, attrs[NFTA_CHAIN_USERDATA], NFTNL_UDATA_CHAIN_COMMENT);
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

/* What changes how a set works, and ours do not have. */
static bool has_extras(const struct nlattr **attrs, uint32_t flags)
{
	return attrs[NFTA_SET_EXPR] || attrs[NFTA_SET_EXPRESSIONS] || attrs[NFTA_SET_TIMEOUT] ||
	       number(attrs[NFTA_SET_POLICY]) != 0 ||
	       (!(flags & NFT_SET_ANONYMOUS) && flags & NFT_SET_CONSTANT) ||
	       (flags & NFT_SET_MAP && number(attrs[NFTA_SET_DATA_TYPE]) != NFT_DATA_VERDICT);
}

/* Of a named set; of the others it is the number of their elements. */
static uint32_t set_size(const struct nlattr **attrs, uint32_t flags)
{
	const struct nlattr *desc[ATTRIBUTES] = {0};

	if (!attrs[NFTA_SET_DESC] || flags & NFT_SET_ANONYMOUS)
		return 0;
	nest_attrs(attrs[NFTA_SET_DESC], desc);
	return number(desc[NFTA_SET_DESC_SIZE]);
}

static int take_set(void *context, const struct nlmsghdr *message)
{
	static const uint32_t known = NFT_SET_ANONYMOUS | NFT_SET_CONSTANT | NFT_SET_MAP |
				      NFT_SET_INTERVAL | NFT_SET_CONCAT;
	struct reading *reading = context;
	const struct nlattr *attrs[ATTRIBUTES];
	struct raw_set raw = {0};

	message_attrs(message, attrs);
	if (!is_ours(reading, attrs[NFTA_SET_TABLE]))
		return 0;
	raw.set.name = text(reading->arena, attrs[NFTA_SET_NAME]);
	raw.flags = number(attrs[NFTA_SET_FLAGS]);
	raw.set.field_count = decode_key_type(number(attrs[NFTA_SET_KEY_TYPE]), raw.set.fields);
	raw.set.interval = raw.flags & NFT_SET_INTERVAL;
	raw.set.size = set_size(attrs, raw.flags);
	raw.set.foreign = !raw.set.field_count || has_extras(attrs, raw.flags) ||
			  raw.flags & ~known ||
			  number(attrs[NFTA_SET_KEY_LEN]) != set_key_len(&raw.set);
	raw.set.comment =
		user_text(reading->arena, attrs[NFTA_SET_USERDATA], NFTNL_UDATA_SET_COMMENT);
	table_add(&reading->set_names, raw.set.name, strlen(raw.set.name), NULL);
	arena_push(reading->arena, reading->sets, reading->set_count, raw);
	return 0;
}

/* The first of the attributes in a nest that has the type; NULL if none has. */
static const struct nlattr *find_attr(const struct nlattr *nest, uint16_t type)
{
	const struct nlattr *attr = mnl_attr_get_payload(nest);
	const char *end = (const char *)attr + mnl_attr_get_payload_len(nest);

	for (; mnl_attr_ok(attr, (int)(end - (const char *)attr)); attr = mnl_attr_next(attr))
		if (mnl_attr_get_type(attr) == type)
			return attr;
	return NULL;
}

static bool take_key(const struct nlattr *nest, uint8_t *key, size_t len)
{
	const struct nlattr *value = find_attr(nest, NFTA_DATA_VALUE);

	if (!value || mnl_attr_get_payload_len(value) != len)
		return false;
	memcpy(key, mnl_attr_get_payload(value), len);
	return true;
}

/* Room for one element more. */
static void grow(struct raw_elements *elements, struct arena *arena, const struct raw_set *raw)
{
	size_t count = elements->count;

	elements->keys = arena_grow(arena, elements->keys, count, elements->len + 1);
	elements->comments =
		arena_grow(arena, elements->comments, count, sizeof(*elements->comments));
	elements->comments[count] = NULL;
	if (raw->flags & NFT_SET_INTERVAL)
		elements->ends = arena_grow(arena, elements->ends, count, elements->len);
	if (!(raw->flags & NFT_SET_MAP))
		return;
	elements->verdicts =
		arena_grow(arena, elements->verdicts, count, sizeof(*elements->verdicts));
	elements->verdicts[count] = (struct verdict){0};
}

static void take_element(struct reading *reading, const struct nlattr *nest)
{
	struct raw_set *raw = reading->filling;
	struct raw_elements *elements = &reading->elements;
	size_t len = elements->len, at = elements->count;
	const struct nlattr *attr = mnl_attr_get_payload(nest);
	const char *end = (const char *)attr + mnl_attr_get_payload_len(nest);
	bool has_key = false, has_end = false;
	uint8_t *key;

	grow(elements, reading->scratch, raw);
	key = elements->keys + at * (len + 1);
	key[len] = BEGIN;
	for (; mnl_attr_ok(attr, (int)(end - (const char *)attr)); attr = mnl_attr_next(attr)) {
		switch (mnl_attr_get_type(attr)) {
		case NFTA_SET_ELEM_KEY:
			has_key = take_key(attr, key, len);
			break;
		case NFTA_SET_ELEM_KEY_END:
			has_end = elements->ends && take_key(attr, elements->ends + at * len, len);
			break;
		case NFTA_SET_ELEM_FLAGS:
			if (number(attr) & NFT_SET_ELEM_INTERVAL_END)
				key[len] = END;
			break;
		case NFTA_SET_ELEM_DATA:
			if (elements->verdicts)
				elements->verdicts[at] =
					kernel_verdict_decode(reading->arena, attr);
			break;
		case NFTA_SET_ELEM_USERDATA:
			elements->comments[at] =
				user_text(reading->arena, attr, NFTNL_UDATA_SET_ELEM_COMMENT);
			break;
		case NFTA_SET_ELEM_EXPR:
		case NFTA_SET_ELEM_EXPRESSIONS:
		case NFTA_SET_ELEM_TIMEOUT:
		case NFTA_SET_ELEM_OBJREF:
			raw->set.foreign = true;
			break;
		default:
			break;
		}
	}
	raw->set.foreign |= !has_key;
	if (elements->ends && !has_end)
		memcpy(elements->ends + at * len, key, len);
	elements->count += has_key;
}

static int take_elements(void *context, const struct nlmsghdr *message)
{
	struct reading *reading = context;
	const struct nlattr *attrs[ATTRIBUTES], *element;
	const char *end;

	message_attrs(message, attrs);
	if (!attrs[NFTA_SET_ELEM_LIST_ELEMENTS])
		return 0;
	element = mnl_attr_get_payload(attrs[NFTA_SET_ELEM_LIST_ELEMENTS]);
	end = (const char *)element + mnl_attr_get_payload_len(attrs[NFTA_SET_ELEM_LIST_ELEMENTS]);
	for (; mnl_attr_ok(element, (int)(end - (const char *)element));
	     element = mnl_attr_next(element))
		take_element(reading, element);
	return 0;
}

static int take_rule(void *context, const struct nlmsghdr *message)
{
	struct reading *reading = context;
	const struct nlattr *attrs[ATTRIBUTES];
	struct rule rule = {0};
	const char *set_name;
	struct chain *chain;
	uint32_t number_of;

	message_attrs(message, attrs);
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
	rule.comment =
		user_text(reading->arena, attrs[NFTA_RULE_USERDATA], NFTNL_UDATA_RULE_COMMENT);
	arena_push(reading->arena, chain->rules, chain->rule_count, rule);
	return 0;
}

static int ask(struct reading *reading, uint16_t type, bool dump, uint16_t table_attribute,
	       const char *set, kernel_message take)
{
	char buffer[REQUEST_SIZE];
	struct nlmsghdr *request =
		nftnl_nlmsg_build_hdr(buffer, type, NFPROTO_INET, dump ? NLM_F_DUMP : 0, 0);

	if (table_attribute)
		mnl_attr_put_strz(request, table_attribute, reading->table);
	if (set)
		mnl_attr_put_strz(request, NFTA_SET_ELEM_LIST_SET, set);
	return kernel_ask(reading->socket, request, take, reading);
}

/* The last value before the key @next; the last of all if there is none. */
static void value_before(uint8_t *value, const uint8_t *next, size_t len)
{
	size_t at = len;

	memset(value, 0xff, len);
	if (!next)
		return;
	memcpy(value, next, len);
	while (at > 0 && value[at - 1]-- == 0)
		at--;
}

/*
 * Elements in order, as ours are; the ends of intervals where those do not stand beside the keys.  False if
 * one came twice: while the kernel makes a hash table larger or smaller, for up to a second after many
 * elements came or went, a dump repeats some and leaves out as many others.
 */
static bool finish_set(struct reading *reading, struct raw_set *raw)
{
	struct set *set = &raw->set;
	const struct raw_elements *from = &reading->elements;
	struct arena *arena = reading->arena;
	size_t len = from->len, count = from->count;
	bool pairs = set->interval && set->field_count == 1;
	bool concatenation = set->field_count > 1 && !set->interval;
	const uint32_t *order =
		key_order(reading->scratch, from->keys, count, len + 1, len + pairs, concatenation);
	uint8_t *keys = arena_array(arena, count, len), *ends = NULL;
	struct verdict *verdicts = NULL;
	const char **comments = arena_array(arena, count, sizeof(*comments));
	bool any = false;

	if (set->interval)
		ends = arena_array(arena, count, len);
	if (raw->flags & NFT_SET_MAP)
		verdicts = arena_array(arena, count, sizeof(*verdicts));
	for (size_t i = 0; i < count; i++) {
		const uint8_t *key = from->keys + order[i] * (len + 1);
		size_t to = set->count;

		if (i && !memcmp(key, from->keys + order[i - 1] * (len + 1), len + 1))
			return false;
		if (pairs && key[len] == END)
			continue;
		memcpy(keys + to * len, key, len);
		if (pairs)
			value_before(ends + to * len,
				     i + 1 < count ? from->keys + order[i + 1] * (len + 1) : NULL,
				     len);
		else if (ends)
			memcpy(ends + to * len, from->ends + order[i] * len, len);
		if (verdicts)
			verdicts[to] =
				from->verdicts ? from->verdicts[order[i]] : (struct verdict){0};
		comments[to] = from->comments[order[i]];
		any |= comments[to] != NULL;
		set->count++;
	}
	set->keys = keys;
	set->ends = ends;
	set->verdicts = verdicts;
	set->comments = any ? comments : NULL;
	if (raw->flags & NFT_SET_ANONYMOUS)
		set->name = NULL;
	return true;
}

static int read_elements(struct reading *reading)
{
	for (size_t i = 0; i < reading->set_count; i++) {
		struct raw_set *raw = &reading->sets[i];

		if (raw->set.foreign)
			continue;
		reading->filling = raw;
		reading->elements = (struct raw_elements){.len = set_key_len(&raw->set)};
		if (ask(reading, NFT_MSG_GETSETELEM, true, NFTA_SET_ELEM_LIST_TABLE, raw->set.name,
			take_elements))
			return -1;
		if (!finish_set(reading, raw)) {
			errno = EINTR;
			return -1;
		}
		arena_reset(reading->scratch);
	}
	return 0;
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
	for (size_t i = 0; i < reading->set_count; i++)
		if (reading->sets[i].set.name)
			sets[ruleset->set_count++] = reading->sets[i].set;
	if (ruleset->set_count)
		qsort(sets, ruleset->set_count, sizeof(*sets), compare_sets);
	if (reading->chain_count)
		qsort(reading->chains, reading->chain_count, sizeof(struct chain), compare_chains);
	ruleset->table = reading->table;
	ruleset->foreign = reading->foreign;
	ruleset->sets = sets;
	ruleset->chains = reading->chains;
	ruleset->chain_count = reading->chain_count;
}

static int read_once(struct reading *reading)
{
	uint32_t before;

	if (ask(reading, NFT_MSG_GETGEN, false, 0, NULL, take_generation))
		return -1;
	before = reading->generation;
	if (ask(reading, NFT_MSG_GETTABLE, true, 0, NULL, take_table))
		return -1;
	if (!reading->exists)
		return 0;
	if (ask(reading, NFT_MSG_GETCHAIN, true, 0, NULL, take_chain) ||
	    ask(reading, NFT_MSG_GETSET, true, NFTA_SET_TABLE, NULL, take_set) ||
	    ask(reading, NFT_MSG_GETRULE, true, NFTA_RULE_TABLE, NULL, take_rule) ||
	    read_elements(reading) || ask(reading, NFT_MSG_GETGEN, false, 0, NULL, take_generation))
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
			.scratch = arena_new(),
			.socket = socket,
			.table = table,
			.set_names = {.arena = arena},
			.chain_names = {.arena = arena},
		};

		failed = read_once(&reading);
		error = errno;
		arena_free(reading.scratch);
		if (!failed) {
			into->exists = reading.exists;
			into->generation = reading.generation;
			finish(&reading, &into->ruleset);
			return 0;
		}
		if (error != EINTR)
			break;
	}
	diag_error(diags, (struct mark){0}, "the kernel's nf_tables cannot be read: %s",
		   error == EINTR ? "somebody changes them without pause" : strerror(error));
	return -1;
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
