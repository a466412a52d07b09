/*
 * Adds rules against pods that send with the addresses of others.
 *
 * The source is checked only where a connection begins, because the rule stands behind the one for
 * established connections; so packets of a connection cost no more than before.  The check asks the
 * kernel's own routing table (`fib`), which knows also pods that came after the ruleset was made.
 *
 * Wrapped packets are checked where they reach the node itself (hook input), and where they leave
 * it for another node, which would take them for this node's.
 */
#include "lower/guard.h"

#include "base/arena.h"
#include "base/table.h"
#include "ruleset/layout.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <stdlib.h>

/* The ruleset's chains, with the new ones at the end. */
struct guarding {
	struct arena *arena;
	const struct ruleset *from;
	const struct pod_links *of;
	struct chain *chains;
	size_t chain_count;
	struct set *links;
};

static void add_rule(struct guarding *guarding, struct chain *chain, struct rule rule)
{
	arena_push(guarding->arena, chain->rules, chain->rule_count, rule);
}

static void add_chain(struct guarding *guarding, struct chain chain)
{
	guarding->chains[guarding->chain_count++] = chain;
}

static struct set *link_set(struct arena *arena, const struct pod_links *of)
{
	struct set *set = arena_alloc(arena, sizeof(*set));
	uint8_t *keys = arena_array(arena, of->link_count, field_len(FIELD_IIFNAME));

	for (size_t i = 0; i < of->link_count; i++)
		strncpy((char *)keys + i * field_len(FIELD_IIFNAME), of->links[i],
			field_len(FIELD_IIFNAME) - 1);
	*set = (struct set){.name = SET_LINKS,
			    .comment = "links of this node that lead to pods",
			    .fields = {FIELD_IIFNAME},
			    .field_count = 1,
			    .count = of->link_count,
			    .keys = keys};
	return set;
}

/* A rule about packets that come by the link of a pod. */
static struct rule from_link(const struct set *links, struct verdict verdict)
{
	return (struct rule){.kind = RULE_LOOKUP,
			     .fields = {FIELD_IIFNAME},
			     .field_count = 1,
			     .set = links,
			     .verdict = verdict};
}

/* Writes `udp dport 8472 jump links/wrapped`. */
static struct rule to_tunnel(struct arena *arena, const struct tunnel *tunnel)
{
	struct set *set = arena_alloc(arena, sizeof(*set));
	struct verdict *verdict = arena_alloc(arena, sizeof(*verdict));
	uint8_t *key = arena_array(arena, 1, 8);
	const uint16_t port = htons(tunnel->port);

	key[0] = tunnel->protocol;
	memcpy(key + 4, &port, sizeof(port));
	*verdict = (struct verdict){VERDICT_JUMP, CHAIN_WRAPPED};
	*set = (struct set){.fields = {FIELD_L4PROTO, FIELD_TH_DPORT},
			    .field_count = tunnel->port ? 2 : 1,
			    .count = 1,
			    .keys = key,
			    .verdicts = verdict};
	return (struct rule){.kind = RULE_LOOKUP,
			     .fields = {FIELD_L4PROTO, FIELD_TH_DPORT},
			     .field_count = set->field_count,
			     .set = set};
}

/*
 * Adds the chain for packets that come by the link of a pod and begin a connection.  Packets that
 * do not leave their link are left to the chain `link`.
 */
static void add_links_chain(struct guarding *guarding)
{
	static const struct verdict back = {VERDICT_RETURN, NULL};
	struct chain chain = {.name = CHAIN_LINKS,
			      .comment = "what begins behind the links that lead to pods"};
	struct chain spoofed = {
		.name = CHAIN_SPOOFED,
		.comment = "sources to which no answer goes by the link they come from"};

	add_rule(guarding, &chain, (struct rule){.kind = RULE_NOT_UNICAST, .verdict = back});
	add_rule(guarding, &chain,
		 (struct rule){.kind = RULE_LOOKUP,
			       .fields = {FIELD_IP6_SADDR},
			       .field_count = 1,
			       .set = &layout_from_link,
			       .verdict = back});
	add_rule(guarding, &chain,
		 (struct rule){.kind = RULE_NOT_ROUTED_BACK,
			       .verdict = {VERDICT_GOTO, CHAIN_SPOOFED}});
	for (size_t i = 0; i < guarding->of->tunnel_count; i++)
		add_rule(guarding, &chain, to_tunnel(guarding->arena, &guarding->of->tunnels[i]));
	add_chain(guarding, chain);
	add_rule(guarding, &spoofed,
		 (struct rule){
			 .kind = RULE_ALWAYS, .counter = true, .verdict = {VERDICT_DROP, NULL}});
	add_chain(guarding, spoofed);
}

/*
 * Adds the input chain, or puts its rules before those of the input chain that cluster policies
 * need.
 */
static void join_input_chain(struct guarding *guarding, struct chain input)
{
	for (size_t i = 0; i < guarding->chain_count; i++) {
		struct chain *there = &guarding->chains[i];

		if (strcmp(there->name, CHAIN_INPUT) != 0)
			continue;
		for (size_t k = 0; k < there->rule_count; k++)
			add_rule(guarding, &input, there->rules[k]);
		*there = input;
		return;
	}
	add_chain(guarding, input);
}

static void add_tunnel_chains(struct guarding *guarding)
{
	struct chain input = {.name = CHAIN_INPUT, .base = true, .hook = HOOK_INPUT};
	struct chain wrapped = {
		.name = CHAIN_WRAPPED,
		.comment = "packets in packets, for the tunnels of this node and of others"};
	struct rule drop = from_link(guarding->links, (struct verdict){VERDICT_DROP, NULL});

	if (!guarding->of->tunnel_count)
		return;
	for (size_t i = 0; i < guarding->of->tunnel_count; i++)
		add_rule(guarding, &input, to_tunnel(guarding->arena, &guarding->of->tunnels[i]));
	join_input_chain(guarding, input);
	drop.counter = true;
	add_rule(guarding, &wrapped, drop);
	add_chain(guarding, wrapped);
}

/* Copies the base chain, and adds a rule behind the one for established connections. */
static void guard_base_chain(struct guarding *guarding)
{
	struct chain *base = &guarding->chains[0], before = *base;

	base->rules = NULL;
	base->rule_count = 0;
	for (size_t i = 0; i < before.rule_count; i++) {
		if (i == LAYOUT_GUARD_AT)
			add_rule(guarding, base,
				 from_link(guarding->links,
					   (struct verdict){VERDICT_JUMP, CHAIN_LINKS}));
		add_rule(guarding, base, before.rules[i]);
	}
}

static int compare_chains(const void *a, const void *b)
{
	return chain_compare(a, b);
}

/*
 * Adds the set of links to the ruleset's sets.  The rules are copied first, because they are made
 * to point to the sets' new places.
 */
static void add_links(struct guarding *guarding, struct ruleset *to)
{
	const struct ruleset *from = guarding->from;
	const struct set **sets = NULL;
	size_t count = 0;

	for (size_t i = 0; i < guarding->chain_count; i++) {
		struct chain *chain = &guarding->chains[i];
		struct rule *rules =
			arena_array(guarding->arena, chain->rule_count, sizeof(*rules));

		if (chain->rule_count)
			memcpy(rules, chain->rules, chain->rule_count * sizeof(*rules));
		chain->rules = rules;
	}
	for (size_t i = 0; i < from->set_count; i++)
		arena_push(guarding->arena, sets, count, &from->sets[i]);
	arena_push(guarding->arena, sets, count, guarding->links);
	ruleset_take_sets(guarding->arena, guarding->arena, to, sets, count);
}

struct ruleset *guard(struct arena *arena, const struct ruleset *ruleset,
		      const struct pod_links *pod_links)
{
	struct guarding guarding = {.arena = arena, .from = ruleset, .of = pod_links};
	struct ruleset *guarded = arena_alloc(arena, sizeof(*guarded));

	*guarded = *ruleset;
	if (!pod_links->link_count)
		return guarded;
	guarding.chains = arena_array(arena, ruleset->chain_count + 4, sizeof(struct chain));
	memcpy(guarding.chains, ruleset->chains, ruleset->chain_count * sizeof(struct chain));
	guarding.chain_count = ruleset->chain_count;
	guarding.links = link_set(arena, pod_links);
	guard_base_chain(&guarding);
	add_links_chain(&guarding);
	add_tunnel_chains(&guarding);
	qsort(guarding.chains, guarding.chain_count, sizeof(struct chain), compare_chains);
	guarded->chains = guarding.chains;
	guarded->chain_count = guarding.chain_count;
	add_links(&guarding, guarded);
	return guarded;
}

bool pod_links_are_same(const struct pod_links *a, const struct pod_links *b)
{
	if (a->link_count != b->link_count || a->tunnel_count != b->tunnel_count)
		return false;
	for (size_t i = 0; i < a->link_count; i++)
		if (strcmp(a->links[i], b->links[i]) != 0)
			return false;
	for (size_t i = 0; i < a->tunnel_count; i++)
		if (a->tunnels[i].protocol != b->tunnels[i].protocol ||
		    a->tunnels[i].port != b->tunnels[i].port)
			return false;
	return true;
}

struct pod_links pod_links_copy(struct arena *arena, const struct pod_links *of)
{
	struct pod_links copy = {NULL, 0, NULL, 0};

	for (size_t i = 0; i < of->link_count; i++)
		arena_push(arena, copy.links, copy.link_count,
			   arena_strndup(arena, of->links[i], strlen(of->links[i])));
	for (size_t i = 0; i < of->tunnel_count; i++)
		arena_push(arena, copy.tunnels, copy.tunnel_count, of->tunnels[i]);
	return copy;
}
