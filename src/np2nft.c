/* The pipeline: read, resolve, lower, then emit text or apply.  See np2nft.h. */
#include "np2nft.h"

#include "ask/compare/compare.h"
#include "ask/expect/expect.h"
#include "ask/explain/explain.h"
#include "ask/graph/graph.h"
#include "ask/lint/lint.h"
#include "ask/matrix/matrix.h"
#include "ask/world.h"
#include "base/arena.h"
#include "base/diag.h"
#include "emit/text.h"
#include "kernel/read.h"
#include "lower/lower.h"
#include "model/objects.h"
#include "node/apply.h"
#include "node/connections.h"
#include "node/lock.h"
#include "node/preflight.h"
#include "node/session.h"
#include "node/state.h"
#include "node/status.h"
#include "read/document.h"
#include "resolve/resolve.h"
#include "verify/verify.h"

#include <stdlib.h>
#include <time.h>

struct np2nft {
	struct arena *arena; /* this value lives in it too */
	struct np2nft_options options;
	struct diags diags;
	struct objects objects;
	const char **paths; /* that were read */
	size_t path_count;
	const struct ruleset *ruleset; /* NULL until compiled */
	const struct world *world;     /* NULL until asked of */
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
	const struct read_options options = {.default_namespace = n->options.default_namespace,
					     .details = n->options.details};

	for (size_t i = 0; i < count; i++)
		arena_push(n->arena, n->paths, n->path_count, paths[i]);
	read_paths(paths, count, &options, &n->objects, &n->diags);
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

/* Beside the table: an apply that changes nothing must leave no trace in it. */
static void keep_record(struct np2nft *n)
{
	state_write(n->arena, n->options.table,
		    &(struct state){
			    .time = time(NULL),
			    .version = NP2NFT_VERSION,
			    .paths = n->paths,
			    .path_count = n->path_count,
			    .policies = n->objects.policy_count,
			    .pods = n->objects.pod_count,
		    },
		    &n->diags);
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

int np2nft_apply(struct np2nft *n, size_t *changes)
{
	const struct lock_wait wait = wait_of(&n->options);
	struct session *session;
	size_t count;
	int failed;

	if (!n->ruleset || preflight(n->arena, n->ruleset, n->options.force, &n->diags))
		return -1;
	session = session_open(n->options.table, &n->diags);
	failed = !session || apply_ruleset(session, n->ruleset, NULL, &wait, &count, &n->diags);
	session_close(session);
	if (failed)
		return -1;
	keep_record(n);
	/* Also when nothing changed: an earlier run may have been killed before it came so far. */
	if (!n->options.no_revoke &&
	    connections_end(n->arena, n->ruleset, true, ignore_connection, NULL, &n->diags))
		return -1;
	if (changes)
		*changes = count;
	return 0;
}

int np2nft_diff(struct np2nft *n, bool steps, np2nft_writer write, void *context, size_t *changes)
{
	const enum look_way way = steps ? LOOK_STEPS : LOOK_PLAIN;
	const struct lock_wait wait = wait_of(&n->options);
	struct session *session;
	struct changes found;
	int status;

	if (!n->ruleset || (steps && preflight(n->arena, n->ruleset, n->options.force, &n->diags)))
		return -1;
	session = session_open(n->options.table, &n->diags);
	status = session ? apply_look(session, n->ruleset, way, &wait, &found, &n->diags) : -1;
	if (!status && changes)
		*changes = found.count;
	if (!status && write)
		status = emit_changes(&found, n->options.table, write, context);
	session_close(session);
	return status;
}

int np2nft_verify(struct np2nft *n, bool compiled, enum np2nft_format format,
		  np2nft_progress progress, void *progress_context, np2nft_writer write,
		  void *context, bool *proved)
{
	struct verify_result result;
	struct kernel_table table;
	const char *answer;

	if (!n->ruleset ||
	    (!compiled && kernel_look(n->arena, n->options.table, &table, &n->diags)))
		return -1;
	if (!compiled && !table.exists)
		table.ruleset = (struct ruleset){.table = n->options.table};
	if (!verify(n->arena, &n->objects, n->options.node, compiled ? n->ruleset : &table.ruleset,
		    progress, progress_context, &result)) {
		diag_error(&n->diags, (struct mark){0}, "the proof was interrupted");
		return -1;
	}
	*proved = !result.fault_count && !result.difference_count;
	answer = (format == NP2NFT_JSON ? verify_json : verify_text)(n->arena, &n->objects, &result);
	return write(context, answer, strlen(answer));
}

/* Lines, as they are found. */
struct endings {
	struct arena *arena;
	const char **lines;
	size_t count;
};

static void take_ending(void *context, const struct connection *connection)
{
	struct endings *endings = context;
	const struct packet *packet = &connection->packet;
	const char *pod = connection->verdict.pod ? connection->verdict.pod : "a pod";
	char from[ADDR_TEXT], to[ADDR_TEXT];

	addr_text(packet->family, packet->saddr, from);
	addr_text(packet->family, packet->daddr, to);
	arena_push(endings->arena, endings->lines, endings->count,
		   arena_printf(endings->arena, "# ends, of %s: %s from %s port %u to %s port %u\n",
				pod, protocol_text((enum protocol)packet->protocol), from,
				connection->sport, to, packet->dport));
}

static int compare_lines(const void *a, const void *b)
{
	return strcmp(*(const char *const *)a, *(const char *const *)b);
}

int np2nft_endings(struct np2nft *n, np2nft_writer write, void *context)
{
	struct endings endings = {.arena = n->arena};

	if (!n->ruleset ||
	    connections_end(n->arena, n->ruleset, false, take_ending, &endings, &n->diags))
		return -1;
	if (endings.count)
		qsort(endings.lines, endings.count, sizeof(*endings.lines), compare_lines);
	for (size_t i = 0; i < endings.count; i++)
		if (write(context, endings.lines[i], strlen(endings.lines[i])))
			return -1;
	return 0;
}

int np2nft_status(struct np2nft *n, bool json, np2nft_writer write, void *context, bool *in_force)
{
	struct arena *memory = arena_new();
	struct kernel_table table;
	struct state state;
	const struct state *known;
	int result = kernel_look(memory, n->options.table, &table, &n->diags);

	if (!result) {
		struct status status = status_of(n->arena, &table);

		known = state_read(n->arena, n->options.table, &state) ? &state : NULL;
		*in_force = status.in_force && !status.altered_count;
		result = (json ? status_json : status_text)(&status, known, write, context);
	}
	arena_free(memory);
	return result;
}

int np2nft_delete(struct np2nft *n)
{
	const struct lock_wait wait = wait_of(&n->options);
	struct session *session = session_open(n->options.table, &n->diags);
	int failed = !session || apply_delete(session, &wait, &n->diags);

	session_close(session);
	if (failed)
		return -1;
	state_remove(n->arena, n->options.table);
	return 0;
}

/* Who there is to ask about; made when it is asked for first. */
static const struct world *world_of(struct np2nft *n)
{
	if (!n->world)
		n->world = world_new(n->arena, &n->objects);
	return n->world;
}

static enum format format_of(enum np2nft_format format)
{
	static const enum format formats[FORMATS] = {
		[NP2NFT_TEXT] = FORMAT_TEXT,   [NP2NFT_JSON] = FORMAT_JSON,
		[NP2NFT_CSV] = FORMAT_CSV,     [NP2NFT_MD] = FORMAT_MD,
		[NP2NFT_SARIF] = FORMAT_SARIF, [NP2NFT_TAP] = FORMAT_TAP,
		[NP2NFT_JUNIT] = FORMAT_JUNIT, [NP2NFT_SVG] = FORMAT_SVG,
		[NP2NFT_DOT] = FORMAT_DOT,     [NP2NFT_HTML] = FORMAT_HTML,
	};

	return formats[format];
}

static struct view view_of(const struct np2nft_view *view)
{
	return (struct view){
		.format = format_of(view->format),
		.namespace = view->namespace,
		.pod = view->pod,
		.port = view->port,
		.each_pod = view->each_pod,
	};
}

/* Writes an answer; without one (@answer is NULL) there is a diagnostic already. */
static int give(const char *answer, np2nft_writer write, void *context)
{
	return answer ? write(context, answer, strlen(answer)) : -1;
}

int np2nft_explain(struct np2nft *n, const char *from, const char *to, const char *port,
		   enum np2nft_format format, np2nft_writer write, void *context, bool *allowed)
{
	const struct explain_question question = {from, to, port, n->options.default_namespace};

	return give(
		explain(n->arena, world_of(n), &question, format_of(format), allowed, &n->diags),
		write, context);
}

int np2nft_matrix(struct np2nft *n, const struct np2nft_view *view, np2nft_writer write,
		  void *context, bool *isolated)
{
	const struct view shown = view_of(view);

	return give(matrix(n->arena, world_of(n), &shown, isolated, &n->diags), write, context);
}

int np2nft_compare(struct np2nft *old, struct np2nft *new, enum np2nft_format format,
		   np2nft_writer write, void *context, size_t *opened, size_t *closed)
{
	return give(compare(new->arena, world_of(old), world_of(new), format_of(format), opened,
			    closed),
		    write, context);
}

int np2nft_test(struct np2nft *n, enum np2nft_format format, np2nft_writer write, void *context,
		size_t *failed)
{
	return give(expect(n->arena, world_of(n), format_of(format), failed, &n->diags), write,
		    context);
}

int np2nft_graph(struct np2nft *old, struct np2nft *new, const struct np2nft_view *view,
		 np2nft_writer write, void *context)
{
	const struct view shown = view_of(view);

	return give(
		graph(new->arena, old ? world_of(old) : NULL, world_of(new), &shown, &new->diags),
		write, context);
}

int np2nft_lint(struct np2nft *n, enum np2nft_format format, np2nft_writer write, void *context,
		size_t *findings)
{
	return give(lint(n->arena, world_of(n), format_of(format), findings), write, context);
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

	for (size_t i = 0; i < n->objects.pod_count; i++)
		stats.pods_on_node += pod_is_enforced(&n->objects.pods[i], n->options.node);
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
