/*
 * Strangers: pods that are not in the input, but that policies or a question speak of.
 *
 * In:  the objects of one input or two; labels about which somebody asks.  Out: a stranger for each
 * selector of a policy that means no pod of one of the inputs; it has exactly the labels that the
 * selector asks for.
 *
 * Strangers are described by texts, not by the numbers of one input's labels, so that the worlds of
 * two inputs can have the same ones.
 */
#ifndef NP2NFT_ASK_WORLD_STRANGERS_H
#define NP2NFT_ASK_WORLD_STRANGERS_H

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
	 * Its namespace.  If only the labels of the namespace are known, this is a name that no
	 * namespace can have, and that contains the labels in words.
	 */
	const char *namespace;
	bool namespace_is_named;
	struct label_texts namespace_labels; /* of a namespace that has no name */
	struct label_texts labels;
};

struct stranger_list {
	struct stranger *items; /* without repetitions, in the order of their texts */
	size_t count;
};

/*
 * Adds a stranger for each selector of a policy of one of the inputs that means no pod or workload
 * of that input.
 */
void strangers_find(struct arena *arena, const struct objects *const *inputs, size_t count,
		    struct stranger_list *strangers);

/*
 * Parses a pod in the words of a question: NAMESPACE/pod(LABELS), pod(LABELS),
 * namespace(LABELS)/pod(LABELS) or namespace(LABELS), where LABELS is key=value,… Returns NULL, or
 * words that say what is wrong.  *is becomes false if the text has another form.
 */
const char *stranger_parse(struct arena *arena, const char *text, const char *namespace, bool *is,
			   struct stranger *stranger);

#endif
