/*
 * A large file of YAML on two processors.
 *
 * The hard idea: nobody knows what the middle of a YAML file is without reading what stands before it.  So
 * the first thread reads the file as ever, and the second one guesses: it reads the file's first lines, up
 * to the list that they begin, and then goes on in the middle, at what looks like the beginning of an item
 * (or of a document).  When the first thread comes by there and finds itself in the very same state, it
 * takes over what the second one has read; otherwise, or if that found anything wrong, it reads on by itself.
 * Either way comes out what one thread would have made.
 */
#ifndef NP2NFT_READ_SPLIT_H
#define NP2NFT_READ_SPLIT_H

#include "read/tree.h"
#include "read/yaml.h"

/* Where a second thread may go on. */
struct split {
	size_t head; /* the bytes that it reads before: of input->begun */
	size_t at;   /* and where it goes on, from the start of the file */
	size_t skip; /* what stands there before the item itself: the bytes of "- " */
};

/* A split of the file @input, about @middle; false if nothing looks like one. */
bool split_find(const struct yaml_input *input, size_t middle, struct split *split);

/* Reads as yaml_read() does; true if the second thread's work was of use. */
bool split_read(const struct yaml_input *input, const struct split *split,
		struct tree_builder *builder, const struct tree_sink *sink, struct diags *diags);

/* The same where that is sound, and worth a thread. */
void split_or_read(const struct yaml_input *input, struct tree_builder *builder,
		   const struct tree_sink *sink, struct diags *diags);

#endif
