/*
 * Drops capabilities, and has the filters of seccomp and the rules of Landlock for what a command
 * may still do.
 */
#ifndef _GNU_SOURCE
#define _GNU_SOURCE /* O_PATH */
#endif

#include "cli/rights.h"

#include "np2nft.h"

#include <fcntl.h>
#include <limits.h>
#include <linux/audit.h>
#include <linux/capability.h>
#include <linux/filter.h>
#include <linux/landlock.h>
#include <linux/seccomp.h>
#include <linux/sockios.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <errno.h>

/* The folder of the records. */
#define RECORDS "/run/np2nft"

/* The headers with which this is built may be older than the kernel. */
#ifndef LANDLOCK_ACCESS_FS_REFER
#define LANDLOCK_ACCESS_FS_REFER (1ULL << 13)
#endif
#ifndef LANDLOCK_ACCESS_FS_TRUNCATE
#define LANDLOCK_ACCESS_FS_TRUNCATE (1ULL << 14)
#endif

/*
 * At its end, the process still needs some rights: the address sanitizer looks for leaks as a
 * debugger does, and for scripts/coverage it writes counts.
 */
#if defined(__SANITIZE_ADDRESS__) || defined(NP2NFT_COVERAGE)
#define IS_WATCHED 1
#else
#define IS_WATCHED 0
#endif

/* Keeps those of the capabilities in @kept (as bits) that the process has. */
static void keep_capabilities(uint32_t kept)
{
	struct __user_cap_header_struct head = {.version = _LINUX_CAPABILITY_VERSION_3};
	struct __user_cap_data_struct data[_LINUX_CAPABILITY_U32S_3];

	if (syscall(SYS_capget, &head, data))
		return;
	data[0].effective = data[0].permitted &= kept;
	data[1].effective = data[1].permitted = 0;
	data[0].inheritable = data[1].inheritable = 0;
	prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_CLEAR_ALL, 0, 0, 0);
	syscall(SYS_capset, &head, data);
}

#if defined(__x86_64__)
#define ARCHITECTURE AUDIT_ARCH_X86_64
#elif defined(__aarch64__)
#define ARCHITECTURE AUDIT_ARCH_AARCH64
#elif defined(__riscv) && __riscv_xlen == 64
#define ARCHITECTURE AUDIT_ARCH_RISCV64
#endif

#ifdef ARCHITECTURE

/*
 * System calls that every command needs.  Any other call fails as on a kernel that does not have
 * it.
 */
static const uint16_t common_calls[] = {
	SYS_read,
	SYS_write,
	SYS_readv,
	SYS_writev,
	SYS_pread64,
	SYS_pwrite64,
	SYS_close,
	SYS_fstat,
	SYS_newfstatat,
	SYS_statx,
	SYS_statfs,
	SYS_fstatfs,
	SYS_lseek,
	SYS_getdents64,
	SYS_readlinkat,
	SYS_faccessat,
	SYS_fcntl,
	SYS_dup,
	SYS_dup3,
	SYS_munmap,
	SYS_mremap,
	SYS_brk,
	SYS_madvise,
	SYS_rt_sigaction,
	SYS_rt_sigprocmask,
	SYS_rt_sigreturn,
	SYS_sigaltstack,
	SYS_ppoll,
	SYS_pselect6,
	SYS_pipe2,
	SYS_nanosleep,
	SYS_clock_nanosleep,
	SYS_clock_gettime,
	SYS_clock_getres,
	SYS_gettimeofday,
	SYS_getrandom,
	SYS_futex,
	SYS_set_robust_list,
	SYS_prlimit64,
	SYS_getrusage,
	SYS_times,
	SYS_sysinfo,
	SYS_uname,
	SYS_getpid,
	SYS_gettid,
	SYS_getppid,
	SYS_getuid,
	SYS_geteuid,
	SYS_getgid,
	SYS_getegid,
	SYS_getcwd,
	SYS_sched_getaffinity,
	SYS_sched_yield,
	SYS_membarrier,
	SYS_restart_syscall,
	SYS_exit,
	SYS_exit_group,
	SYS_capget,
	SYS_capset,
	/* Each of these can only reduce rights. */
	SYS_landlock_create_ruleset,
	SYS_landlock_add_rule,
	SYS_landlock_restrict_self,
#ifdef SYS_close_range
	SYS_close_range,
#endif
#ifdef SYS_rseq
	SYS_rseq,
#endif
#ifdef SYS_open
	SYS_stat,
	SYS_lstat,
	SYS_access,
	SYS_readlink,
	SYS_dup2,
	SYS_poll,
	SYS_select,
	SYS_pipe,
	SYS_arch_prctl,
	SYS_time,
#endif
#ifdef SYS_getrlimit
	SYS_getrlimit,
#endif
#ifdef SYS_faccessat2
	SYS_faccessat2,
#endif
};

static const uint16_t writing_calls[] = {
	SYS_openat,    SYS_ftruncate, SYS_fsync,   SYS_fchmod, SYS_fchmodat, SYS_fchown,
	SYS_renameat2, SYS_unlinkat,  SYS_mkdirat, SYS_umask,  SYS_flock,
#ifdef SYS_open
	SYS_open,      SYS_rename,    SYS_unlink,  SYS_mkdir,  SYS_chmod,
#endif
#ifdef SYS_renameat
	SYS_renameat,
#endif
};

static const uint16_t kernel_calls[] = {
	SYS_bind,     SYS_getsockname, SYS_setsockopt,        SYS_getsockopt,
	SYS_recvfrom, SYS_recvmsg,     SYS_name_to_handle_at, SYS_wait4};

/* What the carrier needs, beside sending; it can open no file. */
static const uint16_t carrier_calls[] = {
	SYS_recvfrom,     SYS_recvmsg,        SYS_bind,       SYS_getsockname, SYS_setsockopt,
	SYS_getsockopt,   SYS_close,          SYS_munmap,     SYS_mremap,      SYS_brk,
	SYS_madvise,      SYS_futex,          SYS_exit_group, SYS_getpid,      SYS_gettid,
	SYS_rt_sigreturn, SYS_rt_sigprocmask, SYS_getrandom,
};

static const uint16_t network_calls[] = {
	SYS_socket,         SYS_connect,         SYS_listen,     SYS_accept,      SYS_accept4,
	SYS_shutdown,       SYS_getpeername,     SYS_socketpair, SYS_sendto,      SYS_sendmsg,
	SYS_sendmmsg,       SYS_recvmmsg,        SYS_clone,      SYS_clone3,      SYS_mprotect,
	SYS_mmap,           SYS_epoll_create1,   SYS_epoll_ctl,  SYS_epoll_pwait, SYS_eventfd2,
	SYS_timerfd_create, SYS_timerfd_settime, SYS_signalfd4,  SYS_wait4,       SYS_getgroups,
#ifdef SYS_epoll_wait
	SYS_epoll_wait,
#endif
#ifdef SYS_fork
	SYS_fork, /* by which musl does what others do by SYS_clone */
#endif
};

#define PROGRAM_MAX 512

/* TCGETS2, which newer libraries use; its header cannot be included beside theirs. */
#define TERMINAL_ATTRIBUTES 0x802c542aU

/* Flags that open a file for more than reading. */
#define CHANGES (O_WRONLY | O_RDWR | O_CREAT | O_TRUNC)

#define LOW_WORD(i) (offsetof(struct seccomp_data, args[i]))

struct program {
	struct sock_filter code[PROGRAM_MAX];
	unsigned short len;
};

static void put(struct program *program, struct sock_filter statement)
{
	program->code[program->len++] = statement;
}

static void put_answer(struct program *program, uint32_t answer)
{
	put(program, (struct sock_filter)BPF_STMT(BPF_RET | BPF_K, answer));
}

static void load(struct program *program, size_t offset)
{
	put(program, (struct sock_filter)BPF_STMT(BPF_LD | BPF_W | BPF_ABS, (uint32_t)offset));
}

/* If the loaded value is another one, @skipped statements are skipped. */
static void if_equal(struct program *program, uint32_t value, uint8_t skipped)
{
	put(program, (struct sock_filter)BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, value, 0, skipped));
}

static void allow(struct program *program, const uint16_t *calls, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		if_equal(program, calls[i], 1);
		put_answer(program, SECCOMP_RET_ALLOW);
	}
}

/* Allows @call if its argument @i has none of the bits in @mask. */
static void allow_without(struct program *program, uint32_t call, size_t i, uint32_t mask)
{
	if_equal(program, call, 4);
	load(program, LOW_WORD(i));
	put(program, (struct sock_filter)BPF_JUMP(BPF_JMP | BPF_JSET | BPF_K, mask, 1, 0));
	put_answer(program, SECCOMP_RET_ALLOW);
	put_answer(program, SECCOMP_RET_ERRNO | EPERM);
}

/* Allows @call if the lower half of its argument @i is @value. */
static void allow_with(struct program *program, uint32_t call, size_t i, uint32_t value)
{
	if_equal(program, call, 4);
	load(program, LOW_WORD(i));
	if_equal(program, value, 1);
	put_answer(program, SECCOMP_RET_ALLOW);
	load(program, offsetof(struct seccomp_data, nr));
}

/* Allows send(), which names no receiver: it can ask the kernel, but not send to a network. */
static void allow_send(struct program *program)
{
	if_equal(program, SYS_sendto, 6);
	load(program, LOW_WORD(4));
	if_equal(program, 0, 3);
	load(program, LOW_WORD(4) + sizeof(uint32_t));
	if_equal(program, 0, 1);
	put_answer(program, SECCOMP_RET_ALLOW);
	put_answer(program, SECCOMP_RET_ERRNO | EPERM);
}

/*
 * If the architecture is another one, the jump leads behind these statements with its number still
 * loaded, which is the number of none of the calls that follow.
 */
static void begin_program(struct program *program)
{
	load(program, offsetof(struct seccomp_data, arch));
	if_equal(program, ARCHITECTURE, 1);
	load(program, offsetof(struct seccomp_data, nr));
}

static void end_program(struct program *program)
{
	/* abort() needs this. */
	allow_with(program, SYS_tgkill, 0, (uint32_t)getpid());
	allow_without(program, SYS_mmap, 2, PROT_EXEC);
	allow_without(program, SYS_mprotect, 2, PROT_EXEC);
	put_answer(program, SECCOMP_RET_ERRNO | ENOSYS);
}

static void write_program(struct program *program, unsigned needs)
{
	begin_program(program);
	allow(program, common_calls, sizeof(common_calls) / sizeof(*common_calls));
	if (needs & (RIGHT_KERNEL | RIGHT_OUTPUT))
		allow(program, writing_calls, sizeof(writing_calls) / sizeof(*writing_calls));
	allow_without(program, SYS_openat, 2, CHANGES);
#ifdef SYS_open
	allow_without(program, SYS_open, 1, CHANGES);
#endif
	if (needs & RIGHT_KERNEL)
		allow(program, kernel_calls, sizeof(kernel_calls) / sizeof(*kernel_calls));
	if (needs & RIGHT_NETWORK)
		allow(program, network_calls, sizeof(network_calls) / sizeof(*network_calls));
	if (needs & RIGHT_KERNEL) {
		allow_with(program, SYS_socket, 0, AF_NETLINK);
		allow_with(program, SYS_socket, 0, AF_UNIX);
		allow_send(program);
	}
	/* These ask about a terminal; none of them can type into it. */
	allow_with(program, SYS_ioctl, 1, TERMINAL_ATTRIBUTES);
	allow_with(program, SYS_ioctl, 1, TCGETS);
	allow_with(program, SYS_ioctl, 1, TIOCGWINSZ);
	allow_with(program, SYS_ioctl, 1, FIONBIO);
	allow_with(program, SYS_ioctl, 1, FIONREAD);
	if (needs & RIGHT_KERNEL)
		allow_with(program, SYS_ioctl, 1, SIOCGSKNS);
	allow_with(program, SYS_prctl, 0, PR_CAP_AMBIENT);
	end_program(program);
}

/* INET is for a question to iptables-legacy, which goes to no network. */
static void write_carrier_program(struct program *program, int socket)
{
	static const uint32_t families[] = {AF_NETLINK, AF_INET, AF_INET6};

	begin_program(program);
	allow(program, carrier_calls, sizeof(carrier_calls) / sizeof(*carrier_calls));
	for (size_t i = 0; i < sizeof(families) / sizeof(*families); i++)
		allow_with(program, SYS_socket, 0, families[i]);
	allow_send(program);
	allow_with(program, SYS_sendmsg, 0, (uint32_t)socket);
	end_program(program);
}

static void obey_program(const struct program *program)
{
	prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER,
	      &(struct sock_fprog){.len = program->len,
				   .filter = (struct sock_filter *)(uintptr_t)program->code},
	      0, 0);
}

static void filter_calls(unsigned needs)
{
	struct program program = {.len = 0};

	write_program(&program, needs);
	obey_program(&program);
}

static void filter_carrier_calls(int socket)
{
	struct program program = {.len = 0};

	write_carrier_program(&program, socket);
	obey_program(&program);
}

#else

static void filter_carrier_calls(int socket)
{
	(void)socket;
}

static void filter_calls(unsigned needs)
{
	(void)needs;
}

#endif

/* The accesses that Landlock knows, by its version; early versions know fewer. */
static uint64_t known_accesses(void)
{
	const long version =
		syscall(SYS_landlock_create_ruleset, NULL, 0, LANDLOCK_CREATE_RULESET_VERSION);
	uint64_t known = version > 0 ? LANDLOCK_ACCESS_FS_REFER - 1 : 0;

	if (version > 1)
		known |= LANDLOCK_ACCESS_FS_REFER;
	if (version > 2)
		known |= LANDLOCK_ACCESS_FS_TRUNCATE;
	return known;
}

#define READS (LANDLOCK_ACCESS_FS_READ_FILE | LANDLOCK_ACCESS_FS_READ_DIR)

/* Of these accesses, those that exist for a file. */
#define OF_FILES                                                                                   \
	(LANDLOCK_ACCESS_FS_READ_FILE | LANDLOCK_ACCESS_FS_WRITE_FILE |                            \
	 LANDLOCK_ACCESS_FS_EXECUTE | LANDLOCK_ACCESS_FS_TRUNCATE)

/* Begins rules that forbid @handled; returns -1 if the kernel cannot do it. */
static int begin_rules(uint64_t handled)
{
	const struct landlock_ruleset_attr attr = {.handled_access_fs = handled};

	return handled ? (int)syscall(SYS_landlock_create_ruleset, &attr, sizeof(attr), 0) : -1;
}

static int open_place(const char *path)
{
	int fd;

	do
		fd = open(path, O_PATH | O_CLOEXEC);
	while (fd < 0 && errno == EINTR);
	return fd;
}

/*
 * Makes an exception for @path and what is below it; returns false if it exists but cannot be
 * excepted.
 */
static bool except(int rules, const char *path, uint64_t accesses)
{
	struct landlock_path_beneath_attr attr = {.parent_fd = open_place(path)};
	struct stat status;
	bool failed;

	if (attr.parent_fd < 0)
		return errno == ENOENT;
	failed = fstat(attr.parent_fd, &status) != 0;
	attr.allowed_access = failed || S_ISDIR(status.st_mode) ? accesses : accesses & OF_FILES;
	if (!failed && attr.allowed_access)
		failed = syscall(SYS_landlock_add_rule, rules, LANDLOCK_RULE_PATH_BENEATH, &attr,
				 0) != 0;
	close(attr.parent_fd);
	return !failed;
}

/*
 * Applies the rules, unless an exception is missing: then they would cause errors, and are dropped.
 */
static void obey(int rules, bool are_whole)
{
	if (are_whole)
		syscall(SYS_landlock_restrict_self, rules, 0);
	close(rules);
}

/* From now on, no file can be written but the records, if the command has some. */
static void forbid_writing(unsigned needs)
{
	const uint64_t handled = known_accesses() & ~READS;
	const int rules = begin_rules(handled);
	bool whole = true;

	if (rules < 0)
		return;
	if (needs & RIGHT_KERNEL)
		whole = except(rules, RECORDS, handled & ~(uint64_t)LANDLOCK_ACCESS_FS_EXECUTE);
	if (needs & RIGHT_NETWORK) /* for libraries that are loaded later */
		whole &= except(rules, "/", LANDLOCK_ACCESS_FS_EXECUTE);
	obey(rules, whole);
}

/* Called in the carrier: it keeps CAP_NET_ADMIN, and nothing else. */
static void confine_carrier(int socket)
{
	int rules;

	keep_capabilities(1U << CAP_NET_ADMIN);
	if (IS_WATCHED || prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0))
		return;
	rules = begin_rules(known_accesses());
	if (rules >= 0)
		obey(rules, true);
	filter_carrier_calls(socket);
}

int rights_begin(unsigned needs, const char *table)
{
	const uint32_t reads = 1U << CAP_DAC_READ_SEARCH;
	const uint32_t writes =
		needs & RIGHT_OUTPUT ? 1U << CAP_DAC_OVERRIDE | 1U << CAP_CHOWN | 1U << CAP_FOWNER
				     : 0;

	if (needs & RIGHT_KERNEL) {
		np2nft_prepare();
		if (np2nft_carrier_begin(table, confine_carrier))
			return -1;
	}
	keep_capabilities(reads | writes);
	if (IS_WATCHED || needs & RIGHT_PROGRAM || prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0))
		return 0;
	if (!(needs & RIGHT_OUTPUT))
		forbid_writing(needs);
	filter_calls(needs);
	return 0;
}

int rights_end(void)
{
	const bool is_lost = np2nft_carrier_is_lost();

	np2nft_carrier_end();
	return is_lost ? -1 : 0;
}

/* Is the file @real below one of the paths? */
static bool is_below(const char *const *paths, size_t count, const char *real)
{
	for (size_t i = 0; i < count; i++) {
		const size_t len = paths[i] ? strlen(paths[i]) : 0;

		if (len && !strncmp(real, paths[i], len) &&
		    (!real[len] || real[len] == '/' || paths[i][len - 1] == '/'))
			return true;
	}
	return false;
}

/* Makes exceptions for the paths; those that exist are put into @reals, which has room for all. */
static bool except_paths(int rules, const char *const *paths, size_t count, char **reals)
{
	bool whole = true;

	for (size_t i = 0; i < count; i++) {
		reals[i] = realpath(paths[i], NULL);
		if (reals[i])
			whole &= except(rules, reals[i], READS);
	}
	return whole;
}

/* Makes exceptions for files elsewhere to which links lead. */
static bool except_others(int rules, const char *const *reals, size_t count,
			  const char *const *files, size_t file_count)
{
	bool whole = true;

	for (size_t i = 0; i < file_count; i++) {
		char *real = realpath(files[i], NULL);

		if (real && !is_below(reals, count, real))
			whole &= except(rules, real, READS);
		whole &= real || errno == ENOENT; /* a pipe, or standard input, has no path */
		free(real);
	}
	return whole;
}

void rights_read_only(const char *const *paths, size_t path_count, const char *const *files,
		      size_t file_count)
{
	static const char *const always[] = {"/proc", "/sys/devices/system", RECORDS};
	const int rules = IS_WATCHED ? -1 : begin_rules(known_accesses() & READS);
	char **reals = calloc(path_count + 1, sizeof(*reals));
	bool whole = rules >= 0 && reals;

	whole = whole && except_paths(rules, paths, path_count, reals);
	for (size_t i = 0; whole && i < sizeof(always) / sizeof(*always); i++)
		whole = except(rules, always[i], READS);
	whole = whole &&
		except_others(rules, (const char *const *)reals, path_count, files, file_count);
	if (rules >= 0)
		obey(rules, whole);
	for (size_t i = 0; reals && i < path_count; i++)
		free(reals[i]);
	free(reals);
}

void rights_end_reading(void)
{
	keep_capabilities(0);
}
