/*
 * Reads np2nft/v1 Expectations, which are np2nft's own kind, as strictly as the API server reads
 * its kinds; and the words for ends and ports, which the command line has in common with them.
 */
#ifndef NP2NFT_READ_EXPECTATION_H
#define NP2NFT_READ_EXPECTATION_H

#include "model/expectation.h"
#include "read/field.h"

#define OWN_API "np2nft/v1"

/* Adds its expectations to reader->objects.  Without details the document is only skipped. */
void expectations_read(struct reader *reader, const struct tree_node *object);

/*
 * Reads POD, NAMESPACE/POD, KIND/NAMESPACE/NAME (the kind in any case), an IP address or a CIDR.  A
 * POD without namespace is one of @namespace.  Returns NULL, or words that say what is wrong.
 * Words and copies live in @arena.
 */
const char *end_parse(struct arena *arena, const char *text, const char *namespace,
		      struct end *end);

/*
 * Reads ICMP, or NUMBER, NUMBER-NUMBER or NAME, which /PROTOCOL may follow (without it, TCP).
 * Returns what end_parse() does.
 */
const char *port_parse(struct arena *arena, const char *text, struct port *port);

/* What to add to the words that no port has this name, since ICMP in small letters is a name. */
const char *port_name_hint(const char *name);

#endif
