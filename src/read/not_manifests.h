/*
 * Handles what stands beside manifests in a repository: values of charts, templates,
 * kustomizations, patches, schemas.
 *
 * In:  documents that are no Kubernetes objects, and files that are no YAML.  Out: if they may be
 * passed over, only a count; if they hold a NetworkPolicy, or if everything is to be read strictly,
 * an error with a hint which program makes manifests from them.
 */
#ifndef NP2NFT_READ_NOT_MANIFESTS_H
#define NP2NFT_READ_NOT_MANIFESTS_H

#include "read/field.h"

/*
 * How many foreign documents and files there are, and where the first of each sort is (its file is
 * NULL if there is none).
 */
struct foreign {
	size_t documents, files;
	struct mark first_file, kustomization, chart, template;
};

/* Is @kind one of kustomize's own, which tell how to make manifests? */
bool is_kustomization_kind(const char *kind, size_t len);

/*
 * Passes over @document, which is no Kubernetes object, and returns true; returns false if the
 * caller must refuse it.
 */
bool foreign_pass(struct reader *reader, const struct tree_node *document);

/* Does the same for an object of one of kustomize's own kinds, and reports it if necessary. */
void foreign_kustomization(struct reader *reader, const struct tree_node *object);

/*
 * Is called after the end of reader->file, when the diagnostics from number @from on are about it:
 * passes over the file if it is no YAML, or says what it is.
 */
void foreign_settle(struct reader *reader, size_t from);

/*
 * Adds a hint which program would make manifests of the input, if there is something wrong with it.
 */
void foreign_hint(const struct reader *reader);

/* Reports at the end what was passed over, and which program would make manifests of it. */
void foreign_tell(struct reader *reader);

#endif
