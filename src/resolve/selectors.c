/*
 * Files selectors, and finds those that mean an identity.
 *
 * The hard idea: a selector is filed under one label or key that whatever it matches must have, so
 * an identity is compared only with the selectors under its own labels.  If an identity was looked
 * up before, only the selectors that came since are compared.
 */
#include "resolve/selectors.h"

#include "base/arena.h"
#include "base/numbers.h"
#include "model/meaning.h"

#include <stdlib.h>

/* The numbers of the selectors that match, ascending, among the first @seen selectors. */
struct found_numbers {
	uint32_t *numbers;
	size_t count, seen;
};

/* A selector of pods, and the scope under which it is filed: scope_of_one() or scope_of_many(). */
struct scoped {
	uint32_t scope;
	const struct selector *pods;
};

/*
 * The place where a selector is filed: everything that it can mean has this label, or this key; or
 * it can mean anything.
 */
struct filing_place {
	uint32_t scope, key, value;
};

#define ANY_KEY        UINT32_MAX
#define ANY_VALUE      UINT32_MAX
#define SCOPE_OF_NAMES UINT32_MAX /* the scope of selectors of namespaces */

struct selectors {
	struct arena *arena;
	const struct identities *identities;
	struct table keys; /* keys: a scope and a selector as bytes; the numbers are indices to: */
	struct scoped *items;
	size_t count;
	/* keys: a selector of namespaces as bytes; the numbers are indices to: */
	struct table many_keys;
	const struct selector **many;
	size_t many_count;
	struct table places; /* keys: struct filing_place; the numbers are indices to: */
	struct filed {
		uint32_t *numbers;
		size_t count;
	} * filed;
	size_t filed_count;
	/* the second: the selectors of namespaces that match it */
	struct found_numbers *by_identity, *by_namespace;
	size_t identity_count, namespace_count;
	uint32_t *room; /* scratch space for numbers that are found */
	size_t room_count;
};

struct selectors *selectors_new(struct arena *arena, const struct identities *identities)
{
	struct selectors *selectors = arena_alloc(arena, sizeof(*selectors));

	*selectors = (struct selectors){
		.arena = arena,
		.identities = identities,
		.keys.arena = arena,
		.many_keys.arena = arena,
		.places.arena = arena,
	};
	return selectors;
}

size_t selectors_count(const struct selectors *selectors)
{
	return selectors->count;
}

static uint32_t scope_of_one(uint32_t namespace)
{
	return 2 * namespace;
}

static uint32_t scope_of_many(uint32_t number)
{
	return 2 * number + 1;
}

/*
 * Writes numbers that are the same only for the same selector in the same scope, to a buffer that
 * grows if necessary.
 */
static uint32_t *write_key(const struct selectors *selectors, uint32_t scope,
			   const struct selector *selector, uint32_t *room, size_t size,
			   size_t *bytes)
{
	size_t count = 1 + 3 * selector->count, at = 0;
	uint32_t *key = room;

	for (size_t i = 0; i < selector->count; i++)
		count += selector->requirements[i].count;
	if (count > size)
		key = arena_array(selectors->arena, count, sizeof(*key));
	key[at++] = scope;
	for (size_t i = 0; i < selector->count; i++) {
		const struct requirement *requirement = &selector->requirements[i];

		key[at++] = requirement->key;
		key[at++] = requirement->op;
		key[at++] = (uint32_t)requirement->count;
		for (size_t k = 0; k < requirement->count; k++)
			key[at++] = requirement->values[k];
	}
	*bytes = count * sizeof(*key);
	return key;
}

#define USUAL 64

/*
 * If no more than so many selectors came since, they are compared one by one, instead of looking up
 * the identity again.
 */
#define FEW 32

static uint32_t intern(struct selectors *selectors, struct table *table, uint32_t scope,
		       const struct selector *selector, bool *added)
{
	uint32_t room[USUAL];
	size_t bytes;
	const uint32_t *key = write_key(selectors, scope, selector, room, USUAL, &bytes);

	return table_add(table, key, bytes, added);
}

/*
 * Returns a requirement that only carriers of a certain label or key can meet, preferably of a
 * label with its value; NULL if there is none.
 */
static const struct requirement *telling(const struct selector *selector)
{
	const struct requirement *key = NULL;

	for (size_t i = 0; i < selector->count; i++) {
		if (selector->requirements[i].op == OP_IN)
			return &selector->requirements[i];
		if (selector->requirements[i].op == OP_EXISTS)
			key = &selector->requirements[i];
	}
	return key;
}

static void file_at(struct selectors *selectors, struct filing_place place, uint32_t number)
{
	bool added;
	uint32_t at = table_add(&selectors->places, &place, sizeof(place), &added);

	if (added)
		arena_push(selectors->arena, selectors->filed, selectors->filed_count,
			   ((struct filed){0}));
	arena_push(selectors->arena, selectors->filed[at].numbers, selectors->filed[at].count,
		   number);
}

static void file_selector(struct selectors *selectors, uint32_t scope,
			  const struct selector *selector, uint32_t number)
{
	const struct requirement *requirement = telling(selector);

	if (!requirement) {
		file_at(selectors, (struct filing_place){scope, ANY_KEY, ANY_VALUE}, number);
		return;
	}
	for (size_t i = 0; i < requirement->count || i == 0; i++)
		file_at(selectors,
			(struct filing_place){scope, requirement->key,
					      requirement->count ? requirement->values[i]
								 : ANY_VALUE},
			number);
}

static uint32_t add_many(struct selectors *selectors, const struct selector *namespaces)
{
	bool added;
	uint32_t number = intern(selectors, &selectors->many_keys, 0, namespaces, &added);

	if (added) {
		arena_push(selectors->arena, selectors->many, selectors->many_count, namespaces);
		file_selector(selectors, SCOPE_OF_NAMES, namespaces, number);
	}
	return number;
}

uint32_t selectors_add(struct selectors *selectors, uint32_t namespace,
		       const struct selector *namespaces, const struct selector *pods)
{
	const uint32_t scope = namespaces ? scope_of_many(add_many(selectors, namespaces))
					  : scope_of_one(namespace);
	bool added;
	uint32_t number = intern(selectors, &selectors->keys, scope, pods, &added);

	if (added) {
		arena_push(selectors->arena, selectors->items, selectors->count,
			   ((struct scoped){scope, pods}));
		file_selector(selectors, scope, pods, number);
	}
	return number;
}

static void add_found(struct selectors *selectors, size_t *count, uint32_t number)
{
	if (*count == selectors->room_count) {
		size_t size = selectors->room_count ? 2 * selectors->room_count : USUAL;
		uint32_t *larger = arena_array(selectors->arena, size, sizeof(*larger));

		if (*count)
			memcpy(larger, selectors->room, *count * sizeof(*larger));
		selectors->room = larger;
		selectors->room_count = size;
	}
	selectors->room[(*count)++] = number;
}

/*
 * The selector with this number: one of namespaces in the scope SCOPE_OF_NAMES, one of pods
 * otherwise.
 */
static const struct selector *selector_at(const struct selectors *selectors, uint32_t scope,
					  uint32_t number)
{
	return scope == SCOPE_OF_NAMES ? selectors->many[number] : selectors->items[number].pods;
}

/* Adds the selectors that are filed at the place and match. */
static void look_at(struct selectors *selectors, struct filing_place place,
		    const struct label *labels, size_t label_count, size_t *count)
{
	uint32_t at = table_find(&selectors->places, &place, sizeof(place));
	const struct filed *filed;

	if (at == TABLE_NONE)
		return;
	filed = &selectors->filed[at];
	for (size_t i = 0; i < filed->count; i++)
		if (selector_matches(selector_at(selectors, place.scope, filed->numbers[i]), labels,
				     label_count))
			add_found(selectors, count, filed->numbers[i]);
}

/* Looks at every place of the scope at which a selector that matches the labels may be filed. */
static void look_in(struct selectors *selectors, uint32_t scope, const struct label *labels,
		    size_t label_count, size_t *count)
{
	for (size_t i = 0; i < label_count; i++) {
		look_at(selectors, (struct filing_place){scope, labels[i].key, labels[i].value},
			labels, label_count, count);
		look_at(selectors, (struct filing_place){scope, labels[i].key, ANY_VALUE}, labels,
			label_count, count);
	}
	look_at(selectors, (struct filing_place){scope, ANY_KEY, ANY_VALUE}, labels, label_count,
		count);
}

/* Stores the numbers found, sorted.  They are the matches among the first @seen selectors. */
static void keep_found(struct selectors *selectors, struct found_numbers *found, size_t count,
		       size_t seen)
{
	count = numbers_sort(selectors->room, count);
	found->numbers = arena_array(selectors->arena, count, sizeof(*found->numbers));
	if (count)
		memcpy(found->numbers, selectors->room, count * sizeof(*found->numbers));
	found->count = count;
	found->seen = seen;
}

/* Returns the selectors of namespaces that match this namespace. */
static const struct found_numbers *many_of(struct selectors *selectors, uint32_t namespace)
{
	const struct labelled_namespace *of = &selectors->identities->namespaces[namespace];
	struct found_numbers *found;
	size_t count = 0;

	while (selectors->namespace_count <= namespace)
		arena_push(selectors->arena, selectors->by_namespace, selectors->namespace_count,
			   ((struct found_numbers){0}));
	found = &selectors->by_namespace[namespace];
	if (found->seen == selectors->many_count)
		return found;
	look_in(selectors, SCOPE_OF_NAMES, of->labels, of->label_count, &count);
	keep_found(selectors, found, count, selectors->many_count);
	return found;
}

static void look_everywhere(struct selectors *selectors, const struct identity *identity,
			    struct found_numbers *found)
{
	const struct found_numbers *many = many_of(selectors, identity->namespace);
	size_t count = 0;

	look_in(selectors, scope_of_one(identity->namespace), identity->labels,
		identity->label_count, &count);
	for (size_t i = 0; i < many->count; i++)
		look_in(selectors, scope_of_many(many->numbers[i]), identity->labels,
			identity->label_count, &count);
	keep_found(selectors, found, count, selectors->count);
}

/* Is the namespace in the scope? @many are the selectors of namespaces that match it. */
static bool is_in_scope(const struct found_numbers *many, uint32_t scope, uint32_t namespace)
{
	const uint32_t number = scope / 2;

	if (scope % 2 == 0)
		return scope == scope_of_one(namespace);
	return many->count &&
	       bsearch(&number, many->numbers, many->count, sizeof(number), number_compare);
}

/* Compares an identity that was looked up before with the selectors that came since, one by one. */
static void look_at_new(struct selectors *selectors, const struct identity *identity,
			struct found_numbers *found)
{
	/* This comes first, because it uses the same scratch space. */
	const struct found_numbers *many = many_of(selectors, identity->namespace);
	size_t count = 0;

	for (; found->seen < selectors->count; found->seen++) {
		const struct scoped *scoped = &selectors->items[found->seen];

		if (!is_in_scope(many, scoped->scope, identity->namespace) ||
		    !selector_matches(scoped->pods, identity->labels, identity->label_count))
			continue;
		if (!count)
			for (size_t i = 0; i < found->count; i++)
				add_found(selectors, &count, found->numbers[i]);
		add_found(selectors, &count, (uint32_t)found->seen);
	}
	if (count)
		keep_found(selectors, found, count, found->seen);
}

const uint32_t *selectors_of(struct selectors *selectors, uint32_t identity, size_t *count)
{
	const struct identity *of = &selectors->identities->items[identity];
	struct found_numbers *found;

	while (selectors->identity_count <= identity)
		arena_push(selectors->arena, selectors->by_identity, selectors->identity_count,
			   ((struct found_numbers){0}));
	found = &selectors->by_identity[identity];
	if (found->seen == selectors->count) {
		*count = found->count;
		return found->numbers;
	}
	if (found->seen && selectors->count - found->seen <= FEW)
		look_at_new(selectors, of, found);
	else
		look_everywhere(selectors, of, found);
	*count = found->count;
	return found->numbers;
}

void selectors_namespace_changed(struct selectors *selectors, uint32_t namespace)
{
	if (namespace < selectors->namespace_count)
		selectors->by_namespace[namespace] = (struct found_numbers){0};
	for (size_t i = 0; i < selectors->identity_count; i++)
		if (selectors->identities->items[i].namespace == namespace)
			selectors->by_identity[i] = (struct found_numbers){0};
}
