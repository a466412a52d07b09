/*
 * A netlink socket: requests that dump, and transactions of nf_tables.
 *
 * Besides this room only emit/ sees libmnl.
 */
#ifndef NP2NFT_KERNEL_SOCKET_H
#define NP2NFT_KERNEL_SOCKET_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct kernel_socket;
struct batch;
struct nlmsghdr;

/* To the part of the kernel that answers at @bus, such as NETLINK_NETFILTER.  NULL with errno if it gives no socket. */
struct kernel_socket *kernel_open(int bus);
void kernel_close(struct kernel_socket *socket);

/*
 * From now on the kernel refuses what it does not know in a request, instead of passing over it.  Returns 0, or -1 with
 * errno.
 */
int kernel_be_strict(struct kernel_socket *socket);

/* The netlink port by which the kernel knows it. */
uint32_t kernel_port(const struct kernel_socket *socket);

/* Takes one message of an answer; returns 0, or -1 to stop with errno. */
typedef int (*kernel_message)(void *context, const struct nlmsghdr *message);

/*
 * Sends the request (its sequence number is set here) and gives each message of the answer to @take.
 * Returns 0, or -1 with errno: EINTR if the kernel's objects changed during a dump, ENOBUFS if a part of the answer
 * was lost.  A dump that the kernel could not bring to its end is an error like any other.
 */
int kernel_ask(struct kernel_socket *socket, struct nlmsghdr *request, kernel_message take,
	       void *context);

/* For poll(2): readable when the kernel has told something unasked. */
int kernel_fd(const struct kernel_socket *socket);

/*
 * Gives each message that the kernel has told unasked by now to @take, without waiting; what was lost is passed over.
 * Returns 0, or -1 with errno.
 */
int kernel_hear(struct kernel_socket *socket, kernel_message take, void *context);

/* What the kernel refused in a batch. */
struct kernel_refusal {
	size_t subject; /* index to batch->subjects; SIZE_MAX: the batch as a whole */
	size_t offset;  /* of what is wrong in its message, where the kernel says so; otherwise 0 */
	int error;      /* errno value, positive */
	char reason[128]; /* the kernel's own words, if it has any; otherwise "" */
	bool is_lost; /* there was no room for the answer: the batch may have been committed or not */
};

/*
 * Sends a finished batch and waits for the kernel's word.  Returns 0 if it was committed; otherwise -1
 * with errno, and *refusal filled in if the kernel refused a message.
 */
int kernel_commit(struct kernel_socket *socket, const struct batch *batch,
		  struct kernel_refusal *refusal);

#endif
