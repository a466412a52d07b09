/* Facts about keys.  See ruleset.h. */
#include "ruleset.h"

#include <string.h>

size_t field_len(enum field field)
{
	switch (field) {
	case FIELD_IP_SADDR:
	case FIELD_IP_DADDR:
		return 4;
	case FIELD_IP6_SADDR:
	case FIELD_IP6_DADDR:
		return 16;
	case FIELD_L4PROTO:
	case FIELD_ICMPV6_TYPE:
		return 1;
	case FIELD_TH_DPORT:
		return 2;
	}
	return 0;
}

enum field field_type(enum field field)
{
	if (field == FIELD_IP_DADDR)
		return FIELD_IP_SADDR;
	return field == FIELD_IP6_DADDR ? FIELD_IP6_SADDR : field;
}

size_t set_key_len(const struct set *set)
{
	size_t len = 0;

	if (set->field_count == 1)
		return field_len(set->fields[0]);
	for (size_t i = 0; i < set->field_count; i++)
		len += (field_len(set->fields[i]) + 3) & ~(size_t)3;
	return len;
}

int key_compare(const uint8_t *a, const uint8_t *b, size_t len, bool concatenation)
{
	if (!concatenation)
		return memcmp(a, b, len);
	while (len-- > 0)
		if (a[len] != b[len])
			return a[len] < b[len] ? -1 : 1;
	return 0;
}
