/*
 * What is drawn: nodes in boxes, and arrows for what policies let in.
 *
 * In:  a world, or two; what of it is asked for.
 * Out: a picture, which the writers of DOT, SVG and HTML show.
 *
 * The hard idea: most pairs reach each other because nobody forbids it, or because a policy lets everyone in.
 * Such arrows would hide the others.  So an end that no policy isolates has none and is marked as open; what
 * an isolated end grants to everyone is one arrow, from or to the node "anyone" (or "any pod"); and what all
 * of a box do is one arrow of the box.  The arrow of a pair is drawn where it passes more than these say.  What
 * cluster policies deny is drawn only where it is asked for, and in the same way: what is denied to every pod is one arrow.
 */
#ifndef NP2NFT_ASK_GRAPH_PICTURE_H
#define NP2NFT_ASK_GRAPH_PICTURE_H

#include "ask/graph/nodes.h"
#include "ask/sides.h"

enum arrow_change {
	KEPT,
	OPENED,
	CLOSED,
	DENIED, /* does not pass: a rule of a cluster policy denies it */
	CHANGES
};

/* A rule that lets it in, or that denies it. */
struct graph_rule {
	const char *policy; /* namespace/name; the name of a cluster policy */
	const char *text;   /* the same, of a cluster policy with all there is to say of its rule */
	enum direction direction;
	const char *place; /* file:line:column */
	const char *yaml;
};

struct graph_arrow {
	struct graph_end from, to;
	enum arrow_change change;
	uint32_t ports;        /* a number of picture.ports */
	const uint32_t *rules; /* indices to picture.rules, ascending */
	size_t rule_count;
	const char *note; /* what else there is to say of why; NULL: nothing */
	const char *by;   /* "Admin", "partly Baseline": tiers that decide; NULL: none does */
};

/* Names, namespace/name. */
struct graph_policies {
	const char **names;
	size_t count;
};

struct picture {
	struct graph_nodes nodes;
	bool *shown; /* by node: not only the rest of a namespace that no arrow is about */
	struct ports *ports;
	struct sides *sides[AGES];
	struct deciders *deciders;  /* of the sides; NULL: there are no cluster policies */
	struct graph_arrow *arrows; /* by from, to and change */
	size_t arrow_count;
	struct graph_rule *rules;
	size_t rule_count;
	struct graph_policies *policies; /* by node: those that isolate it */
	bool two;
};

#endif
