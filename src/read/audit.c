/* The annotation has two values that mean something; any other one is a slip of the pen. */
#include "read/audit.h"

#include "base/arena.h"

static const struct tree_node *annotation_of(const struct tree_node *object)
{
	return tree_get(tree_get(tree_get(object, "metadata"), "annotations"), AUDIT_ANNOTATION);
}

const char *audit_fault(struct arena *arena, const struct tree_node *object, bool of_cluster)
{
	const struct tree_node *value = annotation_of(object);

	if (!value || value->kind != TREE_SCALAR || tree_is(value, "false"))
		return NULL;
	if (!tree_is(value, "true"))
		return arena_printf(arena, "%s is \"true\" or \"false\", not \"%s\"",
				    AUDIT_ANNOTATION, value->text);
	if (of_cluster)
		return AUDIT_ANNOTATION
			" is for NetworkPolicies alone: a ClusterNetworkPolicy is enforced";
	return NULL;
}

bool audit_read(struct reader *reader, const struct tree_node *object, bool of_cluster)
{
	const struct tree_node *value = annotation_of(object);
	const char *fault = audit_fault(reader->objects->arena, object, of_cluster);

	if (fault && !reader->is_live)
		tree_error(reader, value, "%s", fault);
	return value && !fault && tree_is(value, "true");
}
