/* Writes what is in force, and what the record says of it, as lines for a terminal and as JSON. */
#include "node/status.h"

#include "base/arena.h"
#include "base/json.h"
#include "base/text.h"

#include <inttypes.h>
#include <stdio.h>
#include <time.h>

/* Adds the packets and bytes of some groups to a sum. */
static void add_up(struct status_group *sum, const struct status_group *groups, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		sum->packets += groups[i].packets;
		sum->bytes += groups[i].bytes;
	}
}

static struct status_group sum_of(const struct status_group *groups, size_t count)
{
	struct status_group sum = {0};

	add_up(&sum, groups, count);
	return sum;
}

static struct status_group total(const struct status *status)
{
	struct status_group sum = sum_of(status->groups, status->group_count);

	add_up(&sum, &status->midstream, 1);
	add_up(&sum, &status->link, 1);
	add_up(&sum, &status->mixed, 1);
	for (enum tier tier = TIER_ADMIN; tier < TIERS; tier++)
		add_up(&sum, status->tiers[tier], status->tier_counts[tier]);
	return sum;
}

static bool has_tiers(const struct status *status)
{
	return status->tier_counts[TIER_ADMIN] || status->tier_counts[TIER_BASELINE];
}

/* The time in UTC, formatted by strftime(); "?" for a year that it cannot format. */
static const char *time_text(struct arena *arena, int64_t seconds, const char *format)
{
	time_t clock = (time_t)seconds;
	char text[64];
	struct tm tm;

	if (!gmtime_r(&clock, &tm) || !strftime(text, sizeof(text), format, &tm))
		return "?";
	return arena_printf(arena, "%s", text);
}

static size_t kept_paths(const struct state *state)
{
	return state->path_count < STATE_PATHS ? state->path_count : STATE_PATHS;
}

static const char of_another[] =
	"somebody else made this table in the place of the one that np2nft applied";

static const char changed_since[] =
	"the table is not what the apply on record left: another program changed it, or an apply "
	"that could not write its record";

/* Says why the record is not about what is in the table; returns NULL if it may be. */
static const char *why_stale(const struct state *state, const struct status *status)
{
	if (state->handle && state->handle != status->handle)
		return of_another;
	/* An agent keeps no ruleset. While an apply is at work, it is ahead of its record. */
	if (status->kept == KEPT_OTHER && status->mark == KEPT_WHOLE && !state->agent)
		return changed_since;
	return NULL;
}

static void put_agent(struct arena *arena, struct string *out, const struct state *state)
{
	if (state->agent)
		arena_append(arena, out, "agent     %s%s\n",
			     state->agent_runs ? "" : "has ended; the table stays; it said last: ",
			     text_plain(arena, state->agent));
	for (size_t i = 0; i < state->fault_count; i++)
		arena_append(arena, out, "fault     %s\n", text_plain(arena, state->faults[i]));
}

static void put_state(struct arena *arena, struct string *out, const struct status *status,
		      const struct state *state)
{
	if (state->trouble) {
		arena_append(arena, out, "applied   not known: %s\n",
			     text_plain(arena, state->trouble));
		return;
	}
	if (!state->version) {
		arena_append(arena, out, "applied   not recorded\n");
		return;
	}
	if (why_stale(state, status)) {
		arena_append(arena, out, "applied   %s: %s\n",
			     why_stale(state, status) == of_another ? "not by np2nft" : "not known",
			     why_stale(state, status));
		put_agent(arena, out, state);
		return;
	}
	arena_append(arena, out, "applied   %s by np2nft %s\nfrom      ",
		     time_text(arena, state->time, "%Y-%m-%d %H:%M:%S UTC"),
		     text_plain(arena, state->version));
	for (size_t i = 0; i < kept_paths(state); i++)
		arena_append(arena, out, "%s%s", i ? ", " : "",
			     strcmp(state->paths[i], "-") ? text_plain(arena, state->paths[i])
							  : "standard input");
	if (state->path_count > kept_paths(state))
		arena_append(arena, out, " and %zu more", state->path_count - kept_paths(state));
	arena_append(arena, out, ": %s, %s\n",
		     text_counted(arena, state->policies, "policy", "policies"),
		     text_counted(arena, state->pods, "pod", "pods"));
	put_agent(arena, out, state);
}

static void put_mark(struct arena *arena, struct string *out, enum kept_mark mark)
{
	static const char *const words[] = {
		[KEPT_UNDER_WAY] = "unfinished  an apply is under way",
		[KEPT_CUT_SHORT] = "unfinished  an apply was cut short: apply again, it puts right "
				   "what is left",
	};

	if (mark != KEPT_WHOLE)
		arena_append(arena, out, "%s\n", words[mark]);
}

static void put_group(struct arena *arena, struct string *out, const struct status_group *group,
		      const char *name)
{
	if (group->packets)
		arena_append(arena, out, "%12" PRIu64 "  %14" PRIu64 "  %s\n", group->packets,
			     group->bytes, text_plain(arena, name));
}

static void put_altered(struct arena *arena, struct string *out, const struct status *status)
{
	for (size_t i = 0; i < status->altered_count; i++)
		arena_append(arena, out, "%s%s", i ? ", " : "altered   ",
			     text_plain(arena, status->altered[i]));
	if (status->altered_count)
		arena_append(arena, out, ": not as np2nft made it; apply puts it right\n");
}

/*
 * Writes how much each tier and the NetworkPolicies denied, if there is a chain in which a tier
 * denies.
 */
static void put_tiers(struct arena *arena, struct string *out, const struct status *status)
{
	uint64_t by[TIERS];

	if (!has_tiers(status))
		return;
	for (enum tier tier = TIER_ADMIN; tier < TIERS; tier++)
		by[tier] = sum_of(status->tiers[tier], status->tier_counts[tier]).packets;
	arena_append(arena, out,
		     "of them   %" PRIu64 " by tier Admin, %" PRIu64 " by NetworkPolicies, %" PRIu64
		     " by tier Baseline\n",
		     by[TIER_ADMIN], sum_of(status->groups, status->group_count).packets,
		     by[TIER_BASELINE]);
}

static void put_denied(struct arena *arena, struct string *out, const struct status *status)
{
	static const char mixed[] =
		"(addresses of several pods, which cluster policies tell apart)";
	const uint64_t packets = total(status).packets;
	static const char midstream[] = "(TCP that begins without a SYN, of all groups)";
	static const char link[] = "(what does not leave a link, of all pods)";
	size_t silent = 0, i = 0;

	arena_append(arena, out, "denied    %s\n",
		     text_counted(arena, packets, "packet", "packets"));
	put_tiers(arena, out, status);
	if (packets)
		arena_append(arena, out, "\n%12s  %14s  %s\n", "packets", "bytes", "group");
	for (enum tier tier = TIER_ADMIN; tier < TIERS; tier++)
		for (size_t k = 0; k < status->tier_counts[tier]; k++)
			put_group(arena, out, &status->tiers[tier][k], status->tiers[tier][k].name);
	put_group(arena, out, &status->mixed, mixed);
	/* The groups are sorted by what they denied, and these two stand among them. */
	for (; i < status->group_count && status->groups[i].packets >= status->midstream.packets;
	     i++)
		put_group(arena, out, &status->groups[i], status->groups[i].name);
	put_group(arena, out, &status->midstream, midstream);
	put_group(arena, out, &status->link, link);
	for (; i < status->group_count; i++)
		put_group(arena, out, &status->groups[i], status->groups[i].name);
	for (i = 0; i < status->group_count; i++)
		silent += !status->groups[i].packets;
	if (silent && packets)
		arena_append(arena, out, "%12u  %14u  (each of %s)\n", 0u, 0u,
			     text_counted(arena, silent, "other group", "other groups"));
}

/* Writes what audited policies would deny, by group; nothing if no policy is audited. */
static void put_audited(struct arena *arena, struct string *out, const struct status *status)
{
	uint64_t packets = 0;

	if (!status->audited_count)
		return;
	for (size_t i = 0; i < status->audited_count; i++)
		packets += status->audited[i].packets;
	arena_append(arena, out, "\naudited   %s that policies would deny, in %s\n",
		     text_counted(arena, packets, "packet", "packets"),
		     text_counted(arena, status->audited_count, "group", "groups"));
	if (packets)
		arena_append(arena, out, "\n%12s  %14s  %s\n", "packets", "bytes", "group");
	for (size_t i = 0; i < status->audited_count; i++)
		put_group(arena, out, &status->audited[i], status->audited[i].name);
}

const char *status_text(struct arena *arena, const struct status *status, const struct state *state)
{
	struct string out = {0};

	if (!status->in_force) {
		arena_append(arena, &out, STATUS_NO_TABLE "\n", text_plain(arena, status->table));
	} else {
		arena_append(arena, &out, "table     inet %s\n", text_plain(arena, status->table));
		put_altered(arena, &out, status);
		put_mark(arena, &out, status->mark);
		put_state(arena, &out, status, state);
		arena_append(arena, &out, "isolated  %s for ingress, %zu for egress\n",
			     text_counted(arena, status->isolated[INGRESS], "pod", "pods"),
			     status->isolated[EGRESS]);
		arena_append(arena, &out, "policies  %s%zu, in %s\n",
			     status->policies_cut ? "at least " : "", status->policies,
			     text_counted(arena, status->group_count, "group", "groups"));
		arena_append(arena, &out, "sets      %zu, with %s\n", status->sets,
			     text_counted(arena, status->elements, "element", "elements"));
		put_denied(arena, &out, status);
		put_audited(arena, &out, status);
	}
	return out.text;
}

static void put_json_state(struct json *json, const struct status *status,
			   const struct state *state)
{
	const char *stale = why_stale(state, status);

	if (!state->version || stale) {
		json_put_null(json, "applied");
		if (state->trouble || stale)
			json_put_text(json, "applied_trouble",
				      state->trouble ? state->trouble : stale);
		return;
	}
	json_open_object(json, "applied");
	json_put_text(json, "time", time_text(json->arena, state->time, "%Y-%m-%dT%H:%M:%SZ"));
	json_put_text(json, "version", state->version);
	json_open_array(json, "paths");
	for (size_t i = 0; i < kept_paths(state); i++)
		json_put_text(json, NULL, state->paths[i]);
	json_close(json);
	json_put_number(json, "path_count", state->path_count);
	json_put_number(json, "policies", state->policies);
	json_put_number(json, "pods", state->pods);
	if (state->agent) {
		json_open_object(json, "agent");
		json_put_bool(json, "runs", state->agent_runs);
		json_put_text(json, "says", state->agent);
		json_open_array(json, "faults");
		for (size_t i = 0; i < state->fault_count; i++)
			json_put_text(json, NULL, state->faults[i]);
		json_close(json);
		json_close(json);
	}
	json_close(json);
}

/*
 * Writes what a chain counted.  If @group is not NULL, it is the name of the group, which is
 * written, too.
 */
static void put_json_counter(struct json *json, const char *key, const char *group,
			     const struct status_group *counter)
{
	json_open_object(json, key);
	if (group)
		json_put_text(json, "group", group);
	json_put_number(json, "packets", counter->packets);
	json_put_number(json, "bytes", counter->bytes);
	json_close(json);
}

static void put_json_groups(struct json *json, const char *key, const struct status_group *groups,
			    size_t count)
{
	json_open_array(json, key);
	for (size_t i = 0; i < count; i++)
		put_json_counter(json, NULL, groups[i].name, &groups[i]);
	json_close(json);
}

static void put_json_denied(struct json *json, const struct status *status)
{
	json_open_object(json, "denied");
	json_put_number(json, "packets", total(status).packets);
	json_put_number(json, "bytes", total(status).bytes);
	put_json_counter(json, "midstream", NULL, &status->midstream);
	put_json_counter(json, "link", NULL, &status->link);
	if (has_tiers(status))
		put_json_counter(json, "mixed", NULL, &status->mixed);
	put_json_groups(json, "groups", status->groups, status->group_count);
	for (enum tier tier = TIER_ADMIN; has_tiers(status) && tier < TIERS; tier++)
		put_json_groups(json, tier == TIER_ADMIN ? "admin" : "baseline",
				status->tiers[tier], status->tier_counts[tier]);
	json_close(json);
}

static void put_json_audited(struct json *json, const struct status *status)
{
	if (!status->audited_count)
		return;
	put_json_groups(json, "audited", status->audited, status->audited_count);
}

static void put_json_table(struct json *json, const struct status *status,
			   const struct state *state)
{
	static const char *const unfinished[] = {[KEPT_WHOLE] = NULL,
						 [KEPT_UNDER_WAY] = "under way",
						 [KEPT_CUT_SHORT] = "cut short"};

	json_open_array(json, "altered");
	for (size_t i = 0; i < status->altered_count; i++)
		json_put_text(json, NULL, status->altered[i]);
	json_close(json);
	json_put_text(json, "unfinished", unfinished[status->mark]);
	put_json_state(json, status, state);
	json_open_object(json, "isolated");
	json_put_number(json, "ingress", status->isolated[INGRESS]);
	json_put_number(json, "egress", status->isolated[EGRESS]);
	json_close(json);
	json_put_number(json, "policies", status->policies);
	json_put_bool(json, "policies_exact", !status->policies_cut);
	json_put_number(json, "groups", status->group_count);
	json_put_number(json, "sets", status->sets);
	json_put_number(json, "elements", status->elements);
	put_json_denied(json, status);
	put_json_audited(json, status);
}

const char *status_json(struct arena *arena, const struct status *status, const struct state *state)
{
	struct json json = {.arena = arena};

	json_open_object(&json, NULL);
	json_put_text(&json, "family", "inet");
	json_put_text(&json, "table", status->table);
	json_put_bool(&json, "in_force", status->in_force);
	if (status->in_force)
		put_json_table(&json, status, state);
	json_close(&json);
	return json_end(&json);
}
