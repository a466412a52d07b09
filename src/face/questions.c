/*
 * The public calls that answer questions.  Each asks one room below ask/, or verify/, and writes
 * the answer.
 */
#include "ask/compare/compare.h"
#include "ask/expect/expect.h"
#include "ask/explain/explain.h"
#include "ask/graph/graph.h"
#include "ask/lint/lint.h"
#include "ask/matrix/matrix.h"
#include "ask/world/world.h"
#include "base/arena.h"
#include "face/compilation.h"
#include "face/explanation.h"
#include "kernel/read_table.h"
#include "node/status.h"
#include "verify/verify.h"

static const struct world *world_with(struct np2nft *n, const struct surroundings_wanted *wanted)
{
	const struct objects *const inputs[] = {&n->objects};

	return world_new(n->arena, &n->objects, surroundings_of(n->arena, inputs, 1, wanted));
}

/* The world of the question, which is made when it is first needed. */
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

/*
 * Can a question be asked about what was read, and answered in this format? @known has a bit for
 * each format that the question has.
 */
static enum np2nft_result check_question(struct np2nft *n, enum np2nft_format format,
					 unsigned known)
{
	if (finish_reading(n))
		return NP2NFT_FAILED;
	if (!n->options.details)
		return fail_call(n, "questions need what is read with np2nft_options.details");
	if ((unsigned)format >= FORMATS || !(known & 1U << format))
		return fail_call(n,
				 "this answer cannot be written in the format that is asked for");
	return NP2NFT_OK;
}

static enum np2nft_result take_view(struct np2nft *n, const struct np2nft_view *view, size_t size,
				    unsigned known, struct view *shown)
{
	struct np2nft_view whole = {0};

	if (view && !copy_known(&whole, sizeof(whole), view, size))
		return fail_call(n, "a view that only a later version of the library knows");
	if (check_question(n, whole.format, known))
		return NP2NFT_FAILED;
	*shown = (struct view){
		.format = formats[whole.format],
		.namespace = whole.in_namespace,
		.pod = whole.pod,
		.port = whole.port,
		.each_pod = whole.each_pod,
		.denied = whole.denied,
		.isolated_by_tiers = whole.isolated_by_tiers,
	};
	return NP2NFT_OK;
}

static bool has_several_nodes(const struct objects *objects)
{
	for (size_t i = 1; i < objects->pod_count; i++)
		if (strcmp(objects->pods[i].node, objects->pods[0].node) != 0)
			return true;
	return false;
}

/*
 * The table of one node differs from the policies for the pods of all nodes.  Nothing in the table tells which node
 * that is, or whether it is for one.
 */
static void tell_node_is_missing(struct np2nft *n)
{
	if (!n->options.node && has_several_nodes(&n->objects))
		diag_note(&n->diags, (struct mark){0},
			  "this is about the pods of all nodes: if the table was applied with "
			  "--node, give the same --node here");
}

/* The answer about one ruleset, or NULL after a diagnostic. */
static const char *verify_answer(struct np2nft *n, const struct ruleset *ruleset,
				 enum np2nft_format format, np2nft_progress progress, void *context,
				 bool *proved)
{
	struct verify_result result;

	if (!verify(n->arena, &n->objects, n->options.node, &n->closed_ranges, ruleset, progress,
		    context, &result)) {
		fail_call(n, "the proof was interrupted");
		return NULL;
	}
	result.is_compiled = ruleset == n->ruleset;
	*proved = !result.fault_count && !result.difference_count;
	if (result.difference_count && ruleset != n->ruleset)
		tell_node_is_missing(n);
	return (format == NP2NFT_JSON ? verify_json : verify_text)(n->arena, &n->objects, &result);
}

static const char *no_table_answer(struct np2nft *n, enum np2nft_format format)
{
	const char *text = arena_printf(n->arena, STATUS_NO_TABLE, n->options.table);
	const struct verify_result result = {.faults = &text, .fault_count = 1};

	return format == NP2NFT_JSON ? verify_json(n->arena, &n->objects, &result)
				     : arena_printf(n->arena, "%s\n", text);
}

/* Verifies the table in the kernel. */
static const char *verify_kernel(struct np2nft *n, enum np2nft_format format,
				 np2nft_progress progress, void *context, bool *proved)
{
	struct arena *memory = arena_new(); /* for the table */
	struct kernel_table table;
	const char *answer = NULL;

	if (!kernel_look(memory, n->options.table, &table, &n->diags)) {
		*proved = false;
		answer = table.exists ? verify_answer(n, &table.ruleset, format, progress, context,
						      proved)
				      : no_table_answer(n, format);
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
		return fail_call(n, nothing_compiled);
	return write_answer(
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
	return write_answer(
		explain(n->arena, world, &question, formats[format], allowed, &n->diags), write,
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
	return write_answer(matrix(n->arena, world_of(n), &shown, isolated, &n->diags), write,
			    context);
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
	return write_answer(compare(after->arena, &before->objects, &after->objects,
				    formats[format], opened, closed),
			    write, context);
}

enum np2nft_result np2nft_test(struct np2nft *n, enum np2nft_format format, np2nft_writer write,
			       void *context, size_t *failed)
{
	/* For running pods, expectations are about the addresses that they have. */
	static const struct surroundings_wanted wanted = {.no_strangers = true, .only_known = true};

	BEGIN_CALL(n);
	if (check_question(n, format, BIT(TEXT) | BIT(TAP) | BIT(JUNIT)))
		return NP2NFT_FAILED;
	return write_answer(
		expect(n->arena, world_with(n, &wanted), formats[format], failed, &n->diags), write,
		context);
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
	return write_answer(graph(after->arena, before ? &before->objects : NULL, &after->objects,
				  &shown, &after->diags),
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
	return write_answer(answer, write, context);
}

enum np2nft_result np2nft_refusal(struct np2nft *n, enum np2nft_format format, np2nft_writer write,
				  void *context)
{
	BEGIN_CALL(n);
	if (format != NP2NFT_SARIF && format != NP2NFT_JUNIT)
		return fail_call(n, "a refusal has no such format");
	return write_answer(format == NP2NFT_SARIF ? lint_refusal(n->arena, &n->diags)
						   : expect_refusal(n->arena, &n->diags),
			    write, context);
}
