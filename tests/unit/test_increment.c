/* One pod more, fewer or other: the same changes as compiling again (lower/increment.h). */
#include "unit.h"

#include "lower/increment.h"
#include "lower/lower.h"
#include "resolve/resolve.h"

#define CLUSTERS   60
#define CHANGES    40
#define NAMESPACES 4
#define HERE       "here"

static const char *const keys[] = {"app", "tier", "old"};
static const char *const values[] = {"a", "b", "c"};
static const char *const ports[] = {"web", "dns"};

/* {app: a, old: c} */
static void write_labels(FILE *out)
{
	fputc('{', out);
	for (size_t i = 0; i < COUNT(keys); i++)
		if (dice(2))
			fprintf(out, "%s: %s, ", keys[i], values[dice(COUNT(values))]);
	fputc('}', out);
}

static void write_selector(FILE *out, const char *name)
{
	static const char *const operators[] = {"In", "NotIn", "Exists", "DoesNotExist"};

	fprintf(out, "%s: {matchExpressions: [", name);
	for (unsigned i = dice(3); i > 0; i--) {
		unsigned op = dice(4);

		fprintf(out, "{key: %s, operator: %s, values: [", keys[dice(COUNT(keys))],
			operators[op]);
		for (unsigned k = op < 2 ? 1 + dice(2) : 0; k > 0; k--)
			fprintf(out, "%s, ", values[dice(COUNT(values))]);
		fputs("]}, ", out);
	}
	fputs("]}, ", out);
}

static void write_peer(FILE *out)
{
	unsigned kind = dice(6);

	fputs("{", out);
	if (kind == 0) {
		fprintf(out, "ipBlock: {cidr: 10.0.0.0/24, except: [10.0.0.%u/26]}", 64 * dice(4));
	} else {
		if (kind == 1)
			fprintf(out,
				"namespaceSelector: {matchLabels: {kubernetes.io/metadata.name: "
				"n%u}}, ",
				dice(NAMESPACES));
		else if (kind < 4)
			write_selector(out, "namespaceSelector");
		if (kind != 2)
			write_selector(out, "podSelector");
	}
	fputs("}, ", out);
}

/* Peers of a rule, few or so many that they become one set. */
static void write_rule(FILE *out, const char *peers)
{
	fprintf(out, "{%s: [", peers);
	for (unsigned i = dice(5); i > 0; i--)
		write_peer(out);
	fputs("], ports: [", out);
	for (unsigned i = dice(3); i > 0; i--)
		if (dice(2))
			fprintf(out, "{port: %s, protocol: %s}, ", ports[dice(COUNT(ports))],
				dice(3) ? "TCP" : "UDP");
		else
			fprintf(out, "{port: %u}, ", 80 + dice(2));
	fputs("]}, ", out);
}

static void write_pod(FILE *out, unsigned number)
{
	fprintf(out,
		"---\n{apiVersion: v1, kind: Pod, metadata: {name: p%u, namespace: n%u, labels: ",
		number, dice(NAMESPACES));
	write_labels(out);
	fprintf(out,
		"}, spec: {nodeName: %s, containers: [{ports: [{name: web, containerPort: %u}, "
		"{name: dns, containerPort: %u, protocol: %s}]}]}, "
		"status: {podIPs: [{ip: 10.0.0.%u}, {ip: 'fd00::%x'}]}}\n",
		number % 4 ? "there" : HERE, 80 + dice(2), 80 + dice(2), dice(2) ? "TCP" : "UDP",
		number + 1, number + 1);
}

#define PODS 40

static struct objects *make_cluster(struct arena *arena)
{
	char *yaml;
	size_t len;
	FILE *out = open_memstream(&yaml, &len);
	struct objects *objects;

	for (int i = 0; i < NAMESPACES - 1; i++) {
		fprintf(out,
			"---\n{apiVersion: v1, kind: Namespace, metadata: {name: n%d, labels: ", i);
		write_labels(out);
		fputs("}}\n", out);
	}
	for (unsigned i = 0; i < PODS; i++)
		write_pod(out, i);
	for (int i = 0; i < 6; i++) {
		fprintf(out,
			"---\n{apiVersion: networking.k8s.io/v1, kind: NetworkPolicy, metadata: "
			"{name: s%d, namespace: n%u}, spec: {",
			i, dice(NAMESPACES));
		write_selector(out, "podSelector");
		fputs("ingress: [", out);
		write_rule(out, "from");
		fputs("], egress: [", out);
		write_rule(out, "to");
		fputs("]}}\n", out);
	}
	fclose(out);
	objects = unit_objects(arena, yaml);
	free(yaml);
	return objects;
}

static const struct ruleset *compile(struct arena *arena, const struct resolved *resolved)
{
	return lower(arena, resolved, &(struct lower_options){.table = "t"});
}

static int compare_pods(const void *a, const void *b)
{
	const struct pod *x = a, *y = b;
	int order = strcmp(x->namespace, y->namespace);

	return order ? order : strcmp(x->name, y->name);
}

/* The objects with the pod as it is now. */
static const struct objects *with_pod(struct arena *arena, const struct objects *objects,
				      const struct pod *pod)
{
	struct objects *with = arena_alloc(arena, sizeof(*with));

	*with = *objects;
	with->pods = NULL;
	with->pod_count = 0;
	for (size_t i = 0; i < objects->pod_count; i++)
		if (compare_pods(&objects->pods[i], pod))
			arena_push(arena, with->pods, with->pod_count, objects->pods[i]);
	if (pod->addr_count)
		arena_push(arena, with->pods, with->pod_count, *pod);
	qsort(with->pods, with->pod_count, sizeof(*pod), compare_pods);
	return with;
}

static const struct label *make_labels(struct arena *arena, struct objects *objects, size_t *count)
{
	struct label *labels = arena_array(arena, COUNT(keys), sizeof(*labels));

	*count = 0;
	for (size_t i = 0; i < COUNT(keys); i++)
		if (dice(2))
			labels[(*count)++] = (struct label){
				objects_intern(objects, keys[i], strlen(keys[i])),
				objects_intern(objects, values[dice(COUNT(values))], 1)};
	return labels;
}

/* An address of a small range, so that some are another pod's. */
static struct addr make_addr(enum family family)
{
	struct addr addr = {.family = family, .bytes = {10, 0, 0, 0}};

	if (family == V6)
		memcpy(addr.bytes, (uint8_t[]){0xfd, 0}, 2);
	addr.bytes[family_len(family) - 1] = (uint8_t)(1 + dice(250));
	return addr;
}

/* One of the pods there are, or a new one, with something else about it. */
static const struct pod *make_change(struct arena *arena, struct objects *objects)
{
	struct pod *pod = arena_alloc(arena, sizeof(*pod));

	*pod = objects->pods[dice((unsigned)objects->pod_count)];
	if (dice(3) == 0) {
		pod->name = arena_printf(arena, "new%u", dice(10));
		pod->addrs = arena_array(arena, 3, sizeof(*pod->addrs));
		pod->addr_count = 1 + dice(3);
		for (unsigned i = 0; i < pod->addr_count; i++)
			pod->addrs[i] = make_addr(i == 1 ? V6 : V4);
	}
	if (dice(3))
		pod->labels = (struct label *)make_labels(arena, objects, &pod->label_count);
	else if (dice(2))
		pod->addr_count = 0;
	else
		pod->ports = NULL, pod->port_count = 0;
	return pod;
}

static bool is_known(const struct objects *objects, const struct pod *pod, const struct pod **as)
{
	*as = bsearch(pod, objects->pods, objects->pod_count, sizeof(*pod), compare_pods);
	return *as != NULL;
}

static bool has_taken_addr(const struct objects *objects, const struct pod *pod)
{
	for (size_t i = 0; i < objects->pod_count; i++)
		for (size_t k = 0; k < objects->pods[i].addr_count * pod->addr_count; k++)
			if (compare_pods(&objects->pods[i], pod) &&
			    !memcmp(&objects->pods[i].addrs[k / pod->addr_count],
				    &pod->addrs[k % pod->addr_count], sizeof(struct addr)))
				return true;
	return false;
}

/* What lower/increment.h says that needs to be compiled again. */
static bool may_refuse(const struct objects *objects, const struct pod *pod)
{
	const struct pod *before;
	bool known = is_known(objects, pod, &before);

	if (!strcmp(pod->node, HERE) || (known && !strcmp(before->node, HERE)))
		return true;
	return has_taken_addr(objects, pod) ||
	       (known && pod->addr_count && (pod->addr_count > 2 || before->addr_count > 2));
}

static void check_same(const struct changes *have, const struct changes *want)
{
	ck_assert_uint_eq(have->count, want->count);
	for (size_t i = 0; i < have->count; i++) {
		const struct change *a = &have->items[i], *b = &want->items[i];
		size_t len = set_key_len(a->set);

		often_assert(a->kind == b->kind && a->phase == b->phase, "change %zu", i);
		often_assert(!strcmp(a->set->name, b->set->name), "%s", a->set->name);
		often_assert(a->set->count == b->set->count, "%s", a->set->name);
		often_assert(!memcmp(a->set->keys, b->set->keys, len * a->set->count), "%s",
			     a->set->name);
		for (size_t k = 0; k < a->set->count; k++)
			often_assert(!strcmp(a->set->comments[k], b->set->comments[k]), "%s",
				     a->set->name);
	}
}

/* How many changes of a cluster's pods changed elements. */
static size_t check_cluster(struct arena *arena)
{
	struct objects *objects = make_cluster(arena);
	const struct objects *current = objects;
	const struct resolved *resolved = resolve(arena, objects, HERE);
	const struct ruleset *ruleset = compile(arena, resolved), *next;
	struct increment *increment = increment_new(arena, resolved, ruleset, HERE);
	size_t changed = 0;

	for (int i = 0; i < CHANGES; i++) {
		struct objects *base = (struct objects *)current;
		struct changes changes, want;
		const struct pod *pod;

		/* Strings are shared by all, and may have grown. */
		base->strings = objects->strings;
		base->string_of = objects->string_of;
		base->string_count = objects->string_count;
		pod = make_change(arena, base);
		objects->strings = base->strings;
		objects->string_of = base->string_of;
		objects->string_count = base->string_count;
		if (!increment_pod(increment, arena, pod, &changes)) {
			ck_assert(may_refuse(current, pod));
			continue;
		}
		ck_assert(!pod->addr_count ||
			  (strcmp(pod->node, HERE) != 0 && !has_taken_addr(current, pod)));
		current = with_pod(arena, current, pod);
		next = compile(arena, resolve(arena, current, HERE));
		want = transition(arena, ruleset, next);
		check_same(&changes, &want);
		changed += changes.count > 0;
		ruleset = next;
	}
	return changed;
}

START_TEST(the_same_as_compiling_again)
{
	size_t changed = 0;

	for (int i = 0; i < CLUSTERS; i++) {
		struct arena *arena = arena_new();

		changed += check_cluster(arena);
		arena_free(arena);
	}
	ck_assert_uint_gt(changed, CLUSTERS);
}
END_TEST

UNIT_MAIN("increment", the_same_as_compiling_again)
