/*
 * Writes a rule as YAML in the order in which kubectl prints it, with quotes where a reader of YAML
 * 1.1 could take a text for something else.
 */
#include "ask/reason/reason.h"
#include "base/arena.h"
#include "model/words.h"

#include <strings.h>

struct writer {
	struct arena *arena;
	const struct objects *objects;
	const char *indent;
	struct string text;
};

/* Writes a line, with @depth blanks behind the indent. */
#define put(writer, depth, ...)                                                                    \
	do {                                                                                       \
		arena_append((writer)->arena, &(writer)->text, "%s%*s", (writer)->indent,          \
			     (int)(depth), "");                                                    \
		arena_append((writer)->arena, &(writer)->text, __VA_ARGS__);                       \
		arena_append((writer)->arena, &(writer)->text, "\n");                              \
	} while (0)

/*
 * Quotes a text that some reader of YAML 1.1 would not take for a string; nothing in it needs an
 * escape.
 */
static const char *scalar(const struct writer *writer, const char *text)
{
	static const char *const others[] = {"y",   "n",    "yes",   "no",   "on",
					     "off", "true", "false", "null", NULL};
	const bool letter = (*text | 0x20) >= 'a' && (*text | 0x20) <= 'z';

	for (const char *const *other = others; *other; other++)
		if (!strcasecmp(text, *other))
			return arena_printf(writer->arena, "\"%s\"", text);
	return letter ? text : arena_printf(writer->arena, "\"%s\"", text);
}

static const char *label_text(const struct writer *writer, uint32_t string)
{
	return scalar(writer, writer->objects->string_of[string]);
}

/* Can it be written in matchLabels, where each key may occur once? */
static bool is_label(const struct selector *selector, size_t i)
{
	const struct requirement *requirement = &selector->requirements[i];

	if (requirement->op != OP_IN || requirement->count != 1)
		return false;
	for (size_t k = 0; k < i; k++)
		if (selector->requirements[k].key == requirement->key && is_label(selector, k))
			return false;
	return true;
}

static void put_expression(struct writer *writer, size_t depth,
			   const struct requirement *requirement)
{
	static const char *const operators[] = {[OP_IN] = "In",
						[OP_NOT_IN] = "NotIn",
						[OP_EXISTS] = "Exists",
						[OP_DOES_NOT_EXIST] = "DoesNotExist"};

	put(writer, depth, "- key: %s", label_text(writer, requirement->key));
	put(writer, depth, "  operator: %s", operators[requirement->op]);
	if (requirement->count)
		put(writer, depth, "  values:");
	for (size_t i = 0; i < requirement->count; i++)
		put(writer, depth, "  - %s", label_text(writer, requirement->values[i]));
}

/* @first stands before its name: blanks, or the dash of a list's item. */
static void put_selector(struct writer *writer, size_t depth, const char *first, const char *name,
			 const struct selector *selector)
{
	size_t labels = 0;

	for (size_t i = 0; i < selector->count; i++)
		labels += is_label(selector, i);
	put(writer, depth, "%s%s:%s", first, name, selector->count ? "" : " {}");
	if (labels < selector->count)
		put(writer, depth + 4, "matchExpressions:");
	for (size_t i = 0; i < selector->count; i++)
		if (!is_label(selector, i))
			put_expression(writer, depth + 4, &selector->requirements[i]);
	if (labels)
		put(writer, depth + 4, "matchLabels:");
	for (size_t i = 0; i < selector->count; i++)
		if (is_label(selector, i))
			put(writer, depth + 6, "%s: %s",
			    label_text(writer, selector->requirements[i].key),
			    label_text(writer, selector->requirements[i].values[0]));
}

static void put_block(struct writer *writer, size_t depth, const struct peer *peer)
{
	char cidr[CIDR_TEXT];

	cidr_text(&peer->cidr, cidr);
	put(writer, depth, "- ipBlock:");
	put(writer, depth, "    cidr: %s", cidr);
	if (peer->except_count)
		put(writer, depth, "    except:");
	for (size_t i = 0; i < peer->except_count; i++) {
		cidr_text(&peer->excepts[i], cidr);
		put(writer, depth, "    - %s", cidr);
	}
}

static void put_peer(struct writer *writer, size_t depth, const struct peer *peer)
{
	if (peer->kind == PEER_BLOCK) {
		put_block(writer, depth, peer);
		return;
	}
	if (peer->namespaces)
		put_selector(writer, depth, "- ", "namespaceSelector", peer->namespaces);
	/* An empty podSelector beside a namespaceSelector says nothing. */
	if (!peer->namespaces || peer->pods->count)
		put_selector(writer, depth, peer->namespaces ? "  " : "- ", "podSelector",
			     peer->pods);
}

static void put_port(struct writer *writer, size_t depth, const struct port *port)
{
	const char *first = "- ";

	if (port->name) {
		put(writer, depth, "- port: %s", scalar(writer, port->name));
		first = "  ";
	} else if (port->first != 0 || port->last != UINT16_MAX) {
		if (port->last > port->first)
			put(writer, depth, "- endPort: %u", port->last);
		put(writer, depth, "%sport: %u", port->last > port->first ? "  " : "- ",
		    port->first);
		first = "  ";
	}
	put(writer, depth, "%sprotocol: %s", first, protocol_text(port->protocol));
}

const char *rule_yaml(struct arena *arena, const struct world *world,
		      const struct rule_reason *reason, const char *indent)
{
	struct writer writer = {arena, world->objects, indent, {0}};
	const struct policy_rule *rule = reason->rule;

	if (!rule->peer_count && !rule->port_count)
		put(&writer, 0, "- {}");
	if (rule->peer_count)
		put(&writer, 0, "- %s:", reason->direction == EGRESS ? "to" : "from");
	for (size_t i = 0; i < rule->peer_count; i++)
		put_peer(&writer, 2, &rule->peers[i]);
	if (rule->port_count)
		put(&writer, 0, "%sports:", rule->peer_count ? "  " : "- ");
	for (size_t i = 0; i < rule->port_count; i++)
		put_port(&writer, 2, &rule->ports[i]);
	return writer.text.text;
}

static void put_network(struct writer *writer, size_t depth, const struct peer *peer)
{
	char cidr[CIDR_TEXT];

	cidr_text(&peer->cidr, cidr);
	put(writer, depth, "- networks:");
	put(writer, depth, "  - %s", cidr);
}

static void put_tier_peer(struct writer *writer, size_t depth, const struct peer *peer)
{
	switch (peer->kind) {
	case PEER_PODS:
		/* An empty podSelector says nothing; `namespaces` alone means the same. */
		if (!peer->pods->count) {
			put_selector(writer, depth, "- ", "namespaces", peer->namespaces);
			break;
		}
		put(writer, depth, "- pods:");
		put_selector(writer, depth + 4, "", "podSelector", peer->pods);
		if (peer->namespaces->count)
			put_selector(writer, depth + 4, "", "namespaceSelector", peer->namespaces);
		break;
	case PEER_BLOCK:
		put_network(writer, depth, peer);
		break;
	case PEER_NODES:
		put_selector(writer, depth, "- ", "nodes", peer->nodes);
		break;
	case PEER_DOMAIN:
		put(writer, depth, "- domainNames:");
		put(writer, depth, "  - \"%s\"", peer->domain);
		break;
	}
}

static void put_tier_port(struct writer *writer, size_t depth, const struct port *port)
{
	if (port->name) {
		put(writer, depth, "- destinationNamedPort: %s", scalar(writer, port->name));
		return;
	}
	put(writer, depth, "- %s:", protocol_name(port->protocol));
	put(writer, depth, "    destinationPort:");
	if (port->first == port->last) {
		put(writer, depth, "      number: %u", port->first);
		return;
	}
	put(writer, depth, "      range:");
	put(writer, depth, "        end: %u", port->last);
	put(writer, depth, "        start: %u", port->first);
}

const char *tier_rule_yaml(struct arena *arena, const struct world *world,
			   const struct tier_reason *reason, const char *indent)
{
	struct writer writer = {arena, world->objects, indent, {0}};
	const struct tier_rule *rule = reason->rule;

	put(&writer, 0, "- action: %s", action_text(rule->action));
	if (*rule->name)
		put(&writer, 0, "  name: %s", scalar(&writer, rule->name));
	if (rule->peer_count)
		put(&writer, 0, "  %s:", reason->direction == EGRESS ? "to" : "from");
	for (size_t i = 0; i < rule->peer_count; i++)
		put_tier_peer(&writer, 2, &rule->peers[i]);
	if (rule->port_count)
		put(&writer, 0, "  protocols:");
	for (size_t i = 0; i < rule->port_count; i++)
		put_tier_port(&writer, 2, &rule->ports[i]);
	return writer.text.text;
}
