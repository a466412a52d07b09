/*
 * What is drawn: nodes in boxes, and arrows for what policies let through.
 *
 * ask/graph/make_picture.h makes a picture, and the writers of DOT, SVG and HTML show it.
 *
 * The hard idea: most pairs reach each other because nobody forbids it, or because a policy lets
 * everyone in.  Such arrows would hide the others.  So an end that no policy isolates has no arrows
 * and is marked as open.  What an isolated end grants to everyone is one arrow, which begins or ends
 * at the node "anyone" (or "any pod").  What all nodes of a box have in common is one arrow of the
 * box.  A pair has an arrow of its own if more passes between the two than these arrows say.  What
 * cluster policies deny is drawn only if somebody asks for it, and in the same way: what is denied to
 * every pod is one arrow.
 */
#ifndef NP2NFT_ASK_GRAPH_PICTURE_H
#define NP2NFT_ASK_GRAPH_PICTURE_H

#include "ask/graph/nodes.h"
#include "ask/alike/sides.h"

enum arrow_change {
	KEPT,
	OPENED,
	CLOSED,
	DENIED, /* does not pass: a rule of a cluster policy denies it */
	CHANGES
};

/* A rule that lets a connection through, or that denies it.  */
struct graph_rule {
	const char *policy; /* "shop/db"; of a cluster policy, its name */
	const char *text;   /* the same; of a cluster policy, with everything about the rule */
	enum direction direction;
	const char *place; /* "policies.yaml:12:5" */
	const char *yaml;
};

struct graph_arrow {
	struct graph_end from, to;
	enum arrow_change change;
	uint32_t ports;        /* a number of picture.ports */
	const uint32_t *rules; /* indices to picture.rules, ascending */
	size_t rule_count;
	const char *note; /* what else explains the arrow; NULL: nothing does */
	const char *by; /* the tiers that decide: "Admin", "partly Baseline"; NULL: no tier does */
};

/* The names of policies: "shop/db", or that of a cluster policy.  */
struct graph_policies {
	const char **names;
	size_t count;
};

struct picture {
	struct graph_nodes nodes;
	/* index: node; it is drawn: it is a workload that was asked for, or an arrow is about it */
	bool *shown;
	struct ports *ports;
	struct sides *sides[AGES];
	struct deciders *deciders;  /* those of the sides; NULL: there are no cluster policies */
	struct graph_arrow *arrows; /* sorted by from, to and change */
	size_t arrow_count;
	struct graph_rule *rules;
	size_t rule_count;
	struct graph_policies *policies; /* index: node; those that isolate it */
	bool two;                        /* it shows what differs between two worlds */
};

#endif
