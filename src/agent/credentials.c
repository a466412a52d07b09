/*
 * A service account is two files in a fixed folder.  A kubeconfig is YAML, in which the current
 * context names a cluster and a user; what an agent cannot use in them is an error.
 */
#include "agent/credentials.h"

#include "base/arena.h"
#include "read/source.h"
#include "read/tree.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define ACCOUNT "/var/run/secrets/kubernetes.io/serviceaccount"

/* No certificate, key or token is larger. */
#define FILE_MAX ((size_t)1 << 20)

static const struct mark nowhere;

/*
 * Reads a small file; the bytes have a NUL behind them and must be freed.  Returns NULL with errno.
 * If *status is wanted, the file is read again and again while the agent runs, so that this must
 * not wait for anybody to write to a pipe.
 */
static char *file_bytes(const char *path, size_t *len, struct stat *status)
{
	const int fd = open(path, O_RDONLY | O_CLOEXEC | (status ? O_NONBLOCK : 0));
	char *bytes = fd < 0 ? NULL : malloc(FILE_MAX + 1);
	ssize_t got = 1;
	int error;

	*len = 0;
	if (bytes && status && fstat(fd, status))
		got = -1;
	while (bytes && got > 0 && *len < FILE_MAX) {
		got = read(fd, bytes + *len, FILE_MAX - *len);
		if (got < 0 && errno == EINTR)
			got = 1;
		else if (got > 0)
			*len += (size_t)got;
	}
	error = *len == FILE_MAX ? EFBIG : errno;
	if (fd >= 0)
		close(fd);
	if (bytes && got == 0 && *len < FILE_MAX) {
		bytes[*len] = '\0';
		return bytes;
	}
	free(bytes);
	errno = error;
	return NULL;
}

static int read_pem(struct arena *arena, const char *path, struct pem *pem, struct diags *diags)
{
	size_t len;
	char *bytes = file_bytes(path, &len, NULL);

	if (!bytes) {
		diag_error(diags, (struct mark){.file = path}, "cannot be read: %s",
			   strerror(errno));
		return -1;
	}
	*pem = (struct pem){arena_strndup(arena, bytes, len), len};
	free(bytes);
	return 0;
}

int credentials_of_pod(struct arena *arena, const char *account, struct credentials *credentials,
		       struct diags *diags)
{
	const char *host = getenv("KUBERNETES_SERVICE_HOST");
	const char *port = getenv("KUBERNETES_SERVICE_PORT");
	const char *error;

	*credentials = (struct credentials){0};
	if (!account)
		account = ACCOUNT;
	if (!host || !*host || !port || !*port) {
		diag_error(diags, nowhere,
			   "this is no pod (KUBERNETES_SERVICE_HOST and KUBERNETES_SERVICE_PORT "
			   "are not "
			   "set): --kubeconfig FILE names the API server");
		return -1;
	}
	credentials->server.url = arena_printf(
		arena, strchr(host, ':') ? "https://[%s]:%s" : "https://%s:%s", host, port);
	credentials->token_file = arena_printf(arena, "%s/token", account);
	if (read_pem(arena, arena_printf(arena, "%s/ca.crt", account),
		     &credentials->server.authority, diags))
		return -1;
	if (credentials_token(credentials, &error))
		return 0;
	diag_error(diags, (struct mark){.file = credentials->token_file}, "cannot be read: %s",
		   error);
	return -1;
}

static bool is_same_file(const struct stat *a, const struct stat *b)
{
	return a->st_dev == b->st_dev && a->st_ino == b->st_ino && a->st_size == b->st_size &&
	       a->st_mtim.tv_sec == b->st_mtim.tv_sec && a->st_mtim.tv_nsec == b->st_mtim.tv_nsec;
}

const char *credentials_token(struct credentials *credentials, const char **error)
{
	struct stat now;
	size_t len;
	char *text;

	*error = NULL;
	if (!credentials->token_file)
		return credentials->token;
	if (credentials->token && !stat(credentials->token_file, &now) &&
	    is_same_file(&now, &credentials->token_read))
		return credentials->token;
	text = file_bytes(credentials->token_file, &len, &now);
	while (text && len && strchr(" \t\r\n", text[len - 1]))
		text[--len] = '\0';
	if (!text || !len || strlen(text) != len || strpbrk(text, "\r\n")) {
		*error = text ? "it holds no token" : strerror(errno);
		free(text);
		return credentials->token;
	}
	free(credentials->token);
	credentials->token = text;
	credentials->token_read = now;
	return text;
}

void credentials_refused(struct credentials *credentials)
{
	credentials->token_read = (struct stat){0};
}

void credentials_end(struct credentials *credentials)
{
	free(credentials->token);
	credentials->token = NULL;
}

/* The state of reading a kubeconfig. */
struct config {
	struct arena *arena;
	const char *file;
	struct credentials *credentials;
	struct diags *diags;
	bool seen;
};

static const char *text_of(struct arena *arena, const struct tree_node *map, const char *key)
{
	const struct tree_node *node = tree_get(map, key);

	if (tree_is_null(node) || node->kind != TREE_SCALAR || !node->count ||
	    strlen(node->text) != node->count)
		return NULL;
	return arena_strndup(arena, node->text, node->count);
}

/* Finds the entry of that name in the list @list of the file; returns what it holds under @key. */
static const struct tree_node *named(struct config *config, const struct tree_node *file,
				     const char *list, const char *name, const char *key)
{
	const struct tree_node *entries = tree_get(file, list);

	for (uint32_t i = 0; entries && entries->kind == TREE_SEQUENCE && i < entries->count; i++) {
		const struct tree_node *entry = entries->items[i];

		if (name && tree_get(entry, "name") && tree_is(tree_get(entry, "name"), name) &&
		    !tree_is_null(tree_get(entry, key)))
			return tree_get(entry, key);
	}
	diag_error(config->diags, tree_mark(config->file, file), "no %s \"%s\" in its %s", key,
		   name ? name : "", list);
	return NULL;
}

static int sextet(char c)
{
	static const char digits[] =
		"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
	const char *at = c ? strchr(digits, c) : NULL;

	return at ? (int)(at - digits) : -1;
}

/* Decodes base64, with or without = at the end; returns false if it is something else. */
static bool decode(struct arena *arena, const char *text, struct pem *pem)
{
	char *bytes = arena_alloc(arena, strlen(text) / 4 * 3 + 4);
	unsigned held = 0, bits = 0;
	size_t len = 0;

	for (; *text && *text != '='; text++) {
		const int value = sextet(*text);

		if (strchr("\r\n", *text))
			continue;
		if (value < 0)
			return false;
		held = held << 6 | (unsigned)value;
		bits += 6;
		if (bits >= 8) {
			bits -= 8;
			bytes[len++] = (char)(held >> bits & 0xff);
		}
	}
	*pem = (struct pem){bytes, len};
	return text[strspn(text, "=\r\n")] == '\0';
}

/* Resolves a path in a kubeconfig, which is relative to the folder of the kubeconfig. */
static const char *path_of(const struct config *config, const char *path)
{
	const char *slash = strrchr(config->file, '/');

	if (*path == '/' || !slash)
		return path;
	return arena_printf(config->arena, "%.*s/%s", (int)(slash - config->file), config->file,
			    path);
}

/* Reads a certificate or key: NAME-data is base64, NAME is a path. */
static int take_pem(struct config *config, const struct tree_node *map, const char *name,
		    struct pem *pem)
{
	const char *key = arena_printf(config->arena, "%s-data", name);
	const char *data = text_of(config->arena, map, key);
	const char *path = text_of(config->arena, map, name);

	if (data && decode(config->arena, data, pem))
		return 0;
	if (data) {
		diag_error(config->diags, tree_mark(config->file, tree_get(map, key)),
			   "%s is not base64", key);
		return -1;
	}
	return path ? read_pem(config->arena, path_of(config, path), pem, config->diags) : 0;
}

static int take_cluster(struct config *config, const struct tree_node *cluster)
{
	struct http_server *server = &config->credentials->server;

	server->url = text_of(config->arena, cluster, "server");
	server->server_name = text_of(config->arena, cluster, "tls-server-name");
	server->insecure = tree_get(cluster, "insecure-skip-tls-verify") &&
			   tree_is(tree_get(cluster, "insecure-skip-tls-verify"), "true");
	if (!server->url || strncmp(server->url, "https://", 8) != 0) {
		diag_error(config->diags, tree_mark(config->file, cluster),
			   "the cluster's server is not https://HOST:PORT");
		return -1;
	}
	return take_pem(config, cluster, "certificate-authority", &server->authority);
}

/* Refuses what a person can log in with and an agent cannot. */
static int refuse_others(struct config *config, const struct tree_node *user)
{
	static const struct {
		const char *key, *what;
	} others[] = {
		{"exec", "runs a program to log in (exec), which is for people"},
		{"auth-provider", "logs in by an auth-provider, which is for people"},
		{"username", "has a name and a password, which API servers no longer take"},
	};

	for (size_t i = 0; i < sizeof(others) / sizeof(*others); i++) {
		const struct tree_node *node = tree_get(user, others[i].key);

		if (tree_is_null(node))
			continue;
		diag_error(config->diags, tree_mark(config->file, node),
			   "the user of this context %s: an agent needs a token or a client "
			   "certificate",
			   others[i].what);
		return -1;
	}
	return 0;
}

static int take_user(struct config *config, const struct tree_node *user)
{
	struct credentials *credentials = config->credentials;
	const char *token = text_of(config->arena, user, "token");
	const char *file = text_of(config->arena, user, "tokenFile");
	const char *error;

	if (refuse_others(config, user) ||
	    take_pem(config, user, "client-certificate", &credentials->server.certificate) ||
	    take_pem(config, user, "client-key", &credentials->server.key))
		return -1;
	/* Kubernetes' own clients prefer the file, too. */
	if (file)
		credentials->token_file = path_of(config, file);
	else if (token)
		credentials->token = strdup(token);
	if (!file || credentials_token(credentials, &error))
		return 0;
	diag_error(config->diags, (struct mark){.file = credentials->token_file},
		   "cannot be read: %s", error);
	return -1;
}

static void take_config(void *context, const struct tree_node *file, bool in_list,
			const char *list_kind)
{
	struct config *config = context;
	const char *name = text_of(config->arena, file, "current-context");
	const struct tree_node *entry, *cluster, *user;

	(void)in_list;
	(void)list_kind;
	if (config->seen || file->kind != TREE_MAPPING)
		return;
	config->seen = true;
	if (!name) {
		diag_error(config->diags, tree_mark(config->file, file),
			   "it has no current-context");
		return;
	}
	entry = named(config, file, "contexts", name, "context");
	if (!entry)
		return;
	cluster = named(config, file, "clusters", text_of(config->arena, entry, "cluster"),
			"cluster");
	user = named(config, file, "users", text_of(config->arena, entry, "user"), "user");
	if (cluster && user && !take_cluster(config, cluster))
		take_user(config, user);
}

static const struct shape *keep_all(void *context, const char *kind, size_t len)
{
	(void)context;
	(void)kind;
	(void)len;
	return NULL;
}

static void ignore_list(void *context, const struct tree_node *list)
{
	(void)context;
	(void)list;
}

int credentials_of_file(struct arena *arena, const char *file, struct credentials *credentials,
			struct diags *diags)
{
	const size_t errors = diags->errors;
	struct config config = {
		.arena = arena, .file = file, .credentials = credentials, .diags = diags};
	const struct tree_sink sink = {
		.context = &config,
		.shape = keep_all,
		.object = take_config,
		.list_end = ignore_list,
	};

	*credentials = (struct credentials){0};
	source_read(file, &sink, diags);
	if (!config.seen && diags->errors == errors)
		diag_error(diags, (struct mark){.file = file}, "this is no kubeconfig");
	return diags->errors == errors ? 0 : -1;
}
