/* Tests what base/addr.h promises about addresses, CIDRs and ranges. */
#include "unit.h"

#include "base/addr.h"

#include <arpa/inet.h>

START_TEST(addresses_are_read_as_older_go_does)
{
	static const struct {
		const char *text, *means; /* NULL: @text is no address */
		unsigned oddities;
	} rows[] = {
		{"0.0.0.0", "0.0.0.0", 0},
		{"255.255.255.255", "255.255.255.255", 0},
		{"010.001.000.255", "10.1.0.255", CIDR_LEADING_ZERO},
		{"::", "::", 0},
		{"::1", "::1", 0},
		{"1::", "1::", 0},
		{"FD00:0:0::0AB", "fd00::ab", 0},
		{"1:2:3:4:5:6:7:8", "1:2:3:4:5:6:7:8", 0},
		{"1:2:3:4:5:6:7::", "1:2:3:4:5:6:7:0", 0},
		{"1:2:3:4:5:6:1.2.3.4", "1:2:3:4:5:6:102:304", 0},
		{"::ffff:10.0.0.1", "10.0.0.1", CIDR_IPV4_MAPPED},
		{"::ffff:0a00:0001", "10.0.0.1", CIDR_IPV4_MAPPED},
		{"::ffff:010.0.0.1", "10.0.0.1", CIDR_IPV4_MAPPED | CIDR_LEADING_ZERO},
		{"64:ff9b::010.0.0.1", "64:ff9b::a00:1", CIDR_LEADING_ZERO},
		{"", NULL, 0},
		{"10", NULL, 0},
		{"10.0.0", NULL, 0},
		{"10.0.0.", NULL, 0},
		{".10.0.0", NULL, 0},
		{"10.0.0.0.0", NULL, 0},
		{"256.0.0.0", NULL, 0},
		{"4294967306.0.0.0", NULL, 0},
		{"10.0.0.1 ", NULL, 0},
		{" 10.0.0.1", NULL, 0},
		{"-1.0.0.0", NULL, 0},
		{"0x1.0.0.0", NULL, 0},
		{"10.0.0.0/8", NULL, 0},
		{":", NULL, 0},
		{":::", NULL, 0},
		{":1", NULL, 0},
		{"1:", NULL, 0},
		{"1::2::3", NULL, 0},
		{"12345::", NULL, 0},
		{"g::", NULL, 0},
		{"1:2:3:4:5:6:7", NULL, 0},
		{"1:2:3:4:5:6:7:8:9", NULL, 0},
		{"1:2:3:4:5:6:7:8::", NULL, 0},
		{"fe80::1%eth0", NULL, 0},
		{"::1.2.3", NULL, 0},
		{"::1.2.3.4.5", NULL, 0},
		{"::256.0.0.0", NULL, 0},
		{"1:2:3:4:5:6:7:1.2.3.4", NULL, 0},
		{"1.2.3.4::", NULL, 0},
		{"::1.2.3.4:5", NULL, 0},
	};

	for (size_t i = 0; i < COUNT(rows); i++) {
		struct addr addr;
		unsigned oddities;
		char text[ADDR_TEXT];

		ck_assert_msg(addr_parse(rows[i].text, &addr, &oddities) == (rows[i].means != NULL),
			      "%s", rows[i].text);
		if (!rows[i].means)
			continue;
		ck_assert_uint_eq(addr_text(addr.family, addr.bytes, text), strlen(text));
		ck_assert_str_eq(text, rows[i].means);
		ck_assert_msg(oddities == rows[i].oddities, "%s", rows[i].text);
		ck_assert_int_eq(addr.family, strchr(rows[i].means, ':') ? V6 : V4);
	}
}
END_TEST

START_TEST(cidrs_are_masked_and_what_is_odd_is_told)
{
	static const struct {
		const char *text, *means;
		unsigned oddities;
	} rows[] = {
		{"0.0.0.0/0", "0.0.0.0/0", 0},
		{"255.255.255.255/32", "255.255.255.255/32", 0},
		{"255.255.255.255/0", "0.0.0.0/0", CIDR_HOST_BITS},
		{"10.0.0.1/8", "10.0.0.0/8", CIDR_HOST_BITS},
		{"10.127.255.255/9", "10.0.0.0/9", CIDR_HOST_BITS},
		{"10.128.0.0/9", "10.128.0.0/9", 0},
		{"10.0.0.0/08", "10.0.0.0/8", CIDR_LEADING_ZERO},
		{"010.0.0.1/8", "10.0.0.0/8", CIDR_HOST_BITS | CIDR_LEADING_ZERO},
		{"::/0", "::/0", 0},
		{"fd00::1/64", "fd00::/64", CIDR_HOST_BITS},
		{"ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff/128",
		 "ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff/128", 0},
		{"ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff/127",
		 "ffff:ffff:ffff:ffff:ffff:ffff:ffff:fffe/127", CIDR_HOST_BITS},
		{"::ffff:10.0.0.0/104", "10.0.0.0/8", CIDR_IPV4_MAPPED},
		{"::ffff:10.0.0.1/104", "10.0.0.0/8", CIDR_IPV4_MAPPED | CIDR_HOST_BITS},
		{"::ffff:0:0/96", "0.0.0.0/0", CIDR_IPV4_MAPPED},
		{"::ffff:1.2.3.4/128", "1.2.3.4/32", CIDR_IPV4_MAPPED},
		{"::ffff:0:0/95", "::fffe:0:0/95", CIDR_HOST_BITS},
		{"::1.2.3.4/128", "::1.2.3.4/128", 0},
		{"10.0.0.0", NULL, 0},
		{"10.0.0.0/", NULL, 0},
		{"10.0.0.0/33", NULL, 0},
		{"10.0.0.0/-1", NULL, 0},
		{"10.0.0.0/+8", NULL, 0},
		{"10.0.0.0/8x", NULL, 0},
		{"10.0.0.0/4294967304", NULL, 0},
		{"10.0.0.0 /8", NULL, 0},
		{"10.0.0/8", NULL, 0},
		{"/8", NULL, 0},
		{"/", NULL, 0},
		{"", NULL, 0},
		{"::/129", NULL, 0},
		{"10.0.0.0/8/8", NULL, 0},
		{"::0000000000000000000000000000000000000000000000000000000000000000000000/8", NULL,
		 0},
	};

	for (size_t i = 0; i < COUNT(rows); i++) {
		struct cidr cidr;
		unsigned oddities;
		char text[CIDR_TEXT];

		ck_assert_msg(cidr_parse(rows[i].text, &cidr, &oddities) == (rows[i].means != NULL),
			      "%s", rows[i].text);
		if (!rows[i].means)
			continue;
		ck_assert_uint_eq(cidr_text(&cidr, text), strlen(text));
		ck_assert_str_eq(text, rows[i].means);
		ck_assert_msg(oddities == rows[i].oddities, "%s", rows[i].text);
	}
}
END_TEST

static struct cidr cidr_of(const char *text)
{
	struct cidr cidr;
	unsigned oddities;

	ck_assert_msg(cidr_parse(text, &cidr, &oddities), "%s", text);
	return cidr;
}

START_TEST(an_except_is_smaller_and_inside)
{
	static const struct {
		const char *inner, *outer;
		bool within;
	} rows[] = {
		{"10.1.0.0/16", "10.0.0.0/8", true}, {"10.255.255.255/32", "10.0.0.0/8", true},
		{"0.0.0.0/1", "0.0.0.0/0", true},    {"::/1", "::/0", true},
		{"fd00::1/128", "fd00::/127", true}, {"10.0.0.0/8", "10.0.0.0/8", false},
		{"10.0.0.0/7", "10.0.0.0/8", false}, {"11.0.0.0/16", "10.0.0.0/8", false},
		{"0.0.0.0/0", "0.0.0.0/0", false},   {"10.0.0.0/8", "::/0", false},
		{"fd00::/16", "0.0.0.0/0", false},
	};

	for (size_t i = 0; i < COUNT(rows); i++) {
		struct cidr inner = cidr_of(rows[i].inner), outer = cidr_of(rows[i].outer);

		ck_assert_msg(cidr_strictly_within(&inner, &outer) == rows[i].within, "%s in %s",
			      rows[i].inner, rows[i].outer);
	}
}
END_TEST

/* Reads "FIRST-LAST" or a CIDR. */
static struct range range_of(const char *text, enum family *family)
{
	struct range range = {{0}, {0}};
	char first[ADDR_TEXT];
	struct addr addr;

	if (strchr(text, '/')) {
		struct cidr cidr = cidr_of(text);

		*family = cidr.base.family;
		return cidr_range(&cidr);
	}
	snprintf(first, sizeof(first), "%.*s", (int)strcspn(text, "-"), text);
	ck_assert(addr_parse(first, &addr, NULL));
	memcpy(range.first, addr.bytes, sizeof(addr.bytes));
	ck_assert(addr_parse(strchr(text, '-') + 1, &addr, NULL));
	memcpy(range.last, addr.bytes, sizeof(addr.bytes));
	*family = addr.family;
	return range;
}

/* Reads ranges that are separated by spaces.  Returns how many there are. */
static size_t ranges_of(const char *text, struct range *ranges, enum family *family)
{
	size_t count = 0;
	char copy[512], *rest = copy;

	snprintf(copy, sizeof(copy), "%s", text);
	for (char *word; (word = strsep(&rest, " "));)
		if (*word)
			ranges[count++] = range_of(word, family);
	return count;
}

static void assert_ranges(const struct range *ranges, size_t count, enum family family,
			  const char *expected)
{
	char text[1024] = "";

	for (size_t i = 0; i < count; i++) {
		char one[RANGE_TEXT];

		ck_assert_uint_eq(range_text(family, ranges[i].first, ranges[i].last, one),
				  strlen(one));
		snprintf(text + strlen(text), sizeof(text) - strlen(text), "%s%s", i ? " " : "",
			 one);
	}
	ck_assert_str_eq(text, expected);
}

START_TEST(ranges_merge_into_disjoint_ones)
{
	static const struct {
		const char *ranges, *merged;
	} rows[] = {
		{"", ""},
		{"10.0.0.1-10.0.0.1", "10.0.0.1"},
		{"10.0.0.4-10.0.0.9 10.0.0.1-10.0.0.2", "10.0.0.1-10.0.0.2 10.0.0.4-10.0.0.9"},
		{"10.0.0.4-10.0.0.9 10.0.0.1-10.0.0.3", "10.0.0.1-10.0.0.9"},
		{"10.0.0.1-10.0.0.6 10.0.0.4-10.0.0.9", "10.0.0.1-10.0.0.9"},
		{"10.0.0.0/24 10.0.0.7-10.0.0.9 10.0.0.0/25", "10.0.0.0/24"},
		{"10.0.0.0/24 10.0.1.0/24", "10.0.0.0/23"},
		{"10.0.0.255-10.0.0.255 10.0.1.0-10.0.1.0", "10.0.0.255-10.0.1.0"},
		{"0.0.0.0/1 128.0.0.0/1", "0.0.0.0/0"},
		{"255.255.255.255/32 255.255.255.255/32", "255.255.255.255"},
		{"255.255.255.254/32 255.255.255.255/32 0.0.0.0/32", "0.0.0.0 255.255.255.254/31"},
		{"0.0.0.0/0 255.255.255.255/32 0.0.0.0/32", "0.0.0.0/0"},
		{"::/1 8000::/1", "::/0"},
		{"fd00::1-fd00::2 fd00::3-fd00::ffff fd00::1:1-fd00::1:2",
		 "fd00::1-fd00::ffff fd00::1:1-fd00::1:2"},
		{"ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff/128 ::/128",
		 ":: ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff"},
	};

	for (size_t i = 0; i < COUNT(rows); i++) {
		struct range ranges[8];
		enum family family = V4;
		size_t count = ranges_of(rows[i].ranges, ranges, &family);

		assert_ranges(ranges, ranges_merge(ranges, count, family), family, rows[i].merged);
	}
}
END_TEST

START_TEST(holes_are_cut_out)
{
	static const struct {
		const char *whole, *holes, *left;
	} rows[] = {
		{"10.0.0.0/8", "", "10.0.0.0/8"},
		{"10.0.0.0/8", "10.0.0.0/8", ""},
		{"10.0.0.0/8", "9.0.0.0/8 11.0.0.0/8", "10.0.0.0/8"},
		{"10.0.0.0/8", "10.0.0.0/9", "10.128.0.0/9"},
		{"10.0.0.0/8", "10.128.0.0/9", "10.0.0.0/9"},
		{"10.0.0.0/30", "10.0.0.1/32", "10.0.0.0 10.0.0.2/31"},
		{"10.0.0.0/8", "9.0.0.0-10.0.0.0 10.255.255.255-11.0.0.0",
		 "10.0.0.1-10.255.255.254"},
		{"0.0.0.0/0", "0.0.0.0/32", "0.0.0.1-255.255.255.255"},
		{"0.0.0.0/0", "255.255.255.255/32", "0.0.0.0-255.255.255.254"},
		{"0.0.0.0/0", "0.0.0.0/0", ""},
		{"0.0.0.0/0", "10.0.0.0/8 128.0.0.0/1",
		 "0.0.0.0-9.255.255.255 11.0.0.0-127.255.255.255"},
		{"255.255.255.255/32", "255.255.255.254/32", "255.255.255.255"},
		{"255.255.255.255/32", "255.255.255.255/32", ""},
		{"::/0", "8000::/1", "::/1"},
		{"::/0", "::/1", "8000::/1"},
		{"fd00::/126", "fd00::1/128", "fd00:: fd00::2/127"},
		{"::/0", "ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff/128",
		 "::-ffff:ffff:ffff:ffff:ffff:ffff:ffff:fffe"},
	};

	for (size_t i = 0; i < COUNT(rows); i++) {
		struct range holes[8], left[9], whole;
		enum family family;
		size_t count;

		whole = range_of(rows[i].whole, &family);
		count = ranges_of(rows[i].holes, holes, &family);
		count = range_cut(whole, holes, count, family, left);
		assert_ranges(left, count, family, rows[i].left);
	}
}
END_TEST

/* Makes a range within the first or last sixteen addresses of the family. */
static struct range small_range(enum family family, bool at_end, unsigned first, unsigned last)
{
	struct range range = {{0}, {0}};
	size_t len = family_len(family);

	memset(range.first, at_end ? 0xff : 0, len);
	memset(range.last, at_end ? 0xff : 0, len);
	range.first[len - 1] = (uint8_t)((at_end ? 0xf0 : 0) | first);
	range.last[len - 1] = (uint8_t)((at_end ? 0xf0 : 0) | last);
	return range;
}

static unsigned members(const struct range *ranges, size_t count, enum family family, bool at_end)
{
	unsigned set = 0;

	for (size_t i = 0; i < count; i++) {
		for (unsigned k = 0; k < 16; k++) {
			struct range one = small_range(family, at_end, k, k);
			struct addr addr = {.family = family};

			memcpy(addr.bytes, one.first, sizeof(addr.bytes));
			set |= (unsigned)range_has(&ranges[i], &addr) << k;
		}
	}
	return set;
}

static size_t runs(unsigned set)
{
	return (size_t)__builtin_popcount(set & ~(set << 1));
}

START_TEST(merged_and_cut_as_counted_one_by_one)
{
	for (int round = 0; round < 20000; round++) {
		enum family family = round % 2 ? V6 : V4;
		bool at_end = dice(2);
		struct range ranges[6], left[7], whole;
		unsigned a = dice(16), b = dice(16), set;
		size_t count = dice(7), merged;

		for (size_t i = 0; i < count; i++) {
			unsigned first = dice(16);

			ranges[i] = small_range(family, at_end, first, first + dice(16 - first));
		}
		set = members(ranges, count, family, at_end);
		merged = ranges_merge(ranges, count, family);
		/* There are as few ranges as can be: one for each run of members. */
		often_assert(members(ranges, merged, family, at_end) == set && merged == runs(set),
			     "round %d", round);
		whole = small_range(family, at_end, a < b ? a : b, a < b ? b : a);
		count = range_cut(whole, ranges, merged, family, left);
		set = members(&whole, 1, family, at_end) & ~set;
		often_assert(members(left, count, family, at_end) == set && count == runs(set),
			     "round %d", round);
	}
}
END_TEST

/* Takes the largest prefix that fits, from the beginning on, and counts the prefixes. */
static size_t counted_prefixes(unsigned first, unsigned last)
{
	size_t count = 0;

	while (first <= last) {
		unsigned size = 1;

		while (first % (2 * size) == 0 && first + 2 * size - 1 <= last)
			size *= 2;
		first += size;
		count++;
	}
	return count;
}

START_TEST(prefixes_of_a_range_are_counted)
{
	for (unsigned n = 0; n < 16 * 16 * 4; n++) {
		const enum family family = n / 256 % 2 ? V6 : V4;
		const unsigned a = n % 16, b = n / 16 % 16;
		const struct range range = small_range(family, n / 512, a, b);

		often_assert(a > b || range_prefix_count(&range, family) == counted_prefixes(a, b),
			     "%u to %u", a, b);
	}
}
END_TEST

START_TEST(prefixes_of_long_ranges_are_counted)
{
	struct range all = {{0}, {0}};

	memset(all.last, 0xff, 4);
	ck_assert_uint_eq(range_prefix_count(&all, V4), 1);
	all.first[3] = 1;
	ck_assert_uint_eq(range_prefix_count(&all, V4), 32);
	all.last[3] = 0xfe;
	ck_assert_uint_eq(range_prefix_count(&all, V4), 62);
	memset(&all, 0, sizeof(all));
	memset(all.last, 0xff, 16);
	all.first[15] = 1;
	all.last[15] = 0xfe;
	ck_assert_uint_eq(range_prefix_count(&all, V6), 254);
}
END_TEST

START_TEST(text_is_as_inet_ntop_writes_it)
{
	for (int round = 0; round < 200000; round++) {
		enum family family = round % 4 ? V6 : V4;
		uint8_t bytes[16] = {0};
		char text[ADDR_TEXT], expected[INET6_ADDRSTRLEN];
		struct addr back;

		/*
		 * The address has groups that are zero, small or large; some IPv6 addresses hold an
		 * IPv4 address.
		 */
		for (size_t i = 0; i < family_len(family); i++)
			bytes[i] = (uint8_t)(dice(3) ? 0 : dice(2) ? dice(256) : dice(16));
		if (dice(8) == 0)
			memset(bytes, 0, 10);
		if (dice(8) == 0)
			memset(bytes + 10, dice(2) ? 0xff : 0, 2);
		inet_ntop(family == V4 ? AF_INET : AF_INET6, bytes, expected, sizeof(expected));
		often_assert(addr_text(family, bytes, text) == strlen(expected) &&
				     !strcmp(text, expected),
			     "%s, not %s", text, expected);
		/* An IPv4-mapped address is read as IPv4. */
		often_assert(addr_parse(text, &back, NULL) &&
				     !memcmp(back.bytes, bytes + (back.family == family ? 0 : 12),
					     family_len(back.family)),
			     "%s", text);
	}
}
END_TEST

UNIT_MAIN("addr", addresses_are_read_as_older_go_does, cidrs_are_masked_and_what_is_odd_is_told,
	  an_except_is_smaller_and_inside, ranges_merge_into_disjoint_ones, holes_are_cut_out,
	  merged_and_cut_as_counted_one_by_one, prefixes_of_a_range_are_counted,
	  prefixes_of_long_ranges_are_counted, text_is_as_inet_ntop_writes_it)
