/* See ask/matrix/json.h. */
#include "ask/matrix/json.h"

#include "base/arena.h"
#include "base/text.h"

/* ["80/TCP", "ICMP"] */
static const char *json_ports(struct arena *arena, const struct reach *reach)
{
	struct string text = {0};

	arena_append(arena, &text, "[");
	for (size_t i = 0; i < reach->count; i++)
		arena_append(arena, &text, "%s\"%s\"", i ? ", " : "",
			     reach_text(arena, &(struct reach){&reach->ranges[i], 1}));
	arena_append(arena, &text, "]");
	return text.text;
}

const char *json_passage(struct arena *arena, const struct passage *passage)
{
	const char *text = arena_printf(arena, "\"ports\": %s", json_ports(arena, &passage->reach));

	if (!passage->only[V4].count && !passage->only[V6].count)
		return text;
	return arena_printf(arena, "%s, \"ipv4_only\": %s, \"ipv6_only\": %s", text,
			    json_ports(arena, &passage->only[V4]),
			    json_ports(arena, &passage->only[V6]));
}

static void append_pods(struct arena *arena, struct string *text, const struct row *row,
			const struct party *parties)
{
	arena_append(arena, text, ", \"pods\": [");
	for (size_t i = 0; i < row->party_count; i++)
		arena_append(arena, text, "%s%s", i ? ", " : "",
			     text_json(arena, pod_name(&parties[row->parties[i]])));
	arena_append(arena, text, "]");
}

static void append_ranges(struct arena *arena, struct string *text, const struct party *party)
{
	arena_append(arena, text, ", \"ranges\": [");
	for (size_t i = 0; i < party->range_count; i++) {
		char words[RANGE_TEXT];

		range_text(party->has[V4] ? V4 : V6, party->ranges[i].first, party->ranges[i].last,
			   words);
		arena_append(arena, text, "%s\"%s\"", i ? ", " : "", words);
	}
	arena_append(arena, text, "]");
}

static void append_row(struct arena *arena, struct string *text, const struct row *row,
		       const struct party *parties)
{
	static const char *const kinds[] = {[PARTY_POD] = "pods",
					    [PARTY_WORKLOAD] = "pods to come",
					    [PARTY_OTHER_POD] = "any other pod",
					    [PARTY_ELSEWHERE] = "any other namespace",
					    [PARTY_OUTSIDE] = "addresses"};
	const struct party *party = &parties[row->parties[0]];

	arena_append(arena, text, "{\"name\": %s, \"kind\": \"%s\"", text_json(arena, row->label),
		     kinds[row->kind]);
	if (*row->namespace)
		arena_append(arena, text, ", \"namespace\": %s", text_json(arena, row->namespace));
	if (party->owner)
		arena_append(arena, text, ", \"owner\": {\"kind\": %s, \"name\": %s}",
			     text_json(arena, party->kind_of_owner),
			     text_json(arena, party->owner));
	if (row->kind == PARTY_POD)
		append_pods(arena, text, row, parties);
	if (row->kind == PARTY_OUTSIDE)
		append_ranges(arena, text, party);
	arena_append(arena, text, "}");
}

void json_rows(struct arena *arena, struct string *text, const struct row *rows, size_t count,
	       const struct party *parties)
{
	arena_append(arena, text, "\"rows\": [");
	for (size_t i = 0; i < count; i++) {
		arena_append(arena, text, "%s\n", i ? "," : "");
		append_row(arena, text, &rows[i], parties);
	}
	arena_append(arena, text, "]");
}
