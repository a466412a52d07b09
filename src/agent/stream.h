/*
 * Cuts the bytes of the API server's answers into events, as they come.
 *
 * In:  a list or a watch, in Kubernetes' protobuf or in JSON, in pieces of any size.  Out: an event
 * for each object, whose tree (read/tree.h) lives until the call returns.
 *
 * The hard idea: no answer is held as a whole.  A watch is cut into its events, and a list in
 * protobuf into its items, so that it takes only as much memory as the largest object.  (A list in
 * JSON is held, since only servers without protobuf send one.)
 */
#ifndef NP2NFT_AGENT_STREAM_H
#define NP2NFT_AGENT_STREAM_H

#include "read/protobuf.h"
#include "read/tree.h"

enum event_kind {
	EVENT_ITEM,     /* the object is an item of a list */
	EVENT_LIST_END, /* the object is the list, without its items */
	EVENT_ADDED,    /* the object was added or modified */
	EVENT_DELETED,  /* the object, as it last was, is gone */
	EVENT_BOOKMARK, /* the object has a resourceVersion, and perhaps annotations */
	EVENT_ERROR,    /* the object is a Status */
};

/* Receives an event; returns 0, or -1 to stop, when stream_feed() returns -1, too. */
typedef int (*stream_taker)(void *context, enum event_kind kind, const struct tree_node *object);

struct stream_format {
	bool protobuf;                 /* the answer is protobuf; if false, it is JSON */
	bool watch;                    /* the answer is a watch; if false, it is a list */
	const char *kind;              /* what the objects must be, as "Pod"; NULL: anything */
	const struct proto_form *form; /* the form of its objects, in protobuf */
	const struct shape *shape; /* the parts of its objects that are kept, in JSON; NULL: all */
};

struct stream;

struct stream *stream_new(const struct stream_format *format, stream_taker take, void *context);
void stream_free(struct stream *stream);

/*
 * Takes bytes.  Returns 0; or -1 if they are not what they should be and no more can be read, when
 * stream_error() says why.
 */
int stream_feed(struct stream *stream, const uint8_t *bytes, size_t len);

/* Is called at the end of the answer.  Returns 0, or -1 if the answer was not complete. */
int stream_end(struct stream *stream);

const char *stream_error(const struct stream *stream);

#endif
