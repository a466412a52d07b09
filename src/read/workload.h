/*
 * Trees to workloads: what stands for pods to come.
 */
#ifndef NP2NFT_READ_WORKLOAD_H
#define NP2NFT_READ_WORKLOAD_H

#include "read/field.h"

/* What of any of the kinds is looked at (read/tree.h). */
extern const struct shape workload_details;

/*
 * A Deployment, StatefulSet, DaemonSet, ReplicaSet, Job, CronJob, PodTemplate or
 * ReplicationController: remembers the workload, which stands for its pods unless another controls it.
 */
void workload_read(struct reader *reader, const struct node *object);

/* The kinds of struct workload, ended by NULL. */
extern const char *const workload_kinds[];

#endif
