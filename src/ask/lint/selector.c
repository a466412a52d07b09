/*
 * Finds selectors that match nothing, now or ever, and namespaces that do not exist.
 *
 * A selector that matches only pods on their nodes' networks matches nothing either, but for
 * another reason.
 */
#include "ask/lint/label_counts.h"
#include "ask/lint/crowd.h"
#include "ask/lint/within.h"
#include "ask/lint/finding_words.h"
#include "base/arena.h"
#include "base/nearest.h"
#include "model/meaning.h"

/* If there are more names than so many, none is looked for that a misspelt one may have meant. */
#define NAMES_READ 1000

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
			     const struct lint_place *place)
{
	const struct peer *peer = place->peer;

	if (peer->kind != PEER_PODS)
		return;
	contradicts(lint, check, place->policy, peer->mark, "podSelector", peer->pods);
	if (peer->namespaces)
		contradicts(lint, check, place->policy, peer->mark, "namespaceSelector",
			    peer->namespaces);
}

static void policy_contradicts(struct lint *lint, const struct check *check,
			       const struct lint_place *place)
{
	contradicts(lint, check, place->policy, place->policy->mark, "podSelector",
		    place->policy->pods);
}

void check_contradiction(struct lint *lint, const struct check *check)
{
	lint_each_policy(lint, check, policy_contradicts);
	lint_each_peer(lint, check, peer_contradicts);
}

/*
 * Says what to do about a selector that matches nothing in the census; returns whether it looks
 * like a slip of the pen.
 */
static bool advise(const struct lint *lint, struct finding *finding,
		   const struct label_census *census, const struct selector *selector)
{
	const char *near = census_nearest(lint, census, selector);

	finding->remedy = near ? arena_printf(lint->arena, "did you mean %s?", near)
			       : arena_printf(lint->arena, "%s: correct it",
					      census_instead(lint, census, selector));
	return near != NULL;
}

/*
 * Manifests do not contain the pods that an operator makes.  So if no pod runs there, and no label
 * differs by a few letters only, the finding is a note.
 */
static void advise_pods(const struct lint *lint, struct finding *finding,
			const struct label_census *census, const struct selector *selector)
{
	if (advise(lint, finding, census, selector) || lint->whole || census_runs(census))
		return;
	finding->severity = DIAG_NOTE;
	finding->remedy = arena_printf(
		lint->arena,
		"%s, unless such pods are made by what is not in the input (an operator)",
		finding->remedy);
}

/* Is it a namespace that every cluster has? */
static bool is_of_system(const char *name)
{
	return !strcmp(name, "default") || !strncmp(name, "kube-", 5);
}

static bool is_missing(const struct lint *lint, const char *namespace)
{
	return lint->objects->namespace_count && !is_of_system(namespace) &&
	       !lint_has_namespace(lint, namespace) && !lint_has_pods(lint, namespace);
}

static void selects_no_pods(struct lint *lint, const struct check *check,
			    const struct lint_place *place)
{
	const struct policy *policy = place->policy;
	const struct label_census *census;
	const struct crowd_meant *meant;
	struct finding *finding;

	if (!policy->pods->count || lint_contradiction(lint, policy->pods, false) ||
	    !lint_has_pods(lint, policy->namespace))
		return;
	meant = lint_meant(lint, policy, NULL);
	if (meant->count || meant->on_hosts)
		return;
	census = lint_census_of_pods(lint, policy, NULL);
	finding = lint_add(lint, check, policy, policy->mark, NULL,
			   "no pod in %s matches %s now, so that this policy does nothing",
			   policy->namespace, census_asked(lint, census, policy->pods));
	advise_pods(lint, finding, census, policy->pods);
}

void check_selects_no_pods(struct lint *lint, const struct check *check)
{
	lint_each_policy(lint, check, selects_no_pods);
}

/* The one namespace that a peer names; NULL: it names none or several.  */
static const char *named(const struct lint *lint, const struct policy *policy,
			 const struct peer *peer)
{
	return peer_namespace(lint->objects, peer, policy->namespace);
}

static void without_namespace(struct lint *lint, const struct check *check,
			      const struct lint_place *place)
{
	const struct peer *peer = place->peer;
	const char *name = named(lint, place->policy, peer);
	const struct label_census *census;
	struct finding *finding;

	if (peer->kind != PEER_PODS || !peer->namespaces || !lint_can_match(lint, peer) ||
	    !lint->objects->namespace_count || (name && is_of_system(name)) ||
	    lint_count_namespaces(lint, peer->namespaces))
		return;
	census = lint_census_of_namespaces(lint);
	finding = lint_add(lint, check, place->policy, peer->mark, NULL,
			   "no namespace matches %s now, so that this entry lets nothing %s",
			   census_asked(lint, census, peer->namespaces),
			   lint_way_text(place->direction));
	advise(lint, finding, census, peer->namespaces);
	if (!lint->whole)
		finding->severity = DIAG_NOTE;
}

void check_peer_without_namespace(struct lint *lint, const struct check *check)
{
	lint_each_peer(lint, check, without_namespace);
}

/*
 * Might the peer mean pods that are not in the input? Manifests do not contain what runs in the
 * namespaces that every cluster has.
 */
static bool is_beyond_input(const struct lint *lint, const struct policy *policy,
			    const struct peer *peer)
{
	const char *name = named(lint, policy, peer);

	return !lint_knows(lint, peer) || (!lint->whole && name && !strncmp(name, "kube-", 5));
}

static void without_pods(struct lint *lint, const struct check *check,
			 const struct lint_place *place)
{
	const struct peer *peer = place->peer;
	const struct label_census *census;
	const struct crowd_meant *meant;
	struct finding *finding;

	if (peer->kind != PEER_PODS || !lint_can_match(lint, peer) || !peer->pods->count ||
	    is_beyond_input(lint, place->policy, peer))
		return;
	meant = lint_meant(lint, place->policy, peer);
	if (meant->count || meant->on_hosts)
		return;
	census = lint_census_of_pods(lint, place->policy, peer);
	if (!census_count(census))
		return;
	finding = lint_add(lint, check, place->policy, peer->mark, NULL, "there are no %s now",
			   lint_peer_text(lint, place->policy, peer));
	advise_pods(lint, finding, census, peer->pods);
}

void check_peer_without_pods(struct lint *lint, const struct check *check)
{
	lint_each_peer(lint, check, without_pods);
}

static const char *near_namespace(const struct lint *lint, const char *name)
{
	struct nearest near = {.wanted = name};

	if (lint->objects->namespace_count > NAMES_READ)
		return NULL;
	for (size_t i = 0; i < lint->objects->namespace_count; i++)
		nearest_look_at(&near, lint->objects->namespaces[i].name);
	return near.found;
}

static void no_such_namespace(struct lint *lint, const struct check *check,
			      const struct lint_place *place)
{
	const struct policy *policy = place->policy;
	struct finding *finding;
	const char *near;

	if (!is_missing(lint, policy->namespace) || lint_has_host_pods(lint, policy->namespace))
		return;
	near = near_namespace(lint, policy->namespace);
	finding = lint_add(lint, check, policy, policy->mark,
			   near ? arena_printf(lint->arena, "did you mean %s?", near)
				: "create the namespace first, or correct metadata.namespace",
			   "there is no namespace %s: the API server would not take this policy",
			   policy->namespace);
	if (!lint->whole)
		finding->severity = DIAG_NOTE;
}

void check_no_such_namespace(struct lint *lint, const struct check *check)
{
	lint_each_policy(lint, check, no_such_namespace);
}

static void policy_on_hosts(struct lint *lint, const struct check *check,
			    const struct lint_place *place)
{
	const struct crowd_meant *meant = lint_meant(lint, place->policy, NULL);

	if (!meant->count && meant->on_hosts)
		lint_add(lint, check, place->policy, place->policy->mark,
			 "remove it; what is on its node's network can only be guarded there",
			 "%s are all on their node's network, so that this policy does nothing",
			 lint_selected_text(lint, place->policy));
}

static void peer_on_hosts(struct lint *lint, const struct check *check,
			  const struct lint_place *place)
{
	const struct peer *peer = place->peer;
	const struct crowd_meant *meant;

	if (peer->kind != PEER_PODS || !lint_can_match(lint, peer) || !peer->pods->count)
		return;
	meant = lint_meant(lint, place->policy, peer);
	if (!meant->count && meant->on_hosts)
		lint_add(lint, check, place->policy, peer->mark,
			 "let in the addresses of their nodes with an ipBlock, which is all that "
			 "matches them",
			 "%s are all on their node's network, where no selector matches them",
			 lint_peer_text(lint, place->policy, peer));
}

void check_host_network(struct lint *lint, const struct check *check)
{
	lint_each_policy(lint, check, policy_on_hosts);
	lint_each_peer(lint, check, peer_on_hosts);
}
