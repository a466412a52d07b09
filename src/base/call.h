/*
 * One call of the library, and how it ends early: no fault of ours ends the caller's process.
 *
 * When memory runs out, or a state is met that cannot be, call_fail() jumps back to the function of
 * np2nft.c that the caller called, which returns the reason.  Nothing in between has to hand the
 * failure up.  What is held meanwhile and lies in no arena (a file, a socket, memory of malloc(),
 * an arena itself) says how to give it back: undo_later() when it is had, undo_never() when it is
 * given back or out of danger.
 *
 * In:  failures, from any depth.  Out: a return to where the call began, everything given back.
 *
 * The current call is the thread's.  Where there is no call (in tests) a failure ends the process.
 */
#ifndef NP2NFT_BASE_CALL_H
#define NP2NFT_BASE_CALL_H

#include <setjmp.h>

enum failure { FAILURE_NONE, FAILURE_MEMORY, FAILURE_BUG };

struct undo {
	void (*give_back)(void *thing);
	void *thing;
	struct undo *next, **at; /* in the list of the current call; @at is NULL if in none */
};

struct call {
	jmp_buf began;
	enum failure failure;
	const char *where;  /* FAILURE_BUG: what did not hold */
	struct undo *undos; /* the newest first */
	struct call *outer; /* the call in which a callback of the caller makes this one */
};

/* Makes @call the thread's current call; setjmp(call->began) must follow at once. */
void call_begin(struct call *call);

/* The call is over, by itself or by a failure; what is held by now stays. */
void call_end(struct call *call);

/* Gives back what the current call holds, and returns to where it began. */
_Noreturn void call_fail(enum failure failure, const char *where);

/* @memory, which a function of the C library or of another library returned; NULL ends the call. */
void *call_checked(void *memory);

/*
 * @undo must live until undo_never(), or until the call ends.  What was had last is given back first,
 * each by itself: what holds another thing with an undo of its own does not give that back, too.
 */
void undo_later(struct undo *undo, void (*give_back)(void *thing), void *thing);
void undo_never(struct undo *undo);

/* Ways to give back: the file descriptor that @thing points to, and memory of malloc(). */
void undo_fd(void *thing);
void undo_memory(void *thing);

#endif
