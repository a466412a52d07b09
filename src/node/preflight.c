/*
 * Checks one thing in each function.
 *
 * The table sees only what passes the forward hook.  So the question behind each check is the same:
 * do the packets of enforced pods pass that hook, and is its decision the last word? Families
 * without enforced pods are not checked.
 */
#include "node/preflight.h"

#include "base/addr.h"
#include "base/arena.h"
#include "kernel/iptables_legacy.h"
#include "kernel/route.h"
#include "kernel/socket.h"
#include "kernel/other_chains.h"
#include "ruleset/layout.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

/* At most so many routes are asked for, and so many addresses named in one diagnostic. */
#define LOOKUPS 512
#define NAMED   3

static const struct mark nowhere;

static const struct preflight_words {
	const char *forwarding, *bridge;
} words[] = {
	[V4] = {"net.ipv4.ip_forward", "net.bridge.bridge-nf-call-iptables"},
	[V6] = {"net.ipv6.conf.all.forwarding", "net.bridge.bridge-nf-call-ip6tables"},
};

/* An address that is enforced, and the pod's name; NULL: it is unknown. */
struct enforced {
	const uint8_t *bytes;
	const char *pod;
};

struct preflight {
	struct arena *arena;
	const struct ruleset *ruleset;
	struct diags *diags;
	bool only_own; /* the enforced pods are those of one node */
	struct enforced *pods[FAMILIES]; /* those with the lowest addresses */
	size_t pod_count[FAMILIES];
	size_t total[FAMILIES]; /* a lower bound of their number */
};

/* Merges the addresses of the maps of both directions, without repetitions, up to @room. */
static size_t merge(const struct set *a, const struct set *b, size_t len, struct enforced *out,
		    size_t room)
{
	size_t count = 0;

	for (size_t i = 0, k = 0; count < room && (i < a->count || k < b->count); count++) {
		int order = i == a->count   ? 1
			    : k == b->count ? -1
					    : memcmp(a->keys + i * len, b->keys + k * len, len);
		const struct set *from = order <= 0 ? a : b;
		size_t at = order <= 0 ? i : k;

		out[count] = (struct enforced){from->keys + at * len,
					       from->comments ? from->comments[at] : NULL};
		i += order <= 0;
		k += order >= 0;
	}
	return count;
}

/* Finds the enforced pods of a family, which are in the maps of the two directions. */
static void find_pods(struct preflight *check, enum family family)
{
	static const struct set none;
	const struct set *maps[DIRECTIONS];

	for (enum direction direction = INGRESS; direction < DIRECTIONS; direction++) {
		maps[direction] = layout_pod_map(check->ruleset, direction, family);
		maps[direction] = maps[direction] ? maps[direction] : &none;
	}
	check->pods[family] =
		arena_array(check->arena, LOOKUPS / FAMILIES, sizeof(struct enforced));
	check->pod_count[family] = merge(maps[INGRESS], maps[EGRESS], family_len(family),
					 check->pods[family], LOOKUPS / FAMILIES);
	check->total[family] = maps[INGRESS]->count > maps[EGRESS]->count ? maps[INGRESS]->count
									  : maps[EGRESS]->count;
	if (check->total[family] < check->pod_count[family])
		check->total[family] = check->pod_count[family];
}

static bool concerns_pods(const struct preflight *check, const struct other_chain *chain)
{
	return (chain->sees[V4] && check->total[V4]) || (chain->sees[V6] && check->total[V6]);
}

static void check_chains(struct preflight *check, const struct kernel_survey *survey)
{
	for (size_t i = 0; i < survey->dropping_count; i++) {
		const struct other_chain *chain = &survey->dropping[i];

		if (concerns_pods(check, chain))
			diag_note(
				check->diags, nowhere,
				"the forward chain %s of the table %s %s has policy drop: what the "
				"policies allow passes only if that chain accepts it too",
				chain->name, chain->family, chain->table);
	}
	for (size_t i = 0; i < survey->untracking_count; i++) {
		const struct other_chain *chain = &survey->untracking[i];

		if (concerns_pods(check, chain))
			diag_note(check->diags, nowhere,
				  "the chain %s of the table %s %s takes packets out of connection "
				  "tracking (notrack): replies among them are judged as if they "
				  "began "
				  "a connection",
				  chain->name, chain->family, chain->table);
	}
}

/* Checks the same for iptables-legacy, whose tables nf_tables does not list. */
static void check_legacy(struct preflight *check, enum family family)
{
	const int drops = legacy_forward_drops(family);

	if (drops > 0)
		diag_note(check->diags, nowhere,
			  "the chain FORWARD of iptables-legacy (%s) has policy drop: what the "
			  "policies "
			  "allow passes only if that chain accepts it too",
			  family_text(family));
	if (drops < 0)
		diag_note(check->diags, nowhere,
			  "the tables of iptables-legacy (%s) cannot be read (%s): if its chain "
			  "FORWARD has "
			  "policy drop, what the policies allow may not pass",
			  family_text(family), strerror(errno));
}

static void check_tables(struct preflight *check)
{
	const char *table = check->ruleset->table;
	struct kernel_survey survey;

	if (!kernel_survey(check->arena, table, &survey)) {
		if (survey.layout > TABLE_LAYOUT)
			diag_error(check->diags, nowhere,
				   "the table inet %s was written by a newer np2nft (its layout is "
				   "%u, this one knows %u): use that version, or remove the table "
				   "first: np2nft delete --table %s",
				   table, survey.layout, TABLE_LAYOUT, table);
		check_chains(check, &survey);
		return;
	}
	if (errno == ENOENT)
		diag_error(
			check->diags, nowhere,
			"this kernel has no nf_tables: run `modprobe nf_tables`, or take a kernel "
			"with CONFIG_NF_TABLES and CONFIG_NF_TABLES_INET");
	else
		kernel_complain(check->diags, "nf_tables cannot be asked", errno);
}

/*
 * The number in a setting; -1 with errno if it cannot be read (ENOENT: the kernel has no such
 * setting).  In its name, which is written as for sysctl(8), a slash stands for a dot in the name
 * of a link.
 */
static int read_setting(const char *name)
{
	static const char root[] = "/proc/sys/";
	char path[128];
	int value = -1, error;
	FILE *file;

	snprintf(path, sizeof(path), "%s%s", root, name);
	for (char *c = path + strlen(root); *c; c++)
		*c = *c == '.' ? '/' : *c == '/' ? '.' : *c;
	file = fopen(path, "re");
	if (!file)
		return -1;
	if (fscanf(file, "%9d", &value) != 1)
		value = -1;
	error = errno;
	fclose(file);
	errno = error;
	return value;
}

static void check_forwarding(struct preflight *check, enum family family)
{
	const char *name = words[family].forwarding;
	int value = read_setting(name);

	if (value > 0)
		return;
	if (value < 0)
		diag_warning(check->diags, nowhere,
			     "%s cannot be read (%s): if it is 0, no policy is enforced for %s",
			     name, strerror(errno), family_text(family));
	else
		diag_error(check->diags, nowhere,
			   "%s forwarding is off, and policies are enforced on what is forwarded: "
			   "run `sysctl -w %s=1`",
			   family_text(family), name);
}

/* kube-proxy makes this link only in IPVS mode. */
static void check_ipvs(struct preflight *check, const struct links *links, bool forced)
{
	static const char text[] = "kube-proxy runs in IPVS mode (there is a link kube-ipvs0), and "
				   "what reaches a pod through a Service then meets no policy";

	for (size_t i = 0; i < links->count; i++) {
		if (strcmp(links->items[i].name, "kube-ipvs0") != 0)
			continue;
		if (forced)
			diag_warning(check->diags, nowhere, "%s: applied all the same, as forced",
				     text);
		else
			diag_error(check->diags, nowhere,
				   "%s: run it in mode iptables or nftables (and `ip link delete "
				   "kube-ipvs0`), or apply with --force",
				   text);
	}
}

/* Appends " 10.0.0.1 (shop/front)," and so on, for the first few pods. */
static void name_pod(struct preflight *check, struct string *names, size_t before,
		     enum family family, const struct enforced *pod)
{
	char text[ADDR_TEXT];

	if (before >= NAMED)
		return;
	addr_text(family, pod->bytes, text);
	arena_append(check->arena, names, "%s%s%s%s%s", before ? ", " : "", text,
		     pod->pod ? " (" : "", pod->pod ? pod->pod : "", pod->pod ? ")" : "");
}

static const char *and_more(size_t count)
{
	return count > NAMED ? ", ..." : "";
}

static const char *plural(size_t count, const char *one, const char *many)
{
	return count == 1 ? one : many;
}

/*
 * Returns whether there are pods on the bridge whose frames the hook sees.
 *
 * The IP layer does not forward frames from one port of a bridge to another.  Only br_netfilter
 * takes them through the hook, if the namespace's setting or the bridge's own says so.
 */
static bool check_bridge(struct preflight *check, const struct link *bridge, enum family family,
			 const struct route *routes)
{
	const char *setting = words[family].bridge;
	struct string names = {0};
	size_t count = 0;
	int value;

	for (size_t i = 0; i < check->pod_count[family]; i++)
		if (routes[i].exists && !routes[i].is_default && routes[i].direct &&
		    routes[i].link == bridge->index)
			name_pod(check, &names, count++, family, &check->pods[family][i]);
	if (!count)
		return false;
	value = read_setting(setting);
	if (value > 0 || (value == 0 && bridge->filters[family]))
		return true;
	diag_warning(check->diags, nowhere,
		     "pods on the bridge %s reach each other past every policy (%zu %s address%s: "
		     "%s%s), since %s: run `%ssysctl -w %s=1`",
		     bridge->name, count, family_text(family), plural(count, "", "es"), names.text,
		     and_more(count),
		     value ? "br_netfilter is not loaded"
			   : arena_printf(check->arena, "%s is 0", setting),
		     value ? "modprobe br_netfilter && " : "", setting);
	return false;
}

#define TAGGED "net.bridge.bridge-nf-filter-vlan-tagged"

/* Checks what passes from port to port of a bridge although the hook sees its frames. */
static void check_ports(struct preflight *check, const struct link *bridge)
{
	if (read_setting(TAGGED) == 0)
		diag_warning(
			check->diags, nowhere,
			"pods on the bridge %s that may send raw frames (CAP_NET_RAW) reach each "
			"other past every policy with frames that bear a VLAN tag, since %s is 0: "
			"run `sysctl -w %s=1`",
			bridge->name, TAGGED, TAGGED);
	diag_note(check->diags, nowhere,
		  "policies know a pod by its address, but nothing binds addresses to the ports of "
		  "the bridge %s: pods there that may send raw frames or add addresses can take "
		  "those of other pods there, and an address that they add is not isolated",
		  bridge->name);
}

/*
 * Checks pods that are on the network of a link of the node itself.  So are children of that link
 * (macvlan, ipvlan), which speak to each other past the node.  Where pods have addresses of the
 * nodes' network, pods of other nodes look the same.
 */
static void check_on_link(struct preflight *check, const struct link *link, enum family family,
			  const struct route *routes)
{
	struct string names = {0};
	size_t count = 0;

	for (size_t i = 0; i < check->pod_count[family]; i++)
		if (routes[i].exists && !routes[i].is_default && !routes[i].is_own &&
		    routes[i].direct && routes[i].link == link->index &&
		    routes[i].prefix < 8 * family_len(family))
			name_pod(check, &names, count++, family, &check->pods[family][i]);
	if (count)
		diag_warning(check->diags, nowhere,
			     "%zu enforced %s address%s on the network of the link %s (%s%s), "
			     "which is no "
			     "bridge: pods of this node there (macvlan, ipvlan, SR-IOV) reach each "
			     "other past "
			     "every policy%s",
			     count, family_text(family), plural(count, " is", "es are"), link->name,
			     names.text, and_more(count),
			     check->only_own ? "" : "; --node NAME leaves out those of other nodes");
}

/* Notes what is true of the enforced addresses that have no route, or only the default route. */
static void check_reach(struct preflight *check, enum family family, const struct route *routes,
			bool by_default)
{
	size_t asked = check->pod_count[family], count = 0;
	struct string names = {0};

	for (size_t i = 0; i < asked; i++)
		if (by_default ? routes[i].exists && routes[i].is_default : !routes[i].exists)
			name_pod(check, &names, count++, family, &check->pods[family][i]);
	if (!count)
		return;
	diag_note(check->diags, nowhere, "%zu of %s%zu enforced %s address%s (%s%s) %s%s", count,
		  asked < check->total[family] ? "the first " : "", asked, family_text(family),
		  plural(asked, "", "es"), names.text, and_more(count),
		  by_default ? "can only be reached by the default route, as pods of other nodes are"
			     : "cannot be reached, since no route leads there",
		  check->only_own ? ": is this the node that --node names?"
				  : ": --node NAME enforces only this node's pods");
}

/*
 * *filtered gets, for each link, whether there are pods on this bridge whose frames the hook sees.
 */
static void check_routes(struct preflight *check, struct kernel_socket *socket,
			 const struct links *links, enum family family, bool *filtered)
{
	size_t count = check->pod_count[family];
	struct route *routes = arena_array(check->arena, count, sizeof(*routes));

	for (size_t i = 0; i < count; i++)
		/* An address for which there is no answer counts as one without a route. */
		(void)kernel_route_to(socket, family, check->pods[family][i].bytes, &routes[i]);
	for (size_t i = 0; i < links->count; i++) {
		if (links->items[i].bridge)
			filtered[i] |= check_bridge(check, &links->items[i], family, routes);
		else
			check_on_link(check, &links->items[i], family, routes);
	}
	check_reach(check, family, routes, false);
	check_reach(check, family, routes, true);
}

/* The name of a link's own setting, as sysctl(8) writes it. */
static const char *strictness_of(struct preflight *check, const char *link)
{
	char *name = arena_printf(check->arena, "net.ipv4.conf.%s.rp_filter", link);

	for (char *c = name + strlen("net.ipv4.conf.");
	     c < name + strlen(name) - strlen(".rp_filter"); c++)
		*c = *c == '.' ? '/' : *c;
	return name;
}

/*
 * Checks rp_filter: if that setting of the link or of all links is 1, the kernel drops packets that
 * come in by a link by which it would not send the answer.
 */
static void check_strictness(struct preflight *check, const struct link *link)
{
	const char *setting = strictness_of(check, link->name);
	const int own = read_setting(setting), all = read_setting("net.ipv4.conf.all.rp_filter");

	if ((own > all ? own : all) == 1)
		diag_warning(check->diags, nowhere,
			     "what comes from outside by the link %s is dropped although policies "
			     "allow it, since the default route by another link comes first and "
			     "rp_filter is 1 (strict): run `sysctl -w %s=2`",
			     link->name, setting);
}

static bool leads_by(const struct default_routes *ways, uint32_t link, uint32_t up_to_metric)
{
	for (size_t i = 0; i < ways->count; i++)
		if (ways->items[i].link == link && ways->items[i].metric <= up_to_metric)
			return true;
	return false;
}

/* Checks for several ways out of the node, where answers need not take the way of the question. */
static void check_ways(struct preflight *check, struct kernel_socket *socket,
		       const struct links *links, enum family family)
{
	struct default_routes ways = {0};
	struct string names = {0};
	uint32_t first = UINT32_MAX;
	size_t count = 0;

	if (!check->total[family] || kernel_ways(check->arena, socket, family, &ways))
		return;
	for (size_t i = 0; i < ways.count; i++)
		first = ways.items[i].metric < first ? ways.items[i].metric : first;
	for (size_t i = 0; i < links->count; i++)
		if (leads_by(&ways, links->items[i].index, UINT32_MAX))
			arena_append(check->arena, &names, "%s%s", count++ ? ", " : "",
				     links->items[i].name);
	if (count < 2)
		return;
	diag_note(check->diags, nowhere,
		  "%s has default routes by several links (%s): where only one direction of a "
		  "connection passes this node, its answers are judged as if they began one",
		  family_text(family), names.text);
	for (size_t i = 0; i < links->count && family == V4; i++)
		if (leads_by(&ways, links->items[i].index, UINT32_MAX) &&
		    !leads_by(&ways, links->items[i].index, first))
			check_strictness(check, &links->items[i]);
}

static void check_network(struct preflight *check, bool forced)
{
	struct kernel_socket *socket = kernel_route_open();
	struct links links = {0};
	bool *filtered;

	if (!socket || kernel_links(check->arena, socket, &links)) {
		diag_warning(check->diags, nowhere,
			     "links and routes cannot be read (%s): IPVS mode, bridges and routes "
			     "to the pods were not checked",
			     strerror(errno));
	} else {
		check_ipvs(check, &links, forced);
		filtered = arena_array(check->arena, links.count, sizeof(*filtered));
		for (enum family family = V4; family < FAMILIES; family++)
			check_routes(check, socket, &links, family, filtered);
		for (enum family family = V4; family < FAMILIES; family++)
			check_ways(check, socket, &links, family);
		for (size_t i = 0; i < links.count; i++)
			if (filtered[i])
				check_ports(check, &links.items[i]);
	}
	kernel_close(socket);
}

int preflight(struct arena *arena, const struct ruleset *ruleset,
	      struct preflight_options options, struct diags *diags)
{
	struct preflight check = {
		.arena = arena,
		.ruleset = ruleset,
		.diags = diags,
		.only_own = options.only_own,
	};
	size_t before = diags->errors;

	for (enum family family = V4; family < FAMILIES; family++)
		find_pods(&check, family);
	check_tables(&check);
	for (enum family family = V4; family < FAMILIES; family++)
		if (check.total[family]) {
			check_forwarding(&check, family);
			check_legacy(&check, family);
		}
	check_network(&check, options.forced);
	return diags->errors > before ? -1 : 0;
}
