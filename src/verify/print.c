/* Writes what a proof found, as text for people and as JSON for programs. */
#include "base/arena.h"
#include "base/json.h"
#include "model/words.h"
#include "verify/verify.h"

static const char *end_text(struct arena *arena, const struct objects *objects,
			    const struct words_end *end)
{
	struct string text = {0};
	char addr[ADDR_TEXT];

	addr_text(end->addr.family, end->addr.bytes, addr);
	arena_add(arena, &text, addr);
	for (size_t i = 0; i < end->pod_count; i++)
		arena_append(arena, &text, " (%s/%s)", objects->pods[end->pods[i]].namespace,
			     objects->pods[end->pods[i]].name);
	return text.text;
}

static bool has_ports(uint8_t protocol)
{
	return protocol == TCP || protocol == UDP || protocol == SCTP;
}

static const char *port_of(struct arena *arena, const struct packet *packet)
{
	return has_ports(packet->protocol)
		       ? port_number_text(arena, (enum protocol)packet->protocol, packet->dport)
		       : packet_protocol_text(arena, packet->protocol);
}

static const char *table_words(struct arena *arena, const struct judgement *judgement)
{
	if (!judgement->accepted)
		return arena_printf(arena, "denied in chain %s", judgement->chain->name);
	return judgement->final ? "accepted for good, whatever the other end's policies say"
				: "accepted";
}

static void add_difference(struct arena *arena, struct string *text, const struct objects *objects,
			   const struct verify_difference *difference)
{
	arena_append(
		arena, text, "%s from %s to %s, %s%s\n  policies: %s: %s\n  table:    %s\n",
		port_of(arena, &difference->packet), end_text(arena, objects, &difference->from),
		end_text(arena, objects, &difference->to), direction_text(difference->direction),
		difference->to_node ? " to the pod's own node" : "",
		difference->allowed ? "allowed" : "denied", difference->reason,
		table_words(arena, &difference->judgement));
}

static const char *plural(size_t count)
{
	return count == 1 ? "" : "s";
}

const char *verify_text(struct arena *arena, const struct objects *objects,
			const struct verify_result *result)
{
	struct string text = {0};

	for (size_t i = 0; i < result->fault_count; i++)
		arena_append(arena, &text, "%s: nothing can be proved of it\n", result->faults[i]);
	for (size_t i = 0; i < result->shown; i++)
		add_difference(arena, &text, objects, &result->differences[i]);
	if (result->fault_count)
		return text.text;
	if (result->difference_count)
		arena_append(arena, &text, "%zu packet%s of %llu compared %s judged otherwise\n",
			     result->difference_count, plural(result->difference_count),
			     (unsigned long long)result->comparisons,
			     result->difference_count == 1 ? "is" : "are");
	else
		arena_append(
			arena, &text,
			"the %s judges every packet as the policies do: %llu packets compared, "
			"which stand for all\n",
			result->is_compiled ? "compiled ruleset" : "table",
			(unsigned long long)result->comparisons);
	return text.text;
}

static void put_difference(struct json *json, const struct objects *objects,
			   const struct verify_difference *difference)
{
	json_open_object(json, NULL);
	json_put_text(json, "direction", direction_text(difference->direction));
	json_put_bool(json, "to_own_node", difference->to_node);
	json_put_text(json, "from", end_text(json->arena, objects, &difference->from));
	json_put_text(json, "to", end_text(json->arena, objects, &difference->to));
	json_put_text(json, "port", port_of(json->arena, &difference->packet));
	json_put_bool(json, "allowed", difference->allowed);
	json_put_text(json, "reason", difference->reason);
	json_put_bool(json, "accepted", difference->judgement.accepted);
	if (difference->judgement.chain)
		json_put_text(json, "chain", difference->judgement.chain->name);
	else
		json_put_null(json, "chain");
	json_close(json);
}

const char *verify_json(struct arena *arena, const struct objects *objects,
			const struct verify_result *result)
{
	struct json json = {.arena = arena};

	json_open_object(&json, NULL);
	json_put_bool(&json, "proved", !result->fault_count && !result->difference_count);
	json_put_number(&json, "comparisons", result->comparisons);
	json_put_number(&json, "groups", result->groups);
	json_put_number(&json, "classes", result->classes);
	json_put_number(&json, "difference_count", result->difference_count);
	json_open_array(&json, "faults");
	for (size_t i = 0; i < result->fault_count; i++)
		json_put_text(&json, NULL, result->faults[i]);
	json_close(&json);
	json_open_array(&json, "differences");
	for (size_t i = 0; i < result->shown; i++)
		put_difference(&json, objects, &result->differences[i]);
	json_close(&json);
	json_close(&json);
	return json_end(&json);
}
