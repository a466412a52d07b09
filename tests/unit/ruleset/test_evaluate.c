/*
 * Tests what ruleset/evaluate.h says about packets: for a small cluster whose answers are written
 * down here, and for rulesets with each kind of jump.
 */
#include "unit.h"

#include "lower/lower.h"
#include "resolve/resolve.h"
#include "ruleset/evaluate.h"

#include <arpa/inet.h>

static const char cluster[] =
	"{apiVersion: v1, kind: Namespace, metadata: {name: shop}}\n"
	"---\n"
	"apiVersion: v1\n"
	"kind: PodList\n"
	"items:\n"
	"- {metadata: {name: front, namespace: shop, labels: {app: front}},\n"
	"   status: {podIPs: [{ip: 10.0.0.1}, {ip: 'fd00::1'}]}}\n"
	"- {metadata: {name: orders, namespace: shop, labels: {app: orders}},\n"
	"   status: {podIPs: [{ip: 10.0.0.2}, {ip: 'fd00::2'}]}}\n"
	"- {metadata: {name: both, namespace: shop, labels: {app: both}},\n"
	"   status: {podIPs: [{ip: 10.0.0.3}, {ip: 'fd00::3'}]}}\n"
	"- {metadata: {name: named, namespace: shop, labels: {app: named}},\n"
	"   spec: {containers: [{ports: [{name: http, containerPort: 8081}]}]},\n"
	"   status: {podIPs: [{ip: 10.0.0.4}]}}\n"
	"---\n"
	"apiVersion: networking.k8s.io/v1\n"
	"kind: NetworkPolicy\n"
	"metadata: {name: orders, namespace: shop}\n"
	"spec:\n"
	"  podSelector: {matchLabels: {app: orders}}\n"
	"  policyTypes: [Ingress]\n"
	"  ingress:\n"
	"  - from: [{podSelector: {matchLabels: {app: front}}}]\n"
	"    ports: [{protocol: TCP, port: 80}, {protocol: TCP, port: 8000, endPort: 8999},\n"
	"            {protocol: UDP, port: 53}]\n"
	"  - from: [{ipBlock: {cidr: 192.0.2.0/24, except: [192.0.2.128/25]}}]\n"
	"  - ports: [{protocol: SCTP}]\n"
	"---\n"
	"apiVersion: networking.k8s.io/v1\n"
	"kind: NetworkPolicy\n"
	"metadata: {name: both, namespace: shop}\n"
	"spec:\n"
	"  podSelector: {matchLabels: {app: both}}\n"
	"  policyTypes: [Ingress, Egress]\n"
	"  ingress: [{}]\n"
	"  egress:\n"
	"  - to: [{podSelector: {matchLabels: {app: named}}}]\n"
	"    ports: [{protocol: TCP, port: http}]\n"
	"  - to: [{podSelector: {matchLabels: {app: orders}}}]\n"
	"    ports: [{protocol: TCP, port: 443}]\n";

/*
 * What one packet meets.  @pod is the pod that denies it, and @chain the end of the chain's name;
 * both are NULL if the packet is accepted.
 */
struct expectation {
	const char *from, *to;
	int protocol, port; /* for ICMPv6, @port is the type */
	const char *pod, *chain;
};

static const struct ruleset *lowered(struct arena *arena, const char *text, bool reject)
{
	const struct lower_options options = {.table = "np2nft", .reject = reject};

	return lower(arena, resolve(arena, unit_objects(arena, text), NULL), &options);
}

static struct packet packet_of(const struct expectation *expected)
{
	struct packet packet = {
		.family = strchr(expected->from, ':') ? V6 : V4,
		.protocol = (uint8_t)expected->protocol,
	};
	int family = packet.family == V4 ? AF_INET : AF_INET6;

	/* Packets between neighbours have this hop limit. */
	packet.hoplimit = 255;

	if (expected->protocol == IPPROTO_ICMPV6)
		packet.icmpv6_type = (uint8_t)expected->port;
	else
		packet.dport = (uint16_t)expected->port;
	ck_assert_int_eq(inet_pton(family, expected->from, packet.saddr), 1);
	ck_assert_int_eq(inet_pton(family, expected->to, packet.daddr), 1);
	return packet;
}

static void check(const struct evaluator *evaluator, const struct expectation *expected)
{
	const struct packet packet = packet_of(expected);
	const struct judgement got = evaluate(evaluator, &packet);

	ck_assert_msg(got.accepted == !expected->chain, "%s %s %d/%d: %s", expected->from,
		      expected->to, expected->port, expected->protocol,
		      got.chain ? got.chain->name : "accepted");
	if (expected->chain) {
		ck_assert_str_eq(got.chain->name, expected->chain);
		ck_assert_str_eq(got.pod, expected->pod);
	} else {
		ck_assert_ptr_null(got.chain);
		ck_assert_ptr_null(got.pod);
	}
}

#define ORDERS "shop/orders", "ingress/shop/orders/deny"
#define BOTH   "shop/both", "egress/shop/both/deny"

START_TEST(a_cluster_by_hand)
{
	static const struct expectation expectations[] = {
		{"10.0.0.1", "10.0.0.2", IPPROTO_TCP, 80, NULL, NULL},
		{"fd00::1", "fd00::2", IPPROTO_TCP, 80, NULL, NULL},
		{"10.0.0.1", "10.0.0.2", IPPROTO_TCP, 81, ORDERS},
		{"10.0.0.1", "10.0.0.2", IPPROTO_UDP, 80, ORDERS},
		{"10.0.0.1", "10.0.0.2", IPPROTO_UDP, 53, NULL, NULL},
		{"10.0.0.4", "10.0.0.2", IPPROTO_TCP, 80, ORDERS},
		{"fd00::4", "fd00::2", IPPROTO_TCP, 80, ORDERS},
		/* These ports are at the edges of a range. */
		{"10.0.0.1", "10.0.0.2", IPPROTO_TCP, 7999, ORDERS},
		{"10.0.0.1", "10.0.0.2", IPPROTO_TCP, 8000, NULL, NULL},
		{"10.0.0.1", "10.0.0.2", IPPROTO_TCP, 8999, NULL, NULL},
		{"10.0.0.1", "10.0.0.2", IPPROTO_TCP, 9000, ORDERS},
		/* These addresses are at the edges of a block; the protocol does not matter. */
		{"192.0.1.255", "10.0.0.2", IPPROTO_TCP, 1, ORDERS},
		{"192.0.2.0", "10.0.0.2", IPPROTO_TCP, 1, NULL, NULL},
		{"192.0.2.127", "10.0.0.2", IPPROTO_ICMP, 0, NULL, NULL},
		{"192.0.2.128", "10.0.0.2", IPPROTO_ICMP, 0, ORDERS},
		/* One rule allows a whole protocol from everybody. */
		{"203.0.113.1", "10.0.0.2", IPPROTO_SCTP, 5, NULL, NULL},
		/*
		 * A pod may send to itself through a Service; neighbour discovery may pass, a ping
		 * may not.
		 */
		{"10.0.0.2", "10.0.0.2", IPPROTO_TCP, 81, NULL, NULL},
		{"fd00::4", "fd00::2", IPPROTO_ICMPV6, 135, NULL, NULL},
		{"fd00::4", "fd00::2", IPPROTO_ICMPV6, 128, ORDERS},
		/* A pod that is isolated in one direction is free in the other. */
		{"10.0.0.2", "10.0.0.4", IPPROTO_TCP, 1, NULL, NULL},
		{"10.0.0.1", "203.0.113.1", IPPROTO_TCP, 1, NULL, NULL},
		/*
		 * The egress of one end is asked before the ingress of the other, and both must
		 * agree.
		 */
		{"10.0.0.3", "10.0.0.4", IPPROTO_TCP, 8081, NULL, NULL},
		{"10.0.0.3", "10.0.0.4", IPPROTO_TCP, 8080, BOTH},
		{"10.0.0.3", "10.0.0.2", IPPROTO_TCP, 443, ORDERS},
		{"10.0.0.3", "10.0.0.2", IPPROTO_TCP, 80, BOTH},
		{"fd00::3", "fd00::99", IPPROTO_UDP, 53, BOTH},
		{"203.0.113.1", "10.0.0.3", IPPROTO_TCP, 1, NULL, NULL},
	};

	for (int reject = 0; reject < 2; reject++) {
		struct arena *arena = arena_new();
		const struct evaluator *evaluator =
			evaluator_new(arena, lowered(arena, cluster, reject));

		ck_assert(evaluator_enforces(evaluator, V4) && evaluator_enforces(evaluator, V6));
		for (size_t i = 0; i < COUNT(expectations); i++)
			check(evaluator, &expectations[i]);
		arena_free(arena);
	}
}
END_TEST

START_TEST(without_policies_everything_passes)
{
	static const struct expectation any = {"10.0.0.1", "10.0.0.2", IPPROTO_TCP, 80, NULL, NULL};
	struct arena *arena = arena_new();
	const struct evaluator *evaluator = evaluator_new(arena, lowered(arena, "", false));

	ck_assert(!evaluator_enforces(evaluator, V4) && !evaluator_enforces(evaluator, V6));
	check(evaluator, &any);
	arena_free(arena);
}
END_TEST

/* Sends from a link-local address, which no policy names, and returns whether that passes. */
static bool link_passes(const struct evaluator *evaluator, const char *to, uint8_t type,
			uint8_t hoplimit)
{
	struct packet packet = {.family = V6,
				.protocol = type ? IPPROTO_ICMPV6 : IPPROTO_UDP,
				.icmpv6_type = type,
				.hoplimit = hoplimit,
				.may_stay_on_link = true};

	inet_pton(AF_INET6, "fe80::1", packet.saddr);
	inet_pton(AF_INET6, to, packet.daddr);
	return evaluate(evaluator, &packet).accepted;
}

START_TEST(what_stays_on_a_link)
{
	struct arena *arena = arena_new();
	const struct evaluator *none = evaluator_new(arena, lowered(arena, "", false));
	const struct evaluator *some = evaluator_new(
		arena,
		lowered(arena,
			"{apiVersion: v1, kind: Pod, metadata: {name: a}, status: {podIP: "
			"10.0.0.1}}\n---\n{apiVersion: networking.k8s.io/v1, kind: NetworkPolicy, "
			"metadata: {name: p}, spec: {podSelector: {}}}\n",
			false));

	ck_assert(link_passes(none, "fe80::2", 0, 64) && link_passes(none, "ff02::1", 134, 255));
	ck_assert(!link_passes(some, "fe80::2", 0, 64) && !link_passes(some, "ff02::1", 0, 1));
	ck_assert(link_passes(some, "fe80::2", 135, 255) && !link_passes(some, "fe80::2", 135, 64));
	ck_assert(link_passes(some, "ff02::16", 143, 1) && !link_passes(some, "ff02::16", 143, 2));
	ck_assert(!link_passes(some, "ff02::1", 134, 255) &&
		  !link_passes(some, "fe80::2", 137, 255));
	arena_free(arena);
}
END_TEST

/* A jump comes back and a goto does not; a return from where a goto led goes back to the jump. */
START_TEST(jumps_gotos_and_returns)
{
	static struct rule base[] = {{.kind = RULE_ALWAYS, .verdict = {VERDICT_JUMP, "a"}},
				     {.kind = RULE_ALWAYS, .verdict = {VERDICT_DROP, NULL}}};
	static struct rule a[] = {{.kind = RULE_NOT_SYN, .verdict = {VERDICT_DROP, NULL}},
				  {.kind = RULE_ALWAYS, .verdict = {VERDICT_GOTO, "b"}},
				  {.kind = RULE_ALWAYS, .verdict = {VERDICT_ACCEPT, NULL}}};
	static struct rule b[] = {{.kind = RULE_ALWAYS, .verdict = {VERDICT_RETURN, NULL}},
				  {.kind = RULE_ALWAYS, .verdict = {VERDICT_ACCEPT, NULL}}};
	static struct chain chains[] = {
		{.name = "forward", .base = true, .rules = base, .rule_count = 2},
		{.name = "a", .rules = a, .rule_count = 3},
		{.name = "b", .rules = b, .rule_count = 2}};
	static const struct ruleset ruleset = {.chains = chains, .chain_count = 3};
	const struct packet packet = {.family = V4, .protocol = IPPROTO_TCP};
	struct arena *arena = arena_new();
	struct judgement got = evaluate(evaluator_new(arena, &ruleset), &packet);

	ck_assert(!got.accepted);
	ck_assert_str_eq(got.chain->name, "forward");
	/* A return from the base chain is what its policy says: accept. */
	base[0].verdict = (struct verdict){VERDICT_GOTO, "b"};
	ck_assert(evaluate(evaluator_new(arena, &ruleset), &packet).accepted);
	base[0].verdict = (struct verdict){VERDICT_RETURN, NULL};
	ck_assert(evaluate(evaluator_new(arena, &ruleset), &packet).accepted);
	arena_free(arena);
}
END_TEST

UNIT_MAIN("evaluate", a_cluster_by_hand, without_policies_everything_passes, what_stays_on_a_link,
	  jumps_gotos_and_returns)
