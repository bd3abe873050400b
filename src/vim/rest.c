/* REST as the account: sessions of both families and GET. See vim/session.h. */
#include <string.h>

#include "base/arena.h"
#include "base/buf.h"
#include "base/text.h"
#include "vim/basic.h"
#include "vim/body.h"
#include "vim/session_fields.h"
#include "wire/http1.h"
#include "wire/json.h"

static const char *const roots[] = { [VIM_REST_API] = "/api", [VIM_REST_REST] = "/rest" };
static const char *const sessions[] = { [VIM_REST_API] = "/api/session", [VIM_REST_REST] = "/rest/com/vmware/cis/session" };

/* A body as JSON; what a peer wrote wrongly is ERR_PEER. The caller owns *ret. */
static bool read_json(const struct vim_answer *answer, json_t **ret, struct err *e)
{
    if (!vim_body_is(answer, "application/json"))
        return vim_body_other(answer, "JSON", e);
    if (wire_json_read(answer->body, answer->body_len, NULL, ret, e))
        return true;
    if (e && e->kind == ERR_INPUT)
        e->kind = ERR_PEER;
    return err_in(e, "the answer's JSON");
}

/* {"value": X} -> X, a new reference; in the other family the whole is X. */
static bool unwrap(json_t *whole, enum vim_rest_family family, json_t **ret, struct err *e)
{
    json_t *value = family == VIM_REST_REST ? json_object_get(whole, "value") : whole;
    if (!value)
        return err_set(e, ERR_PEER, "the answer has no \"value\"");
    *ret = json_incref(value);
    return true;
}

/* The session's id from the answer to a login. */
static bool take_id(struct vim_session *s, enum vim_rest_family family, const struct vim_answer *answer, struct err *e)
{
    AUTO(wire_json_decrefp) json_t *whole = NULL;
    AUTO(wire_json_decrefp) json_t *value = NULL;
    if (!read_json(answer, &whole, e) || !unwrap(whole, family, &value, e))
        return false;
    const char *id = json_string_value(value);
    size_t len = id ? json_string_length(value) : 0;
    if (!len || len > VIM_REST_ID_MAX)
        return err_set(e, ERR_PEER, "the answer to the login is not a session's id");
    return secret_set(&s->rest_id, id, len, e);
}

enum login_end { LOGIN_IN, LOGIN_ABSENT, LOGIN_FAILED };

/* Only what says plainly that there is no such path counts as absent: anything else could be a refusal, after which the
 * password must not be sent once more. */
static enum login_end login_with(struct vim_session *s, enum vim_rest_family family, int64_t deadline_ms, struct err *e)
{
    AUTO(arena_done) struct arena a = { 0 };
    AUTO(vim_body_wipe) struct buf value;
    struct vim_answer answer;
    buf_init(&value, VIM_BASIC_MAX);
    if (!vim_basic_write(s->user, &s->password, &value, e))
        return LOGIN_FAILED;
    struct http1_field fields[] = { { "Authorization", buf_str(&value) }, { "Accept", "application/json" } };
    struct vim_request rq = { .method = "POST", .path = sessions[family], .fields = fields, .fields_len = 2,
                              .answer_max = VIM_REST_LOGIN_MAX, .once = true };
    s->logins++;
    if (!vim_endpoint_call(s->ep, &rq, deadline_ms, &a, &answer, e))
        return LOGIN_FAILED;
    if (answer.status == 404 || answer.status == 405 || answer.status == 501) {
        s->logins--;
        return LOGIN_ABSENT;
    }
    if (answer.status == 401) {
        (void)session_reject(s, e);
        return LOGIN_FAILED;
    }
    bool ok = answer.status == 200 || answer.status == 201 ? take_id(s, family, &answer, e)
                                                           : vim_body_status(&answer, sessions[family], e);
    secret_wipe(answer.body, answer.body_len);
    if (!ok) {
        (void)err_in(e, "%s", vim_endpoint_name(s->ep));
        return LOGIN_FAILED;
    }
    s->family = family;
    s->rest_epoch++;
    return LOGIN_IN;
}

/* Logs in if there is no session; s->rest_absent when there is nothing to log in to. Lock held. */
static bool rest_login(struct vim_session *s, int64_t deadline_ms, struct err *e)
{
    if (s->rest_absent || s->rest_id.len)
        return true;
    if (!session_may_try(s, e))
        return false;
    enum login_end end = login_with(s, VIM_REST_API, deadline_ms, e);
    if (end == LOGIN_ABSENT)
        end = login_with(s, VIM_REST_REST, deadline_ms, e);
    s->rest_absent = end == LOGIN_ABSENT;
    return end != LOGIN_FAILED;
}

struct held {
    struct secret id;
    enum vim_rest_family family;
    uint64_t epoch;
    bool absent;
};

static void held_done(struct held *h)
{
    secret_done(&h->id);
}

static bool hold(struct vim_session *s, int64_t deadline_ms, struct held *ret, struct err *e)
{
    if (!session_lock(s, deadline_ms, e))
        return false;
    bool ok = rest_login(s, deadline_ms, e) && secret_set(&ret->id, s->rest_id.bytes, s->rest_id.len, e);
    ret->family = s->family;
    ret->epoch = s->rest_epoch;
    ret->absent = s->rest_absent;
    session_unlock(s);
    return ok;
}

static void rest_expired(struct vim_session *s, uint64_t epoch)
{
    session_wait(s);
    if (s->rest_epoch == epoch)
        secret_done(&s->rest_id);
    session_unlock(s);
}

/* Adds the session to a bare request. */
static bool send(struct vim_session *s, struct vim_request rq, const struct secret *id, int64_t deadline_ms, struct arena *a,
                 struct vim_answer *ret, struct err *e)
{
    struct http1_field fields[] = { { "vmware-api-session-id", (const char *)id->bytes }, { "Accept", "application/json" } };
    rq.fields = fields;
    rq.fields_len = ARRAY_LEN(fields);
    return vim_endpoint_call(s->ep, &rq, deadline_ms, a, ret, e);
}

struct got {
    int status;    /* 200 with the value, 404 (the server has no such call), 401; everything else is an error */
    json_t *value; /* owned */
};

static bool get_in(struct vim_session *s, enum vim_rest_family family, const char *path, const struct secret *id,
                   int64_t deadline_ms, struct got *ret, struct err *e)
{
    AUTO(arena_done) struct arena a = { 0 };
    AUTO(vim_body_wipe) struct buf full;
    AUTO(wire_json_decrefp) json_t *whole = NULL;
    struct vim_answer answer;
    buf_init(&full, URL_MAX);
    if (!buf_puts(&full, roots[family], e) || !buf_puts(&full, path, e) ||
        !send(s, (struct vim_request){ .method = "GET", .path = buf_str(&full) }, id, deadline_ms, &a, &answer, e))
        return false;
    ret->status = answer.status;
    if (answer.status == 401 || (answer.status == 404 && !vim_body_is(&answer, "application/json")))
        return true;
    if (answer.status != 200)
        return vim_body_status(&answer, buf_str(&full), e);
    return read_json(&answer, &whole, e) && unwrap(whole, family, &ret->value, e);
}

bool vim_session_get(struct vim_session *s, const char *path, int64_t deadline_ms, struct vim_rest_answer *ret, struct err *e)
{
    for (int again = 1;; again--) {
        AUTO(held_done) struct held h = { 0 };
        struct got got = { .status = 404 };
        if (!hold(s, deadline_ms, &h, e))
            return false;
        if (!h.absent && !get_in(s, h.family, path, &h.id, deadline_ms, &got, e))
            return err_in(e, "%s", vim_endpoint_name(s->ep));
        /* Ids are good for both families where there are both; some calls are in the older one only. */
        if (!h.absent && got.status == 404 && h.family == VIM_REST_API &&
            !get_in(s, VIM_REST_REST, path, &h.id, deadline_ms, &got, e))
            return err_in(e, "%s", vim_endpoint_name(s->ep));
        if (got.status != 401) {
            *ret = (struct vim_rest_answer){ .absent = got.status == 404, .value = got.value };
            return true;
        }
        rest_expired(s, h.epoch);
        if (!again)
            return err_set(e, ERR_DENIED, "%s: the REST session is refused right after the login", vim_endpoint_name(s->ep));
    }
}

void session_rest_logout(struct vim_session *s, int64_t deadline_ms)
{
    AUTO(arena_done) struct arena a = { 0 };
    AUTO(secret_done) struct secret id = { 0 };
    struct vim_answer answer;
    session_wait(s);
    bool in = s->rest_id.len && secret_set(&id, s->rest_id.bytes, s->rest_id.len, NULL);
    enum vim_rest_family family = s->family;
    secret_done(&s->rest_id);
    session_unlock(s);
    if (in)
        (void)!send(s, (struct vim_request){ .method = "DELETE", .path = sessions[family] }, &id, deadline_ms, &a, &answer, NULL);
}
