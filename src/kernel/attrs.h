/* Reads the attributes of netlink messages by number, and the values in them. */
#ifndef NP2NFT_KERNEL_ATTRS_H
#define NP2NFT_KERNEL_ATTRS_H

#include <stddef.h>
#include <stdint.h>

struct arena;
struct nlattr;
struct nlmsghdr;

/*
 * More attributes than any object has that is read here; attributes with a higher number are left
 * out.
 */
#define KERNEL_ATTRS 32

/*
 * Puts the attributes behind the header of a message, which has @header bytes, into @attrs[@count];
 * missing ones are NULL.
 */
void kernel_attrs_behind(const struct nlmsghdr *message, size_t header, const struct nlattr **attrs,
			 size_t count);

/*
 * Puts the attributes of a message of nf_tables into @attrs[KERNEL_ATTRS]; missing ones are NULL.
 */
void kernel_message_attrs(const struct nlmsghdr *message, const struct nlattr **attrs);

/*
 * Puts the attributes inside an attribute into @attrs[@count]; those with a higher type are left
 * out.
 */
void kernel_nest_attrs(const struct nlattr *nest, const struct nlattr **attrs, size_t count);

/* The string of an attribute; "" if there is no attribute. */
const char *kernel_text(struct arena *arena, const struct nlattr *attr);

/* The 32 bits of an attribute; 0 if there is no attribute. */
uint32_t kernel_number(const struct nlattr *attr);

/* The 64 bits of an attribute; 0 if there is no attribute, or if it is shorter. */
uint64_t kernel_number64(const struct nlattr *attr);

/*
 * The beginning of the entry of that type in nft's user data (type, length, and as many bytes);
 * NULL if there is none.
 */
const uint8_t *kernel_user_entry(const struct nlattr *attr, uint8_t type);

/* The text of such an entry, which is a comment; NULL if there is none. */
const char *kernel_user_text(struct arena *arena, const struct nlattr *attr, uint8_t type);

#endif
