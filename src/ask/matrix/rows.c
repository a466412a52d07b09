/*
 * Pods of one owner and one class are put together; the name of the owner stands for them, or their own
 * names where the owner has pods of several classes.
 */
#include "ask/matrix/rows.h"

#include "base/arena.h"
#include "base/text.h"

#include <stdlib.h>

/* So many pods of a row are named where their owner has other rows too. */
#define PODS_NAMED 2

/* A party on its way to a row. */
struct member {
	const struct party *party;
	const char *name;
	uint32_t index;
	bool grouped; /* with others of its owner */
};

/* Pods of namespaces without a name stand behind all others, and addresses behind them. */
static int rank(const struct party *party)
{
	return party->kind == PARTY_OUTSIDE ? 2 : !*party->namespace;
}

static int order(size_t a, size_t b)
{
	return (a > b) - (a < b);
}

static int compare_names(const struct member *x, const struct member *y)
{
	int found = strcmp(x->name, y->name);

	if (!found && x->grouped && y->grouped)
		found = strcmp(x->party->kind_of_owner, y->party->kind_of_owner);
	return found ? found : order(x->grouped, y->grouped);
}

static int compare_members(const void *a, const void *b)
{
	const struct member *x = a, *y = b;
	const struct party *p = x->party, *q = y->party;
	int found = order((size_t)rank(p), (size_t)rank(q));

	if (!found)
		found = strcmp(p->namespace, q->namespace);
	if (!found)
		found = order(p->kind == PARTY_OTHER_POD, q->kind == PARTY_OTHER_POD);
	if (!found && p->kind == PARTY_OUTSIDE)
		found = order(p->has[V6], q->has[V6]) ? order(p->has[V6], q->has[V6])
						      : order(p->rest, q->rest);
	else if (!found)
		found = compare_names(x, y);
	if (!found)
		found = order(p->class, q->class);
	return found ? found : order(x->index, y->index);
}

const char *pod_name(const struct party *pod)
{
	return pod->text + strlen(pod->namespace) + 1;
}

static struct member *members_of(struct arena *arena, const struct party *parties, size_t count,
				 bool each_pod)
{
	struct member *members = arena_array(arena, count, sizeof(*members));

	for (uint32_t i = 0; i < count; i++) {
		const struct party *party = &parties[i];
		bool grouped = !each_pod && party->owner;

		members[i] = (struct member){
			.party = party,
			.name = grouped || party->kind == PARTY_WORKLOAD ? party->owner
				: party->kind == PARTY_POD               ? pod_name(party)
									 : party->text,
			.index = i,
			.grouped = grouped,
		};
	}
	if (count)
		qsort(members, count, sizeof(*members), compare_members);
	return members;
}

static bool of_one_owner(const struct member *a, const struct member *b)
{
	return a->grouped && b->grouped && !strcmp(a->party->namespace, b->party->namespace) &&
	       !strcmp(a->party->owner, b->party->owner) &&
	       !strcmp(a->party->kind_of_owner, b->party->kind_of_owner);
}

/* "web-1, web-2 and 3 more pods". */
static const char *pods_named(struct arena *arena, const struct member *members, size_t count)
{
	const char *text = "";

	for (size_t i = 0; i < count && i < PODS_NAMED; i++)
		text = arena_printf(arena, "%s%s%s", text, i ? ", " : "",
				    pod_name(members[i].party));
	if (count <= PODS_NAMED)
		return text;
	return arena_printf(arena, "%s and %s", text,
			    text_counted(arena, count - PODS_NAMED, "more pod", "more pods"));
}

static const char *label_of(struct arena *arena, const struct member *members, size_t count,
			    bool owner_has_others)
{
	const struct party *party = members->party;

	if (!members->grouped || party->kind != PARTY_POD)
		return party->text;
	/* Nobody checks what an owner is called. */
	return arena_printf(arena, "%s %s/%s (%s)", text_plain(arena, party->kind_of_owner),
			    party->namespace, text_plain(arena, party->owner),
			    owner_has_others ? pods_named(arena, members, count)
					     : text_counted(arena, count, "pod", "pods"));
}

/* The row that begins with the member at @at, of an owner's from @begin to @end. */
static struct row row_of(struct arena *arena, const struct member *members, size_t at, size_t begin,
			 size_t end)
{
	const struct party *party = members[at].party;
	struct row row = {
		.namespace = party->namespace, .kind = party->kind, .class = party->class};
	uint32_t *parties = arena_array(arena, end - at, sizeof(*parties));

	while (at + row.party_count < end &&
	       members[at + row.party_count].party->class == row.class) {
		parties[row.party_count] = members[at + row.party_count].index;
		row.party_count++;
	}
	row.parties = parties;
	row.label = label_of(arena, &members[at], row.party_count, row.party_count < end - begin);
	return row;
}

struct row *rows_of(struct arena *arena, const struct party *parties, size_t party_count,
		    bool each_pod, size_t *count)
{
	const struct member *members = members_of(arena, parties, party_count, each_pod);
	struct row *items = NULL;

	*count = 0;
	for (size_t begin = 0, end; begin < party_count; begin = end) {
		end = begin + 1;
		while (end < party_count && of_one_owner(&members[begin], &members[end]))
			end++;
		for (size_t at = begin; at < end; at += items[*count - 1].party_count)
			arena_push(arena, items, *count, row_of(arena, members, at, begin, end));
	}
	return items;
}

struct rows rows_new(struct arena *arena, const struct world *world, bool each_pod)
{
	uint32_t *of_party = arena_array(arena, world->party_count, sizeof(*of_party));
	struct rows rows = {.world = world, .of_party = of_party};

	rows.items = rows_of(arena, world->parties, world->party_count, each_pod, &rows.count);
	for (size_t i = 0; i < rows.count; i++)
		for (size_t k = 0; k < rows.items[i].party_count; k++)
			of_party[rows.items[i].parties[k]] = (uint32_t)i;
	rows.passages = passages_new(arena, world);
	return rows;
}

bool row_is_one_pod(const struct rows *rows, const struct row *row)
{
	const struct party *party = &rows->world->parties[row->parties[0]];

	return row->party_count == 1 && row->kind != PARTY_OUTSIDE && party->twin_pod == party->pod;
}

const struct passage *rows_passage(const struct rows *rows, size_t from, size_t to)
{
	const struct row *a = &rows->items[from], *b = &rows->items[to];

	if ((a->kind == PARTY_OUTSIDE && b->kind == PARTY_OUTSIDE) ||
	    (from == to && row_is_one_pod(rows, a)))
		return NULL;
	return passages_between(rows->passages, a->class, b->class);
}
