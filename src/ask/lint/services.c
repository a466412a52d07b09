/* Services are filed under their namespace and the first label of their selector.  */
#include "ask/lint/services.h"

#include "base/arena.h"
#include "base/search.h"
#include "model/meaning.h"

#include <stdlib.h>

struct service_card {
	uint32_t namespace;
	struct label label;
};

struct service_list {
	uint32_t *services; /* ascending */
	size_t count;
};

struct service_index {
	struct table namespaces, cards;
	struct service_list *lists; /* index: number of the card */
	size_t count;
	/* Addresses of Services, sorted.  */
	struct service_addrs {
		struct service_addr *items;
		size_t count;
	} within[FAMILIES], outer[FAMILIES];
};

static void file_service(const struct lint *lint, uint32_t number)
{
	struct service_index *index = lint->services;
	const struct service *service = &lint->objects->services[number];
	struct service_card card = {.label = *service->selector};
	bool added = false;
	uint32_t at;

	card.namespace = table_keep(&index->namespaces, service->namespace,
				    strlen(service->namespace), &added);
	added = false;
	at = table_add(&index->cards, &card, sizeof(card), &added);
	if (added)
		arena_push(lint->arena, index->lists, index->count, ((struct service_list){0}));
	arena_push(lint->arena, index->lists[at].services, index->lists[at].count, number);
}

static void take_addresses(const struct lint *lint, struct service_addrs *into,
			   const struct service *service, const struct addr *addrs, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		struct service_addrs *list = &into[addrs[i].family];
		struct service_addr addr = {.service = service};

		memcpy(addr.bytes, addrs[i].bytes, sizeof(addr.bytes));
		arena_push(lint->arena, list->items, list->count, addr);
	}
}

static int compare_addresses(const void *a, const void *b)
{
	const struct service_addr *x = a, *y = b;
	int order = memcmp(x->bytes, y->bytes, sizeof(x->bytes));

	return order ? order : (x->service > y->service) - (x->service < y->service);
}

static void sort_addresses(struct service_addrs *lists)
{
	for (enum family family = V4; family < FAMILIES; family++)
		if (lists[family].count)
			qsort(lists[family].items, lists[family].count,
			      sizeof(*lists[family].items), compare_addresses);
}

void lint_prepare_services(struct lint *lint)
{
	struct service_index *index = arena_alloc(lint->arena, sizeof(*index));

	lint->services = index;
	index->namespaces.arena = index->cards.arena = lint->arena;
	for (size_t i = 0; i < lint->objects->service_count; i++) {
		const struct service *service = &lint->objects->services[i];

		if (service->selector_count)
			file_service(lint, (uint32_t)i);
		take_addresses(lint, index->within, service, service->cluster_ips,
			       service->cluster_ip_count);
		take_addresses(lint, index->outer, service, service->outer_ips,
			       service->outer_ip_count);
	}
	sort_addresses(index->within);
	sort_addresses(index->outer);
}

/* The lowest of the sorted addresses that is in the block; NULL: none is.  */
static const struct service_addr *lowest_within(const struct service_addrs *list,
						const struct cidr *cidr)
{
	const struct range range = cidr_range(cidr);
	const size_t at =
		FIRST_WHERE(i, list->count, memcmp(list->items[i].bytes, range.first, 16) >= 0);

	return at < list->count && memcmp(list->items[at].bytes, range.last, 16) <= 0
		       ? &list->items[at]
		       : NULL;
}

const struct service_addr *lint_service_within(const struct lint *lint, const struct cidr *cidr)
{
	return lowest_within(&lint->services->within[cidr->base.family], cidr);
}

const struct service_addr *lint_service_outside(const struct lint *lint, const struct cidr *cidr)
{
	return lowest_within(&lint->services->outer[cidr->base.family], cidr);
}

bool lint_is_between_services(const struct lint *lint, const struct cidr *cidr)
{
	const struct service_addrs *list = &lint->services->within[cidr->base.family];
	const struct range range = cidr_range(cidr);

	return list->count && memcmp(list->items[0].bytes, range.first, 16) <= 0 &&
	       memcmp(range.last, list->items[list->count - 1].bytes, 16) <= 0;
}

void lint_each_service(const struct lint *lint, const struct pod *pod, service_visit visit,
		       void *context)
{
	const struct service_index *index = lint->services;
	struct service_card card = {.namespace = table_find(&index->namespaces, pod->namespace,
							    strlen(pod->namespace))};

	for (size_t i = 0; i < pod->label_count; i++) {
		const struct service_list *list;
		uint32_t at;

		card.label = pod->labels[i];
		at = table_find(&index->cards, &card, sizeof(card));
		list = at == TABLE_NONE ? NULL : &index->lists[at];
		for (size_t k = 0; list && k < list->count; k++) {
			const struct service *service = &lint->objects->services[list->services[k]];

			if (service_selects(service, pod) && !visit(lint, service, pod, context))
				return;
		}
	}
}
