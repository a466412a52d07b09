/* Tests which pods peers and policies mean, and which addresses a block has (model/meaning.h). */
#include "unit.h"

#include "model/meaning.h"

static const char cluster[] =
	"{apiVersion: v1, kind: Namespace, metadata: {name: shop, labels: {team: a}}}\n"
	"---\n"
	"apiVersion: v1\n"
	"kind: PodList\n"
	"items:\n"
	"- {metadata: {name: api, namespace: shop, labels: {app: api}}, spec: {nodeName: one},\n"
	"   status: {podIP: 10.0.0.1}}\n"
	"- {metadata: {name: api, namespace: lone, labels: {app: api}}, spec: {nodeName: two},\n"
	"   status: {podIP: 10.0.0.2}}\n"
	"- {metadata: {name: bare, namespace: shop}, status: {podIP: 10.0.0.3}}\n"
	"---\n"
	"apiVersion: networking.k8s.io/v1\n"
	"kind: NetworkPolicy\n"
	"metadata: {name: p, namespace: shop}\n"
	"spec:\n"
	"  podSelector: {matchLabels: {app: api}}\n"
	"  policyTypes: [Ingress]\n"
	"  ingress:\n"
	"  - from:\n"
	"    - podSelector: {matchLabels: {app: api}}\n"
	"    - namespaceSelector: {}\n"
	"      podSelector: {matchLabels: {app: api}}\n"
	"    - namespaceSelector: {matchLabels: {team: a}}\n"
	"    - namespaceSelector: {matchLabels: {kubernetes.io/metadata.name: lone}}\n"
	"    - namespaceSelector: {matchExpressions: [{key: team, operator: DoesNotExist}]}\n"
	"      podSelector: {matchExpressions: [{key: app, operator: NotIn, values: [web]}]}\n";

/* Pods are sorted: lone/api, shop/api, shop/bare. */
START_TEST(peers_mean_pods)
{
	static const bool means[][3] = {{false, true, false},
					{true, true, false},
					{false, true, true},
					{true, false, false},
					{true, false, false}};
	struct arena *arena = arena_new();
	const struct objects *objects = unit_objects(arena, cluster);
	const struct policy_rule *rule = objects->policies->rules[INGRESS];

	ck_assert_uint_eq(rule->peer_count, COUNT(means));
	for (size_t i = 0; i < COUNT(means); i++)
		for (size_t k = 0; k < 3; k++)
			ck_assert_msg(peer_means(objects, &rule->peers[i], "shop",
						 &objects->pods[k]) == means[i][k],
				      "peer %zu, pod %zu", i, k);
	arena_free(arena);
}
END_TEST

START_TEST(policies_isolate_pods)
{
	struct arena *arena = arena_new();
	const struct objects *objects = unit_objects(arena, cluster);
	const struct policy *policy = objects->policies;

	for (size_t i = 0; i < 3; i++) {
		ck_assert_int_eq(policy_selects(policy, &objects->pods[i]), i == 1);
		ck_assert_int_eq(policy_isolates(policy, INGRESS, &objects->pods[i]), i == 1);
		ck_assert(!policy_isolates(policy, EGRESS, &objects->pods[i]));
		ck_assert(pod_is_enforced(&objects->pods[i], NULL));
		ck_assert_int_eq(pod_is_enforced(&objects->pods[i], "two"), i == 0);
	}
	arena_free(arena);
}
END_TEST

/*
 * Asks for every address of 10.0.0.0/24 and some around it, and blocks with excepts that overlap.
 */
START_TEST(blocks_have_addresses)
{
	struct arena *arena = arena_new();

	for (unsigned round = 0; round < 200; round++) {
		struct peer block = {.kind = PEER_BLOCK};
		struct range *ranges;
		unsigned oddities;
		size_t count;

		ck_assert(cidr_parse("10.0.0.0/24", &block.cidr, &oddities));
		for (unsigned i = dice(5); i > 0; i--) {
			const char *text =
				arena_printf(arena, "10.0.0.%u/%u", dice(256), 25 + dice(8));
			struct cidr except;

			ck_assert(cidr_parse(text, &except, &oddities));
			arena_push(arena, block.excepts, block.except_count, except);
		}
		count = block_ranges(arena, &block, &ranges);
		for (unsigned i = 0; i < 3 * 256; i++) {
			const struct addr addr = {V4, {10, 0, (uint8_t)((i >> 8) - 1), (uint8_t)i}};
			bool in = false;

			for (size_t k = 0; k < count; k++)
				in |= range_has(&ranges[k], &addr);
			often_assert(in == block_has(&block, &addr), "round %u, address %u", round,
				     i);
			often_assert(i >> 8 != 1 || in == !block_except(&block, &addr),
				     "round %u, except of %u", round, i);
		}
	}
	arena_free(arena);
}
END_TEST

UNIT_MAIN("meaning", peers_mean_pods, policies_isolate_pods, blocks_have_addresses)
