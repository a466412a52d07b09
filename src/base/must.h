/*
 * must(condition) is an assertion that stays in every build.  It guards against an index out of
 * bounds or a wrong answer.  If the condition does not hold, the call of the library ends with an
 * error that names the place (base/guarded_call.h), and the caller's process goes on.
 */
#ifndef NP2NFT_BASE_MUST_H
#define NP2NFT_BASE_MUST_H

#define MUST_TEXT(line) #line
#define MUST_LINE(line) MUST_TEXT(line)
#define must(condition)                                                                            \
	((condition)                                                                               \
		 ? (void)0                                                                         \
		 : must_fail(__FILE__ ":" MUST_LINE(__LINE__) ": " #condition " does not hold"))

/* @where must live for ever, as a string literal does. */
_Noreturn void must_fail(const char *where);

#endif
