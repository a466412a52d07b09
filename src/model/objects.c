/* Looks up the numbers of texts, and namespaces with their labels. */
#include "model/objects.h"

#include "base/arena.h"

#include <stdlib.h>

const struct pod_port *pod_port_named(const struct pod *pod, const char *name,
				      enum protocol protocol, size_t *at)
{
	while (*at < pod->port_count) {
		const struct pod_port *port = &pod->ports[(*at)++];

		if ((protocol == PROTOCOL_ANY || port->protocol == protocol) &&
		    !strcmp(port->name, name))
			return port;
	}
	return NULL;
}

bool pod_has_port(const struct pod *pod, const struct pod_port *port)
{
	const struct pod_port *one;

	for (size_t at = 0; (one = pod_port_named(pod, port->name, port->protocol, &at));)
		if (one->number == port->number)
			return true;
	return false;
}

bool sharers_have_port(const struct objects *objects, const struct pod *pod,
		       const struct pod_port *port)
{
	for (size_t i = 0; pod->shares && i < objects->pod_count; i++)
		if (objects->pods[i].shares == pod->shares &&
		    !pod_has_port(&objects->pods[i], port))
			return false;
	return true;
}

int pod_compare(const void *a, const void *b)
{
	const struct pod *x = a, *y = b;
	const int order = strcmp(x->namespace, y->namespace);

	return order ? order : strcmp(x->name, y->name);
}

uint32_t objects_intern(struct objects *objects, const char *text, size_t len)
{
	bool added;
	uint32_t number = table_add(&objects->strings, text, len, &added);

	if (added)
		arena_push(objects->arena, objects->string_of, objects->string_count,
			   arena_strndup(objects->arena, text, len));
	return number;
}

uint32_t objects_find(const struct objects *objects, const char *text)
{
	return table_find(&objects->strings, text, strlen(text));
}

static int compare_to_name(const void *name, const void *item)
{
	return strcmp(name, ((const struct namespace *)item)->name);
}

const struct namespace *objects_namespace(const struct objects *objects, const char *name)
{
	if (!objects->namespace_count)
		return NULL;
	return bsearch(name, objects->namespaces, objects->namespace_count,
		       sizeof(*objects->namespaces), compare_to_name);
}

const struct label *objects_namespace_labels(const struct objects *objects, const char *name,
					     struct label *own, size_t *count)
{
	const struct namespace *found = objects_namespace(objects, name);

	if (found) {
		*count = found->label_count;
		return found->labels;
	}
	own->key = objects_find(objects, NAMESPACE_NAME_LABEL);
	own->value = objects_find(objects, name);
	*count = own->key != TABLE_NONE;
	return own;
}
