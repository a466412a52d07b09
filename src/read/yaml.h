/*
 * YAML bytes to events for read/tree.h, by libyaml.  The only file that sees libyaml.
 */
#ifndef NP2NFT_READ_YAML_H
#define NP2NFT_READ_YAML_H

#include <stddef.h>

struct tree_builder;
struct diags;

struct yaml_input {
	const char *file;           /* for diagnostics */
	const unsigned char *begun; /* bytes already read */
	size_t len;
	int fd; /* what follows them; -1: nothing does */
};

/* Reads all documents; what libyaml refuses is one diagnostic, and the end. */
void yaml_read(const struct yaml_input *input, struct tree_builder *builder, struct diags *diags);

#endif
