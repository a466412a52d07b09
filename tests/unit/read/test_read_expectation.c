/* Tests the reading of expectations: their ends, their ports, and what is wrong in them. */
#include "rows.h"

#include "model/expectation.h"

static const char *protocol_name(enum protocol protocol)
{
	return protocol == TCP    ? "TCP"
	       : protocol == UDP  ? "UDP"
	       : protocol == SCTP ? "SCTP"
				  : "ICMP";
}

static void write_selector(FILE *out, const struct objects *objects,
			   const struct selector *selector)
{
	static const char *const operators[] = {"in", "notin", "exists", "absent"};

	fputc('{', out);
	for (size_t i = 0; i < selector->count; i++) {
		const struct requirement *requirement = &selector->requirements[i];

		fprintf(out, "%s%s %s", i ? ", " : "", objects->string_of[requirement->key],
			operators[requirement->op]);
		for (size_t k = 0; k < requirement->count; k++)
			fprintf(out, " %s", objects->string_of[requirement->values[k]]);
	}
	fputc('}', out);
}

static void write_end(FILE *out, const struct objects *objects, const struct end *end)
{
	char cidr[CIDR_TEXT];

	switch (end->kind) {
	case END_WORKLOAD:
		fprintf(out, "%s %s/%s", end->workload, end->namespace, end->name);
		break;
	case END_SERVICE:
		fprintf(out, "Service %s/%s", end->namespace, end->name);
		break;
	case END_ADDRESS:
	case END_BLOCK:
		cidr_text(&end->cidr, cidr);
		fprintf(out, "%s %s", end->kind == END_BLOCK ? "block" : "address", cidr);
		break;
	case END_NODE:
		fputs(end->text, out);
		break;
	case END_PODS:
		write_selector(out, objects, end->pods);
		fputs(" in ", out);
		if (end->namespaces)
			write_selector(out, objects, end->namespaces);
		else
			fputs(end->namespace, out);
		break;
	}
}

static void write_objects(FILE *out, const struct objects *objects)
{
	for (size_t i = 0; i < objects->expectation_count; i++) {
		const struct expectation *one = &objects->expectations[i];

		fprintf(out, "%s/%s: ", one->namespace, one->name);
		write_end(out, objects, &one->from);
		fputs(one->allow ? " -> " : " -x ", out);
		write_end(out, objects, &one->to);
		for (size_t k = 0; k < one->port_count; k++) {
			const struct port *port = &one->ports[k];

			if (port->name)
				fprintf(out, " %s/%s", port->name, protocol_name(port->protocol));
			else
				fprintf(out, " %u-%u/%s", port->first, port->last,
					protocol_name(port->protocol));
		}
		fputc('\n', out);
	}
}

#define EXPECT(list)                                                                               \
	"{apiVersion: np2nft/v1, kind: Expectations, metadata: {name: t, namespace: ns},\n"        \
	"expectations: [" list "]}"
#define FROM(end)   EXPECT("{from: " end ", to: b, allow: true}")
#define PORTS(list) EXPECT("{from: a, to: b, allow: true, ports: [" list "]}")
#define A_TO_B      "ns/t: Pod ns/a -> Pod ns/b"

START_TEST(expectations_name_ends_in_many_ways)
{
	static const struct row rows[] = {
		{EXPECT(""), ""},
		{EXPECT("{from: a, to: c/b, allow: true}, {from: 'a', to: b, allow: no}"),
		 "ns/t: Pod ns/a -> Pod c/b\nns/t: Pod ns/a -x Pod ns/b\n"},
		{FROM("deployment/shop/web"), "ns/t: Deployment shop/web -> Pod ns/b\n"},
		{FROM("CronJob/shop/web"), "ns/t: CronJob shop/web -> Pod ns/b\n"},
		{FROM("POD/shop/web.1"), "ns/t: Pod shop/web.1 -> Pod ns/b\n"},
		{FROM("service/shop/web"), "ns/t: Service shop/web -> Pod ns/b\n"},
		{FROM("10.0.0.1"), "ns/t: address 10.0.0.1/32 -> Pod ns/b\n"},
		{FROM("fd00::1"), "ns/t: address fd00::1/128 -> Pod ns/b\n"},
		{FROM("10.0.0.0/8"), "ns/t: block 10.0.0.0/8 -> Pod ns/b\n"},
		{FROM("'::/0'"), "ns/t: block ::/0 -> Pod ns/b\n"},
		{FROM("{podSelector: {}}"), "ns/t: {} in ns -> Pod ns/b\n"},
		{FROM("{podSelector: {matchLabels: {x: v}}}"),
		 "ns/t: {x in v} in ns -> Pod ns/b\n"},
		{FROM("{namespaceSelector: {}}"), "ns/t: {} in {} -> Pod ns/b\n"},
		{FROM("{namespaceSelector: {matchExpressions: [{key: k, operator: Exists}]}, "
		      "podSelector: {matchLabels: {x: v}}}"),
		 "ns/t: {x in v} in {k exists} -> Pod ns/b\n"},
		{"{apiVersion: np2nft/v1, kind: Expectations, metadata: {name: t},\n"
		 "expectations: [{from: a, to: {podSelector: {}}, allow: true}]}",
		 "default/t: Pod default/a -> {} in default\n"},
		{"{apiVersion: v1, kind: List, items: [" FROM("a") "]}", A_TO_B "\n"},
	};

	check_rows(rows, COUNT(rows), true);
}
END_TEST

START_TEST(expectations_name_ports_in_many_ways)
{
	static const struct row rows[] = {
		{PORTS(""), A_TO_B "\n"},
		{PORTS("80, 0x50, '80', 80/TCP, 1-65535/UDP, 5-5"),
		 A_TO_B " 80-80/TCP 80-80/TCP 80-80/TCP 80-80/TCP 1-65535/UDP 5-5/TCP\n"},
		{PORTS("http, dns/UDP, a-1, ICMP, x/SCTP"),
		 A_TO_B " http/TCP dns/UDP a-1/TCP 0-65535/ICMP x/SCTP\n"},
	};

	check_rows(rows, COUNT(rows), true);
}
END_TEST

START_TEST(faults_in_expectations_are_found)
{
#define BAD_END(end)                                                                               \
	{                                                                                          \
		FROM("'" end "'"),                                                                 \
			"2:23 \"" end "\" is not POD, NAMESPACE/POD, KIND/NAMESPACE/NAME, an IP "  \
			"address or a CIDR\n"                                                      \
	}
#define BAD_PORT(port)                                                                             \
	{                                                                                          \
		PORTS("'" port "'"),                                                               \
			"2:54 \"" port "\" is no port such as 80, 1000-2000/UDP, http or ICMP\n"   \
	}
	static const struct row rows[] = {
		BAD_END(""),
		BAD_END("/"),
		BAD_END("a/"),
		BAD_END("/a"),
		BAD_END("/a/b"),
		BAD_END("a//b"),
		BAD_END("pod/a/b/c"),
		BAD_END("n.s/a"),
		BAD_END("pod/A/b"),
		BAD_END("fd00:::1"),
		BAD_END("a b"),
		{FROM("svc/a/b"), "2:23 \"svc\" is no Service and no kind of workload; did you "
				  "mean \"Service\"?\n"},
		{FROM("deploy/a/b"), "2:23 \"deploy\" is no Service and no kind of workload\n"},
		{FROM("deploymnt/a/b"), "2:23 \"deploymnt\" is no Service and no kind of workload; "
					"did you mean \"Deployment\"?\n"},
		{FROM("10.0.0.256"), "2:23 \"10.0.0.256\" is not an IP address or a CIDR\n"},
		{FROM("10.0.0.0/33"), "2:23 \"10.0.0.0/33\" is not an IP address or a CIDR\n"},
		{FROM("10.0.0.1/8"), "2:23 \"10.0.0.1/8\" stands for 10.0.0.0/8: write that\n"},
		{FROM("010.0.0.1"), "2:23 \"010.0.0.1\" stands for 10.0.0.1: write that\n"},
		{FROM("1"), "2:23 from must be a string, not a number (quote it)\n"},
		{FROM("[a]"), "2:23 from must be a string, not a list\n"},
		{FROM("{}"), "2:23 an end needs podSelector or namespaceSelector\n"},
		{FROM("{podselector: {}, namespaceSelector: {}}"),
		 "2:24 unknown field \"podselector\" in an end; did you mean \"podSelector\"?\n"},
		{FROM("{podSelector: {matchLabels: {x: 1}}}"),
		 "2:55 a label's value must be a string, not a number (quote it)\n"},
		BAD_PORT(""),
		BAD_PORT("0"),
		{PORTS("'65536'"), "2:54 \"65536\" is above 65535, the highest port\n"},
		{PORTS("'99999999999'"), "2:54 \"99999999999\" is above 65535, the highest port\n"},
		BAD_PORT("-1"),
		BAD_PORT("2-1"),
		BAD_PORT("1-"),
		BAD_PORT("1-2-3"),
		BAD_PORT("/TCP"),
		BAD_PORT("HTTP"),
		BAD_PORT("80/81/TCP"),
		{PORTS("'icmP'"),
		 "2:54 \"icmP\" is no port such as 80, 1000-2000/UDP, http or ICMP; "
		 "did you mean \"ICMP\"?\n"},
		{PORTS("80/tcp"),
		 "2:54 unknown protocol \"tcp\": TCP, UDP or SCTP; did you mean \"80/TCP\"?\n"},
		{PORTS("ICMP/TCP"), "2:54 \"ICMP/TCP\" is no port such as 80, 1000-2000/UDP, http "
				    "or ICMP; did you mean \"ICMP\"?\n"},
		{PORTS("65536, 1.5, null, true, [1]"),
		 "2:54 port 65536 is not from 1 to 65535\n"
		 "2:61 port must be a whole number, not 1.5\n"
		 "2:66 a port is missing\n"
		 "2:72 a port must be a string, not a boolean (quote it)\n"
		 "2:78 a port must be a string, not a list\n"},
		{EXPECT("{}, null, 5, {from: a, to: b, allow: 'yes', port: 80}, {from: a, too: b, "
			"allow: no}"),
		 "2:16 from is missing\n"
		 "2:16 to is missing\n"
		 "2:16 allow is missing: true or false\n"
		 "2:20 an expectation is missing\n"
		 "2:26 an expectation must be a mapping, not a number\n"
		 "2:60 unknown field \"port\" in an expectation; did you mean \"ports\"?\n"
		 "2:53 allow must be true or false, not a string\n"
		 "2:81 unknown field \"too\" in an expectation; did you mean \"to\"?\n"
		 "2:71 to is missing\n"},
		{"{apiVersion: np2nft/v1, kind: Expectations, metadata: {name: T, x: y}, "
		 "expectation: []}",
		 "1:72 unknown field \"expectation\" in Expectations; did you mean "
		 "\"expectations\"?\n"
		 "1:65 unknown field \"x\" in metadata\n"
		 "1:62 \"T\" is not a valid name\n"},
	};

	for (size_t i = 0; i < COUNT(rows); i++) {
		char *text = describe(rows[i].yaml, true), *faults = text;

		/* Other faults of the same input do not matter here. */
		while (!strncmp(faults, "ns/t: ", 6))
			faults = strchr(faults, '\n') + 1;
		ck_assert_msg(!strcmp(faults, rows[i].objects), "%s\ngave\n%s\nnot\n%s",
			      rows[i].yaml, faults, rows[i].objects);
		free(text);
	}
}
END_TEST

START_TEST(without_details_they_are_read_over)
{
	static const struct row rows[] = {
		{"{apiVersion: np2nft/v1, kind: Expectations, x: [], metadata: 7}", ""},
		{"{apiVersion: v1, kind: List, items: [" FROM("7") ", {apiVersion: v1, kind: "
								   "Secret}]}",
		 "skipped 1\n"},
	};

	check_rows(rows, COUNT(rows), false);
}
END_TEST

START_TEST(our_own_api_is_known_whole)
{
	static const struct row rows[] = {
		{"{apiVersion: np2nft/v2, kind: Expectations}",
		 "1:14 an Expectations object of apiVersion np2nft/v2 cannot be read, only of "
		 "np2nft/v1\n"},
		{"{apiVersion: np2nft/v2, kind: Other}",
		 "1:14 unknown apiVersion \"np2nft/v2\"; did you mean \"np2nft/v1\"?\n"},
		{"{apiVersion: np2nft/v1, kind: Expectation}",
		 "1:31 unknown kind \"Expectation\" of np2nft/v1; did you mean "
		 "\"Expectations\"?\n"},
		{"{apiVersion: np2nft/v1, kind: Pod}", "1:31 unknown kind \"Pod\" of np2nft/v1\n"},
		{"{kind: Expectations}",
		 "1:1 no apiVersion: an Expectations object is of np2nft/v1\n"},
		{"{apiVersion: np2nft/v2, kind: ExpectationsList, items: [{}]}",
		 "1:14 an Expectations object of apiVersion np2nft/v2 cannot be read, only of "
		 "np2nft/v1\n"},
	};

	check_rows(rows, COUNT(rows) - 1, true);
	check_rows(rows, COUNT(rows), false);
}
END_TEST

UNIT_MAIN("read_expectation", expectations_name_ends_in_many_ways,
	  expectations_name_ports_in_many_ways, faults_in_expectations_are_found,
	  without_details_they_are_read_over, our_own_api_is_known_whole)
