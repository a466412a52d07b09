/*
 * Finds the links that lead to pods, and the tunnels.
 *
 * It asks the kernel by which link it would send to each pod.  The link leads only to pods if the
 * route is to this address alone, as for a pod with a link of its own, or if it is a bridge all of
 * whose ports are ends of pairs (veth) or taps.  Any other link may lead to others, too: where pods
 * have addresses of the node's own network, the link to other nodes has such a route.
 *
 * Most pods of a cluster are on other nodes, behind a few routes.  So where there are many pods, one
 * question answers for all addresses of which the same route's or rule's destination is the longest
 * that has them.
 */
#include "node/pod_links.h"

#include "base/arena.h"
#include "base/guarded_call.h"
#include "base/table.h"
#include "kernel/route.h"
#include "kernel/socket.h"

#include <errno.h>
#include <netinet/in.h>
#include <stdlib.h>
#include <string.h>

static const struct mark nowhere;

/* If there are fewer addresses than this, the kernel is asked about each of them by itself. */
#define MANY 256

/* Addresses of a family that have one route. */
struct alike_routes {
	struct table prefixes; /* keys: struct prefix; the numbers are indices to: */
	size_t *links; /* one more: of addresses that no prefix has; UNASKED, or as of ask_route() */
	bool lengths[129]; /* some prefix has this length */
};

#define UNASKED SIZE_MAX

struct link_finder {
	struct arena *arena; /* for what was read, which follows */
	struct kernel_socket *socket;
	bool is_read;
	struct links links;
	/*
	 * keys: struct addr, an address to which a link leads by itself; the numbers are indices
	 * to:
	 */
	struct table addresses;
	uint32_t *link_of; /* index of the link in @links */
	size_t link_of_count;
	struct undo undo;
};

static void forget_all(struct link_finder *finder)
{
	arena_reset(finder->arena);
	finder->is_read = false;
	finder->links = (struct links){0};
	finder->addresses = (struct table){.arena = finder->arena};
	finder->link_of = NULL;
	finder->link_of_count = 0;
}

struct link_finder *link_finder_new(void)
{
	struct link_finder *finder = call_checked(calloc(1, sizeof(*finder)));

	undo_later(&finder->undo, undo_memory, finder);
	finder->arena = arena_new();
	forget_all(finder);
	return finder;
}

void link_finder_free(struct link_finder *finder)
{
	if (!finder)
		return;
	undo_never(&finder->undo);
	kernel_close(finder->socket);
	arena_free(finder->arena);
	free(finder);
}

void link_finder_forget(struct link_finder *finder)
{
	forget_all(finder);
}

/* The index of the link, or the count of links if there is none. */
static size_t find_link(const struct link_finder *finder, uint32_t index)
{
	size_t i = 0;

	while (i < finder->links.count && finder->links.items[i].index != index)
		i++;
	return i;
}

static bool is_kind(const struct link *link, const char *kind)
{
	return !strcmp(link->kind, kind);
}

/* Is it a bridge with only pods on it? */
static bool is_bridge_of_pods(const struct link_finder *finder, const struct link *bridge)
{
	if (!bridge->bridge)
		return false;
	for (size_t i = 0; i < finder->links.count; i++) {
		const struct link *port = &finder->links.items[i];

		if (port->master == bridge->index && !is_kind(port, "veth") &&
		    !is_kind(port, "tun"))
			return false;
	}
	return true;
}

/*
 * The index of the link that leads to the address and only to pods; the count of links if there is
 * none.
 */
static size_t ask_route(const struct link_finder *finder, const struct addr *addr)
{
	struct route route = {.exists = false};
	size_t at;

	/* An address for which there is no answer counts as one without a route. */
	if (kernel_route_to(finder->socket, addr->family, addr->bytes, &route) || !route.exists ||
	    route.is_own || route.is_default || !route.direct)
		return finder->links.count;
	at = find_link(finder, route.link);
	if (at < finder->links.count && (route.prefix == 8 * family_len(addr->family) ||
					 is_bridge_of_pods(finder, &finder->links.items[at])))
		return at;
	return finder->links.count;
}

/*
 * Does the same, but asks only once.  An answer that there is none is not kept, since there may be
 * a link as soon as the pod is set up.
 */
static size_t link_to(struct link_finder *finder, const struct addr *addr)
{
	const uint32_t known = table_find(&finder->addresses, addr, sizeof(*addr));
	size_t at;

	if (known != TABLE_NONE)
		return finder->link_of[known];
	at = ask_route(finder, addr);
	if (at == finder->links.count)
		return at;
	table_add(&finder->addresses, addr, sizeof(*addr), NULL);
	arena_push(finder->arena, finder->link_of, finder->link_of_count, (uint32_t)at);
	return at;
}

static void clear_bits(struct prefix *prefix, size_t length)
{
	if (length % 8)
		prefix->bytes[length / 8] &= (uint8_t)(0xff00U >> length % 8);
	if ((length + 7) / 8 < sizeof(prefix->bytes))
		memset(prefix->bytes + (length + 7) / 8, 0,
		       sizeof(prefix->bytes) - (length + 7) / 8);
	prefix->length = length;
}

/* NULL if routes cannot be read, so that each address has to be asked about. */
static struct alike_routes *alike_routes_new(const struct link_finder *finder, struct arena *arena,
					     enum family family)
{
	struct alike_routes *alike = arena_alloc(arena, sizeof(*alike));
	struct prefixes prefixes;

	if (kernel_prefixes(arena, finder->socket, family, &prefixes))
		return NULL;
	alike->prefixes.arena = arena;
	for (size_t i = 0; i < prefixes.count; i++) {
		struct prefix *prefix = &prefixes.items[i];

		if (prefix->length > 8 * family_len(family))
			return NULL;
		alike->lengths[prefix->length] = true;
		clear_bits(prefix, prefix->length);
		table_add(&alike->prefixes, prefix, sizeof(*prefix), NULL);
	}
	alike->links = arena_array(arena, alike->prefixes.count + 1, sizeof(*alike->links));
	for (size_t i = 0; i <= alike->prefixes.count; i++)
		alike->links[i] = UNASKED;
	return alike;
}

/* The index of the longest prefix that has the address; the count of prefixes if none has. */
static size_t find_prefix(const struct alike_routes *alike, const struct addr *addr)
{
	const size_t bits = 8 * family_len(addr->family);
	struct prefix prefix = {.length = bits};

	memcpy(prefix.bytes, addr->bytes, family_len(addr->family));
	for (size_t i = 0; i <= bits; i++) {
		uint32_t number = TABLE_NONE;

		if (!alike->lengths[bits - i])
			continue;
		clear_bits(&prefix, bits - i);
		number = table_find(&alike->prefixes, &prefix, sizeof(prefix));
		if (number != TABLE_NONE)
			return number;
	}
	return alike->prefixes.count;
}

/* Does what link_to() does for many addresses at once. */
static size_t link_of_many(struct link_finder *finder, struct alike_routes *alike,
			   const struct addr *addr)
{
	size_t *link;

	if (!alike)
		return link_to(finder, addr);
	link = &alike->links[find_prefix(alike, addr)];
	if (*link == UNASKED)
		*link = ask_route(finder, addr);
	return *link;
}

static size_t count_addresses(const struct objects *objects, const char *node)
{
	size_t count = 0;

	for (size_t i = 0; i < objects->pod_count; i++)
		if (!node || !strcmp(objects->pods[i].node, node))
			count += objects->pods[i].addr_count;
	return count;
}

static int compare_texts(const void *a, const void *b)
{
	return strcmp(*(const char *const *)a, *(const char *const *)b);
}

static int compare_tunnels(const void *a, const void *b)
{
	const struct tunnel *x = a, *y = b;

	if (x->protocol != y->protocol)
		return x->protocol < y->protocol ? -1 : 1;
	return (x->port > y->port) - (x->port < y->port);
}

/* The packets that the link unwraps; protocol 0 if there are none. */
static struct tunnel tunnel_of(const struct link *link)
{
	static const struct {
		const char *kind;
		uint8_t protocol;
	} kinds[] = {{"ipip", IPPROTO_IPIP},  {"sit", IPPROTO_IPV6},   {"gre", IPPROTO_GRE},
		     {"gretap", IPPROTO_GRE}, {"ip6gre", IPPROTO_GRE}, {"ip6gretap", IPPROTO_GRE}};

	if (link->is_up && link->udp_port)
		return (struct tunnel){IPPROTO_UDP, link->udp_port};
	for (size_t i = 0; link->is_up && i < sizeof(kinds) / sizeof(*kinds); i++)
		if (is_kind(link, kinds[i].kind))
			return (struct tunnel){kinds[i].protocol, 0};
	return (struct tunnel){0, 0};
}

static void add_tunnels(const struct link_finder *finder, struct arena *arena,
			struct pod_links *found)
{
	size_t count = 0;

	for (size_t i = 0; i < finder->links.count; i++) {
		const struct tunnel tunnel = tunnel_of(&finder->links.items[i]);

		if (tunnel.protocol)
			arena_push(arena, found->tunnels, found->tunnel_count, tunnel);
	}
	if (found->tunnel_count)
		qsort(found->tunnels, found->tunnel_count, sizeof(*found->tunnels),
		      compare_tunnels);
	for (size_t i = 0; i < found->tunnel_count; i++)
		if (!count || compare_tunnels(&found->tunnels[count - 1], &found->tunnels[i]))
			found->tunnels[count++] = found->tunnels[i];
	found->tunnel_count = count;
}

static void look(struct link_finder *finder, struct arena *arena, const struct objects *objects,
		 const char *node, struct pod_links *found)
{
	/* index: link; does it lead to a pod? The last entry stands for "no link". */
	bool *leads = arena_array(arena, finder->links.count + 1, sizeof(*leads));
	struct alike_routes *alike[FAMILIES] = {NULL};

	if (count_addresses(objects, node) >= MANY)
		for (enum family family = V4; family < FAMILIES; family++)
			alike[family] = alike_routes_new(finder, arena, family);
	for (size_t i = 0; i < objects->pod_count; i++) {
		const struct pod *pod = &objects->pods[i];

		for (size_t k = 0; k < pod->addr_count && (!node || !strcmp(pod->node, node)); k++)
			leads[link_of_many(finder, alike[pod->addrs[k].family], &pod->addrs[k])] =
				true;
	}
	for (size_t i = 0; i < finder->links.count; i++) {
		const char *name = finder->links.items[i].name;

		if (leads[i])
			arena_push(arena, found->links, found->link_count,
				   arena_strndup(arena, name, strlen(name)));
	}
	if (found->link_count)
		qsort(found->links, found->link_count, sizeof(*found->links), compare_texts);
	add_tunnels(finder, arena, found);
}

/* Returns 0, or -1 with errno. */
static int read_links(struct link_finder *finder)
{
	if (finder->is_read)
		return 0;
	if (!finder->socket)
		finder->socket = kernel_route_open();
	if (!finder->socket || kernel_links(finder->arena, finder->socket, &finder->links))
		return -1;
	finder->is_read = true;
	return 0;
}

int link_finder_look(struct link_finder *finder, struct arena *arena, const struct objects *objects,
		     const char *node, struct pod_links *found, struct diags *diags)
{
	*found = (struct pod_links){.links = NULL};
	if (!read_links(finder)) {
		look(finder, arena, objects, node, found);
		return 0;
	}
	diag_warning(diags, nowhere,
		     "links and routes cannot be read (%s): pods are not kept from sending "
		     "with addresses that are not theirs",
		     strerror(errno));
	return -1;
}
