/*
 * Looks for pods first by name, and then by owner, labels and ports, of which only those count that
 * some policy of either input asks for.  Addresses outside are paired by the piece of all addresses
 * in which they lie.
 */
#include "ask/alike/pairs.h"

#include "base/arena.h"
#include "base/table.h"
#include "model/rules.h"
#include "model/words.h"

#include <stdlib.h>

/* What is looked up about the pods of one world from the other. */
struct directory {
	struct table names, kinds;
	const struct party **named, **of_kind; /* the first of each */
	size_t named_count, kind_count;
};

struct pairing {
	struct arena *arena;
	struct party_pairs pairs;
	struct table asked_keys, asked_ports; /* labels and named ports that some policy asks for */
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

struct asking_labels {
	struct pairing *pairing;
	const struct objects *objects;
};

static void ask_labels(void *context, const char *namespace, const struct peer *peer)
{
	const struct asking_labels *asking = context;

	(void)namespace;
	for (size_t i = 0; i < peer->pods->count; i++)
		add_text(&asking->pairing->asked_keys,
			 asking->objects->string_of[peer->pods->requirements[i].key]);
}

static void ask_ports(void *context, const struct any_rule *rule)
{
	struct pairing *pairing = context;

	for (size_t i = 0; i < rule->port_count; i++)
		if (rule->ports[i].name)
			add_text(&pairing->asked_ports, rule->ports[i].name);
}

/* Notes which labels and named ports the policies of the world ask for. */
static void ask_policies(struct pairing *pairing, const struct objects *objects)
{
	struct asking_labels asking = {pairing, objects};

	objects_each_selection(objects, ask_labels, &asking);
	objects_each_rule(objects, ask_ports, pairing);
}

/* The name of a pod, whether it runs or is to come. */
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

/* The labels and ports of a pod that some policy asks for, in order. */
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
			arena_push(
				pairing->arena, texts, *count,
				arena_printf(pairing->arena, "%s %u",
					     port_name_text(pairing->arena, pod->ports[i].protocol,
							    pod->ports[i].name),
					     pod->ports[i].number));
	if (*count)
		qsort(texts, *count, sizeof(*texts), compare_texts);
	return texts;
}

/* Owner, labels and ports as a text; NULL: it has no owner, and so there is none like it. */
static const char *kind_of(struct pairing *pairing, enum age age, const struct party *party)
{
	const struct objects *objects = pairing->pairs.worlds[age]->objects;
	struct string text = {0};
	const char **texts;
	size_t count;

	if (!party->owner)
		return NULL;
	texts = asked_of(pairing, objects, &objects->pods[party->pod], &count);
	arena_add(pairing->arena, &text, party_owner_text(pairing->arena, party));
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
	for (size_t i = 0; i < world->party_count; i++) {
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

/*
 * The party in the world of @age that stands for a party of the other world; NULL: there is none.
 */
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

/* Pairs the pods.  A pod that is gone is left out if there is one like it now. */
static void pair_pods(struct pairing *pairing)
{
	const struct world *old = pairing->pairs.worlds[OLD], *new = pairing->pairs.worlds[NEW];

	for (size_t i = 0; i < new->party_count; i++)
		if (new->parties[i].kind != PARTY_OUTSIDE)
			add_pair(pairing,
				 (struct party_pair){.in = {find(pairing, OLD, &new->parties[i]),
							    &new->parties[i]}});
	for (size_t i = 0; i < old->party_count; i++)
		if (old->parties[i].kind != PARTY_OUTSIDE && !find(pairing, NEW, &old->parties[i]))
			add_pair(pairing, (struct party_pair){.in = {&old->parties[i], NULL}});
}

/* The party of each piece of the addresses; NULL: they all belong to pods. */
static const struct party **pieces_in(struct arena *arena, const struct world *world,
				      enum family family, size_t count)
{
	const struct party **parties = arena_array(arena, count, sizeof(struct party *));

	for (size_t i = 0; i < world->party_count; i++) {
		const struct party *party = &world->parties[i];

		if (party->kind == PARTY_OUTSIDE && party->has[family])
			parties[party->piece] = party;
	}
	return parties;
}

static void pair_outside(struct pairing *pairing, enum family family)
{
	const struct world *new = pairing->pairs.worlds[NEW];
	const size_t pieces = new->surroundings->outside[family].count;
	const struct party **in[AGES];

	for (enum age age = OLD; age < AGES; age++)
		in[age] = pieces_in(pairing->arena, pairing->pairs.worlds[age], family, pieces);
	for (size_t i = 0; i < pieces; i++)
		if (in[NEW][i] && in[OLD][i])
			add_pair(pairing, (struct party_pair){.in = {in[OLD][i], in[NEW][i]}});
}

struct party_pairs party_pairs_alone(struct arena *arena, const struct world *world)
{
	struct party_pairs pairs = {
		.worlds = {NULL, world},
		.items = arena_array(arena, world->party_count, sizeof(*pairs.items)),
		.count = world->party_count};

	for (size_t i = 0; i < pairs.count; i++)
		pairs.items[i].in[NEW] = &world->parties[i];
	return pairs;
}

struct party_pairs party_pairs_of(struct arena *arena, const struct objects *old,
				  const struct objects *new)
{
	const struct objects *const inputs[] = {new, old};
	const struct surroundings *surroundings = surroundings_of(arena, inputs, old ? 2 : 1, NULL);
	struct pairing pairing = {
		.arena = arena, .asked_keys.arena = arena, .asked_ports.arena = arena};

	if (!old)
		return party_pairs_alone(arena, world_new(arena, new, surroundings));
	pairing.pairs.worlds[OLD] = world_new(arena, old, surroundings);
	pairing.pairs.worlds[NEW] = world_new(arena, new, surroundings);
	ask_policies(&pairing, old);
	ask_policies(&pairing, new);
	note_all(&pairing, OLD);
	note_all(&pairing, NEW);
	pair_pods(&pairing);
	for (enum family family = V4; family < FAMILIES; family++)
		if (surroundings->used[family])
			pair_outside(&pairing, family);
	return pairing.pairs;
}
