/*
 * The chains, maps and rules that every table has.
 *
 * In:  a ruleset, compiled or read back.  Out: its map of a direction and family; the rules of the
 * base chain.
 *
 * The hard idea is the last group of the base chain's rules.  A packet that does not leave its link
 * reaches the hook only on a bridge, as a frame from one port to another.  Its addresses do not
 * tell which pods it is from and for: a group has many members, and no pod's status holds its link-
 * local address.  So such packets go to the chain `link`, which lets pass what a link needs to
 * work.
 */
#include "ruleset/layout.h"

#include "ruleset/same.h"

#include <stdlib.h>
#include <string.h>

const char *const pod_map_names[DIRECTIONS][FAMILIES] = {
	[INGRESS] = {"ingress.v4", "ingress.v6"}, [EGRESS] = {"egress.v4", "egress.v6"}};

const char *const layout_closed_range_names[FAMILIES] = {"closed.v4", "closed.v6"};
const char *const layout_known_names[FAMILIES] = {"known.v4", "known.v6"};

bool layout_is_known_set(const struct set *set)
{
	return set->name && (!strcmp(set->name, layout_known_names[V4]) ||
			     !strcmp(set->name, layout_known_names[V6]));
}

const char *const node_map_names[FAMILIES] = {"node.v4", "node.v6"};

bool layout_ends_in(const char *chain, const char *tail)
{
	const size_t len = strlen(chain), end = strlen(tail);

	return len > end && !strcmp(chain + len - end, tail);
}

bool layout_is_in_place(const struct chain *chain)
{
	if (!strcmp(chain->name, CHAIN_FORWARD))
		return chain_is_base(chain, HOOK_FORWARD);
	if (!strcmp(chain->name, CHAIN_INPUT))
		return chain_is_base(chain, HOOK_INPUT);
	return !chain->base;
}

enum tier layout_denying_tier(const char *chain)
{
	return layout_ends_in(chain, CHAIN_ADMIN CHAIN_DENY)      ? TIER_ADMIN
	       : layout_ends_in(chain, CHAIN_BASELINE CHAIN_DENY) ? TIER_BASELINE
								  : TIERS;
}

static int compare_sets(const void *a, const void *b)
{
	return set_compare(a, b);
}

static const struct set *find_map(const struct ruleset *ruleset, const char *name)
{
	static const struct verdict any;
	const struct set like = {.name = name, .verdicts = &any};

	if (!ruleset->set_count)
		return NULL;
	return bsearch(&like, ruleset->sets, ruleset->set_count, sizeof(like), compare_sets);
}

const struct set *layout_pod_map(const struct ruleset *ruleset, enum direction direction,
				 enum family family)
{
	return find_map(ruleset, pod_map_names[direction][family]);
}

const struct set *layout_node_map(const struct ruleset *ruleset, enum family family)
{
	return find_map(ruleset, node_map_names[family]);
}

/* A set that stands for a comparison of an address with one block. */
#define BLOCK(field, range)                                                                        \
	{                                                                                          \
		.fields = {field}, .field_count = 1, .interval = true, .count = 1,                 \
		.keys = (range).first, .ends = (range).last, .blocks = &(range), .block_count = 1, \
	}
#define REST_OF_V6                                                                                 \
	0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff

static const struct range groups_v4 = {{224}, {239, 255, 255, 255}};
static const struct range all_v4 = {{255, 255, 255, 255}, {255, 255, 255, 255}};
static const struct range groups_v6 = {{0xff}, {0xff, 0xff, REST_OF_V6}};
static const struct range link_v6 = {{0xfe, 0x80}, {0xfe, 0xbf, REST_OF_V6}};

static const struct set to_group_v4 = BLOCK(FIELD_IP_DADDR, groups_v4);
static const struct set to_all_v4 = BLOCK(FIELD_IP_DADDR, all_v4);
static const struct set to_group_v6 = BLOCK(FIELD_IP6_DADDR, groups_v6);
static const struct set to_link = BLOCK(FIELD_IP6_DADDR, link_v6);
const struct set layout_from_link = BLOCK(FIELD_IP6_SADDR, link_v6);

static struct rule lookup(const struct set *set, enum field field, struct verdict verdict)
{
	return (struct rule){.kind = RULE_LOOKUP,
			     .fields = {field},
			     .field_count = 1,
			     .set = set,
			     .verdict = verdict};
}

void layout_base_rules(const struct set *const maps[DIRECTIONS][FAMILIES],
		       struct rule rules[LAYOUT_BASE_RULES])
{
	static const enum field fields[DIRECTIONS][FAMILIES] = {
		[INGRESS] = {FIELD_IP_DADDR, FIELD_IP6_DADDR},
		[EGRESS] = {FIELD_IP_SADDR, FIELD_IP6_SADDR}};
	/*
	 * Egress comes first, since what it denies is denied whatever the other end says.  IPv4
	 * comes first as it is more common.
	 */
	static const enum direction order[] = {EGRESS, INGRESS};
	static const struct verdict link = {VERDICT_GOTO, CHAIN_LINK};
	size_t count = 0;

	rules[count++] = (struct rule){.kind = RULE_ESTABLISHED, .verdict = {VERDICT_ACCEPT, NULL}};
	for (enum family family = V4; family < FAMILIES; family++)
		for (size_t i = 0; i < DIRECTIONS; i++)
			rules[count++] = lookup(maps[order[i]][family], fields[order[i]][family],
						(struct verdict){VERDICT_NONE, NULL});
	rules[count++] = (struct rule){.kind = RULE_NOT_UNICAST, .verdict = link};
	rules[count++] = lookup(&to_group_v4, FIELD_IP_DADDR, link);
	rules[count++] = lookup(&to_all_v4, FIELD_IP_DADDR, link);
	rules[count++] = lookup(&to_group_v6, FIELD_IP6_DADDR, link);
	rules[count++] = lookup(&to_link, FIELD_IP6_DADDR, link);
	rules[count++] = lookup(&layout_from_link, FIELD_IP6_SADDR, link);
}

/* Is it a jump to this chain? */
static bool is_jump_to(const struct rule *rule, const char *chain)
{
	return rule->verdict.kind == VERDICT_JUMP && !strcmp(rule->verdict.chain, chain);
}

/* How many of the rules that the guard and the closed ranges add stand in the base chain. */
static size_t count_added(const struct chain *base)
{
	static const char *const chains[] = {CHAIN_LINKS, CHAIN_CLOSED};
	size_t count = 0;

	for (size_t i = 0; i < sizeof(chains) / sizeof(*chains); i++)
		count += LAYOUT_GUARD_AT + count < base->rule_count &&
			 is_jump_to(&base->rules[LAYOUT_GUARD_AT + count], chains[i]);
	return count;
}

bool layout_has_base_rules(const struct ruleset *ruleset, const struct chain *base)
{
	const struct set *maps[DIRECTIONS][FAMILIES];
	struct rule rules[LAYOUT_BASE_RULES];
	const size_t added = count_added(base);

	for (enum direction direction = INGRESS; direction < DIRECTIONS; direction++)
		for (enum family family = V4; family < FAMILIES; family++) {
			maps[direction][family] = layout_pod_map(ruleset, direction, family);
			if (!maps[direction][family])
				return false;
		}
	layout_base_rules(maps, rules);
	if (base->rule_count != LAYOUT_BASE_RULES + added)
		return false;
	for (size_t i = 0; i < LAYOUT_BASE_RULES; i++)
		if (!rule_is_same(&base->rules[i + (i >= LAYOUT_GUARD_AT ? added : 0)], &rules[i]))
			return false;
	return true;
}
