/*
 * Runs a program, and prints the seconds of processor time that it took and the most kB of memory
 * that it had.
 *
 *     cost PROGRAM [ARGUMENT]...
 *
 * The peak of a child counts from the memory of the process that forked it.  So this program is
 * small, and a script that measures runs it instead of forking the program itself.
 */
#include <fcntl.h>
#include <stdio.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

static double seconds(struct timeval time)
{
	return (double)time.tv_sec + (double)time.tv_usec / 1e6;
}

int main(int argc, char **argv)
{
	struct rusage usage;
	int status, nowhere;
	pid_t child;

	if (argc < 2)
		return 2;
	child = fork();
	if (!child) {
		nowhere = open("/dev/null", O_WRONLY);
		dup2(nowhere, STDOUT_FILENO);
		dup2(nowhere, STDERR_FILENO);
		execv(argv[1], argv + 1);
		_exit(127);
	}
	if (child < 0 || wait4(child, &status, 0, &usage) < 0 || !WIFEXITED(status) ||
	    WEXITSTATUS(status) > 1)
		return 2;
	printf("%f %ld\n", seconds(usage.ru_utime) + seconds(usage.ru_stime), usage.ru_maxrss);
	return 0;
}
