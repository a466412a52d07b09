/*
 * Names and comments of chains and sets.
 *
 * In:  policies and definitions; the names do not depend on which pods there are.  Out: names that
 * nft takes, and comments.
 *
 * nft takes letters, digits and / \ - _ . in a name.  Names and labels of Kubernetes use most of
 * these, too, so this is how the parts of a name are told apart:
 *
 *     ingress/NAMESPACE/POLICY_POLICY              pods under these two policies
 *     ingress/NAMESPACE/POLICY/http.tcp.8080       those for which the port http is TCP 8080
 *     ingress/NAMESPACE/POLICY/tcp.80_tcp.443      where packets to these ports go on
 *     ingress/NAMESPACE/POLICY/http.tcp            a port whose number no pod tells yet
 *     ingress/NAMESPACE/POLICY/deny                where what is not allowed ends
 *     ingress/admin.CNP_CNP/NAMESPACE/POLICY       pods under these cluster policies of the tier Admin, too
 *     ingress/admin.CNP/baseline.CNP               those that no policy isolates
 *     …/Policies, …/Baseline                       where packets go on to that tier
 *     …/Admin/tcp.80, …/Admin/deny                 of a tier, as above; …/Admin/any: for every port
 *     pods/NAMESPACE/KEY_VALUE__KEY_VALUE.v4       pods of one namespace by label
 *     pods/namespaces.KEY_VALUE/KEY_VALUE.v4       pods of namespaces by label
 *     pods/all_namespaces.v4
 *     ports/…/http.tcp.v4                          the same pods, with the number of a named port
 *     cidr/10.0.0.0/8_except_10.1.0.0/16.v4
 *     nodes/KEY_VALUE.v4                           addresses of nodes by label
 *     first/admin.CNP/ingress/denied__HASH.v4      whom the first rule that matches denies
 *
 * The names of policies have no _ and no capitals.  In the other parts, a _ or / may be ambiguous
 * (a label has a _ in it), and some things have no short name (NotIn, a union of several peers,
 * anything too long); such names end in __ and a hash of the full text.
 */
#ifndef NP2NFT_LOWER_NAMES_H
#define NP2NFT_LOWER_NAMES_H

#include "lower/cells.h"
#include "resolve/resolved.h"

/*
 * The name of the group's chain; the names of the chains below it begin with it.  *cut tells
 * whether it leaves out some policies.
 */
const char *name_group(struct arena *arena, const struct resolved *resolved,
		       const struct group *group, bool *cut);

/* The name of the chain for what the group's pods send to their own node. */
const char *name_node_group(struct arena *arena, const struct resolved *resolved,
			    const struct group *group);

/*
 * The reverse of name_group(): adds each policy that the name of a group's chain gives in full, as
 * NAMESPACE/NAME.  Returns true if the name does not give all policies.
 */
bool name_policies(struct arena *arena, const char *group, struct table *policies);

/*
 * The group's NetworkPolicies, with what follows them in the name of its chain; the second does this for its
 * cluster policies of a tier.  Nothing is left out, however long that is.
 */
const char *name_policies_of(struct arena *arena, const struct resolved *resolved,
			     const struct group *group);
const char *name_tier_of(struct arena *arena, const struct resolved *resolved,
			 const struct group *group, enum tier tier);

/* Describes in words which pods the group has. */
const char *comment_group(struct arena *arena, const struct resolved *resolved,
			  const struct group *group);

/* Writes to @names, for each target of the plan, the name of the chain to which its cells go on. */
void name_targets(struct arena *arena, struct arena *scratch, const char *group,
		  const struct plan *plan, const char **names);

/* The name of the chain that shows a named port of a group without pods. */
const char *name_port(struct arena *arena, const char *group, const char *port,
		      enum protocol protocol);

/* The name of the set of those definitions of a union that are of @kind. */
const char *name_set(struct arena *arena, const struct resolved *resolved,
		     const uint32_t *definitions, size_t count, enum definition_kind kind,
		     enum family family);

/*
 * The beginning of the names of sets of first matches of some cluster policies of a tier.  @what
 * and a hash of @text, which tells the rules in full, distinguish these sets.
 */
const char *name_first(struct arena *arena, enum tier tier, enum direction direction,
		       const char *const *policies, size_t count, const char *what,
		       const char *text);

/* The definitions in words; *cut tells whether some did not fit. */
const char *comment_set(struct arena *arena, const struct resolved *resolved,
			const uint32_t *definitions, size_t count, bool *cut);

/*
 * Cuts @text to the length that nft takes as a comment, and replaces what nft cannot read between quotes, or what would
 * drive a terminal.
 */
const char *comment_fit(struct arena *arena, const char *text);

#endif
