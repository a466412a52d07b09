/*
 * What the policies of each end let through, by class, for as many ends as there are.
 *
 * In:  a world.
 * Out: for two classes the ports on which the one reaches the other; and for each class, whom its policies tell apart.
 *
 * The hard idea: a packet passes two chains, that of its sender and that of its receiver, and each looks at the other
 * end only through the few sets that it looks up.  To a chain nearly all ends are alike: they are in none of its sets,
 * or a set has nearly all of them.  So a chain has one answer for all who are as most are, and one for each of those
 * who are in a set that most are not in, or not in one that most are in: they stand out.  The cost is that of the
 * sets, not of all pairs.
 */
#ifndef NP2NFT_ASK_SIDES_H
#define NP2NFT_ASK_SIDES_H

#include "ask/decided.h"
#include "ask/pairs.h"

struct sides;

/*
 * Lives in @arena.  Numbers are those of @ports, which two worlds with the same surroundings may share, and of
 * @deciders (NULL: nobody asks who decides).
 */
struct sides *sides_new(struct arena *arena, const struct world *world, struct ports *ports,
			struct deciders *deciders);

size_t sides_class_count(const struct sides *sides);

/* What the policies of one end alone let through: of @to (@direction INGRESS), or of @from. */
uint32_t sides_one(const struct sides *sides, enum direction direction, enum family family,
		   uint32_t from, uint32_t to);

/*
 * In which way the policies of the one end see the other: others that are seen in the same way are let through by the
 * same rules.
 */
uint32_t sides_view(const struct sides *sides, enum direction direction, enum family family,
		    uint32_t from, uint32_t to);

/*
 * Do policies of the class's own name peers that its chain does not look up, since it lets them through anyhow?  Then
 * others that it lets through alike may be let through by different rules.
 */
bool sides_pass_over(const struct sides *sides, enum direction direction, uint32_t class);

/* What passes in one family; PORTS_NONE if they do not have it in common. */
uint32_t sides_list(const struct sides *sides, enum family family, uint32_t from, uint32_t to);

/* What passes from a party of one class to a party, not itself, of the other. */
const struct passage *sides_passage(const struct sides *sides, uint32_t from, uint32_t to);

/* The same with those who decide, of sides that were made with deciders. */
const struct decided *sides_decided(const struct sides *sides, uint32_t from, uint32_t to);

/*
 * What the class's own policies say in the direction to those who do not stand out: classes with the same number are
 * answered alike by all for whom none of them stands out, and have addresses of the same families.
 */
uint32_t sides_usual(const struct sides *sides, enum direction direction, uint32_t class);

/* Do a class of one world and a class of another say the same to those who stand out in neither? */
bool sides_have_same_usual(struct sides *const sides[AGES], enum direction direction,
			   const uint32_t classes[AGES]);

/* Classes, each once; valid until the next call. */
struct class_list {
	const uint32_t *items;
	size_t count;
};

/*
 * Who stands out for the class: those whom its policies of the direction tell apart, and those whose policies of the
 * other direction tell it apart.
 */
struct class_list sides_standing_out(struct sides *sides, enum direction direction, uint32_t class);

/* Those whom its own policies of the direction tell apart. */
struct class_list sides_told_apart(struct sides *sides, enum direction direction, uint32_t class);

#endif
