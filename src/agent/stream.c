/*
 * Keeps bytes until they hold a whole event: in protobuf its length stands before it, in JSON the
 * end of a line behind it.  Each item of a list in protobuf is taken as soon as it is complete.
 */
#include "agent/stream.h"

#include "base/arena.h"
#include "base/guarded_call.h"
#include "base/diag.h"
#include "read/json.h"

#include <stdlib.h>
#include <string.h>

/* An API server takes objects of up to 3 MiB. */
#define EVENT_MAX ((size_t)64 << 20)
#define LIST_MAX  ((size_t)1 << 30)

/* How far the reading of a list in protobuf has got. */
enum value_part {
	PART_MAGIC, /* in the four bytes before everything else */
	PART_OUTER, /* in runtime.Unknown, before the list */
	PART_LIST,  /* in the list's own fields, of which `left` bytes are still to come */
	PART_TAIL,  /* in runtime.Unknown, behind the list */
};

struct stream {
	struct stream_format format;
	stream_taker take;
	void *context;
	struct arena *arena; /* for the current event */
	uint8_t *bytes;      /* the bytes that came and are not used yet: */
	size_t from, len, size;
	size_t scanned; /* in JSON: in so many of these bytes there is no end of a line */
	enum value_part part;
	uint64_t left;
	char resource_version[64];
	const char *error;
};

struct stream *stream_new(const struct stream_format *format, stream_taker take, void *context)
{
	struct arena *arena = arena_new();
	struct stream *stream = call_checked(calloc(1, sizeof(*stream)));

	stream->format = *format;
	stream->take = take;
	stream->context = context;
	stream->arena = arena;
	return stream;
}

void stream_free(struct stream *stream)
{
	if (!stream)
		return;
	arena_free(stream->arena);
	free(stream->bytes);
	free(stream);
}

const char *stream_error(const struct stream *stream)
{
	return stream->error ? stream->error : "it was cut off";
}

static int fail(struct stream *stream, const char *error)
{
	if (!stream->error)
		stream->error = error;
	return -1;
}

static int give(struct stream *stream, enum event_kind kind, const struct tree_node *object)
{
	const int status = stream->take(stream->context, kind, object);

	arena_reset(stream->arena);
	return status ? fail(stream, "it is not wanted") : 0;
}

/* Makes room for @len bytes more behind those that are not used yet. */
static int make_room(struct stream *stream, size_t len)
{
	const size_t most = stream->format.watch || stream->format.protobuf ? EVENT_MAX : LIST_MAX;
	const size_t held = stream->len - stream->from;
	size_t size = stream->size ? stream->size : 65536;
	uint8_t *bytes;

	if (held && stream->from)
		memmove(stream->bytes, stream->bytes + stream->from, held);
	stream->from = 0;
	stream->len = held;
	if (len > most || held > most - len)
		return fail(stream, "it has an object that is too large");
	while (size < held + len)
		size *= 2;
	if (size == stream->size)
		return 0;
	bytes = realloc(stream->bytes, size);
	if (!bytes)
		return fail(stream, "out of memory");
	stream->bytes = bytes;
	stream->size = size;
	return 0;
}

static bool is_text(struct proto_bytes bytes, const char *text)
{
	return bytes.len == strlen(text) && !memcmp(bytes.at, text, bytes.len);
}

/* Returns -1 for an unknown kind of event. */
static int kind_of(struct proto_bytes type)
{
	static const struct {
		const char *name;
		enum event_kind kind;
	} kinds[] = {
		{"ADDED", EVENT_ADDED},       {"MODIFIED", EVENT_ADDED}, {"DELETED", EVENT_DELETED},
		{"BOOKMARK", EVENT_BOOKMARK}, {"ERROR", EVENT_ERROR},
	};

	for (size_t i = 0; i < sizeof(kinds) / sizeof(*kinds); i++)
		if (is_text(type, kinds[i].name))
			return (int)kinds[i].kind;
	return -1;
}

static int give_proto_event(struct stream *stream, struct proto_bytes frame)
{
	struct proto_bytes type, bytes;
	struct tree_node *object;
	int kind;

	if (!proto_event(frame, &type, &bytes))
		return fail(stream, "an event is not protobuf");
	kind = kind_of(type);
	if (kind < 0)
		return fail(stream, "an event is of no known type");
	object =
		proto_read(stream->arena, kind == EVENT_ERROR ? &proto_status : stream->format.form,
			   bytes.at, bytes.len);
	if (!object)
		return fail(stream, "an object is not protobuf");
	return give(stream, (enum event_kind)kind, object);
}

/*
 * Takes the events that are complete.  Before each, its length stands in four bytes, the highest
 * first.
 */
static int feed_proto_watch(struct stream *stream)
{
	while (stream->len - stream->from >= 4) {
		const uint8_t *at = stream->bytes + stream->from;
		const size_t len = (size_t)at[0] << 24 | (size_t)at[1] << 16 | (size_t)at[2] << 8 |
				   (size_t)at[3];

		if (len > EVENT_MAX)
			return fail(stream, "it has an event that is too large");
		/* If this is no event, its length is no length, and must not be waited for. */
		if (stream->len - stream->from > 4 && at[4] != (1 << 3 | PROTO_LENGTH))
			return fail(stream, "an event is not protobuf");
		if (stream->len - stream->from - 4 < len)
			return 0;
		stream->from += len + 4;
		if (give_proto_event(stream, (struct proto_bytes){at + 4, len}))
			return -1;
	}
	return 0;
}

/*
 * A list with a token to continue by is a part of one.  It was not asked for, and what it lacks is not
 * gone.
 */
static int fail_as_part(struct stream *stream)
{
	return fail(stream, "it is only a part of a list");
}

/* Reads the ListMeta, in which field 2 is the resourceVersion, and 3 the token to continue by. */
static int take_list_metadata(struct stream *stream, struct proto_bytes bytes)
{
	struct proto_value value;
	int more;

	while ((more = proto_next(&bytes, &value)) > 0) {
		if (value.field == 3 && value.wire == PROTO_LENGTH && value.bytes.len)
			return fail_as_part(stream);
		if (value.field != 2)
			continue;
		if (value.wire != PROTO_LENGTH ||
		    value.bytes.len >= sizeof(stream->resource_version))
			return fail(stream, "its resourceVersion is none");
		memcpy(stream->resource_version, value.bytes.at, value.bytes.len);
		stream->resource_version[value.bytes.len] = '\0';
	}
	return more ? fail(stream, "its metadata is not protobuf") : 0;
}

static int take_list_field(struct stream *stream, const struct proto_value *value)
{
	struct tree_node *object;

	if (value->field > 2 || value->wire != PROTO_LENGTH)
		return 0;
	if (value->field == 1)
		return take_list_metadata(stream, value->bytes);
	object = proto_read(stream->arena, stream->format.form, value->bytes.at, value->bytes.len);
	return object ? give(stream, EVENT_ITEM, object)
		      : fail(stream, "an object is not protobuf");
}

/* Returns 1 if something was taken, 0 if more bytes are needed, -1 on a fault. */
static int step_list(struct stream *stream, struct proto_bytes here)
{
	const bool is_cut = here.len > stream->left;
	struct proto_bytes rest = {here.at, is_cut ? (size_t)stream->left : here.len};
	struct proto_value value;

	if (!stream->left) {
		stream->part = PART_TAIL;
		return 1;
	}
	if (proto_next(&rest, &value) <= 0)
		return here.len >= stream->left ? fail(stream, "the list is not protobuf") : 0;
	stream->left -= (uint64_t)(rest.at - here.at);
	stream->from += (size_t)(rest.at - here.at);
	return take_list_field(stream, &value) ? -1 : 1;
}

/* Is the name of a kind that of a list of the expected objects? */
static bool is_list_of(const struct stream *stream, const char *name, size_t len)
{
	const char *kind = stream->format.kind;
	const size_t kind_len = kind ? strlen(kind) : 0;

	return !kind || (len == kind_len + 4 && !memcmp(name, kind, kind_len) &&
			 !memcmp(name + kind_len, "List", 4));
}

/* Looks at the TypeMeta, in which field 2 is the kind. */
static int take_type(struct stream *stream, struct proto_bytes bytes)
{
	struct proto_value value;

	while (proto_next(&bytes, &value) > 0)
		if (value.field == 2 && value.wire == PROTO_LENGTH &&
		    !is_list_of(stream, (const char *)value.bytes.at, value.bytes.len))
			return fail(stream, "it is a list of something else");
	return 0;
}

/*
 * Takes a field of runtime.Unknown.  Field 1 is the TypeMeta.  Field 2 is the list, which is entered
 * as soon as it begins.
 */
static int step_outer(struct stream *stream, struct proto_bytes here)
{
	struct proto_bytes rest = here;
	struct proto_value value;
	uint64_t key, len;

	if (proto_varint(&rest, &key) && key == (2 << 3 | PROTO_LENGTH)) {
		if (!proto_varint(&rest, &len))
			return 0;
		stream->left = len;
		stream->part = PART_LIST;
	} else {
		rest = here;
		if (proto_next(&rest, &value) <= 0)
			return 0;
		if (value.field == 1 && value.wire == PROTO_LENGTH &&
		    take_type(stream, value.bytes))
			return -1;
	}
	stream->from += (size_t)(rest.at - here.at);
	return 1;
}

static int step_magic(struct stream *stream, struct proto_bytes here)
{
	if (here.len < 4)
		return 0;
	if (memcmp(here.at, "k8s\0", 4) != 0)
		return fail(stream, "it is not Kubernetes' protobuf");
	stream->from += 4;
	stream->part = PART_OUTER;
	return 1;
}

static int feed_proto_list(struct stream *stream)
{
	int more = 1;

	while (more > 0) {
		const struct proto_bytes here = {stream->bytes + stream->from,
						 stream->len - stream->from};

		switch (stream->part) {
		case PART_MAGIC:
			more = step_magic(stream, here);
			break;
		case PART_OUTER:
			more = step_outer(stream, here);
			break;
		case PART_LIST:
			more = step_list(stream, here);
			break;
		case PART_TAIL:
			stream->from = stream->len;
			return 0;
		}
	}
	return more;
}

/* The state while values of JSON are taken: events of a watch, or a list. */
struct json_context {
	struct stream *stream;
	bool has_list; /* a list has come to its end */
	int status;
};

/* Is it an object, or an item of a list of @list_kind (may be NULL), of the expected kind? */
static bool is_expected(const struct stream *stream, const struct tree_node *object,
			const char *list_kind)
{
	const struct tree_node *kind = tree_get(object, "kind");

	if (!stream->format.kind)
		return true;
	if (kind)
		return tree_is(kind, stream->format.kind);
	return !list_kind || is_list_of(stream, list_kind, strlen(list_kind));
}

static int give_json_event(struct stream *stream, const struct tree_node *event)
{
	const struct tree_node *type = tree_get(event, "type"), *object = tree_get(event, "object");
	int kind = -1;

	if (type && type->kind == TREE_SCALAR)
		kind = kind_of((struct proto_bytes){(const uint8_t *)type->text, type->count});
	if (kind < 0 || !object || object->kind != TREE_MAPPING)
		return fail(stream, "an event is of no known type");
	if (kind != EVENT_ERROR && !is_expected(stream, object, NULL))
		return fail(stream, "an event is about something else");
	return give(stream, (enum event_kind)kind, object);
}

static void take_json(void *context, const struct tree_node *object, bool in_list,
		      const char *list_kind)
{
	struct json_context *json = context;

	if (json->status)
		return;
	if (json->has_list)
		json->status = fail(json->stream, "it goes on behind a list");
	else if (in_list && json->stream->format.watch)
		json->status = fail(json->stream, "an event is of no known type");
	else if (in_list && !is_expected(json->stream, object, list_kind))
		json->status = fail(json->stream, "it is a list of something else");
	else if (in_list)
		json->status = give(json->stream, EVENT_ITEM, object);
	else if (json->stream->format.watch)
		json->status = give_json_event(json->stream, object);
	else
		json->status = fail(json->stream, "it is no list");
}

static void take_json_end(void *context, const struct tree_node *list)
{
	struct json_context *json = context;
	const struct tree_node *more = tree_get(tree_get(list, "metadata"), "continue");
	const struct tree_node *kind = tree_get(list, "kind");

	if (json->status)
		return;
	if (kind && kind->kind == TREE_SCALAR && !is_list_of(json->stream, kind->text, kind->count))
		json->status = fail(json->stream, "it is a list of something else");
	else if (more && !tree_is(more, "") && !tree_is_null(more))
		json->status = fail_as_part(json->stream);
	else if (json->has_list || json->stream->format.watch)
		json->status = fail(json->stream, "there is a list where none belongs");
	else
		json->status = give(json->stream, EVENT_LIST_END, list);
	json->has_list = true;
}

static const struct shape *json_shape(void *context, const char *kind, size_t len)
{
	const struct json_context *json = context;
	const bool is_list = kind && len > 4 && !memcmp(kind + len - 4, "List", 4);

	return is_list ? json->stream->format.shape : NULL;
}

static int read_json(struct stream *stream, const uint8_t *bytes, size_t len)
{
	struct json_context json = {.stream = stream};
	struct diags diags = {.arena = arena_new()};
	const struct tree_sink sink = {
		.context = &json,
		.shape = json_shape,
		.object = take_json,
		.list_end = take_json_end,
	};
	struct tree_builder *builder = tree_new("", &sink, &diags);

	if (json_is_valid(bytes, len))
		json_read(bytes, len, builder);
	else
		json.status = fail(stream, "it is not JSON");
	if (diags.errors)
		json.status = fail(stream, "it is JSON that cannot be read");
	/* Bytes that are only blanks are no error, but they hold no list. */
	if (!json.status && !json.has_list && !stream->format.watch)
		json.status = fail(stream, "it is no list");
	tree_free(builder);
	arena_free(diags.arena);
	return json.status;
}

/* Takes the lines that are complete; each is an event. */
static int feed_json_watch(struct stream *stream)
{
	for (;;) {
		const uint8_t *at = stream->bytes + stream->from;
		const size_t held = stream->len - stream->from;
		const uint8_t *end = memchr(at + stream->scanned, '\n', held - stream->scanned);
		const size_t len = end ? (size_t)(end - at) : 0;

		stream->scanned = end ? 0 : held;
		if (!end)
			return 0;
		stream->from += len + 1;
		if (len && read_json(stream, at, len))
			return -1;
	}
}

int stream_feed(struct stream *stream, const uint8_t *bytes, size_t len)
{
	if (stream->error || make_room(stream, len))
		return -1;
	memcpy(stream->bytes + stream->len, bytes, len);
	stream->len += len;
	if (stream->format.protobuf)
		return stream->format.watch ? feed_proto_watch(stream) : feed_proto_list(stream);
	return stream->format.watch ? feed_json_watch(stream) : 0;
}

/* Makes a tree like that of a list in JSON: metadata with the resourceVersion. */
static int give_list_end(struct stream *stream)
{
	struct tree_node version = {.kind = TREE_SCALAR,
				    .type = SCALAR_STRING,
				    .text = stream->resource_version,
				    .count = (uint32_t)strlen(stream->resource_version)};
	struct tree_node version_key = {
		.kind = TREE_SCALAR, .text = "resourceVersion", .count = 15};
	struct tree_node metadata_key = {.kind = TREE_SCALAR, .text = "metadata", .count = 8};
	struct pair version_pair = {&version_key, &version};
	struct tree_node metadata = {.kind = TREE_MAPPING, .count = 1, .pairs = &version_pair};
	struct pair metadata_pair = {&metadata_key, &metadata};
	const struct tree_node list = {.kind = TREE_MAPPING, .count = 1, .pairs = &metadata_pair};

	return give(stream, EVENT_LIST_END, &list);
}

int stream_end(struct stream *stream)
{
	if (stream->error)
		return -1;
	if (stream->format.watch)
		return stream->len == stream->from ? 0 : fail(stream, "it was cut off");
	if (stream->format.protobuf)
		return stream->part == PART_TAIL || (stream->part == PART_LIST && !stream->left)
			       ? give_list_end(stream)
			       : fail(stream, "it was cut off");
	if (stream->len == stream->from)
		return fail(stream, "it was cut off");
	return read_json(stream, stream->bytes, stream->len);
}
