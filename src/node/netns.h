/*
 * The network namespace of this process, as a file: for its lock, and for its number.
 */
#ifndef NP2NFT_NODE_NETNS_H
#define NP2NFT_NODE_NETNS_H

/* In which words it is told of. */
#define NETNS_FILE "/proc/self/ns/net"

/*
 * Opens it, where there is no /proc by way of a socket, which wants CAP_NET_ADMIN in it.  All that open it have the
 * same file.  Returns a file descriptor, or -1 with errno.
 */
int netns_open(void);

#endif
