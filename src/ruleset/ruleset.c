/*
 * The properties of a set that follow from its form, the orders of sets, chains and keys, and a
 * function that puts sets into a ruleset.
 */
#include "ruleset/ruleset.h"

#include "base/arena.h"
#include "base/table.h"

#include <stdlib.h>
#include <string.h>

bool chain_looks_up(const struct chain *chain, const char *set)
{
	for (size_t i = 0; i < chain->rule_count; i++)
		if (chain->rules[i].set && chain->rules[i].set->name &&
		    !strcmp(chain->rules[i].set->name, set))
			return true;
	return false;
}

bool chain_denies(const struct chain *chain)
{
	const enum verdict_kind last =
		chain->rule_count ? chain->rules[chain->rule_count - 1].verdict.kind : VERDICT_NONE;

	return last == VERDICT_DROP || last == VERDICT_REJECT;
}

enum decider chain_decider(const struct chain *chain)
{
	return chain->rule_count ? chain->rules[chain->rule_count - 1].decider : DECIDER_NOBODY;
}

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
	case FIELD_NFPROTO:
		return 1;
	case FIELD_IIFNAME:
		return 16;
	case FIELD_TH_SPORT:
	case FIELD_TH_DPORT:
		return 2;
	}
	return 0;
}

enum field field_type(enum field field)
{
	if (field == FIELD_IP_DADDR)
		return FIELD_IP_SADDR;
	if (field == FIELD_TH_SPORT)
		return FIELD_TH_DPORT;
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

bool set_is_comparison(const struct set *set)
{
	return !set->name && set->verdicts && set->count == 1 && set->fields[0] == FIELD_L4PROTO;
}

bool set_is_block(const struct set *set)
{
	return set->block_count > 0;
}

bool set_is_of_ranges(const struct set *set)
{
	const enum field type = field_type(set->fields[0]);

	return set->interval && (type == FIELD_IP_SADDR || type == FIELD_IP6_SADDR);
}

bool set_is_of_pairs(const struct set *set)
{
	const enum field type = field_type(set->fields[0]);

	return set->field_count == 2 && type == field_type(set->fields[1]) &&
	       (type == FIELD_IP_SADDR || type == FIELD_IP6_SADDR);
}

/* Compares names part by part: a slash, which ends a part, comes before any other character. */
static int compare_names(const char *a, const char *b)
{
	size_t a_len = strlen(a), b_len = strlen(b), at = 0;
	size_t least = a_len < b_len ? a_len : b_len;

	/* Names mostly begin alike, so that comparing eight bytes at a time pays. */
	while (at + 8 <= least && !memcmp(a + at, b + at, 8))
		at += 8;
	a += at;
	b += at;
	while (*a && *a == *b) {
		a++;
		b++;
	}
	if (*a == *b)
		return 0;
	if (!*a || !*b)
		return *a ? 1 : -1;
	if (*a == '/' || *b == '/')
		return *a == '/' ? -1 : 1;
	return (unsigned char)*a < (unsigned char)*b ? -1 : 1;
}

int set_compare(const struct set *a, const struct set *b)
{
	int order = (a->verdicts == NULL) - (b->verdicts == NULL);

	return order ? order : compare_names(a->name, b->name);
}

int chain_compare(const struct chain *a, const struct chain *b)
{
	int order = b->base - a->base;

	return order ? order : compare_names(a->name, b->name);
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

static int compare_by_name(const void *a, const void *b)
{
	return set_compare(*(const struct set *const *)a, *(const struct set *const *)b);
}

void ruleset_take_sets(struct arena *arena, struct arena *scratch, struct ruleset *ruleset,
		       const struct set *const *sets, size_t count)
{
	const struct set **sorted = arena_array(scratch, count, sizeof(*sorted));
	struct set *taken = arena_array(arena, count, sizeof(*taken));
	/* keys: the addresses of the sets as they were given */
	struct table places = {.arena = scratch};

	if (count) {
		memcpy(sorted, sets, count * sizeof(*sorted));
		qsort(sorted, count, sizeof(*sorted), compare_by_name);
	}
	for (size_t i = 0; i < count; i++) {
		taken[i] = *sorted[i];
		table_add(&places, &sorted[i], sizeof(sorted[i]), NULL);
	}
	for (size_t i = 0; i < ruleset->chain_count; i++)
		for (size_t k = 0; k < ruleset->chains[i].rule_count; k++) {
			struct rule *rule = &ruleset->chains[i].rules[k];

			if (rule->set && rule->set->name)
				rule->set =
					&taken[table_find(&places, &rule->set, sizeof(rule->set))];
		}
	ruleset->sets = taken;
	ruleset->set_count = count;
}
