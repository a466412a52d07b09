/* A list and a watch of each kind, as the API server has them. */
#include "agent/kinds.h"

#include "read/protobuf.h"

/*
 * Finished pods, and pods on their node's network, are never meant by label, so they are not asked
 * for.
 */
const struct watch_kind agent_kinds[AGENT_KINDS] = {
	[PIPELINE_PODS] =
		{.name = "pods",
		 .path = "/api/v1/pods",
		 .selector = "fieldSelector=status.phase%21%3DSucceeded%2Cstatus.phase%21%3DFailed"
			     "%2Cspec.hostNetwork%3Dfalse",
		 .form = &proto_pod},
	[PIPELINE_NAMESPACES] = {.name = "namespaces",
				 .path = "/api/v1/namespaces",
				 .form = &proto_namespace},
	[PIPELINE_POLICIES] = {.name = "networkpolicies",
			       .path = "/apis/networking.k8s.io/v1/networkpolicies",
			       .form = &proto_policy},
	/* Custom resources have no protobuf, and a server need not have this one. */
	[PIPELINE_CLUSTER_POLICIES] =
		{.name = "clusternetworkpolicies",
		 .path = "/apis/policy.networking.k8s.io/v1alpha2/clusternetworkpolicies",
		 .may_be_missing = true},
	[PIPELINE_NODES] = {.name = "nodes",
			    .path = "/api/v1/nodes",
			    .form = &proto_node,
			    .may_be_missing = true},
};
