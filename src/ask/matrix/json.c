/*
 * Rows and what passes between them as JSON, as docs/json.md describes them; ports under a condition stand
 * by themselves.
 */
#include "ask/matrix/json.h"

#include "base/json.h"

/* Writes the ports under one condition: ["80/TCP", "ICMP"]. */
static void put_ports(struct json *json, const char *key, const struct reach *reach,
		      const struct condition *only_if)
{
	json_open_array(json, key);
	for (size_t i = 0; i < reach->count; i++) {
		struct port_range range = reach->ranges[i];

		if (range.only_if != only_if)
			continue;
		range.only_if = NULL;
		json_put_text(json, NULL, reach_text(json->arena, &(struct reach){&range, 1}));
	}
	json_close(json);
}

static void put_conditions(struct json *json, const struct reach *reach)
{
	for (size_t i = 0; i < reach->count; i++) {
		const struct condition *only_if = reach->ranges[i].only_if;

		if (!only_if || !reach_tells_first(reach, i))
			continue;
		json_open_object(json, NULL);
		put_ports(json, "ports", reach, only_if);
		condition_put_zones(json, only_if);
		json_close(json);
	}
}

void json_put_passage(struct json *json, const struct passage *passage)
{
	const struct reach *v4 = &passage->only[V4], *v6 = &passage->only[V6];

	put_ports(json, "ports", &passage->reach, NULL);
	if (v4->count || v6->count) {
		put_ports(json, "ipv4_only", v4, NULL);
		put_ports(json, "ipv6_only", v6, NULL);
	}
	if (reach_is_certain(&passage->reach) && reach_is_certain(v4) && reach_is_certain(v6))
		return;
	json_open_array(json, "if");
	put_conditions(json, &passage->reach);
	put_conditions(json, v4);
	put_conditions(json, v6);
	json_close(json);
}

static void put_ranges(struct json *json, const struct party *party)
{
	json_open_array(json, "ranges");
	for (size_t i = 0; i < party->range_count; i++) {
		char words[RANGE_TEXT];

		range_text(party->has[V4] ? V4 : V6, party->ranges[i].first, party->ranges[i].last,
			   words);
		json_put_text(json, NULL, words);
	}
	json_close(json);
}

static void put_row(struct json *json, const struct row *row, const struct party *parties)
{
	static const char *const kinds[] = {[PARTY_POD] = "pods",
					    [PARTY_WORKLOAD] = "pods to come",
					    [PARTY_STRANGER] = "none in the input",
					    [PARTY_OTHER_POD] = "any other pod",
					    [PARTY_ELSEWHERE] = "any other namespace",
					    [PARTY_OUTSIDE] = "addresses"};
	const struct party *party = &parties[row->parties[0]];

	json_open_object(json, NULL);
	json_put_text(json, "name", row->label);
	json_put_text(json, "kind", row->node ? "node" : kinds[row->kind]);
	if (row->node)
		json_put_text(json, "node", row->node);
	if (*row->namespace)
		json_put_text(json, "namespace", row->namespace);
	if (party->owner) {
		json_open_object(json, "owner");
		json_put_text(json, "kind", party->kind_of_owner);
		json_put_text(json, "name", party->owner);
		json_close(json);
	}
	if (row->kind == PARTY_POD) {
		json_open_array(json, "pods");
		for (size_t i = 0; i < row->party_count; i++)
			json_put_text(json, NULL, pod_name(&parties[row->parties[i]]));
		json_close(json);
	}
	if (row->kind == PARTY_OUTSIDE)
		put_ranges(json, party);
	json_close(json);
}

void json_put_rows(struct json *json, const struct row *rows, size_t count,
		   const struct party *parties)
{
	json_open_array(json, "rows");
	for (size_t i = 0; i < count; i++) {
		json_break(json, 0);
		put_row(json, &rows[i], parties);
	}
	json_close(json);
}
