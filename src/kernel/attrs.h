/*
 * What a message of netlink holds: its attributes by number, and values in them.
 */
#ifndef NP2NFT_KERNEL_ATTRS_H
#define NP2NFT_KERNEL_ATTRS_H

#include <stddef.h>
#include <stdint.h>

struct arena;
struct nlattr;
struct nlmsghdr;

/* More than any object has that is read here; those with a higher number are left out. */
#define KERNEL_ATTRS 32

/* Those of a message behind its header, of so many bytes, into @attrs[@count]; NULL: none. */
void kernel_attrs_behind(const struct nlmsghdr *message, size_t header, const struct nlattr **attrs,
			 size_t count);

/* Those of a message of nf_tables into @attrs[KERNEL_ATTRS]; NULL: none. */
void kernel_message_attrs(const struct nlmsghdr *message, const struct nlattr **attrs);

/* Those of an attribute that is a nest of others into @attrs[@count]; none with a type beyond. */
void kernel_nest_attrs(const struct nlattr *nest, const struct nlattr **attrs, size_t count);

/* A string; "" if there is no attribute. */
const char *kernel_text(struct arena *arena, const struct nlattr *attr);

/* 32 bits; 0 if there is no attribute. */
uint32_t kernel_number(const struct nlattr *attr);

/* 64 bits; 0 if there is no attribute, or a shorter one. */
uint64_t kernel_number64(const struct nlattr *attr);

/*
 * The entry of that type in nft's user data (type, length, as many bytes): where it begins, NULL if there is
 * none.
 */
const uint8_t *kernel_user_entry(const struct nlattr *attr, uint8_t type);

/* The text of such an entry, a comment; NULL if there is none. */
const char *kernel_user_text(struct arena *arena, const struct nlattr *attr, uint8_t type);

#endif
