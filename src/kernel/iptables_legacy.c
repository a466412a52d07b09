/*
 * Reads the policy of iptables-legacy's chain FORWARD.
 *
 * The kernel returns the rules of a table as one block of bytes, together with the offset of the
 * last rule of each chain, which is its policy.  The structures for IPv4 and IPv6 differ only in
 * the size of the part before the target.
 */
#include "kernel/iptables_legacy.h"

#include "kernel/carrier.h"

#include <netinet/in.h>

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include <linux/netfilter.h>
#include <linux/netfilter_ipv4/ip_tables.h>
#include <linux/netfilter_ipv6/ip6_tables.h>

static const struct legacy_side {
	const char *names; /* the file in /proc that lists the tables that exist */
	int domain, level, get_info, get_entries;
	size_t head; /* size of a rule's part before the target */
} sides[] = {
	[V4] = {"/proc/net/ip_tables_names", AF_INET, IPPROTO_IP, IPT_SO_GET_INFO,
		IPT_SO_GET_ENTRIES, sizeof(struct ipt_get_entries)},
	[V6] = {"/proc/net/ip6_tables_names", AF_INET6, IPPROTO_IPV6, IP6T_SO_GET_INFO,
		IP6T_SO_GET_ENTRIES, sizeof(struct ip6t_get_entries)},
};

/*
 * Asking for a table that does not exist would create it, so this looks in /proc.  Returns 1, 0, or
 * -1 with errno.
 */
static int has_table(const struct legacy_side *side)
{
	FILE *file = fopen(side->names, "re");
	char line[XT_TABLE_MAXNAMELEN + 2];
	int found = 0;

	if (!file)
		return errno == ENOENT ? 0 : -1;
	while (fgets(line, sizeof(line), file))
		found |= !strcmp(line, "filter\n");
	if (ferror(file))
		found = -1;
	fclose(file);
	return found;
}

/*
 * The verdict of the rule at the offset in a block of rules; 0 if its target is no plain verdict.
 */
static int verdict_at(enum family family, const char *rules, size_t size, size_t offset)
{
	struct xt_standard_target target;
	size_t at = 0;

	if (family == V4 && offset + sizeof(struct ipt_entry) <= size) {
		struct ipt_entry entry;

		memcpy(&entry, rules + offset, sizeof(entry));
		at = offset + entry.target_offset;
	} else if (family == V6 && offset + sizeof(struct ip6t_entry) <= size) {
		struct ip6t_entry entry;

		memcpy(&entry, rules + offset, sizeof(entry));
		at = offset + entry.target_offset;
	}
	if (!at || at + sizeof(target) > size)
		return 0;
	memcpy(&target, rules + at, sizeof(target));
	return target.verdict;
}

/* These structures are the same for IPv4 and IPv6. */
static int read_policy(enum family family, int file, struct ipt_getinfo *info)
{
	const struct legacy_side *side = &sides[family];
	const size_t size = side->head + info->size;
	struct ipt_get_entries *entries = calloc(1, size);
	socklen_t len = (socklen_t)size;
	int drops = -1, error;

	if (!entries)
		return -1;
	strcpy(entries->name, "filter");
	entries->size = info->size;
	if (!getsockopt(file, side->level, side->get_entries, entries, &len))
		drops = verdict_at(family, (const char *)entries + side->head, info->size,
				   info->underflow[NF_INET_FORWARD]) == -NF_DROP - 1;
	error = errno;
	free(entries);
	errno = error;
	return drops;
}

int legacy_policy(enum family family)
{
	const struct legacy_side *side = &sides[family];
	const int file = socket(side->domain, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	struct ipt_getinfo info = {.name = "filter"};
	socklen_t len = sizeof(info);
	int drops, error;

	if (file < 0)
		return -1;
	drops = getsockopt(file, side->level, side->get_info, &info, &len)
			? -1
			: read_policy(family, file, &info);
	error = errno;
	close(file);
	errno = error;
	return drops;
}

int legacy_forward_drops(enum family family)
{
	const int has = has_table(&sides[family]);

	if (has <= 0)
		return has;
	return carrier_is_used() ? carrier_legacy_policy(family) : legacy_policy(family);
}
