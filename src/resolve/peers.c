/*
 * Turns peers into definitions.
 *
 * In:  the rules of policies, and the identities of pods.  Out: definitions, lists of peers, and
 * grants.
 *
 * The hard idea: a peer becomes a text in canonical words, so that equal peers are one definition.
 */
#include "resolve/peers.h"

#include "base/arena.h"
#include "base/numbers.h"
#include "model/words.h"
#include "resolve/addresses.h"
#include "resolve/definitions.h"

#include <stdlib.h>

struct maker {
	struct arena *arena, *scratch;
	struct resolved *resolved;
	struct table texts;
	struct table lists; /* keys: the bytes of peer lists; the numbers are those of the lists */
	uint32_t *named;    /* the peer list of each rule, to compute peer_sum */
	size_t named_count;
	bool is_of_tiers; /* a cluster policy names the peers that are being defined */
};

const char *definition_namespace(const struct objects *objects, const struct definition *definition)
{
	return peer_namespace(objects, definition->peer, definition->namespace);
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

static const char *peer_text(struct arena *arena, const struct objects *objects,
			     const struct peer *peer, const char *namespace)
{
	switch (peer->kind) {
	case PEER_PODS:
		return pods_in_words(arena, objects, peer, namespace);
	case PEER_BLOCK:
		return block_text(arena, peer);
	case PEER_NODES:
		return peer->nodes->count
			       ? arena_join(arena, "nodes ",
					    selector_in_words(arena, objects, peer->nodes), NULL)
			       : "all nodes";
	case PEER_DOMAIN:
		break;
	}
	return NULL;
}

/* Returns the number of the definition of @peer, with the name of a port or without. */
static uint32_t define(struct maker *maker, const struct peer *peer, const char *namespace,
		       const struct port *port)
{
	const struct objects *objects = maker->resolved->objects;
	struct resolved *resolved = maker->resolved;
	struct definition definition = {.peer = peer, .namespace = namespace};
	const char *text = peer_text(maker->arena, objects, peer, namespace);
	uint32_t number;
	bool added;

	definition.kind = peer->kind == PEER_BLOCK   ? DEFINITION_BLOCK
			  : peer->kind == PEER_NODES ? DEFINITION_NODES
						     : DEFINITION_PODS;
	if (port) {
		definition.kind = DEFINITION_NAMED;
		definition.port_name = port->name;
		definition.protocol = port->protocol;
		text = arena_printf(maker->arena, "port %s of %s%s", port_text(maker->arena, port),
				    peer->kind == PEER_BLOCK ? "pods in " : "", text);
	}
	definition.text = text;
	number = table_add(&maker->texts, text, strlen(text), &added);
	if (added)
		arena_push(maker->arena, resolved->definitions, resolved->definition_count,
			   definition);
	resolved->definitions[number].is_in_tiers |= maker->is_of_tiers;
	return number;
}

/*
 * The peers of a rule that has a named port and no peers: all pods.  An address outside of the
 * cluster has no named ports.
 */
static const struct selector everything;
static const struct peer any_pod = {
	.kind = PEER_PODS, .namespaces = &everything, .pods = &everything};

/*
 * Returns the number of the list of these peers, with the name of a port or without; TABLE_NONE if
 * none of them stands for anything.  A domain name never does, since these are not enforced, and
 * neither does a node together with a named port, since nodes have no names for ports.
 */
static uint32_t list_peers(struct maker *maker, const struct peer *peers, size_t peer_count,
			   const char *namespace, const struct port *named)
{
	struct resolved *resolved = maker->resolved;
	uint32_t *list = arena_array(maker->arena, peer_count, sizeof(*list)), number;
	size_t count = 0;
	bool added;

	for (size_t i = 0; i < peer_count; i++)
		if (peers[i].kind != PEER_DOMAIN && !(named && peers[i].kind == PEER_NODES))
			list[count++] = define(maker, &peers[i], namespace, named);
	if (!count)
		return TABLE_NONE;
	count = numbers_sort(list, count);
	number = table_add(&maker->lists, list, count * sizeof(*list), &added);
	if (added)
		arena_push(maker->arena, resolved->peer_lists, resolved->peer_list_count,
			   ((struct peer_list){list, count}));
	arena_push(maker->scratch, maker->named, maker->named_count, number);
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
	const struct peer *named_peers = rule->peer_count ? rule->peers : &any_pod;
	const size_t named_count = rule->peer_count ? rule->peer_count : 1;
	uint32_t peers = rule->peer_count ? TABLE_NONE : ANYTHING;
	bool made = rule->peer_count == 0;

	for (size_t i = 0; i < rule->port_count || i == 0; i++) {
		const struct port *port = rule->port_count ? &rule->ports[i] : NULL;

		if (port && port->name && direction == EGRESS) {
			/*
			 * In egress, each peer has its own numbers for the name, so the definitions
			 * contain them beside the addresses.
			 */
			add_grant(maker, grants,
				  (struct grant){.peers = list_peers(maker, named_peers,
								     named_count, namespace, port),
						 .last = 65535,
						 .policy = policy});
			continue;
		}
		if (!made)
			peers = list_peers(maker, rule->peers, rule->peer_count, namespace, NULL);
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

/*
 * Adds the grant of a closed rule, of which a part is unknown: an Accept gives nothing, any other
 * rule denies everything.
 */
static void add_closed_rule(struct maker *maker, struct tier_grants *grants,
			    const struct tier_rule *rule, uint32_t number)
{
	const struct tier_grant everything_is_denied = {
		.peers = ANYTHING, .rule = number, .action = ACTION_DENY, .last = 65535};

	if (rule->action != ACTION_ACCEPT)
		arena_push(maker->arena, grants->grants, grants->count, everything_is_denied);
}

static void add_tier_rule(struct maker *maker, struct tier_grants *grants,
			  const struct tier_rule *rule, uint32_t number, enum direction direction)
{
	uint32_t peers = TABLE_NONE;
	bool made = false;

	for (size_t i = 0; i < rule->port_count || i == 0; i++) {
		const struct port *port = rule->port_count ? &rule->ports[i] : NULL;
		const bool is_peers_own = port && port->name && direction == EGRESS;
		struct tier_grant grant = {
			.port_name = port && !is_peers_own ? port->name : NULL,
			.rule = number,
			.action = rule->action,
			.first = port ? port->first : 0,
			.last = port ? port->last : 65535,
			.protocol = port ? port->protocol : PROTOCOL_ANY,
		};

		if (!is_peers_own && !made)
			peers = list_peers(maker, rule->peers, rule->peer_count, "", NULL);
		made |= !is_peers_own;
		grant.peers = is_peers_own
				      ? list_peers(maker, rule->peers, rule->peer_count, "", port)
				      : peers;
		if (grant.peers != TABLE_NONE)
			arena_push(maker->arena, grants->grants, grants->count, grant);
	}
}

static void add_cluster_policy(struct maker *maker, uint32_t number, enum direction direction)
{
	const struct cluster_policy *policy = &maker->resolved->objects->cluster_policies[number];
	struct tier_grants *grants = &maker->resolved->tier_grants[direction][number];

	maker->resolved->has_tiers[direction] |= policy->rule_count[direction] > 0;
	for (uint32_t i = 0; i < policy->rule_count[direction]; i++) {
		const struct tier_rule *rule = &policy->rules[direction][i];

		if (rule->is_closed)
			add_closed_rule(maker, grants, rule, i);
		else
			add_tier_rule(maker, grants, rule, i, direction);
	}
}

static int compare_definitions(const void *a, const void *b)
{
	const struct definition *x = a, *y = b;

	return strcmp(x->text, y->text);
}

/* Numbers the definitions in the order of their texts. */
static void sort_definitions(struct maker *maker)
{
	struct resolved *resolved = maker->resolved;
	uint32_t *moved = arena_array(maker->scratch, resolved->definition_count, sizeof(*moved));

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
		list->count = numbers_sort(renumbered, list->count);
		list->definitions = renumbered;
	}
}

bool definition_has(const struct definition *definition, enum family family)
{
	const struct peer *peer = definition->peer;

	return peer->kind != PEER_BLOCK || peer->cidr.base.family == family;
}

void resolve_peers(struct arena *arena, struct arena *scratch, struct identities *identities,
		   const uint32_t *identity_of, const struct wanted *wanted,
		   struct resolved *resolved)
{
	const struct objects *objects = resolved->objects;
	struct maker maker = {.arena = arena,
			      .scratch = scratch,
			      .resolved = resolved,
			      .texts = {.arena = scratch},
			      .lists = {.arena = scratch}};

	for (enum direction direction = INGRESS; direction < DIRECTIONS; direction++) {
		resolved->grants[direction] =
			arena_array(arena, objects_enforced(objects), sizeof(struct policy_grants));
		maker.is_of_tiers = true;
		resolved->tier_grants[direction] = arena_array(arena, objects->cluster_policy_count,
							       sizeof(struct tier_grants));
		for (size_t i = 0;
		     (i = bits_next(&wanted->cluster_policies, i)) < objects->cluster_policy_count;
		     i++)
			add_cluster_policy(&maker, (uint32_t)i, direction);
		maker.is_of_tiers = false;
		for (size_t i = 0;
		     (i = bits_next(&wanted->policies, i)) < objects_enforced(objects); i++) {
			const struct policy *policy = &objects->policies[i];

			for (size_t k = 0; k < policy->rule_count[direction]; k++)
				add_rule(&maker, (uint32_t)i, &policy->rules[direction][k],
					 direction);
		}
	}
	sort_definitions(&maker);
	if (objects->cluster_policy_count)
		resolve_node_addresses(arena, resolved);
	find_meanings(&(struct meaning_input){.arena = arena,
					      .scratch = scratch,
					      .identities = identities,
					      .identity_of = identity_of,
					      .resolved = resolved});
	for (size_t i = 0; i < maker.named_count; i++) {
		const struct peer_list *list = &resolved->peer_lists[maker.named[i]];

		for (size_t k = 0; k < list->count; k++)
			for (enum family family = V4; family < FAMILIES; family++)
				resolved->peer_sum +=
					resolved->definitions[list->definitions[k]].count[family];
	}
}
