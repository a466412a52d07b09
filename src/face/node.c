/* The public calls about this node, which read, change, or compare with the table of its kernel. */
#include "base/arena.h"
#include "emit/text.h"
#include "face/compilation.h"
#include "kernel/carrier.h"
#include "kernel/carrier_process.h"
#include "kernel/read_table.h"
#include "lower/guard.h"
#include "node/apply.h"
#include "node/end_connections.h"
#include "node/list_endings.h"
#include "node/lock.h"
#include "node/netns.h"
#include "node/pod_links.h"
#include "node/preflight.h"
#include "node/session.h"
#include "node/apply_record.h"
#include "node/status.h"
#include "node/old_records.h"

#include <time.h>

/* The ruleset with everything that is added on this node; it lives as long as the ruleset. */
static const struct ruleset *guarded(struct np2nft *n)
{
	struct link_finder *finder;
	struct pod_links pod_links;

	if (n->options.no_guard)
		return n->ruleset;
	finder = link_finder_new();
	link_finder_look(finder, n->arena, &n->objects, n->options.node, &pod_links, &n->diags);
	link_finder_free(finder);
	return guard(n->arena, n->ruleset, &pod_links);
}

/* Writes the record beside the table, since an apply that changes nothing must commit nothing. */
static void keep_record(struct np2nft *n, struct session *session)
{
	state_write(n->arena, n->options.table,
		    &(struct state){
			    .time = time(NULL),
			    .version = NP2NFT_VERSION,
			    .handle = session_table_handle(session),
			    .paths = n->paths,
			    .path_count = n->path_count,
			    .policies = objects_policies(&n->objects),
			    .pods = n->objects.pod_count,
		    },
		    &n->diags);
	sweep_records();
}

void np2nft_prepare(void)
{
	struct call call __attribute__((cleanup(end_call)));

	call_begin(&call);
	if (setjmp(call.began))
		return;
	sweep_records();
	/* If this fails, whoever writes there later will report it. */
	(void)state_make_directory();
}

enum np2nft_result np2nft_carrier_begin(const char *table, void (*confine)(int socket))
{
	/* If this fails, whoever takes the lock will report it. */
	const int lock = netns_keep();

	return carrier_begin(table ? table : "np2nft", confine, lock) ? NP2NFT_FAILED : NP2NFT_OK;
}

void np2nft_carrier_end(void)
{
	carrier_end();
}

bool np2nft_carrier_is_lost(void)
{
	return carrier_is_lost();
}

static void ignore_connection(void *context, const struct connection *connection)
{
	(void)context;
	(void)connection;
}

static struct lock_wait wait_of(const struct np2nft_options *options)
{
	return (struct lock_wait){
		.seconds = options->wait < 0 ? 0
			   : options->wait   ? options->wait
					     : LOCK_WAIT,
		.tell = options->waiting,
		.context = options->waiting_context,
	};
}

/* The first rule of a cluster policy that has domain names as peers; NULL: there is none. */
static const struct tier_rule *find_domain_names(const struct cluster_policy *policy)
{
	for (size_t i = 0; i < policy->rule_count[EGRESS]; i++)
		if (policy->rules[EGRESS][i].names_domains)
			return &policy->rules[EGRESS][i];
	return NULL;
}

/*
 * Refuses domain names: their rules accept nothing or deny everything, so what was meant to pass
 * does not.
 */
static void refuse_domain_names(struct np2nft *n)
{
	const struct objects *objects = &n->objects;

	for (size_t i = 0; i < objects->cluster_policy_count; i++) {
		const struct cluster_policy *policy = &objects->cluster_policies[i];
		const struct tier_rule *rule = find_domain_names(policy);

		if (rule)
			diag_error(&n->diags, rule->mark,
				   "the domain names of %s would not be enforced, and nothing is "
				   "applied (--without-domain-names applies the rest)",
				   policy->name);
	}
}

/*
 * Refuses an input of which a part cannot be enforced, since that part might close what the rest
 * leaves open.
 */
static bool refuse_parts(struct np2nft *n)
{
	const struct objects *objects = &n->objects;
	const size_t errors = n->diags.errors;

	if (objects->partial.file)
		diag_error(&n->diags, objects->partial,
			   "this list is not whole, so nothing is applied: ask the API server for "
			   "all of it");
	if (objects->other_count && !n->options.without_other_policies)
		diag_error(&n->diags, objects->others[0].mark,
			   "%zu %s not looked at, such as %s of kind %s, and nothing is applied "
			   "(--without-other-policies applies the rest)",
			   objects->other_count,
			   objects->other_count == 1 ? "policy is" : "policies are",
			   objects->others[0].name, objects->others[0].kind);
	if (!n->options.without_domain_names)
		refuse_domain_names(n);
	return n->diags.errors > errors;
}

/* Returns whether the node is such that nothing should be applied. */
static bool check_node(struct np2nft *n)
{
	const struct preflight_options options = {
		.forced = n->options.force,
		.only_own = n->options.node != NULL,
	};

	return preflight(n->arena, n->ruleset, options, &n->diags) != 0;
}

enum np2nft_result np2nft_apply(struct np2nft *n, size_t *changes)
{
	const struct lock_wait wait = wait_of(&n->options);
	struct session *session;
	size_t count;
	bool failed;

	BEGIN_CALL(n);
	if (!n->ruleset)
		return fail_call(n, nothing_compiled);
	if (refuse_parts(n) || check_node(n))
		return NP2NFT_FAILED;
	session = session_open(n->options.table, &n->diags);
	if (!session)
		return NP2NFT_FAILED;
	session->more_follows = true;
	failed = apply_ruleset(session, guarded(n), NULL, &wait, &count, &n->diags);
	if (!failed) {
		keep_record(n, session);
		/*
		 * This is done even if nothing changed: an earlier run may have been killed before
		 * it came to this.
		 */
		failed = !n->options.no_revoke &&
			 connections_end(n->arena, n->ruleset, NULL, true, ignore_connection, NULL,
					 &n->diags);
	}
	if (!failed)
		session_finish(session);
	session_close(session);
	if (failed)
		return NP2NFT_FAILED;
	if (changes)
		*changes = count;
	return NP2NFT_OK;
}

enum np2nft_result np2nft_diff(struct np2nft *n, bool steps, np2nft_writer write, void *context,
			       size_t *changes)
{
	const enum look_way way = steps ? LOOK_STEPS : LOOK_PLAIN;
	const struct lock_wait wait = wait_of(&n->options);
	struct session *session;
	enum np2nft_result result;
	struct changes found;

	BEGIN_CALL(n);
	if (!n->ruleset)
		return fail_call(n, nothing_compiled);
	if (steps && (refuse_parts(n) || check_node(n)))
		return NP2NFT_FAILED;
	session = session_open(n->options.table, &n->diags);
	result = session && !apply_look(session, guarded(n), way, &wait, &found, &n->diags)
			 ? NP2NFT_OK
			 : NP2NFT_FAILED;
	if (!result && !steps && found.count && found.items[0].kind == CHANGE_ADD_TABLE)
		diag_note(&n->diags, (struct mark){0}, STATUS_NO_TABLE, n->options.table);
	if (!result && changes)
		*changes = found.count;
	if (!result && write)
		result = written(emit_changes(&found, n->options.table, write, context));
	session_close(session);
	return result;
}

enum np2nft_result np2nft_endings(struct np2nft *n, np2nft_writer write, void *context)
{
	BEGIN_CALL(n);
	if (!n->ruleset)
		return fail_call(n, nothing_compiled);
	return write_answer(endings_text(n->arena, n->ruleset, &n->diags), write, context);
}

/* The result lives as long as the compilation and @memory, which must hold nothing else. */
static enum np2nft_result look_at_status(struct np2nft *n, struct arena *memory,
					 struct status *status)
{
	struct kernel_table table;

	if (kernel_look(memory, n->options.table, &table, &n->diags))
		return NP2NFT_FAILED;
	*status = status_of(n->arena, &table);
	return NP2NFT_OK;
}

enum np2nft_result np2nft_status(struct np2nft *n, bool json, np2nft_writer write, void *context,
				 bool *in_force)
{
	struct status status;
	struct state state;
	struct arena *memory;
	enum np2nft_result result;

	BEGIN_CALL(n);
	memory = arena_new();
	result = look_at_status(n, memory, &status);
	/* An apply may have come to its end between the two looks: at the table and at what it left. */
	if (!result && status.kept == KEPT_OTHER)
		result = look_at_status(n, memory, &status);
	if (!result) {
		state_read(n->arena, n->options.table, &state);
		*in_force =
			status.in_force && !status.altered_count && status.mark != KEPT_CUT_SHORT;
		result = write_answer((json ? status_json : status_text)(n->arena, &status, &state),
				      write, context);
	}
	arena_free(memory);
	return result;
}

enum np2nft_result np2nft_delete(struct np2nft *n)
{
	const struct lock_wait wait = wait_of(&n->options);
	struct session *session;
	bool failed, existed;

	BEGIN_CALL(n);
	session = session_open(n->options.table, &n->diags);
	failed = !session || apply_delete(session, &wait, &existed, &n->diags);
	session_close(session);
	if (failed)
		return NP2NFT_FAILED;
	diag_note(&n->diags, (struct mark){0},
		  existed ? "the table inet %s is deleted" : STATUS_NO_TABLE, n->options.table);
	state_remove(n->arena, n->options.table);
	return NP2NFT_OK;
}
