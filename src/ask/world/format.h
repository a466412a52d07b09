/* How an answer is written, and what of the cluster it is about. */
#ifndef NP2NFT_ASK_WORLD_FORMAT_H
#define NP2NFT_ASK_WORLD_FORMAT_H

#include <stdbool.h>

enum format {
	FORMAT_TEXT,
	FORMAT_JSON,
	FORMAT_CSV,
	FORMAT_MD,
	FORMAT_SARIF,
	FORMAT_TAP,
	FORMAT_JUNIT,
	FORMAT_SVG,
	FORMAT_DOT,
	FORMAT_HTML,
	FORMATS
};

/* Which part of the cluster is shown, and how.  A member that is NULL or 0 limits nothing. */
struct view {
	enum format format;
	const char *namespace;  /* only what a pod of it has part in */
	const char *pod;        /* only what this end has part in */
	const char *port;       /* only what passes on it */
	bool each_pod;          /* a row for each pod, not for its owner */
	bool denied;            /* also what is denied, and by whom */
	bool isolated_by_tiers; /* a pod to which tiers deny everything counts as isolated, too */
};

#endif
