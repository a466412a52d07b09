/*
 * Calls each step of the resolver once, in the order of the data: identities of pods, addresses,
 * definitions of peers, groups of targets.
 */
#include "resolve/resolve.h"

#include "base/arena.h"
#include "resolve/addresses.h"
#include "resolve/groups.h"
#include "resolve/peers.h"
#include "resolve/policy_classes.h"

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
	identity_of = identities_of_pods(&identities, objects);
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
