/*
 * A compilation, `struct np2nft` of np2nft.h, as the files behind that header see it; and what each of their
 * functions begins and ends with.
 *
 * A call may be ended early from far below, when memory runs out or when a state is found that must not be
 * (base/call.h).  BEGIN_CALL() is where such a call comes back to, so that the caller's process lives on.
 */
#ifndef NP2NFT_FACE_COMPILATION_H
#define NP2NFT_FACE_COMPILATION_H

#include "base/call.h"
#include "base/diag.h"
#include "lower/closed.h"
#include "model/objects.h"
#include "np2nft.h"

struct arena;
struct reader;
struct ruleset;
struct world;

struct np2nft {
	struct arena *arena; /* this value lives in it too */
	struct np2nft_options options;
	struct diags diags;
	struct objects objects;
	struct reader *reader;
	bool is_unfinished; /* something was read that is not checked yet */
	const char **paths; /* that were read */
	size_t path_count;
	bool is_wrong;                 /* what was read has errors */
	struct closed_ranges closed;   /* options.closed */
	bool closed_by_node;           /* options.closed is the word for the node's own ranges */
	const struct ruleset *ruleset; /* NULL until compiled */
	const struct world *world;     /* NULL until asked of */
	enum np2nft_result broken;     /* what ended an earlier call; NP2NFT_OK: nothing did */
	const char *bug;               /* NP2NFT_BUG: where */
	struct np2nft_diagnostic told; /* the last that was asked for */
	struct np2nft_stats stats;
};

/* Ends the call, whichever way the function is left that began it. */
void end_call(struct call *call);

/* Keeps what ended @call early; from now on every function of @n returns that. */
enum np2nft_result break_off(struct np2nft *n, const struct call *call);

/*
 * The first statement of every function that may fail: from here on, whatever ends the call early
 * (base/call.h) returns from this function, and nothing more is done with the compilation.
 */
/* clang-format off */
#define BEGIN_CALL(n)                                                                              \
	struct call call __attribute__((cleanup(end_call)));                                       \
	call_begin(&call);                                                                         \
	if ((n)->broken)                                                                           \
		return (n)->broken;                                                                \
	if (setjmp(call.began))                                                                    \
		return break_off((n), &call)
/* clang-format on */

/* Adds the error @why, and returns NP2NFT_FAILED. */
enum np2nft_result fail_call(struct np2nft *n, const char *why);

/* The error of functions that want np2nft_compile() before them. */
extern const char nothing_compiled[];

/* What a function returns after it wrote, which returned @failed. */
enum np2nft_result written(int failed);

/* Writes an answer, if there is anything in it; without one (@answer is NULL) there is a diagnostic already. */
enum np2nft_result write_answer(const char *answer, np2nft_writer write, void *context);

/*
 * Copies a structure of the caller's, who may know an earlier or a later form of it than we do: what the caller
 * does not know is left as it is in @ours.  False: the caller asks for something that we do not know.
 */
bool copy_known(void *ours, size_t our_size, const void *theirs, size_t their_size);

/* Forgets what was made of the objects that were read so far, since more follow. */
void begin_reading(struct np2nft *n);

/* Checks what was read as a whole, unless that is done; NP2NFT_FAILED if anything that was read has errors. */
enum np2nft_result finish_reading(struct np2nft *n);

#endif
