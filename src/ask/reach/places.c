/*
 * Looks words up as an address, as a pod, and as a Service or workload, which stands for its pods.
 * If it finds nothing, it names the nearest name that exists.
 */
#include "ask/reach/places.h"

#include "base/arena.h"
#include "base/nearest.h"
#include "base/text.h"
#include "model/meaning.h"
#include "model/words.h"
#include "read/expectation.h"

struct place_finder {
	struct arena *arena;
	const struct world *world;
	const struct end *end;
	bool any_kind; /* the words name no kind, so they may also name something else than a pod */
	enum direction direction;
	struct place_list *places;
	struct notes *notes;
};

static void add_note(struct place_finder *finder, const char *text)
{
	arena_push(finder->arena, finder->notes->items, finder->notes->count, text);
}

struct place place_of(const struct party *party)
{
	struct place place = {.text = party->text, .party = party};

	memcpy(place.addr, party->addr, sizeof(place.addr));
	memcpy(place.class_addr, party->addr, sizeof(place.class_addr));
	memcpy(place.has, party->has, sizeof(place.has));
	memcpy(place.known, party->known, sizeof(place.known));
	return place;
}

struct place place_at(const struct party *party, const struct addr *addr, const char *text)
{
	const bool stands_for_it = party->has[addr->family] && party->range_count;
	struct place place = {.text = text, .party = party};

	place.has[addr->family] = place.known[addr->family] = true;
	place.addr[addr->family] = *addr;
	place.class_addr[addr->family] = stands_for_it ? party->addr[addr->family] : *addr;
	return place;
}

static void add_place(struct place_finder *finder, struct place place)
{
	arena_push(finder->arena, finder->places->items, finder->places->count, place);
}

/* Does it stand for its party, and not only for one address? */
static bool is_of_party(const struct place *place)
{
	return place->party->kind != PARTY_OUTSIDE && place->has[V4] == place->party->has[V4] &&
	       place->has[V6] == place->party->has[V6];
}

bool places_meet(const struct place *from, const struct place *to, enum family family)
{
	return from->has[family] && to->has[family] &&
	       (!is_of_party(from) || !is_of_party(to) ||
		parties_meet(from->party, to->party, family));
}

struct spot place_spot(const struct place *place, enum family family)
{
	return (struct spot){place->class_addr[family], !place->known[family]};
}

/* Is the address outside one of the node on which the pod runs? */
static bool is_own_node(const struct world *world, const struct place *pod,
			const struct place *outside, enum family family)
{
	return pod->party->kind == PARTY_POD && outside->party->kind == PARTY_OUTSIDE &&
	       outside->has[family] && !outside->of_block &&
	       own_nodes_have(world->own_nodes, &world->objects->pods[pod->party->pod],
			      &outside->addr[family]);
}

enum course places_course(const struct world *world, const struct place *from,
			  const struct place *to, enum family family)
{
	return is_own_node(world, from, to, family)   ? COURSE_TO_OWN_NODE
	       : is_own_node(world, to, from, family) ? COURSE_FROM_OWN_NODE
						      : COURSE_FORWARDED;
}

/* Is one of the two the node on which the other runs? */
static bool are_node_and_pod(const struct world *world, const struct place *a,
			     const struct place *b)
{
	return places_course(world, a, b, V4) != COURSE_FORWARDED ||
	       places_course(world, a, b, V6) != COURSE_FORWARDED;
}

/*
 * The name of the node on which the pod runs.  For an address outside, the address, since one that
 * two nodes have is also that of another node; no node has a name with @ in it.
 */
static const char *node_or_addr(struct arena *arena, const struct world *world,
				const struct place *place)
{
	const enum family family = place->has[V4] ? V4 : V6;
	char text[ADDR_TEXT];

	if (place->party->kind == PARTY_POD)
		return world->objects->pods[place->party->pod].node;
	addr_text(family, place->addr[family].bytes, text);
	return arena_printf(arena, "@%s", text);
}

const uint32_t *places_by_node(struct arena *arena, const struct world *world,
			       const struct place_list *places, const struct place_list *others)
{
	uint32_t *numbers = arena_array(arena, places->count, sizeof(*numbers));
	struct table names = {.arena = arena};

	for (uint32_t i = 0; i < places->count; i++) {
		const struct place *place = &places->items[i];
		const char *name = node_or_addr(arena, world, place);

		for (size_t k = 0; k < others->count && !numbers[i]; k++)
			if (are_node_and_pod(world, place, &others->items[k]))
				numbers[i] = 1 + table_add(&names, name, strlen(name), NULL);
	}
	return numbers;
}

/* The pod that has the address, or the range in which it lies. */
static const struct party *party_at(const struct world *world, const struct addr *addr)
{
	/* It is of a family that is not used. */
	static const struct party nobody = {
		.kind = PARTY_OUTSIDE, .pod = ANYTHING, .twin_pod = ANYTHING, .class = UINT32_MAX};
	size_t found = world_addr(world, addr);

	return found < world->party_count ? &world->parties[found] : &nobody;
}

static const struct pod *pod_of(const struct world *world, const struct party *party)
{
	return &world->objects->pods[party->pod];
}

/* Is it one of the running pods of the workload, or what stands for them if there are none? */
static bool is_of_workload(const struct world *world, const struct party *party,
			   const struct end *end)
{
	if (party->kind > PARTY_WORKLOAD || strcmp(party->namespace, end->namespace) != 0)
		return false;
	if (party->kind == PARTY_POD && !strcmp(end->workload, "Pod"))
		return !strcmp(pod_of(world, party)->name, end->name);
	return party->owner && !strcmp(party->kind_of_owner, end->workload) &&
	       !strcmp(party->owner, end->name);
}

static bool find_workload(struct place_finder *finder, const struct end *end)
{
	struct place_list *places = finder->places;
	const struct named_parties named = world_named(
		finder->world, arena_printf(finder->arena, "%s/%s", end->namespace, end->name));

	for (size_t i = 0; i < named.count; i++)
		if (is_of_workload(finder->world, &finder->world->parties[named.items[i]], end))
			add_place(finder, place_of(&finder->world->parties[named.items[i]]));
	if (!places->count)
		return false;
	places->is_workload = strcmp(end->workload, "Pod") != 0;
	places->text = places->is_workload ? workload_text(finder->arena, end->workload,
							   end->namespace, end->name)
					   : places->items[0].text;
	return true;
}

static bool is_named(const struct end *end, const struct pod *pod)
{
	if (strcmp(pod->namespace, end->namespace) != 0)
		return false;
	return !strcmp(end->workload, "Pod")
		       ? !strcmp(pod->name, end->name)
		       : pod->owner && !strcmp(pod->owner_kind, end->workload) &&
				 !strcmp(pod->owner, end->name);
}

/* Adds the addresses of a pod that is nothing but these to policies. */
static void add_addresses(struct place_finder *finder, const struct pod *pod)
{
	for (size_t i = 0; i < pod->addr_count; i++) {
		char addr[ADDR_TEXT];

		addr_text(pod->addrs[i].family, pod->addrs[i].bytes, addr);
		add_place(finder, place_at(party_at(finder->world, &pod->addrs[i]), &pod->addrs[i],
					   arena_printf(finder->arena, "%s/%s (%s)", pod->namespace,
							pod->name, addr)));
	}
}

static bool is_on_host_network(const struct place_finder *finder, const struct end *end)
{
	const struct objects *objects = finder->world->objects;

	for (size_t i = 0; i < objects->host_pod_count; i++)
		if (is_named(end, &objects->host_pods[i]))
			return true;
	for (size_t i = 0; i < objects->workload_count; i++)
		if (objects->workloads[i].host_network &&
		    !strcmp(objects->workloads[i].kind, end->workload) &&
		    !strcmp(objects->workloads[i].namespace, end->namespace) &&
		    !strcmp(objects->workloads[i].name, end->name))
			return true;
	return false;
}

static const char *use_host_network(struct place_finder *finder, const struct end *end)
{
	const struct objects *objects = finder->world->objects;
	const char *what = arena_printf(
		finder->arena,
		"%s/%s is on its node's network: to policies it is no pod but its node's address, "
		"which none isolates and only an ipBlock matches",
		end->namespace, end->name);

	for (size_t i = 0; i < objects->host_pod_count; i++)
		if (is_named(end, &objects->host_pods[i]))
			add_addresses(finder, &objects->host_pods[i]);
	if (!finder->places->count)
		return arena_printf(finder->arena,
				    "%s; the input does not tell the address: ask with it", what);
	finder->places->text = arena_printf(finder->arena, "%s/%s", end->namespace, end->name);
	add_note(finder, what);
	return NULL;
}

/* Returns false if no pod of this name has an address. */
static bool find_finished(struct place_finder *finder, const struct end *end)
{
	const struct objects *objects = finder->world->objects;

	for (size_t i = 0; i < objects->finished_pod_count; i++)
		if (is_named(end, &objects->finished_pods[i]))
			add_addresses(finder, &objects->finished_pods[i]);
	if (!finder->places->count)
		return false;
	finder->places->text = arena_printf(finder->arena, "%s/%s", end->namespace, end->name);
	add_note(finder,
		 arena_printf(
			 finder->arena,
			 "%s has finished: to policies it is no pod, and its address is anyone's",
			 finder->places->text));
	return true;
}

/* The kinds of objects with this name, each once, as words for an end. */
struct place_kinds {
	struct end *items;
	size_t count;
};

static void add_kind(struct place_finder *finder, struct place_kinds *kinds, const char *kind)
{
	struct end end = *finder->end;

	end.workload = kind;
	for (size_t i = 0; i < kinds->count; i++)
		if (!strcmp(kinds->items[i].workload, kind))
			return;
	arena_push(finder->arena, kinds->items, kinds->count, end);
}

static bool same_name(const struct end *end, const char *namespace, const char *name)
{
	return !strcmp(end->namespace, namespace) && !strcmp(end->name, name);
}

#define SERVICE_KIND "Service"

static struct place_kinds kinds_of(struct place_finder *finder)
{
	const struct world *world = finder->world;
	const struct objects *objects = world->objects;
	const struct named_parties named =
		world_named(world, arena_printf(finder->arena, "%s/%s", finder->end->namespace,
						finder->end->name));
	struct place_kinds kinds = {0};

	for (size_t i = 0; i < named.count; i++) {
		const struct party *party = &world->parties[named.items[i]];

		if (party->owner && same_name(finder->end, party->namespace, party->owner))
			add_kind(finder, &kinds, party->kind_of_owner);
	}
	for (size_t i = 0; i < objects->workload_count; i++)
		if (same_name(finder->end, objects->workloads[i].namespace,
			      objects->workloads[i].name))
			add_kind(finder, &kinds, objects->workloads[i].kind);
	for (size_t i = 0; i < objects->service_count; i++)
		if (same_name(finder->end, objects->services[i].namespace,
			      objects->services[i].name))
			add_kind(finder, &kinds, SERVICE_KIND);
	return kinds;
}

/* How many pods behind the Service are on their nodes' networks. */
static size_t behind_on_nodes(const struct place_finder *finder, const struct service *service)
{
	const struct objects *objects = finder->world->objects;
	size_t count = 0;

	for (size_t i = 0; i < objects->host_pod_count; i++)
		count += !strcmp(objects->host_pods[i].namespace, service->namespace) &&
			 service_selects(service, &objects->host_pods[i]);
	return count;
}

static void find_behind(struct place_finder *finder, const struct service *service)
{
	for (size_t i = 0; i < finder->world->party_count; i++) {
		const struct party *party = &finder->world->parties[i];

		if (party->kind <= PARTY_WORKLOAD &&
		    !strcmp(party->namespace, service->namespace) &&
		    service_selects(service, pod_of(finder->world, party)))
			add_place(finder, place_of(party));
	}
}

static const char *use_service(struct place_finder *finder, const struct service *service)
{
	const char *name =
		arena_printf(finder->arena, "Service %s/%s", service->namespace, service->name);
	size_t on_nodes;

	if (service->type == SERVICE_EXTERNAL_NAME)
		return arena_printf(
			finder->arena,
			"%s is an ExternalName: it leads to a name elsewhere. Ask with the address "
			"of that",
			name);
	if (!service->selector_count)
		return arena_printf(
			finder->arena,
			"%s has no selector: nothing in the input says which addresses are behind "
			"it. Ask with one of them",
			name);
	find_behind(finder, service);
	on_nodes = behind_on_nodes(finder, service);
	if (!finder->places->count && on_nodes)
		return arena_printf(
			finder->arena,
			"%s has only pods on their nodes' networks behind it, which policies see "
			"as the addresses of the nodes. Ask with one of those",
			name);
	if (!finder->places->count)
		return arena_printf(
			finder->arena,
			"%s has no pods behind it: none of the input carries all labels of its "
			"selector",
			name);
	if (on_nodes)
		add_note(finder,
			 arena_printf(
				 finder->arena,
				 "not asked about: %s of %s on the node's network, to policies the "
				 "node's address",
				 text_counted(finder->arena, on_nodes, "pod", "pods"), name));
	finder->places->text = name;
	finder->places->is_workload = true;
	finder->places->service = finder->direction == INGRESS ? service : NULL;
	if (finder->direction == EGRESS)
		add_note(finder, arena_printf(finder->arena,
					      "a Service begins no connections: the pods behind "
					      "%s/%s are asked about",
					      service->namespace, service->name));
	return NULL;
}

/* The nearest name in any namespace, of those that are equally near the first. */
static const char *hint_elsewhere(const struct place_finder *finder, const char *const *known,
				  size_t count)
{
	struct nearest near = {.wanted = finder->end->name};
	const char *found = NULL;

	for (size_t i = 0; i < count; i++) {
		const char *before = near.found;

		nearest_look_at(&near, strchr(known[i], '/') + 1);
		if (near.found != before)
			found = known[i];
	}
	return found ? arena_printf(finder->arena, "; did you mean \"%s\"?", found) : "";
}

/* The nearest name that exists. */
static const char *hint(const struct place_finder *finder, const char *const *known, size_t count)
{
	const char *wanted =
		arena_printf(finder->arena, "%s/%s", finder->end->namespace, finder->end->name);
	const char *near;

	/* The right name in the wrong namespace is more likely than a slip of the pen. */
	for (size_t i = 0; i < count; i++)
		if (!strcmp(strchr(known[i], '/') + 1, finder->end->name))
			return arena_printf(finder->arena, "; did you mean \"%s\"?", known[i]);
	near = nearest_hint(finder->arena, wanted, known);
	return *near ? near : hint_elsewhere(finder, known, count);
}

static const char *hint_of_names(const struct place_finder *finder)
{
	const struct world *world = finder->world;
	const struct objects *objects = world->objects;
	const char **known = NULL;
	size_t count = 0, names;

	for (size_t i = 0; i < world->party_count && finder->any_kind; i++)
		if (world->parties[i].kind == PARTY_POD)
			arena_push(finder->arena, known, count, world->parties[i].text);
	for (size_t i = 0; i < world->party_count; i++)
		if (world->parties[i].kind <= PARTY_WORKLOAD && world->parties[i].owner)
			arena_push(finder->arena, known, count,
				   arena_printf(finder->arena, "%s/%s", world->parties[i].namespace,
						world->parties[i].owner));
	for (size_t i = 0; i < objects->service_count; i++)
		arena_push(finder->arena, known, count,
			   arena_printf(finder->arena, "%s/%s", objects->services[i].namespace,
					objects->services[i].name));
	names = count;
	arena_push(finder->arena, known, count, NULL);
	return hint(finder, known, names);
}

static const char *use_named_service(struct place_finder *finder)
{
	const struct objects *objects = finder->world->objects;

	for (size_t i = 0; i < objects->service_count; i++)
		if (same_name(finder->end, objects->services[i].namespace,
			      objects->services[i].name))
			return use_service(finder, &objects->services[i]);
	return arena_printf(finder->arena, "no Service %s/%s in the input%s",
			    finder->end->namespace, finder->end->name, hint_of_names(finder));
}

/* There is no such pod: something else of this name will do if it is the only one. */
static const char *use_other_kind(struct place_finder *finder)
{
	struct place_kinds kinds = kinds_of(finder);
	struct string text = {0};

	if (kinds.count == 1 && !strcmp(kinds.items[0].workload, SERVICE_KIND))
		return use_named_service(finder);
	if (kinds.count == 1 && find_workload(finder, &kinds.items[0]))
		return NULL;
	if (kinds.count == 1)
		return use_host_network(finder, &kinds.items[0]);
	if (!kinds.count)
		return arena_printf(
			finder->arena, "no pod, workload or Service %s/%s in the input%s",
			finder->end->namespace, finder->end->name, hint_of_names(finder));
	for (size_t i = 0; i < kinds.count; i++)
		arena_append(finder->arena, &text, "%s%s/%s/%s", i ? " or " : "",
			     kinds.items[i].workload, finder->end->namespace, finder->end->name);
	return arena_printf(finder->arena,
			    "%s/%s is no pod, but more than one other thing: ask with %s",
			    finder->end->namespace, finder->end->name, text.text);
}

static const char *use_workload(struct place_finder *finder)
{
	const struct end *end = finder->end;

	if (find_workload(finder, end))
		return NULL;
	if (is_on_host_network(finder, end))
		return use_host_network(finder, end);
	if (find_finished(finder, end))
		return NULL;
	if (finder->any_kind)
		return use_other_kind(finder);
	return arena_printf(finder->arena, "no %s %s/%s in the input%s", end->workload,
			    end->namespace, end->name, hint_of_names(finder));
}

static const struct service *service_at(const struct world *world, const struct addr *addr)
{
	for (size_t i = 0; i < world->objects->service_count; i++) {
		const struct service *service = &world->objects->services[i];

		for (size_t k = 0; k < service->cluster_ip_count; k++)
			if (service->cluster_ips[k].family == addr->family &&
			    !memcmp(service->cluster_ips[k].bytes, addr->bytes,
				    family_len(addr->family)))
				return service;
	}
	return NULL;
}

static const char *use_cluster_ip(struct place_finder *finder, const struct service *service)
{
	const char *text = finder->end->text;

	if (finder->direction == EGRESS)
		return arena_printf(
			finder->arena,
			"%s is the cluster IP of Service %s/%s, from which nothing comes: ask with "
			"a pod",
			text, service->namespace, service->name);
	add_note(finder,
		 arena_printf(finder->arena,
			      "%s is the cluster IP of Service %s/%s: it is translated to a "
			      "pod's address before policies see it",
			      text, service->namespace, service->name));
	return use_service(finder, service);
}

static const char *use_address(struct place_finder *finder)
{
	const struct addr *addr = &finder->end->cidr.base;
	const struct service *service = service_at(finder->world, addr);
	const struct party *party = party_at(finder->world, addr);
	const char *text = finder->end->text;

	if (service)
		return use_cluster_ip(finder, service);
	if (party->kind == PARTY_POD)
		text = arena_printf(finder->arena, "%s (%s)", party->text, text);
	add_place(finder, place_at(party, addr, text));
	finder->places->text = text;
	return NULL;
}

const char *places_find(struct arena *arena, const struct world *world, const char *text,
			const char *namespace, enum direction direction, struct place_list *places,
			struct notes *notes)
{
	struct end end = {0};
	struct place_finder finder = {.arena = arena,
				      .world = world,
				      .end = &end,
				      .direction = direction,
				      .places = places,
				      .notes = notes};
	const struct named_parties named = world_named(world, text);
	const char *fault;

	for (size_t i = 0; i < named.count; i++)
		if (world->parties[named.items[i]].kind == PARTY_STRANGER) {
			add_place(&finder, place_of(&world->parties[named.items[i]]));
			places->text = text;
			places->is_workload = true;
			return NULL;
		}
	fault = end_parse(arena, text, namespace, &end);
	if (fault)
		return fault;
	switch (end.kind) {
	case END_WORKLOAD:
		finder.any_kind = !strchr(text, '/') || strchr(text, '/') == strrchr(text, '/');
		return use_workload(&finder);
	case END_SERVICE:
		return use_named_service(&finder);
	case END_ADDRESS:
		return use_address(&finder);
	case END_BLOCK:
	case END_PODS:
	case END_NODE:
		break;
	}
	return arena_printf(arena, "\"%s\" is many addresses: ask with one of them", text);
}
