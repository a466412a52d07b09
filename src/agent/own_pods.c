/*
 * Keeps what both sides say about a pod under its uid.  Whenever one of them changes, the pod is
 * put together anew, and handed on if it differs from what was handed on last.
 */
#include "agent/own_pods.h"

#include "base/guarded_call.h"
#include "read/tree_node.h"

#include <stdlib.h>

/*
 * If the kubelet has a pod from a file, it gives it a uid of its own, and the API server's copy has
 * this annotation.
 */
#define MIRROR_ANNOTATION "kubernetes.io/config.mirror"

/* The kubelet adds these labels for the runtime alone; the API server's pod does not have them. */
static const char *const kubelet_labels[] = {
	"io.kubernetes.pod.name", "io.kubernetes.pod.namespace", "io.kubernetes.pod.uid"};

void residents_begin(struct residents *residents, const char *node)
{
	*residents = (struct residents){.node = node, .scratch = arena_new()};
}

void residents_end(struct residents *residents)
{
	for (size_t i = 0; i < residents->count; i++) {
		arena_free(residents->items[i].pod_arena);
		arena_free(residents->items[i].sandbox_arena);
	}
	free(residents->items);
	arena_free(residents->scratch);
	*residents = (struct residents){.node = NULL};
}

static bool is_text(const struct tree_node *map, const char *key, const char *text)
{
	return !strcmp(tree_text_in(map, key), text);
}

static bool is_named(const struct tree_node *map, const char *namespace, const char *name)
{
	return map && is_text(map, "name", name) && is_text(map, "namespace", namespace);
}

static struct resident *find(const struct residents *residents, const struct tree_node *names)
{
	const char *namespace = tree_text_in(names, "namespace"),
		   *name = tree_text_in(names, "name");

	for (size_t i = 0; i < residents->count; i++) {
		struct resident *item = &residents->items[i];

		if (is_named(tree_get(item->pod, "metadata"), namespace, name) ||
		    is_named(item->sandbox, namespace, name))
			return item;
	}
	return NULL;
}

static struct resident *find_or_add(struct residents *residents, const struct tree_node *names)
{
	struct resident *found = find(residents, names);

	if (found)
		return found;
	if (residents->count == residents->size) {
		residents->size = residents->size ? residents->size * 2 : 64;
		residents->items = call_checked(
			realloc(residents->items, residents->size * sizeof(*residents->items)));
	}
	found = &residents->items[residents->count++];
	*found = (struct resident){.pod = NULL};
	return found;
}

static void forget_pod(struct resident *resident)
{
	arena_free(resident->pod_arena);
	resident->pod_arena = NULL;
	resident->pod = NULL;
}

static void forget_sandbox(struct resident *resident)
{
	arena_free(resident->sandbox_arena);
	resident->sandbox_arena = NULL;
	resident->sandbox = NULL;
}

/* Drops the pod if neither side knows it any more. */
static void drop_if_unknown(struct residents *residents, struct resident *resident)
{
	if (!resident->pod && !resident->sandbox)
		*resident = residents->items[--residents->count];
}

static const char *uid_of(const struct tree_node *pod)
{
	const struct tree_node *metadata = tree_get(pod, "metadata");
	const char *mirrored = tree_text_in(tree_get(metadata, "annotations"), MIRROR_ANNOTATION);

	return *mirrored ? mirrored : tree_text_in(metadata, "uid");
}

static bool has_address(const struct tree_node *status, const char *address)
{
	const struct tree_node *list = tree_get(status, "podIPs");

	if (is_text(status, "podIP", address))
		return true;
	for (uint32_t i = 0; list && list->kind == TREE_SEQUENCE && i < list->count; i++)
		if (is_text(list->items[i], "ip", address))
			return true;
	return false;
}

/* Does the runtime know something that the API server does not know yet? */
static bool is_behind(const struct resident *resident)
{
	const struct tree_node *ips = tree_get(resident->sandbox, "ips");

	if (!ips || !ips->count || !is_text(resident->sandbox, "uid", uid_of(resident->pod)))
		return false;
	for (uint32_t i = 0; i < ips->count; i++)
		if (has_address(tree_get(resident->pod, "status"), ips->items[i]->text))
			return false;
	return true;
}

/* Makes the status of a pod that has the sandbox's addresses. */
static struct tree_node *status_with(struct arena *arena, const struct tree_node *status,
				     const struct tree_node *sandbox)
{
	const struct tree_node *ips = tree_get(sandbox, "ips");
	struct tree_node *made = tree_map(arena), *list = tree_list(arena);

	for (uint32_t i = 0; i < ips->count; i++) {
		struct tree_node *entry = tree_map(arena);

		tree_put(arena, entry, "ip", ips->items[i]);
		tree_add(arena, list, entry);
	}
	tree_put(arena, made, "phase", tree_get(status, "phase"));
	tree_put(arena, made, "podIPs", list);
	return made;
}

static bool is_kubelets(const struct tree_node *key)
{
	for (size_t i = 0; i < sizeof(kubelet_labels) / sizeof(*kubelet_labels); i++)
		if (tree_is(key, kubelet_labels[i]))
			return true;
	return false;
}

static struct tree_node *labels_of(struct arena *arena, const struct tree_node *sandbox)
{
	const struct tree_node *all = tree_get(sandbox, "labels");
	struct tree_node *labels = tree_map(arena);

	for (uint32_t i = 0; all && i < all->count; i++)
		if (!is_kubelets(all->pairs[i].key))
			tree_put(arena, labels, all->pairs[i].key->text, all->pairs[i].value);
	return labels;
}

/* Makes a pod from what only the runtime knows. */
static struct tree_node *pod_of(const struct residents *residents, const struct tree_node *sandbox)
{
	struct arena *arena = residents->scratch;
	struct tree_node *pod = tree_map(arena), *metadata = tree_map(arena),
			 *spec = tree_map(arena);

	tree_put(arena, metadata, "name", tree_get(sandbox, "name"));
	tree_put(arena, metadata, "namespace", tree_get(sandbox, "namespace"));
	tree_put(arena, metadata, "labels", labels_of(arena, sandbox));
	tree_put(arena, spec, "nodeName", tree_text(arena, residents->node));
	tree_put(arena, pod, "metadata", metadata);
	tree_put(arena, pod, "spec", spec);
	tree_put(arena, pod, "status", status_with(arena, NULL, sandbox));
	return pod;
}

static const struct tree_node *best_of(struct residents *residents, const struct resident *resident)
{
	struct arena *arena = residents->scratch;
	const struct tree_node *pod = resident->pod;
	struct tree_node *made;

	arena_reset(arena);
	if (!pod)
		return pod_of(residents, resident->sandbox);
	if (!is_behind(resident))
		return pod;
	made = tree_map(arena);
	tree_put(arena, made, "metadata", tree_get(pod, "metadata"));
	tree_put(arena, made, "spec", tree_get(pod, "spec"));
	tree_put(arena, made, "status",
		 status_with(arena, tree_get(pod, "status"), resident->sandbox));
	return made;
}

const struct tree_node *residents_put_pod(struct residents *residents, const struct tree_node *pod,
					  bool gone)
{
	const struct tree_node *metadata = tree_get(pod, "metadata");
	struct resident *resident;

	if (!is_text(tree_get(pod, "spec"), "nodeName", residents->node))
		return pod;
	if (gone) {
		resident = find(residents, metadata);
		if (resident) {
			forget_pod(resident);
			drop_if_unknown(residents, resident);
		}
		return pod;
	}
	resident = find_or_add(residents, metadata);
	forget_pod(resident);
	resident->pod_arena = arena_new();
	resident->pod = tree_copy(resident->pod_arena, pod);
	resident->list = residents->list;
	return best_of(residents, resident);
}

void residents_list_begins(struct residents *residents)
{
	residents->list++;
}

void residents_list_ends(struct residents *residents)
{
	for (size_t i = residents->count; i-- > 0;) {
		struct resident *resident = &residents->items[i];

		if (!resident->pod || resident->list == residents->list)
			continue;
		forget_pod(resident);
		drop_if_unknown(residents, resident);
	}
}

static bool are_same(const struct tree_node *a, const struct tree_node *b)
{
	if (!a || !b || a->count != b->count)
		return false;
	for (uint32_t i = 0; i < a->count; i++)
		if (strcmp(a->items[i]->text, b->items[i]->text) != 0)
			return false;
	return true;
}

static void keep_sandbox(struct resident *resident, const struct tree_node *sandbox,
			 const struct tree_node *ips)
{
	static const char *const kept[] = {"id", "name", "namespace", "uid", "labels"};
	struct arena *arena = arena_new();
	struct tree_node *made = tree_map(arena);

	for (size_t i = 0; i < sizeof(kept) / sizeof(*kept); i++)
		tree_put(arena, made, kept[i], tree_copy(arena, tree_get(sandbox, kept[i])));
	tree_put(arena, made, "ips", tree_copy(arena, ips));
	forget_sandbox(resident);
	resident->sandbox_arena = arena;
	resident->sandbox = made;
}

const struct tree_node *residents_put_sandbox(struct residents *residents,
					      const struct tree_node *sandbox,
					      const struct tree_node *ips)
{
	struct resident *resident = find_or_add(residents, sandbox);
	const bool is_known = resident->sandbox &&
			      is_text(resident->sandbox, "id", tree_text_in(sandbox, "id")) &&
			      are_same(tree_get(resident->sandbox, "ips"), ips);

	resident->round = residents->round;
	if (is_known)
		return NULL;
	keep_sandbox(resident, sandbox, ips);
	/* The kubelet begins a pod only when the earlier one of the same name is gone. */
	if (resident->pod && !is_text(resident->sandbox, "uid", uid_of(resident->pod)))
		forget_pod(resident);
	return best_of(residents, resident);
}

void residents_round_begins(struct residents *residents)
{
	residents->round++;
	residents->in_round = true;
}

const struct tree_node *residents_drop_sandbox(struct residents *residents,
					       const struct tree_node *sandbox, bool *gone)
{
	struct resident *resident = find(residents, sandbox);
	const struct tree_node *left;

	if (!resident || !resident->sandbox ||
	    !is_text(resident->sandbox, "id", tree_text_in(sandbox, "id")))
		return NULL;
	*gone = !resident->pod;
	arena_reset(residents->scratch);
	left = *gone ? pod_of(residents, resident->sandbox) : resident->pod;
	left = tree_copy(residents->scratch, left);
	forget_sandbox(resident);
	drop_if_unknown(residents, resident);
	return left;
}

const struct tree_node *residents_missed(const struct residents *residents)
{
	for (size_t i = 0; i < residents->count; i++)
		if (residents->items[i].sandbox && residents->items[i].round != residents->round)
			return residents->items[i].sandbox;
	return NULL;
}
