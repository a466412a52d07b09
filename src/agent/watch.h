/*
 * Follows one kind of object at the API server for as long as the agent runs.
 *
 * In:  a server, and a kind.  Out: first the whole list, then each change; and the whole list again
 * whenever changes may have been missed.
 *
 * If the server can stream a list as the beginning of a watch (sendInitialEvents), that is used;
 * otherwise LIST and then WATCH.  A watch that ends is continued where it was, by the
 * resourceVersion of the last event or bookmark.  The list is asked for again only if the server no
 * longer knows that version (410, which may come as an event of an answer that began with 200), or
 * if what it sends is out of order or makes no sense.  After a failure there is a pause, each time
 * twice as long, with a random part, and at least as long as the server demands.
 */
#ifndef NP2NFT_AGENT_WATCH_H
#define NP2NFT_AGENT_WATCH_H

#include "agent/credentials.h"
#include "agent/http_client.h"
#include "read/protobuf.h"
#include "read/tree.h"

/* What the watches of one server have in common. */
struct api {
	struct http *http;
	struct credentials *credentials;
	bool json;          /* ask only for JSON, not for protobuf first */
	bool no_watch_list; /* the server cannot stream a list */
	bool no_selectors;  /* the server does not accept our field selectors */
	/*
	 * After so many milliseconds of silence an answer counts as lost; no pause is longer than a
	 * third of this.
	 */
	long silence;
};

struct watch_kind {
	const char *name; /* the name in messages: "pods" */
	const char *kind; /* "Pod" */
	const char *path; /* "/api/v1/pods" */
	/* the part of the query that leaves out what is of no interest; NULL: none */
	const char *selector;
	const struct proto_form *form; /* NULL: it comes only as JSON */
	/*
	 * The server may not have this kind, or not let us list it: then it counts as empty, and is
	 * asked for again later.
	 */
	bool may_be_missing;
	const struct shape *shape; /* the parts of a list in JSON that are kept; NULL: all */
};

/* The functions that receive events; trees live until the call returns. */
struct watch_receiver {
	void *context;
	/*
	 * A list begins.  If an earlier one did not come to its end, what it told does not count.
	 */
	void (*begin)(void *context);
	/*
	 * An object of the list, or (between lists) one that has changed; or (@gone) one that is
	 * gone.
	 */
	void (*object)(void *context, const struct tree_node *object, bool gone);
	/*
	 * The list is complete: an object that is not in it is gone.  Returns 0, or -1 if that is
	 * not believed.
	 */
	int (*whole)(void *context);
	/* Something is wrong; @text says in one line what it is, and what is done about it. */
	void (*trouble)(void *context, const char *text);
};

struct watch {
	struct api *api;
	const struct watch_kind *kind;
	struct watch_receiver receiver;
	enum watch_phase {
		WATCH_STREAMS_LIST, /* it gets a list as the beginning of a watch */
		WATCH_LISTS,
		WATCH_FOLLOWS,
	} phase;
	struct http_request *request; /* NULL: none is under way */
	struct stream *stream;
	/* the resourceVersion of the last thing that came; "": none that is known to be good */
	char version[64];
	/* the same, but kept when the list is asked for again, since that must not be older */
	char newest[64];
	bool asks_newest; /* the server does not know `newest`, so whatever it has now is right */
	bool is_whole;    /* there was a complete list, and changes are being followed */
	bool starts_anew; /* the current request showed that changes may have been missed */
	bool is_told;     /* the reason why the current request ended has been reported */
	bool is_missing;  /* the current request showed that the server does not have the kind */
	bool goes_on; /* the current request ended as it should, so there is no reason to pause */
	long long
		due; /* when the next request is to begin, in milliseconds of the monotonic clock */
	long long heard;   /* when something last came */
	long long began;   /* when the current request began */
	unsigned failures; /* how many requests failed in a row */
	long retry_after;  /* the pause that the server demands, in milliseconds */
	/* for the metrics: how many lists were begun again, and how many bytes came */
	uint64_t restarts, bytes;
};

void watch_begin(struct watch *watch, struct api *api, const struct watch_kind *kind,
		 const struct watch_receiver *receiver);

/*
 * Begins the next request if it is due.  Returns false if nothing came for too long, so that the
 * connection is dead.
 */
bool watch_step(struct watch *watch, long long now);

/* How many milliseconds until watch_step() has something to do. */
long watch_timeout(const struct watch *watch, long long now);

/*
 * How many seconds ago something last came, of a watch that is under way or pauses; -1: it is not
 * begun yet, or was not wanted and is to go on now.
 */
double watch_silence(const struct watch *watch, long long now);

/*
 * Must be called when the connection is gone, with its requests: what was under way will be done
 * again.
 */
void watch_reset(struct watch *watch, long long now);

void watch_end(struct watch *watch);

#endif
