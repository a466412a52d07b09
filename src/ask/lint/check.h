/*
 * What a check of lint is, what it is given, and what it finds.
 *
 * In:  a world, looked at through the words of its policies.
 * Out: findings.
 *
 * The hard idea: the input may be a whole cluster, or what one repository holds of it.  Nothing is said to
 * be missing that may stand elsewhere: of a namespace without any pod in the input, the pods are not known.
 * What the input cannot tell for certain is a note and not a warning.
 *
 * Every check looks at each place once, and a place costs about as much as what it names: whatever is asked
 * of many places is kept by its definition (ask/lint/crowd.h) or found through an index (entries.h,
 * services.h, census.h).
 */
#ifndef NP2NFT_ASK_LINT_CHECK_H
#define NP2NFT_ASK_LINT_CHECK_H

#include "ask/world.h"

struct census_book;
struct crowd_book;
struct entry_index;
struct lint;
struct remainder_book;
struct service_index;

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
	const struct policy
		*policy; /* of a cluster policy what stands in for it, without a namespace */
	struct mark mark;
	struct mark *others; /* where the same is so in this policy, after the first place */
	size_t other_count;
	const char *reason, *remedy; /* one line each */
};

/* Where in a policy. */
struct lint_place {
	const struct policy *policy;
	enum direction direction;
	const struct policy_rule *rule;
	const struct peer *peer; /* NULL: the rule as a whole */
};

struct lint {
	struct arena *arena;   /* holds what lasts: findings, indexes and their words */
	struct arena *scratch; /* is emptied before each place that a check visits */
	const struct world *world;
	const struct objects *objects; /* the world's: with stand-ins among the pods */
	struct crowd_book *crowds;
	struct entry_index *entries;
	struct remainder_book *remainders;
	struct service_index *services;
	struct census_book *censuses;
	const struct policy
		*stand_ins; /* for cluster policies, by index: name, place, what is ignored */
	bool whole;         /* the input is all of a cluster: it has kube-system and pods in it */
	struct finding *findings;
	size_t count;
};

/* Adds one, its reason in printf's way; returned until the next is added. */
struct finding *lint_add(struct lint *lint, const struct check *check, const struct policy *policy,
			 struct mark mark, const char *remedy, const char *format, ...)
	__attribute__((format(printf, 6, 7)));

typedef void (*lint_visit)(struct lint *lint, const struct check *check,
			   const struct lint_place *place);

/* Visits all policies (with only that in the place), all rules, or all entries of their `from` and `to`. */
void lint_each_policy(struct lint *lint, const struct check *check, lint_visit visit);
void lint_each_rule(struct lint *lint, const struct check *check, lint_visit visit);
void lint_each_peer(struct lint *lint, const struct check *check, lint_visit visit);

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
void check_peers_and_ports_apart(struct lint *lint, const struct check *check);

void check_except_leaves_nothing(struct lint *lint, const struct check *check);
void check_block_covers_pods(struct lint *lint, const struct check *check);
void check_except_covers_pods(struct lint *lint, const struct check *check);
void check_service_range(struct lint *lint, const struct check *check);

void check_client_hidden(struct lint *lint, const struct check *check);
void check_service_port(struct lint *lint, const struct check *check);

void check_without_dns(struct lint *lint, const struct check *check);
void check_dns_without_tcp(struct lint *lint, const struct check *check);

void check_port_name(struct lint *lint, const struct check *check);
void check_other_end_denies(struct lint *lint, const struct check *check);

void check_same_priority(struct lint *lint, const struct check *check);
void check_shadowed_rule(struct lint *lint, const struct check *check);
void check_pass_to_nothing(struct lint *lint, const struct check *check);
void check_baseline_never_asked(struct lint *lint, const struct check *check);
void check_networks_hit_pods(struct lint *lint, const struct check *check);
void check_denies_dns(struct lint *lint, const struct check *check);
void check_domain_not_enforced(struct lint *lint, const struct check *check);
void check_unknown_node_label(struct lint *lint, const struct check *check);
void check_service_address(struct lint *lint, const struct check *check);
void check_denies_own_node(struct lint *lint, const struct check *check);
void check_only_host_network(struct lint *lint, const struct check *check);
void check_experimental_field(struct lint *lint, const struct check *check);

#endif
