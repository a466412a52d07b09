/*
 * Changes of elements alone: in which phase each belongs.
 *
 * In:  a difference.
 * Out: for each set and phase the elements that go and come; or that it cannot be done so.
 */
#ifndef NP2NFT_CHANGE_ELEMENTS_H
#define NP2NFT_CHANGE_ELEMENTS_H

#include "change/diff.h"
#include "change/transition.h"

/* By phase, and by set that differs. */
struct element_changes {
	struct picked *gone[PHASE_SWEEP + 1], *come[PHASE_SWEEP + 1];
};

/*
 * Whether changes of elements, one phase after the other, keep each packet's verdict that of the old or
 * of the new ruleset: not if a verdict or a range changes, a map would run full, or addresses change
 * together that ask for each other (change/addresses.h).
 */
bool elements_suffice(struct arena *arena, const struct difference *difference,
		      struct element_changes *changes);

/*
 * Sets of pairs alone (`always`: a pod and itself).  They are met only where the pod is isolated and
 * nothing else lets the packet in, so these elements come before any isolation (PHASE_PREPARE) and go after
 * it (PHASE_SWEEP); one that only gets another comment does both at once (PHASE_TIGHTEN).
 */
void elements_of_pairs(struct arena *arena, const struct difference *difference,
		       struct element_changes *changes);

/* A set of the picked elements alone, with the name of theirs. */
const struct set *picked_set(struct arena *arena, const struct picked *picked);

#endif
