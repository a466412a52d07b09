/*
 * Pods that no object of the input is, but that policies or a question speak of.
 *
 * In:  the objects of one input or two; labels that somebody asks about.
 * Out: strangers: for each selector that a policy names and that means no pod of one of the inputs, a pod that it
 *      means, with no labels but those that it asks for.
 *
 * They are told by texts, not by the numbers of one input's labels, so that the worlds of two inputs have the same.
 */
#ifndef NP2NFT_ASK_STRANGERS_H
#define NP2NFT_ASK_STRANGERS_H

#include "model/objects.h"

struct label_text {
	const char *key, *value;
};

struct label_texts {
	struct label_text *items;
	size_t count;
};

struct stranger {
	const char *text;
	/*
	 * Its namespace.  One that is known only by its labels has a name that none can have, and that holds its
	 * labels in words.
	 */
	const char *namespace;
	bool namespace_is_named;
	struct label_texts namespace_labels; /* of one that has no name */
	struct label_texts labels;
};

struct stranger_list {
	struct stranger *items; /* each different, in the order of their texts */
	size_t count;
};

/* Adds one for each selector that a policy of one of the inputs names and that means no pod or workload of it. */
void strangers_find(struct arena *arena, const struct objects *const *inputs, size_t count,
		    struct stranger_list *strangers);

/*
 * A pod in the words of a question: NAMESPACE/pod(LABELS), pod(LABELS), namespace(LABELS)/pod(LABELS) or
 * namespace(LABELS), where LABELS is key=value,… NULL; or what is wrong, in words.  *is false: it is no such text.
 */
const char *stranger_parse(struct arena *arena, const char *text, const char *namespace, bool *is,
			   struct stranger *stranger);

#endif
