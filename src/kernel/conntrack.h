/*
 * The connections that the kernel tracks in the calling process's network namespace: listed, looked up, and
 * deleted one by one.
 *
 * In:  a family; or an entry that was listed.
 * Out: each entry, as the first packet of its connection.
 *
 * The hard idea: the kernel finds an entry by one of its two tuples and its zone.  Both are handed back as the
 * bytes in which the kernel listed them, so that nothing of a protocol that is not known here gets lost.
 */
#ifndef NP2NFT_KERNEL_CONNTRACK_H
#define NP2NFT_KERNEL_CONNTRACK_H

#include "ruleset/evaluate.h"

struct arena;
struct kernel_socket;
struct nlattr;
struct nlmsghdr;

/* Bytes that a tuple and a zone take at most in conntrack_key(). */
#define CONNTRACK_KEY 512

struct conntrack_entry {
	/* The first packet: its source is the original tuple's, its destination the reply's source, behind DNAT. */
	struct packet packet;
	uint16_t sport; /* host byte order; 0 where the protocol has no ports */
	/* Of TCP: tracking began without its SYN, so that the first packet may be a server's. */
	bool is_midway;
	/* As the kernel lists them; valid only while conntrack_list() tells the entry. */
	const struct nlattr *original, *reply, *id;
	const struct nlattr *
		master; /* the original tuple of the entry that expected this one; NULL: none did */
	const struct nlattr *zone; /* NULL: none */
};

/* Takes an entry; returns 0, or -1 to stop with errno. */
typedef int (*conntrack_take)(void *context, const struct conntrack_entry *entry);

/*
 * Lists all entries of a family.  Where one beside it goes meanwhile, an entry may come twice, but none is
 * missed; messages that were lost make it begin anew.  Returns 0, or -1 with errno.
 */
int conntrack_list(enum family family, conntrack_take take, void *context);

/*
 * Looks for the master of an entry.  Returns 1 with the first packet of the master's connection in *packet; 0 if
 * the entry has no master, or the master is not tracked any more; -1 with errno.
 */
int conntrack_master(struct kernel_socket *socket, const struct conntrack_entry *entry,
		     struct packet *packet);

/* Deletes the entry, and never a younger one of the same tuple.  Returns 0, or -1 with errno (ENOENT: it is gone). */
int conntrack_delete(struct kernel_socket *socket, const struct conntrack_entry *entry);

/*
 * The request, kept in @arena, to delete whatever the kernel will track in the opposite direction of the entry.
 * conntrack_send() sends it, any number of times; usually there is nothing to delete, which is no error.
 */
struct nlmsghdr *conntrack_opposite(struct arena *arena, const struct conntrack_entry *entry);
void conntrack_send(struct kernel_socket *socket, struct nlmsghdr *request);

/* What tells a tuple in a zone from every other, into key[CONNTRACK_KEY]; returns its length. */
size_t conntrack_key(char *key, const struct nlattr *tuple, const struct nlattr *zone);

#endif
