/* Pods, places and words that the checks share.  See ask/lint/parts.h. */
#include "ask/lint/parts.h"

#include "ask/reach.h"
#include "base/arena.h"
#include "base/text.h"

#include <stdlib.h>

struct finding *lint_add(struct lint *lint, const struct check *check, const struct policy *policy,
			 struct mark mark, const char *remedy, const char *format, ...)
{
	struct finding finding = {.check = check,
				  .severity = check->severity,
				  .policy = policy,
				  .mark = mark,
				  .remedy = remedy};
	va_list list;

	va_start(list, format);
	finding.reason = arena_vprintf(lint->arena, format, list);
	va_end(list);
	arena_push(lint->arena, lint->findings, lint->count, finding);
	return &lint->findings[lint->count - 1];
}

void lint_each_rule(struct lint *lint, const struct check *check, lint_visit visit)
{
	for (size_t i = 0; i < lint->objects->policy_count; i++) {
		const struct policy *policy = &lint->objects->policies[i];

		for (enum direction direction = INGRESS; direction < DIRECTIONS; direction++)
			for (size_t k = 0; k < policy->rule_count[direction]; k++)
				visit(lint, check,
				      &(struct place){policy, direction,
						      &policy->rules[direction][k], NULL});
	}
}

void lint_each_peer(struct lint *lint, const struct check *check, lint_visit visit)
{
	for (size_t i = 0; i < lint->objects->policy_count; i++) {
		const struct policy *policy = &lint->objects->policies[i];

		for (enum direction direction = INGRESS; direction < DIRECTIONS; direction++)
			for (size_t k = 0; k < policy->rule_count[direction]; k++)
				for (size_t n = 0; n < policy->rules[direction][k].peer_count; n++)
					visit(lint, check,
					      &(struct place){
						      policy, direction,
						      &policy->rules[direction][k],
						      &policy->rules[direction][k].peers[n]});
	}
}

static void keep_known(const struct lint *lint, struct bits *pods)
{
	for (size_t i = 0; i <= pods->size / 64; i++)
		pods->words[i] &= lint->known.words[i];
}

static void set_all(struct bits *pods, const uint32_t *numbers, size_t count)
{
	for (size_t i = 0; i < count; i++)
		bits_set(pods, numbers[i]);
}

void lint_selected(const struct lint *lint, const struct policy *policy, struct bits *pods)
{
	uint32_t *numbers = arena_array(lint->arena, pods->size, sizeof(*numbers));
	const size_t namespace = match_namespace(lint->index, policy->namespace);

	bits_clear(pods);
	set_all(pods, numbers, match_pods_in(lint->index, namespace, policy->pods, numbers));
	keep_known(lint, pods);
}

void lint_match_peer(const struct lint *lint, const struct match_index *index,
		     const struct policy *policy, const struct peer *peer, struct bits *pods)
{
	const size_t known = match_namespace_count(index);
	uint32_t *namespaces = arena_array(lint->arena, known + 1, sizeof(*namespaces));
	uint32_t *numbers = arena_array(lint->arena, pods->size, sizeof(*numbers));
	size_t count = 1;

	*namespaces = (uint32_t)match_namespace(index, policy->namespace);
	if (peer->namespaces)
		count = match_namespaces(index, peer->namespaces, namespaces);
	set_all(pods, numbers, match_pods(index, namespaces, count, peer->pods, numbers));
}

size_t lint_block_ranges(const struct lint *lint, const struct peer *block, struct range **ranges)
{
	const enum family family = block->cidr.base.family;
	struct range *holes = arena_array(lint->arena, block->except_count, sizeof(*holes));
	size_t count;

	for (size_t i = 0; i < block->except_count; i++)
		holes[i] = cidr_range(&block->excepts[i]);
	count = ranges_merge(holes, block->except_count, family);
	*ranges = arena_array(lint->arena, count + 1, sizeof(**ranges));
	return range_cut(cidr_range(&block->cidr), holes, count, family, *ranges);
}

/* The first of the sorted addresses that is not before this one. */
static size_t first_from(const struct pod_addr *addrs, size_t count, const uint8_t *bytes)
{
	size_t low = 0, high = count;

	while (low < high) {
		size_t middle = low + (high - low) / 2;

		if (memcmp(addrs[middle].bytes, bytes, 16) < 0)
			low = middle + 1;
		else
			high = middle;
	}
	return low;
}

static void pods_in_block(const struct lint *lint, const struct peer *block, struct bits *pods)
{
	const enum family family = block->cidr.base.family;
	const struct pod_addr *addrs = lint->world->resolved->addrs[family];
	const size_t addr_count = lint->world->resolved->addr_count[family];
	struct range *ranges;
	size_t count = lint_block_ranges(lint, block, &ranges);

	for (size_t i = 0; i < count; i++)
		for (size_t k = first_from(addrs, addr_count, ranges[i].first);
		     k < addr_count && memcmp(addrs[k].bytes, ranges[i].last, 16) <= 0; k++)
			/* One that has no address yet can be in no block. */
			if (lint->world->parties[lint->party[addrs[k].pod]].kind == PARTY_POD)
				bits_set(pods, addrs[k].pod);
}

void lint_peer_pods(const struct lint *lint, const struct policy *policy, const struct peer *peer,
		    struct bits *pods)
{
	bits_clear(pods);
	if (peer->kind == PEER_BLOCK)
		pods_in_block(lint, peer, pods);
	else
		lint_match_peer(lint, lint->index, policy, peer, pods);
	keep_known(lint, pods);
}

bool lint_has_pods(const struct lint *lint, const char *namespace)
{
	const struct pod *pods = lint->objects->pods;
	size_t low = 0, high = lint->objects->pod_count;

	/* They are sorted by namespace: to the first that is not before it. */
	while (low < high) {
		size_t middle = low + (high - low) / 2;

		if (strcmp(pods[middle].namespace, namespace) < 0)
			low = middle + 1;
		else
			high = middle;
	}
	for (; low < lint->objects->pod_count && !strcmp(pods[low].namespace, namespace); low++)
		if (bits_has(&lint->known, low))
			return true;
	return false;
}

static int compare_name(const void *key, const void *item)
{
	return strcmp(key, ((const struct namespace *)item)->name);
}

bool lint_has_namespace(const struct lint *lint, const char *name)
{
	return lint->objects->namespace_count &&
	       bsearch(name, lint->objects->namespaces, lint->objects->namespace_count,
		       sizeof(struct namespace), compare_name);
}

const char *lint_pods_text(const struct lint *lint, const struct bits *pods)
{
	size_t first = bits_next(pods, 0), count = bits_count(pods);
	const char *text;

	if (!count)
		return "no pod";
	text = lint->world->parties[lint->party[first]].text;
	return count == 1 ? text : arena_printf(lint->arena, "%s and %zu more", text, count - 1);
}

const char *lint_selected_text(const struct lint *lint, const struct policy *policy)
{
	return pods_in_words(lint->arena, lint->objects,
			     &(struct peer){.kind = PEER_PODS, .pods = policy->pods},
			     policy->namespace);
}

static const char *port_text(const struct lint *lint, const struct port *port)
{
	const char *protocol = protocol_text(port->protocol);

	if (port->name)
		return arena_printf(lint->arena, "%s/%s", port->name, protocol);
	if (port->first == 0 && port->last == UINT16_MAX)
		return arena_printf(lint->arena, "any port of %s", protocol);
	if (port->first == port->last)
		return arena_printf(lint->arena, "%u/%s", port->first, protocol);
	return arena_printf(lint->arena, "%u-%u/%s", port->first, port->last, protocol);
}

const char *lint_ports_text(const struct lint *lint, const struct policy_rule *rule)
{
	struct string text = {0};

	if (!rule->port_count)
		return "any port";
	for (size_t i = 0; i < rule->port_count; i++)
		arena_append(lint->arena, &text, "%s%s", i ? ", " : "",
			     port_text(lint, &rule->ports[i]));
	return text.text;
}

bool lint_service_selects(const struct service *service, const struct pod *pod)
{
	for (size_t i = 0; i < service->selector_count; i++) {
		const struct requirement requirement = {.key = service->selector[i].key,
							.op = OP_IN,
							.values = &service->selector[i].value,
							.count = 1};

		if (!requirement_holds(&requirement, pod->labels, pod->label_count))
			return false;
	}
	return service->selector_count > 0 && !strcmp(service->namespace, pod->namespace);
}

static bool has_value(const struct requirement *requirement, uint32_t value)
{
	for (size_t i = 0; i < requirement->count; i++)
		if (requirement->values[i] == value)
			return true;
	return false;
}

/* Of the values of @a, how many are among those of @b. */
static size_t values_in(const struct requirement *a, const struct requirement *b)
{
	size_t count = 0;

	for (size_t i = 0; i < a->count; i++)
		count += has_value(b, a->values[i]);
	return count;
}

/* Where @a holds, does @b? */
static bool implies(const struct requirement *a, const struct requirement *b)
{
	if (a->key != b->key)
		return false;
	switch (b->op) {
	case OP_IN:
		return a->op == OP_IN && values_in(a, b) == a->count;
	case OP_NOT_IN:
		return a->op == OP_DOES_NOT_EXIST || (a->op == OP_IN && !values_in(a, b)) ||
		       (a->op == OP_NOT_IN && values_in(b, a) == b->count);
	case OP_EXISTS:
		return a->op == OP_IN || a->op == OP_EXISTS;
	case OP_DOES_NOT_EXIST:
		return a->op == OP_DOES_NOT_EXIST;
	}
	return false;
}

bool selector_within(const struct selector *a, const struct selector *b)
{
	for (size_t i = 0; i < b->count; i++) {
		bool implied = false;

		for (size_t k = 0; k < a->count && !implied; k++)
			implied = implies(&a->requirements[k], &b->requirements[i]);
		if (!implied)
			return false;
	}
	return true;
}

/* Does any value of the key, or none at all, suit all of the selector's requirements for it? */
static bool can_hold(const struct selector *selector, const struct requirement *in)
{
	for (size_t i = 0; i < in->count; i++) {
		const struct label label = {in->key, in->values[i]};
		bool holds = true;

		for (size_t k = 0; k < selector->count; k++)
			if (selector->requirements[k].key == in->key)
				holds &= requirement_holds(&selector->requirements[k], &label, 1);
		if (holds)
			return true;
	}
	return false;
}

static const char *words_of_key(const struct lint *lint, const struct selector *selector,
				uint32_t key)
{
	struct selector some = {
		arena_array(lint->arena, selector->count, sizeof(struct requirement)), 0};

	for (size_t i = 0; i < selector->count; i++)
		if (selector->requirements[i].key == key)
			some.requirements[some.count++] = selector->requirements[i];
	return selector_in_words(lint->arena, lint->objects, &some);
}

const char *lint_contradiction(const struct lint *lint, const struct selector *selector,
			       bool of_namespaces)
{
	for (size_t i = 0; i < selector->count; i++) {
		const struct requirement *one = &selector->requirements[i];
		bool never = false;

		if (one->op == OP_IN)
			never = !can_hold(selector, one);
		for (size_t k = 0; one->op == OP_DOES_NOT_EXIST && k < selector->count; k++)
			never |= selector->requirements[k].key == one->key &&
				 selector->requirements[k].op == OP_EXISTS;
		/* Every namespace has it. */
		if (one->op == OP_DOES_NOT_EXIST && of_namespaces)
			never |= !strcmp(lint->objects->string_of[one->key], NAMESPACE_NAME_LABEL);
		if (never)
			return words_of_key(lint, selector, one->key);
	}
	return NULL;
}

bool lint_can_match(const struct lint *lint, const struct peer *peer)
{
	if (peer->kind == PEER_BLOCK)
		return true;
	return !lint_contradiction(lint, peer->pods, false) &&
	       !(peer->namespaces && lint_contradiction(lint, peer->namespaces, true));
}

bool lint_knows(const struct lint *lint, const struct peer *peer)
{
	bool closed = lint->whole || peer->kind == PEER_BLOCK || !peer->namespaces;

	for (size_t i = 0; !closed && i < peer->namespaces->count; i++)
		closed = peer->namespaces->requirements[i].op == OP_IN ||
			 peer->namespaces->requirements[i].op == OP_EXISTS;
	return closed;
}
