/*
 * np2nft/v1 Expectations, our own kind, as strictly as the API server reads its own; and the words for
 * ends and ports that it shares with the command line.
 */
#ifndef NP2NFT_READ_EXPECTATION_H
#define NP2NFT_READ_EXPECTATION_H

#include "model/expectation.h"
#include "read/field.h"

#define OWN_API "np2nft/v1"

/* Adds its expectations to reader->objects; without details it is read over. */
void expectations_read(struct reader *reader, const struct node *object);

/*
 * Reads POD, NAMESPACE/POD, KIND/NAMESPACE/NAME (a kind in any case), an IP address or a CIDR.  A POD alone
 * is one of @namespace.  Returns NULL; or what is wrong, in words, in @arena, where copies live too.
 */
const char *end_parse(struct arena *arena, const char *text, const char *namespace,
		      struct end *end);

/*
 * Reads NUMBER, NUMBER-NUMBER or NAME, each with /PROTOCOL or without (TCP), or ICMP.  Returns as
 * end_parse() does.
 */
const char *port_parse(struct arena *arena, const char *text, struct port *port);

#endif
