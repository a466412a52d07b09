/*
 * Makes the kernel refuse what a test wants it to refuse.
 *
 * In:  REFUSE=HEX in the environment, which stands for bytes; and REFUSE_WHILE=FILE, if messages
 * are refused only while there is that file.  Out: a message that adds elements and has those bytes
 * in it is changed into one that deletes an object which does not exist, so the kernel refuses the
 * message, and with it the transaction.  With REFUSE_ALTERS=1 the last of the bytes is altered instead,
 * so the kernel takes what it was not meant to be told.
 *
 * A program that this is linked into uses this send() instead of the library's.
 */
#ifndef _GNU_SOURCE
#define _GNU_SOURCE /* RTLD_NEXT, memmem() */
#endif

#include "kernel/carrier_errand.h"

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

/* Changes the message if it has the bytes. */
static void spoil_elements(char *bytes, struct nlmsghdr message, const unsigned char *pattern,
			   size_t pattern_len)
{
	unsigned char *found = memmem(bytes, message.nlmsg_len, pattern, pattern_len);

	if (!found)
		return;
	if (getenv("REFUSE_ALTERS")) {
		found[pattern_len - 1] ^= 1;
		return;
	}
	message.nlmsg_type = NFNL_SUBSYS_NFTABLES << 8 | NFT_MSG_DELOBJ;
	memcpy(bytes, &message, sizeof(message));
}

/* Changes those messages of the batch that have the bytes, so that the kernel refuses them. */
static void spoil(char *bytes, size_t len, const unsigned char *pattern, size_t pattern_len)
{
	size_t at = 0;

	while (len - at >= sizeof(struct nlmsghdr)) {
		struct nlmsghdr message;

		memcpy(&message, bytes + at, sizeof(message));
		if (message.nlmsg_len < sizeof(message) || message.nlmsg_len > len - at)
			return;
		if (message.nlmsg_type == (NFNL_SUBSYS_NFTABLES << 8 | NFT_MSG_NEWSETELEM))
			spoil_elements(bytes + at, message, pattern, pattern_len);
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
	int domain = 0;
	socklen_t size = sizeof(domain);
	ssize_t sent;
	char *copy;

	if (!pattern_len || getsockopt(fd, SOL_SOCKET, SO_DOMAIN, &domain, &size) ||
	    domain != AF_UNIX)
		return next(fd, bytes, len, flags);
	copy = malloc(len);
	if (!copy)
		return -1;
	memcpy(copy, bytes, len);
	/* A short batch is sent to the carrier in one piece with the head of its errand. */
	spoil(copy, len, pattern, pattern_len);
	if (len > sizeof(struct errand))
		spoil(copy + sizeof(struct errand), len - sizeof(struct errand), pattern,
		      pattern_len);
	sent = next(fd, copy, len, flags);
	free(copy);
	return sent;
}
