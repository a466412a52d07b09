/* The pipeline: read, resolve, lower, then emit text or apply.  See np2nft.h. */
#include "np2nft.h"

#include "agent/agent.h"
#include "ask/compare/compare.h"
#include "ask/expect/expect.h"
#include "ask/explain/explain.h"
#include "ask/graph/graph.h"
#include "ask/lint/lint.h"
#include "ask/matrix/matrix.h"
#include "ask/world.h"
#include "base/arena.h"
#include "base/call.h"
#include "base/diag.h"
#include "base/utf8.h"
#include "emit/text.h"
#include "face/explanation.h"
#include "kernel/read.h"
#include "lower/lower.h"
#include "model/objects.h"
#include "node/apply.h"
#include "node/connections.h"
#include "node/lock.h"
#include "node/pod_links.h"
#include "node/preflight.h"
#include "node/session.h"
#include "node/state.h"
#include "node/status.h"
#include "node/sweep.h"
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
	struct reader *reader;
	bool is_unfinished; /* something was read that is not checked yet */
	const char **paths; /* that were read */
	size_t path_count;
	bool is_wrong;                 /* what was read has errors */
	const struct ruleset *ruleset; /* NULL until compiled */
	const struct world *world;     /* NULL until asked of */
	enum np2nft_result broken;     /* what ended an earlier call; NP2NFT_OK: nothing did */
	const char *bug;               /* NP2NFT_BUG: where */
	struct np2nft_diagnostic told; /* the last that was asked for */
	struct np2nft_stats stats;
};

/* Ends the call, whichever way the function is left. */
static void end_call(struct call *call)
{
	call_end(call);
}

static enum np2nft_result broken_by(const struct call *call)
{
	return call->failure == FAILURE_MEMORY ? NP2NFT_NO_MEMORY : NP2NFT_BUG;
}

static enum np2nft_result break_off(struct np2nft *n, const struct call *call)
{
	n->bug = call->where;
	return n->broken = broken_by(call);
}

/*
 * The first statement of every function that may fail: from here on, whatever ends the call early
 * (base/call.h) returns from this function, and nothing more is done with the compilation.
 */
/* clang-format off */
#define BEGIN_CALL(n)                                                                              \
	struct call call __attribute__((cleanup(end_call)));                                       \
	call_begin(&call);                                                                         \
	if ((n)->broken)                                                                           \
		return (n)->broken;                                                                \
	if (setjmp(call.began))                                                                    \
		return break_off((n), &call)
/* clang-format on */

static enum np2nft_result fail(struct np2nft *n, const char *why)
{
	diag_error(&n->diags, (struct mark){0}, "%s", why);
	return NP2NFT_FAILED;
}

static const char uncompiled[] = "nothing was compiled";

static enum np2nft_result written(int failed)
{
	return failed ? NP2NFT_WRITE_FAILED : NP2NFT_OK;
}

static const char *copy_or(struct arena *arena, const char *text, const char *otherwise)
{
	return text ? arena_strndup(arena, text, strlen(text)) : otherwise;
}

/*
 * What the caller knows of a structure, which may be less or more than we do: what it does not know is
 * zero, and what we do not know must be.
 */
static bool copy_known(void *ours, size_t our_size, const void *theirs, size_t their_size)
{
	const unsigned char *bytes = theirs;

	memcpy(ours, theirs, our_size < their_size ? our_size : their_size);
	for (size_t i = our_size; i < their_size; i++)
		if (bytes[i])
			return false;
	return true;
}

static struct np2nft *new_compilation(const struct np2nft_options *options, size_t size)
{
	struct arena *arena = arena_new();
	struct np2nft *n = arena_alloc(arena, sizeof(*n));

	n->arena = n->diags.arena = n->objects.arena = arena;
	n->is_wrong = !copy_known(&n->options, sizeof(n->options), options, size);
	if (n->is_wrong)
		fail(n, "an option that only a later version of the library knows");
	n->options.default_namespace = copy_or(arena, n->options.default_namespace, "default");
	n->options.table = copy_or(arena, n->options.table, "np2nft");
	n->options.node = copy_or(arena, n->options.node, NULL);
	n->options.ignore = copy_or(arena, n->options.ignore, NULL);
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

/* What is made of objects is no more when there are other objects. */
static void begin_reading(struct np2nft *n)
{
	const struct read_options options = {.default_namespace = n->options.default_namespace,
					     .details = n->options.details,
					     .lenient = n->options.details ||
							n->options.skip_other_files};

	if (!n->reader)
		n->reader = read_begin(&options, &n->objects, &n->diags);
	n->ruleset = NULL;
	n->world = NULL;
	n->is_unfinished = true;
}

static enum np2nft_result finish_reading(struct np2nft *n)
{
	const size_t errors = n->diags.errors;

	if (n->is_unfinished) {
		read_end(n->reader);
		n->is_unfinished = false;
		n->is_wrong |= n->diags.errors > errors;
	}
	return n->is_wrong ? NP2NFT_FAILED : NP2NFT_OK;
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

enum np2nft_result np2nft_compile(struct np2nft *n)
{
	const struct lower_options options = {.table = n->options.table,
					      .reject = n->options.reject};
	const struct resolved *resolved;

	BEGIN_CALL(n);
	if (finish_reading(n))
		return NP2NFT_FAILED;
	resolved = resolve(n->arena, &n->objects, n->options.node);
	n->ruleset = lower(n->arena, resolved, &options);
	return NP2NFT_OK;
}

enum np2nft_result np2nft_print(struct np2nft *n, np2nft_writer write, void *context)
{
	BEGIN_CALL(n);
	if (!n->ruleset)
		return fail(n, uncompiled);
	return written(emit_text(n->ruleset, write, context));
}

/* The ruleset with what is to be in force on this node besides; it lives as long as the other. */
static const struct ruleset *guarded(struct np2nft *n)
{
	struct pod_links pod_links;

	if (n->options.no_guard)
		return n->ruleset;
	pod_links = pod_links_of(n->arena, &n->objects, n->options.node, &n->diags);
	return guard(n->arena, n->ruleset, &pod_links);
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
	sweep_records();
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

/* Enforcing a part of what was meant may open what the rest closes. */
static bool refuse_parts(struct np2nft *n)
{
	const struct objects *objects = &n->objects;
	const size_t errors = n->diags.errors;

	if (objects->partial.file)
		diag_error(&n->diags, objects->partial,
			   "this list is not whole, and is not applied: read it to its end");
	if (objects->other_count && !n->options.without_other_policies)
		diag_error(&n->diags, objects->others[0].mark,
			   "%zu %s not looked at, such as %s of kind %s, and nothing is applied "
			   "(--without-other-policies applies the rest)",
			   objects->other_count,
			   objects->other_count == 1 ? "policy is" : "policies are",
			   objects->others[0].name, objects->others[0].kind);
	return n->diags.errors > errors;
}

enum np2nft_result np2nft_apply(struct np2nft *n, size_t *changes)
{
	const struct lock_wait wait = wait_of(&n->options);
	struct session *session;
	size_t count;
	bool failed;

	BEGIN_CALL(n);
	if (!n->ruleset)
		return fail(n, uncompiled);
	if (refuse_parts(n) || preflight(n->arena, n->ruleset, n->options.force, &n->diags))
		return NP2NFT_FAILED;
	session = session_open(n->options.table, &n->diags);
	if (!session)
		return NP2NFT_FAILED;
	session->more_follows = true;
	failed = apply_ruleset(session, guarded(n), NULL, &wait, &count, &n->diags);
	if (!failed) {
		keep_record(n);
		/* Also when nothing changed: an earlier run may have been killed before it came so far. */
		failed = !n->options.no_revoke &&
			 connections_end(n->arena, n->ruleset, true, ignore_connection, NULL,
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
		return fail(n, uncompiled);
	if (steps &&
	    (refuse_parts(n) || preflight(n->arena, n->ruleset, n->options.force, &n->diags)))
		return NP2NFT_FAILED;
	session = session_open(n->options.table, &n->diags);
	result = session && !apply_look(session, guarded(n), way, &wait, &found, &n->diags)
			 ? NP2NFT_OK
			 : NP2NFT_FAILED;
	if (!result && changes)
		*changes = found.count;
	if (!result && write)
		result = written(emit_changes(&found, n->options.table, write, context));
	session_close(session);
	return result;
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

enum np2nft_result np2nft_endings(struct np2nft *n, np2nft_writer write, void *context)
{
	struct endings endings = {.arena = n->arena};

	BEGIN_CALL(n);
	if (!n->ruleset)
		return fail(n, uncompiled);
	if (connections_end(n->arena, n->ruleset, false, take_ending, &endings, &n->diags))
		return NP2NFT_FAILED;
	if (endings.count)
		qsort(endings.lines, endings.count, sizeof(*endings.lines), compare_lines);
	for (size_t i = 0; i < endings.count; i++)
		if (write(context, endings.lines[i], strlen(endings.lines[i])))
			return NP2NFT_WRITE_FAILED;
	return NP2NFT_OK;
}

enum np2nft_result np2nft_status(struct np2nft *n, bool json, np2nft_writer write, void *context,
				 bool *in_force)
{
	struct kernel_table table;
	struct state state;
	struct arena *memory;
	enum np2nft_result result;

	BEGIN_CALL(n);
	memory = arena_new();
	result = kernel_look(memory, n->options.table, &table, &n->diags) ? NP2NFT_FAILED
									  : NP2NFT_OK;
	if (!result) {
		struct status status = status_of(n->arena, &table);

		state_read(n->arena, n->options.table, &state);
		*in_force =
			status.in_force && !status.altered_count && status.mark != KEPT_CUT_SHORT;
		result = written(
			(json ? status_json : status_text)(&status, &state, write, context));
	}
	arena_free(memory);
	return result;
}

enum np2nft_result np2nft_delete(struct np2nft *n)
{
	const struct lock_wait wait = wait_of(&n->options);
	struct session *session;
	bool failed;

	BEGIN_CALL(n);
	session = session_open(n->options.table, &n->diags);
	failed = !session || apply_delete(session, &wait, &n->diags);
	session_close(session);
	if (failed)
		return NP2NFT_FAILED;
	state_remove(n->arena, n->options.table);
	return NP2NFT_OK;
}

enum np2nft_result np2nft_agent_sized(struct np2nft *n, const struct np2nft_agent_options *agent,
				      size_t size)
{
	struct np2nft_agent_options known = {0};
	struct agent_options options;

	BEGIN_CALL(n);
	if (!copy_known(&known, sizeof(known), agent, size))
		return fail(n, "an option that only a later version of the library knows");
	options = (struct agent_options){
		.pipeline = {.lower = {.table = n->options.table, .reject = n->options.reject},
			     .node = n->options.node},
		.commit = {.table = n->options.table,
			   .force = n->options.force,
			   .no_revoke = n->options.no_revoke},
		.kubeconfig = known.kubeconfig,
		.listen = known.listen,
		.json = known.json,
		.cleanup = known.cleanup,
		.silence = known.silence,
		.verbose = known.verbose,
		.log = known.log,
		.log_context = known.log_context,
	};
	return agent_run(&options, &n->diags) ? NP2NFT_FAILED : NP2NFT_OK;
}

static const struct world *world_with(struct np2nft *n, const struct surroundings_wanted *wanted)
{
	const struct objects *const inputs[] = {&n->objects};

	return world_new(n->arena, &n->objects, surroundings_of(n->arena, inputs, 1, wanted));
}

/* Who there is to ask about; made when it is asked for first. */
static const struct world *world_of(struct np2nft *n)
{
	if (!n->world)
		n->world = world_with(n, NULL);
	return n->world;
}

static const enum format formats[FORMATS] = {
	[NP2NFT_TEXT] = FORMAT_TEXT,   [NP2NFT_JSON] = FORMAT_JSON,   [NP2NFT_CSV] = FORMAT_CSV,
	[NP2NFT_MD] = FORMAT_MD,       [NP2NFT_SARIF] = FORMAT_SARIF, [NP2NFT_TAP] = FORMAT_TAP,
	[NP2NFT_JUNIT] = FORMAT_JUNIT, [NP2NFT_SVG] = FORMAT_SVG,     [NP2NFT_DOT] = FORMAT_DOT,
	[NP2NFT_HTML] = FORMAT_HTML,
};

#define BIT(name) (1U << NP2NFT_##name)

/* Can a question be asked of what was read, and be answered in this format, one of the bits @known? */
static enum np2nft_result check_question(struct np2nft *n, enum np2nft_format format,
					 unsigned known)
{
	if (finish_reading(n))
		return NP2NFT_FAILED;
	if (!n->options.details)
		return fail(n, "questions need what is read with np2nft_options.details");
	if ((unsigned)format >= FORMATS || !(known & 1U << format))
		return fail(n, "this answer is not written in the format that was asked for");
	return NP2NFT_OK;
}

static enum np2nft_result take_view(struct np2nft *n, const struct np2nft_view *view, size_t size,
				    unsigned known, struct view *shown)
{
	struct np2nft_view whole = {0};

	if (view && !copy_known(&whole, sizeof(whole), view, size))
		return fail(n, "a view that only a later version of the library knows");
	if (check_question(n, whole.format, known))
		return NP2NFT_FAILED;
	*shown = (struct view){
		.format = formats[whole.format],
		.namespace = whole.in_namespace,
		.pod = whole.pod,
		.port = whole.port,
		.each_pod = whole.each_pod,
	};
	return NP2NFT_OK;
}

/* Writes an answer; without one (@answer is NULL) there is a diagnostic already. */
static enum np2nft_result give(const char *answer, np2nft_writer write, void *context)
{
	return answer ? written(write(context, answer, strlen(answer))) : NP2NFT_FAILED;
}

/* The answer about one ruleset, or NULL after a diagnostic. */
static const char *verify_answer(struct np2nft *n, const struct ruleset *ruleset,
				 enum np2nft_format format, np2nft_progress progress, void *context,
				 bool *proved)
{
	struct verify_result result;

	if (!verify(n->arena, &n->objects, n->options.node, ruleset, progress, context, &result)) {
		fail(n, "the proof was interrupted");
		return NULL;
	}
	*proved = !result.fault_count && !result.difference_count;
	return (format == NP2NFT_JSON ? verify_json : verify_text)(n->arena, &n->objects, &result);
}

/* The same about the table in the kernel. */
static const char *verify_kernel(struct np2nft *n, enum np2nft_format format,
				 np2nft_progress progress, void *context, bool *proved)
{
	struct arena *memory = arena_new(); /* of the table */
	struct kernel_table table;
	const char *answer = NULL;

	if (!kernel_look(memory, n->options.table, &table, &n->diags)) {
		if (!table.exists)
			table.ruleset = (struct ruleset){.table = n->options.table};
		answer = verify_answer(n, &table.ruleset, format, progress, context, proved);
	}
	arena_free(memory);
	return answer;
}

enum np2nft_result np2nft_verify(struct np2nft *n, bool compiled, enum np2nft_format format,
				 np2nft_progress progress, void *progress_context,
				 np2nft_writer write, void *context, bool *proved)
{
	BEGIN_CALL(n);
	if (!n->ruleset)
		return fail(n, uncompiled);
	return give(
		compiled ? verify_answer(n, n->ruleset, format, progress, progress_context, proved)
			 : verify_kernel(n, format, progress, progress_context, proved),
		write, context);
}

enum np2nft_result np2nft_explain(struct np2nft *n, const char *from, const char *to,
				  const char *port, enum np2nft_format format, np2nft_writer write,
				  void *context, bool *allowed)
{
	const struct explain_question question = {from, to, port, n->options.default_namespace};
	const struct world *world;

	BEGIN_CALL(n);
	if (check_question(n, format, BIT(TEXT) | BIT(JSON)))
		return NP2NFT_FAILED;
	world = explain_world(n->arena, &n->objects, world_of(n), &question, &n->diags);
	if (!world)
		return NP2NFT_FAILED;
	return give(explain(n->arena, world, &question, formats[format], allowed, &n->diags), write,
		    context);
}

enum np2nft_result np2nft_ask(struct np2nft *n, const char *from, const char *to, const char *port,
			      const struct np2nft_explanation **explanation)
{
	const struct explain_question question = {from, to, port, n->options.default_namespace};
	const struct explanation *found;
	const struct world *world;

	BEGIN_CALL(n);
	if (check_question(n, NP2NFT_TEXT, BIT(TEXT)))
		return NP2NFT_FAILED;
	world = explain_world(n->arena, &n->objects, world_of(n), &question, &n->diags);
	found = world ? explain_ask(n->arena, world, &question, &n->diags) : NULL;
	if (!found)
		return NP2NFT_FAILED;
	*explanation = explanation_as_data(n->arena, world, found);
	return NP2NFT_OK;
}

enum np2nft_result np2nft_matrix_sized(struct np2nft *n, const struct np2nft_view *view,
				       size_t size, np2nft_writer write, void *context,
				       bool *isolated)
{
	struct view shown;

	BEGIN_CALL(n);
	if (take_view(n, view, size, BIT(TEXT) | BIT(JSON) | BIT(CSV) | BIT(MD), &shown))
		return NP2NFT_FAILED;
	return give(matrix(n->arena, world_of(n), &shown, isolated, &n->diags), write, context);
}

enum np2nft_result np2nft_compare(struct np2nft *before, struct np2nft *after,
				  enum np2nft_format format, np2nft_writer write, void *context,
				  size_t *opened, size_t *closed)
{
	BEGIN_CALL(after);
	if (before->broken)
		return before->broken;
	if (finish_reading(before) ||
	    check_question(after, format, BIT(TEXT) | BIT(JSON) | BIT(MD)))
		return NP2NFT_FAILED;
	return give(compare(after->arena, &before->objects, &after->objects, formats[format],
			    opened, closed),
		    write, context);
}

enum np2nft_result np2nft_test(struct np2nft *n, enum np2nft_format format, np2nft_writer write,
			       void *context, size_t *failed)
{
	/* Of pods that run, expectations are about the addresses that they have. */
	static const struct surroundings_wanted wanted = {.no_strangers = true, .only_known = true};

	BEGIN_CALL(n);
	if (check_question(n, format, BIT(TEXT) | BIT(TAP) | BIT(JUNIT)))
		return NP2NFT_FAILED;
	return give(expect(n->arena, world_with(n, &wanted), formats[format], failed, &n->diags),
		    write, context);
}

enum np2nft_result np2nft_graph_sized(struct np2nft *before, struct np2nft *after,
				      const struct np2nft_view *view, size_t size,
				      np2nft_writer write, void *context)
{
	struct view shown;

	BEGIN_CALL(after);
	if (before && before->broken)
		return before->broken;
	if ((before && finish_reading(before)) ||
	    take_view(after, view, size, BIT(SVG) | BIT(DOT) | BIT(HTML), &shown))
		return NP2NFT_FAILED;
	return give(graph(after->arena, before ? &before->objects : NULL, &after->objects, &shown,
			  &after->diags),
		    write, context);
}

enum np2nft_result np2nft_lint(struct np2nft *n, enum np2nft_format format, np2nft_writer write,
			       void *context, size_t *warnings, size_t *notes)
{
	static const struct surroundings_wanted wanted = {.no_strangers = true, .only_known = true};
	const struct lint_request request = {formats[format], n->options.ignore};
	struct lint_counts counts;
	const char *answer;

	BEGIN_CALL(n);
	if (check_question(n, format, BIT(TEXT) | BIT(JSON) | BIT(SARIF)))
		return NP2NFT_FAILED;
	answer = lint(n->arena, world_with(n, &wanted), &request, &counts, &n->diags);
	if (answer) {
		*warnings = counts.warnings;
		*notes = counts.notes;
	}
	return give(answer, write, context);
}

enum np2nft_result np2nft_refusal(struct np2nft *n, enum np2nft_format format, np2nft_writer write,
				  void *context)
{
	BEGIN_CALL(n);
	if (format != NP2NFT_SARIF && format != NP2NFT_JUNIT)
		return fail(n, "a refusal has no such format");
	return give(format == NP2NFT_SARIF ? lint_refusal(n->arena, &n->diags)
					   : expect_refusal(n->arena, &n->diags),
		    write, context);
}

size_t np2nft_diagnostic_count(const struct np2nft *n)
{
	return n->diags.count + (n->broken != NP2NFT_OK);
}

/* The diagnostic of what ended a call early, which had no memory to be kept in. */
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

const struct np2nft_stats *np2nft_stats(struct np2nft *n)
{
	n->stats = (struct np2nft_stats){
		.policies = n->objects.policy_count,
		.namespaces = n->objects.namespace_count,
		.pods = n->objects.pod_count,
		.pods_on_node = count_pods_on_node(n),
		.pods_left_out = n->objects.pods_left_out,
		.skipped = n->objects.skipped,
	};
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

void np2nft_make_plain(char *text)
{
	utf8_make_plain(text);
}

const char *np2nft_version(void)
{
	return NP2NFT_VERSION;
}
