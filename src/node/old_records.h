/*
 * Removes what is kept in /run/np2nft about network namespaces that are gone.
 *
 * In:  the folder, whose files have names that begin with the number (inode) of a namespace and a
 * dot; most of them contain its cookie.  Out: the files of namespaces that are gone are removed.
 *
 * The hard idea: since Linux 6.18 a namespace can be opened by its cookie, and one that is gone
 * cannot.  The kernel gives the same error for a namespace that this process may not open, so only
 * root of the machine removes anything.
 */
#ifndef NP2NFT_NODE_OLD_RECORDS_H
#define NP2NFT_NODE_OLD_RECORDS_H

/* Removes the files.  A failure does no harm: whatever stays is removed another time. */
void sweep_records(void);

#endif
