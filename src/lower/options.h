/* What the user may choose about a ruleset; everything else about it follows from the policies. */
#ifndef NP2NFT_LOWER_OPTIONS_H
#define NP2NFT_LOWER_OPTIONS_H

#include <stdbool.h>

struct lower_options {
	const char *table;
	bool reject; /* denied packets get an answer */
};

#endif
