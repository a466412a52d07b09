/*
 * Reads a message of Kubernetes' protobuf (argument 1: Pod, Namespace, NetworkPolicy, Node) from standard input, and
 * writes its tree as JSON.  Exit status 1 if it is no message.
 */
#include "base/arena.h"
#include "base/json.h"
#include "read/protobuf.h"

#include <stdio.h>
#include <stdlib.h>

static void write_node(struct json *json, const char *key, const struct tree_node *node)
{
	switch (node->kind) {
	case TREE_SCALAR:
		if (node->type == SCALAR_STRING)
			json_put_text(json, key, node->text);
		else if (node->type == SCALAR_BOOL)
			json_put_bool(json, key, *node->text == 't');
		else
			json_put_number(json, key, strtoull(node->text, NULL, 10));
		break;
	case TREE_SEQUENCE:
		json_open_array(json, key);
		for (uint32_t i = 0; i < node->count; i++)
			write_node(json, NULL, node->items[i]);
		json_close(json);
		break;
	case TREE_MAPPING:
		json_open_object(json, key);
		for (uint32_t i = 0; i < node->count; i++)
			write_node(json, node->pairs[i].key->text, node->pairs[i].value);
		json_close(json);
		break;
	}
}

int main(int argc, char **argv)
{
	static uint8_t bytes[1 << 20];
	struct arena *arena = arena_new();
	struct json json = {.arena = arena};
	const size_t len = fread(bytes, 1, sizeof(bytes), stdin);
	const struct proto_form *form = argc < 2                        ? NULL
					: !strcmp(argv[1], "Pod")       ? &proto_pod
					: !strcmp(argv[1], "Namespace") ? &proto_namespace
					: !strcmp(argv[1], "Node")      ? &proto_node
									: &proto_policy;
	const struct tree_node *node = form ? proto_read(arena, form, bytes, len) : NULL;

	if (node) {
		write_node(&json, NULL, node);
		fputs(json_end(&json), stdout);
	}
	arena_free(arena);
	return !node;
}
