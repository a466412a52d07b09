/*
 * Comparisons in a rule: of an address with prefixes, and of a protocol and ports.
 *
 * In:  a decoder that stands behind the load from the packet.  Out: what is compared, in the decoder; at
 * the end of the rule, the set that stands for it.
 */
#ifndef NP2NFT_KERNEL_RULE_COMPARISON_H
#define NP2NFT_KERNEL_RULE_COMPARISON_H

#include "kernel/rule_decoder.h"

/* Finds the address field of which a load reads the first bytes; returns false if there is none. */
bool comparison_address(const struct decoder *decoder, const struct expression *load,
			enum field *field);

/*
 * Decodes the comparison of an address with a prefix: of the whole address, of its first bytes, or
 * under a mask.
 */
bool comparison_prefix(struct decoder *decoder, enum field field, size_t len);

/*
 * Makes the set that stands for such comparisons (set_is_block()); returns false if the rule also
 * reads something else.
 */
bool comparison_make_block(struct decoder *decoder);

/*
 * Decodes a comparison with one port, or with a range: two comparisons, or (nft 1.1.2 and newer)
 * one expression.
 */
bool comparison_ports(struct decoder *decoder);

/* Does the rule ask only for a protocol, and perhaps ports? */
bool comparison_is_all(const struct decoder *decoder);

/* Makes the map that stands for such a rule (set_is_comparison()). */
void comparison_make(struct decoder *decoder);

#endif
