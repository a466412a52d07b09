/*
 * Puts pods of one owner and one class together.  The name of the owner stands for them; if the
 * owner has pods of several classes, the names of the pods do.
 */
#include "ask/alike/rows.h"

#include "base/arena.h"
#include "base/table.h"
#include "base/text.h"

#include <stdlib.h>

/* At most so many pods of a row are named, if their owner has other rows, too. */
#define PODS_NAMED 2

/* A party that is being put into a row. */
struct row_member {
	const struct party *party;
	const char *name;
	uint32_t index;
	bool grouped; /* it shares the row with others of its owner */
};

/*
 * Pods of namespaces without a name are sorted behind all other pods, then nodes, then other
 * addresses.
 */
static int rank(const struct party *party)
{
	if (party->kind == PARTY_OUTSIDE)
		return party->node ? 2 : 3;
	return !*party->namespace;
}

static int order(size_t a, size_t b)
{
	return (a > b) - (a < b);
}

static int compare_names(const struct row_member *x, const struct row_member *y)
{
	int found = strcmp(x->name, y->name);

	if (!found && x->grouped && y->grouped)
		found = strcmp(x->party->kind_of_owner, y->party->kind_of_owner);
	return found ? found : order(x->grouped, y->grouped);
}

static int compare_members(const void *a, const void *b)
{
	const struct row_member *x = a, *y = b;
	const struct party *p = x->party, *q = y->party;
	int found = order((size_t)rank(p), (size_t)rank(q));

	if (!found)
		found = strcmp(p->namespace, q->namespace);
	if (!found)
		found = order(p->kind == PARTY_OTHER_POD, q->kind == PARTY_OTHER_POD);
	if (!found && p->node)
		found = strcmp(p->node, q->node);
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

static struct row_member *members_of(struct arena *arena, const struct party *parties, size_t count,
				     bool each_pod)
{
	struct row_member *members = arena_array(arena, count, sizeof(*members));

	for (uint32_t i = 0; i < count; i++) {
		const struct party *party = &parties[i];
		bool grouped = !each_pod && party->owner;

		members[i] = (struct row_member){
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

static bool of_one_owner(const struct row_member *a, const struct row_member *b)
{
	return a->grouped && b->grouped && !strcmp(a->party->namespace, b->party->namespace) &&
	       !strcmp(a->party->owner, b->party->owner) &&
	       !strcmp(a->party->kind_of_owner, b->party->kind_of_owner);
}

/* Writes "web-1, web-2 and 3 more pods". */
static const char *pods_named(struct arena *arena, const struct row_member *members, size_t count)
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

static const char *label_of(struct arena *arena, const struct row_member *members, size_t count,
			    bool owner_has_others)
{
	const struct party *party = members->party;

	if (!members->grouped || party->kind != PARTY_POD)
		return party->text;
	/* Nobody checks the names of owners. */
	return arena_printf(arena, "%s %s/%s (%s)", text_plain(arena, party->kind_of_owner),
			    party->namespace, text_plain(arena, party->owner),
			    owner_has_others ? pods_named(arena, members, count)
					     : text_counted(arena, count, "pod", "pods"));
}

/* Makes the row that begins with the member @at; its owner's members go from @begin to @end. */
static struct row row_of(struct arena *arena, const struct row_member *members, size_t at,
			 size_t begin, size_t end)
{
	const struct party *party = members[at].party;
	struct row row = {.namespace = party->namespace,
			  .kind = party->kind,
			  .node = party->node,
			  .class = party->class};
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

static struct row *rows_of(struct arena *arena, const struct party *parties, size_t party_count,
			   bool each_pod, size_t *count)
{
	const struct row_member *members = members_of(arena, parties, party_count, each_pod);
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

/*
 * Makes one party for each pair, with a class that is the same if the classes in both worlds are.
 */
static struct party *parties_of(struct arena *arena, const struct party_pairs *pairs)
{
	struct party *parties = arena_array(arena, pairs->count, sizeof(*parties));
	struct table classes = {.arena = arena};

	for (size_t i = 0; i < pairs->count; i++) {
		const struct party_pair *pair = &pairs->items[i];
		uint32_t key[AGES] = {CLASS_NONE, CLASS_NONE};

		for (enum age age = OLD; age < AGES; age++)
			if (pair->in[age])
				key[age] = pair->in[age]->class;
		parties[i] = *pair_shown(pair);
		parties[i].class = table_add(&classes, key, sizeof(key), NULL);
	}
	return parties;
}

static const uint32_t *rows_by_party(struct arena *arena, const struct rows *rows, enum age age)
{
	const struct world *world = rows->pairs->worlds[age];
	uint32_t *of_party = arena_array(arena, world->party_count, sizeof(*of_party));

	for (uint32_t i = 0; i < rows->count; i++)
		for (size_t k = 0; k < rows->items[i].party_count; k++) {
			const struct party *party =
				rows->pairs->items[rows->items[i].parties[k]].in[age];

			if (party)
				of_party[party - world->parties] = i;
		}
	return of_party;
}

/* Marks the rows that are in one of two worlds only. */
static void mark_rows(struct arena *arena, const struct party_pairs *pairs, struct row *rows,
		      size_t count)
{
	for (size_t i = 0; i < count && pairs->worlds[OLD]; i++) {
		const struct party_pair *pair = &pairs->items[rows[i].parties[0]];

		if (!pair->in[OLD] || !pair->in[NEW])
			rows[i].label = arena_printf(arena, "%s (%s)", rows[i].label,
						     pair->in[NEW] ? "new" : "gone");
	}
}

struct rows rows_new(struct arena *arena, const struct party_pairs *pairs, bool each_pod)
{
	struct party *parties = parties_of(arena, pairs);
	struct rows rows = {.pairs = pairs, .parties = parties, .ports = ports_new(arena)};
	struct row *items = rows_of(arena, parties, pairs->count, each_pod, &rows.count);

	mark_rows(arena, pairs, items, rows.count);
	rows.items = items;
	for (enum age age = OLD; age < AGES; age++)
		if (pairs->worlds[age])
			rows.of_party[age] = rows_by_party(arena, &rows, age);
	return rows;
}

static bool has_twin(const struct party *party)
{
	return party && party->twin_pod != party->pod;
}

static bool is_one_pod(const struct party_pair *pair)
{
	return pair_shown(pair)->kind != PARTY_OUTSIDE && !has_twin(pair->in[OLD]) &&
	       !has_twin(pair->in[NEW]);
}

bool row_is_one_pod(const struct rows *rows, size_t row)
{
	return rows->items[row].party_count == 1 &&
	       is_one_pod(&rows->pairs->items[rows->items[row].parties[0]]);
}

static void add_party(struct kind *kind, const struct party_pair *pair)
{
	const bool first = !kind->pairs[0].in[OLD] && !kind->pairs[0].in[NEW];

	if (first)
		kind->pairs[0] = *pair;
	if (first || !memcmp(&kind->pairs[1], &kind->pairs[0], sizeof(*pair)))
		kind->pairs[1] = *pair;
	kind->outside = pair_shown(pair)->kind == PARTY_OUTSIDE;
	kind->alone = first && is_one_pod(pair);
}

static void add_row(struct arena *arena, struct kind *kind, const struct rows *rows, uint32_t row)
{
	const struct row *of = &rows->items[row];
	uint32_t *all = (uint32_t *)kind->rows;

	arena_push(arena, all, kind->row_count, row);
	kind->rows = all;
	for (size_t i = 0; i < of->party_count; i++)
		add_party(kind, &rows->pairs->items[of->parties[i]]);
}

struct kinds kinds_new(struct arena *arena, const struct rows *rows, const uint32_t *notes,
		       struct deciders *deciders)
{
	uint32_t *of_row = arena_array(arena, rows->count, sizeof(*of_row));
	struct kinds kinds = {.rows = rows, .of_row = of_row};
	struct table keys = {.arena = arena};

	for (uint32_t i = 0; i < rows->count; i++) {
		const uint32_t key[] = {rows->items[i].class, notes ? notes[i] : 0};
		bool added = false;

		of_row[i] = table_add(&keys, key, sizeof(key), &added);
		if (added)
			arena_push(arena, kinds.items, kinds.count, (struct kind){0});
		add_row(arena, &kinds.items[of_row[i]], rows, i);
	}
	for (enum age age = OLD; age < AGES; age++)
		if (rows->pairs->worlds[age])
			kinds.sides[age] =
				sides_new(arena, rows->pairs->worlds[age], rows->ports, deciders);
	kinds.ends = arena_array(arena, kinds.count, sizeof(*kinds.ends));
	for (size_t i = 0; i < kinds.count; i++) {
		kinds.ends[i].note = notes ? notes[kinds.items[i].rows[0]] : 0;
		for (enum age age = OLD; age < AGES; age++) {
			const struct party *party = kinds.items[i].pairs[0].in[age];

			kinds.ends[i].class[age] = party ? party->class : CLASS_NONE;
		}
	}
	return kinds;
}

bool kinds_are_idle(const struct kinds *kinds, uint32_t from, uint32_t to)
{
	const struct kind *a = &kinds->items[from], *b = &kinds->items[to];

	return (a->outside && b->outside) || (from == to && a->alone);
}
