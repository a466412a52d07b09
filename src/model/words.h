/*
 * What the objects are called in words: directions, protocols, ports, policies, and the owners of
 * pods.
 *
 * In: objects and their parts.  Out: text, constant or in an arena.
 *
 * The whole program takes these words from here, so that each thing is called by one name.
 */
#ifndef NP2NFT_MODEL_WORDS_H
#define NP2NFT_MODEL_WORDS_H

#include "model/objects.h"

struct arena;

/* "ingress" or "egress", which are also the names of these fields of a policy. */
const char *direction_text(enum direction direction);

/* "TCP", "UDP", "SCTP"; "ICMP" for any protocol without ports. */
const char *protocol_text(enum protocol protocol);

/* The number of TCP, UDP or SCTP, written like that; -1 if it is none of them. */
int protocol_of(const char *name);

/*
 * "tcp", "udp", "sctp", as in cluster policies and in the names of a ruleset; "any" for any other
 * number.
 */
const char *protocol_name(enum protocol protocol);

/* A number in the head of an IP packet: "TCP", "ICMP", "ICMPv6", "protocol 47". */
const char *packet_protocol_text(struct arena *arena, uint8_t protocol);

/* "80/TCP", "80-90/TCP", "all TCP", "ICMP". */
const char *port_range_text(struct arena *arena, enum protocol protocol, uint16_t first,
			    uint16_t last);

/* Does the same for a range of one port. */
static inline const char *port_number_text(struct arena *arena, enum protocol protocol,
					   uint16_t number)
{
	return port_range_text(arena, protocol, number, number);
}

/* Writes a named port: "http/TCP", or "http" if the name stands for the ports of every protocol. */
const char *port_name_text(struct arena *arena, enum protocol protocol, const char *name);

/* Writes a port in words, whether it has a name or numbers. */
const char *port_text(struct arena *arena, const struct port *port);

/* "shop/allow-web"; for a cluster policy, which has no namespace, its name alone. */
const char *policy_text(struct arena *arena, const struct policy *policy);

/* "Deployment shop/web". */
const char *workload_text(struct arena *arena, const char *kind, const char *namespace,
			  const char *name);

#endif
