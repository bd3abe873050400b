/* api/op.h - one operation of the API: how a resource's file offers it, and what its handler is given.
 * A resource's file ends in a table of these; routes.c lists the tables. Everything that all operations share happens
 * around the handler, once: the API version and form (accept.h), who asks (session, tenant context), whether he may,
 * the error's body, and the fields that every answer has. A handler decodes, calls flow/ or store/, and encodes.
 *
 * The journey of a request: http finds the route; serve.c reads Accept (406), finds the session (401) and the right (403),
 * calls the handler, and when that returns false writes e by the one table of error.h. */
#pragma once
#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>

#include "api/accept.h"
#include "api/page.h"
#include "base/err.h"
#include "flow/caller.h"

struct arena;
struct http_request;
struct http_response;
struct site;
struct url_span;
struct xml_writer;

struct api_call {
    struct http_request *rq;
    struct http_response *rs;
    struct arena *arena;      /* dies with the request */
    const struct site *site;
    struct caller caller;     /* valid unless the operation is API_PUBLIC */
    struct api_accept accept;
    enum api_face face;
    const json_t *more;       /* members beside the envelope's, of a list; borrowed; NULL = none */
};

enum {
    API_PUBLIC = 1,     /* no session needed */
    API_PROVIDER = 2,   /* users of System only; others are refused as without the right */
    API_NO_VERSION = 4, /* any Accept will do, none will be refused: /api/versions, oauth, transfer */
    API_LOGIN = 8,      /* refused credentials are 401, as clients look for nothing else; too many at once is 429 */
    API_SHOWN = 16,     /* acts on what a person was shown: a conflict is 409, it changed since */
};

struct api_op {
    const char *method, *pattern; /* as in http/router.h, with the face's prefix: "/cloudapi/1.0.0/cells/{id}" */
    enum api_face face;
    enum right right;
    unsigned flags;
    bool (*run)(struct api_call *c, struct err *e);
    size_t body_max;              /* 0 = [limits] request_body; HTTP_EARLY: asked before the body comes (http/router.h) */
};

/* The value of {name} in the path; decoded. */
const char *api_param(const struct api_call *c, const char *name);
/* {name} as "urn:vcloud:<type>:<uuid>" in lower case. Also a bare UUID. ERR_NOT_FOUND for anything else, which is what
 * a client hears of an id that nobody has (trap 4). */
MUST_USE bool api_param_urn(const struct api_call *c, const char *name, const char *type, const char **ret,
                            struct err *e);
/* The same for a text from elsewhere. */
MUST_USE bool api_urn(const struct api_call *c, const char *text, const char *type, const char **ret, struct err *e);
/* The UUID behind the last colon. */
const char *api_uuid(const char *urn);
/* The token of a page's session, out of its cookie (api/vouchsafe_web.c); NULL when there is none. In the arena. */
const char *api_cookie_token(const struct api_call *c);
/* Such a session's change comes from a page of this cell's own and nobody else's (Origin, and a field that only the page can
 * know). ERR_DENIED. */
MUST_USE bool api_cookie_change(const struct api_call *c, const char *token, struct err *e);
/* A request field's value, NULL when absent. */
const char *api_field(const struct api_call *c, const char *name);
/* What the query of a list says (api/page.h). */
MUST_USE bool api_query_of(const struct api_call *c, struct api_query *ret, struct err *e);
struct url_span api_query_text(const struct api_call *c);
/* One parameter of the query, decoded; NULL when it is not there. ERR_INPUT. */
MUST_USE bool api_query_value(const struct api_call *c, const char *name, const char **ret, struct err *e);

/* The body as a JSON object, strictly: no duplicate keys, no trailing bytes. *ret is NULL for an empty body or the four bytes
 * `null` (trap 11). Owned by the caller (json_decref). ERR_INPUT. */
MUST_USE bool api_body_json(const struct api_call *c, json_t **ret, struct err *e);
/* Texts out of it: in the object's life. A missing key or null gives NULL; another type, or more than max bytes, is ERR_INPUT
 * naming the key. */
MUST_USE bool api_get_text(const json_t *o, const char *key, size_t max, const char **ret, struct err *e);
MUST_USE bool api_need_text(const json_t *o, const char *key, size_t max, const char **ret, struct err *e);
MUST_USE bool api_get_bool(const json_t *o, const char *key, bool otherwise, bool *ret, struct err *e);
MUST_USE bool api_get_number(const json_t *o, const char *key, int64_t min, int64_t max, int64_t otherwise, int64_t *ret,
                             struct err *e);

/* A reference {"id":..,"name":..}: the id as a URN of the type, NULL when only the name is given; both NULL when the key is
 * missing or null. ERR_INPUT. */
struct api_ref {
    const char *id, *name;
};
MUST_USE bool api_get_ref(const struct api_call *c, const json_t *o, const char *key, const char *type, struct api_ref *ret,
                          struct err *e);
/* One reference that is there, as above. */
MUST_USE bool api_ref_of(const struct api_call *c, const json_t *ref, const char *type, struct api_ref *ret, struct err *e);

/* Answers. Each takes its JSON over; the Content-Type names the version that was asked for. */
MUST_USE bool api_answer_json(struct api_call *c, int status, json_t *take, struct err *e);
void api_answer_empty(struct api_call *c, int status);
/* 202 and Location: the task's href (trap 6). */
void api_answer_task(struct api_call *c, const char *task_urn);
/* One page of a list, with its Link field: filters, sorts and cuts rows[0..len). See api/list.h. */

/* Legacy XML: type is the vendor type without suffix, "application/vnd.vmware.vcloud.task"; the writer's text becomes the body. */
MUST_USE bool api_answer_xml(struct api_call *c, int status, const char *type, struct xml_writer *w, struct err *e);

/* "https://cell/cloudapi/.." or "/api/..": base_url and a path, in the arena. Never with a query (trap 8). */
const char *api_href(const struct api_call *c, const char *fmt, ...) PRINTF(2, 3);
/* json_string that takes NULL for null. */
json_t *api_json_text(const char *s);
/* {"name":..,"id":..}; NULL id gives null. */
json_t *api_json_ref(const char *name, const char *id);
/* "2026-11-23T10:00:00.000Z"; 0 gives null. */
json_t *api_json_time(int64_t ms);
/* Refused, as without the right: ERR_DENIED. */
MUST_USE bool api_need(const struct api_call *c, enum right r, struct err *e);
