/*
 * Finds Services by the pods to which they lead, and by their addresses.
 *
 * In:  Services and pods.  Out: the Services of a pod; the Services with addresses in a block.
 */
#ifndef NP2NFT_ASK_LINT_SERVICES_H
#define NP2NFT_ASK_LINT_SERVICES_H

#include "ask/lint/check.h"

void lint_prepare_services(struct lint *lint);

/* Gets a Service that selects the pod; returns false if it needs no more calls.  */
typedef bool (*service_visit)(const struct lint *lint, const struct service *service,
			      const struct pod *pod, void *context);

/*
 * Visits the Services that select the pod; for each of the pod's labels they come in the order of
 * their names.
 */
void lint_each_service(const struct lint *lint, const struct pod *pod, service_visit visit,
		       void *context);

/* An address of a Service.  */
struct service_addr {
	uint8_t bytes[16];
	const struct service *service;
};

/*
 * They return the lowest address of a Service that is in the block, or NULL if there is none: the
 * first among addresses within the cluster, the second among those by which Services are reached
 * from outside (externalIPs, and those of load balancers).
 */
const struct service_addr *lint_service_within(const struct lint *lint, const struct cidr *cidr);
const struct service_addr *lint_service_outside(const struct lint *lint, const struct cidr *cidr);

/* Does the block lie between the lowest and the highest address of the input's Services? */
bool lint_is_between_services(const struct lint *lint, const struct cidr *cidr);

#endif
