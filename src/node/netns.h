/* The network namespace of this process as a file, which can be locked and has a number. */
#ifndef NP2NFT_NODE_NETNS_H
#define NP2NFT_NODE_NETNS_H

/* The name of the file in messages. */
#define NETNS_FILE "/proc/self/ns/net"

/*
 * Opens it; without /proc, by way of a socket, which needs CAP_NET_ADMIN in the namespace.  It is
 * the same file for all processes that open it.  Returns a file descriptor, or -1 with errno.
 */
int netns_open(void);

/*
 * Makes netns_open() return duplicates of one file descriptor, which this function returns.  A
 * process calls it before it begins another one, so that a lock on the file is held until both have
 * ended.  Returns -1 with errno.
 */
int netns_keep(void);

#endif
