/* Reads a rule's own fields and its protocols; read/cluster_policy_peer.h reads its peers. */
#include "read/cluster_policy_rule.h"

#include "base/arena.h"
#include "base/utf8.h"
#include "read/crd.h"
#include "read/cluster_policy_peer.h"

#define NAME_LENGTH_MAX 100

/* Reads a range of ports.  A range of one port is refused, as the CRD wants a number for that. */
static void read_range(struct reader *reader, const struct tree_node *node, struct port *port)
{
	static const char *const fields[] = {"start", "end", NULL};
	static const char where[] = "range";
	const struct tree_node *start, *end;

	if (!crd_mapping(reader, node, where))
		return;
	check_fields(reader, node, fields, where);
	start = crd_required(reader, node, "start", where);
	end = crd_required(reader, node, "end", where);
	port->first = start ? want_port_number(reader, start, "start") : 0;
	port->last = end ? want_port_number(reader, end, "end") : 0;
	if (port->first && port->last && port->first >= port->last)
		tree_error(reader, end, "end %u is not above start %u", port->last, port->first);
}

static void read_numbers(struct reader *reader, const struct tree_node *node, struct port *port)
{
	static const char *const fields[] = {"number", "range", NULL};

	if (!crd_mapping(reader, node, "destinationPort"))
		return;
	switch (crd_one_of(reader, node, fields, "destinationPort")) {
	case 0:
		port->first = port->last =
			want_port_number(reader, tree_get(node, "number"), "number");
		break;
	case 1:
		read_range(reader, tree_get(node, "range"), port);
		break;
	default:
		break;
	}
}

static void read_ports(struct reader *reader, const struct tree_node *node, const char *what,
		       struct port *port)
{
	static const char *const fields[] = {"destinationPort", NULL};
	const struct tree_node *numbers;

	if (!crd_mapping(reader, node, what))
		return;
	check_fields(reader, node, fields, what);
	numbers = crd_required(reader, node, "destinationPort", what);
	if (numbers)
		read_numbers(reader, numbers, port);
}

/*
 * Reads a named port.  An empty name passes the CRD, but stands for no field that a client could
 * see.
 */
static void read_named(struct reader *reader, const struct tree_node *node, struct port *port,
		       struct tier_rule *rule)
{
	const char *name = want_string(reader, node, "destinationNamedPort");

	if (!name)
		return;
	port->name = arena_strndup(reader->objects->arena, name, strlen(name));
	if (*name)
		return;
	diag_warning(reader->diags, tree_mark(reader->file, node),
		     "destinationNamedPort is empty, and names no port");
	rule->is_closed = true;
}

static void read_protocol(struct reader *reader, const struct tree_node *node,
			  struct tier_rule *rule)
{
	static const char *const fields[] = {"tcp", "udp", "sctp", "destinationNamedPort", NULL};
	static const enum protocol protocols[] = {TCP, UDP, SCTP, PROTOCOL_ANY};
	const struct tree_node *map = crd_mapping(reader, node, "an entry of protocols"), *value;
	struct port port = {.mark = tree_mark(reader->file, node), .last = 65535};
	int field;

	if (!map)
		return;
	field = crd_one_of(reader, map, fields, "an entry of protocols");
	if (field < 0)
		return;
	port.protocol = protocols[field];
	value = tree_get(map, fields[field]);
	if (port.protocol == PROTOCOL_ANY)
		read_named(reader, value, &port, rule);
	else
		read_ports(reader, value, fields[field], &port);
	arena_push(reader->objects->arena, rule->ports, rule->port_count, port);
}

static void read_name(struct reader *reader, const struct tree_node *node, struct tier_rule *rule)
{
	const char *name = want_string(reader, node, "name");
	size_t length;

	rule->name = name ? arena_strndup(reader->objects->arena, name, strlen(name)) : "";
	length = utf8_characters(rule->name);
	if (length > NAME_LENGTH_MAX && !reader->is_live)
		tree_error(reader, node, "name has %zu characters, more than %d", length,
			   NAME_LENGTH_MAX);
}

/*
 * Reports named ports beside nodes and domain names, as the CRD does that knows such peers.  Beside
 * networks the standard CRD takes them: they mean the ports of the pods whose addresses are in these
 * networks, since only pods have ports with names.
 */
static void check_named_ports(struct reader *reader, const struct tier_rule *rule)
{
	const struct peer *peer;
	size_t other = 0;

	while (other < rule->peer_count && (rule->peers[other].kind == PEER_PODS ||
					    rule->peers[other].kind == PEER_BLOCK))
		other++;
	if (other == rule->peer_count)
		return;
	peer = &rule->peers[other];
	for (size_t i = 0; i < rule->port_count; i++)
		if (rule->ports[i].name)
			diag_error(reader->diags, rule->ports[i].mark,
				   "destinationNamedPort in a rule with a peer that is neither pods "
				   "nor networks (%s:%u:%u): only pods have named ports",
				   peer->mark.file, peer->mark.line, peer->mark.col);
}

static void read_fields(struct reader *reader, const struct tree_node *map,
			enum direction direction, struct tier_rule *rule)
{
	static const char *const actions[] = {
		[ACTION_ACCEPT] = "Accept", [ACTION_DENY] = "Deny", [ACTION_PASS] = "Pass", NULL};
	static const char *const fields[DIRECTIONS][5] = {
		[INGRESS] = {"name", "action", "from", "protocols", NULL},
		[EGRESS] = {"name", "action", "to", "protocols", NULL},
	};
	const char *where = direction == INGRESS ? "an ingress rule" : "an egress rule";
	const struct tree_node *peers, *protocols;
	int action;

	check_fields(reader, map, fields[direction], where);
	read_name(reader, tree_get(map, "name"), rule);
	action = crd_word(reader, map, "action", where, actions);
	if (action >= 0)
		rule->action = (enum action)action;
	peers = crd_full_list(reader, map, fields[direction][2], where, TIER_ENTRIES_MAX);
	for (uint32_t i = 0; peers && i < peers->count; i++)
		tier_peer_read(reader, peers->items[i], direction, rule);
	if (tree_is_null(tree_get(map, "protocols")))
		return;
	protocols = crd_full_list(reader, map, "protocols", where, TIER_ENTRIES_MAX);
	for (uint32_t i = 0; protocols && i < protocols->count; i++)
		read_protocol(reader, protocols->items[i], rule);
	check_named_ports(reader, rule);
}

struct tier_rule tier_rule_read(struct reader *reader, const struct tree_node *node,
				enum direction direction)
{
	struct tier_rule rule = {
		.mark = tree_mark(reader->file, node), .name = "", .action = ACTION_DENY};
	const struct tree_node *map = crd_mapping(reader, node, "a rule");
	const size_t from = reader->diags->count, errors = reader->diags->errors;

	if (map)
		read_fields(reader, map, direction, &rule);
	if (reader->is_live && (!map || reader->diags->errors > errors)) {
		diags_soften(reader->diags, from);
		rule.is_closed = true;
	}
	if (!rule.is_closed)
		return rule;
	diag_warning(reader->diags, rule.mark, "this rule fails closed: it %s",
		     rule.action == ACTION_ACCEPT ? "accepts nothing" : "denies everything");
	rule.peers = NULL;
	rule.ports = NULL;
	rule.peer_count = rule.port_count = 0;
	return rule;
}
