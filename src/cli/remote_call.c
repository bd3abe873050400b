/* Requests to a cell and what its answers mean. See cli/remote.h. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/mem.h"
#include "base/text.h"
#include "cli/remote_fields.h"
#include "http/call.h"
#include "vim/basic.h"
#include "wire/json.h"

enum { FIELDS_MAX = 5, SHOWN_MAX = 320, PATH_MAX_BYTES = URL_MAX };

/* ---- what a refusal means ---- */

enum err_kind remote_kind(int status, const char *minor)
{
    static const struct {
        const char *minor;
        enum err_kind kind;
    } minors[] = {
        { "UNTRUSTED_CERTIFICATE", ERR_UNTRUSTED }, { "DUPLICATE_NAME", ERR_CONFLICT }, { "BUSY_ENTITY", ERR_CONFLICT },
        { "PEER_UNREACHABLE", ERR_PEER },           { "TIMEDOUT", ERR_TIMEOUT },        { "RESOURCE_NOT_FOUND", ERR_NOT_FOUND },
        { "SERVICE_UNAVAILABLE", ERR_STORE },       { "REQUEST_TOO_LARGE", ERR_LIMIT },
    };
    for (size_t i = 0; minor && i < ARRAY_LEN(minors); i++)
        if (!strcmp(minors[i].minor, minor))
            return minors[i].kind;
    switch (status) {
    case 400:
        return ERR_INPUT;
    case 401:
    case 403:
        return ERR_DENIED;
    case 404:
        return ERR_NOT_FOUND;
    case 408:
    case 504:
        return ERR_TIMEOUT;
    case 409:
    case 412:
        return ERR_CONFLICT;
    case 413:
    case 429:
        return ERR_LIMIT;
    case 503:
        return ERR_STORE;
    default:
        return ERR_PEER;
    }
}

/* Quotation marks need no escape on a terminal. */
static void unquote(char *shown)
{
    for (char *at = shown; (at = strstr(at, "\\x22"));) {
        *at++ = '"';
        memmove(at, at + 3, strlen(at + 3) + 1);
    }
}

static bool refused(const struct remote *r, const struct http_reply *reply, const json_t *body, struct err *e)
{
    const char *text = json_string_value(json_object_get(body, "message"));
    const char *minor = json_string_value(json_object_get(body, "minorErrorCode"));
    enum err_kind kind = remote_kind(reply->head->status, minor);
    char shown[SHOWN_MAX];
    if (reply->head->status == 401 && r->bearer.len)
        return err_set(e, ERR_DENIED, "the session at %s has ended: 'vouchsafe login'", r->url);
    text_escape(shown, sizeof(shown), text ? text : "", text ? strlen(text) : 0);
    unquote(shown);
    if (*shown)
        return err_set(e, kind, "%s", shown);
    return err_set(e, kind, "%s answered %d without a reason", r->url, reply->head->status);
}

/* ---- one request ---- */

struct request {
    const char *method, *path;
    const char *authorization; /* instead of the session's; NULL */
    const struct buf *body;    /* NULL: none */
    const char *type;          /* of the body; NULL: JSON */
};

static bool is_legacy(const char *path)
{
    return strncmp(path, "/api/", 5) == 0;
}

static bool call(struct remote *r, const struct request *rq, struct arena *a, struct http_reply *ret, struct err *e)
{
    bool legacy = is_legacy(rq->path);
    struct http1_field fields[FIELDS_MAX];
    size_t len = 0;
    const char *who = rq->authorization ? rq->authorization : r->bearer.len ? (const char *)r->bearer.bytes : NULL;
    fields[len++] = (struct http1_field){ "Accept", legacy ? "application/*+json;version=37.0" : "application/json;version=37.0" };
    if (who)
        fields[len++] = (struct http1_field){ "Authorization", who };
    if (r->tenant)
        fields[len++] = (struct http1_field){ "X-VMWARE-VCLOUD-TENANT-CONTEXT", r->tenant };
    if (rq->body)
        fields[len++] = (struct http1_field){ "Content-Type", rq->type ? rq->type : legacy ? "application/*+json" : "application/json" };
    struct http_send s = { .method = rq->method, .target = rq->path, .host = &r->host, .tls = !r->here, .fields = fields,
                           .fields_len = len, .body = rq->body ? rq->body->data : NULL, .body_len = rq->body ? rq->body->len : 0 };
    for (int again = 1;; again--) {
        if (!remote_connect(r, e))
            return false;
        if (http_call(r->http, &s, REMOTE_ANSWER_MAX, clock_mono_ms() + r->timeout_ms, a, ret, e))
            return true;
        bool unsent = http_client_unsent(r->http);
        r->http = http_client_destroy(r->http);
        if (!again || !unsent || e->kind != ERR_PEER)
            return err_in(e, "%s", r->url);
    }
}

/* Sends, reads JSON, and turns a refusal into an error. */
static bool ask(struct remote *r, const struct request *rq, struct arena *a, struct http_reply *ret_reply, json_t **ret_json,
                struct err *e)
{
    static const struct wire_json_limits limits = { .bytes = REMOTE_ANSWER_MAX, .values = REMOTE_VALUES_MAX };
    AUTO(wire_json_decrefp) json_t *body = NULL;
    struct http_reply reply;
    if (!call(r, rq, a, &reply, e))
        return false;
    bool read = !reply.body_len || wire_json_read((const char *)reply.body, reply.body_len, &limits, &body, e);
    if (reply.head->status >= 300)
        return refused(r, &reply, body, e);
    if (!read) {
        e->kind = ERR_PEER;
        return err_in(e, "%s: the answer to %s %s", r->url, rq->method, rq->path);
    }
    *ret_reply = reply;
    *ret_json = STEAL(body);
    return true;
}

static void wipe(struct buf *b)
{
    if (b->data)
        secret_wipe(b->data, b->cap);
    buf_done(b);
}

/* rq without a body gets this one (NULL: none). */
static bool ask_with(struct remote *r, struct request rq, json_t *take_body, struct arena *a, struct http_reply *ret_reply,
                     json_t **ret_json, struct err *e)
{
    AUTO(wire_json_decrefp) json_t *body = take_body;
    AUTO(wipe) struct buf text; /* it may hold a password */
    buf_init(&text, WIRE_JSON_MAX);
    if (body && !wire_json_write(&text, body, e))
        return false;
    rq.body = body ? &text : NULL;
    return ask(r, &rq, a, ret_reply, ret_json, e);
}

bool remote_send(struct remote *r, const char *method, const char *path, json_t *take_body, json_t **ret, struct err *e)
{
    AUTO(arena_done) struct arena a = { 0 };
    AUTO(wire_json_decrefp) json_t *body = NULL;
    struct http_reply reply;
    struct request rq = { .method = method, .path = path };
    if (!ask_with(r, rq, take_body, &a, &reply, &body, e))
        return false;
    if (ret)
        *ret = STEAL(body);
    return true;
}

bool remote_post_bytes(struct remote *r, const char *path, const char *type, const struct buf *body, json_t **ret, struct err *e)
{
    AUTO(arena_done) struct arena a = { 0 };
    struct http_reply reply;
    const struct request rq = { .method = "POST", .path = path, .body = body, .type = type };
    return ask(r, &rq, &a, &reply, ret, e);
}

bool remote_get(struct remote *r, const char *path, json_t **ret, struct err *e)
{
    return remote_send(r, "GET", path, NULL, ret, e);
}

/* The path of a URL of this cell: where it says it lives (public_url) need not be how we reach it. */
static bool own_path(const char *location, struct arena *a, const char **ret, struct err *e)
{
    struct url u;
    if (!url_parse(location, strlen(location), &u, e))
        return false;
    if (u.target.path.len < 6 || strncmp(u.target.path.at, "/api/", 5) != 0)
        return err_set(e, ERR_PEER, "it is no task");
    *ret = arena_strndup(a, u.target.path.at, u.target.path.len);
    return true;
}

bool remote_start(struct remote *r, const char *method, const char *path, json_t *take_body, struct arena *a,
                  const char **ret_task, struct err *e)
{
    AUTO(arena_done) struct arena here = { 0 };
    AUTO(wire_json_decrefp) json_t *body = NULL;
    struct http_reply reply = { 0 };
    struct request rq = { .method = method, .path = path };
    if (!ask_with(r, rq, take_body, &here, &reply, &body, e))
        return false;
    const char *location = http1_find(reply.head, "Location");
    if (!location) /* the legacy face gives the task itself */
        location = json_string_value(json_object_get(body, "href"));
    if (!location)
        return err_set(e, ERR_PEER, "%s answered without a task", r->url);
    if (own_path(location, a, ret_task, e))
        return true;
    e->kind = ERR_PEER;
    return err_in(e, "the task's address that %s gave", r->url);
}

/* ---- sessions ---- */

bool remote_token(struct remote *r, const struct secret *token, struct err *e)
{
    static const char scheme[] = "bearer ";
    struct secret value = { 0 };
    if (!token->len || !http1_is_value((const char *)token->bytes, token->len))
        return err_set(e, ERR_INPUT, "the session's token can't be sent");
    if (!secret_room(&value, sizeof(scheme) - 1 + token->len, e))
        return false;
    memcpy(value.bytes, scheme, sizeof(scheme) - 1);
    memcpy(value.bytes + sizeof(scheme) - 1, token->bytes, token->len);
    secret_done(&r->bearer);
    r->bearer = value;
    return true;
}

static bool of_system(const char *user)
{
    const char *at = strrchr(user, '@');
    return at && text_caseeq(at + 1, "system");
}

bool remote_login(struct remote *r, const char *user, const struct secret *password, struct secret *ret_token,
                  json_t **ret_session, struct err *e)
{
    AUTO(arena_done) struct arena a = { 0 };
    AUTO(wipe) struct buf basic;
    AUTO(wire_json_decrefp) json_t *session = NULL;
    struct http_reply reply = { 0 };
    struct request rq = { .method = "POST", .path = of_system(user) ? "/cloudapi/1.0.0/sessions/provider" : "/cloudapi/1.0.0/sessions" };
    buf_init(&basic, VIM_BASIC_MAX);
    if (!vim_basic_check(user, password, r->url, e) || !vim_basic_write(user, password, &basic, e))
        return false;
    rq.authorization = buf_str(&basic);
    secret_done(&r->bearer);
    if (!ask(r, &rq, &a, &reply, &session, e))
        return false;
    const char *token = http1_find(reply.head, "X-VMWARE-VCLOUD-ACCESS-TOKEN");
    if (!token)
        return err_set(e, ERR_PEER, "%s answered the login without a token", r->url);
    if (!secret_set(ret_token, token, strlen(token), e))
        return false;
    *ret_session = STEAL(session);
    return true;
}

bool remote_tenant(struct remote *r, const char *org_urn, struct err *e)
{
    if (!http1_is_value(org_urn, strlen(org_urn)))
        return err_set(e, ERR_INPUT, "the organization's id can't be sent");
    free(r->tenant);
    r->tenant = xstrdup(org_urn);
    return true;
}

/* ---- lists ---- */

const char *remote_escape(struct arena *a, const char *text)
{
    AUTO(buf_done) struct buf out;
    struct err e;
    buf_init(&out, 3 * strlen(text) + 1);
    if (!url_encode(&out, text, strlen(text), &e))
        return ""; /* can't be: there is room for all */
    return arena_strndup(a, buf_str(&out), out.len);
}

/* The rows of one page behind those that are there. */
static bool append_page(const struct remote *r, const json_t *page, json_t *all, size_t *ret_total, struct err *e)
{
    const json_t *values = json_object_get(page, "values"), *total = json_object_get(page, "resultTotal");
    if (!json_is_array(values) || !json_is_integer(total) || json_integer_value(total) < 0)
        return err_set(e, ERR_PEER, "%s: the answer is no page of a list", r->url);
    *ret_total = (size_t)json_integer_value(total);
    json_array_extend(all, (json_t *)(uintptr_t)values);
    return true;
}

bool remote_list(struct remote *r, const char *path, json_t **ret, struct err *e)
{
    AUTO(wire_json_decrefp) json_t *all = json_array();
    size_t total = 1, before;
    for (unsigned page = 1; json_array_size(all) < total; page++) {
        AUTO(wire_json_decrefp) json_t *answer = NULL;
        char target[PATH_MAX_BYTES];
        if (page > REMOTE_PAGES_MAX)
            return err_set(e, ERR_LIMIT, "%s: a list of more than %d pages", r->url, REMOTE_PAGES_MAX);
        int n = snprintf(target, sizeof(target), "%s%cpage=%u&pageSize=%d", path, strchr(path, '?') ? '&' : '?', page, REMOTE_PAGE);
        if (n < 0 || (size_t)n >= sizeof(target))
            return err_set(e, ERR_INPUT, "what is asked for is too long");
        before = json_array_size(all);
        if (!remote_get(r, target, &answer, e) || !append_page(r, answer, all, &total, e))
            return false;
        if (json_array_size(all) == before)
            break; /* rows went away meanwhile */
    }
    *ret = STEAL(all);
    return true;
}
