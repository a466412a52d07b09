/* Takes the names from the groups of the pods (resolve/resolved.h), in one world or in both. */
#include "ask/graph/isolating.h"

#include "base/arena.h"
#include "model/words.h"

struct isolating {
	struct arena *arena;
	struct picture *picture;
	struct table *names; /* index: node; keys: the names of the policies that isolate it */
};

static bool denies(const struct cluster_policy *policy, enum direction direction)
{
	for (size_t i = 0; i < policy->rule_count[direction]; i++)
		if (policy->rules[direction][i].action == ACTION_DENY ||
		    policy->rules[direction][i].is_closed)
			return true;
	return false;
}

static void add_name(struct isolating *isolating, size_t node, const char *name)
{
	struct graph_policies *policies = &isolating->picture->policies[node];
	bool added = false;

	isolating->names[node].arena = isolating->arena;
	table_keep(&isolating->names[node], name, strlen(name), &added);
	if (added)
		arena_push(isolating->arena, policies->names, policies->count, name);
}

/*
 * Adds the names of the group's policies, and of its cluster policies that deny something, each
 * once.
 */
static void add_policies(struct isolating *isolating, const struct resolved *resolved,
			 const struct group *group, size_t node)
{
	const struct objects *objects = resolved->objects;

	for (size_t i = 0; group && i < group->policy_count; i++)
		add_name(isolating, node,
			 policy_text(isolating->arena, &objects->policies[group->policies[i]]));
	for (size_t tier = 0; group && tier < TIERS; tier++)
		for (size_t i = 0; i < group->tier_count[tier]; i++) {
			const struct cluster_policy *policy =
				&objects->cluster_policies[group->tiers[tier][i]];

			if (denies(policy, group->direction))
				add_name(isolating, node, policy->name);
		}
}

static void find_policies(struct isolating *isolating, enum age age)
{
	const struct graph_nodes *nodes = &isolating->picture->nodes;
	const struct resolved *resolved = nodes->worlds[age]->resolved;

	for (size_t i = 0; i < nodes->count; i++) {
		size_t party = nodes->items[i].party[age];

		if (party == NO_PARTY || nodes->items[i].sort == NODE_OUTSIDE)
			continue;
		for (enum direction direction = INGRESS; direction < DIRECTIONS; direction++)
			add_policies(isolating, resolved,
				     nodes->worlds[age]
					     ->group_of[direction]
						       [nodes->worlds[age]->parties[party].pod],
				     i);
	}
}

void graph_isolating_find(struct arena *arena, struct picture *picture)
{
	const size_t count = picture->nodes.count;
	struct isolating isolating = {arena, picture,
				      arena_array(arena, count, sizeof(*isolating.names))};

	picture->policies = arena_array(arena, count, sizeof(*picture->policies));
	for (enum age age = picture->two ? OLD : NEW; age < AGES; age++)
		find_policies(&isolating, age);
}
