/* See matrix.h. */
#include "matrix.h"

const char *matrix(struct arena *arena, const struct world *world, const struct np2nft_view *view,
		   bool *isolated, struct diags *diags)
{
	(void)arena, (void)world, (void)view, (void)diags;
	*isolated = true;
	return "";
}
