/*
 * Decodes each object by itself with the decoders of read/.  An object with an error is left out,
 * or, if it is a policy, replaced by one that allows nothing; the error is kept with the object's
 * name.
 */
#include "agent/cluster.h"

#include "base/arena.h"
#include "read/audit.h"
#include "read/pod.h"
#include "read/cluster_node.h"
#include "read/cluster_policy.h"
#include "read/field.h"
#include "read/tree_node.h"
#include "read/policy.h"

/*
 * An empty list is credible when so many answers in a row were empty and the time of doubt has
 * passed.
 */
#define ANSWERS 3

void cluster_begin(struct cluster *cluster, struct pipeline *pipeline, long long doubt)
{
	*cluster = (struct cluster){.pipeline = pipeline,
				    .scratch = arena_new(),
				    .fault_arena = arena_new(),
				    .waiting_arena = arena_new(),
				    .doubt = doubt};
}

void cluster_end(struct cluster *cluster)
{
	arena_free(cluster->scratch);
	arena_free(cluster->fault_arena);
	arena_free(cluster->waiting_arena);
}

void cluster_expect(struct cluster *cluster)
{
	cluster->lists[PIPELINE_PODS].was_there = true;
	cluster->lists[PIPELINE_POLICIES].was_there = true;
}

bool cluster_wants(const struct cluster *cluster, enum pipeline_kind kind)
{
	return kind != PIPELINE_NODES || cluster->own_node || cluster->names_nodes;
}

static bool are_lists_whole(const struct cluster *cluster)
{
	for (enum pipeline_kind kind = PIPELINE_PODS; kind < AGENT_KINDS; kind++)
		if (cluster_wants(cluster, kind) && !cluster->lists[kind].is_whole)
			return false;
	return true;
}

static void drop_fault(struct cluster *cluster, size_t i)
{
	cluster->fault_count--;
	cluster->fault_changes++;
	cluster->faults[i] = cluster->faults[cluster->fault_count];
	cluster->fault_list[i] = cluster->fault_list[cluster->fault_count];
	/* There is no fault any more that refers to the texts. */
	if (!cluster->fault_count) {
		arena_reset(cluster->fault_arena);
		cluster->faults = NULL;
		cluster->fault_list = NULL;
	}
}

static size_t find_fault(const struct cluster *cluster, enum pipeline_kind kind, const char *name)
{
	size_t i = 0;

	while (i < cluster->fault_count &&
	       (cluster->faults[i].kind != kind || strcmp(cluster->faults[i].name, name) != 0))
		i++;
	return i;
}

/* Notes what is wrong with an object from now on; @text is NULL if nothing is. */
static void set_fault(struct cluster *cluster, enum fault_cause cause, enum pipeline_kind kind,
		      const char *name, const char *text)
{
	struct arena *arena = cluster->fault_arena;
	const size_t i = find_fault(cluster, kind, name);
	size_t count = cluster->fault_count;
	struct fault fault = {.cause = cause, .kind = kind};

	if (i < count && text && !strcmp(cluster->faults[i].text, text)) {
		cluster->fault_list[i] = cluster->lists[kind].number;
		return;
	}
	if (i < count)
		drop_fault(cluster, i);
	if (!text)
		return;
	fault.name = arena_strndup(arena, name, strlen(name));
	fault.text = arena_strndup(arena, text, strlen(text));
	count = cluster->fault_count;
	arena_push(arena, cluster->fault_list, count, cluster->lists[kind].number);
	arena_push(arena, cluster->faults, cluster->fault_count, fault);
	cluster->fault_changes++;
}

/* The result of reading one object. */
struct cluster_reading {
	struct objects objects; /* the object, and the strings of which its labels are numbers */
	struct diags diags;
};

static void read_tree(struct cluster *cluster, enum pipeline_kind kind,
		      const struct tree_node *object, struct cluster_reading *reading)
{
	static void (*const readers[])(struct reader *, const struct tree_node *) = {
		[PIPELINE_PODS] = pod_read,
		[PIPELINE_NAMESPACES] = namespace_read,
		[PIPELINE_POLICIES] = policy_read,
		[PIPELINE_CLUSTER_POLICIES] = cluster_policy_read,
		[PIPELINE_NODES] = cluster_node_read,
	};
	struct reader reader = {
		.file = "",
		.default_namespace = "default",
		.is_live = true,
		.objects = &reading->objects,
		.diags = &reading->diags,
	};

	*reading = (struct cluster_reading){
		.objects = {.arena = cluster->scratch, .strings = {.arena = cluster->scratch}},
		.diags = {.arena = cluster->scratch},
	};
	readers[kind](&reader, object);
}

/*
 * Copies those parts of a policy that say what it is called and, if @selects, which pods it
 * isolates in which directions and whether it is audited.  What cannot be read in the policy is
 * mostly in its rules.
 */
static const struct tree_node *without_rules(struct arena *arena, const struct tree_node *policy,
					     bool selects)
{
	const struct tree_node *metadata = tree_get(policy, "metadata"),
			       *spec = tree_get(policy, "spec");
	struct tree_node *whole = tree_map(arena), *names = tree_map(arena),
			 *rest = tree_map(arena);

	tree_put(arena, names, "name", tree_get(metadata, "name"));
	tree_put(arena, names, "namespace", tree_get(metadata, "namespace"));
	if (selects) {
		tree_put(arena, names, "annotations", tree_get(metadata, "annotations"));
		tree_put(arena, rest, "podSelector", tree_get(spec, "podSelector"));
		tree_put(arena, rest, "policyTypes", tree_get(spec, "policyTypes"));
	}
	tree_put(arena, whole, "metadata", names);
	tree_put(arena, whole, "spec", rest);
	return whole;
}

/* Reads a policy that allows nothing, in the stead of one that cannot be read. */
static void read_closed_policy(struct cluster *cluster, const struct tree_node *object,
			       struct cluster_reading *reading)
{
	const struct tree_node *spec = tree_get(object, "spec");
	const struct tree_node *types = tree_get(spec, "policyTypes");
	bool *isolates;

	read_tree(cluster, PIPELINE_POLICIES, without_rules(cluster->scratch, object, true),
		  reading);
	if (!reading->diags.errors && reading->objects.policy_count) {
		isolates = reading->objects.policies->isolates;
		/* Without policyTypes, a policy that has rules for egress isolates there, too. */
		if ((tree_is_null(types) || !types->count) &&
		    !tree_is_null(tree_get(spec, "egress")))
			isolates[EGRESS] = true;
		return;
	}
	read_tree(cluster, PIPELINE_POLICIES, without_rules(cluster->scratch, object, false),
		  reading);
	if (reading->objects.policy_count) {
		isolates = reading->objects.policies->isolates;
		isolates[INGRESS] = isolates[EGRESS] = true;
	}
}

static void drop(struct cluster *cluster, enum pipeline_kind kind, const char *namespace,
		 const char *name)
{
	switch (kind) {
	case PIPELINE_PODS:
		pipeline_drop_pod(cluster->pipeline, namespace, name);
		break;
	case PIPELINE_NAMESPACES:
		pipeline_drop_namespace(cluster->pipeline, name);
		break;
	case PIPELINE_POLICIES:
		pipeline_drop_policy(cluster->pipeline, namespace, name);
		break;
	case PIPELINE_CLUSTER_POLICIES:
		pipeline_drop_cluster_policy(cluster->pipeline, name);
		break;
	case PIPELINE_NODES:
		pipeline_drop_node(cluster->pipeline, name);
		break;
	case PIPELINE_KINDS:
		break;
	}
}

/*
 * Closes the ranges that the node's own object has.  If the object is gone, or has no ranges any
 * more, those known before stay closed.
 */
static void close_by_node(struct cluster *cluster, const struct cluster_node *node)
{
	const struct closed_ranges ranges = closed_ranges_of_node(cluster->scratch, node);

	if (cluster->own_node && !strcmp(cluster->own_node, node->name) && node->pod_cidr_count)
		pipeline_close_ranges(cluster->pipeline, &ranges);
}

static bool has_node_peers(const struct cluster_policy *policy)
{
	for (enum direction direction = INGRESS; direction < DIRECTIONS; direction++)
		for (size_t i = 0; i < policy->rule_count[direction]; i++)
			for (size_t k = 0; k < policy->rules[direction][i].peer_count; k++)
				if (policy->rules[direction][i].peers[k].kind == PEER_NODES)
					return true;
	return false;
}

/*
 * If a policy is the first to name nodes, these are only listed from then on.  That may take long,
 * and nothing else waits for it: the policy does.  At the agent's begin everything waits for
 * everything, since the table may hold the policy already.
 */
static bool must_wait(struct cluster *cluster, const struct objects *objects)
{
	return cluster->is_whole && !cluster->lists[PIPELINE_NODES].is_whole &&
	       objects->cluster_policy_count && has_node_peers(objects->cluster_policies);
}

static const char *wait_for_nodes(struct cluster *cluster, const struct tree_node *object)
{
	cluster->names_nodes = true;
	arena_push(cluster->waiting_arena, cluster->waiting, cluster->waiting_count,
		   tree_copy(cluster->waiting_arena, object));
	return "the nodes are not listed yet, so this version of the policy is not enforced before "
	       "they are";
}

/* No policy waits any more: each has been taken, or is told again. */
static void forget_waiting(struct cluster *cluster)
{
	cluster->waiting = NULL;
	cluster->waiting_count = 0;
	arena_reset(cluster->waiting_arena);
}

/* A policy that waits is gone, or has another version. */
static void wait_no_longer(struct cluster *cluster, const char *name)
{
	size_t left = 0;

	for (size_t i = 0; i < cluster->waiting_count; i++)
		if (strcmp(tree_text_in(tree_get(cluster->waiting[i], "metadata"), "name"), name) !=
		    0)
			cluster->waiting[left++] = cluster->waiting[i];
	cluster->waiting_count = left;
	if (!left)
		forget_waiting(cluster);
}

static void put_cluster_policy(struct cluster *cluster, const struct objects *objects)
{
	cluster->names_nodes |= has_node_peers(objects->cluster_policies);
	pipeline_put_cluster_policy(cluster->pipeline, objects, objects->cluster_policies);
}

/*
 * Gives the object to the pipeline.  Returns false if it does not count, for example a pod without
 * an address.
 */
static bool give(struct cluster *cluster, enum pipeline_kind kind, const struct objects *objects)
{
	switch (kind) {
	case PIPELINE_PODS:
		if (objects->pod_count)
			pipeline_put_pod(cluster->pipeline, objects, objects->pods);
		return objects->pod_count > 0;
	case PIPELINE_NAMESPACES:
		if (objects->namespace_count)
			pipeline_put_namespace(cluster->pipeline, objects, objects->namespaces);
		return objects->namespace_count > 0;
	case PIPELINE_POLICIES:
		if (objects->policy_count)
			pipeline_put_policy(cluster->pipeline, objects, objects->policies);
		return objects->policy_count > 0;
	case PIPELINE_CLUSTER_POLICIES:
		if (objects->cluster_policy_count)
			put_cluster_policy(cluster, objects);
		return objects->cluster_policy_count > 0;
	case PIPELINE_NODES:
		if (objects->node_count) {
			pipeline_put_node(cluster->pipeline, objects, objects->nodes);
			close_by_node(cluster, objects->nodes);
		}
		return objects->node_count > 0;
	case PIPELINE_KINDS:
		break;
	}
	return false;
}

static const char *first_of(const struct diags *diags, enum severity severity)
{
	for (size_t i = 0; i < diags->count; i++)
		if (diags->items[i].severity == severity)
			return diags->items[i].text;
	return NULL;
}

/*
 * Gives what can be read of the object to the pipeline; returns what is wrong with it, or NULL.  A
 * part of a cluster policy may be closed, which is reported; a cluster policy that cannot be read
 * at all stays as it was.
 */
static const char *take_cluster_policy(struct cluster *cluster, const struct tree_node *object)
{
	struct cluster_reading reading;
	const char *error;

	read_tree(cluster, PIPELINE_CLUSTER_POLICIES, object, &reading);
	error = first_of(&reading.diags, DIAG_ERROR);
	if (error)
		return error;
	if (must_wait(cluster, &reading.objects))
		return wait_for_nodes(cluster, object);
	give(cluster, PIPELINE_CLUSTER_POLICIES, &reading.objects);
	return first_of(&reading.diags, DIAG_WARNING);
}

/* Returns what is wrong with how a policy asks for audit, or NULL. */
static const char *find_audit_fault(struct cluster *cluster, enum pipeline_kind kind,
				    const struct tree_node *object)
{
	if (kind != PIPELINE_POLICIES && kind != PIPELINE_CLUSTER_POLICIES)
		return NULL;
	return audit_fault(cluster->scratch, object, kind == PIPELINE_CLUSTER_POLICIES);
}

static void take_object(struct cluster *cluster, enum pipeline_kind kind,
			const struct tree_node *object, bool gone)
{
	const struct tree_node *metadata = tree_get(object, "metadata");
	const char *namespace =
		kind == PIPELINE_NAMESPACES ? "" : tree_text_in(metadata, "namespace");
	const char *name = tree_text_in(metadata, "name"), *error = NULL, *audit = NULL;
	const char *path =
		arena_join(cluster->scratch, namespace, *namespace ? "/" : "", name, NULL);
	struct cluster_reading reading;

	cluster->changed = true;
	if (kind == PIPELINE_CLUSTER_POLICIES && cluster->waiting_count)
		wait_no_longer(cluster, name);
	if (!gone && kind == PIPELINE_CLUSTER_POLICIES) {
		error = take_cluster_policy(cluster, object);
	} else if (!gone) {
		read_tree(cluster, kind, object, &reading);
		error = first_of(&reading.diags, DIAG_ERROR);
		if (error && kind == PIPELINE_POLICIES)
			read_closed_policy(cluster, object, &reading);
		gone = (error && kind != PIPELINE_POLICIES) ||
		       !give(cluster, kind, &reading.objects);
	}
	if (gone)
		drop(cluster, kind, namespace, name);
	if (!gone && !error)
		audit = find_audit_fault(cluster, kind, object);
	if (error || audit || cluster->fault_count)
		set_fault(cluster, audit ? FAULT_AUDIT : FAULT_UNREADABLE, kind, path,
			  audit ? audit : error);
	arena_reset(cluster->scratch);
}

void cluster_refuse(struct cluster *cluster, const char *namespace, const char *name,
		    const char *text)
{
	set_fault(cluster, FAULT_REFUSED, namespace ? PIPELINE_POLICIES : PIPELINE_CLUSTER_POLICIES,
		  arena_join(cluster->scratch, namespace ? namespace : "", namespace ? "/" : "",
			     name, NULL),
		  text);
	arena_reset(cluster->scratch);
}

bool cluster_is_refused(const struct cluster *cluster)
{
	for (size_t i = 0; i < cluster->fault_count; i++)
		if (cluster->faults[i].cause == FAULT_REFUSED)
			return true;
	return false;
}

static void open_again(struct cluster *cluster, const struct fault *fault)
{
	const char *name = strchr(fault->name, '/');

	if (!name)
		pipeline_close_cluster_policy(cluster->pipeline, fault->name, false);
	else
		pipeline_close_policy(
			cluster->pipeline,
			arena_strndup(cluster->scratch, fault->name, (size_t)(name - fault->name)),
			name + 1, false);
	arena_reset(cluster->scratch);
}

void cluster_try_again(struct cluster *cluster)
{
	for (size_t i = cluster->fault_count; i-- > 0;) {
		if (cluster->faults[i].cause != FAULT_REFUSED)
			continue;
		open_again(cluster, &cluster->faults[i]);
		drop_fault(cluster, i);
		cluster->changed = true;
	}
}

void cluster_put(struct cluster *cluster, enum pipeline_kind kind, const struct tree_node *object,
		 bool gone)
{
	cluster->lists[kind].seen++;
	take_object(cluster, kind, object, gone);
}

void cluster_learn(struct cluster *cluster, const struct tree_node *pod, bool gone)
{
	take_object(cluster, PIPELINE_PODS, pod, gone);
}

void cluster_list_begins(struct cluster *cluster, enum pipeline_kind kind)
{
	cluster->lists[kind].number++;
	cluster->lists[kind].seen = 0;
	if (kind == PIPELINE_CLUSTER_POLICIES)
		forget_waiting(cluster);
	pipeline_list_begins(cluster->pipeline, kind);
}

/*
 * May an empty list be believed? A list of namespaces may not, since a cluster always has some.  If
 * there were objects of the kind, the server may have been restored or set up anew, so it is asked
 * several times, over some time, before it is believed.
 */
static bool is_credible(struct cluster *cluster, enum pipeline_kind kind, long long now)
{
	struct cluster_list *list = &cluster->lists[kind];
	const bool had = pipeline_count(cluster->pipeline, kind) || list->was_there;

	if (list->seen || (!had && kind != PIPELINE_NAMESPACES)) {
		list->empty = 0;
		return true;
	}
	if (!list->empty++)
		list->since = now;
	return kind != PIPELINE_NAMESPACES && list->empty >= ANSWERS &&
	       now - list->since >= cluster->doubt;
}

/* The nodes are listed, so the policies that waited for them are taken. */
static void end_waiting(struct cluster *cluster)
{
	struct arena *arena = cluster->waiting_arena;
	const struct tree_node **waiting = cluster->waiting;
	const size_t count = cluster->waiting_count;

	cluster->waiting_arena = arena_new();
	cluster->waiting = NULL;
	cluster->waiting_count = 0;
	for (size_t i = 0; i < count; i++)
		take_object(cluster, PIPELINE_CLUSTER_POLICIES, waiting[i], false);
	arena_free(arena);
}

int cluster_list_ends(struct cluster *cluster, enum pipeline_kind kind, long long now)
{
	struct cluster_list *list = &cluster->lists[kind];

	if (!is_credible(cluster, kind, now))
		return -1;
	pipeline_list_ends(cluster->pipeline, kind);
	for (size_t i = cluster->fault_count; i-- > 0;)
		if (cluster->faults[i].kind == kind && cluster->fault_list[i] != list->number)
			drop_fault(cluster, i);
	list->is_whole = cluster->changed = true;
	list->was_there = false;
	list->empty = 0;
	if (kind == PIPELINE_NODES)
		end_waiting(cluster);
	cluster->is_whole |= are_lists_whole(cluster);
	return 0;
}
