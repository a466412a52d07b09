/*
 * Finds first matches, for all addresses at once or for one.
 *
 * An address is in the set if the decision from this place on is the set's action, and the decision
 * from the next place on is another.  The decision from a place on is that of the first match among
 * its rules and those of later places, provided that one of these that decides here means the
 * address; without a match it is the default of the tier.
 */
#include "lower/first_match.h"

#include "base/arena.h"

#include <string.h>

const void *first_key(struct arena *arena, const struct first_match *match, size_t *len)
{
	const size_t name = strlen(match->name);
	uint32_t *key = arena_array(arena, 2 + 4 * match->count + name / 4 + 1, sizeof(*key));

	*len = (2 + 4 * match->count) * sizeof(*key) + name;
	key[0] = (uint32_t)match->action << 8 | (uint32_t)match->otherwise << 4 | match->is_named;
	key[1] = (uint32_t)match->count;
	for (size_t i = 0; i < match->count; i++) {
		const struct first_entry *entry = &match->entries[i];

		key[2 + 4 * i] = entry->definition;
		key[3 + 4 * i] = (uint32_t)entry->action << 8 | (uint32_t)entry->is_own << 4 |
				 entry->answers;
		key[4 + 4 * i] = (uint32_t)entry->protocol;
		key[5 + 4 * i] = (uint32_t)entry->first << 16 | entry->last;
	}
	memcpy(&key[2 + 4 * match->count], match->name, name);
	return key;
}

/* What is known about an address after some of the entries. */
struct found {
	uint8_t first,
		/*
		 * the action of the first match, plus 1: among all entries, and among those of
		 * later places
		 */
		later;
	bool answers, later_answers;
};

static void take_entry(struct found *found, const struct first_entry *entry)
{
	const uint8_t action = (uint8_t)(entry->action + 1);

	found->first = found->first ? found->first : action;
	found->answers |= entry->answers;
	if (entry->is_own)
		return;
	found->later = found->later ? found->later : action;
	found->later_answers |= entry->answers;
}

static bool is_in(const struct first_match *match, const struct found *found)
{
	const enum otherwise none = match->otherwise;
	const int said = found->answers ? found->first - 1 : (int)none;
	const int later = found->later_answers ? found->later - 1 : (int)none;

	return said == (int)match->action && later != said;
}

bool first_has(const struct first_match *match, first_means *means, const void *context)
{
	struct found found = {0};

	for (size_t i = 0; i < match->count; i++)
		if (means(context, &match->entries[i]))
			take_entry(&found, &match->entries[i]);
	return is_in(match, &found);
}

static int compare_bytes(const uint8_t *a, const uint8_t *b, enum family family)
{
	return memcmp(a, b, family_len(family));
}

/* The bytes of the address with this number. */
static const uint8_t *bytes_of(const struct resolved *resolved, enum family family, size_t number)
{
	const size_t pods = resolved->addr_count[family];

	return number < pods ? resolved->addrs[family][number].bytes
			     : resolved->node_addrs[family][number - pods].bytes;
}

/*
 * Finds among the sorted addresses from @begin to before @end the first that is not less than the
 * bytes.
 */
static size_t find_place(const struct resolved *resolved, enum family family, size_t begin,
			 size_t end, const uint8_t *bytes)
{
	while (begin < end) {
		const size_t middle = begin + (end - begin) / 2;

		if (compare_bytes(bytes_of(resolved, family, middle), bytes, family) < 0)
			begin = middle + 1;
		else
			end = middle;
	}
	return begin;
}

/* Applies an entry that is a block to all addresses from @begin to before @end that lie in it. */
static void take_block(const struct resolved *resolved, enum family family, size_t begin,
		       size_t end, const struct first_entry *entry, struct found *found)
{
	const struct definition *block = &resolved->definitions[entry->definition];

	for (size_t i = 0; i < block->count[family]; i++) {
		const struct range *range = &block->ranges[family][i];

		for (size_t k = find_place(resolved, family, begin, end, range->first);
		     k < end &&
		     compare_bytes(bytes_of(resolved, family, k), range->last, family) <= 0;
		     k++)
			take_entry(&found[k], entry);
	}
}

const uint32_t *first_addrs(struct arena *scratch, const struct resolved *resolved,
			    const struct first_match *match, enum family family, size_t *count)
{
	const size_t pods = resolved->addr_count[family];
	const size_t all = pods + resolved->node_addr_count[family];
	struct found *found = arena_array(scratch, all, sizeof(*found));
	uint32_t *numbers = arena_array(scratch, all, sizeof(*numbers));

	for (size_t i = 0; i < match->count; i++) {
		const struct first_entry *entry = &match->entries[i];
		const struct definition *definition = &resolved->definitions[entry->definition];

		if (definition->kind == DEFINITION_BLOCK) {
			take_block(resolved, family, 0, pods, entry, found);
			take_block(resolved, family, pods, all, entry, found);
			continue;
		}
		for (size_t k = 0; k < definition->count[family]; k++)
			take_entry(&found[definition->addrs[family][k]], entry);
	}
	*count = 0;
	for (size_t i = 0; i < all; i++)
		if (is_in(match, &found[i]))
			numbers[(*count)++] = (uint32_t)i;
	return numbers;
}

/* An address with a protocol and a port. */
struct named_at {
	const struct resolved *resolved;
	enum family family;
	const struct named_addr *at;
};

static bool has_number(const struct definition *definition, enum family family, uint32_t number)
{
	size_t low = 0, high = definition->count[family];

	while (low < high) {
		const size_t middle = low + (high - low) / 2;

		if (definition->addrs[family][middle] < number)
			low = middle + 1;
		else
			high = middle;
	}
	return low < definition->count[family] && definition->addrs[family][low] == number;
}

static bool has_bytes(const struct definition *block, enum family family, const uint8_t *bytes)
{
	for (size_t i = 0; i < block->count[family]; i++)
		if (compare_bytes(block->ranges[family][i].first, bytes, family) <= 0 &&
		    compare_bytes(bytes, block->ranges[family][i].last, family) <= 0)
			return true;
	return false;
}

static bool has_named(const struct definition *definition, enum family family,
		      const struct named_addr *named)
{
	const struct named_addr *all = definition->named[family];

	size_t low = 0, high = definition->count[family];

	while (low < high) {
		const size_t middle = low + (high - low) / 2;

		if (all[middle].addr < named->addr)
			low = middle + 1;
		else
			high = middle;
	}
	for (; low < definition->count[family] && all[low].addr == named->addr; low++)
		if (all[low].number == named->number && all[low].protocol == named->protocol)
			return true;
	return false;
}

static bool means_named(const void *context, const struct first_entry *entry)
{
	const struct named_at *of = context;
	const struct definition *definition = &of->resolved->definitions[entry->definition];

	if (definition->kind == DEFINITION_NAMED)
		return has_named(definition, of->family, of->at);
	if (entry->protocol != PROTOCOL_ANY &&
	    (entry->protocol != of->at->protocol || of->at->number < entry->first ||
	     entry->last < of->at->number))
		return false;
	if (definition->kind == DEFINITION_BLOCK)
		return has_bytes(definition, of->family,
				 bytes_of(of->resolved, of->family, of->at->addr));
	return has_number(definition, of->family, of->at->addr);
}

const struct named_addr *first_named(struct arena *scratch, const struct resolved *resolved,
				     const struct first_match *match, enum family family,
				     size_t *count)
{
	struct named_addr *found = NULL;

	*count = 0;
	for (size_t i = 0; i < match->count; i++) {
		const struct definition *definition =
			&resolved->definitions[match->entries[i].definition];

		for (size_t k = 0;
		     definition->kind == DEFINITION_NAMED && k < definition->count[family]; k++) {
			const struct named_at at = {resolved, family,
						    &definition->named[family][k]};

			if (first_has(match, means_named, &at))
				arena_push(scratch, found, *count, *at.at);
		}
	}
	return found;
}
