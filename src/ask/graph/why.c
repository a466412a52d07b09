/*
 * Finds the rules behind each arrow.
 *
 * The ruleset says where an arrow passes, and which tier decides. To find the rules, one connection
 * is asked about (ask/reason/reason.h) for each range of the arrow's ports, and one for each port in the
 * range that a policy names, because another rule may begin there.  Ends of the same classes have
 * the same rules, and are asked about once.
 */
#include "ask/graph/why.h"

#include "ask/reason/reason.h"
#include "ask/reason/rule.h"
#include "base/arena.h"
#include "base/numbers.h"
#include "model/words.h"

/* At most so many ports of one range are asked about.  */
#define PORTS_ASKED 32

/* A list of numbers of rules or of ports, without repetitions.  */
struct why_numbers {
	uint32_t *items;
	size_t count;
	struct table known;
};

/* Indices of parties.  */
struct parties {
	size_t *items;
	size_t count;
};

struct rule_asking {
	struct arena *arena;
	struct picture *picture;
	/* keys: the addresses at which rules are kept; the numbers are indices to picture.rules */
	struct table rules;
	/* keys: world, direction, classes and ports; the numbers are indices to found */
	struct table answers;
	struct why_numbers *found;
	size_t found_count;
	/*
	 * The parties that stand for "any pod" (a pod of a namespace that nobody names), and for
	 * "anyone" (that pod, and an address of each family).
	 */
	struct parties pods[AGES], anyone[AGES];
};

/* Two parties, given by their indices.  */
struct arrow_pair {
	enum age age;
	size_t from, to;
	bool is_denied; /* the question is why it does not pass */
};

static const struct party *party_at(const struct rule_asking *asking, enum age age, size_t i)
{
	return &asking->picture->nodes.worlds[age]->parties[i];
}

static void add_number(struct arena *arena, struct why_numbers *numbers, uint32_t number)
{
	bool added = false;

	numbers->known.arena = arena;
	table_add(&numbers->known, &number, sizeof(number), &added);
	if (added)
		arena_push(arena, numbers->items, numbers->count, number);
}

/*
 * Returns the number of the rule that is kept at @rule.  *is_new: the rule was not seen before, and
 * the caller puts it behind picture.rules next.
 */
static uint32_t number_of(struct rule_asking *asking, const void *rule, bool *is_new)
{
	return table_add(&asking->rules, &rule, sizeof(rule), is_new);
}

static const char *place_text(struct arena *arena, const struct mark *mark)
{
	return arena_printf(arena, "%s:%u:%u", mark->file ? mark->file : "", mark->line, mark->col);
}

static uint32_t rule_number(struct rule_asking *asking, const struct world *world,
			    const struct rule_reason *reason)
{
	struct picture *picture = asking->picture;
	bool is_new = false;
	const uint32_t number = number_of(asking, reason->rule, &is_new);
	const char *name;

	if (!is_new)
		return number;
	name = policy_text(asking->arena, reason->policy);
	arena_push(asking->arena, picture->rules, picture->rule_count,
		   ((struct graph_rule){.policy = name,
					.text = name,
					.direction = reason->direction,
					.place = place_text(asking->arena, &reason->rule->mark),
					.yaml = rule_yaml(asking->arena, world, reason, "")}));
	return number;
}

static uint32_t tier_rule_number(struct rule_asking *asking, const struct world *world,
				 const struct tier_reason *reason)
{
	struct picture *picture = asking->picture;
	bool is_new = false;
	const uint32_t number = number_of(asking, reason->rule, &is_new);

	if (is_new)
		arena_push(asking->arena, picture->rules, picture->rule_count,
			   ((struct graph_rule){
				   .policy = reason->policy->name,
				   .text = arena_printf(asking->arena, "%s policy %s",
							tier_text(reason->policy->tier),
							tier_rule_text(asking->arena, reason)),
				   .direction = reason->direction,
				   .place = place_text(asking->arena, &reason->rule->mark),
				   .yaml = tier_rule_yaml(asking->arena, world, reason, "")}));
	return number;
}

/*
 * A family that the parties have in common and in which the port's condition can hold; FAMILIES:
 * there is none.
 */
static enum family family_of(const struct party *from, const struct party *to,
			     const struct condition *only_if)
{
	for (enum family family = V4; family < FAMILIES; family++)
		if (parties_meet(from, to, family) &&
		    (!only_if || !only_if->from || only_if->from->counts[family]) &&
		    (!only_if || !only_if->to || only_if->to->counts[family]))
			return family;
	return FAMILIES;
}

static struct reasons ask(struct rule_asking *asking, const struct arrow_pair *pair,
			  enum direction direction, struct port_range port)
{
	const struct world *world = asking->picture->nodes.worlds[pair->age];
	const struct party *from = party_at(asking, pair->age, pair->from);
	const struct party *to = party_at(asking, pair->age, pair->to);
	const enum family family = family_of(from, to, port.only_if);
	struct question question;

	if (family == FAMILIES)
		return (struct reasons){0};
	question = question_of(from, to, pair->from == pair->to, family, &port);
	return reasons_that_match(asking->arena, world, direction, &question);
}

/* The tier that decides; NULL: no tier does.  */
static const struct tier_reasons *deciding_tier(const struct reasons *reasons)
{
	switch (reasons_decider(reasons)) {
	case DECIDER_ADMIN:
		return &reasons->tiers[TIER_ADMIN];
	case DECIDER_BASELINE:
		return &reasons->tiers[TIER_BASELINE];
	case DECIDER_NOBODY:
	case DECIDER_POLICIES:
	case DECIDER_SHARING:
	case DECIDERS:
		break;
	}
	return NULL;
}

/*
 * Adds the rules that let the connection through, or if it is denied, the rule of a cluster policy
 * that denies it.
 */
static void add_rules(struct rule_asking *asking, const struct arrow_pair *pair,
		      const struct reasons *reasons, struct why_numbers *numbers)
{
	const struct world *world = asking->picture->nodes.worlds[pair->age];
	const struct tier_reasons *tier = deciding_tier(reasons);

	if (tier && pair->is_denied == (tier->action == ACTION_DENY))
		add_number(asking->arena, numbers, tier_rule_number(asking, world, tier->decides));
	if (tier || pair->is_denied)
		return;
	for (size_t i = 0; i < reasons->rule_count; i++)
		if (reasons->rules[i].miss == MISS_NOTHING)
			add_number(asking->arena, numbers,
				   rule_number(asking, world, &reasons->rules[i]));
}

/* Adds those of a rule's ports that begin inside the range.  */
static void add_ports(struct arena *arena, const struct port *ports, size_t count,
		      const struct port_range *range, struct why_numbers *numbers)
{
	for (size_t i = 0; i < count && numbers->count < PORTS_ASKED; i++)
		if (!ports[i].name && ports[i].protocol == range->protocol &&
		    ports[i].first > range->first && ports[i].first <= range->last)
			add_number(arena, numbers, ports[i].first);
}

/* Finds the ports inside the range at which a rule of these policies begins.  */
static struct why_numbers ports_named(const struct rule_asking *asking,
				      const struct arrow_pair *pair, const struct reasons *reasons,
				      enum direction direction, const struct port_range *range)
{
	const struct objects *objects = asking->picture->nodes.worlds[pair->age]->objects;
	const struct party *own =
		party_at(asking, pair->age, direction == INGRESS ? pair->to : pair->from);
	const struct pod *pod = own->pod == ANYTHING ? NULL : &objects->pods[own->pod];
	struct why_numbers numbers = {0};

	for (size_t i = 0; i < reasons->policy_count; i++) {
		const struct policy *policy = reasons->policies[i];

		for (size_t k = 0; k < policy->rule_count[direction]; k++)
			add_ports(asking->arena, policy->rules[direction][k].ports,
				  policy->rules[direction][k].port_count, range, &numbers);
	}
	for (size_t i = 0; reasons_have_tiers(reasons) && i < objects->cluster_policy_count; i++) {
		const struct cluster_policy *policy = &objects->cluster_policies[i];

		if (!pod || !policy->rule_count[direction] ||
		    !cluster_policy_means(objects, policy, pod))
			continue;
		for (size_t k = 0; k < policy->rule_count[direction]; k++)
			add_ports(asking->arena, policy->rules[direction][k].ports,
				  policy->rules[direction][k].port_count, range, &numbers);
	}
	return numbers;
}

static struct why_numbers rules_of(struct rule_asking *asking, const struct arrow_pair *pair,
				   enum direction direction, const struct reach *reach)
{
	struct why_numbers numbers = {0};

	for (size_t i = 0; i < reach->count; i++) {
		const struct port_range *range = &reach->ranges[i];
		struct reasons reasons = ask(asking, pair, direction, *range);
		struct why_numbers more = ports_named(asking, pair, &reasons, direction, range);

		add_rules(asking, pair, &reasons, &numbers);
		for (size_t k = 0; range->protocol != ICMP && k < more.count; k++) {
			reasons = ask(asking, pair, direction,
				      (struct port_range){range->protocol, (uint16_t)more.items[k],
							  range->last, range->only_if});
			add_rules(asking, pair, &reasons, &numbers);
		}
	}
	return numbers;
}

/*
 * The rules for two parties; they are the same for all parties of these classes, and so are found
 * once.
 */
static struct why_numbers rules_once(struct rule_asking *asking, const struct arrow_pair *pair,
				     enum direction direction, uint32_t ports)
{
	const uint32_t key[] = {pair->age,
				pair->is_denied,
				direction,
				party_at(asking, pair->age, pair->from)->class,
				party_at(asking, pair->age, pair->to)->class,
				ports};
	bool added = false;
	uint32_t at = table_add(&asking->answers, key, sizeof(key), &added);

	if (added)
		arena_push(asking->arena, asking->found, asking->found_count,
			   rules_of(asking, pair, direction,
				    ports_list(asking->picture->ports, ports)));
	return asking->found[at];
}

static void find_strangers(struct rule_asking *asking, enum age age)
{
	const struct world *world = asking->picture->nodes.worlds[age];
	struct parties *pods = &asking->pods[age], *anyone = &asking->anyone[age];
	bool taken[FAMILIES] = {false};

	for (size_t i = 0; i < world->party_count; i++) {
		const struct party *party = &world->parties[i];
		enum family family = party->has[V4] ? V4 : V6;

		if (party->kind == PARTY_ELSEWHERE)
			arena_push(asking->arena, pods->items, pods->count, i);
		if (party->kind == PARTY_ELSEWHERE ||
		    (party->kind == PARTY_OUTSIDE && !taken[family]))
			arena_push(asking->arena, anyone->items, anyone->count, i);
		taken[family] |= party->kind == PARTY_OUTSIDE;
	}
}

static struct parties parties_of(struct rule_asking *asking, enum age age,
				 const struct graph_end *end)
{
	const struct graph_nodes *nodes = &asking->picture->nodes;
	const struct end_nodes of = graph_end_nodes(nodes, end);
	struct parties parties = {0};

	if (!end->box && end->number <= ANY_POD)
		return end->number == ANYONE ? asking->anyone[age] : asking->pods[age];
	for (size_t i = 0; i < of.count; i++) {
		const size_t party = nodes->items[end_node(&of, i)].party[age];

		if (party != NO_PARTY)
			arena_push(asking->arena, parties.items, parties.count, party);
	}
	return parties;
}

/* Takes two parties of each class; all others of the class have the same rules.  */
static struct parties some_of(struct rule_asking *asking, enum age age, struct parties all)
{
	struct table classes = {.arena = asking->arena};
	struct parties some = {0};
	size_t *counts = arena_array(asking->arena, all.count, sizeof(*counts));

	for (size_t i = 0; i < all.count; i++) {
		const uint32_t class = party_at(asking, age, all.items[i])->class;

		if (counts[table_add(&classes, &class, sizeof(class), NULL)]++ < 2)
			arena_push(asking->arena, some.items, some.count, all.items[i]);
	}
	return some;
}

/* The party to which it goes; if both are the same, another party of that node, if there is one. */
static size_t other_than(const struct rule_asking *asking, const struct arrow_pair *pair)
{
	const struct graph_nodes *nodes = &asking->picture->nodes;
	const uint32_t node = nodes->node_of[pair->age][pair->to];
	const size_t second = node == UINT32_MAX ? NO_PARTY : nodes->items[node].second[pair->age];

	return pair->from == pair->to && second != NO_PARTY ? second : pair->to;
}

static bool is_anyone(const struct graph_end *end)
{
	return !end->box && end->number <= ANY_POD;
}

/* Which deciders have a say in an arrow, and whether part of it is decided by no tier.  */
struct tiers_found {
	bool has[DECIDERS], has_others;
};

static bool is_tier(enum decider decider)
{
	return decider == DECIDER_ADMIN || decider == DECIDER_BASELINE;
}

/* Who decides between two parties about the ports of the arrow.  */
static const struct decided *decided_by(const struct rule_asking *asking,
					const struct arrow_pair *pair,
					const struct graph_arrow *arrow, bool is_brief)
{
	const struct decided_view view = {
		.ports = arrow->ports, .is_brief = is_brief, .with_denied = true};

	return decided_shown(asking->picture->deciders,
			     sides_decided(asking->picture->sides[pair->age],
					   party_at(asking, pair->age, pair->from)->class,
					   party_at(asking, pair->age, pair->to)->class),
			     &view);
}

/* Does anybody decide about the connection at this end? */
static bool is_decided(const struct rule_asking *asking, const struct arrow_pair *pair,
		       const struct graph_arrow *arrow, enum direction direction)
{
	const struct decided *decided;

	if (!asking->picture->deciders)
		return true;
	decided = decided_by(asking, pair, arrow, false);
	for (size_t i = 0; i < decided->count; i++)
		if (decided->parts[i].by[direction] != DECIDER_NOBODY &&
		    decided->parts[i].allowed != pair->is_denied)
			return true;
	return false;
}

static void find_tiers(const struct rule_asking *asking, const struct arrow_pair *pair,
		       const struct graph_arrow *arrow, struct tiers_found *found)
{
	const struct decided *decided = decided_by(asking, pair, arrow, true);

	for (size_t i = 0; i < decided->count; i++) {
		const struct decided_part *part = &decided->parts[i];

		if (part->allowed == pair->is_denied)
			continue;
		found->has_others |= !is_tier(part->by[INGRESS]) && !is_tier(part->by[EGRESS]);
		for (enum direction direction = INGRESS; direction < DIRECTIONS; direction++)
			found->has[part->by[direction]] = true;
	}
}

/* Writes "Admin" or "partly Admin and Baseline"; returns NULL if no tier decides.  */
static const char *tiers_text(struct arena *arena, const struct tiers_found *found)
{
	const bool admin = found->has[DECIDER_ADMIN], baseline = found->has[DECIDER_BASELINE];

	if (!admin && !baseline)
		return NULL;
	return arena_printf(arena, "%s%s%s%s", found->has_others ? "partly " : "",
			    admin ? decider_text(DECIDER_ADMIN) : "",
			    admin && baseline ? " and " : "",
			    baseline ? decider_text(DECIDER_BASELINE) : "");
}

static void explain_pair(struct rule_asking *asking, struct arrow_pair pair,
			 const struct graph_arrow *arrow, struct why_numbers *numbers,
			 struct tiers_found *tiers)
{
	if (asking->picture->deciders)
		find_tiers(asking, &pair, arrow, tiers);
	pair.to = other_than(asking, &pair);
	for (enum direction direction = INGRESS; direction < DIRECTIONS; direction++) {
		const struct graph_end *end = direction == INGRESS ? &arrow->to : &arrow->from;
		struct why_numbers more;

		if (is_anyone(end) || !is_decided(asking, &pair, arrow, direction))
			continue;
		more = rules_once(asking, &pair, direction, arrow->ports);
		for (size_t i = 0; i < more.count; i++)
			add_number(asking->arena, numbers, more.items[i]);
	}
}

/*
 * May a party be asked about itself, which stands for a connection to another one of its kind? Only
 * if the arrow is about this party alone, or about anyone.
 */
static bool is_asked_about_itself(const struct graph_arrow *arrow, const struct parties *from,
				  const struct parties *to)
{
	return is_anyone(&arrow->from) || is_anyone(&arrow->to) ||
	       (from->count == 1 && to->count == 1);
}

static void explain_arrow(struct rule_asking *asking, struct graph_arrow *arrow)
{
	enum age age = arrow->change == CLOSED ? OLD : NEW;
	struct parties from = some_of(asking, age, parties_of(asking, age, &arrow->from));
	struct parties to = some_of(asking, age, parties_of(asking, age, &arrow->to));
	struct why_numbers numbers = {0};
	struct tiers_found tiers = {0};

	for (size_t i = 0; i < from.count; i++)
		for (size_t k = 0; k < to.count; k++)
			if (from.items[i] != to.items[k] ||
			    is_asked_about_itself(arrow, &from, &to))
				explain_pair(asking,
					     (struct arrow_pair){age, from.items[i], to.items[k],
								 arrow->change == DENIED},
					     arrow, &numbers, &tiers);
	numbers_sort(numbers.items, numbers.count);
	arrow->by = tiers_text(asking->arena, &tiers);
	arrow->rules = numbers.items;
	arrow->rule_count = numbers.count;
}

/* Those who deny a connection in the other world, as text with commas between them.  */
struct deniers {
	/* policies that isolate an end, and that do not let it through; "": there are none */
	const char *policies;
	const char *rules; /* rules of cluster policies; "": there are none */
};

static void add_word(struct arena *arena, const char **words, const char *word)
{
	*words = arena_printf(arena, "%s%s%s", *words, **words ? ", " : "", word);
}

static struct deniers find_deniers(struct rule_asking *asking, const struct arrow_pair *pair,
				   const struct port_range *range)
{
	struct deniers deniers = {"", ""};

	for (enum direction direction = INGRESS; direction < DIRECTIONS; direction++) {
		struct reasons reasons = ask(asking, pair, direction, *range);
		const struct tier_reasons *tier = deciding_tier(&reasons);

		if (!reasons.allowed && tier)
			add_word(asking->arena, &deniers.rules,
				 tier_rule_text(asking->arena, tier->decides));
		for (size_t i = 0; !reasons.allowed && !tier && i < reasons.policy_count; i++)
			add_word(asking->arena, &deniers.policies,
				 policy_text(asking->arena, reasons.policies[i]));
	}
	return deniers;
}

/* Returns NULL if nobody denies it.  */
static const char *deniers_text(struct arena *arena, const struct deniers *deniers, bool now)
{
	struct string text = {0};

	if (*deniers->policies)
		arena_append(arena, &text,
			     now ? "now no rule of %s lets it through"
				 : "before, no rule of %s let it through",
			     deniers->policies);
	if (*deniers->rules)
		arena_append(arena, &text, "%s%s denied by %s", text.len ? "; " : "",
			     now ? "now" : "before,", deniers->rules);
	return text.text;
}

static void note_change(struct rule_asking *asking, struct graph_arrow *arrow)
{
	enum age other = arrow->change == CLOSED ? NEW : OLD;
	struct parties from = parties_of(asking, other, &arrow->from);
	struct parties to = parties_of(asking, other, &arrow->to);
	const struct port_range *range =
		&ports_list(asking->picture->ports, arrow->ports)->ranges[0];
	struct deniers deniers;

	if (!from.count || !to.count) {
		arrow->note = arrow->change == CLOSED ? "one end is gone" : "one end is new";
		return;
	}
	deniers = find_deniers(
		asking, &(struct arrow_pair){other, from.items[0], to.items[to.count - 1], true},
		range);
	arrow->note = deniers_text(asking->arena, &deniers, arrow->change == CLOSED);
}

void graph_why(struct arena *arena, struct picture *picture)
{
	struct rule_asking asking = {
		.arena = arena, .picture = picture, .rules.arena = arena, .answers.arena = arena};

	for (enum age age = picture->two ? OLD : NEW; age < AGES; age++)
		find_strangers(&asking, age);
	for (size_t i = 0; i < picture->arrow_count; i++) {
		explain_arrow(&asking, &picture->arrows[i]);
		if (picture->arrows[i].change == OPENED || picture->arrows[i].change == CLOSED)
			note_change(&asking, &picture->arrows[i]);
	}
}
