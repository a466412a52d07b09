/*
 * Keeps sets of peers as sorted arrays from one ruleset to the next.  What a touched address had is
 * removed, what it has now is added, and the difference is noted for change/diff.h.
 */
#include "pipeline/members.h"

#include "base/arena.h"
#include "base/search.h"
#include "lower/first.h"
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

/* The place in the set where the key stands, or would stand. */
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

/* The owners of an address: at most one pod, and nodes. */
struct owners {
	uint32_t pod; /* TABLE_NONE: no pod */
	const struct number_list *nodes;
	const struct addr *addr;
	const uint32_t *selectors; /* the selectors that mean the pod, ascending */
	size_t selector_count;
	const char *comment; /* for its elements: the name of the pod, or of the node */
};

/* The name of the first of the nodes. */
static const char *first_node_name(const struct census *census, const struct number_list *nodes)
{
	uint32_t first = nodes->items[0];

	for (size_t i = 1; i < nodes->count; i++)
		if (strcmp(census_node(census, nodes->items[i])->name,
			   census_node(census, first)->name) < 0)
			first = nodes->items[i];
	return census->node_names[first];
}

static struct owners owners_of(struct census *census, uint32_t pod, const struct addr *addr)
{
	struct owners owners = {
		.pod = pod,
		.nodes = &census->node_owners[census_address(census, addr)],
		.addr = addr,
	};

	if (pod != TABLE_NONE) {
		owners.selectors = selectors_of(census->peers, census->places[pod].identity,
						&owners.selector_count);
		owners.comment =
			comment_fit(census->arena, census->store.pods.keys.keys[pod].bytes);
	} else if (owners.nodes->count) {
		owners.comment = first_node_name(census, owners.nodes);
	}
	return owners;
}

/* Does a definition of nodes mean one of them? */
static bool means_nodes(const struct census *census, const struct definition *definition,
			const struct owners *owners)
{
	for (size_t i = 0; i < owners->nodes->count; i++) {
		const struct cluster_node *node = census_node(census, owners->nodes->items[i]);

		if (selector_matches(definition->peer->nodes, node->labels, node->label_count))
			return true;
	}
	return false;
}

/* Receives elements: a set, a key and a comment. */
struct taker {
	void (*take)(struct taker *taker, struct member_set *set, const uint8_t *key,
		     const char *comment);
	struct member_set **firsts; /* sets of first matches that may have the address */
	size_t first_count, first_size;
};

/* Notes that a set of first matches must be asked about the address. */
static void note_first(struct taker *taker, struct arena *arena, struct member_set *set)
{
	for (size_t i = 0; i < taker->first_count; i++)
		if (taker->firsts[i] == set)
			return;
	if (taker->first_count == taker->first_size) {
		struct member_set **larger;

		taker->first_size = taker->first_size ? 2 * taker->first_size : 8;
		larger = arena_array(arena, taker->first_size, sizeof(struct member_set *));
		if (taker->first_count)
			memcpy(larger, taker->firsts, taker->first_count * sizeof(*larger));
		taker->firsts = larger;
	}
	taker->firsts[taker->first_count++] = set;
}

/* Does a pod's port have the name that a definition asks for? */
static bool has_name(const struct definition *definition, const struct pod_port *port)
{
	return (definition->protocol == PROTOCOL_ANY || port->protocol == definition->protocol) &&
	       !strcmp(port->name, definition->port_name);
}

static void put_named(uint8_t *key, enum family family, const struct pod_port *port)
{
	const size_t len = family_len(family);
	const uint16_t number = htons(port->number);

	key[len] = (uint8_t)port->protocol;
	memcpy(key + len + 4, &number, sizeof(number));
}

static const struct identity *identity_of_owner(const struct census *census,
						const struct owners *owners)
{
	return &census->identities.items[census->places[owners->pod].identity];
}

/* Finds the elements of one address that come from one use of a definition. */
static void take_use(struct taker *taker, struct census *census, const struct member_use *use,
		     const struct owners *owners)
{
	const struct definition *definition = use->definition;
	const struct addr *addr = owners->addr;
	const struct identity *identity;
	uint8_t key[KEY_MAX] = {0};

	if (use->set->family != addr->family)
		return;
	if (use->set->set->first) {
		note_first(taker, census->arena, use->set);
		return;
	}
	memcpy(key, addr->bytes, family_len(addr->family));
	if (definition->kind != DEFINITION_NAMED) {
		taker->take(taker, use->set, key, owners->comment);
		return;
	}
	identity = identity_of_owner(census, owners);
	for (size_t i = 0; i < identity->port_count; i++) {
		if (!has_name(definition, &identity->ports[i]))
			continue;
		put_named(key, addr->family, &identity->ports[i]);
		taker->take(taker, use->set, key, owners->comment);
	}
}

/* An address, perhaps with a port, about which a set of first matches is asked. */
struct members_asked {
	const struct members *members;
	const struct census *census;
	const struct owners *owners;
	const struct pod_port *port;
};

/* Does the peer of a definition, if it is pods or a block, mean the address? */
static bool means_peer(const struct members_asked *asked, uint32_t number)
{
	const struct definition *definition = &asked->members->resolved->definitions[number];
	const uint32_t selector = asked->members->selector_of[number];
	const struct owners *owners = asked->owners;
	size_t at;

	if (definition->peer->kind == PEER_BLOCK)
		return block_has(definition->peer, owners->addr);
	at = FIRST_WHERE(i, owners->selector_count, owners->selectors[i] >= selector);
	return at < owners->selector_count && owners->selectors[at] == selector;
}

/* Does the pod give the port a name that the definition asks for? */
static bool means_port(const struct members_asked *asked, const struct definition *definition)
{
	const struct identity *identity = identity_of_owner(asked->census, asked->owners);

	for (size_t i = 0; i < identity->port_count; i++)
		if (identity->ports[i].protocol == asked->port->protocol &&
		    identity->ports[i].number == asked->port->number &&
		    has_name(definition, &identity->ports[i]))
			return true;
	return false;
}

static bool means(const void *context, const struct first_entry *entry)
{
	const struct members_asked *asked = context;
	const struct definition *definition =
		&asked->members->resolved->definitions[entry->definition];
	const struct pod_port *port = asked->port;

	if (definition->kind == DEFINITION_NAMED)
		return means_peer(asked, entry->definition) && means_port(asked, definition);
	if (port && entry->protocol != PROTOCOL_ANY &&
	    (entry->protocol != port->protocol || port->number < entry->first ||
	     entry->last < port->number))
		return false;
	if (definition->kind == DEFINITION_NODES)
		return means_nodes(asked->census, definition, asked->owners);
	return means_peer(asked, entry->definition);
}

/* Finds the elements of one address in a set of first matches. */
static void take_first(struct taker *taker, const struct members *members,
		       const struct census *census, struct member_set *set,
		       const struct owners *owners)
{
	struct members_asked asked = {members, census, owners, NULL};
	const struct first_match *match = set->set->first;
	const struct identity *identity;
	uint8_t key[KEY_MAX] = {0};

	memcpy(key, owners->addr->bytes, family_len(owners->addr->family));
	if (!match->is_named) {
		if (first_has(match, means, &asked))
			taker->take(taker, set, key, owners->comment);
		return;
	}
	identity = identity_of_owner(census, owners);
	for (size_t i = 0; i < identity->port_count; i++) {
		asked.port = &identity->ports[i];
		if (!first_has(match, means, &asked))
			continue;
		put_named(key, owners->addr->family, asked.port);
		taker->take(taker, set, key, owners->comment);
	}
}

/* Finds all elements of one address; an element may come more than once. */
static void take_all(struct taker *taker, const struct members *members, struct census *census,
		     const struct owners *owners)
{
	taker->first_count = 0;
	for (size_t i = 0; i < owners->selector_count && owners->selectors[i] < members->use_count;
	     i++)
		for (size_t k = 0; k < members->uses[owners->selectors[i]].count; k++)
			take_use(taker, census, &members->uses[owners->selectors[i]].items[k],
				 owners);
	for (size_t i = 0; owners->pod != TABLE_NONE && i < members->block_uses.count; i++)
		if (block_has(members->block_uses.items[i].definition->peer, owners->addr))
			take_use(taker, census, &members->block_uses.items[i], owners);
	for (size_t i = 0; owners->nodes->count && i < members->node_uses.count; i++)
		if (means_nodes(census, members->node_uses.items[i].definition, owners))
			take_use(taker, census, &members->node_uses.items[i], owners);
	for (size_t i = 0; i < taker->first_count; i++)
		if (!taker->firsts[i]->set->first->is_named || owners->pod != TABLE_NONE)
			take_first(taker, members, census, taker->firsts[i], owners);
}

struct list_taker {
	struct taker taker;
	struct arena *arena;
	struct member_list list;
};

static void take_to_list(struct taker *taker, struct member_set *set, const uint8_t *key,
			 const char *comment)
{
	struct list_taker *to = (struct list_taker *)taker;
	struct member member = {.set = set, .comment = comment};

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
	take_all(&to.taker, members, census, &owners);
	if (to.list.count)
		qsort(to.list.items, to.list.count, sizeof(*to.list.items), compare_members);
	for (size_t i = 0; i < to.list.count; i++)
		if (!kept || compare_members(&to.list.items[i], &to.list.items[kept - 1]))
			to.list.items[kept++] = to.list.items[i];
	to.list.count = kept;
	return to.list;
}

/* Puts elements into new sets, in the order in which they come. */
struct fill_taker {
	struct taker taker;
	const struct census *census;
};

static void take_to_set(struct taker *taker, struct member_set *set, const uint8_t *key,
			const char *comment)
{
	const struct fill_taker *to = (const struct fill_taker *)taker;

	if (set->fresh)
		put_at(to->census->arena, set, set->count, key, comment);
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

static void fill_pod(struct fill_taker *to, const struct members *members, struct census *census,
		     uint32_t number)
{
	const struct pod *pod = census_pod(census, number);

	for (size_t i = 0; i < pod->addr_count; i++) {
		const struct owners owners = owners_of(census, number, &pod->addrs[i]);

		take_all(&to->taker, members, census, &owners);
	}
}

/* Finds the elements of those addresses of a node that no pod has. */
static void fill_node(struct fill_taker *to, const struct members *members, struct census *census,
		      const struct cluster_node *node)
{
	for (size_t i = 0; i < node->addr_count; i++) {
		const struct owners owners = owners_of(census, TABLE_NONE, &node->addrs[i]);

		if (!census->owners[census_address(census, &node->addrs[i])].count)
			take_all(&to->taker, members, census, &owners);
	}
}

/* Sorts the elements of a new set and removes repetitions. */
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
	struct fill_taker to = {{.take = take_to_set}, census};

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
			sort_set(census->arena, members->arena, members->sets[i]);
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

/* Adds an element to a list of elements that differ; lists grow by powers of two. */
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

/* Sorts what was noted for a set. */
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
