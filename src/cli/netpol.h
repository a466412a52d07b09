/*
 * The name and arguments under which flannel's chart starts a policy enforcer.
 *
 * In:  argv, of a program that is called /bin/netpol: --hostname-override=NODE, and others that mean nothing here.
 * Out: argv of `np2nft agent --node NODE`.
 */
#ifndef NP2NFT_CLI_NETPOL_H
#define NP2NFT_CLI_NETPOL_H

/*
 * If the program is called netpol, replaces *argc and *argv by what that means, which lives as long as the program.
 * The node is that of the arguments, or $MY_NODE_NAME, or $NODE_NAME.
 */
void netpol_arguments(int *argc, char ***argv);

#endif
