/*
 * What every table has alike: its layout, the names of its chains and maps, and its base chain's rules.
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

#include "base/addr.h"
#include "model/objects.h"
#include "ruleset/ruleset.h"

#define TABLE_LAYOUT 2u

/* nft counts its types from 0 (enum nftnl_udata_table_types). */
#define UDATA_TABLE_LAYOUT 0x6e

/*
 * Chains of every ruleset: what no policy stops; TCP that begins midway; the direction in which a pod is not
 * isolated; what does not leave a link.
 */
#define CHAIN_ALWAYS    "always"
#define CHAIN_MIDSTREAM "midstream"
#define CHAIN_FREE      "free"
#define CHAIN_LINK      "link"
#define CHAIN_MLD       "mld"

/*
 * Clients have ports from this one on, unless they ask for another, and servers listen below: so of a
 * connection whose beginning nobody saw it is told which end began it.
 */
#define FIRST_CLIENT_PORT 0x8000

/* What the guard adds (lower/guard.h), and behind which rule of the base chain. */
#define SET_LINKS       "links"
#define CHAIN_LINKS     "links"
#define CHAIN_SPOOFED   "links/spoofed"
#define CHAIN_WRAPPED   "links/wrapped"
#define CHAIN_INPUT     "input"
#define LAYOUT_GUARD_AT 1

/*
 * What else is added behind that rule (lower/closed.h): sets of the ranges and of the known addresses there, and chains.
 */
#define CHAIN_CLOSED      "closed"
#define CHAIN_CLOSED_FROM "closed/from"
#define CHAIN_CLOSED_TO   "closed/to"
extern const char *const layout_closed_names[FAMILIES], *const layout_known_names[FAMILIES];

/* Is it a set of known addresses? */
bool layout_is_known_set(const struct set *set);

/*
 * Where denied packets are handed to a group of nflog (lower/logged.h): so many a second at most, and so many at once.
 */
#define CHAIN_LOG        "log"
#define LAYOUT_LOG_GROUP 27001
#define LAYOUT_LOG_RATE  10
#define LAYOUT_LOG_BURST 50

/* Behind the name of a chain: where what it does not let through ends. */
#define CHAIN_DENY "/deny"

/*
 * Of pods under cluster policies: what the part of a group's name begins with that names those of a tier, and behind
 * the name of the group, the chains of each tier.  Names of Kubernetes' objects have no capitals.
 */
#define TIER_ADMIN_PREFIX    "admin."
#define TIER_BASELINE_PREFIX "baseline."
#define CHAIN_ADMIN          "/Admin"
#define CHAIN_POLICIES       "/Policies"
#define CHAIN_BASELINE       "/Baseline"
#define CHAIN_ANY_PORT       "/any"

/* The maps of isolated pods, by address, to the chain of each pod's group. */
extern const char *const pod_map_names[DIRECTIONS][FAMILIES];

/*
 * The same for what such a pod sends to its own node, where the hook input meets it (chain CHAIN_INPUT): to the chains
 * of its cluster policies alone.  There are none unless one of those names nodes or networks in egress.
 */
extern const char *const node_map_names[FAMILIES];

/* Such a map; NULL if the ruleset has none. */
const struct set *layout_pod_map(const struct ruleset *ruleset, enum direction direction,
				 enum family family);

/*
 * The rules of the base chain, which are the same in every ruleset: replies, then the pod maps, then what
 * stays on a link.  @maps: those that are looked up.
 */
#define LAYOUT_BASE_RULES 11
void layout_base_rules(const struct set *const maps[DIRECTIONS][FAMILIES],
		       struct rule rules[LAYOUT_BASE_RULES]);

/* The source is a link-local address of IPv6. */
extern const struct set layout_from_link;

/* Does the base chain have just those rules, and perhaps the guard's and the one of lower/closed.h? */
bool layout_has_base_rules(const struct ruleset *ruleset, const struct chain *base);

#endif
