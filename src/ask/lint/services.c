/* Services are filed under their namespace and the first label of their selector. */
#include "ask/lint/services.h"

#include "base/arena.h"
#include "resolve/match.h"

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
	struct service_list *lists; /* by number of the card */
	size_t count;
	struct service_addr *addrs[FAMILIES]; /* sorted */
	size_t addr_count[FAMILIES];
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

static void take_addresses(const struct lint *lint, const struct service *service)
{
	struct service_index *index = lint->services;

	for (size_t i = 0; i < service->cluster_ip_count; i++) {
		const struct addr *from = &service->cluster_ips[i];
		struct service_addr addr = {.service = service};

		memcpy(addr.bytes, from->bytes, sizeof(addr.bytes));
		arena_push(lint->arena, index->addrs[from->family], index->addr_count[from->family],
			   addr);
	}
}

static int compare_addresses(const void *a, const void *b)
{
	const struct service_addr *x = a, *y = b;
	int order = memcmp(x->bytes, y->bytes, sizeof(x->bytes));

	return order ? order : (x->service > y->service) - (x->service < y->service);
}

void lint_prepare_services(struct lint *lint)
{
	struct service_index *index = arena_alloc(lint->arena, sizeof(*index));

	lint->services = index;
	index->namespaces.arena = index->cards.arena = lint->arena;
	for (size_t i = 0; i < lint->objects->service_count; i++) {
		if (lint->objects->services[i].selector_count)
			file_service(lint, (uint32_t)i);
		take_addresses(lint, &lint->objects->services[i]);
	}
	for (enum family family = V4; family < FAMILIES; family++)
		if (index->addr_count[family])
			qsort(index->addrs[family], index->addr_count[family],
			      sizeof(struct service_addr), compare_addresses);
}

const struct service_addr *lint_service_within(const struct lint *lint, const struct cidr *cidr)
{
	const struct service_addr *addrs = lint->services->addrs[cidr->base.family];
	const size_t count = lint->services->addr_count[cidr->base.family];
	const struct range range = cidr_range(cidr);
	size_t low = 0, high = count;

	while (low < high) {
		size_t middle = low + (high - low) / 2;

		if (memcmp(addrs[middle].bytes, range.first, 16) < 0)
			low = middle + 1;
		else
			high = middle;
	}
	return low < count && memcmp(addrs[low].bytes, range.last, 16) <= 0 ? &addrs[low] : NULL;
}

bool lint_is_between_services(const struct lint *lint, const struct cidr *cidr)
{
	const struct service_addr *addrs = lint->services->addrs[cidr->base.family];
	const size_t count = lint->services->addr_count[cidr->base.family];
	const struct range range = cidr_range(cidr);

	return count && memcmp(addrs[0].bytes, range.first, 16) <= 0 &&
	       memcmp(range.last, addrs[count - 1].bytes, 16) <= 0;
}

static bool selects(const struct service *service, const struct pod *pod)
{
	for (size_t i = 0; i < service->selector_count; i++) {
		const struct requirement requirement = {.key = service->selector[i].key,
							.op = OP_IN,
							.values = &service->selector[i].value,
							.count = 1};

		if (!requirement_holds(&requirement, pod->labels, pod->label_count))
			return false;
	}
	return true;
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

			if (selects(service, pod) && !visit(lint, service, pod, context))
				return;
		}
	}
}
