/*
 * One call of the library, and how it ends early: no fault of ours ends the caller's process.
 *
 * When memory runs out, or a state is met that cannot be, call_fail() jumps back to the public
 * function that the caller called, which returns the reason.  Nothing in between has to hand the
 * failure up.  Code that holds something outside of an arena meanwhile (a file, a socket, memory of
 * malloc(), an arena itself) says with undo_later() how to give it back, and calls undo_never()
 * when it has given it back or handed it on.
 *
 * In:  a failure, at any depth.  Out: a return to where the call began, with everything given back.
 *
 * Each thread has its own current call.  Without a current call, as in tests, a failure ends the
 * process.
 */
#ifndef NP2NFT_BASE_GUARDED_CALL_H
#define NP2NFT_BASE_GUARDED_CALL_H

#include <setjmp.h>

enum failure { FAILURE_NONE, FAILURE_MEMORY, FAILURE_BUG };

struct undo {
	void (*give_back)(void *thing);
	void *thing;
	/* its place in the list of the current call; @at is NULL if it is in no list */
	struct undo *next, **at;
};

struct call {
	jmp_buf began;
	enum failure failure;
	const char *where;  /* of FAILURE_BUG: the condition that did not hold */
	struct undo *undos; /* a list, the newest first */
	struct call *outer; /* the call whose callback made this call; NULL: none */
};

/* Makes @call the thread's current call.  setjmp(call->began) must follow at once. */
void call_begin(struct call *call);

/*
 * Ends the call, whether it succeeded or failed.  What undo_later() still lists is not given back.
 */
void call_end(struct call *call);

/* Gives back everything that the current call holds, and returns to where the call began. */
_Noreturn void call_fail(enum failure failure, const char *where);

/*
 * Returns @memory, which a function of the C library or of another library returned; if it is NULL,
 * the call fails for lack of memory.
 */
void *call_checked(void *memory);

/*
 * Registers how to give @thing back if the call fails.  @undo must live until undo_never(), or
 * until the call ends.  Undos run in reverse order, and each stands alone: if a thing contains
 * another that has its own undo, @give_back must not give back that one, too.
 */
void undo_later(struct undo *undo, void (*give_back)(void *thing), void *thing);
void undo_never(struct undo *undo);

/*
 * These are for undo_later(): the first closes the file descriptor that @thing points to, the
 * second frees memory of malloc().
 */
void undo_fd(void *thing);
void undo_memory(void *thing);

#endif
