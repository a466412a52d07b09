/*
 * Reads the fields of a Pod and a Namespace that matter here: labels, addresses, named ports, the
 * node, and whether the pod counts.  Pods that are left out are counted.
 */
#include "read/pod.h"

#include "base/arena.h"
#include "model/syntax.h"
#include "read/owner.h"
#include "read/scalar.h"

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
static bool read_container_port(struct reader *reader, const struct tree_node *node,
				struct pod_port *port)
{
	const struct tree_node *map = want_mapping(reader, node, "a container port"), *number;
	const char *name = want_string(reader, tree_get(map, "name"), "a port's name");
	int protocol;

	if (!name || !*name)
		return false;
	protocol = want_protocol(reader, tree_get(map, "protocol"));
	number = tree_get(map, "containerPort");
	if (tree_is_null(number)) {
		tree_error(reader, node, "containerPort is missing");
		return false;
	}
	port->number = want_port_number(reader, number, "containerPort");
	if (protocol < 0 || !port->number)
		return false;
	port->protocol = (enum protocol)protocol;
	port->name = arena_strndup(reader->objects->arena, name, strlen(name));
	return true;
}

static bool is_plain(const struct tree_node *port)
{
	const struct tree_node *name;

	if (!port || port->kind != TREE_MAPPING)
		return false;
	name = tree_get(port, "name");
	return tree_is_null(name) || tree_is(name, "");
}

/*
 * Reads the number of a port without a name, which policies cannot mean by name; returns false if it
 * has a fault, about which nothing is said, because nobody needs it.
 */
static bool read_plain_port(const struct tree_node *node, struct pod_port *port)
{
	const struct tree_node *protocol = tree_get(node, "protocol"),
			       *number = tree_get(node, "containerPort");
	int64_t value;

	if (tree_is_null(number) || !scalar_integer(number, &value) || value < 1 ||
	    value > UINT16_MAX)
		return false;
	*port = (struct pod_port){"",
				  tree_is(protocol, "UDP")    ? UDP
				  : tree_is(protocol, "SCTP") ? SCTP
							      : TCP,
				  (uint16_t)value};
	return true;
}

/* Lists of ports that grow: those with a name, and the others. */
struct port_lists {
	struct pod_port *named, *plain;
	size_t named_count, plain_count;
};

static void read_containers(struct reader *reader, const struct tree_node *node, bool init,
			    struct port_lists *into)
{
	const struct tree_node *list = want_list(reader, node, "containers");

	for (uint32_t i = 0; list && i < list->count; i++) {
		const struct tree_node *container =
			want_mapping(reader, list->items[i], "a container");
		const struct tree_node *ports;

		/* An init container serves ports only if it goes on running beside the others. */
		if (init && !tree_is(tree_get(container, "restartPolicy"), "Always"))
			continue;
		ports = want_list(reader, tree_get(container, "ports"), "ports");
		for (uint32_t k = 0; ports && k < ports->count; k++) {
			struct pod_port port;

			if (read_container_port(reader, ports->items[k], &port))
				arena_push(reader->objects->arena, into->named, into->named_count,
					   port);
			else if (reader->details && is_plain(ports->items[k]) &&
				 read_plain_port(ports->items[k], &port))
				arena_push(reader->objects->arena, into->plain, into->plain_count,
					   port);
		}
	}
}

struct pod_port *read_ports(struct reader *reader, const struct tree_node *spec, size_t *count,
			    size_t *plain_count)
{
	struct port_lists lists = {0};

	read_containers(reader, tree_get(spec, "containers"), false, &lists);
	read_containers(reader, tree_get(spec, "initContainers"), true, &lists);
	*count = lists.named_count;
	*plain_count = lists.plain_count;
	for (size_t i = 0; i < lists.plain_count; i++)
		arena_push(reader->objects->arena, lists.named, lists.named_count, lists.plain[i]);
	return lists.named;
}

/*
 * The API server allows one address of each family; here a pod may have more, all of which count.
 */
#define ADDRESSES_MAX 32

static void read_address(struct reader *reader, const struct tree_node *node, struct pod *pod)
{
	const char *text = want_string(reader, node, "a pod's address");
	struct addr addr;

	if (!text || !*text)
		return;
	if (!addr_parse(text, &addr, NULL)) {
		tree_error(reader, node, "\"%s\" is not an IP address", text);
		return;
	}
	for (size_t i = 0; i < pod->addr_count; i++)
		if (!memcmp(&pod->addrs[i], &addr, sizeof(addr)))
			return;
	if (pod->addr_count == ADDRESSES_MAX) {
		tree_error(reader, node, "more than %d addresses of one pod", ADDRESSES_MAX);
		return;
	}
	arena_push(reader->objects->arena, pod->addrs, pod->addr_count, addr);
}

static void read_addresses(struct reader *reader, const struct tree_node *status, struct pod *pod)
{
	const struct tree_node *list = want_list(reader, tree_get(status, "podIPs"), "podIPs");

	read_address(reader, tree_get(status, "podIP"), pod);
	for (uint32_t i = 0; list && i < list->count; i++)
		read_address(
			reader,
			tree_get(want_mapping(reader, list->items[i], "an entry of podIPs"), "ip"),
			pod);
}

static bool is_finished(const struct tree_node *status)
{
	const struct tree_node *phase = tree_get(status, "phase");

	return tree_is(phase, "Succeeded") || tree_is(phase, "Failed");
}

/* Reads its node and its labels. */
static void read_place(struct reader *reader, const struct tree_node *metadata,
		       const struct tree_node *spec, struct pod *pod)
{
	const char *name = want_string(reader, tree_get(spec, "nodeName"), "nodeName");

	pod->node = name ? arena_strndup(reader->objects->arena, name, strlen(name)) : "";
	pod->labels =
		want_labels(reader, tree_get(metadata, "labels"), "labels", &pod->label_count);
}

static void read_host_pod(struct reader *reader, const struct tree_node *metadata,
			  const struct tree_node *spec, const struct tree_node *status,
			  struct pod *pod)
{
	struct objects *objects = reader->objects;

	if (!reader->details) {
		leave_out_pod(reader, pod);
		return;
	}
	read_addresses(reader, status, pod);
	read_place(reader, metadata, spec, pod);
	arena_push(objects->arena, objects->host_pods, objects->host_pod_count, *pod);
}

static void read_finished_pod(struct reader *reader, const struct tree_node *status,
			      struct pod *pod)
{
	struct objects *objects = reader->objects;

	leave_out_pod(reader, pod);
	if (!reader->details)
		return;
	read_addresses(reader, status, pod);
	arena_push(objects->arena, objects->finished_pods, objects->finished_pod_count, *pod);
}

void pod_read(struct reader *reader, const struct tree_node *object)
{
	const struct tree_node *metadata =
		want_mapping(reader, tree_get(object, "metadata"), "metadata");
	const struct tree_node *spec = want_mapping(reader, tree_get(object, "spec"), "spec");
	const struct tree_node *status = want_mapping(reader, tree_get(object, "status"), "status");
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
	if (want_bool(reader, tree_get(spec, "hostNetwork"), "hostNetwork")) {
		read_host_pod(reader, metadata, spec, status, &pod);
		return;
	}
	read_addresses(reader, status, &pod);
	if (!pod.addr_count && !reader->details) {
		leave_out_pod(reader, &pod);
		return;
	}
	read_place(reader, metadata, spec, &pod);
	pod.ports = read_ports(reader, spec, &pod.port_count, &pod.plain_count);
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

void namespace_read(struct reader *reader, const struct tree_node *object)
{
	const struct tree_node *metadata =
		want_mapping(reader, tree_get(object, "metadata"), "metadata");
	struct objects *objects = reader->objects;
	struct namespace namespace = {0};
	struct label *labels;

	if (!metadata)
		return;
	object_name(reader, object, metadata, is_dns_label, &namespace.name, &namespace.mark);
	labels =
		want_labels(reader, tree_get(metadata, "labels"), "labels", &namespace.label_count);
	namespace.labels = with_name_label(objects, namespace.name, labels, &namespace.label_count);
	arena_push(objects->arena, objects->namespaces, objects->namespace_count, namespace);
}
