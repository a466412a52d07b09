/*
 * What every table has alike: its layout and the names of its chains.
 *
 * The layout is a number that goes up when a table means something else than an older
 * np2nft would read in it (another name of a map, another hook), so that the older one keeps its hands
 * off.  emit/batch.c writes it, kernel/survey.c reads it.
 *
 * It stands in the table's user data (NFTA_TABLE_USERDATA) as one entry more beside nft's own: type,
 * length, four bytes in host order.  nft skips a type that it does not know, so the table lists the
 * same with it or without.  A table that nft loaded from text has none.  The kernel keeps the user data
 * with which a table was made: a layout that goes up replaces the table.
 */
#ifndef NP2NFT_RULESET_LAYOUT_H
#define NP2NFT_RULESET_LAYOUT_H

#define TABLE_LAYOUT 1u

/* nft counts its types from 0 (enum nftnl_udata_table_types). */
#define UDATA_TABLE_LAYOUT 0x6e

/*
 * Chains of every ruleset: replies and what the node itself needs; packets that begin in the middle of
 * a connection; the direction in which a pod is not isolated.
 */
#define CHAIN_ALWAYS    "always"
#define CHAIN_MIDSTREAM "midstream"
#define CHAIN_FREE      "free"

#endif
