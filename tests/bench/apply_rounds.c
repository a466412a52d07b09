/*
 * Measures how long it takes to bring compiled rulesets into the kernel, and how much of that the
 * kernel takes.
 *
 *     apply_rounds FOLDER [--node NODE] PATH...
 *
 * Compiles the cluster, and the cluster with a pod or a policy more.  Then it measures for each
 * line that it reads, in network namespaces of its own:
 *
 *     full     apply_ruleset() into an empty namespace; the same transactions sent again to a
 *              second one; everything in one transaction to a third; the text by `nft -f` to a
 *              fourth
 *     nothing  apply_ruleset() of what is in force already; the same questions asked again
 *     remote, local, policy
 *              the change that adds one thing; the same transactions sent again; the same change by
 *              `nft -f`
 *
 * Answers each line with a line of NAME=VALUE (microseconds, transactions, bytes); the first line
 * of output says how large the rulesets are.  FOLDER gets the texts, and what `nft` lists after
 * each way of the first round.
 */
#define _GNU_SOURCE

#include "base/arena.h"
#include "emit/messages.h"
#include "emit/text.h"
#include "lower/lower.h"
#include "node/apply.h"
#include "node/session.h"
#include "read/document.h"
#include "resolve/resolve.h"
#include "stopwatch.h"
#include "variants.h"
#include "wire.h"

#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

#define TABLE "np2nft"

extern char **environ;

/* A ruleset to which one change leads. */
struct variant {
	const char *name;
	const struct ruleset *ruleset;
	const char *text;     /* the path of a file with the change as commands */
	struct wire_log sent; /* the transactions of the change */
};

struct bench {
	struct arena *arena;
	const char *folder, *node;
	struct objects objects;
	const struct ruleset *ruleset;
	const char *text; /* the path of a file with the whole ruleset */
	struct variant variants[3];
	size_t variant_count;
	struct wire_log sent, asked, once;
	bool first; /* it is the round that warms up, and that records */
};

static const struct ruleset *compile(struct arena *arena, const struct objects *objects,
				     const char *node)
{
	return lower(arena, resolve(arena, objects, node), &(struct lower_options){.table = TABLE});
}

static void end_with(const struct diags *diags)
{
	for (size_t i = 0; i < diags->count; i++)
		fprintf(stderr, "apply_rounds: %s\n", diags->items[i].text);
	exit(2);
}

static int write_file(void *context, const char *bytes, size_t len)
{
	return fwrite(bytes, 1, len, context) == len ? 0 : -1;
}

static const char *path_of(const struct bench *bench, const char *name)
{
	return arena_printf(bench->arena, "%s/%s", bench->folder, name);
}

static FILE *create(const char *path)
{
	FILE *file = fopen(path, "w");

	if (!file)
		fail(path);
	return file;
}

/* Writes the way from the ruleset to the variant as text. */
static const char *write_change(const struct bench *bench, const struct variant *variant)
{
	const char *path = path_of(bench, arena_printf(bench->arena, "%s.nft", variant->name));
	struct changes changes = transition_plain(bench->arena, bench->ruleset, variant->ruleset);
	FILE *file = create(path);

	if (emit_changes(&changes, TABLE, write_file, file) || fclose(file))
		fail(path);
	return path;
}

static const char *write_ruleset(const struct bench *bench)
{
	const char *path = path_of(bench, "full.nft");
	FILE *file = create(path);

	if (emit_text(bench->ruleset, write_file, file) || fclose(file))
		fail(path);
	return path;
}

/*
 * Runs a program to its end, with its output in a file (NULL: nowhere).  Returns the microseconds
 * that it took.
 */
static double run(char *const *command, const char *output)
{
	double start = stopwatch();
	posix_spawn_file_actions_t actions;
	int status;
	pid_t child;

	posix_spawn_file_actions_init(&actions);
	posix_spawn_file_actions_addopen(&actions, STDOUT_FILENO, output ? output : "/dev/null",
					 O_WRONLY | O_CREAT | O_TRUNC, 0644);
	if (posix_spawnp(&child, command[0], &actions, NULL, command, environ))
		fail(command[0]);
	if (waitpid(child, &status, 0) != child || status)
		fail(command[0]);
	posix_spawn_file_actions_destroy(&actions);
	return stopwatch() - start;
}

static double load(const char *text)
{
	return run((char *[]){(char *)"nft", (char *)"-f", (char *)text, NULL}, NULL);
}

/* Writes what nft lists to a file, in the round that checks it. */
static void list(const struct bench *bench, const char *name)
{
	char *command[] = {
		(char *)"nft", (char *)"-s", (char *)"list", (char *)"table", (char *)"inet",
		(char *)TABLE, NULL};

	if (bench->first)
		run(command, path_of(bench, arena_printf(bench->arena, "%s.list", name)));
}

/* Applies the compiled ruleset, and logs the messages.  Returns the microseconds that it took. */
static double apply(const struct bench *bench, const struct ruleset *ruleset, struct wire_log *log)
{
	double start = stopwatch();
	struct arena *arena = arena_new();
	struct diags diags = {.arena = arena};
	struct session *session;
	size_t count;

	wire_start(bench->first);
	session = session_open(TABLE, &diags);
	if (!session || apply_ruleset(session, ruleset, NULL, NULL, &count, &diags))
		end_with(&diags);
	session_close(session);
	start = stopwatch() - start;
	*log = wire_stop();
	arena_free(arena);
	return start;
}

static void new_namespace(void)
{
	if (unshare(CLONE_NEWNET))
		fail("a network namespace");
}

static void print_sum(const char *name, double time, const struct wire_log *log)
{
	struct wire_sum sum = wire_sum(log);

	printf("%s=%.1f %s.kernel=%.1f %s.longest=%.1f %s.transactions=%zu %s.bytes=%zu ", name,
	       time, name, sum.time, name, sum.longest, name, sum.count, name, sum.bytes);
}

static void keep(const struct bench *bench, struct wire_log *log, struct wire_log *kept)
{
	if (bench->first)
		*kept = *log;
	else
		wire_free(log);
}

static void measure_nothing(struct bench *bench)
{
	struct wire_log log;
	double time = apply(bench, bench->ruleset, &log);

	if (wire_sum(&log).count) {
		errno = 0;
		fail("an apply of what is there sent something");
	}
	keep(bench, &log, &bench->asked);
	printf("nothing=%.1f nothing.bare=%.1f ", time, wire_ask(&bench->asked));
}

/* Goes to the variant in each of three ways, and each time back. */
static void measure_variant(struct bench *bench, struct variant *variant)
{
	struct wire_log log, back;
	double time = apply(bench, variant->ruleset, &log);

	print_sum(variant->name, time, &log);
	list(bench, arena_printf(bench->arena, "%s.apply", variant->name));
	keep(bench, &log, &variant->sent);
	apply(bench, bench->ruleset, &back);
	wire_free(&back);
	printf("%s.bare=%.1f ", variant->name, wire_commit(&variant->sent));
	list(bench, arena_printf(bench->arena, "%s.bare", variant->name));
	apply(bench, bench->ruleset, &back);
	wire_free(&back);
	printf("%s.nft=%.1f ", variant->name, load(variant->text));
	list(bench, arena_printf(bench->arena, "%s.nft", variant->name));
	apply(bench, bench->ruleset, &back);
	wire_free(&back);
}

static void measure_apply(struct bench *bench)
{
	struct wire_log log;
	double time;

	new_namespace();
	time = apply(bench, bench->ruleset, &log);
	print_sum("full", time, &log);
	keep(bench, &log, &bench->sent);
	list(bench, "full.apply");
	measure_nothing(bench);
	for (size_t i = 0; i < bench->variant_count; i++)
		measure_variant(bench, &bench->variants[i]);
}

static void measure_bare(struct bench *bench)
{
	new_namespace();
	printf("full.bare=%.1f ", wire_commit(&bench->sent));
	list(bench, "full.bare");
}

/* Makes a log that has the whole ruleset in one transaction. */
static struct wire_log make_once(const struct bench *bench)
{
	struct changes changes = transition(bench->arena, NULL, bench->ruleset);
	struct batch_position at = {0};
	struct batch batch;
	struct wire_log log = {.count = 1};

	batch_begin(&batch, TABLE);
	batch_condition(&batch, 1);
	while (at.change < changes.count)
		at = batch_change(&batch, &changes, at);
	batch_end(&batch);
	log.items = calloc(1, sizeof(*log.items));
	if (!log.items)
		fail("memory");
	/* The log now owns the bytes of the batch. */
	*log.items = (struct wire_message){.bytes = batch.bytes, .len = batch.len, .batch = true};
	return log;
}

static void measure_once(struct bench *bench)
{
	new_namespace();
	printf("full.once=%.1f ", wire_commit(&bench->once));
	list(bench, "full.once");
}

static void measure_nft(struct bench *bench)
{
	new_namespace();
	printf("full.nft=%.1f ", load(bench->text));
	list(bench, "full.nft");
}

/* The order changes from round to round, so that none is always the first. */
static void measure(struct bench *bench, size_t round)
{
	void (*const steps[])(struct bench *) = {measure_apply, measure_bare, measure_once,
						 measure_nft};

	bench->first = round == 0;
	for (size_t i = 0; i < 4; i++)
		steps[(i + round) % 4](bench);
	printf("\n");
	fflush(stdout);
}

static void add_variant(struct bench *bench, const char *name, const struct objects *objects)
{
	struct variant *variant = &bench->variants[bench->variant_count++];

	variant->name = name;
	variant->ruleset = compile(bench->arena, objects, bench->node);
	variant->text = write_change(bench, variant);
}

static void add_variants(struct bench *bench, const struct resolved *resolved)
{
	const struct pod *remote =
		variant_remote_pod(bench->arena, resolved, bench->ruleset, bench->node);
	const struct pod *local = variant_local_pod(resolved, bench->node);
	struct objects *objects = arena_array(bench->arena, 3, sizeof(*objects));

	if (remote) {
		struct pod pod = variant_pod(bench->arena, remote);

		objects[0] = variant_with_pod(resolved->objects, &pod);
		add_variant(bench, "remote", &objects[0]);
	}
	if (local) {
		struct pod pod = variant_pod(bench->arena, local);

		objects[1] = variant_with_pod(resolved->objects, &pod);
		add_variant(bench, "local", &objects[1]);
		objects[2] = variant_with_policy(resolved, local);
		add_variant(bench, "policy", &objects[2]);
	}
	printf("pods=%zu policies=%zu sets=%zu chains=%zu elements=%zu\n",
	       resolved->objects->pod_count, resolved->objects->policy_count,
	       bench->ruleset->set_count, bench->ruleset->chain_count,
	       bench->ruleset->stats.elements);
	fflush(stdout);
}

static void become_root(void)
{
	if (geteuid() && unshare(CLONE_NEWUSER))
		fail("a user namespace");
}

int main(int argc, char **argv)
{
	struct bench bench = {.arena = arena_new()};
	struct diags diags = {.arena = bench.arena};
	const struct resolved *resolved;
	size_t first = 2;
	char line[16];

	if (argc < 3) {
		fputs("usage: apply_rounds FOLDER [--node NODE] PATH...\n", stderr);
		return 2;
	}
	bench.folder = argv[1];
	if (argc > 4 && !strcmp(argv[2], "--node")) {
		bench.node = argv[3];
		first = 4;
	}
	become_root();
	bench.objects.arena = bench.arena;
	read_paths((const char *const *)argv + first, (size_t)argc - first,
		   &(struct read_options){.default_namespace = "default"}, &bench.objects, &diags);
	if (diags.errors)
		end_with(&diags);
	resolved = resolve(bench.arena, &bench.objects, bench.node);
	bench.ruleset = lower(bench.arena, resolved, &(struct lower_options){.table = TABLE});
	bench.text = write_ruleset(&bench);
	bench.once = make_once(&bench);
	add_variants(&bench, resolved);
	for (size_t round = 0; fgets(line, sizeof(line), stdin); round++)
		measure(&bench, round);
	return 0;
}
