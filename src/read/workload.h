/* Reads workloads from trees: the objects that stand for pods to come. */
#ifndef NP2NFT_READ_WORKLOAD_H
#define NP2NFT_READ_WORKLOAD_H

#include "read/field.h"

/* The parts of any of these kinds that are read (read/tree.h). */
extern const struct shape workload_details;

/*
 * Reads a Deployment, StatefulSet, DaemonSet, ReplicaSet, Job, CronJob, PodTemplate or
 * ReplicationController, which stands for its pods unless another object controls it.
 */
void workload_read(struct reader *reader, const struct tree_node *object);

/* The names of these kinds, ended by NULL. */
extern const char *const workload_kinds[];

#endif
