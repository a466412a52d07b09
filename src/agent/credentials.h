/*
 * Which API server the agent asks, and by which account.
 *
 * In: the service account of a pod, or a kubeconfig.  Out: what agent/http_client.h needs to know about
 * the server, and a token.
 *
 * The kubelet replaces a pod's token long before it expires, and other token files may change, too.
 * So whenever the token is asked for, its file is read again if it has changed.
 */
#ifndef NP2NFT_AGENT_CREDENTIALS_H
#define NP2NFT_AGENT_CREDENTIALS_H

#include "agent/http_client.h"
#include "base/diag.h"

#include <sys/stat.h>

struct credentials {
	struct http_server server;
	const char *token_file; /* NULL: there is none */
	char *token;            /* NULL: there is none */
	/* the status of the file when it was read; all zeroes: it was not read yet */
	struct stat token_read;
};

/*
 * Reads the service account in the folder @account (NULL: where pods have it), and takes the API
 * server from the environment.  Returns 0, or -1 after a diagnostic.
 */
int credentials_of_pod(struct arena *arena, const char *account, struct credentials *credentials,
		       struct diags *diags);

/* Reads the current context of a kubeconfig.  Returns 0, or -1 after a diagnostic. */
int credentials_of_file(struct arena *arena, const char *file, struct credentials *credentials,
			struct diags *diags);

/*
 * Returns the token as it stands in its file now; NULL if there is none.  If the file cannot be
 * read, the last token is returned and *error says why; otherwise *error becomes NULL.  The token
 * lives until the next call.
 */
const char *credentials_token(struct credentials *credentials, const char **error);

/*
 * Must be called when the server did not accept the token: its file is read again next time, even
 * if it seems unchanged.
 */
void credentials_refused(struct credentials *credentials);

/* Frees the token. */
void credentials_end(struct credentials *credentials);

#endif
