/*
 * Goes through the definitions that mean an owner, and to the sets that use them.  Sets of first
 * matches are asked when all others are through, each once.
 */
#include "pipeline/owners.h"

#include "base/arena.h"
#include "base/search.h"
#include "lower/first_match.h"
#include "lower/names.h"
#include "model/meaning.h"

#include <arpa/inet.h>

/* The name of the first of the nodes. */
static const char *first_node_name(const struct census *census, const struct number_list *nodes)
{
	uint32_t first = nodes->items[0];

	for (size_t i = 1; i < nodes->count; i++)
		if (strcmp(census_node(census, nodes->items[i])->name,
			   census_node(census, first)->name) < 0)
			first = nodes->items[i];
	return census->node_names[first];
}

struct owners owners_of(struct census *census, uint32_t pod, const struct addr *addr)
{
	struct owners owners = {
		.pod = pod,
		.nodes = census_nodes_at(census, addr),
		.addr = addr,
	};

	if (pod != TABLE_NONE) {
		owners.selectors = selectors_of(census->peers, census->places[pod].identity,
						&owners.selector_count);
		owners.comment =
			comment_fit(census->arena, census->store.pods.keys.keys[pod].bytes);
	} else if (owners.nodes->count) {
		owners.comment = first_node_name(census, owners.nodes);
	}
	return owners;
}

/* Does a definition of nodes mean one of them? */
static bool means_nodes(const struct census *census, const struct definition *definition,
			const struct owners *owners)
{
	for (size_t i = 0; i < owners->nodes->count; i++) {
		const struct cluster_node *node = census_node(census, owners->nodes->items[i]);

		if (selector_matches(definition->peer->nodes, node->labels, node->label_count))
			return true;
	}
	return false;
}

static void give(struct taker *taker, struct member_set *set, const uint8_t key[KEY_MAX],
		 const char *comment)
{
	struct member member = {.set = set, .comment = comment};

	memcpy(member.key, key, KEY_MAX);
	taker->take(taker, &member);
}

/* Notes that a set of first matches must be asked about the address. */
static void note_first(struct taker *taker, struct arena *arena, struct member_set *set)
{
	for (size_t i = 0; i < taker->first_count; i++)
		if (taker->firsts[i] == set)
			return;
	if (taker->first_count == taker->first_size) {
		struct member_set **larger;

		taker->first_size = taker->first_size ? 2 * taker->first_size : 8;
		larger = arena_array(arena, taker->first_size, sizeof(struct member_set *));
		if (taker->first_count)
			memcpy(larger, taker->firsts, taker->first_count * sizeof(*larger));
		taker->firsts = larger;
	}
	taker->firsts[taker->first_count++] = set;
}

/* Does a pod's port have the name that a definition asks for? */
static bool has_name(const struct definition *definition, const struct pod_port *port)
{
	return (definition->protocol == PROTOCOL_ANY || port->protocol == definition->protocol) &&
	       !strcmp(port->name, definition->port_name);
}

static void put_named(uint8_t *key, enum family family, const struct pod_port *port)
{
	const size_t len = family_len(family);
	const uint16_t number = htons(port->number);

	key[len] = (uint8_t)port->protocol;
	memcpy(key + len + 4, &number, sizeof(number));
}

static const struct identity *identity_of_owner(const struct census *census,
						const struct owners *owners)
{
	return &census->identities.items[census->places[owners->pod].identity];
}

/* Finds the elements of one address that come from one use of a definition. */
static void take_use(struct taker *taker, struct census *census, const struct member_use *use,
		     const struct owners *owners)
{
	const struct definition *definition = use->definition;
	const struct addr *addr = owners->addr;
	const struct identity *identity;
	uint8_t key[KEY_MAX] = {0};

	if (use->set->family != addr->family)
		return;
	if (use->set->set->first) {
		note_first(taker, census->arena, use->set);
		return;
	}
	memcpy(key, addr->bytes, family_len(addr->family));
	if (definition->kind != DEFINITION_NAMED) {
		give(taker, use->set, key, owners->comment);
		return;
	}
	identity = identity_of_owner(census, owners);
	for (size_t i = 0; i < identity->port_count; i++) {
		if (!has_name(definition, &identity->ports[i]))
			continue;
		put_named(key, addr->family, &identity->ports[i]);
		give(taker, use->set, key, owners->comment);
	}
}

/* An address, perhaps with a port, about which a set of first matches is asked. */
struct members_asked {
	const struct members *members;
	const struct census *census;
	const struct owners *owners;
	const struct pod_port *port;
};

/* Does the peer of a definition, if it is pods or a block, mean the address? */
static bool means_peer(const struct members_asked *asked, uint32_t number)
{
	const struct definition *definition = &asked->members->resolved->definitions[number];
	const uint32_t selector = asked->members->selector_of[number];
	const struct owners *owners = asked->owners;
	size_t at;

	if (definition->peer->kind == PEER_BLOCK)
		return block_has(definition->peer, owners->addr);
	at = FIRST_WHERE(i, owners->selector_count, owners->selectors[i] >= selector);
	return at < owners->selector_count && owners->selectors[at] == selector;
}

/* Does the pod give the port a name that the definition asks for? */
static bool means_port(const struct members_asked *asked, const struct definition *definition)
{
	const struct identity *identity = identity_of_owner(asked->census, asked->owners);

	for (size_t i = 0; i < identity->port_count; i++)
		if (identity->ports[i].protocol == asked->port->protocol &&
		    identity->ports[i].number == asked->port->number &&
		    has_name(definition, &identity->ports[i]))
			return true;
	return false;
}

static bool means(const void *context, const struct first_entry *entry)
{
	const struct members_asked *asked = context;
	const struct definition *definition =
		&asked->members->resolved->definitions[entry->definition];
	const struct pod_port *port = asked->port;

	if (definition->kind == DEFINITION_NAMED)
		return means_peer(asked, entry->definition) && means_port(asked, definition);
	if (port && entry->protocol != PROTOCOL_ANY &&
	    (entry->protocol != port->protocol || port->number < entry->first ||
	     entry->last < port->number))
		return false;
	if (definition->kind == DEFINITION_NODES)
		return means_nodes(asked->census, definition, asked->owners);
	return means_peer(asked, entry->definition);
}

/* Finds the elements of one address in a set of first matches. */
static void take_first(struct taker *taker, const struct members *members,
		       const struct census *census, struct member_set *set,
		       const struct owners *owners)
{
	struct members_asked asked = {members, census, owners, NULL};
	const struct first_match *match = set->set->first;
	const struct identity *identity;
	uint8_t key[KEY_MAX] = {0};

	memcpy(key, owners->addr->bytes, family_len(owners->addr->family));
	if (!match->is_named) {
		if (first_has(match, means, &asked))
			give(taker, set, key, owners->comment);
		return;
	}
	identity = identity_of_owner(census, owners);
	for (size_t i = 0; i < identity->port_count; i++) {
		asked.port = &identity->ports[i];
		if (!first_has(match, means, &asked))
			continue;
		put_named(key, owners->addr->family, asked.port);
		give(taker, set, key, owners->comment);
	}
}

void owners_take(struct taker *taker, const struct members *members, struct census *census,
		 const struct owners *owners)
{
	taker->first_count = 0;
	for (size_t i = 0; i < owners->selector_count && owners->selectors[i] < members->use_count;
	     i++)
		for (size_t k = 0; k < members->uses[owners->selectors[i]].count; k++)
			take_use(taker, census, &members->uses[owners->selectors[i]].items[k],
				 owners);
	for (size_t i = 0; owners->pod != TABLE_NONE && i < members->block_uses.count; i++)
		if (block_has(members->block_uses.items[i].definition->peer, owners->addr))
			take_use(taker, census, &members->block_uses.items[i], owners);
	for (size_t i = 0; owners->nodes->count && i < members->node_uses.count; i++)
		if (means_nodes(census, members->node_uses.items[i].definition, owners))
			take_use(taker, census, &members->node_uses.items[i], owners);
	for (size_t i = 0; i < taker->first_count; i++)
		if (!taker->firsts[i]->set->first->is_named || owners->pod != TABLE_NONE)
			take_first(taker, members, census, taker->firsts[i], owners);
}
