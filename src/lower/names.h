/*
 * Names and comments of chains and sets, from policies and definitions alone: the same policies give
 * the same names, whatever pods there are.
 *
 * nft takes letters, digits and / \ - _ . in a name.  Kubernetes' names and labels use most of them,
 * so the parts of a name are told apart like this:
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
 * Policies' names hold no _ and no capitals, the other two parts no / or _ in places where it would be ambiguous; what
 * cannot be told apart so (a label with _ in it, NotIn, a union of several peers, anything too long)
 * gets __ and a hash of its full text behind it.
 */
#ifndef NP2NFT_LOWER_NAMES_H
#define NP2NFT_LOWER_NAMES_H

#include "lower/cells.h"
#include "resolve/resolve.h"

/*
 * The name of the group's chain; those of the chains below it begin with it.  *cut: it does not name
 * all policies.
 */
const char *name_group(struct arena *arena, const struct resolved *resolved,
		       const struct group *group, bool *cut);

/* The same of the chain for what the group's pods send to their own node. */
const char *name_node_group(struct arena *arena, const struct resolved *resolved,
			    const struct group *group);

/*
 * The same turned round: adds each policy, as NAMESPACE/NAME, that the name of a group's chain tells whole.  True if it
 * tells not all of them.
 */
bool name_policies(struct arena *arena, const char *group, struct table *policies);

/* Which pods the group is, in words. */
const char *comment_group(struct arena *arena, const struct resolved *resolved,
			  const struct group *group);

/* The names of the chains that cells go on to, by target of the plan, into @names. */
void name_targets(struct arena *arena, struct arena *scratch, const char *group,
		  const struct plan *plan, const char **names);

/* The name of the chain that shows a named port of a group without pods. */
const char *name_port(struct arena *arena, const char *group, const char *port,
		      enum protocol protocol);

/* The name of the set for the definitions of @kind in a union. */
const char *name_set(struct arena *arena, const struct resolved *resolved,
		     const uint32_t *definitions, size_t count, enum definition_kind kind,
		     enum family family);

/*
 * What the names of sets begin with that hold the first matches of some cluster policies of a tier; the sets differ in
 * what is said of their addresses, and in the rules, which @text tells in full.
 */
const char *name_first(struct arena *arena, enum tier tier, enum direction direction,
		       const char *const *policies, size_t count, const char *what,
		       const char *text);

/* The definitions in words; *cut: not all of them fit. */
const char *comment_set(struct arena *arena, const struct resolved *resolved,
			const uint32_t *definitions, size_t count, bool *cut);

/* @text, cut to what nft takes as a comment. */
const char *comment_fit(struct arena *arena, const char *text);

#endif
