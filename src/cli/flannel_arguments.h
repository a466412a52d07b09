/*
 * Understands the name and the arguments with which flannel's chart starts a policy enforcer.
 *
 * In:  argv of a program that is called /bin/netpol: --hostname-override=NODE, and others that have
 * no meaning here.  Out: argv of `np2nft agent --node NODE`.
 */
#ifndef NP2NFT_CLI_FLANNEL_ARGUMENTS_H
#define NP2NFT_CLI_FLANNEL_ARGUMENTS_H

/*
 * If the program is called netpol, replaces *argc and *argv with arguments for np2nft, which live
 * as long as the program.  The node is taken from the arguments, or from $MY_NODE_NAME, or from
 * $NODE_NAME.
 */
void netpol_arguments(int *argc, char ***argv);

#endif
