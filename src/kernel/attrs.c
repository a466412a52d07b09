/*
 * Puts the attributes of a message into an array by their numbers, and reads values from there.  A
 * value that is missing or too short reads as nothing.
 */
#include "kernel/attrs.h"

#include <netinet/in.h>

#include "base/arena.h"

#include <endian.h>
#include <libmnl/libmnl.h>
#include <linux/netfilter/nfnetlink.h>

static void sort_attrs(const struct nlattr *attr, const char *end, const struct nlattr **attrs,
		       size_t count)
{
	memset(attrs, 0, count * sizeof(*attrs));
	for (; mnl_attr_ok(attr, (int)(end - (const char *)attr)); attr = mnl_attr_next(attr))
		if (mnl_attr_get_type(attr) < count)
			attrs[mnl_attr_get_type(attr)] = attr;
}

void kernel_attrs_behind(const struct nlmsghdr *message, size_t header, const struct nlattr **attrs,
			 size_t count)
{
	sort_attrs(mnl_nlmsg_get_payload_offset(message, header),
		   mnl_nlmsg_get_payload_tail(message), attrs, count);
}

void kernel_message_attrs(const struct nlmsghdr *message, const struct nlattr **attrs)
{
	kernel_attrs_behind(message, sizeof(struct nfgenmsg), attrs, KERNEL_ATTRS);
}

void kernel_nest_attrs(const struct nlattr *nest, const struct nlattr **attrs, size_t count)
{
	const char *begin = mnl_attr_get_payload(nest);

	sort_attrs((const struct nlattr *)(const void *)begin,
		   begin + mnl_attr_get_payload_len(nest), attrs, count);
}

const char *kernel_text(struct arena *arena, const struct nlattr *attr)
{
	const char *string = attr ? mnl_attr_get_str(attr) : "";

	return arena_strndup(arena, string, strlen(string));
}

uint32_t kernel_number(const struct nlattr *attr)
{
	return attr ? ntohl(mnl_attr_get_u32(attr)) : 0;
}

uint64_t kernel_number64(const struct nlattr *attr)
{
	return attr && mnl_attr_get_payload_len(attr) >= sizeof(uint64_t)
		       ? be64toh(mnl_attr_get_u64(attr))
		       : 0;
}

const uint8_t *kernel_user_entry(const struct nlattr *attr, uint8_t type)
{
	const uint8_t *at = attr ? mnl_attr_get_payload(attr) : NULL;
	const uint8_t *end = attr ? at + mnl_attr_get_payload_len(attr) : NULL;

	for (; at && end - at >= 2 && end - at >= 2 + at[1]; at += 2 + at[1])
		if (at[0] == type)
			return at;
	return NULL;
}

const char *kernel_user_text(struct arena *arena, const struct nlattr *attr, uint8_t type)
{
	const uint8_t *entry = kernel_user_entry(attr, type);

	return entry && entry[1] > 0 && !entry[1 + entry[1]]
		       ? arena_strndup(arena, (const char *)entry + 2, (size_t)entry[1] - 1)
		       : NULL;
}
