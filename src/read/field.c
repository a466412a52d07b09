/*
 * Checks the type of a field's value and takes the value.  Names, labels and the like must have the
 * forms that the API server demands.
 */
#include "read/field.h"

#include "base/arena.h"
#include "base/text.h"
#include "model/syntax.h"
#include "model/words.h"
#include "read/scalar.h"

#include <stdlib.h>

static const char *nearest(const char *name, const char *const *known)
{
	const char *best = NULL;
	size_t least = 4; /* a greater distance is no misspelling */
	char a[64], b[64];

	text_lower(name, a, sizeof(a));
	for (; *known; known++) {
		size_t far;

		text_lower(*known, b, sizeof(b));
		far = text_distance(a, b);
		if (far < least && far < strlen(*known)) {
			least = far;
			best = *known;
		}
	}
	return best;
}

const char *nearest_hint(struct arena *arena, const char *name, const char *const *known)
{
	const char *near = nearest(name, known);

	return near ? arena_printf(arena, "; did you mean \"%s\"?", near) : "";
}

void check_fields(struct reader *reader, const struct node *map, const char *const *known,
		  const char *where)
{
	for (uint32_t i = 0; i < map->count; i++) {
		const struct node *key = map->pairs[i].key;
		const char *const *name = known;

		while (*name && !node_is(key, *name))
			name++;
		if (*name)
			continue;
		node_error(reader, key, "unknown field \"%s\" in %s%s", key->text, where,
			   nearest_hint(reader->objects->arena, key->text, known));
	}
}

static const struct node *want_kind(struct reader *reader, const struct node *node,
				    enum node_kind kind, const char *kind_name, const char *what)
{
	static const struct node empty[] = {
		[NODE_SEQUENCE] = {.kind = NODE_SEQUENCE},
		[NODE_MAPPING] = {.kind = NODE_MAPPING},
	};

	if (node_is_null(node))
		return &empty[kind];
	if (node->kind == kind)
		return node;
	node_error(reader, node, "%s must be %s, not %s", what, kind_name, node_type_name(node));
	return NULL;
}

const struct node *want_mapping(struct reader *reader, const struct node *node, const char *what)
{
	return want_kind(reader, node, NODE_MAPPING, "a mapping", what);
}

const struct node *want_list(struct reader *reader, const struct node *node, const char *what)
{
	return want_kind(reader, node, NODE_SEQUENCE, "a list", what);
}

const char *want_string(struct reader *reader, const struct node *node, const char *what)
{
	if (node_is_null(node))
		return NULL;
	if (node->kind != NODE_SCALAR ||
	    (node->type != SCALAR_STRING && node->type != SCALAR_MERGE)) {
		bool plain = node->kind == NODE_SCALAR;

		node_error(reader, node, "%s must be a string, not %s%s", what,
			   node_type_name(node), plain ? " (quote it)" : "");
		return NULL;
	}
	if (strlen(node->text) != node->count) {
		node_error(reader, node, "%s has a NUL character in it", what);
		return NULL;
	}
	return node->text;
}

bool want_bool(struct reader *reader, const struct node *node, const char *what)
{
	size_t len;

	if (node_is_null(node))
		return false;
	if (node->kind != NODE_SCALAR || node->type != SCALAR_BOOL) {
		node_error(reader, node, "%s must be true or false, not %s", what,
			   node_type_name(node));
		return false;
	}
	return *scalar_key(reader->objects->arena, node, &len) == 't';
}

int want_protocol(struct reader *reader, const struct node *node)
{
	size_t errors = reader->diags->errors;
	const char *name = want_string(reader, node, "protocol");
	int protocol;

	if (!name)
		return reader->diags->errors == errors ? TCP : -1;
	protocol = protocol_of(name);
	if (protocol < 0)
		node_error(reader, node, "unknown protocol \"%s\": TCP, UDP or SCTP", name);
	return protocol;
}

int64_t want_number(struct reader *reader, const struct node *node, const char *what, int64_t low,
		    int64_t high)
{
	int64_t number;

	if (!scalar_integer(node, &number)) {
		if (node->kind == NODE_SCALAR && node->type == SCALAR_FLOAT)
			node_error(reader, node, "%s must be a whole number, not %s", what,
				   node->text);
		else
			node_error(reader, node, "%s must be a number, not %s", what,
				   node_type_name(node));
		return -1;
	}
	if (number >= low && number <= high)
		return number;
	/* A number that is far out of range is shown as it is written. */
	node_error(reader, node, "%s %s is not from %lld to %lld", what,
		   llabs(number) < 1000000000000
			   ? arena_printf(reader->objects->arena, "%lld", (long long)number)
			   : node->text,
		   (long long)low, (long long)high);
	return -1;
}

uint16_t want_port_number(struct reader *reader, const struct node *node, const char *what)
{
	const int64_t number = want_number(reader, node, what, 1, 65535);

	return number < 0 ? 0 : (uint16_t)number;
}

void want_port(struct reader *reader, const struct node *node, const char *what, const char **name,
	       uint16_t *number)
{
	const char *text;

	*name = NULL;
	*number = 0;
	if (node->kind != NODE_SCALAR || node->type != SCALAR_STRING) {
		*number = want_port_number(reader, node, what);
		return;
	}
	text = want_string(reader, node, what);
	if (!text)
		return;
	if (!is_port_name(text))
		node_error(reader, node, "\"%s\" is not a valid port name%s", text,
			   *text && strspn(text, "0123456789") == strlen(text)
				   ? " (a number must not be quoted)"
				   : "");
	*name = arena_strndup(reader->objects->arena, text, strlen(text));
}

void tell_second(struct reader *reader, const char *kind, const char *namespace, const char *name,
		 struct mark first, struct mark second)
{
	diag_warning(reader->diags, second,
		     "a second %s %s/%s, which takes the place of the first, at %s:%u:%u", kind,
		     namespace, name, first.file, first.line, first.col);
}

void object_name(struct reader *reader, const struct node *object, const struct node *metadata,
		 bool (*valid)(const char *), const char **name, struct mark *mark)
{
	const struct node *node = node_get(metadata, "name");
	/* Metadata that is missing is an empty mapping without a place. */
	const struct node *where = node ? node : metadata->line ? metadata : object;
	size_t errors = reader->diags->errors;
	const char *text = want_string(reader, node, "name");

	*name = "";
	*mark = node_mark(reader->file, where);
	if (reader->diags->errors != errors)
		return;
	if (!text || !*text)
		node_error(reader, where, "metadata.name is missing");
	else if (!valid(text))
		node_error(reader, node, "\"%s\" is not a valid name", text);
	else
		*name = arena_strndup(reader->objects->arena, text, strlen(text));
}

const char *object_namespace(struct reader *reader, const struct node *metadata)
{
	const struct node *node = node_get(metadata, "namespace");
	const char *text = want_string(reader, node, "namespace");

	if (!text || !*text)
		return reader->default_namespace;
	if (!is_dns_label(text))
		node_error(reader, node, "\"%s\" is not a valid namespace", text);
	return arena_strndup(reader->objects->arena, text, strlen(text));
}

static int compare_labels(const void *a, const void *b)
{
	const struct label *x = a, *y = b;

	return (x->key > y->key) - (x->key < y->key);
}

struct label *want_labels(struct reader *reader, const struct node *node, const char *what,
			  size_t *count)
{
	const struct node *map = want_mapping(reader, node, what);
	struct objects *objects = reader->objects;
	struct label *labels;

	*count = 0;
	if (!map)
		return NULL;
	labels = arena_array(objects->arena, map->count, sizeof(*labels));
	for (uint32_t i = 0; i < map->count; i++) {
		const struct node *key = map->pairs[i].key, *value = map->pairs[i].value;
		size_t errors = reader->diags->errors;
		const char *text = want_string(reader, value, "a label's value");

		if (strlen(key->text) != key->count || !is_label_key(key->text))
			node_error(reader, key, "\"%s\" is not a valid label key", key->text);
		if (text && !is_label_value(text))
			node_error(reader, value, "\"%s\" is not a valid label value", text);
		if (reader->diags->errors != errors)
			continue;
		text = text ? text : "";
		labels[(*count)++] = (struct label){
			.key = objects_intern(objects, key->text, key->count),
			.value = objects_intern(objects, text, strlen(text)),
		};
	}
	qsort(labels, *count, sizeof(*labels), compare_labels);
	return labels;
}
