/*
 * Makes and searches the index of labels: see the hard idea in resolve/match.h.  Long lists also
 * have the form of bitmaps, which are made when they are first needed.
 */
#include "resolve/match.h"

#include "base/arena.h"
#include "base/numbers.h"
#include "base/search.h"
#include "model/expectation.h"

#include <stdlib.h>

/* In the place of a value, this stands for the list of a key alone. */
#define ANY_VALUE UINT32_MAX

/*
 * Up to FEW pods are checked one by one faster than by an index; from MANY on, none is checked one
 * by one.
 */
#define FEW  8
#define MANY 64

struct scope_namespace {
	const char *name;
	const struct label *labels;
	size_t label_count;
	size_t first_pod, end_pod; /* pods are sorted by namespace */
};

/* Which lists of a key are wanted; the values are bits of a set. */
enum wanted_lists { WANT_VALUES = 1, WANT_KEY = 2 };

/*
 * For each label, and each key alone, that selectors ask for: the ascending numbers of those that
 * carry it.
 */
struct label_lists {
	uint8_t *wanted;     /* index: key; a set of enum wanted_lists */
	struct table labels; /* keys: struct label; the numbers are those of lists */
	uint32_t *begin;     /* index: list; where it begins in: */
	uint32_t *lists;
	/* index: list; the same numbers as a bitmap, for a long list that was needed as one */
	uint64_t **bits;
};

struct match_index {
	struct arena *arena;
	const struct objects *objects;
	struct scope_namespace *namespaces; /* sorted by name */
	size_t namespace_count;
	uint32_t *namespace_of; /* index: pod */
	struct bits scope;      /* a set of namespaces, which is empty between two searches */
	struct bits room[2];    /* sets of pods, which are empty between two searches */
	struct label_lists pods_by_label, namespaces_by_label;
};

static int compare_names(const void *a, const void *b)
{
	return strcmp(*(const char *const *)a, *(const char *const *)b);
}

/* Returns the end of the namespace whose pods begin at @first; pods are sorted by namespace. */
static size_t end_of_namespace(const struct objects *objects, size_t first)
{
	const char *name = objects->pods[first].namespace;
	size_t low = first, high, step = 1;

	while (low + step < objects->pod_count &&
	       !strcmp(objects->pods[low + step].namespace, name)) {
		low += step;
		step *= 2;
	}
	high = low + step < objects->pod_count ? low + step : objects->pod_count;
	return low +
	       FIRST_WHERE(i, high - low, strcmp(objects->pods[low + i].namespace, name) != 0);
}

/* Collects all names of namespaces, sorted and without repetitions. */
static const char **collect_names(struct arena *arena, const struct objects *objects, size_t *count)
{
	const char **names = NULL;
	size_t all = 0;

	for (size_t i = 0; i < objects->namespace_count; i++)
		arena_push(arena, names, all, objects->namespaces[i].name);
	for (size_t i = 0; i < objects->pod_count; i = end_of_namespace(objects, i))
		arena_push(arena, names, all, objects->pods[i].namespace);
	for (size_t i = 0; i < objects_enforced(objects); i++)
		if (i == 0 ||
		    strcmp(objects->policies[i].namespace, objects->policies[i - 1].namespace) != 0)
			arena_push(arena, names, all, objects->policies[i].namespace);
	if (all)
		qsort(names, all, sizeof(*names), compare_names);
	*count = 0;
	for (size_t i = 0; i < all; i++)
		if (i == 0 || strcmp(names[i], names[i - 1]) != 0)
			names[(*count)++] = names[i];
	return names;
}

static void index_namespaces(struct arena *arena, struct match_index *index)
{
	const struct objects *objects = index->objects;
	const char **names = collect_names(arena, objects, &index->namespace_count);
	struct label *own;
	size_t pod = 0;

	index->namespaces = arena_array(arena, index->namespace_count, sizeof(*index->namespaces));
	index->namespace_of = arena_array(arena, objects->pod_count, sizeof(uint32_t));
	for (size_t i = 0; i < index->namespace_count; i++) {
		struct scope_namespace *namespace = &index->namespaces[i];

		namespace->name = names[i];
		own = arena_alloc(arena, sizeof(*own));
		namespace->labels =
			objects_namespace_labels(objects, names[i], own, &namespace->label_count);
		namespace->first_pod = namespace->end_pod = pod;
		if (pod < objects->pod_count && !strcmp(objects->pods[pod].namespace, names[i]))
		namespace->end_pod = end_of_namespace(objects, pod);
		while (pod < namespace->end_pod)
			index->namespace_of[pod++] = (uint32_t)i;
	}
}

/*
 * How many lists it takes to tell who meets a requirement, or who does not: one for each value, or
 * that of the key.
 */
static size_t list_count(const struct requirement *requirement)
{
	return requirement->count ? requirement->count : 1;
}

/* Do the lists tell who does not meet the requirement? */
static bool is_negative(const struct requirement *requirement)
{
	return requirement->op == OP_NOT_IN || requirement->op == OP_DOES_NOT_EXIST;
}

/*
 * Makes empty lists for everything that the selector asks for.  Most labels of pods need no list,
 * as nobody asks for them.
 */
static void want_lists(struct label_lists *lists, const struct selector *selector)
{
	for (size_t i = 0; selector && i < selector->count; i++) {
		const struct requirement *requirement = &selector->requirements[i];
		struct label label = {requirement->key, ANY_VALUE};

		lists->wanted[label.key] |= requirement->count ? WANT_VALUES : WANT_KEY;
		for (size_t k = 0; k < list_count(requirement); k++) {
			if (requirement->count)
				label.value = requirement->values[k];
			table_add(&lists->labels, &label, sizeof(label), NULL);
		}
	}
}

/* Of namespaces and of pods; NULL: none. */
static void want_both(struct match_index *index, const struct selector *namespaces,
		      const struct selector *pods)
{
	want_lists(&index->namespaces_by_label, namespaces);
	want_lists(&index->pods_by_label, pods);
}

static void want_policy(struct match_index *index, const struct policy *policy)
{
	want_both(index, NULL, policy->pods);
	for (enum direction direction = INGRESS; direction < DIRECTIONS; direction++)
		for (size_t i = 0; i < policy->rule_count[direction]; i++) {
			const struct policy_rule *rule = &policy->rules[direction][i];

			for (size_t k = 0; k < rule->peer_count; k++)
				want_both(index, rule->peers[k].namespaces, rule->peers[k].pods);
		}
}

static void want_all(struct match_index *index)
{
	const struct objects *objects = index->objects;

	for (size_t i = 0; i < objects_enforced(objects); i++)
		want_policy(index, &objects->policies[i]);
	for (size_t i = 0; i < objects->expectation_count; i++) {
		const struct expectation *one = &objects->expectations[i];

		want_both(index, one->from.namespaces, one->from.pods);
		want_both(index, one->to.namespaces, one->to.pods);
	}
}

/* Something that carries labels: a pod or a namespace. */
struct carrier {
	const struct label *labels;
	size_t count;
};

/* Fills the lists in two passes: the first finds their lengths, the second puts the numbers in. */
static void fill_lists(struct arena *arena, struct label_lists *lists,
		       const struct carrier *carriers, size_t count)
{
	struct match_entry {
		uint32_t list, carrier;
	} * entries;
	size_t entry_count = 0, most = 0;
	uint32_t *fill;

	for (size_t i = 0; i < count; i++)
		most += 2 * carriers[i].count;
	/*
	 * The array has its largest possible size from the start, since growing it would leave as
	 * much garbage behind.
	 */
	entries = arena_array(arena, most, sizeof(*entries));
	for (size_t i = 0; i < count; i++) {
		for (size_t k = 0; k < carriers[i].count; k++) {
			const struct label *label = &carriers[i].labels[k];
			const struct label both[] = {*label, {label->key, ANY_VALUE}};

			for (size_t n = 0; n < 2; n++) {
				uint32_t list = TABLE_NONE;

				if (lists->wanted[label->key] & (n ? WANT_KEY : WANT_VALUES))
					list = table_find(&lists->labels, &both[n], sizeof(*both));
				if (list != TABLE_NONE)
					entries[entry_count++] =
						(struct match_entry){list, (uint32_t)i};
			}
		}
	}
	lists->begin = arena_array(arena, lists->labels.count + 1, sizeof(uint32_t));
	fill = arena_array(arena, lists->labels.count + 1, sizeof(uint32_t));
	for (size_t i = 0; i < entry_count; i++)
		lists->begin[entries[i].list + 1]++;
	for (size_t i = 0; i < lists->labels.count; i++)
		fill[i + 1] = lists->begin[i + 1] += lists->begin[i];
	lists->lists = arena_array(arena, entry_count, sizeof(uint32_t));
	lists->bits = arena_array(arena, lists->labels.count, sizeof(*lists->bits));
	for (size_t i = 0; i < entry_count; i++)
		lists->lists[fill[entries[i].list]++] = entries[i].carrier;
}

static struct label_lists no_lists(struct arena *arena, const struct objects *objects)
{
	return (struct label_lists){
		.labels = {.arena = arena},
		.wanted = arena_array(arena, objects->string_count, sizeof(uint8_t)),
	};
}

struct match_index *match_index_new(struct arena *arena, const struct objects *objects)
{
	struct match_index *index = arena_alloc(arena, sizeof(*index));
	struct carrier *carriers;

	index->arena = arena;
	index->objects = objects;
	index->pods_by_label = no_lists(arena, objects);
	index->namespaces_by_label = no_lists(arena, objects);
	want_all(index);
	index_namespaces(arena, index);
	index->scope = bits_new(arena, index->namespace_count);
	index->room[0] = bits_new(arena, objects->pod_count);
	index->room[1] = bits_new(arena, objects->pod_count);
	carriers = arena_array(arena, index->namespace_count, sizeof(*carriers));
	for (size_t i = 0; i < index->namespace_count; i++)
		carriers[i] = (struct carrier){index->namespaces[i].labels,
					       index->namespaces[i].label_count};
	fill_lists(arena, &index->namespaces_by_label, carriers, index->namespace_count);
	carriers = arena_array(arena, objects->pod_count, sizeof(*carriers));
	for (size_t i = 0; i < objects->pod_count; i++)
		carriers[i] =
			(struct carrier){objects->pods[i].labels, objects->pods[i].label_count};
	fill_lists(arena, &index->pods_by_label, carriers, objects->pod_count);
	return index;
}

size_t match_namespace_count(const struct match_index *index)
{
	return index->namespace_count;
}

size_t match_namespace(const struct match_index *index, const char *name)
{
	return FIRST_WHERE(i, index->namespace_count, strcmp(index->namespaces[i].name, name) >= 0);
}

const char *match_namespace_name(const struct match_index *index, size_t namespace)
{
	return index->namespaces[namespace].name;
}

/* A part of a list, ascending. */
struct list_span {
	const uint32_t *items;
	size_t count;
	uint32_t list; /* the label's list that it is a part of, if it is of one */
};

/* The part of the numbers from @first to before @end. */
static struct list_span narrow(struct list_span span, size_t first, size_t end)
{
	const uint32_t *edges[2];

	edges[0] = span.items + FIRST_WHERE(i, span.count, span.items[i] >= first);
	edges[1] = span.items + FIRST_WHERE(i, span.count, span.items[i] >= end);
	return (struct list_span){edges[0], (size_t)(edges[1] - edges[0]), span.list};
}

/* The list of a label, or of a key alone. */
static struct list_span list_of(const struct label_lists *lists, uint32_t key, uint32_t value)
{
	struct label label = {key, value};
	uint32_t number = table_find(&lists->labels, &label, sizeof(label));

	if (number == TABLE_NONE)
		return (struct list_span){0};
	return (struct list_span){&lists->lists[lists->begin[number]],
				  lists->begin[number + 1] - lists->begin[number], number};
}

/* The requirement's list number @i. */
static struct list_span list_at(const struct label_lists *lists,
				const struct requirement *requirement, size_t i)
{
	return list_of(lists, requirement->key,
		       requirement->count ? requirement->values[i] : ANY_VALUE);
}

/*
 * Returns the requirement that has the shortest lists of those that meet it; NULL if no requirement
 * has such lists.
 */
static const struct requirement *most_telling(const struct label_lists *lists,
					      const struct selector *selector)
{
	const struct requirement *best = NULL;
	size_t least = SIZE_MAX;

	for (size_t i = 0; i < selector->count; i++) {
		const struct requirement *requirement = &selector->requirements[i];
		size_t sum = 0;

		if (is_negative(requirement))
			continue;
		for (size_t k = 0; k < list_count(requirement); k++)
			sum += list_at(lists, requirement, k).count;
		if (sum < least) {
			least = sum;
			best = requirement;
		}
	}
	return best;
}

size_t match_namespaces(const struct match_index *index, const struct selector *selector,
			uint32_t *namespaces)
{
	const struct label_lists *lists = &index->namespaces_by_label;
	const struct requirement *telling =
		index->namespace_count > FEW ? most_telling(lists, selector) : NULL;
	size_t parts = telling ? list_count(telling) : 1, count = 0;

	for (size_t i = 0; i < parts; i++) {
		struct list_span span = {.count = index->namespace_count};

		if (telling)
			span = list_at(lists, telling, i);
		for (size_t k = 0; k < span.count; k++) {
			uint32_t number = span.items ? span.items[k] : (uint32_t)k;
			const struct scope_namespace *namespace = &index->namespaces[number];

			if (selector_matches(selector, namespace->labels, namespace->label_count))
				namespaces[count++] = number;
		}
	}
	return numbers_sort(namespaces, count);
}

/* Checks a few pods one by one, and keeps those that match; returns how many. */
static size_t check_each(const struct match_index *index, const struct selector *selector,
			 uint32_t *pods, size_t count)
{
	size_t kept = 0;

	for (size_t i = 0; i < count; i++) {
		const struct pod *pod = &index->objects->pods[pods[i]];

		if (selector_matches(selector, pod->labels, pod->label_count))
			pods[kept++] = pods[i];
	}
	return numbers_sort(pods, kept);
}

/*
 * Returns a long list as a bitmap; NULL if the list is so short that setting its bits one by one is
 * faster.
 */
static const uint64_t *bits_of_list(const struct match_index *index, struct list_span span)
{
	const struct label_lists *lists = &index->pods_by_label;
	struct bits bits = {NULL, index->objects->pod_count};

	if (span.count <= bits.size / 64)
		return NULL;
	if (lists->bits[span.list])
		return lists->bits[span.list];
	bits = bits_new(index->arena, bits.size);
	for (size_t i = 0; i < span.count; i++)
		bits_set(&bits, span.items[i]);
	return lists->bits[span.list] = bits.words;
}

/*
 * Keeps only those that meet the requirement.  All of @found stand in the words from @first to
 * before @end.
 */
static void restrict_to(const struct match_index *index, const struct requirement *requirement,
			struct bits *found, size_t first, size_t end)
{
	uint64_t negative = is_negative(requirement) ? ~UINT64_C(0) : 0;
	struct bits listed = index->room[1];

	for (size_t i = 0; i < list_count(requirement); i++) {
		struct list_span span = list_at(&index->pods_by_label, requirement, i);
		const uint64_t *bits = bits_of_list(index, span);

		for (size_t word = first; bits && word < end; word++)
			listed.words[word] |= bits[word];
		if (!bits)
			span = narrow(span, 64 * first, 64 * end);
		for (size_t k = 0; !bits && k < span.count; k++)
			bits_set(&listed, span.items[k]);
	}
	for (size_t word = first; word < end; word++) {
		found->words[word] &= listed.words[word] ^ negative;
		listed.words[word] = 0;
	}
}

/*
 * Checks many pods by the lists of the other requirements, which is cheaper than a look at each
 * pod.
 */
static size_t check_all(const struct match_index *index, const struct selector *selector,
			const struct requirement *met, uint32_t *pods, size_t count)
{
	struct bits found = index->room[0];
	size_t first = SIZE_MAX, end = 0;

	for (size_t i = 0; i < count; i++) {
		size_t word = pods[i] / 64;

		bits_set(&found, pods[i]);
		first = word < first ? word : first;
		end = word >= end ? word + 1 : end;
	}
	for (size_t i = 0; i < selector->count; i++)
		if (&selector->requirements[i] != met)
			restrict_to(index, &selector->requirements[i], &found, first, end);
	return bits_take(&found, pods);
}

/* Takes all pods of the namespaces. */
static size_t take_scope(const struct match_index *index, const uint32_t *namespaces,
			 size_t namespace_count, uint32_t *pods)
{
	size_t count = 0;

	for (size_t i = 0; i < namespace_count; i++)
		for (size_t k = index->namespaces[namespaces[i]].first_pod;
		     k < index->namespaces[namespaces[i]].end_pod; k++)
			pods[count++] = (uint32_t)k;
	return count;
}

/* Takes the part of a long list that is in the namespaces, namespace by namespace. */
static size_t narrow_list(const struct match_index *index, const uint32_t *namespaces,
			  size_t namespace_count, struct list_span span, uint32_t *pods)
{
	size_t count = 0;

	for (size_t i = 0; i < namespace_count; i++) {
		const struct scope_namespace *namespace = &index->namespaces[namespaces[i]];
		struct list_span part = narrow(span, namespace->first_pod, namespace->end_pod);

		for (size_t k = 0; k < part.count; k++)
			pods[count++] = part.items[k];
	}
	return count;
}

/* Takes the part of a short list that is in the namespaces, pod by pod. */
static size_t scan_list(const struct match_index *index, const uint32_t *namespaces,
			size_t namespace_count, struct list_span span, uint32_t *pods)
{
	struct bits scope = index->scope;
	size_t count = 0;

	for (size_t i = 0; i < namespace_count; i++)
		bits_set(&scope, namespaces[i]);
	for (size_t i = 0; i < span.count; i++)
		if (bits_has(&scope, index->namespace_of[span.items[i]]))
			pods[count++] = span.items[i];
	for (size_t i = 0; i < namespace_count; i++)
		scope.words[namespaces[i] / 64] = 0;
	return count;
}

size_t match_pods(const struct match_index *index, const uint32_t *namespaces,
		  size_t namespace_count, const struct selector *selector, uint32_t *pods)
{
	const struct label_lists *lists = &index->pods_by_label;
	const struct requirement *met;
	size_t most = 0, count = 0;

	for (size_t i = 0; i < namespace_count; i++)
		most += index->namespaces[namespaces[i]].end_pod -
			index->namespaces[namespaces[i]].first_pod;
	met = most > FEW ? most_telling(lists, selector) : NULL;
	if (!met)
		count = take_scope(index, namespaces, namespace_count, pods);
	for (size_t i = 0; met && i < list_count(met); i++) {
		struct list_span span = list_at(lists, met, i);
		bool is_long = span.count > FEW * namespace_count;

		count += (is_long ? narrow_list : scan_list)(index, namespaces, namespace_count,
							     span, pods + count);
	}
	if (selector->count == (met != NULL) && (!met || list_count(met) == 1))
		return count;
	return count > MANY ? check_all(index, selector, met, pods, count)
			    : check_each(index, selector, pods, count);
}

size_t match_pods_in(const struct match_index *index, size_t namespace,
		     const struct selector *selector, uint32_t *pods)
{
	uint32_t number = (uint32_t) namespace;

	return match_pods(index, &number, 1, selector, pods);
}
