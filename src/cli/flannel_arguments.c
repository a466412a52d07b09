/*
 * A program that is called by the name `netpol` gets the arguments of `np2nft agent`, with the node's name
 * from --hostname-override or from the environment.
 */
#include "cli/flannel_arguments.h"

#include <stdlib.h>
#include <string.h>

static const char option[] = "--hostname-override";

/* The value of --hostname-override; NULL if it is not given. */
static char *find_node(int argc, char **argv)
{
	const size_t len = sizeof(option) - 1;
	char *node = NULL;

	for (int i = 1; i < argc; i++) {
		if (!strncmp(argv[i], option, len) && argv[i][len] == '=')
			node = argv[i] + len + 1;
		else if (!strcmp(argv[i], option) && i + 1 < argc)
			node = argv[++i];
	}
	return node;
}

void netpol_arguments(int *argc, char ***argv)
{
	static char program[] = "np2nft", command[] = "agent", node_option[] = "--node";
	static char *made[] = {program, command, node_option, NULL, NULL};
	const char *slash = *argc > 0 ? strrchr(**argv, '/') : NULL;

	if (*argc < 1 || strcmp(slash ? slash + 1 : **argv, "netpol") != 0)
		return;
	made[3] = find_node(*argc, *argv);
	if (!made[3])
		made[3] = getenv("MY_NODE_NAME");
	if (!made[3])
		made[3] = getenv("NODE_NAME");
	*argc = made[3] ? 4 : 2;
	if (!made[3])
		made[2] = NULL;
	*argv = made;
}
