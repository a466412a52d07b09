/*
 * Checks every field of ObjectMeta, also those that do not matter here, since the API server would
 * refuse the object for them.
 */
#include "read/metadata.h"

#include "base/arena.h"
#include "model/syntax.h"
#include "read/scalar.h"

/* Is it a time as in RFC 3339: 2024-01-31T12:00:00Z, perhaps with a fraction or an offset? */
static bool is_time(const char *text)
{
	static const char form[] = "dddd-dd-ddTdd:dd:dd";
	size_t i = 0;

	for (; form[i]; i++)
		if (form[i] == 'd' ? !(text[i] >= '0' && text[i] <= '9') : text[i] != form[i])
			return false;
	text += i;
	if (*text == '.')
		text += 1 + strspn(text + 1, "0123456789");
	if (*text == '+' || *text == '-')
		return strspn(text + 1, "0123456789:") == 5 && strlen(text) == 6 && text[3] == ':';
	return !strcmp(text, "Z");
}

static void check_time(struct reader *reader, const struct tree_node *map, const char *name)
{
	const struct tree_node *node = tree_get(map, name);
	const char *text = want_string(reader, node, name);

	if (text && !is_time(text))
		tree_error(reader, node, "%s \"%s\" is not a time such as 2024-01-31T12:00:00Z",
			   name, text);
}

static void check_number(struct reader *reader, const struct tree_node *map, const char *name)
{
	const struct tree_node *node = tree_get(map, name);
	int64_t number;

	if (tree_is_null(node) || scalar_integer(node, &number))
		return;
	if (node->kind == TREE_SCALAR && node->type == SCALAR_FLOAT)
		tree_error(reader, node, "%s must be a whole number, not %s", name, node->text);
	else
		tree_error(reader, node, "%s must be a number, not %s", name, tree_type_name(node));
}

static void check_owner(struct reader *reader, const struct tree_node *node)
{
	static const char *const fields[] = {
		"apiVersion", "kind", "name", "uid", "controller", "blockOwnerDeletion", NULL};
	const struct tree_node *map = want_mapping(reader, node, "an entry of ownerReferences");

	for (size_t i = 0; map && i < 4; i++) {
		const struct tree_node *field = tree_get(map, fields[i]);
		size_t errors = reader->diags->errors;
		const char *text = want_string(reader, field, fields[i]);

		if ((!text || !*text) && reader->diags->errors == errors)
			tree_error(reader, field ? field : node, "an owner reference needs %s %s",
				   i == 0 ? "an" : "a", fields[i]);
	}
	for (size_t i = 4; map && i < 6; i++)
		want_bool(reader, tree_get(map, fields[i]), fields[i]);
	if (map)
		check_fields(reader, map, fields, "an owner reference");
}

static void check_controllers(struct reader *reader, const struct tree_node *list)
{
	size_t controllers = 0;

	for (uint32_t i = 0; list && list->kind == TREE_SEQUENCE && i < list->count; i++) {
		const struct tree_node *controller = tree_get(list->items[i], "controller");
		size_t len;

		if (!controller || controller->kind != TREE_SCALAR ||
		    controller->type != SCALAR_BOOL ||
		    *scalar_key(reader->objects->arena, controller, &len) != 't')
			continue;
		if (++controllers == 2)
			tree_error(reader, list->items[i], "a second owner that controls it");
	}
}

/* Checks a finalizer: unless it is one of Kubernetes itself, it has a domain before its name. */
static void check_finalizer(struct reader *reader, const struct tree_node *node)
{
	static const char *const own[] = {"kubernetes", "orphan", "foregroundDeletion"};
	const char *text = want_string(reader, node, "a finalizer");

	for (size_t i = 0; text && i < sizeof(own) / sizeof(*own); i++)
		if (!strcmp(text, own[i]))
			return;
	if (text && (!strchr(text, '/') || !is_label_key(text)))
		tree_error(reader, node,
			   "\"%s\" is not a valid finalizer, such as example.com/name", text);
}

static void check_managed(struct reader *reader, const struct tree_node *node)
{
	want_mapping(reader, node, "an entry of managedFields");
}

static void check_list(struct reader *reader, const struct tree_node *map, const char *name,
		       void (*check)(struct reader *reader, const struct tree_node *node))
{
	const struct tree_node *list = want_list(reader, tree_get(map, name), name);

	for (uint32_t i = 0; list && i < list->count; i++)
		check(reader, list->items[i]);
}

/* The limit for keys and values together, as the API server counts them. */
#define ANNOTATIONS_MAX ((size_t)256 << 10)

static void read_annotations(struct reader *reader, const struct tree_node *map,
			     struct metadata *metadata)
{
	size_t bytes = 0;
	const struct tree_node *annotations =
		want_mapping(reader, tree_get(map, "annotations"), "annotations");

	for (uint32_t i = 0; annotations && i < annotations->count; i++) {
		const struct tree_node *key = annotations->pairs[i].key;
		const char *text =
			want_string(reader, annotations->pairs[i].value, "an annotation");

		if (text && tree_is(key, IGNORE_ANNOTATION))
			metadata->ignore =
				arena_strndup(reader->objects->arena, text, strlen(text));
		if (strlen(key->text) != key->count || !is_annotation_key(key->text))
			tree_error(reader, key, "\"%s\" is not a valid annotation key", key->text);
		bytes += key->count + (text ? annotations->pairs[i].value->count : 0);
	}
	if (bytes > ANNOTATIONS_MAX)
		tree_error(reader, annotations, "annotations of %zu bytes, more than %zu", bytes,
			   ANNOTATIONS_MAX);
}

/* Checks the types of those fields that do not matter here. */
static void check_other_metadata(struct reader *reader, const struct tree_node *map)
{
	static const char *const strings[] = {"generateName", "selfLink", "uid", "resourceVersion"};
	size_t ignored;

	for (size_t i = 0; i < sizeof(strings) / sizeof(*strings); i++)
		want_string(reader, tree_get(map, strings[i]), strings[i]);
	check_time(reader, map, "creationTimestamp");
	check_time(reader, map, "deletionTimestamp");
	check_list(reader, map, "ownerReferences", check_owner);
	check_controllers(reader, tree_get(map, "ownerReferences"));
	check_list(reader, map, "finalizers", check_finalizer);
	check_list(reader, map, "managedFields", check_managed);
	check_number(reader, map, "generation");
	check_number(reader, map, "deletionGracePeriodSeconds");
	want_labels(reader, tree_get(map, "labels"), "labels", &ignored);
}

static struct metadata read_metadata(struct reader *reader, const struct tree_node *object,
				     bool has_namespace)
{
	static const char *const fields[] = {
		"name",
		"namespace",
		"labels",
		"annotations",
		"generateName",
		"selfLink",
		"uid",
		"resourceVersion",
		"generation",
		"creationTimestamp",
		"deletionTimestamp",
		"deletionGracePeriodSeconds",
		"ownerReferences",
		"finalizers",
		"managedFields",
		NULL,
	};
	const struct tree_node *map =
		want_mapping(reader, tree_get(object, "metadata"), "metadata");
	struct metadata metadata = {
		.namespace = "", .name = "", .mark = tree_mark(reader->file, object)};

	if (!map)
		return metadata;
	check_fields(reader, map, fields, "metadata");
	check_other_metadata(reader, map);
	read_annotations(reader, map, &metadata);
	object_name(reader, object, map, is_dns_subdomain, &metadata.name, &metadata.mark);
	if (has_namespace)
		metadata.namespace = object_namespace(reader, map);
	else
		want_string(reader, tree_get(map, "namespace"), "namespace");
	return metadata;
}

struct metadata metadata_read(struct reader *reader, const struct tree_node *object)
{
	return read_metadata(reader, object, true);
}

struct metadata metadata_read_of_cluster(struct reader *reader, const struct tree_node *object)
{
	return read_metadata(reader, object, false);
}
