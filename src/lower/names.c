/*
 * Makes a name from the words of what it stands for.  A name that would be too long, or that
 * another thing could have, ends in a hash.  If two names still come out alike, the caller adds a
 * number.
 */
#include "lower/names.h"

#include "base/arena.h"
#include "base/utf8.h"
#include "model/words.h"
#include "ruleset/layout.h"
#include "ruleset/ruleset.h"

#include <stdio.h>

/*
 * The parts of a name may take so many of its NAME_MAX_LEN characters; what follows them takes the
 * rest.
 */
#define GROUP_MAX 200
#define SLUG_MAX  160
#define CELLS_MAX 40

/* Twelve digits are enough to tell names apart, and few enough to skip when reading. */
static const char *hash_text(struct arena *arena, uint64_t hash)
{
	return arena_printf(arena, "%012llx",
			    (unsigned long long)((hash ^ hash >> 32) & 0xffffffffffff));
}

/* The beginning of @name, followed by a hash of @text, in at most @max characters. */
static const char *with_hash(struct arena *arena, const char *name, const char *text, size_t max)
{
	uint64_t hash = hash_bytes(HASH_START, text, strlen(text));
	int keep = (int)(strlen(name) < max - 14 ? strlen(name) : max - 14);

	return arena_printf(arena, "%.*s__%s", keep, name, hash_text(arena, hash));
}

static const char *const tier_prefixes[TIERS] = {
	[TIER_ADMIN] = TIER_ADMIN_PREFIX, [TIER_BASELINE] = TIER_BASELINE_PREFIX};

/* Adds POLICY_POLICY, the cluster policies of the tier, or briefly POLICY_and-N-more. */
static void add_tier_policies(struct arena *arena, const struct resolved *resolved,
			      const struct group *group, enum tier tier, bool briefly,
			      struct string *name)
{
	const size_t count = group->tier_count[tier];

	for (size_t i = 0; i < count; i++) {
		if (briefly && i) {
			arena_append(arena, name, "_and-%zu-more", count - i);
			break;
		}
		arena_add(arena, name, i ? "_" : "");
		arena_add(arena, name,
			  resolved->objects->cluster_policies[group->tiers[tier][i]].name);
	}
}

/* Adds /admin.POLICY_POLICY to the name of a group that is under cluster policies of the tier. */
static void add_tier(struct arena *arena, const struct resolved *resolved,
		     const struct group *group, enum tier tier, bool briefly, struct string *name)
{
	if (!group->tier_count[tier])
		return;
	arena_add(arena, name, "/");
	arena_add(arena, name, tier_prefixes[tier]);
	add_tier_policies(arena, resolved, group, tier, briefly, name);
}

/* Adds POLICY_POLICY/baseline.POLICY_POLICY/PORT.PROTOCOL.NUMBER_..., each part only if the group has it. */
static void add_policies(struct arena *arena, const struct resolved *resolved,
			 const struct group *group, bool briefly, struct string *name)
{
	const struct policy *policies = resolved->objects->policies;

	for (size_t i = 0; i < group->policy_count; i++) {
		arena_add(arena, name, i ? "_" : "");
		arena_add(arena, name, policies[group->policies[i]].name);
	}
	add_tier(arena, resolved, group, TIER_BASELINE, briefly, name);
	for (size_t i = 0; i < group->number_count; i++)
		arena_append(arena, name, "%s%s.%s.%u", i ? "_" : "/", group->numbers[i].name,
			     protocol_name(group->numbers[i].protocol), group->numbers[i].number);
}

const char *name_first(struct arena *arena, enum tier tier, enum direction direction,
		       const char *const *policies, size_t count, const char *what,
		       const char *text)
{
	struct string name = {0};

	arena_append(arena, &name, "first/%s", tier_prefixes[tier]);
	for (size_t i = 0; i < count && name.len < SLUG_MAX; i++)
		arena_append(arena, &name, "%s%s", i ? "_" : "", policies[i]);
	return with_hash(arena,
			 arena_printf(arena, "%.*s/%s/%s", SLUG_MAX, name.text,
				      direction_text(direction), what),
			 text, GROUP_MAX);
}

const char *name_policies_of(struct arena *arena, const struct resolved *resolved,
			     const struct group *group)
{
	struct string name = {0};

	add_policies(arena, resolved, group, false, &name);
	return name.text;
}

const char *name_tier_of(struct arena *arena, const struct resolved *resolved,
			 const struct group *group, enum tier tier)
{
	struct string name = {0};

	add_tier_policies(arena, resolved, group, tier, false, &name);
	return name.text;
}

static struct string group_words(struct arena *arena, const struct resolved *resolved,
				 const struct group *group, bool briefly)
{
	struct string name = {0};

	arena_add(arena, &name, direction_text(group->direction));
	add_tier(arena, resolved, group, TIER_ADMIN, briefly, &name);
	if (group->policy_count) {
		arena_add(arena, &name, "/");
		arena_add(arena, &name, resolved->objects->policies[group->policies[0]].namespace);
		arena_add(arena, &name, "/");
	}
	add_policies(arena, resolved, group, briefly, &name);
	return name;
}

const char *name_group(struct arena *arena, const struct resolved *resolved,
		       const struct group *group, bool *cut)
{
	const struct string name = group_words(arena, resolved, group, false);

	*cut = name.len > GROUP_MAX;
	return !*cut ? name.text
		     : with_hash(arena, group_words(arena, resolved, group, true).text, name.text,
				 GROUP_MAX);
}

static struct string node_group_words(struct arena *arena, const struct resolved *resolved,
				      const struct group *group, bool briefly)
{
	struct string name = {0};

	arena_add(arena, &name, CHAIN_NODE);
	add_tier(arena, resolved, group, TIER_ADMIN, briefly, &name);
	add_tier(arena, resolved, group, TIER_BASELINE, briefly, &name);
	return name;
}

const char *name_node_group(struct arena *arena, const struct resolved *resolved,
			    const struct group *group)
{
	const struct string name = node_group_words(arena, resolved, group, false);

	return name.len <= GROUP_MAX
		       ? name.text
		       : with_hash(arena, node_group_words(arena, resolved, group, true).text,
				   name.text, GROUP_MAX);
}

/*
 * The beginning of the hash (with its __) that with_hash() added, or NULL.  It can be found, since
 * no policy's name has a _ in it.
 */
static const char *hash_of(const char *name)
{
	const size_t len = strlen(name);
	const char *hash = len > 14 ? name + len - 14 : NULL;

	return hash && !strncmp(hash, "__", 2) && strspn(hash + 2, "0123456789abcdef") == 12 ? hash
											     : NULL;
}

/* No namespace has a . in its name, so a part that begins like this names cluster policies. */
static const char *behind_admin(const char *part)
{
	const size_t len = strlen("/" TIER_ADMIN_PREFIX);

	return part && !strncmp(part, "/" TIER_ADMIN_PREFIX, len) ? strchr(part + len, '/') : part;
}

/* Whether the chain is of a tier, if it is not that in which its packets are denied. */
static enum tier tier_of(const char *chain)
{
	return layout_ends_in(chain, CHAIN_ADMIN)      ? TIER_ADMIN
	       : layout_ends_in(chain, CHAIN_BASELINE) ? TIER_BASELINE
						       : layout_denying_tier(chain);
}

bool name_policies(struct arena *arena, const char *group, struct table *policies)
{
	const char *namespace = behind_admin(strchr(group, '/')), *hash = hash_of(group);
	const char *at = namespace ? strchr(namespace + 1, '/') : NULL;
	const int prefix = at ? (int)(at - namespace) : 0;

	/* What a tier asks is the same for pods under any policies. */
	if (tier_of(group) != TIERS)
		return false;
	/* These are pods that no policy isolates. */
	if (!at || !strncmp(namespace, "/" TIER_BASELINE_PREFIX, strlen("/" TIER_BASELINE_PREFIX)))
		return hash != NULL;

	/*
	 * Each name ends at a _, at the / of named ports, or at the end.  A name that ends at the
	 * hash may have been cut.
	 */
	while (at && *at && at != hash) {
		const int len = (int)strcspn(++at, "_/");
		const char *key = arena_printf(arena, "%.*s/%.*s", prefix, namespace, len, at);

		at += len;
		if (at == hash)
			return true;
		table_add(policies, key, strlen(key), NULL);
		if (*at == '/')
			break;
	}
	return false;
}

/* Can nft read the text between quotes, and a terminal show it? */
static bool is_plain_comment(const char *text)
{
	while (*text >= ' ' && *text <= '~' && *text != '"')
		text++;
	return !*text;
}

/*
 * A comment may repeat what the input is free to choose, such as the name of a cluster policy's rule.  nft has no
 * escape for a quote.
 */
const char *comment_fit(struct arena *arena, const char *text)
{
	const bool fits = strlen(text) <= COMMENT_MAX_LEN;
	char *plain;

	if (fits && is_plain_comment(text))
		return text;
	plain = fits ? arena_strndup(arena, text, strlen(text))
		     : arena_printf(arena, "%.*s...", COMMENT_MAX_LEN - 3, text);
	for (char *c = plain; (c = strchr(c, '"')); c++)
		*c = '\'';
	utf8_make_plain(plain);
	return plain;
}

static const char *cell_name(struct arena *arena, const struct cell *cell)
{
	const char *protocol = protocol_name(cell->protocol);

	if (cell->first == cell->last)
		return arena_printf(arena, "%s.%u", protocol, cell->first);
	if (cell->first == 0)
		return protocol;
	return arena_printf(arena, "%s.%u-%u", protocol, cell->first, cell->last);
}

void name_targets(struct arena *arena, struct arena *scratch, const char *group,
		  const struct plan *plan, const char **names)
{
	struct string *cells = arena_array(scratch, plan->target_count, sizeof(*cells));
	size_t *counts = arena_array(scratch, plan->target_count, sizeof(*counts));
	const char **firsts = arena_array(scratch, plan->target_count, sizeof(*firsts));

	for (size_t i = 0; i < plan->cell_count + plan->protocol_count; i++) {
		const struct cell *cell = i < plan->cell_count
						  ? &plan->cells[i]
						  : &plan->protocols[i - plan->cell_count];
		struct string *name = &cells[cell->target];

		if (!counts[cell->target]++)
			firsts[cell->target] = cell_name(scratch, cell);
		if (name->len <= CELLS_MAX)
			arena_append(scratch, name, "%s%s", name->len ? "_" : "",
				     cell_name(scratch, cell));
	}
	/* No other chain of the group has a name that begins with the same cell. */
	for (uint32_t i = 0; i < plan->target_count; i++)
		names[i] = cells[i].len <= CELLS_MAX
				   ? arena_printf(arena, "%s/%s", group, cells[i].text)
				   : arena_printf(arena, "%s/%s_and-%zu-more", group, firsts[i],
						  counts[i] - 1);
}

const char *name_port(struct arena *arena, const char *group, const char *port,
		      enum protocol protocol)
{
	return arena_printf(arena, "%s/%s.%s", group, port, protocol_name(protocol));
}

/* Does the text have no characters that could be mistaken for the separators _ and . ? */
static bool is_clean(const char *text)
{
	return *text && !strchr(text, '_');
}

/*
 * Adds KEY_VALUE__KEY_VALUE to @slug.  *clean becomes false if another selector could give the same
 * text.
 */
static void add_selector(struct arena *arena, const struct objects *objects,
			 const struct selector *selector, struct string *slug, bool *clean)
{
	static const char *const words[] = {[OP_IN] = ".in", [OP_NOT_IN] = ".notin"};
	size_t start = slug->len;

	for (size_t i = 0; i < selector->count; i++) {
		const struct requirement *requirement = &selector->requirements[i];
		const char *key = objects->string_of[requirement->key];

		/* The rest, which is left out, may be what distinguishes it from another. */
		if (slug->len - start >= SLUG_MAX) {
			*clean = false;
			break;
		}

		/* A key without a value could be the prefix of the next key. */
		*clean &= is_clean(key) && requirement->count > 0;
		if (i)
			arena_add(arena, slug, "__");
		if (requirement->op == OP_DOES_NOT_EXIST)
			arena_add(arena, slug, "not.");
		arena_add(arena, slug, key);
		if (requirement->op == OP_NOT_IN || requirement->count > 1) {
			arena_add(arena, slug, words[requirement->op]);
			*clean = false;
		}
		for (size_t k = 0; k < requirement->count && slug->len - start < SLUG_MAX; k++) {
			const char *value = objects->string_of[requirement->values[k]];

			*clean &= is_clean(value);
			arena_add(arena, slug, "_");
			arena_add(arena, slug, value);
		}
	}
}

static const char *pods_slug(struct arena *arena, const struct objects *objects,
			     const struct definition *definition, bool *clean)
{
	const struct peer *peer = definition->peer;
	const char *namespace = definition_namespace(objects, definition);
	struct string slug = {0};

	if (namespace) {
		arena_add(arena, &slug, namespace);
	} else if (!peer->namespaces->count) {
		arena_add(arena, &slug, "all_namespaces");
	} else {
		arena_add(arena, &slug, "namespaces.");
		add_selector(arena, objects, peer->namespaces, &slug, clean);
	}
	if (peer->pods->count) {
		arena_add(arena, &slug, "/");
		add_selector(arena, objects, peer->pods, &slug, clean);
	}
	return slug.text;
}

/*
 * 10.0.0.0/8, or 2001.db8../32 (nft takes no colon in a name), or `any` for all addresses of a
 * family.
 */
static const char *cidr_slug(struct arena *arena, const struct cidr *cidr, bool *clean)
{
	char text[CIDR_TEXT];

	if (!cidr->prefix)
		return "any";
	cidr_text(cidr, text);
	if (cidr->base.family == V6 && strchr(text, '.'))
		*clean = false;
	for (char *c = text; *c; c++)
		*c = *c == ':' ? '.' : *c;
	return arena_strndup(arena, text, strlen(text));
}

static const char *block_slug(struct arena *arena, const struct peer *peer, bool *clean)
{
	const char *slug = cidr_slug(arena, &peer->cidr, clean);

	for (size_t i = 0; i < peer->except_count && strlen(slug) < SLUG_MAX; i++)
		slug = arena_printf(arena, "%s%s%s", slug, i ? "_" : "_except_",
				    cidr_slug(arena, &peer->excepts[i], clean));
	/* The rest, which is left out, may be what distinguishes it from another. */
	if (strlen(slug) >= SLUG_MAX)
		*clean = false;
	return slug;
}

static const char *nodes_slug(struct arena *arena, const struct objects *objects,
			      const struct peer *peer, bool *clean)
{
	struct string slug = {0};

	if (!peer->nodes->count)
		return "all";
	add_selector(arena, objects, peer->nodes, &slug, clean);
	/* A label that is called `all` must not be mistaken for all nodes. */
	*clean &= strcmp(slug.text, "all") != 0;
	return slug.text;
}

/* The part of a set's name that stands for one definition. */
static const char *definition_slug(struct arena *arena, const struct objects *objects,
				   const struct definition *definition)
{
	bool clean = true;
	const char *slug = definition->peer->kind == PEER_BLOCK
				   ? block_slug(arena, definition->peer, &clean)
			   : definition->peer->kind == PEER_NODES
				   ? nodes_slug(arena, objects, definition->peer, &clean)
				   : pods_slug(arena, objects, definition, &clean);

	if (definition->kind == DEFINITION_NAMED) {
		/* No namespace has this name. */
		if (definition->peer->kind == PEER_BLOCK)
			slug = arena_printf(arena, "cidr./%s", slug);
		slug = arena_printf(arena, "%s/%s.%s", slug, definition->port_name,
				    protocol_name(definition->protocol));
	}
	if (!clean || strlen(slug) > SLUG_MAX)
		slug = with_hash(arena, slug, definition->text, SLUG_MAX);
	return slug;
}

const char *name_set(struct arena *arena, const struct resolved *resolved,
		     const uint32_t *definitions, size_t count, enum definition_kind kind,
		     enum family family)
{
	static const char *const prefixes[] = {[DEFINITION_PODS] = "pods",
					       [DEFINITION_BLOCK] = "cidr",
					       [DEFINITION_NAMED] = "ports",
					       [DEFINITION_NODES] = "nodes"};
	const struct objects *objects = resolved->objects;
	const char *slug = definition_slug(arena, objects, &resolved->definitions[definitions[0]]);
	uint64_t hash = HASH_START;

	if (count > 1) {
		for (size_t i = 0; i < count; i++) {
			const char *text = resolved->definitions[definitions[i]].text;

			hash = hash_bytes(hash, text, strlen(text) + 1);
		}
		slug = arena_printf(arena, "%.*s_and-%zu-more__%s", SLUG_MAX, slug, count - 1,
				    hash_text(arena, hash));
	}
	return arena_join(arena, prefixes[kind], "/", slug, family == V4 ? ".v4" : ".v6", NULL);
}

const char *comment_set(struct arena *arena, const struct resolved *resolved,
			const uint32_t *definitions, size_t count, bool *cut)
{
	const struct definition *all = resolved->definitions;
	struct string text = {0};

	*cut = strlen(all[definitions[0]].text) > COMMENT_MAX_LEN;
	if (count == 1)
		return comment_fit(arena, all[definitions[0]].text);
	for (size_t i = 0; i < count && text.len <= COMMENT_MAX_LEN; i++) {
		if (i)
			arena_add(arena, &text, "; ");
		arena_add(arena, &text, all[definitions[i]].text);
	}
	*cut = text.len > COMMENT_MAX_LEN;
	return comment_fit(arena, text.text);
}

/* Adds the names of policies to a text, until it is too long. */
static void add_names(struct arena *arena, struct string *text, const struct resolved *resolved,
		      const struct group *group, enum tier tier)
{
	for (size_t i = 0; i < group->tier_count[tier] && text->len <= COMMENT_MAX_LEN; i++)
		arena_append(arena, text, "%s%s", i ? ", " : " ",
			     resolved->objects->cluster_policies[group->tiers[tier][i]].name);
}

/* Describes pods under cluster policies: the tiers that their packets meet. */
static const char *comment_tiers(struct arena *arena, const struct resolved *resolved,
				 const struct group *group)
{
	struct string text = {0};
	const char *before = "under ";

	if (group->policy_count)
		arena_append(arena, &text, "pods in %s ",
			     resolved->objects->policies[group->policies[0]].namespace);
	else
		arena_add(arena, &text, "pods ");
	if (group->tier_count[TIER_ADMIN]) {
		arena_append(arena, &text, "%sAdmin", before);
		add_names(arena, &text, resolved, group, TIER_ADMIN);
		before = ", then ";
	}
	for (size_t i = 0; i < group->policy_count && text.len <= COMMENT_MAX_LEN; i++)
		arena_append(arena, &text, "%s%s", i ? ", " : before,
			     resolved->objects->policies[group->policies[i]].name);
	if (group->is_audited)
		arena_add(arena, &text, ", audited");
	if (group->tier_count[TIER_BASELINE]) {
		arena_append(arena, &text, "%sBaseline", before);
		add_names(arena, &text, resolved, group, TIER_BASELINE);
	}
	for (size_t i = 0; i < group->number_count && text.len <= COMMENT_MAX_LEN; i++)
		arena_append(arena, &text, "%s%s is %s %u", i ? ", " : "; ", group->numbers[i].name,
			     protocol_name(group->numbers[i].protocol), group->numbers[i].number);
	return comment_fit(arena, text.text);
}

const char *comment_group(struct arena *arena, const struct resolved *resolved,
			  const struct group *group)
{
	const struct objects *objects = resolved->objects;
	const struct policy *first;
	struct peer selected = {.kind = PEER_PODS};
	struct string text = {0};

	if (!group->policy_count || group->tier_count[TIER_ADMIN])
		return comment_tiers(arena, resolved, group);
	first = &objects->policies[group->policies[0]];
	selected.pods = first->pods;
	if (group->policy_count == 1) {
		arena_add(arena, &text, pods_in_words(arena, objects, &selected, first->namespace));
		arena_add(arena, &text, ", under ");
		arena_add(arena, &text, first->name);
		arena_add(arena, &text, " alone");
	} else {
		arena_add(arena, &text, "pods in ");
		arena_add(arena, &text, first->namespace);
		arena_add(arena, &text, " under ");
		arena_add(arena, &text, first->name);
	}
	for (size_t i = 1; i < group->policy_count && text.len <= COMMENT_MAX_LEN; i++) {
		arena_add(arena, &text, i + 1 < group->policy_count ? ", " : " and ");
		arena_add(arena, &text, objects->policies[group->policies[i]].name);
	}
	if (group->is_audited)
		arena_add(arena, &text, ", audited");
	for (size_t i = 0; i < group->number_count; i++)
		arena_append(arena, &text, "%s%s is %s %u", i ? ", " : "; ", group->numbers[i].name,
			     protocol_name(group->numbers[i].protocol), group->numbers[i].number);
	return comment_fit(arena, text.text);
}
