/* Decides by their words whether one selector, block or rule lies within another.  */
#include "ask/lint/within.h"

#include "base/arena.h"
#include "base/search.h"
#include "model/meaning.h"

static bool has_value(const struct requirement *requirement, uint32_t value)
{
	for (size_t i = 0; i < requirement->count; i++)
		if (requirement->values[i] == value)
			return true;
	return false;
}

/* How many of the values of @a are also values of @b.  */
static size_t values_in(const struct requirement *a, const struct requirement *b)
{
	size_t count = 0;

	for (size_t i = 0; i < a->count; i++)
		count += has_value(b, a->values[i]);
	return count;
}

/* Does @b hold whenever @a holds? */
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

static bool port_within(const struct port *a, const struct port *b)
{
	if (a->protocol != b->protocol)
		return false;
	if (b->name)
		return a->name && !strcmp(a->name, b->name);
	if (a->name)
		return b->first <= 1 && b->last == UINT16_MAX;
	return b->first <= a->first && a->last <= b->last;
}

bool ports_within(const struct policy_rule *a, const struct policy_rule *b)
{
	if (!b->port_count || a == b)
		return true;
	for (size_t i = 0; i < a->port_count; i++) {
		bool within = false;

		for (size_t k = 0; k < b->port_count && !within; k++)
			within = port_within(&a->ports[i], &b->ports[k]);
		if (!within)
			return false;
	}
	return a->port_count > 0;
}

/* Is there a value among those of @in that meets all requirements of the selector for this key? */
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
		arena_array(lint->scratch, selector->count, sizeof(struct requirement)), 0};

	for (size_t i = 0; i < selector->count; i++)
		if (selector->requirements[i].key == key)
			some.requirements[some.count++] = selector->requirements[i];
	return selector_in_words(lint->scratch, lint->objects, &some);
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
		/* Every namespace has this label.  */
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

struct remainder_book {
	struct table blocks; /* keys: the addresses of the entries */
	struct remainder *remainders;
	size_t count;
};

void lint_prepare_remainders(struct lint *lint)
{
	lint->remainders = arena_alloc(lint->arena, sizeof(*lint->remainders));
	lint->remainders->blocks.arena = lint->arena;
}

const struct remainder *lint_remainder(const struct lint *lint, const struct peer *block)
{
	struct remainder_book *book = lint->remainders;
	bool added = false;
	uint32_t number = table_add(&book->blocks, &block, sizeof(block), &added);

	if (added) {
		struct remainder remainder;

		remainder.count = block_ranges(lint->arena, block, &remainder.ranges);
		arena_push(lint->arena, book->remainders, book->count, remainder);
	}
	return &book->remainders[number];
}

bool remainder_holds(const struct remainder *remainder, const struct range *range)
{
	/* The first range that does not end before this one does.  */
	const size_t at = FIRST_WHERE(i, remainder->count,
				      memcmp(remainder->ranges[i].last, range->last, 16) >= 0);

	return at < remainder->count && memcmp(remainder->ranges[at].first, range->first, 16) <= 0;
}

bool lint_block_within(const struct lint *lint, const struct peer *a, const struct peer *b)
{
	const struct range range = cidr_range(&a->cidr), range_b = cidr_range(&b->cidr);
	struct remainder left, left_b;

	if (a->cidr.base.family != b->cidr.base.family || a->cidr.prefix < b->cidr.prefix ||
	    memcmp(range.first, range_b.first, 16) < 0 || memcmp(range.last, range_b.last, 16) > 0)
		return false;
	if (!b->except_count)
		return true;
	left = *lint_remainder(lint, a);
	left_b = *lint_remainder(lint, b);
	for (size_t i = 0; i < left.count; i++)
		if (!remainder_holds(&left_b, &left.ranges[i]))
			return false;
	return true;
}
