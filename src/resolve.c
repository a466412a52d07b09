/* Groups of pods.  See resolve.h. */
#include "resolve.h"

#include "arena.h"
#include "resolve_match.h"
#include "resolve_peers.h"

#include <stdlib.h>

/* The pods that each policy selects, turned round: the policies that each pod is under. */
struct selection {
	uint32_t *begin;    /* of a pod's policies in: */
	uint32_t *policies; /* ascending for each pod */
};

static struct selection select_pods(struct arena *arena, const struct objects *objects,
				    const struct match_index *index, const struct bits *enforced,
				    enum direction direction, struct bits *selecting)
{
	struct bits pods = bits_new(arena, objects->pod_count);
	struct selection selection;
	uint32_t *pairs = NULL, *fill; /* policy, pod, policy, pod … */
	size_t count = 0;

	for (size_t i = 0; i < objects->policy_count; i++) {
		const struct policy *policy = &objects->policies[i];

		if (!policy->isolates[direction])
			continue;
		bits_clear(&pods);
		match_pods_in(index, match_namespace(index, policy->namespace), policy->pods,
			      &pods);
		for (size_t pod = 0; (pod = bits_next(&pods, pod)) < pods.size; pod++) {
			if (!bits_has(enforced, pod))
				continue;
			bits_set(selecting, i);
			arena_push(arena, pairs, count, (uint32_t)i);
			arena_push(arena, pairs, count, (uint32_t)pod);
		}
	}
	selection.begin = arena_array(arena, objects->pod_count + 1, sizeof(uint32_t));
	selection.policies = arena_array(arena, count / 2, sizeof(uint32_t));
	fill = arena_array(arena, objects->pod_count + 1, sizeof(uint32_t));
	for (size_t i = 0; i < count; i += 2)
		selection.begin[pairs[i + 1] + 1]++;
	for (size_t i = 0; i < objects->pod_count; i++)
		fill[i + 1] = selection.begin[i + 1] += selection.begin[i];
	for (size_t i = 0; i < count; i += 2)
		selection.policies[fill[pairs[i + 1]]++] = pairs[i];
	return selection;
}

static int compare_numbers(const void *a, const void *b)
{
	const struct pod_port *x = a, *y = b;
	int order = strcmp(x->name, y->name);

	if (!order)
		order = (int)x->protocol - (int)y->protocol;
	return order ? order : (int)x->number - (int)y->number;
}

/* The pod's numbers for the ports that the policies' ingress rules name, sorted, each once. */
static void find_numbers(struct arena *arena, const struct policy_grants *grants,
			 const struct pod *pod, struct group *group)
{
	struct pod_port *numbers = NULL;
	size_t count = 0;

	group->numbers = NULL;
	group->number_count = 0;
	if (!pod->port_count)
		return;
	for (size_t i = 0; i < group->policy_count; i++) {
		const struct policy_grants *of = &grants[group->policies[i]];

		for (size_t k = 0; k < of->count; k++) {
			const struct grant *grant = &of->grants[k];

			for (size_t n = 0; grant->port_name && n < pod->port_count; n++)
				if (pod->ports[n].protocol == grant->protocol &&
				    !strcmp(pod->ports[n].name, grant->port_name))
					arena_push(arena, numbers, count, pod->ports[n]);
		}
	}
	if (count)
		qsort(numbers, count, sizeof(*numbers), compare_numbers);
	for (size_t i = 0; i < count; i++)
		if (i == 0 || compare_numbers(&numbers[i], &numbers[i - 1]))
			numbers[group->number_count++] = numbers[i];
	group->numbers = numbers;
}

/* Bytes that are the same only for the same group. */
static char *group_key(struct arena *arena, const struct group *group, size_t *len)
{
	size_t policies = group->policy_count * sizeof(*group->policies), names = 0;
	char *key, *at;

	for (size_t i = 0; i < group->number_count; i++)
		names += strlen(group->numbers[i].name) + 1 + 3;
	*len = policies + names;
	key = at = arena_alloc(arena, *len);
	if (policies)
		memcpy(at, group->policies, policies);
	at += policies;
	for (size_t i = 0; i < group->number_count; i++) {
		const struct pod_port *port = &group->numbers[i];
		size_t name = strlen(port->name) + 1;

		memcpy(at, port->name, name);
		at += name;
		*at++ = (char)port->protocol;
		memcpy(at, &port->number, 2);
		at += 2;
	}
	return key;
}

static void make_groups(struct arena *arena, struct resolved *resolved,
			const struct selection *selection, enum direction direction)
{
	const struct objects *objects = resolved->objects;
	struct table keys = {.arena = arena};
	size_t first = resolved->group_count;

	for (size_t pod = 0; pod < objects->pod_count; pod++) {
		struct group group =
				     {
					     .direction = direction,
					     .policies =
						     &selection->policies[selection->begin[pod]],
					     .policy_count = selection->begin[pod + 1] -
							     selection->begin[pod],
				     },
			     *into;
		uint32_t number;
		size_t len;
		bool added;
		char *key;

		if (!group.policy_count)
			continue;
		bits_set(resolved->isolated[direction], pod);
		if (direction == INGRESS)
			find_numbers(arena, resolved->grants[INGRESS], &objects->pods[pod], &group);
		key = group_key(arena, &group, &len);
		number = table_add(&keys, key, len, &added);
		if (added)
			arena_push(arena, resolved->groups, resolved->group_count, group);
		into = &resolved->groups[first + number];
		arena_push(arena, into->pods, into->pod_count, (uint32_t)pod);
	}
}

/* A policy that selects nobody still stands in the ruleset, for who reads it. */
static void add_empty_groups(struct arena *arena, struct resolved *resolved,
			     const struct bits *selecting, enum direction direction)
{
	for (size_t i = 0; i < resolved->objects->policy_count; i++) {
		struct group group = {.direction = direction, .policy_count = 1};
		uint32_t *policies;

		if (!resolved->objects->policies[i].isolates[direction] || bits_has(selecting, i))
			continue;
		policies = arena_alloc(arena, sizeof(*policies));
		*policies = (uint32_t)i;
		group.policies = policies;
		arena_push(arena, resolved->groups, resolved->group_count, group);
	}
}

static int compare_groups(const void *a, const void *b)
{
	const struct group *x = a, *y = b;
	int order = (int)x->direction - (int)y->direction;

	for (size_t i = 0; !order && i < x->policy_count && i < y->policy_count; i++)
		order = (x->policies[i] > y->policies[i]) - (x->policies[i] < y->policies[i]);
	if (!order)
		order = (x->policy_count > y->policy_count) - (x->policy_count < y->policy_count);
	for (size_t i = 0; !order && i < x->number_count && i < y->number_count; i++)
		order = compare_numbers(&x->numbers[i], &y->numbers[i]);
	if (!order)
		order = (x->number_count > y->number_count) - (x->number_count < y->number_count);
	return order;
}

static struct bits enforced_pods(struct arena *arena, const struct objects *objects,
				 const char *node)
{
	struct bits enforced = bits_new(arena, objects->pod_count);

	for (size_t i = 0; i < objects->pod_count; i++)
		if (!node || !strcmp(objects->pods[i].node, node))
			bits_set(&enforced, i);
	return enforced;
}

struct resolved *resolve(struct arena *arena, const struct objects *objects, const char *node)
{
	struct resolved *resolved = arena_alloc(arena, sizeof(*resolved));
	struct match_index *index = match_index_new(arena, objects);
	struct bits enforced = enforced_pods(arena, objects, node);
	struct selection selection[DIRECTIONS];
	struct bits selecting[DIRECTIONS], wanted = bits_new(arena, objects->policy_count);

	resolved->objects = objects;
	for (enum direction direction = INGRESS; direction < DIRECTIONS; direction++) {
		selecting[direction] = bits_new(arena, objects->policy_count);
		selection[direction] = select_pods(arena, objects, index, &enforced, direction,
						   &selecting[direction]);
		for (size_t i = 0; i < objects->policy_count; i++)
			if (!node || bits_has(&selecting[direction], i))
				bits_set(&wanted, i);
	}
	resolve_addresses(arena, resolved);
	resolve_peers(arena, index, &wanted, resolved);
	for (enum direction direction = INGRESS; direction < DIRECTIONS; direction++) {
		resolved->isolated[direction] = arena_alloc(arena, sizeof(struct bits));
		*resolved->isolated[direction] = bits_new(arena, objects->pod_count);
		make_groups(arena, resolved, &selection[direction], direction);
		if (!node)
			add_empty_groups(arena, resolved, &selecting[direction], direction);
	}
	if (resolved->group_count)
		qsort(resolved->groups, resolved->group_count, sizeof(struct group),
		      compare_groups);
	return resolved;
}
