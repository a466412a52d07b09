/* Compares the answers by identity (resolve/selectors.h) with a loop over all pods. */
#include "unit.h"

#include "model/meaning.h"
#include "resolve/selectors.h"

#define PODS       300
#define NAMESPACES 12 /* the first half of them have objects */
#define SELECTORS  400

static const char *const keys[] = {"app", "tier", "a/b", "rare", "none"};
static const char *const values[] = {"", "web", "api", "db", "web"};

/* Writes labels in flow style: {app: web, tier: ''} */
static void write_labels(FILE *out)
{
	fputc('{', out);
	for (size_t i = 0; i < COUNT(keys) - 1; i++)
		if (dice(i == 3 ? 20 : 2) == 0)
			fprintf(out, "%s: '%s', ", keys[i], values[dice(COUNT(values))]);
	fputc('}', out);
}

static void write_expressions(FILE *out)
{
	static const char *const operators[] = {"In", "NotIn", "Exists", "DoesNotExist"};

	for (unsigned i = dice(4); i > 0; i--) {
		unsigned op = dice(4);

		fprintf(out, "{key: %s, operator: %s, values: [", keys[dice(COUNT(keys))],
			operators[op]);
		for (unsigned k = op < 2 ? 1 + dice(3) : 0; k > 0; k--)
			fprintf(out, "'%s', ", values[dice(COUNT(values))]);
		fputs("]}, ", out);
	}
}

/* Makes pods in some namespaces, and for each selector a policy, in all namespaces. */
static char *make_cluster(void)
{
	char *yaml;
	size_t len;
	FILE *out = open_memstream(&yaml, &len);

	for (int i = 0; i < NAMESPACES / 2; i++) {
		fprintf(out,
			"---\n{apiVersion: v1, kind: Namespace, metadata: {name: n%02d, labels: ",
			i);
		write_labels(out);
		fputs("}}\n", out);
	}
	for (unsigned i = 0; i < PODS; i++) {
		fprintf(out,
			"---\n{apiVersion: v1, kind: Pod, status: {podIP: 10.0.%u.%u}, metadata: "
			"{name: p%u, namespace: n%02u, labels: ",
			i / 250, i % 250, i, dice(2) ? 1 : dice(NAMESPACES - 1));
		write_labels(out);
		fputs("}}\n", out);
	}
	for (unsigned i = 0; i < SELECTORS; i++) {
		fprintf(out,
			"---\n{apiVersion: networking.k8s.io/v1, kind: NetworkPolicy, metadata: "
			"{name: s%u, namespace: n%02u}, spec: {podSelector: {matchExpressions: [",
			i, i % NAMESPACES);
		write_expressions(out);
		fputs("]}, ingress: [{from: [{namespaceSelector: {matchExpressions: [", out);
		write_expressions(out);
		fputs("]}, podSelector: {matchExpressions: [", out);
		write_expressions(out);
		fputs("]}}]}]}}\n", out);
	}
	fclose(out);
	return yaml;
}

struct cluster {
	struct arena *arena;
	struct objects *objects;
	struct identities identities;
	struct selectors *selectors;
	uint32_t identity_of[PODS];
	uint32_t own[SELECTORS],
		of_peer[SELECTORS]; /* index: policy; the numbers of its selectors */
};

static void identify(struct cluster *cluster)
{
	for (size_t i = 0; i < cluster->objects->pod_count; i++) {
		const struct pod *pod = &cluster->objects->pods[i];
		bool added;
		uint32_t number =
			identities_namespace(&cluster->identities, pod->namespace, &added);
		struct labelled_namespace *namespace = &cluster->identities.namespaces[number];
		struct label *own = arena_alloc(cluster->arena, sizeof(*own));

		if (added)
		namespace->labels = objects_namespace_labels(cluster->objects, pod->namespace, own,
							     &namespace->label_count);
		cluster->identity_of[i] = identities_of(&cluster->identities, number, pod);
	}
}

static const struct peer *peer_of(const struct policy *policy)
{
	return policy->rules[INGRESS]->peers;
}

/* Adds the selectors of the policies from @first to before @end. */
static void select_pods(struct cluster *cluster, size_t first, size_t end)
{
	for (size_t i = first; i < end; i++) {
		const struct policy *policy = &cluster->objects->policies[i];
		uint32_t namespace =
			identities_namespace(&cluster->identities, policy->namespace, NULL);

		cluster->own[i] = selectors_add(cluster->selectors, namespace, NULL, policy->pods);
		cluster->of_peer[i] =
			selectors_add(cluster->selectors, namespace, peer_of(policy)->namespaces,
				      peer_of(policy)->pods);
	}
}

static struct cluster *start(void)
{
	struct arena *arena = arena_new();
	struct cluster *cluster = arena_alloc(arena, sizeof(*cluster));
	char *yaml = make_cluster();

	cluster->arena = arena;
	cluster->objects = unit_objects(arena, yaml);
	free(yaml);
	identities_init(&cluster->identities, arena);
	cluster->selectors = selectors_new(arena, &cluster->identities);
	return cluster;
}

static bool is_among(const struct cluster *cluster, uint32_t identity, uint32_t number)
{
	size_t count;
	const uint32_t *numbers = selectors_of(cluster->selectors, identity, &count);
	bool found = false;

	for (size_t i = 0; i < count; i++) {
		often_assert(i == 0 || numbers[i - 1] < numbers[i], "identity %u", identity);
		found |= numbers[i] == number;
	}
	return found;
}

/* Checks each pod and each selector of the policies from @first to before @end. */
static void check(const struct cluster *cluster, size_t first, size_t end)
{
	size_t sum = 0;

	for (size_t i = first; i < end; i++)
		for (size_t k = 0; k < cluster->objects->pod_count; k++) {
			const struct policy *policy = &cluster->objects->policies[i];
			const struct pod *pod = &cluster->objects->pods[k];
			uint32_t identity = cluster->identity_of[k];
			bool means = peer_means(cluster->objects, peer_of(policy),
						policy->namespace, pod);

			sum += means;
			often_assert(is_among(cluster, identity, cluster->own[i]) ==
					     policy_selects(policy, pod),
				     "policy %s and pod %s", policy->name, pod->name);
			often_assert(is_among(cluster, identity, cluster->of_peer[i]) == means,
				     "peer of %s and pod %s", policy->name, pod->name);
		}
	ck_assert(end < 40 || sum > end);
}

START_TEST(all_at_once)
{
	struct cluster *cluster = start();

	for (size_t i = 0; i < SELECTORS; i++)
		identities_ask_policy(&cluster->identities, &cluster->objects->policies[i]);
	identify(cluster);
	ck_assert_uint_lt(cluster->identities.count, PODS);
	select_pods(cluster, 0, SELECTORS);
	check(cluster, 0, SELECTORS);
	arena_free(cluster->arena);
}
END_TEST

/* Selectors may come, a few at a time or many, when identities were looked at already. */
START_TEST(one_after_the_other)
{
	struct cluster *cluster = start();

	for (size_t i = 0, more; i < 60; i += more) {
		more = i < 10 ? 1 : 25;
		for (size_t k = i; k < i + more; k++)
			identities_ask_policy(&cluster->identities, &cluster->objects->policies[k]);
		identify(cluster);
		select_pods(cluster, i, i + more);
		check(cluster, 0, i + more);
	}
	arena_free(cluster->arena);
}
END_TEST

START_TEST(labels_of_a_namespace_change)
{
	struct cluster *cluster = start();
	struct objects *objects = cluster->objects;

	for (size_t i = 0; i < 40; i++)
		identities_ask_policy(&cluster->identities, &objects->policies[i]);
	identify(cluster);
	select_pods(cluster, 0, 40);
	check(cluster, 0, 40);
	for (size_t i = 0; i + 1 < objects->namespace_count; i++) {
		struct namespace *namespace = &objects->namespaces[i];
		uint32_t number = identities_namespace(&cluster->identities, namespace->name, NULL);

		namespace->labels = objects->namespaces[i + 1].labels;
		namespace->label_count = objects->namespaces[i + 1].label_count;
		cluster->identities.namespaces[number].labels = namespace->labels;
		cluster->identities.namespaces[number].label_count = namespace->label_count;
		selectors_namespace_changed(cluster->selectors, number);
	}
	check(cluster, 0, 40);
	arena_free(cluster->arena);
}
END_TEST

UNIT_MAIN("selectors", all_at_once, one_after_the_other, labels_of_a_namespace_change)
