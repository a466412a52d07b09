/*
 * Tests what the library does when memory runs out: each question is asked again and again, and
 * each time another allocation fails, alone or with all that follow it.
 *
 *     out_of_memory [--kernel] PATH...
 *
 * Each time, the answer must be the right one, or an error that has a diagnostic; the process must
 * live on, and no file may stay open.  With --kernel it also applies, compares and deletes, in the
 * network namespace in which it runs.
 *
 * This program has a malloc() of its own, and the like, which the libraries below use, too.
 */
#define _GNU_SOURCE /* RTLD_NEXT */

#include "np2nft.h"

#include <dirent.h>
#include <dlfcn.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* If a question makes more allocations than this, so many of them fail, spread over all. */
#define FAILURES 150

static struct {
	bool counts;       /* allocations are counted, and may fail */
	bool from_then_on; /* also the allocations behind the one that fails */
	size_t count, fails_at;
} memory;

static bool fails(void)
{
	if (!memory.counts)
		return false;
	memory.count++;
	if (memory.count != memory.fails_at &&
	    !(memory.from_then_on && memory.fails_at && memory.count > memory.fails_at))
		return false;
	errno = ENOMEM;
	return true;
}

void *malloc(size_t size)
{
	static void *(*real)(size_t);

	if (!real)
		*(void **)&real = dlsym(RTLD_NEXT, "malloc");
	return fails() ? NULL : real(size);
}

void *calloc(size_t count, size_t size)
{
	static void *(*real)(size_t, size_t);

	if (!real)
		*(void **)&real = dlsym(RTLD_NEXT, "calloc");
	return fails() ? NULL : real(count, size);
}

void *realloc(void *memory_before, size_t size)
{
	static void *(*real)(void *, size_t);

	if (!real)
		*(void **)&real = dlsym(RTLD_NEXT, "realloc");
	return fails() ? NULL : real(memory_before, size);
}

/* What was written is kept as its length and a sum, which takes no memory. */
struct output {
	size_t len;
	uint64_t sum;
};

static int take(void *context, const char *bytes, size_t len)
{
	struct output *output = context;

	for (size_t i = 0; i < len; i++)
		output->sum = output->sum * 31 + (unsigned char)bytes[i];
	output->len += len;
	return 0;
}

struct input {
	const char *const *paths;
	size_t count;
};

/* Asks with one compilation or (@other) two, whose input is read. */
static enum np2nft_result
with_input(const struct input *input, struct output *output,
	   enum np2nft_result (*ask)(struct np2nft *n, struct np2nft *other, struct output *output))
{
	const struct np2nft_options options = {.details = true, .force = true, .wait = -1};
	struct np2nft *n = np2nft_new(&options), *other = np2nft_new(&options);
	enum np2nft_result result = NP2NFT_NO_MEMORY;

	if (n && other)
		result = np2nft_read(n, input->paths, input->count);
	if (!result)
		result = np2nft_read(other, input->paths, 1);
	if (!result)
		result = ask(n, other, output);
	if (result && n && other && !np2nft_diagnostic_count(n) &&
	    !np2nft_diagnostic_count(other)) {
		fprintf(stderr, "%d without a diagnostic\n", result);
		result = 1;
	}
	for (size_t i = 0; n && i < np2nft_diagnostic_count(n); i++)
		if (!np2nft_diagnostic(n, i)->text)
			result = 1;
	np2nft_free(n);
	np2nft_free(other);
	return result;
}

#define QUESTION(name)                                                                             \
	static enum np2nft_result name(struct np2nft *n, struct np2nft *other,                     \
				       struct output *output)

QUESTION(compile)
{
	enum np2nft_result result = np2nft_compile(n);

	(void)other;
	return result ? result : np2nft_print(n, take, output);
}

QUESTION(explain)
{
	bool allowed;

	(void)other;
	return np2nft_explain(n, "10.0.0.1", "10.0.0.2", "80", NP2NFT_JSON, take, output, &allowed);
}

/* The same answer is judged as text above; here it is judged as data. */
QUESTION(ask)
{
	const struct np2nft_explanation *said;
	enum np2nft_result result = np2nft_ask(n, "10.0.0.1", "10.0.0.2", "80", &said);

	(void)other;
	if (!result)
		output->len = said->answer_count + 100 * said->answers[0]->ingress->policy_count;
	return result;
}

QUESTION(matrix)
{
	const struct np2nft_view view = {.format = NP2NFT_JSON};
	bool isolated;

	(void)other;
	return np2nft_matrix(n, &view, take, output, &isolated);
}

QUESTION(compare)
{
	size_t opened, closed;

	return np2nft_compare(other, n, NP2NFT_MD, take, output, &opened, &closed);
}

QUESTION(test)
{
	size_t failed;

	(void)other;
	return np2nft_test(n, NP2NFT_TAP, take, output, &failed);
}

QUESTION(lint)
{
	size_t warnings, notes;

	(void)other;
	return np2nft_lint(n, NP2NFT_SARIF, take, output, &warnings, &notes);
}

QUESTION(graph)
{
	const struct np2nft_view view = {.format = NP2NFT_DOT};

	return np2nft_graph(other, n, &view, take, output);
}

QUESTION(apply)
{
	size_t changes;
	enum np2nft_result result = np2nft_compile(n);

	(void)other;
	if (!result)
		result = np2nft_apply(n, &changes);
	return result ? result : np2nft_diff(n, false, take, output, &changes);
}

QUESTION(status)
{
	bool in_force;
	enum np2nft_result result = np2nft_status(n, true, take, output, &in_force);

	(void)other;
	output->sum = output->len = 0;
	return result;
}

QUESTION(delete_table)
{
	(void)other, (void)output;
	return np2nft_delete(n);
}

static size_t open_files(void)
{
	DIR *dir = opendir("/proc/self/fd");
	size_t count = 0;

	while (dir && readdir(dir))
		count++;
	closedir(dir);
	return count;
}

struct question {
	const char *name;
	enum np2nft_result (*ask)(struct np2nft *n, struct np2nft *other, struct output *output);
	bool is_kernels;
};

static enum np2nft_result ask_once(const struct question *question, const struct input *input,
				   size_t fails_at, bool from_then_on, struct output *output)
{
	enum np2nft_result result;

	*output = (struct output){0};
	memory.count = 0;
	memory.fails_at = fails_at;
	memory.from_then_on = from_then_on;
	memory.counts = true;
	result = with_input(input, output, question->ask);
	memory.counts = false;
	return result;
}

/* Returns 1 if the answer is neither right nor an error. */
static int judge(const struct question *question, const struct input *input, size_t fails_at,
		 bool from_then_on, const struct output *right)
{
	const size_t files = open_files();
	struct output output;
	enum np2nft_result result = ask_once(question, input, fails_at, from_then_on, &output);
	const char *fault = NULL;

	if (result > 0)
		fault = "an error without a diagnostic";
	else if (!result && (output.len != right->len || output.sum != right->sum))
		fault = "another answer";
	else if (open_files() != files)
		fault = "a file that stays open";
	if (fault)
		fprintf(stderr, "%s: allocation %zu%s fails: %s\n", question->name, fails_at,
			from_then_on ? " and all behind it" : "", fault);
	return fault != NULL;
}

static int judge_all(const struct question *question, const struct input *input)
{
	struct output right;
	size_t count, step;
	int failed = 0;

	if (ask_once(question, input, 0, false, &right)) {
		fprintf(stderr, "%s: fails with all the memory there is\n", question->name);
		return 1;
	}
	count = memory.count;
	step = count / FAILURES + 1;
	for (size_t at = 1; at <= count && !failed; at += step)
		failed = judge(question, input, at, at / step % 2, &right);
	printf("%s: %zu allocations, each %zu. failed\n", question->name, count, step);
	return failed;
}

int main(int argc, char **argv)
{
	static const struct question questions[] = {
		{"compile", compile, false}, {"explain", explain, false},    {"ask", ask, false},
		{"matrix", matrix, false},   {"compare", compare, false},    {"test", test, false},
		{"lint", lint, false},       {"graph", graph, false},        {"apply", apply, true},
		{"status", status, true},    {"delete", delete_table, true},
	};
	bool kernel = argc > 1 && !strcmp(argv[1], "--kernel");
	const struct input input = {(const char *const *)argv + 1 + kernel,
				    (size_t)(argc - 1 - kernel)};
	int failed = 0;

	for (size_t i = 0; i < sizeof(questions) / sizeof(*questions); i++)
		if (kernel || !questions[i].is_kernels)
			failed |= judge_all(&questions[i], &input);
	return failed;
}
