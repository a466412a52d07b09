/* Puts the policies into classes, and finds out which of these select enforced pods. */
#include "resolve/policy_classes.h"

#include "base/arena.h"

/* Returns the set of pods that are enforced. */
static struct bits enforced_pods(struct arena *arena, const struct objects *objects,
				 const char *node)
{
	struct bits enforced = bits_new(arena, objects->pod_count);

	for (size_t i = 0; i < objects->pod_count; i++)
		if (pod_is_enforced(&objects->pods[i], node))
			bits_set(&enforced, i);
	return enforced;
}

uint32_t target_namespace(struct identities *identities, const char *name, uint32_t joint)
{
	uint32_t number;

	if (joint)
		name = arena_printf(identities->arena, "%s %u", name, joint);
	number = identities_namespace(identities, name, NULL);
	identities->namespaces[number].is_made_up = joint != 0;
	return number;
}

/* Returns the class of the selector with this number, and makes room for it if necessary. */
static struct class *class_at(struct arena *arena, struct selection *selection, uint32_t number)
{
	while (selection->class_count <= number)
		arena_push(arena, selection->classes, selection->class_count, ((struct class){0}));
	return &selection->classes[number];
}

/* Puts each cluster policy into the class of its subject. */
static void class_cluster_policies(struct arena *arena, const struct objects *objects,
				   struct selection *selection)
{
	selection->cluster_class_of =
		arena_array(arena, objects->cluster_policy_count, sizeof(uint32_t));
	for (size_t i = 0; i < objects->cluster_policy_count; i++) {
		const struct cluster_policy *policy = &objects->cluster_policies[i];
		struct class *class;

		selection->cluster_class_of[i] = TABLE_NONE;
		if (policy->selects_nothing)
			continue;
		selection->cluster_class_of[i] =
			selectors_add(selection->selectors, 0, policy->namespaces, policy->pods);
		class = class_at(arena, selection, selection->cluster_class_of[i]);
		arena_push(arena, class->cluster_policies, class->cluster_policy_count,
			   (uint32_t)i);
		for (enum direction direction = INGRESS; direction < DIRECTIONS; direction++)
			class->concerns[direction] |= policy->rule_count[direction] > 0;
	}
}

/* Puts each policy into the class of its selector. */
static void class_policies(struct arena *arena, const struct objects *objects,
			   struct selection *selection)
{
	selection->class_of = arena_array(arena, objects_enforced(objects), sizeof(uint32_t));
	for (size_t i = 0; i < objects_enforced(objects); i++) {
		const struct policy *policy = &objects->policies[i];
		uint32_t namespace =
			target_namespace(selection->identities, policy->namespace, policy->joint);
		uint32_t number =
			selectors_add(selection->selectors, namespace, NULL, policy->pods);
		struct class *class = class_at(arena, selection, number);

		arena_push(arena, class->policies, class->policy_count, (uint32_t)i);
		class->concerns[INGRESS] |= policy->isolates[INGRESS];
		class->concerns[EGRESS] |= policy->isolates[EGRESS];
		selection->class_of[i] = number;
	}
}

const uint32_t *classes_of(const struct selection *selection, uint32_t identity,
			   struct arena *arena, size_t *count)
{
	const struct identities *identities = selection->identities;
	size_t all;
	const uint32_t *of = selectors_of(selection->selectors, identity, &all);
	uint32_t *classes;

	*count = all;
	if (!identities->namespaces[identities->items[identity].namespace].is_made_up)
		return of;
	classes = arena_array(arena, all, sizeof(*classes));
	*count = 0;
	for (size_t i = 0; i < all; i++)
		if (!selection->classes[of[i]].cluster_policy_count)
			classes[(*count)++] = of[i];
	return classes;
}

/* Finds out which classes select enforced pods. */
static void find_selecting(struct arena *arena, struct selection *selection)
{
	struct bits seen = bits_new(arena, selection->identities->count);

	for (size_t i = 0; (i = bits_next(&selection->enforced, i)) < selection->enforced.size;
	     i++) {
		uint32_t identity = selection->identity_of[i];
		const uint32_t *classes;
		size_t count;

		if (bits_has(&seen, identity))
			continue;
		bits_set(&seen, identity);
		classes = classes_of(selection, identity, arena, &count);
		for (size_t k = 0; k < count; k++)
			selection->classes[classes[k]].selects = true;
	}
}

struct selection *select_pods(struct arena *arena, struct identities *identities,
			      const uint32_t *identity_of, const struct objects *objects,
			      const char *node)
{
	struct selection *selection = arena_alloc(arena, sizeof(*selection));

	*selection = (struct selection){
		.identities = identities,
		.identity_of = identity_of,
		.enforced = enforced_pods(arena, objects, node),
		.selectors = selectors_new(arena, identities),
	};
	class_policies(arena, objects, selection);
	class_cluster_policies(arena, objects, selection);
	find_selecting(arena, selection);
	return selection;
}

bool selects_pods(const struct selection *selection, size_t policy)
{
	return selection->classes[selection->class_of[policy]].selects;
}

bool cluster_selects_pods(const struct selection *selection, size_t cluster_policy)
{
	const uint32_t number = selection->cluster_class_of[cluster_policy];

	return number != TABLE_NONE && selection->classes[number].selects;
}
