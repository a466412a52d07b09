/*
 * Decides by kind and apiVersion who reads a document, and opens lists.  Kinds that do not matter
 * here are passed over, but not a kind that is only misspelt.
 */
#include "read/document.h"

#include "base/arena.h"
#include "base/nearest.h"
#include "model/syntax.h"
#include "read/same_name.h"
#include "read/pod.h"
#include "read/cluster_node.h"
#include "read/cluster_policy.h"
#include "read/expectation.h"
#include "read/not_manifests.h"
#include "read/incomplete.h"
#include "read/other_policies.h"
#include "read/owner.h"
#include "read/policy.h"
#include "read/scalar.h"
#include "read/service.h"
#include "read/source.h"
#include "read/workload.h"

static const struct shape_key no_keys[] = {{0}};
static const struct shape nothing = {no_keys}, skipped = {no_keys};

/* The parts of a list that tell whether it is complete. */
static const struct shape_key list_metadata_keys[] = {
	{"continue", NULL}, {"remainingItemCount", NULL}, {0}};
static const struct shape list_metadata_shape = {list_metadata_keys};
static const struct shape_key list_keys[] = {{"metadata", &list_metadata_shape}, {0}};
static const struct shape list_shape = {list_keys};

static const struct document_kind {
	const char *name, *api_version;
	const struct shape *shape;   /* the parts that are read; NULL: all */
	const struct shape *details; /* the parts that are read with details */
	void (*read)(struct reader *reader, const struct tree_node *object);
	const char *strict; /* words for the kind, if another apiVersion of it is an error */
} kinds[] = {
	{"NetworkPolicy", "networking.k8s.io/v1", NULL, NULL, policy_read, "a NetworkPolicy"},
	{"ClusterNetworkPolicy", CLUSTER_POLICY_API, NULL, NULL, cluster_policy_read,
	 "a ClusterNetworkPolicy"},
	{"Node", "v1", &cluster_node_shape, &cluster_node_shape, cluster_node_read, NULL},
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

/* Finds the kind of this name; NULL if it is not one that is read. */
static const struct document_kind *find_kind(const struct reader *reader, const char *name,
					     size_t len)
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

/*
 * The length of the kind of a list's items in the kind of the list: "Pod" in "PodList", "" in
 * "List".
 */
static size_t item_kind_len(const char *list_kind)
{
	size_t len = strlen(list_kind);

	return is_list_kind(list_kind, len) ? len - 4 : 0;
}

static const struct shape *shape_of(void *context, const char *kind, size_t len)
{
	const struct reader *reader = context;
	const struct document_kind *known;

	if (!kind)
		return NULL;
	if (is_list_kind(kind, len))
		len -= 4;
	if (!len || is_kustomization_kind(kind, len))
		return NULL;
	known = find_kind(reader, kind, len);
	if (!known)
		return is_policy_kind(kind, len) ? &other_policy_shape : &nothing;
	return reader->details ? known->details : known->shape;
}

static void take_object(struct reader *reader, const struct tree_node *object,
			const char *list_kind);

/* Refuses a kind that matters, but has another apiVersion. */
static void refuse_version(struct reader *reader, const struct document_kind *kind,
			   const struct tree_node *object)
{
	const struct tree_node *version = tree_get(object, "apiVersion");
	const char *text = want_string(reader, version, "apiVersion");

	if (text)
		tree_error(reader, version, "%s of apiVersion %s cannot be read, only of %s",
			   kind->strict, text, kind->api_version);
	else if (tree_is_null(version))
		tree_error(reader, object, "no apiVersion: %s is of %s", kind->strict,
			   kind->api_version);
}

/* Does @version belong to the group @group? */
static bool is_of_group(const struct tree_node *version, const char *group)
{
	size_t len = strlen(group);

	return version && version->kind == TREE_SCALAR && !strncmp(version->text, group, len) &&
	       version->text[len] == '/';
}

/*
 * Reports kinds that are probably misspelt, so that they do not pass for kinds that do not matter.
 * @len is the length of the kind without "List".
 */
static void check_unknown_kind(struct reader *reader, const struct tree_node *kind, size_t len,
			       const struct tree_node *version)
{
	static const struct {
		const char *group, *kinds[7];
	} groups[] = {
		{"networking.k8s.io",
		 {"NetworkPolicy", "Ingress", "IngressClass", "IPAddress", "ServiceCIDR",
		  "ClusterCIDR", NULL}},
		{"policy.networking.k8s.io",
		 {"ClusterNetworkPolicy", "AdminNetworkPolicy", "BaselineAdminNetworkPolicy",
		  NULL}},
		{"np2nft", {"Expectations", NULL}},
	};
	struct arena *arena = reader->objects->arena;
	const char *name = arena_strndup(arena, kind->text, len);

	if (is_of_group(version, "np2nft") && !tree_is(version, OWN_API)) {
		tree_error(reader, version, "unknown apiVersion \"%s\"; did you mean \"%s\"?",
			   version->text, OWN_API);
		return;
	}
	for (size_t i = 0; i < sizeof(groups) / sizeof(*groups); i++) {
		const char *const *known = groups[i].kinds;

		if (!is_of_group(version, groups[i].group))
			continue;
		while (*known && strcmp(name, *known) != 0)
			known++;
		if (!*known)
			tree_error(reader, kind, "unknown kind \"%s\" of %s%s", name, version->text,
				   nearest_hint(arena, name, groups[i].kinds));
	}
}

/* Is it an apiVersion of a group with a short name, such as apps, or of the core group? */
static bool is_short_group(const struct tree_node *version)
{
	return version && version->kind == TREE_SCALAR && version->type == SCALAR_STRING &&
	       !strchr(version->text, '.');
}

/* Returns the kind whose name has at most one fault in @name, whatever its capital letters. */
static const struct document_kind *meant_kind(const char *name)
{
	for (size_t i = 0; i < KINDS; i++)
		if (!kinds[i].strict && edits_between(name, kinds[i].name) <= 1)
			return &kinds[i];
	return NULL;
}

/*
 * Warns of a kind that is skipped although a pod, a workload and the like is probably meant: its
 * name is misspelt, or its apiVersion is another.  @len is the length of the kind without "List".
 */
static void warn_of_kind(struct reader *reader, const struct tree_node *kind, size_t len,
			 const struct tree_node *version)
{
	const char *name = arena_strndup(reader->objects->arena, kind->text, len);
	const struct document_kind *meant = is_short_group(version) ? meant_kind(name) : NULL;

	if (!meant || reader->is_live)
		return;
	if (strcmp(name, meant->name) != 0)
		diag_warning(reader->diags, tree_mark(reader->file, kind),
			     "unknown kind \"%s\", which is skipped; did you mean \"%s\"?", name,
			     meant->name);
	else if (!tree_is(version, meant->api_version))
		diag_warning(reader->diags, tree_mark(reader->file, version),
			     "%s of apiVersion %s is skipped; did you mean \"%s\"?", name,
			     version->text, meant->api_version);
}

/* Does @version belong to a group whose policies are read, or should be? */
static bool is_other_version(const struct tree_node *version)
{
	return version && version->kind == TREE_SCALAR && version->type == SCALAR_STRING &&
	       is_other_group(version->text);
}

/*
 * Reports a list that is not complete.  A server sends a long list in parts, and each but the last
 * says that there is more.
 */
static void check_whole(struct reader *reader, const struct tree_node *list)
{
	const struct tree_node *metadata =
		want_mapping(reader, tree_get(list, "metadata"), "metadata");
	const struct tree_node *remaining = tree_get(metadata, "remainingItemCount");
	const char *more = want_string(reader, tree_get(metadata, "continue"), "continue");
	int64_t count = 0;

	if (!tree_is_null(remaining) && !scalar_integer(remaining, &count)) {
		tree_error(reader, remaining, "remainingItemCount must be a number, not %s",
			   tree_type_name(remaining));
		return;
	}
	if ((!more || !*more) && count <= 0)
		return;
	if (!reader->objects->partial.file)
		reader->objects->partial = tree_mark(reader->file, list);
	diag_warning(reader->diags, tree_mark(reader->file, list),
		     "this list is not whole: the server has more, which the answer leaves out");
}

/*
 * Reads the items of a list.  An item that does not name its kind and apiVersion has those of the
 * list.
 */
static void check_list(struct reader *reader, const struct tree_node *list)
{
	const char *name = tree_get(list, "kind")->text;
	size_t len = item_kind_len(name);
	const struct document_kind *kind = find_kind(reader, name, len);
	const struct tree_node *version = tree_get(list, "apiVersion");

	if (kind && kind->strict && !tree_is(version, kind->api_version) &&
	    !is_other_version(version))
		refuse_version(reader, kind, list);
	if (!kind && len) {
		check_unknown_kind(reader, tree_get(list, "kind"), len, version);
		warn_of_kind(reader, tree_get(list, "kind"), len, version);
	}
	if (kind || !len || is_policy_kind(name, len))
		check_whole(reader, list);
}

/* Reads a list inside of a list, or one whose items did not come as a stream. */
static void take_list(struct reader *reader, const struct tree_node *list, const char *kind)
{
	const struct tree_node *items = want_list(reader, tree_get(list, "items"), "items");

	check_list(reader, list);
	for (uint32_t i = 0; items && i < items->count; i++)
		take_object(reader, items->items[i], kind);
}

static void read_over(struct reader *reader, const struct tree_node *object)
{
	(void)reader;
	(void)object;
}

/* For documents that are no Kubernetes objects; they are counted. */
static const struct document_kind passed_over = {.read = read_over};

/* For the files that tell kustomize how to make manifests. */
static const struct document_kind kustomization = {.read = foreign_kustomization};

/* For policies of other kinds or groups. */
static const struct document_kind other_policy = {.read = other_policy_read};

/* For the kinds that came before ClusterNetworkPolicy. */
static const struct document_kind former_policy = {.read = former_policy_read};

static bool is_former_kind(const char *name)
{
	return !strcmp(name, "AdminNetworkPolicy") || !strcmp(name, "BaselineAdminNetworkPolicy");
}

/*
 * Returns what reads an object of the kind @name that @known (NULL: no such kind) shall not read
 * because its @version is another.  Returns NULL if the object is skipped, or after an error.
 */
static const struct document_kind *other_kind_of(struct reader *reader,
						 const struct tree_node *object,
						 const struct document_kind *known,
						 const char *name, size_t len)
{
	const struct tree_node *kind = tree_get(object, "kind"),
			       *version = tree_get(object, "apiVersion");
	size_t errors = reader->diags->errors;
	bool is_policy = is_policy_kind(name, len);

	if (known && known->strict && !(is_policy && is_other_version(version))) {
		refuse_version(reader, known, object);
		return NULL;
	}
	if (kind)
		check_unknown_kind(reader, kind, kind->count, version);
	if (kind && !is_policy && reader->diags->errors == errors)
		warn_of_kind(reader, kind, kind->count, version);
	if (!is_policy || reader->diags->errors > errors)
		return NULL;
	reader->kind = arena_strndup(reader->objects->arena, name, len);
	return is_former_kind(reader->kind) && !is_other_version(version) ? &former_policy
									  : &other_policy;
}

/* Returns what reads @object; NULL if the object is skipped, or after an error. */
static const struct document_kind *kind_of(struct reader *reader, const struct tree_node *object,
					   const char *list_kind)
{
	size_t implied = list_kind ? item_kind_len(list_kind) : 0, len;
	const struct tree_node *kind = tree_get(object, "kind"),
			       *version = tree_get(object, "apiVersion");
	const struct document_kind *known;
	const char *name;

	if (!implied &&
	    (tree_is_null(kind) || kind->kind != TREE_SCALAR || kind->type != SCALAR_STRING) &&
	    foreign_pass(reader, object))
		return &passed_over;
	if (tree_is_null(kind) && !implied) {
		tree_error(reader, object, "no kind: this is not a Kubernetes object");
		return NULL;
	}
	name = tree_is_null(kind) ? list_kind : want_string(reader, kind, "kind");
	if (!name)
		return NULL;
	len = tree_is_null(kind) ? implied : strlen(name);
	/*
	 * The items of a list of one kind were read as that kind before their own kind was known.
	 */
	if (implied && (len != implied || memcmp(name, list_kind, implied) != 0)) {
		tree_error(reader, kind, "a %s in a %s", name, list_kind);
		return NULL;
	}
	if (is_kustomization_kind(name, len) && is_of_group(version, "kustomize.config.k8s.io"))
		return &kustomization;
	known = find_kind(reader, name, len);
	reader->kind = known ? known->name : NULL;
	if (known && (tree_is(version, known->api_version) || (implied && tree_is_null(version))))
		return known;
	return other_kind_of(reader, object, known, name, len);
}

/* Is nothing of such a list read? */
static bool is_skipped_list(const struct reader *reader, const char *list_kind)
{
	size_t len = list_kind ? item_kind_len(list_kind) : 0;

	return len && !find_kind(reader, list_kind, len) && !is_policy_kind(list_kind, len);
}

static void take_object(struct reader *reader, const struct tree_node *object,
			const char *list_kind)
{
	const struct tree_node *kind = tree_get(object, "kind");
	size_t errors = reader->diags->errors;
	const struct document_kind *known;

	if (tree_is_null(object))
		return;
	if (is_skipped_list(reader, list_kind)) {
		skip_object(reader, list_kind, item_kind_len(list_kind));
		return;
	}
	if (object->kind != TREE_MAPPING && foreign_pass(reader, object))
		return;
	if (object->kind != TREE_MAPPING) {
		tree_error(reader, object, "%s stands where an object should",
			   tree_type_name(object));
		return;
	}
	if (kind && kind->kind == TREE_SCALAR && is_list_kind(kind->text, kind->count) &&
	    tree_get(object, "items")) {
		take_list(reader, object, kind->text);
		return;
	}
	known = kind_of(reader, object, list_kind);
	if (known)
		known->read(reader, object);
	else if (reader->diags->errors == errors)
		skip_object(reader, kind ? kind->text : list_kind,
			    kind ? kind->count : item_kind_len(list_kind));
}

static void sink_object(void *context, const struct tree_node *object, bool in_list,
			const char *list_kind)
{
	(void)in_list;
	take_object(context, object, list_kind);
}

static void sink_list_end(void *context, const struct tree_node *list)
{
	struct reader *reader = context;
	const struct tree_node *kind = tree_get(list, "kind");

	if ((tree_is_null(kind) || kind->kind != TREE_SCALAR ||
	     !is_list_kind(kind->text, kind->count)) &&
	    foreign_pass(reader, list))
		return;
	if (tree_is_null(kind))
		tree_error(reader, list, "no kind: this is not a Kubernetes list");
	else if (kind->kind != TREE_SCALAR || !is_list_kind(kind->text, kind->count))
		tree_error(reader, kind,
			   "a list of items must be of a kind such as List or PodList");
	else
		check_list(reader, list);
}

static struct tree_sink sink_of(struct reader *reader)
{
	return (struct tree_sink){
		.context = reader,
		.list = &list_shape,
		.shape = shape_of,
		.object = sink_object,
		.list_end = sink_list_end,
	};
}

static void read_one(struct reader *reader, const char *file)
{
	const struct tree_sink sink = sink_of(reader);
	const size_t from = reader->diags->count;

	reader->file = strcmp(file, "-") ? file : "<stdin>";
	source_read(file, &sink, reader->diags);
	foreign_settle(reader, from);
}

struct reader *read_begin(const struct read_options *options, struct objects *objects,
			  struct diags *diags)
{
	struct reader *reader = arena_alloc(objects->arena, sizeof(*reader));

	*reader = (struct reader){
		.foreign = arena_alloc(objects->arena, sizeof(*reader->foreign)),
		.default_namespace = options->default_namespace,
		.found = options->found,
		.found_context = options->found_context,
		.details = options->details,
		.lenient = options->lenient,
		.is_live = options->is_live,
		.objects = objects,
		.diags = diags,
	};
	objects->strings.arena = reader->skipped_kinds.arena = objects->arena;
	if (!is_dns_label(options->default_namespace))
		diag_error(diags, (struct mark){0}, "\"%s\" is not a valid namespace",
			   options->default_namespace);
	return reader;
}

void read_files(struct reader *reader, const char *const *paths, size_t count)
{
	struct file_list list = {0};

	reader->input = count == 1 ? paths[0] : NULL;
	for (size_t i = 0; i < count; i++)
		source_find(reader->objects->arena, paths[i], &list, reader->diags);
	if (reader->found)
		reader->found(reader->found_context, list.files, list.count);
	for (size_t i = 0; i < list.count; i++)
		read_one(reader, list.files[i]);
}

void read_bytes(struct reader *reader, const char *name, const void *bytes, size_t len)
{
	const struct tree_sink sink = sink_of(reader);
	const size_t from = reader->diags->count;

	reader->file = arena_strndup(reader->objects->arena, name, strlen(name));
	source_read_bytes(reader->file, bytes, len, &sink, reader->diags);
	foreign_settle(reader, from);
}

void read_end(struct reader *reader)
{
	owners_resolve(reader);
	objects_check(reader->objects, reader->diags);
	if (reader->diags->errors)
		foreign_hint(reader);
	else
		missing_tell(reader);
}

void read_paths(const char *const *paths, size_t count, const struct read_options *options,
		struct objects *objects, struct diags *diags)
{
	struct reader *reader = read_begin(options, objects, diags);

	read_files(reader, paths, count);
	read_end(reader);
}
