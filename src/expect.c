/* See expect.h. */
#include "expect.h"

const char *expect(struct arena *arena, const struct world *world, enum np2nft_format format,
		   size_t *failed, struct diags *diags)
{
	(void)arena, (void)world, (void)format, (void)diags;
	*failed = 0;
	return "";
}
