/* Tests what lower/names.h promises about the names of chains and sets. */
#include "unit.h"

#include "lower/lower.h"
#include "lower/names.h"
#include "model/words.h"
#include "resolve/resolve.h"
#include "ruleset/ruleset.h"

/* These excepts fill the room for a name to the last character. */
#define LONG                                                                                       \
	"10.10.0.1/32, 10.10.1.1/32, 10.10.2.1/32, 10.10.3.1/32, 10.10.4.1/32, 10.10.5.1/32, "     \
	"10.10.6.1/32, 10.10.7.1/32, 10.10.8.1/32, 10.10.9.1/32, 10.11.0.1/32"
#define WIDE "a-label-s-key-of-almost-63-characters-abcdefghijklmnopqrstuv"

/* These peers, in YAML, were made to be mistaken for each other. */
static const char *const peers[] = {
	"podSelector: {}",
	"namespaceSelector: {}",
	"{namespaceSelector: {}, podSelector: {matchLabels: {a: v}}}",
	"namespaceSelector: {matchLabels: {kubernetes.io/metadata.name: other}}",
	"namespaceSelector: {matchLabels: {kubernetes.io/metadata.name: Other}}",
	"namespaceSelector: {matchLabels: {kubernetes.io/metadata.name: any}}",
	"namespaceSelector: {matchLabels: {kubernetes.io/metadata.name: ''}}",
	"namespaceSelector: {matchLabels: {kubernetes.io/metadata.name: a.b}}",
	"namespaceSelector: {matchLabels: {a: v}}",
	"podSelector: {matchLabels: {a: v}}",
	"podSelector: {matchLabels: {a: ''}}",
	"podSelector: {matchLabels: {a: v, b: v}}",
	"podSelector: {matchLabels: {a: v__b_v}}",
	"podSelector: {matchLabels: {a_v__b: v}}",
	"podSelector: {matchLabels: {a_v: b}}",
	"podSelector: {matchLabels: {a: v_b}}",
	"podSelector: {matchExpressions: [{key: a, operator: Exists}]}",
	"podSelector: {matchExpressions: [{key: a_v, operator: Exists}]}",
	"podSelector: {matchExpressions: [{key: a, operator: DoesNotExist}]}",
	"podSelector: {matchExpressions: [{key: not.a, operator: Exists}]}",
	"podSelector: {matchExpressions: [{key: not.a, operator: DoesNotExist}]}",
	"podSelector: {matchExpressions: [{key: a, operator: In, values: [v, w]}]}",
	"podSelector: {matchExpressions: [{key: a, operator: In, values: [v, w_x]}]}",
	"podSelector: {matchExpressions: [{key: a, operator: In, values: [v_w, x]}]}",
	"podSelector: {matchLabels: {a.in: v}}",
	"podSelector: {matchLabels: {a.in: v_w}}",
	"podSelector: {matchExpressions: [{key: a, operator: NotIn, values: [v]}]}",
	"podSelector: {matchExpressions: [{key: a, operator: NotIn, values: [v, w]}]}",
	"podSelector: {matchLabels: {a.notin: v}}",
	"podSelector: {matchLabels: {a: v}, matchExpressions: [{key: b, operator: Exists}]}",
	/* There is a slash in a key, and one between namespaces and pods. */
	"{namespaceSelector: {matchExpressions: [{key: a, operator: Exists}]}, podSelector: "
	"{matchLabels: {b: v}}}",
	"namespaceSelector: {matchLabels: {a/b: v}}",
	"{namespaceSelector: {matchLabels: {a: v}}, podSelector: {matchExpressions: [{key: b/c, "
	"operator: Exists}]}}",
	"{namespaceSelector: {matchLabels: {a: v}}, podSelector: {matchExpressions: [{key: b, "
	"operator: Exists}]}}",
	"podSelector: {matchLabels: {a/b: v}}",
	"podSelector: {matchLabels: {" WIDE ".a: v, " WIDE ".b: v, " WIDE ".c: v, " WIDE ".d: v}}",
	"podSelector: {matchLabels: {" WIDE ".a: v, " WIDE ".b: v, " WIDE ".c: v, " WIDE ".d: w}}",
	"ipBlock: {cidr: 0.0.0.0/0}",
	"ipBlock: {cidr: '::/0'}",
	"ipBlock: {cidr: '::/128'}",
	"ipBlock: {cidr: '::1/128'}",
	"ipBlock: {cidr: '1::/128'}",
	"ipBlock: {cidr: '::102:304/128'}",
	"ipBlock: {cidr: '::1:2:3:4/128'}",
	"ipBlock: {cidr: '1:2:3:4::/128'}",
	"ipBlock: {cidr: 10.0.0.0/8}",
	"ipBlock: {cidr: 10.0.0.0/9}",
	"ipBlock: {cidr: 10.0.0.0/8, except: [10.1.0.0/16]}",
	"ipBlock: {cidr: 10.0.0.0/8, except: [10.1.0.0/16, 10.2.0.0/16]}",
	/* The last except is beyond what a name without a hash may hold. */
	"ipBlock: {cidr: 10.0.0.0/8, except: [" LONG "]}",
	"ipBlock: {cidr: 10.0.0.0/8, except: [" LONG ", 10.12.0.1/32]}",
	"ipBlock: {cidr: 10.0.0.0/8, except: [" LONG ", 10.13.0.1/32]}",
};

/* Writes selectors over few keys and values, so that they resemble each other. */
static void write_selector(FILE *out, unsigned least)
{
	static const char *const keys[] = {"a",   "b",  "a.b",   "a/b",  "b/a",
					   "a_b", "in", "not.a", "a.in", "any"};
	static const char *const values[] = {"",     "a",          "b",  "a_b",
					     "a__b", "and-1-more", "in", "a.b"};
	static const char *const operators[] = {"In", "NotIn", "Exists", "DoesNotExist"};

	fputs("{matchExpressions: [", out);
	for (unsigned i = dice(3) + least; i > 0; i--) {
		unsigned op = dice(4);

		fprintf(out, "{key: %s, operator: %s", keys[dice(COUNT(keys))], operators[op]);
		fputs(", values: [", out);
		for (unsigned k = op < 2 ? 1 + dice(2) : 0; k > 0; k--)
			fprintf(out, "'%s', ", values[dice(COUNT(values))]);
		fputs("]}, ", out);
	}
	fputs("]}", out);
}

static void write_peers(FILE *out, const char *side)
{
	for (size_t i = 0; i < COUNT(peers); i++)
		fprintf(out, "  - ports: [{port: 80}, {port: http}]\n    %s:\n    - %s\n", side,
			peers[i]);
	for (int i = 0; i < 400; i++) {
		fprintf(out, "  - %s: [{namespaceSelector: ", side);
		write_selector(out, 0);
		fputs(", podSelector: ", out);
		write_selector(out, 1);
		fputs("}]\n", out);
	}
}

/* Writes a policy whose name is @width characters long; its rules follow. */
static void write_policy(FILE *out, const char *namespace, const char *name, int width, int number)
{
	fprintf(out, "---\napiVersion: networking.k8s.io/v1\nkind: NetworkPolicy\n");
	fprintf(out, "metadata: {name: %s%0*d, namespace: %s}\nspec:\n", name, width, number,
		namespace);
	fprintf(out, "  podSelector: {matchExpressions: [{key: p%d, operator: Exists}]}\n", number);
}

static void write_pod(FILE *out, unsigned number)
{
	fprintf(out, "---\napiVersion: v1\nkind: Pod\nmetadata:\n  name: p%0*u\n",
		number % 2 ? 1 : 200, number);
	fprintf(out, "  namespace: %s\n  labels: {", number % 3 ? "default" : "other");
	for (unsigned k = 0; k < 8; k++)
		if (dice(2))
			fprintf(out, "p%u: '', ", k);
	fprintf(out, "}\nspec: {containers: [{ports: [{name: http, containerPort: %u}]}]}\n",
		80 + dice(3));
	fprintf(out, "status: {podIPs: [{ip: 10.0.0.%u}, {ip: 'fd00::%u'}]}\n", number, number);
}

/*
 * Makes one policy with all peers in both directions, more policies with long names, and pods under
 * some of them.
 */
static char *make_cluster(bool with_pods)
{
	char *text;
	size_t len;
	FILE *out = open_memstream(&text, &len);

	dice_state = 1;
	write_policy(out, "default", "a", 1, 0);
	fputs("  ingress:\n", out);
	write_peers(out, "from");
	fputs("  egress:\n  - ports: [{port: http}, {port: http, protocol: UDP}, {port: deny}]\n",
	      out);
	write_peers(out, "to");
	for (int i = 1; i < 8; i++) {
		write_policy(out, i % 3 ? "default" : "other", i % 2 ? "deny" : "a.b",
			     i < 4 ? 1 : 230, i);
		fputs("  ingress:\n  - ports: [{port: http}, {port: tcp}, {port: 80}]\n"
		      "    from: [podSelector: {}]\n",
		      out);
		for (unsigned k = 0; k < 20; k++)
			fprintf(out,
				"  - ports: [{port: %u, endPort: %u, protocol: %s}]\n"
				"    from: [ipBlock: {cidr: 10.%u.0.0/16}]\n",
				1 + dice(100), 101 + dice(100), dice(2) ? "TCP" : "SCTP", k);
	}
	for (unsigned i = 0; with_pods && i < 100; i++)
		write_pod(out, i);
	fclose(out);
	return text;
}

static struct resolved *resolve_cluster(struct arena *arena, bool with_pods)
{
	char *text = make_cluster(with_pods);
	struct objects *objects = unit_objects(arena, text);

	free(text);
	return resolve(arena, objects, NULL);
}

static bool is_legal(const char *name)
{
	return ((*name | 0x20) >= 'a' && (*name | 0x20) <= 'z') && strlen(name) <= NAME_MAX_LEN &&
	       strspn(name,
		      "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789/\\-_.") ==
		       strlen(name);
}

/* Fails if the name is not legal, or known already. */
static void take_name(struct table *names, const char *name, const char *what)
{
	bool added;

	ck_assert_msg(is_legal(name), "%s for %s", name, what);
	table_add(names, name, strlen(name), &added);
	ck_assert_msg(added, "%s is also the name for %s", name, what);
}

START_TEST(each_definition_has_a_name_of_its_own)
{
	struct arena *arena = arena_new();
	const struct resolved *resolved = resolve_cluster(arena, false);
	struct table names = {.arena = arena};

	ck_assert_uint_gt(resolved->definition_count, 300);
	for (uint32_t i = 0; i < resolved->definition_count; i++) {
		const struct definition *definition = &resolved->definitions[i];

		for (enum family family = V4; family < FAMILIES; family++)
			if (definition_has(definition, family))
				take_name(
					&names,
					name_set(arena, resolved, &i, 1, definition->kind, family),
					definition->text);
	}
	arena_free(arena);
}
END_TEST

START_TEST(each_union_has_a_name_of_its_own)
{
	struct arena *arena = arena_new();
	const struct resolved *resolved = resolve_cluster(arena, false);
	struct table names = {.arena = arena};
	uint32_t last = 0;

	/* Names the sets of each two neighbours, for pods only. */
	for (uint32_t i = 0; i < resolved->definition_count; i++) {
		uint32_t few[] = {last, i};

		if (resolved->definitions[i].kind != DEFINITION_PODS)
			continue;
		if (last && resolved->definitions[last].kind == DEFINITION_PODS)
			take_name(&names, name_set(arena, resolved, few, 2, DEFINITION_PODS, V4),
				  resolved->definitions[i].text);
		last = i;
	}
	arena_free(arena);
}
END_TEST

START_TEST(names_do_not_depend_on_pods)
{
	struct arena *arena = arena_new();
	const struct resolved *without = resolve_cluster(arena, false);
	const struct resolved *with = resolve_cluster(arena, true);

	ck_assert_uint_eq(without->addr_count[V4], 0);
	ck_assert_uint_gt(with->addr_count[V4], 0);
	ck_assert_uint_eq(without->definition_count, with->definition_count);
	for (uint32_t i = 0; i < without->definition_count; i++)
		ck_assert_str_eq(name_set(arena, without, &i, 1, without->definitions[i].kind, V4),
				 name_set(arena, with, &i, 1, with->definitions[i].kind, V4));
	arena_free(arena);
}
END_TEST

static bool has_tail(const char *name, const char *tail)
{
	const size_t len = strlen(name), end = strlen(tail);

	return len > end && !strcmp(name + len - end, tail);
}

/* Checks that a name says to people what the chain knows without it. */
static void check_chain(struct arena *arena, const struct ruleset *ruleset,
			const struct chain *chain)
{
	const struct group *group = chain->group;
	const char *direction = group ? direction_text(group->direction) : "";

	ck_assert_int_eq(chain->tally == TALLY_DENIED, has_tail(chain->name, "/deny"));
	ck_assert_int_eq(chain->tally == TALLY_AUDITED, has_tail(chain->name, "/audit"));
	ck_assert_int_eq(group != NULL, !strncmp(chain->name, "ingress/", 8) ||
						!strncmp(chain->name, "egress/", 7));
	ck_assert(!strncmp(chain->name, direction, strlen(direction)));
	if (group && strlen(chain->name) < 100)
		ck_assert_ptr_nonnull(
			strstr(chain->name, name_policies_of(arena, ruleset->resolved, group)));
	if (chain->tally == TALLY_DENIED && group)
		ck_assert_int_eq(chain_decider(chain), DECIDER_POLICIES);
}

START_TEST(chains_know_what_they_were_made_for)
{
	struct arena *arena = arena_new();
	const struct lower_options options = {.table = "np2nft"};
	const struct ruleset *ruleset = lower(arena, resolve_cluster(arena, true), &options);
	size_t denying = 0;

	for (size_t i = 0; i < ruleset->chain_count; i++) {
		check_chain(arena, ruleset, &ruleset->chains[i]);
		denying += ruleset->chains[i].tally == TALLY_DENIED && ruleset->chains[i].group;
	}
	ck_assert_uint_gt(denying, 2);
	arena_free(arena);
}
END_TEST

START_TEST(a_ruleset_has_each_name_once)
{
	for (int with_pods = 0; with_pods < 2; with_pods++) {
		struct arena *arena = arena_new();
		const struct lower_options options = {.table = "np2nft"};
		const struct ruleset *ruleset =
			lower(arena, resolve_cluster(arena, with_pods), &options);
		struct table sets = {.arena = arena}, chains = {.arena = arena};

		for (size_t i = 0; i < ruleset->set_count; i++)
			take_name(&sets, ruleset->sets[i].name, ruleset->sets[i].comment);
		for (size_t i = 0; i < ruleset->chain_count; i++) {
			const struct chain *chain = &ruleset->chains[i];

			take_name(&chains, chain->name, "a chain");
			ck_assert(!chain->comment || strlen(chain->comment) <= COMMENT_MAX_LEN);
		}
		for (size_t i = 0; i < ruleset->set_count; i++) {
			const struct set *set = &ruleset->sets[i];

			ck_assert(!set->comment || strlen(set->comment) <= COMMENT_MAX_LEN);
			for (size_t k = 0; set->comments && k < set->count; k++)
				ck_assert(!set->comments[k] ||
					  strlen(set->comments[k]) <= COMMENT_MAX_LEN);
		}
		arena_free(arena);
	}
}
END_TEST

UNIT_MAIN("names", each_definition_has_a_name_of_its_own, each_union_has_a_name_of_its_own,
	  names_do_not_depend_on_pods, chains_know_what_they_were_made_for,
	  a_ruleset_has_each_name_once)
