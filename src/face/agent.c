/* The public call that becomes the agent: it turns the options of np2nft.h into those of agent/. */
#include "agent/agent.h"

#include "face/compilation.h"

enum np2nft_result np2nft_agent_sized(struct np2nft *n, const struct np2nft_agent_options *agent,
				      size_t size)
{
	struct np2nft_agent_options known = {0};
	struct agent_options options;

	BEGIN_CALL(n);
	if (n->is_wrong)
		return NP2NFT_FAILED;
	if (!copy_known(&known, sizeof(known), agent, size))
		return fail_call(n, "an option that only a later version of the library knows");
	options = (struct agent_options){
		.pipeline = {.lower = {.table = n->options.table, .reject = n->options.reject},
			     .node = n->options.node,
			     .log_denied = known.log_denied},
		.commit = {.table = n->options.table,
			   .force = n->options.force,
			   .no_guard = n->options.no_guard,
			   .no_revoke = n->options.no_revoke},
		.closed_ranges = n->closed_ranges,
		.closed_ranges_of_own_node = n->closed_ranges_of_own_node,
		.kubeconfig = known.kubeconfig,
		.listen = known.listen,
		.nri = known.nri,
		.json = known.json,
		.cleanup = known.cleanup,
		.silence = known.silence,
		.verify_every = known.verify_every,
		.verbose = known.verbose,
		.log = known.log,
		.log_context = known.log_context,
	};
	return agent_run(&options, &n->diags) ? NP2NFT_FAILED : NP2NFT_OK;
}
