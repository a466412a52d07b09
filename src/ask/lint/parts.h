/*
 * What the checks of lint share.
 *
 * In:  a world, looked at through the words of its policies.
 * Out: findings.
 *
 * The hard idea: the input may be a whole cluster, or what one repository holds of it.  Nothing is said to
 * be missing that may stand elsewhere: of a namespace without any pod in the input, its pods are not known.
 */
#ifndef NP2NFT_ASK_LINT_PARTS_H
#define NP2NFT_ASK_LINT_PARTS_H

#include "ask/world.h"
#include "resolve/match.h"

struct lint;

/* One kind of finding. */
struct check {
	const char *code;
	const char *title; /* one line for all findings of the kind */
	enum severity severity;
	void (*run)(struct lint *lint, const struct check *check);
};

struct finding {
	const struct check *check;
	enum severity severity; /* the check's, unless it knows better */
	const struct policy *policy;
	struct mark mark;
	const char *reason, *remedy; /* one line each */
};

/* Where in a policy. */
struct place {
	const struct policy *policy;
	enum direction direction;
	const struct policy_rule *rule;
	const struct peer *peer; /* NULL: the rule as a whole */
};

struct lint {
	struct arena *arena;
	const struct world *world;
	const struct objects *objects; /* the world's: with stand-ins among the pods */
	const struct match_index *index;
	struct bits
		known; /* pods of the input, running or to come; not those that stand for others */
	const uint32_t *party;       /* of a pod */
	const struct objects *hosts; /* the same, but its pods are those on their node's network */
	const struct match_index *host_index;
	struct bits pods, others; /* for one check at a time */
	bool whole;               /* the input is all of a cluster: kube-system is in it */
	struct finding *findings;
	size_t count;
};

/* Adds one, its reason in printf's way; returned until the next is added. */
struct finding *lint_add(struct lint *lint, const struct check *check, const struct policy *policy,
			 struct mark mark, const char *remedy, const char *format, ...)
	__attribute__((format(printf, 6, 7)));

typedef void (*lint_visit)(struct lint *lint, const struct check *check, const struct place *place);

/* Visits all rules, or all entries of their `from` and `to`, in the order of the policies. */
void lint_each_rule(struct lint *lint, const struct check *check, lint_visit visit);
void lint_each_peer(struct lint *lint, const struct check *check, lint_visit visit);

/* The known pods that a policy selects; those that a peer means (of a block: by their addresses). */
void lint_selected(const struct lint *lint, const struct policy *policy, struct bits *pods);
void lint_peer_pods(const struct lint *lint, const struct policy *policy, const struct peer *peer,
		    struct bits *pods);

/* The pods, known or not, that a peer by label means in an index. */
void lint_match_peer(const struct lint *lint, const struct match_index *index,
		     const struct policy *policy, const struct peer *peer, struct bits *pods);

/* Has the namespace known pods? */
bool lint_has_pods(const struct lint *lint, const char *namespace);

/* Has it an object? */
bool lint_has_namespace(const struct lint *lint, const char *name);

/* Can no object ever match?  Then the requirements that contradict each other, in words; otherwise NULL. */
const char *lint_contradiction(const struct lint *lint, const struct selector *selector,
			       bool of_namespaces);

/* Can the peer ever match anything? */
bool lint_can_match(const struct lint *lint, const struct peer *peer);

/* Are the namespaces that it means in the input, or can be?  Not, if others may have some of their own. */
bool lint_knows(const struct lint *lint, const struct peer *peer);

/* "shop/web-1", "shop/web-1 and 2 more"; of known pods, in the order of their names. */
const char *lint_pods_text(const struct lint *lint, const struct bits *pods);

/* "pods app=web in shop": those that a policy selects. */
const char *lint_selected_text(const struct lint *lint, const struct policy *policy);

/* "5432/TCP, http/TCP"; "any port". */
const char *lint_ports_text(const struct lint *lint, const struct policy_rule *rule);

/* What is left of a block, in ranges; how many. */
size_t lint_block_ranges(const struct lint *lint, const struct peer *block, struct range **ranges);

bool lint_service_selects(const struct service *service, const struct pod *pod);

/* Does everything that @a matches match @b too, by their words? */
bool selector_within(const struct selector *a, const struct selector *b);

/* The checks, by file. */
void check_contradiction(struct lint *lint, const struct check *check);
void check_selects_no_pods(struct lint *lint, const struct check *check);
void check_peer_without_namespace(struct lint *lint, const struct check *check);
void check_peer_without_pods(struct lint *lint, const struct check *check);
void check_no_such_namespace(struct lint *lint, const struct check *check);
void check_host_network(struct lint *lint, const struct check *check);

void check_or_not_and(struct lint *lint, const struct check *check);
void check_pointless_rule(struct lint *lint, const struct check *check);
void check_pointless_entry(struct lint *lint, const struct check *check);
void check_except_undone(struct lint *lint, const struct check *check);

void check_except_leaves_nothing(struct lint *lint, const struct check *check);
void check_block_covers_pods(struct lint *lint, const struct check *check);
void check_except_covers_pods(struct lint *lint, const struct check *check);
void check_service_range(struct lint *lint, const struct check *check);
void check_client_hidden(struct lint *lint, const struct check *check);

void check_without_dns(struct lint *lint, const struct check *check);
void check_dns_without_tcp(struct lint *lint, const struct check *check);

void check_port_name(struct lint *lint, const struct check *check);
void check_other_end_denies(struct lint *lint, const struct check *check);

#endif
