/* A selector means identities, and an identity has pods: two lists of lists. */
#include "resolve/selector_pods.h"

#include "base/arena.h"

/* Pairs of a list and a number that is on it. */
struct pairs {
	struct list_pair {
		uint32_t list, number;
	} * items;
	size_t count;
};

/* Distributes the numbers to @count lists.  In each list they keep the order in which they come. */
static struct number_lists deal(struct arena *arena, const struct pairs *pairs, size_t count)
{
	struct number_lists lists = {arena_array(arena, count + 1, sizeof(uint32_t)),
				     arena_array(arena, pairs->count, sizeof(uint32_t))};
	uint32_t *fill = arena_array(arena, count + 1, sizeof(*fill));

	for (size_t i = 0; i < pairs->count; i++)
		lists.begin[pairs->items[i].list + 1]++;
	for (size_t i = 0; i < count; i++)
		fill[i + 1] = lists.begin[i + 1] += lists.begin[i];
	for (size_t i = 0; i < pairs->count; i++)
		lists.numbers[fill[pairs->items[i].list]++] = pairs->items[i].number;
	return lists;
}

/* Lists the identities that each selector means. */
static struct number_lists find_identities(struct arena *arena, const struct identities *identities,
					   struct selectors *selectors)
{
	struct pairs pairs = {0};

	for (uint32_t i = 0; i < identities->count; i++) {
		size_t count;
		const uint32_t *numbers = selectors_of(selectors, i, &count);

		for (size_t k = 0; k < count; k++)
			arena_push(arena, pairs.items, pairs.count,
				   ((struct list_pair){numbers[k], i}));
	}
	return deal(arena, &pairs, selectors_count(selectors));
}

struct selected selected_new(struct arena *arena, const struct identities *identities,
			     const uint32_t *identity_of, size_t pod_count,
			     struct selectors *selectors)
{
	struct pairs pairs = {arena_array(arena, pod_count, sizeof(struct list_pair)), pod_count};

	for (uint32_t i = 0; i < pod_count; i++)
		pairs.items[i] = (struct list_pair){identity_of[i], i};
	return (struct selected){.identities = find_identities(arena, identities, selectors),
				 .pods = deal(arena, &pairs, identities->count)};
}

size_t selected_identity(const struct selected *selected, uint32_t identity, uint32_t *pods,
			 size_t count)
{
	const uint32_t *begin = &selected->pods.begin[identity];
	const size_t more = begin[1] - begin[0];

	memcpy(&pods[count], &selected->pods.numbers[begin[0]], more * sizeof(*pods));
	return count + more;
}

size_t selected_pods(const struct selected *selected, uint32_t selector, uint32_t *pods)
{
	const struct number_lists *identities = &selected->identities;
	size_t count = 0;

	for (uint32_t i = identities->begin[selector]; i < identities->begin[selector + 1]; i++)
		count = selected_identity(selected, identities->numbers[i], pods, count);
	return count;
}
