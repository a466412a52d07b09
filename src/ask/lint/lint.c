/* Has the table of checks, and decides which of their findings are reported.  */
#include "ask/lint/lint.h"

#include "ask/lint/label_counts.h"
#include "ask/lint/crowd.h"
#include "ask/lint/entries.h"
#include "ask/lint/print.h"
#include "ask/lint/services.h"
#include "ask/lint/within.h"
#include "base/arena.h"
#include "read/field.h"

#include <stdlib.h>

static void check_unknown_code(struct lint *lint, const struct check *check);
static void check_audited(struct lint *lint, const struct check *check);

static const struct check checks[] = {
	{"selector-contradicts-itself", "A selector that nothing can ever match", DIAG_WARNING,
	 check_contradiction},
	{"selects-no-pods", "A policy that selects no pod now", DIAG_WARNING,
	 check_selects_no_pods},
	{"peer-without-namespace", "A namespaceSelector that matches no namespace now",
	 DIAG_WARNING, check_peer_without_namespace},
	{"peer-without-pods", "A peer that matches no pod now", DIAG_WARNING,
	 check_peer_without_pods},
	{"no-such-namespace", "A policy in a namespace that does not exist", DIAG_WARNING,
	 check_no_such_namespace},
	{"only-host-network", "A selector that matches only pods on their node's network",
	 DIAG_WARNING, check_host_network},
	{"or-not-and", "Two entries that look like one: either lets in, not both together",
	 DIAG_WARNING, check_or_not_and},
	{"peers-and-ports-apart", "Two rules that look like one: peers in one, ports in the next",
	 DIAG_WARNING, check_peers_and_ports_apart},
	{"pointless-rule", "A rule that adds nothing to another", DIAG_NOTE, check_pointless_rule},
	{"pointless-entry", "An entry of from or to that adds nothing to another", DIAG_NOTE,
	 check_pointless_entry},
	{"except-undone", "An except that another ipBlock lets in again", DIAG_WARNING,
	 check_except_undone},
	{"except-leaves-nothing", "Excepts that take all of their cidr", DIAG_WARNING,
	 check_except_leaves_nothing},
	{"block-covers-pods", "An ipBlock with addresses of pods in it", DIAG_WARNING,
	 check_block_covers_pods},
	{"except-covers-pods", "An except with the addresses of some pods in it", DIAG_WARNING,
	 check_except_covers_pods},
	{"block-of-services", "An ipBlock of Service addresses, which no policy ever sees",
	 DIAG_WARNING, check_service_range},
	{"client-address-hidden", "An ipBlock for clients whose address a Service hides",
	 DIAG_WARNING, check_client_hidden},
	{"service-port-not-target-port", "The port of a Service, where policies see its pods' port",
	 DIAG_WARNING, check_service_port},
	{"egress-without-dns", "Egress is isolated, and names cannot be looked up", DIAG_WARNING,
	 check_without_dns},
	{"dns-without-tcp", "DNS is allowed over UDP only", DIAG_NOTE, check_dns_without_tcp},
	{"port-name-unknown", "A named port that no pod in question has", DIAG_WARNING,
	 check_port_name},
	{"other-end-denies", "A peer that is never reached: policies of the other end deny it",
	 DIAG_WARNING, check_other_end_denies},
	{"cnp-same-priority", "Cluster policies of one priority that contradict each other",
	 DIAG_WARNING, check_same_priority},
	{"cnp-shadowed-rule", "A rule of a cluster policy that never decides", DIAG_WARNING,
	 check_shadowed_rule},
	{"cnp-pass-to-nothing", "A Pass, behind which nothing denies", DIAG_NOTE,
	 check_pass_to_nothing},
	{"cnp-baseline-never-asked", "Baseline rules for pods that NetworkPolicies isolate",
	 DIAG_WARNING, check_baseline_never_asked},
	{"cnp-networks-hits-pods", "A Deny of networks with addresses of pods in them",
	 DIAG_WARNING, check_networks_hit_pods},
	{"cnp-denies-dns", "A cluster policy denies DNS", DIAG_WARNING, check_denies_dns},
	{"cnp-domain-not-enforced", "Domain names, which are not enforced", DIAG_WARNING,
	 check_domain_not_enforced},
	{"cnp-unknown-node-label", "A peer that matches no node now", DIAG_WARNING,
	 check_unknown_node_label},
	{"cnp-service-address",
	 "A network with the address of a Service, which no policy ever sees", DIAG_WARNING,
	 check_service_address},
	{"cnp-denies-own-node", "A cluster policy denies pods the node that they run on", DIAG_NOTE,
	 check_denies_own_node},
	{"cnp-only-host-network",
	 "A cluster policy that is about pods on their node's network alone", DIAG_WARNING,
	 check_only_host_network},
	{"cnp-experimental-field", "A field that only the experimental CRD has", DIAG_NOTE,
	 check_experimental_field},
	{"audited-policy", "An audited policy, which denies nothing", DIAG_NOTE, check_audited},
	{"unknown-code", "An annotation that ignores a finding there is not", DIAG_WARNING,
	 check_unknown_code},
};

#define CHECKS (sizeof(checks) / sizeof(*checks))

static const char between_codes[] = ", \t\r\n";

static bool is_code(const char *text, size_t len)
{
	for (size_t i = 0; i < CHECKS; i++)
		if (strlen(checks[i].code) == len && !memcmp(checks[i].code, text, len))
			return true;
	return false;
}

/* Where a code that there is not could be put right: by the nearest one, or in the list of all. */
static const char *code_hint(struct arena *arena, const char *code, size_t len)
{
	const char *known[CHECKS + 1] = {NULL}, *near;

	for (size_t i = 0; i < CHECKS; i++)
		known[i] = checks[i].code;
	near = nearest_hint(arena, arena_strndup(arena, code, len), known);
	return *near ? near : "; `man np2nft-lint` lists them";
}

/* Moves to the next code of an annotation, and returns its end; NULL: there are no more codes.  */
static const char *next_code(const char **at)
{
	*at += strspn(*at, between_codes);
	return **at ? *at + strcspn(*at, between_codes) : NULL;
}

static void check_audited(struct lint *lint, const struct check *check)
{
	for (size_t i = 0; i < lint->objects->policy_count; i++) {
		const struct policy *policy = &lint->objects->policies[i];

		if (policy->is_audited)
			lint_add(lint, check, policy, policy->mark,
				 "remove the annotation when what it counts is what is meant",
				 "%s: what this policy would deny is counted, and passes",
				 AUDIT_ANNOTATION);
	}
}

static void find_unknown_codes(struct lint *lint, const struct check *check,
			       const struct policy *policy)
{
	const char *at = policy->ignore ? policy->ignore : "", *end;

	for (; (end = next_code(&at)); at = end)
		if (!is_code(at, (size_t)(end - at)))
			lint_add(lint, check, policy, policy->mark,
				 arena_printf(lint->arena, "correct the code, or remove it%s",
					      code_hint(lint->arena, at, (size_t)(end - at))),
				 "%s names no finding: %.*s", IGNORE_ANNOTATION, (int)(end - at),
				 at);
}

static void check_unknown_code(struct lint *lint, const struct check *check)
{
	for (size_t i = 0; i < lint->objects->policy_count; i++)
		find_unknown_codes(lint, check, &lint->objects->policies[i]);
	for (size_t i = 0; i < lint->objects->cluster_policy_count; i++)
		find_unknown_codes(lint, check, &lint->stand_ins[i]);
}

/* Is the code among these? NULL: there are none.  */
static bool names_code(const char *codes, const char *code)
{
	const char *at = codes ? codes : "", *end;
	const size_t len = strlen(code);

	for (; (end = next_code(&at)); at = end)
		if ((size_t)(end - at) == len && !memcmp(at, code, len))
			return true;
	return false;
}

/* Is every word of the request a code? If one is not, there is an error.  */
static bool check_request(const struct lint_request *request, struct diags *diags)
{
	const char *at = request->ignore ? request->ignore : "", *end;

	for (; (end = next_code(&at)); at = end) {
		if (is_code(at, (size_t)(end - at)))
			continue;
		diag_error(diags, (struct mark){0}, "no finding has the code %.*s%s",
			   (int)(end - at), at, code_hint(diags->arena, at, (size_t)(end - at)));
		return false;
	}
	return true;
}

static int compare_marks(const struct mark *x, const struct mark *y)
{
	int order = strcmp(x->file, y->file);

	if (!order)
		order = (x->line > y->line) - (x->line < y->line);
	return order ? order : (x->col > y->col) - (x->col < y->col);
}

static int compare_words(const struct finding *x, const struct finding *y)
{
	int order = strcmp(x->check->code, y->check->code);

	if (!order)
		order = strcmp(x->reason, y->reason);
	return order ? order : strcmp(x->remedy, y->remedy);
}

/* Sorts by place.  */
static int compare_findings(const void *a, const void *b)
{
	const struct finding *x = a, *y = b;
	int order = compare_marks(&x->mark, &y->mark);

	return order ? order : compare_words(x, y);
}

/* Sorts so that what is said in the same words about one policy stands together.  */
static int compare_sayings(const void *a, const void *b)
{
	const struct finding *x = a, *y = b;
	int order = (x->policy > y->policy) - (x->policy < y->policy);

	if (!order)
		order = compare_words(x, y);
	return order ? order : compare_marks(&x->mark, &y->mark);
}

static void sort_findings(struct lint *lint, int (*compare)(const void *a, const void *b))
{
	if (lint->count)
		qsort(lint->findings, lint->count, sizeof(*lint->findings), compare);
}

/*
 * Joins a finding with the one before it, if both say the same about one policy.  With an alias in
 * YAML they may even have the same place.
 */
static bool join_findings(struct lint *lint, struct finding *first, const struct finding *next)
{
	const struct mark *last =
		first->other_count ? &first->others[first->other_count - 1] : &first->mark;

	if (first->policy != next->policy || compare_words(first, next))
		return false;
	if (compare_marks(last, &next->mark))
		arena_push(lint->arena, first->others, first->other_count, next->mark);
	return true;
}

/*
 * Leaves out what is ignored, and makes one finding of what is said several times about a policy.
 */
static void settle(struct lint *lint, const struct lint_request *request)
{
	size_t kept = 0;

	sort_findings(lint, compare_sayings);
	for (size_t i = 0; i < lint->count; i++) {
		const struct finding *finding = &lint->findings[i];

		if (names_code(finding->policy->ignore, finding->check->code) ||
		    names_code(request->ignore, finding->check->code) ||
		    (kept && join_findings(lint, &lint->findings[kept - 1], finding)))
			continue;
		lint->findings[kept++] = *finding;
	}
	lint->count = kept;
	sort_findings(lint, compare_findings);
}

static struct lint_counts count_findings(const struct lint *lint)
{
	struct lint_counts counts = {0};

	for (size_t i = 0; i < lint->count; i++)
		if (lint->findings[i].severity == DIAG_NOTE)
			counts.notes++;
		else
			counts.warnings++;
	return counts;
}

static void make_stand_ins(struct lint *lint)
{
	const struct objects *objects = lint->objects;
	struct policy *policies =
		arena_array(lint->arena, objects->cluster_policy_count, sizeof(*policies));

	for (size_t i = 0; i < objects->cluster_policy_count; i++) {
		const struct cluster_policy *policy = &objects->cluster_policies[i];

		policies[i] = (struct policy){.namespace = "",
					      .name = policy->name,
					      .mark = policy->mark,
					      .ignore = policy->ignore};
	}
	lint->stand_ins = policies;
}

static void run_checks(struct lint *lint)
{
	make_stand_ins(lint);
	lint_prepare_crowds(lint);
	lint_prepare_remainders(lint);
	lint_prepare_services(lint);
	lint_prepare_censuses(lint);
	lint_prepare_entries(lint);
	for (size_t i = 0; i < CHECKS; i++)
		checks[i].run(lint, &checks[i]);
}

const char *lint(struct arena *arena, const struct world *world, const struct lint_request *request,
		 struct lint_counts *counts, struct diags *diags)
{
	struct lint lint = {
		.arena = arena, .world = world, .scratch = arena_new(), .objects = world->objects};

	if (check_request(request, diags))
		run_checks(&lint);
	arena_free(lint.scratch);
	if (diags->errors)
		return NULL;
	settle(&lint, request);
	*counts = count_findings(&lint);
	return request->format == FORMAT_SARIF  ? lint_sarif(&lint, checks, CHECKS)
	       : request->format == FORMAT_JSON ? lint_json(&lint, counts)
						: lint_text(&lint, counts);
}
