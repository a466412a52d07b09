/*
 * What every table has in common: a layout number, the names of its chains and maps, and the rules
 * of its base chain.
 *
 * The layout number goes up whenever an older np2nft would misunderstand the table (a map has
 * another name, a chain is on another hook), so that the older one does not touch it.
 * emit/messages.c writes the number, kernel/other_chains.c reads it.
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
#define CHAIN_FORWARD   "forward"
#define CHAIN_INPUT     "input"
#define LAYOUT_GUARD_AT 1

/*
 * The chains and sets that lower/closed_ranges.h adds behind that rule: sets of the closed ranges,
 * and of the known addresses in them.
 */
#define CHAIN_CLOSED      "closed"
#define CHAIN_CLOSED_FROM "closed/from"
#define CHAIN_CLOSED_TO   "closed/to"
extern const char *const layout_closed_range_names[FAMILIES], *const layout_known_names[FAMILIES];

/* Is it one of the sets of known addresses? */
bool layout_is_known_set(const struct set *set);

/*
 * The chain that hands denied packets to a group of nflog (lower/log_denied.h), with its limit: so
 * many packets a second, and so many at once.
 */
#define CHAIN_LOG        "log"
#define CHAIN_LOG_AUDIT  "log-audit" /* the same for what audited policies would deny */
#define LAYOUT_LOG_GROUP 27001
#define LAYOUT_LOG_RATE  10
#define LAYOUT_LOG_BURST 50
#define LAYOUT_LOG_AUDIT "audit" /* the prefix with which such packets are logged */

/*
 * The chain for packets that a chain does not let through has the chain's name with this behind it.
 */
#define CHAIN_DENY "/deny"

/*
 * A group that only audited policies isolate has two chains whose names are the group's name with
 * one of these behind it.  The first counts what the policies would deny.  The second is for those
 * of its pods that are isolated in the other direction, whose TCP connections must not begin
 * midway.
 */
#define CHAIN_AUDIT      "/audit"
#define CHAIN_AUDIT_FREE "/free"

/*
 * Is the chain on the hook that a chain of its name must be on, or on none if it must be on none?
 */
bool layout_is_in_place(const struct chain *chain);

/* Does the chain's name end in @tail? */
bool layout_ends_in(const char *chain, const char *tail);

/*
 * Returns the tier whose denied packets end in the chain; TIERS if the chain is for no such
 * packets.
 */
enum tier layout_denying_tier(const char *chain);

/*
 * In the name of a group of pods under cluster policies, the parts that name the policies of a tier
 * begin with the tier's prefix.  The chains of each tier have the group's name with one of the
 * other texts behind it; these cannot be mistaken for names of Kubernetes' objects, which have no
 * capitals.
 */
#define TIER_ADMIN_PREFIX    "admin."
#define TIER_BASELINE_PREFIX "baseline."
#define CHAIN_ADMIN          "/Admin"
#define CHAIN_POLICIES       "/Policies"
#define CHAIN_BASELINE       "/Baseline"
#define CHAIN_ANY_PORT       "/any"
#define CHAIN_MIXED          "/Mixed"

/* The names of the chains for what pods send to their own node begin with this. */
#define CHAIN_NODE "node"

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

/* One of the maps for what pods send to their own node; NULL if the ruleset has none. */
const struct set *layout_node_map(const struct ruleset *ruleset, enum family family);

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
 * lower/closed_ranges.h add?
 */
bool layout_has_base_rules(const struct ruleset *ruleset, const struct chain *base);

#endif
