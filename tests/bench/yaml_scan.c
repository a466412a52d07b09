/*
 * The yardstick of the benchmark: what libyaml alone needs for a file.  It parses every event and
 * prints how many there were.
 */

#include <stdio.h>
#include <yaml.h>

/* Returns the number of events, or -1 after a message. */
static long scan(const char *path, FILE *file)
{
	yaml_parser_t parser;
	yaml_event_t event;
	yaml_event_type_t type = YAML_NO_EVENT;
	long events = 0;

	if (!yaml_parser_initialize(&parser)) {
		fprintf(stderr, "yaml_scan: out of memory\n");
		return -1;
	}
	yaml_parser_set_input_file(&parser, file);
	while (type != YAML_STREAM_END_EVENT) {
		if (!yaml_parser_parse(&parser, &event)) {
			fprintf(stderr, "%s:%zu:%zu: error: %s\n", path,
				parser.problem_mark.line + 1, parser.problem_mark.column + 1,
				parser.problem ? parser.problem : "out of memory");
			events = -1;
			break;
		}
		type = event.type;
		yaml_event_delete(&event);
		events++;
	}
	yaml_parser_delete(&parser);
	return events;
}

int main(int argc, char **argv)
{
	FILE *file;
	long events;

	if (argc != 2) {
		fprintf(stderr, "usage: yaml_scan FILE\n");
		return 2;
	}
	file = fopen(argv[1], "rb");
	if (!file) {
		perror(argv[1]);
		return 2;
	}
	events = scan(argv[1], file);
	fclose(file);
	if (events < 0)
		return 2;
	printf("%ld\n", events);
	return 0;
}
