/*
 * The public calls that tell what is known of a compilation beside answers: its diagnostics and its
 * numbers.
 */
#include "face/compilation.h"

#include "base/nearest.h"
#include "ruleset/ruleset.h"

#include <string.h>

size_t np2nft_diagnostic_count(const struct np2nft *n)
{
	return n->diags.count + (n->broken != NP2NFT_OK);
}

/* Makes the diagnostic of what ended a call early, since there was no memory to store one. */
static struct np2nft_diagnostic last_diagnostic(const struct np2nft *n)
{
	return (struct np2nft_diagnostic){
		.severity = NP2NFT_ERROR,
		.text = n->broken == NP2NFT_NO_MEMORY ? "out of memory" : n->bug,
	};
}

const struct np2nft_diagnostic *np2nft_diagnostic(struct np2nft *n, size_t i)
{
	static const enum np2nft_severity severities[] = {[DIAG_ERROR] = NP2NFT_ERROR,
							  [DIAG_WARNING] = NP2NFT_WARNING,
							  [DIAG_NOTE] = NP2NFT_NOTE};

	if (i >= n->diags.count) {
		n->told = last_diagnostic(n);
	} else {
		const struct diag *diag = &n->diags.items[i];

		n->told = (struct np2nft_diagnostic){
			.severity = severities[diag->severity],
			.file = diag->mark.file,
			.line = diag->mark.line,
			.column = diag->mark.col,
			.text = diag->text,
		};
	}
	return &n->told;
}

static size_t count_pods_on_node(const struct np2nft *n)
{
	size_t count = 0;

	for (size_t i = 0; i < n->objects.pod_count; i++)
		count += !n->options.node || !strcmp(n->objects.pods[i].node, n->options.node);
	return count;
}

static const char *find_similar_node(const struct np2nft *n)
{
	struct nearest near = {.wanted = n->options.node};

	if (!n->options.node)
		return NULL;
	for (size_t i = 0; i < n->objects.node_count; i++)
		nearest_look_at(&near, n->objects.nodes[i].name);
	for (size_t i = 0; i < n->objects.pod_count; i++)
		nearest_look_at(&near, n->objects.pods[i].node);
	return near.edits ? near.found : NULL;
}

const struct np2nft_stats *np2nft_stats(struct np2nft *n)
{
	n->stats = (struct np2nft_stats){
		.policies = objects_policies(&n->objects),
		.namespaces = n->objects.namespace_count,
		.pods = n->objects.pod_count,
		.pods_on_node = count_pods_on_node(n),
		.pods_left_out = n->objects.pods_left_out,
		.skipped = n->objects.skipped,
		.pods_on_host_network = n->objects.host_pod_count,
	};
	if (!n->stats.pods_on_node)
		n->stats.similar_node = find_similar_node(n);
	if (n->ruleset) {
		n->stats.isolated_ingress = n->ruleset->stats.isolated[INGRESS];
		n->stats.isolated_egress = n->ruleset->stats.isolated[EGRESS];
		n->stats.groups = n->ruleset->stats.groups;
		n->stats.chains = n->ruleset->chain_count;
		n->stats.sets = n->ruleset->set_count;
		n->stats.elements = n->ruleset->stats.elements;
		n->stats.peer_sum = n->ruleset->stats.peer_sum;
		n->stats.most_lookups = n->ruleset->stats.most_lookups;
	}
	return &n->stats;
}
