/*
 * What the policies of each end let through, by class.
 *
 * In:  a world.  Out: for two classes the ports on which one reaches the other; and for each class,
 * the classes that its policies treat in a special way.
 *
 * The hard idea: a packet passes two chains, that of its sender and that of its receiver, and each
 * chain looks at the other end only through the few sets that it looks up.  For a chain, nearly all
 * ends are alike, because they are in none of its sets, or because a set has nearly all of them.
 * So a chain has one answer for most ends, and one for each end that stands out: that is in a set
 * in which most are not, or not in a set in which most are.  This costs as much as the sets are
 * large, not as much as there are pairs.
 */
#ifndef NP2NFT_ASK_ALIKE_SIDES_H
#define NP2NFT_ASK_ALIKE_SIDES_H

#include "ask/reach/decided.h"
#include "ask/alike/pairs.h"

struct sides;

/*
 * Makes them in @arena.  Numbers are those of @ports, which two worlds with the same surroundings
 * may share, and of @deciders (NULL: nobody asks who decides).
 */
struct sides *sides_new(struct arena *arena, const struct world *world, struct ports *ports,
			struct deciders *deciders);

size_t sides_class_count(const struct sides *sides);

/*
 * What the policies of one end alone let through: those of @to (@direction INGRESS), or of @from.
 */
uint32_t sides_one(const struct sides *sides, enum direction direction, enum family family,
		   uint32_t from, uint32_t to);

/*
 * A number for how the policies of one end see the other.  If it is the same for two others, the
 * same rules let them through.
 */
uint32_t sides_view(const struct sides *sides, enum direction direction, enum family family,
		    uint32_t from, uint32_t to);

/*
 * Do policies of the class name peers that its chain does not look up, because it lets them through
 * anyway? Then different rules may let through two others for which the chain has the same answer.
 */
bool sides_pass_over(const struct sides *sides, enum direction direction, uint32_t class);

/* What passes in one family; PORTS_NONE if they do not have it in common. */
uint32_t sides_list(const struct sides *sides, enum family family, uint32_t from, uint32_t to);

/* What passes from a party of one class to a party (not the same one) of the other. */
const struct passage *sides_passage(const struct sides *sides, uint32_t from, uint32_t to);

/* The same, with those who decide, if there are deciders. */
const struct decided *sides_decided(const struct sides *sides, uint32_t from, uint32_t to);

/*
 * A number for what the class's own policies say in the direction to those that do not stand out.
 * Classes with the same number get the same answers from everyone for whom none of them stands out,
 * and have addresses of the same families.
 */
uint32_t sides_usual(const struct sides *sides, enum direction direction, uint32_t class);

/*
 * Do a class of one world and a class of another say the same to those that stand out in neither?
 */
bool sides_have_same_usual(struct sides *const sides[AGES], enum direction direction,
			   const uint32_t classes[AGES]);

/* Classes without repetitions; valid until the next call. */
struct class_list {
	const uint32_t *items;
	size_t count;
};

/*
 * The classes that stand out for the class: those that its policies of the direction treat in a
 * special way, and those whose policies of the other direction treat it so.
 */
struct class_list sides_standing_out(struct sides *sides, enum direction direction, uint32_t class);

/* The classes that its own policies of the direction treat in a special way. */
struct class_list sides_told_apart(struct sides *sides, enum direction direction, uint32_t class);

#endif
