/* Two threads, one of which may have read in vain.  See read/split.h. */
#ifndef _GNU_SOURCE
#define _GNU_SOURCE /* memmem(), sched_getaffinity() */
#endif

#include "read/split.h"

#include "base/arena.h"
#include "base/call.h"

#include <pthread.h>
#include <sched.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* Below, a thread costs more than it saves; above, the trees that it keeps could fill the memory. */
#define LEAST ((off_t)1 << 20)
#define MOST  ((off_t)256 << 20)

/* An item or document that is longer than this is not looked through. */
#define WINDOW ((size_t)256 << 10)

/* What the second thread would have given to the sink. */
struct delivery {
	struct node *node;
	bool in_list, is_end;
	const char *list_kind;
};

struct part {
	/* The second thread's. */
	pthread_t thread;
	struct yaml_input input;
	struct tree_builder *builder;
	struct diags diags;
	struct delivery *deliveries;
	size_t count;
	bool begun;
	struct call call;
	struct tree_place place; /* where it began, */
	uint32_t line, col;      /* and at what, as it counts lines */
	/* The first thread's. */
	const struct tree_sink *sink;
	const struct tree_builder *first;
	bool joined, taken;
	struct undo undo;
};

static const struct shape *pass_shape(void *context, const char *kind, size_t len)
{
	const struct part *part = context;

	return part->sink->shape(part->sink->context, kind, len);
}

/* Trees are the builder's, which is this part's own: they may be written to. */
static void keep(struct part *part, const struct node *node, struct delivery delivery)
{
	delivery.node = (struct node *)node;
	if (part->begun)
		arena_push(part->diags.arena, part->deliveries, part->count, delivery);
}

static void keep_object(void *context, const struct node *object, bool in_list,
			const char *list_kind)
{
	keep(context, object, (struct delivery){.in_list = in_list, .list_kind = list_kind});
}

static void keep_list_end(void *context, const struct node *list)
{
	keep(context, list, (struct delivery){.is_end = true});
}

static bool begin(void *context, uint32_t line)
{
	struct part *part = context;

	part->begun = true;
	part->line = line;
	part->place = tree_place(part->builder);
	return false;
}

static void *read_part(void *context)
{
	struct part *part = context;

	call_begin(&part->call);
	if (!setjmp(part->call.began))
		yaml_read(&part->input, part->builder, &part->diags);
	call_end(&part->call);
	return NULL;
}

static void join_thread(void *context)
{
	struct part *part = context;

	pthread_join(part->thread, NULL);
	part->joined = true;
}

/* Waits for the second thread; what ended it early ends the first one too. */
static void join(struct part *part)
{
	if (part->joined)
		return;
	undo_never(&part->undo);
	join_thread(part);
	if (part->call.failure)
		call_fail(part->call.failure, part->call.where);
}

static void deliver(const struct part *part, uint32_t lines)
{
	const struct tree_sink *sink = part->sink;

	for (size_t i = 0; i < part->count; i++) {
		const struct delivery *delivery = &part->deliveries[i];

		tree_move(delivery->node, part->line, part->col, lines);
		if (delivery->is_end)
			sink->list_end(sink->context, delivery->node);
		else
			sink->object(sink->context, delivery->node, delivery->in_list,
				     delivery->list_kind);
	}
}

/* Did the part begin in the state in which the first thread is now, and end well? */
static bool agrees(const struct part *part)
{
	struct tree_place here = tree_place(part->first);

	return part->begun && !part->diags.count && here.documents == part->place.documents &&
	       here.keys == part->place.keys && !here.held && !here.anchors &&
	       !tree_place(part->builder).anchors;
}

static bool take_over(void *context, uint32_t line)
{
	struct part *part = context;

	join(part);
	part->taken = agrees(part);
	if (part->taken)
		deliver(part, line - part->line);
	return part->taken;
}

bool split_read(const struct yaml_input *input, const struct split *split,
		struct tree_builder *builder, const struct tree_sink *sink, struct diags *diags)
{
	struct part part = {.col = (uint32_t)split->skip + 1, .sink = sink, .first = builder};
	const struct tree_sink keeper = {&part, pass_shape, keep_object, keep_list_end};
	const struct yaml_stop start = {split->head + split->skip, begin, &part};
	const struct yaml_stop stop = {split->at + split->skip, take_over, &part};
	struct yaml_input whole = *input;

	part.input = (struct yaml_input){
		.file = input->file,
		.begun = input->begun,
		.len = split->head,
		.fd = input->fd,
		.offset = (off_t)split->at,
		.stop = &start,
	};
	part.diags.arena = arena_new();
	part.builder = tree_new(input->file, &keeper, &part.diags);
	tree_keep(part.builder);
	if (pthread_create(&part.thread, NULL, read_part, &part))
		part.joined = true;
	else
		whole.stop = &stop;
	if (!part.joined)
		undo_later(&part.undo, join_thread, &part);
	yaml_read(&whole, builder, diags);
	join(&part);
	/* As if it had been read to its end. */
	if (part.taken)
		lseek(input->fd, 0, SEEK_END);
	tree_free(part.builder);
	arena_free(part.diags.arena);
	return part.taken;
}

/* Where @mark begins a line, behind @from; 0: nowhere near. */
static size_t find_line(int fd, size_t from, const char *mark)
{
	char *window = malloc(WINDOW), *line = NULL;
	ssize_t got = window ? pread(fd, window, WINDOW, (off_t)from) : 0;
	size_t at = 0;

	if (got > 0)
		line = memmem(window, (size_t)got, mark, strlen(mark));
	if (line)
		at = from + (size_t)(line - window) + 1;
	free(window);
	return at;
}

bool split_find(const struct yaml_input *input, size_t middle, struct split *split)
{
	static const char list[] = "\nitems:\n- ";
	const char *begun = (const char *)input->begun;
	const char *items = memmem(begun, input->len, list, strlen(list));

	*split = (struct split){0};
	if (items) {
		split->head = (size_t)(items - begun) + strlen("\nitems:\n");
		split->skip = strlen("- ");
	}
	/* A byte order mark is no character to libyaml; other encodings begin with one. */
	if (!input->len || input->begun[0] >= 0x80)
		return false;
	split->at = find_line(input->fd, middle, items ? "\n- " : "\n---");
	return split->at > input->len;
}

static bool has_two_processors(void)
{
	cpu_set_t processors;

	return !sched_getaffinity(0, sizeof(processors), &processors) && CPU_COUNT(&processors) > 1;
}

void split_or_read(const struct yaml_input *input, struct tree_builder *builder,
		   const struct tree_sink *sink, struct diags *diags)
{
	struct split split;
	struct stat status;
	bool may = !fstat(input->fd, &status) && S_ISREG(status.st_mode) &&
		   status.st_size >= LEAST && status.st_size <= MOST &&
		   lseek(input->fd, 0, SEEK_CUR) == (off_t)input->len && has_two_processors();

	if (may && split_find(input, (size_t)status.st_size / 2, &split))
		split_read(input, &split, builder, sink, diags);
	else
		yaml_read(input, builder, diags);
}
