/*
 * What policies can tell pods apart by.
 *
 * In:  pods, one by one, and which labels and ports selectors and rules ask for.
 * Out: a number for each identity: a namespace, the labels that some selector may ask for, and the named ports
 *      that some rule may name.
 *
 * The hard idea: pods of one identity are the same to every policy, and there are far fewer identities than
 * pods, since those of one workload share theirs.  So what policies mean for pods is found once for each
 * identity: of all pods by going through all identities, of one pod by looking at its own.
 */
#ifndef NP2NFT_RESOLVE_IDENTITY_H
#define NP2NFT_RESOLVE_IDENTITY_H

#include "model/objects.h"

struct identity {
	uint32_t namespace;           /* index to identities.namespaces */
	const struct label *labels;   /* sorted by key */
	const struct pod_port *ports; /* as they come in the pod */
	size_t label_count, port_count;
};

struct identities {
	struct arena *arena;
	struct table namespace_names; /* to: */
	struct labelled_namespace {
		const char *name;
		const struct label *labels; /* sorted by key */
		size_t label_count;
		bool is_made_up; /* for pods that only joint policies select (model/share.h) */
	} * namespaces;
	size_t namespace_count;
	bool *asked_keys; /* by the number of a label's key */
	size_t asked_key_count;
	struct table asked_ports; /* names */
	struct table keys;        /* bytes that are the same for pods of one identity alone, to: */
	struct identity *items;
	size_t count;
	uint32_t *room; /* for such bytes */
	size_t room_size;
	uint32_t last; /* the identity that was asked for last */
};

void identities_init(struct identities *identities, struct arena *arena);

/* The number of the namespace @name, which has no labels at first; *added may be NULL. */
uint32_t identities_namespace(struct identities *identities, const char *name, bool *added);

/*
 * A selector of pods, or a rule that names a port, will ask for what it asks for.  True if that was not asked
 * for before: then pods that have such a label or port may have another identity from now on.  The name of a
 * port must live as long as all that is made of identities.
 */
bool identities_ask(struct identities *identities, const struct selector *pods);
bool identities_ask_port(struct identities *identities, const char *name);

/* The same for all that the policy asks for. */
bool identities_ask_policy(struct identities *identities, const struct policy *policy);
bool identities_ask_cluster_policy(struct identities *identities,
				   const struct cluster_policy *policy);

/* The identity of a pod in the namespace with the number. */
uint32_t identities_of(struct identities *identities, uint32_t namespace, const struct pod *pod);

#endif
