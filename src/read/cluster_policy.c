/* Reads the object's own fields; read/cluster_policy_rule.h reads its rules, read/cluster_policy_peer.h its subject. */
#include "read/cluster_policy.h"

#include "base/arena.h"
#include "model/syntax.h"
#include "model/words.h"
#include "read/audit.h"
#include "read/crd.h"
#include "read/metadata.h"
#include "read/cluster_policy_peer.h"
#include "read/cluster_policy_rule.h"

static void read_rules(struct reader *reader, const struct tree_node *spec,
		       enum direction direction, struct cluster_policy *policy)
{
	const char *name = direction_text(direction);
	const struct tree_node *list = crd_list(reader, spec, name, TIER_ENTRIES_MAX);

	for (uint32_t i = 0; list && i < list->count; i++)
		arena_push(reader->objects->arena, policy->rules[direction],
			   policy->rule_count[direction],
			   tier_rule_read(reader, list->items[i], direction));
}

/* Reads the subject.  If it cannot be read, a live policy selects nobody. */
static void read_subject(struct reader *reader, const struct tree_node *spec,
			 struct cluster_policy *policy)
{
	const size_t from = reader->diags->count, errors = reader->diags->errors;

	tier_subject_read(reader, spec, policy);
	if (reader->is_live && reader->diags->errors > errors) {
		diags_soften(reader->diags, from);
		policy->selects_nothing = true;
	}
	if (policy->selects_nothing)
		diag_warning(reader->diags, policy->mark,
			     "%s selects no pod: nobody can tell who its subject is", policy->name);
}

static void read_spec(struct reader *reader, const struct tree_node *object,
		      struct cluster_policy *policy)
{
	static const char *const fields[] = {"tier",    "priority", "subject",
					     "ingress", "egress",   NULL};
	static const char *const tiers[] = {
		[TIER_ADMIN] = "Admin", [TIER_BASELINE] = "Baseline", NULL};
	static const char where[] = "spec";
	const struct tree_node *spec =
		crd_required(reader, object, where, "a ClusterNetworkPolicy");
	const size_t from = reader->diags->count;
	const struct tree_node *priority;
	int tier;

	if (!spec || !crd_mapping(reader, spec, where))
		return;
	check_fields(reader, spec, fields, where);
	if (reader->is_live)
		diags_soften(reader->diags, from);
	tier = crd_word(reader, spec, "tier", where, tiers);
	priority = crd_required(reader, spec, "priority", where);
	policy->tier = tier == TIER_BASELINE ? TIER_BASELINE : TIER_ADMIN;
	if (priority)
		policy->priority = (uint16_t)want_number(reader, priority, "priority", 0, 1000);
	read_subject(reader, spec, policy);
	for (enum direction direction = INGRESS; direction < DIRECTIONS; direction++)
		read_rules(reader, spec, direction, policy);
}

static void check_status(struct reader *reader, const struct tree_node *object)
{
	static const char *const fields[] = {"conditions", NULL};
	const struct tree_node *status = want_mapping(reader, tree_get(object, "status"), "status");

	if (!status)
		return;
	check_fields(reader, status, fields, "status");
	want_list(reader, tree_get(status, "conditions"), "conditions");
}

/* Reports a namespace, which such an object does not have: the server drops one that is written. */
static void tell_namespace(struct reader *reader, const struct tree_node *object)
{
	const struct tree_node *node = tree_get(tree_get(object, "metadata"), "namespace");

	if (!tree_is_null(node) && !tree_is(node, ""))
		diag_warning(
			reader->diags, tree_mark(reader->file, node),
			"a ClusterNetworkPolicy is in no namespace; the API server drops this");
}

/*
 * Reads the name.  In a live object nothing else of the metadata matters, since the server has
 * checked it.
 */
static void read_name(struct reader *reader, const struct tree_node *object,
		      struct cluster_policy *policy)
{
	static const char *const fields[] = {"apiVersion", "kind",   "metadata",
					     "spec",       "status", NULL};
	struct metadata metadata;

	if (reader->is_live) {
		object_name(reader, object, tree_get(object, "metadata"), is_dns_subdomain,
			    &policy->name, &policy->mark);
		return;
	}
	check_fields(reader, object, fields, "a ClusterNetworkPolicy");
	metadata = metadata_read_of_cluster(reader, object);
	policy->name = metadata.name;
	policy->mark = metadata.mark;
	policy->ignore = metadata.ignore;
	audit_read(reader, object, true);
	tell_namespace(reader, object);
	check_status(reader, object);
}

void cluster_policy_read(struct reader *reader, const struct tree_node *object)
{
	static const struct selector everything;
	struct objects *objects = reader->objects;
	struct cluster_policy policy = {.pods = &everything, .namespaces = &everything};

	read_name(reader, object, &policy);
	read_spec(reader, object, &policy);
	arena_push(objects->arena, objects->cluster_policies, objects->cluster_policy_count,
		   policy);
}

void former_policy_read(struct reader *reader, const struct tree_node *object)
{
	const bool is_baseline = *reader->kind == 'B';

	tree_error(
		reader, tree_get(object, "kind") ? tree_get(object, "kind") : object,
		"a kind %s is no longer read: write a ClusterNetworkPolicy of " CLUSTER_POLICY_API
		" with tier: %s%s, Accept instead of Allow, protocols instead of ports (of a port, "
		"tcp: {destinationPort: {number: 80}}; of a named one, destinationNamedPort), and "
		"at most 25 entries in a list",
		reader->kind, is_baseline ? "Baseline" : "Admin",
		is_baseline ? ", a priority" : "");
}
