/*
 * The words are constant, or are put together from constant ones; the numbers of protocols are
 * looked up in a table of them.
 */
#include "model/words.h"

#include "base/arena.h"

/* ICMP of IPv6, which the model does not tell from that of IPv4. */
#define ICMPV6 58

const char *direction_text(enum direction direction)
{
	return direction == INGRESS ? "ingress" : "egress";
}

const char *protocol_text(enum protocol protocol)
{
	return protocol == TCP    ? "TCP"
	       : protocol == UDP  ? "UDP"
	       : protocol == SCTP ? "SCTP"
				  : "ICMP";
}

int protocol_of(const char *name)
{
	static const enum protocol all[] = {TCP, UDP, SCTP};

	for (size_t i = 0; i < sizeof(all) / sizeof(*all); i++)
		if (!strcmp(name, protocol_text(all[i])))
			return (int)all[i];
	return -1;
}

const char *protocol_name(enum protocol protocol)
{
	return protocol == TCP    ? "tcp"
	       : protocol == UDP  ? "udp"
	       : protocol == SCTP ? "sctp"
				  : "any";
}

const char *packet_protocol_text(struct arena *arena, uint8_t protocol)
{
	switch (protocol) {
	case TCP:
	case UDP:
	case SCTP:
	case ICMP:
		return protocol_text((enum protocol)protocol);
	case ICMPV6:
		return "ICMPv6";
	default:
		return arena_printf(arena, "protocol %u", protocol);
	}
}

const char *port_range_text(struct arena *arena, enum protocol protocol, uint16_t first,
			    uint16_t last)
{
	const char *name = protocol_text(protocol);

	if (protocol == ICMP)
		return name;
	if (first == 0 && last == UINT16_MAX)
		return arena_printf(arena, "all %s", name);
	if (first == last)
		return arena_printf(arena, "%u/%s", first, name);
	return arena_printf(arena, "%u-%u/%s", first, last, name);
}

const char *port_name_text(struct arena *arena, enum protocol protocol, const char *name)
{
	return protocol == PROTOCOL_ANY
		       ? name
		       : arena_printf(arena, "%s/%s", name, protocol_text(protocol));
}

const char *port_text(struct arena *arena, const struct port *port)
{
	return port->name ? port_name_text(arena, port->protocol, port->name)
			  : port_range_text(arena, port->protocol, port->first, port->last);
}

const char *policy_text(struct arena *arena, const struct policy *policy)
{
	return *policy->namespace ? arena_printf(arena, "%s/%s", policy->namespace, policy->name)
				  : policy->name;
}

const char *workload_text(struct arena *arena, const char *kind, const char *namespace,
			  const char *name)
{
	return arena_printf(arena, "%s %s/%s", kind, namespace, name);
}
