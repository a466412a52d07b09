/*
 * Finds the pod template at the path where its kind keeps it, and reads from it what policies can
 * ask of the pods.
 */
#include "read/workload.h"

#include "base/arena.h"
#include "model/syntax.h"
#include "read/pod.h"
#include "read/owner.h"

static const struct shape_key metadata_keys[] = {
	{"name", NULL},   {"generateName", NULL},    {"namespace", NULL},
	{"labels", NULL}, {"ownerReferences", NULL}, {0},
};
static const struct shape metadata_shape = {metadata_keys};
static const struct shape_key template_keys[] = {
	{"metadata", &metadata_shape}, {"spec", &pod_spec_shape}, {0}};
static const struct shape template_shape = {template_keys};
static const struct shape_key job_spec_keys[] = {{"template", &template_shape}, {0}};
static const struct shape job_spec_shape = {job_spec_keys};
static const struct shape_key job_keys[] = {{"spec", &job_spec_shape}, {0}};
static const struct shape job_shape = {job_keys};
static const struct shape_key spec_keys[] = {
	{"template", &template_shape}, {"jobTemplate", &job_shape}, {0}};
static const struct shape spec_shape = {spec_keys};
static const struct shape_key workload_keys[] = {
	{"metadata", &metadata_shape}, {"spec", &spec_shape}, {"template", &template_shape}, {0}};
const struct shape workload_details = {workload_keys};

const char *const workload_kinds[] = {
	"Pod",     "Deployment",  "StatefulSet",           "DaemonSet", "ReplicaSet", "Job",
	"CronJob", "PodTemplate", "ReplicationController", NULL,
};

/*
 * The value of a field that is a mapping; NULL after an error, which may also have been reported
 * earlier.
 */
static const struct tree_node *part(struct reader *reader, const struct tree_node *map,
				    const char *name)
{
	return map ? want_mapping(reader, tree_get(map, name), name) : NULL;
}

static const struct tree_node *template_of(struct reader *reader, const struct tree_node *object)
{
	if (!strcmp(reader->kind, "CronJob"))
		object = part(reader, part(reader, object, "spec"), "jobTemplate");
	if (strcmp(reader->kind, "PodTemplate") != 0)
		object = part(reader, object, "spec");
	return part(reader, object, "template");
}

/* Reads the name.  If the API server makes up its end, a * stands for that. */
static void read_name(struct reader *reader, const struct tree_node *object,
		      const struct tree_node *metadata, struct workload *workload)
{
	const struct tree_node *node = tree_get(metadata, "generateName");
	const char *beginning = want_string(reader, node, "generateName");
	const struct tree_node *name = tree_get(metadata, "name");
	bool given = !tree_is_null(name) && !tree_is(name, "");

	if (given || !beginning || !*beginning) {
		object_name(reader, object, metadata, is_dns_subdomain, &workload->name,
			    &workload->mark);
		return;
	}
	workload->name = arena_printf(reader->objects->arena, "%s*", beginning);
	workload->mark = tree_mark(reader->file, node);
}

void workload_read(struct reader *reader, const struct tree_node *object)
{
	const struct tree_node *metadata = part(reader, object, "metadata");
	const struct tree_node *template = template_of(reader, object), *labels, *spec;
	struct workload workload = {.kind = reader->kind};

	if (!metadata)
		return;
	read_name(reader, object, metadata, &workload);
	workload.namespace = object_namespace(reader, metadata);
	labels = tree_get(part(reader, template, "metadata"), "labels");
	workload.labels = want_labels(reader, labels, "labels", &workload.label_count);
	spec = part(reader, template, "spec");
	workload.host_network = want_bool(reader, tree_get(spec, "hostNetwork"), "hostNetwork");
	workload.ports = read_ports(reader, spec, &workload.port_count, &workload.plain_count);
	owner_note(reader, &workload, owner_read(reader, metadata));
}
