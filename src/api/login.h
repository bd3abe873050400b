/* api/login.h - what all faces of a login share: credentials out of a request, tokens into an answer, a session as JSON.
 * Called by the session and OAuth operations. Nothing here is logged. */
#pragma once
#include <jansson.h>
#include <stdbool.h>

#include "base/err.h"
#include "flow/session.h"

struct api_call;

/* Logs in with the request's Basic credentials (RFC 7617: the password begins behind the first ':'; the organization behind
 * the last '@' before it) and puts the tokens into the answer's fields. ERR_DENIED for whatever is wrong with them. */
MUST_USE bool api_login(struct api_call *c, enum session_door door, struct caller *ret, struct err *e);
/* The same without an answer: what was opened is the caller's, who wipes it (session_new_done). */
MUST_USE bool api_login_open(struct api_call *c, enum session_door door, struct session_new *ret, struct err *e);
/* Ends the calling session: 204. */
MUST_USE bool api_logout(struct api_call *c, struct err *e);

/* VCD's Session (vcd-api.md 1.3). A new reference. */
json_t *api_session_json(const struct api_call *c, const struct caller *who);
/* "<organization's UUID>@<cell's UUID>". */
const char *api_location(const struct api_call *c, const struct caller *who);
