/*
 * Compiles the two workloads for which Antrea publishes figures, which are built in memory:
 * TestInitXLargeScaleWithSmallNamespaces and TestInitXLargeScaleWithOneNamespace of its
 * networkpolicy_controller_perf_test.go.
 *
 *     antrea small-namespaces | one-namespace
 *
 * Prints the milliseconds from the objects to the ruleset, and how many chains, sets and elements
 * the ruleset has.  As in Antrea's test, no file is read and no ruleset printed; every pod is
 * enforced.
 */
#include "base/arena.h"
#include "lower/lower.h"
#include "resolve/resolve.h"
#include "stopwatch.h"

#include <stdio.h>
#include <stdlib.h>

/* An empty selector, which means all pods. */
static const struct selector all_pods;

/* Makes the selector KEY=VALUE. */
static const struct selector *select_label(struct objects *objects, struct label label)
{
	struct selector *selector = arena_alloc(objects->arena, sizeof(*selector));

	selector->count = 1;
	selector->requirements = arena_alloc(objects->arena, sizeof(struct requirement));
	*selector->requirements = (struct requirement){
		.key = label.key,
		.op = OP_IN,
		.values = arena_alloc(objects->arena, sizeof(uint32_t)),
		.count = 1,
	};
	*selector->requirements->values = label.value;
	return selector;
}

static struct label make_label(struct objects *objects, const char *key, const char *value)
{
	return (struct label){objects_intern(objects, key, strlen(key)),
			      objects_intern(objects, value, strlen(value))};
}

static void add_namespace(struct objects *objects, const char *name)
{
	struct label *labels = arena_array(objects->arena, 2, sizeof(*labels));
	struct namespace namespace = {.name = name, .labels = labels, .label_count = 2};

	labels[0] = make_label(objects, "app", name);
	labels[1] = make_label(objects, NAMESPACE_NAME_LABEL, name);
	arena_push(objects->arena, objects->namespaces, objects->namespace_count, namespace);
}

/* Adds a pod with an address of its own.  The order of the addresses is not that of the names. */
static void add_pod(struct objects *objects, const char *namespace, const char *name,
		    struct label label)
{
	uint32_t number = (uint32_t)(objects->pod_count * 7919 % ((size_t)1 << 24));
	struct pod pod = {.namespace = namespace, .name = name, .node = ""};

	pod.labels = arena_alloc(objects->arena, sizeof(*pod.labels));
	*pod.labels = label;
	pod.label_count = 1;
	pod.addrs = arena_alloc(objects->arena, sizeof(*pod.addrs));
	*pod.addrs = (struct addr){
		.family = V4,
		.bytes = {10, (uint8_t)(number >> 16), (uint8_t)(number >> 8), (uint8_t)number},
	};
	pod.addr_count = 1;
	arena_push(objects->arena, objects->pods, objects->pod_count, pod);
}

/*
 * Adds a policy that isolates its pods in both directions, and allows what comes from @peers (NULL:
 * nobody).
 */
static void add_policy(struct objects *objects, const char *namespace, const char *name,
		       const struct selector *pods, const struct selector *peers)
{
	struct policy policy = {
		.namespace = namespace,
		.name = name,
		.pods = pods,
		.isolates = {true, true},
	};

	if (peers) {
		struct policy_rule *rule = arena_alloc(objects->arena, sizeof(*rule));

		rule->peers = arena_alloc(objects->arena, sizeof(struct peer));
		*rule->peers = (struct peer){.kind = PEER_PODS, .pods = peers};
		rule->peer_count = 1;
		policy.rules[INGRESS] = rule;
		policy.rule_count[INGRESS] = 1;
	}
	arena_push(objects->arena, objects->policies, objects->policy_count, policy);
}

/* Makes 25,000 namespaces with four pods and three policies each. */
static void make_small_namespaces(struct objects *objects)
{
	static const char *const names[] = {"pod1", "pod2", "pod3", "pod4"};
	struct label labels[] = {make_label(objects, "app-1", "scale-1"),
				 make_label(objects, "app-2", "scale-2")};
	const struct selector *selectors[] = {select_label(objects, labels[0]),
					      select_label(objects, labels[1])};

	for (size_t i = 0; i < 25000; i++) {
		const char *namespace = arena_printf(objects->arena, "n%07zu", i);

		add_namespace(objects, namespace);
		add_policy(objects, namespace, "default-deny-all", &all_pods, NULL);
		add_policy(objects, namespace, "np-1", selectors[0], selectors[0]);
		add_policy(objects, namespace, "np-2", selectors[1], selectors[1]);
		for (size_t k = 0; k < 4; k++)
			add_pod(objects, namespace, names[k], labels[k / 2]);
	}
}

/*
 * Makes one namespace with 10,000 pods and 10,000 policies, each of which selects and admits all of
 * the pods.
 */
static void make_one_namespace(struct objects *objects)
{
	struct label label = make_label(objects, "app-1", "scale-1");

	add_namespace(objects, "namespace");
	for (size_t i = 0; i < 10000; i++) {
		const struct selector *selector = select_label(objects, label);

		add_pod(objects, "namespace", arena_printf(objects->arena, "pod-%08zu", i), label);
		add_policy(objects, "namespace", arena_printf(objects->arena, "np-%08zu", i),
			   selector, selector);
	}
}

int main(int argc, char **argv)
{
	static const struct lower_options options = {.table = "np2nft"};
	struct objects objects = {.arena = arena_new()};
	const struct ruleset *ruleset;
	double start;

	objects.strings.arena = objects.arena;
	if (argc == 2 && !strcmp(argv[1], "small-namespaces")) {
		make_small_namespaces(&objects);
	} else if (argc == 2 && !strcmp(argv[1], "one-namespace")) {
		make_one_namespace(&objects);
	} else {
		fputs("usage: antrea small-namespaces | one-namespace\n", stderr);
		return 2;
	}
	start = stopwatch();
	ruleset = lower(objects.arena, resolve(objects.arena, &objects, NULL), &options);
	printf("%.3f %zu %zu %zu\n", (stopwatch() - start) / 1e3, ruleset->chain_count,
	       ruleset->set_count, ruleset->stats.elements);
	arena_free(objects.arena);
	return 0;
}
