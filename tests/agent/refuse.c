/*
 * A kernel that refuses what a test wants it to.
 *
 * In:  REFUSE=HEX in the environment: bytes.
 * Out: a message of nf_tables that adds elements, and has those bytes in it, gets to the kernel as one of no known type;
 *      so the kernel refuses that message, and with it the transaction.  With REFUSE_WHILE=FILE only while there is that
 *      file.
 *
 * Linked into a program, this send() stands before the library's own.
 */
#ifndef _GNU_SOURCE
#define _GNU_SOURCE /* RTLD_NEXT, memmem() */
#endif

#include <dlfcn.h>
#include <linux/netfilter/nf_tables.h>
#include <linux/netfilter/nfnetlink.h>
#include <linux/netlink.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#define PATTERN_MAX 32

static size_t read_pattern(unsigned char *pattern)
{
	const char *text = getenv("REFUSE"), *file = getenv("REFUSE_WHILE");
	size_t len = 0;

	if (file && access(file, F_OK))
		return 0;
	while (text && len < PATTERN_MAX && sscanf(text + 2 * len, "%2hhx", &pattern[len]) == 1)
		len++;
	return len;
}

/* Spoils the messages that have the bytes. */
static void spoil(char *bytes, size_t len, const unsigned char *pattern, size_t pattern_len)
{
	size_t at = 0;

	while (len - at >= sizeof(struct nlmsghdr)) {
		struct nlmsghdr message;

		memcpy(&message, bytes + at, sizeof(message));
		if (message.nlmsg_len < sizeof(message) || message.nlmsg_len > len - at)
			return;
		if (message.nlmsg_type == (NFNL_SUBSYS_NFTABLES << 8 | NFT_MSG_NEWSETELEM) &&
		    memmem(bytes + at, message.nlmsg_len, pattern, pattern_len)) {
			message.nlmsg_type = NFNL_SUBSYS_NFTABLES << 8 | 0xff;
			memcpy(bytes + at, &message, sizeof(message));
		}
		at += NLMSG_ALIGN(message.nlmsg_len);
		if (at > len)
			return;
	}
}

ssize_t send(int fd, const void *bytes, size_t len, int flags)
{
	__typeof__(&send) next = (__typeof__(&send))dlsym(RTLD_NEXT, "send");
	unsigned char pattern[PATTERN_MAX];
	const size_t pattern_len = read_pattern(pattern);
	int protocol = 0;
	socklen_t size = sizeof(protocol);
	ssize_t sent;
	char *copy;

	if (!pattern_len || getsockopt(fd, SOL_SOCKET, SO_PROTOCOL, &protocol, &size) ||
	    protocol != NETLINK_NETFILTER)
		return next(fd, bytes, len, flags);
	copy = malloc(len);
	if (!copy)
		return -1;
	memcpy(copy, bytes, len);
	spoil(copy, len, pattern, pattern_len);
	sent = next(fd, copy, len, flags);
	free(copy);
	return sent;
}
