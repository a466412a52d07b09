/* IP addresses, CIDRs and ranges of both families.  Addresses are bytes in network order. */
#ifndef NP2NFT_BASE_ADDR_H
#define NP2NFT_BASE_ADDR_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum family { V4, V6, FAMILIES };

/*
 * How many bytes an address of the family has: 4 or 16.  They are the first of the 16 in struct
 * addr.
 */
static inline size_t family_len(enum family family)
{
	return family == V4 ? 4 : 16;
}

/* The family as the kernel's netfilter numbers it: NFPROTO_IPV4 or NFPROTO_IPV6. */
static inline uint8_t family_nfproto(enum family family)
{
	return family == V4 ? 2 : 10;
}

/* "IPv4" or "IPv6". */
static inline const char *family_text(enum family family)
{
	return family == V4 ? "IPv4" : "IPv6";
}

struct addr {
	enum family family;
	uint8_t bytes[16];
};

struct cidr {
	struct addr base; /* host bits are 0 */
	unsigned prefix;  /* bits */
	/* the prefix as it was written, which is 96 bits more for an IPv4-mapped address */
	unsigned written;
};

/* A range from its first to its last address, both included. */
struct range {
	uint8_t first[16], last[16];
};

/* What is odd, but legal, about the text of a CIDR.  The values are bits of a set. */
enum cidr_oddity {
	CIDR_HOST_BITS = 1,    /* 10.0.0.1/8, read as 10.0.0.0/8 */
	CIDR_LEADING_ZERO = 2, /* 10.01.0.0/16, read as decimal */
	CIDR_IPV4_MAPPED = 4,  /* ::ffff:10.0.0.0/104, read as 10.0.0.0/8 */
};

/* Each is the size of a buffer that has room for any address, CIDR or range as text. */
#define ADDR_TEXT  46
#define CIDR_TEXT  50
#define RANGE_TEXT 92

/*
 * Reads an address by the rules of Go's net.ParseIP before that function refused leading zeros:
 * dotted decimal, or IPv6 as in RFC 4291, without a zone.  An IPv4-mapped address becomes the IPv4
 * address.  @oddities may be NULL.
 */
bool addr_parse(const char *text, struct addr *addr, unsigned *oddities);

/* Reads ADDRESS/PREFIX and sets the host bits to 0.  @oddities gets a set of enum cidr_oddity. */
bool cidr_parse(const char *text, struct cidr *cidr, unsigned *oddities);

/*
 * Is @inner a part of @outer, and smaller? The API server demands this of an except.  Like the API
 * server, the function compares the prefix lengths as they were written, so that mixtures of IPv4
 * and IPv4-mapped CIDRs give surprising results.
 */
bool cidr_strictly_within(const struct cidr *inner, const struct cidr *outer);

struct range cidr_range(const struct cidr *cidr);

bool range_has(const struct range *range, const struct addr *addr);

/* Moves the address one further; returns false if there is no further one. */
bool addr_step_up(uint8_t *bytes, enum family family);

/* Moves the address one back; behind the first comes the last. */
void addr_step_down(uint8_t *bytes, enum family family);

/* The order by first address, then by last. */
int range_compare(const void *a, const void *b);

/*
 * Sorts ranges of one family, in place, and merges those that overlap or touch.  Returns how many
 * are left.
 */
size_t ranges_merge(struct range *ranges, size_t count, enum family family);

/*
 * Writes the parts of @whole that lie in none of @holes to @out, which has room for @count + 1
 * ranges, and returns how many there are.  The holes are of the same family, and ranges_merge() has
 * merged them.
 */
size_t range_cut(struct range whole, const struct range *holes, size_t count, enum family family,
		 struct range *out);

/* The least number of prefixes that together make up the range. */
size_t range_prefix_count(const struct range *range, enum family family);

/* Writes an address as text (RFC 5952) into ADDR_TEXT bytes, and returns the length of the text. */
size_t addr_text(enum family family, const uint8_t *bytes, char *text);

size_t cidr_text(const struct cidr *cidr, char *text);

/*
 * Writes a range as nft does: as an address, as a CIDR if it is one, or as FIRST-LAST.  @text has
 * room for RANGE_TEXT bytes.
 */
size_t range_text(enum family family, const uint8_t *first, const uint8_t *last, char *text);

#endif
