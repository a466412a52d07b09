/*
 * Sets of peers are kept from one ruleset to the next as sorted arrays. What a touched address had is taken
 * out and what it has now is put in, and the difference is noted for change/diff.h.
 */
#include "pipeline/members.h"

#include "base/arena.h"
#include "base/search.h"
#include "lower/names.h"
#include "lower/sets.h"
#include "model/selector.h"
#include "ruleset/key_order.h"

#include <arpa/inet.h>
#include <stdlib.h>

static size_t key_len(const struct member_set *set)
{
	return set_key_len(set->set);
}

static int compare_keys(const struct member_set *set, const uint8_t *a, const uint8_t *b)
{
	return key_compare(a, b, key_len(set), set->set->field_count > 1);
}

/* Where the key stands in the set, or would. */
static size_t place_of(const struct member_set *set, const uint8_t *key)
{
	const size_t len = key_len(set);

	return FIRST_WHERE(i, set->count, compare_keys(set, set->keys + i * len, key) >= 0);
}

static void make_room(struct arena *arena, struct member_set *set)
{
	const size_t len = key_len(set);
	uint8_t *keys = set->keys;
	const char **comments = set->comments;

	if (set->count < set->size)
		return;
	set->size = set->size ? 2 * set->size : 8;
	set->keys = arena_array(arena, set->size, len);
	set->comments = arena_array(arena, set->size, sizeof(*comments));
	if (!set->count)
		return;
	memcpy(set->keys, keys, set->count * len);
	memcpy(set->comments, comments, set->count * sizeof(*comments));
}

static void put_at(struct arena *arena, struct member_set *set, size_t at, const uint8_t *key,
		   const char *comment)
{
	const size_t len = key_len(set), behind = set->count - at;

	make_room(arena, set);
	memmove(set->keys + (at + 1) * len, set->keys + at * len, behind * len);
	memmove(&set->comments[at + 1], &set->comments[at], behind * sizeof(*set->comments));
	memcpy(set->keys + at * len, key, len);
	set->comments[at] = comment;
	set->count++;
}

static void take_at(struct member_set *set, size_t at)
{
	const size_t len = key_len(set), behind = --set->count - at;

	memmove(set->keys + at * len, set->keys + (at + 1) * len, behind * len);
	memmove(&set->comments[at], &set->comments[at + 1], behind * sizeof(*set->comments));
}

/* The pod's name as an element's comment. */
static const char *comment_of(const struct census *census, uint32_t pod)
{
	return comment_fit(census->arena, census->store.pods.keys.keys[pod].bytes);
}

/* Takes elements: a set's key, and the pod that it is of. */
struct taker {
	void (*take)(struct taker *taker, struct member_set *set, const uint8_t *key, uint32_t pod);
};

/* The elements of one address of a pod that one use brings. */
static void take_use(struct taker *taker, const struct census *census, const struct member_use *use,
		     uint32_t pod, const struct addr *addr)
{
	const struct definition *definition = use->definition;
	const struct identity *identity = &census->identities.items[census->places[pod].identity];
	const size_t len = family_len(addr->family);
	uint8_t key[KEY_MAX] = {0};

	if (use->set->family != addr->family)
		return;
	memcpy(key, addr->bytes, len);
	if (definition->kind == DEFINITION_PODS)
		taker->take(taker, use->set, key, pod);
	for (size_t i = 0; definition->kind == DEFINITION_NAMED && i < identity->port_count; i++) {
		const struct pod_port *port = &identity->ports[i];
		const uint16_t number = htons(port->number);

		if (port->protocol != definition->protocol ||
		    strcmp(port->name, definition->port_name) != 0)
			continue;
		key[len] = (uint8_t)port->protocol;
		memcpy(key + len + 4, &number, sizeof(number));
		taker->take(taker, use->set, key, pod);
	}
}

/* All elements of one address of a pod; an element may come more than once. */
static void take_all(struct taker *taker, const struct members *members, struct census *census,
		     uint32_t pod, const struct addr *addr)
{
	size_t count;
	const uint32_t *selectors =
		selectors_of(census->peers, census->places[pod].identity, &count);

	for (size_t i = 0; i < count && selectors[i] < members->use_count; i++)
		for (size_t k = 0; k < members->uses[selectors[i]].count; k++)
			take_use(taker, census, &members->uses[selectors[i]].items[k], pod, addr);
	for (size_t i = 0; i < members->block_uses.count; i++)
		if (block_has(members->block_uses.items[i].definition->peer, addr))
			take_use(taker, census, &members->block_uses.items[i], pod, addr);
}

struct list_taker {
	struct taker taker;
	struct arena *arena;
	const struct census *census;
	struct member_list list;
};

static void take_to_list(struct taker *taker, struct member_set *set, const uint8_t *key,
			 uint32_t pod)
{
	struct list_taker *to = (struct list_taker *)taker;
	struct member member = {.set = set, .comment = comment_of(to->census, pod)};

	memcpy(member.key, key, KEY_MAX);
	arena_push(to->arena, to->list.items, to->list.count, member);
}

static int compare_members(const void *a, const void *b)
{
	const struct member *x = a, *y = b;

	if (x->set != y->set)
		return x->set->number < y->set->number ? -1 : 1;
	return compare_keys(x->set, x->key, y->key);
}

/* The elements of an address of a pod: sorted, each once. */
static struct member_list members_of_pod(const struct members *members, struct census *census,
					 struct arena *arena, uint32_t pod, const struct addr *addr)
{
	struct list_taker to = {{take_to_list}, arena, census, {0}};
	size_t kept = 0;

	take_all(&to.taker, members, census, pod, addr);
	if (to.list.count)
		qsort(to.list.items, to.list.count, sizeof(*to.list.items), compare_members);
	for (size_t i = 0; i < to.list.count; i++)
		if (!kept || compare_members(&to.list.items[i], &to.list.items[kept - 1]))
			to.list.items[kept++] = to.list.items[i];
	to.list.count = kept;
	return to.list;
}

struct member_list members_of(const struct members *members, struct census *census,
			      struct arena *arena, uint32_t address)
{
	const struct number_list *owners = &census->owners[address];
	struct addr addr;

	memcpy(&addr, census->addresses.keys[address].bytes, sizeof(addr));
	return owners->count ? members_of_pod(members, census, arena, *owners->items, &addr)
			     : (struct member_list){0};
}

/* Puts elements into fresh sets, as they come. */
struct fill_taker {
	struct taker taker;
	const struct census *census;
};

static void take_to_set(struct taker *taker, struct member_set *set, const uint8_t *key,
			uint32_t pod)
{
	const struct fill_taker *to = (const struct fill_taker *)taker;

	if (set->fresh)
		put_at(to->census->arena, set, set->count, key, comment_of(to->census, pod));
}

/* Does the selector mean pods of a fresh set? */
static bool fills(const struct member_uses *uses)
{
	for (size_t i = 0; i < uses->count; i++)
		if (uses->items[i].set->fresh)
			return true;
	return false;
}

static bool fills_any(const struct members *members, const uint32_t *selectors, size_t count)
{
	if (fills(&members->block_uses))
		return true;
	for (size_t i = 0; i < count && selectors[i] < members->use_count; i++)
		if (fills(&members->uses[selectors[i]]))
			return true;
	return false;
}

static void fill_pod(struct fill_taker *to, const struct members *members, struct census *census,
		     uint32_t number)
{
	const struct pod *pod = census_pod(census, number);

	for (size_t i = 0; i < pod->addr_count; i++)
		take_all(&to->taker, members, census, number, &pod->addrs[i]);
}

/* Sorts what came, each key once. */
static void sort_set(struct arena *arena, struct arena *scratch, struct member_set *set)
{
	const size_t len = key_len(set), count = set->count;
	const uint32_t *order =
		key_order(scratch, set->keys, count, len, len, set->set->field_count > 1);
	const uint8_t *keys = set->keys;
	const char **comments = set->comments;

	set->keys = arena_array(arena, count, len);
	set->comments = arena_array(arena, count, sizeof(*comments));
	set->size = count;
	set->count = 0;
	for (size_t i = 0; i < count; i++) {
		const uint8_t *key = keys + order[i] * len;

		if (set->count && !memcmp(set->keys + (set->count - 1) * len, key, len))
			continue;
		memcpy(set->keys + set->count * len, key, len);
		set->comments[set->count++] = comments[order[i]];
	}
}

static void fill_all(const struct members *members, struct census *census)
{
	struct fill_taker to = {{take_to_set}, census};

	for (uint32_t i = 0; i < census->pods_of_count; i++) {
		size_t count;
		const uint32_t *selectors = selectors_of(census->peers, i, &count);

		if (!census->pods_of[i].count || !fills_any(members, selectors, count))
			continue;
		for (size_t k = 0; k < census->pods_of[i].count; k++)
			fill_pod(&to, members, census, census->pods_of[i].items[k]);
	}
	for (size_t i = 0; i < members->ruleset->set_count; i++)
		if (members->sets[i] && members->sets[i]->fresh)
			sort_set(census->arena, members->arena, members->sets[i]);
}

/* Are two sets made of the same definitions, word for word? */
static bool is_made_of(const struct members *a, const struct set *x, const struct members *b,
		       const struct set *y)
{
	if (x->from_count != y->from_count)
		return false;
	for (size_t i = 0; i < x->from_count; i++)
		if (strcmp(a->resolved->definitions[x->from[i]].text,
			   b->resolved->definitions[y->from[i]].text) != 0)
			return false;
	return true;
}

/* The set of the same name and definitions in an earlier ruleset; NULL: there is none. */
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
	       members->resolved->definitions[*set->from].kind != DEFINITION_BLOCK;
}

static struct member_set *make_set(struct census *census, const struct set *set)
{
	struct member_set *made = arena_alloc(census->arena, sizeof(*made));

	made->family = set_family(set);
	made->fresh = true;
	return made;
}

static void add_use(struct members *members, struct census *census, struct member_set *set,
		    const struct definition *definition)
{
	const struct peer *peer = definition->peer;
	struct member_uses *uses = &members->block_uses;
	uint32_t selector;

	if (peer->kind == PEER_PODS) {
		selector = selectors_add(census->peers,
					 census_namespace(census, definition->namespace),
					 peer->namespaces, peer->pods);
		while (members->use_count <= selector)
			arena_push(members->arena, members->uses, members->use_count,
				   ((struct member_uses){0}));
		uses = &members->uses[selector];
	}
	arena_push(members->arena, uses->items, uses->count,
		   ((struct member_use){set, definition}));
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
			add_use(members, census, members_set, &resolved->definitions[set->from[k]]);
	}
	fill_all(members, census);
	return members;
}

/* One more element of a list of those that differ; lists grow by powers of two. */
static void note(struct arena *arena, const struct member_set *set, struct set *list,
		 const uint8_t *key, const char *comment)
{
	const size_t len = key_len(set), count = list->count;
	uint8_t *keys = arena_grow(arena, (uint8_t *)list->keys, count, len);
	const char **comments =
		arena_grow(arena, (const char **)list->comments, count, sizeof(*comments));

	memcpy(keys + count * len, key, len);
	comments[count] = comment;
	*list = *set->set;
	list->keys = keys;
	list->comments = comments;
	list->count = count + 1;
}

static void delete_member(struct arena *arena, const struct member *member)
{
	struct member_set *set = member->set;
	const size_t at = place_of(set, member->key);

	note(arena, set, &set->gone, member->key, set->comments[at]);
	take_at(set, at);
}

static void add_member(struct arena *arena, struct census *census, const struct member *member)
{
	struct member_set *set = member->set;

	note(arena, set, &set->come, member->key, member->comment);
	put_at(census->arena, set, place_of(set, member->key), member->key, member->comment);
}

/* Leaves those of sets that were there before, and are still: sorted by where these stand now. */
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
		qsort(kept.items, kept.count, sizeof(*kept.items), compare_members);
	return kept;
}

void members_change(const struct members *members, struct census *census, struct arena *arena,
		    const struct member_list *before, const struct member_list *now)
{
	const struct member_list old = of_kept_sets(members, arena, before);
	const struct member_list new = of_kept_sets(members, arena, now);
	size_t i = 0, k = 0;

	while (i < old.count || k < new.count) {
		const int order = i == old.count   ? 1
				  : k == new.count ? -1
						   : compare_members(&old.items[i], &new.items[k]);
		const bool same = order == 0 && !strcmp(old.items[i].comment, new.items[k].comment);

		if (order <= 0 && !same)
			delete_member(arena, &old.items[i]);
		if (order >= 0 && !same)
			add_member(arena, census, &new.items[k]);
		i += order <= 0;
		k += order >= 0;
	}
}

/* Sorts what was noted, so that it can be told element by element. */
static struct picked pick_all(struct arena *arena, const struct member_set *set, struct set *list)
{
	const size_t len = list->count ? key_len(set) : 0;
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
