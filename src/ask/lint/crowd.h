/*
 * Finds which pods of the input a policy selects, and which an entry of it means.
 *
 * In:  the objects of a world, among whose pods there are stand-ins for others.  Out: pods of the
 * input, whether they run or are to come.  Such pods are called known.
 *
 * A definition that many policies share, such as all pods in all namespaces, is looked up once.
 */
#ifndef NP2NFT_ASK_LINT_CROWD_H
#define NP2NFT_ASK_LINT_CROWD_H

#include "ask/lint/check.h"

/* Known pods, as indices to objects.pods, ascending.  */
struct crowd {
	uint32_t *pods;
	size_t count;
};

/* What is known about the pods that a selection by labels means.  */
struct crowd_meant {
	uint32_t first; /* the first of its known pods, in the order of names */
	size_t count;   /* how many known pods it means */
	/* it would mean pods on their nodes' networks, but no selector matches these */
	bool on_hosts;
	/* Parties that it means: of each class two that are known, and two stand-ins.  */
	uint32_t *parties;
	size_t party_count;
};

void lint_prepare_crowds(struct lint *lint);

/*
 * What is known about the policy's own pods (@peer NULL), or about those that an entry by labels
 * means.
 */
const struct crowd_meant *lint_meant(const struct lint *lint, const struct policy *policy,
				     const struct peer *peer);

/*
 * All known pods that the policy selects (@peer NULL), or that an entry by labels or by block
 * means.  They live in lint->scratch.
 */
struct crowd lint_crowd(const struct lint *lint, const struct policy *policy,
			const struct peer *peer);

/*
 * How many known pods have an address in what the excepts leave of the block, or in the CIDR;
 * *lowest is the one with the lowest address, if there is any.
 */
size_t lint_count_in_block(const struct lint *lint, const struct peer *block, uint32_t *lowest);
size_t lint_count_in_cidr(const struct lint *lint, const struct cidr *cidr, uint32_t *lowest);

/* Does a known pod have an address of the same family outside the CIDR? */
bool lint_has_outside(const struct lint *lint, const struct cidr *cidr);

/* Does the entry mean one of these pods? */
bool lint_means_one_of(const struct lint *lint, const struct policy *policy,
		       const struct peer *peer, const struct pod *pods, size_t count);

bool lint_is_known(const struct lint *lint, uint32_t pod);
const struct party *lint_party(const struct lint *lint, uint32_t pod);

/* Does the namespace have known pods? Does it have an object? */
bool lint_has_pods(const struct lint *lint, const char *namespace);
bool lint_has_namespace(const struct lint *lint, const char *name);

/* Are there pods of the namespace on their nodes' networks, running or to come? */
bool lint_has_host_pods(const struct lint *lint, const char *namespace);

/* How many namespaces of the input the selector matches.  */
size_t lint_count_namespaces(const struct lint *lint, const struct selector *selector);

/*
 * Does the input have all namespaces that the entry means? lint_knows() assumes that it does if the
 * entry asks for a label, and the input has namespaces with that label. lint_is_closed() is
 * certain: the input is a whole cluster, or the entry names one namespace whose pods are known.
 */
bool lint_knows(const struct lint *lint, const struct peer *peer);
bool lint_is_closed(const struct lint *lint, const struct policy *policy, const struct peer *peer);

#endif
