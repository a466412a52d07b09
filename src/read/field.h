/*
 * What the decoders of objects share: fields by name, values by type, each fault with its place.
 */
#ifndef NP2NFT_READ_FIELD_H
#define NP2NFT_READ_FIELD_H

#include "model/objects.h"
#include "read/tree.h"

/* What a decoder writes to. */
struct reader {
	const char *file;
	const char *default_namespace;
	bool details; /* see struct read_options */
	bool lenient; /* likewise */
	bool is_live; /* likewise */
	void (*found)(void *context, const char *const *files, size_t count); /* likewise */
	void *found_context;
	struct foreign *foreign;
	const char *kind; /* of the object at hand */
	struct objects *objects;
	struct diags *diags;
	struct table noted; /* workloads of the input, by number: which, and what controls it */
	struct workload *workloads;
	struct owner *owners;
	size_t noted_count;
	struct table service_names; /* NAMESPACE/NAME, to numbers in objects->services */
	struct pod *unborn;         /* pods without an address */
	struct owner *unborn_owners;
	size_t unborn_count;
};

/* Says that the object at hand, whose name stands at @second, takes the place of the one of that name at @first. */
void tell_second(struct reader *reader, const char *kind, const char *namespace, const char *name,
		 struct mark first, struct mark second);

/* An error at @node. */
#define node_error(reader, node, ...)                                                              \
	diag_error((reader)->diags, node_mark((reader)->file, (node)), __VA_ARGS__)

/*
 * Each key of the mapping must be one of @known (ended by NULL); any other is an error that names
 * the nearest.  @where is the mapping's own name in the message.
 */
void check_fields(struct reader *reader, const struct node *map, const char *const *known,
		  const char *where);

/* "; did you mean \"…\"?" with the one of @known (ended by NULL) that is nearest to @name, or "". */
const char *nearest_hint(struct arena *arena, const char *name, const char *const *known);

/* Null (or absent) counts as an empty one of each; any other type is an error, and NULL. */
const struct node *want_mapping(struct reader *reader, const struct node *node, const char *what);
const struct node *want_list(struct reader *reader, const struct node *node, const char *what);

/* The string, or NULL: absent or null silently, otherwise after an error. */
const char *want_string(struct reader *reader, const struct node *node, const char *what);

/* The boolean; false if absent or null, or after an error. */
bool want_bool(struct reader *reader, const struct node *node, const char *what);

/* The protocol's number; TCP if absent; -1 after an error. */
int want_protocol(struct reader *reader, const struct node *node);

/* A whole number from @low to @high; -1 after an error. */
int64_t want_number(struct reader *reader, const struct node *node, const char *what, int64_t low,
		    int64_t high);

/* A port number from 1 to 65535, or 0 after an error. */
uint16_t want_port_number(struct reader *reader, const struct node *node, const char *what);

/*
 * A port by number or by name: one of *@number and *@name (copied) is set, the other becomes 0 or NULL;
 * after an error, any.
 */
void want_port(struct reader *reader, const struct node *node, const char *what, const char **name,
	       uint16_t *number);

/* A mapping of label keys to values, sorted by key; faults are reported. */
struct label *want_labels(struct reader *reader, const struct node *node, const char *what,
			  size_t *count);

/* A selector; NULL if @node is absent or null. */
const struct selector *want_selector(struct reader *reader, const struct node *node,
				     const char *what);

/*
 * The selector of an object whose CRD checks its structure alone, never NULL: an absent one is empty.  What no label
 * could match is a warning, and *@possible becomes false.
 */
const struct selector *want_crd_selector(struct reader *reader, const struct node *node,
					 const char *what, bool *possible);

/*
 * metadata.name, copied, and its place, where @valid holds for it; otherwise an error (also when it
 * is missing), and "".
 */
void object_name(struct reader *reader, const struct node *object, const struct node *metadata,
		 bool (*valid)(const char *), const char **name, struct mark *mark);

/* metadata.namespace, copied; the default one if there is none; an error if it is no valid name. */
const char *object_namespace(struct reader *reader, const struct node *metadata);

#endif
