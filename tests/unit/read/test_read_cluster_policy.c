/*
 * Tests what is read of ClusterNetworkPolicies and Nodes: their fields, their order, what is
 * closed, and what may be missing in an object of a live cluster.
 */
#include "unit.h"

#include "model/meaning.h"
#include "read/cluster_policy.h"

#define HEAD                                                                                       \
	"apiVersion: policy.networking.k8s.io/v1alpha2\n"                                          \
	"kind: ClusterNetworkPolicy\n"

static const struct cluster_policy *policy_of(struct arena *arena, const char *spec)
{
	const struct objects *objects = unit_objects(
		arena, arena_join(arena, HEAD, "metadata: {name: a}\nspec: ", spec, "\n", NULL));

	ck_assert_uint_eq(objects->cluster_policy_count, 1);
	return &objects->cluster_policies[0];
}

#define SUBJECT "tier: Admin, priority: 7, subject: {namespaces: {}}"

START_TEST(policies_stand_in_the_order_in_which_they_are_asked)
{
	static const char *const names[] = {"z", "b", "c", "a", "x"};
	struct arena *arena = arena_new();
	const struct objects *objects = unit_objects(
		arena,
		HEAD "metadata: {name: a}\n"
		     "spec: {tier: Baseline, priority: 0, subject: {namespaces: {}}}\n---\n" HEAD
		     "metadata: {name: c}\n"
		     "spec: {tier: Admin, priority: 10, subject: {namespaces: {}}}\n---\n" HEAD
		     "metadata: {name: b}\n"
		     "spec: {tier: Admin, priority: 10, subject: {namespaces: {}}}\n---\n" HEAD
		     "metadata: {name: x}\n"
		     "spec: {tier: Baseline, priority: 1, subject: {namespaces: {}}}\n---\n" HEAD
		     "metadata: {name: z}\n"
		     "spec: {tier: Admin, priority: 9, subject: {namespaces: {}}}\n");

	ck_assert_uint_eq(objects->cluster_policy_count, COUNT(names));
	for (size_t i = 0; i < COUNT(names); i++)
		ck_assert_str_eq(objects->cluster_policies[i].name, names[i]);
	arena_free(arena);
}
END_TEST

START_TEST(each_network_and_domain_name_is_a_peer)
{
	struct arena *arena = arena_new();
	const struct cluster_policy *policy = policy_of(
		arena, "{" SUBJECT ", egress: [{action: Accept, name: one, to: ["
		       "{networks: [10.1.2.3/8, 'fd00::/8']}, {nodes: {matchLabels: {a: b}}}, "
		       "{domainNames: [a.b, '*.c.d']}, {namespaces: {}}]}]}");
	const struct tier_rule *rule = &policy->rules[EGRESS][0];
	static const enum peer_kind kinds[] = {PEER_BLOCK,  PEER_BLOCK,  PEER_NODES,
					       PEER_DOMAIN, PEER_DOMAIN, PEER_PODS};
	char text[CIDR_TEXT];

	ck_assert_uint_eq(policy->priority, 7);
	ck_assert_uint_eq(policy->rule_count[INGRESS], 0);
	ck_assert_uint_eq(policy->rule_count[EGRESS], 1);
	ck_assert_str_eq(rule->name, "one");
	ck_assert(!rule->is_closed && rule->names_domains);
	ck_assert_uint_eq(rule->peer_count, COUNT(kinds));
	for (size_t i = 0; i < COUNT(kinds); i++)
		ck_assert_int_eq(rule->peers[i].kind, kinds[i]);
	cidr_text(&rule->peers[0].cidr, text);
	ck_assert_str_eq(text, "10.0.0.0/8");
	ck_assert_uint_eq(rule->peers[2].nodes->count, 1);
	ck_assert_str_eq(rule->peers[4].domain, "*.c.d");
	ck_assert_uint_eq(rule->port_count, 0);
	arena_free(arena);
}
END_TEST

START_TEST(ports_have_numbers_ranges_or_names)
{
	struct arena *arena = arena_new();
	const struct cluster_policy *policy =
		policy_of(arena, "{" SUBJECT
				 ", ingress: [{action: Pass, from: [{namespaces: {}}], protocols: ["
				 "{tcp: {destinationPort: {number: 0x50}}}, "
				 "{sctp: {destinationPort: {range: {start: 1, end: 65535}}}}, "
				 "{destinationNamedPort: Web}]}]}");
	const struct tier_rule *rule = &policy->rules[INGRESS][0];

	ck_assert_int_eq(rule->action, ACTION_PASS);
	ck_assert_uint_eq(rule->port_count, 3);
	ck_assert_int_eq(rule->ports[0].protocol, TCP);
	ck_assert_uint_eq(rule->ports[0].first, 80);
	ck_assert_uint_eq(rule->ports[0].last, 80);
	ck_assert_int_eq(rule->ports[1].protocol, SCTP);
	ck_assert_uint_eq(rule->ports[1].first, 1);
	ck_assert_uint_eq(rule->ports[1].last, 65535);
	ck_assert_int_eq(rule->ports[2].protocol, PROTOCOL_ANY);
	ck_assert_str_eq(rule->ports[2].name, "Web");
	arena_free(arena);
}
END_TEST

/* In a NetworkPolicy, null means the empty value. */
START_TEST(a_null_label_selects_everything)
{
	struct arena *arena = arena_new();
	const struct cluster_policy *policy =
		policy_of(arena, "{tier: Admin, priority: 0, subject: {pods: "
				 "{podSelector: {matchLabels: {app: }}}}}");

	ck_assert_uint_eq(policy->pods->count, 0);
	ck_assert_uint_eq(policy->namespaces->count, 0);
	ck_assert(!policy->selects_nothing);
	arena_free(arena);
}
END_TEST

START_TEST(what_cannot_match_is_closed)
{
	struct arena *arena = arena_new();
	const struct cluster_policy *policy = policy_of(
		arena, "{tier: Admin, priority: 0, "
		       "subject: {namespaces: {matchExpressions: [{key: a, operator: Foo}]}}, "
		       "ingress: [{action: Deny, from: [{namespaces: {}}, "
		       "{namespaces: {matchExpressions: [{key: a, operator: In}]}}], "
		       "protocols: [{tcp: {destinationPort: {number: 1}}}]}], "
		       "egress: [{action: Accept, to: [{domainNames: [a.b]}]}, "
		       "{action: Pass, to: [{domainNames: [a.b]}]}]}");

	ck_assert(policy->selects_nothing);
	ck_assert(policy->rules[INGRESS][0].is_closed);
	ck_assert_uint_eq(policy->rules[INGRESS][0].peer_count, 0);
	ck_assert_uint_eq(policy->rules[INGRESS][0].port_count, 0);
	ck_assert(!policy->rules[EGRESS][0].is_closed);
	ck_assert(policy->rules[EGRESS][1].is_closed);
	arena_free(arena);
}
END_TEST

START_TEST(nodes_have_the_addresses_that_are_some)
{
	struct arena *arena = arena_new();
	const struct objects *objects = unit_objects(
		arena,
		"apiVersion: v1\nkind: Node\nmetadata: {name: n2}\n---\n"
		"apiVersion: v1\nkind: Node\nmetadata: {name: n1, labels: {b: c, a: d}}\n"
		"status: {addresses: [{type: InternalIP, address: 'fd00::1'}, "
		"{type: Hostname, address: n1}, {type: ExternalIP, address: 10.0.0.2}, "
		"{type: Hostname, address: 10.0.0.1}, {type: InternalIP, address: 10.0.0.2}]}\n");
	const struct cluster_node *node = &objects->nodes[0];
	char text[ADDR_TEXT];

	ck_assert_uint_eq(objects->node_count, 2);
	ck_assert_str_eq(node->name, "n1");
	ck_assert_uint_eq(node->label_count, 2);
	ck_assert_uint_eq(node->addr_count, 3);
	addr_text(node->addrs[1].family, node->addrs[1].bytes, text);
	ck_assert_str_eq(text, "10.0.0.2");
	ck_assert_int_eq(node->addrs[2].family, V6);
	arena_free(arena);
}
END_TEST

/* Reads the policy as the agent does. */
static const struct objects *live(struct arena *arena, const char *spec, struct diags *diags)
{
	const struct read_options options = {.default_namespace = "default", .is_live = true};
	struct objects *objects = arena_alloc(arena, sizeof(*objects));
	const char *text = arena_join(arena, HEAD, "metadata: {name: a, new: x}\nspec: ", spec,
				      "\nnew: {}\n", NULL);
	struct reader *reader;

	objects->arena = diags->arena = arena;
	reader = read_begin(&options, objects, diags);
	read_bytes(reader, "live", text, strlen(text));
	read_end(reader);
	return objects;
}

START_TEST(a_live_rule_with_what_is_not_known_is_closed)
{
	static const char *const rules[] = {
		"{action: Deny, from: [{}]}",
		"{action: Deny, from: [{pods: {podSelector: {}}}, {services: {}}]}",
		"{action: Pass, from: [{namespaces: {}}], protocols: [{}]}",
		"{action: Pass, from: [{namespaces: {}}], protocols: [{icmp: {}}]}",
		"{action: Deny, from: [{namespaces: {}}], schedule: daily}",
		"{action: Deny}",
		"{}",
		"{action: Log, from: [{namespaces: {}}]}",
		"{action: Deny, from: [{namespaces: {matchNames: [a]}}]}",
		"{action: Deny, from: [{namespaces: {}}], protocols: [{tcp: {}}]}",
	};
	struct arena *arena = arena_new();

	for (size_t i = 0; i < COUNT(rules); i++) {
		struct diags diags = {0};
		const struct objects *objects = live(
			arena,
			arena_join(arena, "{" SUBJECT ", new: x, ingress: [", rules[i], "]}", NULL),
			&diags);
		const struct tier_rule *rule = objects->cluster_policies[0].rules[INGRESS];

		ck_assert_uint_eq(diags.errors, 0);
		ck_assert_uint_gt(diags.count, 0);
		ck_assert_uint_eq(objects->cluster_policies[0].rule_count[INGRESS], 1);
		ck_assert_msg(rule->is_closed && rule->action != ACTION_ACCEPT, "%s", rules[i]);
		ck_assert_uint_eq(rule->peer_count, 0);
	}
	arena_free(arena);
}
END_TEST

START_TEST(a_live_subject_that_is_not_known_selects_nothing)
{
	static const char *const subjects[] = {"{}", "{services: {}}", "{pods: {}}",
					       "{namespaces: {matchNames: [a]}}"};
	struct arena *arena = arena_new();

	for (size_t i = 0; i < COUNT(subjects); i++) {
		struct diags diags = {0};
		const struct objects *objects =
			live(arena,
			     arena_join(arena, "{tier: Admin, priority: 1, subject: ", subjects[i],
					"}", NULL),
			     &diags);

		ck_assert_uint_eq(diags.errors, 0);
		ck_assert(objects->cluster_policies[0].selects_nothing);
	}
	arena_free(arena);
}
END_TEST

START_TEST(a_live_policy_without_a_place_is_an_error)
{
	static const char *const specs[] = {
		"{tier: Middle, priority: 1, subject: {namespaces: {}}}",
		"{tier: Admin, subject: {namespaces: {}}}",
		"{tier: Admin, priority: 1001, subject: {namespaces: {}}}",
	};
	struct arena *arena = arena_new();

	for (size_t i = 0; i < COUNT(specs); i++) {
		struct diags diags = {0};

		live(arena, specs[i], &diags);
		ck_assert_uint_eq(diags.errors, 1);
	}
	arena_free(arena);
}
END_TEST

UNIT_MAIN("read_cluster_policy", policies_stand_in_the_order_in_which_they_are_asked,
	  each_network_and_domain_name_is_a_peer, ports_have_numbers_ranges_or_names,
	  a_null_label_selects_everything, what_cannot_match_is_closed,
	  nodes_have_the_addresses_that_are_some, a_live_rule_with_what_is_not_known_is_closed,
	  a_live_subject_that_is_not_known_selects_nothing,
	  a_live_policy_without_a_place_is_an_error)
