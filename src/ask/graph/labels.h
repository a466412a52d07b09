/*
 * Puts labels of lines where they can be read: on their own line and, if possible, on nothing else.
 *
 * In:  a drawing, and the places of its items and lines.  Out: the places of the labels.
 */
#ifndef NP2NFT_ASK_GRAPH_LABELS_H
#define NP2NFT_ASK_GRAPH_LABELS_H

#include "ask/graph/drawing.h"
#include "ask/graph/arrange.h"

/* The room that a label takes, in points; its width is estimated from the number of its letters. */
double label_width(const char *label);
#define LABEL_HEIGHT 14

void set_labels_apart(struct arena *arena, const struct drawing *drawing, struct layout *layout);

#endif
