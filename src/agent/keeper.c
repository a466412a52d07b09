/* Tries to lock the agent's file again and again: no call waits for a lock and for a signal at once. */
#include "agent/keeper.h"

#include "agent/clock.h"
#include "base/arena.h"
#include "node/apply_record.h"

#include <poll.h>

/* Another agent is waited for so long, and looked for so often, in milliseconds. */
#define WAIT  10000
#define PAUSE 100

int keeper_take(const char *table, int signals, int *keeper, struct diags *diags)
{
	const long long due = clock_milliseconds() + WAIT;
	struct pollfd reader = {.fd = signals, .events = POLLIN};
	struct arena *arena = arena_new();
	bool kept, is_over = false;

	for (;;) {
		*keeper = state_keep(arena, table, &kept, diags);
		if (!kept || is_over || clock_milliseconds() > due)
			break;
		is_over = poll(&reader, 1, PAUSE) > 0;
	}
	arena_free(arena);
	if (!kept || is_over)
		return kept && is_over;
	diag_error(diags, (struct mark){0},
		   "another agent keeps the table inet %s of this network namespace: end it first",
		   table);
	return -1;
}
