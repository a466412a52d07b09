/* Sorts objects by name, and looks among neighbours for those that may exist only once. */
#include "read/same_name.h"

#include "base/arena.h"
#include "base/must.h"
#include "model/objects.h"
#include "model/shared_address.h"

#include <stdlib.h>

/* What identifies an object, and where it is. */
struct object_identity {
	const char *kind, *namespace, *name;
	struct mark mark;
};

static struct object_identity policy_identity(const void *item)
{
	const struct policy *policy = item;

	return (struct object_identity){"NetworkPolicy", policy->namespace, policy->name,
					policy->mark};
}

static struct object_identity pod_identity(const void *item)
{
	const struct pod *pod = item;

	return (struct object_identity){"Pod", pod->namespace, pod->name, pod->mark};
}

static struct object_identity workload_identity(const void *item)
{
	const struct workload *workload = item;

	return (struct object_identity){workload->kind, workload->namespace, workload->name,
					workload->mark};
}

static struct object_identity service_identity(const void *item)
{
	const struct service *service = item;

	return (struct object_identity){"Service", service->namespace, service->name,
					service->mark};
}

static struct object_identity namespace_identity(const void *item)
{
	const struct namespace *namespace = item;

	return (struct object_identity){"Namespace", "", namespace->name, namespace->mark};
}

static struct object_identity cluster_policy_identity(const void *item)
{
	const struct cluster_policy *policy = item;

	return (struct object_identity){"ClusterNetworkPolicy", "", policy->name, policy->mark};
}

static struct object_identity node_identity(const void *item)
{
	const struct cluster_node *node = item;

	return (struct object_identity){"Node", "", node->name, node->mark};
}

static int compare_objects(const struct object_identity *a, const struct object_identity *b)
{
	int order = strcmp(a->namespace, b->namespace);

	if (!order)
		order = strcmp(a->name, b->name);
	return order || a->kind == b->kind ? order : strcmp(a->kind, b->kind);
}

/* If two have the same name, the one that is earlier in the input is the first. */
static int compare(struct object_identity a, struct object_identity b)
{
	int order = compare_objects(&a, &b);

	if (!order)
		order = strcmp(a.mark.file, b.mark.file);
	if (!order)
		order = (a.mark.line > b.mark.line) - (a.mark.line < b.mark.line);
	return order ? order : (a.mark.col > b.mark.col) - (a.mark.col < b.mark.col);
}

static struct object_identity own_identity(const void *item)
{
	return *(const struct object_identity *)item;
}

static int compare_identities(const void *a, const void *b)
{
	return compare(own_identity(a), own_identity(b));
}

static int compare_policies(const void *a, const void *b)
{
	return compare(policy_identity(a), policy_identity(b));
}

static int compare_pods(const void *a, const void *b)
{
	return compare(pod_identity(a), pod_identity(b));
}

static int compare_workloads(const void *a, const void *b)
{
	return compare(workload_identity(a), workload_identity(b));
}

static int compare_services(const void *a, const void *b)
{
	return compare(service_identity(a), service_identity(b));
}

static int compare_namespaces(const void *a, const void *b)
{
	return compare(namespace_identity(a), namespace_identity(b));
}

static int compare_nodes(const void *a, const void *b)
{
	return compare(node_identity(a), node_identity(b));
}

static int compare_cluster_policy_names(const void *a, const void *b)
{
	return compare(cluster_policy_identity(a), cluster_policy_identity(b));
}

/* The order in which packets meet cluster policies. */
static int compare_cluster_policies(const void *a, const void *b)
{
	const struct cluster_policy *x = a, *y = b;
	int order = (x->tier > y->tier) - (x->tier < y->tier);

	if (!order)
		order = (x->priority > y->priority) - (x->priority < y->priority);
	return order ? order : compare_cluster_policy_names(a, b);
}

static void sort(void *items, size_t count, size_t size,
		 int (*compare_items)(const void *, const void *))
{
	if (count)
		qsort(items, count, size, compare_items);
}

/* Reports all but the first of each name among the sorted @items, of @size bytes each. */
static void check_names(const void *items, size_t count, size_t size,
			struct object_identity (*identity)(const void *), struct diags *diags)
{
	const char *item = items;
	struct object_identity one, two;

	for (size_t i = 0; i < count; i++, item += size) {
		two = identity(item);
		if (i == 0 || compare_objects(&one, &two))
			one = two;
		else if (*two.name && !strchr(two.name, '*'))
			diag_error(diags, two.mark, "a second %s %s%s%s; the first is at %s:%u:%u",
				   two.kind, two.namespace, *two.namespace ? "/" : "", two.name,
				   one.mark.file, one.mark.line, one.mark.col);
	}
}

/*
 * Checks running pods, pods on their node's network and pods to come together, since all of them
 * are pods.
 */
static void check_pod_names(const struct objects *objects, struct diags *diags)
{
	size_t others = objects->host_pod_count + objects->workload_count, count = 0;
	struct object_identity *all;

	if (!others) {
		check_names(objects->pods, objects->pod_count, sizeof(struct pod), pod_identity,
			    diags);
		return;
	}
	all = arena_array(objects->arena, objects->pod_count + others, sizeof(*all));
	for (size_t i = 0; i < objects->pod_count; i++)
		all[count++] = pod_identity(&objects->pods[i]);
	for (size_t i = 0; i < objects->host_pod_count; i++)
		all[count++] = pod_identity(&objects->host_pods[i]);
	for (size_t i = 0; i < objects->workload_count; i++)
		all[count++] = workload_identity(&objects->workloads[i]);
	sort(all, count, sizeof(*all), compare_identities);
	check_names(all, count, sizeof(*all), own_identity, diags);
}

/*
 * Checks namespaces.  The same one twice is fine, as two files may each bring the namespaces that
 * they need.
 */
static void check_namespace_names(const struct objects *objects, struct diags *diags)
{
	for (size_t i = 1, first = 0; i < objects->namespace_count; i++) {
		const struct namespace *one = &objects->namespaces[first];
		const struct namespace *two = &objects->namespaces[i];
		size_t bytes = one->label_count * sizeof(struct label);

		if (strcmp(one->name, two->name) != 0)
			first = i;
		else if (*two->name && (one->label_count != two->label_count ||
					memcmp(one->labels, two->labels, bytes) != 0))
			diag_error(diags, two->mark,
				   "a second Namespace %s, with other labels; the first is at "
				   "%s:%u:%u",
				   two->name, one->mark.file, one->mark.line, one->mark.col);
	}
}

/*
 * Warns about pods that share an address.  Nobody can tell which of them sent a packet;
 * model/shared_address.h says what they get.
 */
static void tell_shared(const struct objects *objects, struct diags *diags)
{
	struct table seen = {.arena = objects->arena};
	const struct pod **first = NULL;
	size_t count = 0;

	for (size_t i = 0; i < objects->pod_count; i++) {
		const struct pod *pod = &objects->pods[i], *other;

		for (size_t k = 0; pod->shares && k < pod->addr_count; k++) {
			const struct addr *addr = &pod->addrs[k];
			char text[ADDR_TEXT];
			bool added;
			uint32_t number = table_add(&seen, addr, sizeof(*addr), &added);

			if (added) {
				arena_push(objects->arena, first, count, pod);
				continue;
			}
			must(number < count);
			other = first[number];
			addr_text(addr->family, addr->bytes, text);
			diag_warning(diags, pod->mark,
				     "pods %s/%s and %s/%s both have the address %s: they get %s; "
				     "the first is at %s:%u:%u",
				     other->namespace, other->name, pod->namespace, pod->name, text,
				     pod->is_closed
					     ? "nothing, since nobody can say whose rules of "
					       "cluster policies a packet meets"
					     : "what the policies of both allow",
				     other->mark.file, other->mark.line, other->mark.col);
		}
	}
}

/* Checks names of cluster policies, which are not sorted by name. */
static void check_cluster_policies(struct objects *objects, struct diags *diags)
{
	const size_t count = objects->cluster_policy_count, size = sizeof(struct cluster_policy);

	sort(objects->cluster_policies, count, size, compare_cluster_policy_names);
	check_names(objects->cluster_policies, count, size, cluster_policy_identity, diags);
	sort(objects->cluster_policies, count, size, compare_cluster_policies);
}

void objects_check(struct objects *objects, struct diags *diags)
{
	sort(objects->policies, objects->policy_count, sizeof(struct policy), compare_policies);
	sort(objects->nodes, objects->node_count, sizeof(struct cluster_node), compare_nodes);
	sort(objects->pods, objects->pod_count, sizeof(struct pod), compare_pods);
	sort(objects->host_pods, objects->host_pod_count, sizeof(struct pod), compare_pods);
	sort(objects->workloads, objects->workload_count, sizeof(struct workload),
	     compare_workloads);
	sort(objects->services, objects->service_count, sizeof(struct service), compare_services);
	sort(objects->namespaces, objects->namespace_count, sizeof(struct namespace),
	     compare_namespaces);
	check_names(objects->policies, objects->policy_count, sizeof(struct policy),
		    policy_identity, diags);
	check_cluster_policies(objects, diags);
	check_names(objects->nodes, objects->node_count, sizeof(struct cluster_node), node_identity,
		    diags);
	check_pod_names(objects, diags);
	check_namespace_names(objects, diags);
	if (diags->errors)
		return;
	objects_share(objects);
	tell_shared(objects, diags);
}
