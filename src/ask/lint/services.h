/*
 * Services by the pods that they lead to, and by their addresses.
 *
 * In:  Services and pods.  Out: of a pod its Services; of a block those whose addresses it holds.
 */
#ifndef NP2NFT_ASK_LINT_SERVICES_H
#define NP2NFT_ASK_LINT_SERVICES_H

#include "ask/lint/check.h"

void lint_prepare_services(struct lint *lint);

/* Returns false to be called no more. */
typedef bool (*service_visit)(const struct lint *lint, const struct service *service,
			      const struct pod *pod, void *context);

/* Visits the Services that select the pod, in the order of their names under each of its labels. */
void lint_each_service(const struct lint *lint, const struct pod *pod, service_visit visit,
		       void *context);

/* An address of a Service. */
struct service_addr {
	uint8_t bytes[16];
	const struct service *service;
};

/*
 * The lowest address of a Service in the block; NULL if it holds none.  Of those within the cluster, or of
 * those by which it is reached from outside: externalIPs, and its load balancer's.
 */
const struct service_addr *lint_service_within(const struct lint *lint, const struct cidr *cidr);
const struct service_addr *lint_service_outside(const struct lint *lint, const struct cidr *cidr);

/* Does the block lie between the lowest and the highest address of the input's Services? */
bool lint_is_between_services(const struct lint *lint, const struct cidr *cidr);

#endif
