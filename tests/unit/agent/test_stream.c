/* Tests the bounds of what agent/stream.h takes from an API server. */
#include "unit.h"

#include "agent/stream.h"

static int take(void *context, enum event_kind kind, const struct tree_node *object)
{
	(void)context;
	(void)kind;
	(void)object;
	return 0;
}

/* Feeds @begun and then @len more bytes, none of which the stream may look at. */
static void check_refused(struct stream_format format, const char *begun, size_t len)
{
	struct stream *stream = stream_new(&format, take, NULL);

	if (*begun)
		ck_assert_int_eq(stream_feed(stream, (const uint8_t *)begun, strlen(begun)), 0);
	ck_assert_int_eq(stream_feed(stream, (const uint8_t *)"", len), -1);
	ck_assert_str_eq(stream_error(stream), "it has an object that is too large");
	ck_assert_int_eq(stream_feed(stream, (const uint8_t *)"", 0), -1);
	stream_free(stream);
}

START_TEST(a_list_is_bounded)
{
	const size_t list = (size_t)1 << 30, object = (size_t)64 << 20;

	check_refused((struct stream_format){.protobuf = false, .watch = false}, "", list + 1);
	check_refused((struct stream_format){.protobuf = false, .watch = false}, "{", list);
	check_refused((struct stream_format){.protobuf = false, .watch = true}, "", object + 1);
	check_refused((struct stream_format){.protobuf = false, .watch = true}, "{", object);
	check_refused((struct stream_format){.protobuf = true, .watch = true, .form = &proto_pod},
		      "", object + 1);
	check_refused((struct stream_format){.protobuf = true, .watch = false, .form = &proto_pod},
		      "k8s", object);
}
END_TEST

START_TEST(an_event_is_bounded)
{
	const struct stream_format format = {.protobuf = true, .watch = true, .form = &proto_pod};
	static const uint8_t at[] = {0x04, 0x00, 0x00, 0x00}, above[] = {0x04, 0x00, 0x00, 0x01};
	struct stream *stream = stream_new(&format, take, NULL);

	ck_assert_int_eq(stream_feed(stream, at, sizeof(at)), 0);
	stream_free(stream);
	stream = stream_new(&format, take, NULL);
	ck_assert_int_eq(stream_feed(stream, above, sizeof(above)), -1);
	ck_assert_str_eq(stream_error(stream), "it has an event that is too large");
	stream_free(stream);
}
END_TEST

START_TEST(a_list_in_json_is_one_list)
{
	static const char good[] = "{\"kind\":\"PodList\",\"items\":[]}";
	static const struct {
		const char *text, *error;
		bool watch;
	} rows[] = {
		{"\t\t", "it is no list", false},
		{"null", "it is no list", false},
		{"{\"kind\":\"Pod\"}", "it is no list", false},
		{"{\"kind\":\"PodList\",\"items\":[]} {\"kind\":\"PodList\",\"items\":[]}",
		 "there is a list where none belongs", false},
		{"{\"kind\":\"PodList\",\"items\":[]} {\"kind\":\"Pod\"}",
		 "it goes on behind a list", false},
		{"{\"kind\":\"PodList\",\"items\":[]}\n", "there is a list where none belongs",
		 true},
		{"{\"kind\":\"PodList\",\"items\":[{\"kind\":\"Pod\"}]}\n",
		 "an event is of no known type", true},
	};
	struct stream_format format = {.protobuf = false};
	struct stream *stream = stream_new(&format, take, NULL);

	ck_assert_int_eq(stream_feed(stream, (const uint8_t *)good, strlen(good)), 0);
	ck_assert_int_eq(stream_end(stream), 0);
	stream_free(stream);
	for (size_t i = 0; i < COUNT(rows); i++) {
		format.watch = rows[i].watch;
		stream = stream_new(&format, take, NULL);
		ck_assert(
			stream_feed(stream, (const uint8_t *)rows[i].text, strlen(rows[i].text)) ||
			stream_end(stream));
		ck_assert_str_eq(stream_error(stream), rows[i].error);
		stream_free(stream);
	}
}
END_TEST

UNIT_MAIN("stream", a_list_is_bounded, an_event_is_bounded, a_list_in_json_is_one_list)
