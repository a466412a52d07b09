/*
 * Pods that have an address in common, as the two launchers of a virtual machine have while it
 * moves.
 *
 * In:  objects, sorted.  Out: a number for the pods that share an address; and, if their policies
 * differ, further policies that replace those for these pods.
 *
 * The hard idea: nobody can tell such pods apart on the wire, so they get only what the policies of
 * each of them allow.  For a peer that is simple: a selector means such a pod only if it means all
 * pods that share its address.  For targets it takes a policy of its own, a joint policy, whose
 * rules are what the rules of all of them have in common.  If a cluster policy selects one of
 * several such pods with different policies, they are closed in both directions, even to themselves,
 * because what two ordered lists of rules allow in common is no list of rules.
 *
 * If the policies of such pods differ, the audited ones among them do not count.
 */
#ifndef NP2NFT_MODEL_SHARED_ADDRESS_H
#define NP2NFT_MODEL_SHARED_ADDRESS_H

#include "model/objects.h"

/*
 * Fills in pod->shares, pod->is_joint, pod->is_closed and objects->share_count, and puts objects->joint_count
 * further policies behind the policies of @objects.  It may be called again when there are more
 * objects.
 */
void objects_share(struct objects *objects);

#endif
