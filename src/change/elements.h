/*
 * Puts changes of elements into phases.
 *
 * In:  a difference.  Out: for each set and phase, the elements that go and come; or the answer
 * that no order of phases suffices.
 */
#ifndef NP2NFT_CHANGE_ELEMENTS_H
#define NP2NFT_CHANGE_ELEMENTS_H

#include "change/diff.h"
#include "change/plan.h"

/* The elements, by phase and by set that differs. */
struct element_changes {
	struct picked *gone[PHASE_SWEEP + 1], *come[PHASE_SWEEP + 1];
};

/*
 * Does each packet meet the verdict of the old or of the new ruleset if elements change phase by
 * phase? It does not if a verdict or a range changes, if a map would run full meanwhile, or if
 * addresses that depend on each other change together (change/address_effects.h).
 */
bool elements_suffice(struct arena *arena, const struct difference *difference,
		      struct element_changes *changes);

/*
 * Puts the elements of sets of pairs into phases (those of `always`: a pod and itself).  Packets
 * meet these sets only where the pod is isolated and nothing else lets them in, so the elements
 * come before any isolation (PHASE_PREPARE) and go after it (PHASE_SWEEP).  An element that only
 * gets another comment is replaced at once (PHASE_TIGHTEN).
 */
void elements_of_pairs(struct arena *arena, const struct difference *difference,
		       struct element_changes *changes);

/* Makes a set that has only the picked elements, and the name of the set that they are from. */
const struct set *picked_set(struct arena *arena, const struct picked *picked);

#endif
