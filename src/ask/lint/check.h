/*
 * What a check of lint is, what it is given, and what it finds.
 *
 * In:  a world, of which a check reads the words of the policies.  Out: findings.
 *
 * The hard idea: the input may be a whole cluster, or only what one repository holds of it.  So a
 * check never says that something is missing if it may be elsewhere: if the input has no pod of a
 * namespace, the pods of that namespace are not known.  What the input cannot tell for certain is a
 * note, and not a warning.
 *
 * Every check looks at each place once, and a place costs about as much as what it names. What many
 * places ask is kept under its definition (ask/lint/crowd.h), or found through an index (entries.h,
 * services.h, label_counts.h).
 */
#ifndef NP2NFT_ASK_LINT_CHECK_H
#define NP2NFT_ASK_LINT_CHECK_H

#include "ask/world/world.h"

struct census_book;
struct crowd_book;
struct entry_index;
struct lint;
struct remainder_book;
struct service_index;

/* A check, which makes one kind of findings.  */
struct check {
	const char *code;
	const char *title; /* one line that fits all findings of the kind */
	enum severity severity;
	void (*run)(struct lint *lint, const struct check *check);
};

struct finding {
	const struct check *check;
	enum severity severity; /* that of the check, unless the check says otherwise */
	const struct policy
		/*
		 * For a cluster policy, this is a policy that stands in for it and has no
		 * namespace.
		 */
		*policy;
	struct mark mark;
	struct mark *others; /* further places of this policy where the same is found */
	size_t other_count;
	const char *reason, *remedy; /* one line each */
};

/* A place in a policy.  */
struct lint_place {
	const struct policy *policy;
	enum direction direction;
	const struct policy_rule *rule;
	const struct peer *peer; /* NULL: the place is the whole rule */
};

struct lint {
	struct arena *arena;   /* holds what lasts: findings, indexes, and their words */
	struct arena *scratch; /* is emptied before a check visits the next place */
	const struct world *world;
	const struct objects *objects; /* those of the world: stand-ins are among the pods */
	struct crowd_book *crowds;
	struct entry_index *entries;
	struct remainder_book *remainders;
	struct service_index *services;
	struct census_book *censuses;
	const struct policy
		/*
		 * index: cluster policy; policies with its name, its place and the codes that it
		 * ignores
		 */
		*stand_ins;
	/* the input is a whole cluster: it has the namespace kube-system and pods in it */
	bool whole;
	struct finding *findings;
	size_t count;
};

/*
 * Adds a finding, whose reason is written as by printf().  The result is valid until the next
 * finding is added.
 */
struct finding *lint_add(struct lint *lint, const struct check *check, const struct policy *policy,
			 struct mark mark, const char *remedy, const char *format, ...)
	__attribute__((format(printf, 6, 7)));

typedef void (*lint_visit)(struct lint *lint, const struct check *check,
			   const struct lint_place *place);

/*
 * They visit all policies (a place is then only a policy), all rules, or all entries of `from` and
 * `to`.
 */
void lint_each_policy(struct lint *lint, const struct check *check, lint_visit visit);
void lint_each_rule(struct lint *lint, const struct check *check, lint_visit visit);
void lint_each_peer(struct lint *lint, const struct check *check, lint_visit visit);

/* The checks, in the order of the files that have them.  */
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
