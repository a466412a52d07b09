/*
 * Feeds the reader of the kernel's table with datagrams, each behind its length in two bytes.
 *
 * The socket's calls are this program's own.  Each message gets the sequence number of the request,
 * because the reader would drop it otherwise; everything else is as the input has it, headers too.
 * At the end of the input, the kernel has no memory.
 *
 * With RECORD in the environment, the real kernel answers, and its answers are written to the file
 * of that name.  That is how the seeds were made.
 */
#ifndef _GNU_SOURCE
#define _GNU_SOURCE /* RTLD_NEXT */
#endif

#include "fuzz.h"

#include "base/arena.h"
#include "base/guarded_call.h"
#include "kernel/read_table.h"
#include "node/apply_record.h"
#include "node/status.h"

#include <dlfcn.h>
#include <errno.h>
#include <linux/netlink.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

static struct {
	const uint8_t *at;
	size_t left;
	uint32_t seq;
	FILE *record;
} kernel;

#define NEXT(function) ((__typeof__(&(function)))dlsym(RTLD_NEXT, #function))

ssize_t send(int fd, const void *bytes, size_t len, int flags)
{
	if (kernel.record)
		return NEXT(send)(fd, bytes, len, flags);
	if (len >= sizeof(struct nlmsghdr))
		kernel.seq = ((const struct nlmsghdr *)bytes)->nlmsg_seq;
	return (ssize_t)len;
}

static void set_numbers(uint8_t *bytes, size_t len)
{
	size_t at = 0;

	while (len - at >= sizeof(struct nlmsghdr)) {
		struct nlmsghdr head;

		memcpy(&head, bytes + at, sizeof(head));
		head.nlmsg_seq = kernel.seq;
		memcpy(bytes + at, &head, sizeof(head));
		if (head.nlmsg_len < sizeof(head) || head.nlmsg_len > len - at)
			return;
		at += NLMSG_ALIGN(head.nlmsg_len);
		if (at > len)
			return;
	}
}

static ssize_t give(uint8_t *bytes, size_t size)
{
	size_t len;

	if (kernel.left < 2) {
		errno = ENOMEM;
		return -1;
	}
	len = (size_t)kernel.at[0] | (size_t)kernel.at[1] << 8;
	kernel.at += 2;
	kernel.left -= 2;
	len = len < kernel.left ? len : kernel.left;
	len = len < size ? len : size;
	memcpy(bytes, kernel.at, len);
	kernel.at += len;
	kernel.left -= len;
	set_numbers(bytes, len);
	return (ssize_t)len;
}

ssize_t recv(int fd, void *bytes, size_t size, int flags)
{
	ssize_t got;

	if (!kernel.record && flags & MSG_DONTWAIT) {
		errno = EAGAIN;
		return -1;
	}
	if (!kernel.record)
		return give(bytes, size);
	got = NEXT(recv)(fd, bytes, size, flags);
	if (got > 0 && !(flags & MSG_DONTWAIT)) {
		fputc((int)(got & 0xff), kernel.record);
		fputc((int)(got >> 8), kernel.record);
		fwrite(bytes, 1, (size_t)got, kernel.record);
	}
	return got;
}

static void look(void)
{
	struct arena *arena = arena_new(), *memory = arena_new();
	struct diags diags = {.arena = arena};
	const struct state state = {0};
	struct kernel_table table;

	if (kernel_look(memory, "np2nft", &table, &diags)) {
		fuzz_must(diags.errors);
	} else {
		struct status status = status_of(arena, &table);

		fuzz_must(*status_text(arena, &status, &state));
		fuzz_must(*status_json(arena, &status, &state));
	}
	arena_free(memory);
	arena_free(arena);
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t len)
{
	struct call call;

	kernel.at = bytes;
	kernel.left = len;
	kernel.record = getenv("RECORD") ? fopen(getenv("RECORD"), "wb") : NULL;
	call_begin(&call);
	if (!setjmp(call.began))
		look();
	call_end(&call);
	if (kernel.record)
		exit(fclose(kernel.record));
	return 0;
}
