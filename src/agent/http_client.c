/*
 * Uses libcurl's multi interface, loaded with dlopen().  A request must not be freed from within a
 * callback of libcurl, so that is done when libcurl has returned.
 */
#define _GNU_SOURCE /* memrchr() */
#include "agent/http_client.h"

#include "base/guarded_call.h"

#include <curl/curl.h>
#include <dlfcn.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define CONNECT_SECONDS 10L

/* The functions of libcurl that are used, by name. */
#define FUNCTIONS(F)                                                                               \
	F(curl_easy_init)                                                                          \
	F(curl_easy_setopt)                                                                        \
	F(curl_easy_getinfo)                                                                       \
	F(curl_easy_cleanup)                                                                       \
	F(curl_easy_strerror)                                                                      \
	F(curl_multi_init)                                                                         \
	F(curl_multi_setopt)                                                                       \
	F(curl_multi_add_handle)                                                                   \
	F(curl_multi_remove_handle)                                                                \
	F(curl_multi_perform)                                                                      \
	F(curl_multi_poll)                                                                         \
	F(curl_multi_info_read)                                                                    \
	F(curl_multi_cleanup)                                                                      \
	F(curl_slist_append)                                                                       \
	F(curl_slist_free_all)

#undef curl_easy_setopt
#undef curl_easy_getinfo
#undef curl_multi_setopt

struct library {
#define MEMBER(name) __typeof__(&name) name;
	FUNCTIONS(MEMBER)
#undef MEMBER
};

struct http {
	struct library curl;
	const struct http_server *server;
	CURLM *multi;
	struct http_request *requests; /* all requests that are under way */
	/* needed if the host of the URL is not the name of the server */
	struct curl_slist *connect_to;
	char *base;      /* the beginning of all URLs */
	bool is_stirred; /* a receiver was called since http_wait() began */
	bool has_news;   /* requests were made or cancelled since libcurl last worked */
};

struct http_request {
	struct http *http;
	struct http_request *next;
	struct http_receiver receiver;
	CURL *easy;
	struct curl_slist *headers;
	bool has_header; /* the header has been reported */
	bool is_ended;   /* the request waits to be freed */
	char error[CURL_ERROR_SIZE];
};

static bool load(struct library *library, const char **error)
{
	void *handle = dlopen("libcurl.so.4", RTLD_LAZY | RTLD_LOCAL);

	if (!handle) {
		*error = "libcurl.so.4 is not there; Debian's package is libcurl4";
		return false;
	}
#define LOAD(name)                                                                                 \
	*(void **)&library->name = dlsym(handle, #name);                                           \
	if (!library->name) {                                                                      \
		*error = "libcurl.so.4 is too old: it has no " #name;                              \
		return false;                                                                      \
	}
	FUNCTIONS(LOAD)
#undef LOAD
	return true;
}

/* Finds the host, with its port, in a URL. */
static const char *host_of(const char *url, size_t *len)
{
	const char *host = strstr(url, "://");

	host = host ? host + 3 : url;
	*len = strcspn(host, "/");
	return host;
}

/* Finds the ":PORT" of HOST:PORT or [HOST]:PORT; "" if there is none. */
static const char *port_of(const char *host, size_t len, char *text, size_t size)
{
	const char *colon = memrchr(host, ':', len), *bracket = memrchr(host, ']', len);

	*text = '\0';
	if (colon && (!bracket || bracket < colon))
		snprintf(text, size, "%.*s", (int)(host + len - colon), colon);
	return text;
}

/*
 * libcurl checks the certificate for the host of the URL.  If the server has another name, that
 * name is put into the URL, and the connection is made to the real host.
 */
static void set_name(struct http *http)
{
	const struct http_server *server = http->server;
	size_t len, base_len = strlen(server->url);
	const char *host = host_of(server->url, &len);
	char port[16], line[1024];

	while (base_len && server->url[base_len - 1] == '/')
		base_len--;
	if (!server->server_name) {
		http->base = call_checked(strndup(server->url, base_len));
		return;
	}
	port_of(host, len, port, sizeof(port));
	snprintf(line, sizeof(line), "https://%s%s%.*s", server->server_name, port,
		 base_len > (size_t)(host + len - server->url)
			 ? (int)(base_len - (size_t)(host + len - server->url))
			 : 0,
		 host + len);
	http->base = call_checked(strdup(line));
	snprintf(line, sizeof(line), "::%.*s%s", (int)len, host, *port ? "" : ":443");
	http->connect_to = call_checked(http->curl.curl_slist_append(NULL, line));
}

struct http *http_open(const struct http_server *server, const char **error)
{
	struct http *http = call_checked(calloc(1, sizeof(*http)));

	http->server = server;
	if (!load(&http->curl, error)) {
		free(http);
		return NULL;
	}
	set_name(http);
	http->multi = call_checked(http->curl.curl_multi_init());
	http->curl.curl_multi_setopt(http->multi, CURLMOPT_PIPELINING, (long)CURLPIPE_MULTIPLEX);
	return http;
}

static size_t take_header(char *line, size_t size, size_t count, void *context)
{
	struct http_request *request = context;
	const struct library *curl = &request->http->curl;
	struct http_answer answer = {0};
	char *type = NULL;
	curl_off_t after = 0;

	/*
	 * An empty line ends the header lines; after those of an informational answer, others
	 * follow.
	 */
	if (size * count > 2 || *line != '\r' || request->is_ended)
		return size * count;
	curl->curl_easy_getinfo(request->easy, CURLINFO_RESPONSE_CODE, &answer.status);
	if (answer.status < 200 || request->has_header)
		return size * count;
	curl->curl_easy_getinfo(request->easy, CURLINFO_CONTENT_TYPE, &type);
	curl->curl_easy_getinfo(request->easy, CURLINFO_RETRY_AFTER, &after);
	answer.type = type ? type : "";
	answer.retry_after = after > 0 && after < 86400 ? (long)after : 0;
	request->has_header = request->http->is_stirred = true;
	request->receiver.header(request->receiver.context, &answer);
	return size * count;
}

static size_t take_data(char *bytes, size_t size, size_t count, void *context)
{
	struct http_request *request = context;

	request->http->is_stirred = true;
	if (request->is_ended ||
	    request->receiver.data(request->receiver.context, (const uint8_t *)bytes, size * count))
		return 0;
	return size * count;
}

static void set_pem(struct http_request *request, CURLoption option, const struct pem *pem)
{
	struct curl_blob blob = {.data = (void *)(uintptr_t)pem->bytes, .len = pem->len};

	if (pem->bytes)
		request->http->curl.curl_easy_setopt(request->easy, option, &blob);
}

static void set_identity(struct http_request *request)
{
	const struct library *curl = &request->http->curl;
	const struct http_server *server = request->http->server;

	set_pem(request, CURLOPT_CAINFO_BLOB, &server->authority);
	set_pem(request, CURLOPT_SSLCERT_BLOB, &server->certificate);
	set_pem(request, CURLOPT_SSLKEY_BLOB, &server->key);
	curl->curl_easy_setopt(request->easy, CURLOPT_SSL_VERIFYPEER, server->insecure ? 0L : 1L);
	curl->curl_easy_setopt(request->easy, CURLOPT_SSL_VERIFYHOST, server->insecure ? 0L : 2L);
	if (request->http->connect_to)
		curl->curl_easy_setopt(request->easy, CURLOPT_CONNECT_TO,
				       request->http->connect_to);
}

static void add_line(struct http_request *request, const char *name, const char *value)
{
	const size_t size = strlen(name) + strlen(value) + 3;
	char *line = call_checked(malloc(size));

	snprintf(line, size, "%s: %s", name, value);
	request->headers =
		call_checked(request->http->curl.curl_slist_append(request->headers, line));
	free(line);
}

static void set_request(struct http_request *request, const char *path)
{
	const struct library *curl = &request->http->curl;
	CURL *easy = request->easy;
	const size_t size = strlen(request->http->base) + strlen(path) + 1;
	char *url = call_checked(malloc(size));

	snprintf(url, size, "%s%s", request->http->base, path);
	curl->curl_easy_setopt(easy, CURLOPT_URL, url);
	free(url);
	curl->curl_easy_setopt(easy, CURLOPT_PROTOCOLS_STR, "https");
	curl->curl_easy_setopt(easy, CURLOPT_HTTP_VERSION, (long)CURL_HTTP_VERSION_2TLS);
	curl->curl_easy_setopt(easy, CURLOPT_PIPEWAIT, 1L);
	curl->curl_easy_setopt(easy, CURLOPT_NOSIGNAL, 1L);
	curl->curl_easy_setopt(easy, CURLOPT_CONNECTTIMEOUT, CONNECT_SECONDS);
	curl->curl_easy_setopt(easy, CURLOPT_TCP_KEEPALIVE, 1L);
	curl->curl_easy_setopt(easy, CURLOPT_HTTPHEADER, request->headers);
	curl->curl_easy_setopt(easy, CURLOPT_ERRORBUFFER, request->error);
	curl->curl_easy_setopt(easy, CURLOPT_PRIVATE, request);
	curl->curl_easy_setopt(easy, CURLOPT_HEADERFUNCTION, take_header);
	curl->curl_easy_setopt(easy, CURLOPT_HEADERDATA, request);
	curl->curl_easy_setopt(easy, CURLOPT_WRITEFUNCTION, take_data);
	curl->curl_easy_setopt(easy, CURLOPT_WRITEDATA, request);
}

struct http_request *http_get(struct http *http, const char *path, const char *accept,
			      const char *token, const struct http_receiver *receiver)
{
	struct http_request *request = call_checked(calloc(1, sizeof(*request)));
	const size_t size = token ? strlen(token) + sizeof("Bearer ") : 0;
	char *bearer;

	request->http = http;
	request->receiver = *receiver;
	request->easy = call_checked(http->curl.curl_easy_init());
	add_line(request, "Accept", accept);
	add_line(request, "User-Agent", "np2nft/" NP2NFT_VERSION);
	if (token) {
		bearer = call_checked(malloc(size));
		snprintf(bearer, size, "Bearer %s", token);
		add_line(request, "Authorization", bearer);
		free(bearer);
	}
	set_request(request, path);
	set_identity(request);
	request->next = http->requests;
	http->requests = request;
	http->has_news = true;
	http->curl.curl_multi_add_handle(http->multi, request->easy);
	return request;
}

/* A request must not be freed within libcurl's calls; http_wait() does it afterwards. */
void http_cancel(struct http_request *request)
{
	request->is_ended = request->http->has_news = true;
}

static void free_request(struct http_request *request)
{
	const struct library *curl = &request->http->curl;

	curl->curl_multi_remove_handle(request->http->multi, request->easy);
	curl->curl_easy_cleanup(request->easy);
	curl->curl_slist_free_all(request->headers);
	free(request);
}

static void sweep(struct http *http)
{
	struct http_request **at = &http->requests;

	while (*at) {
		struct http_request *request = *at;

		if (!request->is_ended) {
			at = &request->next;
			continue;
		}
		*at = request->next;
		free_request(request);
	}
}

static void take_ends(struct http *http)
{
	CURLMsg *message;
	int left;

	while ((message = http->curl.curl_multi_info_read(http->multi, &left))) {
		struct http_request *request = NULL;
		const CURLcode code = message->data.result;
		const char *error = NULL;

		if (message->msg != CURLMSG_DONE)
			continue;
		http->curl.curl_easy_getinfo(message->easy_handle, CURLINFO_PRIVATE, &request);
		if (request->is_ended)
			continue;
		request->is_ended = http->is_stirred = true;
		if (code)
			error = *request->error ? request->error
						: http->curl.curl_easy_strerror(code);
		request->receiver.end(request->receiver.context, error);
	}
}

static int perform(struct http *http)
{
	int running;
	const CURLMcode code = http->curl.curl_multi_perform(http->multi, &running);

	http->has_news = false;
	if (code)
		errno = code == CURLM_OUT_OF_MEMORY ? ENOMEM : EIO;
	take_ends(http);
	sweep(http);
	return code ? -1 : 0;
}

#define OTHERS_MAX 64

int http_wait(struct http *http, struct pollfd *others, size_t count, int timeout)
{
	struct curl_waitfd waits[OTHERS_MAX];
	unsigned wait_count = 0;
	int ready;

	http->is_stirred = false;
	if (http->has_news && perform(http))
		return -1;
	for (size_t i = 0; i < count && wait_count < OTHERS_MAX; i++)
		if (others[i].fd >= 0)
			waits[wait_count++] = (struct curl_waitfd){
				.fd = others[i].fd,
				.events =
					(short)((others[i].events & POLLIN ? CURL_WAIT_POLLIN : 0) |
						(others[i].events & POLLOUT ? CURL_WAIT_POLLOUT
									    : 0)),
			};
	/* A receiver has just got something, which may give its owner a reason not to wait. */
	if (http->is_stirred)
		timeout = 0;
	if (http->curl.curl_multi_poll(http->multi, waits, wait_count, timeout, &ready)) {
		errno = EIO;
		return -1;
	}
	/* libcurl does not report errors and hang-ups of these files. */
	if (poll(others, (nfds_t)count, 0) < 0 && errno != EINTR)
		return -1;
	return perform(http);
}

void http_close(struct http *http)
{
	if (!http)
		return;
	for (struct http_request *request = http->requests; request; request = request->next)
		request->is_ended = true;
	sweep(http);
	http->curl.curl_multi_cleanup(http->multi);
	http->curl.curl_slist_free_all(http->connect_to);
	free(http->base);
	free(http);
}
