/* Keeps the addresses of each node, found by the node's name. */
#include "ask/world/own_node.h"

#include "base/arena.h"
#include "base/table.h"
#include "model/objects.h"

struct own_nodes {
	struct arena *arena;
	struct table names;
	struct node_addrs *nodes; /* index: number of the name */
	size_t count;
};

static bool has_addr(const struct node_addrs *node, const struct addr *addr)
{
	for (size_t i = 0; i < node->count; i++)
		if (!memcmp(&node->items[i], addr, sizeof(*addr)))
			return true;
	return false;
}

static void add_addrs(struct own_nodes *nodes, const char *name, const struct addr *addrs,
		      size_t count)
{
	bool added = false;
	const uint32_t number = table_add(&nodes->names, name, strlen(name), &added);
	struct node_addrs *node;

	if (added)
		arena_push(nodes->arena, nodes->nodes, nodes->count, (struct node_addrs){0});
	node = &nodes->nodes[number];
	for (size_t i = 0; i < count; i++)
		if (!has_addr(node, &addrs[i]))
			arena_push(nodes->arena, node->items, node->count, addrs[i]);
}

struct own_nodes *own_nodes_new(struct arena *arena, const struct objects *objects)
{
	struct own_nodes *nodes = arena_alloc(arena, sizeof(*nodes));

	*nodes = (struct own_nodes){.arena = arena, .names.arena = arena};
	for (size_t i = 0; i < objects->node_count; i++)
		add_addrs(nodes, objects->nodes[i].name, objects->nodes[i].addrs,
			  objects->nodes[i].addr_count);
	/* A pod on its node's network has the addresses of the node. */
	for (size_t i = 0; i < objects->host_pod_count; i++)
		if (*objects->host_pods[i].node)
			add_addrs(nodes, objects->host_pods[i].node, objects->host_pods[i].addrs,
				  objects->host_pods[i].addr_count);
	return nodes;
}

struct node_addrs own_nodes_of(const struct own_nodes *nodes, const struct pod *pod)
{
	const uint32_t number = table_find(&nodes->names, pod->node, strlen(pod->node));

	return number == TABLE_NONE ? (struct node_addrs){0} : nodes->nodes[number];
}

bool own_nodes_have(const struct own_nodes *nodes, const struct pod *pod, const struct addr *addr)
{
	const struct node_addrs node = own_nodes_of(nodes, pod);

	return has_addr(&node, addr);
}

const char *own_nodes_at(const struct own_nodes *nodes, const struct addr *addr)
{
	for (size_t i = 0; i < nodes->count; i++)
		if (has_addr(&nodes->nodes[i], addr))
			return nodes->names.keys[i].bytes;
	return NULL;
}
