/*
 * Selectors that match nothing: never, or not now; and namespaces that there are not.
 *
 * What matches only pods on their node's network matches nothing either, but for another reason.
 */
#include "ask/lint/parts.h"

#include "base/arena.h"
#include "base/text.h"

/* So many values of a label are named before the rest is counted. */
#define VALUES_NAMED 4

/* Up to so many edits, a word is taken for a misspelt one. */
#define EDITS 2

static void contradicts(struct lint *lint, const struct check *check, const struct policy *policy,
			struct mark mark, const char *what, const struct selector *selector)
{
	const bool of_namespaces = !strcmp(what, "namespaceSelector");
	const char *words = lint_contradiction(lint, selector, of_namespaces);

	if (words)
		lint_add(lint, check, policy, mark,
			 "to take any of several values, write one In with all of them; otherwise "
			 "remove what is too much",
			 "the %s asks for %s, which no %s can ever have", what, words,
			 of_namespaces ? "namespace" : "pod");
}

static void peer_contradicts(struct lint *lint, const struct check *check,
			     const struct place *place)
{
	const struct peer *peer = place->peer;

	if (peer->kind != PEER_PODS)
		return;
	contradicts(lint, check, place->policy, peer->mark, "podSelector", peer->pods);
	if (peer->namespaces)
		contradicts(lint, check, place->policy, peer->mark, "namespaceSelector",
			    peer->namespaces);
}

void check_contradiction(struct lint *lint, const struct check *check)
{
	for (size_t i = 0; i < lint->objects->policy_count; i++) {
		const struct policy *policy = &lint->objects->policies[i];

		contradicts(lint, check, policy, policy->mark, "podSelector", policy->pods);
	}
	lint_each_peer(lint, check, peer_contradicts);
}

/* Objects with labels that a selector was held against. */
struct among {
	const char *what; /* "no pod in shop" */
	const struct label **labels;
	size_t *label_counts;
	size_t count, count_2;
};

static void add_among(const struct lint *lint, struct among *among, const struct label *labels,
		      size_t count)
{
	arena_push(lint->arena, among->labels, among->count, labels);
	arena_push(lint->arena, among->label_counts, among->count_2, count);
}

/* The first requirement that none of them fulfils, even alone; NULL: only together they fail. */
static const struct requirement *unfulfilled(const struct among *among,
					     const struct selector *selector)
{
	for (size_t i = 0; i < selector->count; i++) {
		bool held = false;

		for (size_t k = 0; k < among->count && !held; k++)
			held = requirement_holds(&selector->requirements[i], among->labels[k],
						 among->label_counts[k]);
		if (!held)
			return &selector->requirements[i];
	}
	return NULL;
}

/* Values that a label has there, sorted, each once. */
struct values {
	const char **texts;
	size_t count;
};

static struct values values_of(const struct lint *lint, const struct among *among, uint32_t key)
{
	struct values values = {0};
	struct table seen = {.arena = lint->arena};

	for (size_t i = 0; i < among->count; i++) {
		for (size_t k = 0; k < among->label_counts[i]; k++) {
			const struct label *label = &among->labels[i][k];
			bool added = false;

			if (label->key == key)
				table_add(&seen, &label->value, sizeof(label->value), &added);
			if (added)
				arena_push(lint->arena, values.texts, values.count,
					   lint->objects->string_of[label->value]);
		}
	}
	for (size_t i = 1; i < values.count; i++)
		for (size_t k = i; k > 0 && strcmp(values.texts[k - 1], values.texts[k]) > 0; k--) {
			const char *other = values.texts[k];

			values.texts[k] = values.texts[k - 1];
			values.texts[k - 1] = other;
		}
	return values;
}

/* The value that one of the requirement's may be a misspelling of. */
static const char *nearest(const struct lint *lint, const struct requirement *requirement,
			   const struct values *values)
{
	const char *best = NULL;
	size_t least = EDITS + 1;

	for (size_t i = 0; i < values->count; i++) {
		for (size_t k = 0; k < requirement->count; k++) {
			const char *asked = lint->objects->string_of[requirement->values[k]];
			size_t edits = text_distance(asked, values->texts[i]);

			if (edits < least && 2 * edits < strlen(asked)) {
				least = edits;
				best = values->texts[i];
			}
		}
	}
	return best;
}

static const char *values_text(const struct lint *lint, const struct values *values)
{
	struct string text = {0};

	for (size_t i = 0; i < values->count && i < VALUES_NAMED; i++)
		arena_append(lint->arena, &text, "%s%s", i ? ", " : "",
			     *values->texts[i] ? values->texts[i] : "(empty)");
	if (values->count > VALUES_NAMED)
		arena_append(lint->arena, &text, " and %zu more", values->count - VALUES_NAMED);
	return text.text;
}

/* What to do about a selector that none of them matches. */
static const char *advice(const struct lint *lint, const struct among *among,
			  const struct selector *selector)
{
	const struct requirement *requirement = unfulfilled(among, selector);
	struct values values;
	const char *key, *near;

	if (!requirement)
		return "ask for labels that one of them has together";
	key = lint->objects->string_of[requirement->key];
	values = values_of(lint, among, requirement->key);
	if (requirement->op != OP_IN || !values.count)
		return requirement->op == OP_IN || requirement->op == OP_EXISTS
			       ? arena_printf(lint->arena, "none there has a label %s: correct it",
					      key)
			       : arena_printf(lint->arena, "all there have %s = %s: correct it",
					      key, values_text(lint, &values));
	near = nearest(lint, requirement, &values);
	if (near)
		return arena_printf(lint->arena, "did you mean %s: %s?", key, near);
	return arena_printf(lint->arena, "correct it: %s is %s there", key,
			    values_text(lint, &values));
}

static const char *asked_for(const struct lint *lint, const struct among *among,
			     const struct selector *selector)
{
	const struct requirement *requirement = unfulfilled(among, selector);
	struct selector one = {.count = 1};

	if (!requirement)
		return selector_in_words(lint->arena, lint->objects, selector);
	one.requirements = arena_alloc(lint->arena, sizeof(*requirement));
	*one.requirements = *requirement;
	return selector_in_words(lint->arena, lint->objects, &one);
}

static struct among pods_among(const struct lint *lint, const struct bits *pods)
{
	struct among among = {0};

	for (size_t i = 0; (i = bits_next(pods, i)) < pods->size; i++)
		add_among(lint, &among, lint->objects->pods[i].labels,
			  lint->objects->pods[i].label_count);
	return among;
}

static const struct selector everything;

/* Does the selector match pods on their node's network? */
static bool on_hosts(const struct lint *lint, const struct policy *policy, const struct peer *peer)
{
	struct bits pods = bits_new(lint->arena, lint->hosts->pod_count);

	lint_match_peer(lint, lint->host_index, policy, peer, &pods);
	return !bits_are_none(&pods);
}

/* Namespaces that every cluster has. */
static bool is_of_system(const char *name)
{
	return !strcmp(name, "default") || !strncmp(name, "kube-", 5);
}

static bool is_missing(const struct lint *lint, const char *namespace)
{
	return lint->objects->namespace_count && !is_of_system(namespace) &&
	       !lint_has_namespace(lint, namespace) && !lint_has_pods(lint, namespace);
}

void check_selects_no_pods(struct lint *lint, const struct check *check)
{
	for (size_t i = 0; i < lint->objects->policy_count; i++) {
		const struct policy *policy = &lint->objects->policies[i];
		const struct peer selected = {.kind = PEER_PODS, .pods = policy->pods};
		const struct peer any = {.kind = PEER_PODS, .pods = &everything};
		struct among among;

		lint_selected(lint, policy, &lint->pods);
		if (!policy->pods->count || !bits_are_none(&lint->pods) ||
		    !lint_can_match(lint, &selected) || on_hosts(lint, policy, &selected))
			continue;
		lint_peer_pods(lint, policy, &any, &lint->others);
		if (bits_are_none(&lint->others))
			continue;
		among = pods_among(lint, &lint->others);
		lint_add(lint, check, policy, policy->mark, advice(lint, &among, policy->pods),
			 "no pod in %s matches %s now, so that this policy does nothing",
			 policy->namespace, asked_for(lint, &among, policy->pods));
	}
}

static struct among namespaces_among(const struct lint *lint)
{
	struct among among = {0};

	for (size_t i = 0; i < lint->objects->namespace_count; i++)
		add_among(lint, &among, lint->objects->namespaces[i].labels,
			  lint->objects->namespaces[i].label_count);
	return among;
}

static size_t matched_namespaces(const struct lint *lint, const struct selector *selector)
{
	return match_namespaces(lint->index, selector,
				arena_array(lint->arena, match_namespace_count(lint->index),
					    sizeof(uint32_t)));
}

/* The one namespace that a peer names; NULL: none, or several. */
static const char *named(const struct lint *lint, const struct policy *policy,
			 const struct peer *peer)
{
	return definition_namespace(
		lint->objects, &(struct definition){.peer = peer, .namespace = policy->namespace});
}

static void without_namespace(struct lint *lint, const struct check *check,
			      const struct place *place)
{
	const struct peer *peer = place->peer;
	const char *name = named(lint, place->policy, peer);
	struct among among;
	struct finding *finding;

	if (peer->kind != PEER_PODS || !peer->namespaces || !lint_can_match(lint, peer) ||
	    !lint->objects->namespace_count || (name && is_of_system(name)) ||
	    matched_namespaces(lint, peer->namespaces))
		return;
	among = namespaces_among(lint);
	finding = lint_add(lint, check, place->policy, peer->mark,
			   advice(lint, &among, peer->namespaces),
			   "no namespace matches %s now, so that this entry lets nothing %s",
			   asked_for(lint, &among, peer->namespaces),
			   place->direction == INGRESS ? "in" : "out");
	if (!lint->whole)
		finding->severity = DIAG_NOTE;
}

void check_peer_without_namespace(struct lint *lint, const struct check *check)
{
	lint_each_peer(lint, check, without_namespace);
}

static void without_pods(struct lint *lint, const struct check *check, const struct place *place)
{
	const struct peer *peer = place->peer;
	const struct peer all_of = {
		.kind = PEER_PODS, .namespaces = peer->namespaces, .pods = &everything};
	struct among among;

	if (peer->kind != PEER_PODS || !lint_can_match(lint, peer) || !peer->pods->count ||
	    !lint_knows(lint, peer))
		return;
	lint_peer_pods(lint, place->policy, peer, &lint->pods);
	if (!bits_are_none(&lint->pods) || on_hosts(lint, place->policy, peer))
		return;
	lint_peer_pods(lint, place->policy, &all_of, &lint->pods);
	if (bits_are_none(&lint->pods))
		return;
	among = pods_among(lint, &lint->pods);
	lint_add(lint, check, place->policy, peer->mark, advice(lint, &among, peer->pods),
		 "there are no %s now",
		 pods_in_words(lint->arena, lint->objects, peer, place->policy->namespace));
}

void check_peer_without_pods(struct lint *lint, const struct check *check)
{
	lint_each_peer(lint, check, without_pods);
}

static const char *near_namespace(const struct lint *lint, const char *name)
{
	const char *best = NULL;
	size_t least = EDITS + 1;

	for (size_t i = 0; i < lint->objects->namespace_count; i++) {
		size_t edits = text_distance(name, lint->objects->namespaces[i].name);

		if (edits < least && 2 * edits < strlen(name)) {
			least = edits;
			best = lint->objects->namespaces[i].name;
		}
	}
	return best;
}

void check_no_such_namespace(struct lint *lint, const struct check *check)
{
	for (size_t i = 0; i < lint->objects->policy_count; i++) {
		const struct policy *policy = &lint->objects->policies[i];
		struct finding *finding;
		const char *near;

		if (!is_missing(lint, policy->namespace) ||
		    on_hosts(lint, policy, &(struct peer){.pods = &everything}))
			continue;
		near = near_namespace(lint, policy->namespace);
		finding = lint_add(
			lint, check, policy, policy->mark,
			near ? arena_printf(lint->arena, "did you mean %s?", near)
			     : "create the namespace first, or correct metadata.namespace",
			"there is no namespace %s: the API server would not take this policy",
			policy->namespace);
		if (!lint->whole)
			finding->severity = DIAG_NOTE;
	}
}

static void peer_on_hosts(struct lint *lint, const struct check *check, const struct place *place)
{
	const struct peer *peer = place->peer;
	if (peer->kind != PEER_PODS || !lint_can_match(lint, peer) || !peer->pods->count)
		return;
	lint_peer_pods(lint, place->policy, peer, &lint->pods);
	if (!bits_are_none(&lint->pods) || !on_hosts(lint, place->policy, peer))
		return;
	lint_add(lint, check, place->policy, peer->mark,
		 "let in the addresses of their nodes with an ipBlock, which is all that matches "
		 "them",
		 "%s are all on their node's network, where no selector matches them",
		 pods_in_words(lint->arena, lint->objects, peer, place->policy->namespace));
}

void check_host_network(struct lint *lint, const struct check *check)
{
	for (size_t i = 0; i < lint->objects->policy_count; i++) {
		const struct policy *policy = &lint->objects->policies[i];
		const struct peer selected = {.kind = PEER_PODS, .pods = policy->pods};

		lint_selected(lint, policy, &lint->pods);
		if (!bits_are_none(&lint->pods) || !on_hosts(lint, policy, &selected))
			continue;
		lint_add(lint, check, policy, policy->mark,
			 "remove it; what is on its node's network can only be guarded there",
			 "%s are all on their node's network, so that this policy does nothing",
			 lint_selected_text(lint, policy));
	}
	lint_each_peer(lint, check, peer_on_hosts);
}
