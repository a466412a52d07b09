/*
 * What Kubernetes takes for a name, a label or a port's name.
 *
 * In:  text.  Out: whether its API server takes it.
 */
#ifndef NP2NFT_MODEL_SYNTAX_H
#define NP2NFT_MODEL_SYNTAX_H

#include <stdbool.h>

bool is_label_key(const char *text);
bool is_annotation_key(const char *text); /* the same, but case does not matter */
bool is_label_value(const char *text);
bool is_dns_label(const char *text);     /* RFC 1123, 63 characters */
bool is_dns_subdomain(const char *text); /* RFC 1123, 253 characters */
bool is_port_name(const char *text);     /* RFC 6335, 15 characters */

/*
 * A domain name as a peer of a cluster policy: it has at least two labels.  "*." may stand before
 * them, and a dot behind them.
 */
bool is_domain_name(const char *text);

#endif
