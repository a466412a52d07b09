/*
 * Has a socket in the group NFNLGRP_NFTABLES, beside the one for requests, and counts generations
 * to see whether all commits were reported.
 */
#include "kernel/commit_watch.h"

#include <netinet/in.h>

#include "base/guarded_call.h"
#include "emit/messages.h"
#include "kernel/attrs.h"
#include "kernel/socket.h"

#include <errno.h>
#include <libmnl/libmnl.h>
#include <libnftnl/common.h>
#include <linux/filter.h>
#include <linux/netfilter.h>
#include <linux/netfilter/nf_tables.h>
#include <linux/netfilter/nfnetlink.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#define REQUEST_SIZE 256

/*
 * The kernel reports several commits in one message of up to 4 KiB; messages of other programs may
 * be longer.
 */
#define RECEIVE_SIZE 65536

/*
 * During transactions of at least so many bytes the socket does not listen: the first if others
 * commit, too, the second if nobody does.
 */
#define LOUD       ((size_t)2 << 20)
#define LOUD_ALONE ((size_t)128 << 10)

/* At most so many datagrams are taken at once, if no particular generation is waited for. */
#define DATAGRAMS 10000

/* The attribute that names the table has this number in each kind of message. */
#define TABLE_ATTRIBUTE 1

struct kernel_watch {
	const char *table;
	struct kernel_socket *socket;
	struct kernel_socket *events;
	struct undo undo;
	uint32_t told;    /* the generation up to which events have been reported */
	bool has_company; /* somebody else has committed something since the watch was opened */
	/* A NUL stands behind what came: it ends each text. */
	char buffer[RECEIVE_SIZE + 1] __attribute__((aligned(NLMSG_ALIGNTO)));
};

/*
 * Installs a filter that drops the reports about commits which came from the port.  All messages of
 * one datagram belong to one commit.
 */
static int keep_out(int fd, uint32_t port)
{
	struct sock_filter code[] = {
		BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct nlmsghdr, nlmsg_pid)),
		/*
		 * The filter reads numbers in network byte order, and the message has them in host
		 * byte order.
		 */
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, htonl(port), 0, 1),
		BPF_STMT(BPF_RET | BPF_K, 0),
		BPF_STMT(BPF_RET | BPF_K, UINT32_MAX),
	};
	const struct sock_fprog filter = {.len = sizeof(code) / sizeof(*code), .filter = code};

	return setsockopt(fd, SOL_SOCKET, SO_ATTACH_FILTER, &filter, sizeof(filter));
}

static int begin(struct kernel_watch *watch)
{
	watch->socket = kernel_open(NETLINK_NETFILTER);
	watch->events = watch->socket ? kernel_open(NETLINK_NETFILTER) : NULL;
	if (!watch->events)
		return -1;
	kernel_make_room(watch->events);
	if (keep_out(kernel_fd(watch->events), kernel_port(watch->socket)))
		return -1;
	return kernel_listen(watch->events, true);
}

struct kernel_watch *kernel_watch_open(const char *table)
{
	struct kernel_watch *watch = calloc(1, sizeof(*watch));
	int error;

	if (!watch)
		return NULL;
	undo_later(&watch->undo, undo_memory, watch);
	watch->table = table;
	if (!begin(watch))
		return watch;
	error = errno;
	kernel_watch_close(watch);
	errno = error;
	return NULL;
}

void kernel_watch_close(struct kernel_watch *watch)
{
	if (!watch)
		return;
	undo_never(&watch->undo);
	kernel_close(watch->events);
	kernel_close(watch->socket);
	free(watch);
}

const char *kernel_watch_table(const struct kernel_watch *watch)
{
	return watch->table;
}

struct kernel_socket *kernel_watch_socket(struct kernel_watch *watch)
{
	return watch->socket;
}

int kernel_watch_fd(const struct kernel_watch *watch)
{
	return kernel_fd(watch->events);
}

/* Does an object of this type move others in the lists that are dumped? */
static bool moves_others(unsigned type)
{
	return type == NFT_MSG_NEWTABLE || type == NFT_MSG_DELTABLE || type == NFT_MSG_NEWCHAIN ||
	       type == NFT_MSG_DELCHAIN || type == NFT_MSG_NEWOBJ || type == NFT_MSG_DELOBJ ||
	       type == NFT_MSG_NEWFLOWTABLE || type == NFT_MSG_DELFLOWTABLE;
}

static void take_event(struct kernel_watch *watch, const struct nlmsghdr *message,
		       struct kernel_events *events)
{
	const struct nfgenmsg *head = mnl_nlmsg_get_payload(message);
	const unsigned type = NFNL_MSG_TYPE(message->nlmsg_type);
	const struct nlattr *attrs[KERNEL_ATTRS];

	if (NFNL_SUBSYS_ID(message->nlmsg_type) != NFNL_SUBSYS_NFTABLES)
		return;
	kernel_message_attrs(message, attrs);
	if (type == NFT_MSG_NEWGEN) {
		watch->told = kernel_number(attrs[NFTA_GEN_ID]);
		return;
	}
	events->lists |= moves_others(type);
	if (head->nfgen_family == NFPROTO_INET)
		events->table |= !attrs[TABLE_ATTRIBUTE] ||
				 !strcmp(mnl_attr_get_str(attrs[TABLE_ATTRIBUTE]), watch->table);
}

/* Takes one datagram; returns 1, or 0 if there is none, or -1 with errno. */
static int take_datagram(struct kernel_watch *watch, struct kernel_events *events)
{
	const struct nlmsghdr *message = (const struct nlmsghdr *)(void *)watch->buffer;
	int len = (int)recv(kernel_fd(watch->events), watch->buffer, RECEIVE_SIZE,
			    MSG_DONTWAIT | MSG_TRUNC);

	if ((len < 0 && errno == ENOBUFS) || len > RECEIVE_SIZE) {
		*events = (struct kernel_events){true, true};
		watch->has_company = true;
		return 1;
	}
	if (len < 0)
		return errno == EINTR ? 1 : errno == EAGAIN ? 0 : -1;
	watch->buffer[len] = '\0';
	watch->has_company = true;
	for (; kernel_holds_message(message, len); message = mnl_nlmsg_next(message, &len))
		take_event(watch, message, events);
	return 1;
}

int kernel_watch_take(struct kernel_watch *watch, struct kernel_events *events)
{
	int status = 1;

	for (int i = 0; status > 0 && i < DATAGRAMS; i++)
		status = take_datagram(watch, events);
	return status < 0 ? -1 : 0;
}

static int take_generation(void *context, const struct nlmsghdr *message)
{
	const struct nlattr *attrs[KERNEL_ATTRS];

	kernel_message_attrs(message, attrs);
	*(uint32_t *)context = kernel_number(attrs[NFTA_GEN_ID]);
	return 0;
}

static int ask_generation(struct kernel_watch *watch, uint32_t *generation)
{
	char buffer[REQUEST_SIZE];

	return kernel_ask(watch->socket,
			  nftnl_nlmsg_build_hdr(buffer, NFT_MSG_GETGEN, NFPROTO_UNSPEC, 0, 0),
			  take_generation, generation);
}

/*
 * Sends an empty transaction.  When the kernel has answered it, it has reported all earlier
 * commits.
 */
static int wait_for_commits(struct kernel_watch *watch)
{
	struct kernel_refusal refusal;
	struct batch batch;
	int failed;

	batch_begin(&batch, watch->table);
	batch_end(&batch);
	failed = kernel_commit(watch->socket, &batch, &refusal);
	batch_free(&batch);
	return failed && !refusal.is_lost ? -1 : 0;
}

int kernel_watch_sync(struct kernel_watch *watch, struct kernel_events *events,
		      uint32_t *generation)
{
	int status = 1;

	if (ask_generation(watch, generation) || wait_for_commits(watch))
		return -1;
	/*
	 * If somebody commits faster than this reads, later commits must not hold it up; they do
	 * not matter.
	 */
	watch->told = *generation - 1;
	while (status > 0 && (int32_t)(watch->told - *generation) < 0)
		status = take_datagram(watch, events);
	return status < 0 ? -1 : 0;
}

/*
 * For each element the kernel writes some 4 KiB of reports if anybody listens.  For a long
 * transaction that is too much, and not worth it if there is nobody else whose commits could be
 * missed.
 */
static bool must_not_listen(const struct kernel_watch *watch, const struct batch *batch)
{
	return batch->len > (watch->has_company ? LOUD : LOUD_ALONE);
}

int kernel_watch_commit(struct kernel_watch *watch, const struct batch *batch,
			struct kernel_refusal *refusal, struct kernel_events *events)
{
	uint32_t before, after;
	int failed, error;

	if (!must_not_listen(watch, batch))
		return kernel_commit(watch->socket, batch, refusal);
	*refusal = (struct kernel_refusal){.subject = SIZE_MAX};
	if (kernel_watch_sync(watch, events, &before) || kernel_listen(watch->events, false))
		return -1;
	failed = kernel_commit(watch->socket, batch, refusal);
	error = errno;
	/* Each commit adds one to the generation, which skips 0. */
	before += !failed;
	before += !before;
	if (kernel_listen(watch->events, true) || ask_generation(watch, &after) || after != before)
		*events = (struct kernel_events){true, true};
	errno = error;
	return failed;
}
