/*
 * Tests random histories of a cluster: whatever comes and goes in whatever order, a pipeline
 * (pipeline/pipeline.h) has the ruleset that compiling the same objects gives, and names the
 * changes that lead there.  HISTORY_SEEDS=N makes N histories instead of a few, HISTORY_FIRST=N
 * begins with another one, HISTORY_SHOW=1 prints both texts where they differ.
 */
#include "unit.h"

#include "change/denied_connections.h"
#include "emit/text.h"
#include "lower/log_denied.h"
#include "pipeline/pipeline.h"
#include "resolve/resolve.h"
#include "ruleset/layout.h"
#include "ruleset/evaluate.h"

#define NODE       "here"
#define NAMESPACES 4
#define PODS       14
#define POLICIES   7
#define TIERED     5
#define NODES      3
#define ADDRESSES  24
#define EVENTS     120

static const char *const apps[] = {"web", "api", "db"};
static const char *const keys[] = {"app", "tier", "rare"};

/* The cluster as text: what each object is now; NULL if there is no such object. */
struct truth {
	struct arena *arena;
	const char *namespaces[NAMESPACES];
	const char *pods[PODS];
	int addresses[PODS][2]; /* the addresses of the pods; -1: the pod has none */
	const char *policies[POLICIES];
	const char *tiered[TIERED]; /* cluster policies */
	const char *nodes[NODES];
	bool is_tiered;         /* cluster policies come, too */
	struct pod_links links; /* the links that are guarded */
	struct closed_ranges closed;
	bool logs;
};

static const char *labels(struct arena *arena)
{
	struct string text = {0};

	arena_append(arena, &text, "{app: %s", apps[dice(COUNT(apps))]);
	if (dice(2))
		arena_append(arena, &text, ", tier: t%u", dice(2));
	if (dice(8) == 0)
		arena_add(arena, &text, ", rare: 'yes'");
	/* No policy names this label. */
	if (dice(2))
		arena_append(arena, &text, ", hash: h%u", dice(50));
	arena_add(arena, &text, "}");
	return text.text;
}

static const char *selector(struct arena *arena)
{
	switch (dice(7)) {
	case 0:
		return "{}";
	case 1:
		return arena_printf(arena, "{matchLabels: {tier: t%u}}", dice(2));
	case 2:
		return arena_printf(arena, "{matchLabels: {app: %s, tier: t%u}}",
				    apps[dice(COUNT(apps))], dice(2));
	case 3:
		return arena_printf(
			arena, "{matchExpressions: [{key: app, operator: %s, values: [%s, %s]}]}",
			dice(2) ? "In" : "NotIn", apps[dice(COUNT(apps))], apps[dice(COUNT(apps))]);
	case 4:
		return arena_printf(arena, "{matchExpressions: [{key: %s, operator: %s}]}",
				    keys[dice(COUNT(keys))], dice(2) ? "Exists" : "DoesNotExist");
	default:
		return arena_printf(arena, "{matchLabels: {app: %s}}", apps[dice(COUNT(apps))]);
	}
}

static const char *peer(struct arena *arena)
{
	switch (dice(6)) {
	case 0:
		return arena_printf(arena, "{ipBlock: {cidr: 10.0.0.0/%u, except: [10.0.0.%u/32]}}",
				    27 + dice(3), 1 + dice(6));
	case 1:
		return arena_printf(arena, "{namespaceSelector: %s}",
				    dice(2) ? "{}" : "{matchLabels: {team: a}}");
	case 2:
		return arena_printf(arena,
				    "{namespaceSelector: {matchLabels: "
				    "{kubernetes.io/metadata.name: n%u}}, podSelector: %s}",
				    dice(NAMESPACES), selector(arena));
	case 3:
		return arena_printf(
			arena,
			"{namespaceSelector: {matchExpressions: [{key: team, operator: %s}]}, "
			"podSelector: %s}",
			dice(2) ? "Exists" : "DoesNotExist", selector(arena));
	default:
		return arena_printf(arena, "{podSelector: %s}", selector(arena));
	}
}

static const char *rule(struct arena *arena, const char *side)
{
	static const char *const ports[] = {"{port: 80}", "{port: http}",
					    "{port: dns, protocol: UDP}",
					    "{port: 8000, endPort: 8010}", "{protocol: SCTP}"};
	struct string text = {0};

	arena_add(arena, &text, "{");
	if (dice(8)) {
		arena_append(arena, &text, "%s: [", side);
		for (unsigned i = 1 + dice(3); i > 0; i--)
			arena_append(arena, &text, "%s, ", peer(arena));
		arena_add(arena, &text, "], ");
	}
	if (dice(4)) {
		arena_add(arena, &text, "ports: [");
		for (unsigned i = 1 + dice(3); i > 0; i--)
			arena_append(arena, &text, "%s, ", ports[dice(COUNT(ports))]);
		arena_add(arena, &text, "]");
	}
	arena_add(arena, &text, "}");
	return text.text;
}

/* The order of the names is not that of the numbers, and some names are in two namespaces. */
static const char *policy_head(struct arena *arena, unsigned i)
{
	return arena_printf(arena, "name: q%u, namespace: n%u", i * 3 % POLICIES, i % NAMESPACES);
}

static const char *pod_head(struct arena *arena, unsigned i)
{
	return arena_printf(arena, "name: p%u, namespace: n%u", i * 5 % PODS, i % NAMESPACES);
}

static const char *policy(struct arena *arena, unsigned i)
{
	struct string text = {0};
	unsigned types = 1 + dice(3);

	arena_append(
		arena, &text,
		"---\n{apiVersion: networking.k8s.io/v1, kind: NetworkPolicy, metadata: {%s%s}, "
		"spec: {podSelector: %s, policyTypes: [%s%s]",
		policy_head(arena, i), dice(4) ? "" : ", annotations: {np2nft/audit: \"true\"}",
		selector(arena), types & 1 ? "Ingress, " : "", types & 2 ? "Egress" : "");
	if (types & 1) {
		arena_add(arena, &text, ", ingress: [");
		for (unsigned k = dice(3); k > 0; k--)
			arena_append(arena, &text, "%s, ", rule(arena, "from"));
		arena_add(arena, &text, "]");
	}
	if (types & 2) {
		arena_add(arena, &text, ", egress: [");
		for (unsigned k = dice(3); k > 0; k--)
			arena_append(arena, &text, "%s, ", rule(arena, "to"));
		arena_add(arena, &text, "]");
	}
	arena_add(arena, &text, "}}\n");
	return text.text;
}

/*
 * Writes a peer of a cluster policy: pods of namespaces, or (@outside) blocks and nodes, which have
 * no named ports.
 */
static const char *tier_peer(struct arena *arena, bool outside)
{
	switch (outside ? 2 + dice(2) : dice(2)) {
	case 0:
		return arena_printf(arena, "{namespaces: %s}",
				    dice(2) ? "{}" : "{matchLabels: {team: a}}");
	case 1:
		return arena_printf(arena,
				    "{pods: {namespaceSelector: {matchExpressions: [{key: team, "
				    "operator: %s}]}, podSelector: %s}}",
				    dice(2) ? "Exists" : "DoesNotExist", selector(arena));
	case 2:
		return arena_printf(arena, "{networks: [10.0.0.%u/%u, 'fd00::/12%u']}", 8 * dice(4),
				    29 + dice(3), dice(9));
	default:
		return arena_printf(arena, "{nodes: %s}",
				    dice(2) ? "{}" : "{matchLabels: {role: worker}}");
	}
}

static const char *tier_rule(struct arena *arena, const char *side, bool egress)
{
	static const char *const actions[] = {"Accept", "Deny", "Pass"};
	static const char *const ports[] = {
		"{tcp: {destinationPort: {number: 80}}}", "{udp: {destinationPort: {number: 53}}}",
		"{tcp: {destinationPort: {range: {start: 70, end: 90}}}}",
		"{destinationNamedPort: http}", "{destinationNamedPort: dns}"};
	const bool outside = egress && dice(2);
	struct string text = {0};

	arena_append(arena, &text, "{action: %s, %s: [", actions[dice(3)], side);
	for (unsigned i = 1 + dice(2); i > 0; i--)
		arena_append(arena, &text, "%s, ", tier_peer(arena, outside && dice(2)));
	arena_add(arena, &text, "]");
	if (dice(2)) {
		arena_add(arena, &text, ", protocols: [");
		for (unsigned i = 1 + dice(2); i > 0; i--)
			arena_append(arena, &text, "%s, ", ports[dice(outside ? 3 : 5)]);
		arena_add(arena, &text, "]");
	}
	arena_add(arena, &text, "}");
	return text.text;
}

static const char *tiered(struct arena *arena, unsigned i)
{
	struct string text = {0};

	arena_append(arena, &text,
		     "---\n{apiVersion: policy.networking.k8s.io/v1alpha2, kind: "
		     "ClusterNetworkPolicy, metadata: {name: c%u}, spec: {tier: %s, priority: %u, "
		     "subject: ",
		     i * 3 % TIERED, dice(2) ? "Admin" : "Baseline", dice(3));
	if (dice(2))
		arena_append(arena, &text, "{namespaces: %s}",
			     dice(2) ? "{}" : "{matchLabels: {team: b}}");
	else
		arena_append(arena, &text, "{pods: {podSelector: %s}}", selector(arena));
	arena_add(arena, &text, ", ingress: [");
	for (unsigned k = dice(4); k > 0; k--)
		arena_append(arena, &text, "%s, ", tier_rule(arena, "from", false));
	arena_add(arena, &text, "], egress: [");
	for (unsigned k = dice(4); k > 0; k--)
		arena_append(arena, &text, "%s, ", tier_rule(arena, "to", true));
	arena_add(arena, &text, "]}}\n");
	return text.text;
}

/* Writes a node, which may have an address that a pod has as well. */
static const char *cluster_node(struct arena *arena, unsigned i)
{
	return arena_printf(arena,
			    "---\n{apiVersion: v1, kind: Node, metadata: {name: node%u, labels: "
			    "{role: %s}}, status: {addresses: [{type: InternalIP, address: "
			    "10.0.0.%u}, {type: ExternalIP, address: 10.0.0.%u}]}}\n",
			    i, dice(2) ? "worker" : "master", 20 + dice(10), 40 + i);
}

/* Returns an address that no pod has, or now and then one that another pod has. */
static int free_address(const struct truth *truth)
{
	for (;;) {
		int address = 1 + (int)dice(ADDRESSES);
		bool taken = false, any = dice(40) == 0;

		for (size_t i = 0; i < PODS && !any; i++)
			taken |= truth->pods[i] && (truth->addresses[i][0] == address ||
						    truth->addresses[i][1] == address);
		if (!taken)
			return address;
	}
}

static const char *pod(struct truth *truth, unsigned i)
{
	static const char *const ports[] = {
		"", "{name: http, containerPort: 80}", "{name: http, containerPort: 8080}",
		"{name: http, containerPort: 80}, {name: dns, containerPort: 53, protocol: UDP}"};
	struct arena *arena = truth->arena;
	int *address = truth->addresses[i];
	bool moves = !truth->pods[i] || dice(4) == 0;

	if (moves) {
		truth->pods[i] = NULL;
		address[0] = free_address(truth);
		address[1] = dice(2) ? free_address(truth) : -1;
	}
	return arena_printf(
		arena,
		"---\n{apiVersion: v1, kind: Pod, metadata: {%s, labels: %s}, spec: {nodeName: %s, "
		"containers: [{ports: [%s]}]}, status: {podIPs: [{ip: 10.0.0.%d}%s]}}\n",
		pod_head(arena, i), labels(arena), dice(3) ? "there" : NODE,
		ports[dice(COUNT(ports))], address[0],
		address[1] < 0 ? "" : arena_printf(arena, ", {ip: 'fd00::%d'}", address[1]));
}

static const char *namespace(struct arena *arena, unsigned i)
{
	return arena_printf(
		arena,
		"---\n{apiVersion: v1, kind: Namespace, metadata: {name: n%u, labels: {%s}}}\n", i,
		dice(2)   ? "team: a"
		: dice(2) ? "team: b"
			  : "");
}

static void put(struct pipeline *pipeline, const char *text)
{
	struct arena *arena = arena_new();
	const struct objects *objects = unit_objects(arena, text);

	for (size_t i = 0; i < objects->pod_count; i++)
		pipeline_put_pod(pipeline, objects, &objects->pods[i]);
	for (size_t i = 0; i < objects->namespace_count; i++)
		pipeline_put_namespace(pipeline, objects, &objects->namespaces[i]);
	for (size_t i = 0; i < objects->policy_count; i++)
		pipeline_put_policy(pipeline, objects, &objects->policies[i]);
	for (size_t i = 0; i < objects->cluster_policy_count; i++)
		pipeline_put_cluster_policy(pipeline, objects, &objects->cluster_policies[i]);
	for (size_t i = 0; i < objects->node_count; i++)
		pipeline_put_node(pipeline, objects, &objects->nodes[i]);
	arena_free(arena);
}

/* Reads "name: NAME, namespace: NAMESPACE". */
static void names(const char *head, char *name, char *namespace)
{
	ck_assert_int_eq(sscanf(head, "name: %15[^,], namespace: %15s", name, namespace), 2);
}

static void pod_event(struct pipeline *pipeline, struct truth *truth, unsigned i)
{
	char name[16], in[16];

	if (truth->pods[i] && dice(3) == 0) {
		truth->pods[i] = NULL;
		names(pod_head(truth->arena, i), name, in);
		pipeline_drop_pod(pipeline, in, name);
		return;
	}
	truth->pods[i] = pod(truth, i);
	put(pipeline, truth->pods[i]);
}

static void policy_event(struct pipeline *pipeline, struct truth *truth, unsigned i)
{
	char name[16], in[16];

	if (truth->policies[i] && dice(2)) {
		truth->policies[i] = NULL;
		names(policy_head(truth->arena, i), name, in);
		pipeline_drop_policy(pipeline, in, name);
		return;
	}
	truth->policies[i] = policy(truth->arena, i);
	put(pipeline, truth->policies[i]);
}

static void tiered_event(struct pipeline *pipeline, struct truth *truth, unsigned i)
{
	if (truth->tiered[i] && dice(3) == 0) {
		truth->tiered[i] = NULL;
		pipeline_drop_cluster_policy(pipeline,
					     arena_printf(truth->arena, "c%u", i * 3 % TIERED));
		return;
	}
	truth->tiered[i] = tiered(truth->arena, i);
	put(pipeline, truth->tiered[i]);
}

static void node_event(struct pipeline *pipeline, struct truth *truth, unsigned i)
{
	if (truth->nodes[i] && dice(3) == 0) {
		truth->nodes[i] = NULL;
		pipeline_drop_node(pipeline, arena_printf(truth->arena, "node%u", i));
		return;
	}
	truth->nodes[i] = cluster_node(truth->arena, i);
	put(pipeline, truth->nodes[i]);
}

static void namespace_event(struct pipeline *pipeline, struct truth *truth, unsigned i)
{
	if (truth->namespaces[i] && dice(3) == 0) {
		truth->namespaces[i] = NULL;
		pipeline_drop_namespace(pipeline, arena_printf(truth->arena, "n%u", i));
		return;
	}
	truth->namespaces[i] = namespace(truth->arena, i);
	put(pipeline, truth->namespaces[i]);
}

/* Gives one list after another, with the objects in another order; a few of them are gone. */
static void list_event(struct pipeline *pipeline, struct truth *truth)
{
	unsigned first = dice(PODS);

	pipeline_list_begins(pipeline, PIPELINE_PODS);
	/* This list breaks off. */
	if (dice(2) && truth->pods[first])
		put(pipeline, truth->pods[first]);
	pipeline_list_begins(pipeline, PIPELINE_PODS);
	for (unsigned i = 0; i < PODS; i++) {
		unsigned at = (first + i) % PODS;

		if (dice(6) == 0)
			truth->pods[at] = NULL;
		if (truth->pods[at])
			put(pipeline, truth->pods[at]);
	}
	pipeline_list_ends(pipeline, PIPELINE_PODS);
}

/* Other links lead to the node's pods from now on, or none do. */
static void links_event(struct pipeline *pipeline, struct truth *truth)
{
	static const char *names[] = {"a", "b", "c"};
	static struct tunnel tunnel = {17, 8472};
	const size_t first = dice(3);

	truth->links = (struct pod_links){names + first, dice(COUNT(names) + 1 - (unsigned)first),
					  &tunnel, dice(2)};
	pipeline_guard(pipeline, &truth->links);
}

static void event(struct pipeline *pipeline, struct truth *truth)
{
	switch (dice(truth->is_tiered ? 16 : 12)) {
	case 12:
	case 13:
	case 14:
		tiered_event(pipeline, truth, dice(TIERED));
		break;
	case 15:
		node_event(pipeline, truth, dice(NODES));
		break;
	case 0:
		namespace_event(pipeline, truth, dice(NAMESPACES));
		break;
	case 1:
	case 2:
	case 3:
		policy_event(pipeline, truth, dice(POLICIES));
		break;
	case 4:
		if (dice(4) == 0)
			list_event(pipeline, truth);
		else if (dice(2))
			links_event(pipeline, truth);
		break;
	default:
		pod_event(pipeline, truth, dice(PODS));
	}
}

/* Reads and compiles the whole cluster as if there had never been another. */
static const struct ruleset *compiled(struct arena *arena, const struct truth *truth,
				      const char *node)
{
	struct string text = {0};
	struct diags diags = {0};
	const struct objects *objects;
	const struct ruleset *ruleset;

	arena_add(arena, &text, "");
	for (size_t i = 0; i < NAMESPACES; i++)
		arena_add(arena, &text, truth->namespaces[i] ? truth->namespaces[i] : "");
	for (size_t i = 0; i < PODS; i++)
		arena_add(arena, &text, truth->pods[i] ? truth->pods[i] : "");
	for (size_t i = 0; i < POLICIES; i++)
		arena_add(arena, &text, truth->policies[i] ? truth->policies[i] : "");
	for (size_t i = 0; i < TIERED; i++)
		arena_add(arena, &text, truth->tiered[i] ? truth->tiered[i] : "");
	for (size_t i = 0; i < NODES; i++)
		arena_add(arena, &text, truth->nodes[i] ? truth->nodes[i] : "");
	/* A warning that pods share an address is no error. */
	objects = unit_read(arena, text.text, false, &diags);
	ck_assert_uint_eq(diags.errors, 0);
	ruleset = closed_ranges_add(
		arena,
		lower(arena, resolve(arena, objects, node), &(struct lower_options){.table = "t"}),
		&truth->closed, objects);
	return guard(arena, truth->logs ? log_denied(arena, ruleset) : ruleset, &truth->links);
}

static int write_text(void *context, const char *bytes, size_t len)
{
	return fwrite(bytes, 1, len, context) == len ? 0 : -1;
}

static char *print_ruleset(const struct ruleset *ruleset)
{
	char *text;
	size_t len;
	FILE *out = open_memstream(&text, &len);

	ck_assert_int_eq(emit_text(ruleset, write_text, out), 0);
	fprintf(out, "%zu %zu %zu %zu %zu %zu\n", ruleset->stats.isolated[0],
		ruleset->stats.isolated[1], ruleset->stats.groups, ruleset->stats.policies,
		ruleset->stats.elements, ruleset->stats.most_lookups);
	fclose(out);
	return text;
}

static char *print_changes(const struct changes *changes)
{
	char *text;
	size_t len;
	FILE *out = open_memstream(&text, &len);

	ck_assert_int_eq(emit_changes(changes, "t", write_text, out), 0);
	for (size_t i = 0; i < changes->count; i++)
		fprintf(out, "%d %d\n", (int)changes->items[i].phase, (int)changes->items[i].kind);
	fclose(out);
	return text;
}

/* Prints the lines at which two texts begin to differ. */
static void check_same(const char *what, char *is, char *should, unsigned seed, unsigned event)
{
	size_t line = 0;

	for (size_t i = 0; is[i] == should[i]; i++) {
		if (!is[i]) {
			free(is);
			free(should);
			return;
		}
		if (is[i] == '\n')
			line = i + 1;
	}
	if (getenv("HISTORY_SHOW"))
		fprintf(stderr, "%s==== should be:\n%s", is, should);
	ck_abort_msg("%s, history %u, event %u: \"%.*s\" should be \"%.*s\"", what, seed, event,
		     (int)strcspn(is + line, "\n"), is + line, (int)strcspn(should + line, "\n"),
		     should + line);
}

/* Makes a connection between any two of the addresses that pods may have. */
static struct packet random_packet(void)
{
	static const uint16_t ports[] = {80, 53, 8005, 8080, 9};
	struct packet packet = {.protocol = dice(4) ? 6 : 17, .dport = ports[dice(COUNT(ports))]};
	const uint8_t source = (uint8_t)(1 + dice(ADDRESSES)),
		      target = (uint8_t)(1 + dice(ADDRESSES));

	packet.family = dice(3) ? V4 : V6;
	packet.saddr[0] = packet.daddr[0] = packet.family == V4 ? 10 : 0xfd;
	packet.saddr[family_len(packet.family) - 1] = source;
	packet.daddr[family_len(packet.family) - 1] = target;
	return packet;
}

/*
 * Checks that each connection which was allowed and is denied now has a touched address at an end.
 */
static void check_touched(struct arena *arena, const struct ruleset *before,
			  const struct ruleset *now, const struct changes *changes)
{
	struct touched touched;
	const struct evaluator *old, *new;

	if (!before)
		return;
	touched_begin(&touched, arena);
	touched_add(&touched, changes);
	old = evaluator_new(arena, before);
	new = evaluator_new(arena, now);
	for (unsigned i = 0; i < 200 && !touched.all; i++) {
		const struct packet packet = random_packet();

		if (evaluate(old, &packet).accepted && !evaluate(new, &packet).accepted)
			ck_assert(touched_has(&touched, packet.family, packet.saddr) ||
				  touched_has(&touched, packet.family, packet.daddr));
	}
}

/*
 * Lets no, one or several events happen before each look at the ruleset, and checks it each time.
 */
static void live(unsigned seed, const char *node)
{
	struct truth truth = {
		.arena = arena_new(), .is_tiered = seed % 4 > 1, .logs = seed % 4 == 1};
	/* Every other pipeline compiles everything anew at about every third event. */
	struct pipeline *pipeline =
		pipeline_new(&(struct pipeline_options){.lower.table = "t",
							.node = node,
							.waste = seed % 2 ? 1000 : 0,
							.log_denied = truth.logs});
	struct arena *before_arena = NULL, *arena;
	const struct ruleset *before = NULL, *now;

	dice_state = seed;
	/* Every third pipeline has closed ranges, in which some of the addresses are. */
	if (seed % 3 == 0) {
		ck_assert_ptr_null(closed_ranges_parse(
			truth.arena, "10.0.0.0/28,fd00::8/125,10.0.0.4/30", &truth.closed));
		pipeline_close_ranges(pipeline, &truth.closed);
	}
	for (unsigned i = 0; i < EVENTS; i++) {
		struct changes taken, computed;

		for (unsigned k = dice(3) ? 1 : dice(6); k > 0; k--)
			event(pipeline, &truth);
		arena = arena_new();
		now = compiled(arena, &truth, node);
		computed = transition(arena, before, now);
		taken = pipeline_take(pipeline, arena);
		check_same("the ruleset", print_ruleset(pipeline_ruleset(pipeline)),
			   print_ruleset(now), seed, i);
		check_same("the difference", print_changes(&taken), print_changes(&computed), seed,
			   i);
		check_touched(arena, before, now, &taken);
		arena_free(before_arena);
		before_arena = arena;
		before = now;
	}
	ck_assert_uint_eq(pipeline_faults(pipeline), 0);
	ck_assert_int_eq(pipeline_renewals(pipeline) > 0, seed % 2);
	pipeline_free(pipeline);
	arena_free(before_arena);
	arena_free(truth.arena);
}

static unsigned number_from(const char *name, unsigned otherwise)
{
	const char *text = getenv(name);

	return text ? (unsigned)atoi(text) : otherwise;
}

START_TEST(one_node)
{
	unsigned first = number_from("HISTORY_FIRST", 1),
		 count = number_from("HISTORY_SEEDS", rounds(12));

	for (unsigned i = first; i < first + count; i++)
		live(i, NODE);
}
END_TEST

START_TEST(every_node)
{
	unsigned first = number_from("HISTORY_FIRST", 1),
		 count = number_from("HISTORY_SEEDS", rounds(6));

	for (unsigned i = first; i < first + count; i++)
		live(i, NULL);
}
END_TEST

/* Adds a pod of this node with a label by which policies select it. */
static void put_local(struct pipeline *pipeline, const char *name, const char *app, int address)
{
	struct arena *arena = arena_new();

	put(pipeline,
	    arena_printf(arena,
			 "---\n{apiVersion: v1, kind: Pod, metadata: {name: %s, namespace: n0, "
			 "labels: {app: %s, hash: h-%s}}, spec: {nodeName: here, containers: []}, "
			 "status: {podIPs: [{ip: 10.0.%d.%d}]}}\n",
			 name, app, name, address / 256, address % 256));
	arena_free(arena);
}

/* Takes the changes, and returns the ruleset; *count becomes the number of changes. */
static const struct ruleset *taken(struct pipeline *pipeline, size_t *count)
{
	struct arena *arena = arena_new();

	*count = pipeline_take(pipeline, arena).count;
	arena_free(arena);
	return pipeline_ruleset(pipeline);
}

/*
 * A pod under the policies of another one costs only elements; a pod that is alone in its group
 * costs more.
 */
START_TEST(local_pods)
{
	struct pipeline *pipeline =
		pipeline_new(&(struct pipeline_options){.lower.table = "t", .node = NODE});
	const struct ruleset *first, *alone;
	size_t count;

	put(pipeline, "---\n{apiVersion: networking.k8s.io/v1, kind: NetworkPolicy, metadata: "
		      "{name: q, namespace: n0}, spec: {podSelector: {matchLabels: {app: web}}, "
		      "policyTypes: [Ingress]}}\n");
	put_local(pipeline, "a", "web", 1);
	first = taken(pipeline, &count);
	put_local(pipeline, "b", "web", 2);
	ck_assert_ptr_eq(taken(pipeline, &count), first);
	/* The pod came into both maps, and into the set of pairs. */
	ck_assert_uint_eq(count, 3);
	ck_assert_uint_eq(first->stats.isolated[INGRESS], 2);
	put_local(pipeline, "c", "nobody-asks", 3);
	ck_assert_ptr_eq(taken(pipeline, &count), first);
	ck_assert_uint_eq(count, 0);
	pipeline_drop_pod(pipeline, "n0", "a");
	ck_assert_ptr_eq(taken(pipeline, &count), first);
	ck_assert_uint_eq(count, 3);
	pipeline_drop_pod(pipeline, "n0", "b");
	alone = taken(pipeline, &count);
	ck_assert_ptr_ne(alone, first);
	pipeline_free(pipeline);
}
END_TEST

/* A map has room for twice its pods, so it is made anew when there are more than that. */
START_TEST(pods_that_fill_their_map)
{
	struct pipeline *pipeline =
		pipeline_new(&(struct pipeline_options){.lower.table = "t", .node = NODE});
	const struct ruleset *full, *larger;
	char name[16];
	size_t count;

	put(pipeline, "---\n{apiVersion: networking.k8s.io/v1, kind: NetworkPolicy, metadata: "
		      "{name: q, namespace: n0}, spec: {podSelector: {matchLabels: {app: web}}, "
		      "policyTypes: [Ingress]}}\n");
	for (int i = 1; i <= 512; i++) {
		snprintf(name, sizeof(name), "p%d", i);
		put_local(pipeline, name, "web", i);
	}
	full = taken(pipeline, &count);
	ck_assert_uint_eq(layout_pod_map(full, INGRESS, V4)->size, 1024);
	put_local(pipeline, "one-more", "web", 513);
	larger = taken(pipeline, &count);
	ck_assert_ptr_ne(larger, full);
	ck_assert_uint_eq(layout_pod_map(larger, INGRESS, V4)->size, 2048);
	pipeline_free(pipeline);
}
END_TEST

UNIT_MAIN("history", one_node, every_node, local_pods, pods_that_fill_their_map)
