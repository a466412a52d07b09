/*
 * Describes what rules of cluster policies do: a rule of the new world does what it says; a rule of
 * the old world did so, or no longer does.
 */
#include "ask/compare/tiers.h"

#include "base/arena.h"

/* What a rule does to a connection: as it stands in the new world, as it stood in the old one, and if it is gone. */
struct deed {
	const char *does, *no_more, *gone;
};

static struct deed deed_of(enum action action, enum direction direction)
{
	const bool in = direction == INGRESS;

	switch (action) {
	case ACTION_ACCEPT:
		return (struct deed){in ? "lets it in" : "lets it out",
				     in ? "lets it in no more" : "lets it out no more",
				     in ? "let it in, and is gone" : "let it out, and is gone"};
	case ACTION_DENY:
		return (struct deed){"denies it", "denies it no more", "denied it, and is gone"};
	case ACTION_PASS:
		break;
	}
	return (struct deed){"passes it on", "passes it on no more", "passed it on, and is gone"};
}

/* The cluster policy of this name; NULL: none. */
static const struct cluster_policy *find_policy(const struct objects *objects, const char *name)
{
	for (size_t i = 0; i < objects->cluster_policy_count; i++)
		if (!strcmp(objects->cluster_policies[i].name, name))
			return &objects->cluster_policies[i];
	return NULL;
}

/* What else was or is of the policy in the other world: ", now Baseline", ", before 60". */
static const char *moved_text(struct arena *arena, const struct cluster_policy *policy,
			      const struct cluster_policy *other, enum age age)
{
	const char *word = age == NEW ? "before" : "now";

	if (other && other->tier != policy->tier)
		return arena_printf(arena, ", %s %s", word, tier_text(other->tier));
	if (other && other->priority != policy->priority)
		return arena_printf(arena, ", %s %u", word, other->priority);
	return "";
}

/* A rule of the world of @of. */
static void add_rule(const struct tiers_change *change, enum age of, enum tier tier,
		     struct cause **causes, size_t *count)
{
	const struct tier_reasons *reasons = &change->reasons[of]->tiers[tier];
	const struct tier_reason *rule = reasons->decides;
	const struct cluster_policy *policy = rule->policy,
				    *other = find_policy(change->objects[!of], policy->name);
	const struct deed deed = deed_of(reasons->action, change->direction);
	const bool is_now = of == NEW || other;
	struct cause cause = {
		.direction = change->direction,
		.rule = rule,
		.age = is_now ? NEW : OLD,
		.mark = of == OLD && other ? other->mark : rule->rule->mark,
	};

	cause.text = arena_printf(
		change->arena, "%s policy %s%s%s%s%s, %s (%s:%u)", tier_text(policy->tier),
		tier_rule_text(change->arena, rule), reasons->tied ? ", which " : "",
		reasons->tied ? reasons->tied->name : "", reasons->tied ? " has as well" : "",
		moved_text(change->arena, policy, other, of),
		of == NEW ? deed.does
		: other   ? deed.no_more
			  : deed.gone,
		cause.mark.file, cause.mark.line);
	arena_push(change->arena, *causes, *count, cause);
}

static bool is_of_tier(enum decider decider, enum tier *tier)
{
	*tier = decider == DECIDER_ADMIN ? TIER_ADMIN : TIER_BASELINE;
	return decider == DECIDER_ADMIN || decider == DECIDER_BASELINE;
}

struct cause_list tier_causes(const struct tiers_change *change)
{
	const struct reasons *here = change->reasons[change->age];
	const struct reasons *there = change->reasons[!change->age];
	struct cause *causes = NULL;
	size_t count = 0;
	enum tier tier;

	if (there && is_of_tier(reasons_decider(there), &tier)) {
		const struct tier_reason *rule = here->tiers[tier].decides;

		add_rule(change, !change->age, tier, &causes, &count);
		if (rule && here->tiers[tier].action == ACTION_PASS)
			add_rule(change, change->age, tier, &causes, &count);
	}
	if (is_of_tier(reasons_decider(here), &tier))
		add_rule(change, change->age, tier, &causes, &count);
	return (struct cause_list){causes, count};
}
