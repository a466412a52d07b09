/*
 * A writer of JSON: it makes the commas, the quotes and the escapes, and closes what is open.
 *
 * In:  keys and values, one call each.  Out: text in an arena.
 *
 *     struct json json = {.arena = arena};
 *
 *     json_open_object(&json, NULL);
 *     json_put_text(&json, "name", "web");
 *     json_open_array(&json, "ports");
 *     json_put_number(&json, NULL, 80);
 *     json_close(&json);
 *     json_close(&json);                      {"name": "web", "ports": [80]}
 *
 * Each call that begins a value takes the value's key: a text inside an object, and NULL inside an
 * array or for the outermost value.
 */
#ifndef NP2NFT_BASE_JSON_H
#define NP2NFT_BASE_JSON_H

#include "base/arena.h"

#include <stdbool.h>
#include <stdint.h>

/* {.arena = arena} is a writer that has written nothing. */
struct json {
	struct arena *arena;
	struct string text;
	bool packed; /* set it to leave out the spaces behind commas and colons */
	bool comma;  /* a comma stands before the next key or value */
	bool breaks; /* json_break() was called since the last value */
	unsigned indent;
	unsigned depth;  /* how many objects and arrays are open, at most 64 */
	uint64_t arrays; /* which of them are arrays: the outermost is bit 0 */
};

void json_open_object(struct json *json, const char *key);
void json_open_array(struct json *json, const char *key);

/* Ends the object or array that was opened last. */
void json_close(struct json *json);

/* A string; null if @text is NULL. Bytes that are no UTF-8 become U+FFFD. */
void json_put_text(struct json *json, const char *key, const char *text);
void json_put_number(struct json *json, const char *key, uint64_t number);
/* A number with @decimals digits behind the point. */
void json_put_real(struct json *json, const char *key, double number, int decimals);
void json_put_bool(struct json *json, const char *key, bool value);
void json_put_null(struct json *json, const char *key);

/*
 * Values or members that are JSON already, from the text of another writer; a comma is put before
 * them like before any other value.
 */
void json_put_written(struct json *json, const char *written);

/* What is written next (a key, a value or a closing bracket) begins a line, behind @indent spaces. */
void json_break(struct json *json, unsigned indent);

/* Ends the text with a line break and returns it; everything must be closed. */
const char *json_end(struct json *json);

/*
 * Appends @text as a JSON string, in its quotes.  Control characters (C0, DEL and C1), line
 * separators and the characters that turn the direction of writing become \u escapes, so that the
 * string shows in a terminal as what it is.
 */
void json_append_string(struct arena *arena, struct string *out, const char *text);

#endif
