/* The paths, field selectors and forms of the kinds of objects that the agent watches. */
#include "agent/api_kinds.h"

#include "read/protobuf.h"

/*
 * No policy means finished pods, or pods on their node's network, by their labels, so the agent
 * does not ask for such pods.
 */
const struct watch_kind agent_kinds[AGENT_KINDS] = {
	[PIPELINE_PODS] =
		{.name = "pods",
		 .kind = "Pod",
		 .path = "/api/v1/pods",
		 .selector = "fieldSelector=status.phase%21%3DSucceeded%2Cstatus.phase%21%3DFailed"
			     "%2Cspec.hostNetwork%3Dfalse",
		 .form = &proto_pod},
	[PIPELINE_NAMESPACES] = {.name = "namespaces",
				 .kind = "Namespace",
				 .path = "/api/v1/namespaces",
				 .form = &proto_namespace},
	[PIPELINE_POLICIES] = {.name = "networkpolicies",
			       .kind = "NetworkPolicy",
			       .path = "/apis/networking.k8s.io/v1/networkpolicies",
			       .form = &proto_policy},
	/* Custom resources have no protobuf, and a server need not have this one. */
	[PIPELINE_CLUSTER_POLICIES] =
		{.name = "clusternetworkpolicies",
		 .kind = "ClusterNetworkPolicy",
		 .path = "/apis/policy.networking.k8s.io/v1alpha2/clusternetworkpolicies",
		 .may_be_missing = true},
	[PIPELINE_NODES] = {.name = "nodes",
			    .kind = "Node",
			    .path = "/api/v1/nodes",
			    .form = &proto_node,
			    .may_be_missing = true},
};
