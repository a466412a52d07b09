/*
 * Builds trees with a stack of the mappings and sequences that are open.  What the shape of a
 * document does not name is skipped and never built; an object is handed on as soon as it is
 * complete.
 */
#include "read/tree.h"

#include "base/arena.h"
#include "base/table.h"
#include "read/mapping.h"
#include "read/scalar.h"

/* Kubernetes' own objects nest about 15 deep. */
#define DEPTH_MAX 100

/* The limit for the nodes that all aliases of a document together stand for. */
#define EXPANSION_MAX 100000

struct frame {
	struct tree_node *node;
	struct tree_node *key; /* of a mapping: a key that waits for its value */
	/* of a mapping: the next value is skipped, because its key is not in the shape */
	bool drops;
	const struct shape *shape;    /* which parts of it are kept; NULL: all */
	const struct shape *below;    /* which parts of the value of its key are kept */
	const struct tree_node *kind; /* the kind of an object, once it is known */
	/*
	 * what tree_builder.skip was before this node, with its anchor, was built inside of a
	 * skipped one
	 */
	uint32_t skip;
	bool detached; /* it is such a node, and so the value of nothing */
	bool streams;  /* it is the `items` of a list, each of which goes to the sink */
};

struct tree_builder {
	const char *file;
	const struct tree_sink *sink;
	struct diags *diags;
	struct arena *own; /* the memory of this node */
	struct arena *document,
		*item; /* it is emptied after each item, unless anchors point into it */
	struct frame frames[DEPTH_MAX];
	uint32_t depth;  /* how many frames are open */
	uint32_t skip;   /* how many skipped mappings and sequences are open */
	size_t expanded; /* how many nodes aliases have stood for so far */
	bool in_item;
	struct table anchors; /* the anchors of this document; the numbers are indices to: */
	struct tree_node **anchored;
	size_t anchored_count;
	struct tree_node **held; /* items whose kind only the end of the list will tell */
	size_t held_count;
};

struct tree_builder *tree_new(const char *file, const struct tree_sink *sink, struct diags *diags)
{
	struct arena *own = arena_new();
	struct tree_builder *builder = arena_alloc(own, sizeof(*builder));

	builder->own = own;
	builder->file = file;
	builder->sink = sink;
	builder->diags = diags;
	builder->document = arena_new();
	builder->item = arena_new();
	return builder;
}

void tree_free(struct tree_builder *builder)
{
	arena_free(builder->document);
	arena_free(builder->item);
	arena_free(builder->own);
}

int tree_refuse(struct tree_builder *builder, uint32_t line, uint32_t col, const char *what)
{
	diag_syntax(builder->diags, ((struct mark){builder->file, line, col}), "%s", what);
	return -1;
}

static struct arena *memory(const struct tree_builder *builder)
{
	return builder->in_item ? builder->item : builder->document;
}

static struct frame *top(struct tree_builder *builder)
{
	return builder->depth ? &builder->frames[builder->depth - 1] : NULL;
}

static struct tree_node *new_node(struct tree_builder *builder, enum tree_kind kind, uint32_t line,
				  uint32_t col)
{
	struct tree_node *node = arena_alloc(memory(builder), sizeof(*node));

	node->kind = kind;
	node->line = line;
	node->col = col;
	node->weight = 1;
	return node;
}

/* The kind of an object, or of an item the kind that its list implies; NULL: not known yet. */
static const struct tree_node *kind_of(const struct tree_builder *builder,
				       const struct frame *frame)
{
	const struct tree_node *kind = frame->kind ? frame->kind : builder->frames[0].kind;

	return kind && kind->kind == TREE_SCALAR ? kind : NULL;
}

static bool is_list_kind(const struct tree_node *kind)
{
	return kind->kind == TREE_SCALAR && kind->count >= 4 &&
	       !memcmp(kind->text + kind->count - 4, "List", 4);
}

static const struct shape *object_shape(const struct tree_builder *builder,
					const struct frame *frame)
{
	const struct tree_node *kind = kind_of(builder, frame);

	if (frame->kind && is_list_kind(frame->kind))
		return builder->sink->list;
	return builder->sink->shape(builder->sink->context, kind ? kind->text : NULL,
				    kind ? kind->count : 0);
}

/* Is it the mapping of a document, or an item of a list? */
static bool is_object(const struct tree_builder *builder, const struct frame *frame)
{
	const struct frame *bottom = builder->frames;

	return frame == bottom || (frame == bottom + 2 && bottom[1].streams);
}

static bool same_text(const char *text, size_t len, const char *name)
{
	return *text == *name && len == strlen(name) && !memcmp(text, name, len);
}

/*
 * Does the shape of @frame keep the value of this key? If so, frame->below becomes the shape of the
 * value.
 */
static bool keeps(const struct tree_builder *builder, struct frame *frame, const char *text,
		  size_t len)
{
	const struct shape *shape = frame->shape;

	frame->below = NULL;
	if (is_object(builder, frame)) {
		/* These keys tell its kind, and so decide which shape it has. */
		if (same_text(text, len, "kind") || same_text(text, len, "apiVersion") ||
		    same_text(text, len, "items"))
			return true;
		shape = object_shape(builder, frame);
	}
	if (!shape || same_text(text, len, "<<"))
		return true;
	for (const struct shape_key *key = shape->keys; key->name; key++) {
		if (same_text(text, len, key->name)) {
			frame->below = key->below;
			return true;
		}
	}
	return false;
}

static void register_anchor(struct tree_builder *builder, const char *anchor,
			    struct tree_node *node)
{
	bool added;
	uint32_t number = table_add(&builder->anchors, anchor, strlen(anchor), &added);

	if (added)
		arena_push(builder->document, builder->anchored, builder->anchored_count, node);
	else
		builder->anchored[number] = node;
}

/* Hands a complete item to the sink, or keeps it until its kind is known. */
static void deliver_item(struct tree_builder *builder, struct tree_node *item)
{
	const struct tree_node *list_kind = kind_of(builder, &builder->frames[0]);

	if (!list_kind && !tree_get(item, "kind"))
		arena_push(builder->document, builder->held, builder->held_count, item);
	else
		builder->sink->object(builder->sink->context, item, true,
				      list_kind ? list_kind->text : NULL);
	builder->in_item = false;
	if (!builder->held_count && !builder->anchored_count)
		arena_reset(builder->item);
}

/* Puts a complete node into the mapping or sequence that is open. */
static int attach(struct tree_builder *builder, struct tree_node *node)
{
	struct frame *frame = top(builder);
	struct tree_node *parent;

	if (!frame)
		return 0;
	parent = frame->node;
	parent->weight += node->weight;
	if (frame->streams) {
		deliver_item(builder, node);
		return 0;
	}
	if (parent->kind == TREE_SEQUENCE) {
		arena_push(memory(builder), parent->items, parent->count, node);
		return 0;
	}
	if (!frame->key) {
		size_t len = 0;
		const char *text = NULL;

		if (node->kind != TREE_SCALAR)
			return tree_refuse(builder, node->line, node->col,
					   "a key must be a string");
		text = scalar_key(memory(builder), node, &len);
		if (!text)
			return tree_refuse(builder, node->line, node->col,
					   "a key must not be null");
		frame->key = node;
		if (node->type != SCALAR_MERGE)
			node->type = SCALAR_STRING;
		frame->key->text = text;
		frame->key->count = (uint32_t)len;
		return 0;
	}
	arena_push(memory(builder), parent->pairs, parent->count,
		   ((struct pair){.key = frame->key, .value = node}));
	if (is_object(builder, frame) && tree_is(frame->key, "kind"))
		frame->kind = node;
	frame->key = NULL;
	return 0;
}

int tree_document_start(struct tree_builder *builder)
{
	builder->anchors = (struct table){.arena = builder->document};
	builder->anchored = NULL;
	builder->held = NULL;
	builder->anchored_count = builder->held_count = builder->expanded = 0;
	builder->depth = builder->skip = 0;
	builder->in_item = false;
	return 0;
}

int tree_document_end(struct tree_builder *builder)
{
	arena_reset(builder->document);
	arena_reset(builder->item);
	return 0;
}

/* Hands on the tree of a document that is complete. */
static void deliver_document(struct tree_builder *builder, const struct tree_node *root)
{
	const struct tree_sink *sink = builder->sink;
	const struct tree_node *items = tree_get(root, "items"), *kind = tree_get(root, "kind");

	/*
	 * Items that did not come as a stream (because of an anchor or merge key) are still in the
	 * list.
	 */
	if (!items || items->kind != TREE_SEQUENCE || items->count) {
		sink->object(sink->context, root, false, NULL);
		return;
	}
	for (size_t i = 0; i < builder->held_count; i++)
		sink->object(sink->context, builder->held[i], true,
			     kind && kind->kind == TREE_SCALAR ? kind->text : NULL);
	sink->list_end(sink->context, root);
}

static bool is_open_mapping(const struct frame *frame)
{
	return frame && frame->node->kind == TREE_MAPPING;
}

/*
 * Could the object be a list? One with `items` is a list if its kind ends in List, and may be one
 * while its kind is not known.
 */
static bool may_be_list(const struct tree_node *kind)
{
	return !kind || kind->kind != TREE_SCALAR || is_list_kind(kind);
}

static int start(struct tree_builder *builder, enum tree_kind kind, uint32_t line, uint32_t col,
		 const char *anchor)
{
	struct frame *parent = top(builder), *frame;
	bool dropped = !builder->skip && parent && parent->drops;
	bool detached = builder->skip || dropped;

	if (builder->depth + builder->skip >= DEPTH_MAX)
		return tree_refuse(builder, line, col, "nested too deep: more than 100 levels");
	if (dropped)
		parent->drops = false;
	if (detached && !anchor) {
		builder->skip++;
		return 0;
	}
	if (!detached && is_open_mapping(parent) && !parent->key)
		return tree_refuse(builder, line, col, "a key must be a string");
	if (parent && parent->streams)
		builder->in_item = true;
	frame = &builder->frames[builder->depth++];
	*frame = (struct frame){
		.node = new_node(builder, kind, line, col),
		.skip = builder->skip,
		.detached = detached,
	};
	/* An alias may refer to a node with an anchor from elsewhere, so all of it is kept. */
	if (!detached && parent && !anchor)
		frame->shape = is_open_mapping(parent) ? parent->below : parent->shape;
	/*
	 * An alias stands for the latest node that has its anchor, whether that is complete or not.
	 */
	if (anchor)
		register_anchor(builder, anchor, frame->node);
	builder->skip = 0;
	frame->streams = builder->depth == 2 && kind == TREE_SEQUENCE && !anchor &&
			 tree_is(builder->frames[0].key, "items") &&
			 may_be_list(builder->frames[0].kind);
	return 0;
}

int tree_mapping_start(struct tree_builder *builder, uint32_t line, uint32_t col,
		       const char *anchor)
{
	return start(builder, TREE_MAPPING, line, col, anchor);
}

int tree_sequence_start(struct tree_builder *builder, uint32_t line, uint32_t col,
			const char *anchor)
{
	return start(builder, TREE_SEQUENCE, line, col, anchor);
}

int tree_end(struct tree_builder *builder)
{
	struct frame frame;

	if (builder->skip) {
		builder->skip--;
		return 0;
	}
	frame = builder->frames[--builder->depth];
	if (frame.node->kind == TREE_MAPPING) {
		const struct tree_node *wrong;

		mapping_check(memory(builder), builder->file, frame.node, builder->diags);
		wrong = mapping_merge(memory(builder), frame.node);
		if (wrong)
			return tree_refuse(builder, wrong->line, wrong->col,
					   "a merge key needs a mapping, or a list of them");
	}
	builder->skip = frame.skip;
	if (frame.detached)
		return 0;
	if (!builder->depth) {
		deliver_document(builder, frame.node);
		return 0;
	}
	return attach(builder, frame.node);
}

bool tree_drops(const struct tree_builder *builder)
{
	return !builder->skip && builder->depth && builder->frames[builder->depth - 1].drops;
}

uint32_t tree_drop(struct tree_builder *builder)
{
	builder->frames[builder->depth - 1].drops = false;
	return DEPTH_MAX - builder->depth;
}

bool tree_skips(const struct tree_builder *builder)
{
	return builder->skip;
}

int tree_scalar(struct tree_builder *builder, uint32_t line, uint32_t col, const char *anchor,
		const char *text, size_t len, bool plain)
{
	struct frame *parent = top(builder);
	bool detached = builder->skip > 0;
	struct tree_node *node;

	if (detached && !anchor)
		return 0;
	if (len >= UINT32_MAX)
		return tree_refuse(builder, line, col, "too long");
	if (!detached && is_open_mapping(parent) && !parent->key) {
		if (parent->drops) {
			detached = true;
			parent->drops = false;
		} else if (!keeps(builder, parent, text, len)) {
			detached = parent->drops = true;
		}
		if (detached && !anchor)
			return 0;
	}
	if (parent && parent->streams)
		builder->in_item = true;
	node = new_node(builder, TREE_SCALAR, line, col);
	node->type = plain ? scalar_resolve(text, len) : SCALAR_STRING;
	node->text = arena_strndup(memory(builder), text, len);
	node->count = (uint32_t)len;
	if (anchor)
		register_anchor(builder, anchor, node);
	if (detached)
		return 0;
	if (!parent) {
		deliver_document(builder, node);
		return 0;
	}
	return attach(builder, node);
}

/* The node that the anchor stands for; NULL after a diagnostic. */
static struct tree_node *find_anchor(struct tree_builder *builder, uint32_t line, uint32_t col,
				     const char *anchor)
{
	uint32_t number = table_find(&builder->anchors, anchor, strlen(anchor));
	struct tree_node *node = number == TABLE_NONE ? NULL : builder->anchored[number];

	for (uint32_t i = 0; node && i < builder->depth; i++) {
		if (builder->frames[i].node != node)
			continue;
		tree_refuse(builder, line, col,
			    "this alias stands inside what it is an alias of, which has no end");
		return NULL;
	}
	if (!node)
		tree_refuse(builder, line, col, "there is no anchor of this name before the alias");
	return node;
}

int tree_alias(struct tree_builder *builder, uint32_t line, uint32_t col, const char *anchor)
{
	struct tree_node *node = find_anchor(builder, line, col, anchor), *copy;
	struct frame *parent = top(builder);

	if (!node)
		return -1;
	if (builder->skip)
		return 0;
	if (parent && parent->drops) {
		parent->drops = false;
		return 0;
	}
	if (is_open_mapping(parent) && !parent->key)
		parent->below = NULL;
	builder->expanded += node->weight;
	if (builder->expanded > EXPANSION_MAX)
		return tree_refuse(
			builder, line, col,
			"the aliases of this document stand for more than 100,000 nodes");
	if (parent && parent->streams)
		builder->in_item = true;
	/*
	 * Faults below this node are reported where they stand, faults of the node itself at the
	 * alias.
	 */
	copy = new_node(builder, node->kind, line, col);
	*copy = *node;
	copy->line = line;
	copy->col = col;
	return attach(builder, copy);
}
