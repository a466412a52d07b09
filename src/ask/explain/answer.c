/* Describes in words what an answer is about. */
#include "ask/explain/answer.h"

#include "base/arena.h"
#include "model/words.h"

#include <stdlib.h>

static int compare_keys(const void *a, const void *b)
{
	return strcmp(((const struct label_text *)a)->key, ((const struct label_text *)b)->key);
}

const struct label_text *place_labels(struct arena *arena, const struct world *world,
				      const struct place *place, size_t *count)
{
	struct label_text *labels = NULL;

	*count = 0;
	if (place->party->kind != PARTY_OUTSIDE) {
		const struct pod *pod = &world->objects->pods[place->party->pod];

		for (size_t i = 0; i < pod->label_count; i++)
			arena_push(arena, labels, *count,
				   ((struct label_text){
					   world->objects->string_of[pod->labels[i].key],
					   world->objects->string_of[pod->labels[i].value]}));
	}
	if (*count)
		qsort(labels, *count, sizeof(*labels), compare_keys);
	return labels;
}

const char *const *place_sharers(struct arena *arena, const struct world *world,
				 const struct place *place, size_t *count)
{
	const struct objects *objects = world->objects;
	const bool is_pod = place->party->kind == PARTY_POD;
	const struct pod *pod = is_pod ? &objects->pods[place->party->pod] : NULL;
	const char **names = NULL;

	*count = 0;
	for (size_t i = 0; pod && pod->shares && i < objects->pod_count; i++)
		if (objects->pods[i].shares == pod->shares && &objects->pods[i] != pod)
			arena_push(arena, names, *count,
				   arena_printf(arena, "%s/%s", objects->pods[i].namespace,
						objects->pods[i].name));
	return names;
}

const char *answer_own_node(const struct world *world, const struct answer *answer)
{
	const struct place *pod = answer->course == COURSE_TO_OWN_NODE ? answer->from : answer->to;

	return answer->course == COURSE_FORWARDED ? NULL
						  : world->objects->pods[pod->party->pod].node;
}

const char *answer_port(struct arena *arena, const struct answer *answer)
{
	return port_number_text(arena, answer->protocol, answer->port);
}

const char *answer_contradiction(struct arena *arena, const struct answer *answer)
{
	return arena_printf(
		arena,
		"%s to %s on %s: the ruleset and the policies' own words disagree. This "
		"is a fault of np2nft, and no answer: please report it",
		answer->from->text, answer->to->text, answer_port(arena, answer));
}
