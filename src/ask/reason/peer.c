/*
 * Compares a rule's peers with the party one by one.  If none matches, it tells which one misses
 * least, and why: because of a different label, a block that ends too early, another namespace.
 */
#include "ask/reason/reason.h"
#include "ask/reason/rule.h"
#include "base/arena.h"
#include "base/nearest.h"
#include "base/text.h"
#include "model/meaning.h"

/* At most so many requirements that fail are named; the others are counted. */
#define MISSES_NAMED 3

/* How far a miss is.  A near one is probably a slip of the pen. */
enum {
	FAR_SLIP = 5,       /* a misspelt value */
	FAR_NAMESPACE = 12, /* the right labels, but the wrong namespace */
	FAR_VALUE = 15,
	FAR_LABEL = 20, /* a label is missing, or must not be there */
	FAR_EXCEPT = 10,
	FAR_BLOCK = 25,
	FAR_FAMILY = 35,
	FAR_KIND = 40, /* a pod is asked for, and it is none, or the other way round */
};

static const struct label *label_of(const struct label *labels, size_t count, uint32_t key)
{
	for (size_t i = 0; i < count; i++)
		if (labels[i].key == key)
			return &labels[i];
	return NULL;
}

static bool has_addr(const struct cluster_node *node, const struct addr *addr)
{
	for (size_t i = 0; i < node->addr_count; i++)
		if (!memcmp(&node->addrs[i], addr, sizeof(*addr)))
			return true;
	return false;
}

/* The next node from *@at on that has the address; NULL: there is none. */
static const struct cluster_node *node_at(const struct asked_connection *asked, size_t *at)
{
	const struct objects *objects = asked->world->objects;

	while (*at < objects->node_count)
		if (has_addr(&objects->nodes[(*at)++], asked->addr))
			return &objects->nodes[*at - 1];
	return NULL;
}

static bool node_matches(const struct asked_connection *asked, const struct peer *peer)
{
	const struct cluster_node *node;

	for (size_t at = 0; (node = node_at(asked, &at));)
		if (selector_matches(peer->nodes, node->labels, node->label_count))
			return true;
	return false;
}

static bool peer_matches(const struct asked_connection *asked, const struct peer *peer)
{
	switch (peer->kind) {
	case PEER_PODS:
		return asked->peer &&
		       peer_means(asked->world->objects, peer, asked->namespace, asked->peer);
	case PEER_BLOCK:
		return block_has(peer, asked->addr);
	case PEER_NODES:
		return node_matches(asked, peer);
	case PEER_DOMAIN:
		break;
	}
	return false;
}

bool peers_match(const struct asked_connection *asked, const struct policy_rule *rule)
{
	for (size_t i = 0; i < rule->peer_count; i++)
		if (peer_matches(asked, &rule->peers[i]))
			return true;
	return !rule->peer_count;
}

static const char *peer_text(const struct asked_connection *asked, const struct peer *peer)
{
	const struct objects *objects = asked->world->objects;
	char cidr[CIDR_TEXT];

	switch (peer->kind) {
	case PEER_PODS:
		return pods_in_words(asked->arena, objects, peer, asked->namespace);
	case PEER_NODES:
		return peer->nodes->count
			       ? arena_printf(asked->arena, "nodes %s",
					      selector_in_words(asked->arena, objects, peer->nodes))
			       : "all nodes";
	case PEER_DOMAIN:
		return peer->domain;
	case PEER_BLOCK:
		break;
	}
	cidr_text(&peer->cidr, cidr);
	return arena_printf(asked->arena, "%s", cidr);
}

const char *peer_that_matches(const struct asked_connection *asked, const struct policy_rule *rule,
			      bool *broad)
{
	const struct peer *peer = rule->peers;

	*broad = true;
	if (!rule->peer_count)
		return "everyone is";
	while (!peer_matches(asked, peer))
		peer++;
	*broad = peer->kind == PEER_BLOCK
			 ? !peer->cidr.prefix
			 : peer->namespaces && !peer->namespaces->count && !peer->pods->count;
	return arena_printf(asked->arena, "%s %s", peer_text(asked, peer),
			    peer->kind == PEER_PODS ? "are" : "is");
}

static const struct party *peer_party(const struct asked_connection *asked)
{
	return &asked->world->parties[asked->world->party_of[asked->peer_pod]];
}

static const char *who(const struct asked_connection *asked)
{
	char addr[ADDR_TEXT];

	if (asked->peer)
		return peer_party(asked)->text;
	addr_text(asked->addr->family, asked->addr->bytes, addr);
	return arena_printf(asked->arena, "%s", addr);
}

static struct distance block_miss(const struct asked_connection *asked, const struct peer *peer)
{
	const struct cidr *except = block_except(peer, asked->addr);
	char cidr[CIDR_TEXT], inner[CIDR_TEXT], addr[ADDR_TEXT];
	const unsigned far = asked->peer ? FAR_KIND : FAR_BLOCK;

	cidr_text(&peer->cidr, cidr);
	addr_text(asked->addr->family, asked->addr->bytes, addr);
	if (asked->peer && !peer_party(asked)->known[asked->addr->family])
		return (struct distance){
			far, arena_printf(asked->arena, "%s has no address yet that could be in %s",
					  who(asked), cidr)};
	if (peer->cidr.base.family != asked->addr->family)
		return (struct distance){FAR_FAMILY,
					 arena_printf(asked->arena, "%s is not %s, as %s is", addr,
						      family_text(peer->cidr.base.family), cidr)};
	if (!except)
		return (struct distance){far,
					 arena_printf(asked->arena, "%s is not in %s", addr, cidr)};
	cidr_text(except, inner);
	return (struct distance){
		FAR_EXCEPT,
		arena_printf(asked->arena, "%s is in the except %s of %s", addr, inner, cidr)};
}

/* The distance of the value to those that would match. */
static unsigned value_far(const struct objects *objects, const struct requirement *requirement,
			  const struct label *label)
{
	struct nearest near = {.wanted = objects->string_of[label->value]};

	for (size_t i = 0; i < requirement->count; i++)
		nearest_look_at(&near, objects->string_of[requirement->values[i]]);
	return near.found ? FAR_SLIP : FAR_VALUE;
}

/* The carrier of a label, for words about it. */
struct whose {
	const char *name; /* "shop/web-1", "namespace shop" */
	const char *before;
	const struct label *labels;
	size_t count;
};

/* Says why a requirement does not hold. */
static struct distance requirement_miss(const struct asked_connection *asked,
					const struct whose *whose,
					const struct requirement *requirement)
{
	const struct objects *objects = asked->world->objects;
	const struct selector one = {(struct requirement *)requirement, 1};
	const char *wanted = selector_in_words(asked->arena, objects, &one);
	const struct label *label = label_of(whose->labels, whose->count, requirement->key);
	const char *key = objects->string_of[requirement->key];

	switch (requirement->op) {
	case OP_IN:
		if (!label)
			break;
		return (struct distance){value_far(objects, requirement, label),
					 arena_printf(asked->arena, "%s%s=%s does not match %s",
						      whose->before, key,
						      objects->string_of[label->value], wanted)};
	case OP_NOT_IN:
		return (struct distance){FAR_VALUE,
					 arena_printf(asked->arena, "%s%s=%s does not match %s",
						      whose->before, key,
						      objects->string_of[label->value], wanted)};
	case OP_DOES_NOT_EXIST:
		return (struct distance){
			FAR_LABEL,
			arena_printf(asked->arena, "%s has the label %s=%s, and %s is asked for",
				     whose->name, key, objects->string_of[label->value], wanted)};
	case OP_EXISTS:
		break;
	}
	return (struct distance){FAR_LABEL,
				 arena_printf(asked->arena, "%s has no label %s%s%s%s", whose->name,
					      key, requirement->op == OP_IN ? " (" : "",
					      requirement->op == OP_IN ? wanted : "",
					      requirement->op == OP_IN ? " is asked for)" : "")};
}

/* Adds the requirements of the selector that do not hold. */
static void add_misses(const struct asked_connection *asked, const struct whose *whose,
		       const struct selector *selector, struct distance *sum, size_t *named)
{
	for (size_t i = 0; i < selector->count; i++) {
		struct distance miss;

		if (requirement_holds(&selector->requirements[i], whose->labels, whose->count))
			continue;
		miss = requirement_miss(asked, whose, &selector->requirements[i]);
		sum->far += miss.far;
		if (++*named <= MISSES_NAMED)
			sum->why = arena_printf(asked->arena, "%s%s%s", sum->why,
						*named > 1 ? ", and " : "", miss.why);
	}
}

/* Is the namespace asked for by its name? That reads better than its label. */
static const char *namespace_by_name(const struct asked_connection *asked, const struct peer *peer)
{
	const struct definition definition = {.peer = peer};
	const char *name = definition_namespace(asked->world->objects, &definition);

	return name ? arena_printf(asked->arena, "namespace %s is not %s", asked->peer->namespace,
				   name)
		    : NULL;
}

static void add_namespace_misses(const struct asked_connection *asked, const struct peer *peer,
				 struct distance *sum, size_t *named)
{
	const char *of = arena_printf(asked->arena, "namespace %s", asked->peer->namespace);
	struct whose whose = {.name = of, .before = arena_printf(asked->arena, "%s: ", of)};
	struct label own;

	if (peer_means_namespace(asked->world->objects, peer, asked->namespace,
				 asked->peer->namespace))
		return;
	sum->why = peer->namespaces
			   ? namespace_by_name(asked, peer)
			   : arena_printf(asked->arena,
					  "%s is not %s (without a namespaceSelector, only "
					  "the policy's own counts)",
					  of, asked->namespace);
	if (sum->why) {
		sum->far += FAR_NAMESPACE;
		++*named;
		return;
	}
	sum->why = "";
	whose.labels = objects_namespace_labels(asked->world->objects, asked->peer->namespace, &own,
						&whose.count);
	add_misses(asked, &whose, peer->namespaces, sum, named);
}

static struct distance pods_miss(const struct asked_connection *asked, const struct peer *peer)
{
	struct distance sum = {.why = ""};
	size_t named = 0;
	struct whose whose;

	if (!asked->peer)
		return (struct distance){FAR_KIND,
					 arena_printf(asked->arena, "%s is no pod, as %s are",
						      who(asked), peer_text(asked, peer))};
	whose = (struct whose){who(asked), "", asked->peer->labels, asked->peer->label_count};
	add_namespace_misses(asked, peer, &sum, &named);
	add_misses(asked, &whose, peer->pods, &sum, &named);
	if (named > MISSES_NAMED)
		sum.why = arena_printf(asked->arena, "%s, and %s more", sum.why,
				       text_counted(asked->arena, named - MISSES_NAMED,
						    "requirement", "requirements"));
	return sum;
}

static struct distance nodes_miss(const struct asked_connection *asked, const struct peer *peer)
{
	struct distance sum = {.why = ""};
	size_t named = 0, at = 0;
	const struct cluster_node *node = node_at(asked, &at);
	struct whose whose;

	if (!node)
		return (struct distance){
			FAR_KIND,
			arena_printf(asked->arena, "%s is of no node that is known", who(asked))};
	whose = (struct whose){arena_printf(asked->arena, "node %s", node->name), "", node->labels,
			       node->label_count};
	add_misses(asked, &whose, peer->nodes, &sum, &named);
	return sum;
}

static struct distance peer_miss(const struct asked_connection *asked, const struct peer *peer)
{
	switch (peer->kind) {
	case PEER_PODS:
		return pods_miss(asked, peer);
	case PEER_BLOCK:
		return block_miss(asked, peer);
	case PEER_NODES:
		return nodes_miss(asked, peer);
	case PEER_DOMAIN:
		break;
	}
	return (struct distance){FAR_KIND, arena_printf(asked->arena,
							"domain names such as %s are not enforced",
							peer->domain)};
}

struct distance peers_miss(const struct asked_connection *asked, const struct policy_rule *rule)
{
	struct distance nearest = {.far = UINT32_MAX};

	for (size_t i = 0; i < rule->peer_count; i++) {
		struct distance miss = peer_miss(asked, &rule->peers[i]);

		if (miss.far < nearest.far)
			nearest = miss;
	}
	if (rule->peer_count > 1)
		nearest.why = arena_printf(asked->arena, "%s (the nearest of its %zu peers)",
					   nearest.why, rule->peer_count);
	return nearest;
}
