/*
 * Tests the walk through folders (read/folder.h): what it finds, in which order, and what it
 * refuses.
 */
#include "unit.h"

#include "read/source.h"

#include <fcntl.h>
#include <sys/stat.h>

static struct arena *arena;
static const char *root;

static const char *below(const char *name)
{
	return arena_printf(arena, "%s/%s", root, name);
}

static void put_file(const char *name)
{
	int fd = open(below(name), O_WRONLY | O_CREAT | O_EXCL, 0600);

	ck_assert_int_ge(fd, 0);
	close(fd);
}

static void put_folder(const char *name)
{
	ck_assert_int_eq(mkdir(below(name), 0700), 0);
}

static void put_link(const char *to, const char *name)
{
	ck_assert_int_eq(symlink(to, below(name)), 0);
}

static void begin(void)
{
	char name[] = "/tmp/np2nft-folder-XXXXXX";

	arena = arena_new();
	ck_assert_ptr_nonnull(mkdtemp(name));
	root = arena_strndup(arena, name, strlen(name));
}

static void end(void)
{
	ck_assert_int_eq(system(arena_printf(arena, "rm -r %s", root)), 0);
	arena_free(arena);
}

/*
 * Lists what @path, below the root, stands for: names with blanks between them; behind a bar, what
 * is wrong.
 */
static const char *found(const char *path)
{
	struct file_list list = {0};
	struct diags diags = {.arena = arena};
	struct string out = {0};

	arena_append(arena, &out, "%s", "");
	source_find(arena, below(path), &list, &diags);
	for (size_t i = 0; i < list.count; i++)
		arena_append(arena, &out, "%s%s", i ? " " : "", list.files[i] + strlen(root) + 1);
	for (size_t i = 0; i < diags.count; i++)
		arena_append(arena, &out, "|%s: %s", diags.items[i].mark.file + strlen(root) + 1,
			     diags.items[i].text);
	return out.text;
}

START_TEST(files_are_found_in_order)
{
	begin();
	put_folder("x");
	put_folder("x/b");
	put_folder("x/.hidden");
	put_file("x/.hidden/no.yaml");
	put_file("x/.no.yaml");
	put_file("x/c.yml");
	put_file("x/a.json");
	put_file("x/b/z.yaml");
	put_file("x/notes.txt");
	put_folder("x/empty.yaml");
	ck_assert_str_eq(found("x"), "x/a.json x/b/z.yaml x/c.yml");
	ck_assert_str_eq(found("x/"), "x/a.json x/b/z.yaml x/c.yml");
	ck_assert_str_eq(found("x/empty.yaml"),
			 "|x/empty.yaml: no *.yaml, *.yml or *.json in this folder");
	ck_assert_str_eq(found("nowhere"), "|nowhere: cannot be read: No such file or directory");
	end();
}
END_TEST

START_TEST(what_is_no_file_is_told)
{
	begin();
	put_folder("x");
	put_link("nowhere", "x/a.yaml");
	put_link("nowhere", "x/of-no-interest");
	ck_assert_int_eq(mkfifo(below("x/b.yaml"), 0600), 0);
	ck_assert_str_eq(found("x"), "|x/a.yaml: a link to nothing|x/b.yaml: not a regular file");
	end();
}
END_TEST

START_TEST(links_are_followed_and_have_an_end)
{
	begin();
	put_folder("x");
	put_folder("x/a");
	put_folder("y");
	put_file("y/one.yaml");
	put_link("../y", "x/y");
	put_link("../y/one.yaml", "x/z.yaml");
	put_link("../../x", "x/a/back");
	put_link(".", "y/self");
	ck_assert_str_eq(found("x"), "x/y/one.yaml|"
				     "x/a/back: a link back to a folder that it stands in|"
				     "x/y/self: a link back to a folder that it stands in");
	end();
}
END_TEST

/* Each folder has two links to the next: a million ways lead to the last one. */
START_TEST(a_folder_is_listed_once)
{
	begin();
	for (int i = 0; i < 20; i++) {
		put_folder(arena_printf(arena, "%d", i));
		put_link(arena_printf(arena, "../%d", i + 1), arena_printf(arena, "%d/a", i));
		put_link(arena_printf(arena, "../%d", i + 1), arena_printf(arena, "%d/b", i));
	}
	put_folder("20");
	put_file("20/one.yaml");
	ck_assert_str_eq(found("0"), "0/a/a/a/a/a/a/a/a/a/a/a/a/a/a/a/a/a/a/a/a/one.yaml");
	end();
}
END_TEST

UNIT_MAIN("folder", files_are_found_in_order, what_is_no_file_is_told,
	  links_are_followed_and_have_an_end, a_folder_is_listed_once)
