/*
 * Checks the type of a field's value and takes the value.  Names, labels and the like must have the
 * forms that the API server demands.
 */
#include "read/field.h"

#include "base/arena.h"
#include "base/nearest.h"
#include "base/text.h"
#include "model/syntax.h"
#include "model/words.h"
#include "read/scalar.h"

#include <stdlib.h>

static const char *nearest(const char *name, const char *const *known)
{
	struct nearest near = {.wanted = name};

	for (; *known; known++)
		nearest_look_at(&near, *known);
	return near.found;
}

void skip_object(struct reader *reader, const char *kind, size_t len)
{
	struct arena *arena = reader->objects->arena;
	bool added = false;

	reader->objects->skipped++;
	if (!reader->is_live)
		table_add(&reader->skipped_kinds, arena_strndup(arena, kind, len), len, &added);
	if (added && reader->skipped_kinds.count <= NAMED_PASSED_OVER)
		arena_append(arena, &reader->skipped_names, "%s%.*s",
			     reader->skipped_names.text ? ", " : "", (int)len, kind);
}

void leave_out_pod(struct reader *reader, const struct pod *pod)
{
	struct objects *objects = reader->objects;

	if (objects->pods_left_out++ < NAMED_PASSED_OVER && !reader->is_live)
		arena_append(objects->arena, &reader->left_out_names, "%s%s/%s",
			     reader->left_out_names.text ? ", " : "", pod->namespace, pod->name);
}

const char *nearest_hint(struct arena *arena, const char *name, const char *const *known)
{
	const char *near = nearest(name, known);

	return near ? arena_printf(arena, "; did you mean \"%s\"?", near) : "";
}

void check_fields(struct reader *reader, const struct tree_node *map, const char *const *known,
		  const char *where)
{
	for (uint32_t i = 0; i < map->count; i++) {
		const struct tree_node *key = map->pairs[i].key;
		const char *const *name = known;

		while (*name && !tree_is(key, *name))
			name++;
		if (*name)
			continue;
		tree_error(reader, key, "unknown field \"%s\" in %s%s", key->text, where,
			   nearest_hint(reader->objects->arena, key->text, known));
	}
}

static const struct tree_node *want_kind(struct reader *reader, const struct tree_node *node,
					 enum tree_kind kind, const char *kind_name,
					 const char *what)
{
	static const struct tree_node empty[] = {
		[TREE_SEQUENCE] = {.kind = TREE_SEQUENCE},
		[TREE_MAPPING] = {.kind = TREE_MAPPING},
	};

	if (tree_is_null(node))
		return &empty[kind];
	if (node->kind == kind)
		return node;
	tree_error(reader, node, "%s must be %s, not %s", what, kind_name, tree_type_name(node));
	return NULL;
}

const struct tree_node *want_mapping(struct reader *reader, const struct tree_node *node,
				     const char *what)
{
	return want_kind(reader, node, TREE_MAPPING, "a mapping", what);
}

const struct tree_node *want_list(struct reader *reader, const struct tree_node *node,
				  const char *what)
{
	return want_kind(reader, node, TREE_SEQUENCE, "a list", what);
}

const char *want_string(struct reader *reader, const struct tree_node *node, const char *what)
{
	if (tree_is_null(node))
		return NULL;
	if (node->kind != TREE_SCALAR ||
	    (node->type != SCALAR_STRING && node->type != SCALAR_MERGE)) {
		bool plain = node->kind == TREE_SCALAR;

		tree_error(reader, node, "%s must be a string, not %s%s", what,
			   tree_type_name(node), plain ? " (quote it)" : "");
		return NULL;
	}
	if (strlen(node->text) != node->count) {
		tree_error(reader, node, "%s has a NUL character in it", what);
		return NULL;
	}
	return node->text;
}

bool want_bool(struct reader *reader, const struct tree_node *node, const char *what)
{
	size_t len;

	if (tree_is_null(node))
		return false;
	if (node->kind != TREE_SCALAR || node->type != SCALAR_BOOL) {
		tree_error(reader, node, "%s must be true or false, not %s", what,
			   tree_type_name(node));
		return false;
	}
	return *scalar_key(reader->objects->arena, node, &len) == 't';
}

int want_protocol(struct reader *reader, const struct tree_node *node)
{
	size_t errors = reader->diags->errors;
	const char *name = want_string(reader, node, "protocol");
	int protocol;

	if (!name)
		return reader->diags->errors == errors ? TCP : -1;
	protocol = protocol_of(name);
	if (protocol < 0)
		tree_error(reader, node, "unknown protocol \"%s\": TCP, UDP or SCTP", name);
	return protocol;
}

int64_t want_number(struct reader *reader, const struct tree_node *node, const char *what,
		    int64_t low, int64_t high)
{
	int64_t number;

	if (!scalar_integer(node, &number)) {
		if (node->kind == TREE_SCALAR && node->type == SCALAR_FLOAT)
			tree_error(reader, node, "%s must be a whole number, not %s", what,
				   node->text);
		else
			tree_error(reader, node, "%s must be a number, not %s", what,
				   tree_type_name(node));
		return -1;
	}
	if (number >= low && number <= high)
		return number;
	/* A number that is far out of range is shown as it is written. */
	tree_error(reader, node, "%s %s is not from %lld to %lld", what,
		   llabs(number) < 1000000000000
			   ? arena_printf(reader->objects->arena, "%lld", (long long)number)
			   : node->text,
		   (long long)low, (long long)high);
	return -1;
}

uint16_t want_port_number(struct reader *reader, const struct tree_node *node, const char *what)
{
	const int64_t number = want_number(reader, node, what, 1, 65535);

	return number < 0 ? 0 : (uint16_t)number;
}

void want_port(struct reader *reader, const struct tree_node *node, const char *what,
	       const char **name, uint16_t *number)
{
	const char *text;

	*name = NULL;
	*number = 0;
	if (node->kind != TREE_SCALAR || node->type != SCALAR_STRING) {
		*number = want_port_number(reader, node, what);
		return;
	}
	text = want_string(reader, node, what);
	if (!text)
		return;
	if (!is_port_name(text))
		tree_error(reader, node, "\"%s\" is not a valid port name%s", text,
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

void object_name(struct reader *reader, const struct tree_node *object,
		 const struct tree_node *metadata, bool (*valid)(const char *), const char **name,
		 struct mark *mark)
{
	const struct tree_node *node = tree_get(metadata, "name");
	/* Metadata that is missing is an empty mapping without a place. */
	const struct tree_node *where = node ? node : metadata->line ? metadata : object;
	size_t errors = reader->diags->errors;
	const char *text = want_string(reader, node, "name");

	*name = "";
	*mark = tree_mark(reader->file, where);
	if (reader->diags->errors != errors)
		return;
	if (!text || !*text)
		tree_error(reader, where, "metadata.name is missing");
	else if (!valid(text))
		tree_error(reader, node, "\"%s\" is not a valid name", text);
	else
		*name = arena_strndup(reader->objects->arena, text, strlen(text));
}

const char *object_namespace(struct reader *reader, const struct tree_node *metadata)
{
	const struct tree_node *node = tree_get(metadata, "namespace");
	const char *text = want_string(reader, node, "namespace");

	if (!text || !*text)
		return reader->default_namespace;
	if (!is_dns_label(text))
		tree_error(reader, node, "\"%s\" is not a valid namespace", text);
	return arena_strndup(reader->objects->arena, text, strlen(text));
}

static int compare_labels(const void *a, const void *b)
{
	const struct label *x = a, *y = b;

	return (x->key > y->key) - (x->key < y->key);
}

struct label *want_labels(struct reader *reader, const struct tree_node *node, const char *what,
			  size_t *count)
{
	const struct tree_node *map = want_mapping(reader, node, what);
	struct objects *objects = reader->objects;
	struct label *labels;

	*count = 0;
	if (!map)
		return NULL;
	labels = arena_array(objects->arena, map->count, sizeof(*labels));
	for (uint32_t i = 0; i < map->count; i++) {
		const struct tree_node *key = map->pairs[i].key, *value = map->pairs[i].value;
		size_t errors = reader->diags->errors;
		const char *text = want_string(reader, value, "a label's value");

		if (strlen(key->text) != key->count || !is_label_key(key->text))
			tree_error(reader, key, "\"%s\" is not a valid label key", key->text);
		if (text && !is_label_value(text))
			tree_error(reader, value, "\"%s\" is not a valid label value", text);
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
