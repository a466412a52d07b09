/* Tests what is read of pods, workloads and Services only if details are asked for. */
#include "rows.h"

static void write_pods(FILE *out, const char *what, const struct pod *pods, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		fprintf(out, "%s %s/%s", what, pods[i].namespace, pods[i].name);
		if (pods[i].owner)
			fprintf(out, " of %s/%s", pods[i].owner_kind, pods[i].owner);
		fputc('\n', out);
	}
}

static const char *protocol_name(enum protocol protocol)
{
	return protocol == TCP ? "TCP" : protocol == UDP ? "UDP" : "SCTP";
}

static void write_labels(FILE *out, const struct objects *objects, const struct label *labels,
			 size_t count)
{
	for (size_t i = 0; i < count; i++)
		fprintf(out, " %s=%s", objects->string_of[labels[i].key],
			objects->string_of[labels[i].value]);
}

static void write_workloads(FILE *out, const struct objects *objects)
{
	for (size_t i = 0; i < objects->workload_count; i++) {
		const struct workload *workload = &objects->workloads[i];

		fprintf(out, "%s %s/%s", workload->kind, workload->namespace, workload->name);
		write_labels(out, objects, workload->labels, workload->label_count);
		for (size_t k = 0; k < workload->port_count; k++)
			fprintf(out, " %s:%u/%s", workload->ports[k].name,
				workload->ports[k].number,
				protocol_name(workload->ports[k].protocol));
		fputs(workload->host_network ? " host\n" : "\n", out);
	}
}

static void write_service_port(FILE *out, const struct service_port *port)
{
	fprintf(out, " %s%s%u/%s-", port->name ? port->name : "", port->name ? ":" : "",
		port->number, protocol_name(port->protocol));
	if (port->target_name)
		fprintf(out, "%s", port->target_name);
	else
		fprintf(out, "%u", port->target_number);
}

static void write_services(FILE *out, const struct objects *objects)
{
	static const char *const types[] = {"ClusterIP", "NodePort", "LoadBalancer", "ExternalName",
					    "headless"};

	for (size_t i = 0; i < objects->service_count; i++) {
		const struct service *service = &objects->services[i];
		char addr[ADDR_TEXT];

		fprintf(out, "%s %s/%s", types[service->type], service->namespace, service->name);
		write_labels(out, objects, service->selector, service->selector_count);
		for (size_t k = 0; k < service->cluster_ip_count; k++) {
			addr_text(service->cluster_ips[k].family, service->cluster_ips[k].bytes,
				  addr);
			fprintf(out, " %s", addr);
		}
		for (size_t k = 0; k < service->port_count; k++)
			write_service_port(out, &service->ports[k]);
		fputs(service->external_traffic_local ? " local\n" : "\n", out);
	}
}

static void write_objects(FILE *out, const struct objects *objects)
{
	write_pods(out, "pod", objects->pods, objects->pod_count);
	write_pods(out, "host pod", objects->host_pods, objects->host_pod_count);
	write_workloads(out, objects);
	write_services(out, objects);
}

/* Makes a pod with these fields of its metadata. */
#define POD(metadata)                                                                              \
	"{apiVersion: v1, kind: Pod, metadata: {name: a, " metadata "},\n"                         \
	" status: {podIP: 10.0.0.1}}\n"

START_TEST(a_pod_has_the_owner_that_controls_it)
{
	static const struct row rows[] = {
		{POD("ownerReferences: "), "pod default/a\n"},
		{POD("ownerReferences: [{kind: StatefulSet, name: db, controller: true}]"),
		 "pod default/a of StatefulSet/db\n"},
		{POD("ownerReferences: [{kind: Job, name: v}, {kind: Job, name: w, controller: "
		     "true}, {kind: Job, name: z, controller: false}]"),
		 "pod default/a of Job/w\n"},
		{POD("ownerReferences: [{kind: Job, name: x, controller: false}]"),
		 "pod default/a\n"},
		{POD("ownerReferences: [{kind: Node, name: worker, controller: true}]"),
		 "pod default/a\n"},
		{POD("ownerReferences: [{kind: Job, name: 1, controller: 'true'}, 2]"),
		 "pod default/a\n"
		 "1:85 name must be a string, not a number (quote it)\n"
		 "1:100 controller must be true or false, not a string\n"
		 "1:109 an entry of ownerReferences must be a mapping, not a number\n"},
	};

	check_rows(rows, COUNT(rows), true);
}
END_TEST

START_TEST(a_replica_set_of_a_deployment_means_the_deployment)
{
#define OF_SET(name, labels)                                                                       \
	POD("ownerReferences: [{kind: ReplicaSet, name: " name ", controller: true}], "            \
	    "labels: {" labels "}")
	static const struct row rows[] = {
		{OF_SET("web-5d8", "pod-template-hash: 5d8"), "pod default/a of Deployment/web\n"},
		{OF_SET("web-app-5d8", "pod-template-hash: 5d8"),
		 "pod default/a of Deployment/web-app\n"},
		{OF_SET("web-5d8", ""), "pod default/a of ReplicaSet/web-5d8\n"},
		{OF_SET("web-5d8", "pod-template-hash: 5d9"),
		 "pod default/a of ReplicaSet/web-5d8\n"},
		{OF_SET("web5d8", "pod-template-hash: 5d8"),
		 "pod default/a of ReplicaSet/web5d8\n"},
		{OF_SET("-5d8", "pod-template-hash: 5d8"), "pod default/a of ReplicaSet/-5d8\n"},
		{OF_SET("5d8", "pod-template-hash: 5d8"), "pod default/a of ReplicaSet/5d8\n"},
		{OF_SET("web-", "pod-template-hash: ''"), "pod default/a of ReplicaSet/web-\n"},
		{POD("ownerReferences: [{kind: StatefulSet, name: web-5d8, controller: true}], "
		     "labels: {pod-template-hash: 5d8}"),
		 "pod default/a of StatefulSet/web-5d8\n"},
	};

	check_rows(rows, COUNT(rows), true);
}
END_TEST

#define HOST_POD                                                                                   \
	"{apiVersion: v1, kind: Pod, spec: {hostNetwork: true},\n"                                 \
	" metadata: {name: a, ownerReferences: [{kind: DaemonSet, name: b, controller: yes}]},\n"  \
	" status: {podIP: 10.0.0.1, phase: "

START_TEST(pods_on_their_nodes_network_are_kept_apart)
{
	static const struct row rows[] = {
		{HOST_POD "Running}}", "host pod default/a of DaemonSet/b\n"},
		{HOST_POD "Failed}}", "left out 1\n"},
	};

	check_rows(rows, COUNT(rows), true);
}
END_TEST

#define TEMPLATE                                                                                   \
	"{metadata: {name: no, labels: {app: web}}, spec: {hostNetwork: yes, nodeName: n,\n"       \
	" containers: [{ports: [{name: http, containerPort: 80}, {containerPort: 81}]}],\n"        \
	" initContainers: [{ports: [{name: no, containerPort: 1}]}, {restartPolicy: Always, "      \
	"ports: [{name: dns, protocol: UDP, containerPort: 53}]}]}}"
#define READ "default/a app=web http:80/TCP dns:53/UDP host\n"

START_TEST(workloads_are_what_their_template_says)
{
	static const struct row rows[] = {
		{"{apiVersion: apps/v1, kind: Deployment, metadata: {name: a}, spec: {replicas: 0, "
		 "template: " TEMPLATE "}}",
		 "Deployment " READ},
		{"{apiVersion: apps/v1, kind: StatefulSet, metadata: {name: a}, spec: "
		 "{template: " TEMPLATE "}}",
		 "StatefulSet " READ},
		{"{apiVersion: apps/v1, kind: DaemonSet, metadata: {name: a}, spec: "
		 "{template: " TEMPLATE "}}",
		 "DaemonSet " READ},
		{"{apiVersion: apps/v1, kind: ReplicaSet, metadata: {name: a}, spec: "
		 "{template: " TEMPLATE "}}",
		 "ReplicaSet " READ},
		{"{apiVersion: batch/v1, kind: Job, metadata: {name: a}, spec: {template: " TEMPLATE
		 "}}",
		 "Job " READ},
		{"{apiVersion: batch/v1, kind: CronJob, metadata: {name: a}, spec: {jobTemplate: "
		 "{spec: {template: " TEMPLATE "}}}}",
		 "CronJob " READ},
		{"{apiVersion: v1, kind: PodTemplate, metadata: {name: a}, template: " TEMPLATE "}",
		 "PodTemplate " READ},
		{"{apiVersion: v1, kind: ReplicationController, metadata: {name: a}, spec: "
		 "{template: " TEMPLATE "}}",
		 "ReplicationController " READ},
		{"{apiVersion: apps/v1, kind: DeploymentList, items: [{metadata: {name: a, "
		 "namespace: b}, spec: {template: {metadata: {labels: {app: web}}}}}]}",
		 "Deployment b/a app=web\n"},
		/* The kind belongs to another API group that uses the same name. */
		{"{apiVersion: example.com/v1, kind: Deployment, metadata: 7}", "skipped 1\n"},
		{"{apiVersion: apps/v1, kind: Deployment, metadata: {name: a}}",
		 "Deployment default/a\n"},
	};

	check_rows(rows, COUNT(rows), true);
}
END_TEST

START_TEST(a_pod_that_does_not_run_is_a_workload)
{
	static const struct row rows[] = {
		{"{apiVersion: v1, kind: Pod, metadata: {name: a, labels: {app: web}}, spec: "
		 "{containers: [{ports: [{name: http, containerPort: 80}]}]}}",
		 "Pod default/a app=web http:80/TCP\n"},
		{"{apiVersion: v1, kind: Pod, metadata: {name: a}, status: {phase: Succeeded}}",
		 "left out 1\n"},
		{"{apiVersion: v1, kind: Pod, metadata: {name: a}, spec: {hostNetwork: true}}",
		 "host pod default/a\n"},
		{"{apiVersion: v1, kind: Pod, metadata: {name: a, ownerReferences: [{kind: Job, "
		 "name: b, controller: true}]}}",
		 "Pod default/a\n"},
		{"---\n{apiVersion: batch/v1, kind: Job, metadata: {name: b}}\n---\n"
		 "{apiVersion: v1, kind: Pod, metadata: {name: a, ownerReferences: [{kind: Job, "
		 "name: b, controller: true}]}}",
		 "Job default/b\nleft out 1\n"},
		{"{apiVersion: v1, kind: Pod, metadata: {name: a, ownerReferences: [{kind: Flow, "
		 "name: b, controller: true}]}}",
		 "Pod default/a\n"},
	};

	check_rows(rows, COUNT(rows), true);
}
END_TEST

#define OWNED(api, kind, name, owner_kind, owner)                                                  \
	"---\n{apiVersion: " api ", kind: " kind ", metadata: {name: " name                        \
	", ownerReferences: [{kind: " owner_kind ", name: " owner ", controller: true}]}}\n"

START_TEST(what_a_workload_controls_is_none_of_its_own)
{
	static const struct row rows[] = {
		{OWNED("apps/v1", "ReplicaSet", "a", "Deployment", "b")
			 OWNED("apps/v1", "Deployment", "b", "Flow", "c"),
		 "Deployment default/b\n"},
		/* An owner of another kind or name does not count. */
		{OWNED("apps/v1", "ReplicaSet", "a", "Deployment", "b"), "ReplicaSet default/a\n"},
		/* Owners in a circle do not count, either. */
		{OWNED("apps/v1", "ReplicaSet", "a", "Job", "b")
			 OWNED("batch/v1", "Job", "b", "ReplicaSet", "a"),
		 "ReplicaSet default/a\nJob default/b\n"},
		{OWNED("batch/v1", "Job", "a", "CronJob", "b"), "Job default/a\n"},
		{OWNED("apps/v1", "ReplicaSet", "a", "Rollout", "b"), "ReplicaSet default/a\n"},
		/* The owners of pods may come in any order. */
		{POD("ownerReferences: [{kind: Job, name: j, controller: true}]")
			 OWNED("batch/v1", "Job", "i", "CronJob", "c")
				 OWNED("batch/v1", "Job", "j", "CronJob", "c"),
		 "pod default/a of CronJob/c\n"},
		{OWNED("batch/v1", "Job", "j", "CronJob", "c") "---\n" POD(
			 "ownerReferences: [{kind: Job, name: j, controller: true}]"),
		 "pod default/a of CronJob/c\n"},
		{OWNED("batch/v1", "Job", "j", "CronJob", "c") "---\n" POD(
			 "namespace: b, ownerReferences: [{kind: Job, name: j, controller: true}]"),
		 "pod b/a of Job/j\nJob default/j\n"},
		{OWNED("apps/v1", "ReplicaSet", "r", "Deployment", "d") "---\n" POD(
			 "ownerReferences: [{kind: ReplicaSet, name: r, controller: true}]"),
		 "pod default/a of Deployment/d\n"},
	};

	check_rows(rows, COUNT(rows), true);
}
END_TEST

START_TEST(faults_in_workloads_are_found)
{
	static const struct row rows[] = {
		{"{apiVersion: apps/v1, kind: Deployment, metadata: {name: A}, spec: {template: "
		 "{metadata: {labels: {app: 1, -: x}}}}}",
		 "Deployment default/\n"
		 "1:58 \"A\" is not a valid name\n"
		 "1:105 a label's value must be a string, not a number (quote it)\n"
		 "1:108 \"-\" is not a valid label key\n"},
		{"{apiVersion: apps/v1, kind: Deployment, metadata: {name: a}, spec: [b]}",
		 "Deployment default/a\n1:68 spec must be a mapping, not a list\n"},
		{"{apiVersion: batch/v1, kind: CronJob, metadata: {name: a}, spec: {jobTemplate: "
		 "b}}",
		 "CronJob default/a\n1:80 jobTemplate must be a mapping, not a string\n"},
		{"{apiVersion: batch/v1, kind: Job, metadata: {name: a}, spec: {template: {spec: "
		 "{hostNetwork: 'yes', containers: [{ports: [{name: x}]}]}}}}",
		 "Job default/a\n"
		 "1:94 hostNetwork must be true or false, not a string\n"
		 "1:123 containerPort is missing\n"},
	};

	check_rows(rows, COUNT(rows), true);
}
END_TEST

#define NAMED(api, kind, metadata)                                                                 \
	"---\n{apiVersion: " api ", kind: " kind ", metadata: " metadata "}\n"

START_TEST(names_are_given_once_each_kind)
{
	static const struct row rows[] = {
		{NAMED("apps/v1", "Deployment", "{name: a}")
			 NAMED("apps/v1", "DaemonSet", "{name: a}")
				 NAMED("apps/v1", "Deployment", "{name: a, namespace: b}"),
		 "Deployment b/a\nDaemonSet default/a\nDeployment default/a\n"},
		{NAMED("batch/v1", "Job", "{generateName: a-}")
			 NAMED("batch/v1", "Job", "{generateName: a-, name: ''}")
				 NAMED("batch/v1", "Job", "{generateName: a-, name: b}"),
		 "Job default/a-*\nJob default/a-*\nJob default/b\n"},
	};
	static const char *const pods[] = {"{}}", "{hostNetwork: true}}",
					   "{}, status: {podIP: 10.0.0.1}}"};
	char *text = describe(
		NAMED("v1", "Service", "{name: a}") NAMED("v1", "Service", "{name: a}"), true);

	check_rows(rows, COUNT(rows), true);
	ck_assert_ptr_nonnull(strstr(
		text,
		"\n4:50 a second Service default/a, which takes the place of the first, at "));
	free(text);
	text = describe(NAMED("apps/v1", "Deployment", "{name: a}")
				NAMED("apps/v1", "Deployment", "{name: a}"),
			true);
	ck_assert_ptr_nonnull(strstr(
		text,
		"\n4:58 a second Deployment default/a, which takes the place of the first, at "));
	free(text);
	for (size_t i = 0; i < COUNT(pods) * COUNT(pods); i++) {
		char yaml[300];

		snprintf(yaml, sizeof(yaml),
			 "{apiVersion: v1, kind: Pod, metadata: {name: a}, spec: %s\n---\n"
			 "{apiVersion: v1, kind: Pod, metadata: {name: a}, spec: %s\n",
			 pods[i / COUNT(pods)], pods[i % COUNT(pods)]);
		text = describe(yaml, true);
		ck_assert_msg(strstr(text, "\n3:46 a second Pod default/a; the first is at ") !=
				      NULL,
			      "%s\ngave\n%s", yaml, text);
		free(text);
	}
}
END_TEST

#define SERVICE(spec) "{apiVersion: v1, kind: Service, metadata: {name: a},\nspec: {" spec "}}"

START_TEST(services_have_the_defaults_of_the_api)
{
	static const struct row rows[] = {
		{SERVICE(""), "ClusterIP default/a\n"},
		{SERVICE("type: , selector: , ports: , clusterIP: ''"), "ClusterIP default/a\n"},
		{SERVICE("type: ClusterIP, clusterIP: None, clusterIPs: [None]"),
		 "headless default/a\n"},
		{SERVICE("clusterIP: 10.96.0.1, clusterIPs: [10.96.0.1, 'fd00::1']"),
		 "ClusterIP default/a 10.96.0.1 fd00::1\n"},
		{SERVICE("type: NodePort, externalTrafficPolicy: Cluster, selector: {app: web}"),
		 "NodePort default/a app=web\n"},
		{SERVICE("type: LoadBalancer, externalTrafficPolicy: Local"),
		 "LoadBalancer default/a local\n"},
		{SERVICE("type: ExternalName, externalName: example.com"),
		 "ExternalName default/a\n"},
		{SERVICE("ports: [{port: 80}, {name: dns, port: 53, protocol: UDP, targetPort: "
			 "5353}, {port: 443, targetPort: https, nodePort: 30443}, {port: 1, "
			 "targetPort: 0}, {port: 2, targetPort: ''}, {port: 3, targetPort: }]"),
		 "ClusterIP default/a 80/TCP-80 dns:53/UDP-5353 443/TCP-https 1/TCP-1 2/TCP-2 "
		 "3/TCP-3\n"},
		{"{apiVersion: v1, kind: ServiceList, items: [{metadata: {name: b}}, {metadata: "
		 "{name: a}}]}",
		 "ClusterIP default/a\nClusterIP default/b\n"},
		{"{apiVersion: serving.example.com/v1, kind: Service, metadata: 7}", "skipped 1\n"},
	};

	check_rows(rows, COUNT(rows), true);
}
END_TEST

START_TEST(faults_in_services_are_found)
{
	static const struct row rows[] = {
		{SERVICE("type: Clusterip, externalTrafficPolicy: local"),
		 "ClusterIP default/a\n"
		 "2:14 unknown type \"Clusterip\": ClusterIP, NodePort, LoadBalancer or "
		 "ExternalName\n"
		 "2:48 unknown externalTrafficPolicy \"local\": Local or Cluster\n"},
		{SERVICE("clusterIP: none, clusterIPs: [1]"),
		 "ClusterIP default/a\n"
		 "2:19 \"none\" is not an IP address\n"
		 "2:38 a cluster IP must be a string, not a number (quote it)\n"},
		{SERVICE("selector: {app: 1}"),
		 "ClusterIP default/a\n"
		 "2:24 a label's value must be a string, not a number (quote it)\n"},
		{SERVICE("ports: [{}, {port: http}, {port: 0, targetPort: '80'}, {port: 1, "
			 "targetPort: 65536}, {port: 1, protocol: ICMP}, 80]"),
		 "ClusterIP default/a 0/TCP-0 0/TCP-0 0/TCP-80 1/TCP-0 1/TCP-1 0/TCP-0\n"
		 "2:16 port is missing\n"
		 "2:27 port must be a number, not a string\n"
		 "2:41 port 0 is not from 1 to 65535\n"
		 "2:56 \"80\" is not a valid port name (a number must not be quoted)\n"
		 "2:85 targetPort 65536 is not from 1 to 65535\n"
		 "2:113 unknown protocol \"ICMP\": TCP, UDP or SCTP\n"
		 "2:120 an entry of ports must be a mapping, not a number\n"},
	};

	check_rows(rows, COUNT(rows), true);
}
END_TEST

START_TEST(without_details_they_cost_nothing)
{
	static const struct row rows[] = {
		{POD("ownerReferences: [{kind: Job, name: 1, controller: true}, 2]"),
		 "pod default/a\n"},
		{HOST_POD "Running}}", "left out 1\n"},
		{"{apiVersion: v1, kind: Pod, metadata: {name: a, labels: 7}}", "left out 1\n"},
		{"{apiVersion: apps/v1, kind: Deployment, metadata: 7}", "skipped 1\n"},
		{"{apiVersion: v1, kind: Service, metadata: 7}", "skipped 1\n"},
		{"{apiVersion: batch/v1, kind: JobList, items: [{metadata: 7}, {}, 7]}",
		 "skipped 3\n"},
	};

	check_rows(rows, COUNT(rows), false);
}
END_TEST

UNIT_MAIN("read_details", a_pod_has_the_owner_that_controls_it,
	  a_replica_set_of_a_deployment_means_the_deployment,
	  pods_on_their_nodes_network_are_kept_apart, workloads_are_what_their_template_says,
	  a_pod_that_does_not_run_is_a_workload, what_a_workload_controls_is_none_of_its_own,
	  faults_in_workloads_are_found, services_have_the_defaults_of_the_api,
	  faults_in_services_are_found, names_are_given_once_each_kind,
	  without_details_they_cost_nothing)
