/* Ports between two parties.  See ask/reach.h. */
#include "ask/reach.h"

#include "ask/cuts.h"
#include "base/arena.h"

#include <netinet/in.h>

static const enum protocol protocols[] = {TCP, UDP, SCTP, ICMP};

#define PROTOCOLS (sizeof(protocols) / sizeof(*protocols))

static size_t rank(enum protocol protocol)
{
	size_t i = 0;

	while (protocols[i] != protocol)
		i++;
	return i;
}

/* A place on the line of all ports of all protocols. */
static uint32_t position(enum protocol protocol, uint32_t port)
{
	return (uint32_t)rank(protocol) << 16 | port;
}

/* Grows the last range if the next one follows it. */
static void push_range(struct arena *arena, struct port_range **ranges, size_t *count,
		       struct port_range next)
{
	struct port_range *last = *count ? &(*ranges)[*count - 1] : NULL;

	if (last && last->protocol == next.protocol && last->last + 1 == next.first)
		last->last = next.last;
	else
		arena_push(arena, *ranges, *count, next);
}

bool reach_is_all(const struct reach *reach)
{
	for (size_t i = 0; i < reach->count; i++)
		if (reach->ranges[i].first != 0 || reach->ranges[i].last != UINT16_MAX)
			return false;
	return reach->count == PROTOCOLS;
}

bool reach_equal(const struct reach *a, const struct reach *b)
{
	if (a->count != b->count)
		return false;
	for (size_t i = 0; i < a->count; i++)
		if (a->ranges[i].protocol != b->ranges[i].protocol ||
		    a->ranges[i].first != b->ranges[i].first ||
		    a->ranges[i].last != b->ranges[i].last)
			return false;
	return true;
}

static bool has_port(const struct reach *reach, enum protocol protocol, uint16_t port)
{
	for (size_t i = 0; i < reach->count; i++)
		if (reach->ranges[i].protocol == protocol && reach->ranges[i].first <= port &&
		    port <= reach->ranges[i].last)
			return true;
	return false;
}

/* The stretches of both lists, cut where either begins or ends; of @a those that @b has, or has not. */
static struct reach combine(struct arena *arena, const struct reach *a, const struct reach *b,
			    bool in_b)
{
	struct port_range *ranges = NULL;
	size_t count = 0;

	for (size_t i = 0; i < a->count; i++) {
		const struct port_range *whole = &a->ranges[i];
		uint32_t at = whole->first;

		while (at <= whole->last) {
			uint32_t end = whole->last;
			bool inside = has_port(b, whole->protocol, (uint16_t)at);

			for (size_t k = 0; k < b->count; k++) {
				const struct port_range *other = &b->ranges[k];

				if (other->protocol != whole->protocol)
					continue;
				if (other->first > at && other->first - 1U < end)
					end = other->first - 1U;
				if (other->last >= at && other->last < end)
					end = other->last;
			}
			if (inside == in_b)
				push_range(arena, &ranges, &count,
					   (struct port_range){whole->protocol, (uint16_t)at,
							       (uint16_t)end});
			at = end + 1;
		}
	}
	return (struct reach){ranges, count};
}

struct reach reach_minus(struct arena *arena, const struct reach *a, const struct reach *b)
{
	return combine(arena, a, b, false);
}

struct reach reach_common(struct arena *arena, const struct reach *a, const struct reach *b)
{
	return combine(arena, a, b, true);
}

static const char *range_words(struct arena *arena, const struct port_range *range)
{
	const char *protocol = protocol_text(range->protocol);

	if (range->protocol == ICMP)
		return protocol;
	if (range->first == 0 && range->last == UINT16_MAX)
		return arena_printf(arena, "all %s", protocol);
	if (range->first == range->last)
		return arena_printf(arena, "%u/%s", range->first, protocol);
	return arena_printf(arena, "%u-%u/%s", range->first, range->last, protocol);
}

const char *reach_text(struct arena *arena, const struct reach *reach)
{
	struct string text = {0};

	if (!reach->count)
		return "nothing";
	if (reach_is_all(reach))
		return "everything";
	for (size_t i = 0; i < reach->count; i++)
		arena_append(arena, &text, "%s%s", i ? ", " : "",
			     range_words(arena, &reach->ranges[i]));
	return text.text;
}

static struct packet packet_of(const struct addr *from, const struct addr *to,
			       enum protocol protocol, uint16_t port)
{
	struct packet packet = {.family = from->family,
				.protocol = (uint8_t)protocol,
				.dport = protocol == ICMP ? 0 : port};

	memcpy(packet.saddr, from->bytes, sizeof(packet.saddr));
	memcpy(packet.daddr, to->bytes, sizeof(packet.daddr));
	if (protocol == ICMP && from->family == V6) {
		packet.protocol = IPPROTO_ICMPV6;
		packet.icmpv6_type = 128; /* echo request, RFC 4443 */
	}
	return packet;
}

struct judgement reach_one(const struct world *world, const struct addr *from,
			   const struct addr *to, enum protocol protocol, uint16_t port)
{
	const struct packet packet = packet_of(from, to, protocol, port);

	return evaluate(world->evaluator, &packet);
}

/* All of it. */
static struct reach everything(struct arena *arena)
{
	struct port_range *ranges = arena_array(arena, PROTOCOLS, sizeof(*ranges));

	for (size_t i = 0; i < PROTOCOLS; i++)
		ranges[i] = (struct port_range){protocols[i], 0, UINT16_MAX};
	return (struct reach){ranges, PROTOCOLS};
}

/* A way that packets are asked about. */
struct way {
	const struct world *world;
	const char *chain; /* that it begins with; NULL: the base chain */
	const struct addr *from, *to;
	struct cuts_walk cuts;
};

/* Asks one packet for each stretch of a protocol's ports. */
static void ask(struct arena *arena, struct way *way, enum protocol protocol,
		struct port_range **ranges, size_t *count)
{
	const struct evaluator *evaluator = way->world->evaluator;
	uint32_t at = position(protocol, 0), end = position(protocol, UINT16_MAX);

	while (at <= end) {
		const struct packet packet = packet_of(way->from, way->to, protocol, (uint16_t)at);
		uint32_t next = protocol == ICMP ? end + 1 : cuts_next(&way->cuts, at);

		if (next > end)
			next = end + 1;
		if ((way->chain ? evaluate_from(evaluator, way->chain, &packet)
				: evaluate(evaluator, &packet))
			    .accepted)
			push_range(
				arena, ranges, count,
				(struct port_range){protocol, (uint16_t)at, (uint16_t)(next - 1)});
		at = next;
	}
}

static struct reach ask_all(struct arena *arena, struct way *way)
{
	struct port_range *ranges = NULL;
	size_t count = 0;

	for (size_t i = 0; i < PROTOCOLS; i++)
		ask(arena, way, protocols[i], &ranges, &count);
	return (struct reach){ranges, count};
}

struct reach reach_between(struct arena *arena, const struct world *world, const struct addr *from,
			   const struct addr *to)
{
	const char *out = evaluator_chain(world->evaluator, true, from->family, from->bytes);
	const char *in = evaluator_chain(world->evaluator, false, to->family, to->bytes);
	struct way way = {world, NULL, from, to, cuts_on_the_way(world->cuts, out, in, to)};

	return out || in ? ask_all(arena, &way) : everything(arena);
}

struct reach reach_through(struct arena *arena, const struct world *world, enum direction direction,
			   const char *chain, const struct addr *from, const struct addr *to)
{
	struct way way = {world, chain, from, to,
			  direction == EGRESS ? cuts_on_the_way(world->cuts, chain, NULL, to)
					      : cuts_on_the_way(world->cuts, NULL, chain, to)};

	return ask_all(arena, &way);
}
