/* Reads YAML by libyaml and sends events to read/tree.h.  No other file uses libyaml. */
#ifndef NP2NFT_READ_YAML_H
#define NP2NFT_READ_YAML_H

#include <stddef.h>

struct tree_builder;
struct diags;

struct yaml_input {
	const char *file;           /* for diagnostics */
	const unsigned char *begun; /* the bytes that were read already */
	size_t len;
	int fd; /* the rest of the input; -1: there is none */
};

/* Reads all documents.  If libyaml refuses something, that is one diagnostic, and reading ends. */
void yaml_read(const struct yaml_input *input, struct tree_builder *builder, struct diags *diags);

#endif
