/*
 * Finds ipBlocks that contain addresses for which they are not meant.
 *
 * A block matches the address that a packet has. A pod has the address that it was given today. No
 * packet has the address of a Service, because it was translated to a pod's address before policies
 * see the packet.
 */
#include "ask/lint/crowd.h"
#include "ask/lint/services.h"
#include "ask/lint/within.h"
#include "ask/lint/finding_words.h"
#include "base/arena.h"

/* The API server accepts Service ranges of at most so many host bits.  */
#define SERVICE_BITS 20

/* A block of at most so many host bits is meant for the very address that it contains.  */
#define NARROW_BITS 4

static void leaves_nothing(struct lint *lint, const struct check *check,
			   const struct lint_place *place)
{
	char text[CIDR_TEXT];

	if (place->peer->kind != PEER_BLOCK || lint_remainder(lint, place->peer)->count)
		return;
	cidr_text(&place->peer->cidr, text);
	lint_add(lint, check, place->policy, place->peer->mark,
		 "remove the entry, or the except that is too much",
		 "the excepts take all of %s: this entry lets nothing %s", text,
		 lint_way_text(place->direction));
}

void check_except_leaves_nothing(struct lint *lint, const struct check *check)
{
	lint_each_peer(lint, check, leaves_nothing);
}

/*
 * How many pods have addresses in the block.  If it has all addresses, nobody means pods by it, and
 * 0 is returned.
 */
static size_t pods_held(const struct lint *lint, const struct peer *peer, uint32_t *lowest)
{
	if (peer->kind != PEER_BLOCK || !peer->cidr.prefix)
		return 0;
	return lint_count_in_block(lint, peer, lowest);
}

static void covers_pods(struct lint *lint, const struct check *check,
			const struct lint_place *place)
{
	uint32_t lowest = 0;
	size_t count = pods_held(lint, place->peer, &lowest);
	char text[CIDR_TEXT];

	if (!count)
		return;
	cidr_text(&place->peer->cidr, text);
	lint_add(lint, check, place->policy, place->peer->mark,
		 "to let pods in, select them by label; to keep them out, cut their addresses with "
		 "an except",
		 "%s holds addresses of pods (now %s), which change whenever a pod is replaced",
		 text, lint_pods_text(lint, lowest, count));
}

void check_block_covers_pods(struct lint *lint, const struct check *check)
{
	lint_each_peer(lint, check, covers_pods);
}

static void except_covers(struct lint *lint, const struct check *check,
			  const struct lint_place *place)
{
	uint32_t lowest = 0;

	if (place->peer->kind != PEER_BLOCK || pods_held(lint, place->peer, &lowest))
		return;
	for (size_t i = 0; i < place->peer->except_count; i++) {
		const struct cidr *except = &place->peer->excepts[i];
		size_t count = lint_count_in_cidr(lint, except, &lowest);
		char text[CIDR_TEXT];

		/* If an except contains all pods, only what is outside the cluster is meant.  */
		if (!count || !lint_has_outside(lint, except))
			continue;
		cidr_text(except, text);
		lint_add(lint, check, place->policy, place->peer->mark,
			 "no policy can deny single pods: let in by label those that shall pass, "
			 "and cut out the addresses of all pods",
			 "the except %s holds addresses of some pods (now %s), which change "
			 "whenever a pod is replaced",
			 text, lint_pods_text(lint, lowest, count));
	}
}

void check_except_covers_pods(struct lint *lint, const struct check *check)
{
	lint_each_peer(lint, check, except_covers);
}

/* The two halves of what is said about a block for Services.  */
struct service_words {
	const char *what, *remedy;
};

static struct service_words words_of(const struct lint *lint, const struct cidr *cidr,
				     const struct service_addr *found)
{
	char text[ADDR_TEXT];

	if (!found)
		return (struct service_words){
			"lies among the addresses of Services",
			"select the pods behind the Service by label, with their ports"};
	addr_text(cidr->base.family, found->bytes, text);
	return (struct service_words){
		arena_printf(lint->arena, "holds %s of the Service %s/%s", text,
			     found->service->namespace, found->service->name),
		found->service->selector_count
			? "select the pods behind the Service by label, with their ports"
			: "use the addresses of the Service's endpoints, and their ports"};
}

/* Could the block be meant for Services, and not for pods? */
static bool is_of_services(const struct lint *lint, const struct cidr *cidr,
			   struct service_words *words)
{
	const struct service_addr *found;
	uint32_t lowest;

	if (cidr->prefix + SERVICE_BITS < 8 * family_len(cidr->base.family))
		return false;
	found = lint_service_within(lint, cidr);
	if ((!found && !lint_is_between_services(lint, cidr)) ||
	    lint_count_in_cidr(lint, cidr, &lowest))
		return false;
	*words = words_of(lint, cidr, found);
	return true;
}

/*
 * An address by which a Service is reached from outside is translated within the cluster, too.  If
 * the block is wider, it may be meant for its other addresses.
 */
static void outer_address(struct lint *lint, const struct check *check,
			  const struct lint_place *place)
{
	const struct cidr *cidr = &place->peer->cidr;
	const struct service_addr *found = lint_service_outside(lint, cidr);
	const size_t bits = 8 * family_len(cidr->base.family) - cidr->prefix;
	struct service_words words;
	struct finding *finding;
	char text[CIDR_TEXT];

	if (place->direction == INGRESS || !found || bits > SERVICE_BITS)
		return;
	words = words_of(lint, cidr, found);
	cidr_text(cidr, text);
	finding =
		lint_add(lint, check, place->policy, place->peer->mark, words.remedy,
			 "%s %s: pods that call it call the pods behind it, because such addresses "
			 "are translated before any policy sees them",
			 text, words.what);
	if (bits > NARROW_BITS)
		finding->severity = DIAG_NOTE;
}

static void of_services(struct lint *lint, const struct check *check,
			const struct lint_place *place)
{
	struct service_words words;
	char text[CIDR_TEXT];

	if (place->peer->kind != PEER_BLOCK)
		return;
	outer_address(lint, check, place);
	if (is_of_services(lint, &place->peer->cidr, &words)) {
		cidr_text(&place->peer->cidr, text);
		lint_add(lint, check, place->policy, place->peer->mark, words.remedy,
			 "%s %s: such addresses are translated before any policy sees them", text,
			 words.what);
		return;
	}
	for (size_t i = 0; i < place->peer->except_count; i++) {
		if (!is_of_services(lint, &place->peer->excepts[i], &words))
			continue;
		cidr_text(&place->peer->excepts[i], text);
		lint_add(lint, check, place->policy, place->peer->mark,
			 "remove it; who shall not reach a Service must not reach its pods",
			 "the except %s %s: such addresses are translated before any policy sees "
			 "them",
			 text, words.what);
	}
}

void check_service_range(struct lint *lint, const struct check *check)
{
	lint_each_peer(lint, check, of_services);
}
