/*
 * Files the verdicts of a structure's pods under their identities.  A structure may stay if the
 * pods of today have the same identities as those that it was made with, of those that policies
 * select.
 */
#include "pipeline/enforced.h"

#include "base/arena.h"
#include "base/bits.h"
#include "lower/sets.h"

static uint32_t number_of(const struct enforced_pods *enforced, uint32_t identity)
{
	return identity < enforced->number_count ? enforced->number_of[identity] : TABLE_NONE;
}

static void find_identity(struct enforced_pods *enforced, struct arena *arena,
			  const struct resolved *resolved, const struct pod_verdicts *verdicts,
			  size_t pod, uint32_t identity)
{
	struct enforced_identity found = {.to_node = {VERDICT_NONE, NULL}};

	for (enum direction direction = INGRESS; direction < DIRECTIONS; direction++) {
		found.verdicts[direction] = verdicts->of[direction][pod];
		found.is_isolated[direction] = bits_has(resolved->isolated[direction], pod);
	}
	if (verdicts->to_node)
		found.to_node = verdicts->to_node[pod];
	enforced->number_of[identity] = (uint32_t)enforced->count;
	arena_push(arena, enforced->items, enforced->count, found);
}

void enforced_find(struct enforced_pods *enforced, struct arena *arena, const struct census *census,
		   const struct resolved *resolved, const struct pod_verdicts *verdicts)
{
	const struct objects *objects = resolved->objects;

	*enforced = (struct enforced_pods){
		.number_of =
			arena_array(arena, census->identities.count, sizeof(*enforced->number_of)),
		.number_count = census->identities.count,
	};
	memset(enforced->number_of, 0xff, enforced->number_count * sizeof(*enforced->number_of));
	for (size_t i = 0; i < objects->pod_count; i++) {
		const struct pod *pod = &objects->pods[i];
		const uint32_t number = store_find(&census->store.pods, pod->namespace, pod->name);
		const uint32_t identity = census->places[number].identity;

		if (enforced->number_of[identity] == TABLE_NONE &&
		    census_has_policies(census, identity))
			find_identity(enforced, arena, resolved, verdicts, i, identity);
	}
}

/* An address of a pod, for which elements are added. */
struct adding {
	struct arena *arena;
	struct member_list *list;
	const struct addr *addr;
	const char *comment;
};

/* Adds the element for the address, followed by @behind (may be NULL), in a set or map. */
static void add(const struct adding *adding, struct member_set *set, const struct addr *behind,
		struct verdict verdict)
{
	const size_t len = family_len(adding->addr->family);
	struct member member = {.set = set, .comment = adding->comment, .verdict = verdict};

	if (!set)
		return;
	memcpy(member.key, adding->addr->bytes, len);
	if (behind)
		memcpy(member.key + len, behind->bytes, len);
	arena_push(adding->arena, adding->list->items, adding->list->count, member);
}

/* Adds what an address of a pod that policies select has in maps, and its pairs. */
static void add_identity(const struct adding *adding, const struct enforced_sets *sets,
			 const struct enforced_identity *identity, const struct pod *pod)
{
	const enum family family = adding->addr->family;
	bool is_in_map = false;

	for (enum direction direction = INGRESS; direction < DIRECTIONS; direction++) {
		if (identity->verdicts[direction].kind == VERDICT_NONE)
			continue;
		add(adding, sets->maps[direction][family], NULL, identity->verdicts[direction]);
		is_in_map = true;
	}
	if (identity->to_node.kind != VERDICT_NONE)
		add(adding, sets->to_node[family], NULL, identity->to_node);
	for (size_t i = 0; is_in_map && i < pod->addr_count; i++)
		if (pod->addrs[i].family == family)
			add(adding, sets->self[family], &pod->addrs[i],
			    (struct verdict){VERDICT_NONE, NULL});
}

void enforced_add(const struct enforced_pods *enforced, const struct census *census,
		  struct arena *arena, uint32_t pod, const struct addr *addr, const char *comment,
		  struct member_list *list)
{
	const struct pod *of = census_pod(census, pod);
	const uint32_t number = number_of(enforced, census->places[pod].identity);
	const struct adding adding = {arena, list, addr, comment};

	if (!pod_is_enforced(of, census->node))
		return;
	if (number != TABLE_NONE)
		add_identity(&adding, &enforced->sets, &enforced->items[number], of);
	if (closed_ranges_have(enforced->closed_ranges, addr))
		add(&adding, enforced->sets.known[addr->family], NULL,
		    (struct verdict){VERDICT_NONE, NULL});
}

/* How many pods and addresses of each sort there are today. */
struct enforced_tally {
	size_t maps[DIRECTIONS][FAMILIES], to_node[FAMILIES];
	size_t isolated[DIRECTIONS];
};

static void count_pod(struct enforced_tally *tally, const struct enforced_identity *identity,
		      const struct pod *pod)
{
	for (enum direction direction = INGRESS; direction < DIRECTIONS; direction++)
		tally->isolated[direction] += identity->is_isolated[direction];
	for (size_t i = 0; i < pod->addr_count; i++) {
		const enum family family = pod->addrs[i].family;

		for (enum direction direction = INGRESS; direction < DIRECTIONS; direction++)
			tally->maps[direction][family] +=
				identity->verdicts[direction].kind != VERDICT_NONE;
		tally->to_node[family] += identity->to_node.kind != VERDICT_NONE;
	}
}

/* Has the map room for so many elements, and no more than it would have if it was made for them? */
static bool has_size(const struct member_set *map, size_t count)
{
	return !map || map->set->size == lower_map_size(count);
}

static bool have_sizes(const struct enforced_sets *sets, const struct enforced_tally *tally)
{
	bool all = true;

	for (enum family family = V4; family < FAMILIES; family++) {
		for (enum direction direction = INGRESS; direction < DIRECTIONS; direction++)
			all &= has_size(sets->maps[direction][family],
					tally->maps[direction][family]);
		all &= has_size(sets->to_node[family], tally->to_node[family]);
	}
	return all;
}

bool enforced_stay(const struct enforced_pods *enforced, const struct census *census,
		   struct ruleset *ruleset)
{
	struct arena *scratch = arena_new();
	struct bits seen = bits_new(scratch, enforced->count);
	struct enforced_tally tally = {.isolated = {0}};
	size_t identities = 0;
	bool stay = !enforced->are_stale;

	for (size_t i = 0; stay && i < census->local.count; i++) {
		const uint32_t pod = census->local.items[i];
		const uint32_t identity = census->places[pod].identity;
		const uint32_t number = number_of(enforced, identity);

		if (number == TABLE_NONE) {
			stay = !census_has_policies(census, identity);
			continue;
		}
		identities += !bits_has(&seen, number);
		bits_set(&seen, number);
		count_pod(&tally, &enforced->items[number], census_pod(census, pod));
	}
	stay = stay && identities == enforced->count && have_sizes(&enforced->sets, &tally);
	for (enum direction direction = INGRESS; stay && direction < DIRECTIONS; direction++)
		ruleset->stats.isolated[direction] = tally.isolated[direction];
	arena_free(scratch);
	return stay;
}
