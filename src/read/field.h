/*
 * What the decoders of objects share: they look up fields by name, check the types of values, and
 * report each fault with its place.
 */
#ifndef NP2NFT_READ_FIELD_H
#define NP2NFT_READ_FIELD_H

#include "base/arena.h"
#include "model/objects.h"
#include "read/tree.h"

/* The state of reading. */
struct reader {
	const char *file;
	const char *default_namespace;
	bool details; /* as in struct read_options */
	bool lenient; /* as in struct read_options */
	bool is_live; /* as in struct read_options */
	/* as in struct read_options */
	void (*found)(void *context, const char *const *files, size_t count);
	void *found_context;
	struct foreign *foreign;
	const char *kind; /* of the object that is being read */
	struct objects *objects;
	struct diags *diags;
	/*
	 * keys: the workloads of the input; the numbers are indices to the workloads and their
	 * owners
	 */
	struct table noted;
	struct workload *workloads;
	struct owner *owners;
	size_t noted_count;
	/* keys: NAMESPACE/NAME; the numbers are indices to objects->services */
	struct table service_names;
	struct pod *unborn; /* pods without an address */
	struct owner *unborn_owners;
	size_t unborn_count;
	/*
	 * What was passed over, for people: the kinds of skipped objects, and the first few names of
	 * pods that are left out.  An agent's reader keeps neither.
	 */
	struct table skipped_kinds;
	struct string skipped_names, left_out_names;
	const char *input; /* the only path that was read; NULL: there are several, or none */
};

/* Of what is passed over so many are named; if there are more, only their number is told. */
#define NAMED_PASSED_OVER 3

/* Counts an object of a kind that is not used; @len is the length of the kind's name. */
void skip_object(struct reader *reader, const char *kind, size_t len);

/* Counts a pod that is neither enforced nor a peer. */
void leave_out_pod(struct reader *reader, const struct pod *pod);

/*
 * Reports that the object that is being read, whose name stands at @second, replaces the one of the
 * same name at @first.
 */
void tell_second(struct reader *reader, const char *kind, const char *namespace, const char *name,
		 struct mark first, struct mark second);

/* Adds an error at @node. */
#define tree_error(reader, node, ...)                                                              \
	diag_error((reader)->diags, tree_mark((reader)->file, (node)), __VA_ARGS__)

/*
 * Reports each key of the mapping that is not one of @known (ended by NULL), with the nearest of
 * them.  @where names the mapping in the message.
 */
void check_fields(struct reader *reader, const struct tree_node *map, const char *const *known,
		  const char *where);

/*
 * Returns "; did you mean \"…\"?" with the one of @known (ended by NULL) that is nearest to @name,
 * or "".
 */
const char *nearest_hint(struct arena *arena, const char *name, const char *const *known);

/*
 * Returns the mapping or sequence.  A null or missing one counts as empty; for any other type,
 * returns NULL after an error.
 */
const struct tree_node *want_mapping(struct reader *reader, const struct tree_node *node,
				     const char *what);
const struct tree_node *want_list(struct reader *reader, const struct tree_node *node,
				  const char *what);

/*
 * Returns the string, or NULL: without a diagnostic if it is missing or null, otherwise after an
 * error.
 */
const char *want_string(struct reader *reader, const struct tree_node *node, const char *what);

/* Returns the boolean; false if it is missing or null, or after an error. */
bool want_bool(struct reader *reader, const struct tree_node *node, const char *what);

/* Returns the number of the protocol; TCP if it is missing; -1 after an error. */
int want_protocol(struct reader *reader, const struct tree_node *node);

/* Returns a whole number from @low to @high; -1 after an error. */
int64_t want_number(struct reader *reader, const struct tree_node *node, const char *what,
		    int64_t low, int64_t high);

/* Returns a port number from 1 to 65535; 0 after an error. */
uint16_t want_port_number(struct reader *reader, const struct tree_node *node, const char *what);

/*
 * Reads a port by number or by name: either *@number or *@name (a copy) is set, and the other
 * becomes 0 or NULL.  After an error their values do not matter.
 */
void want_port(struct reader *reader, const struct tree_node *node, const char *what,
	       const char **name, uint16_t *number);

/* Reads a mapping from label keys to values, sorted by key; reports faults. */
struct label *want_labels(struct reader *reader, const struct tree_node *node, const char *what,
			  size_t *count);

/* Reads a selector; NULL if @node is missing or null. */
const struct selector *want_selector(struct reader *reader, const struct tree_node *node,
				     const char *what);

/*
 * Reads a selector of an object whose CRD checks only its structure; a missing one is empty, never
 * NULL.  If no label could match it, that is a warning, and *@possible becomes false.
 */
const struct selector *want_crd_selector(struct reader *reader, const struct tree_node *node,
					 const char *what, bool *possible);

/*
 * Reads metadata.name: a copy and its place if @valid holds for it; otherwise (also if it is
 * missing) "" after an error.
 */
void object_name(struct reader *reader, const struct tree_node *object,
		 const struct tree_node *metadata, bool (*valid)(const char *), const char **name,
		 struct mark *mark);

/*
 * Returns a copy of metadata.namespace, or the default namespace if there is none; a name that is
 * not valid is an error.
 */
const char *object_namespace(struct reader *reader, const struct tree_node *metadata);

#endif
