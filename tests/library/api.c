/*
 * Tests what include/np2nft.h promises apart from texts: input from memory, a verdict as data,
 * results that say why, and options that may grow.  It is compiled as a program of somebody else
 * would be, and prints each promise that does not hold.
 */
#include "np2nft.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static int failed;

#define HOLDS(condition)                                                                           \
	do {                                                                                       \
		if (!(condition)) {                                                                \
			printf("line %d: %s does not hold\n", __LINE__, #condition);               \
			failed = 1;                                                                \
		}                                                                                  \
	} while (0)

#define POD(name, ip)                                                                              \
	"{\"apiVersion\": \"v1\", \"kind\": \"Pod\", \"metadata\": {\"name\": \"" name             \
	"\", \"namespace\": \"shop\", \"labels\": {\"app\": \"" name                               \
	"\"}}, \"spec\": {\"containers\": [{\"name\": \"c\"}]}, \"status\": {\"phase\": "          \
	"\"Running\", \"podIP\": \"" ip "\", \"podIPs\": [{\"ip\": \"" ip "\"}]}}"

static const char policy[] = "apiVersion: networking.k8s.io/v1\n"
			     "kind: NetworkPolicy\n"
			     "metadata: {name: db, namespace: shop}\n"
			     "spec:\n"
			     "  podSelector: {matchLabels: {app: db}}\n"
			     "  ingress:\n"
			     "    - from: [{podSelector: {matchLabels: {app: web}}}]\n"
			     "      ports: [{port: 5432}]\n";

struct text {
	char bytes[1 << 16];
	size_t len;
};

static int take(void *context, const char *bytes, size_t len)
{
	struct text *text = context;

	if (len >= sizeof(text->bytes) - text->len)
		return -1;
	memcpy(text->bytes + text->len, bytes, len);
	text->bytes[text->len += len] = '\0';
	return 0;
}

static int refuse(void *context, const char *bytes, size_t len)
{
	(void)context, (void)bytes, (void)len;
	return 1;
}

/* Reads a text from memory that the caller overwrites at once. */
static enum np2nft_result read_copy(struct np2nft *n, const char *text)
{
	const size_t len = strlen(text);
	char *copy = malloc(len), name[] = "memory";
	enum np2nft_result result;

	memcpy(copy, text, len);
	result = np2nft_read_memory(n, name, copy, len);
	memset(copy, 'x', len);
	memset(name, 'x', strlen(name));
	free(copy);
	return result;
}

static struct np2nft *new_shop(void)
{
	const struct np2nft_options options = {.details = true};
	struct np2nft *n = np2nft_new(&options);

	HOLDS(read_copy(n, POD("web", "10.0.0.1")) == NP2NFT_OK);
	HOLDS(read_copy(n, POD("db", "10.0.0.2")) == NP2NFT_OK);
	HOLDS(read_copy(n, policy) == NP2NFT_OK);
	return n;
}

/* Objects may be read one at a time, or all of them in one text; the ruleset is the same. */
static void objects_come_from_memory(void)
{
	static struct text one_by_one, at_once;
	struct np2nft *n = new_shop(), *same;
	char all[sizeof(policy) + 4096];

	HOLDS(np2nft_print(n, take, &one_by_one) == NP2NFT_FAILED);
	HOLDS(np2nft_compile(n) == NP2NFT_OK && np2nft_print(n, take, &one_by_one) == NP2NFT_OK);
	np2nft_free(n);
	snprintf(all, sizeof(all), "%s---\n%s\n---\n%s\n", policy, POD("db", "10.0.0.2"),
		 POD("web", "10.0.0.1"));
	same = np2nft_new(&(struct np2nft_options){0});
	HOLDS(read_copy(same, all) == NP2NFT_OK && np2nft_compile(same) == NP2NFT_OK);
	HOLDS(np2nft_print(same, take, &at_once) == NP2NFT_OK);
	HOLDS(strstr(at_once.bytes, "10.0.0.2") && !strcmp(one_by_one.bytes, at_once.bytes));
	np2nft_free(same);
}

static void objects_must_go_together(void)
{
	struct np2nft *n = new_shop();

	HOLDS(read_copy(n, POD("web", "10.0.0.3")) == NP2NFT_OK);
	HOLDS(np2nft_compile(n) == NP2NFT_FAILED && np2nft_diagnostic_count(n) == 1);
	HOLDS(!strcmp(np2nft_diagnostic(n, 0)->file, "memory"));
	np2nft_free(n);
}

static void a_verdict_is_data(void)
{
	const struct np2nft_explanation *said;
	const struct np2nft_answer *answer;
	const struct np2nft_rule *rule;
	struct np2nft *n = new_shop();

	HOLDS(np2nft_ask(n, "shop/web", "shop/db", "5432", &said) == NP2NFT_OK);
	answer = said->answers[0];
	HOLDS(said->allowed && said->answer_count == 1 && answer->allowed && !answer->only_if);
	HOLDS(answer->ipv4 && !answer->ipv6 && !strcmp(answer->port, "5432/TCP"));
	HOLDS(!answer->egress->isolated && answer->ingress->isolated);
	HOLDS(np2nft_ask(n, "shop/web", "shop/db", "22", &said) == NP2NFT_OK && !said->allowed);
	answer = said->answers[0];
	HOLDS(answer->ingress->policy_count == 1 && answer->ingress->policies[0]->rule_count == 1);
	HOLDS(!strcmp(answer->ingress->policies[0]->name, "db") &&
	      answer->ingress->policies[0]->line == 3);
	rule = answer->ingress->policies[0]->rules[0];
	HOLDS(!rule->allows && rule->misses_port && !rule->misses_peer && rule->line == 7);
	HOLDS(rule->why && strstr(rule->why, "5432"));
	/* A question that cannot be answered does not disturb the next one. */
	HOLDS(np2nft_ask(n, "shop/nobody", "shop/db", "22", &said) == NP2NFT_FAILED);
	HOLDS(np2nft_ask(n, "shop/web", "shop/db", "5432", &said) == NP2NFT_OK && said->allowed);
	np2nft_free(n);
}

static const char tiers[] = "apiVersion: policy.networking.k8s.io/v1alpha2\n"
			    "kind: ClusterNetworkPolicy\n"
			    "metadata: {name: lockdown}\n"
			    "spec:\n"
			    "  tier: Admin\n"
			    "  priority: 7\n"
			    "  subject: {namespaces: {}}\n"
			    "  ingress:\n"
			    "  - {name: web, action: Pass, from: [{namespaces: {}}],\n"
			    "     protocols: [{tcp: {destinationPort: {number: 5432}}}]}\n"
			    "  - {action: Deny, from: [{namespaces: {}}]}\n";

static void a_verdict_knows_tiers(void)
{
	const struct np2nft_explanation *said;
	const struct np2nft_side *side;
	struct np2nft *n = new_shop();

	HOLDS(read_copy(n, tiers) == NP2NFT_OK);
	HOLDS(np2nft_ask(n, "shop/web", "shop/db", "5432", &said) == NP2NFT_OK && said->allowed);
	HOLDS(!said->answers[0]->egress->tier_count &&
	      !strcmp(said->answers[0]->egress->decided_by, "default"));
	side = said->answers[0]->ingress;
	HOLDS(side->tier_count == 1 && !strcmp(side->decided_by, "NetworkPolicy"));
	HOLDS(!strcmp(side->tiers[0]->says, "Pass") && side->tiers[0]->decided_by->number == 1);
	HOLDS(np2nft_ask(n, "shop/web", "shop/db", "22", &said) == NP2NFT_OK && !said->allowed);
	side = said->answers[0]->ingress;
	HOLDS(!strcmp(side->decided_by, "Admin") && side->tiers[0]->asked);
	HOLDS(!strcmp(side->tiers[0]->says, "Deny") && !side->tiers[0]->tied_with);
	HOLDS(side->tiers[0]->decided_by->priority == 7 && side->tiers[0]->decided_by->line == 11 &&
	      !strcmp(side->tiers[0]->decided_by->policy, "lockdown"));
	HOLDS(side->tiers[0]->near_count == 1 &&
	      !strcmp(side->tiers[0]->near_rules[0]->name, "web") &&
	      side->tiers[0]->near_rules[0]->why);
	np2nft_free(n);
}

static void results_say_why(void)
{
	static struct text text;
	struct np2nft *n = new_shop();
	bool allowed;

	HOLDS(np2nft_explain(n, "shop/web", "shop/db", "22", NP2NFT_TEXT, refuse, NULL, &allowed) ==
		      NP2NFT_WRITE_FAILED &&
	      np2nft_diagnostic_count(n) == 0);
	HOLDS(np2nft_explain(n, "shop/web", "shop/db", "22", NP2NFT_SVG, take, &text, &allowed) ==
		      NP2NFT_FAILED &&
	      np2nft_diagnostic_count(n) == 1 && text.len == 0);
	np2nft_free(n);
	n = np2nft_new(&(struct np2nft_options){0});
	HOLDS(read_copy(n, policy) == NP2NFT_OK);
	HOLDS(np2nft_explain(n, "shop/web", "shop/db", "22", NP2NFT_TEXT, take, &text, &allowed) ==
		      NP2NFT_FAILED &&
	      np2nft_diagnostic_count(n) == 1);
	np2nft_free(n);
}

/* A program of an older header has a shorter structure, one of a newer header a longer one. */
static void options_may_grow(void)
{
	struct {
		struct np2nft_options known;
		long added;
	} longer = {{.table = "other"}, 0};
	static struct text text;
	struct np2nft *n = np2nft_new_sized(&longer.known, sizeof(longer));

	HOLDS(read_copy(n, policy) == NP2NFT_OK && np2nft_compile(n) == NP2NFT_OK);
	HOLDS(np2nft_print(n, take, &text) == NP2NFT_OK && strstr(text.bytes, "table inet other"));
	np2nft_free(n);
	longer.added = 1;
	n = np2nft_new_sized(&longer.known, sizeof(longer));
	HOLDS(np2nft_compile(n) == NP2NFT_FAILED && np2nft_diagnostic_count(n) == 1);
	np2nft_free(n);
	n = np2nft_new_sized(&longer.known, sizeof(const char *));
	HOLDS(np2nft_compile(n) == NP2NFT_OK);
	text.len = 0;
	HOLDS(np2nft_print(n, take, &text) == NP2NFT_OK && strstr(text.bytes, "table inet np2nft"));
	np2nft_free(n);
}

int main(void)
{
	objects_come_from_memory();
	objects_must_go_together();
	a_verdict_is_data();
	a_verdict_knows_tiers();
	results_say_why();
	options_may_grow();
	return failed;
}
