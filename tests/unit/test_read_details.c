/*
 * What is read only with details: rows of YAML, and what comes of each, a line for each object and
 * for each diagnostic.
 */
#include "unit.h"

static void write_pods(FILE *out, const char *what, const struct pod *pods, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		fprintf(out, "%s %s/%s", what, pods[i].namespace, pods[i].name);
		if (pods[i].owner)
			fprintf(out, " of %s/%s", pods[i].owner_kind, pods[i].owner);
		fputc('\n', out);
	}
}

static char *describe(const char *yaml, bool details)
{
	struct arena *arena = arena_new();
	struct diags diags = {0};
	const struct objects *objects = unit_read(arena, yaml, details, &diags);
	char *text;
	size_t len;
	FILE *out = open_memstream(&text, &len);

	write_pods(out, "pod", objects->pods, objects->pod_count);
	write_pods(out, "host pod", objects->host_pods, objects->host_pod_count);
	if (objects->pods_left_out)
		fprintf(out, "left out %zu\n", objects->pods_left_out);
	if (objects->skipped)
		fprintf(out, "skipped %zu\n", objects->skipped);
	for (size_t i = 0; i < diags.count; i++)
		fprintf(out, "%u:%u %s\n", diags.items[i].mark.line, diags.items[i].mark.col,
			diags.items[i].text);
	fclose(out);
	arena_free(arena);
	return text;
}

struct row {
	const char *yaml, *objects;
};

static void check_rows(const struct row *rows, size_t count, bool details)
{
	for (size_t i = 0; i < count; i++) {
		char *objects = describe(rows[i].yaml, details);

		ck_assert_msg(!strcmp(objects, rows[i].objects), "%s\ngave\n%s\nnot\n%s",
			      rows[i].yaml, objects, rows[i].objects);
		free(objects);
	}
}

/* A pod with these fields of its metadata. */
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
		{HOST_POD "Running}}", "host pod default/a of DaemonSet/b\nleft out 1\n"},
		{HOST_POD "Failed}}", "left out 1\n"},
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
	};

	check_rows(rows, COUNT(rows), false);
}
END_TEST

UNIT_MAIN("read_details", a_pod_has_the_owner_that_controls_it,
	  a_replica_set_of_a_deployment_means_the_deployment,
	  pods_on_their_nodes_network_are_kept_apart, without_details_they_cost_nothing)
