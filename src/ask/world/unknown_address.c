/*
 * A zone is a sorted list of ranges, kept once, so that two zones are the same exactly if their pointers
 * are. Conditions are made of zones, and combined by what both or either of them have.
 */
#include "ask/world/unknown_address.h"

#include "ask/world/address_pieces.h"
#include "ask/world/range_words.h"
#include "base/arena.h"
#include "base/json.h"
#include "base/table.h"

struct conditions {
	struct arena *arena;
	struct table zone_keys, keys;
	const struct zone **zones;
	const struct condition **items;
	size_t zone_count, count;
	bool used[FAMILIES];
	struct range whole[FAMILIES];
};

struct conditions *conditions_new(struct arena *arena, const bool used[FAMILIES])
{
	struct conditions *conditions = arena_alloc(arena, sizeof(*conditions));

	for (enum family family = V4; family < FAMILIES; family++) {
		conditions->used[family] = used[family];
		memset(conditions->whole[family].last, 0xff, family_len(family));
	}

	conditions->arena = conditions->zone_keys.arena = conditions->keys.arena = arena;
	return conditions;
}

/* Does the zone have every address of the family? */
static bool is_whole(const struct conditions *conditions, const struct zone *zone,
		     enum family family)
{
	return zone->counts[family] == 1 &&
	       !memcmp(zone->ranges[family], &conditions->whole[family], sizeof(struct range));
}

static bool is_everywhere(const struct conditions *conditions, const struct zone *zone)
{
	for (enum family family = V4; family < FAMILIES; family++)
		if (conditions->used[family] && !is_whole(conditions, zone, family))
			return false;
	return true;
}

/* Returns the one copy of the zone; NULL for everywhere. */
static const struct zone *keep_zone(struct conditions *conditions, const struct zone *zone)
{
	const size_t v4 = zone->counts[V4] * sizeof(struct range),
		     v6 = zone->counts[V6] * sizeof(struct range);
	uint8_t *key = arena_array(conditions->arena, 1, sizeof(v4) + v4 + v6);
	struct zone *kept;
	bool added = false;
	uint32_t number;

	if (is_everywhere(conditions, zone))
		return NULL;
	memcpy(key, &v4, sizeof(v4));
	if (v4)
		memcpy(key + sizeof(v4), zone->ranges[V4], v4);
	if (v6)
		memcpy(key + sizeof(v4) + v4, zone->ranges[V6], v6);
	number = table_keep(&conditions->zone_keys, key, sizeof(v4) + v4 + v6, &added);
	if (added) {
		kept = arena_alloc(conditions->arena, sizeof(*kept));
		*kept = *zone;
		kept->ranges[V4] = (const struct range *)(key + sizeof(v4));
		kept->ranges[V6] = kept->ranges[V4] + zone->counts[V4];
		arena_push(conditions->arena, conditions->zones, conditions->zone_count,
			   (const struct zone *)kept);
	}
	return conditions->zones[number];
}

static const struct condition *keep(struct conditions *conditions, const struct zone *from,
				    const struct zone *to)
{
	const void *const key[] = {from, to};
	bool added = false;
	uint32_t number;

	if (!from && !to)
		return NULL;
	number = table_add(&conditions->keys, key, sizeof(key), &added);
	if (added) {
		struct condition *condition = arena_alloc(conditions->arena, sizeof(*condition));

		*condition = (struct condition){conditions, from, to};
		arena_push(conditions->arena, conditions->items, conditions->count,
			   (const struct condition *)condition);
	}
	return conditions->items[number];
}

const struct condition *condition_of(struct conditions *conditions, bool of_from,
				     enum family family, const struct range *ranges, size_t count)
{
	struct zone zone = {{NULL}, {0}};
	const struct zone *kept;

	zone.ranges[family] = ranges;
	zone.counts[family] = count;
	kept = keep_zone(conditions, &zone);
	return keep(conditions, of_from ? kept : NULL, of_from ? NULL : kept);
}

/* NULL stands for everywhere.  Returns false if nothing is in both. */
static bool zones_common(struct conditions *conditions, const struct zone *a, const struct zone *b,
			 const struct zone **common)
{
	struct zone zone;

	*common = a ? a : b;
	if (!a || !b || a == b)
		return true;
	for (enum family family = V4; family < FAMILIES; family++)
		zone.ranges[family] =
			ranges_common(conditions->arena, a->ranges[family], a->counts[family],
				      b->ranges[family], b->counts[family], &zone.counts[family]);
	*common = keep_zone(conditions, &zone);
	return zone.counts[V4] || zone.counts[V6];
}

static const struct zone *zones_either(struct conditions *conditions, const struct zone *a,
				       const struct zone *b)
{
	struct zone zone;

	if (!a || !b || a == b)
		return a == b ? a : NULL;
	for (enum family family = V4; family < FAMILIES; family++) {
		const size_t count = a->counts[family] + b->counts[family];
		struct range *ranges = arena_array(conditions->arena, count, sizeof(*ranges));

		if (a->counts[family])
			memcpy(ranges, a->ranges[family], a->counts[family] * sizeof(*ranges));
		if (b->counts[family])
			memcpy(ranges + a->counts[family], b->ranges[family],
			       b->counts[family] * sizeof(*ranges));
		zone.ranges[family] = ranges;
		zone.counts[family] = ranges_merge(ranges, count, family);
	}
	return keep_zone(conditions, &zone);
}

/* NULL stands for everywhere.  Returns false if nothing is left. */
static bool zones_without(struct conditions *conditions, const struct zone *a, const struct zone *b,
			  const struct zone **left)
{
	struct zone zone;

	if (!b)
		return false;
	for (enum family of = V4; of < FAMILIES; of++)
		zone.ranges[of] = ranges_minus(conditions->arena, of,
					       a ? a->ranges[of] : &conditions->whole[of],
					       a ? a->counts[of] : conditions->used[of],
					       b->ranges[of], b->counts[of], &zone.counts[of]);
	*left = keep_zone(conditions, &zone);
	return zone.counts[V4] || zone.counts[V6];
}

/*
 * *within becomes NULL if the zone has all addresses of the family.  Returns false if it has none.
 */
static bool zone_in_family(struct conditions *conditions, const struct zone *zone,
			   enum family family, const struct zone **within)
{
	struct zone one = {{NULL}, {0}};

	*within = NULL;
	if (!zone || is_whole(conditions, zone, family))
		return true;
	one.ranges[family] = zone->ranges[family];
	one.counts[family] = zone->counts[family];
	*within = keep_zone(conditions, &one);
	return one.counts[family];
}

bool condition_within(const struct condition *condition, enum family family,
		      const struct condition **within)
{
	const struct zone *from, *to;

	*within = condition;
	if (!condition)
		return true;
	if (!zone_in_family(condition->of, condition->from, family, &from) ||
	    !zone_in_family(condition->of, condition->to, family, &to))
		return false;
	*within = keep(condition->of, from, to);
	return true;
}

static const struct zone *from_of(const struct condition *condition)
{
	return condition ? condition->from : NULL;
}

static const struct zone *to_of(const struct condition *condition)
{
	return condition ? condition->to : NULL;
}

bool condition_both(const struct condition *a, const struct condition *b,
		    const struct condition **both)
{
	struct conditions *of = a ? a->of : b ? b->of : NULL;
	const struct zone *from, *to;

	*both = a ? a : b;
	if (!a || !b || a == b)
		return true;
	if (!zones_common(of, a->from, b->from, &from) || !zones_common(of, a->to, b->to, &to))
		return false;
	*both = keep(of, from, to);
	return true;
}

const struct condition *condition_either(const struct condition *a, const struct condition *b)
{
	if (!a || !b || a == b)
		return a == b ? a : NULL;
	return keep(a->of, zones_either(a->of, a->from, b->from),
		    zones_either(a->of, a->to, b->to));
}

/* Is the first zone a part of the second? */
static bool zone_within(struct conditions *of, const struct zone *a, const struct zone *b)
{
	const struct zone *common;

	return !b || (a && zones_common(of, a, b, &common) && common == a);
}

bool condition_without(const struct condition *a, const struct condition *b,
		       const struct condition **left)
{
	const struct zone *rest;

	*left = a;
	if (!b || a == b)
		return false;
	if (zone_within(b->of, to_of(a), b->to)) {
		if (!zones_without(b->of, from_of(a), b->from, &rest))
			return false;
		*left = keep(b->of, rest, to_of(a));
	} else if (zone_within(b->of, from_of(a), b->from)) {
		if (!zones_without(b->of, to_of(a), b->to, &rest))
			return false;
		*left = keep(b->of, from_of(a), rest);
	}
	return true;
}

static const char *zone_text(struct arena *arena, const struct zone *zone)
{
	struct string text = {0};

	for (enum family family = V4; family < FAMILIES; family++)
		if (zone->counts[family])
			arena_append(arena, &text, "%s%s", text.len ? " or " : "",
				     ranges_text(arena, family, zone->ranges[family],
						 zone->counts[family]));
	return text.text;
}

const char *condition_text(struct arena *arena, const struct condition *condition)
{
	if (!condition->to)
		return arena_printf(arena, "if its address lies in %s",
				    zone_text(arena, condition->from));
	if (!condition->from)
		return arena_printf(arena, "if its address lies in %s (the destination's)",
				    zone_text(arena, condition->to));
	return arena_printf(arena, "if its address lies in %s and the destination's in %s",
			    zone_text(arena, condition->from), zone_text(arena, condition->to));
}

static void put_zone(struct json *json, const char *key, const struct zone *zone)
{
	json_open_array(json, key);
	for (enum family family = V4; family < FAMILIES; family++)
		for (size_t i = 0; i < zone->counts[family]; i++) {
			char words[RANGE_TEXT];

			range_text(family, zone->ranges[family][i].first,
				   zone->ranges[family][i].last, words);
			json_put_text(json, NULL, words);
		}
	json_close(json);
}

void condition_put_zones(struct json *json, const struct condition *condition)
{
	if (condition->from)
		put_zone(json, "from_in", condition->from);
	if (condition->to)
		put_zone(json, "to_in", condition->to);
}

void condition_put(struct json *json, const char *key, const struct condition *condition)
{
	if (!condition)
		return;
	json_open_object(json, key);
	condition_put_zones(json, condition);
	json_close(json);
}

void condition_fulfil(const struct condition *condition, enum family family, uint8_t *from,
		      uint8_t *to)
{
	if (condition && condition->from && condition->from->counts[family])
		memcpy(from, condition->from->ranges[family]->first, 16);
	if (condition && condition->to && condition->to->counts[family])
		memcpy(to, condition->to->ranges[family]->first, 16);
}
