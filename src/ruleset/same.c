/*
 * Whether two parts of rulesets are the same.
 *
 * In:  sets, elements or rules of two rulesets.  Out: yes or no, or their order.
 *
 * Two named sets are the same if their names are; sets that are part of a rule are compared with
 * all their elements.
 */
#include "ruleset/same.h"

#include "base/addr.h"

#include <string.h>

bool text_is_same(const char *a, const char *b)
{
	return a == b || (a && b && !strcmp(a, b));
}

static bool verdict_is_same(const struct verdict *a, const struct verdict *b)
{
	return a->kind == b->kind && text_is_same(a->chain, b->chain);
}

bool set_is_same_type(const struct set *a, const struct set *b)
{
	if (a->field_count != b->field_count || a->interval != b->interval || a->size != b->size ||
	    !a->verdicts != !b->verdicts)
		return false;
	for (size_t i = 0; i < a->field_count; i++)
		if (field_type(a->fields[i]) != field_type(b->fields[i]))
			return false;
	return true;
}

int element_compare(const struct set *a, size_t i, const struct set *b, size_t k)
{
	size_t len = set_key_len(a);

	/*
	 * Sets of ranges over several fields are sorted by the order of the fields, other sets in
	 * nft's order.
	 */
	return key_compare(a->keys + i * len, b->keys + k * len, len,
			   a->field_count > 1 && !a->interval);
}

bool element_is_same(const struct set *a, size_t i, const struct set *b, size_t k)
{
	size_t len = set_key_len(a);

	return (!a->interval || !memcmp(a->ends + i * len, b->ends + k * len, len)) &&
	       (!a->verdicts || verdict_is_same(&a->verdicts[i], &b->verdicts[k])) &&
	       text_is_same(a->comments ? a->comments[i] : NULL,
			    b->comments ? b->comments[k] : NULL);
}

static bool elements_are_same(const struct set *a, const struct set *b)
{
	if (a->count != b->count)
		return false;
	for (size_t i = 0; i < a->count; i++)
		if (element_compare(a, i, b, i) || !element_is_same(a, i, b, i))
			return false;
	return true;
}

/*
 * Are two comparisons with blocks written in the same way? Different ones may leave the same
 * ranges.
 */
static bool blocks_are_same(const struct set *a, const struct set *b)
{
	const size_t len = field_len(a->fields[0]);

	if (a->block_count != b->block_count)
		return false;
	for (size_t i = 0; i < a->block_count; i++)
		if (memcmp(a->blocks[i].first, b->blocks[i].first, len) != 0 ||
		    memcmp(a->blocks[i].last, b->blocks[i].last, len) != 0)
			return false;
	return true;
}

bool rule_is_same(const struct rule *a, const struct rule *b)
{
	if (a->kind != b->kind || a->hoplimit != b->hoplimit || a->counter != b->counter ||
	    !verdict_is_same(&a->verdict, &b->verdict) || !text_is_same(a->comment, b->comment))
		return false;
	if (a->kind != RULE_LOOKUP)
		return true;
	if (a->field_count != b->field_count ||
	    memcmp(a->fields, b->fields, a->field_count * sizeof(*a->fields)) != 0 ||
	    !text_is_same(a->set->name, b->set->name))
		return false;
	return a->set->name ||
	       (!a->set->foreign && !b->set->foreign && set_is_same_type(a->set, b->set) &&
		blocks_are_same(a->set, b->set) && elements_are_same(a->set, b->set));
}
