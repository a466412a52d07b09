/*
 * Checks every length against the bytes that there are, and every depth against a limit, before
 * anything is built; so no input costs more than its own size.
 */
#include "read/protobuf.h"

#include "base/arena.h"
#include "base/utf8.h"
#include "read/mapping.h"

#include <string.h>

#define MAGIC "k8s\0"

/* No API server takes an object that is larger than this. */
#define STRING_MAX ((size_t)1 << 26)

/* The type of a field's value. */
enum holds {
	HOLDS_STRING,
	HOLDS_BOOL,
	HOLDS_NUMBER,
	HOLDS_MESSAGE,
	HOLDS_STRINGS,  /* a list */
	HOLDS_MESSAGES, /* a list */
	HOLDS_MAP,      /* from string to string */
	HOLDS_INT_OR_STRING,
};

struct proto_field {
	uint32_t number;
	const char *name;
	enum holds holds;
	const struct proto_form *below; /* the form of its messages */
};

#define END                                                                                        \
	{                                                                                          \
		0                                                                                  \
	}
#define FORM(name, ...)                                                                            \
	static const struct proto_field name##_fields[] = {__VA_ARGS__, END};                      \
	static const struct proto_form name = {name##_fields, false}
#define STRICT(name, ...)                                                                          \
	static const struct proto_field name##_fields[] = {__VA_ARGS__, END};                      \
	static const struct proto_form name = {name##_fields, true}
#define OBJECT(name, ...)                                                                          \
	static const struct proto_field name##_fields[] = {__VA_ARGS__, END};                      \
	const struct proto_form name = {name##_fields, false}

/* The numbers are those of Kubernetes' generated.proto, where numbers are never used again. */
FORM(metadata, {1, "name", HOLDS_STRING, NULL}, {3, "namespace", HOLDS_STRING, NULL},
     {5, "uid", HOLDS_STRING, NULL}, {6, "resourceVersion", HOLDS_STRING, NULL},
     {11, "labels", HOLDS_MAP, NULL}, {12, "annotations", HOLDS_MAP, NULL});

FORM(container_port, {1, "name", HOLDS_STRING, NULL}, {3, "containerPort", HOLDS_NUMBER, NULL},
     {4, "protocol", HOLDS_STRING, NULL});
/* An init container with restartPolicy: Always runs on beside the others. */
FORM(container, {6, "ports", HOLDS_MESSAGES, &container_port},
     {24, "restartPolicy", HOLDS_STRING, NULL});
FORM(pod_spec, {2, "containers", HOLDS_MESSAGES, &container}, {10, "nodeName", HOLDS_STRING, NULL},
     {11, "hostNetwork", HOLDS_BOOL, NULL}, {20, "initContainers", HOLDS_MESSAGES, &container});
FORM(pod_ip, {1, "ip", HOLDS_STRING, NULL});
FORM(date, {1, "seconds", HOLDS_NUMBER, NULL});
FORM(pod_status, {1, "phase", HOLDS_STRING, NULL}, {6, "podIP", HOLDS_STRING, NULL},
     {7, "startTime", HOLDS_MESSAGE, &date}, {12, "podIPs", HOLDS_MESSAGES, &pod_ip});
OBJECT(proto_pod, {1, "metadata", HOLDS_MESSAGE, &metadata}, {2, "spec", HOLDS_MESSAGE, &pod_spec},
       {3, "status", HOLDS_MESSAGE, &pod_status});

OBJECT(proto_namespace, {1, "metadata", HOLDS_MESSAGE, &metadata});

FORM(node_spec, {1, "podCIDR", HOLDS_STRING, NULL}, {7, "podCIDRs", HOLDS_STRINGS, NULL});
FORM(node_address, {1, "type", HOLDS_STRING, NULL}, {2, "address", HOLDS_STRING, NULL});
FORM(node_status, {5, "addresses", HOLDS_MESSAGES, &node_address});
OBJECT(proto_node, {1, "metadata", HOLDS_MESSAGE, &metadata},
       {2, "spec", HOLDS_MESSAGE, &node_spec}, {3, "status", HOLDS_MESSAGE, &node_status});

STRICT(requirement, {1, "key", HOLDS_STRING, NULL}, {2, "operator", HOLDS_STRING, NULL},
       {3, "values", HOLDS_STRINGS, NULL});
STRICT(label_selector, {1, "matchLabels", HOLDS_MAP, NULL},
       {2, "matchExpressions", HOLDS_MESSAGES, &requirement});
STRICT(ip_block, {1, "cidr", HOLDS_STRING, NULL}, {2, "except", HOLDS_STRINGS, NULL});
STRICT(peer, {1, "podSelector", HOLDS_MESSAGE, &label_selector},
       {2, "namespaceSelector", HOLDS_MESSAGE, &label_selector},
       {3, "ipBlock", HOLDS_MESSAGE, &ip_block});
STRICT(policy_port, {1, "protocol", HOLDS_STRING, NULL}, {2, "port", HOLDS_INT_OR_STRING, NULL},
       {3, "endPort", HOLDS_NUMBER, NULL});
STRICT(ingress_rule, {1, "ports", HOLDS_MESSAGES, &policy_port},
       {2, "from", HOLDS_MESSAGES, &peer});
STRICT(egress_rule, {1, "ports", HOLDS_MESSAGES, &policy_port}, {2, "to", HOLDS_MESSAGES, &peer});
STRICT(policy_spec, {1, "podSelector", HOLDS_MESSAGE, &label_selector},
       {2, "ingress", HOLDS_MESSAGES, &ingress_rule}, {3, "egress", HOLDS_MESSAGES, &egress_rule},
       {4, "policyTypes", HOLDS_STRINGS, NULL});
OBJECT(proto_policy, {1, "metadata", HOLDS_MESSAGE, &metadata},
       {2, "spec", HOLDS_MESSAGE, &policy_spec});

FORM(status_details, {5, "retryAfterSeconds", HOLDS_NUMBER, NULL});
OBJECT(proto_status, {2, "status", HOLDS_STRING, NULL}, {3, "message", HOLDS_STRING, NULL},
       {4, "reason", HOLDS_STRING, NULL}, {5, "details", HOLDS_MESSAGE, &status_details},
       {6, "code", HOLDS_NUMBER, NULL});

/*
 * Messages that a container runtime sends to its plugins.  The numbers are those of NRI's
 * api.proto.
 */
FORM(os_namespace, {1, "type", HOLDS_STRING, NULL}, {2, "path", HOLDS_STRING, NULL});
FORM(sandbox_linux, {5, "namespaces", HOLDS_MESSAGES, &os_namespace});
FORM(sandbox, {1, "id", HOLDS_STRING, NULL}, {2, "name", HOLDS_STRING, NULL},
     {3, "uid", HOLDS_STRING, NULL}, {4, "namespace", HOLDS_STRING, NULL},
     {5, "labels", HOLDS_MAP, NULL}, {8, "linux", HOLDS_MESSAGE, &sandbox_linux},
     {10, "ips", HOLDS_STRINGS, NULL});
OBJECT(proto_sandbox_call, {1, "pod", HOLDS_MESSAGE, &sandbox});
OBJECT(proto_sandbox_event, {1, "event", HOLDS_NUMBER, NULL}, {2, "pod", HOLDS_MESSAGE, &sandbox});
OBJECT(proto_sandboxes, {1, "pods", HOLDS_MESSAGES, &sandbox}, {3, "more", HOLDS_BOOL, NULL});
OBJECT(proto_runtime, {2, "name", HOLDS_STRING, NULL}, {3, "version", HOLDS_STRING, NULL},
       {5, "requestTimeout", HOLDS_NUMBER, NULL});

/* This form is for maps from text to text; other maps have forms of their own. */
FORM(map_entry, {1, "key", HOLDS_STRING, NULL}, {2, "value", HOLDS_STRING, NULL});

bool proto_varint(struct proto_bytes *rest, uint64_t *number)
{
	*number = 0;
	for (unsigned shift = 0; shift < 64 && rest->len; shift += 7) {
		const uint8_t byte = *rest->at++;

		rest->len--;
		*number |= (uint64_t)(byte & 0x7f) << shift;
		if (!(byte & 0x80))
			return shift < 63 || byte <= 1;
	}
	return false;
}

static bool take_bytes(struct proto_bytes *rest, uint64_t len, struct proto_bytes *bytes)
{
	if (len > rest->len)
		return false;
	*bytes = (struct proto_bytes){rest->at, (size_t)len};
	rest->at += len;
	rest->len -= (size_t)len;
	return true;
}

int proto_next(struct proto_bytes *rest, struct proto_value *value)
{
	uint64_t key, len;

	if (!rest->len)
		return 0;
	*value = (struct proto_value){0};
	if (!proto_varint(rest, &key) || key >> 3 == 0 || key >> 3 > (1U << 29) - 1)
		return -1;
	value->field = (uint32_t)(key >> 3);
	switch (key & 7) {
	case PROTO_VARINT:
		value->wire = PROTO_VARINT;
		return proto_varint(rest, &value->number) ? 1 : -1;
	case PROTO_FIXED64:
		value->wire = PROTO_FIXED64;
		return take_bytes(rest, 8, &value->bytes) ? 1 : -1;
	case PROTO_LENGTH:
		value->wire = PROTO_LENGTH;
		return proto_varint(rest, &len) && take_bytes(rest, len, &value->bytes) ? 1 : -1;
	case PROTO_FIXED32:
		value->wire = PROTO_FIXED32;
		return take_bytes(rest, 4, &value->bytes) ? 1 : -1;
	default:
		return -1;
	}
}

/* A message that is being read. */
struct message {
	struct arena *arena;
	const struct proto_form *form;
	struct tree_node *map;
	bool is_odd; /* it has a field that its strict form does not name */
};

static bool is_utf8(const uint8_t *at, const uint8_t *end)
{
	size_t len = 1;

	while (at < end && len) {
		len = utf8_len(at, end);
		at += len;
	}
	return len > 0;
}

static struct tree_node *scalar_of(struct arena *arena, enum scalar_type type, const char *text)
{
	struct tree_node *node = arena_alloc(arena, sizeof(*node));

	node->kind = TREE_SCALAR;
	node->type = type;
	node->text = text;
	node->count = (uint32_t)strlen(text);
	return node;
}

/* Replaces what is not UTF-8 with U+FFFD, as the API server does for JSON. */
static struct tree_node *string_of(struct arena *arena, const struct proto_value *value)
{
	const uint8_t *at = value->bytes.at, *end;
	struct tree_node *node = scalar_of(arena, SCALAR_STRING, "");
	char *text;

	if (value->wire != PROTO_LENGTH || value->bytes.len > STRING_MAX)
		return NULL;
	end = at + value->bytes.len;
	if (is_utf8(at, end)) {
		node->text = arena_strndup(arena, (const char *)at, value->bytes.len);
		node->count = (uint32_t)value->bytes.len;
		return node;
	}
	node->text = text = arena_alloc(arena, value->bytes.len * 3 + 1);
	while (at < end) {
		const size_t len = utf8_len(at, end);

		memcpy(text, len ? (const char *)at : "\xef\xbf\xbd", len ? len : 3);
		text += len ? len : 3;
		at += len ? len : 1;
	}
	node->count = (uint32_t)(text - node->text);
	return node;
}

static struct tree_node *number_of(struct arena *arena, const struct proto_value *value)
{
	if (value->wire != PROTO_VARINT)
		return NULL;
	return scalar_of(arena, SCALAR_INT,
			 arena_printf(arena, "%lld", (long long)(int64_t)value->number));
}

static struct tree_node *bool_of(struct arena *arena, const struct proto_value *value)
{
	if (value->wire != PROTO_VARINT)
		return NULL;
	return scalar_of(arena, SCALAR_BOOL, value->number ? "true" : "false");
}

static struct tree_node *message_of(struct arena *arena, const struct proto_form *form,
				    const struct proto_value *value)
{
	if (value->wire != PROTO_LENGTH)
		return NULL;
	return proto_read(arena, form, value->bytes.at, value->bytes.len);
}

/* Reads an IntOrString: its type (0 means number), number and string. */
static struct tree_node *int_or_string_of(struct arena *arena, const struct proto_value *value)
{
	struct proto_bytes rest = value->bytes;
	struct proto_value field, number = {.wire = PROTO_VARINT}, text = {.wire = PROTO_LENGTH};
	uint64_t type = 0;
	int more;

	if (value->wire != PROTO_LENGTH)
		return NULL;
	while ((more = proto_next(&rest, &field)) > 0) {
		if (field.field == 1)
			type = field.number;
		else if (field.field == 2)
			number = field;
		else if (field.field == 3)
			text = field;
	}
	if (more || type > 1)
		return NULL;
	return type ? string_of(arena, &text) : number_of(arena, &number);
}

static struct tree_node *value_of(struct arena *arena, const struct proto_field *field,
				  const struct proto_value *value)
{
	switch (field->holds) {
	case HOLDS_STRING:
	case HOLDS_STRINGS:
		return string_of(arena, value);
	case HOLDS_BOOL:
		return bool_of(arena, value);
	case HOLDS_NUMBER:
		return number_of(arena, value);
	case HOLDS_MESSAGE:
	case HOLDS_MESSAGES:
		return message_of(arena, field->below, value);
	case HOLDS_MAP:
		return message_of(arena, &map_entry, value);
	case HOLDS_INT_OR_STRING:
		return int_or_string_of(arena, value);
	}
	return NULL;
}

static void put_pair(struct arena *arena, struct tree_node *map, struct tree_node *key,
		     struct tree_node *value)
{
	const struct pair pair = {key, value};
	size_t count = map->count;

	arena_push(arena, map->pairs, count, pair);
	map->count = (uint32_t)count;
}

/* Returns the list or mapping under that name, which is added if it is new. */
static struct tree_node *collection(struct message *message, const char *name, enum tree_kind kind)
{
	struct tree_node *node = tree_get(message->map, name);

	if (node)
		return node;
	node = arena_alloc(message->arena, sizeof(*node));
	node->kind = kind;
	put_pair(message->arena, message->map, scalar_of(message->arena, SCALAR_STRING, name),
		 node);
	return node;
}

/* Adds an entry of a map, which is a message with a key and a value. */
static void put_entry(struct arena *arena, struct tree_node *map, const struct tree_node *entry)
{
	struct tree_node *key = tree_get(entry, "key"), *value = tree_get(entry, "value");

	put_pair(arena, map, key ? key : scalar_of(arena, SCALAR_STRING, ""),
		 value ? value : scalar_of(arena, SCALAR_STRING, ""));
}

static void put_item(struct arena *arena, struct tree_node *list, struct tree_node *item)
{
	size_t count = list->count;

	arena_push(arena, list->items, count, item);
	list->count = (uint32_t)count;
}

/* Adds a field; returns false if it is there already. */
static bool put_one(struct message *message, const struct proto_field *field,
		    struct tree_node *node)
{
	if (tree_get(message->map, field->name))
		return false;
	if (field->holds != HOLDS_STRING || node->count)
		put_pair(message->arena, message->map,
			 scalar_of(message->arena, SCALAR_STRING, field->name), node);
	return true;
}

static bool put_field(struct message *message, const struct proto_field *field,
		      const struct proto_value *value)
{
	struct tree_node *node = value_of(message->arena, field, value);

	if (!node)
		return false;
	switch (field->holds) {
	case HOLDS_STRINGS:
	case HOLDS_MESSAGES:
		put_item(message->arena, collection(message, field->name, TREE_SEQUENCE), node);
		return true;
	case HOLDS_MAP:
		put_entry(message->arena, collection(message, field->name, TREE_MAPPING), node);
		return true;
	case HOLDS_STRING:
	case HOLDS_BOOL:
	case HOLDS_NUMBER:
	case HOLDS_MESSAGE:
	case HOLDS_INT_OR_STRING:
		return put_one(message, field, node);
	}
	return false;
}

/*
 * Adds an unknown field under its number, which cannot be the name of a field of the API.  The
 * first one is enough.
 */
static void put_unknown(struct message *message, uint32_t number)
{
	struct arena *arena = message->arena;

	if (!message->is_odd)
		put_pair(arena, message->map,
			 scalar_of(arena, SCALAR_STRING,
				   arena_printf(arena, "field %u of its protobuf", number)),
			 scalar_of(arena, SCALAR_STRING, ""));
	message->is_odd = true;
}

static bool take_field(struct message *message, const struct proto_value *value)
{
	const struct proto_field *field = message->form->fields;

	while (field->name && field->number != value->field)
		field++;
	if (field->name)
		return put_field(message, field, value);
	if (message->form->strict)
		put_unknown(message, value->field);
	return true;
}

/* Does one of the message's maps have a key twice? */
static bool has_twice(const struct message *message)
{
	struct diags diags = {.arena = message->arena};

	for (const struct proto_field *field = message->form->fields; field->name; field++)
		if (field->holds == HOLDS_MAP && tree_get(message->map, field->name))
			mapping_check(message->arena, NULL, tree_get(message->map, field->name),
				      &diags);
	return diags.errors > 0;
}

struct tree_node *proto_read(struct arena *arena, const struct proto_form *form,
			     const uint8_t *bytes, size_t len)
{
	struct message message = {.arena = arena, .form = form};
	struct proto_bytes rest = {bytes, len};
	struct proto_value value;
	int more;

	message.map = arena_alloc(arena, sizeof(*message.map));
	message.map->kind = TREE_MAPPING;
	while ((more = proto_next(&rest, &value)) > 0)
		if (!take_field(&message, &value))
			return NULL;
	return more || has_twice(&message) ? NULL : message.map;
}

/* Finds the bytes of the only field of that number; returns false if there is none. */
static bool find_bytes(struct proto_bytes message, uint32_t field, struct proto_bytes *bytes)
{
	struct proto_value value;
	bool found = false;
	int more;

	while ((more = proto_next(&message, &value)) > 0) {
		if (value.field != field)
			continue;
		if (value.wire != PROTO_LENGTH)
			return false;
		*bytes = value.bytes;
		found = true;
	}
	return !more && found;
}

bool proto_unwrap(struct proto_bytes wrapped, struct proto_bytes *object)
{
	if (wrapped.len < 4 || memcmp(wrapped.at, MAGIC, 4) != 0)
		return false;
	return find_bytes((struct proto_bytes){wrapped.at + 4, wrapped.len - 4}, 2, object);
}

bool proto_event(struct proto_bytes bytes, struct proto_bytes *type, struct proto_bytes *object)
{
	struct proto_bytes extension, wrapped;

	return find_bytes(bytes, 1, type) && find_bytes(bytes, 2, &extension) &&
	       find_bytes(extension, 1, &wrapped) && proto_unwrap(wrapped, object);
}
