/* Documents by kind.  See read/document.h. */
#include "read/document.h"

#include "base/arena.h"
#include "read/check.h"
#include "read/cluster.h"
#include "read/expectation.h"
#include "read/owner.h"
#include "read/policy.h"
#include "read/scalar.h"
#include "read/service.h"
#include "read/source.h"
#include "read/workload.h"

static const struct shape_key no_keys[] = {{0}};
static const struct shape nothing = {no_keys}, skipped = {no_keys};

static const struct kind {
	const char *name, *api_version;
	const struct shape *shape;   /* what of it is kept; NULL: all */
	const struct shape *details; /* the same with details */
	void (*read)(struct reader *reader, const struct node *object);
	const char *strict; /* in words, where another apiVersion of it is an error */
} kinds[] = {
	{"NetworkPolicy", "networking.k8s.io/v1", NULL, NULL, policy_read, "a NetworkPolicy"},
	{"Pod", "v1", &pod_shape, &pod_details, pod_read, NULL},
	{"Namespace", "v1", &namespace_shape, &namespace_shape, namespace_read, NULL},
	{"Deployment", "apps/v1", &skipped, &workload_details, workload_read, NULL},
	{"StatefulSet", "apps/v1", &skipped, &workload_details, workload_read, NULL},
	{"DaemonSet", "apps/v1", &skipped, &workload_details, workload_read, NULL},
	{"ReplicaSet", "apps/v1", &skipped, &workload_details, workload_read, NULL},
	{"Job", "batch/v1", &skipped, &workload_details, workload_read, NULL},
	{"CronJob", "batch/v1", &skipped, &workload_details, workload_read, NULL},
	{"PodTemplate", "v1", &skipped, &workload_details, workload_read, NULL},
	{"ReplicationController", "v1", &skipped, &workload_details, workload_read, NULL},
	{"Service", "v1", &skipped, &service_details, service_read, NULL},
	{"Expectations", OWN_API, &nothing, NULL, expectations_read, "an Expectations object"},
};

#define KINDS (sizeof(kinds) / sizeof(*kinds))

/* NULL: none that is read. */
static const struct kind *find_kind(const struct reader *reader, const char *name, size_t len)
{
	for (size_t i = 0; i < KINDS; i++)
		if (strlen(kinds[i].name) == len && !memcmp(kinds[i].name, name, len))
			return reader->details || kinds[i].shape != &skipped ? &kinds[i] : NULL;
	return NULL;
}

static bool is_list_kind(const char *name, size_t len)
{
	return len >= 4 && !memcmp(name + len - 4, "List", 4);
}

/* The name of what a list of this kind holds: "Pod" for "PodList", "" for "List". */
static size_t item_kind_len(const char *list_kind)
{
	size_t len = strlen(list_kind);

	return is_list_kind(list_kind, len) ? len - 4 : 0;
}

static const struct shape *shape_of(void *context, const char *kind, size_t len)
{
	const struct reader *reader = context;
	const struct kind *known;

	if (!kind)
		return NULL;
	if (is_list_kind(kind, len))
		len -= 4;
	if (!len)
		return NULL;
	known = find_kind(reader, kind, len);
	if (!known)
		return &nothing;
	return reader->details ? known->details : known->shape;
}

static void take_object(struct reader *reader, const struct node *object, const char *list_kind);

/* A kind that matters, of another API, or of before there was this version. */
static void refuse_version(struct reader *reader, const struct kind *kind,
			   const struct node *object)
{
	const struct node *version = node_get(object, "apiVersion");
	const char *text = want_string(reader, version, "apiVersion");

	if (text)
		node_error(reader, version, "%s of apiVersion %s cannot be read, only of %s",
			   kind->strict, text, kind->api_version);
	else if (node_is_null(version))
		node_error(reader, object, "no apiVersion: %s is of %s", kind->strict,
			   kind->api_version);
}

/* Items that do not say themselves what they are are of their list's apiVersion. */
static void check_list_version(struct reader *reader, const struct node *list)
{
	const char *name = node_get(list, "kind")->text;
	const struct kind *kind = find_kind(reader, name, item_kind_len(name));

	if (kind && kind->strict && !node_is(node_get(list, "apiVersion"), kind->api_version))
		refuse_version(reader, kind, list);
}

/* A list inside a list, or one that was no stream of items. */
static void take_list(struct reader *reader, const struct node *list, const char *kind)
{
	const struct node *items = want_list(reader, node_get(list, "items"), "items");

	check_list_version(reader, list);
	for (uint32_t i = 0; items && i < items->count; i++)
		take_object(reader, items->items[i], kind);
}

/* What is misspelt must not pass for a kind that is none of our business. */
static void check_unknown_kind(struct reader *reader, const struct node *kind,
			       const struct node *version)
{
	static const struct {
		const char *version, *kinds[6];
	} apis[] = {
		{"networking.k8s.io/v1",
		 {"NetworkPolicy", "Ingress", "IngressClass", "IPAddress", "ServiceCIDR", NULL}},
		{OWN_API, {"Expectations", NULL}},
	};

	if (version && version->kind == NODE_SCALAR && !strncmp(version->text, "np2nft/", 7) &&
	    !node_is(version, OWN_API))
		node_error(reader, version, "unknown apiVersion \"%s\"; did you mean \"%s\"?",
			   version->text, OWN_API);
	for (size_t i = 0; i < sizeof(apis) / sizeof(*apis); i++) {
		const char *const *known = apis[i].kinds;

		if (!node_is(version, apis[i].version))
			continue;
		while (*known && !node_is(kind, *known))
			known++;
		if (!*known)
			node_error(reader, kind, "unknown kind \"%s\" of %s%s", kind->text,
				   version->text,
				   nearest_hint(reader->objects->arena, kind->text, apis[i].kinds));
	}
}

/* The kind by which @object is read; NULL if it is skipped, or wrong (then with an error). */
static const struct kind *kind_of(struct reader *reader, const struct node *object,
				  const char *list_kind)
{
	size_t implied = list_kind ? item_kind_len(list_kind) : 0;
	const struct node *kind = node_get(object, "kind"),
			  *version = node_get(object, "apiVersion");
	const struct kind *known;
	const char *name;

	if (node_is_null(kind)) {
		if (implied)
			return find_kind(reader, list_kind, implied);
		node_error(reader, object, "no kind: this is not a Kubernetes object");
		return NULL;
	}
	name = want_string(reader, kind, "kind");
	if (!name)
		return NULL;
	known = find_kind(reader, name, strlen(name));
	/* What a list of one kind holds is read as that kind, before its own kind is known. */
	if (implied && (strlen(name) != implied || memcmp(name, list_kind, implied) != 0)) {
		node_error(reader, kind, "a %s in a %s", name, list_kind);
		return NULL;
	}
	if (known && (node_is(version, known->api_version) || (implied && node_is_null(version))))
		return known;
	if (known && known->strict)
		refuse_version(reader, known, object);
	else
		check_unknown_kind(reader, kind, version);
	return NULL;
}

static void take_object(struct reader *reader, const struct node *object, const char *list_kind)
{
	const struct node *kind = node_get(object, "kind");
	size_t errors = reader->diags->errors;
	const struct kind *known;

	if (node_is_null(object))
		return;
	if (list_kind && item_kind_len(list_kind) &&
	    !find_kind(reader, list_kind, item_kind_len(list_kind))) {
		reader->objects->skipped++;
		return;
	}
	if (object->kind != NODE_MAPPING) {
		node_error(reader, object, "%s stands where an object should",
			   node_type_name(object));
		return;
	}
	if (kind && kind->kind == NODE_SCALAR && is_list_kind(kind->text, kind->count) &&
	    node_get(object, "items")) {
		take_list(reader, object, kind->text);
		return;
	}
	known = kind_of(reader, object, list_kind);
	reader->kind = known ? known->name : NULL;
	if (known)
		known->read(reader, object);
	else if (reader->diags->errors == errors)
		reader->objects->skipped++;
}

static void sink_object(void *context, const struct node *object, bool in_list,
			const char *list_kind)
{
	(void)in_list;
	take_object(context, object, list_kind);
}

static void sink_list_end(void *context, const struct node *list)
{
	struct reader *reader = context;
	const struct node *kind = node_get(list, "kind");

	if (node_is_null(kind))
		node_error(reader, list, "no kind: this is not a Kubernetes list");
	else if (kind->kind != NODE_SCALAR || !is_list_kind(kind->text, kind->count))
		node_error(reader, kind,
			   "a list of items must be of a kind such as List or PodList");
	else
		check_list_version(reader, list);
}

void read_paths(const char *const *paths, size_t count, const struct read_options *options,
		struct objects *objects, struct diags *diags)
{
	struct reader reader = {
		.default_namespace = options->default_namespace,
		.details = options->details,
		.objects = objects,
		.diags = diags,
	};
	struct tree_sink sink = {
		.context = &reader,
		.shape = shape_of,
		.object = sink_object,
		.list_end = sink_list_end,
	};
	struct source_list list = {0};

	if (!is_dns_label(options->default_namespace))
		diag_error(diags, (struct mark){0}, "\"%s\" is not a valid namespace",
			   options->default_namespace);
	objects->strings.arena = objects->arena;
	for (size_t i = 0; i < count; i++)
		source_find(objects->arena, paths[i], &list, diags);
	for (size_t i = 0; i < list.count; i++) {
		reader.file = strcmp(list.files[i], "-") ? list.files[i] : "<stdin>";
		source_read(list.files[i], &sink, diags);
	}
	owners_resolve(&reader);
	objects_check(objects, diags);
}
