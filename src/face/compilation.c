/*
 * Begins and ends calls, and reading: what was made is forgotten when more objects come, and
 * objects are checked together before they are used.
 */
#include "face/compilation.h"

#include "base/arena.h"
#include "base/text.h"
#include "read/document.h"
#include "verify/verify.h"

/* The caller's functions are handed on as they are to rooms that do not include np2nft.h. */
_Static_assert(_Generic((np2nft_writer)NULL, text_writer : true, default : false), "one type");
_Static_assert(_Generic((np2nft_progress)NULL, verify_progress
			: true, default
			: false),
	       "one type");

void end_call(struct call *call)
{
	call_end(call);
}

static enum np2nft_result broken_by(const struct call *call)
{
	return call->failure == FAILURE_MEMORY ? NP2NFT_NO_MEMORY : NP2NFT_BUG;
}

enum np2nft_result break_off(struct np2nft *n, const struct call *call)
{
	n->bug = call->where;
	return n->broken = broken_by(call);
}

enum np2nft_result fail_call(struct np2nft *n, const char *why)
{
	diag_error(&n->diags, (struct mark){0}, "%s", why);
	return NP2NFT_FAILED;
}

const char nothing_compiled[] = "nothing was compiled";

enum np2nft_result written(int failed)
{
	return failed ? NP2NFT_WRITE_FAILED : NP2NFT_OK;
}

enum np2nft_result write_answer(const char *answer, np2nft_writer write, void *context)
{
	return answer ? written(*answer && write(context, answer, strlen(answer))) : NP2NFT_FAILED;
}

bool copy_known(void *ours, size_t our_size, const void *theirs, size_t their_size)
{
	const unsigned char *bytes = theirs;

	memcpy(ours, theirs, our_size < their_size ? our_size : their_size);
	for (size_t i = our_size; i < their_size; i++)
		if (bytes[i])
			return false;
	return true;
}

void begin_reading(struct np2nft *n)
{
	const struct read_options options = {.default_namespace = n->options.default_namespace,
					     .found = n->options.found,
					     .found_context = n->options.found_context,
					     .details = n->options.details,
					     .lenient = n->options.details ||
							n->options.skip_other_files};

	if (!n->reader)
		n->reader = read_begin(&options, &n->objects, &n->diags);
	n->ruleset = NULL;
	n->world = NULL;
	n->is_unfinished = true;
}

enum np2nft_result finish_reading(struct np2nft *n)
{
	const size_t errors = n->diags.errors;

	if (n->is_unfinished) {
		read_end(n->reader);
		n->is_unfinished = false;
		n->is_wrong |= n->diags.errors > errors;
	}
	return n->is_wrong ? NP2NFT_FAILED : NP2NFT_OK;
}
