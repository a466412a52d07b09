/*
 * The fields of an expectation, and the words of its ends and ports, which explain takes on the command
 * line as well.
 */
#include "read/expectation.h"

#include "base/arena.h"
#include "model/syntax.h"
#include "model/words.h"
#include "read/metadata.h"
#include "read/scalar.h"
#include "read/workload.h"

#include <stdlib.h>
#include <strings.h>

static const char *parse_kind(struct arena *arena, const char *text, struct end *end)
{
	if (!strcasecmp(text, "Service")) {
		end->kind = END_SERVICE;
		return NULL;
	}
	end->kind = END_WORKLOAD;
	if (!strcasecmp(text, "svc"))
		return arena_printf(
			arena,
			"\"%s\" is no Service and no kind of workload; did you mean \"Service\"?",
			text);
	for (const char *const *kind = workload_kinds; *kind; kind++)
		if (!strcasecmp(text, *kind))
			end->workload = *kind;
	if (end->workload)
		return NULL;
	return arena_printf(arena, "\"%s\" is no Service and no kind of workload%s", text,
			    nearest_hint(arena, text, workload_kinds));
}

/* Reads [[KIND/]NAMESPACE/]POD, beginning at its end. */
static const char *parse_name(struct arena *arena, const char *text, const char *namespace,
			      struct end *end)
{
	char *copy = arena_strndup(arena, text, strlen(text));
	const char *parts[3] = {copy, namespace, "Pod"};
	size_t count = 1;

	for (char *slash; count < 3 && (slash = strrchr(copy, '/')); count++) {
		*slash = '\0';
		parts[count - 1] = slash + 1;
		parts[count] = copy;
	}
	if (!is_dns_subdomain(parts[0]) || !is_dns_label(parts[1]) || !*parts[2] ||
	    strchr(parts[2], '/'))
		return arena_printf(arena,
				    "\"%s\" is not POD, NAMESPACE/POD, KIND/NAMESPACE/NAME, an IP "
				    "address or a CIDR",
				    text);
	end->name = parts[0];
	end->namespace = parts[1];
	return parse_kind(arena, parts[2], end);
}

/*
 * Refuses addresses that are written in an unusual way; this format has no past that would need
 * them.
 */
static const char *check_plain(struct arena *arena, const struct end *end, unsigned oddities)
{
	char plain[CIDR_TEXT];

	if (!oddities)
		return NULL;
	cidr_text(&end->cidr, plain);
	if (end->kind == END_ADDRESS)
		*strchr(plain, '/') = '\0';
	return arena_printf(arena, "\"%s\" stands for %s: write that", end->text, plain);
}

/* Refuses an address that never stands in a packet between two machines or pods. */
static const char *check_sent(struct arena *arena, const char *text, const struct addr *addr)
{
	static const uint8_t zeros[16];
	const size_t last = family_len(addr->family) - 1;
	const bool all_but_last_zero = !memcmp(addr->bytes, zeros, last);

	if (addr->family == V4 ? addr->bytes[0] == 127
			       : all_but_last_zero && addr->bytes[last] == 1)
		return arena_printf(arena,
				    "%s is a loopback address: such packets stay within a pod or "
				    "node, where no policy applies",
				    text);
	if (all_but_last_zero && !addr->bytes[last])
		return arena_printf(arena, "%s stands for no address: no connection has it", text);
	return NULL;
}

const char *end_parse(struct arena *arena, const char *text, const char *namespace, struct end *end)
{
	const char *fault;
	unsigned oddities;

	*end = (struct end){.mark = end->mark, .text = arena_strndup(arena, text, strlen(text))};
	if (addr_parse(text, &end->cidr.base, &oddities)) {
		end->kind = END_ADDRESS;
		end->cidr.prefix = (unsigned)(8 * family_len(end->cidr.base.family));
		end->cidr.written = end->cidr.prefix;
		fault = check_plain(arena, end, oddities);
		return fault ? fault : check_sent(arena, text, &end->cidr.base);
	}
	if (cidr_parse(text, &end->cidr, &oddities)) {
		end->kind = END_BLOCK;
		return check_plain(arena, end, oddities);
	}
	/* This is meant to be an address, although a pod could have the name 10.0.0.256. */
	if (strchr(text, '.') && text[strspn(text, "0123456789./")] == '\0')
		return arena_printf(arena, "\"%s\" is not an IP address or a CIDR", text);
	return parse_name(arena, text, namespace, end);
}

/* Reads a number from 1 to 65535; returns 0 if it is none. */
static uint16_t number_of(const char *digits, size_t len)
{
	unsigned number = 0;

	if (!len || len > 5 || strspn(digits, "0123456789") < len)
		return 0;
	for (size_t i = 0; i < len; i++)
		number = number * 10 + (unsigned)(digits[i] - '0');
	return number <= UINT16_MAX ? (uint16_t)number : 0;
}

/* Reads NUMBER, NUMBER-NUMBER or NAME from @len bytes; returns false if it is none. */
static bool parse_numbers(struct arena *arena, const char *text, size_t len, struct port *port)
{
	const char *dash = memchr(text, '-', len);
	size_t first = dash ? (size_t)(dash - text) : len;
	const char *copy = arena_strndup(arena, text, len);

	if (is_port_name(copy)) {
		port->name = copy;
		port->last = UINT16_MAX;
		return true;
	}
	port->first = port->last = number_of(text, first);
	if (dash)
		port->last = number_of(dash + 1, len - first - 1);
	return port->first && port->first <= port->last;
}

/* The protocol of this name, in whichever case; -1: it is none of a port. */
static int protocol_in_any_case(const char *name)
{
	static const enum protocol all[] = {TCP, UDP, SCTP};

	for (size_t i = 0; i < sizeof(all) / sizeof(*all); i++)
		if (!strcasecmp(name, protocol_text(all[i])))
			return (int)all[i];
	return -1;
}

static bool is_icmp(const char *word)
{
	return !strcasecmp(word, "ICMP") || !strcasecmp(word, "ICMPv6");
}

/* Returns NUMBER/PROTOCOL in the form that is right, or NULL if @number is none, or @protocol. */
static const char *put_right(struct arena *arena, const char *number, const char *protocol)
{
	const int found = protocol_in_any_case(protocol);
	struct port port = {.first = 0};

	if (is_icmp(protocol))
		return "ICMP";
	if (found < 0 || !parse_numbers(arena, number, strlen(number), &port))
		return NULL;
	return arena_printf(arena, "%s/%s", number, protocol_text((enum protocol)found));
}

/*
 * What somebody probably meant who wrote a port as other programs do: in lower case, the other way
 * round, or with a colon.
 */
static const char *hint_at_port(struct arena *arena, const char *text)
{
	const size_t len = strcspn(text, "/: ");
	const char *first = arena_strndup(arena, text, len), *meant;
	const char *second = text[len] ? &text[len + 1] : "";

	meant = put_right(arena, first, second);
	if (!meant)
		meant = put_right(arena, second, first);
	return meant ? arena_printf(arena, "; did you mean \"%s\"?", meant) : "";
}

const char *port_name_hint(const char *name)
{
	return is_icmp(name) ? "; did you mean \"ICMP\"?" : "";
}

/* Is it one number, with or without a protocol behind it, that is above every port? */
static bool is_too_high(const char *text)
{
	size_t digits = strspn(text, "0123456789");

	return digits && (!text[digits] || text[digits] == '/') &&
	       strtoul(text, NULL, 10) > UINT16_MAX;
}

const char *port_parse(struct arena *arena, const char *text, struct port *port)
{
	const char *slash = strrchr(text, '/');

	*port = (struct port){.mark = port->mark, .protocol = TCP};
	if (!strcmp(text, "ICMP")) {
		port->protocol = ICMP;
		port->last = UINT16_MAX;
		return NULL;
	}
	if (slash) {
		int protocol = protocol_of(slash + 1);

		if (protocol < 0)
			return arena_printf(arena, "unknown protocol \"%s\": TCP, UDP or SCTP%s",
					    slash + 1, hint_at_port(arena, text));
		port->protocol = (enum protocol)protocol;
	}
	if (parse_numbers(arena, text, slash ? (size_t)(slash - text) : strlen(text), port))
		return NULL;
	if (is_too_high(text))
		return arena_printf(arena, "\"%s\" is above 65535, the highest port", text);
	return arena_printf(arena, "\"%s\" is no port such as 80, 1000-2000/UDP, http or ICMP%s",
			    text, hint_at_port(arena, text));
}

static void read_selectors(struct reader *reader, const struct tree_node *map, struct end *end)
{
	static const char *const fields[] = {"podSelector", "namespaceSelector", NULL};
	static const struct selector everything;

	end->kind = END_PODS;
	check_fields(reader, map, fields, "an end");
	end->pods = want_selector(reader, tree_get(map, "podSelector"), "podSelector");
	end->namespaces =
		want_selector(reader, tree_get(map, "namespaceSelector"), "namespaceSelector");
	if (tree_is_null(tree_get(map, "podSelector")) &&
	    tree_is_null(tree_get(map, "namespaceSelector")))
		tree_error(reader, map, "an end needs podSelector or namespaceSelector");
	if (!end->pods)
		end->pods = &everything;
}

static bool is_of_node(const struct tree_node *map)
{
	return !tree_is_null(tree_get(map, "node"));
}

/* Reads {node: NAME}, which means the addresses in the status of the Node. */
static void read_node(struct reader *reader, const struct tree_node *map, struct end *end)
{
	static const char *const fields[] = {"node", NULL};
	const char *name = want_string(reader, tree_get(map, "node"), "node");
	struct arena *arena = reader->objects->arena;

	end->kind = END_NODE;
	check_fields(reader, map, fields, "an end");
	end->name = name ? arena_strndup(arena, name, strlen(name)) : "";
	end->text = arena_printf(arena, "node %s", end->name);
}

static struct end read_end(struct reader *reader, const struct tree_node *map, const char *name,
			   const char *namespace)
{
	const struct tree_node *node = tree_get(map, name);
	struct end end = {.mark = tree_mark(reader->file, node ? node : map)};
	const char *text, *fault;

	if (tree_is_null(node)) {
		tree_error(reader, node ? node : map, "%s is missing", name);
	} else if (node->kind == TREE_MAPPING && is_of_node(node)) {
		read_node(reader, node, &end);
	} else if (node->kind == TREE_MAPPING) {
		end.namespace = namespace;
		read_selectors(reader, node, &end);
	} else if ((text = want_string(reader, node, name))) {
		fault = end_parse(reader->objects->arena, text, namespace, &end);
		if (fault)
			tree_error(reader, node, "%s", fault);
	}
	return end;
}

static struct port read_port(struct reader *reader, const struct tree_node *node)
{
	struct port port = {.mark = tree_mark(reader->file, node), .protocol = TCP};
	const char *text, *fault;

	if (node->kind == TREE_SCALAR && (node->type == SCALAR_INT || node->type == SCALAR_FLOAT)) {
		port.first = port.last = want_port_number(reader, node, "port");
	} else if (tree_is_null(node)) {
		tree_error(reader, node, "a port is missing");
	} else if ((text = want_string(reader, node, "a port"))) {
		fault = port_parse(reader->objects->arena, text, &port);
		if (fault)
			tree_error(reader, node, "%s", fault);
	}
	return port;
}

static struct expectation read_one(struct reader *reader, const struct tree_node *node,
				   const struct metadata *metadata)
{
	static const char *const fields[] = {"from", "to", "ports", "allow", NULL};
	const struct tree_node *map = want_mapping(reader, node, "an expectation"), *ports, *allow;
	struct arena *arena = reader->objects->arena;
	struct expectation one = {
		.mark = tree_mark(reader->file, node),
		.namespace = metadata->namespace,
		.name = metadata->name,
	};

	/* For null, all fields would be reported as missing. */
	if (!map || map != node) {
		if (map)
			tree_error(reader, node, "an expectation is missing");
		return one;
	}
	check_fields(reader, map, fields, "an expectation");
	one.from = read_end(reader, map, "from", metadata->namespace);
	one.to = read_end(reader, map, "to", metadata->namespace);
	ports = want_list(reader, tree_get(map, "ports"), "ports");
	one.ports = arena_array(arena, ports ? ports->count : 0, sizeof(*one.ports));
	for (uint32_t i = 0; ports && i < ports->count; i++)
		one.ports[one.port_count++] = read_port(reader, ports->items[i]);
	allow = tree_get(map, "allow");
	if (tree_is_null(allow))
		tree_error(reader, allow ? allow : map, "allow is missing: true or false");
	one.allow = want_bool(reader, allow, "allow");
	return one;
}

void expectations_read(struct reader *reader, const struct tree_node *object)
{
	static const char *const fields[] = {"apiVersion", "kind", "metadata", "expectations",
					     NULL};
	struct objects *objects = reader->objects;
	struct metadata metadata;
	const struct tree_node *list;

	if (!reader->details)
		return;
	check_fields(reader, object, fields, "Expectations");
	metadata = metadata_read(reader, object);
	list = want_list(reader, tree_get(object, "expectations"), "expectations");
	for (uint32_t i = 0; list && i < list->count; i++)
		arena_push(objects->arena, objects->expectations, objects->expectation_count,
			   read_one(reader, list->items[i], &metadata));
}
