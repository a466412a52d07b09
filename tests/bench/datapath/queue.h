/* A program that the kernel asks about packets, and that says yes to each: `-j NFQUEUE`. */
#ifndef DATAPATH_QUEUE_H
#define DATAPATH_QUEUE_H

#include <stddef.h>

/*
 * Becomes the one that is asked, for the queue 100 of the network namespace at @path.  The thread
 * stays in its own namespace.  Ends the program on failure.
 */
struct queue *queue_open(const char *path);

/*
 * Waits for @count packets to be asked about and accepts each; ends the program if they do not come
 * within a second.
 */
void queue_accept(struct queue *queue, size_t count);

#endif
