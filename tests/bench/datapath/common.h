/* What the two generators of traffic, send and connect, have in common. */
#ifndef DATAPATH_COMMON_H
#define DATAPATH_COMMON_H

#include <netinet/in.h>
#include <stdint.h>
#include <stdio.h>

/* Who calls which port of the pod, both in network byte order. */
struct flow {
	in_addr_t source;
	in_port_t port;
};

/* Says what failed, with errno's words, and ends the program. */
_Noreturn void fail(const char *what);

/* Says that an argument is not what it should be, and ends the program. */
_Noreturn void refuse(const char *what, const char *argument);

/*
 * Reads flows from standard input, "ADDRESS PORT" a line; ends the program unless there is one and
 * every line is good.  Sets *@count; the array is malloc'ed.
 */
struct flow *read_flows(size_t *count);

/* A decimal number of at most @most; ends the program on anything else. */
uint64_t number(const char *text, uint64_t most);

/* An IPv4 address in network byte order; ends the program on anything else. */
in_addr_t address(const char *text);

/*
 * Moves this thread into the network namespace at @path; the result is for namespace_leave(), which
 * brings it back.
 */
int namespace_enter(const char *path);
void namespace_leave(int home);

/* Nanoseconds of a clock that never steps. */
uint64_t now(void);

/* The times of batches, and their median. */
struct times {
	uint64_t *values;
	size_t count, room;
};

/* Notes one time. */
void times_add(struct times *times, uint64_t value);

/*
 * The median, 0 if there are none; it is little moved by batches during which another program had
 * the processor.  Sorts the values.
 */
uint64_t times_median(struct times *times);

#endif
