/*
 * Finds stretches of addresses and their classes.
 *
 * The hard idea: addresses are put into classes by exact keys only.  What holds for many addresses
 * at once (ipBlocks, and elements that are intervals) is not listed for each address; instead all
 * stretches between two places where such a thing begins or ends have the same region number, which
 * is a part of the key.
 */
#include "verify/stretches.h"

#include "base/arena.h"
#include "base/search.h"
#include "lower/closed_ranges.h"

#include <stdlib.h>

/* An address where something begins, or the first address behind its end. */
struct boundary {
	uint8_t bytes[16];
	bool of_many; /* a block or an interval, not a single address, begins or ends here */
};

struct stretch_cutting {
	struct arena *arena;
	const struct objects *objects;
	enum family family;
	struct stretches *stretches;
	struct boundary *boundaries;
	size_t boundary_count;
	struct growing_stretch {
		uint32_t *pods;
		size_t pod_count;
		uint32_t *nodes;
		size_t node_count;
		struct stretch_element *elements;
		size_t element_count;
	} * growing; /* index: stretch */
	struct table identities, meanings, classes;
};

int set_addr_offset(const struct set *set, enum family family)
{
	const enum field type = family == V4 ? FIELD_IP_SADDR : FIELD_IP6_SADDR;
	int offset = 0;

	for (size_t i = 0; i < set->field_count; i++) {
		if (field_type(set->fields[i]) == type)
			return offset;
		offset += (int)((field_len(set->fields[i]) + 3) & ~(size_t)3);
	}
	return -1;
}

/* Returns false if there is no further address. */
static bool step_on(uint8_t *bytes, size_t len)
{
	for (size_t i = len; i-- > 0;)
		if (++bytes[i])
			return true;
	return false;
}

static void add_boundaries(struct stretch_cutting *cutting, const uint8_t *first,
			   const uint8_t *last, bool of_many)
{
	const size_t len = family_len(cutting->family);
	struct boundary boundary = {.of_many = of_many};

	memcpy(boundary.bytes, first, len);
	arena_push(cutting->arena, cutting->boundaries, cutting->boundary_count, boundary);
	memcpy(boundary.bytes, last, len);
	if (step_on(boundary.bytes, len))
		arena_push(cutting->arena, cutting->boundaries, cutting->boundary_count, boundary);
}

static void add_cidr(struct stretch_cutting *cutting, const struct cidr *cidr)
{
	const struct range range = cidr_range(cidr);

	if (cidr->base.family == cutting->family)
		add_boundaries(cutting, range.first, range.last, true);
}

static void add_blocks(struct stretch_cutting *cutting, const struct peer *peers, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		if (peers[i].kind != PEER_BLOCK)
			continue;
		add_cidr(cutting, &peers[i].cidr);
		for (size_t e = 0; e < peers[i].except_count; e++)
			add_cidr(cutting, &peers[i].excepts[e]);
	}
}

static void add_policy(struct stretch_cutting *cutting, const struct policy *policy)
{
	for (enum direction direction = INGRESS; direction < DIRECTIONS; direction++)
		for (size_t i = 0; i < policy->rule_count[direction]; i++)
			add_blocks(cutting, policy->rules[direction][i].peers,
				   policy->rules[direction][i].peer_count);
}

static void add_cluster_policy(struct stretch_cutting *cutting, const struct cluster_policy *policy)
{
	for (enum direction direction = INGRESS; direction < DIRECTIONS; direction++)
		for (size_t i = 0; i < policy->rule_count[direction]; i++)
			add_blocks(cutting, policy->rules[direction][i].peers,
				   policy->rules[direction][i].peer_count);
}

/* Makes each of these addresses a stretch of its own. */
static void add_addrs(struct stretch_cutting *cutting, const struct addr *addrs, size_t count)
{
	for (size_t i = 0; i < count; i++)
		if (addrs[i].family == cutting->family)
			add_boundaries(cutting, addrs[i].bytes, addrs[i].bytes, false);
}

static void add_set_boundaries(struct stretch_cutting *cutting, const struct set *set)
{
	const int offset = set_addr_offset(set, cutting->family);
	const size_t len = set_key_len(set), addr_len = family_len(cutting->family);

	for (size_t i = 0; offset >= 0 && i < set->count; i++) {
		const uint8_t *first = set->keys + i * len + offset;
		const uint8_t *last = set->ends ? set->ends + i * len + offset : first;

		add_boundaries(cutting, first, last, set->interval);
		if (set_is_of_pairs(set))
			add_boundaries(cutting, first + addr_len, last + addr_len, false);
	}
}

static int compare_boundaries(const void *a, const void *b)
{
	return memcmp(((const struct boundary *)a)->bytes, ((const struct boundary *)b)->bytes, 16);
}

/*
 * Sorts the boundaries and removes repetitions; the region number goes up at those of blocks and
 * intervals.
 */
static void make_ends(struct stretch_cutting *cutting)
{
	static const uint8_t nothing[16];
	struct stretches *stretches = cutting->stretches;
	uint32_t region = 0;

	add_boundaries(cutting, nothing, nothing, false);
	qsort(cutting->boundaries, cutting->boundary_count, sizeof(*cutting->boundaries),
	      compare_boundaries);
	stretches->items =
		arena_array(cutting->arena, cutting->boundary_count, sizeof(*stretches->items));
	for (size_t i = 0; i < cutting->boundary_count; i++) {
		const bool fresh = i == 0 || compare_boundaries(&cutting->boundaries[i],
								&cutting->boundaries[i - 1]);
		struct stretch *end =
			&stretches->items[fresh ? stretches->count++ : stretches->count - 1];

		end->words.addr.family = cutting->family;
		memcpy(end->words.addr.bytes, cutting->boundaries[i].bytes, 16);
		region += cutting->boundaries[i].of_many;
		end->region = region;
	}
	cutting->growing = arena_array(cutting->arena, stretches->count, sizeof(*cutting->growing));
}

/* The index of the stretch that has the address. */
static size_t find_end(const struct stretches *stretches, enum family family, const uint8_t *addr)
{
	const size_t len = family_len(family);

	/* The first stretch begins at the family's lowest address. */
	return FIRST_WHERE(i, stretches->count,
			   memcmp(stretches->items[i].words.addr.bytes, addr, len) > 0) -
	       1;
}

const struct stretch *stretches_find(const struct stretches *stretches, const struct addr *addr)
{
	return &stretches->items[find_end(stretches, addr->family, addr->bytes)];
}

static struct growing_stretch *growing_at(const struct stretch_cutting *cutting,
					  const uint8_t *addr)
{
	return &cutting->growing[find_end(cutting->stretches, cutting->family, addr)];
}

/* Adds the pod with this number to all addresses of the pod @of that do not have it yet. */
static void add_pod(struct stretch_cutting *cutting, uint32_t number, const struct pod *of)
{
	for (size_t k = 0; k < of->addr_count; k++) {
		struct growing_stretch *at;

		if (of->addrs[k].family != cutting->family)
			continue;
		at = growing_at(cutting, of->addrs[k].bytes);
		if (!at->pod_count || at->pods[at->pod_count - 1] != number)
			arena_push(cutting->arena, at->pods, at->pod_count, number);
	}
}

/*
 * Adds each pod to its addresses.  Packets do not tell pods that share an address from each other,
 * so each of these pods is also added to the addresses that only another one of them has.
 */
static void add_pods(struct stretch_cutting *cutting)
{
	const struct objects *objects = cutting->objects;

	for (uint32_t i = 0; i < objects->pod_count; i++) {
		const struct pod *pod = &objects->pods[i];

		add_pod(cutting, i, pod);
		for (size_t k = 0; pod->shares && k < objects->pod_count; k++)
			if (objects->pods[k].shares == pod->shares)
				add_pod(cutting, i, &objects->pods[k]);
	}
}

static void add_nodes(struct stretch_cutting *cutting)
{
	for (uint32_t i = 0; i < cutting->objects->node_count; i++) {
		const struct cluster_node *node = &cutting->objects->nodes[i];

		for (size_t k = 0; k < node->addr_count; k++) {
			struct growing_stretch *at;

			if (node->addrs[k].family != cutting->family)
				continue;
			at = growing_at(cutting, node->addrs[k].bytes);
			arena_push(cutting->arena, at->nodes, at->node_count, i);
		}
	}
}

/* Returns a number for the set, the verdict, and the key without its address. */
static uint32_t meaning_of(struct stretch_cutting *cutting, uint32_t number, size_t element,
			   size_t offset, size_t addr_len)
{
	const struct set *set = cutting->stretches->sets[number];
	const size_t len = set_key_len(set);
	const struct verdict *verdict = set->verdicts ? &set->verdicts[element] : NULL;
	struct string text = {0};
	uint8_t key[KEY_MAX];

	memcpy(key, set->keys + element * len, len);
	if (!set_is_of_pairs(set))
		memset(key + offset, 0, addr_len);
	arena_append(cutting->arena, &text, "%u %d %s ", number, verdict ? (int)verdict->kind : -1,
		     verdict && verdict->chain ? verdict->chain : "");
	for (size_t i = 0; i < len; i++)
		arena_append(cutting->arena, &text, "%02x", key[i]);
	return table_keep(&cutting->meanings, text.text, text.len, NULL);
}

/*
 * Is it a pair of a pod with itself? Such elements do not separate classes; they are asked about
 * one by one.
 */
static bool is_of_itself(const struct stretch_cutting *cutting, const struct set *set,
			 size_t element)
{
	const size_t len = family_len(cutting->family);
	const uint8_t *key = set->keys + element * set_key_len(set);
	const struct growing_stretch *a, *b;

	if (!set_is_of_pairs(set))
		return false;
	a = growing_at(cutting, key);
	b = growing_at(cutting, key + len);
	for (size_t i = 0; i < a->pod_count; i++)
		for (size_t k = 0; k < b->pod_count; k++)
			if (a->pods[i] == b->pods[k])
				return true;
	return false;
}

static void add_element(struct stretch_cutting *cutting, uint32_t number, size_t element,
			size_t offset)
{
	const struct set *set = cutting->stretches->sets[number];
	const uint8_t *addr = set->keys + element * set_key_len(set) + offset;
	struct growing_stretch *at = growing_at(cutting, addr);
	const struct stretch_element found = {
		.set = number,
		.element = (uint32_t)element,
		.meaning =
			meaning_of(cutting, number, element, offset, family_len(cutting->family)),
	};

	arena_push(cutting->arena, at->elements, at->element_count, found);
}

static void add_elements(struct stretch_cutting *cutting, uint32_t number)
{
	const struct set *set = cutting->stretches->sets[number];
	const int offset = set_addr_offset(set, cutting->family);

	if (offset < 0 || set->interval)
		return;
	for (size_t i = 0; i < set->count; i++) {
		if (is_of_itself(cutting, set, i))
			continue;
		add_element(cutting, number, i, (size_t)offset);
		if (set_is_of_pairs(set))
			add_element(cutting, number, i,
				    (size_t)offset + family_len(cutting->family));
	}
}

static void add_set(struct stretch_cutting *cutting, const struct set *set)
{
	struct stretches *stretches = cutting->stretches;
	bool added;

	table_add(&stretches->set_numbers, &set, sizeof(set), &added);
	if (!added)
		return;
	arena_push(cutting->arena, stretches->sets, stretches->set_count, set);
	add_set_boundaries(cutting, set);
}

static void add_sets(struct stretch_cutting *cutting, const struct ruleset *ruleset)
{
	for (size_t i = 0; i < ruleset->set_count; i++)
		add_set(cutting, &ruleset->sets[i]);
	for (size_t i = 0; i < ruleset->chain_count; i++)
		for (size_t k = 0; k < ruleset->chains[i].rule_count; k++)
			if (ruleset->chains[i].rules[k].kind == RULE_LOOKUP)
				add_set(cutting, ruleset->chains[i].rules[k].set);
}

static void append_labels(struct stretch_cutting *cutting, struct string *text,
			  const struct label *labels, size_t count)
{
	for (size_t i = 0; i < count; i++)
		arena_append(cutting->arena, text, "%u=%u ", labels[i].key, labels[i].value);
}

/* A number for everything about the pods and nodes at a stretch that a policy can ask for. */
static uint32_t identity_of(struct stretch_cutting *cutting, const struct growing_stretch *at)
{
	struct string text = {0};

	for (size_t i = 0; i < at->pod_count; i++) {
		const struct pod *pod = &cutting->objects->pods[at->pods[i]];

		arena_append(cutting->arena, &text, "%s/%s;", pod->namespace, pod->node);
		append_labels(cutting, &text, pod->labels, pod->label_count);
		for (size_t k = 0; k < pod->port_count; k++)
			arena_append(cutting->arena, &text, ";%s %d %u", pod->ports[k].name,
				     (int)pod->ports[k].protocol, pod->ports[k].number);
		arena_add(cutting->arena, &text, "\n");
	}
	for (size_t i = 0; i < at->node_count; i++) {
		const struct cluster_node *node = &cutting->objects->nodes[at->nodes[i]];

		arena_add(cutting->arena, &text, "node ");
		append_labels(cutting, &text, node->labels, node->label_count);
		arena_add(cutting->arena, &text, "\n");
	}
	return table_keep(&cutting->identities, text.text ? text.text : "", text.len, NULL);
}

static void classify(struct stretch_cutting *cutting, size_t i)
{
	struct stretches *stretches = cutting->stretches;
	struct stretch *end = &stretches->items[i];
	const size_t size = (2 + end->element_count) * sizeof(uint32_t);
	uint32_t *key = arena_alloc(cutting->arena, size);
	bool added;

	key[0] = end->region;
	key[1] = end->identity;
	for (size_t k = 0; k < end->element_count; k++)
		key[2 + k] = end->elements[k].meaning;
	end->class = table_keep(&cutting->classes, key, size, &added);
	if (added)
		arena_push(cutting->arena, stretches->classes, stretches->class_count,
			   ((struct stretch_class){(uint32_t)i, (uint32_t)i}));
	else if (stretches->classes[end->class].second == stretches->classes[end->class].first)
		stretches->classes[end->class].second = (uint32_t)i;
}

struct stretches *stretches_new(struct arena *arena, const struct objects *objects,
				const struct closed_ranges *closed, const struct ruleset *ruleset,
				enum family family)
{
	struct stretches *stretches = arena_alloc(arena, sizeof(*stretches));
	struct stretch_cutting cutting = {.arena = arena,
					  .objects = objects,
					  .family = family,
					  .stretches = stretches,
					  .identities.arena = arena,
					  .meanings.arena = arena,
					  .classes.arena = arena};

	stretches->set_numbers.arena = arena;
	for (size_t i = 0; i < objects->policy_count; i++)
		add_policy(&cutting, &objects->policies[i]);
	for (size_t i = 0; i < objects->cluster_policy_count; i++)
		add_cluster_policy(&cutting, &objects->cluster_policies[i]);
	for (size_t i = 0; i < objects->pod_count; i++)
		add_addrs(&cutting, objects->pods[i].addrs, objects->pods[i].addr_count);
	for (size_t i = 0; i < objects->node_count; i++)
		add_addrs(&cutting, objects->nodes[i].addrs, objects->nodes[i].addr_count);
	for (size_t i = 0; i < closed->count[family]; i++)
		add_boundaries(&cutting, closed->ranges[family][i].first,
			       closed->ranges[family][i].last, true);
	add_sets(&cutting, ruleset);
	make_ends(&cutting);
	add_pods(&cutting);
	add_nodes(&cutting);
	for (size_t i = 0; i < stretches->set_count; i++)
		add_elements(&cutting, (uint32_t)i);
	for (size_t i = 0; i < stretches->count; i++) {
		const struct growing_stretch *at = &cutting.growing[i];

		stretches->items[i].words.pods = at->pods;
		stretches->items[i].words.pod_count = at->pod_count;
		stretches->items[i].words.nodes = at->nodes;
		stretches->items[i].words.node_count = at->node_count;
		stretches->items[i].elements = at->elements;
		stretches->items[i].element_count = at->element_count;
		stretches->items[i].identity = identity_of(&cutting, at);
		classify(&cutting, i);
	}
	return stretches;
}

uint32_t stretches_set(const struct stretches *stretches, const struct set *set)
{
	return table_find(&stretches->set_numbers, &set, sizeof(set));
}
