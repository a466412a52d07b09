/* Pods by name and kind, addresses along their line.  See ask/pairs.h. */
#include "ask/pairs.h"

#include "ask/knowing.h"
#include "base/arena.h"
#include "base/table.h"

#include <stdlib.h>

/* What of the pods of one world is looked for from the other. */
struct directory {
	struct table names, kinds;
	const struct party **named, **of_kind; /* the first of each */
	size_t named_count, kind_count;
};

struct pairing {
	struct arena *arena;
	struct party_pairs pairs;
	struct table asked_keys, asked_ports; /* texts: of labels and named ports in some policy */
	struct directory directories[AGES];
};

static void add_text(struct table *table, const char *text)
{
	table_add(table, text, strlen(text), NULL);
}

static bool has_text(const struct table *table, const char *text)
{
	return table_find(table, text, strlen(text)) != TABLE_NONE;
}

static void ask_selector(struct pairing *pairing, const struct objects *objects,
			 const struct selector *selector)
{
	for (size_t i = 0; i < selector->count; i++)
		add_text(&pairing->asked_keys, objects->string_of[selector->requirements[i].key]);
}

static void ask_rule(struct pairing *pairing, const struct objects *objects,
		     const struct policy_rule *rule)
{
	for (size_t i = 0; i < rule->peer_count; i++)
		if (rule->peers[i].kind == PEER_PODS)
			ask_selector(pairing, objects, rule->peers[i].pods);
	for (size_t i = 0; i < rule->port_count; i++)
		if (rule->ports[i].name)
			add_text(&pairing->asked_ports, rule->ports[i].name);
}

/* Notes which labels and named ports the policies of the world ask for. */
static void ask_policies(struct pairing *pairing, const struct objects *objects)
{
	for (size_t i = 0; i < objects->policy_count; i++) {
		const struct policy *policy = &objects->policies[i];

		ask_selector(pairing, objects, policy->pods);
		for (enum direction direction = INGRESS; direction < DIRECTIONS; direction++)
			for (size_t k = 0; k < policy->rule_count[direction]; k++)
				ask_rule(pairing, objects, &policy->rules[direction][k]);
	}
}

/* A pod by its name, whether it runs or is to come. */
static const char *name_of(struct arena *arena, const struct party *party)
{
	return party->kind == PARTY_WORKLOAD && !strcmp(party->kind_of_owner, "Pod")
		       ? arena_printf(arena, "%s/%s", party->namespace, party->owner)
		       : party->text;
}

static int compare_texts(const void *a, const void *b)
{
	return strcmp(*(const char *const *)a, *(const char *const *)b);
}

/* The labels and ports of a pod that some policy asks for, in order; which differ where pods do. */
static const char **asked_of(struct pairing *pairing, const struct objects *objects,
			     const struct pod *pod, size_t *count)
{
	const char **texts = NULL;

	*count = 0;
	for (size_t i = 0; i < pod->label_count; i++) {
		const char *key = objects->string_of[pod->labels[i].key];

		if (has_text(&pairing->asked_keys, key))
			arena_push(pairing->arena, texts, *count,
				   arena_printf(pairing->arena, "%s=%s", key,
						objects->string_of[pod->labels[i].value]));
	}
	for (size_t i = 0; i < pod->port_count; i++)
		if (has_text(&pairing->asked_ports, pod->ports[i].name))
			arena_push(pairing->arena, texts, *count,
				   arena_printf(pairing->arena, "%s/%s %u", pod->ports[i].name,
						protocol_text(pod->ports[i].protocol),
						pod->ports[i].number));
	if (*count)
		qsort(texts, *count, sizeof(*texts), compare_texts);
	return texts;
}

/* Owner, labels and ports; NULL: nothing owns it, and there is none like it. */
static const char *kind_of(struct pairing *pairing, enum age age, const struct party *party)
{
	const struct objects *objects = pairing->pairs.worlds[age]->objects;
	struct string text = {0};
	const char **texts;
	size_t count;

	if (!party->owner)
		return NULL;
	texts = asked_of(pairing, objects, &objects->pods[party->pod], &count);
	arena_append(pairing->arena, &text, "%s %s/%s", party->kind_of_owner, party->namespace,
		     party->owner);
	for (size_t i = 0; i < count; i++)
		arena_append(pairing->arena, &text, "\n%s", texts[i]);
	return text.text;
}

static void note(struct arena *arena, struct table *table, const char *key,
		 const struct party *party, const struct party ***first, size_t *count)
{
	bool added = false;

	table_add(table, key, strlen(key), &added);
	if (added)
		arena_push(arena, *first, *count, party);
}

static void note_all(struct pairing *pairing, enum age age)
{
	struct directory *directory = &pairing->directories[age];
	const struct world *world = pairing->pairs.worlds[age];

	directory->names.arena = directory->kinds.arena = pairing->arena;
	for (size_t i = 0; world && i < world->party_count; i++) {
		const struct party *party = &world->parties[i];
		const char *kind;

		if (party->kind == PARTY_OUTSIDE)
			continue;
		note(pairing->arena, &directory->names, name_of(pairing->arena, party), party,
		     &directory->named, &directory->named_count);
		kind = kind_of(pairing, age, party);
		if (kind)
			note(pairing->arena, &directory->kinds, kind, party, &directory->of_kind,
			     &directory->kind_count);
	}
}

/* Who in the world of @age is the party of the other one; NULL: nobody. */
static const struct party *find(struct pairing *pairing, enum age age, const struct party *party)
{
	const struct directory *directory = &pairing->directories[age];
	const char *key = name_of(pairing->arena, party);
	uint32_t number = table_find(&directory->names, key, strlen(key));

	if (number != TABLE_NONE)
		return directory->named[number];
	key = kind_of(pairing, !age, party);
	number = key ? table_find(&directory->kinds, key, strlen(key)) : TABLE_NONE;
	return number == TABLE_NONE ? NULL : directory->of_kind[number];
}

static void add_pair(struct pairing *pairing, struct party_pair pair)
{
	arena_push(pairing->arena, pairing->pairs.items, pairing->pairs.count, pair);
}

/* A pod that is there no more is left out where there is one of its kind now. */
static void pair_pods(struct pairing *pairing)
{
	const struct world *old = pairing->pairs.worlds[OLD], *new = pairing->pairs.worlds[NEW];

	for (size_t i = 0; i < new->party_count; i++)
		if (new->parties[i].kind != PARTY_OUTSIDE)
			add_pair(pairing,
				 (struct party_pair){.in = {find(pairing, OLD, &new->parties[i]),
							    &new->parties[i]}});
	for (size_t i = 0; old && i < old->party_count; i++)
		if (old->parties[i].kind != PARTY_OUTSIDE && !find(pairing, NEW, &old->parties[i]))
			add_pair(pairing, (struct party_pair){.in = {&old->parties[i], NULL}});
}

/* A range of addresses outside, and whose it is. */
struct piece {
	struct range range;
	const struct party *party;
};

struct pieces {
	struct piece *items;
	size_t count;
};

static int compare_pieces(const void *a, const void *b)
{
	return range_compare(&((const struct piece *)a)->range, &((const struct piece *)b)->range);
}

static struct pieces pieces_of(struct arena *arena, const struct world *world, enum family family)
{
	struct pieces pieces = {0};

	for (size_t i = 0; i < world->party_count; i++) {
		const struct party *party = &world->parties[i];

		for (size_t k = 0; party->has[family] && k < party->range_count; k++)
			arena_push(arena, pieces.items, pieces.count,
				   ((struct piece){party->ranges[k], party}));
	}
	if (pieces.count)
		qsort(pieces.items, pieces.count, sizeof(*pieces.items), compare_pieces);
	return pieces;
}

/* Pieces in common, by whose they are in both worlds. */
struct overlaps {
	struct table keys;
	struct parties_in {
		const struct party *in[AGES];
	} * parties;
	struct range **ranges;
	size_t *counts;
	size_t count, range_count, count_count;
};

static void add_overlap(struct arena *arena, struct overlaps *overlaps, struct parties_in parties,
			const struct range *range)
{
	bool added = false;
	uint32_t number = table_add(&overlaps->keys, &parties, sizeof(parties), &added);

	if (added) {
		arena_push(arena, overlaps->parties, overlaps->count, parties);
		arena_push(arena, overlaps->ranges, overlaps->range_count, (struct range *)NULL);
		arena_push(arena, overlaps->counts, overlaps->count_count, (size_t)0);
	}
	arena_push(arena, overlaps->ranges[number], overlaps->counts[number], *range);
}

/* Along the line of addresses, each piece of one with each of the other that it meets. */
static struct overlaps overlaps_of(struct arena *arena, const struct pieces *old,
				   const struct pieces *new)
{
	struct overlaps overlaps = {.keys.arena = arena};

	for (size_t i = 0, k = 0; i < old->count && k < new->count;) {
		const struct piece *a = &old->items[i], *b = &new->items[k];
		const uint8_t *first = memcmp(a->range.first, b->range.first, 16) > 0
					       ? a->range.first
					       : b->range.first;
		const int order = memcmp(a->range.last, b->range.last, 16);
		const uint8_t *last = order < 0 ? a->range.last : b->range.last;
		struct range common;

		memcpy(common.first, first, sizeof(common.first));
		memcpy(common.last, last, sizeof(common.last));
		if (memcmp(first, last, 16) <= 0)
			add_overlap(arena, &overlaps, (struct parties_in){{a->party, b->party}},
				    &common);
		i += order <= 0;
		k += order >= 0;
	}
	return overlaps;
}

/* What only one of the worlds knows: all addresses, or those of a family that the other does not use. */
static void add_only(struct pairing *pairing, enum age age, enum family family)
{
	const struct world *world = pairing->pairs.worlds[age];

	for (size_t i = 0; i < world->party_count; i++) {
		const struct party *party = &world->parties[i];
		struct party_pair pair = {.ranges = party->ranges,
					  .range_count = party->range_count};

		pair.in[age] = party;
		if (party->kind == PARTY_OUTSIDE && party->has[family])
			add_pair(pairing, pair);
	}
}

static void pair_outside(struct pairing *pairing, enum family family)
{
	const struct pieces old = pieces_of(pairing->arena, pairing->pairs.worlds[OLD], family);
	const struct pieces new = pieces_of(pairing->arena, pairing->pairs.worlds[NEW], family);
	const struct overlaps overlaps = overlaps_of(pairing->arena, &old, &new);

	for (size_t i = 0; i < overlaps.count; i++)
		add_pair(pairing, (struct party_pair){.in = {overlaps.parties[i].in[OLD],
							     overlaps.parties[i].in[NEW]},
						      .ranges = overlaps.ranges[i],
						      .range_count = overlaps.counts[i]});
	if (!old.count)
		add_only(pairing, NEW, family);
	if (!new.count)
		add_only(pairing, OLD, family);
}

struct party_pairs party_pairs_of(struct arena *arena, const struct world *old,
				  const struct world *new)
{
	struct pairing pairing = {.arena = arena,
				  .pairs.worlds = {[OLD] = old, [NEW] = new},
				  .asked_keys.arena = arena,
				  .asked_ports.arena = arena};

	if (old) {
		pairing.pairs.worlds[OLD] = world_knowing(arena, old, new);
		pairing.pairs.worlds[NEW] = world_knowing(arena, new, old);
		ask_policies(&pairing, old->objects);
		ask_policies(&pairing, new->objects);
	}
	note_all(&pairing, OLD);
	note_all(&pairing, NEW);
	pair_pods(&pairing);
	for (enum family family = V4; family < FAMILIES; family++) {
		if (old)
			pair_outside(&pairing, family);
		else
			add_only(&pairing, NEW, family);
	}
	return pairing.pairs;
}
