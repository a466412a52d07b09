/* Each form is a few rules about characters, as the API references and RFCs 1123 and 6335 have them. */
#include "model/syntax.h"

#include "base/text.h"

#include <string.h>

static bool is_lower_alnum(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9');
}

static bool is_alnum(char c)
{
	return is_lower_alnum(c) || (c >= 'A' && c <= 'Z');
}

/*
 * Is it a name of at most 63 characters, with a letter or digit at both ends, and between them also
 * - _ . ?
 */
static bool is_qualified_name(const char *text, size_t len)
{
	if (!len || len > 63 || !is_alnum(text[0]) || !is_alnum(text[len - 1]))
		return false;
	for (size_t i = 0; i < len; i++)
		if (!is_alnum(text[i]) && !strchr("-_.", text[i]))
			return false;
	return true;
}

/* Is each part between the dots of lower-case letters and digits, with - only between them? */
static bool is_subdomain(const char *text, size_t len, size_t max)
{
	if (!len || len > max)
		return false;
	for (size_t i = 0; i < len; i++) {
		bool edge = i == 0 || i == len - 1 || text[i - 1] == '.' || text[i + 1] == '.';

		if (is_lower_alnum(text[i]) || (text[i] == '-' && !edge))
			continue;
		if (text[i] != '.' || i == 0 || i == len - 1 || text[i - 1] == '.')
			return false;
	}
	return true;
}

bool is_dns_subdomain(const char *text)
{
	return is_subdomain(text, strlen(text), 253);
}

bool is_dns_label(const char *text)
{
	return !strchr(text, '.') && is_subdomain(text, strlen(text), 63);
}

bool is_label_key(const char *text)
{
	const char *slash = strchr(text, '/');

	if (slash && !is_subdomain(text, (size_t)(slash - text), 253))
		return false;
	text = slash ? slash + 1 : text;
	return is_qualified_name(text, strlen(text));
}

bool is_annotation_key(const char *text)
{
	char lowered[512];

	text_lower(text, lowered, sizeof(lowered));
	return is_label_key(lowered);
}

bool is_label_value(const char *text)
{
	return !*text || is_qualified_name(text, strlen(text));
}

bool is_port_name(const char *text)
{
	size_t len = strlen(text);
	bool letter = false;

	if (!len || len > 15 || text[0] == '-' || text[len - 1] == '-' || strstr(text, "--"))
		return false;
	for (; *text; text++) {
		if (!is_lower_alnum(*text) && *text != '-')
			return false;
		letter |= *text >= 'a' && *text <= 'z';
	}
	return letter;
}

/*
 * One label of a domain name, as the CRD's pattern has it: its first character is of [A-z0-9], in which the pattern
 * also lets stand what is between Z and a.
 */
static bool is_domain_label(const char *text, size_t len)
{
	if (!len || !(is_alnum(text[0]) || (text[0] > 'Z' && text[0] < 'a')))
		return false;
	for (size_t i = 1; i < len; i++)
		if (!is_alnum(text[i]) && (i == len - 1 || (text[i] != '-' && text[i] != '_')))
			return false;
	return true;
}

bool is_domain_name(const char *text)
{
	size_t labels = 0, len;

	text += strncmp(text, "*.", 2) ? 0 : 2;
	for (; *text; text += len + (text[len] == '.'), labels++) {
		len = strcspn(text, ".");
		if (!is_domain_label(text, len))
			return false;
	}
	return labels >= 2;
}
