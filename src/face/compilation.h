/*
 * The compilation, `struct np2nft` of np2nft.h, as the files of face/ see it; and how each public
 * function begins and ends.
 *
 * A call may end early from deep below, when memory runs out or when an impossible state is found
 * (base/guarded_call.h).  BEGIN_CALL() marks the place to which it then returns, so that the caller's
 * process lives on.
 */
#ifndef NP2NFT_FACE_COMPILATION_H
#define NP2NFT_FACE_COMPILATION_H

#include "base/guarded_call.h"
#include "base/diag.h"
#include "lower/closed_ranges.h"
#include "model/objects.h"
#include "np2nft.h"

struct arena;
struct reader;
struct ruleset;
struct world;

struct np2nft {
	struct arena *arena; /* this struct lives in it, too */
	struct np2nft_options options;
	struct diags diags;
	struct objects objects;
	struct reader *reader;
	bool is_unfinished; /* something was read that has not been checked yet */
	const char **paths; /* the paths that were read */
	size_t path_count;
	bool is_wrong;                      /* what was read has errors */
	struct closed_ranges closed_ranges; /* options.closed */
	/* options.closed is "node": the ranges of the node's own object */
	bool closed_ranges_of_own_node;
	const struct ruleset *ruleset; /* NULL until compiled */
	const struct world *world;     /* NULL until asked of */
	enum np2nft_result broken;     /* what ended an earlier call; NP2NFT_OK: nothing did */
	const char *bug;               /* of NP2NFT_BUG: the place */
	struct np2nft_diagnostic told; /* the last diagnostic that was asked for */
	struct np2nft_stats stats;
};

/* Ends the call, whichever way the public function is left. */
void end_call(struct call *call);

/* Notes what ended @call early; from now on every function of @n returns that. */
enum np2nft_result break_off(struct np2nft *n, const struct call *call);

/*
 * The first statement of every function that can fail.  If anything ends the call early
 * (base/guarded_call.h), the function returns from here, and the compilation is used no more.
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

/* Adds an error with the text @why, and returns NP2NFT_FAILED. */
enum np2nft_result fail_call(struct np2nft *n, const char *why);

/* The error of functions that need np2nft_compile() first. */
extern const char nothing_compiled[];

/* Turns the result of a writer into the result of a public function. */
enum np2nft_result written(int failed);

/*
 * Writes an answer, unless it is empty.  If @answer is NULL, there is a diagnostic already, and
 * this returns NP2NFT_FAILED.
 */
enum np2nft_result write_answer(const char *answer, np2nft_writer write, void *context);

/*
 * Copies a structure of the caller, who may be built with an earlier or a later form of it than
 * this library.  Members that the caller's form does not have keep their values in @ours.  Returns
 * false if the caller's form sets a member that this library does not have.
 */
bool copy_known(void *ours, size_t our_size, const void *theirs, size_t their_size);

/* Forgets everything that was made from the objects read so far, since more follow. */
void begin_reading(struct np2nft *n);

/*
 * Checks everything that was read together, unless that was done; returns NP2NFT_FAILED if there
 * are errors in it.
 */
enum np2nft_result finish_reading(struct np2nft *n);

#endif
