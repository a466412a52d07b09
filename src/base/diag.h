/*
 * What a stage has to say about its input: collected, never printed, in the order found.
 */
#ifndef NP2NFT_BASE_DIAG_H
#define NP2NFT_BASE_DIAG_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct arena;

/* The face maps these to the np2nft_severity of include/np2nft.h, which no other room includes. */
enum severity { DIAG_ERROR, DIAG_WARNING, DIAG_NOTE };

/* A place in the input; line and column count from 1 (columns in characters), 0: the whole file. */
struct mark {
	const char *file; /* as the user named it; NULL: no place at all */
	uint32_t line, col;
};

struct diag {
	enum severity severity;
	struct mark mark;
	const char *text;
	bool is_syntax; /* it says that the text is no YAML, not what is wrong with an object */
};

struct diags {
	struct arena *arena; /* texts live in it */
	struct diag *items;
	size_t count;
	size_t errors; /* how many of them are DIAG_ERROR */
};

/* Adds one, text in printf's way. */
void diag_add(struct diags *diags, enum severity severity, struct mark mark, const char *format,
	      ...) __attribute__((format(printf, 4, 5)));

/* The same, of severity DIAG_ERROR, about a text that is no YAML. */
void diag_syntax(struct diags *diags, struct mark mark, const char *format, ...)
	__attribute__((format(printf, 3, 4)));

/* Makes warnings of the errors from number @from on. */
void diags_soften(struct diags *diags, size_t from);

#define diag_error(diags, mark, ...)   diag_add(diags, DIAG_ERROR, mark, __VA_ARGS__)
#define diag_warning(diags, mark, ...) diag_add(diags, DIAG_WARNING, mark, __VA_ARGS__)
#define diag_note(diags, mark, ...)    diag_add(diags, DIAG_NOTE, mark, __VA_ARGS__)

#endif
