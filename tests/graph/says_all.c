/*
 * Checks that a picture says what passes, no more and no less.
 *
 *     says_all PATH...
 *
 * For each PATH that is valid, it compares what the arrows and grants of the picture mean for each
 * pair of nodes with what the ruleset answers.  For each PATH and the next, taken as old and new,
 * it compares what is opened and closed.  It does the same for what cluster policies deny, which
 * --denied draws.
 *
 * Where an arrow depends on the addresses of both ends, there may be no condition that says exactly
 * what the sum of all arrows allows (condition_either() in ask/world/unknown_address.h).  Such a
 * sum must contain everything that passes, and may contain more.
 */
#include "ask/world/unknown_address.h"
#include "ask/graph/make_picture.h"
#include "base/arena.h"
#include "read/document.h"

#include <stdio.h>

struct saying {
	struct arena *arena;
	struct picture *picture;
	const char *path;
};

static const struct graph_node *node_at(const struct saying *saying, size_t i)
{
	return &saying->picture->nodes.items[i];
}

static bool covers(const struct saying *saying, const struct graph_end *end, size_t node)
{
	const struct graph_node *one = node_at(saying, end->box ? node : end->number);

	for (size_t i = 0; !end->box && i < one->part_count; i++)
		if (one->parts[i] == node)
			return true;
	return end->box ? one->box == end->number : end->number == node;
}

/*
 * Returns everything that arrows of these changes (a set of bits) carry from one node to the other.
 */
static uint32_t carried(const struct saying *saying, unsigned changes, size_t from, size_t to)
{
	const struct picture *picture = saying->picture;
	uint32_t ports = PORTS_NOTHING;

	for (size_t i = 0; i < picture->arrow_count; i++) {
		const struct graph_arrow *arrow = &picture->arrows[i];

		if (changes & 1U << arrow->change && covers(saying, &arrow->from, from) &&
		    covers(saying, &arrow->to, to))
			ports = ports_either(saying->picture->ports, ports, arrow->ports);
	}
	return ports;
}

/* Returns what arrows of these changes grant to any address that the peer means. */
static uint32_t to_everyone(const struct saying *saying, unsigned changes, enum direction direction,
			    size_t node, size_t peer)
{
	const size_t ends[] = {ANYONE, ANY_POD};
	uint32_t ports = PORTS_NOTHING;

	for (size_t i = 0; i < (node_at(saying, peer)->sort == NODE_OUTSIDE ? 1 : 2); i++)
		ports = ports_either(saying->picture->ports, ports,
				     direction == INGRESS
					     ? carried(saying, changes, ends[i], node)
					     : carried(saying, changes, node, ends[i]));
	return ports;
}

static uint32_t granted(const struct saying *saying, unsigned changes, enum age age,
			enum direction direction, size_t node, size_t peer)
{
	return node_at(saying, node)->isolated[age][direction]
		       ? to_everyone(saying, changes, direction, node, peer)
		       : PORTS_EVERYTHING;
}

/* Asks the ruleset; returns false if there is nothing to ask. */
static bool passes(const struct saying *saying, enum age age, size_t from, size_t to,
		   uint32_t *number)
{
	const struct graph_node *a = node_at(saying, from), *b = node_at(saying, to);
	const struct world *world = saying->picture->nodes.worlds[age];
	struct ports *ports = saying->picture->ports;
	const struct party *p, *q;
	bool meet = false;

	if (a->party[age] == NO_PARTY || b->party[age] == NO_PARTY ||
	    (a->sort == NODE_OUTSIDE && b->sort == NODE_OUTSIDE) ||
	    (from == to && graph_node_is_one_pod(&saying->picture->nodes, a, age)))
		return false;
	p = &world->parties[a->party[age]];
	q = &world->parties[from == to && b->second[age] != NO_PARTY ? b->second[age]
								     : b->party[age]];
	*number = PORTS_NOTHING;
	for (enum family family = V4; family < FAMILIES; family++) {
		const struct spot source = spot_of(p, family, false);
		const struct spot target = spot_of(q, family, p == q);
		struct reach reach;

		if (!parties_meet(p, q, family))
			continue;
		meet = true;
		reach = reach_of(saying->arena, world, COURSE_FORWARDED, &source, &target);
		*number = ports_either(ports, *number, ports_number(ports, &reach));
	}
	return meet;
}

static const char *words(const struct saying *saying, uint32_t ports)
{
	return reach_text(saying->arena, ports_list(saying->picture->ports, ports));
}

static int complain(const struct saying *saying, const char *what, size_t from, size_t to,
		    uint32_t said, uint32_t true_one)
{
	fprintf(stderr, "%s: %s: %s -> %s: drawn %s, but %s\n", saying->path, what,
		node_at(saying, from)->text, node_at(saying, to)->text, words(saying, said),
		words(saying, true_one));
	return 1;
}

static bool asks_for_both_ends(const struct saying *saying, uint32_t number)
{
	const struct reach *reach = ports_list(saying->picture->ports, number);

	for (size_t i = 0; i < reach->count; i++)
		if (reach->ranges[i].only_if && reach->ranges[i].only_if->from &&
		    reach->ranges[i].only_if->to)
			return true;
	return false;
}

static int check_pair(const struct saying *saying, size_t from, size_t to)
{
	const unsigned now = 1U << KEPT | 1U << OPENED;
	struct ports *ports = saying->picture->ports;
	uint32_t wanted, arrows, grants, said;

	if (!passes(saying, NEW, from, to, &wanted))
		return 0;
	arrows = carried(saying, now, from, to);
	grants = ports_common(ports, granted(saying, now, NEW, EGRESS, from, to),
			      granted(saying, now, NEW, INGRESS, to, from));
	said = ports_either(ports, arrows, grants);
	if (said == wanted ||
	    ((asks_for_both_ends(saying, arrows) || asks_for_both_ends(saying, grants)) &&
	     ports_minus(ports, wanted, said) == PORTS_NOTHING))
		return 0;
	return complain(saying, "passes", from, to, said, wanted);
}

/* If @change is CLOSED, checks what passed in OLD and does not in NEW; if OPENED, the reverse. */
static int check_change(const struct saying *saying, enum arrow_change change, size_t from,
			size_t to)
{
	enum age before = change == CLOSED ? OLD : NEW, after = change == CLOSED ? NEW : OLD;
	struct ports *ports = saying->picture->ports;
	uint32_t had, has, drawn, all, wanted;

	if (!passes(saying, before, from, to, &had) || !passes(saying, after, from, to, &has))
		return 0;
	wanted = ports_minus(ports, had, has);
	drawn = carried(saying, 1U << change, from, to);
	all = ports_either(ports, drawn,
			   ports_either(ports, to_everyone(saying, 1U << change, EGRESS, from, to),
					to_everyone(saying, 1U << change, INGRESS, to, from)));
	if (ports_minus(ports, drawn, wanted) != PORTS_NOTHING)
		return complain(saying, "changes less", from, to, drawn, wanted);
	if (ports_minus(ports, wanted, all) != PORTS_NOTHING)
		return complain(saying, "changes more", from, to, all, wanted);
	return 0;
}

/*
 * Finds what the chain of one end says of the other end, in a family.  Returns false if there is no
 * chain, so that everything passes.
 */
static bool decided_at(const struct saying *saying, enum direction direction,
		       const struct party *own, const struct party *other, bool another,
		       enum family family, struct reach reaches[OUTCOMES])
{
	const struct world *world = saying->picture->nodes.worlds[NEW];
	const struct spot spot = spot_of(other, family, another);
	const char *chain = evaluator_chain(world->evaluator, direction == EGRESS, family,
					    own->addr[family].bytes);

	if (chain)
		reach_decided(saying->arena, world, direction, chain, &spot, reaches);
	return chain;
}

/*
 * Returns what rules of cluster policies deny in a family: at the sender, and at the receiver among
 * what the sender may send.
 */
static uint32_t denied_in(const struct saying *saying, const struct party *from,
			  const struct party *to, enum family family)
{
	static const enum decider tiers[] = {DECIDER_ADMIN, DECIDER_BASELINE};
	struct ports *ports = saying->picture->ports;
	struct reach out[OUTCOMES] = {{0}}, in[OUTCOMES] = {{0}};
	uint32_t allowed = PORTS_EVERYTHING, denied = PORTS_NOTHING;

	if (decided_at(saying, EGRESS, from, to, from == to, family, out)) {
		allowed = PORTS_NOTHING;
		for (enum decider i = DECIDER_NOBODY; i < DECIDERS; i++)
			allowed = ports_either(ports, allowed,
					       ports_number(ports, &out[outcome(true, i)]));
	}
	decided_at(saying, INGRESS, to, from, false, family, in);
	for (size_t i = 0; i < 2; i++) {
		const uint32_t at_once = ports_number(ports, &out[outcome(false, tiers[i])]);
		const uint32_t then = ports_number(ports, &in[outcome(false, tiers[i])]);

		denied = ports_either(
			ports, denied,
			ports_either(ports, at_once, ports_common(ports, allowed, then)));
	}
	return denied;
}

/* Checks what cluster policies deny in the new world. */
static int check_denied(const struct saying *saying, size_t from, size_t to)
{
	const struct world *world = saying->picture->nodes.worlds[NEW];
	struct ports *ports = saying->picture->ports;
	uint32_t wanted = PORTS_NOTHING, said, passing;
	const struct party *p, *q;

	if (!passes(saying, NEW, from, to, &passing))
		return 0;
	p = &world->parties[node_at(saying, from)->party[NEW]];
	q = &world->parties[node_at(saying, to)->party[NEW]];
	for (enum family family = V4; family < FAMILIES; family++)
		if (parties_meet(p, q, family))
			wanted = ports_either(ports, wanted, denied_in(saying, p, q, family));
	said = ports_either(ports, carried(saying, 1U << DENIED, from, to),
			    ports_either(ports, to_everyone(saying, 1U << DENIED, EGRESS, from, to),
					 to_everyone(saying, 1U << DENIED, INGRESS, to, from)));
	if (said == wanted ||
	    (asks_for_both_ends(saying, said) && ports_minus(ports, wanted, said) == PORTS_NOTHING))
		return 0;
	return complain(saying, "denied", from, to, said, wanted);
}

static int check(struct arena *arena, const struct objects *old, const struct objects *new,
		 const char *path)
{
	const struct view view = {.denied = true};
	struct diags diags = {.arena = arena};
	struct saying saying = {.arena = arena, .path = path};
	int failed = 0;

	saying.picture = picture_of(arena, old, new, &view, &diags);
	for (size_t from = ANY_POD + 1; from < saying.picture->nodes.first_joined; from++)
		for (size_t to = ANY_POD + 1; to < saying.picture->nodes.first_joined; to++) {
			failed += check_pair(&saying, from, to) + check_denied(&saying, from, to);
			if (old)
				failed += check_change(&saying, OPENED, from, to) +
					  check_change(&saying, CLOSED, from, to);
		}
	return failed;
}

/* Returns NULL if the input is not valid. */
static const struct objects *read_objects(struct arena *arena, const char *path)
{
	const struct read_options options = {.default_namespace = "default", .details = true};
	struct objects *objects = arena_alloc(arena, sizeof(*objects));
	struct diags diags = {.arena = arena};

	objects->arena = objects->strings.arena = arena;
	read_paths(&path, 1, &options, objects, &diags);
	return diags.errors ? NULL : objects;
}

int main(int argc, char **argv)
{
	struct arena *arena = arena_new();
	const struct objects *before = NULL;
	int failed = 0;

	for (int i = 1; i < argc; i++) {
		const struct objects *objects = read_objects(arena, argv[i]);

		if (!objects)
			continue;
		failed += check(arena, NULL, objects, argv[i]);
		if (before)
			failed += check(arena, before, objects, argv[i]);
		before = objects;
	}
	arena_free(arena);
	return failed > 0;
}
