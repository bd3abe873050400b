/* Bulk trust as our own API has it (docs/infrastructure.md): a plan, its confirmation by digest, a run. */
#include <string.h>

#include "api/op.h"
#include "api/tables.h"
#include "base/arena.h"
#include "base/text.h"
#include "flow/infra.h"
#include "flow/loan.h"
#include "flow/site.h"
#include "flow/task.h"
#include "wire/json.h"

#define BASE "/cloudapi/vouchsafe/1.0.0/infrastructure"

enum { SHA256_TEXT = 128 };

/* "SHA256:AA:BB:..", with or without the word. */
static bool read_sha256(const json_t *v, uint8_t out[DIGEST_SHA256], struct err *e)
{
    const char *text = json_string_value(v);
    if (text && text_caseeq_n(text, strnlen(text, 7), "SHA256:", 7))
        text += 7;
    return (text && text_unhex(text, out, DIGEST_SHA256)) || err_set(e, ERR_INPUT, "acceptChanged holds what is no SHA-256 fingerprint");
}

static bool read_accept(struct api_call *c, const json_t *body, struct infra_ask *ret, struct err *e)
{
    const json_t *list = json_object_get(body, "acceptChanged");
    size_t i;
    json_t *one;
    if (!list || json_is_null(list))
        return true;
    if (!json_is_array(list) || json_array_size(list) > INFRA_ACCEPT_MAX)
        return err_set(e, ERR_INPUT, "acceptChanged is not a list of at most %d fingerprints", INFRA_ACCEPT_MAX);
    uint8_t(*digests)[DIGEST_SHA256] = arena_array(c->arena, json_array_size(list) + 1, DIGEST_SHA256);
    json_array_foreach(list, i, one) {
        if (!read_sha256(one, digests[i], e))
            return false;
    }
    ret->accept = (const uint8_t(*)[DIGEST_SHA256])digests;
    ret->accept_len = json_array_size(list);
    return true;
}

static bool read_ask(struct api_call *c, const json_t *body, struct infra_ask *ret, struct err *e)
{
    return api_get_bool(body, "vcenters", true, &ret->vcenters, e) && api_get_bool(body, "unattended", false, &ret->unattended, e) &&
           api_get_text(body, "digest", INFRA_DIGEST, &ret->digest, e) && read_accept(c, body, ret, e);
}

static bool plan(struct api_call *c, struct err *e)
{
    AUTO(wire_json_decrefp) json_t *body = NULL;
    struct infra_ask ask = { .vcenters = true };
    char task[STORE_ID_MAX + 1];
    if (!api_body_json(c, &body, e) || (body && !read_ask(c, body, &ask, e)) || !infra_plan_start(c->site, &c->caller, &ask, task, e))
        return false;
    api_answer_task(c, task);
    return true;
}

static bool run(struct api_call *c, struct err *e)
{
    AUTO(wire_json_decrefp) json_t *body = NULL;
    struct infra_ask ask = { 0 };
    char task[STORE_ID_MAX + 1];
    if (!api_body_json(c, &body, e))
        return false;
    if (!body)
        return err_set(e, ERR_INPUT, "the body is missing: digest or unattended is needed");
    if (!read_ask(c, body, &ask, e) || !infra_run_start(c->site, &c->caller, &ask, task, e))
        return false;
    api_answer_task(c, task);
    return true;
}

static json_t *text_or_null(const char *text)
{
    return *text ? task_json(text) : json_null();
}

static json_t *line_json(const struct infra_line *l)
{
    return json_pack("{s:s, s:s, s:s, s:o, s:o, s:o, s:b, s:b, s:o, s:o, s:o, s:o, s:o, s:{s:I, s:I}, s:o}", "kind", infra_kind_name(l->kind),
                     "verdict", infra_verdict_name(l->verdict), "why", infra_why_name(l->why), "id", task_json(l->urn), "name",
                     task_json(l->name), "where", task_json(l->where), "enabled", l->enabled, "stored", l->stored, "sha256",
                     text_or_null(l->leaf), "subject", text_or_null(l->subject), "anchor", text_or_null(l->anchor), "anchorSubject",
                     text_or_null(l->anchor_subject), "scope", task_json(l->scope), "hosts", "verified", (json_int_t)l->hosts, "answered",
                     (json_int_t)l->hosts_of, "text", task_json(l->text));
}

static bool show(struct api_call *c, struct err *e)
{
    AUTO(loan_end) struct loan l = { 0 };
    struct infra_result r;
    const char *urn;
    if (!api_param_urn(c, "id", "task", &urn, e) || !loan_begin(c->site->shelf, &l, e) || !infra_get(l.store, urn, c->arena, &r, e))
        return false;
    json_t *lines = json_array();
    for (size_t i = 0; i < r.len; i++)
        json_array_append_new(lines, line_json(&r.lines[i]));
    return api_answer_json(c, 200, json_pack("{s:s, s:b, s:s, s:I, s:I, s:I, s:I, s:I, s:o}", "id", urn, "ended", r.ended, "digest", r.digest,
                                             "endpoints", (json_int_t)r.endpoints, "verified", (json_int_t)r.verified, "toStore",
                                             (json_int_t)r.to_store, "stored", (json_int_t)r.stored, "inbox", (json_int_t)r.inbox,
                                             "lines", lines), e);
}

const struct api_op api_vouchsafe_infra_ops[] = {
    { "POST", BASE "/plans", API_CLOUDAPI, RIGHT_TRUSTSTORE_MANAGE, API_PROVIDER, plan, 0 },
    { "GET", BASE "/plans/{id}", API_CLOUDAPI, RIGHT_TRUSTSTORE_VIEW, API_PROVIDER, show, 0 },
    { "POST", BASE "/runs", API_CLOUDAPI, RIGHT_TRUSTSTORE_MANAGE, API_PROVIDER, run, 0 },
    { "GET", BASE "/runs/{id}", API_CLOUDAPI, RIGHT_TRUSTSTORE_VIEW, API_PROVIDER, show, 0 },
    { 0 },
};
