/* Compares the search for pods by label (ask/world/labelled.h) with a loop over all pods. */
#include "unit.h"

#include "ask/world/labelled.h"
#include "base/bits.h"

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
		fputs("]}}]}]}}\n", out);
	}
	fclose(out);
	return yaml;
}

/* Says by the API's words whether a selector matches, as plainly as can be. */
static bool matches(const struct selector *selector, const struct label *labels, size_t count)
{
	for (size_t i = 0; i < selector->count; i++) {
		const struct requirement *requirement = &selector->requirements[i];
		bool exists = false, in = false, holds = false;

		for (size_t k = 0; k < count; k++) {
			if (labels[k].key != requirement->key)
				continue;
			exists = true;
			for (size_t v = 0; v < requirement->count; v++)
				in |= labels[k].value == requirement->values[v];
		}
		switch (requirement->op) {
		case OP_IN:
			holds = in;
			break;
		case OP_NOT_IN:
			holds = !in;
			break;
		case OP_EXISTS:
			holds = exists;
			break;
		case OP_DOES_NOT_EXIST:
			holds = !exists;
			break;
		}
		if (!holds)
			return false;
	}
	return true;
}

static bool namespace_matches(const struct objects *objects, const struct selector *selector,
			      const char *name)
{
	struct label own = {objects_find(objects, NAMESPACE_NAME_LABEL),
			    objects_find(objects, name)};

	for (size_t i = 0; i < objects->namespace_count; i++)
		if (!strcmp(objects->namespaces[i].name, name))
			return matches(selector, objects->namespaces[i].labels,
				       objects->namespaces[i].label_count);
	return matches(selector, &own, 1);
}

static struct objects *objects;
static struct labelled *labelled;

static void start(struct arena *arena)
{
	char *yaml = make_cluster();

	objects = unit_objects(arena, yaml);
	free(yaml);
	/* This is what the reader of policies does, too. */
	objects_intern(objects, NAMESPACE_NAME_LABEL, strlen(NAMESPACE_NAME_LABEL));
	for (size_t i = 0; i < objects->policy_count; i++)
		objects_intern(objects, objects->policies[i].namespace,
			       strlen(objects->policies[i].namespace));
	labelled = labelled_new(arena, objects);
}

START_TEST(namespaces_are_those_of_any_object)
{
	static const struct selector everything;
	const char *first = NULL;
	struct arena *arena = arena_new();

	start(arena);
	ck_assert_uint_eq(labelled_namespaces(labelled, &everything, &first), NAMESPACES);
	ck_assert_str_eq(first, "n00");
	for (size_t i = 0; i < objects->policy_count; i++) {
		const struct selector *of = objects->policies[i].rules[INGRESS]->peers->namespaces;
		size_t count = 0;

		for (unsigned k = 0; k < NAMESPACES; k++)
			count += namespace_matches(objects, of, arena_printf(arena, "n%02u", k));
		ck_assert_uint_eq(labelled_namespaces(labelled, of, &first), count);
	}
	arena_free(arena);
}
END_TEST

/* Goes through pods in order: is the next one on the list? */
static bool is_next(const uint32_t *pods, size_t count, size_t *at, size_t pod)
{
	if (*at == count || pods[*at] != pod)
		return false;
	++*at;
	return true;
}

START_TEST(pods_of_one_namespace)
{
	struct arena *arena = arena_new();
	size_t sum = 0;

	start(arena);
	for (size_t i = 0; i < objects->policy_count; i++) {
		const struct policy *policy = &objects->policies[i];
		uint32_t *pods = arena_array(arena, objects->pod_count, sizeof(*pods));
		const struct peer own = {.kind = PEER_PODS, .pods = policy->pods};
		size_t count = labelled_pods(labelled, policy->namespace, &own, pods), at = 0;

		for (size_t k = 0; k < objects->pod_count; k++) {
			const struct pod *pod = &objects->pods[k];

			often_assert(is_next(pods, count, &at, k) ==
					     (!strcmp(pod->namespace, policy->namespace) &&
					      matches(policy->pods, pod->labels, pod->label_count)),
				     "%s and %s", policy->name, pod->name);
		}
		ck_assert_uint_eq(at, count);
		sum += count;
	}
	ck_assert_uint_gt(sum, PODS);
	arena_free(arena);
}
END_TEST

START_TEST(pods_of_namespaces_by_label)
{
	struct arena *arena = arena_new();
	size_t sum = 0;

	start(arena);
	for (size_t i = 0; i < objects->policy_count; i++) {
		const struct selector *of = objects->policies[dice((unsigned)objects->policy_count)]
						    .rules[INGRESS]
						    ->peers->namespaces;
		const struct selector *selector = objects->policies[i].pods;
		/* Hardly any policy has this entry. */
		const struct peer peer = {.kind = PEER_PODS, .namespaces = of, .pods = selector};
		uint32_t *pods = arena_array(arena, objects->pod_count, sizeof(*pods));
		size_t count = labelled_pods(labelled, objects->policies[i].namespace, &peer, pods),
		       at = 0;

		for (size_t k = 0; k < objects->pod_count; k++) {
			const struct pod *pod = &objects->pods[k];

			often_assert(is_next(pods, count, &at, k) ==
					     (namespace_matches(objects, of, pod->namespace) &&
					      matches(selector, pod->labels, pod->label_count)),
				     "%s and %s", objects->policies[i].name, pod->name);
		}
		ck_assert_uint_eq(at, count);
		sum += count;
	}
	ck_assert_uint_gt(sum, PODS);
	arena_free(arena);
}
END_TEST

START_TEST(pods_of_entries)
{
	struct arena *arena = arena_new();

	start(arena);
	for (size_t i = 0; i < objects->policy_count; i++) {
		const struct policy *policy = &objects->policies[i];
		const struct peer *peer = policy->rules[INGRESS]->peers;
		uint32_t *pods = arena_array(arena, objects->pod_count, sizeof(*pods));
		size_t count = labelled_pods(labelled, policy->namespace, peer, pods), at = 0;

		for (size_t k = 0; k < objects->pod_count; k++)
			often_assert(is_next(pods, count, &at, k) ==
					     namespace_matches(objects, peer->namespaces,
							       objects->pods[k].namespace),
				     "%s and %s", policy->name, objects->pods[k].name);
		ck_assert_uint_eq(at, count);
	}
	arena_free(arena);
}
END_TEST

START_TEST(sets_of_small_numbers)
{
	static const size_t sizes[] = {0, 1, 63, 64, 65, 127, 128, 129, 1000};
	struct arena *arena = arena_new();

	for (size_t i = 0; i < COUNT(sizes); i++) {
		struct bits bits = bits_new(arena, sizes[i]);
		bool is[1000] = {false};

		ck_assert_uint_eq(bits_next(&bits, 0), sizes[i]);
		for (size_t k = 0; k < sizes[i]; k++) {
			is[k] = dice(20) == 0 || k == sizes[i] - 1;
			if (is[k])
				bits_set(&bits, k);
		}
		for (size_t k = 0; k < sizes[i]; k++) {
			size_t next = k;

			while (!is[next])
				next++;
			ck_assert_int_eq(bits_has(&bits, k), is[k]);
			ck_assert_uint_eq(bits_next(&bits, k), next);
		}
		ck_assert_uint_eq(bits_next(&bits, sizes[i] + 5), sizes[i]);
	}
	arena_free(arena);
}
END_TEST

UNIT_MAIN("match", namespaces_are_those_of_any_object, pods_of_one_namespace,
	  pods_of_namespaces_by_label, pods_of_entries, sets_of_small_numbers)
