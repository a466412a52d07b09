/*
 * IP addresses, CIDRs and ranges, of either family, as bytes in network order.
 */
#ifndef NP2NFT_BASE_ADDR_H
#define NP2NFT_BASE_ADDR_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum family { V4, V6, FAMILIES };

/* Bytes of an address of the family: 4 or 16; an address fills the first of its 16. */
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
	unsigned written; /* bits as written: of an IPv4-mapped one 96 more */
};

/* From the first to the last address, both included. */
struct range {
	uint8_t first[16], last[16];
};

/* What is odd, but legal, about a CIDR's text (a set of bits). */
enum cidr_oddity {
	CIDR_HOST_BITS = 1,    /* 10.0.0.1/8, read as 10.0.0.0/8 */
	CIDR_LEADING_ZERO = 2, /* 10.01.0.0/16, read as decimal */
	CIDR_IPV4_MAPPED = 4,  /* ::ffff:10.0.0.0/104, read as 10.0.0.0/8 */
};

/* Room for any address, CIDR or range as text. */
#define ADDR_TEXT  46
#define CIDR_TEXT  50
#define RANGE_TEXT 92

/*
 * Reads an address as Go's net.ParseIP did before it refused leading zeros: dotted decimal, or
 * IPv6 of RFC 4291 without a zone; an IPv4-mapped one is that IPv4 address.  @oddities may be NULL.
 */
bool addr_parse(const char *text, struct addr *addr, unsigned *oddities);

/* Reads ADDRESS/PREFIX; host bits are masked.  @oddities gets a set of enum cidr_oddity. */
bool cidr_parse(const char *text, struct cidr *cidr, unsigned *oddities);

/*
 * Is @inner a part of @outer, and smaller?  What the API server asks of an except; it compares the
 * lengths as they are written, so mixing IPv4 with IPv4-mapped has its surprises.
 */
bool cidr_strictly_within(const struct cidr *inner, const struct cidr *outer);

struct range cidr_range(const struct cidr *cidr);

bool range_has(const struct range *range, const struct addr *addr);

/* By first address, then by last. */
int range_compare(const void *a, const void *b);

/*
 * Makes ranges of one family sorted, disjoint and not touching, in place; returns how many are
 * left.
 */
size_t ranges_merge(struct range *ranges, size_t count, enum family family);

/*
 * What of @whole lies in none of @holes (merged, of the same family): written to @out, which has
 * room for @count + 1; returns how many.
 */
size_t range_cut(struct range whole, const struct range *holes, size_t count, enum family family,
		 struct range *out);

/* How many prefixes it takes at least to say a range. */
size_t range_prefix_count(const struct range *range, enum family family);

/* Address bytes as text (RFC 5952), into ADDR_TEXT bytes; returns its length. */
size_t addr_text(enum family family, const uint8_t *bytes, char *text);

size_t cidr_text(const struct cidr *cidr, char *text);

/* A range as nft writes it: an address, a CIDR where it is one, or FIRST-LAST. */
size_t range_text(enum family family, const uint8_t *first, const uint8_t *last, char *text);

#endif
