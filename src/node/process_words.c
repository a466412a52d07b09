/* Reads the name of a process from its entry in /proc. */
#include "node/process_words.h"

#include "base/arena.h"
#include "base/text.h"

#include <stdio.h>

const char *process_text(struct arena *arena, long pid)
{
	FILE *comm = fopen(arena_printf(arena, "/proc/%ld/comm", pid), "re");
	char name[64] = "";

	if (comm) {
		if (!fgets(name, sizeof(name), comm))
			*name = '\0';
		fclose(comm);
	}
	name[strcspn(name, "\n")] = '\0';
	return *name ? arena_printf(arena, "process %ld (%s)", pid, text_plain(arena, name))
		     : arena_printf(arena, "process %ld", pid);
}
