/*
 * What policies can tell pods apart by.
 *
 * In:  pods, one by one, and the labels and ports that selectors and rules ask for.  Out: a number
 * for each identity.  An identity is a namespace, the labels that some selector may ask for, and
 * the named ports that some rule may name.
 *
 * The hard idea: pods of one identity are the same to every policy, and there are far fewer
 * identities than pods, since the pods of one workload have the same.  So what policies mean is
 * found once for each identity.
 */
#ifndef NP2NFT_RESOLVE_IDENTITY_H
#define NP2NFT_RESOLVE_IDENTITY_H

#include "model/objects.h"

struct identity {
	uint32_t namespace;           /* index to identities.namespaces */
	const struct label *labels;   /* sorted by key */
	const struct pod_port *ports; /* in the order of the pod */
	size_t label_count, port_count;
};

struct identities {
	struct arena *arena;
	struct table namespace_names; /* names; the numbers are indices to: */
	struct labelled_namespace {
		const char *name;
		const struct label *labels; /* sorted by key */
		size_t label_count;
		/* it is for pods that only joint policies select (model/shared_address.h) */
		bool is_made_up;
	} * namespaces;
	size_t namespace_count;
	bool *asked_keys; /* index: the number of a label's key */
	size_t asked_key_count;
	struct table asked_ports; /* names of ports */
	struct table keys;        /* the bytes of identities; the numbers are indices to: */
	struct identity *items;
	size_t count;
	uint32_t *room; /* scratch space for the bytes of an identity */
	size_t room_size;
	uint32_t last; /* the identity that was looked up last */
};

void identities_init(struct identities *identities, struct arena *arena);

/*
 * Returns the number of the namespace @name; a new one has no labels at first.  *added tells
 * whether it is new; @added may be NULL.
 */
uint32_t identities_namespace(struct identities *identities, const char *name, bool *added);

/*
 * Registers what a selector of pods, or a rule that names a port, asks for.  Returns true if that
 * is new; then pods with such a label or port may have another identity from now on.  The name of a
 * port must live as long as everything that is made from the identities.
 */
bool identities_ask(struct identities *identities, const struct selector *pods);
bool identities_ask_port(struct identities *identities, const char *name);

/* Registers everything that the policy asks for. */
bool identities_ask_policy(struct identities *identities, const struct policy *policy);
bool identities_ask_cluster_policy(struct identities *identities,
				   const struct cluster_policy *policy);

/* Returns the identity of a pod in the namespace with this number. */
uint32_t identities_of(struct identities *identities, uint32_t namespace, const struct pod *pod);

/* Returns the identity of each pod, after registering what all policies ask for. */
uint32_t *identities_of_pods(struct identities *identities, const struct objects *objects);

#endif
