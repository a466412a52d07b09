/*
 * Passes libyaml's events to the builder, with anchors, aliases, tags and merge keys as kubectl
 * understands them; libyaml's errors become diagnostics with a place.
 */
#include "read/yaml.h"

#include "base/guarded_call.h"
#include "base/diag.h"
#include "read/scalar.h"
#include "read/tree.h"

#include <errno.h>
#include <stdbool.h>
#include <string.h>
#include <unistd.h>
#include <yaml.h>

struct feed {
	const struct yaml_input *input;
	size_t used; /* how many bytes of the input have been used */
	int read_errno;
};

/* Reads the next bytes; returns -1 if that fails. */
static ssize_t read_bytes(const struct feed *feed, unsigned char *buffer, size_t size)
{
	const struct yaml_input *input = feed->input;
	ssize_t got;

	if (feed->used < input->len) {
		if (size > input->len - feed->used)
			size = input->len - feed->used;
		memcpy(buffer, input->begun + feed->used, size);
		return (ssize_t)size;
	}
	if (input->fd < 0)
		return 0;
	do
		got = read(input->fd, buffer, size);
	while (got < 0 && errno == EINTR);
	return got;
}

/* The read handler for libyaml: returns 1, or 0 if reading fails. */
static int read_more(void *context, unsigned char *buffer, size_t size, size_t *got)
{
	struct feed *feed = context;
	ssize_t bytes = read_bytes(feed, buffer, size);

	*got = 0;
	if (bytes < 0) {
		feed->read_errno = errno;
		return 0;
	}
	*got = (size_t)bytes;
	feed->used += *got;
	return 1;
}

static struct mark place(const struct feed *feed, const yaml_mark_t *mark)
{
	return (struct mark){feed->input->file, (uint32_t)mark->line + 1,
			     (uint32_t)mark->column + 1};
}

/*
 * Finds the place of bytes that are no text.  It is behind what libyaml has decoded but not scanned
 * yet, since libyaml reports only their offset.
 */
static struct mark undecodable(const struct feed *feed, const yaml_parser_t *parser)
{
	struct mark mark = place(feed, &parser->mark);

	for (const unsigned char *c = parser->buffer.pointer; c < parser->buffer.last; c++) {
		if (*c == '\n') {
			mark.line++;
			mark.col = 1;
		} else if ((*c & 0xc0) != 0x80) {
			mark.col++;
		}
	}
	return mark;
}

/* Could the scanner not go on because of a tab? It has not taken that character yet. */
static bool stands_at_tab(const yaml_parser_t *parser)
{
	return parser->error == YAML_SCANNER_ERROR &&
	       parser->problem_mark.index == parser->mark.index &&
	       parser->buffer.pointer < parser->buffer.last && *parser->buffer.pointer == '\t';
}

/* Says what an input is that has bytes of no text, if its beginning tells. */
static const char *what_it_is(const struct yaml_input *input)
{
	static const struct {
		const char *begins;
		size_t len;
		const char *words;
	} kinds[] = {
		{"\x1f\x8b", 2, ": this is compressed by gzip"},
		{"\x28\xb5\x2f\xfd", 4, ": this is compressed by zstd"},
		{"\xfd"
		 "7zXZ",
		 5, ": this is compressed by xz"},
		{"BZh", 3, ": this is compressed by bzip2"},
		{"PK\x03\x04", 4, ": this is a ZIP archive"},
		{"\x7f"
		 "ELF",
		 4, ": this is a program"},
	};

	for (size_t i = 0; i < sizeof(kinds) / sizeof(*kinds); i++)
		if (input->len >= kinds[i].len &&
		    !memcmp(input->begun, kinds[i].begins, kinds[i].len))
			return kinds[i].words;
	/* Of two bytes one is zero in UTF-16, if the character is one of ASCII. */
	if (input->len >= 2 && !input->begun[0] != !input->begun[1])
		return ": this looks like UTF-16; write it as UTF-8";
	return "";
}

static void report(const struct feed *feed, const yaml_parser_t *parser, struct diags *diags)
{
	const char *problem = parser->problem ? parser->problem : "not YAML";

	if (feed->read_errno)
		diag_error(diags, (struct mark){.file = feed->input->file}, "cannot be read: %s",
			   strerror(feed->read_errno));
	else if (parser->error == YAML_READER_ERROR && parser->problem_value != -1)
		diag_syntax(diags, undecodable(feed, parser), "%s (0x%02X)%s", problem,
			    (unsigned)parser->problem_value, what_it_is(feed->input));
	else if (parser->error == YAML_READER_ERROR)
		diag_syntax(diags, undecodable(feed, parser), "%s%s", problem,
			    what_it_is(feed->input));
	else if (parser->error == YAML_MEMORY_ERROR)
		call_fail(FAILURE_MEMORY, NULL);
	else if (stands_at_tab(parser))
		diag_syntax(diags, place(feed, &parser->problem_mark),
			    "there is a tab here, which YAML does not allow for indentation: use "
			    "spaces");
	else if (parser->context)
		diag_syntax(diags, place(feed, &parser->problem_mark),
			    "%s (%s that begins on line %zu)", problem, parser->context,
			    parser->context_mark.line + 1);
	else
		diag_syntax(diags, place(feed, &parser->problem_mark), "%s", problem);
}

/* The tag that some writers put before a merge key: `!!merge <<:`. */
#define MERGE_TAG "tag:yaml.org,2002:merge"

/* Does its text decide the type of the scalar? It does, if it has neither tag nor quotes. */
static bool is_plain(const yaml_event_t *event)
{
	const char *tag = (const char *)event->data.scalar.tag;

	if (!tag)
		return event->data.scalar.style == YAML_PLAIN_SCALAR_STYLE;
	return !strcmp(tag, YAML_INT_TAG) || !strcmp(tag, YAML_FLOAT_TAG) ||
	       !strcmp(tag, YAML_BOOL_TAG) || !strcmp(tag, YAML_NULL_TAG) ||
	       !strcmp(tag, MERGE_TAG);
}

/* Does the text fit the scalar's tag? Only these of YAML's own tags are known to the API server. */
static bool fits_tag(const yaml_event_t *event)
{
	static const char own[] = "tag:yaml.org,2002:";
	const char *tag = (const char *)event->data.scalar.tag;
	enum scalar_type type;

	if (!tag || strncmp(tag, own, strlen(own)) != 0 || !strcmp(tag, YAML_STR_TAG))
		return true;
	type = scalar_resolve((const char *)event->data.scalar.value, event->data.scalar.length);
	return (!strcmp(tag, YAML_INT_TAG) && type == SCALAR_INT) ||
	       (!strcmp(tag, YAML_FLOAT_TAG) && (type == SCALAR_FLOAT || type == SCALAR_INT)) ||
	       (!strcmp(tag, YAML_BOOL_TAG) && type == SCALAR_BOOL) ||
	       (!strcmp(tag, YAML_NULL_TAG) && type == SCALAR_NULL) ||
	       (!strcmp(tag, MERGE_TAG) && type == SCALAR_MERGE);
}

static int take_scalar(const yaml_event_t *event, struct tree_builder *builder, uint32_t line,
		       uint32_t col)
{
	const char *anchor = (const char *)event->data.scalar.anchor;

	if (!anchor && tree_skips(builder))
		return 0;
	if (!fits_tag(event))
		return tree_refuse(builder, line, col, "a value that its tag does not fit");
	return tree_scalar(builder, line, col, anchor, (const char *)event->data.scalar.value,
			   event->data.scalar.length, is_plain(event));
}

static int handle(const yaml_event_t *event, struct tree_builder *builder)
{
	uint32_t line = (uint32_t)event->start_mark.line + 1;
	uint32_t col = (uint32_t)event->start_mark.column + 1;

	switch (event->type) {
	case YAML_DOCUMENT_START_EVENT:
		return tree_document_start(builder);
	case YAML_DOCUMENT_END_EVENT:
		return tree_document_end(builder);
	case YAML_MAPPING_START_EVENT:
		return tree_mapping_start(builder, line, col,
					  (const char *)event->data.mapping_start.anchor);
	case YAML_SEQUENCE_START_EVENT:
		return tree_sequence_start(builder, line, col,
					   (const char *)event->data.sequence_start.anchor);
	case YAML_MAPPING_END_EVENT:
	case YAML_SEQUENCE_END_EVENT:
		return tree_end(builder);
	case YAML_ALIAS_EVENT:
		return tree_alias(builder, line, col, (const char *)event->data.alias.anchor);
	case YAML_SCALAR_EVENT:
		return take_scalar(event, builder, line, col);
	case YAML_NO_EVENT:
	case YAML_STREAM_START_EVENT:
	case YAML_STREAM_END_EVENT:
		return 0;
	}
	return 0;
}

static void delete_parser(void *parser)
{
	yaml_parser_delete(parser);
}

static void delete_event(void *event)
{
	yaml_event_delete(event);
}

void yaml_read(const struct yaml_input *input, struct tree_builder *builder, struct diags *diags)
{
	struct feed feed = {.input = input};
	yaml_parser_t parser;
	yaml_event_t event = {0};
	struct undo undo_parser, undo_event;
	bool more = true;

	if (!yaml_parser_initialize(&parser))
		call_fail(FAILURE_MEMORY, NULL);
	undo_later(&undo_parser, delete_parser, &parser);
	undo_later(&undo_event, delete_event, &event);
	yaml_parser_set_input(&parser, read_more, &feed);
	while (more) {
		if (!yaml_parser_parse(&parser, &event)) {
			report(&feed, &parser, diags);
			break;
		}
		more = event.type != YAML_STREAM_END_EVENT && !handle(&event, builder);
		yaml_event_delete(&event);
	}
	undo_never(&undo_event);
	undo_never(&undo_parser);
	yaml_parser_delete(&parser);
}
