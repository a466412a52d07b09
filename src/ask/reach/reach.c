/*
 * Asks about a packet at the first port of each stretch between two cuts (ask/world/cuts.h).  An end
 * whose address nobody knows lies in several pieces of all addresses: each is asked about, and what
 * passes only in some of them gets a condition.
 */
#include "ask/reach/reach.h"

#include "ask/world/cuts.h"
#include "base/arena.h"
#include "model/words.h"

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

/* The place on the line of all ports of all protocols. */
static uint32_t position(enum protocol protocol, uint32_t port)
{
	return (uint32_t)rank(protocol) << 16 | port;
}

/* Adds a range; if it follows the last one under the same condition, the last one grows instead. */
static void push_range(struct arena *arena, struct port_range **ranges, size_t *count,
		       struct port_range next)
{
	struct port_range *last = *count ? &(*ranges)[*count - 1] : NULL;

	if (last && last->protocol == next.protocol && last->last + 1 == next.first &&
	    last->only_if == next.only_if)
		last->last = next.last;
	else
		arena_push(arena, *ranges, *count, next);
}

bool reach_is_all(const struct reach *reach)
{
	for (size_t i = 0; i < reach->count; i++)
		if (reach->ranges[i].first != 0 || reach->ranges[i].last != UINT16_MAX ||
		    reach->ranges[i].only_if)
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
		    a->ranges[i].last != b->ranges[i].last ||
		    a->ranges[i].only_if != b->ranges[i].only_if)
			return false;
	return true;
}

const struct port_range *reach_find(const struct reach *reach, enum protocol protocol,
				    uint16_t port)
{
	for (size_t i = 0; i < reach->count; i++)
		if (reach->ranges[i].protocol == protocol && reach->ranges[i].first <= port &&
		    port <= reach->ranges[i].last)
			return &reach->ranges[i];
	return NULL;
}

bool reach_is_certain(const struct reach *reach)
{
	for (size_t i = 0; i < reach->count; i++)
		if (reach->ranges[i].only_if)
			return false;
	return true;
}

struct reach reach_certain(struct arena *arena, const struct reach *reach)
{
	struct port_range *ranges = NULL;
	size_t count = 0;

	for (size_t i = 0; i < reach->count; i++)
		if (!reach->ranges[i].only_if)
			push_range(arena, &ranges, &count, reach->ranges[i]);
	return (struct reach){ranges, count};
}

struct reach reach_within(struct arena *arena, const struct reach *reach, enum family family)
{
	struct port_range *ranges = NULL;
	size_t count = 0;

	for (size_t i = 0; i < reach->count; i++) {
		struct port_range range = reach->ranges[i];

		if (condition_within(range.only_if, family, &range.only_if))
			push_range(arena, &ranges, &count, range);
	}
	return (struct reach){ranges, count};
}

/* A list of stretches that is walked from the first place to the last. */
struct walker {
	const struct reach *reach;
	size_t at;
};

/* The stretch that has the place, or NULL; *@end becomes the last place for which that stays so. */
static const struct port_range *walk(struct walker *walker, uint32_t place, uint32_t *end)
{
	while (walker->at < walker->reach->count) {
		const struct port_range *range = &walker->reach->ranges[walker->at];
		uint32_t first = position(range->protocol, range->first);
		uint32_t last = position(range->protocol, range->last);

		if (last < place) {
			walker->at++;
			continue;
		}
		last = first <= place ? last : first - 1;
		*end = last < *end ? last : *end;
		return first <= place ? range : NULL;
	}
	return NULL;
}

/*
 * Decides which part of a stretch is taken, and on which condition; returns false if none is.  NULL
 * stands for a list that does not have the stretch.
 */
typedef bool (*take)(const struct port_range *a, const struct port_range *b,
		     const struct condition **only_if);

static bool take_minus(const struct port_range *a, const struct port_range *b,
		       const struct condition **only_if)
{
	*only_if = a ? a->only_if : NULL;
	return a && (!b || condition_without(a->only_if, b->only_if, only_if));
}

static bool take_common(const struct port_range *a, const struct port_range *b,
			const struct condition **only_if)
{
	return a && b && condition_both(a->only_if, b->only_if, only_if);
}

static bool take_either(const struct port_range *a, const struct port_range *b,
			const struct condition **only_if)
{
	if (a && b)
		*only_if = condition_either(a->only_if, b->only_if);
	else if (a || b)
		*only_if = (a ? a : b)->only_if;
	return a || b;
}

static struct reach combine(struct arena *arena, const struct reach *a, const struct reach *b,
			    take how)
{
	struct walker of_a = {a, 0}, of_b = {b, 0};
	struct port_range *ranges = NULL;
	size_t count = 0;

	for (uint32_t at = 0; at < PROTOCOLS << 16;) {
		const enum protocol protocol = protocols[at >> 16];
		uint32_t end = at | UINT16_MAX;
		const struct port_range *x = walk(&of_a, at, &end), *y = walk(&of_b, at, &end);
		const struct condition *only_if = NULL;

		if (how(x, y, &only_if))
			push_range(arena, &ranges, &count,
				   (struct port_range){protocol, (uint16_t)at, (uint16_t)end,
						       only_if});
		at = end + 1;
	}
	return (struct reach){ranges, count};
}

struct reach reach_minus(struct arena *arena, const struct reach *a, const struct reach *b)
{
	return combine(arena, a, b, take_minus);
}

struct reach reach_common(struct arena *arena, const struct reach *a, const struct reach *b)
{
	return combine(arena, a, b, take_common);
}

struct reach reach_either(struct arena *arena, const struct reach *a, const struct reach *b)
{
	return combine(arena, a, b, take_either);
}

bool reach_tells_first(const struct reach *reach, size_t i)
{
	for (size_t k = 0; k < i; k++)
		if (reach->ranges[k].only_if == reach->ranges[i].only_if)
			return false;
	return true;
}

/* Writes all stretches under one condition, of which this is the first. */
static void append_alike(struct arena *arena, struct string *text, const struct reach *reach,
			 size_t first)
{
	const struct condition *only_if = reach->ranges[first].only_if;
	struct port_range *ranges = NULL;
	struct reach alike = {0};

	for (size_t i = first; i < reach->count; i++)
		if (reach->ranges[i].only_if == only_if) {
			arena_push(arena, ranges, alike.count, reach->ranges[i]);
			ranges[alike.count - 1].only_if = NULL;
		}
	alike.ranges = ranges;
	if (text->len)
		arena_append(arena, text, "; ");
	for (size_t i = 0; i < alike.count && !reach_is_all(&alike); i++)
		arena_append(arena, text, "%s%s", i ? ", " : "",
			     port_range_text(arena, alike.ranges[i].protocol, alike.ranges[i].first,
					     alike.ranges[i].last));
	if (reach_is_all(&alike))
		arena_append(arena, text, "everything");
	if (only_if)
		arena_append(arena, text, " %s", condition_text(arena, only_if));
}

const char *reach_text(struct arena *arena, const struct reach *reach)
{
	struct string text = {0};

	if (!reach->count)
		return "nothing";
	for (size_t i = 0; i < reach->count; i++)
		if (!reach->ranges[i].only_if && reach_tells_first(reach, i))
			append_alike(arena, &text, reach, i);
	for (size_t i = 0; i < reach->count; i++)
		if (reach->ranges[i].only_if && reach_tells_first(reach, i))
			append_alike(arena, &text, reach, i);
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

struct judgement reach_one_at(const struct world *world, enum course course,
			      const struct addr *from, const uint8_t *from_at,
			      const struct addr *to, const uint8_t *to_at, enum protocol protocol,
			      uint16_t port)
{
	struct packet packet = packet_of(from, to, protocol, port);

	packet.saddr_at = from_at;
	packet.daddr_at = to_at;
	switch (course) {
	case COURSE_FORWARDED:
		return evaluate(world->evaluator, &packet);
	case COURSE_TO_OWN_NODE:
		return evaluate_input(world->evaluator, &packet);
	case COURSE_FROM_OWN_NODE:
		break;
	}
	return (struct judgement){.accepted = true};
}

struct judgement reach_one(const struct world *world, const struct addr *from,
			   const struct addr *to, enum protocol protocol, uint16_t port)
{
	return reach_one_at(world, COURSE_FORWARDED, from, NULL, to, NULL, protocol, port);
}

/* The list of everything. */
static struct reach everything(struct arena *arena)
{
	struct port_range *ranges = arena_array(arena, PROTOCOLS, sizeof(*ranges));

	for (size_t i = 0; i < PROTOCOLS; i++)
		ranges[i] = (struct port_range){protocols[i], 0, UINT16_MAX, NULL};
	return (struct reach){ranges, PROTOCOLS};
}

/* A way on which packets are asked about. */
struct reach_way {
	const struct world *world;
	const char *chain; /* the chain with which it begins; NULL: the base chain */
	const struct addr *from, *to;
	const uint8_t
		*other_at; /* where the end that is not the chain's lies; NULL: at its address */
	struct cuts_walk cuts;
	/* there is a list for each outcome; if false, one list of everything that passes */
	bool by_decider;
};

/* A list of stretches that grows. */
struct growing_reach {
	struct port_range *ranges;
	size_t count;
};

/* The list to which a packet with this verdict belongs; OUTCOMES: none. */
static size_t list_of(const struct reach_way *way, const struct judgement *judgement)
{
	if (way->by_decider)
		return outcome(judgement->accepted, judgement->decider);
	return judgement->accepted ? 0 : OUTCOMES;
}

/* Asks about one packet for each stretch of a protocol's ports. */
static void ask(struct arena *arena, struct reach_way *way, enum protocol protocol,
		struct growing_reach *lists)
{
	const struct evaluator *evaluator = way->world->evaluator;
	uint32_t at = position(protocol, 0), end = position(protocol, UINT16_MAX);

	while (at <= end) {
		struct packet packet = packet_of(way->from, way->to, protocol, (uint16_t)at);
		uint32_t next = protocol == ICMP ? end + 1 : cuts_next(&way->cuts, at);
		struct judgement judgement;
		size_t list;

		packet.saddr_at = packet.daddr_at = way->other_at;
		if (next > end)
			next = end + 1;
		judgement = way->chain ? evaluate_from(evaluator, way->chain, &packet)
				       : evaluate(evaluator, &packet);
		list = list_of(way, &judgement);
		if (list < OUTCOMES)
			push_range(arena, &lists[list].ranges, &lists[list].count,
				   (struct port_range){protocol, (uint16_t)at, (uint16_t)(next - 1),
						       NULL});
		at = next;
	}
}

/* @reaches has room for one list, or for OUTCOMES lists. */
static void ask_all(struct arena *arena, struct reach_way *way, struct reach *reaches)
{
	struct growing_reach lists[OUTCOMES] = {{0}};

	for (size_t i = 0; i < PROTOCOLS; i++)
		ask(arena, way, protocols[i], lists);
	for (size_t i = 0; i < (way->by_decider ? OUTCOMES : 1); i++)
		reaches[i] = (struct reach){lists[i].ranges, lists[i].count};
}

struct reach reach_between(struct arena *arena, const struct world *world, const struct addr *from,
			   const struct addr *to)
{
	const char *out = evaluator_chain(world->evaluator, true, from->family, from->bytes);
	const char *in = evaluator_chain(world->evaluator, false, to->family, to->bytes);
	struct reach_way way = {.world = world,
				.from = from,
				.to = to,
				.cuts = cuts_on_the_way(world->cuts, out, in, to)};
	struct reach reach;

	/* What a pod sends to its own address does not pass any ruleset. */
	if (from->family == to->family && !memcmp(from->bytes, to->bytes, family_len(to->family)))
		return everything(arena);
	if (!out && !in)
		return everything(arena);
	ask_all(arena, &way, &reach);
	return reach;
}

/* Asks a chain about the other end, which lies in one piece of all addresses. */
static void through_at(struct arena *arena, const struct world *world, enum direction direction,
		       const char *chain, const struct addr *other, const uint8_t *at,
		       bool by_decider, struct reach *reaches)
{
	const struct addr nobody = {.family = other->family};
	struct reach_way way = {.world = world,
				.chain = chain,
				.from = direction == EGRESS ? &nobody : other,
				.to = direction == EGRESS ? other : &nobody,
				.other_at = at,
				.by_decider = by_decider};

	way.cuts = direction == EGRESS ? cuts_on_the_way(world->cuts, chain, NULL, way.to)
				       : cuts_on_the_way(world->cuts, NULL, chain, way.to);
	ask_all(arena, &way, reaches);
}

/* What passes if an end lies in one of several pieces. */
struct by_piece {
	const struct world *world;
	enum direction direction;
	enum family family;
	const struct pieces *pieces;
	struct walker *walkers; /* index: piece */
};

/* The condition that the end lies in one of the pieces whose stretch passes. */
static const struct condition *where_it_passes(struct arena *arena, const struct by_piece *by,
					       const bool *passes)
{
	struct range *ranges = NULL;
	size_t count = 0;

	for (size_t i = 0; i < by->pieces->count; i++)
		for (size_t k = 0; passes[i] && k < by->pieces->items[i].count; k++)
			arena_push(arena, ranges, count, by->pieces->items[i].ranges[k]);
	count = ranges_merge(ranges, count, by->family);
	return condition_of(by->world->conditions, by->direction == INGRESS, by->family, ranges,
			    count);
}

static struct reach merge_pieces(struct arena *arena, const struct by_piece *by)
{
	const size_t count = by->pieces->count;
	bool *passes = arena_array(arena, count, sizeof(*passes));
	struct port_range *ranges = NULL;
	size_t range_count = 0;

	for (uint32_t at = 0; at < PROTOCOLS << 16;) {
		uint32_t end = at | UINT16_MAX;
		size_t passing = 0;

		for (size_t i = 0; i < count; i++) {
			passes[i] = walk(&by->walkers[i], at, &end) != NULL;
			passing += passes[i];
		}
		if (passing)
			push_range(arena, &ranges, &range_count,
				   (struct port_range){
					   protocols[at >> 16], (uint16_t)at, (uint16_t)end,
					   passing == count ? NULL
							    : where_it_passes(arena, by, passes)});
		at = end + 1;
	}
	return (struct reach){ranges, range_count};
}

/* Joins the lists of the pieces, one or OUTCOMES for each, into lists with conditions. */
static void through(struct arena *arena, const struct world *world, enum direction direction,
		    const char *chain, const struct spot *other, bool by_decider,
		    struct reach *reaches)
{
	const enum family family = other->addr.family;
	const struct pieces pieces = cuts_pieces(world->cuts, chain, family);
	const size_t count = by_decider ? OUTCOMES : 1;
	struct by_piece by = {
		.world = world, .direction = direction, .family = family, .pieces = &pieces};
	struct reach *of_piece = arena_array(arena, pieces.count * count, sizeof(*of_piece));

	by.walkers = arena_array(arena, pieces.count, sizeof(*by.walkers));
	for (size_t i = 0; i < pieces.count; i++)
		through_at(arena, world, direction, chain, &other->addr,
			   pieces.items[i].ranges->first, by_decider, &of_piece[i * count]);
	for (size_t k = 0; k < count; k++) {
		for (size_t i = 0; i < pieces.count; i++)
			by.walkers[i] = (struct walker){&of_piece[i * count + k], 0};
		reaches[k] = pieces.count == 1 ? of_piece[k] : merge_pieces(arena, &by);
	}
}

struct reach reach_through(struct arena *arena, const struct world *world, enum direction direction,
			   const char *chain, const struct spot *other)
{
	struct reach reach;

	if (other->anywhere)
		through(arena, world, direction, chain, other, false, &reach);
	else
		through_at(arena, world, direction, chain, &other->addr, NULL, false, &reach);
	return reach;
}

void reach_decided(struct arena *arena, const struct world *world, enum direction direction,
		   const char *chain, const struct spot *other, struct reach reaches[OUTCOMES])
{
	if (other->anywhere)
		through(arena, world, direction, chain, other, true, reaches);
	else
		through_at(arena, world, direction, chain, &other->addr, NULL, true, reaches);
}

struct spot spot_of(const struct party *party, enum family family, bool another)
{
	return (struct spot){another ? party->twin[family] : party->addr[family],
			     !party->known[family]};
}

static bool is_assumed(const struct party *party, enum family family)
{
	return party->has[family] && !party->known[family] && party->known[!family];
}

bool parties_meet(const struct party *a, const struct party *b, enum family family)
{
	return a->has[family] && b->has[family] &&
	       (b->kind == PARTY_OUTSIDE || !is_assumed(a, family)) &&
	       (a->kind == PARTY_OUTSIDE || !is_assumed(b, family));
}

const char *reach_chain(const struct world *world, enum course course, enum direction direction,
			const struct addr *addr)
{
	if (course == COURSE_FORWARDED)
		return evaluator_chain(world->evaluator, direction == EGRESS, addr->family,
				       addr->bytes);
	return course == COURSE_TO_OWN_NODE && direction == EGRESS
		       ? evaluator_node_chain(world->evaluator, addr->family, addr->bytes)
		       : NULL;
}

struct reach reach_of(struct arena *arena, const struct world *world, enum course course,
		      const struct spot *from, const struct spot *to)
{
	const char *out = reach_chain(world, course, EGRESS, &from->addr);
	const char *in = reach_chain(world, course, INGRESS, &to->addr);
	struct reach egress, ingress;

	if (course == COURSE_FORWARDED && !from->anywhere && !to->anywhere)
		return reach_between(arena, world, &from->addr, &to->addr);
	egress = out ? reach_through(arena, world, EGRESS, out, to) : everything(arena);
	ingress = in ? reach_through(arena, world, INGRESS, in, from) : everything(arena);
	return reach_common(arena, &egress, &ingress);
}
