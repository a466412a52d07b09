/*
 * Collects the names of namespaces, families of addresses, ranges of blocks, and strangers of one
 * input or two, without repetitions.
 */
#include "ask/world/surroundings.h"

#include "base/arena.h"
#include "base/table.h"
#include "model/expectation.h"
#include "model/rules.h"
#include "model/meaning.h"

struct collecting {
	struct arena *arena;
	struct surroundings *surroundings;
	struct table names;
	struct table blocks; /* texts */
	struct line_range *ranges[FAMILIES];
	size_t range_counts[FAMILIES];
	bool blocked[FAMILIES]; /* some ipBlock is of the family */
};

/* Adds a name once. */
static void mention(struct collecting *collecting, const char *namespace)
{
	struct surroundings *surroundings = collecting->surroundings;
	bool added = false;

	table_add(&collecting->names, namespace, strlen(namespace), &added);
	if (added)
		arena_push(collecting->arena, surroundings->namespaces,
			   surroundings->namespace_count, namespace);
}

static void add_namespaces(struct collecting *collecting, const struct objects *input)
{
	for (size_t i = 0; i < input->namespace_count; i++)
		mention(collecting, input->namespaces[i].name);
	for (size_t i = 0; i < input->pod_count; i++)
		mention(collecting, input->pods[i].namespace);
	for (size_t i = 0; i < input->workload_count; i++)
		mention(collecting, input->workloads[i].namespace);
	for (size_t i = 0; i < input->policy_count; i++)
		mention(collecting, input->policies[i].namespace);
}

static const char *block_text(struct arena *arena, const struct peer *block)
{
	struct string text = {0};
	char cidr[CIDR_TEXT];

	cidr_text(&block->cidr, cidr);
	arena_append(arena, &text, "%s", cidr);
	for (size_t i = 0; i < block->except_count; i++) {
		cidr_text(&block->excepts[i], cidr);
		arena_append(arena, &text, " %s", cidr);
	}
	return text.text;
}

static void add_block(struct collecting *collecting, const struct peer *block)
{
	const enum family family = block->cidr.base.family;
	const char *text = block_text(collecting->arena, block);
	struct range *ranges;
	bool added = false;
	uint32_t number = table_add(&collecting->blocks, text, strlen(text), &added);
	size_t count;

	collecting->blocked[family] = true;
	if (!added)
		return;
	count = block_ranges(collecting->arena, block, &ranges);
	for (size_t i = 0; i < count; i++)
		arena_push(collecting->arena, collecting->ranges[family],
			   collecting->range_counts[family],
			   ((struct line_range){ranges[i], number}));
}

static void add_rule(void *context, const struct any_rule *rule)
{
	struct collecting *collecting = context;

	for (size_t i = 0; i < rule->peer_count; i++) {
		if (rule->peers[i].kind == PEER_BLOCK)
			add_block(collecting, &rule->peers[i]);
		collecting->surroundings->names_nodes |= rule->peers[i].kind == PEER_NODES;
	}
}

/* Makes each address of a node a block of its own, so that rules can distinguish it. */
static void add_nodes(struct collecting *collecting, const struct objects *input)
{
	for (size_t i = 0; collecting->surroundings->names_nodes && i < input->node_count; i++)
		for (size_t k = 0; k < input->nodes[i].addr_count; k++) {
			const struct addr *addr = &input->nodes[i].addrs[k];
			const unsigned bits = 8 * (unsigned)family_len(addr->family);
			const struct peer peer = {.kind = PEER_BLOCK, .cidr = {*addr, bits, bits}};

			add_block(collecting, &peer);
		}
}

static void add_node_end(struct collecting *collecting, const struct objects *input,
			 const char *name)
{
	for (size_t i = 0; i < input->node_count; i++)
		for (size_t k = 0;
		     !strcmp(input->nodes[i].name, name) && k < input->nodes[i].addr_count; k++)
			collecting->blocked[input->nodes[i].addrs[k].family] = true;
}

static void add_end(struct collecting *collecting, const struct objects *input,
		    const struct end *end)
{
	if (end->kind == END_NODE)
		add_node_end(collecting, input, end->name);
	if (end->kind == END_ADDRESS || end->kind == END_BLOCK)
		collecting->blocked[end->cidr.base.family] = true;
}

static void add_input(struct collecting *collecting, const struct objects *input)
{
	add_namespaces(collecting, input);
	for (size_t i = 0; i < input->pod_count; i++)
		for (size_t k = 0; k < input->pods[i].addr_count; k++)
			collecting->surroundings->known[input->pods[i].addrs[k].family] = true;
	objects_each_rule(input, add_rule, collecting);
	for (size_t i = 0; i < input->expectation_count; i++) {
		add_end(collecting, input, &input->expectations[i].from);
		add_end(collecting, input, &input->expectations[i].to);
	}
}

const struct surroundings *surroundings_of(struct arena *arena, const struct objects *const *inputs,
					   size_t count, const struct surroundings_wanted *wanted)
{
	static const struct surroundings_wanted nothing;
	struct surroundings *surroundings = arena_alloc(arena, sizeof(*surroundings));
	struct collecting collecting = {.arena = arena,
					.surroundings = surroundings,
					.names.arena = arena,
					.blocks.arena = arena};

	wanted = wanted ? wanted : &nothing;
	for (size_t i = 0; i < count; i++)
		add_input(&collecting, inputs[i]);
	for (size_t i = 0; i < count; i++)
		add_nodes(&collecting, inputs[i]);
	for (size_t i = 0; i < wanted->stranger_count; i++)
		arena_push(arena, surroundings->strangers.items, surroundings->strangers.count,
			   wanted->strangers[i]);
	if (!wanted->no_strangers)
		strangers_find(arena, inputs, count, &surroundings->strangers);
	for (size_t i = 0; i < surroundings->strangers.count; i++)
		if (surroundings->strangers.items[i].namespace_is_named)
			mention(&collecting, surroundings->strangers.items[i].namespace);
	for (enum family family = V4; family < FAMILIES; family++)
		surroundings->used[family] = surroundings->known[family] ||
					     collecting.blocked[family] || wanted->used[family];
	surroundings->used[V4] |= !surroundings->known[V6];
	surroundings->conditions = conditions_new(arena, surroundings->used);
	for (enum family family = V4; family < FAMILIES; family++) {
		surroundings->outside[family] =
			line_cut(arena, family, collecting.ranges[family],
				 collecting.range_counts[family], collecting.blocks.count);
		surroundings->known[family] |= wanted->only_known;
	}
	return surroundings;
}
