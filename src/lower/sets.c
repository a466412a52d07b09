/*
 * Fills each kind of set: addresses of pods, pods with the number of a named port, ranges of
 * addresses, and maps from a pod's address to its chain.  Elements are sorted, and keys are not
 * repeated.
 */
#include "lower/sets.h"

#include "base/arena.h"
#include "base/bits.h"
#include "lower/blocks.h"
#include "lower/first_match.h"
#include "lower/names.h"
#include "ruleset/key_order.h"

#include <arpa/inet.h>
#include <stdlib.h>

/* NAMESPACE/NAME of each pod. */
static const char **pod_names(struct arena *arena, const struct objects *objects)
{
	const char **names = arena_array(arena, objects->pod_count, sizeof(*names));

	for (size_t i = 0; i < objects->pod_count; i++)
		names[i] = comment_fit(arena, arena_join(arena, objects->pods[i].namespace, "/",
							 objects->pods[i].name, NULL));
	return names;
}

const char *lower_node_name(struct arena *arena, const char *name)
{
	return comment_fit(arena, arena_join(arena, "node ", name, NULL));
}

struct addr_forms lower_addr_forms(struct arena *arena, const struct resolved *resolved)
{
	const char **of_pod = pod_names(arena, resolved->objects);
	struct addr_forms forms;

	for (enum family family = V4; family < FAMILIES; family++) {
		size_t count = resolved->addr_count[family], len = family_len(family);
		size_t all = count + resolved->node_addr_count[family];
		uint8_t *keys = arena_array(arena, all, len);
		const char **names = arena_array(arena, all, sizeof(*names));

		for (size_t i = 0; i < count; i++) {
			memcpy(keys + i * len, resolved->addrs[family][i].bytes, len);
			names[i] = of_pod[resolved->addrs[family][i].pod];
		}
		for (size_t i = count; i < all; i++) {
			const struct node_addr *of = &resolved->node_addrs[family][i - count];

			memcpy(keys + i * len, of->bytes, len);
			names[i] = lower_node_name(arena, resolved->objects->nodes[of->node].name);
		}
		forms.keys[family] = keys;
		forms.names[family] = names;
	}
	return forms;
}

static enum field addr_field(enum family family, bool source)
{
	if (family == V4)
		return source ? FIELD_IP_SADDR : FIELD_IP_DADDR;
	return source ? FIELD_IP6_SADDR : FIELD_IP6_DADDR;
}

enum family set_family(const struct set *set)
{
	return field_len(set->fields[0]) == family_len(V4) ? V4 : V6;
}

bool union_of_kind(struct arena *arena, const struct resolved *resolved,
		   const struct peer_union *from, enum definition_kind kind, enum family family,
		   struct peer_union *of_kind)
{
	uint32_t *definitions = arena_array(arena, from->count, sizeof(*definitions));

	*of_kind = (struct peer_union){.definitions = definitions};
	for (size_t i = 0; i < from->count; i++) {
		const struct definition *definition = &resolved->definitions[from->definitions[i]];

		if (definition->kind == kind && definition_has(definition, family))
			definitions[of_kind->count++] = from->definitions[i];
	}
	return of_kind->count > 0;
}

/* Merges the addresses of all definitions, ascending and without repetitions. */
static const uint32_t *merge_addrs(struct arena *scratch, const struct resolved *resolved,
				   const struct peer_union *of, enum family family, size_t *count)
{
	struct bits all;
	uint32_t *merged;

	if (of->count == 1) {
		const struct definition *only = &resolved->definitions[of->definitions[0]];

		*count = only->count[family];
		return only->addrs[family];
	}
	all = bits_new(scratch, resolved->addr_count[family] + resolved->node_addr_count[family]);
	*count = 0;
	for (size_t i = 0; i < of->count; i++) {
		const struct definition *definition = &resolved->definitions[of->definitions[i]];

		for (size_t k = 0; k < definition->count[family]; k++) {
			*count += !bits_has(&all, definition->addrs[family][k]);
			bits_set(&all, definition->addrs[family][k]);
		}
	}
	merged = arena_array(scratch, *count, sizeof(*merged));
	*count = 0;
	for (size_t i = 0; (i = bits_next(&all, i)) < all.size; i++)
		merged[(*count)++] = (uint32_t)i;
	return merged;
}

/*
 * Sorts numbers by address.  Those of nodes are higher than all others, so their order is not that
 * of the addresses.
 */
static const uint32_t *by_address(struct arena *scratch, const struct resolved *resolved,
				  const struct addr_forms *forms, enum family family,
				  const uint32_t *numbers, size_t count)
{
	const size_t len = family_len(family);
	const uint32_t *order;
	uint32_t *sorted;
	uint8_t *keys;

	if (!count || numbers[count - 1] < resolved->addr_count[family])
		return numbers;
	keys = arena_array(scratch, count, len);
	sorted = arena_array(scratch, count, sizeof(*sorted));
	for (size_t i = 0; i < count; i++)
		memcpy(keys + i * len, forms->keys[family] + numbers[i] * len, len);
	order = key_order(scratch, keys, count, len, len, false);
	for (size_t i = 0; i < count; i++)
		sorted[i] = numbers[order[i]];
	return sorted;
}

static void fill_pods(struct arena *arena, const struct addr_forms *forms, const uint32_t *addrs,
		      enum family family, struct set *set)
{
	const uint8_t *all = forms->keys[family];
	size_t len = family_len(family);
	uint8_t *keys = arena_array(arena, set->count, len);
	const char **comments = arena_array(arena, set->count, sizeof(*comments));

	for (size_t i = 0; i < set->count; i++) {
		memcpy(keys + i * len, all + addrs[i] * len, len);
		comments[i] = forms->names[family][addrs[i]];
	}
	set->keys = keys;
	set->comments = comments;
}

/* Elements whose keys are concatenations, in the order in which they come, with their comments. */
struct elements {
	uint8_t *keys;
	const char **comments;
	size_t count, len;
};

static struct elements room_for(struct arena *scratch, size_t count, size_t len)
{
	return (struct elements){
		.keys = arena_array(scratch, count, len),
		.comments = arena_array(scratch, count, sizeof(char *)),
		.len = len,
	};
}

/* Adds an element, whose key the caller fills in. */
static uint8_t *add_element(struct elements *elements, const char *comment)
{
	elements->comments[elements->count] = comment;
	return elements->keys + elements->len * elements->count++;
}

/* Sorts the elements as nft lists them, and drops repeated keys. */
static void fill_elements(struct arena *arena, struct arena *scratch,
			  const struct elements *elements, struct set *set)
{
	size_t len = elements->len;
	const uint32_t *order = key_order(scratch, elements->keys, elements->count, len, len, true);
	uint8_t *keys = arena_array(arena, elements->count, len);
	const char **comments = arena_array(arena, elements->count, sizeof(*comments));

	set->count = 0;
	for (size_t i = 0; i < elements->count; i++) {
		const uint8_t *key = elements->keys + order[i] * len;

		if (set->count && !memcmp(keys + (set->count - 1) * len, key, len))
			continue;
		memcpy(keys + set->count * len, key, len);
		comments[set->count++] = elements->comments[order[i]];
	}
	set->keys = keys;
	set->comments = comments;
}

static void fill_named(struct arena *arena, struct arena *scratch, const struct addr_forms *forms,
		       const struct named_addr *all, size_t count, enum family family,
		       struct set *set)
{
	const size_t len = family_len(family);
	struct elements elements = room_for(scratch, count, set_key_len(set));

	for (size_t i = 0; i < count; i++) {
		uint8_t *key = add_element(&elements, forms->names[family][all[i].addr]);
		const uint16_t port = htons(all[i].number);

		memcpy(key, forms->keys[family] + all[i].addr * len, len);
		key[len] = all[i].protocol;
		memcpy(key + len + 4, &port, sizeof(port));
	}
	fill_elements(arena, scratch, &elements, set);
}

/* Joins the lists of named ports of all definitions. */
static const struct named_addr *merge_named(struct arena *scratch, const struct resolved *resolved,
					    const struct peer_union *of, enum family family,
					    size_t *count)
{
	struct named_addr *all;
	size_t most = 0;

	for (size_t i = 0; i < of->count; i++)
		most += resolved->definitions[of->definitions[i]].count[family];
	all = arena_array(scratch, most, sizeof(*all));
	*count = 0;
	for (size_t i = 0; i < of->count; i++) {
		const struct definition *definition = &resolved->definitions[of->definitions[i]];

		for (size_t k = 0; k < definition->count[family]; k++)
			all[(*count)++] = definition->named[family][k];
	}
	return all;
}

/* Makes the set one of addresses with a protocol and a port. */
static void add_port_fields(struct set *set)
{
	set->fields[1] = FIELD_L4PROTO;
	set->fields[2] = FIELD_TH_DPORT;
	set->field_count = 3;
}

struct set lower_first_set(struct arena *arena, const struct first_match *match, const char *name,
			   enum family family, enum direction direction)
{
	uint32_t *from = arena_array(arena, match->count, sizeof(*from));
	struct set set = {
		.name = name,
		.fields = {addr_field(family, direction == INGRESS)},
		.field_count = 1,
		.from = from,
		.from_count = match->count,
		.first = match,
	};

	for (size_t i = 0; i < match->count; i++)
		from[i] = match->entries[i].definition;
	if (match->is_named)
		add_port_fields(&set);
	return set;
}

struct set lower_peer_set(struct arena *arena, const struct resolved *resolved,
			  const struct peer_union *of_kind, enum definition_kind kind,
			  enum family family, enum direction direction, bool *cut)
{
	struct set set = {
		.name = name_set(arena, resolved, of_kind->definitions, of_kind->count, kind,
				 family),
		.comment = comment_set(arena, resolved, of_kind->definitions, of_kind->count, cut),
		.fields = {addr_field(family, direction == INGRESS)},
		.field_count = 1,
		.from = of_kind->definitions,
		.from_count = of_kind->count,
	};

	if (kind == DEFINITION_NAMED)
		add_port_fields(&set);
	if (kind == DEFINITION_BLOCK)
		blocks_fill(arena, resolved, of_kind, family, &set);
	return set;
}

struct set lower_mixed_set(struct arena *arena, const struct resolved *resolved,
			   const struct addr_forms *forms, enum family family)
{
	struct set set = {
		.name = family == V4 ? "mixed.v4" : "mixed.v6",
		.comment = "addresses of several pods that cluster policies tell apart",
		.fields = {addr_field(family, true)},
		.field_count = 1,
		.count = resolved->mixed_count[family],
	};

	fill_pods(arena, forms, resolved->mixed[family], family, &set);
	return set;
}

void lower_members(struct arena *arena, struct arena *scratch, const struct resolved *resolved,
		   const struct addr_forms *forms, struct set *set)
{
	const struct peer_union of = {set->from, set->from_count};
	const enum family family = set_family(set);
	enum definition_kind kind = resolved->definitions[*of.definitions].kind;
	const struct named_addr *named;
	const uint32_t *addrs;
	size_t count;

	if (set->first)
		kind = set->first->is_named ? DEFINITION_NAMED : DEFINITION_PODS;
	switch (kind) {
	case DEFINITION_PODS:
	case DEFINITION_NODES:
		addrs = set->first ? first_addrs(scratch, resolved, set->first, family, &set->count)
				   : merge_addrs(scratch, resolved, &of, family, &set->count);
		addrs = by_address(scratch, resolved, forms, family, addrs, set->count);
		fill_pods(arena, forms, addrs, family, set);
		break;
	case DEFINITION_NAMED:
		named = set->first ? first_named(scratch, resolved, set->first, family, &count)
				   : merge_named(scratch, resolved, &of, family, &count);
		fill_named(arena, scratch, forms, named, count, family, set);
		break;
	case DEFINITION_BLOCK:
		break;
	}
}

/*
 * If the size is known, the kernel takes a simpler hash table, in which a look-up is some 25 ns
 * faster.  There is room for twice the elements, so that the map can change into another without
 * running full; and the size grows in steps of two, so that one more pod changes only elements.
 */
uint32_t lower_map_size(size_t count)
{
	uint32_t size = 1024;

	while (size < 2 * count)
		size *= 2;
	return size;
}

struct set lower_pod_map(struct arena *arena, const struct resolved *resolved,
			 const struct addr_forms *forms, const char *name, enum family family,
			 enum direction direction, const struct verdict *verdict_of)
{
	size_t len = family_len(family), most = resolved->addr_count[family];
	struct verdict *verdicts = arena_array(arena, most, sizeof(*verdicts));
	const char **comments = arena_array(arena, most, sizeof(*comments));
	uint8_t *keys = arena_array(arena, most, len);
	struct set set = {
		.name = name,
		.fields = {addr_field(family, direction == EGRESS)},
		.field_count = 1,
		.keys = keys,
		.comments = comments,
		.verdicts = verdicts,
	};

	for (size_t i = 0; i < most; i++) {
		const struct verdict *verdict = &verdict_of[resolved->addrs[family][i].pod];

		if (verdict->kind == VERDICT_NONE)
			continue;
		memcpy(keys + set.count * len, forms->keys[family] + i * len, len);
		comments[set.count] = forms->names[family][i];
		verdicts[set.count++] = *verdict;
	}
	set.size = lower_map_size(set.count);
	return set;
}

/* Adds each address of a pod paired with each; if @elements is NULL, the pairs are only counted. */
static size_t add_pairs(const struct resolved *resolved, const struct addr_forms *forms,
			enum family family, size_t pod, struct elements *elements)
{
	const uint32_t *first = &resolved->first_addr[family][pod];
	const uint32_t *own = &resolved->own_addrs[family][first[0]];
	size_t count = first[1] - first[0], len = family_len(family);

	for (size_t i = 0; elements && i < count * count; i++) {
		uint32_t from = own[i / count], to = own[i % count];
		uint8_t *key = add_element(elements, forms->names[family][from]);

		memcpy(key, forms->keys[family] + from * len, len);
		memcpy(key + len, forms->keys[family] + to * len, len);
	}
	return count * count;
}

/*
 * Is the pod in a map, so that it must be spared when it speaks to itself?  A pod that is closed
 * because it shares its address (model/shared_address.h) is not spared.
 */
static bool is_to_spare(const struct resolved *resolved,
			const struct verdict *const verdict_of[DIRECTIONS], size_t pod)
{
	if (resolved->objects->pods[pod].is_closed)
		return false;
	return verdict_of[INGRESS][pod].kind != VERDICT_NONE ||
	       verdict_of[EGRESS][pod].kind != VERDICT_NONE;
}

struct set lower_self_set_type(enum family family)
{
	return (struct set){
		.name = family == V4 ? "self.v4" : "self.v6",
		.comment = "a pod and itself",
		.fields = {addr_field(family, true), addr_field(family, false)},
		.field_count = 2,
	};
}

struct set lower_self_set(struct arena *arena, struct arena *scratch,
			  const struct resolved *resolved, const struct addr_forms *forms,
			  enum family family, const struct verdict *const verdict_of[DIRECTIONS])
{
	size_t pods = resolved->objects->pod_count, most = 0;
	struct elements elements;
	struct set set = lower_self_set_type(family);

	for (size_t i = 0; i < pods; i++)
		if (is_to_spare(resolved, verdict_of, i))
			most += add_pairs(resolved, forms, family, i, NULL);
	elements = room_for(scratch, most, set_key_len(&set));
	for (size_t i = 0; i < pods; i++)
		if (is_to_spare(resolved, verdict_of, i))
			add_pairs(resolved, forms, family, i, &elements);
	fill_elements(arena, scratch, &elements, &set);
	return set;
}
