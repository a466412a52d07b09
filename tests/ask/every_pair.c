/*
 * Asks packet by packet what the matrix says by rows and classes: for matrix_checked.py.
 *
 *     every_pair NAMESPACE PATH...
 *
 * NAMESPACE is of objects that name none.  Compares, for every two parties of the input and each address
 * family, what passes; where nobody knows a party's address, at each place where it may lie.  Prints each pair that differs, and how many were compared.  Exit status 1 if any
 * differs.
 */
#include "ask/alike/rows.h"
#include "base/arena.h"
#include "read/document.h"

#include <stdio.h>
#include <stdlib.h>

struct check {
	struct arena *arena;
	const struct world *world;
	size_t pairs, differ;
};

/* Places to try: the party's own address, or of one that nobody knows one in each piece of the line. */
struct tries {
	struct addr addr;
	const struct piece *pieces; /* NULL: it lies at its address */
	size_t count;
};

static struct tries tries_of(const struct check *check, const struct party *party,
			     enum family family, bool another)
{
	const struct pieces *pieces = &check->world->surroundings->outside[family];
	struct tries tries = {another ? party->twin[family] : party->addr[family], NULL, 1};

	if (!party->known[family]) {
		tries.pieces = pieces->items;
		tries.count = pieces->count;
	}
	return tries;
}

static const uint8_t *place_of(const struct tries *tries, size_t i)
{
	return tries->pieces ? tries->pieces[i].ranges->first : tries->addr.bytes;
}

static bool lies_in(const struct zone *zone, enum family family, const uint8_t *at)
{
	struct addr addr = {.family = family};

	memcpy(addr.bytes, at, 16);
	for (size_t i = 0; zone && i < zone->counts[family]; i++)
		if (range_has(&zone->ranges[family][i], &addr))
			return true;
	return !zone;
}

/* What of a list passes at these places. */
static struct reach passes_at(const struct check *check, const struct reach *reach,
			      enum family family, const uint8_t *from, const uint8_t *to)
{
	struct reach passes = {0};

	for (size_t i = 0; i < reach->count; i++) {
		struct port_range range = reach->ranges[i];
		const struct condition *only_if = range.only_if;

		if (only_if &&
		    (!lies_in(only_if->from, family, from) || !lies_in(only_if->to, family, to)))
			continue;
		range.only_if = NULL;
		passes = reach_either(check->arena, &passes, &(struct reach){&range, 1});
	}
	return passes;
}

/* All that passes in the family, as the matrix has it. */
static struct reach said(const struct check *check, const struct passage *passage,
			 enum family family, const uint8_t *from, const uint8_t *to)
{
	const struct reach both = passes_at(check, &passage->reach, family, from, to);
	const struct reach only = passes_at(check, &passage->only[family], family, from, to);

	return reach_either(check->arena, &both, &only);
}

/* One packet for each port that a policy may tell from its neighbours. */
static bool packets_agree(struct check *check, const struct reach *answered,
			  const struct tries *from, const uint8_t *from_at, const struct tries *to,
			  const uint8_t *to_at)
{
	static const enum protocol protocols[] = {TCP, UDP, SCTP, ICMP};
	static const uint16_t ports[] = {1,   2,   52,    53,    54,    79,    80,    81,    82,
					 83,  84,  85,    86,    87,    90,    91,    95,    96,
					 100, 101, 442,   443,   444,   8079,  8080,  8081,  9100,
					 999, 500, 64999, 65000, 65001, 65534, 65535, 40000, 5432};

	for (size_t p = 0; p < sizeof(protocols) / sizeof(*protocols); p++)
		for (size_t i = 0; i < sizeof(ports) / sizeof(*ports); i++) {
			const bool passes =
				reach_one_at(check->world, COURSE_FORWARDED, &from->addr, from_at,
					     &to->addr, to_at, protocols[p], ports[i])
					.accepted;

			if (passes != (reach_find(answered, protocols[p], ports[i]) != NULL))
				return false;
		}
	return true;
}

static void compare_at(struct check *check, const struct passage *passage, const struct party *a,
		       const struct party *b, const struct tries *from, size_t i,
		       const struct tries *to, size_t k)
{
	const enum family family = from->addr.family;
	const uint8_t *from_at = place_of(from, i), *to_at = place_of(to, k);
	const struct reach answered = said(check, passage, family, from_at, to_at);
	struct reach asked;

	check->pairs++;
	if (from->pieces || to->pieces) {
		if (packets_agree(check, &answered, from, from_at, to, to_at))
			return;
		check->differ++;
		printf("%s to %s: the matrix says %s, packets differ at some places\n", a->text,
		       b->text, reach_text(check->arena, &answered));
		return;
	}
	asked = reach_between(check->arena, check->world, &from->addr, &to->addr);
	if (reach_equal(&answered, &asked))
		return;
	check->differ++;
	printf("%s to %s: the matrix says %s, packets %s\n", a->text, b->text,
	       reach_text(check->arena, &answered), reach_text(check->arena, &asked));
}

/*
 * What passes between the kinds of two parties: of the one who is asked about if the other stands out for it, or else
 * of another one of its sort.
 */
static const struct passage *answer_of(const struct kinds *kinds, size_t from, size_t to)
{
	const uint32_t *of_party = kinds->rows->of_party[NEW];
	const struct alike_end *a = &kinds->ends[kinds->of_row[of_party[from]]];
	const struct alike_end *b = &kinds->ends[kinds->of_row[of_party[to]]];

	return sides_passage(kinds->sides[NEW], a->class[NEW], b -> class[NEW]);
}

static void compare_family(struct check *check, const struct kinds *kinds, size_t from, size_t to,
			   enum family family)
{
	const struct party *a = &check->world->parties[from], *b = &check->world->parties[to];
	const struct passage *passage = answer_of(kinds, from, to);
	const struct tries sources = tries_of(check, a, family, false);
	const struct tries targets = tries_of(check, b, family, from == to);

	for (size_t i = 0; i < sources.count; i++)
		for (size_t k = 0; k < targets.count; k++)
			compare_at(check, passage, a, b, &sources, i, &targets, k);
}

static void compare_pair(struct check *check, const struct kinds *kinds, size_t from, size_t to)
{
	const struct party *a = &check->world->parties[from], *b = &check->world->parties[to];

	if ((a->kind == PARTY_OUTSIDE && b->kind == PARTY_OUTSIDE) ||
	    (from == to && a->twin_pod == a->pod))
		return;
	for (enum family family = V4; family < FAMILIES; family++)
		if (parties_meet(a, b, family))
			compare_family(check, kinds, from, to, family);
}

static void compare_all(struct check *check, bool each_pod)
{
	const struct party_pairs pairs = party_pairs_alone(check->arena, check->world);
	const struct rows rows = rows_new(check->arena, &pairs, each_pod);
	const struct kinds kinds = kinds_new(check->arena, &rows, NULL, NULL);

	for (size_t from = 0; from < check->world->party_count; from++)
		for (size_t to = 0; to < check->world->party_count; to++)
			compare_pair(check, &kinds, from, to);
}

int main(int argc, char **argv)
{
	struct read_options options = {.details = true};
	struct arena *arena = arena_new();
	struct diags diags = {.arena = arena};
	struct objects objects = {.arena = arena};
	struct check check = {.arena = arena};
	const struct objects *input;

	if (argc > 2) {
		options.default_namespace = argv[1];
		read_paths((const char *const *)argv + 2, (size_t)argc - 2, &options, &objects,
			   &diags);
	}
	for (size_t i = 0; i < diags.count; i++)
		fprintf(stderr, "%s\n", diags.items[i].text);
	if (diags.errors) {
		arena_free(arena);
		return EXIT_FAILURE;
	}
	input = &objects;
	check.world = world_new(arena, &objects, surroundings_of(arena, &input, 1, NULL));
	compare_all(&check, false);
	compare_all(&check, true);
	printf("%zu pairs compared, %zu differ\n", check.pairs, check.differ);
	arena_free(arena);
	return check.differ || !check.pairs ? EXIT_FAILURE : EXIT_SUCCESS;
}
