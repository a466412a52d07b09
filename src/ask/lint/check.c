/* Adds findings, and visits the places of all policies in the order of the input.  */
#include "ask/lint/check.h"

#include "base/arena.h"

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
			struct lint_place place)
{
	arena_reset(lint->scratch);
	visit(lint, check, &place);
}

void lint_each_policy(struct lint *lint, const struct check *check, lint_visit visit)
{
	for (size_t i = 0; i < lint->objects->policy_count; i++)
		visit_place(lint, check, visit,
			    (struct lint_place){.policy = &lint->objects->policies[i]});
}

void lint_each_rule(struct lint *lint, const struct check *check, lint_visit visit)
{
	for (size_t i = 0; i < lint->objects->policy_count; i++) {
		const struct policy *policy = &lint->objects->policies[i];

		for (enum direction direction = INGRESS; direction < DIRECTIONS; direction++)
			for (size_t k = 0; k < policy->rule_count[direction]; k++)
				visit_place(lint, check, visit,
					    (struct lint_place){policy, direction,
								&policy->rules[direction][k],
								NULL});
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
						    (struct lint_place){policy, direction, rule,
									&rule->peers[n]});
			}
	}
}
