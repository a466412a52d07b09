/*
 * Compares rulesets of random clusters that have cluster policies with a reading of the API rule by
 * rule (cluster.h): every address to every address, on every port that matters.  TIERS_SEEDS=N
 * tries N clusters instead of a few, TIERS_FIRST=N begins with another one.
 */
#include "cluster.h"

#include "emit/text.h"
#include "lower/lower.h"
#include "resolve/resolve.h"
#include "ruleset/evaluate.h"

#define ADDRESSES 60
#define PORTS_MAX 22

static const enum protocol protocols[] = {ICMP, TCP, UDP, SCTP};

static int put_line(void *context, const char *bytes, size_t len)
{
	(void)context;
	fwrite(bytes, 1, len, stderr);
	return 0;
}

static struct packet packet_of(const struct cluster_packet *of)
{
	struct packet packet = {
		.family = of->from.family,
		.protocol = of->protocol != ICMP    ? (uint8_t)of->protocol
			    : of->from.family == V4 ? IPPROTO_ICMP
						    : IPPROTO_ICMPV6,
		.dport = of->port,
		.icmpv6_type = 128,
	};

	memcpy(packet.saddr, of->from.bytes, sizeof(packet.saddr));
	memcpy(packet.daddr, of->to.bytes, sizeof(packet.daddr));
	return packet;
}

/* Only addresses that mean something are tried, and a few that mean nothing. */
static bool is_of_use(unsigned number)
{
	return number < 18 || (number >= 48 && number < 54) || number == 63;
}

struct trial {
	const struct objects *objects;
	const struct evaluator *evaluator;
	const struct ruleset *ruleset;
	unsigned seed;
	bool only_safe; /* what is allowed must be allowed; what is denied may be allowed */
	size_t allowed, denied;
};

static void check(struct trial *trial, const struct cluster_packet *of)
{
	const struct packet packet = packet_of(of);
	const bool want = cluster_allows(trial->objects, of);
	const struct judgement got = evaluate(trial->evaluator, &packet);

	trial->allowed += want;
	trial->denied += !want;
	if (got.accepted == want || (trial->only_safe && !got.accepted))
		return;
	if (getenv("TIERS_SHOW")) {
		cluster_show(trial->objects);
		emit_text(trial->ruleset, put_line, NULL);
	}
	ck_abort_msg("seed %u: %u to %u, protocol %d port %u: %s, but is to be %s", trial->seed,
		     of->from.bytes[family_len(of->from.family) - 1],
		     of->to.bytes[family_len(of->to.family) - 1], of->protocol, of->port,
		     got.accepted ? "allowed" : got.chain->name, want ? "allowed" : "denied");
}

/*
 * Checks who decides for one end of the packet.  Nobody decides about what a pod sends to itself.
 */
static void check_decider(struct trial *trial, const struct cluster_packet *of,
			  enum direction direction)
{
	const struct packet packet = packet_of(of);
	const struct pod *pod =
		cluster_pod_at(trial->objects, direction == EGRESS ? &of->from : &of->to);
	const struct judgement got = evaluate_end(trial->evaluator, direction == EGRESS, &packet);
	enum decider want;

	if (trial->only_safe || !pod || !memcmp(&of->from, &of->to, sizeof(of->to)))
		return;
	ck_assert_int_eq(got.accepted,
			 cluster_pod_judges(trial->objects, pod, direction, of, &want));
	ck_assert_msg(got.decider == want,
		      "seed %u: %u to %u, protocol %d port %u, direction %d: decided by %d, but is "
		      "to be %d",
		      trial->seed, of->from.bytes[family_len(of->from.family) - 1],
		      of->to.bytes[family_len(of->to.family) - 1], of->protocol, of->port,
		      direction, got.decider, want);
}

/* Checks what a pod sends to its own node. */
static void check_to_node(struct trial *trial, const struct cluster_packet *of)
{
	const struct packet packet = packet_of(of);
	const struct pod *pod = cluster_pod_at(trial->objects, &of->from);
	const bool want = !pod || cluster_allows_to_node(trial->objects, pod, of);
	const bool got = evaluate_input(trial->evaluator, &packet).accepted;

	if (got == want || trial->only_safe)
		return;
	ck_abort_msg("seed %u: %u to its node %u, protocol %d port %u: %s", trial->seed,
		     of->from.bytes[family_len(of->from.family) - 1],
		     of->to.bytes[family_len(of->to.family) - 1], of->protocol, of->port,
		     got ? "allowed" : "denied");
}

/* Is it an address of a node, or one that a node may have? */
static bool is_of_node(const struct addr *addr)
{
	return addr->bytes[family_len(addr->family) - 1] >= 48;
}

static void check_ports(struct trial *trial, struct cluster_packet packet)
{
	for (size_t i = 0; i < COUNT(protocols); i++) {
		packet.protocol = protocols[i];
		for (unsigned port = 0; port < PORTS_MAX; port++) {
			packet.port = (uint16_t)(protocols[i] == ICMP    ? 0
						 : port + 1 == PORTS_MAX ? 65535
									 : port);
			check(trial, &packet);
			check_decider(trial, &packet, INGRESS);
			check_decider(trial, &packet, EGRESS);
			if (is_of_node(&packet.to))
				check_to_node(trial, &packet);
			if (protocols[i] == ICMP)
				break;
		}
	}
}

static void check_all(struct trial *trial, enum family family)
{
	for (unsigned from = 1; from < 64; from++) {
		for (unsigned to = 1; to < 64; to++)
			if (is_of_use(from) && is_of_use(to))
				check_ports(trial, (struct cluster_packet){
							   .from = cluster_addr(from, family),
							   .to = cluster_addr(to, family)});
	}
}

/*
 * Checks that no name is used twice: nft and the kernel would take the second set of a name for the
 * first.
 */
static void check_names(const struct trial *trial)
{
	const struct ruleset *ruleset = trial->ruleset;

	for (size_t i = 1; i < ruleset->set_count; i++)
		ck_assert_msg(set_compare(&ruleset->sets[i - 1], &ruleset->sets[i]) < 0,
			      "seed %u: two sets are called %s", trial->seed,
			      ruleset->sets[i].name);
	for (size_t i = 1; i < ruleset->chain_count; i++)
		ck_assert_msg(chain_compare(&ruleset->chains[i - 1], &ruleset->chains[i]) < 0,
			      "seed %u: two chains are called %s", trial->seed,
			      ruleset->chains[i].name);
}

static void try_one(unsigned seed, struct cluster_shape shape, size_t *allowed, size_t *denied)
{
	static const struct lower_options options = {.table = "np2nft"};
	struct arena *arena = arena_new();
	struct trial trial = {.seed = seed, .only_safe = shape.shares};

	dice_state = seed;
	trial.objects = cluster_objects(arena, &shape);
	trial.ruleset = lower(arena, resolve(arena, trial.objects, NULL), &options);
	trial.evaluator = evaluator_new(arena, trial.ruleset);
	check_names(&trial);
	check_all(&trial, V4);
	if (seed % 4 == 0)
		check_all(&trial, V6);
	*allowed += trial.allowed;
	*denied += trial.denied;
	arena_free(arena);
}

static unsigned number_of(const char *name, unsigned otherwise)
{
	return getenv(name) ? (unsigned)atoi(getenv(name)) : otherwise;
}

static void try_many(struct cluster_shape shape, unsigned count)
{
	const unsigned first = number_of("TIERS_FIRST", 1);
	size_t allowed = 0, denied = 0;

	count = number_of("TIERS_SEEDS", rounds(count));
	for (unsigned i = 0; i < count; i++) {
		shape.rules = 1 + (first + i) % 7;
		shape.cluster_policies = 1 + (first + i) % 5;
		shape.policies = (first + i) % 4;
		try_one(first + i, shape, &allowed, &denied);
	}
	/* If nearly everything had the same answer, the test would show nothing. */
	ck_assert_uint_gt(allowed * 20, denied);
	ck_assert_uint_gt(denied * 20, allowed);
	if (getenv("TIERS_SEEDS"))
		fprintf(stderr, "%zu allowed, %zu denied\n", allowed, denied);
}

START_TEST(pods)
{
	try_many((struct cluster_shape){.namespaces = 3, .pods = 12}, 6);
}
END_TEST

START_TEST(named_ports)
{
	try_many((struct cluster_shape){.namespaces = 3, .pods = 12, .has_names = true}, 6);
}
END_TEST

START_TEST(blocks)
{
	try_many((struct cluster_shape){.namespaces = 3, .pods = 12, .has_blocks = true}, 6);
}
END_TEST

START_TEST(everything)
{
	try_many((struct cluster_shape){.namespaces = 3,
					.pods = 12,
					.nodes = 3,
					.has_blocks = true,
					.has_nodes = true,
					.has_names = true,
					.has_closed = true},
		 10);
}
END_TEST

START_TEST(shared_addresses)
{
	try_many((struct cluster_shape){.namespaces = 3,
					.pods = 12,
					.nodes = 3,
					.shares = true,
					.has_blocks = true,
					.has_nodes = true,
					.has_names = true},
		 6);
}
END_TEST

UNIT_MAIN("tiers", pods, named_ports, blocks, everything, shared_addresses)
