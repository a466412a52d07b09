/*
 * YAML bytes to events for read/tree.h, by libyaml.  The only file that sees libyaml.
 */
#ifndef NP2NFT_READ_YAML_H
#define NP2NFT_READ_YAML_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

struct tree_builder;
struct diags;

/* A place where somebody else may go on. */
struct yaml_stop {
	size_t at; /* bytes from the start of the input */

	/* Called there, in @line, if an item of a list or a document begins there; true: that is all. */
	bool (*stops)(void *context, uint32_t line);
	void *context;
};

struct yaml_input {
	const char *file;           /* for diagnostics */
	const unsigned char *begun; /* bytes already read */
	size_t len;
	int fd;       /* what follows them; -1: nothing does */
	off_t offset; /* where on @fd, which is left where it is; -1: where that is */
	const struct yaml_stop *stop; /* NULL: the end */
};

/* Reads all documents; what libyaml refuses is one diagnostic, and the end. */
void yaml_read(const struct yaml_input *input, struct tree_builder *builder, struct diags *diags);

#endif
