/*
 * Copies the objects' arrays with one item more, which is modelled after one of those that are
 * there.
 */
#include "variants.h"

#include "base/arena.h"
#include "base/bits.h"

#include <stdlib.h>

static bool is_local(const struct pod *pod, const char *node)
{
	return !node || !strcmp(pod->node, node);
}

const struct pod *variant_local_pod(const struct resolved *resolved, const char *node)
{
	const struct objects *objects = resolved->objects;

	for (size_t i = 0; i < objects->pod_count; i++)
		if (is_local(&objects->pods[i], node) && bits_has(resolved->isolated[INGRESS], i) &&
		    bits_has(resolved->isolated[EGRESS], i))
			return &objects->pods[i];
	return NULL;
}

static int compare_addrs(const void *a, const void *b)
{
	return memcmp(a, ((const struct pod_addr *)b)->bytes, 4);
}

/* Counts, for each pod, the sets in which its IPv4 addresses are. */
static uint32_t *count_sets(struct arena *arena, const struct resolved *resolved,
			    const struct ruleset *ruleset)
{
	uint32_t *counts = arena_array(arena, resolved->objects->pod_count, sizeof(*counts));

	for (size_t i = 0; i < ruleset->set_count; i++) {
		const struct set *set = &ruleset->sets[i];

		if (set->verdicts || set->interval || field_type(set->fields[0]) != FIELD_IP_SADDR)
			continue;
		for (size_t k = 0; k < set->count; k++) {
			const struct pod_addr *addr =
				bsearch(set->keys + k * set_key_len(set), resolved->addrs[V4],
					resolved->addr_count[V4], sizeof(*addr), compare_addrs);

			if (addr)
				counts[addr->pod]++;
		}
	}
	return counts;
}

const struct pod *variant_remote_pod(struct arena *arena, const struct resolved *resolved,
				     const struct ruleset *ruleset, const char *node)
{
	const struct objects *objects = resolved->objects;
	const uint32_t *counts = count_sets(arena, resolved, ruleset);
	const struct pod *most = NULL;
	size_t sets = 0;

	for (size_t i = 0; i < objects->pod_count; i++) {
		if (is_local(&objects->pods[i], node) || counts[i] <= sets)
			continue;
		sets = counts[i];
		most = &objects->pods[i];
	}
	return most;
}

/* These addresses (of RFC 2544, and a private one) are in no generated cluster. */
static const struct addr new_addrs[FAMILIES] = {
	{.family = V4, .bytes = {198, 18, 0, 1}},
	{.family = V6, .bytes = {0xfd, 0xff, [15] = 1}},
};

struct pod variant_pod(struct arena *arena, const struct pod *like)
{
	struct pod pod = *like;

	pod.name = arena_printf(arena, "%s-more", like->name);
	pod.addrs = arena_array(arena, like->addr_count, sizeof(*pod.addrs));
	for (size_t i = 0; i < like->addr_count; i++)
		pod.addrs[i] = new_addrs[like->addrs[i].family];
	return pod;
}

/* Copies an array with one item more, before the item @at. */
static void *insert(struct arena *arena, const void *items, size_t count, size_t size, size_t at,
		    const void *item)
{
	char *larger = arena_array(arena, count + 1, size);

	memcpy(larger, items, at * size);
	memcpy(larger + at * size, item, size);
	memcpy(larger + (at + 1) * size, (const char *)items + at * size, (count - at) * size);
	return larger;
}

/* Does an object stand before this one? */
static bool is_before(const char *namespace, const char *name, const char *of_namespace,
		      const char *of_name)
{
	int order = strcmp(namespace, of_namespace);

	return order ? order < 0 : strcmp(name, of_name) < 0;
}

struct objects variant_with_pod(const struct objects *objects, const struct pod *pod)
{
	struct objects with = *objects;
	size_t at = 0;

	while (at < objects->pod_count &&
	       is_before(objects->pods[at].namespace, objects->pods[at].name, pod->namespace,
			 pod->name))
		at++;
	with.pods = insert(objects->arena, objects->pods, with.pod_count++, sizeof(*pod), at, pod);
	return with;
}

/* Returns the first policy that a pod is under for ingress. */
static const struct policy *policy_of(const struct resolved *resolved, const struct pod *pod)
{
	const struct objects *objects = resolved->objects;
	uint32_t number = (uint32_t)(pod - objects->pods);

	for (size_t i = 0; i < resolved->group_count; i++)
		for (size_t k = 0; k < resolved->groups[i].pod_count; k++)
			if (resolved->groups[i].pods[k] == number)
				return &objects->policies[resolved->groups[i].policies[0]];
	return NULL;
}

struct objects variant_with_policy(const struct resolved *resolved, const struct pod *local)
{
	struct objects with = *resolved->objects;
	struct policy policy = *policy_of(resolved, local);
	size_t at = 0;

	policy.name = arena_printf(with.arena, "%s-more", policy.name);
	while (at < with.policy_count &&
	       is_before(with.policies[at].namespace, with.policies[at].name, policy.namespace,
			 policy.name))
		at++;
	with.policies =
		insert(with.arena, with.policies, with.policy_count++, sizeof(policy), at, &policy);
	return with;
}
