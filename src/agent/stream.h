/*
 * From the bytes of the API server's answers to events, as they come.
 *
 * In:  a list or a watch, in Kubernetes' protobuf or in JSON, in pieces of any size.
 * Out: an event for each object, whose tree (read/tree.h) lives until the call returns.
 *
 * The hard idea: no answer is held as a whole.  A watch is cut into its events, a list of protobuf into its items,
 * so that the memory needed is that of the largest object.  (A list in JSON is held: only servers without
 * protobuf send one.)
 */
#ifndef NP2NFT_AGENT_STREAM_H
#define NP2NFT_AGENT_STREAM_H

#include "read/protobuf.h"
#include "read/tree.h"

enum event_kind {
	EVENT_ITEM,     /* of a list */
	EVENT_LIST_END, /* the object is the list, without its items */
	EVENT_ADDED,    /* or modified: there it is */
	EVENT_DELETED,  /* the object as it last was */
	EVENT_BOOKMARK, /* an object that has a resourceVersion, and perhaps annotations */
	EVENT_ERROR,    /* the object is a Status */
};

/* Returns 0, or -1 to stop: then stream_feed() returns -1, too. */
typedef int (*stream_taker)(void *context, enum event_kind kind, const struct node *object);

struct stream_format {
	bool protobuf;                 /* else JSON */
	bool watch;                    /* else a list */
	const struct proto_form *form; /* of its objects, in protobuf */
	const struct shape *shape;     /* what is kept of them, in JSON; NULL: all */
};

struct stream;

struct stream *stream_new(const struct stream_format *format, stream_taker take, void *context);
void stream_free(struct stream *stream);

/* Returns 0; or -1 if this is not what it should be, and no more can be read: stream_error() says why. */
int stream_feed(struct stream *stream, const uint8_t *bytes, size_t len);

/* The answer has come to its end.  Returns 0, or -1 if it was not whole. */
int stream_end(struct stream *stream);

const char *stream_error(const struct stream *stream);

#endif
