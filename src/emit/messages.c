/*
 * Appends the messages of nf_tables that make a change to a buffer that grows.  Elements, which are
 * the most numerous, are written without libnftnl, which would allocate four times for each.
 */
#include "emit/messages.h"

#include <netinet/in.h>

#include "base/must.h"
#include "emit/expressions.h"
#include "ruleset/layout.h"

#include <libmnl/libmnl.h>
#include <libnftnl/chain.h>
#include <libnftnl/common.h>
#include <libnftnl/rule.h>
#include <libnftnl/set.h>
#include <libnftnl/table.h>
#include <libnftnl/udata.h>
#include <linux/netfilter.h>
#include <linux/netfilter/nf_tables.h>
#include <linux/netfilter/nfnetlink.h>
#include <stdlib.h>
#include <string.h>

/* No message is longer than this, since the length of an attribute has 16 bits. */
#define MESSAGE_MAX ((size_t)1 << 17)

/* A list of elements must stay below 64 KiB; the longest element takes some 500 bytes. */
#define ELEMENTS_BYTES 60000
#define ELEMENT_MAX    600

/*
 * The numbers of nft's datatypes (its datatype.h), as it reads them from NFTA_SET_KEY_TYPE; a
 * concatenation has six bits for each.
 */
static const uint32_t datatypes[] = {
	[FIELD_IP_SADDR] = 7,  [FIELD_IP_DADDR] = 7,     [FIELD_IP6_SADDR] = 8,
	[FIELD_IP6_DADDR] = 8, [FIELD_L4PROTO] = 12,     [FIELD_TH_DPORT] = 13,
	[FIELD_TH_SPORT] = 13, [FIELD_ICMPV6_TYPE] = 29, [FIELD_IIFNAME] = 41,
	[FIELD_NFPROTO] = 2,
};
#define DATATYPE_BITS           6
#define DATATYPE_VERDICT_KERNEL 0xffffff00u /* NFT_DATA_VERDICT */

/* Returns where the next message begins; there is room for it. */
static char *next_message(struct batch *batch)
{
	if (batch->size - batch->len < MESSAGE_MAX) {
		batch->size = 2 * batch->size + MESSAGE_MAX;
		batch->bytes = call_checked(realloc(batch->bytes, batch->size));
	}
	return (char *)batch->bytes + batch->len;
}

static struct nlmsghdr *start(struct batch *batch, uint16_t type, uint16_t flags,
			      struct batch_subject subject)
{
	uint32_t seq = batch->first_seq + (uint32_t)batch->count;

	if (batch->count == batch->room) {
		batch->room = 2 * batch->room + 64;
		batch->subjects = call_checked(
			realloc(batch->subjects, batch->room * sizeof(*batch->subjects)));
	}
	subject.at = batch->len;
	batch->subjects[batch->count++] = subject;
	return nftnl_nlmsg_build_hdr(next_message(batch), type, NFPROTO_INET, flags, seq);
}

static void finish(struct batch *batch, const struct nlmsghdr *message)
{
	batch->len += (message->nlmsg_len + MNL_ALIGNTO - 1) & ~(size_t)(MNL_ALIGNTO - 1);
}

static void give_back(void *batch)
{
	batch_free(batch);
}

void batch_begin(struct batch *batch, const char *table)
{
	struct nlmsghdr *message;

	*batch = (struct batch){.table = table, .first_seq = 1};
	undo_later(&batch->undo, give_back, batch);
	message = nftnl_batch_begin(next_message(batch), 0);
	mnl_attr_put_u32(message, NFNL_BATCH_GENID, 0);
	batch->generation_at = message->nlmsg_len - sizeof(uint32_t);
	finish(batch, message);
}

void batch_condition(struct batch *batch, uint32_t generation)
{
	const uint32_t value = htonl(generation);

	memcpy(batch->bytes + batch->generation_at, &value, sizeof(value));
}

void batch_end(struct batch *batch)
{
	finish(batch,
	       nftnl_batch_end(next_message(batch), batch->first_seq + (uint32_t)batch->count));
}

void batch_free(struct batch *batch)
{
	undo_never(&batch->undo);
	free(batch->bytes);
	free(batch->subjects);
	*batch = (struct batch){0};
}

static void add_table(struct batch *batch, bool deletes)
{
	struct nftnl_table *table = call_checked(nftnl_table_alloc());
	struct nlmsghdr *message = start(
		batch, deletes ? NFT_MSG_DELTABLE : NFT_MSG_NEWTABLE, deletes ? 0 : NLM_F_CREATE,
		(struct batch_subject){
			.kind = SUBJECT_TABLE, .deletes = deletes, .name = batch->table});

	check_setter(nftnl_table_set_str(table, NFTNL_TABLE_NAME, batch->table));
	if (!deletes) {
		struct nftnl_udata_buf *data = call_checked(nftnl_udata_buf_alloc(64));

		must(nftnl_udata_put_u32(data, UDATA_TABLE_LAYOUT, TABLE_LAYOUT));
		check_setter(nftnl_table_set_data(table, NFTNL_TABLE_USERDATA,
						  nftnl_udata_buf_data(data),
						  nftnl_udata_buf_len(data)));
		nftnl_udata_buf_free(data);
	}
	nftnl_table_nlmsg_build_payload(message, table);
	nftnl_table_free(table);
	finish(batch, message);
}

/*
 * Makes the user data in which nft keeps a comment: an entry with type, length, and text with a
 * NUL.
 */
static struct nftnl_udata_buf *comment_data(uint8_t type, const char *comment)
{
	struct nftnl_udata_buf *data = call_checked(nftnl_udata_buf_alloc(COMMENT_MAX_LEN + 64));

	must(nftnl_udata_put_strz(data, type, comment));
	return data;
}

static void add_chain(struct batch *batch, const struct chain *chain, bool deletes)
{
	struct nftnl_chain *object = call_checked(nftnl_chain_alloc());
	struct nlmsghdr *message = start(
		batch, deletes ? NFT_MSG_DELCHAIN : NFT_MSG_NEWCHAIN, deletes ? 0 : NLM_F_CREATE,
		(struct batch_subject){
			.kind = SUBJECT_CHAIN, .deletes = deletes, .name = chain->name});

	check_setter(nftnl_chain_set_str(object, NFTNL_CHAIN_TABLE, batch->table));
	check_setter(nftnl_chain_set_str(object, NFTNL_CHAIN_NAME, chain->name));
	if (chain->base && !deletes) {
		check_setter(nftnl_chain_set_str(object, NFTNL_CHAIN_TYPE, "filter"));
		nftnl_chain_set_u32(object, NFTNL_CHAIN_HOOKNUM,
				    chain->hook == HOOK_INPUT ? NF_INET_LOCAL_IN : NF_INET_FORWARD);
		nftnl_chain_set_s32(object, NFTNL_CHAIN_PRIO, 0);
		nftnl_chain_set_u32(object, NFTNL_CHAIN_POLICY, NF_ACCEPT);
	}
	if (chain->comment && !deletes) {
		struct nftnl_udata_buf *data =
			comment_data(NFTNL_UDATA_CHAIN_COMMENT, chain->comment);

		check_setter(nftnl_chain_set_data(object, NFTNL_CHAIN_USERDATA,
						  nftnl_udata_buf_data(data),
						  nftnl_udata_buf_len(data)));
		nftnl_udata_buf_free(data);
	}
	nftnl_chain_nlmsg_build_payload(message, object);
	nftnl_chain_free(object);
	finish(batch, message);
}

static uint32_t key_type(const struct set *set)
{
	uint32_t type = 0;

	for (size_t i = 0; i < set->field_count; i++)
		type = type << DATATYPE_BITS | datatypes[set->fields[i]];
	return type;
}

/*
 * Returns nft's number for the byte order of the keys: 2 is network order, 1 is host order (which
 * names of links have), and 0 stands for none.
 */
static uint32_t key_byte_order(const struct set *set)
{
	if (set->field_count > 1)
		return 0;
	return set->fields[0] == FIELD_IIFNAME ? 1 : 2;
}

/* Adds what nft keeps in the user data of a set: the byte order of its keys, then its comment. */
static void put_set_data(struct nftnl_set *object, const struct set *set)
{
	struct nftnl_udata_buf *data = call_checked(nftnl_udata_buf_alloc(COMMENT_MAX_LEN + 64));

	must(nftnl_udata_put_u32(data, NFTNL_UDATA_SET_KEYBYTEORDER, key_byte_order(set)));
	if (set->verdicts)
		must(nftnl_udata_put_u32(data, NFTNL_UDATA_SET_DATABYTEORDER, 0));
	if (set->interval)
		must(nftnl_udata_put_u32(data, NFTNL_UDATA_SET_MERGE_ELEMENTS, 0));
	if (set->comment)
		must(nftnl_udata_put_strz(data, NFTNL_UDATA_SET_COMMENT, set->comment));
	check_setter(nftnl_set_set_data(object, NFTNL_SET_USERDATA, nftnl_udata_buf_data(data),
					nftnl_udata_buf_len(data)));
	nftnl_udata_buf_free(data);
}

static uint32_t set_flags(const struct set *set)
{
	uint32_t flags = 0;

	if (!set->name)
		flags |= NFT_SET_ANONYMOUS | NFT_SET_CONSTANT;
	if (set->verdicts)
		flags |= NFT_SET_MAP;
	if (set->interval)
		flags |= NFT_SET_INTERVAL;
	if (set->interval && set->field_count > 1)
		flags |= NFT_SET_CONCAT;
	return flags;
}

/* Adds or deletes the set.  Returns the number that this batch gives to a set that is added. */
static uint32_t put_set(struct batch *batch, const struct set *set, bool deletes)
{
	struct nftnl_set *object = call_checked(nftnl_set_alloc());
	struct nlmsghdr *message = start(
		batch, deletes ? NFT_MSG_DELSET : NFT_MSG_NEWSET, deletes ? 0 : NLM_F_CREATE,
		(struct batch_subject){
			.kind = SUBJECT_SET, .deletes = deletes, .name = set_name_in_batch(set)});

	check_setter(nftnl_set_set_str(object, NFTNL_SET_TABLE, batch->table));
	check_setter(nftnl_set_set_str(object, NFTNL_SET_NAME, set_name_in_batch(set)));
	if (!deletes) {
		uint8_t lengths[FIELDS_MAX];

		nftnl_set_set_u32(object, NFTNL_SET_ID, ++batch->set_ids);
		nftnl_set_set_u32(object, NFTNL_SET_FLAGS, set_flags(set));
		nftnl_set_set_u32(object, NFTNL_SET_KEY_TYPE, key_type(set));
		nftnl_set_set_u32(object, NFTNL_SET_KEY_LEN, (uint32_t)set_key_len(set));
		if (set->verdicts) {
			nftnl_set_set_u32(object, NFTNL_SET_DATA_TYPE, DATATYPE_VERDICT_KERNEL);
			nftnl_set_set_u32(object, NFTNL_SET_DATA_LEN, 16);
		}
		if (!set->name || set->size)
			nftnl_set_set_u32(object, NFTNL_SET_DESC_SIZE,
					  set->name ? set->size : (uint32_t)set->count);
		for (size_t i = 0; i < set->field_count; i++)
			lengths[i] = (uint8_t)field_len(set->fields[i]);
		if (set_flags(set) & NFT_SET_CONCAT)
			check_setter(nftnl_set_set_data(object, NFTNL_SET_DESC_CONCAT, lengths,
							(uint32_t)set->field_count));
		put_set_data(object, set);
	}
	nftnl_set_nlmsg_build_payload(message, object);
	nftnl_set_free(object);
	finish(batch, message);
	return batch->set_ids;
}

static void add_set(struct batch *batch, const struct set *set, bool deletes)
{
	put_set(batch, set, deletes);
}

static void put_verdict(struct nlmsghdr *message, uint16_t attribute, const struct verdict *verdict)
{
	struct nlattr *data = mnl_attr_nest_start(message, attribute);
	struct nlattr *nest = mnl_attr_nest_start(message, NFTA_DATA_VERDICT);

	mnl_attr_put_u32(message, NFTA_VERDICT_CODE, htonl(verdict_code(verdict->kind)));
	if (verdict->chain)
		mnl_attr_put_strz(message, NFTA_VERDICT_CHAIN, verdict->chain);
	mnl_attr_nest_end(message, nest);
	mnl_attr_nest_end(message, data);
}

static void put_key(struct nlmsghdr *message, uint16_t attribute, const uint8_t *key, size_t len)
{
	struct nlattr *nest = mnl_attr_nest_start(message, attribute);

	mnl_attr_put(message, NFTA_DATA_VALUE, len, key);
	mnl_attr_nest_end(message, nest);
}

/*
 * Adds one element.  It is written with libmnl alone: libnftnl would make four allocations for
 * each, and a table may have a hundred thousand.
 */
static void put_element(struct nlmsghdr *message, const struct set *set, size_t i, bool deletes)
{
	struct nlattr *nest = mnl_attr_nest_start(message, NFTA_LIST_ELEM);
	size_t len = set_key_len(set);

	put_key(message, NFTA_SET_ELEM_KEY, set->keys + i * len, len);
	if (set->interval && set->field_count > 1)
		put_key(message, NFTA_SET_ELEM_KEY_END, set->ends + i * len, len);
	if (set->verdicts && !deletes)
		put_verdict(message, NFTA_SET_ELEM_DATA, &set->verdicts[i]);
	if (set->comments && set->comments[i] && !deletes) {
		uint8_t data[2 + COMMENT_MAX_LEN + 1];
		size_t bytes = strlen(set->comments[i]) + 1;

		data[0] = NFTNL_UDATA_SET_ELEM_COMMENT;
		data[1] = (uint8_t)bytes;
		memcpy(data + 2, set->comments[i], bytes);
		mnl_attr_put(message, NFTA_SET_ELEM_USERDATA, 2 + bytes, data);
	}
	mnl_attr_nest_end(message, nest);
}

/*
 * Adds the element that ends an interval of addresses.  In its tree the kernel keeps one element
 * for the first address of the interval, and another, with a flag, for the first address behind it.
 * An interval that ends with the last address of all has no such element.
 */
static void put_interval_end(struct nlmsghdr *message, const struct set *set, size_t i)
{
	size_t len = set_key_len(set), at = len;
	struct nlattr *nest;
	uint8_t next[KEY_MAX];

	memcpy(next, set->ends + i * len, len);
	while (at > 0 && ++next[at - 1] == 0)
		at--;
	if (at == 0)
		return;
	nest = mnl_attr_nest_start(message, NFTA_LIST_ELEM);
	mnl_attr_put_u32(message, NFTA_SET_ELEM_FLAGS, htonl(NFT_SET_ELEM_INTERVAL_END));
	put_key(message, NFTA_SET_ELEM_KEY, next, len);
	mnl_attr_nest_end(message, nest);
}

static void put_elements(struct batch *batch, const struct set *set, uint32_t id, size_t first,
			 size_t count, bool deletes)
{
	for (size_t i = first, end = first + count; i < end;) {
		struct batch_subject subject = {.kind = SUBJECT_ELEMENTS,
						.deletes = deletes,
						.name = set_name_in_batch(set),
						.set = set,
						.first = i};
		struct nlmsghdr *message =
			start(batch, deletes ? NFT_MSG_DELSETELEM : NFT_MSG_NEWSETELEM,
			      deletes ? 0 : NLM_F_CREATE, subject);
		struct nlattr *list;

		mnl_attr_put_strz(message, NFTA_SET_ELEM_LIST_TABLE, batch->table);
		/* A set that is part of a rule has no name yet, only a number. */
		if (id)
			mnl_attr_put_u32(message, NFTA_SET_ELEM_LIST_SET_ID, htonl(id));
		else
			mnl_attr_put_strz(message, NFTA_SET_ELEM_LIST_SET, set_name_in_batch(set));
		list = mnl_attr_nest_start(message, NFTA_SET_ELEM_LIST_ELEMENTS);
		while (i < end && message->nlmsg_len < ELEMENTS_BYTES) {
			put_element(message, set, i, deletes);
			if (set->interval && set->field_count == 1)
				put_interval_end(message, set, i);
			i++;
		}
		mnl_attr_nest_end(message, list);
		batch->subjects[batch->count - 1].count = i - subject.first;
		finish(batch, message);
	}
}

static void add_elements(struct batch *batch, const struct set *set, size_t first, size_t count,
			 bool deletes)
{
	put_elements(batch, set, 0, first, count, deletes);
}

static void put_rule(struct batch *batch, const struct chain *chain, const struct rule *of)
{
	struct nftnl_rule *rule = call_checked(nftnl_rule_alloc());
	struct nlmsghdr *message;
	uint32_t set_id = 0;

	if (of->set && !of->set->name && !set_is_comparison(of->set) && !set_is_block(of->set)) {
		set_id = put_set(batch, of->set, false);
		put_elements(batch, of->set, set_id, 0, of->set->count, false);
	}
	check_setter(nftnl_rule_set_str(rule, NFTNL_RULE_TABLE, batch->table));
	check_setter(nftnl_rule_set_str(rule, NFTNL_RULE_CHAIN, chain->name));
	if (of->comment) {
		struct nftnl_udata_buf *data = comment_data(NFTNL_UDATA_RULE_COMMENT, of->comment);

		check_setter(nftnl_rule_set_data(rule, NFTNL_RULE_USERDATA,
						 nftnl_udata_buf_data(data),
						 nftnl_udata_buf_len(data)));
		nftnl_udata_buf_free(data);
	}
	add_expressions(rule, of, set_id);
	message = start(batch, NFT_MSG_NEWRULE, NLM_F_CREATE | NLM_F_APPEND,
			(struct batch_subject){.kind = SUBJECT_RULE, .name = chain->name});
	nftnl_rule_nlmsg_build_payload(message, rule);
	nftnl_rule_free(rule);
	finish(batch, message);
}

static void flush_rules(struct batch *batch, const struct chain *chain)
{
	struct nlmsghdr *message = start(
		batch, NFT_MSG_DELRULE, 0,
		(struct batch_subject){.kind = SUBJECT_RULE, .deletes = true, .name = chain->name});

	mnl_attr_put_strz(message, NFTA_RULE_TABLE, batch->table);
	mnl_attr_put_strz(message, NFTA_RULE_CHAIN, chain->name);
	finish(batch, message);
}

static void add_rules(struct batch *batch, const struct chain *chain, bool deletes)
{
	if (deletes) {
		flush_rules(batch, chain);
		return;
	}
	for (size_t i = 0; i < chain->rule_count; i++)
		put_rule(batch, chain, &chain->rules[i]);
}

/* Is the element the one that put_interval_end() adds? */
static bool is_end(const struct nlattr *element)
{
	const struct nlattr *first = mnl_attr_get_payload(element);

	return mnl_attr_get_type(first) == NFTA_SET_ELEM_FLAGS;
}

size_t batch_element_at(const struct batch *batch, const struct batch_subject *subject,
			size_t offset)
{
	const char *begin = (const char *)batch->bytes + subject->at;
	const struct nlmsghdr *message = (const struct nlmsghdr *)(const void *)begin;
	const char *end = begin + message->nlmsg_len;
	const struct nlattr *list = mnl_nlmsg_get_payload_offset(message, sizeof(struct nfgenmsg));
	const struct nlattr *element;
	size_t i = subject->first;

	/* The list of elements is the last attribute. */
	while (mnl_attr_get_type(list) != NFTA_SET_ELEM_LIST_ELEMENTS)
		list = mnl_attr_next(list);
	for (element = mnl_attr_get_payload(list); (const char *)element < end;
	     element = mnl_attr_next(element)) {
		i -= is_end(element);
		if ((const char *)element == begin + offset)
			return i;
		i++;
	}
	return SIZE_MAX;
}

static void delete_extra(struct batch *batch, const struct extra *extra)
{
	const bool flows = extra->type == NFT_OBJECT_UNSPEC;
	const struct batch_subject subject = {
		.kind = SUBJECT_EXTRA, .deletes = true, .name = extra->name, .extra = extra};
	struct nlmsghdr *message =
		start(batch, flows ? NFT_MSG_DELFLOWTABLE : NFT_MSG_DELOBJ, 0, subject);

	mnl_attr_put_strz(message, flows ? NFTA_FLOWTABLE_TABLE : NFTA_OBJ_TABLE, batch->table);
	mnl_attr_put_strz(message, flows ? NFTA_FLOWTABLE_NAME : NFTA_OBJ_NAME, extra->name);
	if (!flows)
		mnl_attr_put_u32(message, NFTA_OBJ_TYPE, htonl(extra->type));
	finish(batch, message);
}

/* After so many elements the caller may end the transaction. */
#define ELEMENTS_AT_ONCE 4096

static struct batch_position add_some_elements(struct batch *batch, const struct set *set,
					       struct batch_position at)
{
	const size_t left = set->count - at.element;
	const size_t count = left < ELEMENTS_AT_ONCE ? left : ELEMENTS_AT_ONCE;

	add_elements(batch, set, at.element, count, false);
	return count == left ? (struct batch_position){at.change + 1, 0}
			     : (struct batch_position){at.change, at.element + count};
}

struct batch_position batch_change(struct batch *batch, const struct changes *changes,
				   struct batch_position at)
{
	const struct change *change = &changes->items[at.change];

	switch (change->kind) {
	case CHANGE_DELETE_TABLE:
		add_table(batch, true);
		break;
	case CHANGE_ADD_TABLE:
		add_table(batch, false);
		break;
	case CHANGE_ADD_CHAIN:
		add_chain(batch, change->chain, false);
		break;
	case CHANGE_ADD_SET:
		add_set(batch, change->set, false);
		break;
	case CHANGE_FLUSH_CHAIN:
		add_rules(batch, change->chain, true);
		break;
	case CHANGE_DELETE_ELEMENTS:
		add_elements(batch, change->set, 0, change->set->count, true);
		break;
	case CHANGE_ADD_ELEMENTS:
		return add_some_elements(batch, change->set, at);
	case CHANGE_ADD_RULES:
		add_rules(batch, change->chain, false);
		break;
	case CHANGE_DELETE_CHAIN:
		add_chain(batch, change->chain, true);
		break;
	case CHANGE_DELETE_SET:
		add_set(batch, change->set, true);
		break;
	case CHANGE_DELETE_EXTRA:
		delete_extra(batch, change->extra);
		break;
	}
	return (struct batch_position){at.change + 1, 0};
}
