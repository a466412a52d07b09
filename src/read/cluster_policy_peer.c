/*
 * Reads each sort of peer by its part of the CRD: pods by namespace, networks, nodes and domain
 * names.
 */
#include "read/cluster_policy_peer.h"

#include "base/arena.h"
#include "model/syntax.h"
#include "read/crd.h"
#include "read/scalar.h"

/* The length of the longest CIDR that has no dotted address in it: eight groups and /128. */
#define CIDR_LENGTH_MAX 43

enum { NAMESPACES, PODS, NETWORKS, NODES, DOMAINS };

static const char *const pod_fields[] = {[NAMESPACES] = "namespaces", [PODS] = "pods", NULL};
static const char *const egress_fields[] = {
	[NAMESPACES] = "namespaces", [PODS] = "pods",           [NETWORKS] = "networks",
	[NODES] = "nodes",           [DOMAINS] = "domainNames", NULL,
};

/* Reads pods by namespace.  `pods` without a namespaceSelector means the pods of all namespaces. */
static void read_pods(struct reader *reader, const struct tree_node *map, int field,
		      struct peer *peer, bool *possible)
{
	static const char *const fields[] = {"namespaceSelector", "podSelector", NULL};
	static const struct selector everything;
	const struct tree_node *node = tree_get(map, pod_fields[field]);

	peer->pods = peer->namespaces = &everything;
	if (field == NAMESPACES) {
		peer->namespaces = want_crd_selector(reader, node, "namespaces", possible);
		return;
	}
	if (!crd_mapping(reader, node, "pods"))
		return;
	check_fields(reader, node, fields, "pods");
	peer->namespaces = want_crd_selector(reader, tree_get(node, "namespaceSelector"),
					     "namespaceSelector", possible);
	if (crd_required(reader, node, "podSelector", "pods"))
		peer->pods = want_crd_selector(reader, tree_get(node, "podSelector"), "podSelector",
					       possible);
}

/*
 * Reads what the API server's isCIDR() takes: no leading zeros and nothing IPv4-mapped, but host
 * bits are allowed.
 */
static bool parse_network(const char *text, struct cidr *cidr, unsigned *oddities)
{
	const char *slash = strchr(text, '/');
	char base[ADDR_TEXT] = {0};
	unsigned mapped = 0;
	struct addr addr;

	if (!slash || slash - text >= ADDR_TEXT || (slash[1] == '0' && slash[2]) ||
	    !cidr_parse(text, cidr, oddities))
		return false;
	memcpy(base, text, (size_t)(slash - text));
	return addr_parse(base, &addr, &mapped) && !mapped;
}

static void read_network(struct reader *reader, const struct tree_node *node,
			 struct tier_rule *rule)
{
	struct peer peer = {.mark = tree_mark(reader->file, node), .kind = PEER_BLOCK};
	const char *text = want_string(reader, node, "a network");
	char plain[CIDR_TEXT];
	unsigned oddities;

	if (tree_is_null(node))
		tree_error(reader, node, "a network must be a string, not null");
	if (!text)
		return;
	if (strlen(text) > CIDR_LENGTH_MAX || !parse_network(text, &peer.cidr, &oddities)) {
		tree_error(reader, node, "\"%s\" is not a CIDR such as 10.0.0.0/8 or fd00::/8",
			   text);
		return;
	}
	cidr_text(&peer.cidr, plain);
	if (oddities)
		diag_warning(reader->diags, peer.mark, "%s is read as %s (it has host bits)", text,
			     plain);
	arena_push(reader->objects->arena, rule->peers, rule->peer_count, peer);
}

static void read_domain(struct reader *reader, const struct tree_node *node, struct tier_rule *rule)
{
	struct peer peer = {.mark = tree_mark(reader->file, node), .kind = PEER_DOMAIN};
	const char *text = want_string(reader, node, "a domain name");

	if (tree_is_null(node))
		tree_error(reader, node, "a domain name must be a string, not null");
	if (!text)
		return;
	if (!is_domain_name(text)) {
		tree_error(reader, node,
			   "\"%s\" is not a domain name such as example.com or *.example.com",
			   text);
		return;
	}
	peer.domain = arena_strndup(reader->objects->arena, text, strlen(text));
	arena_push(reader->objects->arena, rule->peers, rule->peer_count, peer);
}

static void read_each(struct reader *reader, const struct tree_node *map, const char *name,
		      void (*read)(struct reader *, const struct tree_node *, struct tier_rule *),
		      struct tier_rule *rule)
{
	const struct tree_node *list = crd_full_list(reader, map, name, "a peer", TIER_ENTRIES_MAX);

	for (uint32_t i = 0; list && i < list->count; i++)
		read(reader, list->items[i], rule);
	if (list)
		crd_check_set(reader, list, name);
}

/*
 * Reads domain names.  Since they are never looked up, a rule that accepts them accepts nothing,
 * and a rule that decides anything else fails closed.
 */
static void read_domains(struct reader *reader, const struct tree_node *map, struct tier_rule *rule)
{
	static const char *const meant[] = {
		[ACTION_ACCEPT] = "nothing is accepted by them",
		[ACTION_DENY] = "a rule that denies by them denies everything",
		[ACTION_PASS] = "a rule that passes by them denies everything",
	};

	read_each(reader, map, "domainNames", read_domain, rule);
	rule->names_domains = true;
	rule->is_closed |= rule->action != ACTION_ACCEPT;
	diag_warning(reader->diags, tree_mark(reader->file, tree_get(map, "domainNames")),
		     "domain names are not enforced: %s", meant[rule->action]);
}

void tier_peer_read(struct reader *reader, const struct tree_node *node, enum direction direction,
		    struct tier_rule *rule)
{
	const struct tree_node *map = crd_mapping(reader, node, "a peer");
	struct peer peer = {.mark = tree_mark(reader->file, node), .kind = PEER_PODS};
	bool possible = true;
	int field;

	if (!map)
		return;
	field = crd_one_of(reader, map, direction == INGRESS ? pod_fields : egress_fields,
			   "a peer");
	switch (field) {
	case NETWORKS:
		read_each(reader, map, "networks", read_network, rule);
		return;
	case DOMAINS:
		read_domains(reader, map, rule);
		return;
	case NODES:
		peer.kind = PEER_NODES;
		peer.nodes = want_crd_selector(reader, tree_get(map, "nodes"), "nodes", &possible);
		break;
	case NAMESPACES:
	case PODS:
		read_pods(reader, map, field, &peer, &possible);
		break;
	default:
		return;
	}
	rule->is_closed |= !possible;
	arena_push(reader->objects->arena, rule->peers, rule->peer_count, peer);
}

void tier_subject_read(struct reader *reader, const struct tree_node *spec,
		       struct cluster_policy *policy)
{
	const struct tree_node *node = crd_required(reader, spec, "subject", "spec");
	struct peer peer = {.pods = policy->pods, .namespaces = policy->namespaces};
	bool possible = true;
	int field;

	if (!node || !crd_mapping(reader, node, "subject"))
		return;
	field = crd_one_of(reader, node, pod_fields, "subject");
	if (field >= 0)
		read_pods(reader, node, field, &peer, &possible);
	policy->pods = peer.pods;
	policy->namespaces = peer.namespaces;
	policy->selects_nothing = !possible;
}
