/*
 * Makes random clusters in which many pods share an address, and compiles each.  Each ruleset is
 * proved against the words of the policies by verify/, which handles such pods in its own way.
 */
#include "unit.h"

#include "lower/lower.h"
#include "resolve/resolve.h"
#include "verify/verify.h"

#define CLUSTERS 400

static struct arena *arena;
static struct string text;

#define put(...) arena_append(arena, &text, __VA_ARGS__)

static const char *one_of(const char *const *texts, unsigned count)
{
	return texts[dice(count)];
}

#define ONE_OF(...)                                                                                \
	one_of((const char *const[]){__VA_ARGS__}, COUNT(((const char *[]){__VA_ARGS__})))

static void put_pod(unsigned number)
{
	put("---\n{apiVersion: v1, kind: Pod, metadata: {name: p%u, namespace: %s, labels: "
	    "{%s%s}},\n",
	    number, ONE_OF("one", "two"), ONE_OF("a: v", "a: w", "c: v"),
	    ONE_OF("", ", b: v", ", b: w"));
	put(" spec: {nodeName: node-%s, containers: [{name: c, ports: [%s%s]}]},\n",
	    ONE_OF("m", "o"),
	    ONE_OF("", "{name: http, containerPort: 80},", "{name: http, containerPort: 81},"),
	    ONE_OF("", "{name: dns, containerPort: 53, protocol: UDP}"));
	put(" status: {podIP: 10.0.0.%u%s}}\n", dice(6),
	    ONE_OF("", ", podIPs: [{ip: 'fd00::1'}]", ", podIPs: [{ip: 'fd00::2'}]"));
}

static const char *selector(void)
{
	return ONE_OF("{}", "{matchLabels: {a: v}}", "{matchLabels: {b: w}}",
		      "{matchExpressions: [{key: a, operator: NotIn, values: [v]}]}",
		      "{matchExpressions: [{key: b, operator: DoesNotExist}]}",
		      "{matchExpressions: [{key: a, operator: In, values: [v, w]}]}");
}

static void put_peer(void)
{
	switch (dice(4)) {
	case 0:
		put("{podSelector: %s}", selector());
		break;
	case 1:
		put("{namespaceSelector: %s, podSelector: %s}",
		    ONE_OF("{}", "{matchLabels: {kubernetes.io/metadata.name: two}}"), selector());
		break;
	case 2:
		put("{ipBlock: {cidr: 10.0.0.0/%u}}", 28 + dice(4));
		break;
	default:
		put("{ipBlock: {cidr: %s}}",
		    ONE_OF("0.0.0.0/0, except: [10.0.0.2/31]", "'::/0'", "192.0.2.0/24"));
	}
}

static void put_rules(const char *list, const char *peers, bool names)
{
	put(", %s: [", list);
	for (unsigned i = 0, rules = dice(3); i < rules; i++) {
		put("%s{%s: [", i ? ", " : "", peers);
		for (unsigned k = 0, count = dice(3); k < count; k++) {
			put("%s", k ? ", " : "");
			put_peer();
		}
		put("], ports: [");
		for (unsigned k = 0, count = dice(3); k < count; k++)
			put("%s%s", k ? ", " : "",
			    names && !dice(2) ? ONE_OF("{port: http}", "{port: dns, protocol: UDP}")
					      : ONE_OF("{port: 80}", "{protocol: UDP}",
						       "{port: 50, endPort: 90}",
						       "{port: 53, protocol: UDP}"));
		put("]}");
	}
	put("]");
}

static void put_policy(unsigned number)
{
	put("---\n{apiVersion: networking.k8s.io/v1, kind: NetworkPolicy, metadata: {name: r%u, "
	    "namespace: %s},\n spec: {podSelector: %s, policyTypes: [%s]",
	    number, ONE_OF("one", "two"), selector(),
	    ONE_OF("Ingress", "Egress", "Ingress, Egress"));
	put_rules("ingress", "from", true);
	put_rules("egress", "to", false);
	put("}}\n");
}

static void check_cluster(const struct objects *objects, const char *node)
{
	const struct lower_options options = {.table = "np2nft"};
	const struct ruleset *ruleset = lower(arena, resolve(arena, objects, node), &options);
	struct verify_result result;

	ck_assert(verify(arena, objects, node, &(struct closed_ranges){.count = {0}}, ruleset, NULL, NULL, &result));
	result.shown = result.shown > 2 ? 2 : result.shown;
	ck_assert_msg(!result.fault_count && !result.difference_count, "%s\n%s\n%s", text.text,
		      node ? node : "every node", verify_text(arena, objects, &result));
}

START_TEST(those_that_share_get_what_both_allow)
{
	size_t shared = 0, joint = 0;

	for (unsigned i = 0; i < CLUSTERS; i++) {
		const struct objects *objects;

		arena = arena_new();
		text = (struct string){0};
		for (unsigned k = 0; k < 5; k++)
			put_pod(k);
		for (unsigned k = 0; k < 4; k++)
			put_policy(k);
		objects = unit_objects(arena, text.text);
		shared += objects->share_count;
		joint += objects->joint_count;
		check_cluster(objects, NULL);
		check_cluster(objects, "node-m");
		arena_free(arena);
	}
	/* The clusters must be of the kind that this test is about. */
	ck_assert_uint_gt(shared, CLUSTERS / 2);
	ck_assert_uint_gt(joint, CLUSTERS / 4);
}
END_TEST

UNIT_MAIN("share", those_that_share_get_what_both_allow)
