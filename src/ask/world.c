/* Parties and their addresses.  See ask/world.h. */
#include "ask/world.h"

#include "ask/cuts.h"
#include "ask/world_parts.h"
#include "base/arena.h"
#include "base/table.h"
#include "lower/lower.h"

#include <stdlib.h>

/* A namespace that none can be called: API names have no capitals and no blanks. */
#define ELSEWHERE "any other namespace"

/* A pod, or what stands for one. */
struct stand_in {
	struct pod pod;
	enum party_kind kind;
	bool twin; /* of the one before it */
};

struct making {
	struct arena *arena;
	const struct objects *input;
	struct objects *objects; /* with stand-ins */
	struct stand_in *pods;
	size_t pod_count;
	bool has[FAMILIES]; /* families that the cluster uses */
	uint32_t given;     /* addresses, so far */
};

static void find_families(struct making *making)
{
	for (size_t i = 0; i < making->input->pod_count; i++)
		for (size_t k = 0; k < making->input->pods[i].addr_count; k++)
			making->has[making->input->pods[i].addrs[k].family] = true;
	if (!making->has[V6])
		making->has[V4] = true;
}

/* The next addresses that nobody uses. */
static void give_addresses(struct making *making, struct pod *pod)
{
	uint32_t number = ++making->given;

	for (enum family family = V4; family < FAMILIES; family++) {
		struct addr addr = {.family = family, .bytes = {family == V4 ? 240 : 1}};
		size_t end = family_len(family);

		if (!making->has[family])
			continue;
		for (size_t i = 1; i <= 3; i++)
			addr.bytes[end - i] = (uint8_t)(number >> 8 * (i - 1));
		arena_push(making->arena, pod->addrs, pod->addr_count, addr);
	}
}

static void stand_in_once(struct making *making, struct stand_in one)
{
	one.pod.node = "";
	give_addresses(making, &one.pod);
	arena_push(making->arena, making->pods, making->pod_count, one);
}

/* Two of them, for what they may do to each other; no name sorts between theirs. */
static void stand_in(struct making *making, enum party_kind kind, struct pod pod)
{
	stand_in_once(making, (struct stand_in){pod, kind, false});
	if (pod.owner_kind && !strcmp(pod.owner_kind, "Pod"))
		return;
	pod.name = arena_printf(making->arena, "%s (another)", pod.name);
	stand_in_once(making, (struct stand_in){pod, kind, true});
}

static bool has_pods(const struct making *making, const struct workload *workload)
{
	for (size_t i = 0; i < making->input->pod_count; i++) {
		const struct pod *pod = &making->input->pods[i];

		if (pod->owner && !strcmp(pod->owner_kind, workload->kind) &&
		    !strcmp(pod->owner, workload->name) &&
		    !strcmp(pod->namespace, workload->namespace))
			return true;
	}
	return false;
}

static void add_workloads(struct making *making)
{
	for (size_t i = 0; i < making->input->workload_count; i++) {
		const struct workload *workload = &making->input->workloads[i];

		if (workload->host_network || has_pods(making, workload))
			continue;
		stand_in(making, PARTY_WORKLOAD,
			 (struct pod){.namespace = workload->namespace,
				      .name = arena_printf(making->arena, "%s/%s", workload->kind,
							   workload->name),
				      .mark = workload->mark,
				      .owner_kind = workload->kind,
				      .owner = workload->name,
				      .labels = workload->labels,
				      .label_count = workload->label_count,
				      .ports = workload->ports,
				      .port_count = workload->port_count});
	}
}

static void add_other_pod(struct making *making, enum party_kind kind, const char *namespace)
{
	objects_intern(making->objects, namespace, strlen(namespace));
	stand_in(making, kind, (struct pod){.namespace = namespace, .name = "any other pod"});
}

/* Once for each name. */
static void mention(struct making *making, struct table *names, const char *namespace)
{
	bool added = false;

	table_add(names, namespace, strlen(namespace), &added);
	if (added)
		add_other_pod(making, PARTY_OTHER_POD, namespace);
}

static void add_other_pods(struct making *making)
{
	const struct objects *input = making->input;
	struct table names = {.arena = making->arena};

	for (size_t i = 0; i < input->namespace_count; i++)
		mention(making, &names, input->namespaces[i].name);
	for (size_t i = 0; i < input->pod_count; i++)
		mention(making, &names, input->pods[i].namespace);
	for (size_t i = 0; i < input->workload_count; i++)
		mention(making, &names, input->workloads[i].namespace);
	for (size_t i = 0; i < input->policy_count; i++)
		mention(making, &names, input->policies[i].namespace);
	add_other_pod(making, PARTY_ELSEWHERE, ELSEWHERE);
}

static int compare_pods(const void *a, const void *b)
{
	const struct pod *x = &((const struct stand_in *)a)->pod;
	const struct pod *y = &((const struct stand_in *)b)->pod;
	int order = strcmp(x->namespace, y->namespace);

	return order ? order : strcmp(x->name, y->name);
}

static const struct objects *objects_with_stand_ins(struct making *making)
{
	making->objects = arena_alloc(making->arena, sizeof(*making->objects));
	*making->objects = *making->input;
	for (size_t i = 0; i < making->input->pod_count; i++)
		arena_push(making->arena, making->pods, making->pod_count,
			   ((struct stand_in){making->input->pods[i], PARTY_POD, false}));
	add_workloads(making);
	add_other_pods(making);
	qsort(making->pods, making->pod_count, sizeof(*making->pods), compare_pods);
	making->objects->pods =
		arena_array(making->arena, making->pod_count, sizeof(*making->objects->pods));
	for (size_t i = 0; i < making->pod_count; i++)
		making->objects->pods[i] = making->pods[i].pod;
	making->objects->pod_count = making->pod_count;
	return making->objects;
}

static const char *party_text(struct arena *arena, const struct stand_in *of)
{
	switch (of->kind) {
	case PARTY_WORKLOAD:
		return arena_printf(arena, "%s %s/%s", of->pod.owner_kind, of->pod.namespace,
				    of->pod.owner);
	case PARTY_OTHER_POD:
		return arena_printf(arena, "any other pod of %s", of->pod.namespace);
	case PARTY_ELSEWHERE:
		return "any pod of any other namespace";
	case PARTY_POD:
	case PARTY_OUTSIDE:
		break;
	}
	return arena_printf(arena, "%s/%s", of->pod.namespace, of->pod.name);
}

/* The first of each family. */
static void set_addresses(struct party *party, struct addr *addr, const struct pod *pod)
{
	for (size_t i = pod->addr_count; i-- > 0;) {
		addr[pod->addrs[i].family] = pod->addrs[i];
		party->has[pod->addrs[i].family] = true;
	}
}

static void add_party(struct making *making, struct party_list *parties, uint32_t pod)
{
	const struct stand_in *of = &making->pods[pod];
	struct party party = {.kind = of->kind,
			      .text = party_text(making->arena, of),
			      .namespace = of->kind == PARTY_ELSEWHERE ? "" : of->pod.namespace,
			      .kind_of_owner = of->pod.owner_kind,
			      .owner = of->pod.owner,
			      .pod = pod};

	set_addresses(&party, party.addr, &of->pod);
	party.twin_pod = pod + 1 < making->pod_count && of[1].twin ? pod + 1 : pod;
	set_addresses(&party, party.twin, &making->pods[party.twin_pod].pod);
	arena_push(making->arena, parties->items, parties->count, party);
}

/* Pods and workloads first, then what stands for others. */
static struct party_list make_parties(struct making *making, const struct resolved *resolved)
{
	struct party_list parties = {0};

	for (enum party_kind last = PARTY_WORKLOAD; last <= PARTY_ELSEWHERE; last++)
		for (uint32_t i = 0; i < making->pod_count; i++)
			if (!making->pods[i].twin &&
			    (making->pods[i].kind == last ||
			     (last == PARTY_WORKLOAD && making->pods[i].kind == PARTY_POD)))
				add_party(making, &parties, i);
	for (enum family family = V4; family < FAMILIES; family++)
		if (making->has[family])
			world_outside(making->arena, resolved, family, making->has[!family],
				      &parties);
	return parties;
}

struct world *world_new(struct arena *arena, const struct objects *objects)
{
	static const struct lower_options options = {.table = "np2nft"};
	struct world *world = arena_alloc(arena, sizeof(*world));
	struct making making = {.arena = arena, .input = objects};
	struct party_list parties;

	find_families(&making);
	world->objects = objects_with_stand_ins(&making);
	world->resolved = resolve(arena, world->objects, NULL);
	world->ruleset = lower(arena, world->resolved, &options);
	world->evaluator = evaluator_new(arena, world->ruleset);
	world->cuts = ports_cut_new(arena, world->ruleset);
	parties = make_parties(&making, world->resolved);
	world->parties = parties.items;
	world->party_count = parties.count;
	world_classes(arena, world, parties.items);
	return world;
}

size_t world_addr(const struct world *world, const struct addr *addr)
{
	for (size_t i = 0; i < world->party_count; i++) {
		const struct party *party = &world->parties[i];
		const struct pod *pod =
			party->kind == PARTY_OUTSIDE ? NULL : &world->objects->pods[party->pod];

		for (size_t k = 0; pod && k < pod->addr_count; k++)
			if (pod->addrs[k].family == addr->family &&
			    !memcmp(pod->addrs[k].bytes, addr->bytes, family_len(addr->family)))
				return i;
		for (size_t k = 0; party->has[addr->family] && k < party->range_count; k++)
			if (range_has(&party->ranges[k], addr))
				return i;
	}
	return world->party_count;
}
