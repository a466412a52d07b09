/*
 * Goes through the elements that differ once, and notes for each address whether it comes under
 * policies or leaves them, and whether peers come or go in the sets that its chains look up.
 */
#include "change/address_effects.h"

#include "base/addr.h"
#include "base/arena.h"
#include "base/search.h"
#include "base/table.h"
#include "model/objects.h"
#include "ruleset/layout.h"

/*
 * The addresses that come into (or leave) one set, or any of the sets that a chain looks up.  It is
 * only known whether there is none, one (and which), or several.
 */
struct few {
	bool any, several;
	uint32_t first;
};

/* The elements that come, seen in the new ruleset, or those that go, seen in the old one. */
struct ruleset_way {
	const struct ruleset *ruleset;
	struct picked *elements; /* index: set that differs; only the elements of this way */
	struct few *sets;        /* index: set that differs */
	struct few *chains;      /* index: chain of @ruleset; filled in when it is first needed */
	bool *chains_known;
	/*
	 * index: set of @ruleset; its index among those that differ, plus 1; 0: it does not differ
	 */
	uint32_t *places;
};

struct address {
	enum family family;
	bool is_isolated[DIRECTIONS]; /* policies isolate it before or after the change */
	/* it leaves sets of peers, or comes into some, and addresses_is_free() is false for it */
	bool goes, comes;
	bool comes_at_all;         /* it comes into some set or map, freely or not */
	bool is_asked[DIRECTIONS]; /* the directions in which these sets are looked up */
	/*
	 * What the elements do to the answers about the address, and whether these answers depend
	 * on the order in which sets are asked.
	 */
	bool tightens[DIRECTIONS], loosens[DIRECTIONS], is_ordered[DIRECTIONS];
};

/* What rules decide about the addresses in a set; the values are bits. */
enum sense { SENSE_YES = 1, SENSE_NO = 2 };

struct addresses {
	struct arena *arena;
	const struct difference *difference;
	struct table table; /* keys: addresses in network byte order; the numbers are indices to: */
	struct address *items;
	size_t count;
	/* index: set that differs; the directions in which it is looked up */
	bool (*is_asked)[DIRECTIONS];
	unsigned *senses; /* index: set that differs; a set of enum sense */
	bool verdicts_change;
	bool any_leaves_policies; /* an element of a map goes */
	struct ruleset_way going, coming;
};

static size_t address_len(const struct set *set)
{
	return field_len(set->fields[0]);
}

static const uint8_t *key_at(const struct picked *picked, size_t i)
{
	return picked->from->keys + picked->which[i] * set_key_len(picked->from);
}

/* Is the set about single addresses (not pairs of them) and do policies look it up? */
static bool is_concerned(const struct addresses *addresses, size_t set)
{
	const struct set_difference *of = &addresses->difference->sets[set];

	return of->fate == FATE_CHANGES && !set_is_of_pairs(of->before) &&
	       !layout_is_known_set(of->before);
}

static uint32_t number_of(const struct addresses *addresses, size_t set, const uint8_t *key)
{
	return table_find(&addresses->table, key,
			  address_len(addresses->difference->sets[set].before));
}

static bool same_verdict(const struct picked *gone, size_t i, const struct picked *come, size_t k)
{
	const struct verdict *old, *new;

	if (!gone->from->verdicts)
		return true;
	old = &gone->from->verdicts[gone->which[i]];
	new = &come->from->verdicts[come->which[k]];
	return old->kind == new->kind && !old->chain == !new->chain &&
	       (!old->chain || !strcmp(old->chain, new->chain));
}

/*
 * Sorts the elements of a set into those that only come and those that only go.  An element that
 * does both gets another comment, which changes nothing for packets.
 */
static void split(struct addresses *addresses, size_t set)
{
	const struct set_difference *difference = &addresses->difference->sets[set];
	struct picked *gone = &addresses->going.elements[set];
	struct picked *come = &addresses->coming.elements[set];
	size_t i = 0, k = 0;

	gone->from = difference->gone.from;
	come->from = difference->come.from;
	while (i < difference->gone.count || k < difference->come.count) {
		const int order = diff_order_at(difference, i, k);

		if (order == 0)
			addresses->verdicts_change |=
				!same_verdict(&difference->gone, i++, &difference->come, k++);
		else if (order < 0)
			arena_push(addresses->arena, gone->which, gone->count,
				   difference->gone.which[i++]);
		else
			arena_push(addresses->arena, come->which, come->count,
				   difference->come.which[k++]);
	}
}

static void add_addresses(struct addresses *addresses, const struct picked *picked)
{
	for (size_t i = 0; i < picked->count; i++) {
		const size_t len = address_len(picked->from);
		bool added = false;

		table_add(&addresses->table, key_at(picked, i), len, &added);
		if (added)
			arena_push(addresses->arena, addresses->items, addresses->count,
				   ((struct address){.family = len == 4 ? V4 : V6}));
	}
}

/* Notes which addresses come, and whether any leaves policies. */
static void note_ways(struct addresses *addresses, size_t set)
{
	const struct picked *come = &addresses->coming.elements[set];

	for (size_t i = 0; i < come->count; i++)
		addresses->items[number_of(addresses, set, key_at(come, i))].comes_at_all = true;
	addresses->any_leaves_policies |= addresses->difference->sets[set].before->verdicts &&
					  addresses->going.elements[set].count;
}

/* Is it a chain of policies? The chain `free` is not: it is as if the address were in no map. */
static bool is_of_policies(const char *chain)
{
	return !chain || strcmp(chain, CHAIN_FREE) != 0;
}

/* Does the map send the address to a chain of policies? */
static bool isolates(const struct set *map, const struct table_key *addr)
{
	const size_t len = addr->len;
	const size_t at =
		FIRST_WHERE(i, map->count, memcmp(map->keys + i * len, addr->bytes, len) >= 0);

	return at < map->count && !memcmp(map->keys + at * len, addr->bytes, len) &&
	       is_of_policies(map->verdicts[at].chain);
}

static bool looks_up_source(const struct rule *rule)
{
	return rule->fields[0] == FIELD_IP_SADDR || rule->fields[0] == FIELD_IP6_SADDR;
}

/*
 * Does one of the elements that go, in the order of their keys, send the address to such a chain?
 */
static bool leaves_isolation(const struct picked *gone, const struct table_key *addr)
{
	const size_t at =
		FIRST_WHERE(i, gone->count, memcmp(key_at(gone, i), addr->bytes, addr->len) >= 0);

	return at < gone->count && !memcmp(key_at(gone, at), addr->bytes, addr->len) &&
	       is_of_policies(gone->from->verdicts[gone->which[at]].chain);
}

/*
 * Finds the addresses that the pod maps isolate before or after the change.  The old and the new
 * map may be the same one, which lacks the elements that go (diff_of_elements()), so these are
 * looked at, too.
 */
static void find_isolated(struct addresses *addresses)
{
	const struct ruleset *new = addresses->difference->new;

	for (enum direction direction = INGRESS; direction < DIRECTIONS; direction++)
		for (enum family family = V4; family < FAMILIES; family++) {
			const struct set *map = layout_pod_map(new, direction, family);
			const struct set_difference *of =
				map ? diff_of_set(addresses->difference, (size_t)(map - new->sets))
				    : NULL;
			const struct set *before = of ? of->before : map;

			for (size_t k = 0; map && k < addresses->count; k++)
				if (addresses->table.keys[k].len == address_len(map))
					addresses->items[k].is_isolated[direction] |=
						isolates(map, &addresses->table.keys[k]) ||
						(before &&
						 isolates(before, &addresses->table.keys[k])) ||
						(of && leaves_isolation(&of->gone,
									&addresses->table.keys[k]));
		}
}

static bool any_is_isolated(const struct addresses *addresses)
{
	for (size_t i = 0; i < addresses->count; i++)
		if (addresses->items[i].is_isolated[INGRESS] ||
		    addresses->items[i].is_isolated[EGRESS])
			return true;
	return false;
}

/* For each set of a ruleset, finds its index among the sets that differ. */
static void find_places(struct addresses *addresses, struct ruleset_way *way, bool is_old)
{
	const struct difference *difference = addresses->difference;

	way->places = arena_array(addresses->arena, way->ruleset->set_count, sizeof(*way->places));
	for (uint32_t i = 0; i < difference->set_count; i++) {
		const struct set_difference *set = &difference->sets[i];

		if (!is_old)
			way->places[set->number] = i + 1;
		else if (set->before)
			way->places[set->before - way->ruleset->sets] = i + 1;
	}
}

/*
 * Returns the index among the sets that differ of the set that the rule looks up, plus 1; 0 if it
 * does not differ.
 */
static uint32_t place_of(const struct ruleset_way *way, const struct rule *rule)
{
	return rule->set && rule->set->name ? way->places[rule->set - way->ruleset->sets] : 0;
}

/*
 * Returns what the rule decides about the addresses in its set.  If it leads to another chain, the
 * answer there may be yes or no, unless that chain denies everything.  A return says yes in a chain
 * for egress; in a chain for ingress, what follows may say yes or no.
 */
static unsigned sense_of(const struct ruleset *ruleset, const struct rule *rule)
{
	const size_t at = rule->verdict.chain ? diff_find_chain(ruleset, rule->verdict.chain)
					      : ruleset->chain_count;

	if (rule->verdict.kind == VERDICT_ACCEPT ||
	    (rule->verdict.kind == VERDICT_RETURN && !looks_up_source(rule)))
		return SENSE_YES;
	return at < ruleset->chain_count && chain_denies(&ruleset->chains[at])
		       ? SENSE_NO
		       : SENSE_YES | SENSE_NO;
}

/*
 * Finds out whether each set of peers is looked up for the source of packets (ingress) or for their
 * destination (egress).
 */
static void find_asked(struct addresses *addresses, const struct ruleset_way *way)
{
	const struct ruleset *ruleset = way->ruleset;

	for (size_t i = 0; i < ruleset->chain_count; i++)
		for (size_t k = 0; k < ruleset->chains[i].rule_count; k++) {
			const struct rule *rule = &ruleset->chains[i].rules[k];
			const uint32_t place = ruleset->chains[i].base ? 0 : place_of(way, rule);

			if (!place)
				continue;
			addresses->is_asked[place - 1][looks_up_source(rule) ? INGRESS : EGRESS] =
				true;
			addresses->senses[place - 1] |= sense_of(ruleset, rule);
		}
}

bool addresses_is_free(const struct addresses *addresses, size_t set, const uint8_t *key)
{
	const struct address *address = &addresses->items[number_of(addresses, set, key)];

	for (enum direction direction = INGRESS; direction < DIRECTIONS; direction++)
		if (addresses->is_asked[set][direction] && address->is_isolated[!direction])
			return false;
	return true;
}

bool addresses_only_goes(const struct addresses *addresses, size_t set, const uint8_t *key)
{
	return !addresses->any_leaves_policies &&
	       !addresses->items[number_of(addresses, set, key)].comes_at_all;
}

static void count_in(struct few *few, uint32_t number)
{
	few->several |= few->any && few->first != number;
	few->first = number;
	few->any = true;
}

static void count_all_in(struct few *few, const struct few *more)
{
	if (more->any)
		count_in(few, more->first);
	few->several |= more->several;
}

/* May an address that comes into the set be denied for that reason? */
static bool is_ordered(const struct addresses *addresses, size_t set)
{
	return addresses->difference->new->sets[addresses->difference->sets[set].number].is_ordered;
}

static bool any_is_ordered(const struct addresses *addresses)
{
	for (size_t i = 0; i < addresses->difference->set_count; i++)
		if (is_concerned(addresses, i) && is_ordered(addresses, i))
			return true;
	return false;
}

/*
 * Notes whether an element that comes or goes makes the answers about its address tighter or
 * looser.
 */
static void note_senses(struct addresses *addresses, size_t set, struct address *address,
			bool comes)
{
	const unsigned senses = addresses->senses[set];

	for (enum direction direction = INGRESS; direction < DIRECTIONS; direction++) {
		if (!addresses->is_asked[set][direction])
			continue;
		address->tightens[direction] |= senses & (comes ? SENSE_NO : SENSE_YES);
		address->loosens[direction] |= senses & (comes ? SENSE_YES : SENSE_NO);
		address->is_ordered[direction] |= is_ordered(addresses, set);
	}
}

/* Notes what the elements of a set of peers that come or go mean for their addresses. */
static void note(struct addresses *addresses, const struct ruleset_way *way, size_t set)
{
	const struct picked *picked = &way->elements[set];

	for (size_t i = 0; i < picked->count; i++) {
		const uint32_t number = number_of(addresses, set, key_at(picked, i));
		struct address *address = &addresses->items[number];

		note_senses(addresses, set, address, way == &addresses->coming);
		/*
		 * An address that leaves such a set may thereby be allowed.  So it counts like one
		 * that comes: for policies that come at the same time, and for the policies of the
		 * address itself, since tiers decide about a pod that calls itself.
		 */
		if (is_ordered(addresses, set)) {
			addresses->going.sets[set] = (struct few){true, true, number};
			addresses->coming.sets[set] = (struct few){true, true, number};
			continue;
		}
		if (addresses_is_free(addresses, set, key_at(picked, i)))
			continue;
		address->goes |= way == &addresses->going;
		address->comes |= way == &addresses->coming;
		for (enum direction direction = INGRESS; direction < DIRECTIONS; direction++)
			address->is_asked[direction] |= addresses->is_asked[set][direction];
		count_in(&way->sets[set], number);
	}
}

static void begin_way(struct addresses *addresses, struct ruleset_way *way,
		      const struct ruleset *ruleset)
{
	const size_t sets = addresses->difference->set_count;

	way->ruleset = ruleset;
	way->elements = arena_array(addresses->arena, sets, sizeof(*way->elements));
	way->sets = arena_array(addresses->arena, sets, sizeof(*way->sets));
}

struct addresses *addresses_of(struct arena *arena, const struct difference *difference)
{
	struct addresses *addresses = arena_alloc(arena, sizeof(*addresses));
	const size_t sets = difference->set_count;

	*addresses = (struct addresses){
		.arena = arena,
		.difference = difference,
		.table.arena = arena,
		.is_asked = arena_array(arena, sets, sizeof(*addresses->is_asked)),
		.senses = arena_array(arena, sets, sizeof(*addresses->senses)),
	};
	begin_way(addresses, &addresses->going, difference->old);
	begin_way(addresses, &addresses->coming, difference->new);
	for (size_t i = 0; i < sets; i++)
		if (is_concerned(addresses, i)) {
			split(addresses, i);
			add_addresses(addresses, &addresses->going.elements[i]);
			add_addresses(addresses, &addresses->coming.elements[i]);
			note_ways(addresses, i);
		}
	find_isolated(addresses);
	/* If no policy isolates any of the addresses, the rules need not be looked at. */
	if (!any_is_isolated(addresses) && !any_is_ordered(addresses))
		return addresses;
	find_places(addresses, &addresses->going, true);
	find_places(addresses, &addresses->coming, false);
	find_asked(addresses, &addresses->going);
	find_asked(addresses, &addresses->coming);
	for (size_t i = 0; i < sets; i++)
		if (is_concerned(addresses, i) && !difference->sets[i].before->verdicts) {
			note(addresses, &addresses->going, i);
			note(addresses, &addresses->coming, i);
		}
	return addresses;
}

static struct few asked_from(struct addresses *addresses, struct ruleset_way *way,
			     const char *chain);

static void ask_verdict(struct addresses *addresses, struct ruleset_way *way,
			const struct verdict *verdict, struct few *few)
{
	const struct few more =
		verdict->chain ? asked_from(addresses, way, verdict->chain) : (struct few){0};

	count_all_in(few, &more);
}

static void ask_rule(struct addresses *addresses, struct ruleset_way *way, const struct rule *rule,
		     struct few *few)
{
	const uint32_t place = place_of(way, rule);

	ask_verdict(addresses, way, &rule->verdict, few);
	if (place)
		count_all_in(few, &way->sets[place - 1]);
	for (size_t i = 0; rule->set && rule->set->verdicts && i < rule->set->count; i++)
		ask_verdict(addresses, way, &rule->set->verdicts[i], few);
}

/*
 * Returns which addresses come into (or leave) the sets that are looked up by a chain or by the
 * chains to which it leads.
 */
static struct few asked_from(struct addresses *addresses, struct ruleset_way *way,
			     const char *chain)
{
	const size_t at = diff_find_chain(way->ruleset, chain);
	struct few few = {0};

	if (at == way->ruleset->chain_count)
		return few;
	if (!way->chains) {
		way->chains = arena_array(addresses->arena, way->ruleset->chain_count,
					  sizeof(*way->chains));
		way->chains_known = arena_array(addresses->arena, way->ruleset->chain_count,
						sizeof(*way->chains_known));
	}
	if (!way->chains_known[at]) {
		way->chains_known[at] = true;
		for (size_t i = 0; i < way->ruleset->chains[at].rule_count; i++)
			ask_rule(addresses, way, &way->ruleset->chains[at].rules[i], &few);
		way->chains[at] = few;
	}
	return way->chains[at];
}

/*
 * Do policies come or go for an address in the same change as another address in the sets that they
 * look up?
 */
static bool policies_conflict(struct addresses *addresses, struct ruleset_way *way, size_t map)
{
	const struct picked *picked = &way->elements[map];

	for (size_t i = 0; i < picked->count; i++) {
		struct few few = {0};

		ask_verdict(addresses, way, &picked->from->verdicts[picked->which[i]], &few);
		if (few.several ||
		    (few.any && few.first != number_of(addresses, map, key_at(picked, i))))
			return true;
	}
	return false;
}

/*
 * Does an address have an answer that depends on the order of sets, and that some elements tighten
 * while others loosen it?
 */
static bool orders_conflict(const struct addresses *addresses)
{
	for (size_t i = 0; i < addresses->count; i++)
		for (enum direction direction = INGRESS; direction < DIRECTIONS; direction++) {
			const struct address *address = &addresses->items[i];

			if (address->is_ordered[direction] && address->tightens[direction] &&
			    address->loosens[direction])
				return true;
		}
	return false;
}

bool addresses_tighten(const struct addresses *addresses, size_t set, bool comes)
{
	return addresses->senses[set] & (comes ? SENSE_NO : SENSE_YES);
}

bool addresses_are_ordered(const struct addresses *addresses, size_t set)
{
	return is_ordered(addresses, set);
}

static bool is_moving(const struct address *address)
{
	return address->goes && address->comes;
}

/* Does one address move as a source of packets while another moves as a destination? */
static bool moves_conflict(const struct addresses *addresses, enum family family)
{
	struct few moving[DIRECTIONS] = {0}, all = {0};

	for (uint32_t i = 0; i < addresses->count; i++) {
		const struct address *address = &addresses->items[i];

		for (enum direction direction = INGRESS; direction < DIRECTIONS; direction++)
			if (address->family == family && is_moving(address) &&
			    address->is_asked[direction])
				count_in(&moving[direction], i);
	}
	count_all_in(&all, &moving[INGRESS]);
	count_all_in(&all, &moving[EGRESS]);
	return moving[INGRESS].any && moving[EGRESS].any && all.several;
}

bool addresses_go_in_phases(struct addresses *addresses)
{
	const struct difference *difference = addresses->difference;

	for (size_t i = 0; i < difference->set_count; i++)
		if (is_concerned(addresses, i) && difference->sets[i].before->verdicts &&
		    (policies_conflict(addresses, &addresses->going, i) ||
		     policies_conflict(addresses, &addresses->coming, i)))
			return false;
	return !addresses->verdicts_change && !orders_conflict(addresses) &&
	       !moves_conflict(addresses, V4) && !moves_conflict(addresses, V6);
}

bool addresses_moves(const struct addresses *addresses, size_t set, const uint8_t *key)
{
	return is_moving(&addresses->items[number_of(addresses, set, key)]);
}
