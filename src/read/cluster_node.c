/*
 * Reads Nodes.  Every entry of status.addresses that is an IP address counts, whatever its type;
 * names do not.
 */
#include "read/cluster_node.h"

#include "base/arena.h"
#include "model/syntax.h"

#include <stdlib.h>

static const struct shape_key metadata_keys[] = {{"name", NULL}, {"labels", NULL}, {0}};
static const struct shape metadata_shape = {metadata_keys};
static const struct shape_key address_keys[] = {{"type", NULL}, {"address", NULL}, {0}};
static const struct shape address_shape = {address_keys};
static const struct shape_key status_keys[] = {{"addresses", &address_shape}, {0}};
static const struct shape status_shape = {status_keys};
static const struct shape_key spec_keys[] = {{"podCIDR", NULL}, {"podCIDRs", NULL}, {0}};
static const struct shape spec_shape = {spec_keys};
static const struct shape_key keys[] = {
	{"metadata", &metadata_shape}, {"spec", &spec_shape}, {"status", &status_shape}, {0}};
const struct shape cluster_node_shape = {keys};

static void read_address(struct reader *reader, const struct tree_node *entry,
			 struct cluster_node *cluster_node)
{
	const struct tree_node *map = want_mapping(reader, entry, "an entry of addresses");
	const struct tree_node *node = tree_get(map, "address"), *type = tree_get(map, "type");
	const char *text = want_string(reader, node, "a node's address");
	struct addr addr;

	if (!text || !*text)
		return;
	if (addr_parse(text, &addr, NULL))
		arena_push(reader->objects->arena, cluster_node->addrs, cluster_node->addr_count,
			   addr);
	else if (tree_is(type, "InternalIP") || tree_is(type, "ExternalIP"))
		tree_error(reader, node, "\"%s\" is not an IP address", text);
}

static void read_pod_cidr(struct reader *reader, const struct tree_node *node,
			  struct cluster_node *cluster_node)
{
	const char *text = want_string(reader, node, "a podCIDR");
	struct cidr cidr;
	unsigned oddities;

	if (!text || !*text)
		return;
	if (cidr_parse(text, &cidr, &oddities))
		arena_push(reader->objects->arena, cluster_node->pod_cidrs,
			   cluster_node->pod_cidr_count, cidr);
	else
		tree_error(reader, node, "\"%s\" is not a CIDR", text);
}

/* podCIDR counts only if podCIDRs is empty, since otherwise podCIDRs has its range, too. */
static void read_pod_cidrs(struct reader *reader, const struct tree_node *spec,
			   struct cluster_node *cluster_node)
{
	const struct tree_node *list = want_list(reader, tree_get(spec, "podCIDRs"), "podCIDRs");

	for (uint32_t i = 0; list && i < list->count; i++)
		read_pod_cidr(reader, list->items[i], cluster_node);
	if (!list || !list->count)
		read_pod_cidr(reader, tree_get(spec, "podCIDR"), cluster_node);
}

static int compare_addrs(const void *a, const void *b)
{
	const struct addr *x = a, *y = b;
	int order = (x->family > y->family) - (x->family < y->family);

	return order ? order : memcmp(x->bytes, y->bytes, sizeof(x->bytes));
}

/* Sorts the addresses and removes repetitions. */
static void settle_addresses(struct cluster_node *node)
{
	size_t kept = 0;

	if (node->addr_count)
		qsort(node->addrs, node->addr_count, sizeof(*node->addrs), compare_addrs);
	for (size_t i = 0; i < node->addr_count; i++)
		if (!i || compare_addrs(&node->addrs[i], &node->addrs[kept - 1]))
			node->addrs[kept++] = node->addrs[i];
	node->addr_count = kept;
}

void cluster_node_read(struct reader *reader, const struct tree_node *object)
{
	const struct tree_node *metadata =
		want_mapping(reader, tree_get(object, "metadata"), "metadata");
	const struct tree_node *spec = want_mapping(reader, tree_get(object, "spec"), "spec");
	const struct tree_node *status = want_mapping(reader, tree_get(object, "status"), "status");
	const struct tree_node *list =
		want_list(reader, tree_get(status, "addresses"), "addresses");
	struct objects *objects = reader->objects;
	struct cluster_node node = {0};

	if (!metadata)
		return;
	object_name(reader, object, metadata, is_dns_subdomain, &node.name, &node.mark);
	node.labels =
		want_labels(reader, tree_get(metadata, "labels"), "labels", &node.label_count);
	for (uint32_t i = 0; list && i < list->count; i++)
		read_address(reader, list->items[i], &node);
	settle_addresses(&node);
	read_pod_cidrs(reader, spec, &node);
	arena_push(objects->arena, objects->nodes, objects->node_count, node);
}
