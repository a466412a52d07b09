/* Each function reports one thing that the input lacks, or that was not taken from it. */
#include "read/incomplete.h"

#include "base/arena.h"
#include "base/text.h"
#include "read/not_manifests.h"
#include "read/other_policies.h"

static const struct mark nowhere;

/* Does the selector ask for another label than the one that every namespace has? */
static bool asks_for_labels(const struct objects *objects, const struct selector *namespaces)
{
	for (size_t i = 0; namespaces && i < namespaces->count; i++)
		if (strcmp(objects->string_of[namespaces->requirements[i].key],
			   NAMESPACE_NAME_LABEL) != 0)
			return true;
	return false;
}

/* Returns the first of the peers that asks for labels of namespaces, or NULL. */
static const struct peer *find_asking(const struct objects *objects, const struct peer *peers,
				      size_t count)
{
	for (size_t i = 0; i < count; i++)
		if (asks_for_labels(objects, peers[i].namespaces))
			return &peers[i];
	return NULL;
}

/* Returns the place where a policy's peers ask for labels of namespaces, or NULL. */
static const struct mark *find_asking_policy(const struct objects *objects,
					     const struct policy *policy)
{
	for (enum direction direction = INGRESS; direction < DIRECTIONS; direction++)
		for (size_t i = 0; i < policy->rule_count[direction]; i++) {
			const struct policy_rule *rule = &policy->rules[direction][i];
			const struct peer *peer =
				find_asking(objects, rule->peers, rule->peer_count);

			if (peer)
				return &peer->mark;
		}
	return NULL;
}

/* Does the same for a cluster policy, whose subject may ask for them, too. */
static const struct mark *find_asking_cluster_policy(const struct objects *objects,
						     const struct cluster_policy *policy)
{
	if (asks_for_labels(objects, policy->namespaces))
		return &policy->mark;
	for (enum direction direction = INGRESS; direction < DIRECTIONS; direction++)
		for (size_t i = 0; i < policy->rule_count[direction]; i++) {
			const struct tier_rule *rule = &policy->rules[direction][i];
			const struct peer *peer =
				find_asking(objects, rule->peers, rule->peer_count);

			if (peer)
				return &peer->mark;
		}
	return NULL;
}

static const struct mark *find_asking_place(const struct objects *objects)
{
	const struct mark *place = NULL;

	for (size_t i = 0; i < objects->policy_count && !place; i++)
		place = find_asking_policy(objects, &objects->policies[i]);
	for (size_t i = 0; i < objects->cluster_policy_count && !place; i++)
		place = find_asking_cluster_policy(objects, &objects->cluster_policies[i]);
	return place;
}

/* Names of namespaces that have no object, without repetitions. */
struct unknown {
	const struct objects *objects;
	struct table seen;
	struct string names;
	size_t count;
};

/* Up to so many are named; if there are more, only their number is told. */
#define NAMED 10

static void add_namespace(struct unknown *unknown, const char *name)
{
	bool added;

	table_add(&unknown->seen, name, strlen(name), &added);
	if (!added || objects_namespace(unknown->objects, name))
		return;
	if (unknown->count++ < NAMED)
		arena_append(unknown->objects->arena, &unknown->names, "%s%s",
			     unknown->count > 1 ? ", " : " ", name);
}

static void tell_namespaces(struct reader *reader)
{
	const struct objects *objects = reader->objects;
	struct unknown unknown = {.objects = objects, .seen = {.arena = objects->arena}};
	const struct mark *place = find_asking_place(objects);

	if (!place)
		return;
	for (size_t i = 0; objects->namespace_count && i < objects->pod_count; i++)
		add_namespace(&unknown, objects->pods[i].namespace);
	for (size_t i = 0; objects->namespace_count && i < objects->workload_count; i++)
		add_namespace(&unknown, objects->workloads[i].namespace);
	if (objects->namespace_count && !unknown.count)
		return;
	if (unknown.count > NAMED)
		arena_append(objects->arena, &unknown.names, " and %zu more",
			     unknown.count - NAMED);
	diag_add(reader->diags, objects->namespace_count ? DIAG_NOTE : DIAG_WARNING, *place,
		 "policies ask for labels of namespaces, as here, but there is no Namespace%s in "
		 "the "
		 "input: %s not known",
		 unknown.names.text ? unknown.names.text : "",
		 unknown.count == 1 ? "its labels are" : "their labels are");
}

/* Reports peers that are nodes if no Node is known, since then they mean nobody. */
static void tell_nodes(struct reader *reader)
{
	const struct objects *objects = reader->objects;

	for (size_t i = 0; !objects->node_count && i < objects->cluster_policy_count; i++) {
		const struct cluster_policy *policy = &objects->cluster_policies[i];

		for (size_t k = 0; k < policy->rule_count[EGRESS]; k++) {
			const struct tier_rule *rule = &policy->rules[EGRESS][k];

			for (size_t m = 0; m < rule->peer_count; m++)
				if (rule->peers[m].kind == PEER_NODES) {
					diag_warning(
						reader->diags, rule->peers[m].mark,
						"policies ask for nodes, as here, but there is "
						"no Node in the input: their addresses are not "
						"known");
					return;
				}
		}
	}
}

/* Says how many of @count things are not named. */
static const char *and_more(struct arena *arena, size_t count)
{
	return count > NAMED_PASSED_OVER
		       ? arena_printf(arena, " and %zu more", count - NAMED_PASSED_OVER)
		       : "";
}

/* Names the input: the path that was given, if it was only one. */
static const char *input_name(const struct reader *reader)
{
	if (!reader->input)
		return "the input";
	return strcmp(reader->input, "-") ? reader->input : "standard input";
}

static void tell_skipped(struct reader *reader)
{
	const struct objects *objects = reader->objects;
	struct arena *arena = objects->arena;

	if (objects->skipped)
		diag_note(reader->diags, nowhere, "%s of other kinds skipped: %s%s",
			  text_counted(arena, objects->skipped, "object", "objects"),
			  reader->skipped_names.text, and_more(arena, reader->skipped_kinds.count));
	if (objects->pods_left_out)
		diag_note(reader->diags, nowhere, "%s left out (%s%s): %s",
			  text_counted(arena, objects->pods_left_out, "pod", "pods"),
			  reader->left_out_names.text, and_more(arena, objects->pods_left_out),
			  reader->details
				  ? "finished, or a workload of the input stands for them"
				  : "finished, on the node's network, or without an address");
}

void missing_tell(struct reader *reader)
{
	if (!reader->objects->policy_count && !reader->objects->cluster_policy_count)
		diag_warning(reader->diags, nowhere, "no NetworkPolicy in %s: nothing is %s",
			     input_name(reader), reader->details ? "denied" : "enforced");
	other_policies_tell(reader);
	tell_namespaces(reader);
	tell_nodes(reader);
	tell_skipped(reader);
	foreign_tell(reader);
}
