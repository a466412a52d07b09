/*
 * Calls each step of the resolver once, in the order of the data: identities of pods, addresses,
 * definitions of peers, groups of targets.
 */
#include "resolve/resolve.h"

#include "base/arena.h"
#include "resolve/addresses.h"
#include "resolve/groups.h"
#include "resolve/peers.h"

/*
 * Returns the number of the namespace, with the labels of its object, or with the one label that
 * every namespace has.
 */
static uint32_t find_namespace(struct identities *identities, const struct objects *objects,
			       const char *name)
{
	bool added;
	uint32_t number = identities_namespace(identities, name, &added);
	struct labelled_namespace *namespace = &identities->namespaces[number];

	if (added) {
		struct label *own = arena_alloc(identities->arena, sizeof(*own));

		namespace->labels =
			objects_namespace_labels(objects, name, own, &namespace->label_count);
	}
	return number;
}

/* Finds the identity of each pod. */
static uint32_t *identify_pods(struct identities *identities, const struct objects *objects)
{
	uint32_t *identity_of =
		arena_array(identities->arena, objects->pod_count, sizeof(*identity_of));
	const char *name = NULL;
	uint32_t namespace = 0;

	for (size_t i = 0; i < objects_enforced(objects); i++)
		identities_ask_policy(identities, &objects->policies[i]);
	for (size_t i = 0; i < objects->cluster_policy_count; i++)
		identities_ask_cluster_policy(identities, &objects->cluster_policies[i]);
	for (size_t i = 0; i < objects->pod_count; i++) {
		const struct pod *pod = &objects->pods[i];

		if (!name || strcmp(pod->namespace, name) != 0)
		namespace = find_namespace(identities, objects, pod->namespace);
		name = pod->namespace;
		identity_of[i] = identities_of(identities, namespace, pod);
	}
	return identity_of;
}

/*
 * Finds the identity of each pod as a target of policies.  A pod that only joint policies select
 * has an identity of its own here, in a namespace that is made up for it.
 */
static const uint32_t *identify_targets(struct identities *identities,
					const struct objects *objects, const uint32_t *identity_of)
{
	uint32_t *target_of;

	if (!objects->joint_count)
		return identity_of;
	target_of = arena_array(identities->arena, objects->pod_count, sizeof(*target_of));
	for (size_t i = 0; i < objects->pod_count; i++) {
		const struct pod *pod = &objects->pods[i];

		target_of[i] = pod->is_joint
				       ? identities_of(identities,
						       target_namespace(identities, pod->namespace,
									pod->shares),
						       pod)
				       : identity_of[i];
	}
	return target_of;
}

struct resolved *resolve(struct arena *arena, const struct objects *objects, const char *node)
{
	struct arena *scratch = arena_new();
	struct resolved *resolved = arena_alloc(arena, sizeof(*resolved));
	struct identities identities;
	const struct selection *selection;
	const uint32_t *identity_of;
	struct wanted wanted = {bits_new(scratch, objects_enforced(objects)),
				bits_new(scratch, objects->cluster_policy_count)};

	identities_init(&identities, scratch);
	identity_of = identify_pods(&identities, objects);
	selection = select_pods(scratch, &identities,
				identify_targets(&identities, objects, identity_of), objects, node);
	resolved->objects = objects;
	for (size_t i = 0; i < objects_enforced(objects); i++)
		if (!node || selects_pods(selection, i))
			bits_set(&wanted.policies, i);
	for (size_t i = 0; i < objects->cluster_policy_count; i++)
		if (!node || cluster_selects_pods(selection, i))
			bits_set(&wanted.cluster_policies, i);
	resolve_addresses(arena, scratch, node, resolved);
	resolve_peers(arena, scratch, &identities, identity_of, &wanted, resolved);
	make_groups(arena, scratch, selection, !node, resolved);
	arena_free(scratch);
	return resolved;
}
