/* The inbox of changed identities as our own API has it (docs/inbox.md). */
#include <string.h>

#include "api/list.h"
#include "api/tables.h"
#include "api/trust_json.h"
#include "base/arena.h"
#include "base/text.h"
#include "flow/anchor.h"
#include "flow/inbox.h"
#include "flow/loan.h"
#include "flow/site.h"
#include "flow/task.h"
#include "trust/cert.h"
#include "wire/json.h"

#define BASE "/cloudapi/vouchsafe/1.0.0/inbox"

static json_t *cert_json(const char *pem)
{
    AUTO(trust_cert_unrefp) struct trust_cert *cert = NULL;
    struct err none;
    return *pem && anchor_read(pem, strlen(pem), &cert, &none) ? trust_json_cert(cert) : json_null();
}

static json_t *evidence_json(const struct inbox_item *x)
{
    return json_pack("{s:b, s:b, s:b, s:o, s:o, s:o, s:I, s:I, s:{s:I, s:I}}", "announced", x->announced, "sameKey", x->same_key,
                     "sameIssuer", x->same_issuer, "unchangedSince", api_json_time(x->first_ms), "lastSeen", api_json_time(x->last_ms),
                     "oldBelievedUntil", api_json_time(x->old_until_ms), "sightings", (json_int_t)x->sightings, "returns",
                     (json_int_t)x->returns, "hosts", "verified", (json_int_t)x->hosts, "answered", (json_int_t)x->hosts_of);
}

static json_t *item_json(const struct inbox_item *x)
{
    return json_pack("{s:s, s:s, s:s, s:b, s:s, s:o, s:s, s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:o}", "id", x->id, "kind",
                     inbox_kind_name(x->kind), "state", inbox_state_name(x->state), "present", x->present, "owner", x->urn, "name",
                     task_json(x->name), "scope", x->scope, "old", cert_json(x->old_pem), "new", cert_json(x->now_pem), "sha256",
                     trust_json_sha256(x->sha256), "evidence", evidence_json(x), "holdUntil", api_json_time(x->hold_until_ms),
                     "decidedBy", *x->decided_by ? task_json(x->decided_by) : json_null(), "decided", api_json_time(x->decided_ms),
                     "reason", *x->reason ? task_json(x->reason) : json_null());
}

enum { FIELD_ID, FIELD_KIND, FIELD_STATE, FIELD_OWNER, FIELD_NAME, FIELD_PRESENT, FIELD_FIRST };
static const struct fiql_field fields[] = {
    [FIELD_ID] = { "id", FIQL_TEXT, false, false },         [FIELD_KIND] = { "kind", FIQL_TEXT, false, false },
    [FIELD_STATE] = { "state", FIQL_TEXT, false, false },   [FIELD_OWNER] = { "owner", FIQL_TEXT, false, false },
    [FIELD_NAME] = { "name", FIQL_CASELESS, false, false }, [FIELD_PRESENT] = { "present", FIQL_BOOL, false, false },
    [FIELD_FIRST] = { "unchangedSince", FIQL_TIME, false, false },
};

static struct fiql_value value_of(const void *p, size_t field)
{
    const struct inbox_item *x = p;
    const char *const texts[] = { x->id, inbox_kind_name(x->kind), inbox_state_name(x->state), x->urn, x->name, NULL, NULL };
    return (struct fiql_value){ texts[field], field == FIELD_PRESENT ? x->present : x->first_ms };
}

static json_t *write_row(struct api_call *c, const void *p)
{
    (void)c;
    return item_json(p);
}

static bool list(struct api_call *c, struct err *e)
{
    static const struct api_list shape = { .fields = fields, .fields_len = ARRAY_LEN(fields), .get = value_of, .model = "InboxItems",
                                           .write = write_row };
    AUTO(loan_end) struct loan l = { 0 };
    struct inbox_item *rows;
    size_t len;
    return loan_begin(c->site->shelf, &l, e) && inbox_list(l.store, c->arena, &rows, &len, e) &&
           api_answer_array(c, &shape, rows, len, sizeof(*rows), e);
}

static bool show(struct api_call *c, struct err *e)
{
    AUTO(loan_end) struct loan l = { 0 };
    struct inbox_item x;
    return loan_begin(c->site->shelf, &l, e) && inbox_get(l.store, api_param(c, "id"), c->arena, &x, e) &&
           api_answer_json(c, 200, item_json(&x), e);
}

static bool read_answer(struct api_call *c, json_t **body, struct inbox_answer *ret, uint8_t digest[DIGEST_SHA256], struct err *e)
{
    const char *sha256;
    if (!api_body_json(c, body, e))
        return false;
    if (!*body)
        return err_set(e, ERR_INPUT, "the body is missing: sha256 is needed");
    if (!api_need_text(*body, "sha256", 3 * DIGEST_SHA256, &sha256, e) || !api_get_bool(*body, "now", false, &ret->now, e) ||
        !api_get_text(*body, "reason", INBOX_REASON_MAX, &ret->reason, e))
        return false;
    ret->id = api_param(c, "id");
    ret->sha256 = digest;
    return text_unhex(sha256, digest, DIGEST_SHA256) || err_set(e, ERR_INPUT, "sha256 is not a SHA-256 fingerprint");
}

static bool approve(struct api_call *c, struct err *e)
{
    AUTO(wire_json_decrefp) json_t *body = NULL;
    const struct store_by by = site_by(&c->caller, "inbox.approve");
    struct inbox_answer n = { 0 };
    uint8_t digest[DIGEST_SHA256];
    return read_answer(c, &body, &n, digest, e) && inbox_approve(c->site, &n, &by, e) && show(c, e);
}

static bool reject(struct api_call *c, struct err *e)
{
    AUTO(wire_json_decrefp) json_t *body = NULL;
    const struct store_by by = site_by(&c->caller, "inbox.reject");
    struct inbox_answer n = { 0 };
    uint8_t digest[DIGEST_SHA256];
    return read_answer(c, &body, &n, digest, e) && inbox_reject(c->site, &n, &by, e) && show(c, e);
}

const struct api_op api_vouchsafe_inbox_ops[] = {
    { "GET", BASE, API_CLOUDAPI, RIGHT_TRUSTSTORE_VIEW, API_PROVIDER, list, 0 },
    { "GET", BASE "/{id}", API_CLOUDAPI, RIGHT_TRUSTSTORE_VIEW, API_PROVIDER, show, 0 },
    { "POST", BASE "/{id}/approve", API_CLOUDAPI, RIGHT_TRUSTSTORE_MANAGE, API_PROVIDER, approve, 0 },
    { "POST", BASE "/{id}/reject", API_CLOUDAPI, RIGHT_TRUSTSTORE_MANAGE, API_PROVIDER, reject, 0 },
    { 0 },
};
