/*
 * Recognises kinds of policies by their names, so that kinds which are not known yet are noticed as
 * well.
 */
#include "read/other_policies.h"

#include "base/arena.h"
#include "base/nearest.h"

#include <stdlib.h>

static const struct shape_key metadata_keys[] = {{"name", NULL}, {"namespace", NULL}, {0}};
static const struct shape metadata_shape = {metadata_keys};
static const struct shape_key keys[] = {{"metadata", &metadata_shape}, {0}};
const struct shape other_policy_shape = {keys};

static bool ends_with(const char *text, size_t len, const char *end)
{
	size_t tail = strlen(end);

	return len >= tail && !memcmp(text + len - tail, end, tail);
}

static bool begins_with(const char *text, size_t len, const char *begin)
{
	return len >= strlen(begin) && !memcmp(text, begin, strlen(begin));
}

bool is_policy_kind(const char *kind, size_t len)
{
	/* A staged policy is only reviewed by people, not enforced. */
	if (begins_with(kind, len, "Staged"))
		return false;
	return ends_with(kind, len, "NetworkPolicy") || ends_with(kind, len, "EgressFirewall");
}

/* The length of the group of an apiVersion, which stands before the slash. */
static size_t group_len(const char *version)
{
	const char *slash = strchr(version, '/');

	return slash ? (size_t)(slash - version) : 0;
}

bool is_other_group(const char *version)
{
	static const char own[] = "networking.k8s.io", cluster[] = "policy.networking.k8s.io";
	char group[64] = {0};
	size_t len = group_len(version);

	/* These groups are Kubernetes' own, or from the time before there were groups. */
	if (!memchr(version, '.', len) || ends_with(version, len, ".k8s.io"))
		return false;
	if (len >= sizeof(group))
		return true;
	memcpy(group, version, len);
	return edits_between(group, own) > 3 && edits_between(group, cluster) > 3;
}

void other_policy_read(struct reader *reader, const struct tree_node *object)
{
	const char *version = want_string(reader, tree_get(object, "apiVersion"), "apiVersion");
	const struct tree_node *metadata =
		want_mapping(reader, tree_get(object, "metadata"), "metadata");
	const char *name = want_string(reader, tree_get(metadata, "name"), "metadata.name");
	const char *namespace =
		want_string(reader, tree_get(metadata, "namespace"), "metadata.namespace");
	struct arena *arena = reader->objects->arena;
	const struct other_policy policy = {
		.mark = tree_mark(reader->file, object),
		.kind = arena_join(arena, reader->kind, version ? " (" : "", version ? version : "",
				   version ? ")" : "", NULL),
		.name = arena_printf(arena, "%s%s%s", namespace ? namespace : "",
				     namespace ? "/" : "", name ? name : "(without a name)"),
	};

	arena_push(arena, reader->objects->others, reader->objects->other_count, policy);
}

static int compare_others(const void *a, const void *b)
{
	const struct other_policy *x = a, *y = b;
	int order = strcmp(x->kind, y->kind);

	return order ? order : strcmp(x->name, y->name);
}

/* Up to so many are named; if there are more, only their number is told. */
#define NAMED 10

static void tell_kind(struct reader *reader, const struct other_policy *first, size_t count)
{
	struct arena *arena = reader->objects->arena;
	struct string names = {0};

	for (size_t i = 0; i < count && i < NAMED; i++)
		arena_append(arena, &names, "%s%s", i ? ", " : "", first[i].name);
	if (count > NAMED)
		arena_append(arena, &names, " and %zu more", count - NAMED);
	diag_warning(reader->diags, first->mark,
		     "policies of kind %s are not read, so the answer leaves them out: %s",
		     first->kind, names.text);
}

void other_policies_tell(struct reader *reader)
{
	struct other_policy *others = reader->objects->others;
	size_t count = reader->objects->other_count;

	if (count)
		qsort(others, count, sizeof(*others), compare_others);
	for (size_t i = 0, end; i < count; i = end) {
		for (end = i + 1; end < count && !strcmp(others[i].kind, others[end].kind); end++)
			;
		tell_kind(reader, &others[i], end - i);
	}
}
