/* A sink for read/tree.h that writes down what it is given, a line for each tree. */
#ifndef NP2NFT_TREES_H
#define NP2NFT_TREES_H

#include "unit.h"

#include "read/tree.h"

struct log {
	char *text;
	size_t len;
	FILE *file;
	bool marks; /* write LINE:COLUMN before each node */
};

/* Writes the node in flow style; a scalar that is no string stands in parentheses. */
static inline void write_node(struct log *log, const struct tree_node *node)
{
	if (log->marks)
		fprintf(log->file, "%u:%u", node->line, node->col);
	switch (node->kind) {
	case TREE_SCALAR:
		ck_assert(node->text[node->count] == '\0');
		fprintf(log->file, node->type == SCALAR_STRING ? "%s" : "(%s)", node->text);
		break;
	case TREE_SEQUENCE:
		fputc('[', log->file);
		for (uint32_t i = 0; i < node->count; i++) {
			fputs(i ? ", " : "", log->file);
			write_node(log, node->items[i]);
		}
		fputc(']', log->file);
		break;
	case TREE_MAPPING:
		fputc('{', log->file);
		for (uint32_t i = 0; i < node->count; i++) {
			fputs(i ? ", " : "", log->file);
			write_node(log, node->pairs[i].key);
			fputs(": ", log->file);
			write_node(log, node->pairs[i].value);
		}
		fputc('}', log->file);
		break;
	}
}

/* Of an object of kind Small, only `keep` is kept, and of its `part` only the `keep` there. */
static inline const struct shape *shape(void *context, const char *kind, size_t len)
{
	static const struct shape_key part_keys[] = {{"keep", NULL}, {0}};
	static const struct shape part = {part_keys};
	static const struct shape_key small_keys[] = {{"keep", NULL}, {"part", &part}, {0}};
	static const struct shape small = {small_keys};

	(void)context;
	return kind && len >= 5 && !memcmp(kind, "Small", 5) ? &small : NULL;
}

static inline void object(void *context, const struct tree_node *node, bool in_list,
			  const char *list_kind)
{
	struct log *log = context;

	if (in_list)
		fprintf(log->file, "item of %s ", list_kind ? list_kind : "?");
	write_node(log, node);
	fputc('\n', log->file);
}

static inline void list_end(void *context, const struct tree_node *list)
{
	struct log *log = context;

	fputs("list ", log->file);
	write_node(log, list);
	fputc('\n', log->file);
}

/* Ends the log with the diagnostics, and returns it; the caller frees the text. */
static inline char *log_end(struct log *log, const struct diags *diags)
{
	for (size_t i = 0; i < diags->count; i++)
		fprintf(log->file, "%u:%u %s\n", diags->items[i].mark.line,
			diags->items[i].mark.col, diags->items[i].text);
	fclose(log->file);
	return log->text;
}

#endif
