/*
 * Diagnostics: what a stage has to say about its input.
 *
 * In:  a place in the input, and words.  Out: a list in the order found.  Nothing is printed here.
 */
#ifndef NP2NFT_BASE_DIAG_H
#define NP2NFT_BASE_DIAG_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct arena;

/* The face maps these to the np2nft_severity of include/np2nft.h, which no other room includes. */
enum severity { DIAG_ERROR, DIAG_WARNING, DIAG_NOTE };

/*
 * A place in the input.  Line and column count from 1, columns in characters; 0 means the whole
 * file.
 */
struct mark {
	const char *file; /* as the user named it; NULL: there is no place */
	uint32_t line, col;
};

struct diag {
	enum severity severity;
	struct mark mark;
	const char *text;
	/*
	 * the diagnostic says that the text is no YAML, not that something is wrong with an object
	 */
	bool is_syntax;
};

struct diags {
	struct arena *arena; /* the texts live in it */
	struct diag *items;
	size_t count;
	size_t errors; /* how many diagnostics are DIAG_ERROR */
};

/* Adds a diagnostic; its text is formatted as printf() does. */
void diag_add(struct diags *diags, enum severity severity, struct mark mark, const char *format,
	      ...) __attribute__((format(printf, 4, 5)));

/* Adds a diagnostic of severity DIAG_ERROR, which says that a text is no YAML. */
void diag_syntax(struct diags *diags, struct mark mark, const char *format, ...)
	__attribute__((format(printf, 3, 4)));

/* Turns all errors from diagnostic number @from on into warnings. */
void diags_soften(struct diags *diags, size_t from);

#define diag_error(diags, mark, ...)   diag_add(diags, DIAG_ERROR, mark, __VA_ARGS__)
#define diag_warning(diags, mark, ...) diag_add(diags, DIAG_WARNING, mark, __VA_ARGS__)
#define diag_note(diags, mark, ...)    diag_add(diags, DIAG_NOTE, mark, __VA_ARGS__)

#endif
