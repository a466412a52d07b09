/*
 * A state machine with few states: listing, streaming a list, watching, pausing after a failure.
 * The end of each request decides the next state; nothing that was known is forgotten before a new
 * list is complete.
 */
#include "agent/watch.h"

#include "agent/clock.h"
#include "agent/stream.h"
#include "read/scalar.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <time.h>

#define PROTOBUF "application/vnd.kubernetes.protobuf"

/* In milliseconds. */
#define WAIT_FIRST 250
/* If the server does not have a kind, it is asked for the kind again after this time. */
#define MISSING_WAIT 20000
/*
 * A server that streams a list says when the list is complete.  If nothing came for this time
 * before that, the server cannot stream lists.
 */
#define LIST_SILENCE 10000
/*
 * A watch that ended after less than this time counts as failed, even if it ended without an error.
 */
#define SHORT_LIFE 1000

void watch_begin(struct watch *watch, struct api *api, const struct watch_kind *kind,
		 const struct watch_receiver *receiver)
{
	*watch = (struct watch){.api = api, .kind = kind, .receiver = *receiver};
}

static void tell(struct watch *watch, const char *text)
{
	watch->is_told = true;
	watch->receiver.trouble(watch->receiver.context, text);
}

/* Asks for the list again; what was known is kept until the new list is complete. */
static void start_anew(struct watch *watch)
{
	watch->starts_anew = true;
	watch->version[0] = '\0';
}

/*
 * A random time between the half and the whole of a pause that doubles with each failure, but not
 * less than the server demands.
 */
static long time_to_wait(const struct watch *watch)
{
	const unsigned doublings = watch->failures < 8 ? watch->failures : 8;
	long most = WAIT_FIRST << doublings;
	unsigned chance;

	if (most > watch->api->silence / 3)
		most = watch->api->silence / 3;
	if (getrandom(&chance, sizeof(chance), GRND_NONBLOCK) != sizeof(chance))
		chance = (unsigned)clock_milliseconds();
	most = most / 2 + (long)(chance % (unsigned)(most / 2 + 1));
	return most < watch->retry_after ? watch->retry_after + most / 4 : most;
}

/* The resourceVersion as a number; 0 if it is none. */
static uint64_t order_of(const char *version)
{
	char *end;
	const uint64_t number = strtoull(version, &end, 10);

	return *version && !*end ? number : 0;
}

static const char *version_of(const struct tree_node *object)
{
	const struct tree_node *node = tree_get(tree_get(object, "metadata"), "resourceVersion");

	return node && node->kind == TREE_SCALAR &&
			       node->count < sizeof(((struct watch *)0)->version)
		       ? node->text
		       : "";
}

static void keep_version(struct watch *watch, const struct tree_node *object)
{
	const char *version = version_of(object);

	if (!*version)
		return;
	snprintf(watch->version, sizeof(watch->version), "%s", version);
	snprintf(watch->newest, sizeof(watch->newest), "%s", version);
}

static int become_whole(struct watch *watch, const struct tree_node *last)
{
	keep_version(watch, last);
	if (!*watch->version) {
		tell(watch, "the list has no resourceVersion; it is asked for again");
		start_anew(watch);
		return -1;
	}
	if (watch->receiver.whole(watch->receiver.context)) {
		watch->asks_newest = true;
		start_anew(watch);
		return -1;
	}
	watch->is_whole = true;
	watch->asks_newest = false;
	watch->phase = WATCH_FOLLOWS;
	return 0;
}

static bool ends_list(const struct tree_node *bookmark)
{
	const struct tree_node *annotations =
		tree_get(tree_get(bookmark, "metadata"), "annotations");
	const struct tree_node *end = tree_get(annotations, "k8s.io/initial-events-end");

	return end && tree_is(end, "true");
}

static int take_bookmark(struct watch *watch, const struct tree_node *bookmark)
{
	if (watch->phase == WATCH_FOLLOWS) {
		keep_version(watch, bookmark);
		watch->failures = 0;
		return 0;
	}
	if (ends_list(bookmark))
		return become_whole(watch, bookmark);
	/* It began a watch like any other, so this server does not stream lists. */
	watch->api->no_watch_list = watch->goes_on = true;
	return -1;
}

static int64_t number_in(const struct tree_node *map, const char *key)
{
	const struct tree_node *node = tree_get(map, key);
	int64_t number;

	return node && scalar_integer(node, &number) ? number : 0;
}

/* Handles a Status within an answer that began with 200: the server cannot go on. */
static int take_status(struct watch *watch, const struct tree_node *status)
{
	const int64_t code = number_in(status, "code");
	const int64_t after = number_in(tree_get(status, "details"), "retryAfterSeconds");
	const struct tree_node *message = tree_get(status, "message");
	char text[512];

	if (after > 0 && after < 86400)
		watch->retry_after = (long)after * 1000;
	snprintf(text, sizeof(text), "the server ends the watch: %.300s (%lld)",
		 message && message->kind == TREE_SCALAR ? message->text : "", (long long)code);
	tell(watch, text);
	if (code == 410) {
		start_anew(watch);
		watch->goes_on = !watch->failures && !watch->retry_after;
		watch->failures++;
	}
	return -1;
}

/*
 * The events of a watch come in the order of their versions; if they do not, the list is asked for
 * again.
 */
static int take_change(struct watch *watch, const struct tree_node *object, bool gone)
{
	const uint64_t before = order_of(watch->version), now = order_of(version_of(object));

	if (watch->phase == WATCH_FOLLOWS && before && now && now < before) {
		tell(watch,
		     "an event is older than the one before it; the list is asked for again");
		watch->asks_newest = true;
		start_anew(watch);
		return -1;
	}
	watch->receiver.object(watch->receiver.context, object, gone);
	if (watch->phase == WATCH_FOLLOWS) {
		keep_version(watch, object);
		watch->failures = 0;
	}
	return 0;
}

static int take_event(void *context, enum event_kind kind, const struct tree_node *object)
{
	struct watch *watch = context;

	switch (kind) {
	case EVENT_ITEM:
		watch->receiver.object(watch->receiver.context, object, false);
		return 0;
	case EVENT_LIST_END:
		watch->goes_on = !become_whole(watch, object);
		return watch->goes_on ? 0 : -1;
	case EVENT_ADDED:
		return take_change(watch, object, false);
	case EVENT_DELETED:
		return take_change(watch, object, true);
	case EVENT_BOOKMARK:
		return take_bookmark(watch, object);
	case EVENT_ERROR:
		return take_status(watch, object);
	}
	return -1;
}

/*
 * The server does not have the kind: its definition is not installed, or was removed.  Then there
 * is no object of it; if there were some, this is believed as an empty list would be.
 */
static void take_missing(struct watch *watch)
{
	watch->is_missing = watch->is_told = true;
	if (watch->phase == WATCH_FOLLOWS) {
		start_anew(watch);
		return;
	}
	if (!watch->receiver.whole(watch->receiver.context))
		watch->is_whole = true;
	watch->version[0] = '\0';
}

/*
 * We may not list a kind that a cluster need not have.  A server also says so about a kind that it
 * does not have, so the rest goes on as if there were none, which is reported.  What was known is
 * kept.
 */
static void take_forbidden(struct watch *watch)
{
	if (!watch->is_whole) {
		tell(watch, "the server answers with status 403: we may not list and watch them, "
			    "so none is enforced");
		watch->is_whole = !watch->receiver.whole(watch->receiver.context);
		watch->version[0] = '\0';
	}
	watch->is_missing = watch->is_told = true;
}

/* Leaves out a part of the query that only newer servers accept. */
static bool ask_for_less(struct watch *watch)
{
	struct api *api = watch->api;

	if (watch->phase == WATCH_STREAMS_LIST)
		return api->no_watch_list = true;
	if (watch->kind->selector && !api->no_selectors)
		return api->no_selectors = true;
	return false;
}

static void take_refusal(struct watch *watch, const struct http_answer *answer)
{
	char text[256];

	watch->retry_after = answer->retry_after * 1000;
	if (answer->status == 404 && watch->kind->may_be_missing) {
		take_missing(watch);
		return;
	}
	if (answer->status == 403 && watch->kind->may_be_missing && watch->phase != WATCH_FOLLOWS) {
		take_forbidden(watch);
		return;
	}
	if ((answer->status == 400 || answer->status == 422) && ask_for_less(watch)) {
		watch->goes_on = true;
		return;
	}
	if (answer->status == 401)
		credentials_refused(watch->api->credentials);
	if (answer->status == 410)
		start_anew(watch);
	/* The query asks for something newer than this server knows; 504 means the same. */
	if (answer->status == 410 || answer->status == 504)
		watch->asks_newest = true;
	snprintf(text, sizeof(text), "the server answers with status %ld%s", answer->status,
		 answer->status == 401   ? ": it does not know us"
		 : answer->status == 403 ? ": we may not list and watch them"
		 : answer->status == 429 ? ": it has too much to do"
					 : "");
	tell(watch, text);
}

static void take_header(void *context, const struct http_answer *answer)
{
	struct watch *watch = context;
	const bool protobuf = !strncmp(answer->type, PROTOBUF, strlen(PROTOBUF));
	const struct stream_format format = {
		.protobuf = protobuf,
		.watch = watch->phase != WATCH_LISTS,
		.kind = watch->kind->kind,
		.form = watch->kind->form,
		.shape = watch->kind->shape,
	};

	watch->heard = clock_milliseconds();
	if (answer->status != 200)
		take_refusal(watch, answer);
	else if (protobuf || !strncmp(answer->type, "application/json", 16))
		watch->stream = stream_new(&format, take_event, watch);
	else
		tell(watch, "the server answers neither in protobuf nor in JSON");
}

static int take_data(void *context, const uint8_t *bytes, size_t len)
{
	struct watch *watch = context;
	char text[256];

	watch->heard = clock_milliseconds();
	watch->bytes += len;
	if (!watch->stream || !stream_feed(watch->stream, bytes, len))
		return 0;
	if (!watch->is_told && !watch->goes_on) {
		snprintf(text, sizeof(text), "the answer makes no sense: %.200s",
			 stream_error(watch->stream));
		tell(watch, text);
		start_anew(watch);
	}
	return -1;
}

/* Chooses what to ask for next. */
static void choose_phase(struct watch *watch)
{
	if (*watch->version && watch->phase == WATCH_FOLLOWS)
		return;
	watch->phase = watch->api->no_watch_list ? WATCH_LISTS : WATCH_STREAMS_LIST;
}

static void schedule(struct watch *watch)
{
	const long long now = clock_milliseconds();

	watch->request = NULL;
	stream_free(watch->stream);
	watch->stream = NULL;
	if (watch->starts_anew)
		watch->restarts++;
	choose_phase(watch);
	watch->due = watch->goes_on ? now : now + time_to_wait(watch);
	if (watch->is_missing) {
		/*
		 * A missing kind is no failure, so the server is asked again and again, with long
		 * pauses.
		 */
		watch->failures = 0;
		watch->due = now + MISSING_WAIT / 2 + time_to_wait(watch);
	} else if (!watch->goes_on) {
		watch->failures++;
	}
}

/* A watch may end in the middle of an event, which is then sent again.  A list must be complete. */
static void take_end(void *context, const char *error)
{
	struct watch *watch = context;
	const enum watch_phase phase = watch->phase;
	const bool is_cut = watch->stream && !error && stream_end(watch->stream);
	char text[256];

	if (!watch->is_told && !watch->goes_on && (error || (is_cut && phase == WATCH_LISTS))) {
		snprintf(text, sizeof(text), "%s%.200s", error ? "" : "the list is not whole: ",
			 error ? error : stream_error(watch->stream));
		tell(watch, text);
	}
	if (phase == WATCH_FOLLOWS && watch->stream && !watch->is_told)
		watch->goes_on |= clock_milliseconds() - watch->began >= SHORT_LIFE;
	schedule(watch);
}

static size_t put(char *path, size_t size, size_t at, const char *text)
{
	const int len = snprintf(path + at, size - at, "%s%s", strchr(path, '?') ? "&" : "?", text);

	return at + (size_t)len < size ? at + (size_t)len : size - 1;
}

#define PATH_SIZE 1024

static void query_of(const struct watch *watch, char *path)
{
	char version[160];
	size_t at = (size_t)snprintf(path, PATH_SIZE, "%s", watch->kind->path);

	if (watch->kind->selector && !watch->api->no_selectors)
		at = put(path, PATH_SIZE, at, watch->kind->selector);
	if (watch->phase != WATCH_LISTS)
		at = put(path, PATH_SIZE, at, "watch=1&allowWatchBookmarks=true");
	snprintf(version, sizeof(version),
		 watch->phase == WATCH_FOLLOWS
			 ? "resourceVersion=%s"
			 : "resourceVersion=%s&resourceVersionMatch=NotOlderThan",
		 watch->phase == WATCH_FOLLOWS ? watch->version : watch->newest);
	if (watch->phase == WATCH_FOLLOWS)
		put(path, PATH_SIZE, at, version);
	else if (watch->phase == WATCH_STREAMS_LIST)
		put(path, PATH_SIZE, at,
		    "sendInitialEvents=true&resourceVersionMatch=NotOlderThan");
	else if (!watch->asks_newest && *watch->newest)
		put(path, PATH_SIZE, at, version);
	else if (!watch->asks_newest)
		put(path, PATH_SIZE, at, "resourceVersion=0");
}

static void begin_request(struct watch *watch, long long now)
{
	static const char json[] = "application/json", any[] = PROTOBUF ",application/json";
	const struct http_receiver receiver = {
		.context = watch, .header = take_header, .data = take_data, .end = take_end};
	char path[PATH_SIZE], text[512];
	const char *error, *token = credentials_token(watch->api->credentials, &error);

	if (error) {
		snprintf(text, sizeof(text), "the token %s cannot be read again: %s",
			 watch->api->credentials->token_file, error);
		tell(watch, text);
	}
	watch->starts_anew = watch->goes_on = watch->is_told = watch->is_missing = false;
	watch->retry_after = 0;
	if (watch->phase != WATCH_FOLLOWS)
		watch->receiver.begin(watch->receiver.context);
	query_of(watch, path);
	watch->began = watch->heard = now;
	watch->request =
		http_get(watch->api->http, path,
			 watch->api->json || !watch->kind->form ? json : any, token, &receiver);
}

/* Ends the current request; if @goes_on, the next one begins without a pause. */
static void give_up(struct watch *watch, bool goes_on)
{
	http_cancel(watch->request);
	watch->goes_on = goes_on;
	schedule(watch);
}

/* Has the list that is being streamed stopped before its end? */
static bool is_stuck(const struct watch *watch, long long now)
{
	return watch->phase == WATCH_STREAMS_LIST && watch->stream &&
	       now - watch->heard >= LIST_SILENCE;
}

bool watch_step(struct watch *watch, long long now)
{
	if (watch->request && now - watch->heard >= watch->api->silence) {
		tell(watch, "nothing came for too long; a new connection is made");
		return false;
	}
	if (watch->request && is_stuck(watch, now)) {
		watch->api->no_watch_list = true;
		give_up(watch, true);
	}
	if (!watch->request && now >= watch->due) {
		choose_phase(watch);
		begin_request(watch, now);
	}
	return true;
}

long watch_timeout(const struct watch *watch, long long now)
{
	long long until = watch->due;

	if (watch->request)
		until = watch->heard + (watch->phase == WATCH_STREAMS_LIST && watch->stream &&
							watch->api->silence > LIST_SILENCE
						? LIST_SILENCE
						: watch->api->silence);
	return until <= now ? 0 : until - now > 3600000 ? 3600000 : (long)(until - now);
}

double watch_silence(const struct watch *watch, long long now)
{
	const bool is_due = !watch->request && now >= watch->due;

	return is_due ? -1 : (double)(now - watch->heard) / 1000;
}

void watch_reset(struct watch *watch, long long now)
{
	if (!watch->request)
		return;
	watch->request = NULL;
	stream_free(watch->stream);
	watch->stream = NULL;
	choose_phase(watch);
	watch->due = now;
}

void watch_end(struct watch *watch)
{
	stream_free(watch->stream);
	watch->stream = NULL;
}
