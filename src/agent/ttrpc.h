/*
 * Calls in both directions over one stream of bytes, as container runtimes and their plugins make them.
 *
 * In:  bytes of the stream, cut anywhere.
 * Out: calls of the other side; and the bytes of our answers and of our own calls, to be sent.
 *
 * Two things are wrapped around each other.  The outer one (the multiplexer of NRI) makes two connections of the
 * stream: frames of 8 bytes (connection, length; the highest byte first) and so many bytes.  The inner one (ttrpc)
 * cuts a connection's bytes into messages: 10 bytes (length, number of the call, type, flags) and so many bytes of
 * protobuf.  A message may be spread over several frames, and a frame may hold several messages.
 *
 * The hard idea is that nothing of the other side's is believed: a length is looked at before memory is spent on it,
 * no message is larger than ttrpc allows, and the first thing that makes no sense ends the stream.
 */
#ifndef NP2NFT_AGENT_TTRPC_H
#define NP2NFT_AGENT_TTRPC_H

#include "read/protobuf.h"

/* The connections of the stream; the other side has no others. */
enum ttrpc_connection {
	TTRPC_THEIRS, /* on which the other side calls us */
	TTRPC_OURS,   /* on which we call it */
	TTRPC_CONNECTIONS
};

/* A call of the other side; its bytes live until ttrpc_feed() returns. */
struct ttrpc_call {
	uint32_t number; /* to be given to ttrpc_answer() */
	struct proto_bytes method, payload;
};

struct ttrpc_receiver {
	void *context;
	/* Returns 0, or -1 if the call makes no sense. */
	int (*called)(void *context, const struct ttrpc_call *call);
};

/* Bytes that grow at their end. */
struct ttrpc_buffer {
	uint8_t *bytes;
	size_t len, size;
};

struct ttrpc {
	struct ttrpc_receiver receiver;
	uint8_t header[8]; /* of the frame that begins, */
	size_t have;       /* as many bytes of it as there are */
	enum ttrpc_connection at;
	size_t left;                                    /* bytes of the frame that are to come */
	struct ttrpc_buffer inboxes[TTRPC_CONNECTIONS]; /* each the beginning of a message */
	struct ttrpc_buffer out;                        /* to be sent */
	const char *error;
};

/* Frees what it holds; it is then as new: {0}. */
void ttrpc_end(struct ttrpc *ttrpc);

/* Takes what was received.  Returns 0, or -1: then ttrpc->error says why, and the stream is of no more use. */
int ttrpc_feed(struct ttrpc *ttrpc, const uint8_t *bytes, size_t len);

/* Calls @method of @service, once in the life of a stream.  If the other side refuses, the stream ends. */
void ttrpc_call(struct ttrpc *ttrpc, const char *service, const char *method,
		struct proto_bytes payload);

/* Answers a call. */
void ttrpc_answer(struct ttrpc *ttrpc, uint32_t number, struct proto_bytes payload);

/* Answers a call of a method that we do not have. */
void ttrpc_refuse(struct ttrpc *ttrpc, uint32_t number);

/* So many bytes of ttrpc->out have been sent. */
void ttrpc_sent(struct ttrpc *ttrpc, size_t len);

#endif
