/*
 * Where labels of lines stand: on their own line, and on nothing else where that can be.
 *
 * In:  a drawing and the places of its items and lines.
 * Out: the places of the labels.
 */
#ifndef NP2NFT_ASK_GRAPH_LABELS_H
#define NP2NFT_ASK_GRAPH_LABELS_H

#include "ask/graph/drawing.h"
#include "ask/graph/layout.h"

/* What a label covers: its width, by the letter, and its height, in points. */
double label_width(const char *label);
#define LABEL_HEIGHT 14

void set_labels_apart(struct arena *arena, const struct drawing *drawing, struct layout *layout);

#endif
