/*
 * Acts that a process must not be able to do once it has given up its rights.
 *     inside RIGHTS INPUT VICTIM
 * RIGHTS is the sum of enum rights, and 16 for the carrier; INPUT is a file that may be read, and
 * VICTIM a folder with a file `secret`.  Prints each act that is still possible.  The exit status is
 * 0 if no such act is possible and the input can be read, and 1 otherwise.
 */
#ifndef _GNU_SOURCE
#define _GNU_SOURCE
#endif

#include "cli/rights.h"
#include "np2nft.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/netfilter/nf_tables.h>
#include <linux/netfilter/nfnetlink.h>
#include <linux/netlink.h>
#include <netinet/in.h>
#include <sched.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/mount.h>
#include <sys/ptrace.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <termios.h>
#include <time.h>
#include <unistd.h>

static const char *input, *victim;

/*
 * This replaces the library's function, since the library is built with a sanitizer that needs
 * rights of its own.
 */
void np2nft_prepare(void)
{
	mkdir("/run/np2nft", 0755);
}

static void try_as_carrier(void (*confine)(int socket));
static bool is_carrier;

enum np2nft_result np2nft_carrier_begin(const char *table, void (*confine)(int socket))
{
	(void)table;
	if (is_carrier)
		try_as_carrier(confine);
	return NP2NFT_OK;
}

void np2nft_carrier_end(void)
{
}

bool np2nft_carrier_is_lost(void)
{
	return false;
}

static const char *in(const char *folder, const char *name)
{
	static char path[4096];

	snprintf(path, sizeof(path), "%s/%s", folder, name);
	return path;
}

static bool run_program(void)
{
	/* This program fails, so that a process which may run it is noticed. */
	execl("/bin/false", "false", (char *)NULL);
	return false;
}

static bool fork_child(void)
{
	const pid_t child = fork();

	if (!child)
		_exit(0);
	return child > 0;
}

static bool read_other(void)
{
	char byte;
	const int fd = open(in(victim, "secret"), O_RDONLY);

	return fd >= 0 && read(fd, &byte, 1) >= 0;
}

static bool list_other(void)
{
	return open(victim, O_RDONLY | O_DIRECTORY) >= 0;
}

static bool read_password(void)
{
	return open("/etc/passwd", O_RDONLY) >= 0;
}

static bool write_other(void)
{
	return open(in(victim, "secret"), O_WRONLY) >= 0;
}

static bool write_input(void)
{
	return open(input, O_WRONLY) >= 0;
}

static bool create_file(void)
{
	return open(in(victim, "new"), O_WRONLY | O_CREAT, 0600) >= 0;
}

static bool cut_file(void)
{
	return !truncate(in(victim, "secret"), 0);
}

static bool remove_file(void)
{
	return !unlink(in(victim, "secret"));
}

static bool make_folder(void)
{
	return !mkdir(in(victim, "folder"), 0700);
}

static bool move_file(void)
{
	return !rename(in(victim, "secret"), input);
}

static bool link_file(void)
{
	return !link(input, in(victim, "linked"));
}

static bool make_link(void)
{
	return !symlink("/", in(victim, "symbolic"));
}

static bool make_device(void)
{
	return !mknod(in(victim, "device"), S_IFCHR | 0600, 0x103);
}

static bool change_mode(void)
{
	return !chmod(in(victim, "secret"), 0777);
}

static bool change_owner(void)
{
	return !chown(in(victim, "secret"), 1, 1);
}

/* Port 9 of this host, on which nobody listens. */
static const struct sockaddr_in somewhere = {.sin_family = AF_INET, .sin_port = 0x0900};

static bool connect_tcp(void)
{
	const int fd = socket(AF_INET, SOCK_STREAM, 0);
	const int failed = connect(fd, (const struct sockaddr *)&somewhere, sizeof(somewhere));

	return !failed || errno == ECONNREFUSED || errno == ENETUNREACH;
}

static bool send_udp(void)
{
	struct sockaddr_in to = somewhere;
	const int fd = socket(AF_INET, SOCK_DGRAM, 0);

	to.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	return sendto(fd, "x", 1, 0, (const struct sockaddr *)&to, sizeof(to)) > 0;
}

static bool send_message(void)
{
	struct sockaddr_in to = somewhere;
	struct msghdr message = {.msg_name = &to, .msg_namelen = sizeof(to)};

	to.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	return sendmsg(socket(AF_INET, SOCK_DGRAM, 0), &message, 0) >= 0;
}

static bool listen_tcp(void)
{
	return !listen(socket(AF_INET, SOCK_STREAM, 0), 1);
}

static bool open_raw(void)
{
	return socket(AF_INET, SOCK_RAW, IPPROTO_ICMP) >= 0;
}

static bool open_packet(void)
{
	return socket(AF_PACKET, SOCK_RAW, 0) >= 0;
}

static bool open_vsock(void)
{
	return socket(AF_VSOCK, SOCK_STREAM, 0) >= 0;
}

static bool open_netlink(void)
{
	return socket(AF_NETLINK, SOCK_RAW, NETLINK_NETFILTER) >= 0;
}

/* May it ask netfilter? That takes the same capability as to change something there. */
static bool ask_netfilter(void)
{
	struct {
		struct nlmsghdr head;
		char body[4];
	} request = {.head = {.nlmsg_len = sizeof(request),
			      .nlmsg_type = NFNL_SUBSYS_NFTABLES << 8 | NFT_MSG_GETGEN,
			      .nlmsg_flags = NLM_F_REQUEST}};
	struct {
		struct nlmsghdr head;
		struct nlmsgerr error;
	} answer = {.head = {.nlmsg_len = 0}};
	const int fd = socket(AF_NETLINK, SOCK_RAW, NETLINK_NETFILTER);

	return send(fd, &request, sizeof(request), 0) > 0 &&
	       recv(fd, &answer, sizeof(answer), MSG_DONTWAIT) > 0 &&
	       answer.head.nlmsg_type != NLMSG_ERROR;
}

static bool trace_parent(void)
{
	return !ptrace(PTRACE_SEIZE, getppid(), 0, 0);
}

static bool read_memory(void)
{
	char path[64];

	snprintf(path, sizeof(path), "/proc/%d/mem", getppid());
	return open(path, O_RDWR) >= 0;
}

static bool signal_parent(void)
{
	return !kill(getppid(), 0) || !syscall(SYS_tgkill, getppid(), getppid(), 0);
}

static bool mount_folder(void)
{
	return !mount("none", victim, "tmpfs", 0, NULL);
}

static bool new_namespace(void)
{
	return !unshare(CLONE_NEWUSER) || !unshare(CLONE_NEWNS);
}

static bool other_namespace(void)
{
	return !setns(open("/proc/1/ns/mnt", O_RDONLY), 0);
}

static bool change_user(void)
{
	return !setuid(1);
}

static bool change_root(void)
{
	return !chroot(victim);
}

static bool load_module(void)
{
	syscall(SYS_init_module, NULL, 0, "");
	return errno != ENOSYS && errno != EPERM;
}

static bool load_bpf(void)
{
	syscall(SYS_bpf, 0, NULL, 0);
	return errno != ENOSYS && errno != EPERM;
}

static bool use_uring(void)
{
	syscall(SYS_io_uring_setup, 0, NULL);
	return errno != ENOSYS && errno != EPERM;
}

static bool use_keys(void)
{
	syscall(SYS_keyctl, 0, 0, 0);
	return errno != ENOSYS && errno != EPERM;
}

static bool set_clock(void)
{
	return !syscall(SYS_clock_settime, CLOCK_REALTIME, &(struct timespec){0});
}

static bool run_memory(void)
{
	return mmap(NULL, 4096, PROT_READ | PROT_EXEC, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0) !=
	       MAP_FAILED;
}

static bool make_memory_run(void)
{
	void *page = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	return !mprotect(page, 4096, PROT_READ | PROT_EXEC);
}

static bool type_into_terminal(void)
{
	ioctl(STDIN_FILENO, TIOCSTI, "x");
	return errno != ENOSYS && errno != EPERM;
}

#define KERNEL  RIGHT_KERNEL
#define NETWORK RIGHT_NETWORK
#define CARRIER 16

static const struct {
	const char *name;
	bool (*is_possible)(void);
	unsigned given_by; /* with this right, the act may be possible */
} acts[] = {
	{"start a program", run_program, 0},
	{"read another file", read_other, NETWORK},
	{"list another folder", list_other, NETWORK},
	{"read /etc/passwd", read_password, NETWORK},
	{"write another file", write_other, 0},
	{"write the input", write_input, 0},
	{"make a file", create_file, 0},
	{"cut a file", cut_file, 0},
	{"remove a file", remove_file, 0},
	{"make a folder", make_folder, 0},
	{"move a file", move_file, 0},
	{"link a file", link_file, 0},
	{"make a link", make_link, 0},
	{"make a device", make_device, 0},
	{"change an owner", change_owner, 0},
	{"connect", connect_tcp, NETWORK},
	{"send UDP", send_udp, NETWORK},
	{"send a message", send_message, NETWORK},
	{"listen", listen_tcp, NETWORK},
	{"send as anybody", open_raw, 0},
	{"see all frames", open_packet, 0},
	{"speak to the machine below", open_vsock, NETWORK},
	{"speak to the kernel's network", open_netlink, KERNEL | CARRIER},
	{"ask netfilter", ask_netfilter, CARRIER},
	{"trace the parent", trace_parent, 0},
	{"write the parent's memory", read_memory, 0},
	{"signal the parent", signal_parent, 0},
	{"mount", mount_folder, 0},
	{"make a namespace", new_namespace, 0},
	{"enter a namespace", other_namespace, 0},
	{"become another user", change_user, 0},
	{"change the root", change_root, 0},
	{"load a module", load_module, 0},
	{"load BPF", load_bpf, 0},
	{"use io_uring", use_uring, 0},
	{"use keys", use_keys, 0},
	{"set the clock", set_clock, 0},
	{"run memory", run_memory, NETWORK},
	{"make memory run", make_memory_run, NETWORK},
	{"type into the terminal", type_into_terminal, 0},
	{"start a process", fork_child, NETWORK},
	/* This is the last one, because it changes a mode, which Landlock does not prevent. */
	{"change a mode", change_mode, KERNEL},
};

#define ACTS (sizeof(acts) / sizeof(*acts))

static bool is_too_much(size_t act, unsigned rights)
{
	errno = 0;
	return !(acts[act].given_by & rights) && acts[act].is_possible();
}

static int tell(const bool *possible)
{
	int failed = 0;

	for (size_t i = 0; i < ACTS; i++)
		if (possible[i])
			failed |= printf("%s: possible\n", acts[i].name);
	printf("%zu acts\n", ACTS);
	return failed ? 1 : 0;
}

/* A carrier cannot write anywhere, so another process prints what it could do. */
static void try_as_carrier(void (*confine)(int socket))
{
	bool *possible =
		mmap(NULL, ACTS + 2, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	int ends[2], status;

	if (socketpair(AF_UNIX, SOCK_STREAM, 0, ends))
		exit(2);
	if (!fork()) {
		confine(ends[1]);
		for (size_t i = 0; i < ACTS; i++)
			possible[i] = is_too_much(i, CARRIER);
		possible[ACTS] = open(input, O_RDONLY) >= 0;
		possible[ACTS + 1] = ask_netfilter() && send(ends[1], "x", 1, 0) == 1;
		syscall(SYS_exit_group, 0);
	}
	if (wait(&status) < 0 || status || possible[ACTS] || !possible[ACTS + 1]) {
		printf("a carrier reads the input, or cannot do its work\n");
		exit(1);
	}
	exit(tell(possible));
}

int main(int argc, char **argv)
{
	bool possible[ACTS];
	const unsigned rights = argc > 1 ? (unsigned)atoi(argv[1]) : 0;
	int failed = 0;
	char byte;

	if (argc != 4)
		return 2;
	input = argv[2];
	victim = argv[3];
	is_carrier = rights & CARRIER;
	if (rights_begin(is_carrier ? RIGHT_KERNEL : rights, NULL))
		return 2;
	if (!(rights & RIGHT_NETWORK))
		rights_read_only(&input, 1, &input, 1);
	if (read(open(input, O_RDONLY), &byte, 1) != 1)
		failed = printf("the input cannot be read\n");
	rights_end_reading();
	for (size_t i = 0; i < ACTS; i++)
		possible[i] = is_too_much(i, rights);
	return tell(possible) || failed ? 1 : 0;
}
