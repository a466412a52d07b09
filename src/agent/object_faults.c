/*
 * Compares faults by object and text with those reported before; reports each that is new, and each
 * that is gone.
 */
#include "agent/object_faults.h"

#include "base/addr.h"

#include <string.h>

const char *const fault_cause_names[FAULT_CAUSES] = {
	[FAULT_UNREADABLE] = "unreadable",
	[FAULT_REFUSED] = "refused_by_kernel",
	[FAULT_AUDIT] = "not_audited",
	[FAULT_SHARED] = "shared_address",
};

static bool is_same(const struct fault *a, const struct fault *b)
{
	return a->cause == b->cause && a->kind == b->kind && !strcmp(a->name, b->name) &&
	       !strcmp(a->text, b->text);
}

static bool is_among(const struct fault *faults, size_t count, const struct fault *fault)
{
	for (size_t i = 0; i < count; i++)
		if (is_same(&faults[i], fault))
			return true;
	return false;
}

/* Says what the fault means for pods. */
static const char *words_of(const struct fault *fault)
{
	switch (fault->cause) {
	case FAULT_UNREADABLE:
		return fault->kind == PIPELINE_POLICIES
			       ? "a policy cannot be read: its pods are closed"
		       : fault->kind == PIPELINE_CLUSTER_POLICIES
			       ? "a part of a cluster policy is not enforced: rules that need it "
				 "accept "
				 "nothing, or deny everything"
			       : "an object cannot be read: it is left out";
	case FAULT_REFUSED:
		return "the kernel refuses a policy: its pods are closed";
	case FAULT_AUDIT:
		return "a policy is enforced, though it asks for audit";
	case FAULT_SHARED:
		return "several pods have one address: what all of them allow is allowed";
	case FAULT_CAUSES:
		break;
	}
	return "";
}

static const char *kind_of(const struct fault *fault)
{
	static const char *const kinds[AGENT_KINDS] = {
		[PIPELINE_PODS] = "pods",
		[PIPELINE_NAMESPACES] = "namespaces",
		[PIPELINE_POLICIES] = "networkpolicies",
		[PIPELINE_CLUSTER_POLICIES] = "clusternetworkpolicies",
		[PIPELINE_NODES] = "nodes",
	};

	return kinds[fault->kind];
}

static void tell_that_it_is_gone(struct log *log, const struct fault *fault)
{
	if (fault->cause == FAULT_SHARED)
		log_tell(log, LOG_INFO, "one pod alone has the address again, or others have",
			 "address", fault->name, NULL);
	else
		log_tell(log, LOG_INFO,
			 fault->cause == FAULT_REFUSED
				 ? "a refused policy has changed, is gone, or is taken now"
				 : "an object can be read again, or is gone",
			 "kind", kind_of(fault), "name", fault->name, NULL);
}

static void tell_that_it_is_there(struct log *log, const struct fault *fault)
{
	if (fault->cause == FAULT_SHARED)
		log_tell(log, LOG_WARNING, words_of(fault), "address", fault->name, "pods",
			 fault->text, NULL);
	else
		log_tell(log, LOG_ERROR, words_of(fault), "kind", kind_of(fault), "name",
			 fault->name, "error", fault->text, NULL);
}

static void remember(struct faults_told *told, const struct fault *faults, size_t count)
{
	struct arena *arena = arena_new();
	struct fault *items = arena_array(arena, count, sizeof(*items));

	for (size_t i = 0; i < count; i++) {
		items[i] = faults[i];
		items[i].name = arena_strndup(arena, faults[i].name, strlen(faults[i].name));
		items[i].text = arena_strndup(arena, faults[i].text, strlen(faults[i].text));
	}
	faults_forget(told);
	*told = (struct faults_told){arena, items, count};
}

void faults_tell(struct faults_told *told, struct log *log, const struct fault *faults,
		 size_t count)
{
	if (count > FAULTS_TOLD)
		count = FAULTS_TOLD;
	for (size_t i = 0; i < count; i++)
		if (!is_among(told->items, told->count, &faults[i]))
			tell_that_it_is_there(log, &faults[i]);
	for (size_t i = 0; i < told->count; i++)
		if (!is_among(faults, count, &told->items[i]))
			tell_that_it_is_gone(log, &told->items[i]);
	remember(told, faults, count);
}

void faults_forget(struct faults_told *told)
{
	if (told->arena)
		arena_free(told->arena);
	*told = (struct faults_told){NULL, NULL, 0};
}

const char *fault_sentence(struct arena *arena, const struct fault *fault)
{
	return fault->cause == FAULT_SHARED
		       ? arena_printf(arena, "%s: %s: %s", words_of(fault), fault->name,
				      fault->text)
		       : arena_printf(arena, "%s: %s %s: %s", words_of(fault), kind_of(fault),
				      fault->name, fault->text);
}

struct fault *faults_of_shared(struct arena *arena, const struct pipeline *pipeline, size_t *count)
{
	const struct pipeline_shared *shared = pipeline_shared(pipeline, arena, count);
	struct fault *faults = arena_array(arena, *count, sizeof(*faults));

	for (size_t i = 0; i < *count; i++) {
		char address[ADDR_TEXT];
		struct string pods = {0};

		addr_text(shared[i].addr.family, shared[i].addr.bytes, address);
		for (size_t k = 0; k < shared[i].pod_count; k++)
			arena_append(arena, &pods, "%s%s", k ? ", " : "", shared[i].pods[k]);
		faults[i] = (struct fault){.cause = FAULT_SHARED,
					   .kind = PIPELINE_PODS,
					   .name = arena_strndup(arena, address, strlen(address)),
					   .text = pods.text};
	}
	return faults;
}
