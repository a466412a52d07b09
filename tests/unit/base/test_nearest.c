/* The word that somebody probably meant, and which words nobody meant. */
#include "base/nearest.h"

#include "../unit.h"

#include <stdint.h>

START_TEST(edits_are_counted)
{
	static const struct {
		const char *a, *b;
		size_t edits;
	} rows[] = {
		{"", "", 0},         {"", "abc", 3},           {"port", "ports", 1},
		{"port", "prt", 1},  {"port", "pert", 1},      {"lables", "labels", 1},
		{"From", "from", 0}, {"kitten", "sitting", 3}, {"ca", "abc", 3},
	};
	static const char long_one[] =
		"a123456789b123456789c123456789d123456789e123456789f123456789g123";

	for (size_t i = 0; i < COUNT(rows); i++) {
		ck_assert_uint_eq(edits_between(rows[i].a, rows[i].b), rows[i].edits);
		ck_assert_uint_eq(edits_between(rows[i].b, rows[i].a), rows[i].edits);
	}
	ck_assert_uint_eq(edits_between(long_one, long_one), SIZE_MAX);
	ck_assert_uint_eq(edits_between(long_one + 1, long_one + 1), 0);
}
END_TEST

START_TEST(the_nearest_is_found)
{
	static const struct {
		const char *wanted, *found;
	} rows[] = {
		{"Ports", "ports"}, {"prot", "port"},    {"fo", NULL},        {"x", NULL},
		{"", NULL},         {"egres", "egress"}, {"porrts", "ports"}, {"ingres", NULL},
	};
	static const char *const known[] = {"port", "ports", "from", "egress"};

	for (size_t i = 0; i < COUNT(rows); i++) {
		struct nearest near = {.wanted = rows[i].wanted};

		for (size_t k = 0; k < COUNT(known); k++)
			nearest_look_at(&near, known[k]);
		ck_assert_pstr_eq(near.found, rows[i].found);
	}
}
END_TEST

UNIT_MAIN("nearest", edits_are_counted, the_nearest_is_found)
