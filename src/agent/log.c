/* One line of JSON for each message, written at once. */
#include "agent/log.h"

#include "base/arena.h"
#include "base/json.h"

#include <stdarg.h>
#include <time.h>

static const char *time_text(struct arena *arena)
{
	struct timespec now;
	struct tm parts;

	clock_gettime(CLOCK_REALTIME, &now);
	gmtime_r(&now.tv_sec, &parts);
	return arena_printf(arena, "%04d-%02d-%02dT%02d:%02d:%02d.%03ldZ", parts.tm_year + 1900,
			    parts.tm_mon + 1, parts.tm_mday, parts.tm_hour, parts.tm_min,
			    parts.tm_sec, now.tv_nsec / 1000000);
}

const char *log_number(struct log *log, unsigned long long number)
{
	return arena_printf(log->arena, "%llu", number);
}

void log_tell(struct log *log, enum log_level level, const char *message, ...)
{
	static const char *const levels[] = {
		[LOG_ERROR] = "error",
		[LOG_WARNING] = "warning",
		[LOG_INFO] = "info",
		[LOG_DEBUG] = "debug",
	};
	struct json json = {.arena = log->arena, .packed = true};
	const char *key, *text, *line;
	va_list pairs;

	if (level == LOG_DEBUG && !log->debug)
		return;
	json_open_object(&json, NULL);
	json_put_text(&json, "time", time_text(log->arena));
	json_put_text(&json, "level", levels[level]);
	json_put_text(&json, "message", message);
	va_start(pairs, message);
	while ((key = va_arg(pairs, const char *))) {
		text = va_arg(pairs, const char *);
		if (text)
			json_put_text(&json, key, text);
	}
	va_end(pairs);
	json_close(&json);
	line = json_end(&json);
	log->write(log->context, line, strlen(line));
	arena_reset(log->arena);
}
