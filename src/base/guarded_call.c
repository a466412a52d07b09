/* The current call of the thread, the list of what it holds, and the jump back when it fails. */
#include "base/guarded_call.h"

#include "base/must.h"

#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

static _Thread_local struct call *current;

void call_begin(struct call *call)
{
	call->failure = FAILURE_NONE;
	call->where = NULL;
	call->undos = NULL;
	call->outer = current;
	current = call;
}

void call_end(struct call *call)
{
	while (call->undos)
		undo_never(call->undos);
	current = call->outer;
}

static void give_all_back(struct call *call)
{
	while (call->undos) {
		struct undo *undo = call->undos;

		undo_never(undo);
		undo->give_back(undo->thing);
	}
}

_Noreturn void call_fail(enum failure failure, const char *where)
{
	if (!current) {
		fprintf(stderr, "np2nft: %s\n",
			failure == FAILURE_MEMORY ? "out of memory" : where);
		_Exit(2);
	}
	give_all_back(current);
	current->failure = failure;
	current->where = where;
	longjmp(current->began, 1);
}

_Noreturn void must_fail(const char *where)
{
	call_fail(FAILURE_BUG, where);
}

void *call_checked(void *memory)
{
	if (!memory)
		call_fail(FAILURE_MEMORY, NULL);
	return memory;
}

void undo_later(struct undo *undo, void (*give_back)(void *thing), void *thing)
{
	undo->give_back = give_back;
	undo->thing = thing;
	undo->at = NULL;
	if (!current)
		return;
	undo->next = current->undos;
	if (undo->next)
		undo->next->at = &undo->next;
	undo->at = &current->undos;
	current->undos = undo;
}

void undo_never(struct undo *undo)
{
	if (!undo->at)
		return;
	*undo->at = undo->next;
	if (undo->next)
		undo->next->at = undo->at;
	undo->at = NULL;
}

void undo_fd(void *thing)
{
	close(*(const int *)thing);
}

void undo_memory(void *thing)
{
	free(thing);
}
