#include "lab/rest_face.h"

#include <stdio.h>
#include <string.h>

#include "base/text.h"
#include "http/request.h"
#include "http/response.h"
#include "http/router.h"
#include "lab/session.h"
#include "wire/http1.h"
#include "wire/json.h"

/* Routes of the old family have this tag: bodies go inside {"value": ..}. */
extern const char lab_old_family[];

bool lab_rest_is_old(const struct http_request *rq)
{
    return rq->match->route->tag == lab_old_family;
}

void lab_rest_send(struct http_request *rq, struct http_response *rs, int status, json_t *take)
{
    AUTO(wire_json_decrefp) json_t *body = take && lab_rest_is_old(rq) ? json_pack("{s:o}", "value", take) : take;
    rs->status = status;
    if (!take)
        return;
    http_response_field(rs, "Content-Type", "application/json");
    if (!body || !wire_json_write(&rs->body, body, NULL))
        rs->bad = true;
}

/* https://developer.broadcom.com/xapis/vsphere-automation-api: the two families say errors in two ways. */
void lab_rest_refuse(struct http_request *rq, struct http_response *rs, int status, const char *kind, const char *text)
{
    char upper[32] = "", old[64];
    for (size_t i = 0; kind[i] && i + 1 < sizeof(upper); i++)
        upper[i] = (char)(kind[i] >= 'a' && kind[i] <= 'z' ? kind[i] - 32 : kind[i]);
    (void)snprintf(old, sizeof(old), "com.vmware.vapi.std.errors.%s", kind);
    json_t *messages = json_pack("[{s:s, s:s, s:[]}]", "id", "com.vmware.vapi.endpoint", "default_message", text, "args");
    AUTO(wire_json_decrefp) json_t *body = lab_rest_is_old(rq)
        ? json_pack("{s:s, s:{s:o}}", "type", old, "value", "messages", messages)
        : json_pack("{s:s, s:o}", "error_type", upper, "messages", messages);
    rs->status = status;
    http_response_field(rs, "Content-Type", "application/json");
    if (!body || !wire_json_write(&rs->body, body, NULL))
        rs->bad = true;
}

void lab_rest_refuse_err(struct http_request *rq, struct http_response *rs, const struct err *e)
{
    switch ((int)e->kind) {
    case ERR_INPUT:
    case ERR_LIMIT: lab_rest_refuse(rq, rs, 400, "invalid_argument", e->msg); break;
    case ERR_NOT_FOUND: lab_rest_refuse(rq, rs, 404, "not_found", e->msg); break;
    case ERR_CONFLICT: lab_rest_refuse(rq, rs, 400, "already_exists", e->msg); break;
    default: lab_rest_refuse(rq, rs, 500, "error", e->msg); break;
    }
}

json_t *lab_rest_spec(struct http_request *rq, struct http_response *rs)
{
    AUTO(wire_json_decrefp) json_t *body = NULL;
    struct err e;
    if (!rq->body_len)
        return json_object();
    if (!wire_json_read((const char *)rq->body, rq->body_len, NULL, &body, &e) || !json_is_object(body)) {
        lab_rest_refuse(rq, rs, 400, "invalid_argument", "The body is not a JSON object.");
        return NULL;
    }
    json_t *spec = json_object_get(body, "spec");
    return json_is_object(spec) ? json_incref(spec) : json_incref(body);
}

void lab_rest_action(const struct http_request *rq, char out[64])
{
    struct url_query it;
    struct url_span name, value;
    out[0] = '\0';
    url_query_start(&it, rq->head->url.query);
    while (url_query_next(&it, &name, &value)) {
        size_t skip = name.len && name.at[0] == '~';
        if (name.len - skip == strlen("action") && !memcmp(name.at + skip, "action", strlen("action")) && value.len < 64)
            (void)snprintf(out, 64, "%.*s", (int)value.len, value.at);
    }
}

struct lab_vcenter *lab_rest_vcenter(const struct http_request *rq)
{
    struct lab_endpoint *ep = rq->app;
    return ep->vcenter;
}

bool lab_rest_basic(const struct http1_head *head, char user[LAB_NAME], char password[LAB_NAME])
{
    const char *value = http1_find(head, "Authorization");
    struct buf plain;
    if (!value || !text_caseeq_n(value, strlen(value) < 6 ? 0 : 6, "Basic ", 6))
        return false;
    buf_init(&plain, 2 * LAB_NAME);
    bool ok = text_unbase64(value + 6, strlen(value + 6), false, &plain, NULL);
    const char *text = buf_str(&plain), *colon = strchr(text, ':');
    ok = ok && strlen(text) == plain.len && colon && (size_t)(colon - text) < LAB_NAME &&
         text_copy(password, LAB_NAME, colon + 1);
    if (ok)
        (void)snprintf(user, LAB_NAME, "%.*s", (int)(colon - text), text);
    buf_done(&plain);
    return ok;
}

static struct lab_session *session_of(struct http_request *rq)
{
    const char *id = http1_find(rq->head, "vmware-api-session-id");
    return id ? lab_session_find(lab_rest_vcenter(rq), id, true, lab_now_ms(lab_rest_vcenter(rq)->at.estate)) : NULL;
}

bool lab_rest_may(struct http_request *rq, struct http_response *rs)
{
    if (session_of(rq))
        return true;
    lab_rest_refuse(rq, rs, 401, "unauthenticated", "Authentication required.");
    return false;
}

/* What a release does not have answers as an unknown page does: 404 without JSON. */
bool lab_rest_has(struct http_request *rq, struct http_response *rs, enum lab_version since)
{
    if (lab_rest_vcenter(rq)->plan->version >= (int)since)
        return true;
    http_response_text(rs, 404, "text/html", "<html><body><h1>Not Found</h1></body></html>\n");
    return false;
}

void lab_rest_run(struct http_request *rq, struct http_response *rs, lab_rest_deed *deed)
{
    struct lab_rest_call c = { .rq = rq, .vc = lab_rest_vcenter(rq), .status = 200 };
    struct err e;
    LAB_LOCKED(c.vc->at.estate);
    if (!lab_rest_has(rq, rs, LAB_70) || !lab_rest_may(rq, rs))
        return;
    AUTO(wire_json_decrefp) json_t *spec = lab_rest_spec(rq, rs);
    c.spec = spec;
    if (!spec)
        return;
    if (!deed(&c, &e))
        lab_rest_refuse_err(rq, rs, &e);
    else if (c.answer)
        lab_rest_send(rq, rs, c.status, c.answer);
    else
        rs->status = lab_rest_is_old(rq) ? 200 : 204;
}

void lab_rest_login(struct http_request *rq, struct http_response *rs)
{
    char user[LAB_NAME], password[LAB_NAME];
    struct lab_vcenter *vc = lab_rest_vcenter(rq);
    LAB_LOCKED(vc->at.estate);
    if (!lab_rest_is_old(rq) && !lab_rest_has(rq, rs, LAB_70))
        return;
    if (vc->at.faults & LAB_FAULT_STS) {
        lab_rest_refuse(rq, rs, 400, "invalid_request", "Signing certificate is not valid");
        return;
    }
    struct lab_session *s = lab_rest_basic(rq->head, user, password)
        ? lab_session_login(vc, user, password, true, lab_now_ms(lab_rest_vcenter(rq)->at.estate), NULL) : NULL;
    memset(password, 0, sizeof(password));
    if (!s) {
        http_response_field(rs, "WWW-Authenticate", "Basic realm=\"VAPI endpoint\"");
        lab_rest_refuse(rq, rs, 401, "unauthenticated", "Authentication required.");
        return;
    }
    http_response_field(rs, "vmware-api-session-id", s->id);
    lab_rest_send(rq, rs, lab_rest_is_old(rq) ? 200 : 201, json_string(s->id));
}

void lab_rest_session(struct http_request *rq, struct http_response *rs)
{
    struct lab_vcenter *vc = lab_rest_vcenter(rq);
    LAB_LOCKED(vc->at.estate);
    struct lab_session *s = session_of(rq);
    char made[TEXT_TIME], used[TEXT_TIME];
    if (!s) {
        lab_rest_refuse(rq, rs, 401, "unauthenticated", "Authentication required.");
        return;
    }
    text_time(s->login_ms / 1000, made);
    text_time(s->last_ms / 1000, used);
    lab_rest_send(rq, rs, 200, json_pack("{s:s, s:s, s:s}", "user", vc->user, "created_time", made, "last_accessed_time", used));
}

void lab_rest_logout(struct http_request *rq, struct http_response *rs)
{
    struct lab_vcenter *vc = lab_rest_vcenter(rq);
    LAB_LOCKED(vc->at.estate);
    struct lab_session *s = session_of(rq);
    if (!s) {
        lab_rest_refuse(rq, rs, 401, "unauthenticated", "Authentication required.");
        return;
    }
    lab_session_end(vc, s);
    rs->status = lab_rest_is_old(rq) ? 200 : 204;
}

void lab_rest_version(struct http_request *rq, struct http_response *rs)
{
    static const char *const versions[][2] = { { "6.7.0.20000", "10244745" }, { "7.0.3.01700", "21477706" },
                                               { "8.0.2.00000", "22617221" },
                                               { "8.0.3.00800", "25092719" } };
    struct lab_vcenter *vc = lab_rest_vcenter(rq);
    LAB_LOCKED(vc->at.estate);
    if ((!lab_rest_is_old(rq) && !lab_rest_has(rq, rs, LAB_70)) || !lab_rest_may(rq, rs))
        return;
    const char *const *v = versions[vc->plan->version];
    lab_rest_send(rq, rs, 200, json_pack("{s:s, s:s, s:s, s:s, s:s}", "version", v[0], "build", v[1], "product",
                                "VMware vCenter Server", "type", "vCenter Server with an embedded Platform Services Controller",
                                "summary", "vsphere-lab"));
}
