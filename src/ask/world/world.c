/*
 * Copies the input's objects, and adds strangers, pods to come and pieces of the outside as pods
 * with made-up addresses; then compiles everything, and makes parties from what was added.
 */
#include "ask/world/world.h"

#include "ask/world/cuts.h"
#include "ask/world/parties.h"
#include "base/arena.h"
#include "base/table.h"
#include "lower/lower.h"
#include "model/words.h"
#include "resolve/resolve.h"

#include <stdlib.h>

/* The name of a namespace that none can have: API names have no capitals and no blanks. */
#define ELSEWHERE "any other namespace"

/* A pod, or something that stands for one. */
struct stand_in {
	struct pod pod; /* it comes first, so that pod_compare() sorts them */
	enum party_kind kind;
	bool twin;                       /* it is a second pod like the one before it */
	const struct stranger *stranger; /* only of PARTY_STRANGER */
	bool known[FAMILIES];            /* it has addresses of its own of the family */
};

struct world_making {
	struct arena *arena;
	const struct objects *input;
	const struct surroundings *surroundings;
	struct objects *objects; /* with stand-ins */
	struct stand_in *pods;
	size_t pod_count;
	struct table taken; /* addresses of pods that lie where made-up ones would be */
	uint32_t given;     /* how many addresses were made up so far */
};

/* Makes a copy to which can be added; the numbers of texts stay the same. */
static void copy_objects(struct world_making *making)
{
	const struct objects *input = making->input;
	struct objects *copy = arena_alloc(making->arena, sizeof(*copy));

	*copy = *input;
	copy->arena = making->arena;
	copy->strings = (struct table){.arena = making->arena};
	copy->string_of = NULL;
	copy->string_count = 0;
	for (size_t i = 0; i < input->string_count; i++)
		objects_intern(copy, input->string_of[i], strlen(input->string_of[i]));
	making->objects = copy;
}

/* The first byte of made-up addresses. */
static uint8_t first_byte(enum family family)
{
	return family == V4 ? 240 : 1;
}

static void note_taken(struct world_making *making)
{
	making->taken.arena = making->arena;
	for (size_t i = 0; i < making->input->pod_count; i++)
		for (size_t k = 0; k < making->input->pods[i].addr_count; k++) {
			const struct addr *addr = &making->input->pods[i].addrs[k];

			if (addr->bytes[0] == first_byte(addr->family))
				table_add(&making->taken, addr, sizeof(*addr), NULL);
		}
}

/* Makes up the next address of the family that nobody uses. */
static struct addr next_address(struct world_making *making, enum family family)
{
	struct addr addr;
	size_t end = family_len(family);

	do {
		making->given++;
		memset(&addr, 0, sizeof(addr));
		addr.family = family;
		addr.bytes[0] = first_byte(family);
		for (size_t i = 1; i <= 3; i++)
			addr.bytes[end - i] = (uint8_t)(making->given >> 8 * (i - 1));
	} while (table_find(&making->taken, &addr, sizeof(addr)) != TABLE_NONE);
	return addr;
}

/* Gives it an address in each used family in which it may have one that nobody knows. */
static void give_addresses(struct world_making *making, struct stand_in *one)
{
	const struct pod *given = &one->pod;
	struct addr *addrs = NULL;
	size_t count = 0;

	for (size_t i = 0; i < given->addr_count; i++) {
		one->known[given->addrs[i].family] = true;
		arena_push(making->arena, addrs, count, given->addrs[i]);
	}
	for (enum family family = V4; family < FAMILIES; family++) {
		if (!making->surroundings->used[family] ||
		    (one->kind == PARTY_POD && making->surroundings->known[family]))
			continue;
		arena_push(making->arena, addrs, count, next_address(making, family));
	}
	one->pod.addrs = addrs;
	one->pod.addr_count = count;
}

static void stand_in_once(struct world_making *making, struct stand_in one)
{
	if (one.kind != PARTY_POD)
		one.pod.node = "";
	give_addresses(making, &one);
	arena_push(making->arena, making->pods, making->pod_count, one);
}

/* Adds two of them, for connections from one to the other; no name is sorted between theirs. */
static void stand_in(struct world_making *making, struct stand_in one)
{
	stand_in_once(making, one);
	if (one.pod.owner_kind && !strcmp(one.pod.owner_kind, "Pod"))
		return;
	one.pod.name = arena_printf(making->arena, "%s (another)", one.pod.name);
	one.twin = true;
	stand_in_once(making, one);
}

static void add_workloads(struct world_making *making)
{
	struct table owners = {.arena = making->arena};

	for (size_t i = 0; i < making->input->pod_count; i++) {
		const struct pod *pod = &making->input->pods[i];
		const char *key;

		if (!pod->owner)
			continue;
		key = workload_text(making->arena, pod->owner_kind, pod->namespace, pod->owner);
		table_add(&owners, key, strlen(key), NULL);
	}
	for (size_t i = 0; i < making->input->workload_count; i++) {
		const struct workload *workload = &making->input->workloads[i];
		const char *key = workload_text(making->arena, workload->kind, workload->namespace,
						workload->name);

		if (workload->host_network || table_find(&owners, key, strlen(key)) != TABLE_NONE)
			continue;
		stand_in(making, (struct stand_in){.kind = PARTY_WORKLOAD,
						   .pod = {.namespace = workload->namespace,
							   .name = arena_printf(
								   making->arena, "%s/%s",
								   workload->kind, workload->name),
							   .mark = workload->mark,
							   .owner_kind = workload->kind,
							   .owner = workload->name,
							   .labels = workload->labels,
							   .label_count = workload->label_count,
							   .ports = workload->ports,
							   .port_count = workload->port_count,
							   .plain_count = workload->plain_count}});
	}
}

static int compare_labels(const void *a, const void *b)
{
	const struct label *x = a, *y = b;

	return (x->key > y->key) - (x->key < y->key);
}

/* Makes labels, sorted by key. */
static struct label *intern_labels(struct world_making *making, const struct label_texts *texts,
				   const char *namespace, size_t *count)
{
	struct label *labels = arena_array(making->arena, texts->count + 1, sizeof(*labels));
	bool named = !namespace;

	*count = 0;
	for (size_t i = 0; i < texts->count; i++) {
		const struct label_text *one = &texts->items[i];

		named |= !strcmp(one->key, NAMESPACE_NAME_LABEL);
		labels[(*count)++] = (struct label){
			objects_intern(making->objects, one->key, strlen(one->key)),
			objects_intern(making->objects, one->value, strlen(one->value))};
	}
	if (!named)
		labels[(*count)++] = (struct label){
			objects_intern(making->objects, NAMESPACE_NAME_LABEL,
				       strlen(NAMESPACE_NAME_LABEL)),
			objects_intern(making->objects, namespace, strlen(namespace))};
	if (*count)
		qsort(labels, *count, sizeof(*labels), compare_labels);
	return labels;
}

static int compare_namespaces(const void *a, const void *b)
{
	return strcmp(((const struct namespace *)a)->name, ((const struct namespace *)b)->name);
}

/* Adds the namespaces of which only the labels are known. */
static void add_namespaces(struct world_making *making)
{
	const struct stranger_list *strangers = &making->surroundings->strangers;
	struct objects *objects = making->objects;
	struct namespace *all = NULL;
	struct table names = {.arena = making->arena};
	size_t count = 0;

	for (size_t i = 0; i < objects->namespace_count; i++)
		arena_push(making->arena, all, count, objects->namespaces[i]);
	for (size_t i = 0; i < strangers->count; i++) {
		const struct stranger *one = &strangers->items[i];
		struct namespace namespace = {.name = one->namespace};
		bool added = false;

		if (one->namespace_is_named)
			continue;
		table_add(&names, one->namespace, strlen(one->namespace), &added);
		if (!added)
			continue;
		namespace.labels = intern_labels(making, &one->namespace_labels, one->namespace,
						 &namespace.label_count);
		arena_push(making->arena, all, count, namespace);
	}
	if (count)
		qsort(all, count, sizeof(*all), compare_namespaces);
	objects->namespaces = all;
	objects->namespace_count = count;
}

static void add_strangers(struct world_making *making)
{
	const struct stranger_list *strangers = &making->surroundings->strangers;

	for (size_t i = 0; i < strangers->count; i++) {
		const struct stranger *one = &strangers->items[i];
		struct pod pod = {.namespace = one->namespace,
				  /* No pod can have this name. */
				  .name = arena_printf(making->arena, "%06zu %s", i, one->text)};

		objects_intern(making->objects, one->namespace, strlen(one->namespace));
		pod.labels = intern_labels(making, &one->labels, NULL, &pod.label_count);
		stand_in(making,
			 (struct stand_in){.kind = PARTY_STRANGER, .pod = pod, .stranger = one});
	}
}

static void add_other_pod(struct world_making *making, enum party_kind kind, const char *namespace)
{
	objects_intern(making->objects, namespace, strlen(namespace));
	stand_in(making,
		 (struct stand_in){.kind = kind,
				   .pod = {.namespace = namespace, .name = "any other pod"}});
}

static void add_other_pods(struct world_making *making)
{
	for (size_t i = 0; i < making->surroundings->namespace_count; i++)
		add_other_pod(making, PARTY_OTHER_POD, making->surroundings->namespaces[i]);
	add_other_pod(making, PARTY_ELSEWHERE, ELSEWHERE);
}

static const struct objects *objects_with_stand_ins(struct world_making *making)
{
	copy_objects(making);
	note_taken(making);
	for (size_t i = 0; i < making->input->pod_count; i++)
		stand_in_once(making,
			      (struct stand_in){.pod = making->input->pods[i], .kind = PARTY_POD});
	add_workloads(making);
	add_namespaces(making);
	add_strangers(making);
	add_other_pods(making);
	qsort(making->pods, making->pod_count, sizeof(*making->pods), pod_compare);
	making->objects->pods =
		arena_array(making->arena, making->pod_count, sizeof(*making->objects->pods));
	for (size_t i = 0; i < making->pod_count; i++)
		making->objects->pods[i] = making->pods[i].pod;
	making->objects->pod_count = making->pod_count;
	return making->objects;
}

const char *party_owner_text(struct arena *arena, const struct party *party)
{
	return party->owner
		       ? workload_text(arena, party->kind_of_owner, party->namespace, party->owner)
		       : party->text;
}

static const char *party_text(struct arena *arena, const struct stand_in *of)
{
	switch (of->kind) {
	case PARTY_WORKLOAD:
		return workload_text(arena, of->pod.owner_kind, of->pod.namespace, of->pod.owner);
	case PARTY_OTHER_POD:
		return arena_printf(arena, "any other pod of %s", of->pod.namespace);
	case PARTY_ELSEWHERE:
		return "any pod of any other namespace";
	case PARTY_STRANGER:
		return of->stranger->text;
	case PARTY_POD:
	case PARTY_OUTSIDE:
		break;
	}
	return arena_printf(arena, "%s/%s", of->pod.namespace, of->pod.name);
}

/* Takes the first address of each family. */
static void set_addresses(struct party *party, struct addr *addr, const struct pod *pod)
{
	for (size_t i = pod->addr_count; i-- > 0;) {
		addr[pod->addrs[i].family] = pod->addrs[i];
		party->has[pod->addrs[i].family] = true;
	}
}

/*
 * Pods elsewhere, and pods of which only the labels of the namespace are known, have no name of a
 * namespace.
 */
static const char *namespace_of(const struct stand_in *of)
{
	return of->kind == PARTY_ELSEWHERE ||
			       (of->kind == PARTY_STRANGER && !of->stranger->namespace_is_named)
		       ? ""
		       : of->pod.namespace;
}

static void add_party(struct world_making *making, struct party_list *parties, uint32_t pod)
{
	const struct stand_in *of = &making->pods[pod];
	struct party party = {.kind = of->kind,
			      .text = party_text(making->arena, of),
			      .namespace = namespace_of(of),
			      .kind_of_owner = of->pod.owner_kind,
			      .owner = of->pod.owner,
			      .pod = pod};

	set_addresses(&party, party.addr, &of->pod);
	memcpy(party.known, of->known, sizeof(party.known));
	party.twin_pod = pod + 1 < making->pod_count && of[1].twin ? pod + 1 : pod;
	set_addresses(&party, party.twin, &making->pods[party.twin_pod].pod);
	arena_push(making->arena, parties->items, parties->count, party);
}

/* Pods and workloads come first, then what stands for others. */
static struct party_list make_parties(struct world_making *making, const struct resolved *resolved)
{
	struct party_list parties = {0};

	for (enum party_kind last = PARTY_WORKLOAD; last <= PARTY_ELSEWHERE; last++)
		for (uint32_t i = 0; i < making->pod_count; i++)
			if (!making->pods[i].twin &&
			    (making->pods[i].kind == last ||
			     (last == PARTY_WORKLOAD && making->pods[i].kind == PARTY_POD)))
				add_party(making, &parties, i);
	for (enum family family = V4; family < FAMILIES; family++)
		if (making->surroundings->used[family])
			world_outside(making->arena, resolved, making->surroundings, family,
				      &parties);
	return parties;
}

static const uint32_t *parties_by_pod(struct world_making *making, const struct party_list *parties)
{
	uint32_t *party_of = arena_array(making->arena, making->pod_count, sizeof(*party_of));

	for (uint32_t i = 0; i < parties->count; i++)
		if (parties->items[i].pod != ANYTHING) {
			party_of[parties->items[i].pod] = i;
			party_of[parties->items[i].twin_pod] = i;
		}
	return party_of;
}

static void find_groups(struct arena *arena, struct world *world)
{
	const struct resolved *resolved = world->resolved;

	for (enum direction direction = INGRESS; direction < DIRECTIONS; direction++)
		world->group_of[direction] =
			arena_array(arena, world->objects->pod_count, sizeof(const struct group *));
	for (size_t i = 0; i < resolved->group_count; i++) {
		const struct group *group = &resolved->groups[i];

		for (size_t k = 0; k < group->pod_count; k++)
			world->group_of[group->direction][group->pods[k]] = group;
	}
}

struct world *world_new(struct arena *arena, const struct objects *objects,
			const struct surroundings *surroundings)
{
	static const struct lower_options options = {.table = "np2nft"};
	struct world *world = arena_alloc(arena, sizeof(*world));
	struct world_making making = {
		.arena = arena, .input = objects, .surroundings = surroundings};
	struct party_list parties;

	world->surroundings = surroundings;
	world->conditions = surroundings->conditions;
	world->objects = objects_with_stand_ins(&making);
	world->resolved = resolve(arena, world->objects, NULL);
	find_groups(arena, world);
	world->own_nodes = own_nodes_new(arena, world->objects);
	world->ruleset = lower(arena, world->resolved, &options);
	world->evaluator = evaluator_new(arena, world->ruleset);
	world->cuts = ports_cut_new(arena, world->ruleset);
	parties = make_parties(&making, world->resolved);
	world->parties = parties.items;
	world->party_count = parties.count;
	world->party_of = parties_by_pod(&making, &parties);
	world->index = party_index_new(arena, world);
	world_classes(arena, world, parties.items);
	return world;
}
