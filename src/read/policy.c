/*
 * The fields of a NetworkPolicy of networking.k8s.io/v1, each with the checks and the defaults that the API
 * server has for it.
 */
#include "read/policy.h"

#include "base/arena.h"
#include "model/words.h"
#include "read/audit.h"
#include "read/metadata.h"

#include <stdlib.h>

static const struct tree_node *key_of(const struct tree_node *map, const char *name)
{
	for (uint32_t i = 0; i < map->count; i++)
		if (tree_is(map->pairs[i].key, name))
			return map->pairs[i].key;
	return map;
}

static void note_oddities(struct reader *reader, const struct tree_node *node, const char *text,
			  const struct cidr *cidr, unsigned oddities)
{
	char plain[CIDR_TEXT];

	if (!oddities)
		return;
	cidr_text(cidr, plain);
	diag_warning(reader->diags, tree_mark(reader->file, node), "%s is read as %s (%s)", text,
		     plain,
		     oddities & CIDR_IPV4_MAPPED    ? "an IPv4-mapped address"
		     : oddities & CIDR_LEADING_ZERO ? "leading zeros are decimal"
						    : "it has host bits");
}

static bool parse_cidr(struct reader *reader, const struct tree_node *node, const char *what,
		       struct cidr *cidr)
{
	size_t errors = reader->diags->errors;
	const char *text = want_string(reader, node, what);
	unsigned oddities;

	if (reader->diags->errors != errors)
		return false;
	if (!text || !cidr_parse(text, cidr, &oddities)) {
		tree_error(reader, node, "%s \"%s\" is not a CIDR such as 10.0.0.0/8 or fd00::/8",
			   what, text ? text : "");
		return false;
	}
	note_oddities(reader, node, text, cidr, oddities);
	return true;
}

static int compare_cidrs(const void *a, const void *b)
{
	const struct cidr *x = a, *y = b;
	int order = memcmp(x->base.bytes, y->base.bytes, sizeof(x->base.bytes));

	return order ? order : (x->prefix > y->prefix) - (x->prefix < y->prefix);
}

static void parse_excepts(struct reader *reader, const struct tree_node *list, bool have_cidr,
			  struct peer *peer)
{
	struct cidr *excepts = arena_array(reader->objects->arena, list->count, sizeof(*excepts));
	char outer[CIDR_TEXT];
	size_t count = 0;

	for (uint32_t i = 0; i < list->count; i++) {
		const struct tree_node *node = list->items[i];

		if (!parse_cidr(reader, node, "except", &excepts[count]) || !have_cidr)
			continue;
		if (cidr_strictly_within(&excepts[count], &peer->cidr)) {
			count++;
			continue;
		}
		cidr_text(&peer->cidr, outer);
		tree_error(reader, node, "except %s is not a strict subset of cidr %s", node->text,
			   outer);
	}
	qsort(excepts, count, sizeof(*excepts), compare_cidrs);
	peer->excepts = excepts;
	for (size_t i = 0; i < count; i++)
		if (i == 0 || compare_cidrs(&excepts[i], &excepts[i - 1]) != 0)
			excepts[peer->except_count++] = excepts[i];
}

static void parse_block(struct reader *reader, const struct tree_node *node, struct peer *peer)
{
	static const char *const fields[] = {"cidr", "except", NULL};
	const struct tree_node *map = want_mapping(reader, node, "ipBlock"), *cidr, *excepts;
	bool have_cidr = false;

	peer->kind = PEER_BLOCK;
	if (!map)
		return;
	check_fields(reader, map, fields, "ipBlock");
	cidr = tree_get(map, "cidr");
	if (tree_is_null(cidr))
		tree_error(reader, cidr ? cidr : map, "ipBlock needs a cidr");
	else
		have_cidr = parse_cidr(reader, cidr, "cidr", &peer->cidr);
	excepts = want_list(reader, tree_get(map, "except"), "except");
	if (excepts)
		parse_excepts(reader, excepts, have_cidr, peer);
}

static struct peer parse_peer(struct reader *reader, const struct tree_node *node)
{
	static const char *const fields[] = {"podSelector", "namespaceSelector", "ipBlock", NULL};
	static const struct selector everything;
	const struct tree_node *map = want_mapping(reader, node, "a peer");
	const struct tree_node *pods, *namespaces, *block;
	struct peer peer = {.mark = tree_mark(reader->file, node), .kind = PEER_PODS};

	if (!map)
		return peer;
	check_fields(reader, map, fields, "a peer");
	pods = tree_get(map, "podSelector");
	namespaces = tree_get(map, "namespaceSelector");
	block = tree_get(map, "ipBlock");
	/* A null field counts as missing. */
	if (tree_is_null(pods) && tree_is_null(namespaces) && tree_is_null(block))
		tree_error(reader, node, "a peer needs podSelector, namespaceSelector or ipBlock");
	peer.pods = want_selector(reader, pods, "podSelector");
	peer.namespaces = want_selector(reader, namespaces, "namespaceSelector");
	if (!peer.pods)
		peer.pods = &everything;
	if (tree_is_null(block))
		return peer;
	if (!tree_is_null(pods) || !tree_is_null(namespaces))
		tree_error(reader, key_of(map, "ipBlock"),
			   "ipBlock must stand alone in its entry, without a selector");
	parse_block(reader, block, &peer);
	return peer;
}

static void parse_end_port(struct reader *reader, const struct tree_node *map, struct port *port,
			   bool have_number)
{
	const struct tree_node *node = tree_get(map, "endPort"), *start = tree_get(map, "port");
	uint16_t last;

	if (tree_is_null(node))
		return;
	last = want_port_number(reader, node, "endPort");
	if (tree_is_null(start))
		tree_error(reader, node, "endPort needs port");
	else if (port->name)
		tree_error(reader, node, "endPort needs a number in port, not a name");
	else if (have_number && last && last < port->first)
		tree_error(reader, node, "endPort %u is below port %u", last, port->first);
	else
		port->last = last;
}

static struct port parse_port(struct reader *reader, const struct tree_node *node)
{
	static const char *const fields[] = {"protocol", "port", "endPort", NULL};
	const struct tree_node *map = want_mapping(reader, node, "an entry of ports"), *number;
	struct port port = {
		.mark = tree_mark(reader->file, node), .protocol = TCP, .first = 0, .last = 65535};
	bool have_number = false;
	int protocol;

	if (!map)
		return port;
	check_fields(reader, map, fields, "a port");
	protocol = want_protocol(reader, tree_get(map, "protocol"));
	if (protocol >= 0)
		port.protocol = (enum protocol)protocol;
	number = tree_get(map, "port");
	if (!tree_is_null(number)) {
		uint16_t one;

		want_port(reader, number, "port", &port.name, &one);
		have_number = one != 0;
		if (have_number)
			port.first = port.last = one;
	}
	parse_end_port(reader, map, &port, have_number);
	return port;
}

static struct policy_rule parse_rule(struct reader *reader, const struct tree_node *node,
				     enum direction direction)
{
	static const char *const fields[DIRECTIONS][3] = {
		[INGRESS] = {"from", "ports", NULL},
		[EGRESS] = {"to", "ports", NULL},
	};
	const char *side = fields[direction][0];
	const struct tree_node *map = want_mapping(reader, node, "a rule"), *peers, *ports;
	struct arena *arena = reader->objects->arena;
	struct policy_rule rule = {.mark = tree_mark(reader->file, node)};

	if (!map)
		return rule;
	check_fields(reader, map, fields[direction],
		     direction == INGRESS ? "an ingress rule" : "an egress rule");
	peers = want_list(reader, tree_get(map, side), side);
	ports = want_list(reader, tree_get(map, "ports"), "ports");
	rule.peers = arena_array(arena, peers ? peers->count : 0, sizeof(*rule.peers));
	for (uint32_t i = 0; peers && i < peers->count; i++)
		rule.peers[rule.peer_count++] = parse_peer(reader, peers->items[i]);
	rule.ports = arena_array(arena, ports ? ports->count : 0, sizeof(*rule.ports));
	for (uint32_t i = 0; ports && i < ports->count; i++)
		rule.ports[rule.port_count++] = parse_port(reader, ports->items[i]);
	return rule;
}

static void parse_rules(struct reader *reader, const struct tree_node *spec,
			enum direction direction, struct policy *policy)
{
	const char *name = direction_text(direction);
	const struct tree_node *list = want_list(reader, tree_get(spec, name), name);
	struct policy_rule *rules;

	if (!list)
		return;
	rules = arena_array(reader->objects->arena, list->count, sizeof(*rules));
	for (uint32_t i = 0; i < list->count; i++)
		rules[i] = parse_rule(reader, list->items[i], direction);
	policy->rules[direction] = rules;
	policy->rule_count[direction] = list->count;
}

static void parse_types(struct reader *reader, const struct tree_node *spec, struct policy *policy)
{
	const struct tree_node *list =
		want_list(reader, tree_get(spec, "policyTypes"), "policyTypes");

	if (!list)
		return;
	if (!list->count) {
		policy->isolates[INGRESS] = true;
		policy->isolates[EGRESS] = policy->rule_count[EGRESS] > 0;
	}
	if (list->count > 2)
		tree_error(reader, list->items[2], "policyTypes takes at most two entries");
	for (uint32_t i = 0; i < list->count; i++) {
		size_t errors = reader->diags->errors;
		const char *type = want_string(reader, list->items[i], "a policy type");

		if (reader->diags->errors != errors)
			continue;
		if (type && !strcmp(type, "Ingress"))
			policy->isolates[INGRESS] = true;
		else if (type && !strcmp(type, "Egress"))
			policy->isolates[EGRESS] = true;
		else
			tree_error(reader, list->items[i],
				   "unknown policy type \"%s\": Ingress or Egress",
				   type ? type : "");
	}
}

static void parse_spec(struct reader *reader, const struct tree_node *node, struct policy *policy)
{
	static const char *const fields[] = {"podSelector", "policyTypes", "ingress", "egress",
					     NULL};
	static const struct selector everything;
	const struct tree_node *spec = want_mapping(reader, node, "spec");

	policy->pods = &everything;
	if (!spec)
		return;
	check_fields(reader, spec, fields, "spec");
	policy->pods = want_selector(reader, tree_get(spec, "podSelector"), "podSelector");
	if (!policy->pods)
		policy->pods = &everything;
	for (enum direction direction = INGRESS; direction < DIRECTIONS; direction++)
		parse_rules(reader, spec, direction, policy);
	parse_types(reader, spec, policy);
	for (enum direction direction = INGRESS; direction < DIRECTIONS; direction++)
		if (!policy->isolates[direction])
			policy->rule_count[direction] = 0;
}

void policy_read(struct reader *reader, const struct tree_node *object)
{
	static const char *const fields[] = {"apiVersion", "kind",   "metadata",
					     "spec",       "status", NULL};
	struct objects *objects = reader->objects;
	struct policy policy = {0};
	struct metadata metadata;

	check_fields(reader, object, fields, "a NetworkPolicy");
	metadata = metadata_read(reader, object);
	policy.namespace = metadata.namespace;
	policy.name = metadata.name;
	policy.mark = metadata.mark;
	policy.ignore = metadata.ignore;
	policy.is_audited = audit_read(reader, object, false);
	parse_spec(reader, tree_get(object, "spec"), &policy);
	want_mapping(reader, tree_get(object, "status"), "status");
	arena_push(objects->arena, objects->policies, objects->policy_count, policy);
}
