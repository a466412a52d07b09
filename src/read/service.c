/*
 * The fields of a Service of v1 with the API server's defaults: its selector, its ports and their targets,
 * and the addresses by which it is reached.
 */
#include "read/service.h"

#include "base/arena.h"
#include "model/syntax.h"
#include "read/scalar.h"

static const struct shape_key metadata_keys[] = {{"name", NULL}, {"namespace", NULL}, {0}};
static const struct shape metadata_shape = {metadata_keys};
static const struct shape_key spec_keys[] = {
	{"type", NULL},
	{"selector", NULL},
	{"ports", NULL},
	{"clusterIP", NULL},
	{"clusterIPs", NULL},
	{"externalIPs", NULL},
	{"loadBalancerIP", NULL},
	{"externalTrafficPolicy", NULL},
	{0},
};
static const struct shape spec_shape = {spec_keys};
static const struct shape_key ingress_keys[] = {{"ip", NULL}, {"ipMode", NULL}, {0}};
static const struct shape ingress_shape = {ingress_keys};
static const struct shape_key balancer_keys[] = {{"ingress", &ingress_shape}, {0}};
static const struct shape balancer_shape = {balancer_keys};
static const struct shape_key status_keys[] = {{"loadBalancer", &balancer_shape}, {0}};
static const struct shape status_shape = {status_keys};
static const struct shape_key service_keys[] = {
	{"metadata", &metadata_shape}, {"spec", &spec_shape}, {"status", &status_shape}, {0}};
const struct shape service_details = {service_keys};

static enum service_type read_type(struct reader *reader, const struct tree_node *spec)
{
	static const char *const names[] = {
		[SERVICE_CLUSTER_IP] = "ClusterIP",
		[SERVICE_NODE_PORT] = "NodePort",
		[SERVICE_LOAD_BALANCER] = "LoadBalancer",
		[SERVICE_EXTERNAL_NAME] = "ExternalName",
	};
	const struct tree_node *node = tree_get(spec, "type");
	const char *text = want_string(reader, node, "type");

	for (int i = 0; text && i < 4; i++)
		if (!strcmp(text, names[i]))
			return (enum service_type)i;
	if (text && *text)
		tree_error(reader, node,
			   "unknown type \"%s\": ClusterIP, NodePort, LoadBalancer or ExternalName",
			   text);
	return SERVICE_CLUSTER_IP;
}

/* Reads clusterIP; "None" makes the Service headless. */
static void read_cluster_ip(struct reader *reader, const struct tree_node *node,
			    struct service *service)
{
	const char *text = want_string(reader, node, "a cluster IP");
	struct addr addr;

	if (!text || !*text)
		return;
	if (!strcmp(text, "None")) {
		service->type = SERVICE_HEADLESS;
		return;
	}
	if (!addr_parse(text, &addr, NULL)) {
		tree_error(reader, node, "\"%s\" is not an IP address", text);
		return;
	}
	for (size_t i = 0; i < service->cluster_ip_count; i++)
		if (!memcmp(&service->cluster_ips[i], &addr, sizeof(addr)))
			return;
	arena_push(reader->objects->arena, service->cluster_ips, service->cluster_ip_count, addr);
}

static void read_cluster_ips(struct reader *reader, const struct tree_node *spec,
			     struct service *service)
{
	const struct tree_node *list =
		want_list(reader, tree_get(spec, "clusterIPs"), "clusterIPs");

	read_cluster_ip(reader, tree_get(spec, "clusterIP"), service);
	for (uint32_t i = 0; list && i < list->count; i++)
		read_cluster_ip(reader, list->items[i], service);
}

static void read_outer_ip(struct reader *reader, const struct tree_node *node,
			  struct service *service)
{
	const char *text = want_string(reader, node, "an address of a Service");
	struct addr addr;

	if (!text || !*text)
		return;
	if (addr_parse(text, &addr, NULL))
		arena_push(reader->objects->arena, service->outer_ips, service->outer_ip_count,
			   addr);
	else
		tree_error(reader, node, "\"%s\" is not an IP address", text);
}

/*
 * Reads the addresses by which it is reached from outside, unless its load balancer is a proxy of
 * its own.
 */
static void read_outer_ips(struct reader *reader, const struct tree_node *spec,
			   const struct tree_node *status, struct service *service)
{
	const struct tree_node *external =
		want_list(reader, tree_get(spec, "externalIPs"), "externalIPs");
	const struct tree_node *balancer =
		want_mapping(reader, tree_get(status, "loadBalancer"), "loadBalancer");
	const struct tree_node *ingress =
		want_list(reader, tree_get(balancer, "ingress"), "ingress");

	for (uint32_t i = 0; external && i < external->count; i++)
		read_outer_ip(reader, external->items[i], service);
	read_outer_ip(reader, tree_get(spec, "loadBalancerIP"), service);
	for (uint32_t i = 0; ingress && i < ingress->count; i++) {
		const struct tree_node *one =
			want_mapping(reader, ingress->items[i], "an entry of ingress");

		if (!tree_is(tree_get(one, "ipMode"), "Proxy"))
			read_outer_ip(reader, tree_get(one, "ip"), service);
	}
}

/* Reads the target port; if it is missing, 0 or "", it is the Service's own port. */
static void read_target(struct reader *reader, const struct tree_node *node,
			struct service_port *port)
{
	int64_t number;

	port->target_number = port->number;
	if (!tree_is_null(node) && !tree_is(node, "") &&
	    !(scalar_integer(node, &number) && number == 0))
		want_port(reader, node, "targetPort", &port->target_name, &port->target_number);
}

static struct service_port read_port(struct reader *reader, const struct tree_node *node)
{
	const struct tree_node *map = want_mapping(reader, node, "an entry of ports"), *number;
	struct service_port port = {.mark = tree_mark(reader->file, node), .protocol = TCP};
	const char *name;
	int protocol;

	if (!map)
		return port;
	name = want_string(reader, tree_get(map, "name"), "a port's name");
	port.name =
		name && *name ? arena_strndup(reader->objects->arena, name, strlen(name)) : NULL;
	protocol = want_protocol(reader, tree_get(map, "protocol"));
	if (protocol >= 0)
		port.protocol = (enum protocol)protocol;
	number = tree_get(map, "port");
	if (tree_is_null(number))
		tree_error(reader, node, "port is missing");
	else
		port.number = want_port_number(reader, number, "port");
	read_target(reader, tree_get(map, "targetPort"), &port);
	return port;
}

static bool is_local(struct reader *reader, const struct tree_node *node)
{
	const char *text = want_string(reader, node, "externalTrafficPolicy");

	if (text && *text && strcmp(text, "Local") != 0 && strcmp(text, "Cluster") != 0)
		tree_error(reader, node, "unknown externalTrafficPolicy \"%s\": Local or Cluster",
			   text);
	return text && !strcmp(text, "Local");
}

/*
 * Adds the Service.  If two have the same name, the later one counts, as in a cluster to which both
 * are applied.
 */
static void add_service(struct reader *reader, const struct service *service)
{
	struct objects *objects = reader->objects;
	const char *key = arena_printf(objects->arena, "%s/%s", service->namespace, service->name);
	uint32_t number;
	bool added = true;

	reader->service_names.arena = objects->arena;
	/* A wrong name is never that of another Service. */
	if (!*service->name)
		key = arena_printf(objects->arena, "*%zu", objects->service_count);
	number = table_add(&reader->service_names, key, strlen(key), &added);
	if (added) {
		arena_push(objects->arena, objects->services, objects->service_count, *service);
		return;
	}
	tell_second(reader, "Service", service->namespace, service->name,
		    objects->services[number].mark, service->mark);
	objects->services[number] = *service;
}

void service_read(struct reader *reader, const struct tree_node *object)
{
	const struct tree_node *metadata =
		want_mapping(reader, tree_get(object, "metadata"), "metadata");
	const struct tree_node *spec = want_mapping(reader, tree_get(object, "spec"), "spec"),
			       *ports;
	const struct tree_node *status = want_mapping(reader, tree_get(object, "status"), "status");
	struct objects *objects = reader->objects;
	struct service service = {0};

	if (!metadata)
		return;
	object_name(reader, object, metadata, is_dns_label, &service.name, &service.mark);
	service.namespace = object_namespace(reader, metadata);
	service.type = read_type(reader, spec);
	read_cluster_ips(reader, spec, &service);
	read_outer_ips(reader, spec, status, &service);
	service.selector = want_labels(reader, tree_get(spec, "selector"), "selector",
				       &service.selector_count);
	service.external_traffic_local = is_local(reader, tree_get(spec, "externalTrafficPolicy"));
	ports = want_list(reader, tree_get(spec, "ports"), "ports");
	for (uint32_t i = 0; ports && i < ports->count; i++)
		arena_push(objects->arena, service.ports, service.port_count,
			   read_port(reader, ports->items[i]));
	add_service(reader, &service);
}
