/*
 * Reads links and routes of the calling process's network namespace over rtnetlink.  Nothing is
 * changed, and any process may ask.
 */
#ifndef NP2NFT_KERNEL_ROUTE_H
#define NP2NFT_KERNEL_ROUTE_H

#include "base/addr.h"

struct arena;
struct kernel_socket;

struct link {
	uint32_t index;
	const char *name;
	bool bridge;
	/* of a bridge: its own settings nf_call_iptables and nf_call_ip6tables */
	bool filters[FAMILIES];
	const char *kind; /* veth, vxlan and so on; empty for a network card */
	uint32_t master;  /* index of the bridge or bond of which it is a port; 0: none */
	bool is_up;
	/* of a tunnel in UDP: the port on which it listens, in host byte order; 0: none */
	uint16_t udp_port;
};

struct links {
	struct link *items;
	size_t count;
};

/* How this node sends packets to an address. */
struct route {
	bool exists;     /* the route leads on; it is no blackhole or the like */
	bool is_default; /* it is the default route (kernels before 4.13 do not tell) */
	bool direct;     /* the address is on the link itself, without a gateway */
	bool is_own;     /* the address is this node's */
	size_t prefix;   /* prefix length of the route (32 or 128 before 4.13) */
	uint32_t link;   /* index; 0: the route has several links */
};

/* Opens a socket; NULL with errno.  kernel_close() of kernel/socket.h frees it. */
struct kernel_socket *kernel_route_open(void);

/* Reads all links; names live in the arena.  Returns 0, or -1 with errno. */
int kernel_links(struct arena *arena, struct kernel_socket *socket, struct links *links);

/*
 * Asks for the route to an address.  @bytes has family_len() bytes in network byte order.  Returns
 * 0, also if there is no route; or -1 with errno if the kernel could not be asked.
 */
int kernel_route_to(struct kernel_socket *socket, enum family family, const uint8_t *bytes,
		    struct route *route);

/* A prefix of addresses; the bits behind its length are zero. */
struct prefix {
	uint8_t bytes[16];
	size_t length;
};

struct prefixes {
	struct prefix *items;
	size_t count;
};

/*
 * Reads the destinations of all routes of a family, in every table, and of all rules that choose a
 * table, into the arena.  If the longest of these prefixes that has an address is the same for two
 * addresses, both have the same route.  Returns 0, or -1 with errno.
 */
int kernel_prefixes(struct arena *arena, struct kernel_socket *socket, enum family family,
		    struct prefixes *prefixes);

/* A default route. */
struct default_route {
	uint32_t link;   /* index */
	uint32_t metric; /* the route with the lowest metric is used */
};

struct default_routes {
	struct default_route *items;
	size_t count;
};

/*
 * Reads the default routes of a family in the main table, into the arena; a route with several
 * links gives an item for each.  Returns 0, or -1 with errno.
 */
int kernel_ways(struct arena *arena, struct kernel_socket *socket, enum family family,
		struct default_routes *ways);

#endif
