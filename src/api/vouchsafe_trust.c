/* Our own face of explicit trust: inspect, confirm, and the scope of what is granted (docs/anchors.md). */
#include <string.h>

#include "api/grant_rows.h"
#include "api/tables.h"
#include "api/trust_json.h"
#include "base/arena.h"
#include "base/log.h"
#include "base/text.h"
#include "flow/anchor.h"
#include "flow/audit.h"
#include "flow/challenge.h"
#include "flow/evidence_sum.h"
#include "flow/loan.h"
#include "flow/site.h"
#include "flow/task.h"
#include "flow/vmca.h"
#include "store/store.h"
#include "trust/cert.h"
#include "wire/json.h"

#define BASE "/cloudapi/vouchsafe/1.0.0"
#define PINS_ONE "this pins one certificate"

/* ---- inspect ---- */

static json_t *certs_json(const struct look *l, const uint8_t *indexes, size_t len)
{
    json_t *list = json_array();
    for (size_t i = 0; i < len; i++)
        json_array_append_new(list, trust_json_cert(look_cert(l, indexes[i])));
    return list;
}

static json_t *store_json(const struct challenge_shown *s)
{
    char scope[TRUST_SCOPE_TEXT];
    trust_scope_write(&s->scope, scope);
    return json_pack("{s:o, s:b, s:s?, s:s, s:o}", "sha256", trust_json_sha256(trust_cert_sha256(s->store)), "pinsOneCertificate",
                     s->pins_one, "words", s->pins_one ? PINS_ONE : NULL, "scope", scope, "wouldBe", trust_json_verdict(&s->would_be));
}

static json_t *shown_json(const struct challenge_ask *ask, const struct challenge_shown *s)
{
    const struct look *l = &s->look;
    char address[ADDRESS_PORT_TEXT];
    address_write_port(&l->address, address);
    return json_pack("{s:s, s:i, s:s, s:s, s:s, s:o, s:o, s:o, s:i, s:o, s:s?, s:o}", "host", ask->host, "port", (int)ask->port,
                     "address", address, "tls", l->version, "cipher", l->cipher, "verdict", trust_json_verdict(&l->verdict), "chain",
                     certs_json(l, l->sorted.shown, l->sorted.shown_len), "alsoSent",
                     certs_json(l, l->sorted.also, l->sorted.also_len), "undecodable", (int)look_left_out(l), "store", store_json(s),
                     "challenge", s->has_challenge ? s->id : NULL, "expires",
                     s->has_challenge ? api_json_time(s->until_ms) : json_null());
}

static bool inspect(struct api_call *c, struct err *e)
{
    AUTO(wire_json_decrefp) json_t *body = NULL;
    struct challenge_ask ask = { 0 };
    struct challenge_shown s;
    const char *store;
    int64_t port, seconds;
    if (!api_body_json(c, &body, e))
        return false;
    if (!body)
        return err_set(e, ERR_INPUT, "the body is missing: host is needed");
    if (!api_need_text(body, "host", URL_HOST_MAX, &ask.host, e) || !api_get_number(body, "port", 1, 65535, 443, &port, e) ||
        !api_get_number(body, "timeout", 1, LOOK_TIMEOUT_MAX_MS / 1000, /* otherwise the configured times */ 0, &seconds, e) ||
        !api_get_text(body, "store", 16, &store, e))
        return false;
    if (store && strcmp(store, "leaf") != 0 && strcmp(store, "issuer") != 0)
        return err_set(e, ERR_INPUT, "store is neither \"leaf\" nor \"issuer\"");
    ask.port = (uint16_t)port;
    ask.timeout_ms = seconds * 1000;
    ask.leaf = store && strcmp(store, "leaf") == 0;
    if (!challenge_inspect(c->site, &c->caller, &ask, &s, e))
        return false;
    const struct look_request rq = { .host = ask.host, .port = ask.port };
    bool ok = s.store ? api_answer_json(c, 200, shown_json(&ask, &s), e) : look_refused(&rq, &s.look, e);
    challenge_shown_done(&s);
    return ok;
}

/* ---- grants ---- */

/* What the last audit found of it; null when it found nothing. */
static json_t *audited_json(struct store *s, struct arena *a, const char *id)
{
    AUTO(wire_json_decrefp) json_t *row = NULL;
    struct audit_row r;
    struct err none;
    if (!audit_row_get(s, id, a, &r, &none) || !r.id || !wire_json_read(r.json, strlen(r.json), NULL, &row, &none))
        return json_null();
    return json_pack("{s:s, s:O?, s:O?}", "state", r.state, "usedBy", json_object_get(row, "needs"), "carries",
                     json_object_get(row, "stands"));
}

static json_t *last_used_json(struct store *s, const uint8_t *sha256)
{
    int64_t at = 0;
    struct err none;
    return evidence_last(s, sha256, &at, &none) && at ? api_json_time(at) : json_null();
}

static json_t *grant_json(struct store *s, struct arena *a, const struct store_grant *g)
{
    AUTO(trust_cert_unrefp) struct trust_cert *cert = NULL;
    char scope[TRUST_SCOPE_TEXT];
    const uint8_t *der;
    size_t len;
    struct err none;
    trust_scope_write(&g->scope, scope);
    bool read = store_cert_get(s, g->sha256, a, &der, &len, &none) && trust_cert_parse(der, len, &cert, &none);
    return json_pack("{s:s, s:o, s:s, s:s, s:o, s:o, s:s, s:o, s:o, s:o, s:o}", "id", g->id, "alias", task_json(g->alias), "owner",
                     g->owner, "scope", scope, "sha256", trust_json_sha256(g->sha256), "madeBy", task_json(g->made_by), "flow", g->flow,
                     "made", api_json_time(g->made_ms), "certificate", read ? trust_json_cert(cert) : json_null(), "audit",
                     audited_json(s, a, g->id), "lastUsed", last_used_json(s, g->sha256));
}

enum { FIELD_ID, FIELD_ALIAS, FIELD_OWNER, FIELD_FLOW, FIELD_MADE, FIELD_SHA256, FIELD_SCOPE, FIELD_NOT_AFTER, FIELD_STATE };
static const struct fiql_field fields[] = {
    [FIELD_ID] = { "id", FIQL_TEXT, false, false },       [FIELD_ALIAS] = { "alias", FIQL_CASELESS, false, false },
    [FIELD_OWNER] = { "owner", FIQL_TEXT, false, false }, [FIELD_FLOW] = { "flow", FIQL_TEXT, false, false },
    [FIELD_MADE] = { "made", FIQL_TIME, false, false },   [FIELD_SHA256] = { "sha256", FIQL_TEXT, false, false },
    [FIELD_SCOPE] = { "scope", FIQL_TEXT, false, false }, [FIELD_NOT_AFTER] = { "notAfter", FIQL_TIME, false, false },
    [FIELD_STATE] = { "audit.state", FIQL_TEXT, false, false },
};

static struct fiql_value value_of(const void *p, size_t field)
{
    const struct grant_row *r = p;
    const struct store_grant *g = &r->grant;
    const char *const texts[] = { g->id, g->alias, g->owner, g->flow, NULL, r->sha256, r->scope };
    if (field >= ARRAY_LEN(texts))
        return field == FIELD_STATE ? (struct fiql_value){ grant_row_state(r), 0 } : (struct fiql_value){ NULL, grant_row_not_after(r) };
    return (struct fiql_value){ texts[field], g->made_ms };
}

static json_t *write_row(struct api_call *c, const void *p)
{
    const struct grant_row *r = p;
    return grant_json(r->store, c->arena, &r->grant);
}

static bool list(struct api_call *c, struct err *e)
{
    static const struct api_list shape = { .fields = fields, .fields_len = ARRAY_LEN(fields), .get = value_of, .sort = "alias",
                                           .model = "Grants", .write = write_row };
    return grant_rows_answer(c, &shape, NULL, e);
}

static bool answer_grant(struct api_call *c, int status, const char *id, struct err *e)
{
    AUTO(loan_end) struct loan l = { 0 };
    struct store_grant g;
    return loan_begin(c->site->shelf, &l, e) && anchor_get(l.store, &c->caller, id, c->arena, &g, e) &&
           api_answer_json(c, status, grant_json(l.store, c->arena, &g), e);
}

static bool get(struct api_call *c, struct err *e)
{
    const char *id;
    return api_param_urn(c, "id", "trustedCertificate", &id, e) && answer_grant(c, 200, id, e);
}

static void follow(struct api_call *c)
{
    struct err e;
    if (!vmca_refresh(c->site, NULL, &e))
        LOG(WARN, "vmca.refresh", "error=\"%s\"", e.msg);
}

/* A certificate with a scope of its own. */
static bool create(struct api_call *c, struct err *e)
{
    AUTO(wire_json_decrefp) json_t *body = NULL;
    AUTO(trust_cert_unrefp) struct trust_cert *cert = NULL;
    const struct store_by by = site_by(&c->caller, "api.grants");
    struct trust_scope scope;
    struct anchor_new n = { .owner = STORE_SYSTEM, .scope = &scope };
    const char *pem, *text;
    char id[STORE_ID_MAX + 1];
    if (!api_body_json(c, &body, e))
        return false;
    if (!body)
        return err_set(e, ERR_INPUT, "the body is missing: alias, certificate and scope are needed");
    if (!api_need_text(body, "alias", STORE_ALIAS_MAX, &n.alias, e) || !api_need_text(body, "certificate", ANCHOR_PEM_MAX, &pem, e) ||
        !api_need_text(body, "scope", TRUST_SCOPE_TEXT, &text, e) || !trust_scope_parse(text, &scope, e) ||
        !anchor_read(pem, strlen(pem), &cert, e))
        return false;
    n.cert = cert;
    if (!anchor_add(c->site, &n, &by, id, e))
        return false;
    follow(c);
    return answer_grant(c, 201, id, e);
}

static bool change(struct api_call *c, struct err *e)
{
    AUTO(wire_json_decrefp) json_t *body = NULL;
    const struct store_by by = site_by(&c->caller, "api.grants");
    struct trust_scope scope;
    struct anchor_edit edit = { .scope = &scope };
    const char *id, *text;
    if (!api_param_urn(c, "id", "trustedCertificate", &id, e) || !api_body_json(c, &body, e))
        return false;
    if (!body)
        return err_set(e, ERR_INPUT, "the body is missing: scope is needed");
    if (!api_need_text(body, "scope", TRUST_SCOPE_TEXT, &text, e) || !trust_scope_parse(text, &scope, e) ||
        !api_get_bool(body, "widen", false, &edit.widen, e) ||
        !anchor_change(c->site, &c->caller, id, &edit, &by, e))
        return false;
    follow(c);
    return answer_grant(c, 200, id, e);
}

/* ---- confirm ---- */

static bool confirm(struct api_call *c, struct err *e)
{
    AUTO(wire_json_decrefp) json_t *body = NULL;
    const char *challenge, *sha256, *alias;
    uint8_t digest[DIGEST_SHA256];
    char id[STORE_ID_MAX + 1];
    if (!api_body_json(c, &body, e))
        return false;
    if (!body)
        return err_set(e, ERR_INPUT, "the body is missing: challenge and sha256 are needed");
    if (!api_need_text(body, "challenge", STORE_ID_MAX, &challenge, e) || !api_need_text(body, "sha256", 3 * DIGEST_SHA256, &sha256, e) ||
        !api_get_text(body, "alias", STORE_ALIAS_MAX, &alias, e))
        return false;
    if (!text_unhex(sha256, digest, sizeof(digest)))
        return err_set(e, ERR_INPUT, "sha256 is not a SHA-256 fingerprint");
    if (!challenge_confirm(c->site, &c->caller, challenge, digest, alias, id, e))
        return false;
    follow(c);
    return answer_grant(c, 201, id, e);
}

const struct api_op api_vouchsafe_trust_ops[] = {
    { "POST", BASE "/inspect", API_CLOUDAPI, RIGHT_TEST_CONNECTION, API_PROVIDER, inspect, 0 },
    { "POST", BASE "/confirm", API_CLOUDAPI, RIGHT_TRUSTSTORE_MANAGE, API_PROVIDER, confirm, 0 },
    { "GET", BASE "/grants", API_CLOUDAPI, RIGHT_TRUSTSTORE_VIEW, API_PROVIDER, list, 0 },
    { "POST", BASE "/grants", API_CLOUDAPI, RIGHT_TRUSTSTORE_MANAGE, API_PROVIDER, create, 0 },
    { "GET", BASE "/grants/{id}", API_CLOUDAPI, RIGHT_TRUSTSTORE_VIEW, API_PROVIDER, get, 0 },
    { "PUT", BASE "/grants/{id}", API_CLOUDAPI, RIGHT_TRUSTSTORE_MANAGE, API_PROVIDER, change, 0 },
    { 0 },
};
