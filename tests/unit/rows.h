/*
 * Tables of YAML texts and of what is read from each: a line for each object, which the suite
 * writes; then how many objects were left out; and LINE:COLUMN and text of each diagnostic that has
 * a place.
 */
#ifndef NP2NFT_ROWS_H
#define NP2NFT_ROWS_H

#include "unit.h"

/* Each suite defines this function. */
static void write_objects(FILE *out, const struct objects *objects);

static inline char *describe(const char *yaml, bool details)
{
	struct arena *arena = arena_new();
	struct diags diags = {0};
	const struct objects *objects = unit_read(arena, yaml, details, &diags);
	char *text;
	size_t len;
	FILE *out = open_memstream(&text, &len);

	write_objects(out, objects);
	if (objects->pods_left_out)
		fprintf(out, "left out %zu\n", objects->pods_left_out);
	if (objects->skipped)
		fprintf(out, "skipped %zu\n", objects->skipped);
	for (size_t i = 0; i < diags.count; i++)
		if (diags.items[i].mark.file)
			fprintf(out, "%u:%u %s\n", diags.items[i].mark.line,
				diags.items[i].mark.col, diags.items[i].text);
	fclose(out);
	arena_free(arena);
	return text;
}

struct row {
	const char *yaml, *objects;
};

static inline void check_rows(const struct row *rows, size_t count, bool details)
{
	for (size_t i = 0; i < count; i++) {
		char *objects = describe(rows[i].yaml, details);

		ck_assert_msg(!strcmp(objects, rows[i].objects), "%s\ngave\n%s\nnot\n%s",
			      rows[i].yaml, objects, rows[i].objects);
		free(objects);
	}
}

#endif
