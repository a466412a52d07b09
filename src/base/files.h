/* Which files a child process keeps of those that its parent had open. */
#ifndef NP2NFT_BASE_FILES_H
#define NP2NFT_BASE_FILES_H

/* Closes all open files but these two; -1 stands for none. */
void files_keep_only(int one, int other);

#endif
