/*
 * Finds out from the kernel's table what is in force.
 *
 * Nothing else is used, so that what is said is what is enforced; only the number of policies comes
 * from the record beside the table, if there is one.  A pod is an element of a pod map that does
 * not lead to the chain `free`; elements with the same comment are one pod.  A group is a chain
 * NAME for which there is another chain, NAME/deny.
 *
 * What a chain is for is learnt from its name, as ruleset/layout.h defines the names: nothing else
 * in a table that nft loaded says it, and a chain whose rules or comment somebody has altered must
 * be recognised, too.
 */
#include "node/status.h"

#include "base/arena.h"
#include "base/table.h"
#include "lower/names.h"
#include "ruleset/layout.h"

#include <stdio.h>
#include <stdlib.h>

/*
 * Finds the chains to which the pod maps lead for pods that only audited policies isolate.  These
 * chains deny nothing.
 */
static struct table find_audited(struct arena *arena, const struct ruleset *ruleset)
{
	struct table audited = {.arena = arena};

	for (size_t i = 0; i < ruleset->chain_count; i++) {
		const struct chain *chain = &ruleset->chains[i];
		const char *free = arena_join(arena, chain->name, CHAIN_AUDIT_FREE, NULL);

		if (!chain->rule_count || chain->rules[0].kind != RULE_NOT_SYN ||
		    chain->rules[0].verdict.kind == VERDICT_JUMP)
			continue;
		table_add(&audited, chain->name, strlen(chain->name), NULL);
		table_add(&audited, free, strlen(free), NULL);
	}
	return audited;
}

static size_t count_isolated(struct arena *arena, const struct ruleset *ruleset,
			     enum direction direction)
{
	struct table pods = {.arena = arena};
	const struct table audited = find_audited(arena, ruleset);

	for (enum family family = V4; family < FAMILIES; family++) {
		const struct set *map = layout_pod_map(ruleset, direction, family);

		for (size_t k = 0; map && k < map->count; k++) {
			const char *chain = map->verdicts[k].chain;
			const char *pod = map->comments ? map->comments[k] : NULL;

			if (!chain || !strcmp(chain, CHAIN_FREE) ||
			    table_find(&audited, chain, strlen(chain)) != TABLE_NONE)
				continue;
			if (pod)
				table_add(&pods, pod, strlen(pod), NULL);
			else
				table_add(&pods, map->keys + k * set_key_len(map), set_key_len(map),
					  NULL);
		}
	}
	return pods.count;
}

static struct status_group count_denied(const struct chain *chain, const char *name)
{
	struct status_group group = {.name = name};

	for (size_t i = 0; i < chain->rule_count; i++) {
		group.packets += chain->rules[i].packets;
		group.bytes += chain->rules[i].bytes;
	}
	return group;
}

static int compare_groups(const void *a, const void *b)
{
	const struct status_group *x = a, *y = b;

	if (x->packets != y->packets)
		return x->packets > y->packets ? -1 : 1;
	return strcmp(x->name, y->name);
}

static void add_altered(struct arena *arena, struct status *status, const char *kind,
			const char *name)
{
	arena_push(arena, status->altered, status->altered_count,
		   arena_printf(arena, "%s %s", kind, name));
}

static bool is_base_chain(const struct ruleset *ruleset, const struct chain *chain)
{
	if (chain->base && !chain_is_entry(chain))
		return !chain->foreign && !chain->elsewhere && !strcmp(chain->name, CHAIN_INPUT);
	return chain->base && !chain->foreign && !chain->elsewhere &&
	       layout_has_base_rules(ruleset, chain);
}

/*
 * Counts what a chain has denied in which denied packets end, and reports it if it denies no more.
 */
static struct status_group look_at_deny(struct arena *arena, struct status *status,
					const struct chain *chain, const char *name)
{
	if (!chain->foreign && !chain_denies(chain))
		add_altered(arena, status, "chain", chain->name);
	return count_denied(chain, name);
}

/* Counts what ends in the chain, if it is one in which cluster policies deny. */
static bool take_tier(struct arena *arena, struct status *status, const struct chain *chain)
{
	const enum tier tier = layout_denying_tier(chain->name);
	const size_t len = strlen(chain->name) - strlen(CHAIN_DENY);

	if (layout_ends_in(chain->name, CHAIN_MIXED CHAIN_DENY)) {
		const struct status_group group = look_at_deny(arena, status, chain, chain->name);

		status->mixed.packets += group.packets;
		status->mixed.bytes += group.bytes;
		return true;
	}
	if (tier == TIERS)
		return false;
	arena_push(arena, status->tiers[tier], status->tier_counts[tier],
		   look_at_deny(arena, status, chain, arena_strndup(arena, chain->name, len)));
	return true;
}

static void find_groups(struct arena *arena, const struct ruleset *ruleset, struct status *status)
{
	struct table names = {.arena = arena};

	for (size_t i = 0; i < ruleset->chain_count; i++)
		table_add(&names, ruleset->chains[i].name, strlen(ruleset->chains[i].name), NULL);
	for (size_t i = 0; i < ruleset->chain_count; i++) {
		const struct chain *chain = &ruleset->chains[i];
		size_t len = strlen(chain->name), tail = strlen(CHAIN_DENY);

		if (layout_ends_in(chain->name, CHAIN_AUDIT))
			arena_push(arena, status->audited, status->audited_count,
				   count_denied(chain, arena_strndup(arena, chain->name,
								     len - strlen(CHAIN_AUDIT))));
		if (!strcmp(chain->name, CHAIN_MIDSTREAM))
			status->midstream = look_at_deny(arena, status, chain, chain->name);
		if (!strcmp(chain->name, CHAIN_LINK CHAIN_DENY)) {
			status->link = look_at_deny(arena, status, chain, chain->name);
			continue;
		}
		if (take_tier(arena, status, chain))
			continue;
		if (len <= tail || strcmp(chain->name + len - tail, CHAIN_DENY) != 0 ||
		    table_find(&names, chain->name, len - tail) == TABLE_NONE)
			continue;
		arena_push(arena, status->groups, status->group_count,
			   look_at_deny(arena, status, chain,
					arena_strndup(arena, chain->name, len - tail)));
	}
	if (status->group_count)
		qsort(status->groups, status->group_count, sizeof(*status->groups), compare_groups);
	for (enum tier tier = TIER_ADMIN; tier < TIERS; tier++)
		if (status->tier_counts[tier])
			qsort(status->tiers[tier], status->tier_counts[tier],
			      sizeof(*status->tiers[tier]), compare_groups);
	if (status->audited_count)
		qsort(status->audited, status->audited_count, sizeof(*status->audited),
		      compare_groups);
}

static void find_altered(struct arena *arena, const struct ruleset *ruleset, struct status *status)
{
	if (ruleset->readback.foreign)
		add_altered(arena, status, "table", ruleset->table);
	if (!ruleset->chain_count || !ruleset->chains[0].base)
		add_altered(arena, status, "chain", CHAIN_FORWARD);
	for (size_t i = 0; i < ruleset->chain_count; i++) {
		const struct chain *chain = &ruleset->chains[i];

		if (chain->foreign || (chain->base && !is_base_chain(ruleset, chain)))
			add_altered(arena, status, "chain", chain->name);
	}
	for (size_t i = 0; i < ruleset->set_count; i++)
		if (ruleset->sets[i].foreign)
			add_altered(arena, status, ruleset->sets[i].verdicts ? "map" : "set",
				    ruleset->sets[i].name);
	for (size_t i = 0; i < ruleset->readback.extra_count; i++)
		add_altered(arena, status, ruleset->readback.extras[i].kind,
			    ruleset->readback.extras[i].name);
}

/*
 * Counts the policies that isolate pods.  If the ruleset that was applied is kept beside the table,
 * and is in force, the number is known.  Otherwise (nft loaded the table, or something has changed
 * it) the policies are counted that the groups' names tell; a long name tells only some of them.
 */
static void count_policies(struct arena *arena, const struct kernel_table *table,
			   struct status *status)
{
	struct table names = {.arena = arena};

	status->kept = kept_compare(arena, &table->ruleset, table->handle, &status->policies);
	if (status->kept == KEPT_SAME)
		return;
	for (size_t i = 0; i < status->group_count; i++)
		status->policies_cut |= name_policies(arena, status->groups[i].name, &names);
	for (size_t i = 0; i < status->audited_count; i++)
		status->policies_cut |= name_policies(arena, status->audited[i].name, &names);
	/* A name that was cut within its first policy still stands for one policy. */
	status->policies = status->policies_cut && !names.count ? 1 : names.count;
}

struct status status_of(struct arena *arena, const struct kernel_table *table)
{
	const struct ruleset *ruleset = &table->ruleset;
	struct status status = {
		.in_force = table->exists, .table = ruleset->table, .handle = table->handle};

	for (enum direction direction = INGRESS; direction < DIRECTIONS; direction++)
		status.isolated[direction] = count_isolated(arena, ruleset, direction);
	find_groups(arena, ruleset, &status);
	count_policies(arena, table, &status);
	for (size_t i = 0; i < ruleset->set_count; i++) {
		if (ruleset->sets[i].verdicts)
			continue;
		status.sets++;
		status.elements += ruleset->sets[i].count;
	}
	if (table->exists)
		find_altered(arena, ruleset, &status);
	status.mark = kept_mark(arena, ruleset->table);
	return status;
}
