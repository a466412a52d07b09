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
 * ReplicationController: adds the workload to reader->objects, unless another controls it.
 */
void workload_read(struct reader *reader, const struct node *object);

/* The kinds of struct workload, ended by NULL. */
extern const char *const workload_kinds[];

/* Is it one of these? */
bool is_workload_kind(const char *kind);

#endif
