/* Elements.  See lower_sets.h. */
#include "lower_sets.h"

#include "arena.h"
#include "lower_names.h"
#include "resolve_match.h"

#include <arpa/inet.h>
#include <stdlib.h>

const char **lower_pod_names(struct arena *arena, const struct resolved *resolved)
{
	const struct objects *objects = resolved->objects;
	const char **names = arena_array(arena, objects->pod_count, sizeof(*names));

	for (size_t i = 0; i < objects->pod_count; i++) {
		const struct pod *pod = &objects->pods[i];
		size_t namespace = strlen(pod->namespace), name = strlen(pod->name);
		char *text = arena_alloc(arena, namespace + name + 2);

		memcpy(text, pod->namespace, namespace);
		text[namespace] = '/';
		memcpy(text + namespace + 1, pod->name, name);
		names[i] = comment_fit(arena, text);
	}
	return names;
}

static enum field addr_field(enum family family, bool source)
{
	if (family == V4)
		return source ? FIELD_IP_SADDR : FIELD_IP_DADDR;
	return source ? FIELD_IP6_SADDR : FIELD_IP6_DADDR;
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

/* The addresses of all definitions, each once, ascending. */
static const uint32_t *merge_addrs(struct arena *arena, const struct resolved *resolved,
				   const struct peer_union *of, enum family family, size_t *count)
{
	struct bits all;
	uint32_t *merged;

	if (of->count == 1) {
		const struct definition *only = &resolved->definitions[of->definitions[0]];

		*count = only->count[family];
		return only->addrs[family];
	}
	all = bits_new(arena, resolved->addr_count[family]);
	*count = 0;
	for (size_t i = 0; i < of->count; i++) {
		const struct definition *definition = &resolved->definitions[of->definitions[i]];

		for (size_t k = 0; k < definition->count[family]; k++) {
			*count += !bits_has(&all, definition->addrs[family][k]);
			bits_set(&all, definition->addrs[family][k]);
		}
	}
	merged = arena_array(arena, *count, sizeof(*merged));
	*count = 0;
	for (size_t i = 0; (i = bits_next(&all, i)) < all.size; i++)
		merged[(*count)++] = (uint32_t)i;
	return merged;
}

static void fill_pods(struct arena *arena, const struct resolved *resolved,
		      const struct peer_union *of, enum family family, const char *const *pod_names,
		      struct set *set)
{
	const uint32_t *addrs = merge_addrs(arena, resolved, of, family, &set->count);
	size_t len = family_len(family);
	uint8_t *keys = arena_array(arena, set->count, len);
	const char **comments = arena_array(arena, set->count, sizeof(*comments));

	for (size_t i = 0; i < set->count; i++) {
		const struct pod_addr *addr = &resolved->addrs[family][addrs[i]];

		memcpy(keys + i * len, addr->bytes, len);
		comments[i] = pod_names[addr->pod];
	}
	set->keys = keys;
	set->comments = comments;
}

static void fill_ranges(struct arena *arena, const struct resolved *resolved,
			const struct peer_union *of, enum family family, struct set *set)
{
	struct range *all = NULL;
	size_t count = 0, len = family_len(family);
	uint8_t *keys, *ends;

	for (size_t i = 0; i < of->count; i++) {
		const struct definition *definition = &resolved->definitions[of->definitions[i]];

		for (size_t k = 0; k < definition->count[family]; k++)
			arena_push(arena, all, count, definition->ranges[family][k]);
	}
	if (of->count > 1)
		count = ranges_merge(all, count, family);
	keys = arena_array(arena, count, len);
	ends = arena_array(arena, count, len);
	for (size_t i = 0; i < count; i++) {
		memcpy(keys + i * len, all[i].first, len);
		memcpy(ends + i * len, all[i].last, len);
	}
	set->interval = true;
	set->count = count;
	set->keys = keys;
	set->ends = ends;
}

/* A key with the comment that goes with it, for sorting. */
struct element {
	uint8_t key[KEY_MAX];
	uint8_t len;
	const char *comment;
};

static int compare_elements(const void *a, const void *b)
{
	const struct element *x = a, *y = b;

	return key_compare(x->key, y->key, x->len, true);
}

/* Sorts as nft lists them, each key once, and splits keys from comments. */
static void fill_elements(struct arena *arena, struct element *elements, size_t count,
			  struct set *set)
{
	size_t len = set_key_len(set);
	uint8_t *keys = arena_array(arena, count, len);
	const char **comments = arena_array(arena, count, sizeof(*comments));

	if (count)
		qsort(elements, count, sizeof(*elements), compare_elements);
	set->count = 0;
	for (size_t i = 0; i < count; i++) {
		if (set->count && !memcmp(keys + (set->count - 1) * len, elements[i].key, len))
			continue;
		memcpy(keys + set->count * len, elements[i].key, len);
		comments[set->count++] = elements[i].comment;
	}
	set->keys = keys;
	set->comments = comments;
}

static void fill_named(struct arena *arena, const struct resolved *resolved,
		       const struct peer_union *of, enum family family,
		       const char *const *pod_names, struct set *set)
{
	size_t count = 0, len = family_len(family);
	struct element *elements = NULL;

	for (size_t i = 0; i < of->count; i++) {
		const struct definition *definition = &resolved->definitions[of->definitions[i]];

		for (size_t k = 0; k < definition->count[family]; k++) {
			const struct named_addr *named = &definition->named[family][k];
			const struct pod_addr *addr = &resolved->addrs[family][named->addr];
			struct element element = {.len = (uint8_t)(len + 8)};
			uint16_t port = htons(named->number);

			memcpy(element.key, addr->bytes, len);
			element.key[len] = (uint8_t)definition->protocol;
			memcpy(element.key + len + 4, &port, sizeof(port));
			element.comment = pod_names[addr->pod];
			arena_push(arena, elements, count, element);
		}
	}
	fill_elements(arena, elements, count, set);
}

struct set lower_peer_set(struct arena *arena, const struct resolved *resolved,
			  const struct peer_union *of_kind, enum definition_kind kind,
			  enum family family, enum direction direction,
			  const char *const *pod_names, bool *cut)
{
	struct set set = {
		.name = name_set(arena, resolved, of_kind->definitions, of_kind->count, kind,
				 family),
		.comment = comment_set(arena, resolved, of_kind->definitions, of_kind->count, cut),
		.fields = {addr_field(family, direction == INGRESS)},
		.field_count = 1,
	};

	switch (kind) {
	case DEFINITION_PODS:
		fill_pods(arena, resolved, of_kind, family, pod_names, &set);
		break;
	case DEFINITION_BLOCK:
		fill_ranges(arena, resolved, of_kind, family, &set);
		break;
	case DEFINITION_NAMED:
		set.fields[1] = FIELD_L4PROTO;
		set.fields[2] = FIELD_TH_DPORT;
		set.field_count = 3;
		fill_named(arena, resolved, of_kind, family, pod_names, &set);
		break;
	}
	return set;
}

/*
 * The kernel has a simpler hash table for sets of a known size: a packet's look-up in one takes some 25 ns
 * less.  Room for twice the elements, so that a table may become another without running full, and in steps
 * of two, so that a pod more changes elements alone.
 */
static uint32_t map_size(size_t count)
{
	uint32_t size = 1024;

	while (size < 2 * count)
		size *= 2;
	return size;
}

struct set lower_pod_map(struct arena *arena, const struct resolved *resolved, const char *name,
			 enum family family, enum direction direction,
			 const struct verdict *verdict_of, const char *const *pod_names)
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
		const struct pod_addr *addr = &resolved->addrs[family][i];

		if (verdict_of[addr->pod].kind == VERDICT_NONE)
			continue;
		memcpy(keys + set.count * len, addr->bytes, len);
		comments[set.count] = pod_names[addr->pod];
		verdicts[set.count++] = verdict_of[addr->pod];
	}
	set.size = map_size(set.count);
	return set;
}

struct set lower_self_set(struct arena *arena, const struct resolved *resolved, enum family family,
			  const struct verdict *verdict_of, const char *const *pod_names)
{
	size_t count = 0, len = family_len(family);
	struct element *elements = NULL;
	struct set set = {
		.name = family == V4 ? "self.v4" : "self.v6",
		.comment = "a pod and itself",
		.fields = {addr_field(family, true), addr_field(family, false)},
		.field_count = 2,
	};

	for (size_t pod = 0; pod < resolved->objects->pod_count; pod++) {
		const struct pod *of = &resolved->objects->pods[pod];

		for (size_t i = 0; i < of->addr_count * of->addr_count; i++) {
			const struct addr *from = &of->addrs[i / of->addr_count];
			const struct addr *to = &of->addrs[i % of->addr_count];
			struct element element = {.len = (uint8_t)(2 * len),
						  .comment = pod_names[pod]};

			if (verdict_of[pod].kind == VERDICT_NONE || from->family != family ||
			    to->family != family)
				continue;
			memcpy(element.key, from->bytes, len);
			memcpy(element.key + len, to->bytes, len);
			arena_push(arena, elements, count, element);
		}
	}
	fill_elements(arena, elements, count, &set);
	return set;
}
