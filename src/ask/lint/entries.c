/* Files entries and policies by sign, and finds those that may contain a given one.  */
#include "ask/lint/entries.h"

#include "ask/lint/within.h"
#include "base/arena.h"
#include "base/bits.h"
#include "model/meaning.h"

/* A rule with more ports than this is filed under no port, because there would be too many cards. */
#define PORTS_FILED 4

/* What a sign stands for.  */
enum sign_kind {
	SIGN_ANY = 1,   /* for what accepts everything */
	SIGN_VALUE,     /* for a key with the only value that is asked for */
	SIGN_KEY,       /* for any other requirement of a key */
	SIGN_NAMESPACE, /* for all pods of the one namespace that is named */
	SIGN_NAMESPACES_VALUE,
	SIGN_NAMESPACES_KEY, /* for all pods of namespaces with labels */
	SIGN_BLOCK,
	SIGN_NUMBER,
	SIGN_NAME,
	SIGN_RANGE,
	SIGN_MANY, /* for many ports */
};

/* The bytes of signs are compared, so members that are not used are 0.  */
struct sign {
	uint32_t kind;
	uint32_t words[6];
};

/* The signs under which an entry is filed; a policy's card has only the first three members.  */
struct card {
	uint32_t namespace, direction;
	struct sign selector, peer, port;
};

struct drawer {
	uint32_t *numbers; /* ascending */
	size_t count;
};

/* Cards, and the numbers of what is filed under each.  */
struct cabinet {
	struct table cards;
	struct drawer *drawers;
	size_t count;
};

struct entry_index {
	struct table texts; /* keys: names of namespaces and of ports */
	struct cabinet entries, policies;
	struct lint_place *places; /* the entries in the order of the input */
	size_t place_count;
	struct bits prefixes[FAMILIES]; /* the prefix lengths of all blocks */
};

static struct sign sign_of(enum sign_kind kind)
{
	return (struct sign){.kind = kind};
}

static struct sign sign_of_number(enum sign_kind kind, uint32_t number)
{
	return (struct sign){.kind = kind, .words = {number}};
}

static uint32_t number_of(const struct lint *lint, const char *text)
{
	bool added = false;

	return table_keep(&lint->entries->texts, text, strlen(text), &added);
}

static struct sign sign_of_requirement(const struct requirement *requirement, enum sign_kind value,
				       enum sign_kind key)
{
	if (requirement->op == OP_IN && requirement->count == 1)
		return (struct sign){.kind = value,
				     .words = {requirement->key, *requirement->values}};
	return sign_of_number(key, requirement->key);
}

static struct sign sign_of_selector(const struct selector *selector)
{
	return selector->count ? sign_of_requirement(selector->requirements, SIGN_VALUE, SIGN_KEY)
			       : sign_of(SIGN_ANY);
}

static struct sign sign_of_block(const struct cidr *cidr)
{
	struct sign sign = {.kind = SIGN_BLOCK, .words = {cidr->base.family, cidr->prefix}};

	memcpy(&sign.words[2], cidr->base.bytes, sizeof(cidr->base.bytes));
	return sign;
}

static const char *only_namespace(const struct lint *lint, const struct lint_place *place)
{
	return peer_namespace(lint->objects, place->peer, place->policy->namespace);
}

static struct sign sign_of_namespaces(const struct lint *lint, const struct lint_place *place)
{
	const char *only = only_namespace(lint, place);

	if (only)
		return sign_of_number(SIGN_NAMESPACE, number_of(lint, only));
	if (!place->peer->namespaces->count)
		return sign_of(SIGN_ANY);
	return sign_of_requirement(place->peer->namespaces->requirements, SIGN_NAMESPACES_VALUE,
				   SIGN_NAMESPACES_KEY);
}

static struct sign sign_of_peer(const struct lint *lint, const struct lint_place *place)
{
	const struct peer *peer = place->peer;

	if (!peer)
		return sign_of(SIGN_ANY);
	if (peer->kind == PEER_BLOCK)
		return sign_of_block(&peer->cidr);
	return peer->pods->count ? sign_of_selector(peer->pods) : sign_of_namespaces(lint, place);
}

static struct sign sign_of_port(const struct lint *lint, const struct port *port)
{
	struct sign sign = {.kind = SIGN_RANGE, .words = {(uint32_t)port->protocol}};

	if (port->name) {
		sign.kind = SIGN_NAME;
		sign.words[1] = number_of(lint, port->name);
	} else if (port->first == port->last) {
		sign.kind = SIGN_NUMBER;
		sign.words[1] = port->first;
	}
	return sign;
}

/* Signs that were listed.  */
struct signs {
	struct sign *items;
	size_t count;
};

static void list_sign(const struct lint *lint, struct signs *signs, struct sign sign)
{
	arena_push(lint->scratch, signs->items, signs->count, sign);
}

/*
 * Lists the signs that a selector can have if it accepts everything that this one accepts; the sign
 * SIGN_ANY is not listed.
 */
static void list_requirements(const struct lint *lint, struct signs *signs,
			      const struct selector *selector, enum sign_kind value,
			      enum sign_kind key)
{
	for (size_t i = 0; i < selector->count; i++) {
		const struct requirement *one = &selector->requirements[i];

		list_sign(lint, signs, sign_of_number(key, one->key));
		if (one->op == OP_IN && one->count == 1)
			list_sign(lint, signs, sign_of_requirement(one, value, key));
	}
}

static struct signs signs_around_selector(const struct lint *lint, const struct selector *selector)
{
	struct signs signs = {0};

	list_sign(lint, &signs, sign_of(SIGN_ANY));
	list_requirements(lint, &signs, selector, SIGN_VALUE, SIGN_KEY);
	return signs;
}

/*
 * Lists the signs of the blocks around this one: of each prefix length that some block has, there
 * is one.
 */
static void list_blocks(const struct lint *lint, struct signs *signs, const struct cidr *cidr)
{
	const struct bits *prefixes = &lint->entries->prefixes[cidr->base.family];

	for (size_t i = 0; (i = bits_next(prefixes, i)) <= cidr->prefix; i++) {
		struct cidr around = *cidr;

		around.prefix = (unsigned)i;
		for (size_t bit = i; bit < 128; bit++)
			around.base.bytes[bit / 8] &= (uint8_t) ~(0x80U >> bit % 8);
		list_sign(lint, signs, sign_of_block(&around));
	}
}

/*
 * Lists the signs of namespaces that are named; a selector may name one beside other requirements.
 */
static void list_named(const struct lint *lint, struct signs *signs,
		       const struct selector *namespaces)
{
	for (size_t i = 0; i < namespaces->count; i++) {
		const struct requirement *one = &namespaces->requirements[i];
		const char *const *strings = lint->objects->string_of;

		if (one->op == OP_IN && one->count == 1 &&
		    !strcmp(strings[one->key], NAMESPACE_NAME_LABEL))
			list_sign(lint, signs,
				  sign_of_number(SIGN_NAMESPACE,
						 number_of(lint, strings[*one->values])));
	}
}

static struct signs signs_around_peer(const struct lint *lint, const struct lint_place *place)
{
	const struct peer *peer = place->peer;
	struct signs signs = {0};

	list_sign(lint, &signs, sign_of(SIGN_ANY));
	if (!peer)
		return signs;
	if (peer->kind == PEER_BLOCK) {
		list_blocks(lint, &signs, &peer->cidr);
		return signs;
	}
	list_requirements(lint, &signs, peer->pods, SIGN_VALUE, SIGN_KEY);
	if (!peer->namespaces) {
		list_sign(lint, &signs, sign_of_namespaces(lint, place));
		return signs;
	}
	list_named(lint, &signs, peer->namespaces);
	list_requirements(lint, &signs, peer->namespaces, SIGN_NAMESPACES_VALUE,
			  SIGN_NAMESPACES_KEY);
	return signs;
}

/*
 * Lists the signs of ports that the other rule can have.  The first port is enough, because it must
 * lie within a port of the other rule.
 */
static struct signs signs_around_ports(const struct lint *lint, const struct policy_rule *rule)
{
	struct signs signs = {0};

	list_sign(lint, &signs, sign_of(SIGN_ANY));
	if (!rule->port_count)
		return signs;
	list_sign(lint, &signs, sign_of(SIGN_MANY));
	list_sign(lint, &signs, sign_of_number(SIGN_RANGE, (uint32_t)rule->ports->protocol));
	list_sign(lint, &signs, sign_of_port(lint, rule->ports));
	return signs;
}

static struct signs signs_of_ports(const struct lint *lint, const struct policy_rule *rule)
{
	struct signs signs = {0};

	if (!rule->port_count)
		list_sign(lint, &signs, sign_of(SIGN_ANY));
	else if (rule->port_count > PORTS_FILED)
		list_sign(lint, &signs, sign_of(SIGN_MANY));
	else
		for (size_t i = 0; i < rule->port_count; i++)
			list_sign(lint, &signs, sign_of_port(lint, &rule->ports[i]));
	return signs;
}

static void file_number(const struct lint *lint, struct cabinet *cabinet, const struct card *card,
			uint32_t number)
{
	bool added = false;
	uint32_t at = table_add(&cabinet->cards, card, sizeof(*card), &added);
	struct drawer *drawer;

	if (added)
		arena_push(lint->arena, cabinet->drawers, cabinet->count, ((struct drawer){0}));
	drawer = &cabinet->drawers[at];
	/* Two ports of one rule may have the same sign.  */
	if (!drawer->count || drawer->numbers[drawer->count - 1] != number)
		arena_push(lint->arena, drawer->numbers, drawer->count, number);
}

static struct drawer drawer_of(const struct cabinet *cabinet, const struct card *card)
{
	uint32_t at = table_find(&cabinet->cards, card, sizeof(*card));

	return at == TABLE_NONE ? (struct drawer){0} : cabinet->drawers[at];
}

static void file_entry(const struct lint *lint, const struct lint_place *place)
{
	struct entry_index *index = lint->entries;
	const struct signs ports = signs_of_ports(lint, place->rule);
	struct card card = {.namespace = number_of(lint, place->policy->namespace),
			    .direction = place->direction,
			    .selector = sign_of_selector(place->policy->pods),
			    .peer = sign_of_peer(lint, place)};

	if (place->peer && place->peer->kind == PEER_BLOCK)
		bits_set(&index->prefixes[place->peer->cidr.base.family], place->peer->cidr.prefix);
	for (size_t i = 0; i < ports.count; i++) {
		card.port = ports.items[i];
		file_number(lint, &index->entries, &card, (uint32_t)index->place_count);
	}
	arena_push(lint->arena, index->places, index->place_count, *place);
}

static void file_rule(struct lint *lint, const struct check *check, const struct lint_place *place)
{
	(void)check;
	if (!place->rule->peer_count)
		file_entry(lint, place);
	for (size_t i = 0; i < place->rule->peer_count; i++) {
		const struct lint_place entry = {place->policy, place->direction, place->rule,
						 &place->rule->peers[i]};

		file_entry(lint, &entry);
	}
}

static struct card card_of_policy(const struct lint *lint, const struct policy *policy)
{
	return (struct card){.namespace = number_of(lint, policy->namespace),
			     .selector = sign_of_selector(policy->pods)};
}

void lint_prepare_entries(struct lint *lint)
{
	struct entry_index *index = arena_alloc(lint->arena, sizeof(*index));

	lint->entries = index;
	index->texts.arena = lint->arena;
	index->entries.cards.arena = index->policies.cards.arena = lint->arena;
	for (enum family family = V4; family < FAMILIES; family++)
		index->prefixes[family] = bits_new(lint->arena, 129);
	for (size_t i = 0; i < lint->objects->policy_count; i++) {
		const struct card card = card_of_policy(lint, &lint->objects->policies[i]);

		file_number(lint, &index->policies, &card, (uint32_t)i);
	}
	lint_each_rule(lint, NULL, file_rule);
}

/*
 * Returns the first number in the drawer that is below @first and whose entry suits; @first if
 * there is none.
 */
static uint32_t first_that_suits(const struct lint *lint, const struct drawer *drawer,
				 entry_suits suits, void *context, uint32_t first)
{
	for (size_t i = 0; i < drawer->count && drawer->numbers[i] < first; i++)
		if (suits(lint, &lint->entries->places[drawer->numbers[i]], context))
			return drawer->numbers[i];
	return first;
}

bool lint_find_entry(const struct lint *lint, const struct lint_place *place, entry_suits suits,
		     void *context, struct lint_place *found)
{
	const struct signs selectors = signs_around_selector(lint, place->policy->pods);
	const struct signs peers = signs_around_peer(lint, place);
	const struct signs ports = signs_around_ports(lint, place->rule);
	struct card card = {.namespace = number_of(lint, place->policy->namespace),
			    .direction = place->direction};
	uint32_t first = UINT32_MAX;

	for (size_t i = 0; i < selectors.count * peers.count * ports.count; i++) {
		struct drawer drawer;

		card.selector = selectors.items[i / (peers.count * ports.count)];
		card.peer = peers.items[i / ports.count % peers.count];
		card.port = ports.items[i % ports.count];
		drawer = drawer_of(&lint->entries->entries, &card);
		first = first_that_suits(lint, &drawer, suits, context, first);
	}
	if (first != UINT32_MAX)
		*found = lint->entries->places[first];
	return first != UINT32_MAX;
}

void lint_policies_around(const struct lint *lint, const struct policy *policy, policy_found found,
			  void *context)
{
	const struct signs selectors = signs_around_selector(lint, policy->pods);
	struct card card = card_of_policy(lint, policy);

	for (size_t i = 0; i < selectors.count; i++) {
		struct drawer drawer;

		card.selector = selectors.items[i];
		drawer = drawer_of(&lint->entries->policies, &card);
		for (size_t k = 0; k < drawer.count; k++)
			if (selector_within(policy->pods,
					    lint->objects->policies[drawer.numbers[k]].pods))
				found(lint, drawer.numbers[k], context);
	}
}
