/* What is said between a process and its carrier, and how it is read and written. */
#ifndef NP2NFT_KERNEL_CARRIER_ERRAND_H
#define NP2NFT_KERNEL_CARRIER_ERRAND_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum errand_kind {
	ERRAND_OPEN,   /* answered with the number and, beside it, the file descriptor */
	ERRAND_CLOSE,  /* not answered */
	ERRAND_SEND,   /* the bytes follow */
	ERRAND_LISTEN, /* value: 1 or 0 */
	ERRAND_ROOM,   /* more of it, for what the socket hears */
	ERRAND_LEGACY, /* value: a family; answered with the policy */
	ERRAND_ADDRS /* a link's name follows, a namespace is beside it; addresses follow the answer */
};

struct errand {
	uint32_t kind;
	int32_t number; /* of the socket */
	uint32_t value;
	uint32_t len; /* how many bytes follow */
};

struct errand_answer {
	int32_t error; /* an errno value; 0: it is done */
	int32_t number;
	uint32_t len; /* how many bytes follow */
};

/* No errand carries more, and no batch is longer. */
#define ERRAND_MAX ((size_t)1 << 30)

/*
 * For a process that has set a time limit on its socket (SO_RCVTIMEO, SO_SNDTIMEO): @goes_on is asked
 * each time that the limit has passed.  If it returns false, what was being read or written has
 * failed.
 */
void errand_when_late(bool (*goes_on)(void));

/* Returns false with errno if not all could be written. */
bool errand_write(int to, const void *bytes, size_t len);

/* Writes bytes, which are not many, and beside them a file descriptor; -1: none. */
bool errand_write_beside(int to, const void *bytes, size_t len, int fd);

/* Returns false if not all could be read, because the other side has ended or for another reason. */
bool errand_read(int from, void *into, size_t len);

/* Reads bytes, and the file descriptor beside them; *fd is -1 if there is none. */
bool errand_read_beside(int from, void *into, size_t len, int *fd);

#endif
