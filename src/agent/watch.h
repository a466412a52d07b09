/*
 * One kind of object, followed at the API server for as long as the agent runs.
 *
 * In:  a server, and which kind.
 * Out: the whole list at first, then each change; and the whole list again whenever changes may have been missed.
 *
 * How it goes: where the server can stream a list as the beginning of a watch (sendInitialEvents), that is asked
 * for; where it cannot, LIST and then WATCH.  A watch that ends is taken up again where it was, by the
 * resourceVersion of the last event or bookmark.  Only if the server no longer knows that version (410, which comes
 * as an event of an answer that began with 200), or if what it sends is out of order or makes no sense, the
 * list is asked for anew.  After a failure it waits, each time twice as long, with some chance in it, and at
 * least as long as the server says.
 */
#ifndef NP2NFT_AGENT_WATCH_H
#define NP2NFT_AGENT_WATCH_H

#include "agent/credentials.h"
#include "agent/http.h"
#include "read/protobuf.h"
#include "read/tree.h"

/* What the watches of one server have in common. */
struct api {
	struct http *http;
	struct credentials *credentials;
	bool json;          /* ask for JSON alone, not for protobuf first */
	bool no_watch_list; /* it was asked for one, and cannot */
	bool no_selectors;  /* it does not take ours */
	/* Milliseconds after which an answer that says nothing is lost; no wait is longer than a third of it. */
	long silence;
};

struct watch_kind {
	const char *name; /* in messages: "pods" */
	const char *path; /* "/api/v1/pods" */
	const char
		*selector; /* the query's part that leaves out what is of no interest; NULL: none */
	const struct proto_form *form; /* NULL: it comes in JSON alone */
	/* The server may not know this kind, or not let us list it: then there is none, and it is asked again. */
	bool may_be_missing;
	const struct shape *shape; /* of a list in JSON; NULL: all is kept */
};

/* What is told; trees live until the call returns. */
struct watch_receiver {
	void *context;
	/* A list begins.  Of an earlier one that did not come to its end nothing counts. */
	void (*begin)(void *context);
	/* An object of the list, or (between lists) one that has changed; or (@gone) is no more. */
	void (*object)(void *context, const struct node *object, bool gone);
	/* The list is whole: what is not in it is gone.  Returns 0, or -1 if that is not believed. */
	int (*whole)(void *context);
	/* Something is wrong, and what is done about it; a line of text. */
	void (*trouble)(void *context, const char *text);
};

struct watch {
	struct api *api;
	const struct watch_kind *kind;
	struct watch_receiver receiver;
	enum watch_phase {
		WATCH_STREAMS_LIST, /* a list as the beginning of a watch */
		WATCH_LISTS,
		WATCH_FOLLOWS,
	} phase;
	struct http_request *request; /* NULL: none is under way */
	struct stream *stream;
	char version
		[64]; /* the resourceVersion of the last thing heard; "": none that is known to be good */
	char newest[64];  /* the same, but kept when a list is begun anew: that must not be older */
	bool asks_newest; /* the server does not know `newest`: whatever it has now is right */
	bool is_whole;    /* there was a whole list, and it is being followed */
	bool starts_anew; /* the request at hand showed that changes may have been missed */
	bool is_told;     /* what ended the request at hand has been told */
	bool is_missing;  /* the server does not know the kind, by the request at hand */
	bool goes_on;     /* the request at hand ended as it should: no reason to wait */
	long long
		due; /* when the next request is to begin, in milliseconds of the monotonic clock */
	long long heard;          /* when something last came */
	long long began;          /* when the request at hand began */
	unsigned failures;        /* in a row */
	long retry_after;         /* milliseconds, as the server says */
	uint64_t restarts, bytes; /* for the metrics: lists begun anew; bytes that came */
};

void watch_begin(struct watch *watch, struct api *api, const struct watch_kind *kind,
		 const struct watch_receiver *receiver);

/* Begins the request that is due, if one is.  False if nothing came for too long: the connection is dead. */
bool watch_step(struct watch *watch, long long now);

/* Milliseconds until watch_step() has something to do. */
long watch_timeout(const struct watch *watch, long long now);

/* The connection is gone, and its requests with it: what was under way is to be done again. */
void watch_reset(struct watch *watch, long long now);

void watch_end(struct watch *watch);

#endif
