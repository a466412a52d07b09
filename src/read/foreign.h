/*
 * What stands in a repository beside manifests: values of charts, templates, kustomizations, patches, schemas.
 *
 * In:  documents that are no Kubernetes objects, and files that are no YAML.
 * Out: nothing but a count, if they are to be passed over; an error, if they hold a NetworkPolicy or everything is
 *      to be read strictly; and a hint which program makes manifests of them.
 */
#ifndef NP2NFT_READ_FOREIGN_H
#define NP2NFT_READ_FOREIGN_H

#include "read/field.h"

/*
 * What of the objects that are foreign is counted, and where the first of each kind is (its file NULL: there is
 * none).
 */
struct foreign {
	size_t documents, files;
	struct mark first_file, kustomization, template;
};

/* Is @kind one of kustomize's own, in a file that tells how to make manifests? */
bool is_kustomization_kind(const char *kind, size_t len);

/*
 * Passes over @document, which is no Kubernetes object, and returns true; or returns false if it must be refused,
 * which is then left to the caller.
 */
bool foreign_pass(struct reader *reader, const struct node *document);

/* The same of an object of kustomize's own kinds, with the error. */
void foreign_kustomization(struct reader *reader, const struct node *object);

/*
 * When all of reader->file is read, and the diagnostics from number @from on are about it: passes over a file that
 * is no YAML, or says what it is.
 */
void foreign_settle(struct reader *reader, size_t from);

/* Where something is wrong with the input: says what would make manifests of it. */
void foreign_hint(const struct reader *reader);

/* When all is read: says what was passed over, and what would make manifests of it. */
void foreign_tell(struct reader *reader);

#endif
