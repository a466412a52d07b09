/*
 * What rules allow, and yet never happens: named ports that nobody has, and peers whose own policies deny.
 *
 * That nothing passes is what the ruleset says (ask/reach.h), for one pod or two of each class on either side.
 */
#include "ask/lint/parts.h"

#include "ask/reach.h"
#include "base/arena.h"

/* Of more pairs of classes than this nothing is said: the answer would cost too much. */
#define PAIRS_ASKED 4096

/* More policies than this are counted. */
#define POLICIES_NAMED 3

static bool pod_has(const struct pod *pod, const char *name, enum protocol protocol)
{
	for (size_t i = 0; i < pod->port_count; i++)
		if ((protocol == PROTOCOL_ANY || pod->ports[i].protocol == protocol) &&
		    !strcmp(pod->ports[i].name, name))
			return true;
	return false;
}

static bool any_has(const struct lint *lint, const struct bits *pods, const char *name,
		    enum protocol protocol)
{
	for (size_t i = 0; (i = bits_next(pods, i)) < pods->size; i++)
		if (pod_has(&lint->objects->pods[i], name, protocol))
			return true;
	return false;
}

/*
 * The pods that a rule's named ports are looked up in: those that are called.  Returns false if not all of
 * them are known.
 */
static bool find_called(struct lint *lint, const struct place *place, struct bits *pods,
			struct bits *some)
{
	const struct policy_rule *rule = place->rule;

	if (place->direction == INGRESS) {
		lint_selected(lint, place->policy, pods);
		return !bits_are_none(pods);
	}
	bits_clear(pods);
	for (size_t i = 0; i < rule->peer_count; i++) {
		lint_peer_pods(lint, place->policy, &rule->peers[i], some);
		if (rule->peers[i].kind == PEER_PODS &&
		    (bits_are_none(some) || !lint_knows(lint, &rule->peers[i])))
			return false;
		for (size_t k = 0; (k = bits_next(some, k)) < some->size; k++)
			bits_set(pods, k);
	}
	for (size_t k = 0; !rule->peer_count && (k = bits_next(&lint->known, k)) < pods->size; k++)
		bits_set(pods, k);
	return rule->peer_count || lint->whole;
}

/* Only blocks, and none of all addresses. */
static bool is_outside(const struct policy_rule *rule)
{
	for (size_t i = 0; i < rule->peer_count; i++)
		if (rule->peers[i].kind != PEER_BLOCK || !rule->peers[i].cidr.prefix)
			return false;
	return rule->peer_count > 0;
}

static const char *ports_of(const struct lint *lint, const struct bits *pods)
{
	const struct pod *pod = &lint->objects->pods[bits_next(pods, 0)];
	struct string text = {0};

	for (size_t i = 0; i < pod->port_count; i++)
		arena_append(lint->arena, &text, "%s%s/%s", i ? ", " : "", pod->ports[i].name,
			     protocol_text(pod->ports[i].protocol));
	return text.text ? arena_printf(lint->arena, "use its number, or a name that is there (%s)",
					text.text)
			 : "use its number, or name the port in the container's ports";
}

static void port_name(struct lint *lint, const struct check *check, const struct place *place,
		      const struct port *port)
{
	const char *protocol = protocol_text(port->protocol), *other = "";
	const struct bits *pods = &lint->pods;

	if (any_has(lint, pods, port->name, port->protocol))
		return;
	if (bits_are_none(pods)) {
		if (is_outside(place->rule))
			lint_add(lint, check, place->policy, port->mark, "use its number",
				 "%s/%s is nobody's port here: outside the cluster a port has no "
				 "name",
				 port->name, protocol);
		return;
	}
	if (any_has(lint, pods, port->name, PROTOCOL_ANY))
		other = ", only one of another protocol";
	lint_add(lint, check, place->policy, port->mark, ports_of(lint, pods),
		 "no port is called %s/%s at %s%s: this lets nothing %s", port->name, protocol,
		 lint_pods_text(lint, pods), other, place->direction == INGRESS ? "in" : "out");
}

static void port_names(struct lint *lint, const struct check *check, const struct place *place)
{
	for (size_t i = 0; i < place->rule->port_count; i++)
		if (place->rule->ports[i].name &&
		    find_called(lint, place, &lint->pods, &lint->others))
			port_name(lint, check, place, &place->rule->ports[i]);
}

void check_port_name(struct lint *lint, const struct check *check)
{
	lint_each_rule(lint, check, port_names);
}

/* Parties that stand for all of a set of pods: of each class two, if it has them. */
struct stands {
	uint32_t *parties;
	size_t count;
};

static struct stands stands_for(const struct lint *lint, struct arena *arena,
				const struct bits *pods)
{
	uint8_t *seen = arena_alloc(arena, lint->world->class_count);
	struct stands stands = {0};

	for (size_t i = 0; (i = bits_next(pods, i)) < pods->size; i++) {
		uint32_t party = lint->party[i];

		if (seen[lint->world->parties[party].class]++ < 2)
			arena_push(arena, stands.parties, stands.count, party);
	}
	return stands;
}

struct meeting {
	const struct lint *lint;
	struct arena *arena; /* for one peer */
	const struct place *place;
	bool asked; /* whether a port of the rule passes between any two */
};

static bool stretch_passes(const struct reach *reach, const struct port *port)
{
	for (size_t i = 0; i < reach->count; i++)
		if (reach->ranges[i].protocol == port->protocol &&
		    reach->ranges[i].first <= port->last && port->first <= reach->ranges[i].last)
			return true;
	return false;
}

static bool number_passes(struct meeting *meeting, const struct party *from, const struct party *to,
			  enum protocol protocol, uint16_t number)
{
	for (enum family family = V4; family < FAMILIES; family++) {
		if (!from->has[family] || !to->has[family])
			continue;
		meeting->asked = true;
		if (reach_one(meeting->lint->world, &from->addr[family], &to->addr[family],
			      protocol, number)
			    .accepted)
			return true;
	}
	return false;
}

static bool name_passes(struct meeting *meeting, const struct party *from, const struct party *to,
			const struct port *port)
{
	const struct pod *pod = &meeting->lint->objects->pods[to->pod];

	for (size_t i = 0; i < pod->port_count; i++)
		if (pod->ports[i].protocol == port->protocol &&
		    !strcmp(pod->ports[i].name, port->name) &&
		    number_passes(meeting, from, to, port->protocol, pod->ports[i].number))
			return true;
	return false;
}

static bool any_port_passes(struct meeting *meeting, const struct party *from,
			    const struct party *to)
{
	const struct policy_rule *rule = meeting->place->rule;
	struct reach reach = {0};

	for (size_t i = 0; i < rule->port_count; i++) {
		const struct port *port = &rule->ports[i];

		if (port->name ? name_passes(meeting, from, to, port)
		    : port->first == port->last
			    ? number_passes(meeting, from, to, port->protocol, port->first)
			    : false)
			return true;
	}
	for (enum family family = V4; family < FAMILIES; family++) {
		if (!from->has[family] || !to->has[family])
			continue;
		meeting->asked |= !rule->port_count;
		reach = reach_between(meeting->arena, meeting->lint->world, &from->addr[family],
				      &to->addr[family]);
		if (!rule->port_count && reach.count)
			return true;
		for (size_t i = 0; i < rule->port_count; i++) {
			if (rule->ports[i].name || rule->ports[i].first == rule->ports[i].last)
				continue;
			meeting->asked = true;
			if (stretch_passes(&reach, &rule->ports[i]))
				return true;
		}
	}
	return false;
}

/* Does anything pass between any two?  A pod and itself do not count. */
static bool any_pair_passes(struct meeting *meeting, const struct stands *selected,
			    const struct stands *peers)
{
	const struct party *parties = meeting->lint->world->parties;

	for (size_t i = 0; i < selected->count; i++) {
		for (size_t k = 0; k < peers->count; k++) {
			const struct party *own = &parties[selected->parties[i]];
			const struct party *peer = &parties[peers->parties[k]];

			if (own != peer && (meeting->place->direction == INGRESS
						    ? any_port_passes(meeting, peer, own)
						    : any_port_passes(meeting, own, peer)))
				return true;
		}
	}
	return false;
}

/* The policies that isolate the pod in this direction; NULL: none does. */
static const char *isolating(const struct lint *lint, uint32_t pod, enum direction direction)
{
	const struct resolved *resolved = lint->world->resolved;
	const struct objects *objects = lint->objects;
	struct string text = {0};

	for (size_t i = 0; i < resolved->group_count; i++) {
		const struct group *group = &resolved->groups[i];
		bool within = false;

		for (size_t k = 0; group->direction == direction && k < group->pod_count; k++)
			within |= group->pods[k] == pod;
		if (!within)
			continue;
		for (size_t k = 0; k < group->policy_count && k < POLICIES_NAMED; k++)
			arena_append(lint->arena, &text, "%s%s/%s", k ? ", " : "",
				     objects->policies[group->policies[k]].namespace,
				     objects->policies[group->policies[k]].name);
		if (group->policy_count > POLICIES_NAMED)
			arena_append(lint->arena, &text, " and %zu more",
				     group->policy_count - POLICIES_NAMED);
	}
	return text.text;
}

static void say(struct lint *lint, const struct check *check, const struct place *place,
		const struct stands *selected, const struct stands *peers)
{
	const struct party *parties = lint->world->parties;
	const struct party *own = &parties[selected->parties[0]],
			   *peer = &parties[peers->parties[0]];
	const enum direction other = place->direction == INGRESS ? EGRESS : INGRESS;
	const char *policies, *ports = lint_ports_text(lint, place->rule);
	const char *what = place->rule->port_count
				   ? arena_printf(lint->arena, "nothing on %s ever", ports)
				   : "nothing ever";
	const char *us = lint_selected_text(lint, place->policy);
	const char *them =
		pods_in_words(lint->arena, lint->objects, place->peer, place->policy->namespace);

	if (own == peer && peers->count > 1)
		peer = &parties[peers->parties[1]];
	policies = isolating(lint, peer->pod, other);
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

static void meet(struct lint *lint, const struct check *check, const struct place *place,
		 struct arena *arena)
{
	struct meeting meeting = {.lint = lint, .arena = arena, .place = place};
	struct stands selected, peers;

	lint_selected(lint, place->policy, &lint->pods);
	lint_peer_pods(lint, place->policy, place->peer, &lint->others);
	selected = stands_for(lint, arena, &lint->pods);
	peers = stands_for(lint, arena, &lint->others);
	if (selected.count * peers.count > PAIRS_ASKED ||
	    any_pair_passes(&meeting, &selected, &peers) || !meeting.asked)
		return;
	say(lint, check, place, &selected, &peers);
}

static void other_end(struct lint *lint, const struct check *check, const struct place *place)
{
	struct arena *arena;

	if (place->peer->kind != PEER_PODS)
		return;
	arena = arena_new();
	meet(lint, check, place, arena);
	arena_free(arena);
}

void check_other_end_denies(struct lint *lint, const struct check *check)
{
	lint_each_peer(lint, check, other_end);
}
