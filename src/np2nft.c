/*
 * The library's calls that lead from files to a ruleset: read, resolve, lower, print.  The calls that use the
 * ruleset are in face/: on a node, in the agent, and to answer questions.
 */
#include "np2nft.h"

#include "base/arena.h"
#include "base/text.h"
#include "base/utf8.h"
#include "emit/text.h"
#include "face/compilation.h"
#include "lower/closed_ranges.h"
#include "lower/lower.h"
#include "read/document.h"
#include "resolve/resolve.h"

static const char *copy_or(struct arena *arena, const char *text, const char *otherwise)
{
	return text ? arena_strndup(arena, text, strlen(text)) : otherwise;
}

/* Parses options.closed, the ranges in which only addresses of known pods are reached. */
static void take_closed_ranges(struct np2nft *n)
{
	const char *fault;

	n->closed_ranges_of_own_node =
		n->options.closed && !strcmp(n->options.closed, CLOSED_RANGES_OF_NODE);
	if (!n->options.closed || n->closed_ranges_of_own_node)
		return;
	fault = closed_ranges_parse(n->arena, n->options.closed, &n->closed_ranges);
	if (!fault)
		return;
	fail_call(n, fault);
	n->is_wrong = true;
}

static struct np2nft *new_compilation(const struct np2nft_options *options, size_t size)
{
	struct arena *arena = arena_new();
	struct np2nft *n = arena_alloc(arena, sizeof(*n));

	n->arena = n->diags.arena = n->objects.arena = arena;
	n->is_wrong = !copy_known(&n->options, sizeof(n->options), options, size);
	if (n->is_wrong)
		fail_call(n, "an option that only a later version of the library knows");
	n->options.default_namespace = copy_or(arena, n->options.default_namespace, "default");
	n->options.table = copy_or(arena, n->options.table, "np2nft");
	n->options.node = copy_or(arena, n->options.node, NULL);
	n->options.ignore = copy_or(arena, n->options.ignore, NULL);
	take_closed_ranges(n);
	return n;
}

struct np2nft *np2nft_new_sized(const struct np2nft_options *options, size_t size)
{
	struct call call __attribute__((cleanup(end_call)));

	call_begin(&call);
	return setjmp(call.began) ? NULL : new_compilation(options, size);
}

void np2nft_free(struct np2nft *n)
{
	if (n)
		arena_free(n->arena);
}

enum np2nft_result np2nft_read(struct np2nft *n, const char *const *paths, size_t count)
{
	const size_t before = n->path_count, errors = n->diags.errors;

	BEGIN_CALL(n);
	for (size_t i = 0; i < count; i++)
		arena_push(n->arena, n->paths, n->path_count, copy_or(n->arena, paths[i], ""));
	begin_reading(n);
	read_files(n->reader, n->paths + before, count);
	n->is_wrong |= n->diags.errors > errors;
	return finish_reading(n);
}

enum np2nft_result np2nft_read_memory(struct np2nft *n, const char *name, const void *bytes,
				      size_t len)
{
	const size_t errors = n->diags.errors;

	BEGIN_CALL(n);
	begin_reading(n);
	read_bytes(n->reader, name, bytes, len);
	n->is_wrong |= n->diags.errors > errors;
	return n->is_wrong ? NP2NFT_FAILED : NP2NFT_OK;
}

/* Commands that judge the policies tell of audited ones in words of their own. */
static void tell_audited(struct np2nft *n)
{
	const struct policy *first = NULL;
	size_t count = 0;

	for (size_t i = 0; !n->options.details && i < n->objects.policy_count; i++) {
		if (!n->objects.policies[i].is_audited)
			continue;
		first = first ? first : &n->objects.policies[i];
		count++;
	}
	if (count)
		diag_note(&n->diags, first->mark,
			  "%s: what %s would deny is counted, and passes (%s)",
			  text_counted(n->arena, count, "policy is audited",
				       "policies are audited, this one first"),
			  count == 1 ? "it" : "they", AUDIT_ANNOTATION);
}

/* Takes the ranges that the node's own object has; without any, a user who wants to be closed would not be. */
static bool find_closed_ranges(struct np2nft *n)
{
	for (size_t i = 0; n->options.node && i < n->objects.node_count; i++)
		if (!strcmp(n->objects.nodes[i].name, n->options.node))
			n->closed_ranges = closed_ranges_of_node(n->arena, &n->objects.nodes[i]);
	if (n->closed_ranges.count[V4] || n->closed_ranges.count[V6])
		return true;
	fail_call(n, n->options.node
			     ? "--closed=node: the input has no Node of this name that has podCIDRs"
			     : "--closed=node needs --node: whose podCIDRs are they?");
	return false;
}

enum np2nft_result np2nft_compile(struct np2nft *n)
{
	const struct lower_options options = {.table = n->options.table,
					      .reject = n->options.reject};
	const struct resolved *resolved;

	BEGIN_CALL(n);
	if (finish_reading(n))
		return NP2NFT_FAILED;
	if (n->closed_ranges_of_own_node && !find_closed_ranges(n))
		return NP2NFT_FAILED;
	resolved = resolve(n->arena, &n->objects, n->options.node);
	n->ruleset = closed_ranges_add(n->arena, lower(n->arena, resolved, &options),
				       &n->closed_ranges, &n->objects);
	tell_audited(n);
	return NP2NFT_OK;
}

enum np2nft_result np2nft_print(struct np2nft *n, np2nft_writer write, void *context)
{
	BEGIN_CALL(n);
	if (!n->ruleset)
		return fail_call(n, nothing_compiled);
	return written(emit_text(n->ruleset, write, context));
}

void np2nft_make_plain(char *text)
{
	utf8_make_plain(text);
}

const char *np2nft_version(void)
{
	return NP2NFT_VERSION;
}
