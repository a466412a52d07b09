/* Writes bytes to a file descriptor. */
#ifndef NP2NFT_CLI_WRITE_BYTES_H
#define NP2NFT_CLI_WRITE_BYTES_H

#include <stddef.h>

/* An np2nft_writer; @context points to a file descriptor. */
int write_bytes(void *context, const char *bytes, size_t len);

#endif
