/*
 * What is kept in /run/np2nft of network namespaces that are gone.
 *
 * In:  the folder, whose files begin with the number (inode) of a namespace and a dot; most of them hold its cookie.
 * Out: the files of namespaces that are gone are removed.
 *
 * The hard idea: since Linux 6.18 a namespace can be opened by its cookie, and one that is gone cannot.  The kernel says
 * the same of a namespace that this process may not open, so who is not root of the machine sweeps nothing.
 */
#ifndef NP2NFT_NODE_SWEEP_H
#define NP2NFT_NODE_SWEEP_H

/* Failing is no harm: what stays is swept another time. */
void sweep_records(void);

#endif
