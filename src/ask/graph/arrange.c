/*
 * Asks graphviz where things go.
 *
 * The child reads a file without a name, not a pipe.  So there is only one pipe to wait for, and a
 * child that stops reading cannot stop us.  Its answer is JSON, which is read like any input.
 */
#define _GNU_SOURCE /* memfd_create(), pipe2() */
#include "ask/graph/arrange.h"

#include "base/arena.h"
#include "base/guarded_call.h"
#include "base/diag.h"
#include "read/json.h"
#include "read/tree.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

extern char **environ;

#define SECONDS   10
#define BYTES_MAX (64U << 20)

#define TOO_LONG "graphviz took too long"

/* The time that is left, in ms; 0: none is left.  */
static int time_left(const struct timespec *end)
{
	struct timespec now;
	long long ms;

	clock_gettime(CLOCK_MONOTONIC, &now);
	ms = (end->tv_sec - now.tv_sec) * 1000LL + (end->tv_nsec - now.tv_nsec) / 1000000;
	return ms > 0 ? (int)ms : 0;
}

/* Reads everything up to the end of the file.  Returns NULL, or words that say what is wrong.  */
static const char *read_all(struct arena *arena, int fd, struct string *answer)
{
	char block[1 << 14];
	struct pollfd wait = {.fd = fd, .events = POLLIN};
	struct timespec end;

	clock_gettime(CLOCK_MONOTONIC, &end);
	end.tv_sec += SECONDS;
	for (;;) {
		int ready = poll(&wait, 1, time_left(&end));
		ssize_t got;

		if (ready < 0 && errno == EINTR)
			continue;
		if (ready <= 0)
			return ready ? "its answer cannot be read" : TOO_LONG;
		got = read(fd, block, sizeof(block));
		if (got < 0 && errno == EINTR)
			continue;
		if (got < 0)
			return "its answer cannot be read";
		if (got == 0)
			return NULL;
		if (answer->len + (size_t)got > BYTES_MAX)
			return "graphviz said too much";
		arena_append(arena, answer, "%.*s", (int)got, block);
	}
}

/* Makes a file without a name that holds the text; returns -1 if that fails.  */
static int file_of(const char *text)
{
	int fd = memfd_create("graph", MFD_CLOEXEC);
	size_t len = strlen(text), at = 0;

	while (fd >= 0 && at < len) {
		ssize_t wrote = write(fd, text + at, len - at);

		if (wrote <= 0) {
			close(fd);
			return -1;
		}
		at += (size_t)wrote;
	}
	if (fd >= 0)
		lseek(fd, 0, SEEK_SET);
	return fd;
}

/* Starts graphviz; returns 0 or an error number.  */
static int spawn(int in, int out, pid_t *child)
{
	static char program[] = "dot", format[] = "-Tjson0";
	char *argv[] = {program, format, NULL};
	posix_spawn_file_actions_t actions;
	int error;

	posix_spawn_file_actions_init(&actions);
	posix_spawn_file_actions_adddup2(&actions, in, STDIN_FILENO);
	posix_spawn_file_actions_adddup2(&actions, out, STDOUT_FILENO);
	posix_spawn_file_actions_addopen(&actions, STDERR_FILENO, "/dev/null", O_WRONLY, 0);
	error = posix_spawnp(child, program, &actions, NULL, argv, environ);
	posix_spawn_file_actions_destroy(&actions);
	return error;
}

/* A graphviz that runs, and the pipe through which its answer comes.  */
struct graphviz {
	int out;
	pid_t child;
	int status;
};

static void end_graphviz(struct graphviz *graphviz, bool kills)
{
	close(graphviz->out);
	if (kills)
		kill(graphviz->child, SIGKILL);
	while (waitpid(graphviz->child, &graphviz->status, 0) < 0 && errno == EINTR)
		;
}

static void give_back(void *graphviz)
{
	end_graphviz(graphviz, true);
}

/* Runs graphviz with the file @in.  Returns NULL, or words that say what is wrong.  */
static const char *run(struct arena *arena, int in, struct string *answer)
{
	struct graphviz graphviz;
	struct undo undo;
	const char *problem;
	int pipes[2];

	if (pipe2(pipes, O_CLOEXEC))
		return "no pipe to graphviz";
	if (spawn(in, pipes[1], &graphviz.child)) {
		close(pipes[0]);
		close(pipes[1]);
		return "graphviz (the program dot) is not installed";
	}
	close(pipes[1]);
	graphviz.out = pipes[0];
	undo_later(&undo, give_back, &graphviz);
	problem = read_all(arena, graphviz.out, answer);
	undo_never(&undo);
	end_graphviz(&graphviz, problem);
	if (!problem && graphviz.status != 0)
		problem = "graphviz failed";
	return problem;
}

static const char *text_at(const struct tree_node *map, const char *key)
{
	const struct tree_node *value = tree_get(map, key);

	return value && value->kind == TREE_SCALAR ? value->text : "";
}

/* The number that stands behind @prefix and is below @count; otherwise @count.  */
static size_t numbered(const char *name, const char *prefix, size_t count)
{
	size_t len = strlen(prefix);
	char *end;
	unsigned long number;

	if (strncmp(name, prefix, len) != 0)
		return count;
	number = strtoul(name + len, &end, 10);
	return end == name + len || *end || number > count ? count : number;
}

/* Reads "X,Y", where Y grows upwards, and moves the text behind it.  */
static bool read_place(const struct layout *layout, const char **text, struct drawn_place *place)
{
	int used = 0;

	if (sscanf(*text, " %lf,%lf%n", &place->x, &place->y, &used) != 2)
		return false;
	*text += used;
	place->y = layout->size.y - place->y;
	return true;
}

static void take_object(struct layout *layout, const struct tree_node *object)
{
	const char *name = text_at(object, "name"), *text = text_at(object, "pos");
	size_t node = numbered(name, "n", layout->node_count);
	size_t box = numbered(name, "cluster_", layout->box_count);
	struct drawn_place a, b;

	if (node < layout->node_count && read_place(layout, &text, &a))
		layout->nodes[node] =
			(struct place_box){a, 72 * strtod(text_at(object, "width"), NULL),
					   72 * strtod(text_at(object, "height"), NULL)};
	if (box == layout->box_count)
		return;
	text = text_at(object, "bb");
	if (read_place(layout, &text, &a) && *text++ == ',' && read_place(layout, &text, &b))
		layout->boxes[box] = (struct place_box){
			{(a.x + b.x) / 2, (a.y + b.y) / 2}, b.x - a.x, a.y - b.y};
}

/* Reads "e,HEAD START POINT POINT POINT …".  */
static void take_edge(struct arena *arena, struct layout *layout, const struct tree_node *edge)
{
	const char *text = text_at(edge, "pos"), *label = text_at(edge, "lp");
	size_t number = numbered(text_at(edge, "id"), "a", layout->arrow_count);
	struct place_line line = {0};
	struct drawn_place point;

	if (number == layout->arrow_count || strncmp(text, "e,", 2) != 0)
		return;
	text += 2;
	if (!read_place(layout, &text, &line.head))
		return;
	while (read_place(layout, &text, &point))
		arena_push(arena, line.points, line.count, point);
	line.has_label = read_place(layout, &label, &line.label);
	if (line.count % 3 == 1)
		layout->arrows[number] = line;
}

struct dot_reading {
	struct arena *arena;
	struct layout *layout;
};

static void take_graph(void *context, const struct tree_node *graph, bool in_list,
		       const char *list_kind)
{
	struct dot_reading *reading = context;
	const struct tree_node *objects = tree_get(graph, "objects"),
			       *edges = tree_get(graph, "edges");
	double low_x, low_y;

	(void)in_list, (void)list_kind;
	if (sscanf(text_at(graph, "bb"), "%lf,%lf,%lf,%lf", &low_x, &low_y,
		   &reading->layout->size.x, &reading->layout->size.y) != 4)
		return;
	for (uint32_t i = 0; objects && objects->kind == TREE_SEQUENCE && i < objects->count; i++)
		take_object(reading->layout, objects->items[i]);
	for (uint32_t i = 0; edges && edges->kind == TREE_SEQUENCE && i < edges->count; i++)
		take_edge(reading->arena, reading->layout, edges->items[i]);
}

static const struct shape *all_of_it(void *context, const char *kind, size_t len)
{
	(void)context, (void)kind, (void)len;
	return NULL;
}

static void no_list(void *context, const struct tree_node *list)
{
	(void)context, (void)list;
}

static void read_answer(struct arena *arena, const struct string *answer, struct layout *layout)
{
	struct dot_reading reading = {arena, layout};
	struct tree_sink sink = {&reading, NULL, all_of_it, take_graph, no_list};
	struct diags diags = {.arena = arena};
	struct tree_builder *builder = tree_new("graphviz", &sink, &diags);

	json_read((const unsigned char *)answer->text, answer->len, builder);
	tree_free(builder);
}

static bool has_places(const struct layout *layout)
{
	for (size_t i = 0; i < layout->node_count; i++)
		if (layout->nodes[i].width > 0)
			return true;
	return false;
}

const char *layout_ask(struct arena *arena, const char *dot, struct layout *layout)
{
	struct string answer = {0};
	const char *problem;
	int in = file_of(dot);
	struct undo undo;

	if (in < 0)
		return "no memory for a file";
	undo_later(&undo, undo_fd, &in);
	problem = run(arena, in, &answer);
	undo_never(&undo);
	close(in);
	if (problem)
		return problem;
	layout->nodes = arena_array(arena, layout->node_count, sizeof(*layout->nodes));
	layout->boxes = arena_array(arena, layout->box_count, sizeof(*layout->boxes));
	layout->arrows = arena_array(arena, layout->arrow_count, sizeof(*layout->arrows));
	if (answer.len && json_is_valid((const unsigned char *)answer.text, answer.len))
		read_answer(arena, &answer, layout);
	return has_places(layout) ? NULL : "graphviz gave no places";
}
