/*
 * Who the agent is to which API server.
 *
 * In:  the service account of a pod, or a kubeconfig.
 * Out: what agent/http.h wants to know of the server, and a token.
 *
 * A pod's token is replaced by the kubelet long before it runs out, and so may be any that is a file: it is read
 * again when it is asked for, if the file is another one by then.
 */
#ifndef NP2NFT_AGENT_CREDENTIALS_H
#define NP2NFT_AGENT_CREDENTIALS_H

#include "agent/http.h"
#include "base/diag.h"

#include <sys/stat.h>

struct credentials {
	struct http_server server;
	const char *token_file; /* NULL: none */
	char *token;            /* NULL: none */
	struct stat token_read; /* of the file as it was read; all zeroes: not read yet */
};

/*
 * Of the service account in the folder @account (NULL: where pods have it), and the API server that the
 * environment names.  Returns 0, or -1 after a diagnostic.
 */
int credentials_of_pod(struct arena *arena, const char *account, struct credentials *credentials,
		       struct diags *diags);

/* Of the current context of a kubeconfig.  Returns 0, or -1 after a diagnostic. */
int credentials_of_file(struct arena *arena, const char *file, struct credentials *credentials,
			struct diags *diags);

/*
 * The token, as its file has it now; NULL: there is none.  A file that cannot be read leaves the last one, and
 * *error says why (NULL: nothing is wrong).  It lives until the next call.
 */
const char *credentials_token(struct credentials *credentials, const char **error);

/* The token is read again next time, whatever its file looks like: the server did not take it. */
void credentials_refused(struct credentials *credentials);

/* Frees the token. */
void credentials_end(struct credentials *credentials);

#endif
