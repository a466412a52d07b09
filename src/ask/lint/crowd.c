/*
 * Looks pods up by labels through an index, and by address in a sorted list.
 *
 * Since there are many questions, the arrays for answers are made only once, as long as the longest
 * answer.
 */
#include "ask/lint/crowd.h"

#include "ask/world/labelled.h"
#include "ask/lint/within.h"
#include "base/arena.h"
#include "base/bits.h"
#include "base/numbers.h"
#include "base/search.h"
#include "model/meaning.h"

#include <stdlib.h>

struct crowd_book {
	struct labelled *labelled;
	const struct objects
		/*
		 * the objects of the input, but with the pods on their nodes' networks as the only
		 * pods
		 */
		*hosts;
	struct labelled *labelled_hosts;
	struct bits known;
	struct pod_addr *addrs[FAMILIES]; /* those of pods that run, sorted */
	size_t addr_count[FAMILIES];
	uint32_t *pods, *host_pods; /* they have room for any answer */
	/* keys: definitions that were asked for; the numbers are indices to meant */
	struct table texts;
	struct crowd_meant *meant;
	size_t meant_count;
	/*
	 * Index: class of parties. How many known parties, and how many others, were taken into the
	 * answer with this number.
	 */
	struct taken_pods {
		uint32_t answer;
		uint32_t parties[2];
	} * taken;
	uint32_t answers;
};

static void find_known(const struct lint *lint, struct crowd_book *book)
{
	const struct world *world = lint->world;

	book->known = bits_new(lint->arena, lint->objects->pod_count);
	for (uint32_t i = 0; i < world->party_count; i++) {
		const struct party *one = &world->parties[i];

		if (one->kind == PARTY_POD || one->kind == PARTY_WORKLOAD)
			bits_set(&book->known, one->pod);
	}
}

const struct party *lint_party(const struct lint *lint, uint32_t pod)
{
	return &lint->world->parties[lint->world->party_of[pod]];
}

bool lint_is_known(const struct lint *lint, uint32_t pod)
{
	return bits_has(&lint->crowds->known, pod);
}

/* A pod to come has no address yet, so that it can be in no block.  */
static void find_addresses(const struct lint *lint, struct crowd_book *book, enum family family)
{
	const struct resolved *resolved = lint->world->resolved;

	for (size_t i = 0; i < resolved->addr_count[family]; i++) {
		const struct party *party = lint_party(lint, resolved->addrs[family][i].pod);

		if (party->kind == PARTY_POD && party->known[family])
			arena_push(lint->arena, book->addrs[family], book->addr_count[family],
				   resolved->addrs[family][i]);
	}
}

/* Finds the pods on their nodes' networks, running or to come.  */
static void find_hosts(const struct lint *lint, struct crowd_book *book)
{
	const struct objects *objects = lint->objects;
	struct objects *hosts = arena_alloc(lint->arena, sizeof(*hosts));
	struct pod *pods = NULL;
	size_t count = 0;

	for (size_t i = 0; i < objects->host_pod_count; i++)
		arena_push(lint->arena, pods, count, objects->host_pods[i]);
	for (size_t i = 0; i < objects->workload_count; i++) {
		const struct workload *of = &objects->workloads[i];

		if (of->host_network)
			arena_push(lint->arena, pods, count,
				   ((struct pod){.namespace = of->namespace,
						 .name = of->name,
						 .mark = of->mark,
						 .labels = of->labels,
						 .label_count = of->label_count}));
	}
	if (count)
		qsort(pods, count, sizeof(*pods), pod_compare);
	*hosts = *objects;
	hosts->pods = pods;
	hosts->pod_count = count;
	book->hosts = hosts;
	book->labelled_hosts = labelled_new(lint->arena, hosts);
}

/*
 * Every cluster has this namespace with pods in it, so it is in the input if somebody asked for all
 * of a cluster.
 */
#define SYSTEM "kube-system"

static bool is_whole(const struct lint *lint)
{
	bool pods = lint_has_pods(lint, SYSTEM) || lint_has_host_pods(lint, SYSTEM);

	for (size_t i = 0; i < lint->objects->host_pod_count; i++)
		if (!strcmp(lint->objects->host_pods[i].namespace, SYSTEM))
			return true;
	for (size_t i = 0; pods && i < lint->objects->pod_count; i++)
		if (!strcmp(lint->objects->pods[i].namespace, SYSTEM) &&
		    lint_party(lint, (uint32_t)i)->kind == PARTY_POD)
			return true;
	return pods && lint_has_namespace(lint, SYSTEM);
}

void lint_prepare_crowds(struct lint *lint)
{
	struct crowd_book *book = arena_alloc(lint->arena, sizeof(*book));
	struct arena *arena = lint->arena;

	lint->crowds = book;
	book->labelled = labelled_new(arena, lint->objects);
	find_known(lint, book);
	for (enum family family = V4; family < FAMILIES; family++)
		find_addresses(lint, book, family);
	find_hosts(lint, book);
	book->pods = arena_array(arena, lint->objects->pod_count, sizeof(*book->pods));
	book->host_pods = arena_array(arena, book->hosts->pod_count, sizeof(*book->host_pods));
	book->taken = arena_array(arena, lint->world->class_count, sizeof(*book->taken));
	book->texts.arena = arena;
	lint->whole = is_whole(lint);
}

/*
 * Takes of each class two known parties and two others.  All parties of a class get the same
 * answers, and the second one shows what two of them are to each other.
 */
static void take_party(const struct lint *lint, struct crowd_meant *meant, uint32_t pod)
{
	struct crowd_book *book = lint->crowds;
	const uint32_t number = lint->world->party_of[pod];
	const struct party *party = &lint->world->parties[number];
	struct taken_pods *taken = &book->taken[party->class];
	const bool known = lint_is_known(lint, party->pod);

	if (taken->answer != book->answers)
		*taken = (struct taken_pods){.answer = book->answers};
	/* In a whole cluster there is no other namespace.  */
	if (taken->parties[known] == 2 || (party->kind == PARTY_ELSEWHERE && lint->whole) ||
	    (meant->party_count && meant->parties[meant->party_count - 1] == number))
		return;
	taken->parties[known]++;
	arena_push(lint->arena, meant->parties, meant->party_count, number);
}

static struct crowd_meant look_up(const struct lint *lint, const char *namespace,
				  const struct peer *peer)
{
	struct crowd_book *book = lint->crowds;
	struct crowd_meant meant = {0};
	size_t count = labelled_pods(book->labelled, namespace, peer, book->pods);

	book->answers++;
	for (size_t i = 0; i < count; i++) {
		take_party(lint, &meant, book->pods[i]);
		if (bits_has(&book->known, book->pods[i]) && !meant.count++)
			meant.first = book->pods[i];
	}
	if (book->hosts->pod_count)
		meant.on_hosts =
			labelled_pods(book->labelled_hosts, namespace, peer, book->host_pods) > 0;
	return meant;
}

/* The entry that means a policy's own pods.  */
static struct peer own_pods(const struct policy *policy)
{
	return (struct peer){.kind = PEER_PODS, .pods = policy->pods};
}

const struct crowd_meant *lint_meant(const struct lint *lint, const struct policy *policy,
				     const struct peer *peer)
{
	struct crowd_book *book = lint->crowds;
	const struct peer own = own_pods(policy);
	const char *text;
	bool added = false;
	uint32_t number;

	if (!peer)
		peer = &own;
	text = pods_in_words(lint->scratch, lint->objects, peer, policy->namespace);
	number = table_add(&book->texts, text, strlen(text), &added);
	if (added)
		arena_push(lint->arena, book->meant, book->meant_count,
			   look_up(lint, policy->namespace, peer));
	return &book->meant[number];
}

/*
 * The first of the sorted addresses that is not before these bytes; if @past is true, the first
 * that is behind them.
 */
static size_t first_from(const struct pod_addr *addrs, size_t count, const uint8_t *bytes,
			 bool past)
{
	return FIRST_WHERE(i, count, memcmp(addrs[i].bytes, bytes, 16) >= (past ? 1 : 0));
}

/* Where the addresses of the range begin among those of the pods, and where they end.  */
static size_t slice(const struct lint *lint, enum family family, const struct range *range,
		    size_t *end)
{
	const struct pod_addr *addrs = lint->crowds->addrs[family];
	const size_t count = lint->crowds->addr_count[family];

	*end = first_from(addrs, count, range->last, true);
	return first_from(addrs, count, range->first, false);
}

static size_t count_in(const struct lint *lint, enum family family, const struct range *ranges,
		       size_t range_count, uint32_t *lowest)
{
	size_t count = 0, end;

	for (size_t i = 0; i < range_count; i++) {
		size_t begin = slice(lint, family, &ranges[i], &end);

		if (!count && begin < end)
			*lowest = lint->crowds->addrs[family][begin].pod;
		count += end - begin;
	}
	return count;
}

size_t lint_count_in_block(const struct lint *lint, const struct peer *block, uint32_t *lowest)
{
	const struct remainder *left = lint_remainder(lint, block);

	return count_in(lint, block->cidr.base.family, left->ranges, left->count, lowest);
}

size_t lint_count_in_cidr(const struct lint *lint, const struct cidr *cidr, uint32_t *lowest)
{
	const struct range range = cidr_range(cidr);

	return count_in(lint, cidr->base.family, &range, 1, lowest);
}

bool lint_has_outside(const struct lint *lint, const struct cidr *cidr)
{
	const enum family family = cidr->base.family;
	const struct range range = cidr_range(cidr);
	size_t end, begin = slice(lint, family, &range, &end);

	return begin > 0 || end < lint->crowds->addr_count[family];
}

static struct crowd crowd_of_block(const struct lint *lint, const struct peer *block)
{
	const enum family family = block->cidr.base.family;
	const struct remainder *left = lint_remainder(lint, block);
	struct crowd crowd = {0};

	for (size_t i = 0; i < left->count; i++) {
		size_t end, at = slice(lint, family, &left->ranges[i], &end);

		for (; at < end; at++)
			arena_push(lint->scratch, crowd.pods, crowd.count,
				   lint->crowds->addrs[family][at].pod);
	}
	crowd.count = numbers_sort(crowd.pods, crowd.count);
	return crowd;
}

struct crowd lint_crowd(const struct lint *lint, const struct policy *policy,
			const struct peer *peer)
{
	const struct peer own = own_pods(policy);
	uint32_t *pods = lint->crowds->pods;
	struct crowd crowd = {0};
	size_t count;

	if (peer && peer->kind == PEER_BLOCK)
		return crowd_of_block(lint, peer);
	count = labelled_pods(lint->crowds->labelled, policy->namespace, peer ? peer : &own, pods);
	for (size_t i = 0; i < count; i++)
		if (lint_is_known(lint, pods[i]))
			arena_push(lint->scratch, crowd.pods, crowd.count, pods[i]);
	return crowd;
}

bool lint_means_one_of(const struct lint *lint, const struct policy *policy,
		       const struct peer *peer, const struct pod *pods, size_t count)
{
	for (size_t i = 0; i < count; i++)
		if (peer_means(lint->objects, peer, policy->namespace, &pods[i]))
			return true;
	return false;
}

/*
 * The first of the pods, which are sorted by namespace, whose namespace is this one or comes behind
 * it.
 */
static size_t first_pod_of(const struct pod *pods, size_t count, const char *namespace)
{
	return FIRST_WHERE(i, count, strcmp(pods[i].namespace, namespace) >= 0);
}

bool lint_has_pods(const struct lint *lint, const char *namespace)
{
	const struct objects *objects = lint->objects;
	size_t i = first_pod_of(objects->pods, objects->pod_count, namespace);

	for (; i < objects->pod_count && !strcmp(objects->pods[i].namespace, namespace); i++)
		if (lint_is_known(lint, (uint32_t)i))
			return true;
	return false;
}

bool lint_has_host_pods(const struct lint *lint, const char *namespace)
{
	const struct objects *hosts = lint->crowds->hosts;
	size_t i = first_pod_of(hosts->pods, hosts->pod_count, namespace);

	return i < hosts->pod_count && !strcmp(hosts->pods[i].namespace, namespace);
}

bool lint_has_namespace(const struct lint *lint, const char *name)
{
	return objects_namespace(lint->objects, name);
}

size_t lint_count_namespaces(const struct lint *lint, const struct selector *selector)
{
	const char *first;

	return labelled_namespaces(lint->crowds->labelled, selector, &first);
}

bool lint_knows(const struct lint *lint, const struct peer *peer)
{
	bool closed = lint->whole || peer->kind == PEER_BLOCK || !peer->namespaces;

	for (size_t i = 0; !closed && i < peer->namespaces->count; i++)
		closed = peer->namespaces->requirements[i].op == OP_IN ||
			 peer->namespaces->requirements[i].op == OP_EXISTS;
	return closed;
}

bool lint_is_closed(const struct lint *lint, const struct policy *policy, const struct peer *peer)
{
	const char *namespace;

	if (lint->whole || peer->kind == PEER_BLOCK)
		return true;
	namespace = peer_namespace(lint->objects, peer, policy->namespace);
	return namespace && lint_has_pods(lint, namespace);
}
