/* Describes another process in words. */
#ifndef NP2NFT_NODE_PROCESS_WORDS_H
#define NP2NFT_NODE_PROCESS_WORDS_H

struct arena;

/* Returns "process 12 (nft)"; without the name if there is no such process. */
const char *process_text(struct arena *arena, long pid);

#endif
