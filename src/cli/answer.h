/* cli/answer.h - members of a cell's JSON as commands show them: absent or of another type is nothing, and text is escaped,
 * because a vCenter, a certificate or another user may have written it. Called by every command that lists or shows. */
#pragma once
#include <jansson.h>
#include <stdbool.h>

#include "base/arena.h"

enum { ANSWER_TEXT_MAX = 4096 }; /* bytes of one text that is shown; the rest is cut */

/* path: "name", or with dots "owner.name". NULL when there is no such text. */
const char *answer_str(const json_t *o, const char *path);
/* The same escaped, in the arena; fallback when absent or empty. */
const char *answer_shown(const json_t *o, const char *path, const char *fallback, struct arena *a);
/* A new JSON string of it; null when absent. */
json_t *answer_text(const json_t *o, const char *path);
/* A whole value as our own JSON has it: members in the order they came, "notAfter" as "not_after", texts escaped. A new reference. */
json_t *answer_ours(const json_t *v);
bool answer_true(const json_t *o, const char *path);
/* -1 when it is no whole number or negative. */
json_int_t answer_number(const json_t *o, const char *path);
/* Borrowed; NULL when absent. */
json_t *answer_member(const json_t *o, const char *path);
/* The last part of an id: "urn:vcloud:vimserver:UUID" or "../UUID"; borrowed. */
const char *answer_uuid(const char *id);
