/*
 * Turns bytes into frames, frames into messages, and messages into calls; and the same in the other
 * direction.  Each step checks a length before it waits for so many bytes.
 */
#include "agent/ttrpc.h"

#include "base/guarded_call.h"

#include <stdlib.h>
#include <string.h>
#include <sys/types.h>

#define FRAME_HEADER   8
#define MESSAGE_HEADER 10

/* ttrpc's own limit for a message; a frame may have the message's header besides. */
#define MESSAGE_MAX ((size_t)4 << 20)
#define FRAME_MAX   (MESSAGE_MAX + MESSAGE_HEADER)

/* An empty buffer keeps so many bytes for what comes next. */
#define ROOM_KEPT 65536

/* The numbers of the connections begin here. */
#define FIRST_CONNECTION 1

enum message_type { MESSAGE_REQUEST = 1, MESSAGE_RESPONSE = 2 };

/* The number of our first call; the side that begins a connection has odd numbers. */
#define OUR_CALL 1

/* gRPC's number for "there is no such method". */
#define UNIMPLEMENTED 12

void ttrpc_end(struct ttrpc *ttrpc)
{
	for (size_t i = 0; i < TTRPC_CONNECTIONS; i++)
		free(ttrpc->inboxes[i].bytes);
	free(ttrpc->out.bytes);
	*ttrpc = (struct ttrpc){.error = NULL};
}

static int fail(struct ttrpc *ttrpc, const char *error)
{
	if (!ttrpc->error)
		ttrpc->error = error;
	return -1;
}

static uint32_t get_number(const uint8_t *at)
{
	return (uint32_t)at[0] << 24 | (uint32_t)at[1] << 16 | (uint32_t)at[2] << 8 | at[3];
}

static void put_number(uint8_t *at, size_t number)
{
	for (int i = 0; i < 4; i++)
		at[i] = (uint8_t)(number >> (24 - 8 * i));
}

static void append(struct ttrpc_buffer *buffer, const void *bytes, size_t len)
{
	size_t size = buffer->size ? buffer->size : 1024;

	while (size < buffer->len + len)
		size *= 2;
	if (size != buffer->size)
		buffer->bytes = call_checked(realloc(buffer->bytes, size));
	buffer->size = size;
	if (len)
		memcpy(buffer->bytes + buffer->len, bytes, len);
	buffer->len += len;
}

/*
 * Removes the first @len bytes, which are used.  The memory of a large message is not kept for
 * small ones.
 */
static void cut(struct ttrpc_buffer *buffer, size_t len)
{
	buffer->len -= len;
	if (buffer->len) {
		memmove(buffer->bytes, buffer->bytes + len, buffer->len);
	} else if (buffer->size > ROOM_KEPT) {
		free(buffer->bytes);
		*buffer = (struct ttrpc_buffer){.bytes = NULL};
	}
}

static int take_request(struct ttrpc *ttrpc, uint32_t number, struct proto_bytes rest)
{
	struct ttrpc_call call = {.number = number};
	struct proto_value value;
	int more;

	while ((more = proto_next(&rest, &value)) > 0) {
		if (value.field == 2 && value.wire == PROTO_LENGTH)
			call.method = value.bytes;
		if (value.field == 3 && value.wire == PROTO_LENGTH)
			call.payload = value.bytes;
	}
	if (more)
		return fail(ttrpc, "a call is not protobuf");
	return ttrpc->receiver.called(ttrpc->receiver.context, &call)
		       ? fail(ttrpc, "a call makes no sense")
		       : 0;
}

/*
 * Reads google.rpc.Status, in which field 1 is a number, 0 for success.  Returns 0, 1 for another
 * number, or -1 on a fault.
 */
static int read_status(struct proto_bytes rest)
{
	struct proto_value value;
	bool refused = false;
	int more;

	while ((more = proto_next(&rest, &value)) > 0)
		refused |= value.field == 1 && value.number != 0;
	return more < 0 ? -1 : refused;
}

/* None of our calls has an answer that says more than that it was received. */
static int take_response(struct ttrpc *ttrpc, struct proto_bytes rest)
{
	struct proto_value value;
	int more, status = 0;

	while (!status && (more = proto_next(&rest, &value)) != 0)
		status = more < 0 ? -1 : value.field == 1 ? read_status(value.bytes) : 0;
	if (status < 0)
		return fail(ttrpc, "an answer is not protobuf");
	return status ? fail(ttrpc, "our call is refused") : 0;
}

static int take_message(struct ttrpc *ttrpc, uint32_t number, uint8_t type,
			struct proto_bytes bytes)
{
	if (ttrpc->at == TTRPC_THEIRS && type == MESSAGE_REQUEST)
		return take_request(ttrpc, number, bytes);
	if (ttrpc->at == TTRPC_OURS && type == MESSAGE_RESPONSE && number == OUR_CALL)
		return take_response(ttrpc, bytes);
	return fail(ttrpc, "a message is neither a call nor an answer");
}

/* Handles the complete messages in the inbox of the frame's connection. */
static int take_messages(struct ttrpc *ttrpc)
{
	struct ttrpc_buffer *inbox = &ttrpc->inboxes[ttrpc->at];
	size_t used = 0;

	while (inbox->len - used >= MESSAGE_HEADER) {
		const uint8_t *at = inbox->bytes + used;
		const size_t len = get_number(at);

		if (len > MESSAGE_MAX)
			return fail(ttrpc, "a message is too large");
		if (inbox->len - used - MESSAGE_HEADER < len)
			break;
		used += MESSAGE_HEADER + len;
		if (take_message(ttrpc, get_number(at + 4), at[8],
				 (struct proto_bytes){at + MESSAGE_HEADER, len}))
			return -1;
	}
	cut(inbox, used);
	return 0;
}

/* Handles the header of a frame. */
static int begin_frame(struct ttrpc *ttrpc)
{
	const uint32_t connection = get_number(ttrpc->header) - FIRST_CONNECTION;
	const size_t len = get_number(ttrpc->header + 4);

	if (connection >= TTRPC_CONNECTIONS)
		return fail(ttrpc, "a frame is of no connection");
	if (len > FRAME_MAX)
		return fail(ttrpc, "a frame is too large");
	ttrpc->at = (enum ttrpc_connection)connection;
	ttrpc->left = len;
	ttrpc->have = 0;
	return 0;
}

/* Takes some of the bytes; returns how many, or -1. */
static ssize_t take_some(struct ttrpc *ttrpc, const uint8_t *bytes, size_t len)
{
	if (!ttrpc->left) {
		ttrpc->header[ttrpc->have++] = *bytes;
		return ttrpc->have == FRAME_HEADER && begin_frame(ttrpc) ? -1 : 1;
	}
	if (len > ttrpc->left)
		len = ttrpc->left;
	ttrpc->left -= len;
	append(&ttrpc->inboxes[ttrpc->at], bytes, len);
	return take_messages(ttrpc) ? -1 : (ssize_t)len;
}

int ttrpc_feed(struct ttrpc *ttrpc, const uint8_t *bytes, size_t len)
{
	ssize_t used = 0;

	for (size_t at = 0; !ttrpc->error && at < len; at += (size_t)used) {
		used = take_some(ttrpc, bytes + at, len - at);
		if (used < 0)
			break;
	}
	return ttrpc->error ? -1 : 0;
}

void ttrpc_sent(struct ttrpc *ttrpc, size_t len)
{
	cut(&ttrpc->out, len);
}

/* Puts a message into a frame of its own. */
static void put_message(struct ttrpc *ttrpc, enum ttrpc_connection connection, uint32_t number,
			enum message_type type, const struct ttrpc_buffer *message)
{
	uint8_t header[FRAME_HEADER + MESSAGE_HEADER] = {0};

	put_number(header, FIRST_CONNECTION + connection);
	put_number(header + 4, MESSAGE_HEADER + message->len);
	put_number(header + 8, message->len);
	put_number(header + 12, number);
	header[16] = (uint8_t)type;
	append(&ttrpc->out, header, sizeof(header));
	append(&ttrpc->out, message->bytes, message->len);
}

static void put_varint(struct ttrpc_buffer *message, uint64_t number)
{
	uint8_t byte;

	do {
		byte = (uint8_t)((number & 0x7f) | (number > 0x7f ? 0x80 : 0));
		append(message, &byte, 1);
		number >>= 7;
	} while (number);
}

static void put_bytes(struct ttrpc_buffer *message, uint32_t field, struct proto_bytes bytes)
{
	put_varint(message, field << 3 | PROTO_LENGTH);
	put_varint(message, bytes.len);
	append(message, bytes.at, bytes.len);
}

static struct proto_bytes bytes_of(const char *text)
{
	return (struct proto_bytes){(const uint8_t *)text, strlen(text)};
}

void ttrpc_call(struct ttrpc *ttrpc, const char *service, const char *method,
		struct proto_bytes payload)
{
	struct ttrpc_buffer message = {NULL, 0, 0};

	put_bytes(&message, 1, bytes_of(service));
	put_bytes(&message, 2, bytes_of(method));
	put_bytes(&message, 3, payload);
	put_message(ttrpc, TTRPC_OURS, OUR_CALL, MESSAGE_REQUEST, &message);
	free(message.bytes);
}

void ttrpc_answer(struct ttrpc *ttrpc, uint32_t number, struct proto_bytes payload)
{
	struct ttrpc_buffer message = {NULL, 0, 0};

	put_bytes(&message, 2, payload);
	put_message(ttrpc, TTRPC_THEIRS, number, MESSAGE_RESPONSE, &message);
	free(message.bytes);
}

void ttrpc_refuse(struct ttrpc *ttrpc, uint32_t number)
{
	struct ttrpc_buffer status = {NULL, 0, 0}, message = {NULL, 0, 0};

	put_varint(&status, 1 << 3 | PROTO_VARINT);
	put_varint(&status, UNIMPLEMENTED);
	put_bytes(&status, 2, bytes_of("np2nft has no such method"));
	put_bytes(&message, 1, (struct proto_bytes){status.bytes, status.len});
	put_message(ttrpc, TTRPC_THEIRS, number, MESSAGE_RESPONSE, &message);
	free(status.bytes);
	free(message.bytes);
}
