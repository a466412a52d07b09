/*
 * A packet's way through the chains, as nf_tables walks it.
 *
 * In:  a ruleset and a packet.  Out: the verdict, and the chain that gives it.
 *
 * The hard idea is the stack: `jump` remembers the rule to go on with, `goto` does not, and
 * `return` or the end of a chain goes back to the rule remembered last.  If none is remembered, the
 * policy of the base chain accepts.  Keys are found by binary search, since lower/lower.c sorts
 * elements.
 */
#include "ruleset/evaluate.h"

#include "base/arena.h"
#include "base/must.h"
#include "base/search.h"
#include "base/table.h"
#include "ruleset/chain_index.h"
#include "ruleset/layout.h"

#include <netinet/in.h>

/* The kernel refuses deeper jumps (NFT_JUMP_STACK_SIZE). */
#define JUMPS_MAX 16

struct evaluator {
	const struct ruleset *ruleset;
	struct chain_index chains;
};

/* Where a packet is: at a rule of a chain, the next one to be asked. */
struct walk_place {
	const struct chain *chain;
	size_t rule;
};

struct evaluator *evaluator_new(struct arena *arena, const struct ruleset *ruleset)
{
	struct evaluator *evaluator = arena_alloc(arena, sizeof(*evaluator));

	must(ruleset->chain_count && ruleset->chains[0].base);
	evaluator->ruleset = ruleset;
	evaluator->chains = chain_index_of(arena, ruleset);
	return evaluator;
}

bool evaluator_enforces(const struct evaluator *evaluator, enum family family)
{
	for (enum direction direction = INGRESS; direction < DIRECTIONS; direction++) {
		const struct set *map = layout_pod_map(evaluator->ruleset, direction, family);

		if (map && map->count)
			return true;
	}
	return false;
}

/*
 * Writes the bytes of a field to @key.  Returns false if the packet has no such field; rules about
 * the field do not match it.
 */
static bool put_field(uint8_t *key, const struct packet *packet, enum field field, bool of_ranges)
{
	const uint16_t port = htons(packet->dport);

	switch (field) {
	case FIELD_IP_SADDR:
	case FIELD_IP6_SADDR:
		memcpy(key, of_ranges && packet->saddr_at ? packet->saddr_at : packet->saddr,
		       field_len(field));
		return (packet->family == V4) == (field == FIELD_IP_SADDR);
	case FIELD_IP_DADDR:
	case FIELD_IP6_DADDR:
		memcpy(key, of_ranges && packet->daddr_at ? packet->daddr_at : packet->daddr,
		       field_len(field));
		return (packet->family == V4) == (field == FIELD_IP_DADDR);
	case FIELD_L4PROTO:
		*key = packet->protocol;
		return true;
	case FIELD_NFPROTO:
		*key = family_nfproto(packet->family);
		return true;
	case FIELD_TH_SPORT:
	case FIELD_IIFNAME:
		/*
		 * The question does not say from which port or link the connection comes, so no
		 * rule about these matches.
		 */
		return false;
	case FIELD_TH_DPORT:
		memcpy(key, &port, sizeof(port));
		return true;
	case FIELD_ICMPV6_TYPE:
		*key = packet->icmpv6_type;
		return packet->family == V6 && packet->protocol == IPPROTO_ICMPV6;
	}
	return false;
}

static bool put_key(uint8_t *key, const struct packet *packet, const struct rule *rule)
{
	memset(key, 0, KEY_MAX);
	for (size_t i = 0; i < rule->field_count; i++) {
		if (!put_field(key, packet, rule->fields[i], rule->set->interval))
			return false;
		key += (field_len(rule->fields[i]) + 3) & ~(size_t)3;
	}
	return true;
}

size_t set_find(const struct set *set, const uint8_t *key)
{
	const size_t len = set_key_len(set);
	/*
	 * Intervals over several fields are sorted by the order of the fields, other keys in nft's
	 * order.
	 */
	const bool concatenation = set->field_count > 1 && !set->interval;
	const uint8_t *lasts = set->interval ? set->ends : set->keys;
	const size_t at = FIRST_WHERE(i, set->count,
				      key_compare(key, lasts + i * len, len, concatenation) <= 0);

	return at < set->count && key_compare(key, set->keys + at * len, len, concatenation) >= 0
		       ? at
		       : set->count;
}

size_t set_find_range(const struct set *set, const uint8_t *addr)
{
	const size_t len = set_key_len(set), addr_len = field_len(set->fields[0]);
	const size_t at =
		FIRST_WHERE(i, set->count, memcmp(addr, set->ends + i * len, addr_len) <= 0);

	return at < set->count && memcmp(addr, set->keys + at * len, addr_len) >= 0 ? at
										    : set->count;
}

/* Is the destination a multicast or broadcast address? Then the frame goes to several receivers. */
static bool goes_to_many(const struct packet *packet)
{
	static const uint8_t all[4] = {255, 255, 255, 255};

	return packet->family == V4 ? packet->daddr[0] >> 4 == 14 || !memcmp(packet->daddr, all, 4)
				    : packet->daddr[0] == 255;
}

/* What the rule decides about the packet; VERDICT_NONE if it does not match. */
static struct verdict ask_rule(const struct rule *rule, const struct packet *packet,
			       const char **comment)
{
	static const struct verdict none;
	uint8_t key[KEY_MAX];
	size_t at;

	*comment = NULL;
	switch (rule->kind) {
	case RULE_ALWAYS:
		return rule->verdict;
	case RULE_ESTABLISHED:
	case RULE_NOT_SYN:
	case RULE_NOT_ROUTED_BACK:
	case RULE_BRIDGED_TO_SERVICE:
	case RULE_LOG:
	case RULE_LOG_AUDIT:
		return none;
	case RULE_NOT_UNICAST:
		return packet->may_stay_on_link && goes_to_many(packet) ? rule->verdict : none;
	case RULE_LOOKUP:
		if (rule->hoplimit && rule->hoplimit != packet->hoplimit)
			return none;
		if (!put_key(key, packet, rule))
			return none;
		at = set_find(rule->set, key);
		if (at == rule->set->count)
			return none;
		if (rule->set->comments)
			*comment = rule->set->comments[at];
		return rule->set->verdicts ? rule->set->verdicts[at] : rule->verdict;
	}
	return none;
}

static const char *chain_in(const struct set *map, const uint8_t *addr)
{
	const size_t at = map ? set_find(map, addr) : 0;

	return map && at < map->count ? map->verdicts[at].chain : NULL;
}

const char *evaluator_chain(const struct evaluator *evaluator, bool source, enum family family,
			    const uint8_t *addr)
{
	return chain_in(layout_pod_map(evaluator->ruleset, source ? EGRESS : INGRESS, family),
			addr);
}

const char *evaluator_node_chain(const struct evaluator *evaluator, enum family family,
				 const uint8_t *addr)
{
	return chain_in(layout_node_map(evaluator->ruleset, family), addr);
}

static struct walk_place enter(const struct evaluator *evaluator, const char *name)
{
	const uint32_t number = chain_index_find(&evaluator->chains, name);

	must(number != CHAIN_NONE);
	return (struct walk_place){&evaluator->ruleset->chains[number], 0};
}

/* Which of the base chain's maps a walk asks: those of both ends or of one. */
enum ends { BOTH_ENDS, SOURCE_ALONE, DESTINATION_ALONE };

/*
 * Must the walk skip this rule? It must, if the rule looks up the end that is not asked about, or
 * if the rule is for packets that stay on a link and this packet does not.
 */
static bool is_passed_over(const struct rule *rule, const struct packet *packet, enum ends ends)
{
	if (rule->kind == RULE_LOOKUP && set_is_block(rule->set))
		return !packet->may_stay_on_link;
	if (rule->kind != RULE_LOOKUP || !rule->set->verdicts)
		return false;
	if (rule->fields[0] == FIELD_IP_SADDR || rule->fields[0] == FIELD_IP6_SADDR)
		return ends == DESTINATION_ALONE;
	if (rule->fields[0] == FIELD_IP_DADDR || rule->fields[0] == FIELD_IP6_DADDR)
		return ends == SOURCE_ALONE;
	return false;
}

/* Is it the rule that counts what audited policies would deny? */
static bool counts_audited(const struct walk_place *at)
{
	return at->chain->rules[at->rule].counter && at->chain->tally == TALLY_AUDITED;
}

static struct judgement walk(const struct evaluator *evaluator, struct walk_place at,
			     const struct packet *packet, enum ends ends)
{
	struct walk_place back[JUMPS_MAX];
	const struct chain *audited = NULL;
	const char *pod = NULL, *comment;
	enum decider decider, returned = DECIDER_NOBODY;
	size_t depth = 0;

	for (;;) {
		struct verdict verdict = {.kind = VERDICT_RETURN};

		decider = at.chain->base ? returned : DECIDER_NOBODY;
		if (at.rule < at.chain->rule_count && at.chain->base &&
		    is_passed_over(&at.chain->rules[at.rule], packet, ends)) {
			at.rule++;
			continue;
		}
		if (at.rule < at.chain->rule_count) {
			if (counts_audited(&at))
				audited = at.chain;
			decider = at.chain->rules[at.rule].decider;
			verdict = ask_rule(&at.chain->rules[at.rule++], packet, &comment);
			if (at.chain->base && verdict.kind != VERDICT_NONE)
				pod = comment;
		}
		switch (verdict.kind) {
		case VERDICT_NONE:
			break;
		case VERDICT_ACCEPT:
			return (struct judgement){.accepted = true,
						  .final = true,
						  .decider = decider,
						  .audited = audited};
		case VERDICT_DROP:
		case VERDICT_REJECT:
		case VERDICT_RESET:
			return (struct judgement){.chain = at.chain,
						  .decider = decider,
						  .pod = pod,
						  .audited = audited};
		case VERDICT_JUMP:
			must(depth < JUMPS_MAX);
			back[depth++] = at;
			at = enter(evaluator, verdict.chain);
			break;
		case VERDICT_GOTO:
			at = enter(evaluator, verdict.chain);
			break;
		case VERDICT_RETURN:
			if (!depth)
				return (struct judgement){
					.accepted = true, .decider = decider, .audited = audited};
			returned = decider;
			at = back[--depth];
			break;
		}
	}
}

struct judgement evaluate(const struct evaluator *evaluator, const struct packet *packet)
{
	return walk(evaluator, (struct walk_place){&evaluator->ruleset->chains[0], 0}, packet,
		    BOTH_ENDS);
}

struct judgement evaluate_end(const struct evaluator *evaluator, bool source,
			      const struct packet *packet)
{
	return walk(evaluator, (struct walk_place){&evaluator->ruleset->chains[0], 0}, packet,
		    source ? SOURCE_ALONE : DESTINATION_ALONE);
}

struct judgement evaluate_input(const struct evaluator *evaluator, const struct packet *packet)
{
	if (chain_index_find(&evaluator->chains, CHAIN_INPUT) == CHAIN_NONE)
		return (struct judgement){.accepted = true};
	return walk(evaluator, enter(evaluator, CHAIN_INPUT), packet, BOTH_ENDS);
}

struct judgement evaluate_from(const struct evaluator *evaluator, const char *chain,
			       const struct packet *packet)
{
	return walk(evaluator, enter(evaluator, chain), packet, BOTH_ENDS);
}
