/* libyaml's event loop.  See read_yaml.h. */
#include "read_yaml.h"

#include "diag.h"
#include "read_scalar.h"
#include "read_tree.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <yaml.h>

/* libyaml asks for at most this much at once. */
#define BLOCK 16384

/* A block of input with the place where it begins, kept to turn an offset into line and column. */
struct block {
	size_t offset, len;
	uint32_t line, col;
	unsigned char bytes[BLOCK];
};

struct feed {
	const struct yaml_input *input;
	size_t used; /* of input->begun */
	int read_errno;
	struct block last[2]; /* [1] is the newer */
};

/* Moves a place over bytes; columns count characters, not bytes. */
static void advance(uint32_t *line, uint32_t *col, const unsigned char *bytes, size_t len)
{
	for (size_t i = 0; i < len; i++) {
		if (bytes[i] == '\n') {
			(*line)++;
			*col = 1;
		} else if ((bytes[i] & 0xc0) != 0x80) {
			(*col)++;
		}
	}
}

/* libyaml's read handler: 1, or 0 on trouble. */
static int read_more(void *context, unsigned char *buffer, size_t size, size_t *got)
{
	struct feed *feed = context;
	const struct yaml_input *input = feed->input;
	struct block *block = &feed->last[1];

	if (size > BLOCK)
		size = BLOCK;
	if (feed->used < input->len) {
		*got = input->len - feed->used < size ? input->len - feed->used : size;
		memcpy(buffer, input->begun + feed->used, *got);
		feed->used += *got;
	} else if (input->fd < 0) {
		*got = 0;
	} else {
		ssize_t bytes;

		do
			bytes = read(input->fd, buffer, size);
		while (bytes < 0 && errno == EINTR);
		if (bytes < 0) {
			feed->read_errno = errno;
			return 0;
		}
		*got = (size_t)bytes;
	}
	feed->last[0] = *block;
	advance(&block->line, &block->col, block->bytes, block->len);
	block->offset += block->len;
	block->len = *got;
	memcpy(block->bytes, buffer, *got);
	return 1;
}

/* The place of a byte of the last two blocks. */
static struct mark place_of(const struct feed *feed, size_t offset)
{
	const struct block *block = &feed->last[offset >= feed->last[1].offset];
	uint32_t line = block->line, col = block->col;
	size_t len = offset > block->offset ? offset - block->offset : 0;

	advance(&line, &col, block->bytes, len < block->len ? len : block->len);
	return (struct mark){feed->input->file, line, col};
}

static struct mark place(const struct feed *feed, const yaml_mark_t *mark)
{
	return (struct mark){feed->input->file, (uint32_t)mark->line + 1, (uint32_t)mark->column + 1};
}

static void report(const struct feed *feed, const yaml_parser_t *parser, struct diags *diags)
{
	const char *problem = parser->problem ? parser->problem : "not YAML";

	if (feed->read_errno)
		diag_error(diags, (struct mark){.file = feed->input->file}, "cannot be read: %s",
			   strerror(feed->read_errno));
	else if (parser->error == YAML_READER_ERROR && parser->problem_value != -1)
		diag_error(diags, place_of(feed, parser->problem_offset), "%s (0x%02X)", problem,
			   (unsigned)parser->problem_value);
	else if (parser->error == YAML_READER_ERROR)
		diag_error(diags, place_of(feed, parser->problem_offset), "%s", problem);
	else if (parser->error == YAML_MEMORY_ERROR)
		diag_error(diags, place(feed, &parser->mark), "out of memory");
	else if (parser->context)
		diag_error(diags, place(feed, &parser->problem_mark), "%s (%s that begins on line %zu)",
			   problem, parser->context, parser->context_mark.line + 1);
	else
		diag_error(diags, place(feed, &parser->problem_mark), "%s", problem);
}

/* A tag says what a scalar is; without one its form does. */
static enum scalar_type type_of(const yaml_event_t *event)
{
	const char *tag = (const char *)event->data.scalar.tag;
	const char *text = (const char *)event->data.scalar.value;

	if (!tag && event->data.scalar.style != YAML_PLAIN_SCALAR_STYLE)
		return SCALAR_STRING;
	if (tag && strcmp(tag, YAML_INT_TAG) && strcmp(tag, YAML_FLOAT_TAG) &&
	    strcmp(tag, YAML_BOOL_TAG) && strcmp(tag, YAML_NULL_TAG))
		return SCALAR_STRING;
	return scalar_resolve(text, event->data.scalar.length);
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
		return tree_scalar(builder, line, col, (const char *)event->data.scalar.anchor,
				   (const char *)event->data.scalar.value,
				   event->data.scalar.length,
				   tree_wants(builder) ? type_of(event) : SCALAR_STRING);
	case YAML_NO_EVENT:
	case YAML_STREAM_START_EVENT:
	case YAML_STREAM_END_EVENT:
		return 0;
	}
	return 0;
}

void yaml_read(const struct yaml_input *input, struct tree_builder *builder, struct diags *diags)
{
	struct feed *feed = calloc(1, sizeof(*feed));
	yaml_parser_t parser;
	bool more = true;

	if (!feed || !yaml_parser_initialize(&parser)) {
		diag_error(diags, (struct mark){.file = input->file}, "out of memory");
		free(feed);
		return;
	}
	feed->input = input;
	feed->last[1].line = feed->last[1].col = 1;
	yaml_parser_set_input(&parser, read_more, feed);
	while (more) {
		yaml_event_t event;

		if (!yaml_parser_parse(&parser, &event)) {
			report(feed, &parser, diags);
			break;
		}
		more = event.type != YAML_STREAM_END_EVENT && !handle(&event, builder);
		yaml_event_delete(&event);
	}
	yaml_parser_delete(&parser);
	free(feed);
}
