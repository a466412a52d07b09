/*
 * Adds two chains, and for each family a set of the closed ranges and a set of the known addresses
 * in them.
 */
#include "lower/closed_ranges.h"

#include "base/arena.h"
#include "base/table.h"
#include "lower/names.h"
#include "ruleset/key_order.h"
#include "ruleset/layout.h"

#include <stdlib.h>

static void take_cidr(struct arena *arena, struct closed_ranges *ranges, const struct cidr *cidr)
{
	const enum family family = cidr->base.family;

	arena_push(arena, ranges->ranges[family], ranges->count[family], cidr_range(cidr));
}

static void merge(struct closed_ranges *ranges)
{
	for (enum family family = V4; family < FAMILIES; family++)
		if (ranges->count[family])
			ranges->count[family] =
				ranges_merge(ranges->ranges[family], ranges->count[family], family);
}

const char *closed_ranges_parse(struct arena *arena, const char *text, struct closed_ranges *ranges)
{
	*ranges = (struct closed_ranges){.count = {0}};
	while (*text) {
		const size_t len = strcspn(text, ",");
		const char *written = arena_strndup(arena, text, len);
		char plain[CIDR_TEXT];
		struct cidr cidr;
		unsigned oddities;

		if (!cidr_parse(written, &cidr, &oddities))
			return arena_printf(arena,
					    "--closed takes ranges such as 10.1.0.0/24, or "
					    "\"" CLOSED_RANGES_OF_NODE "\", not \"%s\"",
					    written);
		if (oddities) {
			cidr_text(&cidr, plain);
			return arena_printf(arena, "--closed: \"%s\" stands for %s: write that",
					    written, plain);
		}
		take_cidr(arena, ranges, &cidr);
		text += len + (text[len] == ',');
	}
	merge(ranges);
	return NULL;
}

struct closed_ranges closed_ranges_of_node(struct arena *arena, const struct cluster_node *node)
{
	struct closed_ranges ranges = {.count = {0}};

	for (size_t i = 0; i < node->pod_cidr_count; i++)
		take_cidr(arena, &ranges, &node->pod_cidrs[i]);
	merge(&ranges);
	return ranges;
}

bool closed_ranges_are_same(const struct closed_ranges *a, const struct closed_ranges *b)
{
	for (enum family family = V4; family < FAMILIES; family++)
		if (a->count[family] != b->count[family] ||
		    (a->count[family] && memcmp(a->ranges[family], b->ranges[family],
						a->count[family] * sizeof(struct range)) != 0))
			return false;
	return true;
}

bool closed_ranges_have(const struct closed_ranges *ranges, const struct addr *addr)
{
	for (size_t i = 0; i < ranges->count[addr->family]; i++)
		if (range_has(&ranges->ranges[addr->family][i], addr))
			return true;
	return false;
}

/* A copy of the ruleset's chains, and what is added. */
struct closing {
	struct arena *arena;
	const struct closed_ranges *ranges;
	struct chain *chains;
	size_t chain_count;
	const struct set *closed[FAMILIES], *known[FAMILIES]; /* NULL: no range is of this family */
};

static const enum field sources[FAMILIES] = {FIELD_IP_SADDR, FIELD_IP6_SADDR};
static const enum field targets[FAMILIES] = {FIELD_IP_DADDR, FIELD_IP6_DADDR};

static const struct set *closed_range_set(const struct closing *closing, enum family family)
{
	const size_t count = closing->ranges->count[family], len = family_len(family);
	struct set *set = arena_alloc(closing->arena, sizeof(*set));
	uint8_t *keys = arena_array(closing->arena, count, len);
	uint8_t *ends = arena_array(closing->arena, count, len);

	for (size_t i = 0; i < count; i++) {
		memcpy(keys + i * len, closing->ranges->ranges[family][i].first, len);
		memcpy(ends + i * len, closing->ranges->ranges[family][i].last, len);
	}
	*set = (struct set){.name = layout_closed_range_names[family],
			    .comment = "where this node's pods have their addresses",
			    .fields = {sources[family]},
			    .field_count = 1,
			    .interval = true,
			    .count = count,
			    .keys = keys,
			    .ends = ends};
	return set;
}

/* An address of a known pod, and the pod's name. */
struct known {
	uint8_t bytes[16];
	const char *name;
};

static int compare_known(const void *a, const void *b)
{
	return memcmp(((const struct known *)a)->bytes, ((const struct known *)b)->bytes,
		      sizeof(((const struct known *)a)->bytes));
}

/*
 * Finds the known addresses in the ranges, sorted and without repetitions.  Of several pods with
 * one address, the first gives the name.
 */
static struct known *find_known(const struct closing *closing, const struct objects *objects,
				enum family family, size_t *count)
{
	struct known *known = NULL;
	size_t kept = 0;

	*count = 0;
	for (size_t i = 0; i < objects->pod_count; i++)
		for (size_t k = 0; k < objects->pods[i].addr_count; k++) {
			const struct pod *pod = &objects->pods[i];
			const struct addr *addr = &pod->addrs[k];
			struct known one = {.name = NULL};

			if (addr->family != family || !closed_ranges_have(closing->ranges, addr))
				continue;
			memcpy(one.bytes, addr->bytes, family_len(family));
			one.name = comment_fit(
				closing->arena,
				arena_join(closing->arena, pod->namespace, "/", pod->name, NULL));
			arena_push(closing->arena, known, *count, one);
		}
	if (*count)
		qsort(known, *count, sizeof(*known), compare_known);
	for (size_t i = 0; i < *count; i++)
		if (!kept || compare_known(&known[kept - 1], &known[i]) != 0)
			known[kept++] = known[i];
	*count = kept;
	return known;
}

static const struct set *known_set(const struct closing *closing, const struct objects *objects,
				   enum family family)
{
	size_t count;
	const struct known *known = find_known(closing, objects, family, &count);
	const size_t len = family_len(family);
	struct set *set = arena_alloc(closing->arena, sizeof(*set));
	uint8_t *keys = arena_array(closing->arena, count, len);
	const char **comments = arena_array(closing->arena, count, sizeof(*comments));

	for (size_t i = 0; i < count; i++) {
		memcpy(keys + i * len, known[i].bytes, len);
		comments[i] = known[i].name;
	}
	*set = (struct set){.name = layout_known_names[family],
			    .comment = "pods there whose policies are in force",
			    .fields = {sources[family]},
			    .field_count = 1,
			    .count = count,
			    .keys = keys,
			    .comments = comments};
	return set;
}

static void add_rule(const struct closing *closing, struct chain *chain, struct rule rule)
{
	arena_push(closing->arena, chain->rules, chain->rule_count, rule);
}

static struct rule look_up(const struct set *set, enum field field, enum verdict_kind kind,
			   const char *chain)
{
	return (struct rule){.kind = RULE_LOOKUP,
			     .fields = {field},
			     .field_count = 1,
			     .set = set,
			     .verdict = {kind, chain}};
}

static struct rule always(enum verdict_kind kind, const char *chain)
{
	return (struct rule){.kind = RULE_ALWAYS, .verdict = {kind, chain}};
}

/*
 * Adds the chain for one end of packets: if its address is known, the next chain is asked;
 * otherwise the packet is denied.
 */
static void add_end(struct closing *closing, const char *name, const enum field *fields)
{
	struct chain chain = {.name = name};

	for (enum family family = V4; family < FAMILIES; family++)
		if (closing->known[family])
			add_rule(closing, &chain,
				 look_up(closing->known[family], fields[family], VERDICT_RETURN,
					 NULL));
	add_rule(closing, &chain, always(VERDICT_GOTO, CHAIN_CLOSED CHAIN_DENY));
	closing->chains[closing->chain_count++] = chain;
}

static void add_chains(struct closing *closing)
{
	struct chain chain = {.name = CHAIN_CLOSED,
			      .comment =
				      "what is from or for a pod of this node that is not known"};
	struct chain deny = {.name = CHAIN_CLOSED CHAIN_DENY, .tally = TALLY_DENIED};
	struct rule drop = always(VERDICT_DROP, NULL);

	for (enum family family = V4; family < FAMILIES; family++) {
		if (!closing->closed[family])
			continue;
		add_rule(closing, &chain,
			 look_up(closing->closed[family], sources[family], VERDICT_JUMP,
				 CHAIN_CLOSED_FROM));
		add_rule(closing, &chain,
			 look_up(closing->closed[family], targets[family], VERDICT_JUMP,
				 CHAIN_CLOSED_TO));
	}
	closing->chains[closing->chain_count++] = chain;
	add_end(closing, CHAIN_CLOSED_FROM, sources);
	add_end(closing, CHAIN_CLOSED_TO, targets);
	add_rule(closing, &deny, always(VERDICT_JUMP, CHAIN_ALWAYS));
	drop.counter = true;
	add_rule(closing, &deny, drop);
	closing->chains[closing->chain_count++] = deny;
}

/* Copies the chains, so that their rules can be changed, and adds a rule to the base chain. */
static void copy_chains(struct closing *closing, const struct ruleset *ruleset)
{
	closing->chains =
		arena_array(closing->arena, ruleset->chain_count + 4, sizeof(struct chain));
	for (size_t i = 0; i < ruleset->chain_count; i++) {
		struct chain chain = ruleset->chains[i];

		chain.rules = NULL;
		chain.rule_count = 0;
		for (size_t k = 0; k < ruleset->chains[i].rule_count; k++) {
			if (chain_is_entry(&chain) && k == LAYOUT_GUARD_AT)
				add_rule(closing, &chain, always(VERDICT_JUMP, CHAIN_CLOSED));
			add_rule(closing, &chain, ruleset->chains[i].rules[k]);
		}
		closing->chains[closing->chain_count++] = chain;
	}
}

static void take_sets(const struct closing *closing, const struct ruleset *from,
		      struct ruleset *ruleset)
{
	const struct set **sets = NULL;
	size_t count = 0;

	for (size_t i = 0; i < from->set_count; i++)
		arena_push(closing->arena, sets, count, &from->sets[i]);
	for (enum family family = V4; family < FAMILIES; family++)
		if (closing->known[family]) {
			arena_push(closing->arena, sets, count, closing->known[family]);
			arena_push(closing->arena, sets, count, closing->closed[family]);
		}
	ruleset_take_sets(closing->arena, closing->arena, ruleset, sets, count);
}

static int compare_chains(const void *a, const void *b)
{
	return chain_compare(a, b);
}

struct ruleset *closed_ranges_add(struct arena *arena, const struct ruleset *ruleset,
				  const struct closed_ranges *ranges, const struct objects *known)
{
	struct closing closing = {.arena = arena, .ranges = ranges};
	struct ruleset *closed = arena_alloc(arena, sizeof(*closed));

	*closed = *ruleset;
	if (!ranges->count[V4] && !ranges->count[V6])
		return closed;
	for (enum family family = V4; family < FAMILIES; family++)
		if (ranges->count[family]) {
			closing.closed[family] = closed_range_set(&closing, family);
			closing.known[family] = known_set(&closing, known, family);
		}
	copy_chains(&closing, ruleset);
	add_chains(&closing);
	qsort(closing.chains, closing.chain_count, sizeof(struct chain), compare_chains);
	closed->chains = closing.chains;
	closed->chain_count = closing.chain_count;
	take_sets(&closing, ruleset, closed);
	return closed;
}
