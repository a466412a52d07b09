/* Selectors that are added again have the number that they have already. */
#include "ask/world/labelled.h"

#include "base/arena.h"
#include "base/numbers.h"
#include "model/expectation.h"
#include "model/rules.h"
#include "model/meaning.h"
#include "resolve/selector_pods.h"

#include <stdlib.h>

struct labelled {
	const struct objects *objects;
	struct identities identities;
	struct selectors *selectors;
	size_t selector_count; /* those whose pods are known */
	struct selected selected;
	const char **namespaces; /* names, sorted */
	size_t namespace_count;
};

static uint32_t selector_of(struct labelled *labelled, const char *namespace,
			    const struct selector *namespaces, const struct selector *pods)
{
	struct identities *identities = (struct identities *)(uintptr_t)&labelled->identities;

	return selectors_add(labelled->selectors, identities_namespace(identities, namespace, NULL),
			     namespaces, pods);
}

static void add_selection(void *context, const char *namespace, const struct peer *peer)
{
	selector_of(context, namespace, peer->namespaces, peer->pods);
}

static void add_end(struct labelled *labelled, const struct end *end)
{
	if (end->kind == END_PODS)
		selector_of(labelled, end->namespace, end->namespaces, end->pods);
}

/* What an expectation asks for, pods are told apart by, too. */
static void ask_end(struct labelled *labelled, const struct end *end)
{
	if (end->kind == END_PODS)
		identities_ask(&labelled->identities, end->pods);
}

static int compare_names(const void *a, const void *b)
{
	return strcmp(*(const char *const *)a, *(const char *const *)b);
}

static void find_namespaces(struct arena *arena, struct labelled *labelled)
{
	const struct objects *objects = labelled->objects;
	const char **names = NULL;
	size_t count = 0, kept = 0;

	for (size_t i = 0; i < objects->namespace_count; i++)
		arena_push(arena, names, count, objects->namespaces[i].name);
	for (size_t i = 0; i < objects->pod_count; i++)
		if (!i || strcmp(objects->pods[i].namespace, objects->pods[i - 1].namespace) != 0)
			arena_push(arena, names, count, objects->pods[i].namespace);
	for (size_t i = 0; i < objects->policy_count; i++)
		arena_push(arena, names, count, objects->policies[i].namespace);
	if (count)
		qsort(names, count, sizeof(*names), compare_names);
	for (size_t i = 0; i < count; i++)
		if (!kept || strcmp(names[kept - 1], names[i]) != 0)
			names[kept++] = names[i];
	labelled->namespaces = names;
	labelled->namespace_count = kept;
}

struct labelled *labelled_new(struct arena *arena, const struct objects *objects)
{
	struct labelled *labelled = arena_alloc(arena, sizeof(*labelled));
	const uint32_t *identity_of;

	labelled->objects = objects;
	identities_init(&labelled->identities, arena);
	for (size_t i = 0; i < objects->expectation_count; i++) {
		ask_end(labelled, &objects->expectations[i].from);
		ask_end(labelled, &objects->expectations[i].to);
	}
	identity_of = identities_of_pods(&labelled->identities, objects);
	labelled->selectors = selectors_new(arena, &labelled->identities);
	objects_each_selection(objects, add_selection, labelled);
	for (size_t i = 0; i < objects->expectation_count; i++) {
		add_end(labelled, &objects->expectations[i].from);
		add_end(labelled, &objects->expectations[i].to);
	}
	labelled->selector_count = selectors_count(labelled->selectors);
	labelled->selected = selected_new(arena, &labelled->identities, identity_of,
					  objects->pod_count, labelled->selectors);
	find_namespaces(arena, labelled);
	return labelled;
}

/* Holds an entry that no policy has against each identity. */
static size_t hold_against_all(const struct labelled *labelled, const char *namespace,
			       const struct peer *peer, uint32_t *pods)
{
	size_t count = 0;

	for (uint32_t i = 0; i < labelled->identities.count; i++) {
		const struct identity *identity = &labelled->identities.items[i];
		const char *name = labelled->identities.namespaces[identity->namespace].name;

		if (peer_means_namespace(labelled->objects, peer, namespace, name) &&
		    selector_matches(peer->pods, identity->labels, identity->label_count))
			count = selected_identity(&labelled->selected, i, pods, count);
	}
	return count;
}

size_t labelled_pods(struct labelled *labelled, const char *namespace, const struct peer *peer,
		     uint32_t *pods)
{
	const uint32_t selector = selector_of(labelled, namespace, peer->namespaces, peer->pods);
	const size_t count = selector < labelled->selector_count
				     ? selected_pods(&labelled->selected, selector, pods)
				     : hold_against_all(labelled, namespace, peer, pods);

	return numbers_sort(pods, count);
}

size_t labelled_namespaces(const struct labelled *labelled, const struct selector *selector,
			   const char **first)
{
	size_t count = 0;

	for (size_t i = 0; i < labelled->namespace_count; i++) {
		struct label own;
		size_t label_count;
		const struct label *labels = objects_namespace_labels(
			labelled->objects, labelled->namespaces[i], &own, &label_count);

		if (selector_matches(selector, labels, label_count) && !count++)
			*first = labelled->namespaces[i];
	}
	return count;
}
