/*
 * Writes JSON: it puts in the commas, quotes and escapes, and knows which brackets are open.
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
 * Each call that begins a value takes the value's key.  Inside an object the key is a text; inside
 * an array, and for the outermost value, it is NULL.
 */
#ifndef NP2NFT_BASE_JSON_H
#define NP2NFT_BASE_JSON_H

#include "base/arena.h"

#include <stdbool.h>
#include <stdint.h>

/* A writer of JSON.  {.arena = arena} is one that has written nothing yet. */
struct json {
	struct arena *arena;
	struct string text;
	bool packed; /* set by the caller: leave out the spaces behind commas and colons */
	bool comma;  /* a comma must come before the next key or value */
	bool breaks; /* json_break() was called since the last value */
	unsigned indent;
	unsigned depth;  /* how many objects and arrays are open, at most 64 */
	uint64_t arrays; /* which of them are arrays; the outermost is bit 0 */
};

void json_open_object(struct json *json, const char *key);
void json_open_array(struct json *json, const char *key);

/* Ends the innermost object or array that is open. */
void json_close(struct json *json);

/* Writes a string, or null if @text is NULL.  Bytes that are not UTF-8 become U+FFFD. */
void json_put_text(struct json *json, const char *key, const char *text);
void json_put_number(struct json *json, const char *key, uint64_t number);
/* Writes a number with @decimals digits behind the point. */
void json_put_real(struct json *json, const char *key, double number, int decimals);
void json_put_bool(struct json *json, const char *key, bool value);
void json_put_null(struct json *json, const char *key);

/*
 * Inserts values or members that another writer has turned into JSON text, with a comma before them
 * where one is needed.
 */
void json_put_written(struct json *json, const char *written);

/*
 * The next thing that is written (a key, a value or a closing bracket) starts on a new line, behind
 * @indent spaces.
 */
void json_break(struct json *json, unsigned indent);

/* Ends the text with a line break and returns it.  Everything must have been closed. */
const char *json_end(struct json *json);

/*
 * Appends @text as a JSON string, with its quotes.  Control characters (C0, DEL and C1), line
 * separators and characters that turn the direction of writing become \u escapes, so that a
 * terminal shows the string as it is.
 */
void json_append_string(struct arena *arena, struct string *out, const char *text);

#endif
