/* What a process and its carrier say to each other: files beside the bytes. */
#include "unit.h"

#include "kernel/carrier_errand.h"

#include <dirent.h>
#include <string.h>
#include <sys/socket.h>

static size_t open_files(void)
{
	DIR *folder = opendir("/proc/self/fd");
	size_t count = 0;

	ck_assert_ptr_nonnull(folder);
	while (readdir(folder))
		count++;
	closedir(folder);
	return count;
}

/* Sends bytes with so many copies of a file beside them. */
static void send_files(int to, const char *bytes, size_t len, int file, size_t count)
{
	char room[CMSG_SPACE(8 * sizeof(int))] __attribute__((aligned(8))) = {0};
	struct iovec part = {(void *)(uintptr_t)bytes, len};
	struct msghdr message = {.msg_iov = &part,
				 .msg_iovlen = 1,
				 .msg_control = room,
				 .msg_controllen = CMSG_SPACE(count * sizeof(int))};
	struct cmsghdr *head = CMSG_FIRSTHDR(&message);

	head->cmsg_level = SOL_SOCKET;
	head->cmsg_type = SCM_RIGHTS;
	head->cmsg_len = CMSG_LEN(count * sizeof(int));
	for (size_t i = 0; i < count; i++)
		memcpy(CMSG_DATA(head) + i * sizeof(int), &file, sizeof(file));
	ck_assert_int_eq(sendmsg(to, &message, 0), (ssize_t)len);
}

/* A process that was taken over can send files without end, and must not leave more than one in its carrier. */
START_TEST(at_most_one_file_comes)
{
	int ends[2], file;
	char bytes[4];

	ck_assert(!socketpair(AF_UNIX, SOCK_STREAM, 0, ends));
	for (size_t count = 1; count <= 8; count++) {
		const size_t before = open_files();

		send_files(ends[0], "four", 4, ends[0], count);
		ck_assert(errand_read_beside(ends[1], bytes, 4, &file));
		ck_assert_mem_eq(bytes, "four", 4);
		ck_assert_uint_eq(open_files(), before + (file >= 0));
		if (file >= 0)
			close(file);
		/* Files beside bytes that are read in another way do not come at all. */
		send_files(ends[0], "four", 4, ends[0], count);
		ck_assert(errand_read(ends[1], bytes, 4));
		ck_assert_uint_eq(open_files(), before);
	}
	close(ends[0]);
	close(ends[1]);
}
END_TEST

START_TEST(file_comes_beside_bytes)
{
	int ends[2], file;
	char bytes[4];

	ck_assert(!socketpair(AF_UNIX, SOCK_STREAM, 0, ends));
	ck_assert(errand_write_beside(ends[0], "four", 4, ends[0]));
	ck_assert(errand_read_beside(ends[1], bytes, 4, &file));
	ck_assert_int_ge(file, 0);
	close(file);
	ck_assert(errand_write_beside(ends[0], "four", 4, -1));
	ck_assert(errand_read_beside(ends[1], bytes, 4, &file));
	ck_assert_int_eq(file, -1);
	close(ends[0]);
	ck_assert(!errand_read_beside(ends[1], bytes, 4, &file));
	close(ends[1]);
}
END_TEST

UNIT_MAIN("carrier_errand", at_most_one_file_comes, file_comes_beside_bytes)
