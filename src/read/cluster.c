/*
 * Reads the fields of a Pod and a Namespace that matter here: labels, addresses, named ports, the
 * node, and whether the pod counts.  Pods that are left out are counted.
 */
#include "read/cluster.h"

#include "base/arena.h"
#include "model/syntax.h"
#include "read/owner.h"

static const struct shape_key metadata_keys[] = {
	{"name", NULL}, {"namespace", NULL}, {"labels", NULL}, {0}};
static const struct shape_key owned_keys[] = {
	{"name", NULL}, {"namespace", NULL}, {"labels", NULL}, {"ownerReferences", NULL}, {0}};
static const struct shape_key container_keys[] = {{"ports", NULL}, {"restartPolicy", NULL}, {0}};
static const struct shape_key status_keys[] = {
	{"phase", NULL}, {"podIP", NULL}, {"podIPs", NULL}, {"startTime", NULL}, {0}};
static const struct shape metadata_shape = {metadata_keys}, owned_shape = {owned_keys},
			  container_shape = {container_keys}, status_shape = {status_keys};
static const struct shape_key spec_keys[] = {
	{"nodeName", NULL},
	{"hostNetwork", NULL},
	{"containers", &container_shape},
	{"initContainers", &container_shape},
	{0},
};
const struct shape pod_spec_shape = {spec_keys};
static const struct shape_key pod_keys[] = {
	{"metadata", &metadata_shape}, {"spec", &pod_spec_shape}, {"status", &status_shape}, {0}};
static const struct shape_key pod_details_keys[] = {
	{"metadata", &owned_shape}, {"spec", &pod_spec_shape}, {"status", &status_shape}, {0}};
static const struct shape_key namespace_keys[] = {{"metadata", &metadata_shape}, {0}};
const struct shape pod_shape = {pod_keys}, pod_details = {pod_details_keys},
		   namespace_shape = {namespace_keys};

/* Reads a port; returns false if it has no name, or a fault. */
static bool read_container_port(struct reader *reader, const struct node *node,
				struct pod_port *port)
{
	const struct node *map = want_mapping(reader, node, "a container port"), *number;
	const char *name = want_string(reader, node_get(map, "name"), "a port's name");
	int protocol;

	if (!name || !*name)
		return false;
	protocol = want_protocol(reader, node_get(map, "protocol"));
	number = node_get(map, "containerPort");
	if (node_is_null(number)) {
		node_error(reader, node, "containerPort is missing");
		return false;
	}
	port->number = want_port_number(reader, number, "containerPort");
	if (protocol < 0 || !port->number)
		return false;
	port->protocol = (enum protocol)protocol;
	port->name = arena_strndup(reader->objects->arena, name, strlen(name));
	return true;
}

/* A list of ports that grows. */
struct port_list {
	struct pod_port *ports;
	size_t count;
};

static void read_containers(struct reader *reader, const struct node *node, bool init,
			    struct port_list *into)
{
	const struct node *list = want_list(reader, node, "containers");

	for (uint32_t i = 0; list && i < list->count; i++) {
		const struct node *container = want_mapping(reader, list->items[i], "a container");
		const struct node *ports;

		/* An init container serves ports only if it goes on running beside the others. */
		if (init && !node_is(node_get(container, "restartPolicy"), "Always"))
			continue;
		ports = want_list(reader, node_get(container, "ports"), "ports");
		for (uint32_t k = 0; ports && k < ports->count; k++) {
			struct pod_port port;

			if (read_container_port(reader, ports->items[k], &port))
				arena_push(reader->objects->arena, into->ports, into->count, port);
		}
	}
}

struct pod_port *read_ports(struct reader *reader, const struct node *spec, size_t *count)
{
	struct port_list list = {0};

	read_containers(reader, node_get(spec, "containers"), false, &list);
	read_containers(reader, node_get(spec, "initContainers"), true, &list);
	*count = list.count;
	return list.ports;
}

/*
 * The API server allows one address of each family; here a pod may have more, all of which count.
 */
#define ADDRESSES_MAX 32

static void read_address(struct reader *reader, const struct node *node, struct pod *pod)
{
	const char *text = want_string(reader, node, "a pod's address");
	struct addr addr;

	if (!text || !*text)
		return;
	if (!addr_parse(text, &addr, NULL)) {
		node_error(reader, node, "\"%s\" is not an IP address", text);
		return;
	}
	for (size_t i = 0; i < pod->addr_count; i++)
		if (!memcmp(&pod->addrs[i], &addr, sizeof(addr)))
			return;
	if (pod->addr_count == ADDRESSES_MAX) {
		node_error(reader, node, "more than %d addresses of one pod", ADDRESSES_MAX);
		return;
	}
	arena_push(reader->objects->arena, pod->addrs, pod->addr_count, addr);
}

static void read_addresses(struct reader *reader, const struct node *status, struct pod *pod)
{
	const struct node *list = want_list(reader, node_get(status, "podIPs"), "podIPs");

	read_address(reader, node_get(status, "podIP"), pod);
	for (uint32_t i = 0; list && i < list->count; i++)
		read_address(
			reader,
			node_get(want_mapping(reader, list->items[i], "an entry of podIPs"), "ip"),
			pod);
}

static bool is_finished(const struct node *status)
{
	const struct node *phase = node_get(status, "phase");

	return node_is(phase, "Succeeded") || node_is(phase, "Failed");
}

/* Reads its node and its labels. */
static void read_place(struct reader *reader, const struct node *metadata, const struct node *spec,
		       struct pod *pod)
{
	const char *name = want_string(reader, node_get(spec, "nodeName"), "nodeName");

	pod->node = name ? arena_strndup(reader->objects->arena, name, strlen(name)) : "";
	pod->labels =
		want_labels(reader, node_get(metadata, "labels"), "labels", &pod->label_count);
}

static void read_host_pod(struct reader *reader, const struct node *metadata,
			  const struct node *spec, const struct node *status, struct pod *pod)
{
	struct objects *objects = reader->objects;

	if (!reader->details) {
		objects->pods_left_out++;
		return;
	}
	read_addresses(reader, status, pod);
	read_place(reader, metadata, spec, pod);
	arena_push(objects->arena, objects->host_pods, objects->host_pod_count, *pod);
}

static void read_finished_pod(struct reader *reader, const struct node *status, struct pod *pod)
{
	struct objects *objects = reader->objects;

	objects->pods_left_out++;
	if (!reader->details)
		return;
	read_addresses(reader, status, pod);
	arena_push(objects->arena, objects->finished_pods, objects->finished_pod_count, *pod);
}

void pod_read(struct reader *reader, const struct node *object)
{
	const struct node *metadata =
		want_mapping(reader, node_get(object, "metadata"), "metadata");
	const struct node *spec = want_mapping(reader, node_get(object, "spec"), "spec");
	const struct node *status = want_mapping(reader, node_get(object, "status"), "status");
	struct objects *objects = reader->objects;
	struct owner owner = {0};
	struct pod pod = {0};

	if (!metadata)
		return;
	object_name(reader, object, metadata, is_dns_subdomain, &pod.name, &pod.mark);
	pod.namespace = object_namespace(reader, metadata);
	if (reader->details)
		owner = owner_read(reader, metadata);
	pod.owner_kind = owner.kind;
	pod.owner = owner.name;
	if (is_finished(status)) {
		read_finished_pod(reader, status, &pod);
		return;
	}
	if (want_bool(reader, node_get(spec, "hostNetwork"), "hostNetwork")) {
		read_host_pod(reader, metadata, spec, status, &pod);
		return;
	}
	read_addresses(reader, status, &pod);
	if (!pod.addr_count && !reader->details) {
		objects->pods_left_out++;
		return;
	}
	read_place(reader, metadata, spec, &pod);
	pod.ports = read_ports(reader, spec, &pod.port_count);
	if (pod.addr_count)
		arena_push(objects->arena, objects->pods, objects->pod_count, pod);
	else
		owner_note_pod(reader, &pod, owner);
}

/*
 * Adds the label with the namespace's own name, which every namespace has, whatever its object
 * says.
 */
static struct label *with_name_label(struct objects *objects, const char *name,
				     const struct label *labels, size_t *count)
{
	struct label *all = arena_array(objects->arena, *count + 1, sizeof(*all));
	struct label own = {
		.key = objects_intern(objects, NAMESPACE_NAME_LABEL, strlen(NAMESPACE_NAME_LABEL)),
		.value = objects_intern(objects, name, strlen(name)),
	};
	size_t made = 0;

	for (size_t i = 0; i < *count; i++) {
		if (labels[i].key > own.key && (made == 0 || all[made - 1].key < own.key))
			all[made++] = own;
		if (labels[i].key != own.key)
			all[made++] = labels[i];
	}
	if (made == 0 || all[made - 1].key < own.key)
		all[made++] = own;
	*count = made;
	return all;
}

void namespace_read(struct reader *reader, const struct node *object)
{
	const struct node *metadata =
		want_mapping(reader, node_get(object, "metadata"), "metadata");
	struct objects *objects = reader->objects;
	struct namespace namespace = {0};
	struct label *labels;

	if (!metadata)
		return;
	object_name(reader, object, metadata, is_dns_label, &namespace.name, &namespace.mark);
	labels =
		want_labels(reader, node_get(metadata, "labels"), "labels", &namespace.label_count);
	namespace.labels = with_name_label(objects, namespace.name, labels, &namespace.label_count);
	arena_push(objects->arena, objects->namespaces, objects->namespace_count, namespace);
}
