/*
 * Prints for the live tests what node/preflight.c, node/apply_record.c and node/status.c say in
 * this process's network namespace.
 *
 *     inside preflight [--force] [--no-netfilter] [--table NAME] ADDRESS...
 *     inside state write|read|remove NAME [PATH...]
 *     inside status text|json NAME
 *
 * The addresses are those of enforced pods, of which every other one is isolated in both
 * directions.  The exit status is 2 if preflight finds an error, as np2nft's would be.
 */
#include "base/addr.h"
#include "base/arena.h"
#include "kernel/socket.h"
#include "node/preflight.h"
#include "node/apply_record.h"
#include "node/status.h"

#include <errno.h>
#include <inttypes.h>
#include <linux/filter.h>
#include <linux/netlink.h>
#include <linux/seccomp.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/syscall.h>

static void report(const struct diags *diags)
{
	static const char *const severities[] = {
		[DIAG_ERROR] = "error", [DIAG_WARNING] = "warning", [DIAG_NOTE] = "note"};

	for (size_t i = 0; i < diags->count; i++)
		printf("%s: %s\n", severities[diags->items[i].severity], diags->items[i].text);
}

/* From here on there is no NETLINK_NETFILTER, as in a kernel that lacks it. */
static void forbid_netfilter(void)
{
	struct sock_filter code[] = {
		BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, nr)),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_socket, 0, 5),
		BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, args[0])),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, AF_NETLINK, 0, 3),
		BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, args[2])),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, NETLINK_NETFILTER, 0, 1),
		BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ERRNO | EPROTONOSUPPORT),
		BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
	};
	struct sock_fprog program = {sizeof(code) / sizeof(*code), code};

	if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) ||
	    prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &program)) {
		perror("seccomp");
		exit(3);
	}
}

/*
 * Makes a map of the addresses of a family, which are given in ascending order.  If @step is 2, it
 * has every other address.
 */
static struct set pod_map(struct arena *arena, const char *name, enum family family,
			  char **addresses, size_t step)
{
	size_t len = family_len(family), seen = 0, room = 0;
	struct set set = {
		.name = name,
		.fields = {family == V4 ? FIELD_IP_SADDR : FIELD_IP6_SADDR},
		.field_count = 1,
	};
	uint8_t *keys;
	const char **comments = NULL;

	while (addresses[room])
		room++;
	keys = arena_array(arena, room, len);
	for (size_t i = 0; i < room; i++) {
		struct addr addr;

		if (!addr_parse(addresses[i], &addr, NULL) || addr.family != family ||
		    seen++ % step)
			continue;
		memcpy(keys + set.count * len, addr.bytes, len);
		arena_push(arena, comments, set.count, arena_printf(arena, "ns/pod-%zu", seen));
	}
	set.keys = keys;
	set.comments = comments;
	set.verdicts = arena_array(arena, room, sizeof(struct verdict));
	return set;
}

static int run_preflight(struct arena *arena, char **arguments, struct diags *diags)
{
	struct ruleset ruleset = {.table = "np2nft", .set_count = 4};
	struct set sets[4];
	struct preflight_options options = {0};

	for (; *arguments && !strncmp(*arguments, "--", 2); arguments++) {
		if (!strcmp(*arguments, "--force"))
			options.forced = true;
		else if (!strcmp(*arguments, "--node"))
			options.only_own = true;
		else if (!strcmp(*arguments, "--no-netfilter"))
			forbid_netfilter();
		else if (!strcmp(*arguments, "--table") && arguments[1])
			ruleset.table = *++arguments;
	}
	sets[0] = pod_map(arena, "egress.v4", V4, arguments, 2);
	sets[1] = pod_map(arena, "egress.v6", V6, arguments, 2);
	sets[2] = pod_map(arena, "ingress.v4", V4, arguments, 1);
	sets[3] = pod_map(arena, "ingress.v6", V6, arguments, 1);
	ruleset.sets = sets;
	return preflight(arena, &ruleset, options, diags) ? 2 : 0;
}

static int run_state(struct arena *arena, char **arguments, struct diags *diags)
{
	const char *what = arguments[0], *table = arguments[1];
	struct state state = {.time = 1700000000,
			      .version = "9.8.7",
			      .paths = (const char *const *)arguments + 2,
			      .policies = 3,
			      .pods = 40};

	while (state.paths[state.path_count])
		state.path_count++;
	if (!strcmp(what, "write")) {
		state_write(arena, table, &state, diags);
	} else if (!strcmp(what, "remove")) {
		state_remove(arena, table);
	} else if (!state_read(arena, table, &state)) {
		puts("none");
	} else {
		printf("%" PRId64 " %s %zu %zu %zu\n", state.time, state.version, state.policies,
		       state.pods, state.path_count);
		for (size_t i = 0; i < state.path_count && i < STATE_PATHS; i++)
			puts(state.paths[i]);
	}
	return 0;
}

static int run_status(struct arena *arena, char **arguments, struct diags *diags)
{
	struct arena *memory = arena_new();
	struct kernel_table table;
	struct state state;
	int result = 2;

	if (!kernel_look(memory, arguments[1], &table, diags)) {
		struct status status = status_of(arena, &table);

		state_read(arena, arguments[1], &state);
		if (fputs((strcmp(arguments[0], "json") ? status_text : status_json)(arena, &status,
										     &state),
			  stdout) >= 0)
			result = status.in_force ? 0 : 1;
	}
	arena_free(memory);
	return result;
}

int main(int argc, char **argv)
{
	struct arena *arena = arena_new();
	struct diags diags = {.arena = arena};
	int status = 3;

	if (argc > 2 && !strcmp(argv[1], "preflight"))
		status = run_preflight(arena, argv + 2, &diags);
	else if (argc > 3 && !strcmp(argv[1], "state"))
		status = run_state(arena, argv + 2, &diags);
	else if (argc > 3 && !strcmp(argv[1], "status"))
		status = run_status(arena, argv + 2, &diags);
	report(&diags);
	arena_free(arena);
	return status;
}
