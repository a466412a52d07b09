/*
 * What every table has in common: a layout number, the names of its chains and maps, and the rules
 * of its base chain.
 *
 * The layout number goes up whenever an older np2nft would misunderstand the table (a map has
 * another name, a chain is on another hook), so that the older one does not touch it.  emit/batch.c
 * writes the number, kernel/survey.c reads it.
 *
 * It is an entry in the table's user data (NFTA_TABLE_USERDATA), beside nft's own entries: type,
 * length, and four bytes in host order.  nft skips types that it does not know, so the entry does
 * not change what it lists.  A table that nft loaded from text has no such entry.  The kernel never
 * changes the user data of a table, so a table with an older number must be replaced.
 */
#ifndef NP2NFT_RULESET_LAYOUT_H
#define NP2NFT_RULESET_LAYOUT_H

#include "base/addr.h"
#include "model/objects.h"
#include "ruleset/ruleset.h"

/* 3: cluster policies, what pods send to their own node, and tiers that groups jump to. */
#define TABLE_LAYOUT 3u

/* The type of our entry.  nft counts its types up from 0 (enum nftnl_udata_table_types). */
#define UDATA_TABLE_LAYOUT 0x6e

/*
 * Chains of every ruleset: for packets that no policy denies, for TCP connections whose beginning
 * was not seen, for the direction in which a pod is not isolated, and for packets that do not leave
 * a link.
 */
#define CHAIN_ALWAYS    "always"
#define CHAIN_MIDSTREAM "midstream"
#define CHAIN_FREE      "free"
#define CHAIN_LINK      "link"
#define CHAIN_MLD       "mld"

/*
 * Clients take ports from this one on, unless they ask for another, and servers listen below it.
 * So for a connection whose beginning nobody saw, the ports tell which end began it.
 */
#define FIRST_CLIENT_PORT 0x8000

/*
 * The chains and the set that the guard adds (lower/guard.h), and the place in the base chain
 * behind which its rule stands.
 */
#define SET_LINKS       "links"
#define CHAIN_LINKS     "links"
#define CHAIN_SPOOFED   "links/spoofed"
#define CHAIN_WRAPPED   "links/wrapped"
#define CHAIN_INPUT     "input"
#define LAYOUT_GUARD_AT 1

/*
 * The chains and sets that lower/closed.h adds behind that rule: sets of the closed ranges, and of
 * the known addresses in them.
 */
#define CHAIN_CLOSED      "closed"
#define CHAIN_CLOSED_FROM "closed/from"
#define CHAIN_CLOSED_TO   "closed/to"
extern const char *const layout_closed_names[FAMILIES], *const layout_known_names[FAMILIES];

/* Is it one of the sets of known addresses? */
bool layout_is_known_set(const struct set *set);

/*
 * The chain that hands denied packets to a group of nflog (lower/logged.h), with its limit: so many
 * packets a second, and so many at once.
 */
#define CHAIN_LOG        "log"
#define CHAIN_LOG_AUDIT  "log-audit" /* the same for what audited policies would deny */
#define LAYOUT_LOG_GROUP 27001
#define LAYOUT_LOG_RATE  10
#define LAYOUT_LOG_BURST 50
#define LAYOUT_LOG_AUDIT "audit" /* what such packets are told with: the prefix of the log */

/* Behind the name of a chain, this names the chain for packets that it does not let through. */
#define CHAIN_DENY "/deny"

/*
 * What follows the name of a group that only audited policies isolate, in the names of two chains: the
 * one that counts what the policies would deny, and the one for those of its pods that are isolated in
 * the other direction, whose TCP must not begin midway.
 */
#define CHAIN_AUDIT      "/audit"
#define CHAIN_AUDIT_FREE "/free"

/* Does the chain's name end in @tail? */
bool layout_ends_in(const char *chain, const char *tail);

/* The tier whose denied packets end in the chain; TIERS: it is no such chain. */
enum tier layout_denying_tier(const char *chain);

/*
 * Of pods under cluster policies: the prefixes of those parts of a group's name that name the
 * policies of a tier, and what follows the group's name in the names of the chains of each tier.
 * They cannot be mistaken for names of Kubernetes' objects, which have no capitals.
 */
#define TIER_ADMIN_PREFIX    "admin."
#define TIER_BASELINE_PREFIX "baseline."
#define CHAIN_ADMIN          "/Admin"
#define CHAIN_POLICIES       "/Policies"
#define CHAIN_BASELINE       "/Baseline"
#define CHAIN_ANY_PORT       "/any"
#define CHAIN_MIXED          "/Mixed"

/* The maps from addresses of isolated pods to the chains of their groups. */
extern const char *const pod_map_names[DIRECTIONS][FAMILIES];

/*
 * The maps from addresses of pods to the chains of their cluster policies, for what a pod sends to
 * its own node; the chain CHAIN_INPUT, on the input hook, looks them up.  They exist only if one of
 * the cluster policies names nodes or networks in egress.
 */
extern const char *const node_map_names[FAMILIES];

/* The pod map of a direction and family; NULL if the ruleset has none. */
const struct set *layout_pod_map(const struct ruleset *ruleset, enum direction direction,
				 enum family family);

/*
 * Writes the rules of the base chain, which are the same in every ruleset: the rule for replies,
 * those that look up the pod maps, and those for packets that stay on a link.  @maps are the pod
 * maps.
 */
#define LAYOUT_BASE_RULES 11
void layout_base_rules(const struct set *const maps[DIRECTIONS][FAMILIES],
		       struct rule rules[LAYOUT_BASE_RULES]);

/* The comparison "the source is an IPv6 link-local address". */
extern const struct set layout_from_link;

/*
 * Does the base chain have exactly these rules, perhaps with those that lower/guard.h and
 * lower/closed.h add?
 */
bool layout_has_base_rules(const struct ruleset *ruleset, const struct chain *base);

#endif
