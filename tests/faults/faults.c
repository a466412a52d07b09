/*
 * Makes calls of the C library fail when a test wants them to.
 *
 * In:  FAULT="CALL NUMBER ERRNO DESCRIPTOR" in the environment: the NUMBERth call of CALL fails,
 * with ERRNO in errno.  Out: a byte to the file descriptor DESCRIPTOR once that has happened.
 *
 * A program that this is linked into uses these functions instead of the library's.  Under the
 * address sanitizer the functions for memory are left out, since the sanitizer has its own.
 */
#ifndef _GNU_SOURCE
#define _GNU_SOURCE /* RTLD_NEXT */
#endif

#include <dirent.h>
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

/* The program has come to its end, and what is called now is not its own. */
static bool is_over;

#ifdef NP2NFT_COVERAGE
/* The library that writes what was reached crashes if it gets no memory. */
static void end_faults(void)
{
	is_over = true;
}

__attribute__((constructor)) static void plan_end(void)
{
	atexit(end_faults);
}
#endif

/* Must this call fail? No memory is allocated here, since malloc() asks, too. */
static bool fails(const char *call)
{
	static long calls;
	const char *fault = getenv("FAULT");
	size_t len = strlen(call);
	char *rest;
	int error;

	if (is_over || !fault || strncmp(fault, call, len) != 0 || fault[len] != ' ')
		return false;
	if (++calls != strtol(fault + len, &rest, 10))
		return false;
	error = (int)strtol(rest, &rest, 10);
	syscall(SYS_write, (int)strtol(rest, NULL, 10), "!", 1);
	errno = error;
	return true;
}

/* Finds the library's own function, which has the type of @function. */
#define NEXT(function) ((__typeof__(&(function)))dlsym(RTLD_NEXT, #function))

DIR *opendir(const char *path)
{
	return fails("opendir") ? NULL : NEXT(opendir)(path);
}

struct dirent *readdir(DIR *dir)
{
	return fails("readdir") ? NULL : NEXT(readdir)(dir);
}

int stat(const char *restrict path, struct stat *restrict status)
{
	return fails("stat") ? -1 : NEXT(stat)(path, status);
}

char *realpath(const char *restrict path, char *restrict real)
{
	return fails("realpath") ? NULL : NEXT(realpath)(path, real);
}

int open(const char *path, int flags, ...)
{
	mode_t mode = 0;
	va_list list;

	va_start(list, flags);
	if (flags & O_CREAT)
		mode = va_arg(list, mode_t);
	va_end(list);
	return fails("open") ? -1 : NEXT(open)(path, flags, mode);
}

ssize_t read(int fd, void *bytes, size_t size)
{
	return fails("read") ? -1 : NEXT(read)(fd, bytes, size);
}

#if defined(__GLIBC__) && !defined(__SANITIZE_ADDRESS__)
void *__libc_malloc(size_t size);
void *__libc_calloc(size_t count, size_t size);
void *__libc_realloc(void *memory, size_t size);

void *malloc(size_t size)
{
	return fails("malloc") ? NULL : __libc_malloc(size);
}

void *calloc(size_t count, size_t size)
{
	return fails("malloc") ? NULL : __libc_calloc(count, size);
}

void *realloc(void *memory, size_t size)
{
	return fails("malloc") ? NULL : __libc_realloc(memory, size);
}
#endif
