/*
 * Links and routes of the calling process's network namespace, over rtnetlink, read only.
 *
 * Any process may ask; no rights are wanted.
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
	bool filters[FAMILIES]; /* of a bridge: nf_call_iptables and nf_call_ip6tables of its own */
	const char *kind;       /* veth, vxlan and so on; empty: none, as a network card */
	uint32_t master;        /* index of the bridge or bond whose port it is; 0: of none */
	bool is_up;
	uint16_t
		udp_port; /* of a tunnel in UDP: the one on which it listens, host byte order; 0: of none */
};

struct links {
	struct link *items;
	size_t count;
};

/* How a packet from this node gets to an address. */
struct route {
	bool exists;     /* and leads on: no blackhole and the like */
	bool is_default; /* it is the one for all addresses (kernels before 4.13 do not tell) */
	bool direct;     /* on the link itself, without a gateway */
	bool is_own;     /* the address is this node's */
	size_t prefix;   /* bits of the address that the route is about (32 or 128 before 4.13) */
	uint32_t link;   /* index; 0: several */
};

/* NULL with errno if there is none.  Free: kernel_close() of kernel/socket.h. */
struct kernel_socket *kernel_route_open(void);

/* All links, names in the arena.  Returns 0, or -1 with errno. */
int kernel_links(struct arena *arena, struct kernel_socket *socket, struct links *links);

/*
 * @bytes: the address, family_len() bytes in network order.  Returns 0, also if there is no route; or -1 with
 * errno if the kernel could not be asked.
 */
int kernel_route_to(struct kernel_socket *socket, enum family family, const uint8_t *bytes,
		    struct route *route);

/* A route to everywhere. */
struct default_route {
	uint32_t link;   /* index */
	uint32_t metric; /* the lowest one is taken */
};

struct default_routes {
	struct default_route *items;
	size_t count;
};

/*
 * The default routes of the main table of a family: one item for each link by which one of them leads, in the arena.
 * Returns 0, or -1 with errno.
 */
int kernel_ways(struct arena *arena, struct kernel_socket *socket, enum family family,
		struct default_routes *ways);

#endif
