/*
 * Asks packet by packet what the matrix says by rows and classes: for matrix_checked.py.
 *
 *     every_pair NAMESPACE PATH...
 *
 * NAMESPACE is of objects that name none.  Compares, for every two parties of the input and each address
 * family, what passes.  Prints each pair that differs, and how many were compared.  Exit status 1 if any
 * differs.
 */
#include "ask/matrix/rows.h"
#include "base/arena.h"
#include "read/document.h"

#include <stdio.h>
#include <stdlib.h>

struct check {
	struct arena *arena;
	const struct world *world;
	size_t pairs, differ;
};

/* All that passes in the family. */
static struct reach said(const struct check *check, const struct passage *passage,
			 enum family family, const struct reach *everything)
{
	const struct reach here = reach_minus(check->arena, everything, &passage->reach);
	const struct reach denied = reach_minus(check->arena, &here, &passage->only[family]);

	return reach_minus(check->arena, everything, &denied);
}

static void compare_family(struct check *check, const struct rows *rows, size_t from, size_t to,
			   enum family family)
{
	static const struct port_range all[] = {{TCP, 0, UINT16_MAX},
						{UDP, 0, UINT16_MAX},
						{SCTP, 0, UINT16_MAX},
						{ICMP, 0, UINT16_MAX}};
	static const struct reach everything = {all, 4};
	const struct party *a = &check->world->parties[from], *b = &check->world->parties[to];
	const struct passage *passage =
		rows_passage(rows, rows->of_party[from], rows->of_party[to]);
	const struct reach asked = reach_between(check->arena, check->world, &a->addr[family],
						 from == to ? &b->twin[family] : &b->addr[family]);
	struct reach answered;

	check->pairs++;
	if (!passage) {
		check->differ++;
		printf("%s to %s: the matrix has no answer\n", a->text, b->text);
		return;
	}
	answered = said(check, passage, family, &everything);
	if (reach_equal(&answered, &asked))
		return;
	check->differ++;
	printf("%s to %s: the matrix says %s, packets %s\n", a->text, b->text,
	       reach_text(check->arena, &answered), reach_text(check->arena, &asked));
}

static void compare_pair(struct check *check, const struct rows *rows, size_t from, size_t to)
{
	const struct party *a = &check->world->parties[from], *b = &check->world->parties[to];

	if ((a->kind == PARTY_OUTSIDE && b->kind == PARTY_OUTSIDE) ||
	    (from == to && a->twin_pod == a->pod))
		return;
	for (enum family family = V4; family < FAMILIES; family++)
		if (a->has[family] && b->has[family])
			compare_family(check, rows, from, to, family);
}

static void compare_all(struct check *check, bool each_pod)
{
	const struct rows rows = rows_new(check->arena, check->world, each_pod);

	for (size_t from = 0; from < check->world->party_count; from++)
		for (size_t to = 0; to < check->world->party_count; to++)
			compare_pair(check, &rows, from, to);
}

int main(int argc, char **argv)
{
	struct read_options options = {.details = true};
	struct arena *arena = arena_new();
	struct diags diags = {.arena = arena};
	struct objects objects = {.arena = arena};
	struct check check = {.arena = arena};

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
	check.world = world_new(arena, &objects);
	compare_all(&check, false);
	compare_all(&check, true);
	printf("%zu pairs compared, %zu differ\n", check.pairs, check.differ);
	arena_free(arena);
	return check.differ || !check.pairs ? EXIT_FAILURE : EXIT_SUCCESS;
}
