/*
 * Decides what is foreign: a file that cannot be parsed, and a document that has neither apiVersion
 * nor kind; that of a chart's Chart.yaml has an apiVersion of Helm's.
 */
#ifndef _GNU_SOURCE
#define _GNU_SOURCE /* memmem() */
#endif

#include "read/not_manifests.h"

#include "base/arena.h"
#include "base/text.h"
#include "read/scalar.h"
#include "read/source.h"

#define POLICY "NetworkPolicy"

/* What to do instead; %s is a folder, and np2nft's command is the one that was asked for. */
#define KUSTOMIZE "`kubectl kustomize %s | np2nft … -` reads the manifests that it makes"
#define HELM      "`helm template %s | np2nft … -` reads the manifests that it makes"

/* The folder in which a file stands, as it can be named on the command line. */
static const char *folder_of(struct arena *arena, const char *file)
{
	const char *slash = strrchr(file, '/');

	return slash ? arena_strndup(arena, file, (size_t)(slash - file) + (slash == file)) : ".";
}

/* The folder of the chart to which a template belongs. */
static const char *chart_of(struct arena *arena, const char *template)
{
	const char *folder = folder_of(arena, template), *name = strstr(folder, "/templates");

	if (!strcmp(folder, "templates"))
		return ".";
	return name && (!name[10] || name[10] == '/')
		       ? arena_strndup(arena, folder, (size_t)(name - folder))
		       : "CHART";
}

bool is_kustomization_kind(const char *kind, size_t len)
{
	return (len == 13 && !memcmp(kind, "Kustomization", 13)) ||
	       (len == 9 && !memcmp(kind, "Component", 9));
}

/* Does the file have a name that kustomize demands? */
static bool is_kustomization_file(const char *file)
{
	const char *slash = strrchr(file, '/'), *name = slash ? slash + 1 : file;

	return !strcmp(name, "kustomization.yaml") || !strcmp(name, "kustomization.yml") ||
	       !strcmp(name, "Kustomization");
}

static bool is_chart_file(const char *file)
{
	const char *slash = strrchr(file, '/');

	return !strcmp(slash ? slash + 1 : file, "Chart.yaml");
}

/* Does a text in the tree say POLICY, either exactly or (@within) as a part? */
static bool holds_policy(const struct tree_node *node, bool within)
{
	if (node->kind == TREE_SCALAR)
		return within ? strstr(node->text, POLICY) != NULL : tree_is(node, POLICY);
	for (uint32_t i = 0; i < node->count; i++)
		if (holds_policy(node->kind == TREE_MAPPING ? node->pairs[i].value : node->items[i],
				 within))
			return true;
	return false;
}

static void keep_first(struct mark *first, struct mark mark)
{
	if (!first->file)
		*first = mark;
}

bool foreign_pass(struct reader *reader, const struct tree_node *document)
{
	const bool is_kustomization = is_kustomization_file(reader->file),
		   is_chart = is_chart_file(reader->file);
	const struct mark mark = tree_mark(reader->file, document);

	if (is_kustomization)
		keep_first(&reader->foreign->kustomization, mark);
	if (is_chart)
		keep_first(&reader->foreign->chart, mark);
	if (!reader->lenient || holds_policy(document, is_kustomization) ||
	    !(is_chart || tree_is_null(tree_get(document, "apiVersion"))))
		return false;
	reader->foreign->documents++;
	return true;
}

void foreign_kustomization(struct reader *reader, const struct tree_node *object)
{
	const struct mark mark = tree_mark(reader->file, object);

	keep_first(&reader->foreign->kustomization, mark);
	if (holds_policy(object, true))
		diag_error(reader->diags, mark, "this kustomization holds a " POLICY ": " KUSTOMIZE,
			   folder_of(reader->objects->arena, reader->file));
	else
		skip_object(reader, "Kustomization", strlen("Kustomization"));
}

/* Removes the diagnostics from number @from on that say that the text is no YAML. */
static void drop_syntax(struct diags *diags, size_t from)
{
	size_t kept = from;

	for (size_t i = from; i < diags->count; i++) {
		if (diags->items[i].is_syntax)
			diags->errors--;
		else
			diags->items[kept++] = diags->items[i];
	}
	diags->count = kept;
}

static const struct diag *find_syntax(const struct diags *diags, size_t from)
{
	for (size_t i = from; i < diags->count; i++)
		if (diags->items[i].is_syntax)
			return &diags->items[i];
	return NULL;
}

void foreign_settle(struct reader *reader, size_t from)
{
	const struct diag *wrong = find_syntax(reader->diags, from);
	struct mark mark;
	bool is_policy, is_template;

	if (!wrong)
		return;
	mark = wrong->mark;
	if (!source_holds(reader->file, "{{", &is_template) ||
	    !source_holds(reader->file, POLICY, &is_policy))
		return;
	if (reader->lenient && !is_policy) {
		drop_syntax(reader->diags, from);
		if (is_template)
			keep_first(&reader->foreign->template, mark);
		reader->foreign->files++;
		keep_first(&reader->foreign->first_file, mark);
	} else if (is_template) {
		drop_syntax(reader->diags, from);
		diag_error(reader->diags, mark, "this is a template of a Helm chart%s: " HELM,
			   is_policy ? " that holds a " POLICY : "",
			   chart_of(reader->objects->arena, reader->file));
	}
}

void foreign_hint(const struct reader *reader)
{
	const struct foreign *foreign = reader->foreign;
	struct arena *arena = reader->objects->arena;

	if (foreign->kustomization.file)
		diag_note(reader->diags, foreign->kustomization,
			  "this is a kustomization: " KUSTOMIZE,
			  folder_of(arena, foreign->kustomization.file));
	if (foreign->chart.file)
		diag_note(reader->diags, foreign->chart, "this is a Helm chart: " HELM,
			  folder_of(arena, foreign->chart.file));
	else if (foreign->template.file)
		diag_note(reader->diags, foreign->template,
			  "this is a template of a Helm chart: " HELM,
			  chart_of(arena, foreign->template.file));
}

void foreign_tell(struct reader *reader)
{
	const struct foreign *foreign = reader->foreign;
	struct arena *arena = reader->objects->arena;

	foreign_hint(reader);
	if (foreign->documents || foreign->files)
		diag_note(reader->diags, foreign->first_file, "skipped: %s, and %s no YAML%s",
			  text_counted(arena, foreign->documents,
				       "document that is no Kubernetes object",
				       "documents that are no Kubernetes objects"),
			  text_counted(arena, foreign->files, "file that is", "files that are"),
			  foreign->files > 1 ? ", of which this is the first" : "");
}
