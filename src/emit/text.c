/* Writes a table as `nft list` prints it, and a change as nft's command for it. */
#include "emit/text.h"

#include "base/addr.h"
#include "ruleset/layout.h"

#include <arpa/inet.h>
#include <stdio.h>
#include <string.h>

struct text {
	text_writer write;
	void *context;
	int failed;
	size_t used;
	char buffer[65536];
};

static void flush(struct text *text)
{
	if (!text->failed && text->used)
		text->failed = text->write(text->context, text->buffer, text->used);
	text->used = 0;
}

static void put_bytes(struct text *text, const char *bytes, size_t len)
{
	if (len > sizeof(text->buffer) - text->used)
		flush(text);
	if (len > sizeof(text->buffer)) {
		if (!text->failed)
			text->failed = text->write(text->context, bytes, len);
		return;
	}
	memcpy(text->buffer + text->used, bytes, len);
	text->used += len;
}

static inline void put(struct text *text, const char *string)
{
	put_bytes(text, string, strlen(string));
}

static void put_number(struct text *text, unsigned number)
{
	char digits[12];

	put_bytes(text, digits, (size_t)snprintf(digits, sizeof(digits), "%u", number));
}

static void put_comment(struct text *text, const char *comment)
{
	if (!comment)
		return;
	put(text, "comment \"");
	put(text, comment);
	put(text, "\"");
}

/* How a field is written in a rule, and the name of the type of its keys in a set. */
static const struct {
	const char *expression, *type;
} fields[] = {
	[FIELD_IP_SADDR] = {"ip saddr", "ipv4_addr"},
	[FIELD_IP_DADDR] = {"ip daddr", "ipv4_addr"},
	[FIELD_IP6_SADDR] = {"ip6 saddr", "ipv6_addr"},
	[FIELD_IP6_DADDR] = {"ip6 daddr", "ipv6_addr"},
	[FIELD_L4PROTO] = {"meta l4proto", "inet_proto"},
	[FIELD_TH_SPORT] = {"th sport", "inet_service"},
	[FIELD_TH_DPORT] = {"th dport", "inet_service"},
	[FIELD_IIFNAME] = {"iifname", "ifname"},
	[FIELD_ICMPV6_TYPE] = {"icmpv6 type", "icmpv6_type"},
	[FIELD_NFPROTO] = {"meta nfproto", "nf_proto"},
};

static const char *protocol_name(uint8_t protocol)
{
	switch (protocol) {
	case 6:
		return "tcp";
	case 17:
		return "udp";
	case 132:
		return "sctp";
	case 4:
		return "4";
	case 41:
		return "41";
	case 47:
		return "47";
	default:
		return "?";
	}
}

/* nft's names for the types of neighbour discovery and MLD. */
static const char *icmpv6_name(uint8_t type)
{
	switch (type) {
	case 130:
		return "mld-listener-query";
	case 131:
		return "mld-listener-report";
	case 132:
		return "mld-listener-done";
	case 133:
		return "nd-router-solicit";
	case 134:
		return "nd-router-advert";
	case 135:
		return "nd-neighbor-solicit";
	case 136:
		return "nd-neighbor-advert";
	case 137:
		return "nd-redirect";
	case 143:
		return "mld2-listener-report";
	default:
		return "?";
	}
}

static uint16_t port_of(const uint8_t *key)
{
	uint16_t port;

	memcpy(&port, key, sizeof(port));
	return ntohs(port);
}

static void put_addr(struct text *text, enum family family, const uint8_t *key, const uint8_t *end)
{
	char range[RANGE_TEXT];

	put_bytes(text, range,
		  end ? range_text(family, key, end, range) : addr_text(family, key, range));
}

/* Writes one field of a key; if @end is not NULL, as a range that ends there. */
static void put_value(struct text *text, enum field field, const uint8_t *key, const uint8_t *end)
{
	switch (field) {
	case FIELD_IP_SADDR:
	case FIELD_IP_DADDR:
		put_addr(text, V4, key, end);
		break;
	case FIELD_IP6_SADDR:
	case FIELD_IP6_DADDR:
		put_addr(text, V6, key, end);
		break;
	case FIELD_L4PROTO:
		put(text, protocol_name(*key));
		break;
	case FIELD_TH_SPORT:
	case FIELD_TH_DPORT:
		put_number(text, port_of(key));
		if (end && port_of(end) != port_of(key)) {
			put(text, "-");
			put_number(text, port_of(end));
		}
		break;
	case FIELD_IIFNAME:
		put(text, "\"");
		put_bytes(text, (const char *)key, strnlen((const char *)key, field_len(field)));
		put(text, "\"");
		break;
	case FIELD_ICMPV6_TYPE:
		put(text, icmpv6_name(*key));
		break;
	case FIELD_NFPROTO:
		put(text, *key == family_nfproto(V4) ? "ipv4" : "ipv6");
		break;
	}
}

static void put_verdict(struct text *text, const struct verdict *verdict)
{
	static const char *const words[] = {
		[VERDICT_NONE] = "",
		[VERDICT_ACCEPT] = "accept",
		[VERDICT_DROP] = "drop",
		[VERDICT_REJECT] = "reject with icmpx admin-prohibited",
		[VERDICT_RESET] = "reject with tcp reset",
		[VERDICT_RETURN] = "return",
		[VERDICT_JUMP] = "jump ",
		[VERDICT_GOTO] = "goto ",
	};

	put(text, words[verdict->kind]);
	if (verdict->chain)
		put(text, verdict->chain);
}

static void put_element(struct text *text, const struct set *set, size_t i)
{
	size_t len = set_key_len(set);
	const uint8_t *key = set->keys + i * len;
	const uint8_t *end = set->ends ? set->ends + i * len : NULL;

	for (size_t k = 0, at = 0; k < set->field_count; k++) {
		if (k)
			put(text, " . ");
		put_value(text, set->fields[k], key + at, end ? end + at : NULL);
		at += (field_len(set->fields[k]) + 3) & ~(size_t)3;
	}
	if (set->comments && set->comments[i]) {
		put(text, " ");
		put_comment(text, set->comments[i]);
	}
	if (set->verdicts) {
		put(text, " : ");
		put_verdict(text, &set->verdicts[i]);
	}
}

static void put_fields(struct text *text, const enum field *of, size_t count, bool types)
{
	for (size_t i = 0; i < count; i++) {
		if (i)
			put(text, " . ");
		put(text, types ? fields[of[i]].type : fields[of[i]].expression);
	}
}

/* Writes elements as nft does: two IPv4 addresses on each line, and one of anything else. */
static void put_elements(struct text *text, const struct set *set)
{
	bool pairs = set->field_count == 1 && field_type(set->fields[0]) == FIELD_IP_SADDR;

	put(text, "\t\telements = { ");
	for (size_t i = 0; i < set->count; i++) {
		if (i)
			put(text, pairs && i % 2 ? ", " : ",\n\t\t\t     ");
		put_element(text, set, i);
	}
	put(text, " }\n");
}

/* Writes the lines that describe a set, each with @indent before it and @end behind it. */
static void put_set_type(struct text *text, const struct set *set, const char *indent,
			 const char *end)
{
	put(text, indent);
	put(text, "type ");
	put_fields(text, set->fields, set->field_count, true);
	put(text, set->verdicts ? " : verdict" : "");
	put(text, end);
	if (set->size) {
		char number[16];

		snprintf(number, sizeof(number), "%u", set->size);
		put(text, indent);
		put(text, "size ");
		put(text, number);
		put(text, end);
	}
	if (set->interval) {
		put(text, indent);
		put(text, "flags interval");
		put(text, end);
	}
	if (set->comment) {
		put(text, indent);
		put_comment(text, set->comment);
		put(text, end);
	}
}

static void put_set(struct text *text, const struct set *set)
{
	put(text, set->verdicts ? "\tmap " : "\tset ");
	put(text, set->name);
	put(text, " {\n");
	put_set_type(text, set, "\t\t", "\n");
	if (set->count)
		put_elements(text, set);
	put(text, "\t}\n\n");
}

/* Writes `tcp dport 8000-8999`. */
static void put_comparison(struct text *text, const struct set *set)
{
	const bool ports = set->field_count > 1;

	put(text, ports ? protocol_name(*set->keys) : fields[FIELD_L4PROTO].expression);
	put(text, ports ? " dport " : " ");
	if (ports)
		put_value(text, FIELD_TH_DPORT, set->keys + 4, set->ends ? set->ends + 4 : NULL);
	else
		put(text, protocol_name(*set->keys));
	put(text, " ");
	put_verdict(text, set->verdicts);
}

/* Writes `ip saddr 10.0.0.0/8 ip saddr != 10.1.0.0/16`. */
static void put_blocks(struct text *text, const struct rule *rule)
{
	for (size_t i = 0; i < rule->set->block_count; i++) {
		put(text, i ? " " : "");
		put(text, fields[rule->fields[0]].expression);
		put(text, i ? " != " : " ");
		put_value(text, rule->fields[0], rule->set->blocks[i].first,
			  rule->set->blocks[i].last);
	}
}

static void put_lookup(struct text *text, const struct rule *rule)
{
	const struct set *set = rule->set;

	if (set_is_comparison(set)) {
		put_comparison(text, set);
		return;
	}
	if (set_is_block(set)) {
		put_blocks(text, rule);
		return;
	}
	put_fields(text, rule->fields, rule->field_count, false);
	put(text, set->verdicts ? " vmap " : " ");
	if (set->name) {
		put(text, "@");
		put(text, set->name);
		return;
	}
	put(text, "{ ");
	for (size_t i = 0; i < set->count; i++) {
		if (i)
			put(text, ", ");
		put_element(text, set, i);
	}
	put(text, " }");
}

static void put_rule(struct text *text, const struct rule *rule)
{
	if (rule->hoplimit) {
		put(text, "ip6 hoplimit ");
		put_number(text, rule->hoplimit);
		put(text, " ");
	}
	switch (rule->kind) {
	case RULE_ALWAYS:
		break;
	case RULE_ESTABLISHED:
		put(text, "ct state established,related ");
		break;
	case RULE_NOT_SYN:
		put(text, "tcp flags != syn / fin,syn,rst,ack ");
		break;
	case RULE_NOT_ROUTED_BACK:
		put(text, "fib saddr . iif oif missing ");
		break;
	case RULE_BRIDGED_TO_SERVICE:
		put(text, "ct status dnat meta iifkind \"bridge\" ");
		break;
	case RULE_NOT_UNICAST:
		put(text, "meta pkttype != host ");
		break;
	case RULE_LOG:
	case RULE_LOG_AUDIT:
		put(text, "limit rate ");
		put_number(text, LAYOUT_LOG_RATE);
		put(text, "/second burst ");
		put_number(text, LAYOUT_LOG_BURST);
		put(text, rule->kind == RULE_LOG ? " packets log group "
						 : " packets log prefix \"" LAYOUT_LOG_AUDIT
						   "\" group ");
		put_number(text, LAYOUT_LOG_GROUP);
		break;
	case RULE_LOOKUP:
		put_lookup(text, rule);
		if (rule->verdict.kind != VERDICT_NONE)
			put(text, " ");
		break;
	}
	if (rule->counter)
		put(text, rule->verdict.kind == VERDICT_NONE ? "counter packets 0 bytes 0"
							     : "counter packets 0 bytes 0 ");
	put_verdict(text, &rule->verdict);
	if (rule->comment)
		put(text, " ");
	put_comment(text, rule->comment);
	put(text, "\n");
}

/* The declaration of a base chain. */
static const char *const hooks[] = {
	[HOOK_FORWARD] = "type filter hook forward priority filter; policy accept;",
	[HOOK_INPUT] = "type filter hook input priority filter; policy accept;",
};

static void put_chain(struct text *text, const struct chain *chain)
{
	put(text, "\tchain ");
	put(text, chain->name);
	put(text, " {\n");
	if (chain->comment) {
		put(text, "\t\t");
		put_comment(text, chain->comment);
		put(text, "\n");
	}
	if (chain->base) {
		put(text, "\t\t");
		put(text, hooks[chain->hook]);
		put(text, "\n");
	}
	for (size_t i = 0; i < chain->rule_count; i++) {
		put(text, "\t\t");
		put_rule(text, &chain->rules[i]);
	}
	put(text, "\t}\n");
}

static void put_legend(struct text *text, const struct ruleset *ruleset)
{
	for (size_t i = 0; i < ruleset->legend_count; i++) {
		const struct legend *legend = &ruleset->legend[i];

		put(text, "# ");
		put(text, legend->name);
		put(text, ":\n");
		for (size_t k = 0; k < legend->count; k++) {
			put(text, "#     ");
			put(text, legend->lines[k]);
			put(text, "\n");
		}
	}
}

int emit_text(const struct ruleset *ruleset, text_writer write, void *context)
{
	struct text text = {.write = write, .context = context};

	put_legend(&text, ruleset);
	put(&text, "add table inet ");
	put(&text, ruleset->table);
	put(&text, "\ndelete table inet ");
	put(&text, ruleset->table);
	put(&text, "\ntable inet ");
	put(&text, ruleset->table);
	put(&text, " {\n");
	for (size_t i = 0; i < ruleset->set_count; i++)
		put_set(&text, &ruleset->sets[i]);
	for (size_t i = 0; i < ruleset->chain_count; i++) {
		if (i)
			put(&text, "\n");
		put_chain(&text, &ruleset->chains[i]);
	}
	put(&text, "}\n");
	flush(&text);
	return text.failed;
}

/* Writes `VERB inet TABLE NAME`. */
static void put_command(struct text *text, const char *verb, const char *table, const char *name)
{
	put(text, verb);
	put(text, " inet ");
	put(text, table);
	if (name) {
		put(text, " ");
		put(text, name);
	}
}

static void put_new_chain(struct text *text, const char *table, const struct chain *chain)
{
	put_command(text, "add chain", table, chain->name);
	if (chain->base) {
		put(text, " { ");
		put(text, hooks[chain->hook]);
		put(text, " }");
	}
	if (chain->comment) {
		put(text, " { ");
		put_comment(text, chain->comment);
		put(text, "; }");
	}
	put(text, "\n");
}

static void put_new_set(struct text *text, const char *table, const struct set *set)
{
	put_command(text, set->verdicts ? "add map" : "add set", table, set->name);
	put(text, " {");
	put_set_type(text, set, " ", ";");
	put(text, " }\n");
}

static void put_element_command(struct text *text, const char *verb, const char *table,
				const struct set *set)
{
	put_command(text, verb, table, set->name);
	put(text, " { ");
	for (size_t i = 0; i < set->count; i++) {
		if (i)
			put(text, ", ");
		put_element(text, set, i);
	}
	put(text, " }\n");
}

static void put_change(struct text *text, const char *table, const struct change *change)
{
	switch (change->kind) {
	case CHANGE_DELETE_TABLE:
		put_command(text, "delete table", table, NULL);
		put(text, "\n");
		break;
	case CHANGE_ADD_TABLE:
		put_command(text, "add table", table, NULL);
		put(text, "\n");
		break;
	case CHANGE_ADD_CHAIN:
		put_new_chain(text, table, change->chain);
		break;
	case CHANGE_ADD_SET:
		put_new_set(text, table, change->set);
		break;
	case CHANGE_FLUSH_CHAIN:
		put_command(text, "flush chain", table, change->chain->name);
		put(text, "\n");
		break;
	case CHANGE_DELETE_ELEMENTS:
		put_element_command(text, "delete element", table, change->set);
		break;
	case CHANGE_ADD_ELEMENTS:
		put_element_command(text, "add element", table, change->set);
		break;
	case CHANGE_ADD_RULES:
		for (size_t i = 0; i < change->chain->rule_count; i++) {
			put_command(text, "add rule", table, change->chain->name);
			put(text, " ");
			put_rule(text, &change->chain->rules[i]);
		}
		break;
	case CHANGE_DELETE_CHAIN:
		put_command(text, "delete chain", table, change->chain->name);
		put(text, "\n");
		break;
	case CHANGE_DELETE_SET:
		put_command(text, change->set->verdicts ? "delete map" : "delete set", table,
			    change->set->name);
		put(text, "\n");
		break;
	case CHANGE_DELETE_EXTRA:
		put(text, "delete ");
		put_command(text, change->extra->kind, table, change->extra->name);
		put(text, "\n");
		break;
	}
}

/* Writes a comment that says what the step is for, if there are several. */
static void put_phase(struct text *text, enum phase phase)
{
	static const char *const words[] = {
		[PHASE_PREPARE] = "prepare: nothing leads to this yet",
		[PHASE_ENTER] = "add peers that only the other end asks for",
		[PHASE_TIGHTEN] = "deny more",
		[PHASE_MOVE_IN] = "add addresses that move",
		[PHASE_MOVE_OUT] = "delete addresses that moved",
		[PHASE_LOOSEN] = "allow more",
		[PHASE_LEAVE] = "delete peers that only the other end asks for",
		[PHASE_SWITCH] = "switch",
		[PHASE_REWRITE] = "rewrite what nothing leads to now",
		[PHASE_RETURN] = "switch back",
		[PHASE_SWEEP] = "sweep what nothing leads to any more",
	};

	put(text, "# ");
	put(text, words[phase]);
	put(text, "\n");
}

int emit_changes(const struct changes *changes, const char *table, text_writer write, void *context)
{
	struct text text = {.write = write, .context = context};

	const bool steps = changes->count &&
			   changes->items[0].phase != changes->items[changes->count - 1].phase;

	for (size_t i = 0; i < changes->count; i++) {
		if (steps && (i == 0 || changes->items[i].phase != changes->items[i - 1].phase))
			put_phase(&text, changes->items[i].phase);
		put_change(&text, table, &changes->items[i]);
	}
	flush(&text);
	return text.failed;
}
