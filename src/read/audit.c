/* The annotation has two values that mean something; any other one is a slip of the pen. */
#include "read/audit.h"

#include "base/arena.h"

static const struct node *annotation_of(const struct node *object)
{
	return node_get(node_get(node_get(object, "metadata"), "annotations"), AUDIT_ANNOTATION);
}

const char *audit_fault(struct arena *arena, const struct node *object, bool of_cluster)
{
	const struct node *value = annotation_of(object);

	if (!value || value->kind != NODE_SCALAR || node_is(value, "false"))
		return NULL;
	if (!node_is(value, "true"))
		return arena_printf(arena, "%s is \"true\" or \"false\", not \"%s\"",
				    AUDIT_ANNOTATION, value->text);
	if (of_cluster)
		return AUDIT_ANNOTATION
			" is for NetworkPolicies alone: a ClusterNetworkPolicy is enforced";
	return NULL;
}

bool audit_read(struct reader *reader, const struct node *object, bool of_cluster)
{
	const struct node *value = annotation_of(object);
	const char *fault = audit_fault(reader->objects->arena, object, of_cluster);

	if (fault && !reader->is_live)
		node_error(reader, value, "%s", fault);
	return value && !fault && node_is(value, "true");
}
