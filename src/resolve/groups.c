/*
 * Finds the group of each pod.
 *
 * The hard idea: the group of a pod is decided by the classes that isolate it in a direction,
 * together with the numbers that its named ports have.  Both are the same for all pods of an
 * identity, so groups are found once for each identity.
 */
#include "resolve/groups.h"

#include "base/arena.h"
#include "base/numbers.h"
#include "resolve/policy_classes.h"

#include <stdlib.h>

/*
 * A combination of classes.  The identities that are in exactly these classes are under the same
 * policies in one direction.
 */
struct class_bundle {
	const uint32_t *policies; /* ascending; none: no policy isolates them */
	size_t policy_count;
	bool is_audited;              /* as in struct group */
	const uint32_t *tiers[TIERS]; /* as in struct group */
	size_t tier_count[TIERS];
	bool named; /* @ports are filled in */
	/* the ports that the policies name, without numbers and repetitions */
	const struct pod_port *ports;
	size_t port_count;
};

struct grouping {
	struct arena *arena, *scratch;
	const struct selection *selection;
	struct resolved *resolved;
	enum direction direction;
	struct table bundle_keys; /* keys: lists of classes; the numbers are indices to: */
	struct class_bundle *bundles;
	size_t bundle_count;
	struct table keys; /* keys: group_key(); the numbers of groups, counted from: */
	uint32_t first;
	/*
	 * index: identity; the number of its group plus 2, or 1: it has no group, or 0: not looked
	 * up yet
	 */
	uint32_t *group_of;
};

static bool isolates(const struct grouping *grouping, uint32_t policy)
{
	return grouping->resolved->objects->policies[policy].isolates[grouping->direction];
}

static bool is_asked(const struct grouping *grouping, uint32_t cluster_policy, enum tier tier)
{
	const struct cluster_policy *policy =
		&grouping->resolved->objects->cluster_policies[cluster_policy];

	return policy->tier == tier && policy->rule_count[grouping->direction] > 0;
}

/* Adds the cluster policies of the classes to the bundle, tier by tier. */
static void add_tiers(const struct grouping *grouping, const uint32_t *classes, size_t count,
		      struct class_bundle *bundle)
{
	for (enum tier tier = TIER_ADMIN; tier < TIERS; tier++) {
		uint32_t *policies = NULL;
		size_t found = 0;

		if (tier == TIER_BASELINE && bundle->policy_count && !bundle->is_audited)
			continue;
		for (size_t i = 0; i < count; i++) {
			const struct class *class = &grouping->selection->classes[classes[i]];

			for (size_t k = 0; k < class->cluster_policy_count; k++)
				if (is_asked(grouping, class->cluster_policies[k], tier))
					arena_push(grouping->arena, policies, found,
						   class->cluster_policies[k]);
		}
		bundle->tiers[tier] = policies;
		bundle->tier_count[tier] = numbers_sort(policies, found);
	}
}

/* Drops the audited policies from the bundle, unless there are no others. */
static void leave_audited(const struct grouping *grouping, uint32_t *policies,
			  struct class_bundle *bundle)
{
	const struct policy *all = grouping->resolved->objects->policies;
	size_t kept = 0;

	for (size_t i = 0; i < bundle->policy_count; i++)
		if (!all[policies[i]].is_audited)
			policies[kept++] = policies[i];
	if (kept)
		bundle->policy_count = kept;
	else
		bundle->is_audited = bundle->policy_count > 0;
}

/*
 * Makes the bundle of the classes: the policies among them that isolate, and the cluster policies.
 */
static struct class_bundle make_bundle(const struct grouping *grouping, const uint32_t *classes,
				       size_t count)
{
	size_t most = 0;
	struct class_bundle bundle = {0};
	uint32_t *policies;

	for (size_t i = 0; i < count; i++)
		most += grouping->selection->classes[classes[i]].policy_count;
	policies = arena_array(grouping->arena, most, sizeof(*policies));
	for (size_t i = 0; i < count; i++) {
		const struct class *class = &grouping->selection->classes[classes[i]];

		for (size_t k = 0; k < class->policy_count; k++)
			if (isolates(grouping, class->policies[k]))
				policies[bundle.policy_count++] = class->policies[k];
	}
	leave_audited(grouping, policies, &bundle);
	bundle.policies = policies;
	bundle.policy_count = numbers_sort(policies, bundle.policy_count);
	add_tiers(grouping, classes, count, &bundle);
	return bundle;
}

/* Returns the classes of an identity that have policies for this direction. */
static const uint32_t *find_classes(const struct grouping *grouping, uint32_t identity,
				    size_t *count)
{
	const struct selection *selection = grouping->selection;
	size_t all;
	const uint32_t *of = classes_of(selection, identity, grouping->scratch, &all);
	uint32_t *classes = arena_array(grouping->scratch, all, sizeof(*classes));

	*count = 0;
	for (size_t i = 0; i < all; i++)
		if (selection->classes[of[i]].concerns[grouping->direction])
			classes[(*count)++] = of[i];
	return classes;
}

/* Returns the number of the identity's bundle; makes the bundle if it is new. */
static uint32_t find_bundle(struct grouping *grouping, uint32_t identity)
{
	size_t count;
	const uint32_t *classes = find_classes(grouping, identity, &count);
	bool added;
	uint32_t number =
		table_keep(&grouping->bundle_keys, classes, count * sizeof(*classes), &added);

	if (added)
		arena_push(grouping->scratch, grouping->bundles, grouping->bundle_count,
			   make_bundle(grouping, classes, count));
	return number;
}

static int compare_numbers(const void *a, const void *b)
{
	const struct pod_port *x = a, *y = b;
	int order = strcmp(x->name, y->name);

	if (!order)
		order = (int)x->protocol - (int)y->protocol;
	return order ? order : (int)x->number - (int)y->number;
}

/* Sorts ports and removes repetitions; returns how many are left. */
static size_t sort_ports(struct pod_port *ports, size_t count)
{
	size_t kept = 0;

	if (count)
		qsort(ports, count, sizeof(*ports), compare_numbers);
	for (size_t i = 0; i < count; i++)
		if (!kept || compare_numbers(&ports[i], &ports[kept - 1]))
			ports[kept++] = ports[i];
	return kept;
}

/* Finds the ports that the policies' ingress rules name. */
static void find_ports(struct grouping *grouping, struct class_bundle *bundle)
{
	struct pod_port *ports = NULL;
	size_t count = 0;

	for (size_t i = 0; i < bundle->policy_count; i++) {
		const struct policy_grants *of =
			&grouping->resolved->grants[INGRESS][bundle->policies[i]];

		for (size_t k = 0; k < of->count; k++)
			if (of->grants[k].port_name)
				arena_push(grouping->scratch, ports, count,
					   ((struct pod_port){.name = of->grants[k].port_name,
							      .protocol = of->grants[k].protocol}));
	}
	for (size_t tier = 0; tier < TIERS; tier++) {
		for (size_t i = 0; i < bundle->tier_count[tier]; i++) {
			const struct tier_grants *of =
				&grouping->resolved->tier_grants[INGRESS][bundle->tiers[tier][i]];

			for (size_t k = 0; k < of->count; k++)
				if (of->grants[k].port_name)
					arena_push(grouping->scratch, ports, count,
						   ((struct pod_port){
							   .name = of->grants[k].port_name,
							   .protocol = of->grants[k].protocol}));
		}
	}
	bundle->named = true;
	bundle->ports = ports;
	bundle->port_count = sort_ports(ports, count);
}

/* Finds the numbers that these names have for an identity, sorted and without repetitions. */
static void find_numbers(struct grouping *grouping, const struct class_bundle *bundle,
			 const struct identity *identity, struct group *group)
{
	struct pod_port *numbers = NULL;
	size_t count = 0;

	for (size_t i = 0; i < bundle->port_count; i++)
		for (size_t k = 0; k < identity->port_count; k++)
			if ((bundle->ports[i].protocol == PROTOCOL_ANY ||
			     identity->ports[k].protocol == bundle->ports[i].protocol) &&
			    !strcmp(identity->ports[k].name, bundle->ports[i].name))
				arena_push(grouping->scratch, numbers, count, identity->ports[k]);
	group->numbers = numbers;
	group->number_count = sort_ports(numbers, count);
}

/*
 * Makes a key that is the same only for the same bundle and the same numbers; returns its length.
 */
static size_t group_key(struct arena *arena, uint32_t bundle, const struct group *group, char **key)
{
	size_t len = sizeof(bundle);
	char *end;

	for (size_t i = 0; i < group->number_count; i++)
		len += strlen(group->numbers[i].name) + 4;
	end = *key = arena_alloc(arena, len);
	memcpy(end, &bundle, sizeof(bundle));
	end += sizeof(bundle);
	for (size_t i = 0; i < group->number_count; i++) {
		const struct pod_port *port = &group->numbers[i];

		end = stpcpy(end, port->name) + 1;
		*end++ = (char)port->protocol;
		memcpy(end, &port->number, 2);
		end += 2;
	}
	return len;
}

static void keep_numbers(struct grouping *grouping, struct group *group)
{
	size_t bytes = group->number_count * sizeof(*group->numbers);
	struct pod_port *kept = arena_alloc(grouping->arena, bytes);

	if (bytes)
		memcpy(kept, group->numbers, bytes);
	group->numbers = kept;
}

/* Does a cluster policy of the group deny anything? */
static bool denies_any(const struct grouping *grouping, const struct group *group)
{
	const struct tier_grants *all = grouping->resolved->tier_grants[grouping->direction];

	for (size_t tier = 0; tier < TIERS; tier++)
		for (size_t i = 0; i < group->tier_count[tier]; i++)
			for (size_t k = 0; k < all[group->tiers[tier][i]].count; k++)
				if (all[group->tiers[tier][i]].grants[k].action == ACTION_DENY)
					return true;
	return false;
}

/*
 * Returns the number of the identity's group plus 2, or 1 if it has none.  The group is made if it
 * is new.
 */
static uint32_t find_group(struct grouping *grouping, uint32_t identity)
{
	struct resolved *resolved = grouping->resolved;
	const uint32_t number = find_bundle(grouping, identity);
	struct class_bundle *bundle = &grouping->bundles[number];
	const struct identity *of = &grouping->selection->identities->items[identity];
	struct group group = {
		.direction = grouping->direction,
		.policies = bundle->policies,
		.policy_count = bundle->policy_count,
		.is_audited = bundle->is_audited,
	};
	uint32_t before;
	size_t len;
	bool added;
	char *key;

	if (!bundle->policy_count && !bundle->tier_count[TIER_ADMIN] &&
	    !bundle->tier_count[TIER_BASELINE])
		return 1;
	memcpy(group.tiers, bundle->tiers, sizeof(group.tiers));
	memcpy(group.tier_count, bundle->tier_count, sizeof(group.tier_count));
	if (grouping->direction == INGRESS && of->port_count) {
		if (!bundle->named)
			find_ports(grouping, bundle);
		find_numbers(grouping, bundle, of, &group);
	}
	len = group_key(grouping->scratch, number, &group, &key);
	before = table_keep(&grouping->keys, key, len, &added);
	if (!added)
		return before + grouping->first + 2;
	keep_numbers(grouping, &group);
	group.denies = denies_any(grouping, &group);
	arena_push(grouping->arena, resolved->groups, resolved->group_count, group);
	return (uint32_t)resolved->group_count + 1;
}

/* Puts a pod into the group of its identity, if that has one. */
static void add_pod(struct grouping *grouping, uint32_t pod)
{
	struct resolved *resolved = grouping->resolved;
	uint32_t identity = grouping->selection->identity_of[pod];
	uint32_t *number = &grouping->group_of[identity];
	struct group *into;
	bool isolated;

	if (!*number)
		*number = find_group(grouping, identity);
	if (*number == 1)
		return;
	into = &resolved->groups[*number - 2];
	isolated = into->policy_count && !into->is_audited;
	if (isolated)
		bits_set(resolved->isolated[grouping->direction], pod);
	if (isolated || into->denies)
		bits_set(resolved->denied[grouping->direction], pod);
	arena_push(grouping->arena, into->pods, into->pod_count, pod);
}

/* Adds groups for policies that select nobody, so that people find these in the ruleset, too. */
static void add_empty_groups(struct grouping *grouping)
{
	struct resolved *resolved = grouping->resolved;

	for (uint32_t i = 0; i < objects_enforced(resolved->objects); i++) {
		struct group group = {.direction = grouping->direction, .policy_count = 1};
		uint32_t *policies;

		if (!isolates(grouping, i) || selects_pods(grouping->selection, i))
			continue;
		policies = arena_alloc(grouping->arena, sizeof(*policies));
		*policies = i;
		group.policies = policies;
		group.is_audited = resolved->objects->policies[i].is_audited;
		arena_push(grouping->arena, resolved->groups, resolved->group_count, group);
	}
}

static void add_empty_cluster_groups(struct grouping *grouping)
{
	struct resolved *resolved = grouping->resolved;

	for (uint32_t i = 0; i < resolved->objects->cluster_policy_count; i++) {
		const enum tier tier = resolved->objects->cluster_policies[i].tier;
		struct group group = {.direction = grouping->direction};
		uint32_t *policies;

		if (!is_asked(grouping, i, tier) || cluster_selects_pods(grouping->selection, i))
			continue;
		policies = arena_alloc(grouping->arena, sizeof(*policies));
		*policies = i;
		group.tiers[tier] = policies;
		group.tier_count[tier] = 1;
		arena_push(grouping->arena, resolved->groups, resolved->group_count, group);
	}
}

static int compare_lists(const uint32_t *a, size_t a_count, const uint32_t *b, size_t b_count)
{
	int order = 0;

	for (size_t i = 0; !order && i < a_count && i < b_count; i++)
		order = (a[i] > b[i]) - (a[i] < b[i]);
	return order ? order : (a_count > b_count) - (a_count < b_count);
}

static int compare_groups(const void *a, const void *b)
{
	const struct group *x = a, *y = b;
	int order = (int)x->direction - (int)y->direction;

	if (!order)
		order = compare_lists(x->policies, x->policy_count, y->policies, y->policy_count);
	for (size_t i = 0; !order && i < TIERS; i++)
		order = compare_lists(x->tiers[i], x->tier_count[i], y->tiers[i], y->tier_count[i]);
	for (size_t i = 0; !order && i < x->number_count && i < y->number_count; i++)
		order = compare_numbers(&x->numbers[i], &y->numbers[i]);
	if (!order)
		order = (x->number_count > y->number_count) - (x->number_count < y->number_count);
	return order;
}

void make_groups(struct arena *arena, struct arena *scratch, const struct selection *selection,
		 bool all, struct resolved *resolved)
{
	size_t pods = resolved->objects->pod_count;

	for (enum direction direction = INGRESS; direction < DIRECTIONS; direction++) {
		struct grouping grouping = {
			.arena = arena,
			.scratch = scratch,
			.selection = selection,
			.resolved = resolved,
			.direction = direction,
			.bundle_keys.arena = scratch,
			.keys.arena = scratch,
			.first = (uint32_t)resolved->group_count,
			.group_of = arena_array(scratch, selection->identities->count,
						sizeof(uint32_t)),
		};
		const struct bits *enforced = &selection->enforced;

		resolved->isolated[direction] = arena_alloc(arena, sizeof(struct bits));
		*resolved->isolated[direction] = bits_new(arena, pods);
		resolved->denied[direction] = arena_alloc(arena, sizeof(struct bits));
		*resolved->denied[direction] = bits_new(arena, pods);
		for (size_t pod = 0; (pod = bits_next(enforced, pod)) < pods; pod++)
			add_pod(&grouping, (uint32_t)pod);
		if (!all)
			continue;
		add_empty_groups(&grouping);
		add_empty_cluster_groups(&grouping);
	}
	if (resolved->group_count)
		qsort(resolved->groups, resolved->group_count, sizeof(struct group),
		      compare_groups);
}
