/*
 * Applies policies in this process's network namespace, while somebody else commits to a table of
 * its own: before each of the first COUNT messages that this process sends, or waits for.
 *
 *     other_commits elements|chains|late COUNT PATH...
 *
 * The other one changes elements or chains.  With `late` it changes elements, but only before long
 * transactions, during which apply does not hear of other commits.  Prints how many times the
 * elements of a set were dumped.  The exit status is np2nft's, or 4 if a commit of the other one
 * was refused.
 */
#include "emit/messages.h"
#include "np2nft.h"

#include <libmnl/libmnl.h>
#include <linux/netfilter/nf_tables.h>
#include <linux/netfilter/nfnetlink.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

/* The other one commits these changes again and again: COMES, then GOES, then COMES. */
enum { COMES, GOES };

static struct batch batches[2];
static size_t left, next, dumps;
static int other = -1;
static bool waits_for_long;

static void commit(const struct batch *batch)
{
	char answer[4096];

	if (sendto(other, batch->bytes, batch->len, 0, NULL, 0) != (ssize_t)batch->len ||
	    recvfrom(other, answer, sizeof(answer), MSG_DONTWAIT, NULL, NULL) >= 0)
		_exit(4);
}

static void disturb(void)
{
	if (!left)
		return;
	left--;
	commit(&batches[next]);
	next = next == COMES ? GOES : COMES;
}

/* This send() and the recv() below replace those of the C library. */
ssize_t send(int fd, const void *bytes, size_t len, int flags)
{
	const struct nlmsghdr *message = bytes;

	dumps += NFNL_SUBSYS_ID(message->nlmsg_type) == NFNL_SUBSYS_NFTABLES &&
		 NFNL_MSG_TYPE(message->nlmsg_type) == NFT_MSG_GETSETELEM;
	if (!waits_for_long || len > 1 << 17)
		disturb();
	return sendto(fd, bytes, len, flags, NULL, 0);
}

ssize_t recv(int fd, void *bytes, size_t len, int flags)
{
	/*
	 * The news of commits are read without waiting.  They are not disturbed, since that would
	 * make more news each time, without end.
	 */
	if (!waits_for_long && !(flags & MSG_DONTWAIT))
		disturb();
	return recvfrom(fd, bytes, len, flags, NULL, NULL);
}

static void fill(struct batch *batch, struct change *items, size_t count)
{
	const struct changes changes = {items, count};
	struct batch_position at = {0};

	batch_begin(batch, "others");
	while (at.change < count)
		at = batch_change(batch, &changes, at);
	batch_end(batch);
}

static void prepare(bool chains)
{
	static const uint8_t key[] = {192, 0, 2, 1};
	static const struct chain chain = {.name = "a"};
	static const struct set set = {
		.name = "s", .fields = {FIELD_IP_SADDR}, .field_count = 1, .count = 1, .keys = key};
	const struct sockaddr_nl here = {.nl_family = AF_NETLINK};
	struct change made[] = {{.kind = CHANGE_ADD_TABLE}, {.kind = CHANGE_ADD_SET, .set = &set}};
	struct change comes = {.kind = chains ? CHANGE_ADD_CHAIN : CHANGE_ADD_ELEMENTS,
			       .chain = &chain,
			       .set = &set};
	struct change goes = {.kind = chains ? CHANGE_DELETE_CHAIN : CHANGE_DELETE_ELEMENTS,
			      .chain = &chain,
			      .set = &set};
	struct batch table;

	other = socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, NETLINK_NETFILTER);
	if (other < 0 || bind(other, (const struct sockaddr *)&here, sizeof(here)))
		_exit(4);
	fill(&table, made, 2);
	fill(&batches[COMES], &comes, 1);
	fill(&batches[GOES], &goes, 1);
	commit(&table);
	batch_free(&table);
}

int main(int argc, char **argv)
{
	static const struct np2nft_options options = {.default_namespace = "default",
						      .table = "np2nft"};
	struct np2nft *n = np2nft_new(&options);
	int failed;

	if (argc < 4)
		return 3;
	waits_for_long = !strcmp(argv[1], "late");
	left = strtoul(argv[2], NULL, 10);
	if (left)
		prepare(!strcmp(argv[1], "chains"));
	failed = np2nft_read(n, (const char *const *)argv + 3, (size_t)argc - 3) ||
		 np2nft_compile(n) || np2nft_apply(n, NULL);
	for (size_t i = 0; i < np2nft_diagnostic_count(n) && failed; i++)
		fprintf(stderr, "%s\n", np2nft_diagnostic(n, i)->text);
	printf("%zu\n", dumps);
	np2nft_free(n);
	batch_free(&batches[COMES]);
	batch_free(&batches[GOES]);
	return failed ? 2 : 0;
}
