/*
 * Which pods of the input policies and their entries mean.
 *
 * In:  the objects of a world, among whose pods are those that stand for others.
 * Out: the pods of the input that a definition means, running or to come; those pods are called known.
 *
 * A definition that many policies share, such as all pods in all namespaces, is looked up once.
 */
#ifndef NP2NFT_ASK_LINT_CROWD_H
#define NP2NFT_ASK_LINT_CROWD_H

#include "ask/lint/check.h"

/* Known pods, as ascending indices to objects.pods. */
struct crowd {
	uint32_t *pods;
	size_t count;
};

/* What is known of the pods that a definition by label means. */
struct crowd_meant {
	uint32_t first; /* the first of its known pods, in the order of their names */
	size_t count;   /* of its known pods */
	bool on_hosts; /* there are such pods on their node's network, where no selector matches them */
	/* Parties that it means: of each class two that are known and two that stand for others. */
	uint32_t *parties;
	size_t party_count;
};

void lint_prepare_crowds(struct lint *lint);

/* Of the policy's own pods (@peer NULL) or of an entry by label. */
const struct crowd_meant *lint_meant(const struct lint *lint, const struct policy *policy,
				     const struct peer *peer);

/* All known pods that the policy selects (@peer NULL), or that an entry by label or by block means. */
struct crowd lint_crowd(const struct lint *lint, const struct policy *policy,
			const struct peer *peer);

/* The known pods with an address in what is left of the block: how many, and that with the lowest. */
size_t lint_count_in_block(const struct lint *lint, const struct peer *block, uint32_t *lowest);
size_t lint_count_in_cidr(const struct lint *lint, const struct cidr *cidr, uint32_t *lowest);

/* Has a known pod an address of the same family outside of it? */
bool lint_has_outside(const struct lint *lint, const struct cidr *cidr);

/* Does the entry mean one of these pods? */
bool lint_means_one_of(const struct lint *lint, const struct policy *policy,
		       const struct peer *peer, const struct pod *pods, size_t count);

bool lint_is_known(const struct lint *lint, uint32_t pod);
const struct party *lint_party(const struct lint *lint, uint32_t pod);

/* The group of the pod in this direction; NULL: nothing isolates it. */
const struct group *lint_group(const struct lint *lint, uint32_t pod, enum direction direction);

/* Has the namespace known pods?  Has it an object? */
bool lint_has_pods(const struct lint *lint, const char *namespace);
bool lint_has_namespace(const struct lint *lint, const char *name);

/* Pods that run on the nodes' network, there or to come. */
bool lint_has_host_pods(const struct lint *lint, const char *namespace);

/* The namespaces of the input that a selector matches: how many. */
size_t lint_count_namespaces(const struct lint *lint, const struct selector *selector);

/*
 * Does the input have all of the namespaces that the entry means?  lint_knows() assumes so where it asks for
 * a label, and the input has namespaces with it; lint_is_closed() is sure of it: the input is whole, or the
 * entry names one namespace whose pods are known.
 */
bool lint_knows(const struct lint *lint, const struct peer *peer);
bool lint_is_closed(const struct lint *lint, const struct policy *policy, const struct peer *peer);

#endif
