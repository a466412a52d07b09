/*
 * Reports that a link of the calling process's network namespace came, went or changed.
 *
 * It does not say which link, or how: a caller that wants to know reads the links (kernel/route.h).
 */
#ifndef NP2NFT_KERNEL_LINK_WATCH_H
#define NP2NFT_KERNEL_LINK_WATCH_H

#include <stdbool.h>

/*
 * Begins to listen.  Returns a file descriptor that is readable when there is news, or -1 with
 * errno.
 */
int link_watch_open(void);

/*
 * Takes all news, without waiting; returns whether there was any.  News that got lost because there
 * was too much counts as news.
 */
bool link_watch_take(int fd);

#endif
