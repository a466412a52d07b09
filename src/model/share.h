/*
 * Pods that have an address in common, as two launchers of a virtual machine have while it moves.
 *
 * In:  objects, sorted.
 * Out: a number for the pods that share; and, where their policies differ, policies that stand in for those.
 *
 * The hard idea: nobody can tell such pods apart on the wire, so they get what the policies of each of them
 * allow.  As a peer that is simple: a selector means such a pod only if it means all that share with it.  As a
 * target it takes a policy of its own, whose rules are what the rules of both have in common.  Where a cluster
 * policy selects any of pods whose policies differ, that is nothing: the first match of two lists of rules at once
 * is no list of rules, and such pods are closed in both directions.
 */
#ifndef NP2NFT_MODEL_SHARE_H
#define NP2NFT_MODEL_SHARE_H

#include "model/objects.h"

/*
 * Fills in pod->shares, pod->is_joint and objects->share_count, and puts behind the policies of @objects
 * objects->joint_count others.  May be called again when there are more objects.
 */
void objects_share(struct objects *objects);

#endif
