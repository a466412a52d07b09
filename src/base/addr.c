/*
 * Reads addresses and CIDRs by the rules of the Kubernetes API (those of Go's parsers), and writes
 * addresses as RFC 5952 wants them.
 *
 * In:  text, or bytes.  Out: bytes, or text; for a CIDR its range, and for a range that is exactly
 * one CIDR, that CIDR.
 */
#include "base/addr.h"

#include <arpa/inet.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const uint8_t mapped_prefix[12] = {[10] = 0xff, [11] = 0xff};

/*
 * Reads a decimal number of at most @max.  Returns what follows it, or NULL if there is no digit or
 * the number is too large.
 */
static const char *parse_decimal(const char *text, unsigned max, unsigned *number, bool *zero)
{
	const char *c = text;

	*number = 0;
	for (; *c >= '0' && *c <= '9'; c++) {
		*number = *number * 10 + (unsigned)(*c - '0');
		if (*number > max)
			return NULL;
	}
	if (zero && c - text > 1 && *text == '0')
		*zero = true;
	return c == text ? NULL : c;
}

static bool parse_v4(const char *text, uint8_t *bytes, bool *zero)
{
	for (int i = 0; i < 4; i++) {
		unsigned octet;

		if (i > 0 && *text++ != '.')
			return false;
		text = parse_decimal(text, 255, &octet, zero);
		if (!text)
			return false;
		bytes[i] = (uint8_t)octet;
	}
	return *text == '\0';
}

/* Reads IPv6 as inet_pton() does, but lets the numbers of a dotted tail have leading zeros. */
static bool parse_v6(const char *text, uint8_t *bytes, bool *zero)
{
	const char *tail = strrchr(text, ':') + 1;
	char plain[ADDR_TEXT + 16];
	uint8_t v4[4];

	if (!strchr(tail, '.'))
		return inet_pton(AF_INET6, text, bytes) == 1;
	if (!parse_v4(tail, v4, zero) || (size_t)(tail - text) > ADDR_TEXT)
		return false;
	snprintf(plain, sizeof(plain), "%.*s%x:%x", (int)(tail - text), text, v4[0] << 8 | v4[1],
		 v4[2] << 8 | v4[3]);
	return inet_pton(AF_INET6, plain, bytes) == 1;
}

/* Reads either family; an IPv4-mapped address stays 16 bytes. */
static bool parse_raw(const char *text, struct addr *addr, bool *zero)
{
	memset(addr, 0, sizeof(*addr));
	addr->family = strchr(text, ':') ? V6 : V4;
	return addr->family == V4 ? parse_v4(text, addr->bytes, zero)
				  : parse_v6(text, addr->bytes, zero);
}

static bool is_mapped(const struct addr *addr)
{
	return addr->family == V6 && !memcmp(addr->bytes, mapped_prefix, sizeof(mapped_prefix));
}

static void unmap(struct addr *addr)
{
	addr->family = V4;
	memmove(addr->bytes, addr->bytes + 12, 4);
	memset(addr->bytes + 4, 0, 12);
}

bool addr_parse(const char *text, struct addr *addr, unsigned *oddities)
{
	bool zero = false;
	unsigned odd = 0;

	if (!parse_raw(text, addr, &zero))
		return false;
	if (is_mapped(addr)) {
		unmap(addr);
		odd |= CIDR_IPV4_MAPPED;
	}
	if (oddities)
		*oddities = odd | (zero ? CIDR_LEADING_ZERO : 0);
	return true;
}

/* Byte @i of the netmask of @prefix bits. */
static uint8_t mask_byte(unsigned prefix, size_t i)
{
	if (prefix >= 8 * (i + 1))
		return 0xff;
	return (uint8_t)(prefix <= 8 * i ? 0 : 0xff << (8 * (i + 1) - prefix));
}

bool cidr_parse(const char *text, struct cidr *cidr, unsigned *oddities)
{
	const char *slash = strchr(text, '/'), *rest;
	struct addr *base = &cidr->base;
	char address[ADDR_TEXT + 16];
	bool zero = false;
	unsigned odd = 0;

	if (!slash || (size_t)(slash - text) >= sizeof(address))
		return false;
	memcpy(address, text, (size_t)(slash - text));
	address[slash - text] = '\0';
	if (!parse_raw(address, base, &zero))
		return false;
	rest = parse_decimal(slash + 1, base->family == V4 ? 32 : 128, &cidr->prefix, &zero);
	if (!rest || *rest)
		return false;
	for (size_t i = 0; i < family_len(base->family); i++) {
		if (base->bytes[i] & ~mask_byte(cidr->prefix, i))
			odd |= CIDR_HOST_BITS;
		base->bytes[i] &= mask_byte(cidr->prefix, i);
	}
	cidr->written = cidr->prefix;
	/* Go keeps all 16 bytes of an IPv4-mapped address, but compares it as an IPv4 address. */
	if (is_mapped(base) && cidr->prefix >= 96) {
		unmap(base);
		cidr->prefix -= 96;
		odd |= CIDR_IPV4_MAPPED;
	}
	*oddities = odd | (zero ? CIDR_LEADING_ZERO : 0);
	return true;
}

bool cidr_strictly_within(const struct cidr *inner, const struct cidr *outer)
{
	struct range range = cidr_range(outer);

	return inner->base.family == outer->base.family && inner->written > outer->written &&
	       range_has(&range, &inner->base);
}

struct range cidr_range(const struct cidr *cidr)
{
	struct range range = {{0}, {0}};

	for (size_t i = 0; i < family_len(cidr->base.family); i++) {
		range.first[i] = cidr->base.bytes[i];
		range.last[i] = cidr->base.bytes[i] | (uint8_t)~mask_byte(cidr->prefix, i);
	}
	return range;
}

bool range_has(const struct range *range, const struct addr *addr)
{
	size_t len = family_len(addr->family);

	return memcmp(range->first, addr->bytes, len) <= 0 &&
	       memcmp(addr->bytes, range->last, len) <= 0;
}

int range_compare(const void *a, const void *b)
{
	return memcmp(a, b, sizeof(struct range));
}

bool addr_step_up(uint8_t *bytes, enum family family)
{
	for (size_t i = family_len(family); i-- > 0;)
		if (++bytes[i] != 0)
			return true;
	return false;
}

void addr_step_down(uint8_t *bytes, enum family family)
{
	for (size_t i = family_len(family); i-- > 0;)
		if (bytes[i]-- != 0)
			return;
}

size_t ranges_merge(struct range *ranges, size_t count, enum family family)
{
	size_t kept = 0;

	if (count)
		qsort(ranges, count, sizeof(*ranges), range_compare);
	for (size_t i = 0; i < count; i++) {
		struct range *last = kept ? &ranges[kept - 1] : NULL;
		uint8_t next[16];
		bool more = false;

		if (last) {
			memcpy(next, last->last, sizeof(next));
			more = addr_step_up(next, family);
		}
		if (last && (!more || memcmp(ranges[i].first, next, sizeof(next)) <= 0)) {
			if (memcmp(ranges[i].last, last->last, sizeof(last->last)) > 0)
				memcpy(last->last, ranges[i].last, sizeof(last->last));
		} else {
			ranges[kept++] = ranges[i];
		}
	}
	return kept;
}

size_t range_cut(struct range whole, const struct range *holes, size_t count, enum family family,
		 struct range *out)
{
	size_t len = family_len(family), made = 0;

	for (size_t i = 0; i < count; i++) {
		const struct range *hole = &holes[i];

		if (memcmp(hole->last, whole.first, len) < 0)
			continue;
		if (memcmp(whole.last, hole->first, len) < 0)
			break;
		if (memcmp(whole.first, hole->first, len) < 0) {
			out[made] = whole;
			memcpy(out[made].last, hole->first, len);
			addr_step_down(out[made++].last, family);
		}
		memcpy(whole.first, hole->last, len);
		if (!addr_step_up(whole.first, family) || memcmp(whole.last, whole.first, len) < 0)
			return made;
	}
	out[made++] = whole;
	return made;
}

static char *octet_text(char *at, uint8_t octet)
{
	if (octet >= 100)
		*at++ = (char)('0' + octet / 100);
	if (octet >= 10)
		*at++ = (char)('0' + octet / 10 % 10);
	*at++ = (char)('0' + octet % 10);
	return at;
}

/*
 * Returns where the longest run of at least two groups of zeroes begins; *length gets its length,
 * or 0 if there is none.
 */
static size_t longest_zeroes(const uint16_t *groups, size_t *length)
{
	size_t best = 0;

	*length = 0;
	for (size_t i = 0, run = 0; i < 8; i++) {
		run = groups[i] ? 0 : run + 1;
		if (run > 1 && run > *length) {
			*length = run;
			best = i + 1 - run;
		}
	}
	return best;
}

/*
 * Writes IPv6 by RFC 5952.  It is about five times as fast as inet_ntop(), on which the text of a
 * large table would spend half of its time.
 */
static size_t v6_text(const uint8_t *bytes, char *text)
{
	static const char digits[] = "0123456789abcdef";
	uint16_t groups[8];
	size_t zeroes, length;
	char *at = text;

	for (size_t i = 0; i < 8; i++)
		groups[i] = (uint16_t)(bytes[2 * i] << 8 | bytes[2 * i + 1]);
	zeroes = longest_zeroes(groups, &length);
	for (size_t i = 0; i < 8; i++) {
		if (length && i == zeroes) {
			*at++ = ':';
			i += length - 1;
			if (i == 7)
				*at++ = ':';
			continue;
		}
		if (i)
			*at++ = ':';
		for (int shift = groups[i] > 0xfff  ? 12
				 : groups[i] > 0xff ? 8
				 : groups[i] > 0xf  ? 4
						    : 0;
		     shift >= 0; shift -= 4)
			*at++ = digits[groups[i] >> shift & 0xf];
	}
	*at = '\0';
	return (size_t)(at - text);
}

size_t addr_text(enum family family, const uint8_t *bytes, char *text)
{
	char *at = text;

	/*
	 * The C library writes the rare addresses that may have a dotted tail, as it does for nft.
	 */
	if (family == V6 && !memcmp(bytes, mapped_prefix, 8)) {
		inet_ntop(AF_INET6, bytes, text, ADDR_TEXT);
		return strlen(text);
	}
	if (family == V6)
		return v6_text(bytes, text);
	for (size_t i = 0; i < 4; i++) {
		if (i > 0)
			*at++ = '.';
		at = octet_text(at, bytes[i]);
	}
	*at = '\0';
	return (size_t)(at - text);
}

size_t cidr_text(const struct cidr *cidr, char *text)
{
	size_t len = addr_text(cidr->base.family, cidr->base.bytes, text);

	return len + (size_t)snprintf(text + len, CIDR_TEXT - len, "/%u", cidr->prefix);
}

/* The prefix length if the range is exactly one CIDR, -1 otherwise. */
static int range_prefix(enum family family, const uint8_t *first, const uint8_t *last)
{
	size_t bits = 8 * family_len(family);
	unsigned prefix = 0;

	while (prefix < bits && !((first[prefix / 8] ^ last[prefix / 8]) >> (7 - prefix % 8) & 1))
		prefix++;
	for (size_t i = 0; i < bits / 8; i++) {
		uint8_t host = (uint8_t)~mask_byte(prefix, i);

		if ((first[i] & host) != 0 || (last[i] & host) != host)
			return -1;
	}
	return (int)prefix;
}

/* The bit of an address that has the number @bit; the last bit has the number 0. */
static bool bit_at(const uint8_t *bytes, enum family family, size_t bit)
{
	return bytes[family_len(family) - 1 - bit / 8] >> (bit % 8) & 1;
}

/*
 * How many prefixes cover the part of a range from one edge to the middle, where the first bit that
 * differs between the two ends goes from 0 to 1.  There is one prefix at the edge.  Each of certain
 * bits below the middle adds one: of the first address, each 0 above its lowest 1; of the last
 * address, each 1 above its lowest 0.
 */
static size_t edge_prefixes(const uint8_t *bytes, enum family family, size_t bits, bool is_first)
{
	size_t count = 1;
	bool behind = false;

	for (size_t i = 0; i < bits; i++) {
		const bool bit = bit_at(bytes, family, i);

		count += behind && bit != is_first;
		behind |= bit == is_first;
	}
	return count;
}

size_t range_prefix_count(const struct range *range, enum family family)
{
	size_t middle = 8 * family_len(family);

	if (range_prefix(family, range->first, range->last) >= 0)
		return 1;
	while (bit_at(range->first, family, middle - 1) == bit_at(range->last, family, middle - 1))
		middle--;
	return edge_prefixes(range->first, family, middle - 1, true) +
	       edge_prefixes(range->last, family, middle - 1, false);
}

size_t range_text(enum family family, const uint8_t *first, const uint8_t *last, char *text)
{
	int prefix = range_prefix(family, first, last);
	size_t len = addr_text(family, first, text);

	if ((size_t)prefix == 8 * family_len(family))
		return len;
	if (prefix >= 0)
		return len + (size_t)snprintf(text + len, RANGE_TEXT - len, "/%d", prefix);
	text[len++] = '-';
	return len + addr_text(family, last, text + len);
}
