/*
 * A netlink socket, for requests with one or many answers, and for transactions of nf_tables.
 *
 * Beside this room only emit/ uses libmnl.
 */
#ifndef NP2NFT_KERNEL_SOCKET_H
#define NP2NFT_KERNEL_SOCKET_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct kernel_socket;
struct diags;
struct batch;
struct nlmsghdr;

/*
 * Opens a socket to the part of the kernel that answers at @bus, such as NETLINK_NETFILTER.
 * Returns NULL with errno if there is none.
 */
struct kernel_socket *kernel_open(int bus);
void kernel_close(struct kernel_socket *socket);

/*
 * Makes the kernel refuse a request with parts that it does not know, instead of ignoring these.
 * Returns 0, or -1 with errno.
 */
int kernel_be_strict(struct kernel_socket *socket);

/* The netlink port of the socket. */
uint32_t kernel_port(const struct kernel_socket *socket);

/*
 * Does a whole message begin the @len bytes? libmnl takes a length of 2 GiB and more for a negative number, which is
 * less than any, and goes on to read elsewhere.
 */
bool kernel_holds_message(const struct nlmsghdr *message, int len);

/* Receives one message of an answer; returns 0, or -1 with errno to stop. */
typedef int (*kernel_message)(void *context, const struct nlmsghdr *message);

/*
 * Sends the request, whose sequence number is set here, and hands each message of the answer to
 * @take.  Returns 0, or -1 with errno: EINTR if the kernel's objects changed during a dump, ENOBUFS
 * if a part of the answer was lost.  A dump that the kernel breaks off is an error like any other.
 */
int kernel_ask(struct kernel_socket *socket, struct nlmsghdr *request, kernel_message take,
	       void *context);

/*
 * The two halves of kernel_ask(), for an answer that is read piece by piece: nothing else may be asked of the socket
 * meanwhile.  kernel_begin() returns 0, or -1 with errno.  kernel_read_piece() hands some messages to @take; it returns
 * 1 if there is more, 0 at the end, and -1 with errno like kernel_ask().
 */
int kernel_begin(struct kernel_socket *socket, struct nlmsghdr *request);
int kernel_read_piece(struct kernel_socket *socket, kernel_message take, void *context);

/*
 * A file descriptor for poll(2), which is readable when the kernel has sent something that nobody
 * asked for.
 */
int kernel_fd(const struct kernel_socket *socket);

/*
 * Gives each message that the kernel has sent unasked so far to @take, without waiting.  Messages
 * that got lost are passed over.  Returns 0, or -1 with errno.
 */
int kernel_hear(struct kernel_socket *socket, kernel_message take, void *context);

/* Sends everything, whatever its size; returns 0, or -1 with errno. */
int kernel_send(struct kernel_socket *socket, const void *bytes, size_t len);

/* Has the kernel report to the socket what is committed to nf_tables, or not; returns 0, or -1 with errno. */
int kernel_listen(struct kernel_socket *socket, bool listens);

/*
 * Gives the socket more room for what the kernel tells unasked, if that is possible: reports of some ten thousand
 * elements of others can wait there while one dump is read.
 */
void kernel_make_room(struct kernel_socket *socket);

/*
 * Reports an error of a call that needs the right to use nf_tables.  If it is that right which is
 * missing, the diagnostic says what to do; otherwise it is @what, and the words for @error.
 */
void kernel_complain(struct diags *diags, const char *what, int error);

/* What the kernel refused in a batch. */
struct kernel_refusal {
	size_t subject; /* index to batch->subjects; SIZE_MAX: the batch as a whole */
	size_t offset;  /* where in the message the fault is, if the kernel says so; otherwise 0 */
	int error;      /* an errno value, positive */
	char reason[128]; /* the kernel's own words; "" if it has none */
	/*
	 * the answer did not fit the buffer, so that it is unknown whether the batch was committed
	 */
	bool is_lost;
};

/*
 * Sends a finished batch and waits for the kernel's answer.  Returns 0 if it was committed;
 * otherwise -1 with errno, and with *refusal filled in if the kernel refused a message.
 */
int kernel_commit(struct kernel_socket *socket, const struct batch *batch,
		  struct kernel_refusal *refusal);

#endif
