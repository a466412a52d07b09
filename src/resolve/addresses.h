/*
 * The addresses of all pods and nodes, by number.
 *
 * In:  objects.
 * Out: sorted lists of addresses, in which an address that several have stands once.
 */
#ifndef NP2NFT_RESOLVE_ADDRESSES_H
#define NP2NFT_RESOLVE_ADDRESSES_H

#include "resolve/resolved.h"

/*
 * Fills in resolved->addrs with all addresses of all pods, sorted and without repetitions.  If
 * several pods have an address, it belongs to the first of them on @node (NULL: to the first).
 * @scratch may be freed afterwards.
 */
void resolve_addresses(struct arena *arena, struct arena *scratch, const char *node,
		       struct resolved *resolved);

/* Fills in resolved->node_addrs with the addresses of nodes that no pod has, behind those of pods. */
void resolve_node_addresses(struct arena *arena, struct resolved *resolved);

/* Does the address belong to a pod? */
bool resolved_has_pod_at(const struct resolved *resolved, enum family family, const uint8_t *bytes);

/* The number of an address of a node. */
uint32_t resolve_node_address(const struct resolved *resolved, const struct addr *addr);

#endif
