/*
 * Feeds the calls of a container runtime to agent/nri.h as bytes that are cut anywhere, and wrong
 * ones.
 */
#include "unit.h"

#include "agent/nri.h"
#include "read/tree_node.h"

/* The bytes that the runtime sends. */
struct bytes {
	uint8_t at[8192];
	size_t len;
};

static void add(struct bytes *bytes, const void *more, size_t len)
{
	memcpy(bytes->at + bytes->len, more, len);
	bytes->len += len;
}

static void add_number(struct bytes *bytes, uint32_t number)
{
	const uint8_t four[] = {(uint8_t)(number >> 24), (uint8_t)(number >> 16),
				(uint8_t)(number >> 8), (uint8_t)number};

	add(bytes, four, 4);
}

/* Adds a field of less than 16384 bytes. */
static void add_field(struct bytes *bytes, unsigned field, const void *value, size_t len)
{
	const uint8_t small[] = {(uint8_t)(field << 3 | 2), (uint8_t)len},
		      large[] = {(uint8_t)(field << 3 | 2), (uint8_t)(len | 0x80),
				 (uint8_t)(len >> 7)};

	add(bytes, len < 128 ? small : large, len < 128 ? 2 : 3);
	add(bytes, value, len);
}

static void add_text(struct bytes *bytes, unsigned field, const char *text)
{
	add_field(bytes, field, text, strlen(text));
}

static void add_varint(struct bytes *bytes, unsigned field, unsigned value)
{
	const uint8_t two[] = {(uint8_t)(field << 3), (uint8_t)value};

	add(bytes, two, 2);
}

static void add_message(struct bytes *bytes, uint32_t connection, uint32_t number, uint8_t type,
			const struct bytes *message)
{
	const uint8_t rest[] = {type, 0};

	add_number(bytes, connection);
	add_number(bytes, (uint32_t)message->len + 10);
	add_number(bytes, (uint32_t)message->len);
	add_number(bytes, number);
	add(bytes, rest, 2);
	add(bytes, message->at, message->len);
}

static void add_call(struct bytes *bytes, uint32_t number, const char *method,
		     const struct bytes *payload)
{
	struct bytes request = {.len = 0};

	add_text(&request, 1, "nri.pkg.api.v1alpha1.Plugin");
	add_text(&request, 2, method);
	add_field(&request, 3, payload->at, payload->len);
	add_message(bytes, 1, number, 1, &request);
}

static struct bytes sandbox_of(const char *id, const char *name, const char *ip)
{
	struct bytes sandbox = {.len = 0};

	add_text(&sandbox, 1, id);
	add_text(&sandbox, 2, name);
	add_text(&sandbox, 4, "shop");
	if (ip)
		add_text(&sandbox, 10, ip);
	return sandbox;
}

static void add_sandbox_call(struct bytes *bytes, uint32_t number, const char *method,
			     const char *id, const char *name)
{
	const struct bytes sandbox = sandbox_of(id, name, "10.1.0.7");
	struct bytes payload = {.len = 0};

	add_field(&payload, 1, sandbox.at, sandbox.len);
	add_call(bytes, number, method, &payload);
}

static void add_change(struct bytes *bytes, uint32_t number, unsigned event, const char *id)
{
	const struct bytes sandbox = sandbox_of(id, "changed", NULL);
	struct bytes payload = {.len = 0};

	add_varint(&payload, 1, event);
	add_field(&payload, 2, sandbox.at, sandbox.len);
	add_call(bytes, number, "StateChange", &payload);
}

/*
 * Makes everything that a runtime says: it takes our registration, configures the plugin, tells of
 * all sandboxes in two pieces, and then tells of changes.
 */
static struct bytes conversation(void)
{
	const struct bytes first = sandbox_of("1", "one", "10.1.0.1"),
			   second = sandbox_of("2", "two", "fd00::2"), nothing = {.len = 0};
	struct bytes all = {.len = 0}, payload = {.len = 0}, more = {.len = 0}, rest = {.len = 0};

	add_text(&payload, 2, "");
	add_message(&all, 2, 1, 2, &payload);
	payload.len = 0;
	add_text(&payload, 2, "runtime");
	add_varint(&payload, 5, 100);
	add_call(&all, 1, "Configure", &payload);
	add_field(&more, 1, first.at, first.len);
	add_varint(&more, 3, 1);
	add_call(&all, 3, "Synchronize", &more);
	add_field(&rest, 1, second.at, second.len);
	add_call(&all, 5, "Synchronize", &rest);
	add_change(&all, 7, 1, "3");
	add_change(&all, 9, 2, "3");
	add_change(&all, 11, 9, "3");
	add_sandbox_call(&all, 13, "RunPodSandbox", "4", "four");
	add_sandbox_call(&all, 15, "CreateContainer", "4", "four");
	add_sandbox_call(&all, 17, "StopPodSandbox", "4", "four");
	add_call(&all, 19, "SomethingNew", &nothing);
	add_call(&all, 21, "Shutdown", &nothing);
	return all;
}

static const char told[] = "connected;begin;runs shop/one 10.1.0.1;runs shop/two fd00::2;whole;"
			   "runs shop/changed;stops shop/changed;runs shop/four 10.1.0.7;"
			   "runs shop/four 10.1.0.7;stops shop/four 10.1.0.7;";

/* Collects what was told, as text. */
struct teller {
	struct arena *arena;
	struct string text;
	unsigned released;
};

static void tell_begin(void *context)
{
	struct teller *teller = context;

	arena_add(teller->arena, &teller->text, "begin;");
}

static void tell_whole(void *context)
{
	struct teller *teller = context;

	arena_add(teller->arena, &teller->text, "whole;");
}

static void tell(struct teller *teller, const char *what, const struct tree_node *sandbox)
{
	const struct tree_node *ips = tree_get(sandbox, "ips");

	arena_append(teller->arena, &teller->text, "%s %s/%s%s%s;", what,
		     tree_text_in(sandbox, "namespace"), tree_text_in(sandbox, "name"),
		     ips ? " " : "", ips ? ips->items[0]->text : "");
}

static void tell_runs(void *context, const struct tree_node *sandbox)
{
	tell(context, "runs", sandbox);
}

static void tell_stops(void *context, const struct tree_node *sandbox)
{
	tell(context, "stops", sandbox);
}

static void tell_connection(void *context, const char *error)
{
	struct teller *teller = context;

	arena_append(teller->arena, &teller->text, "%s;", error ? error : "connected");
}

static void tell_released(void *context, const struct timespec *began)
{
	struct teller *teller = context;

	(void)began;
	teller->released++;
}

static void begin(struct nri *nri, struct teller *teller)
{
	const struct nri_receiver receiver = {teller,    tell_begin, tell_whole,
					      tell_runs, tell_stops, tell_connection};

	*teller = (struct teller){.arena = arena_new()};
	nri_begin(nri, "/nowhere", 1000, &receiver);
}

static void end(struct nri *nri, struct teller *teller)
{
	nri_end(nri);
	arena_free(teller->arena);
}

/* Feeds the bytes in pieces of that size. */
static int take(struct nri *nri, const struct bytes *bytes, size_t piece)
{
	for (size_t at = 0; at < bytes->len; at += piece)
		if (nri_take(nri, bytes->at + at,
			     piece < bytes->len - at ? piece : bytes->len - at))
			return -1;
	return 0;
}

START_TEST(a_conversation_in_pieces_of_any_size)
{
	const struct bytes all = conversation();
	struct teller teller;
	struct nri nri;

	for (size_t piece = 1; piece <= all.len; piece++) {
		begin(&nri, &teller);
		ck_assert_int_eq(take(&nri, &all, piece), 0);
		ck_assert_str_eq(teller.text.text, told);
		ck_assert_uint_eq(nri.held_count, 3);
		nri_release(&nri, tell_released);
		ck_assert_uint_eq(teller.released, 3);
		ck_assert_int_eq(nri.patience, 75);
		end(&nri, &teller);
	}
}
END_TEST

/* What was told before the end is a beginning of what the whole conversation tells. */
START_TEST(a_conversation_that_ends_anywhere)
{
	const struct bytes all = conversation();

	for (size_t len = 0; len < all.len; len++) {
		struct bytes some = all;
		struct teller teller;
		struct nri nri;

		some.len = len;
		begin(&nri, &teller);
		ck_assert_int_eq(take(&nri, &some, 7), 0);
		if (teller.text.text)
			ck_assert(!strncmp(teller.text.text, told, teller.text.len));
		end(&nri, &teller);
	}
}
END_TEST

/* Each call is answered once, in frames and messages of correct lengths. */
START_TEST(each_call_has_its_answer)
{
	const struct bytes all = conversation();
	unsigned answered[32] = {0};
	struct teller teller;
	struct nri nri;

	begin(&nri, &teller);
	ck_assert_int_eq(take(&nri, &all, all.len), 0);
	nri_release(&nri, tell_released);
	for (size_t at = 0; at < nri.ttrpc.out.len;) {
		const uint8_t *frame = nri.ttrpc.out.bytes + at;

		ck_assert_uint_eq(frame[3], 1);
		ck_assert_uint_eq(frame[7], frame[11] + 10U);
		ck_assert_uint_lt(frame[15], COUNT(answered));
		ck_assert_uint_eq(frame[16], 2);
		answered[frame[15]]++;
		at += 8U + frame[7];
	}
	for (unsigned i = 0; i < COUNT(answered); i++)
		ck_assert_uint_eq(answered[i], i % 2 && i <= 21);
	end(&nri, &teller);
}
END_TEST

/* Checks that the bytes are refused, with this error. */
static void check_refused(const struct bytes *bytes, const char *error)
{
	struct teller teller;
	struct nri nri;

	begin(&nri, &teller);
	ck_assert_int_eq(take(&nri, bytes, bytes->len), -1);
	ck_assert_str_eq(teller.text.text, error);
	end(&nri, &teller);
}

START_TEST(what_makes_no_sense_ends_the_connection)
{
	struct bytes bytes = {.len = 0}, message = {.len = 0};

	add_number(&bytes, 3);
	add_number(&bytes, 10);
	check_refused(&bytes, "a frame is of no connection;");
	bytes.len = 0;
	add_number(&bytes, 1);
	add_number(&bytes, 0x7fffffff);
	check_refused(&bytes, "a frame is too large;");
	bytes.len = 0;
	add_number(&bytes, 1);
	add_number(&bytes, 10);
	add_number(&bytes, 0xfffffff0);
	add(&bytes, "\0\0\0\1\1\0", 6);
	check_refused(&bytes, "a message is too large;");
	bytes.len = 0;
	add_message(&bytes, 1, 1, 3, &message);
	check_refused(&bytes, "a message is neither a call nor an answer;");
	bytes.len = 0;
	add_message(&bytes, 2, 1, 1, &message);
	check_refused(&bytes, "a message is neither a call nor an answer;");
	bytes.len = 0;
	add(&message, "\x07\x07", 2);
	add_message(&bytes, 1, 1, 1, &message);
	check_refused(&bytes, "a call is not protobuf;");
	bytes.len = 0;
	add_message(&bytes, 2, 1, 2, &message);
	check_refused(&bytes, "an answer is not protobuf;");
	bytes.len = message.len = 0;
	add(&message, "\x0a\x04\x08\x05\x12\x00", 6);
	add_message(&bytes, 2, 1, 2, &message);
	check_refused(&bytes, "our call is refused;");
}
END_TEST

START_TEST(calls_that_make_no_sense)
{
	static const char *const methods[] = {"Configure",     "Synchronize",     "StateChange",
					      "RunPodSandbox", "CreateContainer", "StopPodSandbox"};
	struct bytes payload = {.len = 0}, bytes;

	add(&payload, "\x0a\x7f", 2);
	for (size_t i = 0; i < COUNT(methods); i++) {
		bytes.len = 0;
		add_call(&bytes, 1, methods[i], &payload);
		check_refused(&bytes, "a call makes no sense;");
	}
	/* The sandbox's id is a number. */
	bytes.len = payload.len = 0;
	add(&payload, "\x0a\x02\x08\x01", 4);
	add_call(&bytes, 1, "RunPodSandbox", &payload);
	check_refused(&bytes, "a call makes no sense;");
	/* The event says that a sandbox runs, but not which. */
	bytes.len = payload.len = 0;
	add_varint(&payload, 1, 1);
	add_call(&bytes, 1, "StateChange", &payload);
	check_refused(&bytes, "a call makes no sense;");
}
END_TEST

/* More calls than can be held are answered at once. */
START_TEST(many_at_once)
{
	struct bytes one = {.len = 0};
	struct teller teller;
	struct nri nri;

	begin(&nri, &teller);
	add_sandbox_call(&one, 1, "RunPodSandbox", "1", "one");
	for (unsigned i = 0; i < NRI_HELD + 10; i++)
		ck_assert_int_eq(take(&nri, &one, one.len), 0);
	ck_assert_uint_eq(nri.held_count, NRI_HELD);
	ck_assert_uint_eq(nri.late, 10);
	end(&nri, &teller);
}
END_TEST

UNIT_MAIN("nri", a_conversation_in_pieces_of_any_size, a_conversation_that_ends_anywhere,
	  each_call_has_its_answer, what_makes_no_sense_ends_the_connection,
	  calls_that_make_no_sense, many_at_once)
