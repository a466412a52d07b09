/*
 * A second process, the carrier, that has the capability CAP_NET_ADMIN in place of this one.
 *
 * In:  requests of kernel/socket.h and its neighbours.  Out: they are sent, if they are of a kind
 * that np2nft makes (kernel/carrier_permit.h), and what the kernel answers.
 *
 * The hard idea: the kernel asks whoever opens a socket to netfilter, and whoever sends on it, for
 * the capability, but not whoever receives.  So the carrier opens the sockets and sends, and this
 * process, which reads input and may be taken over by a fault in doing so, receives on the same
 * sockets; nothing else had to change for that.
 *
 * Without carrier_begin() (kernel/carrier_process.h) there is none, and the process does everything by itself, as in the
 * library.
 */
#ifndef NP2NFT_KERNEL_CARRIER_H
#define NP2NFT_KERNEL_CARRIER_H

#include "base/addr.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

struct arena;

/* The carrier is this process, which is spoken to on the socket (kernel/carrier_process.h begins it). */
void carrier_use(int socket, pid_t pid);

/*
 * Ends the carrier, and waits until it is gone; if it is stopped or lost and this process may not kill
 * it, it goes when this process ends.
 */
void carrier_end(void);

/* Is there a carrier, even if it is lost? */
bool carrier_is_used(void);

/* Was the carrier gone, or did it not answer, when it was needed? The second also asks whether it is gone now. */
bool carrier_is_lost(void);
bool carrier_has_ended(void);

/* For poll(2): it hangs up when the carrier has ended; -1: there is none. */
int carrier_fd(void);

/* The processor time that it has taken so far; 0 if there is none. */
double carrier_work_seconds(void);

/*
 * Opens a socket to netfilter; returns its file descriptor, or -1 with errno.  *number is the
 * carrier's name for the socket, for the functions below.
 */
int carrier_open(int *number);
void carrier_close(int number);

/* Sends on a socket.  Returns 0, or -1 with errno, as send() does. */
int carrier_send(int number, const void *bytes, size_t len);

/* Has the socket hear of nf_tables, or not; returns 0, or -1 with errno. */
int carrier_listen(int number, bool listens);

/* Does the same as kernel_make_room(). */
void carrier_make_room(int number);

/* These do the same as legacy_policy() and netns_addrs_of(). */
int carrier_legacy_policy(enum family family);
int carrier_netns_addrs(struct arena *arena, int netns, const char *link, struct addr **addrs,
			size_t *count);

#endif
