/*
 * Finds what rules allow, and what yet never happens: they name ports that no pod has, or peers
 * whose own policies deny it.
 *
 * The ruleset says that nothing passes (ask/reach/reach.h).  It is asked about one or two pods of each
 * class on either side.
 */
#include "ask/lint/crowd.h"
#include "ask/lint/finding_words.h"
#include "ask/reach/reach.h"
#include "base/arena.h"
#include "base/numbers.h"
#include "model/words.h"

/*
 * If there are more pairs of classes than this, nothing is said about them, because the answer
 * would cost too much.
 */
#define PAIRS_ASKED 4096

/* At most so many policies are named; the others are counted.  */
#define POLICIES_NAMED 3

static bool any_has(const struct lint *lint, const struct crowd *crowd, const char *name,
		    enum protocol protocol)
{
	for (size_t i = 0; i < crowd->count; i++) {
		const struct pod *pod = &lint->objects->pods[crowd->pods[i]];

		if (pod_port_named(pod, name, protocol, &(size_t){0}))
			return true;
	}
	return false;
}

static void add_crowd(const struct lint *lint, struct crowd *crowd, const struct crowd *more)
{
	for (size_t i = 0; i < more->count; i++)
		arena_push(lint->scratch, crowd->pods, crowd->count, more->pods[i]);
}

/* All known pods.  */
static struct crowd everybody(const struct lint *lint)
{
	struct crowd all = {0};

	for (uint32_t i = 0; i < lint->objects->pod_count; i++)
		if (lint_is_known(lint, i))
			arena_push(lint->scratch, all.pods, all.count, i);
	return all;
}

/*
 * Finds the pods in which a rule's named ports are looked up: the destinations.  Returns false if
 * not all of them are known.
 */
static bool find_called(const struct lint *lint, const struct lint_place *place,
			struct crowd *called)
{
	const struct policy_rule *rule = place->rule;

	*called = (struct crowd){0};
	if (place->direction == INGRESS) {
		*called = lint_crowd(lint, place->policy, NULL);
		return called->count > 0;
	}
	for (size_t i = 0; i < rule->peer_count; i++) {
		const struct crowd some = lint_crowd(lint, place->policy, &rule->peers[i]);

		if (rule->peers[i].kind == PEER_PODS &&
		    (!some.count || !lint_knows(lint, &rule->peers[i])))
			return false;
		add_crowd(lint, called, &some);
	}
	if (!rule->peer_count && lint->whole)
		*called = everybody(lint);
	called->count = numbers_sort(called->pods, called->count);
	return rule->peer_count || lint->whole;
}

/* Are the rule's peers only blocks, and none of them all addresses? */
static bool is_outside(const struct policy_rule *rule)
{
	for (size_t i = 0; i < rule->peer_count; i++)
		if (rule->peers[i].kind != PEER_BLOCK || !rule->peers[i].cidr.prefix)
			return false;
	return rule->peer_count > 0;
}

static const char *ports_of(const struct lint *lint, const struct pod *pod)
{
	struct string text = {0};

	for (size_t i = 0; i < pod->port_count; i++)
		arena_append(
			lint->arena, &text, "%s%s", i ? ", " : "",
			port_name_text(lint->arena, pod->ports[i].protocol, pod->ports[i].name));
	return text.text ? arena_printf(lint->arena, "use its number, or a name that is there (%s)",
					text.text)
			 : "use its number, or name the port in the container's ports";
}

static void port_name(struct lint *lint, const struct check *check, const struct lint_place *place,
		      const struct crowd *called, const struct port *port)
{
	const char *protocol = protocol_text(port->protocol), *other = "";

	if (any_has(lint, called, port->name, port->protocol))
		return;
	if (!called->count) {
		if (is_outside(place->rule))
			lint_add(lint, check, place->policy, port->mark, "use its number",
				 "%s/%s is nobody's port here: outside the cluster a port has no "
				 "name",
				 port->name, protocol);
		return;
	}
	if (any_has(lint, called, port->name, PROTOCOL_ANY))
		other = ", only one of another protocol";
	lint_add(lint, check, place->policy, port->mark,
		 ports_of(lint, &lint->objects->pods[*called->pods]),
		 "no port is called %s/%s at %s%s: this lets nothing %s", port->name, protocol,
		 lint_pods_text(lint, *called->pods, called->count), other,
		 lint_way_text(place->direction));
}

static void port_names(struct lint *lint, const struct check *check, const struct lint_place *place)
{
	struct crowd called;
	bool named = false;

	for (size_t i = 0; i < place->rule->port_count; i++)
		named |= place->rule->ports[i].name != NULL;
	if (!named || !find_called(lint, place, &called))
		return;
	for (size_t i = 0; i < place->rule->port_count; i++)
		if (place->rule->ports[i].name)
			port_name(lint, check, place, &called, &place->rule->ports[i]);
}

void check_port_name(struct lint *lint, const struct check *check)
{
	lint_each_rule(lint, check, port_names);
}

struct meeting {
	const struct lint *lint;
	const struct lint_place *place;
	bool known; /* both ends are pods of the input */
	bool asked; /* it was asked whether a port of the rule passes between two such pods */
};

/*
 * Does one of these ports pass between the two in the family? It does if it passes from some places
 * only, because the pod may be put there.
 */
static bool passes_in(struct meeting *meeting, const struct party *from, const struct party *to,
		      enum family family, const struct port *port)
{
	const struct lint *lint = meeting->lint;
	const struct spot source = spot_of(from, family, false);
	const struct spot target = spot_of(to, family, from == to);
	struct reach reach;

	meeting->asked |= meeting->known;
	if (port && port->first == port->last && !source.anywhere && !target.anywhere)
		return reach_one(lint->world, &source.addr, &target.addr, port->protocol,
				 port->first)
			.accepted;
	reach = reach_of(lint->scratch, lint->world, COURSE_FORWARDED, &source, &target);
	for (size_t i = 0; port && i < reach.count; i++)
		if (reach.ranges[i].protocol == port->protocol &&
		    reach.ranges[i].first <= port->last && port->first <= reach.ranges[i].last)
			return true;
	return !port && reach.count;
}

/* Does the port pass in any family? @port NULL: it is any port.  */
static bool port_passes(struct meeting *meeting, const struct party *from, const struct party *to,
			const struct port *port)
{
	for (enum family family = V4; family < FAMILIES; family++)
		if (parties_meet(from, to, family) && passes_in(meeting, from, to, family, port))
			return true;
	return false;
}

/* Does a port with this name pass? It has the number that the destination gives to it.  */
static bool name_passes(struct meeting *meeting, const struct party *from, const struct party *to,
			const struct port *port)
{
	const struct pod *pod = &meeting->lint->objects->pods[to->pod];
	const struct pod_port *one;

	for (size_t at = 0; (one = pod_port_named(pod, port->name, port->protocol, &at));)
		if (port_passes(meeting, from, to,
				&(struct port){.protocol = port->protocol,
					       .first = one->number,
					       .last = one->number}))
			return true;
	return false;
}

static bool any_port_passes(struct meeting *meeting, const struct party *from,
			    const struct party *to)
{
	const struct policy_rule *rule = meeting->place->rule;

	if (!rule->port_count)
		return port_passes(meeting, from, to, NULL);
	for (size_t i = 0; i < rule->port_count; i++)
		if ((rule->ports[i].name ? name_passes : port_passes)(meeting, from, to,
								      &rule->ports[i]))
			return true;
	return false;
}

/*
 * Are both ends one running pod? There is no second one like it, and a rule does not mean a pod and
 * itself.  Of a pod to come there may be two.
 */
static bool is_only_itself(const struct party *own, const struct party *peer)
{
	return own == peer && own->twin_pod == own->pod;
}

/* Does anything pass between any two of the parties? */
static bool any_pair_passes(struct meeting *meeting, const struct crowd_meant *selected,
			    const struct crowd_meant *peers)
{
	const struct lint *lint = meeting->lint;
	const struct party *parties = lint->world->parties;

	for (size_t i = 0; i < selected->party_count; i++) {
		for (size_t k = 0; k < peers->party_count; k++) {
			const struct party *own = &parties[selected->parties[i]];
			const struct party *peer = &parties[peers->parties[k]];

			meeting->known =
				lint_is_known(lint, own->pod) && lint_is_known(lint, peer->pod);
			if (!is_only_itself(own, peer) &&
			    (meeting->place->direction == INGRESS
				     ? any_port_passes(meeting, peer, own)
				     : any_port_passes(meeting, own, peer)))
				return true;
		}
	}
	return false;
}

/* Writes the policies that isolate the pod in this direction; NULL: none does.  */
static const char *isolating(const struct lint *lint, uint32_t pod, enum direction direction)
{
	const struct group *group = lint->world->group_of[direction][pod];
	const struct policy *policies = lint->objects->policies;
	struct string text = {0};

	if (!group)
		return NULL;
	for (size_t k = 0; k < group->policy_count && k < POLICIES_NAMED; k++)
		arena_append(lint->arena, &text, "%s%s", k ? ", " : "",
			     policy_text(lint->arena, &policies[group->policies[k]]));
	if (group->policy_count > POLICIES_NAMED)
		arena_append(lint->arena, &text, " and %zu more",
			     group->policy_count - POLICIES_NAMED);
	return text.text;
}

/* Returns a known pod of the parties that is not @own, or if there is none, any known pod.  */
static const struct party *known_other(const struct lint *lint, const struct crowd_meant *meant,
				       const struct party *own)
{
	const struct party *parties = lint->world->parties;

	for (size_t i = 0; i < meant->party_count; i++) {
		const struct party *party = &parties[meant->parties[i]];

		if (party != own && lint_is_known(lint, party->pod))
			return party;
	}
	return lint_party(lint, meant->first);
}

static void say(struct lint *lint, const struct check *check, const struct lint_place *place,
		const struct party *peer)
{
	const enum direction other = place->direction == INGRESS ? EGRESS : INGRESS;
	const char *policies = isolating(lint, peer->pod, other);
	const char *ports = lint_ports_text(lint, place->rule);
	const char *what = place->rule->port_count
				   ? arena_printf(lint->arena, "nothing on %s ever", ports)
				   : "nothing ever";
	const char *us = lint_selected_text(lint, place->policy);
	const char *them = lint_peer_text(lint, place->policy, place->peer);

	if (!policies)
		return;
	if (place->direction == EGRESS)
		lint_add(lint, check, place->policy, place->peer->mark,
			 arena_printf(lint->arena,
				      "let it in at the other end (ingress from %s, %s), or remove "
				      "this entry",
				      us, ports),
			 "%s gets to %s: the ingress policies of %s (%s) let in nothing of "
			 "this",
			 what, them, peer->text, policies);
	else
		lint_add(lint, check, place->policy, place->peer->mark,
			 arena_printf(lint->arena,
				      "let it out at the other end (egress to %s, %s), or remove "
				      "this entry",
				      us, ports),
			 "%s comes from %s: the egress policies of %s (%s) let out nothing "
			 "of this",
			 what, them, peer->text, policies);
}

static void other_end(struct lint *lint, const struct check *check, const struct lint_place *place)
{
	struct meeting meeting = {.lint = lint, .place = place};
	struct crowd_meant own, peers;

	if (place->peer->kind != PEER_PODS || !lint_is_closed(lint, place->policy, place->peer))
		return;
	own = *lint_meant(lint, place->policy, NULL);
	peers = *lint_meant(lint, place->policy, place->peer);
	if (!own.count || !peers.count || own.party_count * peers.party_count > PAIRS_ASKED ||
	    any_pair_passes(&meeting, &own, &peers) || !meeting.asked)
		return;
	say(lint, check, place, known_other(lint, &peers, lint_party(lint, own.first)));
}

void check_other_end_denies(struct lint *lint, const struct check *check)
{
	lint_each_peer(lint, check, other_end);
}
