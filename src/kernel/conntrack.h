/*
 * The connections that the kernel tracks in the calling process's network namespace: they can be
 * listed, looked up, and deleted one by one.
 *
 * In:  a family; or an entry that was listed.  Out: each entry, with the first packet of its
 * connection.
 *
 * The hard idea: the kernel finds an entry by one of its two tuples and its zone.  Both are handed
 * back as the bytes in which the kernel listed them, so that nothing of a protocol that is unknown
 * here gets lost.
 */
#ifndef NP2NFT_KERNEL_CONNTRACK_H
#define NP2NFT_KERNEL_CONNTRACK_H

#include "ruleset/evaluate.h"

struct arena;
struct kernel_socket;
struct nlattr;
struct nlmsghdr;

/* The most bytes of a key that conntrack_key() makes. */
#define CONNTRACK_KEY 512

struct conntrack_entry {
	/*
	 * The first packet.  Its source is that of the original tuple, and its destination is the
	 * source of the reply, which is the one behind DNAT.
	 */
	struct packet packet;
	uint16_t sport; /* host byte order; 0 where the protocol has no ports */
	/*
	 * only for TCP: tracking began without a SYN, so that the first packet may be the server's
	 */
	bool is_midway;
	/* as the kernel lists them; these are valid only during the call by conntrack_list() */
	const struct nlattr *original, *reply, *id;
	const struct nlattr *
		master; /* the original tuple of the entry that expected this one; NULL: none did */
	const struct nlattr *zone; /* NULL: none */
};

/* Receives an entry; returns 0, or -1 with errno to stop. */
typedef int (*conntrack_take)(void *context, const struct conntrack_entry *entry);

/*
 * Begins to list all entries of a family, on a socket of its own that kernel_close() ends; returns NULL with errno if it
 * cannot.  conntrack_list_on() gives the next entries to @take.  It returns 1 if there are more, 0 at the end, and -1
 * with errno; ENOBUFS and EINTR mean that messages got lost, and that the list is to be begun again.  If entries are
 * deleted meanwhile, an entry may come twice, but none is missed.
 */
struct kernel_socket *conntrack_list_begin(enum family family);
int conntrack_list_on(struct kernel_socket *dump, conntrack_take take, void *context);

/*
 * Looks for the master of an entry.  Returns 1 with the first packet of the master's connection in
 * *packet; 0 if the entry has no master, or its master is no longer tracked; -1 with errno.
 */
int conntrack_master(struct kernel_socket *socket, const struct conntrack_entry *entry,
		     struct packet *packet);

/*
 * Deletes the entry, but never a younger one with the same tuple.  Returns 0, or -1 with errno
 * (ENOENT: it is gone).
 */
int conntrack_delete(struct kernel_socket *socket, const struct conntrack_entry *entry);

/*
 * Makes a request, in @arena, to delete whatever the kernel may come to track in the opposite
 * direction of the entry.  conntrack_send() sends it, any number of times; usually there is nothing
 * to delete, which is no error.
 */
struct nlmsghdr *conntrack_opposite(struct arena *arena, const struct conntrack_entry *entry);
void conntrack_send(struct kernel_socket *socket, struct nlmsghdr *request);

/*
 * Writes what distinguishes a tuple in a zone from all others into key[CONNTRACK_KEY]; returns its
 * length.
 */
size_t conntrack_key(char *key, const struct nlattr *tuple, const struct nlattr *zone);

#endif
