/*
 * Dumps the elements of a set, sorts them, and joins the two elements that the kernel has for an
 * interval.
 */
#include "kernel/read_elements.h"

#include "base/arena.h"
#include "base/table.h"
#include "kernel/attrs.h"
#include "kernel/read_rule.h"
#include "kernel/socket.h"
#include "ruleset/key_order.h"

#include <errno.h>
#include <libmnl/libmnl.h>
#include <libnftnl/common.h>
#include <libnftnl/udata.h>
#include <linux/netfilter.h>
#include <linux/netfilter/nf_tables.h>

#define REQUEST_SIZE 1024

/* A dump is begun so many times if it tells an element twice. */
#define TRIES 20

/*
 * Elements in no particular order.  Each key is followed by a byte that orders the ends of
 * intervals: an end (END, whose key is the first value that is not in the interval) comes before a
 * beginning (BEGIN) with the same key.
 */
struct raw_elements {
	size_t count, len; /* of elements; of the bytes of a key */
	uint8_t *keys;     /* len + 1 bytes for each */
	uint8_t *ends;     /* of a concatenation of intervals: len bytes for each */
	const char **comments;
	struct verdict *verdicts; /* only of a map */
};

enum { END, BEGIN };

struct element_reading {
	const struct element_reader *reader;
	struct set *set;
	uint32_t flags;
	struct raw_elements elements;
};

/* The first attribute of that type in a nest; NULL if there is none. */
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

/* Makes room for one more element. */
static void grow(struct raw_elements *elements, struct arena *arena, uint32_t flags)
{
	size_t count = elements->count;

	elements->keys = arena_grow(arena, elements->keys, count, elements->len + 1);
	elements->comments =
		arena_grow(arena, elements->comments, count, sizeof(*elements->comments));
	elements->comments[count] = NULL;
	if (flags & NFT_SET_INTERVAL)
		elements->ends = arena_grow(arena, elements->ends, count, elements->len);
	if (!(flags & NFT_SET_MAP))
		return;
	elements->verdicts =
		arena_grow(arena, elements->verdicts, count, sizeof(*elements->verdicts));
	elements->verdicts[count] = (struct verdict){0};
}

/* Reads a verdict; the name of the chain to which it leads is stored once for all verdicts. */
static struct verdict take_verdict(const struct element_reader *reader, const struct nlattr *attr)
{
	struct verdict verdict = kernel_verdict_decode(reader->scratch, attr);
	uint32_t number;

	if (!verdict.chain)
		return verdict;
	number = table_add(reader->chain_names, verdict.chain, strlen(verdict.chain), NULL);
	verdict.chain = reader->chain_names->keys[number].bytes;
	return verdict;
}

static void take_element(struct element_reading *reading, const struct nlattr *nest)
{
	struct raw_elements *elements = &reading->elements;
	size_t len = elements->len, at = elements->count;
	const struct nlattr *attr = mnl_attr_get_payload(nest);
	const char *end = (const char *)attr + mnl_attr_get_payload_len(nest);
	bool has_key = false, has_end = false;
	uint8_t *key;

	grow(elements, reading->reader->scratch, reading->flags);
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
			if (kernel_number(attr) & NFT_SET_ELEM_INTERVAL_END)
				key[len] = END;
			break;
		case NFTA_SET_ELEM_DATA:
			if (elements->verdicts)
				elements->verdicts[at] = take_verdict(reading->reader, attr);
			break;
		case NFTA_SET_ELEM_USERDATA:
			elements->comments[at] = kernel_user_text(reading->reader->scratch, attr,
								  NFTNL_UDATA_SET_ELEM_COMMENT);
			break;
		case NFTA_SET_ELEM_EXPR:
		case NFTA_SET_ELEM_EXPRESSIONS:
		case NFTA_SET_ELEM_TIMEOUT:
		case NFTA_SET_ELEM_OBJREF:
			reading->set->foreign = true;
			break;
		default:
			break;
		}
	}
	reading->set->foreign |= !has_key;
	if (elements->ends && !has_end)
		memcpy(elements->ends + at * len, key, len);
	elements->count += has_key;
}

static int take_elements(void *context, const struct nlmsghdr *message)
{
	struct element_reading *reading = context;
	const struct nlattr *attrs[KERNEL_ATTRS], *element;
	const char *end;

	kernel_message_attrs(message, attrs);
	if (!attrs[NFTA_SET_ELEM_LIST_ELEMENTS])
		return 0;
	element = mnl_attr_get_payload(attrs[NFTA_SET_ELEM_LIST_ELEMENTS]);
	end = (const char *)element + mnl_attr_get_payload_len(attrs[NFTA_SET_ELEM_LIST_ELEMENTS]);
	for (; mnl_attr_ok(element, (int)(end - (const char *)element));
	     element = mnl_attr_next(element))
		take_element(reading, element);
	return 0;
}

/* The last value before the key @next; if @next is NULL, the last value of all. */
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

/* Did an element come twice? */
static bool has_twins(const struct raw_elements *elements, const uint32_t *order)
{
	const size_t size = elements->len + 1;

	for (size_t i = 1; i < elements->count; i++)
		if (!memcmp(elements->keys + order[i] * size, elements->keys + order[i - 1] * size,
			    size))
			return true;
	return false;
}

static const char *keep_comment(struct arena *arena, const char *comment)
{
	return comment ? arena_strndup(arena, comment, strlen(comment)) : NULL;
}

/*
 * Sorts the elements as ours are sorted, and finds the ends of intervals that do not stand beside
 * the keys.  Returns false if an element came twice: while the kernel resizes a hash table, for up
 * to a second after many elements came or went, a dump repeats some elements and leaves out as many
 * others.
 */
static bool finish_set(const struct element_reading *reading)
{
	struct set *set = reading->set;
	const struct raw_elements *from = &reading->elements;
	struct arena *arena = reading->reader->arena;
	size_t len = from->len, count = from->count;
	bool pairs = set->interval && set->field_count == 1;
	bool concatenation = set->field_count > 1 && !set->interval;
	const uint32_t *order = key_order(reading->reader->scratch, from->keys, count, len + 1,
					  len + pairs, concatenation);
	uint8_t *keys, *ends = NULL;
	struct verdict *verdicts = NULL;
	const char **comments;
	bool any = false;

	if (has_twins(from, order))
		return false;
	keys = arena_array(arena, count, len);
	comments = arena_array(arena, count, sizeof(*comments));
	if (set->interval)
		ends = arena_array(arena, count, len);
	if (reading->flags & NFT_SET_MAP)
		verdicts = arena_array(arena, count, sizeof(*verdicts));
	for (size_t i = 0; i < count; i++) {
		const uint8_t *key = from->keys + order[i] * (len + 1);
		size_t to = set->count;

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
		comments[to] = keep_comment(arena, from->comments[order[i]]);
		any |= comments[to] != NULL;
		set->count++;
	}
	set->keys = keys;
	set->ends = ends;
	set->verdicts = verdicts;
	set->comments = any ? comments : NULL;
	return true;
}

static int ask(struct element_reading *reading)
{
	char buffer[REQUEST_SIZE];
	struct nlmsghdr *request =
		nftnl_nlmsg_build_hdr(buffer, NFT_MSG_GETSETELEM, NFPROTO_INET, NLM_F_DUMP, 0);

	mnl_attr_put_strz(request, NFTA_SET_ELEM_LIST_TABLE, reading->reader->table);
	mnl_attr_put_strz(request, NFTA_SET_ELEM_LIST_SET, reading->set->name);
	return kernel_ask(reading->reader->socket, request, take_elements, reading) &&
			       errno != EINTR
		       ? -1
		       : 0;
}

int kernel_elements(const struct element_reader *reader, uint32_t flags, struct set *set)
{
	for (int tries = 0; tries < TRIES; tries++) {
		struct element_reading reading = {.reader = reader, .set = set, .flags = flags};

		arena_reset(reader->scratch);
		reading.elements.len = set_key_len(set);
		if (ask(&reading))
			return -1;
		if (finish_set(&reading))
			return 0;
	}
	errno = EINTR;
	return -1;
}
