/*
 * Calls in both directions over one stream of bytes, as container runtimes and their plugins make
 * them.
 *
 * In:  bytes of the stream, cut anywhere.  Out: calls of the other side; and the bytes of our
 * answers and of our own calls, to be sent.
 *
 * There are two layers.  The outer one (the multiplexer of NRI) makes two connections of the
 * stream: a frame has 8 bytes of header (connection, length; the highest byte first) and so many
 * bytes.  The inner one (ttrpc) cuts the bytes of a connection into messages: 10 bytes of header
 * (length, number of the call, type, flags) and so many bytes of protobuf.  A message may be spread
 * over several frames, and a frame may hold several messages.
 *
 * The hard idea is that nothing from the other side is trusted: a length is checked before memory
 * is spent on it, no message is larger than ttrpc allows, and the first thing that makes no sense
 * ends the stream.
 */
#ifndef NP2NFT_AGENT_TTRPC_H
#define NP2NFT_AGENT_TTRPC_H

#include "read/protobuf.h"

/* The connections of the stream; there are no others. */
enum ttrpc_connection {
	TTRPC_THEIRS, /* the other side calls us */
	TTRPC_OURS,   /* we call the other side */
	TTRPC_CONNECTIONS
};

/* A call of the other side; its bytes live until ttrpc_feed() returns. */
struct ttrpc_call {
	uint32_t number; /* to be passed to ttrpc_answer() */
	struct proto_bytes method, payload;
};

struct ttrpc_receiver {
	void *context;
	/* Handles a call.  Returns 0, or -1 if the call makes no sense. */
	int (*called)(void *context, const struct ttrpc_call *call);
};

/* Bytes that grow at their end. */
struct ttrpc_buffer {
	uint8_t *bytes;
	size_t len, size;
};

struct ttrpc {
	struct ttrpc_receiver receiver;
	uint8_t header[8]; /* the header of the frame that begins */
	size_t have;       /* how many bytes of the header have arrived */
	enum ttrpc_connection at;
	size_t left; /* how many bytes of the frame are still to come */
	/* the beginning of a message for each connection */
	struct ttrpc_buffer inboxes[TTRPC_CONNECTIONS];
	struct ttrpc_buffer out; /* bytes to be sent */
	const char *error;
};

/* Frees everything in it; then it is like a new one, {0}. */
void ttrpc_end(struct ttrpc *ttrpc);

/*
 * Takes received bytes.  Returns 0; or -1 when the stream is of no more use, and ttrpc->error says
 * why.
 */
int ttrpc_feed(struct ttrpc *ttrpc, const uint8_t *bytes, size_t len);

/*
 * Calls @method of @service, once in the life of a stream.  If the other side refuses, the stream
 * ends.
 */
void ttrpc_call(struct ttrpc *ttrpc, const char *service, const char *method,
		struct proto_bytes payload);

/* Answers a call. */
void ttrpc_answer(struct ttrpc *ttrpc, uint32_t number, struct proto_bytes payload);

/* Answers a call of a method that we do not have. */
void ttrpc_refuse(struct ttrpc *ttrpc, uint32_t number);

/* Must be called when so many bytes of ttrpc->out have been sent. */
void ttrpc_sent(struct ttrpc *ttrpc, size_t len);

#endif
