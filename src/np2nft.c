/* The pipeline: read, resolve, lower, then emit text or apply.  See np2nft.h. */
#include "np2nft.h"

#include "apply.h"
#include "arena.h"
#include "diag.h"
#include "emit_text.h"
#include "lower.h"
#include "model.h"
#include "read_document.h"
#include "resolve.h"

struct np2nft {
	struct arena *arena; /* this value lives in it too */
	struct np2nft_options options;
	struct diags diags;
	struct objects objects;
	const struct ruleset *ruleset; /* NULL until compiled */
};

struct np2nft *np2nft_new(const struct np2nft_options *options)
{
	struct arena *arena = arena_new();
	struct np2nft *n = arena_alloc(arena, sizeof(*n));

	n->arena = n->diags.arena = n->objects.arena = arena;
	n->options = *options;
	if (!n->options.default_namespace)
		n->options.default_namespace = "default";
	if (!n->options.table)
		n->options.table = "np2nft";
	return n;
}

void np2nft_free(struct np2nft *n)
{
	if (n)
		arena_free(n->arena);
}

int np2nft_read(struct np2nft *n, const char *const *paths, size_t count)
{
	read_paths(paths, count, n->options.default_namespace, &n->objects, &n->diags);
	return n->diags.errors ? -1 : 0;
}

int np2nft_compile(struct np2nft *n)
{
	const struct lower_options options = {.table = n->options.table,
					      .reject = n->options.reject};
	const struct resolved *resolved;

	if (n->diags.errors)
		return -1;
	resolved = resolve(n->arena, &n->objects, n->options.node);
	n->ruleset = lower(n->arena, resolved, &options);
	return 0;
}

int np2nft_print(const struct np2nft *n, np2nft_writer write, void *context)
{
	return n->ruleset ? emit_text(n->ruleset, write, context) : -1;
}

int np2nft_apply(struct np2nft *n, size_t *changes)
{
	struct changes made = {0};

	if (!n->ruleset || apply_ruleset(n->arena, n->ruleset, true, &made, &n->diags))
		return -1;
	if (changes)
		*changes = made.count;
	return 0;
}

int np2nft_compare(struct np2nft *n, np2nft_writer write, void *context, size_t *changes)
{
	struct changes found = {0};

	if (!n->ruleset || apply_ruleset(n->arena, n->ruleset, false, &found, &n->diags))
		return -1;
	if (changes)
		*changes = found.count;
	return write ? emit_changes(&found, n->options.table, write, context) : 0;
}

int np2nft_delete(struct np2nft *n)
{
	return apply_delete(n->arena, n->options.table, &n->diags);
}

size_t np2nft_diagnostic_count(const struct np2nft *n)
{
	return n->diags.count;
}

struct np2nft_diagnostic np2nft_diagnostic(const struct np2nft *n, size_t i)
{
	static const enum np2nft_severity severities[] = {[DIAG_ERROR] = NP2NFT_ERROR,
							  [DIAG_WARNING] = NP2NFT_WARNING,
							  [DIAG_NOTE] = NP2NFT_NOTE};
	const struct diag *diag = &n->diags.items[i];

	return (struct np2nft_diagnostic){
		.severity = severities[diag->severity],
		.file = diag->mark.file,
		.line = diag->mark.line,
		.column = diag->mark.col,
		.text = diag->text,
	};
}

struct np2nft_stats np2nft_stats(const struct np2nft *n)
{
	struct np2nft_stats stats = {
		.policies = n->objects.policy_count,
		.namespaces = n->objects.namespace_count,
		.pods = n->objects.pod_count,
		.pods_left_out = n->objects.pods_left_out,
		.skipped = n->objects.skipped,
	};

	if (n->ruleset) {
		stats.isolated_ingress = n->ruleset->stats.isolated[INGRESS];
		stats.isolated_egress = n->ruleset->stats.isolated[EGRESS];
		stats.groups = n->ruleset->stats.groups;
		stats.chains = n->ruleset->chain_count;
		stats.sets = n->ruleset->set_count;
		stats.elements = n->ruleset->stats.elements;
		stats.peer_sum = n->ruleset->stats.peer_sum;
		stats.most_lookups = n->ruleset->stats.most_lookups;
	}
	return stats;
}

const char *np2nft_version(void)
{
	return NP2NFT_VERSION;
}
