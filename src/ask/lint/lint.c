/* The table of checks, and what a policy silences.  See ask/lint/lint.h. */
#include "ask/lint/lint.h"

#include "ask/lint/census.h"
#include "ask/lint/crowd.h"
#include "ask/lint/entries.h"
#include "ask/lint/print.h"
#include "ask/lint/services.h"
#include "ask/lint/within.h"
#include "base/arena.h"

#include <stdlib.h>

static void check_unknown_code(struct lint *lint, const struct check *check);

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

/* The next code of an annotation; its end. NULL behind the last. */
static const char *next_code(const char **at)
{
	*at += strspn(*at, between_codes);
	return **at ? *at + strcspn(*at, between_codes) : NULL;
}

static void check_unknown_code(struct lint *lint, const struct check *check)
{
	for (size_t i = 0; i < lint->objects->policy_count; i++) {
		const struct policy *policy = &lint->objects->policies[i];
		const char *at = policy->ignore ? policy->ignore : "", *end;

		for (; (end = next_code(&at)); at = end)
			if (!is_code(at, (size_t)(end - at)))
				lint_add(lint, check, policy, policy->mark,
					 "correct the code, or remove it; docs/lint.md lists them",
					 "%s names no finding: %.*s", IGNORE_ANNOTATION,
					 (int)(end - at), at);
	}
}

static bool is_ignored(const struct finding *finding)
{
	const char *at = finding->policy->ignore ? finding->policy->ignore : "", *end;
	const size_t len = strlen(finding->check->code);

	for (; (end = next_code(&at)); at = end)
		if ((size_t)(end - at) == len && !memcmp(at, finding->check->code, len))
			return true;
	return false;
}

static int compare_findings(const void *a, const void *b)
{
	const struct finding *x = a, *y = b;
	int order = strcmp(x->mark.file, y->mark.file);

	if (!order)
		order = (x->mark.line > y->mark.line) - (x->mark.line < y->mark.line);
	if (!order)
		order = (x->mark.col > y->mark.col) - (x->mark.col < y->mark.col);
	if (!order)
		order = strcmp(x->check->code, y->check->code);
	return order ? order : strcmp(x->reason, y->reason);
}

/* Leaves out what is ignored, and what is said twice of one place (an alias in YAML). */
static void settle(struct lint *lint)
{
	size_t kept = 0;

	if (lint->count)
		qsort(lint->findings, lint->count, sizeof(*lint->findings), compare_findings);
	for (size_t i = 0; i < lint->count; i++)
		if (!is_ignored(&lint->findings[i]) &&
		    (!kept || compare_findings(&lint->findings[kept - 1], &lint->findings[i])))
			lint->findings[kept++] = lint->findings[i];
	lint->count = kept;
}

struct finding *lint_add(struct lint *lint, const struct check *check, const struct policy *policy,
			 struct mark mark, const char *remedy, const char *format, ...)
{
	struct finding finding = {.check = check,
				  .severity = check->severity,
				  .policy = policy,
				  .mark = mark,
				  .remedy = remedy};
	va_list list;

	va_start(list, format);
	finding.reason = arena_vprintf(lint->arena, format, list);
	va_end(list);
	arena_push(lint->arena, lint->findings, lint->count, finding);
	return &lint->findings[lint->count - 1];
}

static void visit_place(struct lint *lint, const struct check *check, lint_visit visit,
			struct place place)
{
	arena_reset(lint->scratch);
	visit(lint, check, &place);
}

void lint_each_policy(struct lint *lint, const struct check *check, lint_visit visit)
{
	for (size_t i = 0; i < lint->objects->policy_count; i++)
		visit_place(lint, check, visit,
			    (struct place){.policy = &lint->objects->policies[i]});
}

void lint_each_rule(struct lint *lint, const struct check *check, lint_visit visit)
{
	for (size_t i = 0; i < lint->objects->policy_count; i++) {
		const struct policy *policy = &lint->objects->policies[i];

		for (enum direction direction = INGRESS; direction < DIRECTIONS; direction++)
			for (size_t k = 0; k < policy->rule_count[direction]; k++)
				visit_place(lint, check, visit,
					    (struct place){policy, direction,
							   &policy->rules[direction][k], NULL});
	}
}

void lint_each_peer(struct lint *lint, const struct check *check, lint_visit visit)
{
	for (size_t i = 0; i < lint->objects->policy_count; i++) {
		const struct policy *policy = &lint->objects->policies[i];

		for (enum direction direction = INGRESS; direction < DIRECTIONS; direction++)
			for (size_t k = 0; k < policy->rule_count[direction]; k++) {
				const struct policy_rule *rule = &policy->rules[direction][k];

				for (size_t n = 0; n < rule->peer_count; n++)
					visit_place(lint, check, visit,
						    (struct place){policy, direction, rule,
								   &rule->peers[n]});
			}
	}
}

const char *lint(struct arena *arena, const struct world *world, enum format format,
		 size_t *findings)
{
	struct lint lint = {
		.arena = arena, .world = world, .scratch = arena_new(), .objects = world->objects};

	lint_prepare_crowds(&lint);
	lint_prepare_remainders(&lint);
	lint_prepare_services(&lint);
	lint_prepare_censuses(&lint);
	lint_prepare_entries(&lint);
	for (size_t i = 0; i < CHECKS; i++)
		checks[i].run(&lint, &checks[i]);
	arena_free(lint.scratch);
	settle(&lint);
	*findings = lint.count;
	return format == FORMAT_SARIF  ? lint_sarif(&lint, checks, CHECKS)
	       : format == FORMAT_JSON ? lint_json(&lint)
				       : lint_text(&lint);
}
