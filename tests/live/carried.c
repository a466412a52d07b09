/*
 * Plays a process that a fault has taken over, which has a carrier and no capability, in this
 * network namespace.
 *
 * It tries to delete the table `inet other` and its own table, np2nft, both by itself and through
 * the carrier, and prints each answer.
 */
#include "emit/messages.h"
#include "kernel/socket.h"
#include "np2nft.h"

#include <errno.h>
#include <libmnl/libmnl.h>
#include <linux/capability.h>
#include <linux/netlink.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <unistd.h>

static void keep_all(int socket)
{
	(void)socket;
}

static void drop_capabilities(void)
{
	struct __user_cap_header_struct head = {.version = _LINUX_CAPABILITY_VERSION_3};
	struct __user_cap_data_struct none[_LINUX_CAPABILITY_U32S_3] = {{0}};

	if (syscall(SYS_capset, &head, none))
		exit(2);
}

/*
 * Sends the deletion of a table on a socket, through the carrier or past it.  Returns the answer in
 * words.
 */
static const char *delete_table(struct kernel_socket *socket, const char *table, bool by_carrier)
{
	struct change change = {.kind = CHANGE_DELETE_TABLE};
	const struct changes changes = {&change, 1};
	char answer[4096] __attribute__((aligned(NLMSG_ALIGNTO)));
	const struct nlmsgerr *error = (const void *)(answer + NLMSG_HDRLEN);
	struct batch batch;
	int failed;

	batch_begin(&batch, table);
	batch_change(&batch, &changes, (struct batch_position){0, 0});
	batch_end(&batch);
	failed = by_carrier ? kernel_send(socket, batch.bytes, batch.len)
			    : send(kernel_fd(socket), batch.bytes, batch.len, 0) < 0;
	batch_free(&batch);
	if (failed)
		return strerror(errno);
	return recv(kernel_fd(socket), answer, sizeof(answer), MSG_DONTWAIT) > 0
		       ? strerror(-error->error)
		       : "done";
}

int main(void)
{
	struct kernel_socket *carried, *own;

	if (np2nft_carrier_begin(NULL, keep_all))
		return 2;
	carried = kernel_open(NETLINK_NETFILTER);
	drop_capabilities();
	own = kernel_open(NETLINK_NETFILTER);
	if (!carried || !own)
		return 2;
	printf("other by itself: %s\n", delete_table(own, "other", false));
	printf("other past the carrier: %s\n", delete_table(carried, "other", false));
	printf("other by the carrier: %s\n", delete_table(carried, "other", true));
	printf("np2nft past the carrier: %s\n", delete_table(carried, "np2nft", false));
	printf("np2nft by the carrier: %s\n", delete_table(carried, "np2nft", true));
	kernel_close(own);
	kernel_close(carried);
	np2nft_carrier_end();
	return 0;
}
