/*
 * The word that a link of the calling process's network namespace came, went or changed.
 *
 * Which one, and how, is not told: whoever wants to know reads the links (kernel/route.h).
 */
#ifndef NP2NFT_KERNEL_LINK_WATCH_H
#define NP2NFT_KERNEL_LINK_WATCH_H

#include <stdbool.h>

/* Begins to listen.  Returns a file descriptor, which is readable when there is news; or -1 with errno. */
int link_watch_open(void);

/* Takes all news, without waiting.  Was there any?  What was lost because there was too much counts as news. */
bool link_watch_take(int fd);

#endif
