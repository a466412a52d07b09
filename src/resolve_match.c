/* The label index.  See resolve_match.h. */
#include "resolve_match.h"

#include "arena.h"

#include <stdlib.h>

/* Stands for the value in the list of a key alone. */
#define ANY_VALUE UINT32_MAX

struct scope_namespace {
	const char *name;
	const struct label *labels;
	size_t label_count;
	size_t first_pod, end_pod; /* pods are sorted by namespace */
};

struct match_index {
	const struct objects *objects;
	struct scope_namespace *namespaces; /* sorted by name */
	size_t namespace_count;
	uint32_t *namespace_of; /* a pod's */
	struct table labels;    /* struct label, to the number of a list */
	uint32_t *list_begin;   /* where the list begins in: */
	uint32_t *lists;        /* pods */
};

struct bits bits_new(struct arena *arena, size_t size)
{
	return (struct bits){arena_array(arena, size / 64 + 1, sizeof(uint64_t)), size};
}

void bits_clear(struct bits *bits)
{
	memset(bits->words, 0, (bits->size / 64 + 1) * sizeof(*bits->words));
}

size_t bits_next(const struct bits *bits, size_t i)
{
	if (i >= bits->size)
		return bits->size;
	for (size_t word = i / 64; word <= (bits->size - 1) / 64; word++) {
		uint64_t left = bits->words[word];

		if (word == i / 64)
			left &= ~UINT64_C(0) << i % 64;
		if (left)
			return word * 64 + (size_t)__builtin_ctzll(left);
	}
	return bits->size;
}

static int compare_names(const void *a, const void *b)
{
	return strcmp(*(const char *const *)a, *(const char *const *)b);
}

/* All names of namespaces, sorted, each once. */
static const char **collect_names(struct arena *arena, const struct objects *objects, size_t *count)
{
	size_t most = objects->namespace_count + objects->pod_count + objects->policy_count;
	const char **names = arena_array(arena, most, sizeof(*names));
	size_t all = 0;

	*count = 0;
	for (size_t i = 0; i < objects->namespace_count; i++)
		names[all++] = objects->namespaces[i].name;
	for (size_t i = 0; i < objects->pod_count; i++)
		if (i == 0 ||
		    strcmp(objects->pods[i].namespace, objects->pods[i - 1].namespace) != 0)
			names[all++] = objects->pods[i].namespace;
	for (size_t i = 0; i < objects->policy_count; i++)
		if (i == 0 ||
		    strcmp(objects->policies[i].namespace, objects->policies[i - 1].namespace) != 0)
			names[all++] = objects->policies[i].namespace;
	if (all)
		qsort(names, all, sizeof(*names), compare_names);
	for (size_t i = 0; i < all; i++)
		if (i == 0 || strcmp(names[i], names[i - 1]) != 0)
			names[(*count)++] = names[i];
	return names;
}

/* A namespace without an object has the one label that all have. */
static const struct label *name_label(struct arena *arena, const struct objects *objects,
				      const char *name)
{
	struct label *label = arena_alloc(arena, sizeof(*label));

	label->key = objects_find(objects, NAMESPACE_NAME_LABEL);
	label->value = objects_find(objects, name);
	return label;
}

static void index_namespaces(struct arena *arena, struct match_index *index)
{
	const struct objects *objects = index->objects;
	const char **names = collect_names(arena, objects, &index->namespace_count);
	size_t object = 0, pod = 0;

	index->namespaces = arena_array(arena, index->namespace_count, sizeof(*index->namespaces));
	index->namespace_of = arena_array(arena, objects->pod_count, sizeof(uint32_t));
	for (size_t i = 0; i < index->namespace_count; i++) {
		struct scope_namespace *namespace = &index->namespaces[i];

		namespace->name = names[i];
		while (object < objects->namespace_count &&
		       strcmp(objects->namespaces[object].name, names[i]) < 0)
			object++;
		if (object < objects->namespace_count &&
		    !strcmp(objects->namespaces[object].name, names[i])) {
			namespace->labels = objects->namespaces[object].labels;
			namespace->label_count = objects->namespaces[object].label_count;
		} else {
			namespace->labels = name_label(arena, objects, names[i]);
			namespace->label_count = 1;
		}
		namespace->first_pod = pod;
		while (pod < objects->pod_count && !strcmp(objects->pods[pod].namespace, names[i]))
			index->namespace_of[pod++] = (uint32_t)i;
		namespace->end_pod = pod;
	}
}

/* Two passes over all labels of all pods: count, then fill. */
static void index_labels(struct arena *arena, struct match_index *index)
{
	const struct objects *objects = index->objects;
	uint32_t *numbers, *fill, *of = NULL;
	size_t total = 0, used = 0;

	for (size_t i = 0; i < objects->pod_count; i++)
		total += 2 * objects->pods[i].label_count;
	numbers = of = arena_array(arena, total, sizeof(*numbers));
	index->labels.arena = arena;
	for (size_t i = 0; i < objects->pod_count; i++) {
		const struct pod *pod = &objects->pods[i];

		for (size_t k = 0; k < pod->label_count; k++) {
			struct label key = {pod->labels[k].key, ANY_VALUE};

			*of++ = table_add(&index->labels, &pod->labels[k], sizeof(key), NULL);
			*of++ = table_add(&index->labels, &key, sizeof(key), NULL);
		}
	}
	index->list_begin = arena_array(arena, (size_t)index->labels.count + 1, sizeof(uint32_t));
	fill = arena_array(arena, (size_t)index->labels.count + 1, sizeof(uint32_t));
	for (size_t i = 0; i < total; i++)
		index->list_begin[numbers[i] + 1]++;
	for (uint32_t i = 0; i < index->labels.count; i++)
		index->list_begin[i + 1] += index->list_begin[i];
	memcpy(fill, index->list_begin, index->labels.count * sizeof(*fill));
	index->lists = arena_array(arena, total, sizeof(uint32_t));
	for (size_t i = 0; i < objects->pod_count; i++)
		for (size_t k = 0; k < 2 * objects->pods[i].label_count; k++)
			index->lists[fill[numbers[used++]]++] = (uint32_t)i;
}

struct match_index *match_index_new(struct arena *arena, const struct objects *objects)
{
	struct match_index *index = arena_alloc(arena, sizeof(*index));

	index->objects = objects;
	index_namespaces(arena, index);
	index_labels(arena, index);
	return index;
}

size_t match_namespace_count(const struct match_index *index)
{
	return index->namespace_count;
}

size_t match_namespace(const struct match_index *index, const char *name)
{
	size_t low = 0, high = index->namespace_count;

	while (high - low > 1) {
		size_t middle = low + (high - low) / 2;

		if (strcmp(index->namespaces[middle].name, name) <= 0)
			low = middle;
		else
			high = middle;
	}
	return low;
}

/* The API's words: NotIn and DoesNotExist match also where the key is missing. */
static bool holds(const struct requirement *requirement, const struct label *labels, size_t count)
{
	const struct label *label = NULL;
	bool among = false;

	for (size_t i = 0; i < count && !label; i++)
		if (labels[i].key == requirement->key)
			label = &labels[i];
	for (size_t i = 0; label && i < requirement->count; i++)
		among |= requirement->values[i] == label->value;
	switch (requirement->op) {
	case OP_IN:
		return among;
	case OP_NOT_IN:
		return !among;
	case OP_EXISTS:
		return label != NULL;
	case OP_DOES_NOT_EXIST:
		return label == NULL;
	}
	return false;
}

static bool matches(const struct selector *selector, const struct label *labels, size_t count)
{
	for (size_t i = 0; i < selector->count; i++)
		if (!holds(&selector->requirements[i], labels, count))
			return false;
	return true;
}

void match_namespaces(const struct match_index *index, const struct selector *selector,
		      struct bits *namespaces)
{
	for (size_t i = 0; i < index->namespace_count; i++)
		if (matches(selector, index->namespaces[i].labels,
			    index->namespaces[i].label_count))
			bits_set(namespaces, i);
}

/* The list of a label (or of a key alone). */
static const uint32_t *list_of(const struct match_index *index, uint32_t key, uint32_t value,
			       size_t *count)
{
	struct label label = {key, value};
	uint32_t number = table_find(&index->labels, &label, sizeof(label));

	*count = 0;
	if (number == TABLE_NONE)
		return NULL;
	*count = index->list_begin[number + 1] - index->list_begin[number];
	return &index->lists[index->list_begin[number]];
}

/* How many pods its lists have together; SIZE_MAX if it says nothing about who is in. */
static size_t list_size(const struct match_index *index, const struct requirement *requirement)
{
	size_t sum = 0, count;

	switch (requirement->op) {
	case OP_IN:
		for (size_t i = 0; i < requirement->count; i++) {
			list_of(index, requirement->key, requirement->values[i], &count);
			sum += count;
		}
		return sum;
	case OP_EXISTS:
		list_of(index, requirement->key, ANY_VALUE, &count);
		return count;
	case OP_NOT_IN:
	case OP_DOES_NOT_EXIST:
		break;
	}
	return SIZE_MAX;
}

/* Where the pods must be: one namespace, or a set of them. */
struct scope {
	const struct bits *namespaces; /* NULL: the one */
	size_t one;
};

static bool in_scope(const struct match_index *index, const struct scope *scope, size_t pod)
{
	size_t namespace = index->namespace_of[pod];

	return scope->namespaces ? bits_has(scope->namespaces, namespace) : namespace == scope->one;
}

static void check_list(const struct match_index *index, const struct scope *scope,
		       const struct selector *selector, const uint32_t *list, size_t count,
		       struct bits *pods)
{
	for (size_t i = 0; i < count; i++) {
		const struct pod *pod = &index->objects->pods[list[i]];

		if (in_scope(index, scope, list[i]) &&
		    matches(selector, pod->labels, pod->label_count))
			bits_set(pods, list[i]);
	}
}

static void check_namespace(const struct match_index *index, size_t namespace,
			    const struct selector *selector, struct bits *pods)
{
	for (size_t i = index->namespaces[namespace].first_pod;
	     i < index->namespaces[namespace].end_pod; i++)
		if (matches(selector, index->objects->pods[i].labels,
			    index->objects->pods[i].label_count))
			bits_set(pods, i);
}

/* @scope_size pods are in scope. */
static void match(const struct match_index *index, const struct scope *scope, size_t scope_size,
		  const struct selector *selector, struct bits *pods)
{
	const struct requirement *shortest = NULL;
	size_t least = scope_size, count;

	for (size_t i = 0; i < selector->count; i++) {
		size_t size = list_size(index, &selector->requirements[i]);

		if (size < least) {
			least = size;
			shortest = &selector->requirements[i];
		}
	}
	if (!shortest && scope->namespaces) {
		for (size_t i = 0; (i = bits_next(scope->namespaces, i)) < index->namespace_count;
		     i++)
			check_namespace(index, i, selector, pods);
	} else if (!shortest) {
		check_namespace(index, scope->one, selector, pods);
	} else if (shortest->op == OP_EXISTS) {
		const uint32_t *list = list_of(index, shortest->key, ANY_VALUE, &count);

		check_list(index, scope, selector, list, count, pods);
	} else {
		for (size_t i = 0; i < shortest->count; i++) {
			const uint32_t *list =
				list_of(index, shortest->key, shortest->values[i], &count);

			check_list(index, scope, selector, list, count, pods);
		}
	}
}

void match_pods_in(const struct match_index *index, size_t namespace,
		   const struct selector *selector, struct bits *pods)
{
	const struct scope_namespace *only = &index->namespaces[namespace];

	match(index, &(struct scope){.one = namespace}, only->end_pod - only->first_pod, selector,
	      pods);
}

void match_pods(const struct match_index *index, const struct bits *namespaces,
		const struct selector *selector, struct bits *pods)
{
	size_t size = 0;

	for (size_t i = 0; (i = bits_next(namespaces, i)) < index->namespace_count; i++)
		size += index->namespaces[i].end_pod - index->namespaces[i].first_pod;
	match(index, &(struct scope){.namespaces = namespaces}, size, selector, pods);
}
