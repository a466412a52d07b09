/* See compare.h. */
#include "compare.h"

const char *compare(struct arena *arena, const struct world *old, const struct world *new,
		    enum np2nft_format format, size_t *opened, size_t *closed)
{
	(void)arena, (void)old, (void)new, (void)format;
	*opened = *closed = 0;
	return "";
}
