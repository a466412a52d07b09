/*
 * Tests base/utf8.h: it replaces bytes that are no text, and characters that would control a
 * terminal.
 */
#include "base/utf8.h"

#include <check.h>
#include <stdlib.h>
#include <string.h>

static const struct plain {
	const char *text, *plain;
} plains[] = {
	{"", ""},
	{"shop/web-1", "shop/web-1"},
	{"na\xc3\xafve \xe2\x82\xac \xf0\x9f\x90\xa7",
	 "na\xc3\xafve \xe2\x82\xac \xf0\x9f\x90\xa7"},
	{"\x1b[2J\a", "?[2J?"},
	{"a\nb\tc\x7f", "a?b?c?"},
	/* These are control characters of the range C1, in UTF-8 and as single bytes. */
	{"\xc2\x9b"
	 "31m",
	 "?31m"},
	{"\x9b"
	 "31m",
	 "?31m"},
	/* These are an overlong sequence, a surrogate, and sequences that are cut short. */
	{"\xc0\xaf", "??"},
	{"\xed\xa0\x80", "???"},
	{"\xe2\x82", "??"},
	/* These change the direction of text, or separate lines. */
	{"\xe2\x80\xae"
	 "a\xe2\x81\xa6"
	 "b\xe2\x81\xa9\xe2\x80\x8f\xd8\x9c\xe2\x80\xa8",
	 "?a?b????"},
	/* The neighbours of these characters are kept. */
	{"\xe2\x80\xa7\xe2\x80\xaf\xc2\xa0", "\xe2\x80\xa7\xe2\x80\xaf\xc2\xa0"},
};

START_TEST(text_is_made_plain)
{
	char text[64];

	strcpy(text, plains[_i].text);
	utf8_make_plain(text);
	ck_assert_str_eq(text, plains[_i].plain);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("utf8");
	TCase *one = tcase_create("plain");
	SRunner *runner;
	int failed;

	tcase_add_loop_test(one, text_is_made_plain, 0, (int)(sizeof(plains) / sizeof(*plains)));
	suite_add_tcase(suite, one);
	runner = srunner_create(suite);
	srunner_run_all(runner, CK_NORMAL);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
