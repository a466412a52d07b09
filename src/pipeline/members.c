/*
 * Keeps sets of peers as sorted arrays from one ruleset to the next.  What a touched address had is
 * removed, what it has now is added, and the difference is noted for change/diff.h.
 */
#include "pipeline/members.h"

#include "base/arena.h"
#include "lower/first_match.h"
#include "lower/sets.h"
#include "pipeline/owners.h"
#include "ruleset/key_order.h"
#include "ruleset/layout.h"
#include "ruleset/same.h"

#include <stdlib.h>

struct list_taker {
	struct taker taker;
	struct arena *arena;
	struct member_list list;
};

static void take_to_list(struct taker *taker, const struct member *member)
{
	struct list_taker *to = (struct list_taker *)taker;

	arena_push(to->arena, to->list.items, to->list.count, *member);
}

struct member_list members_of(const struct members *members, struct census *census,
			      struct arena *arena, uint32_t address)
{
	const struct number_list *pods = &census->owners[address];
	struct list_taker to = {.taker = {.take = take_to_list}, .arena = arena};
	struct owners owners;
	struct addr addr;
	size_t kept = 0;

	memcpy(&addr, census->addresses.keys[address].bytes, sizeof(addr));
	owners = owners_of(census, pods->count ? *pods->items : TABLE_NONE, &addr);
	owners_take(&to.taker, members, census, &owners);
	if (owners.pod != TABLE_NONE)
		enforced_add(&members->enforced, census, arena, owners.pod, &addr, owners.comment,
			     &to.list);
	if (to.list.count)
		qsort(to.list.items, to.list.count, sizeof(*to.list.items), member_compare);
	for (size_t i = 0; i < to.list.count; i++)
		if (!kept || member_compare(&to.list.items[i], &to.list.items[kept - 1]))
			to.list.items[kept++] = to.list.items[i];
	to.list.count = kept;
	return to.list;
}

/* Puts elements into new sets, in the order in which they come. */
static void take_to_set(struct taker *taker, const struct member *member)
{
	(void)taker;
	if (member->set->fresh)
		member_set_put(member->set, member->set->count, member);
}

/* Is the selector used by a new set? */
static bool fills(const struct member_uses *uses)
{
	for (size_t i = 0; i < uses->count; i++)
		if (uses->items[i].set->fresh)
			return true;
	return false;
}

static bool fills_any(const struct members *members, const uint32_t *selectors, size_t count)
{
	if (fills(&members->block_uses) || fills(&members->node_uses))
		return true;
	for (size_t i = 0; i < count && selectors[i] < members->use_count; i++)
		if (fills(&members->uses[selectors[i]]))
			return true;
	return false;
}

static void fill_pod(struct taker *to, const struct members *members, struct census *census,
		     uint32_t number)
{
	const struct pod *pod = census_pod(census, number);

	for (size_t i = 0; i < pod->addr_count; i++) {
		const struct owners owners = owners_of(census, number, &pod->addrs[i]);

		owners_take(to, members, census, &owners);
	}
}

/* Finds the elements of those addresses of a node that no pod has. */
static void fill_node(struct taker *to, const struct members *members, struct census *census,
		      const struct cluster_node *node)
{
	for (size_t i = 0; i < node->addr_count; i++) {
		const struct owners owners = owners_of(census, TABLE_NONE, &node->addrs[i]);
		const uint32_t address = census_address(census, &node->addrs[i]);

		if (!census->owners[address].count)
			owners_take(to, members, census, &owners);
	}
}

static void fill_all(const struct members *members, struct census *census)
{
	struct taker to = {.take = take_to_set};

	for (uint32_t i = 0; i < census->pods_of_count; i++) {
		size_t count;
		const uint32_t *selectors = selectors_of(census->peers, i, &count);

		if (!census->pods_of[i].count || !fills_any(members, selectors, count))
			continue;
		for (size_t k = 0; k < census->pods_of[i].count; k++)
			fill_pod(&to, members, census, census->pods_of[i].items[k]);
	}
	for (size_t i = 0; fills(&members->node_uses) && i < census->store.nodes.count; i++)
		if (census->store.nodes.items[i])
			fill_node(&to, members, census, census->store.nodes.items[i]);
	for (size_t i = 0; i < members->ruleset->set_count; i++)
		if (members->sets[i] && members->sets[i]->fresh)
			member_set_sort(census->arena, members->arena, members->sets[i]);
}

/*
 * Are two sets of first matches the same, apart from their definitions? NULL stands for a set of
 * another sort.
 */
static bool is_same_match(const struct first_match *a, const struct first_match *b)
{
	if (!a || !b)
		return !a && !b;
	if (a->count != b->count || a->action != b->action || a->is_named != b->is_named ||
	    a->otherwise != b->otherwise)
		return false;
	for (size_t i = 0; i < a->count; i++) {
		const struct first_entry *x = &a->entries[i], *y = &b->entries[i];

		if (x->action != y->action || x->is_own != y->is_own || x->answers != y->answers ||
		    x->protocol != y->protocol || x->first != y->first || x->last != y->last)
			return false;
	}
	return true;
}

/* Are two sets made of the same definitions, word for word? */
static bool is_made_of(const struct members *a, const struct set *x, const struct members *b,
		       const struct set *y)
{
	if (x->from_count != y->from_count || !is_same_match(x->first, y->first))
		return false;
	for (size_t i = 0; i < x->from_count; i++)
		if (strcmp(a->resolved->definitions[x->from[i]].text,
			   b->resolved->definitions[y->from[i]].text) != 0)
			return false;
	return true;
}

/* Finds the set with the same name and definitions in an earlier ruleset; NULL if there is none. */
static struct member_set *find_before(const struct members *before, const struct members *members,
				      const struct set *set)
{
	const size_t at = diff_find_set(before->ruleset, set->name);

	if (at == before->ruleset->set_count || !before->sets[at] ||
	    !is_made_of(before, &before->ruleset->sets[at], members, set))
		return NULL;
	return before->sets[at];
}

static bool is_of_pods(const struct members *members, const struct set *set)
{
	return set->from_count &&
	       (set->first || members->resolved->definitions[*set->from].kind != DEFINITION_BLOCK);
}

static struct member_set *make_set(struct census *census, const struct set *set)
{
	struct member_set *made = arena_alloc(census->arena, sizeof(*made));

	made->arena = census->arena;
	made->family = set_family(set);
	made->fresh = true;
	return made;
}

/*
 * The uses of a definition that bring elements; NULL for a block that only takes part in first
 * matches.
 */
static struct member_uses *uses_for(struct members *members, struct census *census, uint32_t number)
{
	const struct definition *definition = &members->resolved->definitions[number];
	const struct peer *peer = definition->peer;
	uint32_t selector;

	if (peer->kind == PEER_NODES)
		return &members->node_uses;
	if (peer->kind == PEER_BLOCK)
		return definition->kind == DEFINITION_NAMED ? &members->block_uses : NULL;
	selector = selectors_add(census->peers, census_namespace(census, definition->namespace),
				 peer->namespaces, peer->pods);
	members->selector_of[number] = selector;
	while (members->use_count <= selector)
		arena_push(members->arena, members->uses, members->use_count,
			   ((struct member_uses){0}));
	return &members->uses[selector];
}

static void add_use(struct members *members, struct census *census, struct member_set *set,
		    uint32_t number)
{
	struct member_uses *uses = uses_for(members, census, number);

	if (uses)
		arena_push(members->arena, uses->items, uses->count,
			   ((struct member_use){set, &members->resolved->definitions[number]}));
}

struct members *members_new(struct arena *arena, struct census *census, struct ruleset *ruleset,
			    const struct resolved *resolved, const struct members *before)
{
	struct members *members = arena_alloc(arena, sizeof(*members));

	*members = (struct members){
		.arena = arena,
		.ruleset = ruleset,
		.resolved = resolved,
		.sets = arena_array(arena, ruleset->set_count, sizeof(struct member_set *)),
		.selector_of = arena_array(arena, resolved->definition_count, sizeof(uint32_t)),
	};
	for (size_t i = 0; i < ruleset->set_count; i++) {
		struct set *set = &ruleset->sets[i];
		struct member_set *members_set;

		if (!is_of_pods(members, set))
			continue;
		members_set = before ? find_before(before, members, set) : NULL;
		if (!members_set)
			members_set = make_set(census, set);
		members->sets[i] = members_set;
		members_set->set = set;
		members_set->number = i;
		for (size_t k = 0; k < set->from_count; k++)
			add_use(members, census, members_set, set->from[k]);
	}
	fill_all(members, census);
	return members;
}

/* Takes over a set or map with its elements; NULL if the ruleset has none of that name. */
static struct member_set *take_set(struct members *members, const char *name, enum family family)
{
	const size_t at = diff_find_set(members->ruleset, name);
	struct member_set *taken;
	struct set *set;

	if (at == members->ruleset->set_count || members->sets[at])
		return NULL;
	taken = arena_alloc(members->arena, sizeof(*taken));
	set = &members->ruleset->sets[at];
	*taken = (struct member_set){
		.arena = members->arena,
		.set = set,
		.number = at,
		.family = family,
		.keys = (uint8_t *)set->keys,
		.comments = (const char **)set->comments,
		.verdicts = (struct verdict *)set->verdicts,
		.count = set->count,
		.size = set->count,
		.fresh = true,
	};
	members->sets[at] = taken;
	return taken;
}

void members_take_enforced(struct members *members, const struct census *census,
			   const struct pod_verdicts *verdicts, const struct closed_ranges *closed)
{
	struct enforced_sets *sets = &members->enforced.sets;

	enforced_find(&members->enforced, members->arena, census, members->resolved, verdicts);
	members->enforced.closed_ranges = closed;
	for (enum family family = V4; family < FAMILIES; family++) {
		for (enum direction direction = INGRESS; direction < DIRECTIONS; direction++)
			sets->maps[direction][family] =
				take_set(members, pod_map_names[direction][family], family);
		sets->to_node[family] = take_set(members, node_map_names[family], family);
		sets->self[family] = take_set(members, lower_self_set_type(family).name, family);
		sets->known[family] = take_set(members, layout_known_names[family], family);
	}
}

/* Adds an element to a list of elements that differ; lists grow by powers of two. */
static void note(struct arena *arena, struct set *list, const struct member *member)
{
	const struct member_set *set = member->set;
	const size_t len = member_set_key_len(set), count = list->count;
	uint8_t *keys = arena_grow(arena, (uint8_t *)list->keys, count, len);
	const char **comments =
		arena_grow(arena, (const char **)list->comments, count, sizeof(*comments));
	struct verdict *verdicts = (struct verdict *)list->verdicts;

	if (set->verdicts) {
		verdicts = arena_grow(arena, verdicts, count, sizeof(*verdicts));
		verdicts[count] = member->verdict;
	}
	memcpy(keys + count * len, member->key, len);
	comments[count] = member->comment;
	*list = *set->set;
	list->keys = keys;
	list->comments = comments;
	list->verdicts = verdicts;
	list->count = count + 1;
}

static void delete_member(struct arena *arena, const struct member *member)
{
	struct member_set *set = member->set;

	note(arena, &set->gone, member);
	member_set_take(set, member_set_place(set, member->key));
}

static void add_member(struct arena *arena, const struct member *member)
{
	struct member_set *set = member->set;

	note(arena, &set->come, member);
	member_set_put(set, member_set_place(set, member->key), member);
}

/* Keeps the elements of those sets that still exist, sorted by the sets' current places. */
static struct member_list of_kept_sets(const struct members *members, struct arena *arena,
				       const struct member_list *list)
{
	struct member_list kept = {0};

	for (size_t i = 0; i < list->count; i++) {
		const struct member_set *set = list->items[i].set;

		if (!set->fresh && set->number < members->ruleset->set_count &&
		    members->sets[set->number] == set)
			arena_push(arena, kept.items, kept.count, list->items[i]);
	}
	if (kept.count)
		qsort(kept.items, kept.count, sizeof(*kept.items), member_compare);
	return kept;
}

static bool is_same_member(const struct member *a, const struct member *b)
{
	return !strcmp(a->comment, b->comment) && a->verdict.kind == b->verdict.kind &&
	       text_is_same(a->verdict.chain, b->verdict.chain);
}

void members_change(const struct members *members, struct arena *arena,
		    const struct member_list *before, const struct member_list *now)
{
	const struct member_list old = of_kept_sets(members, arena, before);
	const struct member_list new = of_kept_sets(members, arena, now);
	size_t i = 0, k = 0;

	while (i < old.count || k < new.count) {
		const int order = i == old.count   ? 1
				  : k == new.count ? -1
						   : member_compare(&old.items[i], &new.items[k]);
		const bool same = order == 0 && is_same_member(&old.items[i], &new.items[k]);

		if (order <= 0 && !same)
			delete_member(arena, &old.items[i]);
		if (order >= 0 && !same)
			add_member(arena, &new.items[k]);
		i += order <= 0;
		k += order >= 0;
	}
}

/* Sorts what was noted for a set. */
static struct picked pick_all(struct arena *arena, const struct member_set *set, struct set *list)
{
	const size_t len = list->count ? member_set_key_len(set) : 0;
	const uint32_t *order =
		key_order(arena, list->keys, list->count, len, len, set->set->field_count > 1);
	struct picked picked = {list, arena_array(arena, list->count, sizeof(size_t)), list->count};

	for (size_t i = 0; i < list->count; i++)
		picked.which[i] = order[i];
	return picked;
}

struct known_set *members_known(const struct members *members, struct arena *arena, size_t *count)
{
	struct known_set *known = NULL;

	*count = 0;
	for (size_t i = 0; i < members->ruleset->set_count; i++) {
		struct member_set *set = members->sets[i];

		if (!set || set->fresh)
			continue;
		arena_push(arena, known, *count,
			   ((struct known_set){i, pick_all(arena, set, &set->gone),
					       pick_all(arena, set, &set->come)}));
	}
	return known;
}

void members_publish(struct members *members)
{
	struct ruleset *ruleset = members->ruleset;

	ruleset->stats.elements = 0;
	for (size_t i = 0; i < ruleset->set_count; i++) {
		struct member_set *set = members->sets[i];

		if (set) {
			set->set->keys = set->keys;
			set->set->comments = set->comments;
			set->set->verdicts = set->verdicts;
			set->set->count = set->count;
		}
		if (ruleset->sets[i].from_count)
			ruleset->stats.elements += ruleset->sets[i].count;
	}
}

void members_forget(struct members *members)
{
	for (size_t i = 0; i < members->ruleset->set_count; i++) {
		struct member_set *set = members->sets[i];

		if (!set)
			continue;
		set->fresh = false;
		set->gone = set->come = (struct set){0};
	}
}
