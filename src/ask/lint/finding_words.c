/* Describes pods, policies and ports in words. */
#include "ask/lint/finding_words.h"

#include "ask/lint/crowd.h"
#include "ask/reach/reach.h"
#include "base/arena.h"
#include "model/words.h"

const char *lint_pods_text(const struct lint *lint, uint32_t first, size_t count)
{
	const char *text;

	if (!count)
		return "no pod";
	text = lint_party(lint, first)->text;
	return count == 1 ? text : arena_printf(lint->arena, "%s and %zu more", text, count - 1);
}

const char *lint_peer_text(const struct lint *lint, const struct policy *policy,
			   const struct peer *peer)
{
	return pods_in_words(lint->arena, lint->objects, peer, policy->namespace);
}

const char *lint_selected_text(const struct lint *lint, const struct policy *policy)
{
	return lint_peer_text(lint, policy,
			      &(struct peer){.kind = PEER_PODS, .pods = policy->pods});
}

const char *lint_ports_text(const struct lint *lint, const struct policy_rule *rule)
{
	struct string text = {0};

	if (!rule->port_count)
		return "any port";
	for (size_t i = 0; i < rule->port_count; i++)
		arena_append(lint->arena, &text, "%s%s", i ? ", " : "",
			     port_text(lint->arena, &rule->ports[i]));
	return text.text;
}

const char *lint_way_text(enum direction direction)
{
	return direction == INGRESS ? "in" : "out";
}
