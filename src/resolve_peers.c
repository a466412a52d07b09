/* Definitions and grants.  See resolve_peers.h. */
#include "resolve_peers.h"

#include "arena.h"

#include <stdlib.h>

struct maker {
	struct arena *arena;
	const struct match_index *index;
	struct resolved *resolved;
	struct table texts;
	struct table lists; /* the bytes of a peer list, to its number */
	uint32_t *named;    /* the peer list of each rule, for the sum */
	size_t named_count;
};

static int compare_addrs(const void *a, const void *b)
{
	return memcmp(((const struct pod_addr *)a)->bytes, ((const struct pod_addr *)b)->bytes, 16);
}

void resolve_addresses(struct arena *arena, struct resolved *resolved)
{
	const struct objects *objects = resolved->objects;
	size_t *count = resolved->addr_count;

	for (size_t i = 0; i < objects->pod_count; i++)
		for (size_t k = 0; k < objects->pods[i].addr_count; k++)
			count[objects->pods[i].addrs[k].family]++;
	for (enum family family = V4; family < FAMILIES; family++) {
		resolved->addrs[family] =
			arena_array(arena, count[family], sizeof(struct pod_addr));
		count[family] = 0;
	}
	for (size_t i = 0; i < objects->pod_count; i++) {
		for (size_t k = 0; k < objects->pods[i].addr_count; k++) {
			const struct addr *addr = &objects->pods[i].addrs[k];
			struct pod_addr *at = &resolved->addrs[addr->family][count[addr->family]++];

			memcpy(at->bytes, addr->bytes, sizeof(at->bytes));
			at->pod = (uint32_t)i;
		}
	}
	for (enum family family = V4; family < FAMILIES; family++)
		qsort(resolved->addrs[family], count[family], sizeof(struct pod_addr),
		      compare_addrs);
}

/* A selector in kubectl's notation: app=web,tier in (a,b),!old */
static const char *selector_text(struct arena *arena, const struct objects *objects,
				 const struct selector *selector)
{
	struct string text = {0};

	for (size_t i = 0; i < selector->count; i++) {
		const struct requirement *requirement = &selector->requirements[i];
		const char *key = objects->string_of[requirement->key];
		const char *comma = i ? "," : "";

		switch (requirement->op) {
		case OP_EXISTS:
			arena_append(arena, &text, "%s%s", comma, key);
			continue;
		case OP_DOES_NOT_EXIST:
			arena_append(arena, &text, "%s!%s", comma, key);
			continue;
		case OP_IN:
			if (requirement->count == 1) {
				arena_append(arena, &text, "%s%s=%s", comma, key,
					     objects->string_of[requirement->values[0]]);
				continue;
			}
			arena_append(arena, &text, "%s%s in (", comma, key);
			break;
		case OP_NOT_IN:
			arena_append(arena, &text, "%s%s notin (", comma, key);
			break;
		}
		for (size_t k = 0; k < requirement->count; k++)
			arena_append(arena, &text, "%s%s", k ? "," : "",
				     objects->string_of[requirement->values[k]]);
		arena_append(arena, &text, ")");
	}
	return text.text ? text.text : "";
}

/* The value if the selector is kubernetes.io/metadata.name=VALUE and nothing else. */
static const char *only_name(const struct objects *objects, const struct selector *selector)
{
	const struct requirement *requirement = selector->requirements;
	const char *name;

	if (selector->count != 1 || requirement->op != OP_IN || requirement->count != 1 ||
	    strcmp(objects->string_of[requirement->key], NAMESPACE_NAME_LABEL) != 0)
		return NULL;
	name = objects->string_of[requirement->values[0]];
	/* A label's value may be what no namespace can be called. */
	return *name && strspn(name, "abcdefghijklmnopqrstuvwxyz0123456789-") == strlen(name)
		       ? name
		       : NULL;
}

const char *definition_namespace(const struct objects *objects, const struct definition *definition)
{
	const struct peer *peer = definition->peer;

	return peer->namespaces ? only_name(objects, peer->namespaces) : definition->namespace;
}

const char *pods_in_words(struct arena *arena, const struct objects *objects,
			  const struct peer *peer, const char *namespace)
{
	const char *only = peer->namespaces ? only_name(objects, peer->namespaces) : namespace;
	const char *pods =
		peer->pods->count
			? arena_printf(arena, "pods %s", selector_text(arena, objects, peer->pods))
			: "all pods";

	if (only)
		return arena_printf(arena, "%s in %s", pods, only);
	if (!peer->namespaces->count)
		return arena_printf(arena, "%s in all namespaces", pods);
	return arena_printf(arena, "%s in namespaces %s", pods,
			    selector_text(arena, objects, peer->namespaces));
}

static const char *block_text(struct arena *arena, const struct peer *peer)
{
	struct string text = {0};
	char cidr[CIDR_TEXT];

	cidr_text(&peer->cidr, cidr);
	arena_append(arena, &text, "%s", cidr);
	for (size_t i = 0; i < peer->except_count; i++) {
		cidr_text(&peer->excepts[i], cidr);
		arena_append(arena, &text, "%s%s", i ? ", " : " except ", cidr);
	}
	return text.text;
}

static const char *protocol_name(enum protocol protocol)
{
	return protocol == TCP ? "TCP" : protocol == UDP ? "UDP" : "SCTP";
}

/* The number of the definition of @peer, with a port name or not. */
static uint32_t define(struct maker *maker, const struct peer *peer, const char *namespace,
		       const struct port *port)
{
	const struct objects *objects = maker->resolved->objects;
	struct resolved *resolved = maker->resolved;
	struct definition definition = {.peer = peer, .namespace = namespace};
	const char *text = peer->kind == PEER_BLOCK
				   ? block_text(maker->arena, peer)
				   : pods_in_words(maker->arena, objects, peer, namespace);
	uint32_t number;
	bool added;

	definition.kind = peer->kind == PEER_BLOCK ? DEFINITION_BLOCK : DEFINITION_PODS;
	if (port) {
		definition.kind = DEFINITION_NAMED;
		definition.port_name = port->name;
		definition.protocol = port->protocol;
		text = arena_printf(maker->arena, "port %s/%s of %s%s", port->name,
				    protocol_name(port->protocol),
				    peer->kind == PEER_BLOCK ? "pods in " : "", text);
	}
	definition.text = text;
	number = table_add(&maker->texts, text, strlen(text), &added);
	if (added)
		arena_push(maker->arena, resolved->definitions, resolved->definition_count,
			   definition);
	return number;
}

/* A named port without peers: it is never one of an address outside the cluster. */
static const struct selector everything;
static const struct peer any_pod = {
	.kind = PEER_PODS, .namespaces = &everything, .pods = &everything};

static int compare_numbers(const void *a, const void *b)
{
	uint32_t x = *(const uint32_t *)a, y = *(const uint32_t *)b;

	return (x > y) - (x < y);
}

/* Sorts, and leaves each once. */
static size_t sort_numbers(uint32_t *numbers, size_t count)
{
	size_t kept = 0;

	if (count)
		qsort(numbers, count, sizeof(*numbers), compare_numbers);
	for (size_t i = 0; i < count; i++)
		if (!kept || numbers[i] != numbers[kept - 1])
			numbers[kept++] = numbers[i];
	return kept;
}

/* The number of the list of the rule's peers, with a port's name or not. */
static uint32_t list_peers(struct maker *maker, const struct policy_rule *rule,
			   const char *namespace, const struct port *named)
{
	struct resolved *resolved = maker->resolved;
	size_t count = rule->peer_count ? rule->peer_count : 1;
	uint32_t *list = arena_array(maker->arena, count, sizeof(*list)), number;
	bool added;

	for (size_t i = 0; i < count; i++)
		list[i] = define(maker, rule->peer_count ? &rule->peers[i] : &any_pod, namespace,
				 named);
	count = sort_numbers(list, count);
	number = table_add(&maker->lists, list, count * sizeof(*list), &added);
	if (added)
		arena_push(maker->arena, resolved->peer_lists, resolved->peer_list_count,
			   ((struct peer_list){list, count}));
	arena_push(maker->arena, maker->named, maker->named_count, number);
	return number;
}

static void add_grant(struct maker *maker, struct policy_grants *grants, struct grant grant)
{
	arena_push(maker->arena, grants->grants, grants->count, grant);
}

static void add_rule(struct maker *maker, uint32_t policy, const struct policy_rule *rule,
		     enum direction direction)
{
	const char *namespace = maker->resolved->objects->policies[policy].namespace;
	struct policy_grants *grants = &maker->resolved->grants[direction][policy];
	uint32_t peers = rule->peer_count ? TABLE_NONE : ANYTHING;
	bool made = rule->peer_count == 0;

	for (size_t i = 0; i < rule->port_count || i == 0; i++) {
		const struct port *port = rule->port_count ? &rule->ports[i] : NULL;

		if (port && port->name && direction == EGRESS) {
			/* The numbers are the peers' own, so they stand beside their addresses. */
			add_grant(maker, grants,
				  (struct grant){.peers = list_peers(maker, rule, namespace, port),
						 .last = 65535,
						 .policy = policy});
			continue;
		}
		if (!made)
			peers = list_peers(maker, rule, namespace, NULL);
		made = true;
		add_grant(maker, grants,
			  (struct grant){.port_name = port ? port->name : NULL,
					 .peers = peers,
					 .policy = policy,
					 .first = port ? port->first : 0,
					 .last = port ? port->last : 65535,
					 .protocol = port ? port->protocol : PROTOCOL_ANY});
	}
}

static int compare_definitions(const void *a, const void *b)
{
	const struct definition *x = a, *y = b;

	return strcmp(x->text, y->text);
}

/* Numbers definitions in the order of their texts. */
static void sort_definitions(struct maker *maker)
{
	struct resolved *resolved = maker->resolved;
	uint32_t *moved = arena_array(maker->arena, resolved->definition_count, sizeof(*moved));

	if (resolved->definition_count)
		qsort(resolved->definitions, resolved->definition_count,
		      sizeof(*resolved->definitions), compare_definitions);
	for (size_t i = 0; i < resolved->definition_count; i++) {
		const char *text = resolved->definitions[i].text;

		moved[table_find(&maker->texts, text, strlen(text))] = (uint32_t)i;
	}
	for (size_t i = 0; i < resolved->peer_list_count; i++) {
		struct peer_list *list = &resolved->peer_lists[i];
		uint32_t *renumbered = arena_array(maker->arena, list->count, sizeof(*renumbered));

		for (size_t k = 0; k < list->count; k++)
			renumbered[k] = moved[list->definitions[k]];
		list->count = sort_numbers(renumbered, list->count);
		list->definitions = renumbered;
	}
}

/* What of the block is left by its excepts. */
static void cut_block(struct arena *arena, const struct peer *peer, struct definition *definition)
{
	enum family family = peer->cidr.base.family;
	struct range *holes = arena_array(arena, peer->except_count, sizeof(*holes)), *ranges;
	size_t count;

	for (size_t i = 0; i < peer->except_count; i++)
		holes[i] = cidr_range(&peer->excepts[i]);
	count = ranges_merge(holes, peer->except_count, family);
	ranges = arena_array(arena, count + 1, sizeof(*ranges));
	definition->count[family] =
		range_cut(cidr_range(&peer->cidr), holes, count, family, ranges);
	definition->ranges[family] = ranges;
}

/* Sets the bits of the pods that the definition's peer means. */
static void match_peer(const struct maker *maker, const struct definition *definition,
		       struct bits *namespaces, struct bits *pods)
{
	const struct peer *peer = definition->peer;

	if (peer->kind == PEER_PODS && peer->namespaces) {
		bits_clear(namespaces);
		match_namespaces(maker->index, peer->namespaces, namespaces);
		match_pods(maker->index, namespaces, peer->pods, pods);
	} else if (peer->kind == PEER_PODS) {
		match_pods_in(maker->index, match_namespace(maker->index, definition->namespace),
			      peer->pods, pods);
	}
}

/* Sets the bits of the addresses (of one family) of the pods, or of those in the block. */
static void match_addrs(const struct maker *maker, const struct definition *definition,
			enum family family, const struct bits *pods, uint32_t *const *addrs_of,
			struct bits *addrs)
{
	const struct resolved *resolved = maker->resolved;
	const struct peer *peer = definition->peer;

	bits_clear(addrs);
	if (peer->kind == PEER_PODS) {
		for (size_t i = 0; (i = bits_next(pods, i)) < pods->size; i++)
			for (const uint32_t *at = &addrs_of[family][i]; *at != UINT32_MAX;
			     at = &addrs_of[FAMILIES + family][*at])
				bits_set(addrs, *at);
		return;
	}
	for (size_t i = 0; i < resolved->addr_count[family]; i++) {
		struct addr addr = {.family = family};

		memcpy(addr.bytes, resolved->addrs[family][i].bytes, sizeof(addr.bytes));
		for (size_t k = 0; k < definition->count[family]; k++)
			if (range_has(&definition->ranges[family][k], &addr))
				bits_set(addrs, i);
	}
}

static size_t bits_count(const struct bits *bits)
{
	size_t count = 0;

	for (size_t i = 0; i <= bits->size / 64; i++)
		count += (size_t)__builtin_popcountll(bits->words[i]);
	return count;
}

static void store_addrs(struct arena *arena, const struct bits *addrs, enum family family,
			struct definition *definition)
{
	uint32_t *list = arena_array(arena, bits_count(addrs), sizeof(*list));
	size_t count = 0;

	for (size_t i = 0; (i = bits_next(addrs, i)) < addrs->size; i++)
		list[count++] = (uint32_t)i;
	definition->addrs[family] = list;
	definition->count[family] = count;
}

/* Each address with each number that the pod gives to the port's name. */
static void store_named(struct arena *arena, const struct resolved *resolved,
			const struct bits *addrs, enum family family, struct definition *definition)
{
	struct named_addr *list = NULL;
	size_t count = 0;

	for (size_t i = 0; (i = bits_next(addrs, i)) < addrs->size; i++) {
		const struct pod *pod = &resolved->objects->pods[resolved->addrs[family][i].pod];

		for (size_t k = 0; k < pod->port_count; k++) {
			const struct pod_port *port = &pod->ports[k];

			if (port->protocol == definition->protocol &&
			    !strcmp(port->name, definition->port_name))
				arena_push(arena, list, count,
					   ((struct named_addr){(uint32_t)i, port->number}));
		}
	}
	definition->named[family] = list;
	definition->count[family] = count;
}

/* For each pod, the chain of its addresses: [family] begins it, [FAMILIES + family] goes on. */
static void chain_addrs(struct arena *arena, const struct resolved *resolved, uint32_t **addrs_of)
{
	size_t pods = resolved->objects->pod_count;

	for (enum family family = V4; family < FAMILIES; family++) {
		size_t count = resolved->addr_count[family];
		uint32_t *first = arena_array(arena, pods, sizeof(*first));
		uint32_t *next = arena_array(arena, count, sizeof(*next));

		memset(first, 0xff, pods * sizeof(*first));
		for (size_t i = count; i-- > 0;) {
			next[i] = first[resolved->addrs[family][i].pod];
			first[resolved->addrs[family][i].pod] = (uint32_t)i;
		}
		addrs_of[family] = first;
		addrs_of[FAMILIES + family] = next;
	}
}

static void find_addresses(struct maker *maker)
{
	struct resolved *resolved = maker->resolved;
	struct arena *arena = maker->arena;
	struct bits pods = bits_new(arena, resolved->objects->pod_count);
	struct bits namespaces = bits_new(arena, match_namespace_count(maker->index));
	struct bits addrs[FAMILIES];
	uint32_t *addrs_of[2 * FAMILIES];

	for (enum family family = V4; family < FAMILIES; family++)
		addrs[family] = bits_new(arena, resolved->addr_count[family]);
	chain_addrs(arena, resolved, addrs_of);
	for (size_t i = 0; i < resolved->definition_count; i++) {
		struct definition *definition = &resolved->definitions[i];

		if (definition->peer->kind == PEER_BLOCK)
			cut_block(arena, definition->peer, definition);
		if (definition->kind == DEFINITION_BLOCK)
			continue;
		bits_clear(&pods);
		match_peer(maker, definition, &namespaces, &pods);
		for (enum family family = V4; family < FAMILIES; family++) {
			match_addrs(maker, definition, family, &pods, addrs_of, &addrs[family]);
			if (definition->kind == DEFINITION_NAMED)
				store_named(arena, resolved, &addrs[family], family, definition);
			else
				store_addrs(arena, &addrs[family], family, definition);
		}
	}
}

bool definition_has(const struct definition *definition, enum family family)
{
	const struct peer *peer = definition->peer;

	return peer->kind == PEER_PODS || peer->cidr.base.family == family;
}

void resolve_peers(struct arena *arena, const struct match_index *index, const struct bits *wanted,
		   struct resolved *resolved)
{
	const struct objects *objects = resolved->objects;
	struct maker maker = {.arena = arena,
			      .index = index,
			      .resolved = resolved,
			      .texts = {.arena = arena},
			      .lists = {.arena = arena}};

	for (enum direction direction = INGRESS; direction < DIRECTIONS; direction++) {
		resolved->grants[direction] =
			arena_array(arena, objects->policy_count, sizeof(struct policy_grants));
		for (size_t i = 0; (i = bits_next(wanted, i)) < objects->policy_count; i++) {
			const struct policy *policy = &objects->policies[i];

			for (size_t k = 0; k < policy->rule_count[direction]; k++)
				add_rule(&maker, (uint32_t)i, &policy->rules[direction][k],
					 direction);
		}
	}
	sort_definitions(&maker);
	find_addresses(&maker);
	for (size_t i = 0; i < maker.named_count; i++) {
		const struct peer_list *list = &resolved->peer_lists[maker.named[i]];

		for (size_t k = 0; k < list->count; k++)
			for (enum family family = V4; family < FAMILIES; family++)
				resolved->peer_sum +=
					resolved->definitions[list->definitions[k]].count[family];
	}
}
