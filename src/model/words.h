/*
 * What the objects are called in words: directions, protocols, ports, policies and what owns pods.
 *
 * In:  objects and their parts.  Out: text, constant or in an arena.
 *
 * Each is said in one way in all that the program writes.
 */
#ifndef NP2NFT_MODEL_WORDS_H
#define NP2NFT_MODEL_WORDS_H

#include "model/objects.h"

struct arena;

/* "ingress" or "egress", which are also the names of these fields of a policy. */
const char *direction_text(enum direction direction);

/* "TCP", "UDP", "SCTP"; of what has no ports, "ICMP". */
const char *protocol_text(enum protocol protocol);

/* The number of TCP, UDP or SCTP, written like that; -1 if it is none of them. */
int protocol_of(const char *name);

/* "tcp", "udp", "sctp", as cluster policies and the names in a ruleset have it; "any" of any other. */
const char *protocol_name(enum protocol protocol);

/* A number in the head of an IP packet: "TCP", "ICMP", "ICMPv6", "protocol 47". */
const char *packet_protocol_text(struct arena *arena, uint8_t protocol);

/* "80/TCP", "80-90/TCP", "all TCP", "ICMP". */
const char *port_range_text(struct arena *arena, enum protocol protocol, uint16_t first,
			    uint16_t last);

/* The same of one port. */
static inline const char *port_number_text(struct arena *arena, enum protocol protocol,
					   uint16_t number)
{
	return port_range_text(arena, protocol, number, number);
}

/* "http/TCP"; of a name that stands for each protocol, "http". */
const char *port_name_text(struct arena *arena, enum protocol protocol, const char *name);

/* Whichever of the two it is. */
const char *port_text(struct arena *arena, const struct port *port);

/* "shop/allow-web"; of a cluster policy, which has no namespace, its name. */
const char *policy_text(struct arena *arena, const struct policy *policy);

/* "Deployment shop/web". */
const char *workload_text(struct arena *arena, const char *kind, const char *namespace,
			  const char *name);

#endif
