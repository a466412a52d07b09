/*
 * Links that lead to pods, and tunnels.  See node/pod_links.h.
 *
 * The kernel is asked by which link it would send to each pod.  A link counts as one that leads to pods if the
 * route is to that address alone, as of a pod with a link of its own, or if it is a bridge whose ports are all
 * ends of pairs (veth) or taps.  Any other may lead elsewhere as well: where pods' addresses are those of the
 * network that the node is in, the link to other nodes has such a route.
 */
#include "node/pod_links.h"

#include "base/arena.h"
#include "base/table.h"
#include "kernel/route.h"
#include "kernel/socket.h"

#include <errno.h>
#include <netinet/in.h>
#include <stdlib.h>
#include <string.h>

static const struct mark nowhere;

struct search {
	struct arena *arena;
	struct kernel_socket *socket;
	struct links links;
	bool *leads; /* by link: to a pod */
};

/* The number of the link; the count of links if there is none. */
static size_t find_link(const struct search *search, uint32_t index)
{
	size_t i = 0;

	while (i < search->links.count && search->links.items[i].index != index)
		i++;
	return i;
}

static bool is_kind(const struct link *link, const char *kind)
{
	return !strcmp(link->kind, kind);
}

/* A bridge that nothing hangs on but pods. */
static bool is_bridge_of_pods(const struct search *search, const struct link *bridge)
{
	if (!bridge->bridge)
		return false;
	for (size_t i = 0; i < search->links.count; i++) {
		const struct link *port = &search->links.items[i];

		if (port->master == bridge->index && !is_kind(port, "veth") &&
		    !is_kind(port, "tun"))
			return false;
	}
	return true;
}

static void look_for_pod(struct search *search, const struct addr *addr)
{
	struct route route = {.exists = false};
	size_t at;

	/* What cannot be asked counts as no route. */
	if (kernel_route_to(search->socket, addr->family, addr->bytes, &route) || !route.exists ||
	    route.is_own || route.is_default || !route.direct)
		return;
	at = find_link(search, route.link);
	if (at < search->links.count && (route.prefix == 8 * family_len(addr->family) ||
					 is_bridge_of_pods(search, &search->links.items[at])))
		search->leads[at] = true;
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

/* What the link takes out of other packets; no protocol if nothing. */
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

static void add_tunnels(const struct search *search, struct pod_links *found)
{
	size_t count = 0;

	for (size_t i = 0; i < search->links.count; i++) {
		const struct tunnel tunnel = tunnel_of(&search->links.items[i]);

		if (tunnel.protocol)
			arena_push(search->arena, found->tunnels, found->tunnel_count, tunnel);
	}
	if (found->tunnel_count)
		qsort(found->tunnels, found->tunnel_count, sizeof(*found->tunnels),
		      compare_tunnels);
	for (size_t i = 0; i < found->tunnel_count; i++)
		if (!count || compare_tunnels(&found->tunnels[count - 1], &found->tunnels[i]))
			found->tunnels[count++] = found->tunnels[i];
	found->tunnel_count = count;
}

static void look(struct search *search, const struct objects *objects, const char *node,
		 struct pod_links *found)
{
	search->leads = arena_array(search->arena, search->links.count, sizeof(bool));
	for (size_t i = 0; i < objects->pod_count; i++) {
		const struct pod *pod = &objects->pods[i];

		for (size_t k = 0; k < pod->addr_count && (!node || !strcmp(pod->node, node)); k++)
			look_for_pod(search, &pod->addrs[k]);
	}
	for (size_t i = 0; i < search->links.count; i++)
		if (search->leads[i])
			arena_push(search->arena, found->links, found->link_count,
				   search->links.items[i].name);
	if (found->link_count)
		qsort(found->links, found->link_count, sizeof(*found->links), compare_texts);
	add_tunnels(search, found);
}

struct pod_links pod_links_of(struct arena *arena, const struct objects *objects, const char *node,
			      struct diags *diags)
{
	struct search search = {.arena = arena, .socket = kernel_route_open()};
	struct pod_links found = {.links = NULL};

	if (!search.socket || kernel_links(arena, search.socket, &search.links))
		diag_warning(
			diags, nowhere,
			"links and routes cannot be read (%s): sources that pods make up are not "
			"stopped",
			strerror(errno));
	else
		look(&search, objects, node, &found);
	kernel_close(search.socket);
	return found;
}
