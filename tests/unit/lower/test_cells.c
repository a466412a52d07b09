/*
 * Compares the plan of a group's ports (lower/cells.h) with a loop over the group's grants, and
 * tests that the plan is no larger than promised.
 */
#include "unit.h"

#include "lower/cells.h"

#define PEERS_MAX 1100

/* A set of peers, or all addresses (@anything). */
struct peers {
	bool anything;
	bool has[PEERS_MAX];
};

struct rules {
	struct arena *arena;
	struct grant *grants;
	size_t count;
};

/* Makes a list for each peer, which has the peer's number and only that peer. */
static const struct peer_list *alone(void)
{
	static struct peer_list lists[PEERS_MAX];
	static uint32_t numbers[PEERS_MAX];

	for (uint32_t i = 0; i < PEERS_MAX; i++) {
		numbers[i] = i;
		lists[i] = (struct peer_list){&numbers[i], 1};
	}
	return lists;
}

static void grant(struct rules *rules, uint32_t peer, enum protocol protocol, unsigned first,
		  unsigned last)
{
	struct grant one = {.peers = peer,
			    .protocol = protocol,
			    .first = (uint16_t)first,
			    .last = (uint16_t)last};

	arena_push(rules->arena, rules->grants, rules->count, one);
}

static void may(const struct rules *rules, unsigned protocol, unsigned port, struct peers *peers)
{
	memset(peers, 0, sizeof(*peers));
	for (size_t i = 0; i < rules->count; i++) {
		const struct grant *one = &rules->grants[i];

		if (one->protocol != PROTOCOL_ANY &&
		    (one->protocol != protocol || port < one->first || one->last < port))
			continue;
		if (one->peers == ANYTHING)
			peers->anything = true;
		else
			peers->has[one->peers] = true;
	}
}

static void look_up(const struct target *target, const struct unions *unions, struct peers *peers)
{
	peers->anything |= target->anything;
	for (size_t i = 0; i < target->count; i++) {
		const struct peer_union *of = &unions->items[target->unions[i]];

		for (size_t k = 0; k < of->count; k++) {
			often_assert(k == 0 || of->definitions[k - 1] < of->definitions[k],
				     "order");
			peers->has[of->definitions[k]] = true;
		}
	}
}

/*
 * Asks the plan as a packet would: first `every`, then the cell of its port, or else the rest of
 * its protocol.
 */
static void planned(const struct plan *plan, const struct unions *unions, unsigned protocol,
		    unsigned port, struct peers *peers)
{
	const struct cell *cell = NULL;

	memset(peers, 0, sizeof(*peers));
	peers->anything = plan->open;
	look_up(&plan->every, unions, peers);
	for (size_t i = 0; i < plan->cell_count && !cell; i++)
		if (plan->cells[i].protocol == protocol && plan->cells[i].first <= port &&
		    port <= plan->cells[i].last)
			cell = &plan->cells[i];
	for (size_t i = 0; i < plan->protocol_count && !cell; i++)
		if (plan->protocols[i].protocol == protocol)
			cell = &plan->protocols[i];
	if (cell)
		look_up(&plan->targets[cell->target], unions, peers);
}

/* Checks that cells are sorted and do not overlap, and that each target stands there once. */
static void check_order(const struct plan *plan)
{
	for (size_t i = 0; i < plan->cell_count; i++) {
		const struct cell *cell = &plan->cells[i], *last = cell - 1;

		often_assert(cell->first <= cell->last && cell->target < plan->target_count,
			     "cell %zu", i);
		often_assert(i == 0 || last->protocol < cell->protocol ||
				     (last->protocol == cell->protocol && last->last < cell->first),
			     "cell %zu", i);
	}
	for (size_t i = 0; i < plan->target_count; i++)
		for (size_t k = 0; k < i; k++) {
			const struct target *a = &plan->targets[i], *b = &plan->targets[k];

			often_assert(a->anything != b->anything || a->count != b->count ||
					     (a->count && memcmp(a->unions, b->unions,
								 a->count * sizeof(*a->unions))),
				     "targets %zu and %zu are the same", i, k);
		}
}

static void check_port(const struct rules *rules, const struct plan *plan,
		       const struct unions *unions, unsigned protocol, unsigned port)
{
	struct peers expected, got;

	may(rules, protocol, port, &expected);
	planned(plan, unions, protocol, port, &got);
	/* If anything may pass, it does not matter who else may. */
	often_assert(expected.anything == got.anything &&
			     (got.anything || !memcmp(expected.has, got.has, sizeof(got.has))),
		     "protocol %u port %u", protocol, port);
}

/* Checks every port beside an edge of a grant, on every protocol. */
static void check_meaning(const struct rules *rules, const struct plan *plan,
			  const struct unions *unions)
{
	static const unsigned protocols[] = {TCP, UDP, SCTP, 1};

	for (size_t i = 0; i < rules->count; i++) {
		const struct grant *one = &rules->grants[i];
		const unsigned edges[] = {one->first, one->last};

		for (size_t k = 0; k < 6 * COUNT(protocols); k++) {
			unsigned port = edges[k % 2] + (unsigned)(k / 2 % 3) - 1;

			if (port <= 65535)
				check_port(rules, plan, unions, protocols[k / 6], port);
		}
	}
}

/* Returns the logarithm to the base CELL_FANOUT, rounded up. */
static size_t levels(size_t leaves)
{
	size_t log = 0;

	for (size_t reach = 1; reach < leaves; reach *= CELL_FANOUT)
		log++;
	return log;
}

static size_t most_cells(const struct plan *plan)
{
	size_t most = 0, count = 0;

	for (size_t i = 0; i < plan->cell_count; i++) {
		count = i && plan->cells[i].protocol == plan->cells[i - 1].protocol ? count + 1 : 1;
		most = count > most ? count : most;
	}
	return most;
}

static void check_bounds(const struct rules *rules, const struct plan *plan,
			 const struct unions *unions)
{
	size_t log = levels(most_cells(plan)), lookups = 0;
	size_t *copies = arena_array(rules->arena, PEERS_MAX, sizeof(*copies));
	size_t *named = arena_array(rules->arena, PEERS_MAX, sizeof(*named));

	for (size_t i = 0; i < plan->target_count; i++)
		if (plan->targets[i].count > lookups)
			lookups = plan->targets[i].count;
	ck_assert_uint_le(plan->every.count + lookups, LOOKUPS_APART * (3 + log));
	for (size_t i = 0; i < unions->count; i++)
		for (size_t k = 0; k < unions->items[i].count; k++)
			copies[unions->items[i].definitions[k]]++;
	for (size_t i = 0; i < rules->count; i++)
		if (rules->grants[i].peers != ANYTHING)
			named[rules->grants[i].peers]++;
	/* The bound holds for each peer by itself, so it holds whatever the peers' sizes are. */
	for (size_t i = 0; i < PEERS_MAX; i++)
		often_assert(copies[i] <= 2 * (CELL_FANOUT - 1) * (1 + log) * named[i],
			     "peer %zu: %zu copies for %zu grants", i, copies[i], named[i]);
}

static void check(struct rules *rules, bool meaning)
{
	struct unions unions = {.arena = rules->arena, .keys = {.arena = rules->arena}};
	const struct plan *plan =
		plan_cells(rules->arena, alone(), rules->grants, rules->count, &unions);

	check_order(plan);
	check_bounds(rules, plan, &unions);
	if (meaning)
		check_meaning(rules, plan, &unions);
}

static unsigned one_port(void)
{
	return 1 + dice(65535);
}

static void grant_range(struct rules *rules, uint32_t peer, enum protocol protocol)
{
	unsigned a = one_port(), b = one_port();

	grant(rules, peer, protocol, a < b ? a : b, a < b ? b : a);
}

START_TEST(a_few_plans_by_hand)
{
	struct arena *arena = arena_new();
	struct rules none = {arena, NULL, 0}, all = {arena, NULL, 0}, some = {arena, NULL, 0};
	struct unions unions = {.arena = arena, .keys = {.arena = arena}};
	const struct plan *plan = plan_cells(arena, alone(), none.grants, 0, &unions);

	ck_assert(!plan->open && !plan->every.count && !plan->cell_count && !plan->protocol_count);
	grant(&all, 5, TCP, 80, 80);
	grant(&all, ANYTHING, PROTOCOL_ANY, 0, 65535);
	ck_assert(plan_cells(arena, alone(), all.grants, all.count, &unions)->open);
	grant(&some, 3, PROTOCOL_ANY, 0, 65535);
	grant(&some, 3, TCP, 80, 80); /* this grants nothing that the others do not */
	grant(&some, 4, TCP, 443, 443);
	grant(&some, ANYTHING, UDP, 0, 65535);
	plan = plan_cells(arena, alone(), some.grants, some.count, &unions);
	ck_assert_uint_eq(plan->every.count, 1);
	ck_assert_uint_eq(plan->cell_count, 1);
	ck_assert_uint_eq(plan->cells[0].first, 443);
	ck_assert_uint_eq(plan->protocol_count, 1);
	ck_assert(plan->targets[plan->protocols[0].target].anything);
	arena_free(arena);
}
END_TEST

/* Makes grants of all kinds, on few ports or many, to few peers or many. */
static void grant_at_random(struct rules *rules, uint32_t peer, unsigned span)
{
	static const enum protocol protocols[] = {TCP, TCP, TCP, UDP, SCTP};
	enum protocol protocol = protocols[dice(COUNT(protocols))];
	unsigned first = 1 + dice(span), last = first + dice(span);

	switch (dice(12)) {
	case 0:
		grant(rules, peer, PROTOCOL_ANY, 0, 65535);
		break;
	case 1:
		grant(rules, peer, protocol, 0, 65535);
		break;
	case 2:
		grant(rules, peer, protocol, first, 65535);
		break;
	case 3:
		grant(rules, peer, protocol, 1, last > 65535 ? 65535 : last);
		break;
	case 4:
	case 5:
	case 6:
		grant(rules, peer, protocol, first, first);
		break;
	default:
		grant(rules, peer, protocol, first, last > 65535 ? 65535 : last);
		break;
	}
}

START_TEST(a_plan_lets_in_whom_its_grants_do)
{
	static const unsigned spans[] = {4, 30, 300, 65535};

	for (int round = 0; round < 2000; round++) {
		struct rules rules = {.arena = arena_new()};
		unsigned peers = 1 + dice(12), span = spans[dice(COUNT(spans))];

		for (unsigned i = dice(40); i > 0; i--)
			grant_at_random(&rules, dice(60) ? dice(peers) : ANYTHING, span);
		check(&rules, true);
		arena_free(rules.arena);
	}
}
END_TEST

/* Each of the following functions makes rules that are the worst case for one bound. */
static void all_ports_beside_single_ports(struct rules *rules)
{
	grant(rules, 0, TCP, 0, 65535);
	for (uint32_t i = 1; i <= 1000; i++)
		grant(rules, i, TCP, 7 * i, 7 * i);
}

static void many_on_all_ports_beside_single_ports(struct rules *rules)
{
	for (uint32_t i = 0; i < 500; i++) {
		grant(rules, i, i % 2 ? PROTOCOL_ANY : TCP, 0, 65535);
		grant(rules, 500 + i, TCP, 7 * i + 1, 7 * i + 1);
	}
}

static void almost_all_ports_beside_single_ports(struct rules *rules)
{
	for (uint32_t i = 0; i < 3; i++)
		grant(rules, i, TCP, 1 + i, 65535 - i);
	for (uint32_t i = 3; i < 1000; i++)
		grant(rules, i, TCP, 60 * i, 60 * i);
}

static void random_ranges(struct rules *rules)
{
	for (uint32_t i = 0; i < 1000; i++)
		grant_range(rules, i, TCP);
}

static void random_ranges_of_few_peers(struct rules *rules)
{
	for (uint32_t i = 0; i < 1000; i++)
		grant_range(rules, i % 5, TCP);
}

static void nested_ranges(struct rules *rules)
{
	for (uint32_t i = 0; i < 1000; i++)
		grant(rules, i, TCP, 1 + i, 65535 - i);
}

static void ranges_that_overlap_the_next(struct rules *rules)
{
	for (uint32_t i = 0; i < 1000; i++)
		grant(rules, i, TCP, 1 + 60 * i, 1 + 60 * i + 3000);
}

static void every_other_port(struct rules *rules)
{
	for (uint32_t i = 0; i < 1000; i++)
		for (unsigned k = 0; k < 2; k++)
			grant(rules, k ? i % 2 : 2 + i, TCP, 1 + i, 1 + i);
}

static void random_halves_of_200_ports(struct rules *rules)
{
	for (uint32_t i = 0; i < 1000; i++)
		for (unsigned port = 1; port <= 200; port++)
			if (dice(2))
				grant(rules, i, TCP, port, port);
}

/*
 * Gives two peers of its own to each node of a tree over 8 * 8 * 8 + 1 ports, so that there are two
 * look-ups at each level.
 */
static void two_peers_a_node(struct rules *rules)
{
	uint32_t peer = 0;

	for (unsigned width = 1; width <= 1024; width *= CELL_FANOUT)
		for (unsigned first = 0; first < 513; first += width)
			for (int k = 0; k < 2 && peer < 1094 && (width > 1 || first < 400); k++)
				grant(rules, peer++, TCP, 1 + first,
				      first + width < 513 ? first + width : 513);
	for (unsigned port = 1; port <= 513; port++)
		grant(rules, 1099, TCP, port, port);
	for (uint32_t i = 0; i < 4; i++)
		grant(rules, 1094 + i, i % 2 ? PROTOCOL_ANY : TCP, 0, 65535);
}

/* Makes as many cells as there can be. */
static void every_port_there_is(struct rules *rules)
{
	for (unsigned port = 1; port <= 65535; port++)
		grant(rules, port % 3, TCP, port, port);
	grant(rules, 3, TCP, 1, 65535);
}

static void all_protocols(struct rules *rules)
{
	static const enum protocol protocols[] = {TCP, UDP, SCTP};

	for (uint32_t i = 0; i < 900; i++)
		grant_range(rules, i / 3, protocols[i % 3]);
}

START_TEST(bounds_hold_on_the_worst_inputs)
{
	static void (*const inputs[])(struct rules *) = {all_ports_beside_single_ports,
							 many_on_all_ports_beside_single_ports,
							 almost_all_ports_beside_single_ports,
							 random_ranges,
							 random_ranges_of_few_peers,
							 nested_ranges,
							 ranges_that_overlap_the_next,
							 every_other_port,
							 random_halves_of_200_ports,
							 two_peers_a_node,
							 every_port_there_is,
							 all_protocols};

	for (size_t i = 0; i < COUNT(inputs); i++) {
		struct rules rules = {.arena = arena_new()};

		inputs[i](&rules);
		check(&rules, false);
		arena_free(rules.arena);
	}
}
END_TEST

UNIT_MAIN("cells", a_few_plans_by_hand, a_plan_lets_in_whom_its_grants_do,
	  bounds_hold_on_the_worst_inputs)
