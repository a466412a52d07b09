/*
 * Feeds agent/stream.h with lists and watches, in protobuf and in JSON.  The first byte says in
 * which form, and the second one in pieces of which length.
 *
 * In pieces or as a whole, the same events must come of the bytes before the first fault.
 */
#include "fuzz.h"

#include "agent/stream.h"

#include <stdbool.h>
#include <string.h>

struct events {
	size_t count, ends;
	uint64_t sum; /* a sum over the events' kinds and the contents of their objects */
};

static uint64_t sum_of(const struct tree_node *node)
{
	uint64_t sum = (uint64_t)node->kind + 1;

	switch (node->kind) {
	case TREE_SCALAR:
		for (const char *c = node->text; *c; c++)
			sum = sum * 31 + (uint8_t)*c;
		break;
	case TREE_SEQUENCE:
		for (uint32_t i = 0; i < node->count; i++)
			sum = sum * 31 + sum_of(node->items[i]);
		break;
	case TREE_MAPPING:
		for (uint32_t i = 0; i < node->count; i++)
			sum = (sum * 31 + sum_of(node->pairs[i].key)) * 31 +
			      sum_of(node->pairs[i].value);
		break;
	}
	return sum;
}

static int take(void *context, enum event_kind kind, const struct tree_node *object)
{
	struct events *events = context;

	fuzz_must(kind <= EVENT_ERROR && object);
	events->count++;
	events->ends += kind == EVENT_LIST_END;
	events->sum = events->sum * 31 + sum_of(object) + kind;
	return 0;
}

/* Returns whether the stream took everything. */
static bool feed(const struct stream_format *format, const uint8_t *bytes, size_t len, size_t piece,
		 struct events *events)
{
	struct stream *stream = stream_new(format, take, events);
	int failed = 0;

	*events = (struct events){0, 0, 0};
	for (size_t at = 0; !failed && at < len; at += piece)
		failed = stream_feed(stream, bytes + at, len - at < piece ? len - at : piece);
	fuzz_must(!failed || *stream_error(stream));
	if (!failed && stream_end(stream))
		failed = -1;
	stream_free(stream);
	return !failed;
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t len)
{
	static const struct proto_form *const forms[] = {&proto_pod, &proto_namespace,
							 &proto_policy, &proto_node};
	struct events whole, parts;
	struct stream_format format;
	bool taken;

	if (len < 2)
		return 0;
	format = (struct stream_format){
		.protobuf = bytes[0] & 1, .watch = bytes[0] & 2, .form = forms[bytes[0] >> 2 & 3]};
	taken = feed(&format, bytes + 2, len - 2, len, &whole);
	fuzz_must(taken == feed(&format, bytes + 2, len - 2, bytes[1] % 64 + 1U, &parts));
	fuzz_must(!taken || (whole.count == parts.count && whole.sum == parts.sum));
	fuzz_must(!taken || format.watch || whole.ends == 1);
	return 0;
}
