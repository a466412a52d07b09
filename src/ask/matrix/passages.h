/*
 * What passes between two classes of parties, for as many pairs as there are.
 *
 * In:  a world.
 * Out: for two classes, ports; equal answers are the same pointer.
 *
 * The hard idea: a packet passes two chains, that of its sender and that of its receiver, and each looks at
 * the other end only through the few sets that it looks up.  So each chain is asked once for every way to be
 * in those sets, and an answer for two classes is what both their chains let through.
 */
#ifndef NP2NFT_ASK_MATRIX_PASSAGES_H
#define NP2NFT_ASK_MATRIX_PASSAGES_H

#include "ask/reach.h"

/* What passes; where it does not depend on the address family, `only` is empty. */
struct passage {
	struct reach reach;             /* in every family that both ends have */
	struct reach only[FAMILIES];    /* besides, in this one alone */
	uint32_t numbers[1 + FAMILIES]; /* of these lists, among those kept */
};

/* All answers so far. */
struct passages;

/* Lives in @arena, as the answers do. */
struct passages *passages_new(struct arena *arena, const struct world *world);

/* From a party of one class to a party, not itself, of the other. */
const struct passage *passages_between(struct passages *passages, uint32_t from, uint32_t to);

/*
 * Lists of ports are kept, each once, and have numbers; that of everything is 0, that of nothing 1.
 */
#define PASSAGES_EVERYTHING 0
#define PASSAGES_NOTHING    1
#define PASSAGES_NONE       UINT32_MAX /* no list: no address of the family */
uint32_t passages_keep(struct passages *passages, struct reach ports);
struct reach passages_ports(const struct passages *passages, uint32_t number);
uint32_t passages_minus(struct passages *passages, uint32_t a, uint32_t b);

/* What passes in one family; PASSAGES_NONE if they do not have it in common. */
uint32_t passages_list(struct passages *passages, enum family family, uint32_t from, uint32_t to);

/* What the policies of one end alone let through: of @to (@direction INGRESS), or of @from. */
uint32_t passages_side(struct passages *passages, enum direction direction, enum family family,
		       uint32_t from, uint32_t to);

/* Of what passes in either family. */
const struct passage *passages_join(struct passages *passages, uint32_t v4, uint32_t v6);

/* What of it passes on these ports too. */
const struct passage *passages_common(struct passages *passages, const struct passage *passage,
				      uint32_t ports);

/* Does anything pass? */
bool passage_is_open(const struct passage *passage);

/* "80/TCP, ICMP"; "80/TCP, over IPv4 also 443/TCP"; "everything"; "nothing". */
const char *passage_text(struct arena *arena, const struct passage *passage);

#endif
